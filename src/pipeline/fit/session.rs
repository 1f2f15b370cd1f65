//! One training, from its starting point to a fitted model: with the state that an interruption
//! leaves, and once more at a lower rate where it diverges.

use std::path::Path;
use std::time::Duration;

use candle_core::Device;

use super::batch_size;
use super::fitted::Fitted;
use super::problem::Problem;
use super::resume::{Saver, WithState};
use super::start::StartingPoint;
use crate::config::{BatchSize, Config};
use crate::error::{Error, Result};
use crate::model::{Ensemble, Model};
use crate::pipeline::table::{self, Table};
use crate::pipeline::threads;
use crate::train::state::{Outcome, State, Weights};
use crate::train::{self, Divergence, End, Hooks, Start};

/// A training that is ready to begin.
pub struct Session<'a> {
    pub(super) config: Config,
    pub(super) table: &'a Table,
    pub(super) problem: Problem,
    pub(super) device: Device,
    saver: Saver,
    state: Option<State>,
    /// Of the model that training starts from.
    pub(super) weights: Option<Vec<Weights>>,
    resumed: bool,
}

/// Where a training leaves what it makes.
#[derive(Debug, Clone)]
pub struct Keep {
    /// The checkpoint's file.
    pub out: String,
    /// How often the state is saved beside it, between the ends of epochs.
    pub save_every: Duration,
    /// Train once more, at a tenth of the learning rate, when training diverges.
    pub retry_diverged: bool,
    /// The command that goes on after an interruption, for messages.
    pub resume_command: String,
}

/// The rate of a second try, to the digits that a user would write: a tenth of 3e-3 is 3e-4.
fn tenth(rate: f64) -> f64 {
    let text = format!("{rate:e}");
    let shifted = text.split_once('e').and_then(|(digits, exponent)| {
        format!("{digits}e{}", exponent.parse::<i32>().ok()? - 1).parse().ok()
    });
    shifted.unwrap_or(rate / 10.0)
}

