//! One chart: marks over an axis of time or of numbers.

use super::axis::{self, Tick};
use super::time::{self, Clock};
use super::{Paint, font};

/// What lies along the bottom.
#[derive(Debug, Clone, PartialEq)]
pub enum Scale {
    /// Instants in UTC epoch seconds, read off a clock; rows are so many seconds apart.
    Time { clock: Clock, finest: i64 },
    /// Numbers, whole or not.
    Number { whole: bool },
}

/// A line through points; a value that is not finite breaks it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub points: Vec<(f64, f64)>,
    pub paint: Paint,
    /// Pixels.
    pub width: f64,
    pub dashed: bool,
    /// Points are shown too.
    pub dots: bool,
}

/// An area between two lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Place, lower and upper end.
    pub points: Vec<(f64, f64, f64)>,
    pub paint: Paint,
    /// From 0, nothing, to 1.
    pub opacity: f64,
}

/// A line across the whole plot.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// From top to bottom, with a word beside it.
    Upright { at: f64, label: String },
    /// From left to right.
    Level { at: f64 },
    /// Where both numbers are equal.
    Diagonal,
}

/// What lies in a plot, the first below.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks {
    pub bands: Vec<Band>,
    pub rules: Vec<Rule>,
    pub lines: Vec<Line>,
}

/// What a pointer is told at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Tip {
    pub at: f64,
    /// Lines of words.
    pub words: Vec<String>,
}

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    pub title: String,
    /// Beside the title, softer.
    pub remark: String,
    /// What the upright axis counts, with its unit.
    pub y_label: String,
    /// What the axis along the bottom counts; empty where its labels say it.
    pub x_label: String,
    pub scale: Scale,
    pub marks: Marks,
    /// Whether the upright axis starts at zero.
    pub from_zero: bool,
    /// For pointers, ascending.
    pub tips: Vec<Tip>,
}

impl Panel {
    /// An empty chart over time.
    pub fn over_time(title: impl Into<String>, clock: Clock, finest: i64) -> Panel {
        Panel {
            title: title.into(),
            remark: String::new(),
            y_label: String::new(),
            x_label: String::new(),
            scale: Scale::Time { clock, finest },
            marks: Marks::default(),
            from_zero: false,
            tips: Vec::new(),
        }
    }

    /// An empty chart over numbers.
    pub fn over_numbers(title: impl Into<String>, x_label: impl Into<String>, whole: bool) -> Panel {
        let scale = Scale::Number { whole };
        Panel { x_label: x_label.into(), scale, ..Panel::over_time(title, Clock::default(), 1) }
    }

    /// Words for a stamp, as tips have them.
    pub fn words_at(&self, stamp: i64) -> String {
        match &self.scale {
            Scale::Time { clock, finest } => time::words(stamp, clock, *finest),
            Scale::Number { .. } => stamp.to_string(),
        }
    }

    /// Both ends along the bottom.
    pub(super) fn x_range(&self) -> (f64, f64) {
        let lines = self.marks.lines.iter().flat_map(|line| line.points.iter().map(|(x, _)| *x));
        let bands = self.marks.bands.iter().flat_map(|band| band.points.iter().map(|(x, ..)| *x));
        let rules = self.marks.rules.iter().filter_map(|rule| match rule {
            Rule::Upright { at, .. } => Some(*at),
            _ => None,
        });
        let all = lines.chain(bands).chain(rules).filter(|x| x.is_finite());
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        match (low < high, low > high) {
            (true, _) => (low, high),
            (_, true) => (0.0, 1.0),
            _ => (low - 1.0, high + 1.0),
        }
    }

    /// Both ends upright.
    pub(super) fn y_range(&self) -> (f64, f64) {
        let lines = self.marks.lines.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y));
        let bands =
            self.marks.bands.iter().flat_map(|band| band.points.iter().flat_map(|(_, l, h)| [*l, *h]));
        axis::range(lines.chain(bands), self.from_zero)
    }

    /// Places along the bottom of a plot that is `length` wide, in the units of `width`.
    pub(super) fn x_ticks(&self, length: f64, width: &dyn Fn(&str) -> f64) -> Vec<Tick> {
        let (low, high) = self.x_range();
        match &self.scale {
            Scale::Time { clock, finest } => {
                time::ticks(low as i64, high as i64, clock, *finest, length, width)
            }
            Scale::Number { whole } => {
                let wanted = (length / width("00000000")).floor().clamp(1.0, 12.0) as usize;
                axis::ticks(low, high, wanted, *whole)
            }
        }
    }

    /// Places upright, about `wanted` of them.
    pub(super) fn y_ticks(&self, wanted: usize) -> Vec<Tick> {
        let (low, high) = self.y_range();
        axis::ticks(low, high, wanted, false)
    }
}

/// The widest label of an axis, in pixels.
pub(super) fn widest(ticks: &[Tick], size: f64) -> f64 {
    ticks.iter().map(|tick| font::width(&tick.label, size)).fold(0.0, f64::max)
}
