//! `train`: a table becomes a checkpoint.

use std::cell::RefCell;
use std::path::Path;
use std::time::Instant;

use crate::checkpoint::{self, Meta, Training};
use crate::cli::{GlobalFlags, TrainArgs};
use crate::cmd::interrupt;
use crate::cmd::progress::Progress;
use crate::config::{self, BatchSize, Config};
use crate::error::{Error, Result};
use crate::model::{Ensemble, Model};
use crate::output;
use crate::pipeline::fit::batch_size as batch;
use crate::pipeline::fit::problem::Setup;
use crate::pipeline::fit::resume::{self as saver, Saver};
use crate::pipeline::fit::start::{self as plan, Plan};
use crate::pipeline::table::{self as prepare, Table};
use crate::terminal::print_line;
use crate::train::log::TrainLog;
use crate::train::state::State;
use crate::train::{self, Divergence, End, Event, Fitted, Flow, Hooks, Start};

/// The rate of `--retry-diverged`, to the digits that a user would write: a tenth of 3e-3 is 3e-4.
fn tenth(rate: f64) -> f64 {
    let text = format!("{rate:e}");
    let shifted = text.split_once('e').and_then(|(digits, exponent)| {
        format!("{digits}e{}", exponent.parse::<i32>().ok()? - 1).parse().ok()
    });
    shifted.unwrap_or(rate / 10.0)
}

/// Runs the command.
pub fn run(args: &TrainArgs, global: &GlobalFlags) -> Result<()> {
    let began = Instant::now();
    let mut plan = Plan::new(args)?;
    if let Some(old) = &plan.old {
        super::files::check_init(args, &old.init.path)?;
    }
    if args.print_config {
        let yaml = config::to_yaml(&plan.config)?;
        return output::write_stdout(|w| Ok(w.write_all(yaml.as_bytes())?));
    }
    if !global.quiet {
        super::note_all(&plan.without_effect);
    }
    super::use_threads(&plan.config.run)?;
    let device = super::device(&plan.config.run, global)?;
    let moved = plan.compute_on(crate::pipeline::device::name(&device));
    if !global.quiet {
        super::note_all(moved.as_slice());
    }
    prepare::require_target(&plan.config.data, args.table.as_deref().unwrap_or("TABLE"))?;
    let source = prepare::source(args.table.as_deref())?;
    output::check_writable(Path::new(&args.out))?;
    if let Some(log) = &args.log {
        output::check_writable(Path::new(log))
            .map_err(|e| e.with_hint("create its folder, or choose another path with --log"))?;
    }
    if let Some(path) = &plan.state_path {
        output::check_own(path)?;
    }
    let data = &plan.config.data;
    let table = prepare::table(&source, &plan.read_options()?, data, prepare::max_gap_rows(&plan.config))?;
    prepare::print_notes(&table.panel.notes, global.quiet);

    plan.same_table(&table)?;
    let setup = Setup::new(&plan.config, &table, plan.old.as_ref().map(|old| old.meta.inputs.clone()))?;
    if !global.quiet {
        super::note_all(&setup.notes);
    }
    if !args.resume && !global.quiet {
        setup.bound_hint(&plan.config, &table.panel).into_iter().for_each(print_line);
    }
    let (size, note) = batch::size(&plan.config, &setup, table.panel.stamps.len(), &device)?;
    plan.config.train.batch_size = BatchSize::Count(size);
    if !global.quiet {
        super::note_all(note.as_slice());
    }
    let origin = plan.origin(&table)?;
    let layout = Model::layout(&plan.config.model, &setup.shape);
    let members = plan.config.model.ensemble;
    let state = plan.saved.take().map(|saved| saved.state(&layout, members)).transpose()?;
    let weights = plan.old.as_ref().map(plan::Old::weights).transpose()?;
    // Only now, since an old log is emptied: the table and the settings are good. A pipe may have to
    // be waited for, which Ctrl-C should end at once.
    let log = args.log.as_deref().map(|path| output::open_log(Path::new(path), args.resume)).transpose()?;
    interrupt::install()?;
    let run = Run {
        args,
        global,
        table: &table,
        weights,
        device,
        progress: RefCell::new(Progress::new(global)),
        saver: RefCell::new(Saver::new(plan.state_path.clone(), origin, layout, args)),
        log: RefCell::new(log.map(TrainLog::new)),
        began,
    };
    run.train(plan.config, &setup, state)
}

