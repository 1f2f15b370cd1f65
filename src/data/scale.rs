//! Scaling: fitted on training rows alone, kept in the checkpoint, never refitted at predict.
//!
//! `scaled = (value - shift) / scale`. A series that training has not seen is scaled by its own
//! history before the forecast origin, where that has at least [`ENOUGH`] observed values, else
//! by the statistics of all training series together.

use serde::{Deserialize, Serialize};

use crate::config::ScalerKind;
use crate::data::long::SeriesKey;
use crate::data::panel::Panel;

/// Observed values that a series needs for statistics of its own.
pub const ENOUGH: usize = 50;

/// The line that one column of one series is scaled by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Original units.
    pub shift: f64,
    /// Original units; never 0.
    pub scale: f64,
    /// Training mean, original units: what a cell becomes when there is nothing to fill it with.
    pub mean: f64,
}

impl Line {
    const IDENTITY: Line = Line { shift: 0.0, scale: 1.0, mean: 0.0 };

    /// Original units to scaled.
    pub fn scale(&self, value: f64) -> f64 {
        (value - self.shift) / self.scale
    }

    /// Scaled back to original units.
    pub fn unscale(&self, value: f64) -> f64 {
        value * self.scale + self.shift
    }
}

/// Fitted lines of all columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    pub kind: ScalerKind,
    pub columns: Vec<String>,
    /// Over all series together; (columns).
    pub pooled: Vec<Line>,
    /// Sorted by key; (series) x (columns).
    pub series: Vec<(SeriesKey, Vec<Line>)>,
}

impl Scaler {
    /// Fits on rows before `until` (UTC epoch seconds) of every series.
    pub fn fit(panel: &Panel, kind: ScalerKind, until: i64) -> Scaler {
        let rows = training_rows(panel, until);
        let mut pooled = Vec::with_capacity(panel.columns.len());
        let mut series: Vec<(SeriesKey, Vec<Line>)> =
            panel.series.iter().map(|key| (key.clone(), Vec::with_capacity(panel.columns.len()))).collect();
        for column in &panel.columns {
            let all: Vec<f64> =
                rows.iter().flatten().flat_map(|r| observed(&column.values[r.clone()])).collect();
            let line = fit_line(&all, kind).unwrap_or(Line::IDENTITY);
            pooled.push(line);
            for (part, (_, lines)) in rows.iter().zip(&mut series) {
                let own = match kind {
                    ScalerKind::Global | ScalerKind::None => None,
                    _ => {
                        let values: Vec<f64> =
                            part.iter().flat_map(|r| observed(&column.values[r.clone()])).collect();
                        fit_own(&values, kind, &line)
                    }
                };
                lines.push(own.unwrap_or(line));
            }
        }
        Scaler { kind, columns: panel.columns.iter().map(|c| c.name.clone()).collect(), pooled, series }
    }

    /// The lines of a series seen in training.
    pub fn known(&self, key: &SeriesKey) -> Option<&[Line]> {
        let at = self.series.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        Some(&self.series[at].1)
    }

    /// The lines of a series that training has not seen: by its own rows before `until`, column
    /// by column, falling back on all training series together.
    pub fn unseen(&self, panel: &Panel, series: usize, until: i64) -> Vec<Line> {
        let rows = training_rows(panel, until);
        panel
            .columns
            .iter()
            .zip(&self.pooled)
            .map(|(column, pooled)| {
                if matches!(self.kind, ScalerKind::Global | ScalerKind::None) {
                    return *pooled;
                }
                let values: Vec<f64> =
                    rows[series].iter().flat_map(|r| observed(&column.values[r.clone()])).collect();
                fit_own(&values, self.kind, pooled).unwrap_or(*pooled)
            })
            .collect()
    }
}

/// The line of one series; a series without spread keeps its own level and takes the pooled scale.
fn fit_own(values: &[f64], kind: ScalerKind, pooled: &Line) -> Option<Line> {
    if values.len() < ENOUGH {
        return None;
    }
    let (line, spread) = fit(values, kind)?;
    Some(if spread { line } else { Line { scale: pooled.scale, ..line } })
}

fn observed(values: &[f64]) -> impl Iterator<Item = f64> + '_ {
    values.iter().copied().filter(|v| !v.is_nan())
}

/// For each series, its row ranges before `until`.
fn training_rows(panel: &Panel, until: i64) -> Vec<Vec<std::ops::Range<usize>>> {
    let mut rows = vec![Vec::new(); panel.series.len()];
    for segment in &panel.segments {
        let all = segment.offset..segment.offset + segment.len;
        let end = all.start + panel.stamps[all.clone()].partition_point(|s| *s < until);
        if end > all.start {
            rows[segment.series as usize].push(all.start..end);
        }
    }
    rows
}

/// `None` where there is nothing to fit. A column without spread gets scale 1, so that it comes
/// out as 0 and back as itself.
fn fit_line(values: &[f64], kind: ScalerKind) -> Option<Line> {
    fit(values, kind).map(|(line, _)| line)
}

/// The line, and whether the values had any spread.
fn fit(values: &[f64], kind: ScalerKind) -> Option<(Line, bool)> {
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
    Some((Line { shift, scale: if spread { scale } else { 1.0 }, mean }, spread))
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
        let line = fit_line(&values, ScalerKind::Standard).unwrap();
        assert_eq!((line.shift, line.scale), (5.0, 2.0));
        let line = fit_line(&values, ScalerKind::Minmax).unwrap();
        assert_eq!((line.scale(2.0), line.scale(9.0)), (0.0, 1.0));
        // numpy.percentile(values, [25, 50, 75]) = 4, 4.5, 5.5
        let line = fit_line(&values, ScalerKind::Robust).unwrap();
        assert_eq!((line.shift, line.scale), (4.5, 1.5));
    }

    #[test]
    fn constants_come_back() {
        for kind in [ScalerKind::Standard, ScalerKind::Robust, ScalerKind::Minmax, ScalerKind::None] {
            let line = fit_line(&[1013.2; 60], kind).unwrap();
            assert!((line.unscale(line.scale(1013.2)) - 1013.2).abs() < 1e-9, "{kind:?}");
            assert_eq!(line.scale, 1.0);
        }
    }

    proptest::proptest! {
        #[test]
        fn there_and_back(values in proptest::collection::vec(-1e6f64..1e6, 1..200), x in -1e6f64..1e6) {
            for kind in [ScalerKind::Standard, ScalerKind::Robust, ScalerKind::Minmax, ScalerKind::None] {
                let line = fit_line(&values, kind).unwrap();
                let back = line.unscale(line.scale(x));
                proptest::prop_assert!((back - x).abs() <= 1e-9 * x.abs().max(1e6), "{:?}", kind);
            }
        }
    }
}
