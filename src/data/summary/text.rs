//! The summary as text for a terminal.

use std::fmt::Write;

use super::Summary;
use crate::escape::{visible, visible_list};
use crate::number::counted;
use crate::text::plural;

/// Series shown as text; JSON has all.
const SHOWN: usize = 20;

/// Widest line of text, in characters.
const WIDTH: usize = 100;

impl Summary {
    /// For a terminal, at most about 100 columns wide.
    pub fn text(&self) -> String {
        let mut t = String::new();
        let key = if self.series_columns.is_empty() {
            "none (all rows are one series)".into()
        } else {
            visible_list(&self.series_columns)
        };
        let _ = writeln!(t, "table     {} ({})", visible(&self.table), self.form());
        let _ = writeln!(t, "rows      {}, {} to {}", grouped(self.rows), self.first, self.last);
        let _ = writeln!(t, "series    {}, by column {key}", grouped(self.series.len()));
        let _ =
            writeln!(t, "time      column {}, one row each {}", visible_list(&self.time_columns), self.freq);
        let f = &self.found;
        let _ = writeln!(
            t,
            "grid      {} completed, {}, {}",
            counted(f.missing_rows as u64, "missing row"),
            counted(f.long_holes as u64, "long hole"),
            counted(f.duplicate_rows as u64, "repeated row")
        );
        let hole = &f.longest_hole;
        if hole.rows > 0 {
            let line = format!(
                "longest hole {}, {} to {}, in {}",
                counted(hole.rows as u64, "row"),
                hole.after,
                hole.before,
                visible(&hole.series)
            );
            wrapped(&mut t, "          ", &line);
        }
        self.window_lines(&mut t);
        self.column_lines(&mut t);
        self.series_lines(&mut t);
        for (title, notes) in [("read as", &self.read_as), ("notes", &self.notes)] {
            if !notes.is_empty() {
                let _ = writeln!(t, "\n{title}");
            }
            for note in notes {
                wrapped(&mut t, "  ", &visible(&note.text));
            }
        }
        t
    }

    fn form(&self) -> String {
        let d = &self.dialect;
        let mut parts = vec![d.format.to_string()];
        parts.extend(d.compression.map(str::to_string));
        parts.extend(d.encoding.clone());
        parts.extend(d.delimiter.map(|c| match c {
            '\t' => "tab".to_string(),
            ' ' => "between blanks".to_string(),
            c => format!("delimiter {c}"),
        }));
        parts.extend(d.decimal.filter(|c| *c != '.').map(|c| format!("decimal {c}")));
        if d.skipped_rows > 0 {
            parts.push(format!("{} before the header", plural(d.skipped_rows, "line")));
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
        let _ = writeln!(t, "{:<9} each is followed by {} to forecast", "", plural(w.horizon, "step"));
    }

    fn column_lines(&self, t: &mut String) {
        let width =
            self.columns.iter().map(|c| visible(&c.name).chars().count()).max().unwrap_or(0).clamp(6, 36);
        let _ = writeln!(
            t,
            "\n{:<width$}  {:<8} {:>9} {:>12} {:>12} {:>12}",
            "column", "role", "missing", "min", "mean", "max"
        );
        for c in &self.columns {
            let name = cut(&visible(&c.name), width);
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
        let width = self
            .series
            .iter()
            .take(SHOWN)
            .map(|s| visible(&s.name).chars().count())
            .max()
            .unwrap_or(0)
            .clamp(6, 30);
        let _ = writeln!(t, "\n{:<width$}  {:>9}  {:>5} {:>9}  span", "series", "rows", "runs", "missing");
        for s in self.series.iter().take(SHOWN) {
            let name = cut(&visible(&s.name), width);
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

/// A name of at most so many characters; the last one is `…` where something was cut off.
fn cut(name: &str, width: usize) -> String {
    match name.chars().count() > width {
        true => name.chars().take(width - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

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
    crate::number::human(value)
}

/// 420768 as `420,768`.
fn grouped(n: usize) -> String {
    crate::number::count(n as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_end_in_an_ellipsis() {
        assert_eq!((cut("wind", 4), cut("window", 4)), ("wind".to_owned(), "win…".to_owned()));
    }

    #[test]
    fn long_lines_are_broken_at_spaces() {
        let mut t = String::new();
        wrapped(&mut t, "  ", &"word ".repeat(45));
        assert!(t.lines().count() == 3 && t.lines().all(|l| l.chars().count() <= WIDTH), "{t}");
        assert!(t.lines().nth(1).is_some_and(|l| l.starts_with("    word")));
    }
}
