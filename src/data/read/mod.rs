//! Reads any table into a [`LongFrame`]: dialect, encoding, types, stamps, names.

use crate::data::long::LongFrame;
use crate::error::Result;

/// Where the table comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Paths, folders of parts, or globs; several make one table.
    Paths(Vec<String>),
    /// Standard input, already known not to be a terminal.
    Stdin,
}

/// What to read and how; every `None` is detected.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    pub series: Option<Vec<String>>,
    pub time: Option<Vec<String>>,
    /// With a checkpoint: how training's stamps were written; tried before anything is detected.
    pub style: Option<crate::data::stamp::TimeStyle>,
    pub time_format: Option<String>,
    pub time_zone: Option<String>,
    /// Target columns, in order; they become the first columns of the frame.
    pub target: Vec<String>,
    /// Feature columns to keep besides the targets; all numeric ones when `None`.
    pub features: Option<Vec<String>>,
    pub drop: Vec<String>,
    /// Text columns to one-hot encode.
    pub categorical: Vec<String>,
    /// With a checkpoint: category values known from training, per text column. Others become all zero.
    pub categories: Option<Vec<(String, Vec<String>)>>,
    pub delimiter: Option<char>,
    pub encoding: Option<String>,
    pub decimal: Option<char>,
    /// Missing markers in addition to the built-in ones.
    pub missing: Vec<String>,
    pub skip_rows: Option<usize>,
    /// Melt a wide table; the value is the name of the melted value column.
    pub wide: Option<String>,
    pub series_from_filename: bool,
    /// `(column, low, high)`: values outside are limited, counted and reported.
    pub clip: Vec<(String, f64, f64)>,
    /// `csv`, `parquet`, `arrow`, `ndjson`; detected by content when `None`.
    pub format: Option<String>,
}

/// Reads the whole table.
///
/// # Errors
/// `Error::Data` with file, row, column as far as they are known, and a hint.
pub fn read(_source: &Source, _options: &ReadOptions) -> Result<LongFrame> {
    Err(crate::error::Error::usage("not built yet"))
}
