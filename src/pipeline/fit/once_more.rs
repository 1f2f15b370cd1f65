//! `--final`: once everything is chosen, the networks are trained once more, on all rows.
//!
//! Validation has told after how many passes over the windows to stop, how wide intervals are, and what
//! stands beside the networks with which weights; all of that stays. Scalers, networks and the fitted
//! members of the pool are made afresh.

use super::calibrate::Calibrated;
use super::fitted::Fitted;
use super::problem::Problem;
use super::session::Session;
use crate::checkpoint::{Curve, OnceMore, Training};
use crate::config::Config;
use crate::data::panel::Panel;
use crate::data::split::Bounds;
use crate::error::Result;
use crate::forecast::learned::{Learned, Lesson};
use crate::forecast::pool::Pool;
use crate::model::Ensemble;
use crate::pipeline::threads;
use crate::text::plural;
use crate::train::state::Snapshot;
use crate::train::{self, End, Event, Flow, Hooks, Start};

impl Session<'_> {
    /// Trains as `first` was trained, on all rows; where that diverges, `first` is what remains. `None` where the
    /// caller stopped it.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn once_more(&mut self, first: Fitted, hooks: &mut dyn Hooks) -> Result<Option<Fitted>> {
        let panel = &self.table.panel;
        let meta = first.meta().clone();
        let end = panel.stamps.iter().copied().max().unwrap_or(0).saturating_add(1);
        let bounds = Bounds { val_start: end, test_start: end };
        let all = threads::run(|| Problem::at(&self.config, self.table, Some(meta.inputs.clone()), bounds))?;
        let config = self.as_long(&meta.training, &all);
        let steps = config.train.max_steps.unwrap_or(0);
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

    /// The settings of a training that passes over all windows as often as was best on the training part.
    fn as_long(&self, training: &Training, all: &Problem) -> Config {
        let panel = &self.table.panel;
        let an_epoch = |problem: &Problem| train::steps_per_epoch(&problem.data(panel), &self.config);
        let best = |curve: &Curve| match curve.best_epoch {
            0 => training.epochs,
            best => best,
        };
        let members = training.curves.len().max(1);
        let epochs: usize = training.curves.iter().map(best).sum();
        let steps = epochs as f64 / members as f64 * an_epoch(&self.problem) as f64;
        let more = all.train.len() as f64 / self.problem.train.len().max(1) as f64;
        // Steps of the training before, where it was shorter than an epoch.
        let most = training.steps as f64 / members as f64;
        let steps = ((steps.min(most) * more).round() as usize).max(1);
        let mut config = self.config.clone();
        config.train.max_steps = Some(steps);
        config.train.epochs = steps.div_ceil(an_epoch(all)).max(1);
        config.train.validation = false;
        config
    }
}

impl Problem {
    /// The pool with its fitted members made afresh of these windows.
    fn learn_again(&self, mut pool: Pool, config: &Config, panel: &Panel) -> Pool {
        let units = train::units(&self.data(panel), config.train.weighing());
        let seed = config.run.seed;
        let lesson = Lesson { panel, inputs: &self.inputs, cuts: &self.train, units: &units, seed };
        pool.learned = Learned::fit(&lesson, &pool.members);
        pool
    }
}

/// A caller's hooks, without states: an interrupted training goes on with that of the training before.
struct Unsaved<'a>(&'a mut dyn Hooks);

impl Hooks for Unsaved<'_> {
    fn event(&mut self, event: &Event) -> Flow {
        self.0.event(event)
    }

    fn save(&mut self, _: Snapshot<'_>) -> Result<()> {
        Ok(())
    }
}
