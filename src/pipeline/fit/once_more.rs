//! After the choice: the networks learn from the rows that made it.
//!
//! Validation has told after how many passes over the windows to stop, how wide intervals are, and what
//! stands beside the networks with which weights; all of that stays. By default the networks then go on
//! for a while with the windows of the training and the validation part together, whose rows are the
//! newest before the test part. With `--final` scalers, networks and the fitted members of the pool are made afresh, of all
//! rows.

use candle_core::Device;

use super::calibrate::Calibrated;
use super::fitted::Fitted;
use super::problem::Problem;
use super::session::Session;
use crate::checkpoint::{Curve, OnceMore, Training};
use crate::config::{Config, Decoder, Final};
use crate::data::panel::Panel;
use crate::data::split::{self, Bounds, Cut, Observed, Range};
use crate::error::{Error, Result};
use crate::forecast::learned::{Learned, Lesson};
use crate::forecast::pool::Pool;
use crate::forecast::{Windows, network};
use crate::model::Ensemble;
use crate::pipeline::threads;
use crate::text::plural;
use crate::train::state::Snapshot;
use crate::train::{self, End, Event, Flow, Hooks, Start, ema};

/// Steps that the networks go on for, as a share of those after which they were best, and the rate that they begin with.
const SHARE: f64 = 0.3;
const RATE: f64 = 0.5;

impl Session<'_> {
    /// What `--final` says of a trained model. `None` where the caller stopped it.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn once_more(&mut self, first: Fitted, hooks: &mut dyn Hooks) -> Result<Option<Fitted>> {
        match self.config.train.once_more {
            Final::No => Ok(Some(first)),
            Final::Validation => self.with_validation(first, hooks),
            Final::All => self.with_all(first, hooks),
        }
    }

    fn with_validation(&mut self, first: Fitted, hooks: &mut dyn Hooks) -> Result<Option<Fitted>> {
        let (model, mut meta) = first.into_parts();
        let mut calibrated =
            Calibrated { training: meta.training, pool: meta.pool, calibration: meta.calibration };
        let panel = &self.table.panel;
        let (model, end) =
            self.problem.go_on(&self.config, panel, &self.device, model, &mut calibrated, hooks)?;
        hooks.done();
        Calibrated { training: meta.training, pool: meta.pool, calibration: meta.calibration } = calibrated;
        Ok((end != End::Stopped).then(|| Fitted::new(model, meta, self.device.clone())))
    }

    /// Trains as `first` was trained, on all rows; where that diverges, `first` is what remains.
    fn with_all(&mut self, first: Fitted, hooks: &mut dyn Hooks) -> Result<Option<Fitted>> {
        let panel = &self.table.panel;
        let meta = first.meta().clone();
        let end = panel.stamps.iter().copied().max().unwrap_or(0).saturating_add(1);
        let bounds = Bounds { val_start: end, test_start: end };
        let all = threads::run(|| Problem::at(&self.config, self.table, Some(meta.inputs.clone()), bounds))?;
        let steps = as_many(&meta.training, &self.config, (&self.problem, &all), panel);
        let config = for_steps(&self.config, steps, train::steps_per_epoch(&all.data(panel), &self.config));
        hooks.note(&format!(
            "--final: training once more, on all rows: {} in place of {}, {} of each network",
            plural(all.train.len(), "window"),
            self.problem.train.len(),
            plural(steps, "step")
        ));
        self.problem = all;
        let start = Start { weights: self.weights.clone(), state: None };
        let (problem, device) = (&self.problem, &self.device);
        let data = problem.data(panel);
        let trained = threads::run(|| {
            train::fit_all(&problem.shape, &data, &config, device, start, &mut Unsaved(&mut *hooks))
        });
        hooks.done();
        let trained = trained?;
        match trained.end {
            End::Finished => {}
            End::Stopped => return Ok(None),
            End::Diverged(why) => {
                let kept = "the checkpoint holds the networks of the training before";
                hooks.warn(&why.error(&format!("--final: {kept}")).to_string());
                return Ok(Some(first));
            }
        }
        let once_more = OnceMore {
            part: Final::All,
            windows: problem.train.len(),
            series: problem.train_series(panel),
            steps,
            chosen: meta.bounds,
        };
        let calibrated = Calibrated {
            training: Training { once_more: Some(once_more), ..meta.training },
            pool: threads::run(|| problem.learn_again(meta.pool, &self.config, panel)),
            calibration: meta.calibration,
        };
        let model = Ensemble { members: trained.members };
        let meta = problem.meta(self.config.clone(), self.table, calibrated);
        Ok(Some(Fitted::new(model, meta, self.device.clone())))
    }
}

