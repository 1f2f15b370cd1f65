//! Rows of named, typed columns and the formats they are written in: forecasts, every scored
//! forecast of `evaluate`, flat windows.
//!
//! A column has one type for all its rows, so a file can be read back without guessing. Large
//! tables go through [`RowWriter`] chunk by chunk, in every format but `table`.

mod columnar;
#[cfg(test)]
mod tests;
mod text;

use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

use crate::error::{Error, Place, Result, nearest};
use crate::output;

/// What may be written to a file by its name alone.
const ENDINGS: &str =
    "the endings are .csv, .tsv, .json and .ndjson (also with .gz or .zst), .parquet, .arrow and .arrows";

/// One column's cells.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Any text.
    Text(Vec<String>),
    /// Text from a short list: for each row an index into the names.
    Category {
        /// For each row an index into the names.
        codes: Vec<u32>,
        /// The texts.
        names: Vec<String>,
    },
    /// Whole numbers.
    Int(Vec<i64>),
    /// Numbers, rounded to this many significant digits when written (0: as they are). Not finite:
    /// an empty cell or null.
    Float {
        /// One a row.
        values: Vec<f64>,
        /// Significant digits.
        digits: u8,
    },
    /// Numbers of single precision, as they are.
    Single(Vec<f32>),
    /// Time stamps: `text` as the input writes them, for text formats; for Parquet and Arrow the
    /// same as seconds since 1970-01-01 of the clock that the file's type means, UTC where there is
    /// a `zone` (a name such as `UTC` or `Asia/Seoul`), else the wall clock.
    Stamp {
        /// As the input writes it.
        text: Vec<String>,
        /// Since 1970-01-01.
        seconds: Vec<i64>,
        /// Whether there is no time of day.
        date_only: bool,
        /// Zone of the clock, `None` for the wall's.
        zone: Option<String>,
    },
}

