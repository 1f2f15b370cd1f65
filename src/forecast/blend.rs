//! A share of the last value in the forecast, lead by lead.
//!
//! A network can lose to the last value at the first leads and win at all others. With the model's
//! median f, the last observed value y of the window and a share w of each target and lead,
//!
//! ```text
//! forecast = f + w (y - f)
//! ```
//!
//! which is the combination of two forecasts (Bates and Granger, *The Combination of Forecasts*,
//! 1969). Quantiles move with the median and keep their distances from it.
//!
//! The shares come from the validation part, which is cut at its middle origin: a share is as good
//! as it is in the worse half, in proportion to the error without it. So one half that happens to
//! like the last value decides nothing. Errors count in units of the series' own size, and those
//! of the neighbouring leads count with a lead's own.

use serde::{Deserialize, Serialize};

/// The share grows in steps of a twentieth, up to 16 of them.
const STEP: f64 = 0.05;
const STEPS: usize = 16;
/// Leads on each side that are counted in.
const NEAR: usize = 1;
/// Fewest values in each half.
const LEAST: usize = 100;

/// The shares of the last value; none at all means nothing is blended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Blend {
    /// (K, P), or empty.
    shares: Vec<f64>,
}

impl Blend {
    /// Whether nothing is blended.
    pub fn is_none(&self) -> bool {
        self.shares.is_empty()
    }

    /// Whether it has a share in [0, 1] for every target and lead, or none at all.
    pub fn fits(&self, targets: usize, horizon: usize) -> bool {
        let whole = Some(self.shares.len()) == targets.checked_mul(horizon);
        self.is_none() || whole && self.shares.iter().all(|share| (0.0..=1.0).contains(share))
    }

    /// The shares of one target by lead; empty when nothing is blended.
    pub fn of_target(&self, target: usize, horizon: usize) -> &[f64] {
        self.shares.chunks(horizon.max(1)).nth(target).unwrap_or(&[])
    }

    /// What to add to a forecast, original units, where `place` is target * P + lead - 1. Nothing
    /// where the window has no observed value (`last` is NaN).
    pub fn shift(&self, place: usize, point: f64, last: f64) -> f64 {
        match self.shares.get(place) {
            Some(share) if !last.is_nan() => share * (last - point),
            _ => 0.0,
        }
    }
}

/// Errors of every share on a validation part, being gathered.
#[derive(Debug)]
pub struct Errors {
    horizon: usize,
    /// The first origin (UTC epoch seconds) of the later half.
    middle: i64,
    /// (K, P) of each half.
    cells: Vec<[Cell; 2]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    count: usize,
    /// Sum of absolute errors of each share, in sizes of the series.
    sums: [f64; STEPS + 1],
}

/// One forecast of the validation part and what became of it, original units.
#[derive(Debug, Clone, Copy)]
pub struct Validated {
    pub target: usize,
    /// Lead less 1.
    pub step: usize,
    /// UTC epoch seconds.
    pub origin: i64,
    /// About the standard deviation of its series.
    pub size: f64,
    pub point: f64,
    pub last: f64,
    pub actual: f64,
}

impl Errors {
    /// For forecasts from these origins (UTC epoch seconds), in any order.
    pub fn new(targets: usize, horizon: usize, mut origins: Vec<i64>) -> Errors {
        origins.sort_unstable();
        let middle = origins.get(origins.len() / 2).copied().unwrap_or(0);
        Errors { horizon, middle, cells: vec![Default::default(); targets * horizon] }
    }

    /// Counts a forecast whose value was observed.
    pub fn push(&mut self, given: &Validated) {
        let Validated { point, last, actual, size, .. } = *given;
        let half = usize::from(given.origin >= self.middle);
        let cell = &mut self.cells[given.target * self.horizon + given.step][half];
        let errors = (0..=STEPS).map(|i| (point + STEP * i as f64 * (last - point) - actual).abs() / size);
        let errors: Vec<f64> = errors.collect();
        if errors.iter().all(|e| e.is_finite()) {
            cell.count += 1;
            cell.sums.iter_mut().zip(errors).for_each(|(sum, error)| *sum += error);
        }
    }