impl Problem {
    /// Has networks go on with the windows of the training and the validation part, in the scalers of the
    /// training part. Where there is no validation, or where they diverge, they stay as they were; they do so
    /// too where the caller stops them.
    ///
    /// # Errors
    /// Those of the device.
    pub(crate) fn go_on(
        &mut self,
        config: &Config,
        panel: &Panel,
        device: &Device,
        model: Ensemble,
        calibrated: &mut Calibrated,
        hooks: &mut dyn Hooks,
    ) -> Result<(Ensemble, End)> {
        let chosen = config.train.validation && !self.val.is_empty();
        let pooled = config.model.decoder == Decoder::Lead || !calibrated.pool.is_none();
        if config.train.once_more != Final::Validation || !chosen || !pooled {
            return Ok((model, End::Finished));
        }
        let range = Range { from: None, until: Some(self.bounds.test_start), stride: config.windows.stride };
        let before = self.train.len();
        let best = best_steps(&calibrated.training, train::steps_per_epoch(&self.data(panel), config));
        self.train = split::cuts(panel, &Observed::new(panel), self.need, range);
        let val = train::thin(&std::mem::take(&mut self.val), train::VALIDATION_WINDOWS);
        let steps = (best * SHARE * self.train.len() as f64 / before.max(1) as f64).round() as usize;
        if steps == 0 {
            return Ok((model, End::Finished));
        }
        let mut own = for_steps(config, steps, train::steps_per_epoch(&self.data(panel), config));
        own.train.learning_rate *= RATE;
        let weights = model.members.iter().map(ema::weights).collect::<Result<Vec<_>>>()?;
        let start = Start { weights: Some(weights), state: None };
        let (problem, data) = (&*self, self.data(panel));
        let trained = threads::run(|| {
            train::fit_all(&problem.shape, &data, &own, device, start, &mut Unsaved(&mut *hooks))
        })?;
        match &trained.end {
            End::Finished => {}
            End::Stopped => return Ok((model, trained.end)),
            End::Diverged(why) => {
                let kept = "going on with the validation part: the checkpoint holds the networks as they were before";
                hooks.warn(&why.error(kept).to_string());
                return Ok((model, End::Finished));
            }
        }
        calibrated.training.once_more = Some(OnceMore {
            part: Final::Validation,
            windows: self.train.len(),
            series: self.train_series(panel),
            steps,
            chosen: self.bounds,
        });
        let after = Ensemble { members: trained.members };
        let pool = std::mem::take(&mut calibrated.pool);
        calibrated.pool = threads::run(|| {
            let pool = self.as_wide((&model, &after), pool, (panel, &val), device)?;
            Ok::<_, Error>(self.learn_again(pool, config, panel))
        })?;
        Ok((after, End::Finished))
    }

    /// The pool with the factors by which the quantiles of the networks `after` are as far from their median as those of the
    /// networks before, in the mean over these windows: what was learned from them makes quantiles narrow, and
    /// the intervals were calibrated before.
    fn as_wide(
        &self,
        (before, after): (&Ensemble, &Ensemble),
        mut pool: Pool,
        (panel, cuts): (&Panel, &[Cut]),
        device: &Device,
    ) -> Result<Pool> {
        if self.shape.quantiles.is_empty() {
            return Ok(pool);
        }
        let windows = Windows::new(&self.inputs, device, cuts.len() * self.need.input_window)?;
        let widths = |model: &Ensemble| -> Result<Vec<f64>> {
            let forecasts = network::forecast(&model.members, &windows, panel, self.season, cuts)?;
            Ok(forecasts.mean_widths())
        };
        let (before, after) = (widths(before)?, widths(after)?);
        if pool.is_none() {
            pool = Pool::of_last_value(&vec![0.0; before.len()], self.need.input_window);
        }
        pool.widen(before.iter().zip(&after).map(|(before, after)| before / after));
        Ok(pool)
    }

    /// The pool with its fitted members made afresh of these windows.
    fn learn_again(&self, mut pool: Pool, config: &Config, panel: &Panel) -> Pool {
        let units = train::units(&self.data(panel), config.train.weighing());
        let seed = config.run.seed;
        let lesson = Lesson { panel, inputs: &self.inputs, cuts: &self.train, units: &units, seed };
        pool.learned = Learned::fit(&lesson, &pool.members);
        pool
    }
}

/// Steps after which a network was best, in the mean over the networks.
fn best_steps(training: &Training, epoch: usize) -> f64 {
    let best = |curve: &Curve| match curve.best_epoch {
        0 => training.epochs,
        best => best,
    };
    let members = training.curves.len().max(1) as f64;
    let epochs: usize = training.curves.iter().map(best).sum();
    // Steps of the training before, where it was shorter than an epoch.
    (epochs as f64 / members * epoch as f64).min(training.steps as f64 / members)
}

/// Steps that pass over all windows as often as was best on the training part.
fn as_many(training: &Training, config: &Config, (was, all): (&Problem, &Problem), panel: &Panel) -> usize {
    let best = best_steps(training, train::steps_per_epoch(&was.data(panel), config));
    let more = all.train.len() as f64 / was.train.len().max(1) as f64;
    ((best * more).round() as usize).max(1)
}

/// Settings for a training of so many steps, which nothing stops early.
fn for_steps(config: &Config, steps: usize, epoch: usize) -> Config {
    let mut config = config.clone();
    config.train.max_steps = Some(steps);
    config.train.epochs = steps.div_ceil(epoch.max(1)).max(1);
    config.train.validation = false;
    config
}

/// A caller's hooks for what comes after the choice, without states: an interrupted training goes on with that of the training before.
struct Unsaved<'a>(&'a mut dyn Hooks);

impl Hooks for Unsaved<'_> {
    fn event(&mut self, event: &Event) -> Flow {
        let mut event = event.clone();
        if let Event::Start { once_more, .. } = &mut event {
            *once_more = true;
        }
        self.0.event(&event)
    }

    fn save(&mut self, _: Snapshot<'_>) -> Result<()> {
        Ok(())
    }
}
