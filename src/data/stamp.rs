//! How the table writes time: parsing to UTC epoch seconds and writing back in the same form.

/// How stamps are written in the table; kept in the checkpoint, so that forecasts come back in
/// the same form.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TimeStyle {
    /// Columns that together make the stamp, in order (usually one).
    pub columns: Vec<String>,
}