    /// The best shares; no blend at all where every one of them is 0.
    pub fn finish(self) -> Blend {
        let of_target = |cells: &[[Cell; 2]]| -> Vec<f64> {
            (0..cells.len())
                .map(|step| {
                    let near = step.saturating_sub(NEAR)..(step + NEAR + 1).min(cells.len());
                    best(&[0, 1].map(|half| sum(cells[near.clone()].iter().map(|cell| &cell[half]))))
                })
                .collect()
        };
        let shares: Vec<f64> = self.cells.chunks(self.horizon.max(1)).flat_map(of_target).collect();
        if shares.iter().all(|share| *share == 0.0) { Blend::default() } else { Blend { shares } }
    }
}

fn sum<'a>(cells: impl Iterator<Item = &'a Cell>) -> Cell {
    cells.fold(Cell::default(), |mut sum, cell| {
        sum.count += cell.count;
        sum.sums.iter_mut().zip(cell.sums).for_each(|(sum, own)| *sum += own);
        sum
    })
}

/// The smallest share whose error, in proportion to that of no share, is least in the worse half.
fn best(halves: &[Cell; 2]) -> f64 {
    if halves.iter().any(|half| half.count < LEAST) {
        return 0.0;
    }
    let worse = |i: usize| halves.iter().map(|half| half.sums[i] / half.sums[0]).fold(0.0, f64::max);
    let mut found = (0, 1.0);
    for i in 1..=STEPS {
        let error = worse(i);
        if error < found.1 {
            found = (i, error);
        }
    }
    // As a user would write it: 3 * 0.05 is not 0.15.
    (found.0 as f64 * STEP * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors of `point` and `last` about actual values that lie between them.
    fn errors(values: &[(i64, f64, f64, f64)]) -> Errors {
        let mut errors = Errors::new(1, 1, values.iter().map(|v| v.0).collect());
        for (origin, point, last, actual) in values {
            let (point, last, actual) = (*point, *last, *actual);
            errors.push(&Validated { target: 0, step: 0, origin: *origin, size: 2.0, point, last, actual });
        }
        errors
    }

    /// n origins of each half; the truth is at these shares of the way from the model to the last value.
    fn at(n: usize, early: f64, late: f64) -> Errors {
        let one = |i: usize| (i as i64, 10.0, 20.0, 10.0 + 10.0 * if i < n { early } else { late });
        errors(&(0..2 * n).map(one).collect::<Vec<_>>())
    }

    #[test]
    fn the_share_that_was_right_is_found() {
        assert_eq!(at(100, 0.35, 0.35).finish().shares, [0.35]);
        // Beyond the largest share: that one.
        assert_eq!(at(100, 1.0, 1.0).finish().shares, [0.8]);
    }

    #[test]
    fn both_halves_must_agree() {
        assert!(at(100, 0.5, 0.0).finish().is_none());
        assert!(at(100, 0.5, -0.2).finish().is_none());
        // |w - 0.2| / 0.2 and |w - 0.4| / 0.4 are both a third at w = 4/15, so 0.25.
        assert_eq!(at(100, 0.2, 0.4).finish().shares, [0.25]);
    }

    #[test]
    fn few_values_decide_nothing() {
        assert!(at(99, 0.35, 0.35).finish().is_none());
    }

    #[test]
    fn a_perfect_model_is_left_alone() {
        assert!(at(100, 0.0, 0.0).finish().is_none());
    }

    #[test]
    fn values_that_overflow_do_not_count() {
        let mut all: Vec<_> = (0..200).map(|i| (i, 10.0, 20.0, 13.5)).collect();
        all.extend([(99, f64::NAN, 20.0, 1.0), (100, 1.0, f64::INFINITY, 1.0)]);
        assert_eq!(errors(&all).finish().shares, [0.35]);
    }

    #[test]
    fn forecasts_move_towards_the_last_value() {
        let blend = Blend { shares: vec![0.25, 0.0] };
        assert_eq!(blend.shift(0, 10.0, 20.0), 2.5);
        assert_eq!(blend.shift(1, 10.0, 20.0), 0.0);
        assert_eq!(blend.shift(0, 10.0, f64::NAN), 0.0);
        assert_eq!(Blend::default().shift(0, 10.0, 20.0), 0.0);
    }

    #[test]
    fn made_up_shares_do_not_fit() {
        let fits = |shares: &[f64]| Blend { shares: shares.to_vec() }.fits(1, 2);
        assert!(fits(&[]) && fits(&[0.0, 1.0]));
        assert!(!fits(&[0.5]) && !fits(&[0.5, 1.5]) && !fits(&[0.5, -0.1]) && !fits(&[0.5, f64::NAN]));
    }
}
