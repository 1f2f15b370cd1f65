//! From columns whose parts are known to keys, stamps and numbers by row. Each different cell is
//! read once.

use super::cells::Cells;
use super::coded::{Coded, MISSING, combine};
use super::lines::Lines;
use super::numbers::{self, Markers};
use super::table::{BadCell, Table, refuse_stamp, stored, text_in_numbers};
use super::values;
use super::whole::{Sample, count, shorten};
use crate::data::long::{Column, Note, SeriesKey};
use crate::data::name::identity;
use crate::data::read::ReadOptions;
use crate::data::read::roles::assigned::{Numeric, Roles};
use crate::data::stamp::{Clock, Moment, Reject, TimeStyle};
use crate::error::{Error, Result};
use polars::prelude::DataType;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Reads every row.
///
/// # Errors
/// `Error::Data` for the first row that cannot be read, and for a table without rows.
pub fn build(sample: &mut Sample, roles: &Roles, style: TimeStyle, options: &ReadOptions) -> Result<Table> {
    let (keys, ids) = match keys(sample, roles, options) {
        Ok(found) => found,
        Err(error) => {
            // A line that is no row has no stamp either, and that says more of it.
            stamps(sample, roles, &Table { style, ..Table::default() })?;
            return Err(error);
        }
    };
    sample.notes.extend(merged(sample, roles));
    let name = |c: usize| sample.name(c).to_owned();
    let mut table = Table {
        series_columns: roles.series.iter().map(|c| name(*c)).collect(),
        style,
        targets: roles.targets,
        notes: roles.notes.clone(),
        keys,
        ids,
        ..Table::default()
    };
    let (stamps, latest) = stamps(sample, roles, &table)?;
    table.stamps = stamps;
    if let (Clock::Offset(_), Some(offset)) = (table.style.clock(), latest) {
        table.style.set_offset(offset);
    }
    let markers = Markers::new(&options.missing, sample.decimal);
    for c in &roles.texts {
        table.texts.push((name(*c), categories(sample.text(*c), &markers)));
    }
    let read: Vec<Numbers> = roles.numbers.par_iter().map(|n| read_numbers(sample, n, &markers)).collect();
    let mut marked: BTreeMap<String, usize> = BTreeMap::new();
    for (numeric, numbers) in roles.numbers.iter().zip(read) {
        if let Some((row, text)) = numbers.bad {
            let bad = bad_cell(sample, roles, &table, row, text);
            return Err(text_in_numbers(&bad, &name(numeric.column), numeric));
        }
        for (marker, n) in numbers.markers {
            *marked.entry(marker).or_default() += n;
        }
        table.columns.push(Column { name: name(numeric.column), one_hot: None, values: numbers.values });
    }
    for (text, n) in marked {
        let text = format!("{} read as missing: `{}`", count(n, "cell"), shorten(&text));
        table.notes.push(Note { code: "missing_marker", column: None, count: n, text });
    }
    table.notes.append(&mut sample.notes);
    lines(sample, &mut table);
    Ok(table)
}

/// The rows' lines, numbered on from file to file.
fn lines(sample: &Sample, table: &mut Table) {
    let mut lines = Lines::default();
    for part in &sample.parts {
        let before = lines.last();
        table.files.push(before, &part.name);
        lines.append(&part.lines, before);
    }
    (table.first_row, table.rows) = lines.take();
}

/// The sorted keys, and for each row its place among them.
fn keys(sample: &Sample, roles: &Roles, options: &ReadOptions) -> Result<(Vec<SeriesKey>, Vec<u32>)> {
    let rows = sample.rows();
    if options.series_from_filename {
        let mut keys: Vec<SeriesKey> = sample.parts.iter().map(|p| SeriesKey(vec![p.stem.clone()])).collect();
        keys.sort();
        keys.dedup();
        let mut ids = Vec::with_capacity(rows);
        for (i, part) in sample.parts.iter().enumerate() {
            let end = sample.parts.get(i + 1).map_or(rows, |p| p.first);
            let id = keys.iter().position(|k| k.0.first() == Some(&part.stem)).unwrap_or(0);
            ids.resize(end, id as u32);
        }
        return Ok((keys, ids));
    }
    if roles.series.is_empty() {
        return Ok((vec![SeriesKey(Vec::new())], vec![0; rows]));
    }
    let columns: Vec<&Coded> = roles.series.iter().map(|c| sample.text(*c)).collect();
    let (mut ids, tuples) = together(&columns);
    let empty = |tuple: &Vec<u32>| tuple.iter().position(|code| *code == MISSING);
    if let Some(row) = ids.iter().position(|id| tuples.get(*id as usize).is_some_and(|t| empty(t).is_some()))
    {
        let tuple = ids.get(row).and_then(|id| tuples.get(*id as usize));
        let column = tuple.and_then(empty).and_then(|i| roles.series.get(i)).copied().unwrap_or_default();
        return Err(Error::data(sample.place(row).column(sample.name(column)), "the series' name is empty")
            .with_hint(total(sample, roles, row).unwrap_or_else(|| {
                "fill it in, name other series columns with --series, or leave it out with --drop".into()
            })));
    }
    let key = |tuple: &Vec<u32>| {
        SeriesKey(columns.iter().zip(tuple).map(|(c, code)| identity(c.value(*code)).into_owned()).collect())
    };
    let found: Vec<SeriesKey> = tuples.iter().map(key).collect();
    let mut keys: Vec<SeriesKey> = found
        .iter()
        .zip(&tuples)
        .filter(|(_, tuple)| empty(tuple).is_none())
        .map(|(k, _)| k.clone())
        .collect();
    keys.sort();
    keys.dedup();
    let places: Vec<u32> = found.iter().map(|k| keys.binary_search(k).unwrap_or(0) as u32).collect();
    ids.par_iter_mut().for_each(|id| *id = places.get(*id as usize).copied().unwrap_or(0));
    Ok((keys, ids))
}

