//! What an error of each series counts for, in the loss and in the error that chooses the weights.
//!
//! Series of one kind (the stations of a city) are weighed in original units: an error of 10 counts
//! the same wherever it happens, as in the pooled errors that `evaluate` reports. In a collection of
//! unlike series that would let the few large ones decide everything; there an error counts in units
//! of the seasonal naive forecast's own error on the training rows, as in MASE (Hyndman and Koehler,
//! *Another look at measures of forecast accuracy*, 2006).

use super::Data;
use crate::config::Weighing;
use crate::metrics::SeasonalScale;

/// Series are unlike where the size that a tenth of them exceeds is more than this many times the size
/// that a tenth falls short of. Standard deviations: Beijing's stations 1.2, US stations' daily maxima 1.2, cash
/// machines (NN5) 2.3, exchange rates 9.5, tourism 78, M4's hourly series 530.
const UNLIKE: f64 = 8.0;
/// A series whose seasonal naive forecast is nearly without error counts as if that error were its
/// size over this.
const MOST: f64 = 20.0;

/// For each series and target (S * K), original units: an error of this size counts for 1.
pub fn units(data: &Data, weighing: Weighing) -> Vec<f64> {
    let sizes: Vec<Vec<f64>> =
        data.inputs.scalings.iter().map(|own| own.iter().map(|scaling| scaling.size()).collect()).collect();
    let k = sizes.first().map_or(0, Vec::len);
    let mut units: Vec<f64> = sizes.concat();
    for target in 0..k {
        let own: Vec<f64> = sizes.iter().map(|own| own[target]).collect();
        let equal = match weighing {
            Weighing::Units => false,
            Weighing::Series => true,
            Weighing::Auto => unlike(&own),
        };
        let scales = match (equal, k) {
            (true, _) => scales(data, target, &own),
            // Original units as they are.
            (false, 1) => vec![1.0; own.len()],
            (false, _) => vec![mean(&own); own.len()],
        };
        units.iter_mut().skip(target).step_by(k).zip(scales).for_each(|(unit, scale)| *unit = scale);
    }
    units
}

/// (S * K) weights of errors on scaled values, 1 on average.
pub(super) fn of_scaled(data: &Data, weighing: Weighing) -> Vec<f32> {
    let scalings = &data.inputs.scalings;
    let k = scalings.first().map_or(0, Vec::len);
    let units = units(data, weighing);
    let mut weights: Vec<f64> =
        scalings.iter().flatten().zip(&units).map(|(scaling, unit)| scaling.size() / unit).collect();
    for target in 0..k {
        let own: Vec<f64> = weights.iter().skip(target).step_by(k).copied().collect();
        let mean = mean(&own);
        weights.iter_mut().skip(target).step_by(k).for_each(|w| *w /= mean);
    }
    weights.into_iter().map(|w| w as f32).collect()
}

fn unlike(sizes: &[f64]) -> bool {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| sorted.get(((sorted.len().saturating_sub(1)) as f64 * share) as usize);
    match (at(0.1), at(0.9)) {
        (Some(low), Some(high)) => *high > UNLIKE * *low,
        _ => false,
    }
}

/// The seasonal naive forecast's mean absolute error on the rows of the training windows, for each
/// series; about half of its size where that cannot be told.
fn scales(data: &Data, target: usize, sizes: &[f64]) -> Vec<f64> {
    let mut found = vec![SeasonalScale::new(); sizes.len()];
    let until = data.train.iter().map(|cut| data.panel.stamps[cut.row]).max().unwrap_or(i64::MAX);
    for segment in &data.panel.segments {
        let rows = segment.offset..segment.offset + segment.len;
        let end = rows.start + data.panel.stamps[rows.clone()].partition_point(|s| *s <= until);
        let values = &data.panel.columns[target].values[rows.start..end];
        found[segment.series as usize].add(values, data.season);
    }
    let scale = |(found, size): (&SeasonalScale, &f64)| {
        // A series that repeats itself to the digit must not outweigh all others.
        found.value().unwrap_or(size / 2.0).max(size / MOST)
    };
    found.iter().zip(sizes).map(scale).collect()
}

fn mean(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    if mean > 0.0 { mean } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::unlike;

    #[test]
    fn the_tenths_decide() {
        let like: Vec<f64> = (0..100).map(|i| 1.0 + f64::from(i) / 50.0).collect();
        assert!(!unlike(&like));
        let mut outlier = like.clone();
        outlier[0] = 1e6;
        assert!(!unlike(&outlier), "one large series is not a collection of unlike ones");
        let wide: Vec<f64> = (0..100).map(|i| 10f64.powf(f64::from(i) / 33.0)).collect();
        assert!(unlike(&wide));
        assert!(!unlike(&[]) && !unlike(&[3.0]));
    }
}
