//! The same charts in the letters of a terminal.
//!
//! Lines are drawn in Braille patterns, which have 2 x 4 dots a letter; areas are shades. Without colour
//! the parts are told apart by their places and by the legend's letters.

use super::axis::Tick;
use super::figure::{Chart, Figure};
use super::panel::{Panel, Rule};
use super::theme::Paint;
use crate::escape::visible;
use crate::text::width as columns;

/// What the drawing has to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Columns.
    pub width: usize,
    /// Whether letters may be coloured.
    pub color: bool,
}

/// Rows of a plot.
const HEIGHT: usize = 12;

/// One letter of the sheet.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cell {
    letter: char,
    paint: Paint,
}

const BLANK: Cell = Cell { letter: ' ', paint: Paint::Ink };

impl Figure {
    /// The figure for a terminal, ending with a newline; what a terminal obeys in names is shown instead.
    pub fn text(&self, terminal: Terminal) -> String {
        let mut out = String::new();
        if !self.title.is_empty() {
            wrap(&mut out, &self.title, terminal.width);
        }
        for remark in &self.remarks {
            wrap(&mut out, remark, terminal.width);
        }
        self.legend_line(&mut out, terminal);
        for chart in &self.charts {
            out.push('\n');
            match chart {
                Chart::Panel(panel) => panel_text(panel, terminal, &mut out),
                Chart::Bars(bars) => bars.text(terminal, &mut out),
            }
        }
        for below in &self.below {
            out.push('\n');
            out.push_str(&below.text(terminal));
        }
        out
    }

    fn legend_line(&self, out: &mut String, terminal: Terminal) {
        let keys: Vec<String> = self
            .legend
            .iter()
            .map(|key| {
                let sample = match key.area {
                    Some(opacity) => shade(opacity).to_string().repeat(2),
                    None if key.dashed => "⠒ ⠒".into(),
                    None => "⠒⠒".into(),
                };
                format!("{} {}", colored(&sample, key.paint, terminal), visible(&key.name))
            })
            .collect();
        if !keys.is_empty() {
            out.push_str(&keys.join("   "));
            out.push('\n');
        }
    }
}

fn wrap(out: &mut String, text: &str, width: usize) {
    let mut used = 0;
    for word in visible(text).split_whitespace() {
        let wide = columns(word);
        if used > 0 && used + 1 + wide > width {
            out.push('\n');
            used = 0;
        }
        if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += wide;
    }
    out.push('\n');
}

/// The shade of an area.
fn shade(opacity: f64) -> char {
    if opacity < 0.25 { '░' } else { '▒' }
}

fn colored(text: &str, paint: Paint, terminal: Terminal) -> String {
    // The sixteen colours of a terminal, which its user has set to be legible.
    let code = match paint {
        Paint::Line(0) => "34",
        Paint::Line(1) => "33",
        Paint::Line(2) => "32",
        Paint::Line(3) => "35",
        Paint::Line(_) => "36",
        Paint::Soft | Paint::Grid => "90",
        Paint::Sheet | Paint::Ink => "",
    };
    if code.is_empty() || !terminal.color { text.to_owned() } else { format!("\x1b[{code}m{text}\x1b[0m") }
}

fn panel_text(panel: &Panel, terminal: Terminal, out: &mut String) {
    let y_ticks = panel.y_ticks(HEIGHT / 2);
    let margin = y_ticks.iter().map(|tick| tick.label.chars().count()).max().unwrap_or(0);
    let width = terminal.width.saturating_sub(margin + 3).max(16);
    let title = match panel.remark.as_str() {
        "" => panel.title.clone(),
        remark => format!("{}   {}", panel.title, remark),
    };
    out.push_str(&cut(&title, terminal.width));
    out.push('\n');
    if !panel.y_label.is_empty() && panel.y_label != panel.title {
        out.push_str(&cut(&panel.y_label, terminal.width));
        out.push('\n');
    }
    let sheet = plot(panel, width);
    for (row, cells) in sheet.chunks(width).enumerate() {
        let (low, high) = panel.y_range();
        let of_row = |tick: &&Tick| row_of(tick.at, low, high) == Some(row);
        let label = y_ticks.iter().find(of_row).map_or("", |tick| tick.label.as_str());
        let edge = if label.is_empty() { '│' } else { '┤' };
        out.push_str(&format!("{}{label} {edge}", " ".repeat(margin - label.chars().count())));
        row_text(cells, terminal, out);
        out.push('\n');
    }
    axis_text(panel, margin, width, out);
}

