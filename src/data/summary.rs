//! What is in a table, for `ingest`: numbers in a plain struct, rendered as text or JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::data::long::{Dialect, Note};
use crate::data::panel::{Found, Panel};
use crate::data::split::Bounds;

/// Series shown as text; JSON has all.
const SHOWN: usize = 20;

/// How many windows each part makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
            notes: panel.notes.clone(),
        }
    }

    /// One JSON object, indented.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// For a terminal, at most about 100 columns wide.
    pub fn text(&self) -> String {
        let mut t = String::new();
        let key = if self.series_columns.is_empty() {
            "none (all rows are one series)".into()
        } else {
            self.series_columns.join(", ")
        };
        let _ = writeln!(t, "table     {} ({})", self.table, self.form());
        let _ = writeln!(t, "rows      {}, {} to {}", grouped(self.rows), self.first, self.last);
        let _ = writeln!(t, "series    {}, by column {key}", grouped(self.series.len()));
        let _ = writeln!(t, "time      column {}, one row each {}", self.time_columns.join(", "), self.freq);
        let f = &self.found;
        let _ = writeln!(
            t,
            "grid      {} missing rows completed, {} long holes, {} repeated rows",
            grouped(f.missing_rows),
            grouped(f.long_holes),
            grouped(f.duplicate_rows)
        );
        let hole = &f.longest_hole;
        if hole.rows > 0 {
            let line = format!(
                "longest hole {} rows, {} to {}, in {}",
                grouped(hole.rows),
                hole.after,
                hole.before,
                hole.series
            );
            wrapped(&mut t, "          ", &line);
        }
        self.window_lines(&mut t);
        self.column_lines(&mut t);
        self.series_lines(&mut t);
        if !self.notes.is_empty() {
            let _ = writeln!(t, "\nnotes");
            for note in &self.notes {
                wrapped(&mut t, "  ", &note.text);
            }
        }
        t
    }

    fn form(&self) -> String {
        let d = &self.dialect;
        let mut parts = vec![d.format.to_string()];
        parts.extend(d.compression.map(str::to_string));
        parts.extend(d.encoding.clone());
        parts.extend(
            d.delimiter.map(|c| if c == '\t' { "tab".to_string() } else { format!("delimiter {c}") }),
        );
        parts.extend(d.decimal.filter(|c| *c != '.').map(|c| format!("decimal {c}")));
        if d.skipped_rows > 0 {
            parts.push(format!("{} lines before the header", d.skipped_rows));
        }
        parts.join(", ")
    }

    fn window_lines(&self, t: &mut String) {
        let w = &self.windows;
        for (name, n, from) in [
            ("training", w.train, format!("before {}", self.val_start)),
            ("validation", w.val, format!("from {}", self.val_start)),
            ("test", w.test, format!("from {}", self.test_start)),
        ] {
            let label = if name == "training" { "windows" } else { "" };
            let _ = writeln!(
                t,
                "{label:<9} {name:<10} N x T x F = {} x {} x {}  {from}",
                grouped(n),
                w.input_window,
                w.features
            );
        }
        let _ = writeln!(t, "{:<9} each is followed by {} steps to forecast", "", w.horizon);
    }

    fn column_lines(&self, t: &mut String) {
        let width = self.columns.iter().map(|c| c.name.chars().count()).max().unwrap_or(0).clamp(6, 36);
        let _ = writeln!(
            t,
            "\n{:<width$}  {:<8} {:>9} {:>12} {:>12} {:>12}",
            "column", "role", "missing", "min", "mean", "max"
        );
        for c in &self.columns {
            let name: String = c.name.chars().take(width).collect();
            let _ = writeln!(
                t,
                "{name:<width$}  {:<8} {:>7.1} % {:>12} {:>12} {:>12}{}",
                c.role,
                100.0 * c.missing_share,
                number(c.min),
                number(c.mean),
                number(c.max),
                if c.constant { "  constant" } else { "" }
            );
        }
    }

    fn series_lines(&self, t: &mut String) {
        let width =
            self.series.iter().take(SHOWN).map(|s| s.name.chars().count()).max().unwrap_or(0).clamp(6, 30);
        let _ = writeln!(t, "\n{:<width$}  {:>9}  {:>5} {:>9}  span", "series", "rows", "runs", "missing");
        for s in self.series.iter().take(SHOWN) {
            let name: String = s.name.chars().take(width).collect();
            let _ = writeln!(
                t,
                "{name:<width$}  {:>9}  {:>5} {:>7.1} %  {} to {}",
                grouped(s.rows),
                s.runs,
                100.0 * s.missing_share,
                s.first,
                s.last
            );
        }
        if self.series.len() > SHOWN {
            let _ =
                writeln!(t, "… and {} more (--format json lists all)", grouped(self.series.len() - SHOWN));
        }
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

/// Widest line of text, in characters.
const WIDTH: usize = 100;

/// Writes a line broken at spaces; what follows the first is indented by two more.
fn wrapped(t: &mut String, indent: &str, line: &str) {
    let mut length = 0;
    for word in line.split(' ') {
        let more = word.chars().count();
        if length == 0 {
            t.push_str(indent);
            length = indent.len();
        } else if length + 1 + more > WIDTH {
            t.push('\n');
            t.push_str(indent);
            t.push_str("  ");
            length = indent.len() + 2;
        } else {
            t.push(' ');
            length += 1;
        }
        t.push_str(word);
        length += more;
    }
    t.push('\n');
}

fn number(value: Option<f64>) -> String {
    crate::report::number::human(value)
}

/// 420768 as `420,768`.
fn grouped(n: usize) -> String {
    crate::report::number::count(n as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_at_spaces() {
        let mut t = String::new();
        wrapped(&mut t, "  ", &"word ".repeat(45));
        assert!(t.lines().count() == 3 && t.lines().all(|l| l.chars().count() <= WIDTH), "{t}");
        assert!(t.lines().nth(1).is_some_and(|l| l.starts_with("    word")));
    }

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
