//! Scaling: fitted on training rows alone, kept in the checkpoint, never refitted at predict.
//!
//! `scaled = (f(value) - shift) / scale`, where f is the identity or, for skewed columns that are
//! never negative, asinh(value / k): close to the value itself below k, to its logarithm above
//! (Johnson 1949). A series that training has not seen is scaled by its own
//! history before the forecast origin, where that has at least [`ENOUGH`] observed values, else
//! by the statistics of all training series together.

use serde::{Deserialize, Serialize};

use crate::config::ScalerKind;
use crate::data::long::SeriesKey;
use crate::data::panel::{Panel, Segment};

mod growing;
pub use growing::Growing;

/// Observed values that a series needs for statistics of its own.
pub const ENOUGH: usize = 50;

/// How one column of one series is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Original units.
    pub shift: f64,
    /// Original units; never 0.
    pub scale: f64,
    /// Mean of f over training, in original units: what a cell becomes when there is nothing to
    /// fill it with.
    pub mean: f64,
    /// k of asinh(value / k), original units; `None` where f is the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asinh: Option<f64>,
}

/// Beyond this many units of f a forecast is limited: sinh(6) is 200 times the training mean.
pub const MOST_ASINH: f64 = 6.0;

impl Scaling {
    const IDENTITY: Scaling = Scaling { shift: 0.0, scale: 1.0, mean: 0.0, asinh: None };

    /// Original units to scaled.
    pub fn scale(&self, value: f64) -> f64 {
        (forward(value, self.asinh) - self.shift) / self.scale
    }

    /// Scaled back to original units.
    pub fn unscale(&self, value: f64) -> f64 {
        backward(value * self.scale + self.shift, self.asinh)
    }

    /// Like [`Scaling::unscale`] for a network's output, limited where asinh is on, so that no
    /// output can explode into astronomical numbers.
    pub fn unscale_forecast(&self, value: f64) -> f64 {
        let inner = value * self.scale + self.shift;
        match self.asinh {
            Some(_) => backward(inner.clamp(-MOST_ASINH, MOST_ASINH), self.asinh),
            None => inner,
        }
    }

    /// About the standard deviation in original units, for weighing series against each other.
    pub fn size(&self) -> f64 {
        self.scale.abs() * self.asinh.unwrap_or(1.0)
    }
}

fn forward(value: f64, asinh: Option<f64>) -> f64 {
    asinh.map_or(value, |k| (value / k).asinh())
}

fn backward(value: f64, asinh: Option<f64>) -> f64 {
    asinh.map_or(value, |k| k * value.sinh())
}

/// Which columns are scaled by asinh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skew {
    /// None of them.
    Leave,
    /// Those that are never negative in training and whose skewness there is above 1.5.
    Asinh,
}

/// Skewness above which a column counts as skewed.
const SKEWED: f64 = 1.5;

/// Fitted scalings of all columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    pub kind: ScalerKind,
    pub columns: Vec<String>,
    /// Over all series together; (columns).
    pub pooled: Vec<Scaling>,
    /// Sorted by key; (series) x (columns).
    pub series: Vec<(SeriesKey, Vec<Scaling>)>,
    /// Columns that never change within a series, scaled over all series.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<usize>,
}

impl Scaler {
    /// Fits on rows before `until` (UTC epoch seconds) of every series that has any.
    pub fn fit(panel: &Panel, kind: ScalerKind, skew: Skew, until: i64) -> Scaler {
        let rows: Vec<_> = (0..panel.series.len()).map(|series| rows_before(panel, series, until)).collect();
        let mut pooled = Vec::with_capacity(panel.columns.len());
        let mut series: Vec<(SeriesKey, Vec<Scaling>)> =
            panel.series.iter().map(|key| (key.clone(), Vec::with_capacity(panel.columns.len()))).collect();
        for (c, column) in panel.columns.iter().enumerate() {
            let mut all: Vec<f64> =
                rows.iter().flatten().flat_map(|r| observed(&column.values[r.clone()])).collect();
            let asinh = if skew == Skew::Asinh && kind != ScalerKind::None { bend(&all) } else { None };
            // A target is bent at each series' own mean, so that each is bent alike.
            let own_bend = |values: &[f64]| match asinh {
                Some(k) if c < panel.targets && values.len() >= ENOUGH => {
                    Some(mean_size(values).unwrap_or(k))
                }
                other => other,
            };
            all.iter_mut().for_each(|v| *v = forward(*v, asinh));
            let scaling = fit_scaling(&all, kind, asinh).unwrap_or(Scaling::IDENTITY);
            pooled.push(scaling);
            for (part, (_, scalings)) in rows.iter().zip(&mut series) {
                let own = match kind {
                    ScalerKind::Global | ScalerKind::None => None,
                    _ => {
                        let values: Vec<f64> =
                            part.iter().flat_map(|r| observed(&column.values[r.clone()])).collect();
                        fit_own(&values, kind, own_bend(&values), &scaling)
                    }
                };
                scalings.push(own.unwrap_or(scaling));
            }
        }
        // A series that begins later is unseen: its forecasts are scaled by what it has by then.
        let series =
            series.into_iter().zip(&rows).filter(|(_, rows)| !rows.is_empty()).map(|(own, _)| own).collect();
        Scaler {
            kind,
            columns: panel.columns.iter().map(|c| c.name.clone()).collect(),
            pooled,
            series,
            fixed: Vec::new(),
        }
    }

