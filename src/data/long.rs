//! The long frame: the table as read, one row a (series, stamp), checked and typed, but not yet
//! laid on a grid. `read` makes it, `panel` consumes it.

use crate::data::stamp::TimeStyle;

/// One series' key: the values of the series columns, in their order. Empty when the table has
/// no series column (the whole table is one series).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct SeriesKey(pub Vec<String>);

impl std::fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { f.write_str("(all rows)") } else { f.write_str(&self.0.join("/")) }
    }
}

/// A numeric column of the long frame.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name as in the header (`PM2.5`), or `season=Winter` for a one-hot column.
    pub name: String,
    /// The text column and category that a one-hot column came from.
    pub one_hot: Option<(String, String)>,
    /// One value a row; NaN is a missing cell. Never infinite.
    pub values: Vec<f64>,
}

/// A note about something that was found or cleaned, for stderr and `ingest --format json`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Note {
    /// Stable machine name, such as `missing_marker` or `constant_column`.
    pub code: &'static str,
    /// The column it is about, if one.
    pub column: Option<String>,
    /// How many cells, rows or columns.
    pub count: usize,
    /// One line for a person.
    pub text: String,
}

/// The dialect that was used, for `ingest`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Dialect {
    /// `csv`, `parquet`, `arrow`, `ndjson`.
    pub format: &'static str,
    pub compression: Option<&'static str>,
    pub encoding: Option<String>,
    pub delimiter: Option<char>,
    pub decimal: Option<char>,
    pub skipped_rows: usize,
    /// Names of all columns in file order, used or not; of delimited text alone.
    #[serde(skip)]
    pub header: Vec<String>,
}

/// The table as read. All row vectors have the same length.
#[derive(Debug, Clone)]
pub struct LongFrame {
    /// File name for messages, `stdin` for a pipe.
    pub source: String,
    pub dialect: Dialect,
    pub series_columns: Vec<String>,
    /// Distinct keys, sorted, so that row order never matters.
    pub series: Vec<SeriesKey>,
    /// For each row, its index into `series`.
    pub series_id: Vec<u32>,
    /// Names of the columns that make the stamp, and how they are written.
    pub time: TimeStyle,
    /// For each row, UTC epoch seconds.
    pub stamps: Vec<i64>,
    /// Targets first (in the order asked for), then features in file order.
    pub columns: Vec<Column>,
    /// How many of `columns` are targets (K); 0 when none was asked for (`ingest`).
    pub targets: usize,
    /// For each row, its row in the file as an editor counts, for messages; `None` when every
    /// row `i` is at `i + first_row`.
    pub rows: Option<Vec<u32>>,
    /// Editor's row of the first data row.
    pub first_row: usize,
    pub notes: Vec<Note>,
    /// xxh3-64 of the bytes read (after decompression), for the fingerprint in the checkpoint.
    pub hash: u64,
}

impl LongFrame {
    /// The row in the file, as an editor counts, of data row `i`.
    pub fn editor_row(&self, i: usize) -> usize {
        match &self.rows {
            Some(rows) => rows.get(i).map_or(self.first_row + i, |r| *r as usize),
            None => self.first_row + i,
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.stamps.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.stamps.is_empty()
    }
}
