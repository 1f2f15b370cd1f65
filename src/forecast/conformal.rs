//! Prediction intervals with a stated coverage: conformalised quantile regression.
//!
//! Romano, Patterson and Candès, *Conformalized Quantile Regression*, NeurIPS 2019, on the
//! validation part, for each target and lead on its own, with scores in proportion to the interval's own
//! width (the CQR-m of Sesia and Candès, *A comparison of some conformal quantile regression methods*, Stat 2020, each side by itself).
//! Of the level c (80 % is c = 0.8), with m(x) the point forecast and lo(x) and hi(x) the model's
//! quantiles (1 - c) / 2 and (1 + c) / 2, the score of a value y is
//!
//! ```text
//! E = max((lo - y) / s_lo, (y - hi) / s_hi)
//! s_lo = m - lo within the interval, m - lo + size / 20 beyond it; s_hi alike
//! ```
//!
//! where the size of the series is about its standard deviation in training, so that a quantile that lies on
//! the median can still be left. With Q the ceil(c (n + 1))-th smallest of the n scores the interval is
//!
//! ```text
//! [lo - Q s_lo, hi + Q s_hi]
//! ```
//!
//! Q may be negative: quantiles that are too wide are drawn in, but never beyond a twentieth of their
//! distance from the point forecast, so that no interval collapses. Each side keeps its own share of the width, so an interval
//! is as lopsided as the model's quantiles. A level beyond the model's quantiles starts from its outermost ones. A model
//! without quantiles starts from its point forecast, and s is the size: E is then the absolute
//! error in sizes of the series (split conformal; Papadopoulos et al. 2002).
//!
//! Older checkpoints have scores in sizes of the series in all cases; they are read as they were meant.
//! One size for all of a series made an interval of 80 % without any width beside one of 95 % 146 wide.
//!
//! The coverage would be guaranteed if validation and future were exchangeable. In time series
//! they are not, quite, and the validation part has also chosen the best weights: `evaluate`
//! measures what the intervals cover. Besides, they are made nested, and made to hold the point
//! forecast, which can only widen them.

use serde::{Deserialize, Serialize};

mod tail;
pub use tail::Tail;

/// The levels that there are, in percent.
pub const LEVELS: [u8; 8] = [50, 60, 70, 80, 90, 95, 98, 99];

/// Q of every target, lead and level, as the checkpoint keeps them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Fewest scores of a (target, lead).
    pub values: usize,
    /// Percent, ascending: those of [`LEVELS`] for which there are scores enough.
    pub levels: Vec<u8>,
    /// (K, P, levels).
    pub scores: Vec<f64>,
    /// Whether scores are in proportion to the distance of a side from the point forecast; else in
    /// sizes of the series, as older checkpoints have them.
    #[serde(default)]
    pub relative: bool,
    /// (K, P) largest scores of the widest level; none in older checkpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tails: Vec<Tail>,
}

/// The level whose scores say how rare a value is, percent.
const WIDEST: u8 = 99;

/// What a side's distance is increased by beyond it, in sizes of the series.
pub const BESIDE: f64 = 0.05;
/// No side is drawn in to less than a twentieth of its distance.
const LEAST: f64 = -0.95;

impl Calibration {
    /// Whether it has a number for every target, lead and level, and none else.
    pub fn fits(&self, targets: usize, horizon: usize) -> bool {
        let known = self.levels.iter().all(|level| LEVELS.contains(level));
        known
            && self.levels.is_sorted_by(|a, b| a < b)
            && Some(self.scores.len()) == targets.checked_mul(horizon).map(|cells| cells * self.levels.len())
            && self.scores.iter().all(|score| score.is_finite())
            && (self.tails.is_empty() || Some(self.tails.len()) == targets.checked_mul(horizon))
            && self.tails.iter().all(Tail::is_sound)
    }

