//! Errors of quantile and interval forecasts.

use super::{finite, mean};

/// Pooled errors of forecasts at fixed quantile levels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QuantileErrors {
    levels: Vec<f64>,
    items: u64,
    missing: u64,
    crossed: u64,
    loss: Vec<f64>,
    below: Vec<u64>,
}

impl QuantileErrors {
    /// For these levels, each between 0 and 1, ascending.
    pub fn new(levels: &[f64]) -> Self {
        let q = levels.len();
        QuantileErrors { levels: levels.to_vec(), loss: vec![0.0; q], below: vec![0; q], ..Self::default() }
    }

    /// Scores the forecast quantiles of one value, in the order of the levels. A value that was not
    /// observed is skipped; if any quantile is absent or not finite the whole forecast is missing.
    pub fn push(&mut self, actual: f64, quantiles: &[f64]) {
        if !actual.is_finite() || self.levels.is_empty() {
            return;
        }
        if quantiles.len() != self.levels.len() || quantiles.iter().any(|q| !q.is_finite()) {
            self.missing += 1;
            return;
        }
        self.items += 1;
        self.crossed += u64::from(quantiles.windows(2).any(|pair| matches!(pair, [a, b] if a > b)));
        for (i, (&level, &q)) in self.levels.iter().zip(quantiles).enumerate() {
            let d = actual - q;
            if let (Some(loss), Some(below)) = (self.loss.get_mut(i), self.below.get_mut(i)) {
                *loss += if d >= 0.0 { level * d } else { (level - 1.0) * d };
                *below += u64::from(actual <= q);
            }
        }
    }

    /// Takes in what another accumulator with the same levels has scored; one with other levels is
    /// ignored.
    pub fn merge(&mut self, other: &Self) {
        if self.levels != other.levels {
            return;
        }
        self.items += other.items;
        self.missing += other.missing;
        self.crossed += other.crossed;
        self.loss.iter_mut().zip(&other.loss).for_each(|(a, b)| *a += b);
        self.below.iter_mut().zip(&other.below).for_each(|(a, b)| *a += b);
    }

    /// The levels.
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// How many values were scored.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// How many observed values lacked a quantile.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// How many forecasts had a lower level's quantile above a higher one's.
    pub fn crossed(&self) -> u64 {
        self.crossed
    }

    /// Pinball (quantile) loss per level, `mean of max(p (y - q), (p - 1)(y - q))`, in the target's
    /// units (Koenker and Bassett, Econometrica 46, 1978). No factor 2.
    pub fn pinball_by_level(&self) -> Vec<Option<f64>> {
        self.loss.iter().map(|loss| mean(*loss, self.items)).collect()
    }

    /// The mean of the pinball losses over the levels.
    pub fn pinball(&self) -> Option<f64> {
        let sum: f64 = self.loss.iter().sum();
        mean(sum, self.items * self.levels.len() as u64)
    }

    /// Continuous ranked probability score, in the target's units, approximated as twice the mean
    /// pinball loss over the levels (Gneiting and Ranjan, Journal of Business & Economic Statistics
    /// 29, 2011, eq. 8: the CRPS is twice the integral of the pinball loss over all levels). The
    /// approximation is good for levels spread evenly over 0 to 1, such as 0.1 to 0.9; for three
    /// levels it only ranks forecasts with the same levels.
    pub fn crps(&self) -> Option<f64> {
        self.pinball().and_then(|v| finite(2.0 * v))
    }

    /// Share of values at or below each level's quantile; a calibrated forecast has the level itself.
    pub fn share_below(&self) -> Vec<Option<f64>> {
        self.below.iter().map(|below| mean(*below as f64, self.items)).collect()
    }
}

/// Pooled coverage and width of one prediction interval.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct IntervalErrors {
    nominal: f64,
    items: u64,
    missing: u64,
    inside: u64,
    width: f64,
    outside: f64,
}

impl IntervalErrors {
    /// For the interval that should cover `nominal` percent of the values (80.0 for 80 %).
    pub fn new(nominal: f64) -> Self {
        IntervalErrors { nominal, ..Self::default() }
    }

    /// Scores one interval. Values on its ends are inside. Ends that are not finite, or in the
    /// wrong order, make it missing.
    pub fn push(&mut self, actual: f64, low: f64, high: f64) {
        if !actual.is_finite() {
            return;
        }
        if !(low.is_finite() && high.is_finite() && low <= high) {
            self.missing += 1;
            return;
        }
        self.items += 1;
        self.width += high - low;
        self.inside += u64::from(low <= actual && actual <= high);
        self.outside += (low - actual).max(actual - high).max(0.0);
    }

    /// Takes in what another accumulator of the same interval has scored.
    pub fn merge(&mut self, other: &Self) {
        self.items += other.items;
        self.missing += other.missing;
        self.inside += other.inside;
        self.width += other.width;
        self.outside += other.outside;
    }

    /// The coverage aimed at, in percent.
    pub fn nominal(&self) -> f64 {
        self.nominal
    }

    /// How many values were scored.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// How many observed values lacked an interval.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Share of values inside, as a fraction (0.8 when 80 % are).
    pub fn coverage(&self) -> Option<f64> {
        mean(self.inside as f64, self.items)
    }

    /// Mean width, in the target's units.
    pub fn mean_width(&self) -> Option<f64> {
        mean(self.width, self.items)
    }

    /// Interval (Winkler) score: mean width plus `2 / alpha` times how far values lie outside,
    /// alpha = 1 - nominal (Gneiting and Raftery, JASA 102, 2007, eq. 43). Lower is better.
    /// `None` for a nominal coverage of 100 %.
    pub fn score(&self) -> Option<f64> {
        let alpha = 1.0 - self.nominal / 100.0;
        if alpha <= 0.0 {
            return None;
        }
        mean(self.width + 2.0 / alpha * self.outside, self.items)
    }
}
