//! The step of a regular grid: fixed seconds, or calendar days and months.

/// The step between two rows of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Freq {
    /// A fixed number of seconds.
    Seconds(i64),
    /// Calendar days in the table's zone (23 to 25 hours where clocks change).
    Days(i32),
    /// Calendar months; 12 is a year. Remembers whether the grid sits on month ends.
    Months(i32),
}
