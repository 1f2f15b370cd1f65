//! Pictures of forecasts: each series' history, forecast, bands and what came after.

use super::forecaster::Forecaster;
use super::options::{EvaluateOptions, PredictOptions};
use super::predict::Prediction;
use super::table::Table;
use crate::data::panel::Panel;
use crate::draw::Clock;
use crate::error::Result;
use crate::forecast::Levels;
use crate::report::evaluation::Evaluation;
use crate::report::pictures::{Fan, Few, skills};

/// What is drawn.
#[derive(Debug, Clone, Default)]
pub struct PictureOptions {
    /// Forecast from this stamp on, as if nothing later were known; what was observed is drawn too.
    pub at: Option<String>,
    /// These series alone.
    pub only: Option<Vec<String>>,
    /// Rows before the forecast; `None` for a few horizons or seasons.
    pub history: Option<usize>,
    /// Intervals, percent; `None` for 80 and 95 where the model has them.
    pub intervals: Option<Vec<u8>>,
    /// Draw no more than this many; of more, the best, the median and the worst.
    pub most: usize,
}

/// Usual intervals.
const USUAL: [u8; 2] = [80, 95];
/// About so many forecasts are enough to tell which series do well.
const ENOUGH: usize = 20_000;

impl Forecaster {
    /// Forecasts to draw, and sentences on what was chosen; other notes are added to `notes`.
    ///
    /// # Errors
    /// As [`Forecaster::predict`].
    pub fn pictures(
        &self,
        table: &Table,
        options: &PictureOptions,
        notes: &mut Vec<String>,
    ) -> Result<(Vec<Fan>, Vec<String>)> {
        self.pictures_of(table, options, None, notes)
    }

    /// The same, where the errors of all series are known already, so that nothing is scored twice.
    pub(super) fn pictures_of(
        &self,
        table: &Table,
        options: &PictureOptions,
        errors: Option<&Evaluation>,
        notes: &mut Vec<String>,
    ) -> Result<(Vec<Fan>, Vec<String>)> {
        let table = self.own(table)?;
        let asked = PredictOptions {
            at: options.at.clone(),
            only: options.only.clone(),
            quantiles: Levels::All,
            intervals: options.intervals.clone().unwrap_or_else(|| self.usual_intervals()),
            skip_short: true,
            ..PredictOptions::default()
        };
        let prediction = self.predict_noting(&table, &asked, notes)?;
        let panel = &table.panel;
        let k = self.meta.schema.targets.len();
        let all = prediction.cuts.len() * k;
        let mut remarks = Vec::new();
        let chosen: Vec<(usize, Option<_>)> = if all <= options.most {
            (0..all).map(|i| (i, None)).collect()
        } else {
            let quick = match errors {
                Some(_) => None,
                // A table without a test part has no errors, which the sentence on what was chosen says.
                None => self.quick_evaluation(&table, options.only.clone()).ok(),
            };
            let skills = errors.or(quick.as_ref()).map(|errors| self.skills(&table, &prediction, errors));
            let few = Few::of(all, options.most, &skills.unwrap_or_default());
            remarks.push(few.told);
            few.chosen
        };
        let fans = chosen.into_iter().map(|(index, rank)| {
            let fan = self.fan(panel, &prediction, (index / k, index % k), options.history);
            Fan { rank, ..fan }
        });
        Ok((fans.collect(), remarks))
    }

    pub(super) fn usual_intervals(&self) -> Vec<u8> {
        let known = self.meta.calibration.as_ref().map_or(&[][..], |c| &c.levels);
        USUAL.into_iter().filter(|level| known.contains(level)).collect()
    }

    /// The skill of each forecast of a prediction on the test part, as far as there is one.
    fn skills(&self, table: &Table, prediction: &Prediction, errors: &Evaluation) -> Vec<(usize, f64)> {
        let k = self.meta.schema.targets.len();
        let mut places: Vec<Option<usize>> = vec![None; table.panel.series.len()];
        for (i, cut) in prediction.cuts.iter().enumerate() {
            let series = prediction.future.segments[cut.segment as usize].series as usize;
            if let Some(place) = places.get_mut(series) {
                *place = Some(i);
            }
        }
        let of = |(index, skill): (usize, f64)| Some(((*places.get(index / k)?)? * k + index % k, skill));
        skills(errors).into_iter().filter_map(of).collect()
    }

