//! What is in a table, for `ingest`: numbers in a plain struct, as JSON or as text (module `text`).

use serde::Serialize;

use crate::data::long::{Dialect, Note};
use crate::data::panel::{Found, Panel};
use crate::data::split::Bounds;

mod text;

/// How many windows each part makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct WindowCounts {
    /// T.
    pub input_window: usize,
    /// P.
    pub horizon: usize,
    /// F.
    pub features: usize,
    pub train: usize,
    pub val: usize,
    pub test: usize,
}

/// One column over all series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnSummary {
    pub name: String,
    /// `target` or `feature`.
    pub role: &'static str,
    /// Missing cells over all grid cells.
    pub missing_share: f64,
    pub min: Option<f64>,
    pub mean: Option<f64>,
    pub max: Option<f64>,
    /// Every observed cell holds the same value, so that the column tells nothing.
    pub constant: bool,
}

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesSummary {
    pub name: String,
    /// Grid rows, completed ones included.
    pub rows: usize,
    pub first: String,
    pub last: String,
    /// Unbroken runs of rows; more than one where a hole is too long to complete.
    pub runs: usize,
    /// Missing share of the first target, or of the first column where none was named.
    pub missing_share: f64,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub table: String,
    pub dialect: Dialect,
    pub rows: usize,
    pub series_columns: Vec<String>,
    pub time_columns: Vec<String>,
    pub freq: String,
    pub first: String,
    pub last: String,
    pub found: Found,
    pub columns: Vec<ColumnSummary>,
    pub series: Vec<SeriesSummary>,
    pub windows: WindowCounts,
    pub val_start: String,
    pub test_start: String,
    /// What was chosen where the table leaves a choice.
    pub read_as: Vec<Note>,
    pub notes: Vec<Note>,
}

impl Summary {
    /// Counts everything.
    pub fn new(
        panel: &Panel,
        dialect: &Dialect,
        rows: usize,
        windows: WindowCounts,
        bounds: Bounds,
    ) -> Summary {
        let (read_as, notes) = panel.notes.iter().cloned().partition(|note| note.code.ends_with("_read"));
        let stamp = |s: Option<i64>| s.map(|s| panel.time.display(s)).unwrap_or_default();
        Summary {
            table: panel.source.clone(),
            dialect: dialect.clone(),
            rows,
            series_columns: panel.series_columns.clone(),
            time_columns: panel.time.columns.clone(),
            freq: panel.freq.to_string(),
            first: stamp(panel.stamps.iter().copied().min()),
            last: stamp(panel.stamps.iter().copied().max()),
            found: panel.found.clone(),
            columns: panel
                .columns
                .iter()
                .enumerate()
                .map(|(i, c)| column(&c.name, i < panel.targets, &c.values))
                .collect(),
            series: series(panel),
            windows,
            val_start: panel.time.display(bounds.val_start),
            test_start: panel.time.display(bounds.test_start),
            read_as,
            notes,
        }
    }

    /// One JSON object, indented.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn column(name: &str, target: bool, values: &[f64]) -> ColumnSummary {
    let (mut n, mut sum, mut min, mut max) = (0usize, 0f64, f64::INFINITY, f64::NEG_INFINITY);
    for v in values.iter().filter(|v| !v.is_nan()) {
        n += 1;
        sum += v;
        min = min.min(*v);
        max = max.max(*v);
    }
    let some = |v: f64| (n > 0).then_some(v);
    ColumnSummary {
        name: name.to_string(),
        role: if target { "target" } else { "feature" },
        missing_share: 1.0 - n as f64 / values.len().max(1) as f64,
        min: some(min),
        mean: some(sum / n.max(1) as f64),
        max: some(max),
        constant: n > 0 && min == max,
    }
}

fn series(panel: &Panel) -> Vec<SeriesSummary> {
    let mut all: Vec<SeriesSummary> = panel
        .series
        .iter()
        .map(|key| SeriesSummary {
            name: key.to_string(),
            rows: 0,
            first: String::new(),
            last: String::new(),
            runs: 0,
            missing_share: 0.0,
        })
        .collect();
    let mut missing = vec![0usize; all.len()];
    for segment in &panel.segments {
        let rows = segment.offset..segment.offset + segment.len;
        let entry = &mut all[segment.series as usize];
        if entry.runs == 0 {
            entry.first = panel.time.display(panel.stamps[rows.start]);
        }
        entry.last = panel.time.display(panel.stamps[rows.end - 1]);
        entry.rows += segment.len;
        entry.runs += 1;
        if let Some(column) = panel.columns.first() {
            missing[segment.series as usize] += column.values[rows].iter().filter(|v| v.is_nan()).count();
        }
    }
    for (entry, missing) in all.iter_mut().zip(missing) {
        entry.missing_share = missing as f64 / entry.rows.max(1) as f64;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_by_hand() {
        let c = column("x", false, &[1.0, f64::NAN, 4.0, 1.0]);
        assert_eq!(
            (c.min, c.mean, c.max, c.missing_share, c.constant),
            (Some(1.0), Some(2.0), Some(4.0), 0.25, false)
        );
        let c = column("x", true, &[3.0, f64::NAN]);
        assert!(c.constant && c.role == "target");
        let c = column("x", true, &[f64::NAN]);
        assert_eq!((c.min, c.constant), (None, false));
    }
}
