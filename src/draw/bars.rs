//! Bars that lie, one below the other, with their names: what counts how much.

use super::axis::{self, number};
use super::font;
use super::scene::{Anchor, Scene};
use super::theme::Paint;

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub name: String,
    pub value: f64,
    /// How far the value is uncertain to either side; 0 for not at all.
    pub spread: f64,
}

/// A chart of bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    pub title: String,
    pub remark: String,
    pub x_label: String,
    pub bars: Vec<Bar>,
}

const ROW: f64 = 22.0;
const SIZE: f64 = 12.0;

impl Bars {
    /// Pixels that it needs, whatever its width.
    pub(super) fn height(&self) -> f64 {
        56.0 + ROW * self.bars.len() as f64 + if self.x_label.is_empty() { 0.0 } else { 18.0 }
    }

    /// Draws it into a part of the sheet.
    pub(super) fn draw(&self, scene: &mut Scene, x: f64, y: f64, wide: f64) {
        let names =
            self.bars.iter().map(|bar| font::width(&bar.name, SIZE)).fold(0.0, f64::max).min(wide * 0.4);
        let (left, right) = (x + names + 12.0, x + wide - 64.0);
        let ends = self.bars.iter().flat_map(|bar| [bar.value - bar.spread, bar.value + bar.spread]);
        let (low, high) = axis::range(ends, true);
        let place = |value: f64| left + (value - low) / (high - low) * (right - left);
        let (top, bottom) = (y + 30.0, y + 30.0 + ROW * self.bars.len() as f64);
        scene.text((x, y + 14.0), 14.0, Anchor::Start, Paint::Ink, font::shorten(&self.title, 14.0, wide));
        for tick in axis::ticks(low, high, ((right - left) / 80.0) as usize, false) {
            let at = place(tick.at);
            scene.line(vec![(at, top), (at, bottom)], Paint::Grid, 1.0);
            scene.text((at, bottom + 16.0), 11.0, Anchor::Middle, Paint::Soft, tick.label);
        }
        for (i, bar) in self.bars.iter().enumerate() {
            let middle = top + ROW * (i as f64 + 0.5);
            let name = font::shorten(&bar.name, SIZE, names);
            scene.text((left - 8.0, middle + 4.0), SIZE, Anchor::End, Paint::Ink, name);
            let (from, to) = (place(0.0).min(place(bar.value)), place(0.0).max(place(bar.value)));
            let paint = Paint::Line(if bar.value < 0.0 { 1 } else { 0 });
            scene.rectangle(from, middle - 7.0, (to - from).max(0.5), 14.0, paint, 0.85);
            if bar.spread > 0.0 {
                let (a, b) = (place(bar.value - bar.spread), place(bar.value + bar.spread));
                scene.line(vec![(a, middle), (b, middle)], Paint::Ink, 1.2);
                for end in [a, b] {
                    scene.line(vec![(end, middle - 3.0), (end, middle + 3.0)], Paint::Ink, 1.2);
                }
            }
            let end = place((bar.value + bar.spread).max(0.0)) + 6.0;
            scene.text((end, middle + 4.0), 11.0, Anchor::Start, Paint::Soft, number(bar.value));
        }
        scene.line(vec![(place(0.0), top), (place(0.0), bottom)], Paint::Soft, 1.0);
        if !self.x_label.is_empty() {
            let at = ((left + right) / 2.0, bottom + 34.0);
            scene.text(at, 11.0, Anchor::Middle, Paint::Soft, self.x_label.clone());
        }
    }
}