impl<'a> Session<'a> {
    /// Cuts the windows of the table, and settles all that is settled before the first step. What
    /// there is to say goes to the hooks.
    ///
    /// # Errors
    /// `Error::Data` for a table without a window to train on, `Error::Checkpoint` for another table
    /// than that of the state or of the older model, `Error::Config` for a batch that does not fit.
    pub fn new(
        mut start: StartingPoint,
        table: &'a Table,
        device: &Device,
        hooks: &mut dyn Hooks,
    ) -> Result<Session<'a>> {
        table::require_target(&start.config.data, &table.panel.source)?;
        start.same_table(table)?;
        let resumed = start.saved.is_some();
        let spec = start.initial.as_ref().map(|initial| initial.meta.inputs.clone());
        let problem = threads::run(|| Problem::new(&start.config, table, spec))?;
        problem.notes.iter().for_each(|note| hooks.note(note));
        if !resumed {
            problem.bound_hint(&start.config, &table.panel).iter().for_each(|note| hooks.note(note));
        }
        let (size, note) = batch_size::size(&start.config, &problem, table.panel.stamps.len(), device)?;
        start.config.train.batch_size = BatchSize::Count(size);
        note.iter().for_each(|note| hooks.note(note));
        let origin = start.origin(table)?;
        let layout = Model::layout(&start.config.model, &problem.shape);
        let members = start.config.model.ensemble;
        let state = start.saved.take().map(|saved| saved.state(&layout, members)).transpose()?;
        let weights = start.initial.as_ref().map(|initial| initial.weights()).transpose()?;
        let saver = Saver::new(start.state_path, origin, layout, resumed);
        let (config, device) = (start.config, device.clone());
        Ok(Session { config, table, problem, device, saver, state, weights, resumed })
    }

    /// Trains, and gives the fitted model back; nothing is written.
    ///
    /// # Errors
    /// `Error::Diverged`, `Error::Interrupted`, and those of the device.
    pub fn run(mut self, hooks: &mut dyn Hooks) -> Result<Fitted> {
        self.saver.keep_nothing();
        let trained = self.train(hooks)?;
        match trained.end.clone() {
            End::Finished => match self.finally(trained, hooks)? {
                Some(fitted) => Ok(fitted),
                None => Err(Error::Interrupted {
                    message: "training was interrupted after the choice".into(),
                    hint: None,
                }),
            },
            End::Stopped => Err(Error::Interrupted {
                message: format!("training was interrupted after step {}", trained.outcome.steps),
                hint: None,
            }),
            End::Diverged(why) => Err(why.error("nothing was kept")),
        }
    }

    /// Trains, once more where that is asked for, and writes what came out.
    ///
    /// # Errors
    /// As [`Session::run`], and `Error::Write`.
    pub fn run_and_keep(mut self, keep: &Keep, hooks: &mut dyn Hooks) -> Result<Fitted> {
        self.saver.save_every(keep.save_every);
        if !self.resumed {
            self.saver.note().iter().for_each(|note| hooks.note(note));
        }
        if self.saver.origin.retried {
            self.config.train.learning_rate = tenth(self.config.train.learning_rate);
        }
        loop {
            let trained = self.train(hooks)?;
            match trained.end.clone() {
                End::Finished => return self.finish(keep, trained, hooks),
                End::Stopped => return Err(self.stopped(keep, trained)?),
                End::Diverged(why) if !keep.retry_diverged || self.saver.origin.retried => {
                    return Err(self.give_up(keep, trained, &why)?);
                }
                End::Diverged(why) => {
                    self.saver.origin.retried = true;
                    self.config.train.learning_rate = tenth(self.config.train.learning_rate);
                    let from = self.config.train.learning_rate;
                    hooks.warn(&why.error(&format!("training starts again at {from:.3e}")).to_string());
                }
            }
        }
    }

    /// Networks that were trained elsewhere, from a file with this hash, with all that a forecast needs beside them.
    pub(super) fn untrained(mut self, members: Vec<Model>, hash: &str) -> Result<Fitted> {
        self.saver.keep_nothing();
        let trained = train::Trained { members, outcome: Outcome::default(), end: End::Finished };
        let mut fitted = self.fitted(trained)?;
        fitted.starts_from(hash);
        Ok(fitted)
    }

    fn train(&mut self, hooks: &mut dyn Hooks) -> Result<train::Trained> {
        let start = Start { weights: self.weights.clone(), state: self.state.take() };
        let (problem, config, device) = (&self.problem, &self.config, &self.device);
        let data = problem.data(&self.table.panel);
        let mut with_state = WithState { hooks: &mut *hooks, saver: &mut self.saver };
        let trained =
            threads::run(|| train::fit_all(&problem.shape, &data, config, device, start, &mut with_state));
        hooks.done();
        trained.map_err(batch_size::explain)
    }

    /// Writes the checkpoint; the state is of no use any more.
    fn finish(&mut self, keep: &Keep, trained: train::Trained, hooks: &mut dyn Hooks) -> Result<Fitted> {
        let steps = trained.outcome.steps;
        let Some(fitted) = self.finally(trained, hooks)? else {
            let kept = match self.saver.kept() {
                Some(state) => format!("{} holds the training before it", state.display()),
                None => format!("{} is as it was", keep.out),
            };
            return Err(Error::Interrupted {
                message: format!(
                    "training was interrupted after the choice, after {steps} steps on the training part; {kept}"
                ),
                hint: self.saver.kept().map(|_| format!("go on with: {}", keep.resume_command)),
            });
        };
        fitted.save(&keep.out).map_err(|error| match (&error, self.saver.kept()) {
            (Error::Write { .. }, Some(state)) => error.with_hint(format!(
                "nothing is lost: {} holds the training; make room, then: {}",
                state.display(),
                keep.resume_command
            )),
            _ => error,
        })?;
        self.saver.remove()?;
        Ok(fitted)
    }

    /// After an interruption: the state is saved and the checkpoint left as it was; only where there
    /// is no state, the best weights so far are written instead.
    fn stopped(&self, keep: &Keep, trained: train::Trained) -> Result<Error> {
        let steps = trained.outcome.steps;
        if let Some(state) = self.saver.kept() {
            return Ok(Error::Interrupted {
                message: format!(
                    "training was interrupted after step {steps}; {} holds its state",
                    state.display()
                ),
                hint: Some(format!("go on with: {}", keep.resume_command)),
            });
        }
        let kept = self.write_best(keep, trained)?;
        Ok(Error::Interrupted {
            message: format!("training was interrupted after step {steps}; {kept}"),
            hint: None,
        })
    }

    /// After a divergence: the best weights so far are written, and the state, which would only
    /// diverge again, is removed.
    fn give_up(&self, keep: &Keep, trained: train::Trained, why: &Divergence) -> Result<Error> {
        let kept = self.write_best(keep, trained)?;
        self.saver.remove()?;
        Ok(why.error(&kept))
    }

    /// Writes the best weights so far, and says so.
    fn write_best(&self, keep: &Keep, trained: train::Trained) -> Result<String> {
        let out = &keep.out;
        if trained.members.is_empty() {
            return Ok(format!("no epoch had ended, so {out} was not written"));
        }
        let epoch = trained.outcome.best_epoch;
        self.fitted(trained)?.save(Path::new(out))?;
        Ok(format!("{out} holds the best weights so far, of epoch {epoch}"))
    }

    /// The trained networks with all that a forecast needs beside them, and what `--final` adds.
    fn finally(&mut self, trained: train::Trained, hooks: &mut dyn Hooks) -> Result<Option<Fitted>> {
        let fitted = self.fitted(trained)?;
        self.once_more(fitted, hooks)
    }

    /// The trained networks with all that a forecast needs beside them.
    fn fitted(&self, trained: train::Trained) -> Result<Fitted> {
        let mut config = self.config.clone();
        // Fewer members than were asked for, after a training that did not finish.
        config.model.ensemble = trained.members.len();
        let model = Ensemble { members: trained.members };
        let (problem, panel, device) = (&self.problem, &self.table.panel, &self.device);
        let mut calibrated =
            threads::run(|| problem.calibrate(&config, &model, panel, &trained.outcome, device))?;
        calibrated.training.init_from = self.saver.origin.init.as_ref().map(|init| init.hash.clone());
        let meta = problem.meta(config, self.table, calibrated);
        Ok(Fitted::new(model, meta, device.clone()))
    }
}
