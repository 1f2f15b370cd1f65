//! Errors of point forecasts.
//!
//! Notation: y is the actual value, f the forecast, n the number of scored values, sums run over
//! all of them. Sources: Hyndman and Koehler, "Another look at measures of forecast accuracy",
//! International Journal of Forecasting 22 (2006) 679-688; Hyndman and Athanasopoulos,
//! "Forecasting: Principles and Practice", 3rd edition, section 5.8.

use super::{finite, mean};

/// Pooled errors of point forecasts; grows by [`push`](Self::push) and [`merge`](Self::merge).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointErrors {
    items: u64,
    missing: u64,
    abs: f64,
    square: f64,
    signed: f64,
    abs_actual: f64,
    smape: f64,
    scaled: f64,
    scaled_items: u64,
    /// Running mean and sum of squared deviations of the actual values (Welford 1962).
    actual_mean: f64,
    actual_m2: f64,
}

impl PointErrors {
    /// Nothing scored yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Scores one forecast. `scale` is the series' [`SeasonalScale`](super::SeasonalScale) value
    /// for MASE, or NaN where the series has none (it is then left out of MASE alone).
    ///
    /// An actual value that is not finite was not observed and is skipped; a forecast that is not
    /// finite is counted as missing.
    pub fn push(&mut self, actual: f64, forecast: f64, scale: f64) {
        if !actual.is_finite() {
            return;
        }
        if !forecast.is_finite() {
            self.missing += 1;
            return;
        }
        let error = forecast - actual;
        self.items += 1;
        self.abs += error.abs();
        self.square += error * error;
        self.signed += error;
        self.abs_actual += actual.abs();
        let both = actual.abs() + forecast.abs();
        if both > 0.0 {
            self.smape += error.abs() / both;
        }
        if scale.is_finite() && scale > 0.0 {
            self.scaled += error.abs() / scale;
            self.scaled_items += 1;
        }
        let delta = actual - self.actual_mean;
        self.actual_mean += delta / self.items as f64;
        self.actual_m2 += delta * (actual - self.actual_mean);
    }

    /// Takes in what another accumulator has scored (Chan, Golub and LeVeque 1983 for the variance).
    pub fn merge(&mut self, other: &Self) {
        if other.items > 0 {
            let (a, b) = (self.items as f64, other.items as f64);
            let delta = other.actual_mean - self.actual_mean;
            self.actual_mean += delta * (b / (a + b));
            self.actual_m2 += other.actual_m2 + delta * delta * (a * b / (a + b));
        }
        self.items += other.items;
        self.missing += other.missing;
        self.abs += other.abs;
        self.square += other.square;
        self.signed += other.signed;
        self.abs_actual += other.abs_actual;
        self.smape += other.smape;
        self.scaled += other.scaled;
        self.scaled_items += other.scaled_items;
    }

    /// n: how many values were scored.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// How many observed values had no (finite) forecast; they are in no error.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// How many of the scored values have a MASE scale.
    pub fn scaled_items(&self) -> u64 {
        self.scaled_items
    }

    /// Mean absolute error, `sum |f - y| / n`, in the target's units.
    pub fn mae(&self) -> Option<f64> {
        mean(self.abs, self.items)
    }

    /// Root mean squared error, `sqrt(sum (f - y)^2 / n)`, in the target's units.
    pub fn rmse(&self) -> Option<f64> {
        mean(self.square, self.items).map(f64::sqrt)
    }

    /// Mean absolute scaled error (Hyndman and Koehler 2006): the mean of `|f - y| / q`, where q is
    /// the in-sample mean absolute error of the seasonal naive forecast on the series' training
    /// rows. `None` when no scored value has a scale.
    pub fn mase(&self) -> Option<f64> {
        mean(self.scaled, self.scaled_items)
    }

    /// Symmetric mean absolute percentage error on the scale 0 to 200 % (Makridakis 1993, as in the
    /// M3 and M4 competitions): `200 / n * sum |f - y| / (|y| + |f|)`; a term with `y = f = 0` is 0.
    pub fn smape(&self) -> Option<f64> {
        mean(self.smape, self.items).map(|v| 200.0 * v)
    }

    /// Weighted absolute percentage error as a fraction, `sum |f - y| / sum |y|` (the MAD/mean ratio
    /// of Kolassa and Schütz, Foresight 6, 2007). `None` when every actual value is 0.
    pub fn wape(&self) -> Option<f64> {
        if self.abs_actual > 0.0 { finite(self.abs / self.abs_actual) } else { None }
    }

    /// Coefficient of determination, `1 - sum (f - y)^2 / sum (y - mean(y))^2`, with the mean of all
    /// scored values. `None` when the actual values do not vary.
    pub fn r2(&self) -> Option<f64> {
        if self.actual_m2 > 0.0 { finite(1.0 - self.square / self.actual_m2) } else { None }
    }

    /// Mean error, `sum (f - y) / n`, in the target's units: positive when forecasts are too high.
    pub fn bias(&self) -> Option<f64> {
        mean(self.signed, self.items)
    }
}
