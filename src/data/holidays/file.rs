//! A file of holidays: delimited text with a column of dates and, under the names that the table has,
//! columns that name a series; others (the holidays' names) count for nothing.

use super::Holidays;
use crate::data::freq::DAY;
use crate::data::stamp::pattern::Pattern;
use crate::data::stamp::{TimeStyle, detect};
use crate::error::{Error, Place, Result};

/// A row of the file: its line, counted from 1, and its cells.
type Row = (usize, Vec<String>);

/// Reads a list. Dates are written as the table's are, or in another form that all of them fit.
///
/// # Errors
/// A file that cannot be read, a row without a date, dates of which no row tells day from month.
pub fn read(path: &str, series_columns: &[String], time: &TimeStyle) -> Result<Holidays> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [';', '\t'].into_iter().find(|c| first.contains(*c)).unwrap_or(',');
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut rows: Vec<Row> = filled.map(|(i, line)| (i + 1, cells(line, delimiter))).collect();
    let by = take_header(&mut rows, series_columns, time);
    let own = |at: usize| !by.iter().any(|(_, series)| *series == at);
    let form = form(path, &rows, &own, time)?;
    let date = |cell: &String| match &form {
        Some(form) => detect::moment(form, cell.trim()).map(|m| m.local.div_euclid(DAY)),
        None => by_table(cell, time),
    };
    let mut days = Vec::new();
    for (line, row) in &rows {
        let found = row.iter().enumerate().filter(|(at, _)| own(*at)).find_map(|(_, cell)| date(cell));
        let day = found.ok_or_else(|| {
            Error::data(Place::file(path).row(*line), "no cell of this row is a date").with_hint(format!(
                "one holiday a row, written like {} or 2024-12-25",
                time.display(1_735_084_800)
            ))
        })?;
        let key = by.iter().map(|(_, at)| row.get(*at).cloned().unwrap_or_default()).collect();
        days.push((key, day));
    }
    days.sort_unstable();
    days.dedup();
    if days.is_empty() {
        return Err(Error::data(Place::file(path), "holds no date"));
    }
    Ok(Holidays { by: by.into_iter().map(|(place, _)| place).collect(), days, years: None })
}

/// The day of a cell that is written as the table's stamps are, or as ISO 8601 has it.
fn by_table(cell: &str, time: &TimeStyle) -> Option<i64> {
    time.parse_one(cell).ok().map(|s| time.local_seconds(s).div_euclid(DAY))
}

/// Takes off the header, if there is one: the columns that name a series, as their places among the
/// series' columns and in the file.
fn take_header(rows: &mut Vec<Row>, series_columns: &[String], time: &TimeStyle) -> Vec<(usize, usize)> {
    let dated = |cell: &String| by_table(cell, time).is_some() || !detect::patterns(&[cell], true).is_empty();
    match rows.first() {
        Some((_, head)) if !head.iter().any(dated) => {}
        _ => return Vec::new(),
    }
    let head = rows.remove(0).1;
    let place = |(place, name)| Some((place, head.iter().position(|h| h == name)?));
    series_columns.iter().enumerate().filter_map(place).collect()
}

/// The form of the dates where they are not written as the table's: the one that all cells of the first
/// column with any fit.
fn form(path: &str, rows: &[Row], own: &impl Fn(usize) -> bool, time: &TimeStyle) -> Result<Option<Pattern>> {
    let widest = rows.iter().map(|(_, row)| row.len()).max().unwrap_or(0);
    let column = |at: usize| rows.iter().filter_map(move |(_, row)| row.get(at).map(String::as_str));
    let read = |at: &usize| column(*at).filter(|cell| by_table(cell, time).is_some()).count();
    if (0..widest).filter(|at| own(*at)).any(|at| read(&at) > 0 && read(&at) == rows.len()) {
        return Ok(None);
    }
    for at in (0..widest).filter(|at| own(*at)) {
        let cells: Vec<&str> = column(at).collect();
        let found = detect::patterns(&cells, true);
        let days: Vec<Pattern> = found.into_iter().filter(Pattern::has_day).collect();
        match days.as_slice() {
            [] => {}
            [only] => return Ok(Some(only.clone())),
            // A row that is written otherwise is named as wrong.
            _ if read(&at) > 0 => return Ok(None),
            [one, other, ..] => return Err(unclear(path, cells.first().unwrap_or(&""), [one, other])),
        }
    }
    Ok(None)
}

fn unclear(path: &str, cell: &str, forms: [&Pattern; 2]) -> Error {
    let day = |form: &Pattern| {
        let local = detect::moment(form, cell).map_or(0, |m| m.local);
        TimeStyle::naive("").display(local).get(..10).unwrap_or_default().to_owned()
    };
    let [one, other] = forms.map(day);
    let what = format!("`{cell}` may be {one} or {other}, and no row decides it");
    Error::data(Place::file(path), what).with_hint("write the dates as ISO 8601 has them, such as 2024-12-25")
}

/// The trimmed cells of a line; quotes may hold the delimiter.
fn cells(line: &str, delimiter: char) -> Vec<String> {
    let (mut out, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c == delimiter && !quoted => out.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    out.push(cell);
    out.into_iter().map(|cell| cell.trim().to_owned()).collect()
}

fn unreadable(path: &str, error: &std::io::Error) -> Error {
    Error::usage(format!("--holidays {path}: cannot read: {error}")).with_hint(
        "give a file of dates, one a row, the code of a country (IN, DE-BY), or SERIES=COUNTRY,SERIES=COUNTRY",
    )
}
