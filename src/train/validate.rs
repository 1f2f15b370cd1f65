//! The error that decides which weights are kept.

use super::Data;
use crate::data::split::Cut;
use crate::error::Result;
use crate::forecast::{Forecasts, Windows, network};
use crate::model::Model;

/// The error that chooses the best weights: mean absolute error over the validation windows in
/// original units, divided by the training scale of each target and averaged over targets where
/// there are several, so that none of them drowns the others.
pub(super) fn validate(model: &Model, data: &Data, cuts: &[Cut], windows: &Windows) -> Result<f64> {
    let forecasts = network::forecast(std::slice::from_ref(model), windows, data.panel, data.season, cuts)?;
    Ok(mean_error(&forecasts, data, cuts))
}

fn mean_error(forecasts: &Forecasts, data: &Data, cuts: &[Cut]) -> f64 {
    let (p, k) = (forecasts.horizon, forecasts.targets);
    let mut sums = vec![(0f64, 0usize); k];
    for (i, cut) in cuts.iter().enumerate() {
        for step in 0..p {
            for (target, sum) in sums.iter_mut().enumerate() {
                let actual = data.panel.columns[target].values[cut.row + step];
                if !actual.is_nan() {
                    sum.0 += (forecasts.point[(i * p + step) * k + target] - actual).abs();
                    sum.1 += 1;
                }
            }
        }
    }
    let scale = |target: usize| -> f64 {
        if k == 1 {
            return 1.0;
        }
        let lines = data.inputs.scalings.iter().map(|l| l[target].scale.abs());
        (lines.sum::<f64>() / data.inputs.scalings.len().max(1) as f64).max(f64::MIN_POSITIVE)
    };
    let parts: Vec<f64> = sums
        .iter()
        .enumerate()
        .filter(|(_, s)| s.1 > 0)
        .map(|(target, (sum, n))| sum / *n as f64 / scale(target))
        .collect();
    parts.iter().sum::<f64>() / parts.len().max(1) as f64
}
