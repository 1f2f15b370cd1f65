//! How wrong a forecast was: accumulators that are fed (actual, forecast) pairs and asked for
//! pooled errors. They import nothing of ours and know nothing of series, leads or files.
//!
//! Everything is pooled: each scored value weighs the same, whichever chunk it came in.
//! An average of per-series errors is another number; `report::evaluation` makes it and says so.
//! A value that was not observed is never scored. A forecast that is missing or infinite where a
//! value was observed is not scored either, but it is counted, so that nobody can win by silence.
//! What is not defined (see each formula) is `None`, never NaN or infinity.

pub mod drift;
pub mod paired;
mod point;
mod quantile;
mod season;
#[cfg(test)]
mod tests;

pub use point::PointErrors;
pub use quantile::{IntervalErrors, QuantileErrors};
pub use season::SeasonalScale;

/// `value` if it is finite: sums of huge numbers may overflow, and a report must not show that.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// `sum / items`, if there are any.
fn mean(sum: f64, items: u64) -> Option<f64> {
    if items == 0 { None } else { finite(sum / items as f64) }
}