/// What is told of series whose names differ only in white space or in the form of a letter.
fn merged(sample: &Sample, roles: &Roles) -> Option<Note> {
    let mut pairs: Vec<String> = Vec::new();
    for column in roles.series.iter().map(|c| sample.text(*c)) {
        let mut known: BTreeMap<Cow<'_, str>, &str> = BTreeMap::new();
        pairs.extend(column.spaced().map(|cell| told(cell, &identity(cell))));
        pairs.extend(column.sometimes_padded().map(|cell| told(&format!(" {cell}"), cell)));
        for value in column.values() {
            if let Some(other) = known.insert(identity(value), value) {
                pairs.push(told(value, other));
            }
        }
    }
    let (first, n) = (pairs.first()?, pairs.len());
    let more = if n > 1 { format!(" and {} more", n - 1) } else { String::new() };
    let text =
        format!("names that differ only in white space or the form of a letter are one: {first}{more}");
    Some(Note { code: "names_read", column: None, count: n, text })
}

fn told(cell: &str, other: &str) -> String {
    // Everything but ASCII letters as its code: both would look the same.
    format!("`{}` and `{}`", cell.escape_default(), other.escape_default())
}

/// As [`combine`]; the combinations of one column are its cells.
fn together(columns: &[&Coded]) -> (Vec<u32>, Vec<Vec<u32>>) {
    let [only] = columns else { return combine(columns) };
    let missing = only.values().len() as u32;
    let ids = only.codes().iter().map(|c| if *c == MISSING { missing } else { *c }).collect();
    (ids, (0..missing).chain([MISSING]).map(|code| vec![code]).collect())
}

type Latest = Option<i32>;

/// The stamps of all rows, and the offset of the latest where they have offsets.
fn stamps(sample: &Sample, roles: &Roles, table: &Table) -> Result<(Vec<i64>, Latest)> {
    let style = &table.style;
    let read = |moment: Result<Moment, Reject>| -> Result<(i64, i32), Fault> {
        let m = moment.map_err(Fault::Reject)?;
        Ok((stored(m, style.clock()).map_err(Fault::Clock)?, m.offset.unwrap_or(0)))
    };
    let (ids, readings) = match roles.time.as_slice() {
        [t] if is_stamps(sample, *t) => {
            let moments = typed_moments(sample, *t, style);
            ((0..sample.rows() as u32).collect(), moments.into_iter().map(read).collect::<Vec<_>>())
        }
        time => {
            let columns: Vec<&Coded> = time.iter().map(|c| sample.text(*c)).collect();
            let (ids, tuples) = together(&columns);
            let parser = style.parser();
            let parse = |tuple: &Vec<u32>| {
                read(parser.parse(columns.iter().zip(tuple).map(|(c, code)| c.value(*code).as_bytes())))
            };
            (ids, tuples.iter().map(parse).collect())
        }
    };
    let reading = |id: &u32| readings.get(*id as usize);
    if readings.iter().any(Result::is_err)
        && let Some(row) = ids.iter().position(|id| reading(id).is_some_and(Result::is_err))
        && let Some(Err(fault)) = ids.get(row).and_then(reading)
    {
        return Err(refuse(sample, roles, table, row, *fault));
    }
    let stamp = |id: &u32| match reading(id) {
        Some(Ok((stamp, _))) => *stamp,
        _ => 0,
    };
    let latest = readings.iter().flatten().max().map(|l| l.1);
    Ok((ids.par_iter().map(stamp).collect(), latest))
}

/// Rows at the end of a table that may be totals.
const MOST_TOTALS: usize = 5;

/// What leaves a row out that has words for a stamp and is one of the last: a total, a remark.
fn total(sample: &Sample, roles: &Roles, row: usize) -> Option<String> {
    let stamp: String = roles.time.iter().map(|c| sample.cell(*c, row)).collect();
    let words =
        stamp.chars().filter(|c| c.is_alphabetic()).count() > 2 && !stamp.bytes().any(|b| b.is_ascii_digit());
    let n = sample.rows() - row;
    (words && n <= MOST_TOTALS).then(|| {
        let lines = if n == 1 { "the last line is".to_owned() } else { format!("the last {n} lines are") };
        format!("if {lines} no row but a total or a remark, --skip-footer {n} leaves it out")
    })
}