    /// Scales these columns, constant within each series, over the series (one value each), since
    /// by its own rows every series would come out as 0.
    #[must_use]
    pub fn with_static(mut self, panel: &Panel, columns: &[usize]) -> Scaler {
        for c in columns {
            let values: Vec<f64> = panel
                .segments
                .chunk_by(|a, b| a.series == b.series)
                .filter_map(|own| own.first().and_then(|s| panel.columns[*c].values.get(s.offset)))
                .copied()
                .filter(|v| !v.is_nan())
                .collect();
            let kind = if self.kind == ScalerKind::None { self.kind } else { ScalerKind::Standard };
            let scaling = fit_scaling(&values, kind, None).unwrap_or(Scaling::IDENTITY);
            self.pooled[*c] = scaling;
            self.series.iter_mut().for_each(|(_, scalings)| scalings[*c] = scaling);
        }
        self.fixed = columns.to_vec();
        self
    }

    /// The scalings of a series seen in training.
    pub fn known(&self, key: &SeriesKey) -> Option<&[Scaling]> {
        let at = self.series.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        Some(&self.series[at].1)
    }

    /// The scalings of a series that training has not seen: by its own rows before `until`, column
    /// by column, falling back on all training series together.
    pub fn unseen(&self, panel: &Panel, series: usize, until: i64) -> Vec<Scaling> {
        let rows = rows_before(panel, series, until);
        panel
            .columns
            .iter()
            .zip(&self.pooled)
            .enumerate()
            .map(|(c, (column, pooled))| {
                if matches!(self.kind, ScalerKind::Global | ScalerKind::None) || self.fixed.contains(&c) {
                    return *pooled;
                }
                let values: Vec<f64> =
                    rows.iter().flat_map(|r| observed(&column.values[r.clone()])).collect();
                let asinh = match pooled.asinh {
                    Some(k) if c < panel.targets && values.len() >= ENOUGH => {
                        Some(mean_size(&values).unwrap_or(k))
                    }
                    other => other,
                };
                fit_own(&values, self.kind, asinh, pooled).unwrap_or(*pooled)
            })
            .collect()
    }
}

/// The scaling of one series; a series without spread keeps its own level and takes the pooled scale.
fn fit_own(values: &[f64], kind: ScalerKind, asinh: Option<f64>, pooled: &Scaling) -> Option<Scaling> {
    let bent: Vec<f64> = values.iter().map(|v| forward(*v, asinh)).collect();
    fit_bent(&bent, kind, asinh, pooled)
}

/// The same of values that are bent already.
fn fit_bent(bent: &[f64], kind: ScalerKind, asinh: Option<f64>, pooled: &Scaling) -> Option<Scaling> {
    if bent.len() < ENOUGH {
        return None;
    }
    let (scaling, spread) = fit(bent, kind, asinh)?;
    Some(if spread { scaling } else { Scaling { scale: pooled.scale, ..scaling } })
}

/// k, the mean, where the values are never negative and skewed.
fn bend(values: &[f64]) -> Option<f64> {
    if values.len() < ENOUGH || values.iter().any(|v| *v < 0.0) {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |power: i32| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    let deviation = moment(2).sqrt();
    (deviation > 0.0 && moment(3) / deviation.powi(3) > SKEWED).then_some(mean)
}

/// The mean absolute value, where it is above 0.
fn mean_size(values: &[f64]) -> Option<f64> {
    let mean = values.iter().map(|v| v.abs()).sum::<f64>() / values.len().max(1) as f64;
    (mean > 0.0).then_some(mean)
}

fn observed(values: &[f64]) -> impl Iterator<Item = f64> + '_ {
    values.iter().copied().filter(|v| !v.is_nan())
}

