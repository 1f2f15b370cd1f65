//! Intervals that learn from the values that arrive.
//!
//! Of each series, target and level there is a factor exp(t) for the distances of both ends from the point forecast. A
//! new value of the series was forecast from several origins; with u the share of those intervals that it lies outside of, and c the level,
//!
//! ```text
//! t <- t + RATE (u - (1 - c))
//! ```
//!
//! so that intervals grow as long as too many values lie outside of them: the quantile tracking of Angelopoulos, Candès and
//! Tibshirani, *Conformal PID Control for Time Series Prediction*, NeurIPS 2023, equation 4, here of the logarithm of a scale. (Gibbs and Candès,
//! *Adaptive Conformal Inference Under Distribution Shift*, NeurIPS 2021, move the level.) Whatever the values do, the share outside
//! of a long stretch nears 1 - c. A value counts from the first origin after it on; none before is touched by it.

use std::collections::BTreeMap;

use crate::config::Limits;
use crate::data::long::SeriesKey;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::forecast::forecasts::Forecasts;

/// How far t moves at most with one value.
const RATE: f64 = 0.05;
/// t in bounds: a fifth and five times as wide.
const BOUND: f64 = 1.6;

/// What the intervals of all series have learned so far.
#[derive(Debug, Default)]
pub struct Adaptive {
    series: BTreeMap<SeriesKey, Own>,
}

/// Of one series.
#[derive(Debug, Default)]
struct Own {
    /// (K, levels) of t.
    moved: Vec<f64>,
    /// Intervals whose value is to come, by its stamp and target: low and high of every level, forecast by forecast.
    pending: BTreeMap<(i64, usize), Vec<(f64, f64)>>,
}

impl Adaptive {
    /// Learns from what was observed before each cut, and moves the ends of its intervals. Cuts of a series come in the order of
    /// time, within a call and from call to call.
    pub fn apply(&mut self, forecasts: &mut Forecasts, panel: &Panel, cuts: &[Cut], limits: &Limits) {
        let (p, k) = (forecasts.horizon, forecasts.targets);
        let levels: Vec<f64> = forecasts.intervals.iter().map(|i| f64::from(i.level) / 100.0).collect();
        if levels.is_empty() {
            return;
        }
        for (i, cut) in cuts.iter().enumerate() {
            let Some(segment) = panel.segments.get(cut.segment as usize) else { continue };
            let Some(key) = panel.series.get(segment.series as usize) else { continue };
            let Some(origin) = panel.stamps.get(cut.row) else { continue };
            let own = self.series.entry(key.clone()).or_default();
            own.moved.resize(k * levels.len(), 0.0);
            own.learn(panel, segment.series, *origin, &levels);
            for at in 0..p * k {
                let (step, target) = (at / k, at % k);
                let factors = own.moved.get(target * levels.len()..).unwrap_or_default();
                let ends = moved(forecasts, i * p * k + at, factors, |v| limits.clip(target, v));
                if let Some(stamp) = panel.stamps.get(cut.row + step) {
                    own.pending.entry((*stamp, target)).or_default().extend(ends);
                }
            }
        }
    }
}

impl Own {
    /// Takes what is known of the values before an origin.
    fn learn(&mut self, panel: &Panel, series: u32, origin: i64, levels: &[f64]) {
        let later = self.pending.split_off(&(origin, 0));
        for ((stamp, target), ends) in std::mem::replace(&mut self.pending, later) {
            let Some(value) = observed(panel, series, stamp, target) else { continue };
            let forecasts = ends.len() / levels.len();
            for (at, level) in levels.iter().enumerate() {
                let of_level = ends.iter().skip(at).step_by(levels.len());
                let outside = of_level.filter(|(low, high)| value < *low || value > *high).count();
                if let Some(t) = self.moved.get_mut(target * levels.len() + at) {
                    let share = outside as f64 / forecasts as f64;
                    *t = (*t + RATE * (share - (1.0 - level))).clamp(-BOUND, BOUND);
                }
            }
        }
    }
}

/// Moves the ends of all levels of one forecast, each level around the lower ones; gives them.
fn moved(
    forecasts: &mut Forecasts,
    cell: usize,
    factors: &[f64],
    clip: impl Fn(f64) -> f64,
) -> Vec<(f64, f64)> {
    let point = forecasts.point[cell];
    let (mut low, mut high) = (point, point);
    let ends = forecasts.intervals.iter_mut().zip(factors).map(|(interval, t)| {
        let factor = t.exp();
        low = low.min(clip(point + factor * (interval.low[cell] - point)));
        high = high.max(clip(point + factor * (interval.high[cell] - point)));
        (interval.low[cell], interval.high[cell]) = (low, high);
        (low, high)
    });
    ends.collect()
}