/// What fits, with an ellipsis where something is lost.
fn cut(text: &str, width: usize) -> String {
    let mut text = visible(text).into_owned();
    if columns(&text) > width {
        while columns(&text) + 1 > width && text.pop().is_some() {}
        text.push('…');
    }
    text
}

fn row_text(cells: &[Cell], terminal: Terminal, out: &mut String) {
    let used = cells.iter().rposition(|cell| cell.letter != ' ').map_or(0, |last| last + 1);
    let mut rest = &cells[..used];
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|cell| cell.paint == first.paint || cell.letter == ' ').count();
        let text: String = rest[..run].iter().map(|cell| cell.letter).collect();
        out.push_str(&colored(&text, first.paint, terminal));
        rest = &rest[run..];
    }
}

/// The row in which a value lies, from above.
fn row_of(value: f64, low: f64, high: f64) -> Option<usize> {
    let share = (value - low) / (high - low);
    let dot = ((1.0 - share) * (HEIGHT * 4 - 1) as f64).round();
    (0.0..(HEIGHT * 4) as f64).contains(&dot).then_some(dot as usize / 4)
}

/// The plot's letters, row by row.
fn plot(panel: &Panel, width: usize) -> Vec<Cell> {
    let mut cells = vec![BLANK; width * HEIGHT];
    let ((x0, x1), (y0, y1)) = (panel.x_range(), panel.y_range());
    let x = |at: f64| (at - x0) / (x1 - x0) * (width * 2 - 1) as f64;
    let y = |at: f64| (1.0 - (at - y0) / (y1 - y0)) * (HEIGHT * 4 - 1) as f64;
    for band in &panel.marks.bands {
        let letter = shade(band.opacity);
        for pair in band.points.windows(2) {
            let [(xa, la, ha), (xb, lb, hb)] = [pair[0], pair[1]];
            if ![la, ha, lb, hb].iter().all(|v| v.is_finite()) {
                continue;
            }
            for column in (x(xa) / 2.0).ceil() as usize..=((x(xb) / 2.0) as usize).min(width - 1) {
                let share = if xb > xa {
                    ((column as f64 * 2.0 - x(xa)) / (x(xb) - x(xa))).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let (low, high) = (la + (lb - la) * share, ha + (hb - ha) * share);
                let (top, bottom) = ((y(high) / 4.0) as usize, (y(low) / 4.0) as usize);
                for row in top..=bottom.min(HEIGHT - 1) {
                    cells[row * width + column] = Cell { letter, paint: band.paint };
                }
            }
        }
    }
    for rule in &panel.marks.rules {
        if let Rule::Upright { at, .. } = rule {
            let column = ((x(*at) / 2.0).round() as usize).min(width - 1);
            for row in 0..HEIGHT {
                cells[row * width + column] = Cell { letter: '┊', paint: Paint::Soft };
            }
        }
    }
    for line in &panel.marks.lines {
        let mut dots = vec![0u8; width * HEIGHT];
        let mut before: Option<(f64, f64)> = None;
        for (index, (at, value)) in line.points.iter().enumerate() {
            let now = value.is_finite().then(|| (x(*at), y(*value)));
            match (before, now) {
                // A broken line leaves every second piece out.
                (Some(from), Some(to)) if !line.dashed || index % 2 == 1 => {
                    stroke(&mut dots, width, from, to)
                }
                (_, Some(to)) => stroke(&mut dots, width, to, to),
                _ => {}
            }
            before = now;
        }
        for (cell, dots) in cells.iter_mut().zip(dots).filter(|(_, dots)| *dots > 0) {
            let had = (cell.letter as u32).checked_sub(0x2800).filter(|bits| *bits < 256).unwrap_or(0);
            let letter = char::from_u32(0x2800 + (had | u32::from(dots))).unwrap_or('·');
            *cell = Cell { letter, paint: line.paint };
        }
    }
    cells
}

/// Sets the dots from one place to another.
fn stroke(dots: &mut [u8], width: usize, from: (f64, f64), to: (f64, f64)) {
    /// Of a Braille pattern, by column and row.
    const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().clamp(1.0, 10_000.0);
    for i in 0..=steps as usize {
        let share = i as f64 / steps;
        let (x, y) = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
        let (x, y) = (x.round().max(0.0) as usize, y.round().max(0.0) as usize);
        if let Some(dots) = dots.get_mut(y / 4 * width + x / 2).filter(|_| x / 2 < width) {
            *dots |= BITS[x % 2][y % 4];
        }
    }
}

/// The line below the plot, and its labels.
fn axis_text(panel: &Panel, margin: usize, width: usize, out: &mut String) {
    let ticks = panel.x_ticks(width as f64, &|text| text.chars().count() as f64);
    let (low, high) = panel.x_range();
    let column =
        |tick: &Tick| (((tick.at - low) / (high - low) * (width - 1) as f64).round() as usize).min(width - 1);
    let mut line: Vec<char> = vec!['─'; width];
    let (mut labels, mut below) = (vec![' '; width + 2], vec![' '; width + 2]);
    for tick in &ticks {
        line[column(tick)] = '┬';
        let half = tick.label.chars().count() / 2;
        place(&mut labels, column(tick).saturating_sub(half), &tick.label);
        place(&mut below, column(tick).saturating_sub(half), &tick.below);
    }
    let indent = " ".repeat(margin + 2);
    let line: String = line.into_iter().collect();
    out.push_str(&format!("{}└{line}\n", " ".repeat(margin + 1)));
    for words in [labels, below] {
        let words: String = words.into_iter().collect();
        if !words.trim().is_empty() {
            out.push_str(&format!("{indent}{}\n", words.trim_end()));
        }
    }
    if !panel.x_label.is_empty() {
        let middle = width.saturating_sub(panel.x_label.chars().count()) / 2;
        out.push_str(&format!("{indent}{}{}\n", " ".repeat(middle), panel.x_label));
    }
}

/// Puts words where there is room for all of them.
fn place(line: &mut [char], from: usize, words: &str) {
    let wide = words.chars().count();
    let from = from.min(line.len().saturating_sub(wide));
    let near = from.saturating_sub(1)..(from + wide + 1).min(line.len());
    if wide > 0 && line[near].iter().all(|c| *c == ' ') {
        line[from..from + wide].iter_mut().zip(words.chars()).for_each(|(at, c)| *at = c);
    }
}

impl super::bars::Bars {
    fn text(&self, terminal: Terminal, out: &mut String) {
        for words in [&self.title, &self.remark].into_iter().filter(|words| !words.is_empty()) {
            wrap(out, words, terminal.width);
        }
        let widest = |all: &mut dyn Iterator<Item = usize>| all.max().unwrap_or(0);
        let names =
            widest(&mut self.bars.iter().map(|bar| columns(&visible(&bar.name)))).min(terminal.width / 2);
        let numbers: Vec<String> = self.bars.iter().map(|bar| visible(&bar.words()).into_owned()).collect();
        let beside = widest(&mut numbers.iter().map(|number| columns(number)));
        let room = terminal.width.saturating_sub(names + beside + 3).max(8);
        let (low, high) = self.range();
        let column = |at: f64| ((at - low) / (high - low) * room as f64).clamp(0.0, room as f64);
        for (bar, number) in self.bars.iter().zip(&numbers) {
            let (from, to) = (column(bar.from), column(bar.from + bar.value));
            let (indent, body) = if bar.dot {
                (from.round().min(room as f64 - 1.0) as usize, "●".to_owned())
            } else {
                bar_of(from, to)
            };
            let name = cut(&bar.name, names);
            let pad = " ".repeat(names.saturating_sub(columns(&name)));
            let line = format!(
                "{pad}{name} {}{number} {}{}",
                " ".repeat(beside.saturating_sub(columns(number))),
                " ".repeat(indent),
                colored(&body, bar.paint(), terminal)
            );
            out.push_str(line.trim_end());
            out.push('\n');
        }
        if !self.x_label.is_empty() {
            out.push_str(&cut(&self.x_label, terminal.width));
            out.push('\n');
        }
    }
}

/// A bar between two columns: how far it is indented, and its letters. What grows to the right ends at an eighth
/// of a letter; there are no letters for eighths at the left.
fn bar_of(from: f64, to: f64) -> (usize, String) {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let indent = from.min(to).round();
    let long = (from.max(to) - indent).max(0.0);
    let part = if to >= from { long.fract() } else { 0.0 };
    let whole = if to >= from { long.floor() } else { long.round() };
    (indent as usize, "█".repeat(whole as usize) + EIGHTHS[((part * 8.0) as usize).min(7)])
}
