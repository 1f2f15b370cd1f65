//! The error that decides which weights are kept.

use super::Data;
use crate::data::split::Cut;
use crate::error::Result;
use crate::forecast::{Forecasts, Windows, network};
use crate::model::Model;

/// The error that chooses the best weights: the mean over the validation windows of absolute error
/// over the unit of its series and target (see [`super::weights::units`]), averaged over targets, so that
/// none of them drowns the others. With one target in original units it is given in these.
pub(super) fn validate(
    model: &Model,
    data: &Data,
    cuts: &[Cut],
    windows: &Windows,
    units: &[f64],
) -> Result<f64> {
    let forecasts = network::forecast(std::slice::from_ref(model), windows, data.panel, data.season, cuts)?;
    Ok(mean_error(&forecasts, data, cuts, units))
}

fn mean_error(forecasts: &Forecasts, data: &Data, cuts: &[Cut], units: &[f64]) -> f64 {
    let (p, k) = (forecasts.horizon, forecasts.targets);
    let mut sums = vec![(0f64, 0usize); k];
    for (i, cut) in cuts.iter().enumerate() {
        let series = data.panel.segments[cut.segment as usize].series as usize;
        for step in 0..p {
            for (target, sum) in sums.iter_mut().enumerate() {
                let actual = data.panel.columns[target].values[cut.row + step];
                if !actual.is_nan() {
                    let error = (forecasts.point[(i * p + step) * k + target] - actual).abs();
                    sum.0 += error / units[series * k + target];
                    sum.1 += 1;
                }
            }
        }
    }
    let parts: Vec<f64> = sums.iter().filter(|s| s.1 > 0).map(|(sum, n)| sum / *n as f64).collect();
    parts.iter().sum::<f64>() / parts.len().max(1) as f64
}
