//! One training of one trial on one fold, and its score.

use std::time::Instant;

use candle_core::Device;

use super::folds::Fold;
use super::journal::written;
use crate::config::{Config, Pooling};
use crate::data::holidays::COLUMN;
use crate::data::panel::Panel;
use crate::data::windows::history;
use crate::error::{Error, Result};
use crate::forecast::baseline::STANDARD;
use crate::forecast::{Forecasts, Windows, network};
use crate::model::Ensemble;
use crate::pipeline::fit::Problem;
use crate::pipeline::table::Table;
use crate::pipeline::threads;
use crate::train::{self, End, Hooks, Start};

/// What is trained, and how it is scored.
pub(super) struct Job<'a> {
    pub(super) config: Config,
    pub(super) table: &'a Table,
    pub(super) fold: &'a Fold,
    /// With all members and the pool, as `train` does; else one network alone.
    pub(super) whole: bool,
    /// Steps of each network; as the settings say for `None`.
    pub(super) steps: Option<usize>,
}

/// What a training is worth.
pub(super) struct Outcome {
    pub(super) score: f64,
    /// Seconds of it that went into steps of training; the rest is the same whatever their number.
    pub(super) training: f64,
}

impl Job<'_> {
    /// The score: the mean absolute error beside that of the better simple forecast, averaged over targets.
    ///
    /// # Errors
    /// Of training; `Error::Interrupted` where a hook stopped it.
    pub(super) fn run(&self, device: &Device, hooks: &mut dyn Hooks) -> Result<Outcome> {
        let mut config = self.config.clone();
        if !self.whole {
            config.model.ensemble = 1;
            config.model.pool = Pooling::Networks;
        }
        if let Some(steps) = self.steps {
            config.train.max_steps = Some(config.train.max_steps.map_or(steps, |own| own.min(steps)));
        }
        let table = without_features(self.table, &config);
        let table = table.as_ref().unwrap_or(self.table);
        let panel = &table.panel;
        let problem = threads::run(|| Problem::at(&config, table, None, self.fold.bounds))?;
        let data = problem.data(panel);
        let began = Instant::now();
        let trained =
            threads::run(|| train::fit_all(&problem.shape, &data, &config, device, Start::default(), hooks));
        hooks.done();
        let trained = trained?;
        let training = began.elapsed().as_secs_f64();
        match &trained.end {
            End::Finished => {}
            End::Stopped => {
                return Err(Error::Interrupted { message: "tuning was interrupted".into(), hint: None });
            }
            End::Diverged(why) => return Err(why.error("this trial is left out")),
        }
        let model = Ensemble { members: trained.members };
        let forecasts = threads::run(|| -> Result<Forecasts> {
            let cuts = &self.fold.cuts;
            let windows = Windows::new(&problem.inputs, device, cuts.len() * problem.need.input_window)?;
            let networks = network::forecast(&model.members, &windows, panel, problem.season, cuts)?;
            let networks = match self.whole {
                false => networks,
                true => {
                    let calibrated = problem.calibrate(&config, &model, panel, &trained.outcome, device)?;
                    calibrated.pool.combine(networks, panel, &problem.inputs, cuts)
                }
            };
            Ok(networks.within(&problem.limits))
        })?;
        let own = errors(panel, self.fold, &forecasts);
        let simple = simple_errors(panel, self.fold, problem.season, problem.need.horizon);
        let shares: Vec<f64> =
            own.iter().zip(&simple).filter_map(|(own, simple)| Some((*own)? / (*simple)?)).collect();
        let score = shares.iter().sum::<f64>() / shares.len() as f64;
        match score.is_finite() {
            true => Ok(Outcome { score: written(score), training }),
            false => {
                Err(Error::config("the forecasts have no error: nothing was observed, or nothing moves"))
            }
        }
    }
}

/// The table without its other columns, where the settings' list of features leaves them out.
fn without_features(table: &Table, config: &Config) -> Option<Table> {
    let features = config.data.features.as_ref()?;
    let panel = &table.panel;
    let keeps = |at: usize, name: &String| at < panel.targets || features.contains(name) || name == COLUMN;
    if panel.columns.iter().enumerate().all(|(at, column)| keeps(at, &column.name)) {
        return None;
    }
    let kept = panel.columns.iter().enumerate().filter(|(at, column)| keeps(*at, &column.name));
    let columns = kept.map(|(_, column)| column.clone()).collect();
    let panel =
        Panel { columns, segments: panel.segments.clone(), stamps: panel.stamps.clone(), ..panel.shell() };
    Some(Table { panel, dialect: table.dialect.clone(), source: table.source.clone(), ..*table })
}

/// Mean absolute error of each target.
fn errors(panel: &Panel, fold: &Fold, forecasts: &Forecasts) -> Vec<Option<f64>> {
    let (p, k) = (forecasts.horizon, forecasts.targets);
    means(panel, fold, p, k, |i, target, step| forecasts.point[(i * p + step) * k + target])
}

/// That of the better simple forecast, which sees all of the history: the same for all trials.
fn simple_errors(panel: &Panel, fold: &Fold, season: usize, horizon: usize) -> Vec<Option<f64>> {
    let k = panel.targets;
    let of = |baseline: &crate::forecast::baseline::Baseline| {
        let mut all = vec![0f64; fold.cuts.len() * k * horizon];
        for (i, cut) in fold.cuts.iter().enumerate() {
            let first = cut.row - history(panel, *cut, usize::MAX);
            for (target, column) in panel.columns.iter().take(k).enumerate() {
                let at = (i * k + target) * horizon;
                baseline.forecast(&column.values[first..cut.row], season, &mut all[at..at + horizon]);
            }
        }
        means(panel, fold, horizon, k, |i, target, step| all[(i * k + target) * horizon + step])
    };
    let all: Vec<Vec<Option<f64>>> = STANDARD.iter().map(of).collect();
    let best = |target: usize| {
        all.iter().filter_map(|own| own[target]).filter(|e| *e > 0.0).min_by(|a, b| a.total_cmp(b))
    };
    (0..k).map(best).collect()
}

fn means(
    panel: &Panel,
    fold: &Fold,
    horizon: usize,
    targets: usize,
    forecast: impl Fn(usize, usize, usize) -> f64,
) -> Vec<Option<f64>> {
    let of = |target: usize| {
        let (mut sum, mut n) = (0f64, 0usize);
        for (i, cut) in fold.cuts.iter().enumerate() {
            for step in 0..horizon {
                let error = panel.columns[target].values[cut.row + step] - forecast(i, target, step);
                if error.is_finite() {
                    sum += error.abs();
                    n += 1;
                }
            }
        }
        (n > 0).then(|| sum / n as f64)
    };
    (0..targets).map(of).collect()
}
