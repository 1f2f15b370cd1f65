//! What the readers of all formats hand over: keys, stamps and numbers by row, in pieces that
//! are then put together in file order.

use crate::data::long::{Column, Files, Note, SeriesKey};
use crate::data::read::roles::columns::{Numeric, Roles, Sample, count, list, shorten};
use crate::data::stamp::{Clock, Moment, Reject, TimeStyle};
use crate::error::{Error, Place, Result};
use std::collections::HashMap;

/// Rows of one table in file order.
#[derive(Debug, Default)]
pub struct Piece {
    /// The file that the rows come from.
    pub file: String,
    /// UTC seconds, or wall-clock seconds where the stamps name no zone.
    pub stamps: Vec<i64>,
    /// The largest stamp and its offset, when stamps have offsets.
    pub latest: Option<(i64, i32)>,
    /// For each row its index into `keys`.
    pub ids: Vec<u32>,
    pub keys: Vec<SeriesKey>,
    /// One vector a number column, targets first.
    pub numbers: Vec<Vec<f64>>,
    /// One dictionary-coded vector a categorical column; `u32::MAX` is missing.
    pub texts: Vec<Coded>,
    /// The first cell of each number column that holds text.
    pub bad: Vec<Option<BadCell>>,
    pub lines: Lines,
    /// Missing markers found, and how often.
    pub markers: Vec<(String, usize)>,
    /// Rows without any content, left out.
    pub empty_rows: usize,
}

/// A text column by code.
#[derive(Debug, Clone, Default)]
pub struct Coded {
    pub codes: Vec<u32>,
    pub values: Vec<String>,
    known: HashMap<String, u32>,
}

impl Coded {
    /// Appends a row.
    pub fn push(&mut self, value: Option<&str>) {
        let code = match value {
            None => u32::MAX,
            Some(v) => match self.known.get(v) {
                Some(code) => *code,
                None => {
                    let code = self.values.len() as u32;
                    self.known.insert(v.to_owned(), code);
                    self.values.push(v.to_owned());
                    code
                }
            },
        };
        self.codes.push(code);
    }

    fn append(&mut self, other: &Coded) {
        for code in &other.codes {
            self.push(other.values.get(*code as usize).map(String::as_str));
        }
    }
}

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

/// The editor's line of each row, kept only when rows and lines part ways.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    first: usize,
    len: usize,
    rows: Option<Vec<u32>>,
}

impl Lines {
    /// Appends a row.
    pub fn push(&mut self, line: usize) {
        if self.len == 0 {
            self.first = line;
        }
        let (first, len) = (self.first, self.len);
        if self.rows.is_none() && line != first + len {
            self.rows = Some((0..len).map(|i| (first + i) as u32).collect());
        }
        if let Some(rows) = &mut self.rows {
            rows.push(line as u32);
        }
        self.len += 1;
    }

    /// The last row's number.
    fn last(&self) -> usize {
        match &self.rows {
            Some(rows) => rows.last().map_or(0, |r| *r as usize),
            None => (self.first + self.len).saturating_sub(1),
        }
    }

    /// Numbers all rows on from `before`.
    fn shift(&mut self, before: usize) {
        self.first += before;
        for row in self.rows.iter_mut().flatten() {
            *row += before as u32;
        }
    }

    fn append(&mut self, other: Lines) {
        if self.len > 0 && self.rows.is_none() && other.rows.is_none() && self.first + self.len == other.first
        {
            self.len += other.len;
        } else if self.len == 0 {
            *self = other;
        } else {
            for i in 0..other.len {
                self.push(
                    other
                        .rows
                        .as_ref()
                        .and_then(|r| r.get(i).copied())
                        .map_or(other.first + i, |r| r as usize),
                );
            }
        }
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
        _ if cell.text.trim().is_empty() => {
            ("the time stamp is empty".to_owned(), "give every row a stamp, or remove the row".to_owned())
        }
        Reject::Form => (
            format!("`{text}` is not a time stamp of the form `{}`", style.pattern()),
            "correct the cell, or give the form of all stamps with --time-format".to_owned(),
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
            "--resample gathers such rows in whole steps (--resample 1min); or round the stamps to seconds"
                .to_owned(),
        ),
    };
    Error::data(place, what).with_hint(hint)
}

