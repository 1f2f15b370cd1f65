//! The cells of time columns, as far as finding them needs.

use crate::data::read::rows::cells::Cells;
use crate::data::read::rows::coded::{Coded, combine};
use crate::data::read::rows::numbers::Markers;
use crate::data::read::rows::whole::Sample;
use crate::data::stamp::pattern::Pattern;
use crate::data::stamp::{TimeStyle, detect};
use polars::prelude::Column;

/// A column's different cells, those that are missing left out.
pub fn distinct(sample: &Sample, column: usize) -> Vec<&str> {
    sample.distinct(column, &Markers::default()).map(|c| c.0).collect()
}

/// Whether a column begins with text rather than with a number; nothing else of it is looked at.
pub fn is_text(sample: &Sample, column: usize) -> bool {
    let number = |values: &Column| values.dtype().is_numeric() || values.dtype().is_bool();
    if matches!(sample.columns.get(column), Some(Cells::Typed(values, _)) if number(values)) {
        return false;
    }
    let markers = Markers::default();
    let first = sample.text(column).values().find(|cell| !markers.is_text(cell.as_bytes()));
    first.is_some_and(|cell| !detect::is_number(cell))
}

/// Wall-clock seconds (UTC where cells say it) of all rows that have a stamp, in row order; the
/// year 2004 stands for one that is not written. Each different cell is read once.
pub fn stamps(sample: &Sample, columns: &[usize], patterns: &[Pattern]) -> Vec<i64> {
    let dated = patterns.iter().any(Pattern::has_date);
    let mut patterns = patterns.to_vec();
    if !dated && let Ok(year) = Pattern::new("%2004Y") {
        patterns.push(year);
    }
    let style = TimeStyle::new(Vec::new(), patterns, None).whole_seconds(true);
    let parser = style.parser();
    let stamp = |cells: &[&str]| {
        let blank: &[u8] = b"";
        let texts = cells.iter().map(|c| c.as_bytes()).chain((!dated).then_some(blank));
        parser.parse(texts).ok().map(|m| m.utc())
    };
    let texts: Vec<&Coded> = columns.iter().map(|c| sample.text(*c)).collect();
    if let [only] = texts.as_slice() {
        let known: Vec<Option<i64>> = only.values().map(|cell| stamp(&[cell])).collect();
        return only.codes().iter().filter_map(|code| known.get(*code as usize).copied().flatten()).collect();
    }
    let (ids, tuples) = combine(&texts);
    let cells = |tuple: &Vec<u32>| -> Vec<&str> {
        texts.iter().zip(tuple).map(|(text, code)| text.value(*code)).collect()
    };
    let known: Vec<Option<i64>> = tuples.iter().map(|tuple| stamp(&cells(tuple))).collect();
    ids.iter().filter_map(|id| known.get(*id as usize).copied().flatten()).collect()
}

/// The time cells of a row.
pub fn row_cells<'a>(sample: &'a Sample, columns: &[usize], row: usize) -> Vec<&'a str> {
    columns.iter().map(|c| sample.cell(*c, row)).collect()
}

/// Number of rows.
pub fn rows(sample: &Sample) -> usize {
    sample.rows()
}

/// The names of columns.
pub fn names<'a>(sample: &'a Sample, columns: &[usize]) -> Vec<&'a str> {
    columns.iter().filter_map(|c| sample.names.get(*c)).map(String::as_str).collect()
}
