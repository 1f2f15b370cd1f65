//! What lies on a sheet: lines, areas and words, in pixels from the upper left corner.

use super::theme::Paint;

/// Where a word stands about its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// One thing on the sheet.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A line through points; with `dash` it is broken: so many pixels on, so many off.
    Line { points: Vec<(f64, f64)>, paint: Paint, width: f64, dash: Option<(f64, f64)> },
    /// A filled area.
    Area { points: Vec<(f64, f64)>, paint: Paint, opacity: f64 },
    /// A filled circle.
    Dot { x: f64, y: f64, r: f64, paint: Paint },
    /// A word; y is its base line.
    Text { x: f64, y: f64, size: f64, anchor: Anchor, paint: Paint, text: String },
    /// The plot of a panel starts here, for what answers to a pointer: left, top, width, height, and the
    /// number of the panel.
    Plot { x: f64, y: f64, width: f64, height: f64, panel: usize },
}

/// A sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scene {
    pub width: f64,
    pub height: f64,
    /// What the picture shows, for those who do not see it.
    pub title: String,
    pub items: Vec<Item>,
}

impl Scene {
    pub fn text(&mut self, at: (f64, f64), size: f64, anchor: Anchor, paint: Paint, text: impl Into<String>) {
        self.items.push(Item::Text { x: at.0, y: at.1, size, anchor, paint, text: text.into() });
    }

    pub fn line(&mut self, points: Vec<(f64, f64)>, paint: Paint, width: f64) {
        self.items.push(Item::Line { points, paint, width, dash: None });
    }

    pub fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, paint: Paint, opacity: f64) {
        let points = vec![(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
        self.items.push(Item::Area { points, paint, opacity });
    }
}

impl Item {
    /// The same further down, where so many panels lie above it.
    pub fn shifted(self, down: f64, panels: usize) -> Item {
        let lower = |points: Vec<(f64, f64)>| points.into_iter().map(|(x, y)| (x, y + down)).collect();
        match self {
            Item::Line { points, paint, width, dash } => {
                Item::Line { points: lower(points), paint, width, dash }
            }
            Item::Area { points, paint, opacity } => Item::Area { points: lower(points), paint, opacity },
            Item::Dot { x, y, r, paint } => Item::Dot { x, y: y + down, r, paint },
            Item::Text { x, y, size, anchor, paint, text } => {
                Item::Text { x, y: y + down, size, anchor, paint, text }
            }
            Item::Plot { x, y, width, height, panel } => {
                Item::Plot { x, y: y + down, width, height, panel: panel + panels }
            }
        }
    }
}