/// Puts the pieces together.
///
/// # Errors
/// `Error::Data` for text in a column of numbers, and for a table without rows.
pub fn join(sample: &Sample, roles: &Roles, style: TimeStyle, mut pieces: Vec<Piece>) -> Result<Table> {
    let name = |c: usize| sample.names.get(c).cloned().unwrap_or_default();
    let mut table = Table {
        series_columns: roles.series.iter().map(|c| name(*c)).collect(),
        style,
        notes: roles.notes.clone(),
        ..Table::default()
    };
    let n: usize = pieces.iter().map(|p| p.stamps.len()).sum();
    if n == 0 {
        return Err(Error::data(Place::file(&sample.file), "the table has a header and no rows")
            .with_hint("a forecast needs at least --input-window plus --horizon rows a series"));
    }
    if let Some((_, offset)) = pieces.iter().filter_map(|p| p.latest).max()
        && matches!(table.style.clock(), Clock::Offset(_))
    {
        table.style.set_offset(offset);
    }
    join_keys(&mut table, &mut pieces, n);
    table.stamps = gather(&mut pieces, n, |p| std::mem::take(&mut p.stamps));
    let mut dropped = Vec::new();
    for (i, numeric) in roles.numbers.iter().enumerate() {
        let bad = pieces.iter().find_map(|p| p.bad.get(i)?.clone());
        let values = gather(&mut pieces, n, |p| p.numbers.get_mut(i).map(std::mem::take).unwrap_or_default());
        match bad {
            Some(_) if numeric.unknown && !numeric.named => dropped.push(name(numeric.column)),
            Some(bad) => return Err(text_in_numbers(&bad, &name(numeric.column), numeric)),
            None => {
                table.targets += usize::from(i < roles.targets);
                table.columns.push(Column { name: name(numeric.column), one_hot: None, values });
            }
        }
    }
    for (i, c) in roles.texts.iter().enumerate() {
        let mut coded = Coded::default();
        for piece in &pieces {
            if let Some(t) = piece.texts.get(i) {
                coded.append(t);
            }
        }
        table.texts.push((name(*c), coded));
    }
    let mut lines = Lines::default();
    let (mut file, mut before) = (None, 0);
    for piece in &mut pieces {
        let mut own = std::mem::take(&mut piece.lines);
        if file != Some(&piece.file) {
            before = lines.last();
            table.files.push(before, &piece.file);
            file = Some(&piece.file);
        }
        own.shift(before);
        lines.append(own);
    }
    (table.rows, table.first_row) = (lines.rows, lines.first);
    if !dropped.is_empty() {
        table.notes.push(Note {
            code: "text_column",
            column: None,
            count: dropped.len(),
            text: format!(
                "columns with hardly any content, and text where there is some, left out: {}",
                list(&dropped)
            ),
        });
    }
    note_cleaning(&mut table.notes, &pieces);
    Ok(table)
}

/// One vector of all pieces' parts; each part is freed as soon as it is copied.
fn gather<T: Copy>(pieces: &mut [Piece], n: usize, mut take: impl FnMut(&mut Piece) -> Vec<T>) -> Vec<T> {
    if let [only] = pieces {
        return take(only);
    }
    let mut out = Vec::with_capacity(n);
    for piece in pieces {
        out.extend_from_slice(&take(piece));
    }
    out
}

/// Sorted keys, and every row's index into them.
fn join_keys(table: &mut Table, pieces: &mut [Piece], n: usize) {
    let mut keys: Vec<SeriesKey> = pieces.iter().flat_map(|p| p.keys.iter().cloned()).collect();
    keys.sort();
    keys.dedup();
    table.ids = Vec::with_capacity(n);
    for piece in pieces {
        let map: Vec<u32> = piece.keys.iter().map(|k| keys.binary_search(k).unwrap_or(0) as u32).collect();
        let ids = std::mem::take(&mut piece.ids);
        table.ids.extend(ids.iter().map(|i| map.get(*i as usize).copied().unwrap_or(0)));
    }
    table.keys = keys;
}

fn text_in_numbers(bad: &BadCell, column: &str, numeric: &Numeric) -> Error {
    let text = shorten(&bad.text);
    let infinite = super::numbers::is_infinite(bad.text.as_bytes());
    let what = if infinite {
        format!("`{text}` is infinite or too large; numbers must be finite")
    } else {
        format!("`{text}` is not a number")
    };
    let mut hint = format!("--missing {text} reads it as missing");
    if bad.text.contains('.') && !infinite && bad.text.parse::<f64>().is_ok() {
        hint = "--decimal . reads a decimal point".to_owned();
    }
    if bad.text.contains(',') && !infinite {
        hint.push_str("; --decimal , reads a decimal comma");
    }
    if !numeric.named {
        hint.push_str(&format!("; --drop {column} leaves the column out"));
    }
    Error::data(bad.place(column), what).with_hint(hint)
}

fn note_cleaning(notes: &mut Vec<Note>, pieces: &[Piece]) {
    let mut markers: std::collections::BTreeMap<&str, usize> = Default::default();
    for (text, n) in pieces.iter().flat_map(|p| &p.markers) {
        *markers.entry(text).or_default() += n;
    }
    for (text, n) in markers {
        let text = format!("{} read as missing: `{}`", count(n, "cell"), shorten(text));
        notes.push(Note { code: "missing_marker", column: None, count: n, text });
    }
    let empty: usize = pieces.iter().map(|p| p.empty_rows).sum();
    if empty > 0 {
        let text = format!("{} without any content left out", count(empty, "row"));
        notes.push(Note { code: "empty_row", column: None, count: empty, text });
    }
}