    /// How rare it is that a value is so far from a forecast at `model` levels, of `horizon` leads: the share of
    /// validation values that were as far or further, see [`Tail`]. `None` where the checkpoint does not say.
    pub fn p(&self, model: &[f64], horizon: usize, given: &Predicted, actual: f64) -> Option<f64> {
        self.tails.get(given.target * horizon + given.step)?.p(given.beside(model, WIDEST, actual))
    }

    /// `50, 60, …`: the levels, for messages.
    pub fn list(&self) -> String {
        self.levels.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// Why a model without a calibration has none, and what would help.
pub fn lacking(validation_windows: usize) -> (&'static str, &'static str) {
    match validation_windows {
        0 => (
            "it was trained without a validation part",
            "train it with one: --split 0.7,0.1,0.2, or --val-start and --test-start",
        ),
        _ => ("an older version trained it", "train it again with this version"),
    }
}

/// One forecast: where it belongs, and what the model says.
#[derive(Debug, Clone, Copy)]
pub struct Predicted<'a> {
    pub target: usize,
    /// Lead less 1.
    pub step: usize,
    /// About the standard deviation of its series, original units, as all below.
    pub size: f64,
    pub point: f64,
    /// At the model's levels; empty without quantiles.
    pub quantiles: &'a [f64],
}

impl Predicted<'_> {
    /// The model's own interval of a level; it holds the point forecast.
    fn base(&self, model: &[f64], level: u8) -> (f64, f64) {
        let (mut low, mut high) = (self.point, self.point);
        if !self.quantiles.is_empty() {
            let tail = f64::from(100 - level) / 200.0;
            low = low.min(between(model, self.quantiles, tail));
            high = high.max(between(model, self.quantiles, 1.0 - tail));
        }
        (low, high)
    }

    /// The score of a value beside the model's own interval of a level.
    fn beside(&self, model: &[f64], level: u8, actual: f64) -> f64 {
        let (low, high) = self.base(model, level);
        let below = self.score(low - actual, self.point - low);
        let above = self.score(actual - high, high - self.point);
        below.max(above)
    }

    /// What a positive score of a side at this distance from the point forecast is a multiple of.
    fn beyond(&self, distance: f64) -> f64 {
        distance + self.size * if self.quantiles.is_empty() { 1.0 } else { BESIDE }
    }

    /// The score of a side that the value exceeds by so much, which is below zero inside.
    fn score(&self, excess: f64, distance: f64) -> f64 {
        match excess {
            e if e > 0.0 => e / self.beyond(distance),
            e if distance > 0.0 => e / distance,
            _ => 0.0,
        }
    }

    /// How far a side moves outwards at this score.
    fn moved(&self, score: f64, distance: f64) -> f64 {
        if score > 0.0 { score * self.beyond(distance) } else { score * distance }
    }
}

/// The place of a level among ascending ones: the one at or below it, and the share of the way to
/// the next. Levels beyond the outermost have their place.
pub fn place(levels: &[f64], level: f64) -> (usize, f64) {
    let low = levels.partition_point(|l| *l <= level + 1e-9).saturating_sub(1);
    let share = match levels.get(low..low + 2) {
        Some([below, above]) => ((level - below) / (above - below)).clamp(0.0, 1.0),
        _ => 0.0,
    };
    (low, share)
}

/// The quantile at a [`place`], linear between the model's.
pub fn at(quantiles: &[f64], (low, share): (usize, f64)) -> f64 {
    let own = quantiles[low];
    own + (quantiles.get(low + 1).unwrap_or(&own) - own) * share
}

/// The quantile of a level, linear between the model's.
fn between(levels: &[f64], quantiles: &[f64], level: f64) -> f64 {
    at(quantiles, place(levels, level))
}

/// How many scores a level needs.
pub fn needed(level: u8) -> usize {
    let level = usize::from(level);
    level.div_ceil(100 - level)
}

/// Scores of a validation part, being gathered.
#[derive(Debug)]
pub struct Scores<'a> {
    model: &'a [f64],
    horizon: usize,
    /// (K, P, [`LEVELS`]) lists.
    cells: Vec<Vec<f64>>,
}

