//! Rolling-origin forecasts beside simple ones, ready to be scored.

use std::borrow::Cow;

use candle_core::Device;

use super::forecaster::Forecaster;
use super::options::EvaluateOptions;
use super::table::Table;

use crate::config::Limits;
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::{Cut, Need, Range};
use crate::error::Result;
use crate::forecast::adapt::Adaptive;
use crate::forecast::baseline::Baseline;
use crate::forecast::conformal::Intervals;
use crate::forecast::pool::Pool;
use crate::forecast::{self, Chain, Forecasts, Levels, Windows};
use crate::meter::{self, Unit};
use crate::metrics::SeasonalScale;
use crate::model::Ensemble;
use crate::output::Failure;
use crate::pipeline::threads;
use crate::report::evaluation::{Context, Scored};

/// Cuts that are forecast and scored at a time, so that memory does not grow with their number
/// beyond the scored items themselves.
const CHUNK: usize = 8192;

/// Forecasts every cut with the model and with the baselines, pairs each forecast with what was
/// observed, and hands the pairs over chunk by chunk. Rows whose target was not observed are left
/// out.
pub(crate) fn score(
    model: Option<&Ensemble>,
    inputs: &Inputs,
    panel: &Panel,
    setting: &Setting,
    cuts: &[Cut],
    device: &Device,
    out: &mut dyn FnMut(&Scored) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mase_scale = match &setting.mase_scale {
        Some(scale) => scale.clone(),
        None => mase_scale(panel, inputs.targets(), setting.season, setting.val_start),
    };
    let windows = Windows::new(inputs, device, cuts.len() * setting.input_window)?;
    meter::begin("", cuts.len() as u64, Unit::Windows);
    let mut adaptive = setting.adapt.then(Adaptive::default);
    for chunk in cuts.chunks(CHUNK) {
        let scored = threads::run(|| -> Result<Scored> {
            let mut scored = Scored {
                levels: model.map(|m| m.shape().quantiles.clone()).unwrap_or_default(),
                baselines: setting.baselines.iter().map(|b| (b.name().to_string(), Vec::new())).collect(),
                intervals: (setting.intervals.empty().iter())
                    .map(|interval| (f64::from(interval.level), Vec::new(), Vec::new()))
                    .collect(),
                mase_scale: mase_scale.clone(),
                ..Scored::default()
            };
            let mut forecasts = model
                .map(|m| {
                    let chain = Chain {
                        members: &m.members,
                        season: setting.season,
                        pool: &setting.pool,
                        intervals: &setting.intervals,
                        limits: &setting.limits,
                        levels: &Levels::All,
                    };
                    forecast::forecast(&chain, &windows, panel, chunk)
                })
                .transpose()?;
            if let (Some(adaptive), Some(forecasts)) = (&mut adaptive, &mut forecasts) {
                adaptive.apply(forecasts, panel, chunk, &setting.limits);
            }
            pair(&mut scored, forecasts.as_ref(), panel, setting, inputs.targets(), chunk);
            if let Some(forecasts) = forecasts.filter(|_| !setting.drift.empty().is_empty()) {
                let own = forecasts.with_intervals(&setting.drift, inputs, panel, chunk);
                scored.outside = outside(&own, panel, chunk);
            }
            Ok(scored)
        })?;
        out(&scored)?;
    }
    Ok(())
}

