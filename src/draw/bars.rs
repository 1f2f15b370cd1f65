//! Bars that lie, one below the other, with their names: what counts how much. In a chart whose bars add up,
//! each begins where the one above it ends.

use super::axis::{self, number};
use super::font;
use super::scene::{Anchor, Item, Scene};
use super::theme::Paint;

/// One bar.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bar {
    pub name: String,
    /// Where it begins: 0 for most.
    pub from: f64,
    /// How long it is, and to which side.
    pub value: f64,
    /// How far its end is uncertain to either side; 0 for not at all.
    pub spread: f64,
    /// What stands beside it; the value where it is empty.
    pub label: String,
    /// A place of its own, shown as a dot at `from`, in place of a bar.
    pub dot: bool,
}

/// A chart of bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    pub title: String,
    /// Below the title, softer.
    pub remark: String,
    pub x_label: String,
    pub bars: Vec<Bar>,
    /// Each bar begins where the one above it ends, and the axis need not show 0.
    pub adds_up: bool,
    /// What the axis reaches to in any case, so that charts beside each other have one scale.
    pub reach: (f64, f64),
}

const ROW: f64 = 22.0;
const SIZE: f64 = 12.0;
const SMALL: f64 = 11.0;
/// Room between a bar's end and the number beside it.
const GAP: f64 = 6.0;

impl Bar {
    /// Where it ends.
    fn to(&self) -> f64 {
        if self.dot { self.from } else { self.from + self.value }
    }

    /// The leftmost and the rightmost place that it takes, the uncertain ones too.
    fn ends(&self) -> (f64, f64) {
        (self.from.min(self.to() - self.spread), self.from.max(self.to() + self.spread))
    }

    /// The number beside it.
    pub(super) fn words(&self) -> String {
        if self.label.is_empty() { number(self.value) } else { self.label.clone() }
    }

    /// Right of the start, left of it, or a dot.
    pub(super) fn paint(&self) -> Paint {
        match (self.dot, self.value < 0.0) {
            (true, _) => Paint::Ink,
            (_, true) => Paint::Line(1),
            (_, false) => Paint::Line(0),
        }
    }
}

impl Bars {
    /// Both ends of the axis.
    pub(super) fn range(&self) -> (f64, f64) {
        let own = self.bars.iter().flat_map(|bar| <[f64; 2]>::from(bar.ends()));
        let reach = <[f64; 2]>::from(self.reach).into_iter().filter(|_| !self.adds_up);
        axis::range(own.chain(reach), !self.adds_up)
    }

    /// Pixels above the first bar.
    fn head(&self) -> f64 {
        let lines = [(&self.title, 20.0), (&self.remark, 16.0)];
        lines.iter().filter(|(text, _)| !text.is_empty()).map(|(_, tall)| tall).sum::<f64>() + 8.0
    }

    /// Pixels that it needs, whatever its width.
    pub(super) fn height(&self) -> f64 {
        self.head() + ROW * self.bars.len() as f64 + 26.0 + if self.x_label.is_empty() { 0.0 } else { 16.0 }
    }