/// One run of the command, ready to train.
struct Run<'a> {
    args: &'a TrainArgs,
    global: &'a GlobalFlags,
    table: &'a Table,
    /// Of the model that training starts from.
    weights: Option<Vec<train::state::Weights>>,
    device: candle_core::Device,
    progress: RefCell<Progress>,
    saver: RefCell<Saver>,
    log: RefCell<Option<TrainLog>>,
    began: Instant,
}

impl Run<'_> {
    /// Trains, once more where `--retry-diverged` asks for it, and writes what came out.
    fn train(&self, mut config: Config, setup: &Setup, mut state: Option<State>) -> Result<()> {
        if !self.args.resume && !self.global.quiet {
            self.saver.borrow().note().into_iter().for_each(print_line);
        }
        if self.saver.borrow().origin.retried {
            config.train.learning_rate = tenth(config.train.learning_rate);
        }
        loop {
            let fitted = self.fit(&config, setup, state.take());
            self.progress.borrow().finish();
            let fitted = fitted?;
            match fitted.end.clone() {
                End::Finished => return self.finish(config, setup, fitted),
                End::Stopped => return self.stop(config, setup, fitted),
                End::Diverged(why) => {
                    if !self.args.retry_diverged || self.saver.borrow().origin.retried {
                        return self.give_up(config, setup, fitted, &why);
                    }
                    self.saver.borrow_mut().origin.retried = true;
                    config.train.learning_rate = tenth(config.train.learning_rate);
                    let from = config.train.learning_rate;
                    print_line(format!(
                        "note: {}",
                        why.error(&format!("training starts again at {from:.3e}"))
                    ));
                }
            }
        }
    }

    fn fit(&self, config: &Config, setup: &Setup, state: Option<State>) -> Result<Fitted> {
        let data = setup.data(&self.table.panel);
        let start = Start { weights: self.weights.clone(), state };
        let hooks = Hooks {
            on_event: &mut |event| self.on_event(&event),
            due: &mut || self.saver.borrow().due(),
            save: &mut |snapshot| {
                let note = self.saver.borrow_mut().save(snapshot)?;
                note.iter().for_each(|note| self.progress.borrow().line(note));
                Ok(())
            },
        };
        train::fit_all(&setup.shape, &data, config, &self.device, start, hooks).map_err(batch::explain)
    }

    fn on_event(&self, event: &Event) -> Flow {
        let mut progress = self.progress.borrow_mut();
        progress.show(event);
        let mut log = self.log.borrow_mut();
        if let Some(Err(error)) = log.as_mut().map(|log| log.write(event)) {
            // Hours of training are worth more than their log.
            let path = self.args.log.as_deref().unwrap_or_default();
            let error = Error::write(path, error);
            progress.line(&format!("note: {error}; the training goes on without its log"));
            *log = None;
        }
        if interrupt::requested() { Flow::Stop } else { Flow::Continue }
    }

    /// Writes the checkpoint; the state is of no use any more.
    fn finish(&self, config: Config, setup: &Setup, fitted: Fitted) -> Result<()> {
        let saver = self.saver.borrow();
        let (model, meta) =
            self.write(config, setup, fitted).map_err(|error| match (&error, saver.kept()) {
                (Error::Write { .. }, Some(state)) => error.with_hint(format!(
                    "nothing is lost: {} holds the training; make room, then: {}",
                    state.display(),
                    saver::resume_command(self.args)
                )),
                _ => error,
            })?;
        saver.remove()?;
        if !self.global.quiet {
            print_line(summary(&self.args.out, &model, &meta, self.began.elapsed().as_secs_f64()).trim_end());
        }
        Ok(())
    }

    /// After Ctrl-C: the state is saved and the checkpoint left as it was; only where there is no
    /// state, the best weights so far are written instead.
    fn stop(&self, config: Config, setup: &Setup, fitted: Fitted) -> Result<()> {
        let steps = fitted.outcome.steps;
        let saver = self.saver.borrow();
        if let Some(state) = saver.kept() {
            return Err(Error::Interrupted {
                message: format!(
                    "training was interrupted after step {steps}; {} holds its state",
                    state.display()
                ),
                hint: Some(format!("go on with: {}", saver::resume_command(self.args))),
            });
        }
        let kept = self.write_best(config, setup, fitted)?;
        Err(Error::Interrupted {
            message: format!("training was interrupted after step {steps}; {kept}"),
            hint: None,
        })
    }

    /// After a divergence: the best weights so far are written, and the state, which would only
    /// diverge again, is removed.
    fn give_up(&self, config: Config, setup: &Setup, fitted: Fitted, why: &Divergence) -> Result<()> {
        let kept = self.write_best(config, setup, fitted)?;
        self.saver.borrow().remove()?;
        Err(why.error(&kept))
    }

    /// Writes the best weights so far, and says so.
    fn write_best(&self, config: Config, setup: &Setup, fitted: Fitted) -> Result<String> {
        let out = &self.args.out;
        if fitted.members.is_empty() {
            return Ok(format!("no epoch had ended, so {out} was not written"));
        }
        let epoch = fitted.outcome.best_epoch;
        self.write(config, setup, fitted)?;
        Ok(format!("{out} holds the best weights so far, of epoch {epoch}"))
    }

    fn write(&self, mut config: Config, setup: &Setup, fitted: Fitted) -> Result<(Ensemble, Meta)> {
        // Fewer members than were asked for, after a training that did not finish.
        config.model.ensemble = fitted.members.len();
        let model = Ensemble { members: fitted.members };
        let mut judged = setup.judge(&config, &model, &self.table.panel, &fitted.outcome, &self.device)?;
        judged.training.init_from = self.saver.borrow().origin.init.as_ref().map(|init| init.hash.clone());
        let meta = setup.meta(config, self.table, judged);
        checkpoint::save(Path::new(&self.args.out), &model, &meta)?;
        Ok((model, meta))
    }
}

