//! The whole table, column by column: text as codes, typed columns as polars has them. What
//! each column means is decided elsewhere, from all of its rows.

use super::cells::Cells;
use super::coded::Coded;
use super::lines::Lines;
use super::numbers::{self, Markers};
use super::values;
use crate::data::long::Note;
use crate::error::{Error, Place, Result, did_you_mean};
pub use crate::text::plural as count;
use polars::prelude::DataType;

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Mostly numbers.
    Number,
    /// Only `true` and `false`.
    Flag,
    /// Mostly text.
    Text,
    /// Nothing at all.
    Empty,
}

/// A file's rows within the table.
#[derive(Debug, Default)]
pub struct Part {
    pub name: String,
    /// Name without folders and endings, for `--series-from-filename`.
    pub stem: String,
    /// Its first row in the table.
    pub first: usize,
    /// The editor's line of each of its rows.
    pub lines: Lines,
}

/// A table as read, before anything is decided about it.
#[derive(Debug, Default)]
pub struct Sample {
    /// File name for messages.
    pub file: String,
    /// How many files make the table.
    pub files: usize,
    /// Column names.
    pub names: Vec<String>,
    /// The decimal mark of its numbers.
    pub decimal: u8,
    /// The delimiter of a text.
    pub delimiter: Option<u8>,
    /// What was found on the way.
    pub notes: Vec<Note>,
    pub columns: Vec<Cells>,
    pub parts: Vec<Part>,
    pub rows: usize,
}

impl Sample {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A column as text: codes into the list of its different cells.
    pub fn text(&self, column: usize) -> &Coded {
        static NOTHING: Coded = Coded::new();
        match self.columns.get(column) {
            Some(Cells::Text(coded)) => coded,
            Some(Cells::Typed(values, text)) => text.get_or_init(|| values::text(values)),
            None => &NOTHING,
        }
    }

    /// A cell, trimmed; empty where it is missing.
    pub fn cell(&self, column: usize, row: usize) -> &str {
        self.text(column).cell(row)
    }

    /// The cells of a column that are not missing, row by row.
    pub fn present<'s, 'm>(
        &'s self,
        column: usize,
        markers: &'m Markers,
    ) -> impl Iterator<Item = &'s str> + use<'s, 'm> {
        let text = self.text(column);
        let present: Vec<bool> = text.values().map(|v| !markers.is_text(v.as_bytes())).collect();
        let codes = text.codes().iter().copied();
        codes.filter(move |c| present.get(*c as usize).copied().unwrap_or(false)).map(|c| text.value(c))
    }

    /// The different cells of a column that are not missing, in the order in which they first
    /// appear, and in how many rows each stands.
    pub fn distinct<'s, 'm>(
        &'s self,
        column: usize,
        markers: &'m Markers,
    ) -> impl Iterator<Item = (&'s str, usize)> + use<'s, 'm> {
        let text = self.text(column);
        let counted = text.values().zip(text.counts().iter().copied());
        counted.filter(|(v, n)| *n > 0 && !markers.is_text(v.as_bytes()))
    }

    /// What the cells of a column are.
    pub fn kind(&self, column: usize, markers: &Markers) -> Kind {
        if let Some(Cells::Typed(values, _)) = self.columns.get(column) {
            match values.dtype() {
                _ if values.null_count() == values.len() => return Kind::Empty,
                DataType::Boolean => return Kind::Flag,
                t if t.is_numeric() => return Kind::Number,
                _ => return Kind::Text,
            }
        }
        let (mut total, mut numbers, mut flags) = (0, 0, 0);
        for (cell, n) in self.distinct(column, markers) {
            total += n;
            match numbers::cell(cell.as_bytes(), self.decimal, markers) {
                numbers::Cell::Text => flags += if numbers::flag(cell.as_bytes()).is_some() { n } else { 0 },
                _ => numbers += n,
            }
        }
        match (total, numbers, flags) {
            (0, ..) => Kind::Empty,
            (t, _, f) if f == t => Kind::Flag,
            (t, n, _) if n * 2 >= t => Kind::Number,
            _ => Kind::Text,
        }
    }

    /// The zone of the first column of instants, unless it is UTC.
    pub fn zone(&self) -> Option<String> {
        self.columns.iter().find_map(|c| match c {
            Cells::Typed(values, _) => match values.dtype() {
                DataType::Datetime(_, Some(zone)) if zone.as_str() != "UTC" => Some(zone.to_string()),
                _ => None,
            },
            Cells::Text(_) => None,
        })
    }

    /// The file that a row is in, by number: rows of different files are no neighbours.
    pub fn file_of(&self, row: usize) -> usize {
        self.parts.partition_point(|p| p.first <= row).saturating_sub(1)
    }

    /// The editor's line of a row, in its file.
    pub fn line(&self, row: usize) -> usize {
        self.parts.get(self.file_of(row)).map_or(0, |p| p.lines.get(row - p.first))
    }

    /// The place of a row, for messages.
    pub fn place(&self, row: usize) -> Place {
        let file = self.parts.get(self.file_of(row)).map_or(self.file.as_str(), |p| p.name.as_str());
        Place::file(file).row(self.line(row))
    }

    /// The name of a column; empty for one that is not there.
    pub fn name(&self, column: usize) -> &str {
        self.names.get(column).map(String::as_str).unwrap_or_default()
    }

    /// The column of that name.
    ///
    /// # Errors
    /// `Error::Data` with the nearest name and the list of columns.
    pub fn find(&self, name: &str, role: &str) -> Result<usize> {
        self.names.iter().position(|n| n == name).ok_or_else(|| {
            let near = did_you_mean(name, self.names.iter().map(String::as_str));
            let what = match role.strip_prefix("--") {
                Some(_) => format!("there is no column `{name}`, which {role} names{near}"),
                None => format!("there is no {role} column `{name}`{near}"),
            };
            Error::data(Place::file(&self.file), what).with_hint(format!(
                "{}the columns are {}",
                headless(&self.names),
                list(&self.names)
            ))
        })
    }
}

/// Names for a message, at most twenty.
pub fn list<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<String> = names.iter().take(20).map(|n| shorten(n.as_ref())).collect();
    let more = if names.len() > 20 { format!(" and {} more", names.len() - 20) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// A value for a message: one line, at most 40 characters.
pub fn shorten(text: &str) -> String {
    let mut out: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        out.push('…');
    }
    out.replace("\\'", "'").replace("\\\"", "\"")
}

/// `is the header line missing? ` where a column's name is a number.
pub fn headless(names: &[String]) -> &'static str {
    let number = |name: &String| name.trim().parse::<f64>().is_ok();
    if names.iter().any(number) { "is the header line missing? " } else { "" }
}