/// Adds the observed items of a chunk of cuts.
fn pair(
    scored: &mut Scored,
    forecasts: Option<&Forecasts>,
    panel: &Panel,
    setting: &Setting,
    k: usize,
    cuts: &[Cut],
) {
    let (horizon, q) = (setting.horizon, scored.levels.len());
    let mut simple = vec![0f64; horizon];
    for (i, cut) in cuts.iter().enumerate() {
        let segment = &panel.segments[cut.segment as usize];
        let first = cut.row.saturating_sub(setting.input_window).max(segment.offset);
        for target in 0..k {
            let values = &panel.columns[target].values;
            let history = &values[first..cut.row];
            let actual = &values[cut.row..cut.row + horizon];
            if actual.iter().all(|v| v.is_nan()) {
                continue;
            }
            for (b, (_, out)) in setting.baselines.iter().zip(&mut scored.baselines) {
                b.forecast(history, setting.season, &mut simple);
                out.extend(simple.iter().zip(actual).filter(|(_, a)| !a.is_nan()).map(|(f, _)| *f));
            }
            for (step, actual) in actual.iter().enumerate().filter(|(_, a)| !a.is_nan()) {
                scored.series.push(segment.series);
                scored.target.push(target as u16);
                scored.lead.push(step as u16 + 1);
                scored.origin.push(panel.stamps[cut.row]);
                scored.actual.push(*actual);
                let cell = (i * horizon + step) * k + target;
                if let Some(f) = forecasts {
                    scored.point.push(f.point[cell]);
                    for (interval, (_, low, high)) in f.intervals.iter().zip(&mut scored.intervals) {
                        low.push(interval.low[cell]);
                        high.push(interval.high[cell]);
                    }
                    if q > 0 {
                        scored.quantiles.extend_from_slice(&f.quantiles[cell * q..(cell + 1) * q]);
                    }
                }
            }
        }
    }
}

/// For each observed value its stamp, and whether it lies outside of its interval.
fn outside(forecasts: &Forecasts, panel: &Panel, cuts: &[Cut]) -> Vec<(i64, bool)> {
    let (p, k) = (forecasts.horizon, forecasts.targets);
    let Some(interval) = forecasts.intervals.first() else { return Vec::new() };
    let places = cuts
        .iter()
        .enumerate()
        .flat_map(|(i, cut)| (0..p * k).map(move |at| (i * p * k + at, cut.row + at / k, at % k)));
    places
        .filter_map(|(cell, row, target)| {
            let actual = *panel.columns.get(target)?.values.get(row)?;
            let (low, high) = (*interval.low.get(cell)?, *interval.high.get(cell)?);
            let compared = !actual.is_nan() && low.is_finite() && high.is_finite();
            Some((*panel.stamps.get(row)?, actual < low || actual > high)).filter(|_| compared)
        })
        .collect()
}

/// An evaluation that knows what it will score.
pub struct Backtest<'a> {
    pub(super) forecaster: &'a Forecaster,
    pub(super) table: Cow<'a, Table>,
    pub(super) options: &'a EvaluateOptions,
    pub(super) range: Range,
    pub(super) need: Need,
    pub(super) cuts: Vec<Cut>,
    pub(super) setting: Setting,
    pub(super) context: Context,
}

/// What a backtest holds fixed.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) input_window: usize,
    pub(crate) horizon: usize,
    pub(crate) season: usize,
    /// End of the training rows (UTC epoch seconds), for the scale of MASE.
    pub(crate) val_start: i64,
    /// That scale, where it is known already; see [`mase_scale`].
    pub(crate) mase_scale: Option<Vec<f64>>,
    pub(crate) baselines: Vec<Baseline>,
    /// What is combined with the networks.
    pub(crate) pool: Pool,
    /// What the model's forecasts may be; the simple ones are as they are.
    pub(crate) limits: Limits,
    /// The model's prediction intervals to be scored.
    pub(crate) intervals: Intervals,
    /// Whether these learn from the values that arrive between origins.
    pub(crate) adapt: bool,
    /// Those that drift is seen by; none where nobody looks for it.
    pub(crate) drift: Intervals,
}

/// The seasonal naive forecast's mean absolute error on training rows; (S * K), NaN where there
/// is no pair.
pub(crate) fn mase_scale(panel: &Panel, targets: usize, season: usize, until: i64) -> Vec<f64> {
    let mut scales = vec![SeasonalScale::new(); panel.series.len() * targets];
    for segment in &panel.segments {
        let rows = segment.offset..segment.offset + segment.len;
        let end = rows.start + panel.stamps[rows.clone()].partition_point(|s| *s < until);
        for target in 0..targets {
            scales[segment.series as usize * targets + target]
                .add(&panel.columns[target].values[rows.start..end], season);
        }
    }
    scales.iter().map(|s| s.value().unwrap_or(f64::NAN)).collect()
}