    /// Draws it into a part of the sheet.
    pub(super) fn draw(&self, scene: &mut Scene, x: f64, y: f64, wide: f64) {
        let widest = |texts: &mut dyn Iterator<Item = String>, size: f64| {
            texts.map(|text| font::width(&text, size)).fold(0.0, f64::max)
        };
        let names = widest(&mut self.bars.iter().map(|bar| bar.name.clone()), SIZE).min(wide * 0.45);
        let beside = widest(&mut self.bars.iter().map(Bar::words), SMALL).min(wide * 0.3);
        let (left, right) = (x + names + 12.0, x + wide - beside - GAP - 4.0);
        let (low, high) = self.range();
        let place = |value: f64| left + (value - low) / (high - low) * (right - left);
        let top = y + self.head();
        let bottom = top + ROW * self.bars.len() as f64;
        let mut line = y;
        for (text, size, tall, paint) in
            [(&self.title, 14.0, 20.0, Paint::Ink), (&self.remark, SMALL, 16.0, Paint::Soft)]
        {
            if !text.is_empty() {
                line += tall;
                scene.text((x, line - 8.0), size, Anchor::Start, paint, font::shorten(text, size, wide));
            }
        }
        for tick in axis::ticks(low, high, ((right - left) / 80.0).max(2.0) as usize, false) {
            let at = place(tick.at);
            scene.line(vec![(at, top), (at, bottom)], Paint::Grid, 1.0);
            scene.text((at, bottom + 16.0), SMALL, Anchor::Middle, Paint::Soft, tick.label);
        }
        if !self.adds_up {
            scene.line(vec![(place(0.0), top), (place(0.0), bottom)], Paint::Soft, 1.0);
        }
        for (i, bar) in self.bars.iter().enumerate() {
            let middle = top + ROW * (i as f64 + 0.5);
            let name = font::shorten(&bar.name, SIZE, names);
            scene.text((left - 8.0, middle + 4.0), SIZE, Anchor::End, Paint::Ink, name);
            let (from, to) = (place(bar.from), place(bar.to()));
            if self.adds_up && i + 1 < self.bars.len() {
                scene.items.push(Item::Line {
                    points: vec![(to, middle), (to, middle + ROW)],
                    paint: Paint::Soft,
                    width: 1.0,
                    dash: Some((2.0, 2.0)),
                });
            }
            if bar.dot {
                scene.items.push(Item::Dot { x: from, y: middle, r: 4.0, paint: bar.paint() });
            } else {
                let (start, long) = (from.min(to), (to - from).abs().max(0.5));
                scene.rectangle(start, middle - 7.0, long, 14.0, bar.paint(), 0.85);
            }
            if bar.spread > 0.0 {
                let (a, b) = (place(bar.to() - bar.spread), place(bar.to() + bar.spread));
                scene.line(vec![(a, middle), (b, middle)], Paint::Ink, 1.2);
                for end in [a, b] {
                    scene.line(vec![(end, middle - 3.0), (end, middle + 3.0)], Paint::Ink, 1.2);
                }
            }
            let end = place(bar.ends().1) + GAP;
            let words = font::shorten(&bar.words(), SMALL, wide * 0.3);
            scene.text((end, middle + 4.0), SMALL, Anchor::Start, Paint::Soft, words);
        }
        if !self.x_label.is_empty() {
            let label = font::shorten(&self.x_label, SMALL, wide);
            // Within the chart, also where names leave little room for the bars.
            let half = font::width(&label, SMALL) / 2.0;
            let middle = ((left + right) / 2.0).min(x + wide - half).max(x + half);
            scene.text((middle, bottom + 33.0), SMALL, Anchor::Middle, Paint::Soft, label);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, from: f64, value: f64) -> Bar {
        Bar { name: name.into(), from, value, ..Bar::default() }
    }

    #[test]
    fn lengths_are_those_of_the_values() {
        let bars = Bars {
            bars: vec![bar("a", 0.0, 30.0), bar("b", 0.0, -10.0), bar("c", 0.0, 0.0)],
            ..Bars::default()
        };
        let mut scene = Scene::default();
        bars.draw(&mut scene, 0.0, 0.0, 400.0);
        let areas: Vec<f64> = (scene.items.iter())
            .filter_map(|item| match item {
                Item::Area { points, .. } => Some(points[1].0 - points[0].0),
                _ => None,
            })
            .collect();
        assert!((areas[0] / areas[1] - 3.0).abs() < 1e-9 && areas[2] == 0.5, "{areas:?}");
    }

    #[test]
    fn what_adds_up_begins_where_the_one_before_ends() {
        let dot = |name: &str, at: f64| Bar { dot: true, ..bar(name, at, 0.0) };
        let bars = vec![dot("from", 55.0), bar("a", 55.0, -20.0), bar("b", 35.0, 5.0), dot("to", 40.0)];
        let bars = Bars { bars, adds_up: true, ..Bars::default() };
        // From 35 to 55, with a twentieth of room: 0 is not on it.
        assert_eq!(bars.range(), (34.0, 56.0));
        let mut scene = Scene::default();
        bars.draw(&mut scene, 0.0, 0.0, 400.0);
        let sides: Vec<(f64, f64)> = (scene.items.iter())
            .filter_map(|item| match item {
                Item::Area { points, .. } => Some((points[0].0, points[1].0)),
                Item::Dot { x, .. } => Some((*x, *x)),
                _ => None,
            })
            .collect();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(sides[0].0, sides[1].1) && near(sides[1].0, sides[2].0) && near(sides[2].1, sides[3].0));
    }
}
