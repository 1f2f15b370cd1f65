//! The rows of any format as keys, stamps and numbers, and what is said of a cell that is none.

use super::coded::Coded;
use super::whole::shorten;
use crate::data::long::{Column, Files, Note, SeriesKey};
use crate::data::read::roles::assigned::Numeric;
use crate::data::stamp::{Clock, Moment, Reject, TimeStyle};
use crate::error::{Error, Place};
use crate::text::argument;

/// A cell that is not what its column should hold.
#[derive(Debug, Clone)]
pub struct BadCell {
    pub file: String,
    pub line: usize,
    pub series: String,
    pub stamp: String,
    pub text: String,
}

impl BadCell {
    /// Where it is.
    pub fn place(&self, column: &str) -> Place {
        let place = Place::file(&self.file).row(self.line).column(column);
        let place = if self.series.is_empty() { place } else { place.series(&self.series) };
        if self.stamp.is_empty() { place } else { place.stamp(&self.stamp) }
    }
}

/// A whole table, before anything is decided about its values.
#[derive(Debug, Default)]
pub struct Table {
    pub series_columns: Vec<String>,
    pub keys: Vec<SeriesKey>,
    pub ids: Vec<u32>,
    pub style: TimeStyle,
    pub stamps: Vec<i64>,
    pub columns: Vec<Column>,
    pub targets: usize,
    pub texts: Vec<(String, Coded)>,
    pub rows: Option<Vec<u32>>,
    pub first_row: usize,
    pub files: Files,
    pub notes: Vec<Note>,
}

/// Checks a moment against the clock of the style; the value to store.
///
/// # Errors
/// One sentence when some stamps have a zone and others none.
pub fn stored(m: Moment, clock: Clock) -> Result<i64, &'static str> {
    match (clock, m.offset) {
        (Clock::Wall, None) => Ok(m.local),
        (Clock::Wall, Some(_)) => Err("has a zone or an offset, which the stamps before it have not"),
        (_, None) => Err("has no zone or offset, which other stamps have"),
        (_, Some(_)) => Ok(m.utc()),
    }
}

/// Why a stamp was refused, for people.
pub fn refuse_stamp(cell: &BadCell, column: &str, why: Reject, style: &TimeStyle) -> Error {
    let text = shorten(&cell.text);
    let place = Place::file(&cell.file).row(cell.line).column(column);
    let place = if cell.series.is_empty() { place } else { place.series(&cell.series) };
    let (what, hint) = match why {
        _ if cell.text.trim().is_empty() => (
            "the time stamp is empty".to_owned(),
            "give every row a stamp, or remove the row; --skip-footer N leaves N lines at the end of the file out"
                .to_owned(),
        ),
        Reject::Form => (
            format!("`{text}` is not a time stamp of the form `{}`", style.pattern()),
            match cell.text.trim() == column {
                true => "the header stands there once more, as where files were joined: leave such lines out"
                    .to_owned(),
                false => "correct the cell, or give the form of all stamps with --time-format".to_owned(),
            },
        ),
        Reject::Calendar if style.swapped().is_some_and(|s| s.parse_one(&cell.text).is_ok()) => (
            format!(
                "`{text}` has the day and the month in another order than the stamps before it (`{}`)",
                style.pattern()
            ),
            "write all stamps in one order of day and month, best as 2013-01-31".to_owned(),
        ),
        Reject::Calendar => (
            format!("`{text}` is not in the calendar, read as `{}`", style.pattern()),
            "correct the cell, or give another form with --time-format".to_owned(),
        ),
        Reject::Fraction => (
            format!("`{text}` has a fraction of a second; stamps are whole seconds"),
            "--resample gathers such rows in whole steps (--resample 1s); or round the stamps to seconds"
                .to_owned(),
        ),
    };
    Error::data(place, what).with_hint(hint)
}

/// Why a cell of a column of numbers was refused, for people.
pub fn text_in_numbers(bad: &BadCell, column: &str, numeric: &Numeric) -> Error {
    let text = shorten(&bad.text);
    let infinite = super::numbers::is_infinite(bad.text.as_bytes());
    let what = if infinite {
        format!("`{text}` is infinite or too large; numbers must be finite")
    } else {
        format!("`{text}` is not a number")
    };
    // A number in a dress of its own is not missing.
    let mut hint = if infinite || !bad.text.bytes().any(|b| b.is_ascii_digit()) {
        let way = format!("--missing {} reads it as missing", argument(bad.text.trim()));
        let dash = bad.text.trim().trim_start_matches(|c: char| !c.is_alphanumeric() && !"-–—".contains(c));
        match ["-", "–", "—"].contains(&dash.trim()) && dash.len() < bad.text.trim().len() {
            true => format!("a dash in accounts means 0: write it so; {way}"),
            false => way,
        }
    } else {
        "correct the cell".to_owned()
    };
    if !numeric.named {
        hint.push_str(&format!("; --drop {} leaves the column out", argument(column)));
    }
    Error::data(bad.place(column), what).with_hint(hint)
}

impl Table {
    /// A series and a stamp, for a note about a row.
    pub fn row_name(&self, row: usize) -> String {
        let key = self.ids.get(row).and_then(|i| self.keys.get(*i as usize)).filter(|k| !k.0.is_empty());
        let stamp = self.stamps.get(row).map(|s| self.style.display(*s)).unwrap_or_default();
        let line = match &self.rows {
            Some(rows) => rows.get(row).map_or(0, |r| *r as usize),
            None => self.first_row + row,
        };
        let row = self.files.row(line);
        match key {
            Some(k) => format!("{}, {stamp} ({row})", shorten(&k.to_string())),
            None => format!("{stamp} ({row})"),
        }
    }
}