    /// An evaluation of the test part over so few origins that it takes seconds.
    fn quick_evaluation(&self, table: &Table, only: Option<Vec<String>>) -> Result<Evaluation> {
        let horizon = self.model.shape().horizon;
        let rows = table.panel.stamps.iter().filter(|stamp| **stamp >= self.meta.bounds.test_start).count();
        let stride = horizon * (rows / horizon.max(1) / ENOUGH + 1);
        self.evaluate(table, &EvaluateOptions { only, stride: Some(stride), ..EvaluateOptions::default() })
    }

    /// One forecast of a prediction: which cut, which target.
    fn fan(
        &self,
        panel: &Panel,
        prediction: &Prediction,
        which: (usize, usize),
        history: Option<usize>,
    ) -> Fan {
        let (cut_index, target) = which;
        let (future, forecasts) = (&prediction.future, &prediction.forecasts);
        let (p, k) = (forecasts.horizon, forecasts.targets);
        let cut = prediction.cuts[cut_index];
        let series = future.segments[cut.segment as usize].series;
        let stamps = &future.stamps[cut.row..cut.row + p];
        let cells = |values: &[f64], per: usize, at: usize| -> Vec<f64> {
            (0..p).map(|step| values[((cut_index * p + step) * k + target) * per + at]).collect()
        };
        let written = forecasts.written(&forecasts.point, 1);
        let point = cells(&written, 1, 0);
        let season = self.meta.schema.season;
        let rows = history.unwrap_or_else(|| (3 * p).max(2 * season).clamp(40, 400));
        let (history, observed) = observed(panel, series, target, (stamps[0], stamps[p - 1]), rows);
        let clock = Clock::new(history.iter().map(|(at, _)| *at).chain(stamps.iter().copied()), |stamp| {
            panel.time.local_seconds(stamp)
        });
        let mut bands: Vec<(String, Vec<(f64, f64)>)> = forecasts
            .intervals
            .iter()
            .rev()
            .map(|own| {
                let ends = cells(&own.low, 1, 0).into_iter().zip(cells(&own.high, 1, 0));
                (format!("{} % interval", own.level), ends.collect())
            })
            .collect();
        let q = forecasts.levels.len();
        if bands.is_empty() && q >= 2 {
            let ends =
                cells(&forecasts.quantiles, q, 0).into_iter().zip(cells(&forecasts.quantiles, q, q - 1));
            let name = format!("quantiles {} to {}", forecasts.levels[0], forecasts.levels[q - 1]);
            bands.push((name, ends.collect()));
        }
        let key = &panel.series[series as usize];
        Fan {
            series: if key.0.is_empty() { String::new() } else { key.to_string() },
            target: self.meta.schema.targets[target].clone(),
            clock,
            step: panel.freq.seconds(),
            history,
            forecast: stamps.iter().copied().zip(point).collect(),
            bands,
            observed,
            rank: None,
        }
    }
}

/// Stamps and values.
type Observed = Vec<(i64, f64)>;

/// The last `rows` values before the first of two stamps, with a break where a long hole parts the rows,
/// and those from it up to the second.
fn observed(
    panel: &Panel,
    series: u32,
    target: usize,
    ahead: (i64, i64),
    rows: usize,
) -> (Observed, Observed) {
    let values = &panel.columns[target].values;
    let (mut before, mut after): (Observed, Observed) = (Vec::new(), Vec::new());
    for segment in panel.segments_of(series) {
        let own = segment.offset..segment.offset + segment.len;
        if let Some((last, _)) = before.last().copied() {
            before.push((last, f64::NAN));
        }
        for row in own {
            let item = (panel.stamps[row], values[row]);
            if item.0 < ahead.0 {
                before.push(item);
            } else if item.0 <= ahead.1 {
                after.push(item);
            }
        }
    }
    before.drain(..before.len().saturating_sub(rows));
    let first = before.iter().position(|(_, value)| value.is_finite()).unwrap_or(before.len());
    before.drain(..first);
    if after.iter().all(|(_, value)| value.is_nan()) {
        after.clear();
    }
    (before, after)
}
