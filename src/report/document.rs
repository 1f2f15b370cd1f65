//! A small document of sentences and tables, and its two forms: aligned text for a terminal and
//! Markdown. It knows nothing of what the numbers mean.

use crate::escape::visible;
use crate::text::char_width;
pub use crate::text::width;

mod markdown;
pub use markdown::markdown;

/// Widest line of the text form: what the narrowest usual terminal shows without breaking it.
pub const WIDTH: usize = 80;

/// One part of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A heading.
    Title(String),
    /// A sentence or a paragraph; wrapped in the text form.
    Paragraph(String),
    /// A list of sentences.
    List(Vec<String>),
    /// A table.
    Table(Table),
}

/// A table: the first column is text and stands left, the others are numbers and stand right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// One heading a column. In the text form they are broken at spaces.
    pub head: Vec<String>,
    /// Rows of as many cells as there are headings.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// The same without anything that a terminal obeys, so that columns are as wide as they look.
    fn visible(&self) -> Table {
        let all = |cells: &[String]| cells.iter().map(|cell| visible(cell).into_owned()).collect();
        Table { head: all(&self.head), rows: self.rows.iter().map(|row| all(row)).collect() }
    }
}

/// The document for a terminal: no line is wider than [`WIDTH`], unless one number alone is.
pub fn text(parts: &[Part]) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Title(title) => {
                if !out.is_empty() {
                    out.push('\n');
                }
                wrap(&mut out, &visible(title), "", "");
            }
            Part::Paragraph(paragraph) => wrap(&mut out, &visible(paragraph), "", ""),
            Part::List(items) => items.iter().for_each(|item| wrap(&mut out, &visible(item), "- ", "  ")),
            Part::Table(table) => text_table(&mut out, &table.visible()),
        }
    }
    out
}

