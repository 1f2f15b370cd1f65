//! The scale of MASE.

use super::mean;

/// The in-sample mean absolute error of the seasonal naive forecast of one series and target,
/// `mean |y[t] - y[t - m]|` over its training rows: the denominator of MASE (Hyndman and Koehler
/// 2006, equation for seasonal series). Pairs with a missing end are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SeasonalScale {
    sum: f64,
    pairs: u64,
}

impl SeasonalScale {
    /// No pairs yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the pairs of one gap-free stretch of the grid (NaN = not observed), `season` rows apart.
    /// Pass training rows only. A series in several stretches is added stretch by stretch.
    pub fn add(&mut self, values: &[f64], season: usize) {
        let season = season.max(1);
        for (before, after) in values.iter().zip(values.iter().skip(season)) {
            let change = (after - before).abs();
            if change.is_finite() {
                self.sum += change;
                self.pairs += 1;
            }
        }
    }

    /// The scale; `None` without a pair, or when the series repeats exactly (a scale of 0 would
    /// make MASE infinite).
    pub fn value(&self) -> Option<f64> {
        mean(self.sum, self.pairs).filter(|v| *v > 0.0)
    }
}