/// The value of a series at a stamp, if there is one.
fn observed(panel: &Panel, series: u32, stamp: i64, target: usize) -> Option<f64> {
    let row = panel.segments_of(series).iter().find_map(|segment| {
        let stamps = panel.stamps.get(segment.offset..segment.offset + segment.len)?;
        stamps.binary_search(&stamp).ok().map(|row| segment.offset + row)
    })?;
    panel.columns.get(target)?.values.get(row).copied().filter(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::conformal::Interval;
    use crate::forecast::pool::tests::panel;
    use rand::Rng;

    /// 80 % and 95 % of a standard normal variable around 0, at every step of every cut.
    fn normal(cuts: usize, horizon: usize) -> Forecasts {
        let size = cuts * horizon;
        let interval = |level, end: f64| Interval { level, low: vec![-end; size], high: vec![end; size] };
        Forecasts {
            horizon,
            targets: 1,
            levels: Vec::new(),
            point: vec![0.0; size],
            quantiles: Vec::new(),
            intervals: vec![interval(80, 1.2816), interval(95, 1.96)],
            resolution: Vec::new(),
        }
    }

    /// About normal, of this standard deviation.
    fn noise(rows: usize, deviation: f64) -> Vec<f64> {
        let mut rng = crate::model::init::rng(5, 5);
        let one = |_| deviation * ((0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0);
        (0..rows).map(one).collect()
    }

    fn cuts(rows: std::ops::Range<usize>) -> Vec<Cut> {
        rows.map(|row| Cut { segment: 0, row }).collect()
    }

    /// Values spread twice as wide as the intervals think: in the end as many lie inside as should.
    #[test]
    fn coverage_comes_back() {
        let panel = panel(&[noise(3010, 2.0)]);
        let cuts = cuts(10..3000);
        for horizon in [1, 4] {
            let mut forecasts = normal(cuts.len(), horizon);
            Adaptive::default().apply(&mut forecasts, &panel, &cuts, &Limits::default());
            for (interval, expected) in forecasts.intervals.iter().zip([0.8, 0.95]) {
                let inside = |at: &usize| {
                    let value = panel.columns[0].values[cuts[at / horizon].row + at % horizon];
                    (interval.low[*at]..=interval.high[*at]).contains(&value)
                };
                let newest = cuts.len() * horizon / 2..cuts.len() * horizon;
                let share = newest.clone().filter(inside).count() as f64 / newest.len() as f64;
                assert!((share - expected).abs() < 0.02, "{horizon}: {share} of {expected}");
            }
            // The wider level holds the narrower one, and both the point forecast.
            let [narrow, wide] = &forecasts.intervals[..] else { panic!() };
            assert!(narrow.low.iter().zip(&wide.low).all(|(n, w)| w <= n && *n <= 0.0));
            assert!(narrow.high.iter().zip(&wide.high).all(|(n, w)| w >= n && *n >= 0.0));
        }
    }

    /// By hand: three values outside of the 80 % interval at one step ahead, and so three steps of 0.05 times 0.8.
    #[test]
    fn steps_by_hand_and_call_by_call() {
        let panel = panel(&[vec![9.0; 20]]);
        let (all, limits) = (cuts(10..14), Limits::default());
        let mut together = normal(4, 1);
        Adaptive::default().apply(&mut together, &panel, &all, &limits);
        for (origin, high) in together.intervals[0].high.iter().enumerate() {
            let expected = 1.2816 * (0.05 * 0.8 * origin as f64).exp();
            assert!((high - expected).abs() < 1e-12, "{high} {expected}");
        }
        let mut adaptive = Adaptive::default();
        for (at, cut) in all.iter().enumerate() {
            let mut one = normal(1, 1);
            adaptive.apply(&mut one, &panel, &[*cut], &limits);
            assert_eq!(one.intervals[1].low[0], together.intervals[1].low[at]);
        }
    }

    #[test]
    fn the_future_and_holes_change_nothing() {
        let mut rows = noise(60, 3.0);
        rows[20] = f64::NAN;
        let before = panel(&[rows.clone()]);
        rows[40..].iter_mut().for_each(|v| *v = 1e9);
        let after = panel(&[rows]);
        let (all, limits) = (cuts(10..41), Limits::default());
        let of = |panel| {
            let mut forecasts = normal(all.len(), 3);
            Adaptive::default().apply(&mut forecasts, panel, &all, &limits);
            forecasts.intervals
        };
        assert_eq!(of(&before), of(&after));
    }
}