/// Breaks a paragraph at spaces.
fn wrap(out: &mut String, paragraph: &str, first: &str, rest: &str) {
    let mut line = first.to_string();
    let mut empty = true;
    for word in paragraph.split_whitespace() {
        if !empty && width(&line) + 1 + width(word) > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = rest.to_string();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

fn text_table(out: &mut String, table: &Table) {
    let columns = table.head.len();
    let heads: Vec<Vec<&str>> = table.head.iter().map(|h| h.split(' ').collect()).collect();
    let mut widths: Vec<usize> = (0..columns)
        .map(|i| {
            let cells = table.rows.iter().filter_map(|r| r.get(i)).map(|c| width(c));
            let head = heads.get(i).into_iter().flatten().map(|w| width(w));
            cells.chain(head).max().unwrap_or(0)
        })
        .collect();
    let all = groups(&widths);
    for (at, group) in all.iter().enumerate() {
        let mut columns = vec![0];
        columns.extend(group.clone());
        // Names may be long; the numbers may not be cut.
        let numbers: usize = group.clone().filter_map(|i| widths.get(i)).map(|w| w + GAP).sum();
        let most = WIDTH.saturating_sub(numbers).max(LEAST_NAME);
        if let Some(first) = widths.first_mut() {
            *first = (*first).min(most);
        }
        if at > 0 {
            out.push('\n');
        }
        let lines = heads.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..lines {
            let word = |words: &Vec<&str>| {
                (line + words.len()).checked_sub(lines).and_then(|i| words.get(i).map(|w| (*w).to_owned()))
            };
            let cells: Vec<String> = heads.iter().map(|words| word(words).unwrap_or_default()).collect();
            text_row(out, &cells, &widths, &columns);
        }
        table.rows.iter().for_each(|row| named_row(out, row, &widths, &columns));
    }
}

/// Spaces between columns.
const GAP: usize = 2;
/// Columns that a name keeps, where it needs as many.
const LEAST_NAME: usize = 20;

/// The columns of numbers, as many at a time as stand beside the names in one line.
fn groups(widths: &[usize]) -> Vec<std::ops::Range<usize>> {
    let names = widths.first().map_or(0, |w| (*w).min(LEAST_NAME));
    let (mut all, mut begin, mut used) = (Vec::new(), 1, names);
    for (i, wide) in widths.iter().enumerate().skip(1) {
        if i > begin && used + GAP + wide > WIDTH {
            all.push(begin..i);
            (begin, used) = (i, names);
        }
        used += GAP + wide;
    }
    all.push(begin..widths.len().max(1));
    all
}

/// A row of numbers; a name that is too long to stand beside them stands above them.
fn named_row(out: &mut String, row: &[String], widths: &[usize], columns: &[usize]) {
    match row.split_first() {
        Some((name, numbers)) if width(name) > widths.first().copied().unwrap_or(0) => {
            out.push_str(&shorten(name, WIDTH));
            out.push('\n');
            let row: Vec<String> = std::iter::once(String::new()).chain(numbers.iter().cloned()).collect();
            text_row(out, &row, widths, columns);
        }
        _ => text_row(out, row, widths, columns),
    }
}

/// The cells of these columns in one line.
fn text_row(out: &mut String, cells: &[String], widths: &[usize], columns: &[usize]) {
    let mut line = String::new();
    for (place, i) in columns.iter().enumerate() {
        let wide = widths.get(*i).copied().unwrap_or(0);
        let cell = shorten(cells.get(*i).map_or("", String::as_str), wide);
        let pad = " ".repeat(wide.saturating_sub(width(&cell)));
        if place == 0 {
            line.push_str(&cell);
            line.push_str(&pad);
        } else {
            line.push_str(&" ".repeat(GAP));
            line.push_str(&pad);
            line.push_str(&cell);
        }
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// `text` cut to `wide` columns, with an ellipsis when something is lost. What a terminal would obey
/// is shown as an escape.
pub fn shorten(text: &str, wide: usize) -> String {
    let clean = visible(text);
    if width(&clean) <= wide {
        return clean.into_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for c in clean.chars() {
        used += char_width(c);
        if used > wide {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            head: ["city", "MAE last value", "n"].map(String::from).to_vec(),
            rows: vec![
                ["北京", "1.50", "10"].map(String::from).to_vec(),
                ["a|b\n", "11.50", "9"].map(String::from).to_vec(),
            ],
        }
    }

    #[test]
    fn text_is_aligned() {
        let parts = [Part::Title("T".into()), Part::Table(table())];
        let expected =
            "T\n         MAE\n        last\ncity   value   n\n北京    1.50  10\na|b\\n  11.50   9\n";
        assert_eq!(text(&parts), expected);
    }

    #[test]
    fn what_does_not_fit_in_a_line_stands_in_another_table() {
        let head = |from: usize| (from..12).map(|i| format!("m{i}")).collect::<Vec<_>>();
        let row: Vec<String> = (1..12).map(|i| format!("{i}234.567")).collect();
        let wide = Table {
            head: [vec!["series".into()], head(1)].concat(),
            rows: vec![[vec!["JFK".into()], row].concat()],
        };
        let out = text(&[Part::Table(wide)]);
        assert!(out.lines().all(|l| width(l) <= WIDTH), "{out}");
        let starts: Vec<&str> = out.lines().filter_map(|l| l.split_whitespace().next()).collect();
        assert_eq!(starts, ["series", "JFK", "series", "JFK"], "{out}");
        assert!((1..12).all(|i| out.contains(&format!("{i}234.567"))), "{out}");
    }

    #[test]
    fn a_name_that_is_too_long_stands_above_its_numbers() {
        let mut long = table();
        let name = "a model with a long name less another model with a name, all of it in one line";
        long.rows.push([name, "2.00", "1"].map(String::from).to_vec());
        let out = text(&[Part::Table(long)]);
        let lines: Vec<&str> = out.lines().collect();
        let at = lines.iter().position(|line| *line == name).expect("the whole name");
        assert_eq!(lines[at + 1].trim(), "2.00   1");
    }

    #[test]
    fn lines_stay_within_the_width() {
        let mut wide = table();
        wide.rows.push(vec!["long ".repeat(60), "2.00".into(), "1".into()]);
        let parts =
            [Part::Paragraph("word ".repeat(60)), Part::List(vec!["word ".repeat(60)]), Part::Table(wide)];
        let out = text(&parts);
        assert!(out.lines().all(|l| width(l) <= WIDTH), "{out}");
        assert!(out.contains('…'));
        assert!(out.contains("\n- word"));
        assert!(out.contains("\n  word"));
    }
}