/// The row ranges of a series before `until`.
fn rows_before(panel: &Panel, series: usize, until: i64) -> Vec<std::ops::Range<usize>> {
    let before = |segment: &Segment| {
        let all = segment.offset..segment.offset + segment.len;
        let end = all.start + panel.stamps[all.clone()].partition_point(|s| *s < until);
        (end > all.start).then_some(all.start..end)
    };
    panel.segments_of(series as u32).iter().filter_map(before).collect()
}

/// `None` where there is nothing to fit. A column without spread gets scale 1, so that it comes
/// out as 0 and back as itself.
fn fit_scaling(values: &[f64], kind: ScalerKind, asinh: Option<f64>) -> Option<Scaling> {
    fit(values, kind, asinh).map(|(scaling, _)| scaling)
}

/// The scaling of values that are bent already, and whether they had any spread.
fn fit(values: &[f64], kind: ScalerKind, asinh: Option<f64>) -> Option<(Scaling, bool)> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let (shift, scale) = match kind {
        ScalerKind::None => (0.0, 1.0),
        ScalerKind::Standard | ScalerKind::Global => {
            // Population variance about the mean (two passes).
            let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
            (mean, variance.sqrt())
        }
        ScalerKind::Minmax => {
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (low, high - low)
        }
        ScalerKind::Robust => {
            let mut sorted = values.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            let spread = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
            (quantile(&sorted, 0.5), if spread > 0.0 { spread } else { sorted[sorted.len() - 1] - sorted[0] })
        }
    };
    // Below this the spread is rounding error of the column's own size.
    let least = mean.abs().max(shift.abs()) * 1e-9;
    let spread = scale.is_finite() && scale > least;
    let mean = backward(mean, asinh);
    Some((Scaling { shift, scale: if spread { scale } else { 1.0 }, mean, asinh }, spread))
}

/// Linear interpolation between order statistics (Hyndman & Fan 1996, type 7).
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let low = at.floor() as usize;
    let high = at.ceil() as usize;
    sorted[low] + (sorted[high] - sorted[low]) * (at - low as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_by_hand() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let scaling = fit_scaling(&values, ScalerKind::Standard, None).unwrap();
        assert_eq!((scaling.shift, scaling.scale), (5.0, 2.0));
        let scaling = fit_scaling(&values, ScalerKind::Minmax, None).unwrap();
        assert_eq!((scaling.scale(2.0), scaling.scale(9.0)), (0.0, 1.0));
        // numpy.percentile(values, [25, 50, 75]) = 4, 4.5, 5.5
        let scaling = fit_scaling(&values, ScalerKind::Robust, None).unwrap();
        assert_eq!((scaling.shift, scaling.scale), (4.5, 1.5));
    }

    #[test]
    fn constants_come_back() {
        for kind in [ScalerKind::Standard, ScalerKind::Robust, ScalerKind::Minmax, ScalerKind::None] {
            let scaling = fit_scaling(&[1013.2; 60], kind, None).unwrap();
            assert!((scaling.unscale(scaling.scale(1013.2)) - 1013.2).abs() < 1e-9, "{kind:?}");
            assert_eq!(scaling.scale, 1.0);
        }
    }

    #[test]
    fn skewed_columns_are_bent() {
        // 90 ones and 10 hundreds: mean 10.9, skewness (0.9 * 9.9^3 + ...) far above 1.5.
        let mut values = vec![1.0; 90];
        values.extend([100.0; 10]);
        let k = bend(&values).unwrap();
        assert!((k - 10.9).abs() < 1e-12);
        let scaling = Scaling { shift: 0.3, scale: 2.0, mean: 1.0, asinh: Some(k) };
        for v in [0.0, 1.0, 100.0, 1e9] {
            assert!((scaling.unscale(scaling.scale(v)) - v).abs() <= 1e-9 * v.max(1.0), "{v}");
        }
        assert!(scaling.unscale_forecast(1e6) <= k * 202.0);
        assert_eq!(bend(&[-1.0; 100]), None);
        assert_eq!(bend(&(0..100).map(f64::from).collect::<Vec<_>>()), None);
    }

    proptest::proptest! {
        #[test]
        fn there_and_back(values in proptest::collection::vec(-1e6f64..1e6, 1..200), x in -1e6f64..1e6) {
            for kind in [ScalerKind::Standard, ScalerKind::Robust, ScalerKind::Minmax, ScalerKind::None] {
                let scaling = fit_scaling(&values, kind, None).unwrap();
                let back = scaling.unscale(scaling.scale(x));
                proptest::prop_assert!((back - x).abs() <= 1e-9 * x.abs().max(1e6), "{:?}", kind);
            }
        }
    }
}