/// Percent; a model that cannot give it says so at once.
const USUAL_INTERVAL: u8 = 80;

/// The lines that end a training run.
fn summary(out: &str, model: &Ensemble, meta: &Meta, seconds: f64) -> String {
    use std::fmt::Write;
    let training: &Training = &meta.training;
    let mut text = String::new();
    let shape = model.shape();
    let _ = writeln!(
        text,
        "model     {}{} parameters; {} inputs x {} steps -> {} steps ahead of {}",
        if model.members.len() > 1 { format!("{} members, ", model.members.len()) } else { String::new() },
        model.parameter_count(),
        shape.inputs,
        shape.input_window,
        shape.horizon,
        meta.schema.targets.join(", ")
    );
    let _ = writeln!(
        text,
        "training  {} windows of {} series; {} epoch{}, {} steps, best epoch {}",
        training.train_windows,
        meta.table.series,
        training.epochs,
        if training.epochs == 1 { "" } else { "s" },
        training.steps,
        training.best_epoch
    );
    match (training.val_mae, training.val_mae_last_value, training.val_mae_seasonal_naive) {
        (Some(own), Some(last), Some(seasonal)) => {
            let better = last.min(seasonal);
            let skill = 100.0 * (1.0 - own / better);
            let _ = writeln!(
                text,
                "validation MAE {own:.4} (last value {last:.4}, seasonal naive {seasonal:.4}): {:.1} % {} than the better simple forecast",
                skill.abs(),
                if skill >= 0.0 { "lower" } else { "HIGHER" }
            );
        }
        _ => {
            let _ = writeln!(text, "validation  none: no window fits in the validation part");
        }
    }
    if let Some(few) = meta.calibration.as_ref().filter(|c| !c.levels.contains(&USUAL_INTERVAL)) {
        let most = few.levels.last().map_or("none".into(), |level| format!("up to {level} % only"));
        let _ = writeln!(text, "intervals {most}: {} validation values at the leads with fewest", few.values);
    }
    let _ = writeln!(text, "written   {out} in {seconds:.1} s");
    text
}
