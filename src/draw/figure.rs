//! Charts on a sheet: where each lies, and what becomes of its marks there.

use super::bars::Bars;
use super::panel::{self, Panel, Rule};
use super::scene::{Anchor, Item, Scene};
use super::theme::Paint;
use super::{axis::Tick, font};

/// A chart of either kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Chart {
    /// Marks over two axes.
    Panel(Panel),
    /// Bars with names.
    Bars(Bars),
}

/// What a colour means.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub name: String,
    pub paint: Paint,
    /// An area of this opacity instead of a line.
    pub area: Option<f64>,
    pub dashed: bool,
}

/// A sheet of charts, with one title and one legend.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    pub title: String,
    /// Sentences below the title.
    pub remarks: Vec<String>,
    pub legend: Vec<Key>,
    pub charts: Vec<Chart>,
    /// Pixels; 0 for the usual.
    pub width: f64,
    /// Further figures, one below the other on the same sheet.
    pub below: Vec<Figure>,
}

/// Pixels of a sheet.
const WIDTH: f64 = 960.0;
const MARGIN: f64 = 20.0;
const GAP: f64 = 28.0;
const LABEL: f64 = 11.0;

impl Figure {
    /// Several figures as one, the first above.
    pub fn stacked(figures: impl IntoIterator<Item = Figure>) -> Option<Figure> {
        let mut figures = figures.into_iter();
        let first = figures.next()?;
        Some(Figure { below: figures.collect(), ..first })
    }

    /// Its charts, then those below, in the order in which [`Item::Plot`] counts them.
    pub(super) fn all_charts(&self) -> Vec<&Chart> {
        self.charts.iter().chain(self.below.iter().flat_map(Figure::all_charts)).collect()
    }

    /// Lays everything out.
    pub(super) fn scene(&self) -> Scene {
        let mut scene = self.own_scene();
        let mut charts = self.charts.len();
        for below in &self.below {
            let next = Figure { width: scene.width, ..below.clone() }.scene();
            let shift = scene.height;
            scene.items.extend(next.items.into_iter().map(|item| item.shifted(shift, charts)));
            scene.height += next.height;
            charts += below.all_charts().len();
        }
        scene
    }

    fn own_scene(&self) -> Scene {
        let width = if self.width > 0.0 { self.width } else { WIDTH };
        let mut scene = Scene { width, title: self.title.clone(), ..Scene::default() };
        let mut y = MARGIN;
        if !self.title.is_empty() {
            for line in wrapped(&self.title, 17.0, width - 2.0 * MARGIN) {
                scene.text((MARGIN, y + 15.0), 17.0, Anchor::Start, Paint::Ink, line);
                y += 23.0;
            }
            y += 3.0;
        }
        for remark in &self.remarks {
            for line in wrapped(remark, 12.0, width - 2.0 * MARGIN) {
                scene.text((MARGIN, y + 12.0), 12.0, Anchor::Start, Paint::Soft, line);
                y += 17.0;
            }
        }
        y = self.legend(&mut scene, y);
        let columns = match self.charts.len() {
            0 | 1 => 1,
            2..=4 => 2,
            _ => 3,
        };
        // Never so narrow that labels have no room.
        let columns = columns.min(((width - MARGIN) / 260.0) as usize).max(1);
        let wide = (width - 2.0 * MARGIN - GAP * (columns - 1) as f64) / columns as f64;
        let usual = match columns {
            1 => 380.0,
            2 => 290.0,
            _ => 230.0,
        };
        let mut panel = 0;
        for row in self.charts.chunks(columns) {
            let tall = row.iter().map(|chart| match chart {
                Chart::Panel(_) => usual,
                Chart::Bars(bars) => bars.height(),
            });
            let tall = tall.fold(0.0, f64::max);
            for (column, chart) in row.iter().enumerate() {
                let x = MARGIN + (wide + GAP) * column as f64;
                match chart {
                    Chart::Panel(own) => draw(own, &mut scene, (x, y), (wide, tall), panel),
                    Chart::Bars(bars) => bars.draw(&mut scene, x, y, wide),
                }
                panel += 1;
            }
            y += tall + GAP * 0.6;
        }
        scene.height = (y + MARGIN * 0.5).ceil();
        scene
    }