impl Cells {
    /// Numbers as they are.
    pub fn float(values: Vec<f64>) -> Self {
        Cells::Float { values, digits: 0 }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Cells::Text(v) => v.len(),
            Cells::Category { codes, .. } => codes.len(),
            Cells::Int(v) => v.len(),
            Cells::Float { values, .. } => values.len(),
            Cells::Single(v) => v.len(),
            Cells::Stamp { text, .. } => text.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Columns of one length, each with its name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// Name and cells of each column.
    pub columns: Vec<(String, Cells)>,
}

/// One cell as delimited text with this decimal mark, quoted where needed; empty for no value.
pub fn text_cell(cells: &Cells, row: usize, delimiter: char, decimal: char) -> String {
    text::cell(cells, row, delimiter, decimal)
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsFormat {
    /// Comma separated, quoted as RFC 4180 says, lines end with a newline alone.
    Csv,
    /// Tab separated, quoted like CSV.
    Tsv,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// Parquet, zstd.
    Parquet,
    /// Arrow IPC file (Feather version 2), not compressed.
    Arrow,
    /// Arrow IPC stream: schema, then a batch a chunk, readable as it comes.
    ArrowStream,
    /// Aligned columns for a terminal.
    Table,
}

impl RowsFormat {
    /// All names that [`RowsFormat::from_str`] knows, the preferred one of each format first.
    pub const NAMES: [(&'static str, RowsFormat); 12] = [
        ("csv", RowsFormat::Csv),
        ("tsv", RowsFormat::Tsv),
        ("json", RowsFormat::Json),
        ("ndjson", RowsFormat::Ndjson),
        ("jsonl", RowsFormat::Ndjson),
        ("parquet", RowsFormat::Parquet),
        ("arrow", RowsFormat::Arrow),
        ("feather", RowsFormat::Arrow),
        ("ipc", RowsFormat::Arrow),
        ("arrow-stream", RowsFormat::ArrowStream),
        ("arrows", RowsFormat::ArrowStream),
        ("table", RowsFormat::Table),
    ];

    /// The format that a file's name asks for, by its ending; `.gz` and `.zst` may follow that of a
    /// text format.
    pub fn of_path(path: &Path) -> Option<RowsFormat> {
        let (plain, packed) = output::packing(path);
        let ending = plain.extension()?.to_str()?.to_lowercase();
        let format = match ending.as_str() {
            "tab" => Some(RowsFormat::Tsv),
            "pq" => Some(RowsFormat::Parquet),
            "table" => None,
            known => known.parse().ok(),
        };
        format.filter(|f| packed.is_none() || !f.is_columnar())
    }

    /// Whether the format compresses by itself, or is read in place.
    fn is_columnar(self) -> bool {
        matches!(self, RowsFormat::Parquet | RowsFormat::Arrow | RowsFormat::ArrowStream)
    }

    /// The format of the file that `flag` names: the one that is given, else that of its ending; `None` for a
    /// name that says nothing, without an ending or with `.txt`.
    ///
    /// # Errors
    /// `Error::Usage` for an ending that stands for another format or for none.
    pub fn for_path(flag: &str, given: Option<RowsFormat>, path: &Path) -> Result<Option<RowsFormat>> {
        let (plain, packed) = output::packing(path);
        if let Some(format) = given.filter(|f| packed.is_some() && f.is_columnar()) {
            let what = format!("{} is not packed a second time: {}", format.name(), path.display());
            return Err(Error::usage(what).with_hint("leave .gz or .zst out of the name"));
        }
        let ending = plain.extension().map(|e| e.to_string_lossy().to_lowercase());
        match given.or_else(|| RowsFormat::of_path(path)) {
            None if ending.as_deref().is_some_and(|e| e != "txt") && output::is_file(path) => {
                let what = format!("{flag} {}: no format is known by this ending", path.display());
                let other =
                    if flag == "--out" { "; --format names a format whatever the ending" } else { "" };
                let hint = match ending.as_deref() {
                    Some("svg" | "png" | "html") => {
                        format!(
                            "`lstm-forecast plot` draws pictures, `lstm-forecast report` makes a page; {ENDINGS}"
                        )
                    }
                    _ => format!("{ENDINGS}{other}"),
                };
                Err(Error::usage(what).with_hint(hint))
            }
            found => Ok(found),
        }
    }

    /// The preferred name.
    pub fn name(self) -> &'static str {
        RowsFormat::NAMES.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for RowsFormat {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let word = text.trim().to_lowercase();
        match RowsFormat::NAMES.iter().find(|(name, _)| *name == word) {
            Some((_, format)) => Ok(*format),
            None => Err(match nearest(&word, RowsFormat::NAMES.iter().map(|(name, _)| *name)) {
                Some(name) => format!("`{text}` is not a format (did you mean `{name}`?)"),
                None => format!("`{text}` is not a format"),
            }),
        }
    }
}

impl Rows {
    /// Number of rows: that of the shortest column.
    pub fn len(&self) -> usize {
        self.columns.iter().map(|(_, cells)| cells.len()).min().unwrap_or(0)
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything in one go.
    ///
    /// # Errors
    /// Those of the stream; for Parquet and Arrow also equal column names.
    pub fn write(&self, out: &mut dyn Write, format: RowsFormat) -> io::Result<()> {
        let mut writer = RowWriter::new(out, format);
        writer.write(self)?;
        writer.finish()
    }

    /// The same as a polars data frame; stamps as date and time, categories as text.
    ///
    /// # Errors
    /// `Error::Data` for two columns of one name.
    pub fn to_dataframe(&self) -> Result<polars::prelude::DataFrame> {
        columnar::frame(self).map_err(|e| {
            Error::data(Place::default(), format!("no data frame can be made of these rows: {e}"))
        })
    }

    /// Everything as bytes.
    ///
    /// # Errors
    /// As [`Rows::write`].
    pub fn to_bytes(&self, format: RowsFormat) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, format)?;
        Ok(bytes)
    }
}

/// Writes chunks of rows with the same columns as one table. Nothing is complete before
/// [`finish`](Self::finish). A table without rows still needs one (empty) chunk, for its header.
pub struct RowWriter<'w> {
    state: State<'w>,
}

enum State<'w> {
    Text(text::Writer<'w>),
    Columnar(columnar::Writer<'w>),
}

impl<'w> RowWriter<'w> {
    /// Into `out`, which should be buffered.
    pub fn new(out: &'w mut dyn Write, format: RowsFormat) -> Self {
        let state = match format {
            RowsFormat::Parquet => State::Columnar(columnar::Writer::parquet(out)),
            RowsFormat::Arrow => State::Columnar(columnar::Writer::arrow(out)),
            RowsFormat::ArrowStream => State::Columnar(columnar::Writer::arrow_stream(out)),
            RowsFormat::Csv => State::Text(text::Writer::delimited(out, b',')),
            RowsFormat::Tsv => State::Text(text::Writer::delimited(out, b'\t')),
            RowsFormat::Json => State::Text(text::Writer::json(out)),
            RowsFormat::Ndjson => State::Text(text::Writer::ndjson(out)),
            RowsFormat::Table => State::Text(text::Writer::table(out)),
        };
        RowWriter { state }
    }

    /// The next chunk.
    ///
    /// # Errors
    /// Those of the stream; for Parquet and Arrow also equal column names.
    pub fn write(&mut self, rows: &Rows) -> io::Result<()> {
        match &mut self.state {
            State::Text(writer) => writer.write(rows),
            State::Columnar(writer) => writer.write(rows),
        }
    }

    /// What comes last: the closing bracket, the footer, the whole of a `table`.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn finish(self) -> io::Result<()> {
        match self.state {
            State::Text(writer) => writer.finish(),
            State::Columnar(writer) => writer.finish(),
        }
    }
}
