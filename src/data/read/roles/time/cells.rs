//! The cells of time columns, as far as finding them needs.

use crate::data::read::roles::columns::Sample;
use crate::data::read::rows::numbers::Markers;
use crate::data::stamp::TimeStyle;
use crate::data::stamp::pattern::Pattern;
use std::collections::{HashMap, HashSet};

/// A column's different cells, those that are missing left out.
pub fn distinct(sample: &Sample, column: usize) -> Vec<&str> {
    let markers = Markers::default();
    let mut seen = HashSet::new();
    sample.present(column, &markers).filter(|c| seen.insert(*c)).collect()
}

/// Wall-clock seconds (UTC where cells say it) of all rows that have a stamp, in row order; the
/// year 2004 stands for one that is not written.
pub fn stamps(sample: &Sample, columns: &[usize], patterns: &[Pattern]) -> Vec<i64> {
    let dated = patterns.iter().any(Pattern::has_date);
    let mut patterns = patterns.to_vec();
    if !dated && let Ok(year) = Pattern::new("%2004Y") {
        patterns.push(year);
    }
    let style = TimeStyle::new(Vec::new(), patterns, None).whole_seconds(true);
    let parser = style.parser();
    let mut known: HashMap<Vec<&str>, Option<i64>> = HashMap::new();
    let rows = columns.iter().filter_map(|c| sample.cells.get(*c)).map(Vec::len).min().unwrap_or(0);
    let mut out = Vec::with_capacity(rows);
    for row in 0..rows {
        let cells = row_cells(sample, columns, row);
        let stamp = *known.entry(cells.clone()).or_insert_with(|| {
            let blank: &[u8] = b"";
            let texts = cells.iter().map(|c| c.as_bytes()).chain((!dated).then_some(blank));
            parser.parse(texts).ok().map(|m| m.utc())
        });
        out.extend(stamp);
    }
    out
}

/// The time cells of a row.
pub fn row_cells<'a>(sample: &'a Sample, columns: &[usize], row: usize) -> Vec<&'a str> {
    let cell = |c: &usize| sample.cells.get(*c)?.get(row).map(String::as_str);
    columns.iter().map(|c| cell(c).unwrap_or_default()).collect()
}

/// Number of rows.
pub fn rows(sample: &Sample) -> usize {
    sample.lines.len()
}

/// The names of columns.
pub fn names<'a>(sample: &'a Sample, columns: &[usize]) -> Vec<&'a str> {
    columns.iter().filter_map(|c| sample.names.get(*c)).map(String::as_str).collect()
}