    /// Draws the legend from `y` on; where it ends.
    fn legend(&self, scene: &mut Scene, y: f64) -> f64 {
        if self.legend.is_empty() {
            return y + 6.0;
        }
        let (mut x, mut y) = (MARGIN, y + 6.0);
        for key in &self.legend {
            let wide = 30.0 + font::width(&key.name, 12.0) + 22.0;
            if x + wide > scene.width - MARGIN && x > MARGIN {
                (x, y) = (MARGIN, y + 20.0);
            }
            match key.area {
                Some(opacity) => scene.rectangle(x, y + 2.0, 22.0, 11.0, key.paint, opacity),
                None => scene.items.push(Item::Line {
                    points: vec![(x, y + 8.0), (x + 22.0, y + 8.0)],
                    paint: key.paint,
                    width: 2.0,
                    dash: key.dashed.then_some((5.0, 4.0)),
                }),
            }
            scene.text((x + 29.0, y + 12.0), 12.0, Anchor::Start, Paint::Ink, key.name.clone());
            x += wide;
        }
        y + 30.0
    }
}

/// Breaks a sentence at spaces.
fn wrapped(text: &str, size: f64, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if font::width(&format!("{line} {word}"), size) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(font::shorten(word, size, most)),
        }
    }
    lines
}

/// Where a panel's numbers lie on the sheet.
struct Plot {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Plot {
    fn x(&self, x: f64) -> f64 {
        self.left + (x - self.x.0) / (self.x.1 - self.x.0) * (self.right - self.left)
    }

    fn y(&self, y: f64) -> f64 {
        self.bottom - (y - self.y.0) / (self.y.1 - self.y.0) * (self.bottom - self.top)
    }
}

fn draw(panel: &Panel, scene: &mut Scene, at: (f64, f64), size: (f64, f64), number: usize) {
    let below = 34.0 + if panel.x_label.is_empty() { 0.0 } else { 16.0 };
    let (top, bottom) = (at.1 + 40.0, at.1 + size.1 - below);
    let y_ticks = panel.y_ticks(((bottom - top) / 34.0) as usize);
    let left = at.0 + panel::widest(&y_ticks, LABEL) + 10.0;
    let plot = Plot { left, top, right: at.0 + size.0 - 8.0, bottom, x: panel.x_range(), y: panel.y_range() };
    heads(panel, scene, at, size.0);
    for tick in &y_ticks {
        let y = plot.y(tick.at);
        scene.line(vec![(plot.left, y), (plot.right, y)], Paint::Grid, 1.0);
        scene.text((plot.left - 7.0, y + 4.0), LABEL, Anchor::End, Paint::Soft, tick.label.clone());
    }
    let x_ticks = panel.x_ticks(plot.right - plot.left, &|text| font::width(text, LABEL));
    x_axis(panel, scene, &plot, &x_ticks);
    marks(panel, scene, &plot);
    let (width, height) = (plot.right - plot.left, plot.bottom - plot.top);
    scene.items.push(Item::Plot { x: plot.left, y: plot.top, width, height, panel: number });
}

/// The title, the remark beside it, and what is counted.
fn heads(panel: &Panel, scene: &mut Scene, at: (f64, f64), wide: f64) {
    let remark = font::shorten(&panel.remark, LABEL, wide * 0.5);
    let used = font::width(&remark, LABEL) + 12.0;
    let title = font::shorten(&panel.title, 14.0, wide - used);
    scene.text((at.0, at.1 + 12.0), 14.0, Anchor::Start, Paint::Ink, title);
    if !remark.is_empty() {
        scene.text((at.0 + wide - 8.0, at.1 + 12.0), LABEL, Anchor::End, Paint::Soft, remark);
    }
    let label = font::shorten(&panel.y_label, LABEL, wide);
    scene.text((at.0, at.1 + 29.0), LABEL, Anchor::Start, Paint::Soft, label);
}

fn x_axis(panel: &Panel, scene: &mut Scene, plot: &Plot, ticks: &[Tick]) {
    scene.line(vec![(plot.left, plot.bottom), (plot.right, plot.bottom)], Paint::Soft, 1.0);
    for tick in ticks {
        let x = plot.x(tick.at);
        scene.line(vec![(x, plot.bottom), (x, plot.bottom + 4.0)], Paint::Soft, 1.0);
        let half = font::width(&tick.label, LABEL) / 2.0;
        // The last word does not stand out of the sheet.
        let middle = x.min(plot.right + 8.0 - half);
        scene.text((middle, plot.bottom + 16.0), LABEL, Anchor::Middle, Paint::Soft, tick.label.clone());
        if !tick.below.is_empty() {
            let wide = font::width(&tick.below, LABEL);
            let from = (x - half).min(plot.right + 8.0 - wide);
            scene.text((from, plot.bottom + 30.0), LABEL, Anchor::Start, Paint::Soft, tick.below.clone());
        }
    }
    if !panel.x_label.is_empty() {
        let middle = (plot.left + plot.right) / 2.0;
        scene.text((middle, plot.bottom + 32.0), LABEL, Anchor::Middle, Paint::Soft, panel.x_label.clone());
    }
}

fn marks(panel: &Panel, scene: &mut Scene, plot: &Plot) {
    for band in &panel.marks.bands {
        for run in runs(&band.points, |(_, low, high)| low.is_finite() && high.is_finite()) {
            let upper = run.iter().map(|(x, _, high)| (plot.x(*x), plot.y(*high)));
            let lower = run.iter().rev().map(|(x, low, _)| (plot.x(*x), plot.y(*low)));
            let points = upper.chain(lower).collect();
            scene.items.push(Item::Area { points, paint: band.paint, opacity: band.opacity });
        }
    }
    for rule in &panel.marks.rules {
        rule_across(rule, scene, plot);
    }
    for line in &panel.marks.lines {
        for run in runs(&line.points, |(_, y)| y.is_finite()) {
            let points: Vec<(f64, f64)> = run.iter().map(|(x, y)| (plot.x(*x), plot.y(*y))).collect();
            let points = thinned(points, plot.right - plot.left);
            if line.dots || points.len() == 1 {
                let dot =
                    |(x, y): &(f64, f64)| Item::Dot { x: *x, y: *y, r: line.width + 0.8, paint: line.paint };
                scene.items.extend(points.iter().map(dot));
            }
            if points.len() > 1 && line.width > 0.0 {
                let dash = line.dashed.then_some((5.0, 4.0));
                scene.items.push(Item::Line { points, paint: line.paint, width: line.width, dash });
            }
        }
    }
}

/// The same line with at most four points a pixel: the first, the lowest, the highest and the last.
fn thinned(points: Vec<(f64, f64)>, wide: f64) -> Vec<(f64, f64)> {
    if (points.len() as f64) < wide * 4.0 {
        return points;
    }
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let by_y = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let ends = [column.first(), column.iter().min_by(by_y), column.iter().max_by(by_y), column.last()];
        let mut ends: Vec<(f64, f64)> = ends.into_iter().flatten().copied().collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends.dedup();
        kept.extend(ends);
    }
    kept
}

