//! Forecasts of a list of cuts, and what is done to them after the network: each step by itself, in
//! the order that [`super::forecast`] gives them.

use crate::config::Limits;
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::data::windows::history;
use crate::error::{Error, Result};
use crate::forecast::conformal::{self, Interval, Intervals, Predicted};
use crate::number;

/// Forecasts of a list of cuts, original units.
#[derive(Debug, Clone)]
pub struct Forecasts {
    /// P.
    pub horizon: usize,
    /// K.
    pub targets: usize,
    /// Quantile levels; empty when the model gives a point forecast alone.
    pub levels: Vec<f64>,
    /// (N, P, K): the median where there are quantiles.
    pub point: Vec<f64>,
    /// (N, P, K, Q), empty without quantiles; never crossing.
    pub quantiles: Vec<f64>,
    /// Prediction intervals, each end (N, P, K).
    pub intervals: Vec<Interval>,
    /// (N, K): the finest decimal place that matters, by the steps of each input window.
    pub resolution: Vec<f64>,
}

impl Forecasts {
    /// The same forecasts, with the decimal places that the input windows' steps give meaning to.
    pub fn with_resolution(mut self, panel: &Panel, cuts: &[Cut], input_window: usize) -> Forecasts {
        let of = |cut: &Cut, target: usize| {
            let first = cut.row - history(panel, *cut, input_window);
            number::resolution(&panel.columns[target].values[first..cut.row])
        };
        let k = self.targets;
        self.resolution = cuts.iter().flat_map(|cut| (0..k).map(move |target| of(cut, target))).collect();
        self
    }

    /// (K, P): how far the quantiles of a forecast lie from its point, all levels together, in the geometric mean over the
    /// forecasts, so that large series count no more than small ones; NaN without quantiles.
    pub fn mean_widths(&self) -> Vec<f64> {
        let (p, k, q) = (self.horizon, self.targets, self.levels.len());
        let places = (0..k).flat_map(|target| (0..p).map(move |step| step * k + target));
        let width = |cell: usize| -> f64 {
            let own = self.quantiles.get(cell * q..(cell + 1) * q).unwrap_or_default();
            own.iter().map(|quantile| (quantile - self.point[cell]).abs()).sum()
        };
        let mean = |place: usize| {
            let cells = (place..self.point.len()).step_by((p * k).max(1));
            let logs = cells.map(width).filter(|width| *width > 0.0 && width.is_finite()).map(f64::ln);
            let (sum, count) = logs.fold((0.0, 0usize), |(sum, count), log| (sum + log, count + 1));
            (sum / count as f64).exp()
        };
        places.map(mean).collect()
    }

    /// Values of (N, P, K, `per` each) as they are written.
    pub fn written(&self, values: &[f64], per: usize) -> Vec<f64> {
        let (p, k) = (self.horizon.max(1), self.targets.max(1));
        let of = |at: usize| {
            let cell = at / per.max(1);
            self.resolution.get(cell / k / p * k + cell % k).copied().unwrap_or(f64::NAN)
        };
        values.iter().enumerate().map(|(at, value)| number::forecast(*value, of(at))).collect()
    }

    /// The same forecasts with these prediction intervals. They start from the model's own
    /// quantiles, so this comes before bounds and other levels.
    pub fn with_intervals(
        mut self,
        intervals: &Intervals,
        inputs: &Inputs,
        panel: &Panel,
        cuts: &[Cut],
    ) -> Forecasts {
        let mut out = intervals.empty();
        if out.is_empty() {
            return self;
        }
        let (k, q) = (self.targets, self.levels.len());
        for (cell, point) in self.point.iter().enumerate() {
            let (target, step) = (cell % k, cell / k % self.horizon);
            let cut = &cuts[cell / k / self.horizon];
            let size = inputs.scalings[panel.segments[cut.segment as usize].series as usize][target].size();
            let quantiles = &self.quantiles[cell * q..(cell + 1) * q];
            intervals.push(&Predicted { target, step, size, point: *point, quantiles }, &mut out);
        }
        self.intervals = out;
        self
    }

    /// The same forecasts, clipped at the bounds: point, quantiles and intervals alike, so that
    /// they stay in order.
    pub fn within(mut self, limits: &Limits) -> Forecasts {
        let (k, q) = (self.targets, self.levels.len());
        for (cell, value) in self.point.iter_mut().enumerate() {
            *value = limits.clip(cell % k, *value);
        }
        for (at, value) in self.quantiles.iter_mut().enumerate() {
            *value = limits.clip(at / q % k, *value);
        }
        for interval in &mut self.intervals {
            for ends in [&mut interval.low, &mut interval.high] {
                ends.iter_mut().enumerate().for_each(|(cell, v)| *v = limits.clip(cell % k, *v));
            }
        }
        self
    }

    /// The same forecasts at other levels, linear between the model's.
    ///
    /// # Errors
    /// A level outside the model's, which would have to be extrapolated.
    pub fn at_levels(mut self, wanted: &Levels) -> Result<Forecasts> {
        let wanted: &[f64] = match wanted {
            Levels::All => return Ok(self),
            Levels::None => &[],
            Levels::At(wanted) => wanted,
        };
        let places = wanted.iter().map(|level| place(&self.levels, *level)).collect::<Result<Vec<_>>>()?;
        self.quantiles = self
            .quantiles
            .chunks(self.levels.len().max(1))
            .flat_map(|own| places.iter().map(|place| conformal::at(own, *place)))
            .collect();
        self.levels = wanted.to_vec();
        Ok(self)
    }
}

/// Quantile levels beside a point forecast.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Levels {
    /// The point forecast alone.
    #[default]
    None,
    /// The model's own.
    All,
    /// These, each between 0 and 1, linear between the model's.
    At(Vec<f64>),
}

/// The level's place among the model's: the one below it, and the share of the way to the next.
fn place(levels: &[f64], level: f64) -> Result<(usize, f64)> {
    let (Some(first), Some(last)) = (levels.first(), levels.last()) else {
        return Err(Error::usage(format!("the model has no quantiles, so level {level} cannot be printed"))
            .with_hint("train with --quantiles 0.1,0.5,0.9"));
    };
    if level < first - 1e-9 || level > last + 1e-9 {
        return Err(Error::usage(format!(
            "level {level} is outside the model's, which run from {first} to {last}"
        ))
        .with_hint(format!(
            "train with --quantiles that reach {level}, or ask for levels between {first} and {last}"
        )));
    }
    Ok(conformal::place(levels, level))
}