/// Why a stamp is refused.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Reject(Reject),
    Clock(&'static str),
}

fn refuse(sample: &Sample, roles: &Roles, table: &Table, row: usize, fault: Fault) -> Error {
    let names = roles.time.iter().map(|c| sample.name(*c)).collect::<Vec<_>>().join(",");
    let mut bad = bad_cell(sample, roles, table, row, String::new());
    bad.text = std::mem::take(&mut bad.stamp);
    match fault {
        Fault::Reject(why) => {
            if why == Reject::Fraction && bad.text.is_empty() {
                bad.text = "the stamp".to_owned();
            }
            let error = refuse_stamp(&bad, &names, why, &table.style);
            match total(sample, roles, row) {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        }
        Fault::Clock(what) => {
            let place = sample.place(row);
            Error::data(place, format!("the stamp `{}` {what}", shorten(&bad.text)))
                .with_hint("write all stamps alike; --time-zone names the zone of stamps without one")
        }
    }
}

fn is_stamps(sample: &Sample, column: usize) -> bool {
    matches!(sample.columns.get(column), Some(Cells::Typed(c, _)) if matches!(c.dtype(), DataType::Date | DataType::Datetime(..)))
}

/// The moments of a column of dates or instants.
fn typed_moments(sample: &Sample, column: usize, style: &TimeStyle) -> Vec<Result<Moment, Reject>> {
    let Some(Cells::Typed(values, _)) = sample.columns.get(column) else { return Vec::new() };
    let Ok(stamps) = values::stamps(values) else { return Vec::new() };
    let instants = stamps.zone.is_some();
    let moment = |t: i64| {
        let offset = style.zone().filter(|_| instants).map_or(0, |_| (style.local_seconds(t) - t) as i32);
        Moment { local: t.saturating_add(i64::from(offset)), offset: instants.then_some(offset) }
    };
    stamps.seconds.into_iter().map(|s| s.unwrap_or(Err(Reject::Form)).map(moment)).collect()
}

/// A column as numbers.
struct Numbers {
    values: Vec<f64>,
    /// The first cell that is no number: its row and text.
    bad: Option<(usize, String)>,
    /// Missing markers, and how often each comes.
    markers: Vec<(String, usize)>,
}

fn read_numbers(sample: &Sample, numeric: &Numeric, markers: &Markers) -> Numbers {
    let mut out = Numbers { values: Vec::new(), bad: None, markers: Vec::new() };
    if let Some(Cells::Typed(column, _)) = sample.columns.get(numeric.column)
        && let (true, Ok(mut values)) =
            (column.dtype().is_numeric() || *column.dtype() == DataType::Boolean, values::numbers(column))
    {
        for (row, v) in values.iter_mut().enumerate() {
            if v.is_infinite() {
                out.bad = out.bad.or_else(|| Some((row, v.to_string())));
            } else if markers.is_number(*v) {
                *v = f64::NAN;
            }
        }
        out.values = values;
        return out;
    }
    let text = sample.text(numeric.column);
    let mut wrong = vec![false; text.values().len()];
    let mut numbers = vec![f64::NAN; text.values().len()];
    for ((cell, n), (number, wrong)) in
        text.values().zip(text.counts()).zip(numbers.iter_mut().zip(&mut wrong))
    {
        match numbers::read(cell.as_bytes(), &numeric.reading, markers) {
            numbers::Cell::Number(v) => *number = v,
            numbers::Cell::Empty => {}
            numbers::Cell::Marker => out.markers.push((cell.to_owned(), *n)),
            numbers::Cell::Text | numbers::Cell::Infinite => match numbers::flag(cell.as_bytes()) {
                Some(v) if numeric.flag => *number = v,
                _ => *wrong = true,
            },
        }
    }
    if wrong.contains(&true) {
        let bad = text.codes().iter().position(|c| wrong.get(*c as usize) == Some(&true));
        out.bad = bad.map(|row| (row, text.cell(row).to_owned()));
    }
    out.values = text.codes().iter().map(|c| numbers.get(*c as usize).copied().unwrap_or(f64::NAN)).collect();
    out
}

/// A text column in which missing markers are missing.
fn categories(text: &Coded, markers: &Markers) -> Coded {
    let mut out = Coded::default();
    for code in text.codes() {
        let cell = text.value(*code);
        out.push(if markers.is_text(cell.as_bytes()) { "" } else { cell });
    }
    out.close();
    out
}

fn bad_cell(sample: &Sample, roles: &Roles, table: &Table, row: usize, text: String) -> BadCell {
    let key = table.ids.get(row).and_then(|i| table.keys.get(*i as usize)).filter(|k| !k.0.is_empty());
    let stamp: Vec<&str> = roles.time.iter().map(|c| sample.cell(*c, row)).collect();
    BadCell {
        file: sample.parts.get(sample.file_of(row)).map(|p| p.name.clone()).unwrap_or_default(),
        line: sample.line(row),
        series: key.map(|k| shorten(&k.to_string())).unwrap_or_default(),
        stamp: shorten(&stamp.join(" ")),
        text,
    }
}