fn rule_across(rule: &Rule, scene: &mut Scene, plot: &Plot) {
    let broken = |points| Item::Line { points, paint: Paint::Soft, width: 1.0, dash: Some((3.0, 3.0)) };
    match rule {
        Rule::Upright { at, label } => {
            let x = plot.x(*at);
            scene.items.push(broken(vec![(x, plot.top), (x, plot.bottom)]));
            if !label.is_empty() {
                let right = x + font::width(label, 10.0) + 4.0 > plot.right;
                let (shift, anchor) = if right { (-4.0, Anchor::End) } else { (4.0, Anchor::Start) };
                scene.text((x + shift, plot.top + 9.0), 10.0, anchor, Paint::Soft, label.clone());
            }
        }
        Rule::Level { at } => {
            let y = plot.y(*at);
            scene.items.push(broken(vec![(plot.left, y), (plot.right, y)]));
        }
        Rule::Diagonal => {
            let (low, high) = (plot.x.0.max(plot.y.0), plot.x.1.min(plot.y.1));
            scene.items.push(broken(vec![(plot.x(low), plot.y(low)), (plot.x(high), plot.y(high))]));
        }
    }
}

/// The stretches in which all is known.
fn runs<T>(points: &[T], known: impl Fn(&T) -> bool) -> Vec<&[T]> {
    points.split(|point| !known(point)).filter(|run| !run.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_keep_their_peaks() {
        let points: Vec<(f64, f64)> =
            (0..100_000).map(|i| (f64::from(i) / 1000.0, if i == 51_234 { 9.0 } else { 1.0 })).collect();
        let kept = thinned(points.clone(), 100.0);
        assert!(kept.len() <= 400 && kept.contains(&(51.234, 9.0)), "{}", kept.len());
        assert_eq!(kept.first(), points.first());
        assert_eq!(kept.last(), points.last());
        assert_eq!(thinned(points[..10].to_vec(), 100.0), points[..10]);
    }
}
