//! The long frame: the table as read, one row a (series, stamp), checked and typed, but not yet
//! laid on a grid. `read` makes it, `panel` consumes it.

use crate::data::reading::Reading;
use crate::data::stamp::TimeStyle;
use crate::error::Place;

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
    /// `gzip` or `zstd`.
    pub compression: Option<&'static str>,
    /// Character encoding, lower case; of text alone.
    pub encoding: Option<String>,
    /// Of delimited text.
    pub delimiter: Option<char>,
    /// Decimal mark of text.
    pub decimal: Option<char>,
    /// Lines before the header.
    pub skipped_rows: usize,
    /// Names of all columns in file order, used or not; of delimited text alone.
    #[serde(skip)]
    pub header: Vec<String>,
    /// How the numbers of columns that show it are written.
    #[serde(skip)]
    pub readings: Vec<(String, Reading)>,
}

/// The files that make a table. Rows are numbered on from file to file, so that a number names
/// both; a table of one file has nothing here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Files {
    /// For each file in order: how many rows are numbered before its first line, and its name.
    parts: Vec<(usize, String)>,
}

impl Files {
    /// Whether no file was added.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Continues with a file after `before` rows of the others.
    pub fn push(&mut self, before: usize, name: &str) {
        self.parts.push((before, name.to_owned()));
    }

    /// The row as an editor counts, and its file where there are several.
    pub fn locate(&self, row: usize) -> (Option<&str>, usize) {
        let part = self.parts.iter().rev().find(|(before, _)| *before < row);
        match part {
            Some((before, name)) if self.parts.len() > 1 => (Some(name), row - before),
            _ => (None, row),
        }
    }

    /// `row 7`, or `b.csv, row 7` where there are several files.
    pub fn row(&self, row: usize) -> String {
        match self.locate(row) {
            (Some(file), row) => format!("{file}, row {row}"),
            (None, row) => format!("row {row}"),
        }
    }
}

/// The table as read. All row vectors have the same length.
#[derive(Debug, Clone)]
pub struct LongFrame {
    /// File name for messages, `stdin` for a pipe.
    pub source: String,
    /// How it was written.
    pub dialect: Dialect,
    /// Columns that name the series.
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
    /// For each row, its number for messages (see [`Files`]); `None` when row `i` is `i + first_row`.
    pub rows: Option<Vec<u32>>,
    /// The files that it came from.
    pub files: Files,
    /// Editor's row of the first data row.
    pub first_row: usize,
    /// What was found and cleaned.
    pub notes: Vec<Note>,
    /// xxh3-64 of the bytes read (after decompression), for the fingerprint in the checkpoint.
    pub hash: u64,
}

impl LongFrame {
    /// The file and the row in it, as an editor counts, of data row `i`.
    pub fn place(&self, i: usize) -> Place {
        let (file, row) = self.files.locate(self.number(i));
        Place::file(file.unwrap_or(&self.source)).row(row)
    }

    /// The row in its file, as an editor counts, of data row `i`.
    pub fn editor_row(&self, i: usize) -> usize {
        self.files.locate(self.number(i)).1
    }

    /// The number of data row `i`, counted on through all files.
    pub fn number(&self, i: usize) -> usize {
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