impl<'a> Scores<'a> {
    /// For forecasts at these quantile levels.
    pub fn new(model: &'a [f64], targets: usize, horizon: usize) -> Self {
        Scores { model, horizon, cells: vec![Vec::new(); targets * horizon * LEVELS.len()] }
    }

    /// Adds the scores of a value that was observed.
    pub fn push(&mut self, given: &Predicted, actual: f64) {
        let cell = (given.target * self.horizon + given.step) * LEVELS.len();
        for (scores, level) in self.cells[cell..].iter_mut().zip(LEVELS) {
            let score = given.beside(self.model, level, actual);
            // JSON has no infinity; a network that overflows is not calibrated by it.
            if score.is_finite() {
                scores.push(score);
            }
        }
    }

    /// Q of every level that has scores enough at every lead.
    pub fn finish(self) -> Calibration {
        let values = self.cells.iter().map(Vec::len).min().unwrap_or(0);
        let levels: Vec<u8> = LEVELS.into_iter().filter(|level| needed(*level) <= values).collect();
        let places = self.cells.into_iter().zip(LEVELS.into_iter().cycle());
        let mut tails = Vec::new();
        let places = places.inspect(|(scores, level)| {
            if *level == WIDEST {
                tails.push(Tail::new(scores.clone()));
            }
        });
        let kept = places.filter(|(_, level)| needed(*level) <= values);
        let scores = kept.map(|(scores, level)| corrected(scores, level).max(LEAST)).collect();
        if values == 0 {
            tails.clear();
        }
        Calibration { values, levels, scores, relative: true, tails }
    }
}

/// The ceil(c (n + 1))-th smallest of n scores; not fewer than [`needed`].
fn corrected(mut scores: Vec<f64>, level: u8) -> f64 {
    let rank = ((scores.len() + 1) * usize::from(level)).div_ceil(100);
    *scores.select_nth_unstable_by(rank - 1, f64::total_cmp).1
}

/// The ends of one level's intervals, original units, one pair a forecast.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interval {
    /// Percent.
    pub level: u8,
    /// Lower ends, (N, P, K).
    pub low: Vec<f64>,
    /// Upper ends, (N, P, K).
    pub high: Vec<f64>,
}

/// A calibration that fits its model, and the levels that are asked for.
#[derive(Debug, Clone, Default)]
pub struct Intervals {
    calibration: Calibration,
    /// The model's quantile levels.
    model: Vec<f64>,
    horizon: usize,
    /// Percent, ascending.
    wanted: Vec<u8>,
}

impl Intervals {
    /// The wanted levels, which the calibration must have.
    pub fn new(calibration: &Calibration, model: &[f64], horizon: usize, wanted: &[u8]) -> Self {
        Intervals {
            calibration: calibration.clone(),
            model: model.to_vec(),
            horizon,
            wanted: wanted.to_vec(),
        }
    }

    /// Nothing yet, for each level.
    pub fn empty(&self) -> Vec<Interval> {
        self.wanted.iter().map(|level| Interval { level: *level, ..Interval::default() }).collect()
    }

    /// Adds a forecast's ends to each of the intervals that [`Intervals::empty`] gave. A level
    /// holds all lower ones, asked for or not, and the point forecast.
    pub fn push(&self, given: &Predicted, out: &mut [Interval]) {
        let levels = &self.calibration.levels;
        let scores =
            self.calibration.scores.iter().skip((given.target * self.horizon + given.step) * levels.len());
        let (mut low, mut high) = (given.point, given.point);
        let mut out = out.iter_mut().peekable();
        for (level, score) in levels.iter().zip(scores) {
            let (below, above) = given.base(&self.model, *level);
            let (down, up) = match self.calibration.relative {
                true => (given.moved(*score, given.point - below), given.moved(*score, above - given.point)),
                false => (score * given.size, score * given.size),
            };
            low = low.min(below - down);
            high = high.max(above + up);
            if let Some(interval) = out.next_if(|interval| interval.level == *level) {
                interval.low.push(low);
                interval.high.push(high);
            }
        }
    }
}

#[cfg(test)]
mod tests;
