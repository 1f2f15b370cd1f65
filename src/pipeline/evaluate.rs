//! The verb `evaluate`: rolling-origin forecasts of a model against what was observed.

use super::backtest::{self, Backtest, Setting};
use super::drift;
use super::forecaster::Forecaster;
use super::options::EvaluateOptions;
use super::refit;
use super::series_filter::Chosen;
use super::table::Table;
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::{self, Cut, EmptyPart, Need, Observed, Range};
use crate::error::{Error, Place, Result};
use crate::forecast::Levels;
use crate::forecast::baseline::STANDARD;
use crate::forecast::conformal::Intervals;
use crate::output::Failure;
use crate::report::evaluation::{Context, Evaluation, Evaluator, Scored};
use crate::report::rows::Rows;
use crate::report::scored;
use crate::text::plural;
use crate::train::{Hooks, Silent};

impl EvaluateOptions {
    /// The origins to score: from the start of the test part, or what was asked for.
    pub(super) fn range(&self, panel: &Panel, test_start: i64, horizon: usize) -> Result<Range> {
        let stamp = |text: &Option<String>| text.as_deref().map(|t| panel.time.parse_one(t)).transpose();
        let from = stamp(&self.from)?.unwrap_or(test_start);
        let until = stamp(&self.to)?.map(|to| panel.freq.advance(to, 1, &panel.time));
        Ok(Range { from: Some(from), until, stride: self.stride.unwrap_or(horizon) })
    }

    /// The cuts of a range in the wanted series.
    pub(super) fn cuts(&self, panel: &Panel, need: Need, range: Range) -> Result<Vec<Cut>> {
        let chosen = Chosen::new(self.only.as_deref(), panel)?;
        let cuts = chosen.cuts(panel, split::cuts(panel, &Observed::new(panel), need, range));
        if cuts.is_empty() { Err(nothing_to_score(panel, range, need)) } else { Ok(cuts) }
    }
}

impl Forecaster {
    /// Scores the model's forecasts of the table beside simple forecasts.
    ///
    /// # Errors
    /// `Error::Data` for a table that does not fit, or has nothing to score; those of training where
    /// there are refits.
    pub fn evaluate(&self, table: &Table, options: &EvaluateOptions) -> Result<Evaluation> {
        let backtest = self.backtest(table, options)?;
        let mut evaluator = backtest.evaluator();
        let mut score = |chunk: &Scored| {
            evaluator.push(chunk);
            Ok(())
        };
        backtest.run(&mut Silent, &mut score).map_err(Failure::into_error)?;
        Ok(backtest.finish(evaluator))
    }

    /// Settles what an evaluation will score, for callers that want every forecast, or to follow
    /// the trainings of refits.
    ///
    /// # Errors
    /// As [`Forecaster::evaluate`], before anything is computed.
    pub fn backtest<'a>(&'a self, table: &'a Table, options: &'a EvaluateOptions) -> Result<Backtest<'a>> {
        options.check()?;
        if options.refit.is_some() && self.means.is_some() {
            return Err(Error::usage(
                "--refit trains on the table, and --means says that it is only a part of one",
            )
            .with_hint("give the whole table, without --means"));
        }
        let table = self.own(table)?;
        let panel = &table.panel;
        let (shape, bounds) = (self.model.shape(), self.meta.bounds);
        let range = if options.insample {
            let stride = options.stride.unwrap_or(shape.horizon);
            Range { from: None, until: Some(bounds.val_start), stride }
        } else {
            options.range(panel, bounds.test_start, shape.horizon)?
        };
        let (input_window, horizon) = (shape.input_window, shape.horizon);
        let need = Need { input_window, horizon, least: self.least_history() };
        self.require_later_rows(options, panel)?;
        let cuts = options.cuts(panel, need, range)?;
        let mut setting = self.setting(self.intervals(&options.intervals)?);
        setting.adapt = options.adapt;
        let season = setting.season;
        // What training or validation has seen says nothing of drift, nor do models of their own.
        let fresh = cuts.iter().all(|cut| panel.stamps[cut.row] >= bounds.test_start);
        if let Some((intervals, _)) = self.drift(panel).filter(|_| fresh && options.refit.is_none()) {
            setting.drift = intervals;
        }
        let head = context(panel, self.meta.schema.targets.clone(), horizon, season, range, &cuts);
        let mut notes = self.reservations(panel, options, &cuts);
        if options.only.is_none() {
            notes.extend(split::left_out::from_scoring(panel, &cuts, need));
        }
        let context = Context { model: Some(self.name.clone()), notes, ..head };
        Ok(Backtest { forecaster: self, table, options, range, need, cuts, setting, context })
    }

    /// A model that was trained on all rows (`--final`) has no test part until later rows come.
    fn require_later_rows(&self, options: &EvaluateOptions, panel: &Panel) -> Result<()> {
        let end = self.meta.bounds.test_start;
        let asked = options.from.is_some() || options.insample || !self.meta.training.is_on_all_rows();
        if asked || panel.stamps.iter().any(|stamp| *stamp >= end) {
            return Ok(());
        }
        let what = format!(
            "there is nothing to score: the model was trained on all rows up to {} (--final)",
            panel.time.display(end - 1)
        );
        Err(Error::data(Place::file(panel.source.clone()), what).with_hint(
            "score rows that came later, or a model that was trained without --final; `inspect` shows what validation said before the last training",
        ))
    }

    /// What a backtest of this model holds fixed.
    pub(super) fn setting(&self, intervals: Intervals) -> Setting {
        let shape = self.model.shape();
        Setting {
            input_window: shape.input_window,
            horizon: shape.horizon,
            season: self.meta.schema.season,
            val_start: self.meta.bounds.val_start,
            mase_scale: None,
            baselines: STANDARD.to_vec(),
            pool: self.meta.pool.clone(),
            limits: self.limits.clone(),
            intervals,
            adapt: false,
            drift: Intervals::default(),
        }
    }

    /// What the head of the report says of the errors: what was seen in training, or is known ahead.
    fn reservations(&self, panel: &Panel, options: &EvaluateOptions, cuts: &[Cut]) -> Vec<String> {
        let mut notes = Vec::new();
        if options.insample {
            notes.push(
                "In sample: this is the training part, which the model has seen. The errors say how well it fits, not how well it forecasts."
                    .into(),
            );
        }
        if options.adapt {
            notes.push(
                "The intervals learn from the values between origins (--adapt), each series for itself."
                    .into(),
            );
        }
        let start = self.meta.bounds.test_start;
        let before = cuts.iter().filter(|cut| panel.stamps[cut.row] < start).count();
        if before > 0 && !options.insample && options.refit.is_none() {
            notes.push(format!(
                "{before} of {} forecasts begin before the test part ({}): training or validation has seen what they are scored on, so these are not the errors of forecasts.",
                cuts.len(),
                panel.time.display(start)
            ));
        }
        notes.extend(self.taken_ahead(panel));
        notes.extend(options.refit.map(|refit| refit.note(panel, cuts)));
        notes
    }

    /// A sentence on columns that are taken from the table at every step ahead, where there are any.
    pub(super) fn taken_ahead(&self, panel: &Panel) -> Option<String> {
        let ahead: Vec<String> =
            self.known_ahead().iter().map(|column| format!("`{}`", panel.columns[*column].name)).collect();
        let (are, them) = if ahead.len() == 1 { ("is", "it") } else { ("are", "them") };
        (!ahead.is_empty()).then(|| {
            format!(
                "{} {are} taken from the table at every step ahead: these are the errors with a perfect forecast of {them}.",
                ahead.join(", ")
            )
        })
    }
}

impl Backtest<'_> {
    /// Takes in what [`Backtest::run`] hands over, and makes the report of it.
    pub fn evaluator(&self) -> Evaluator {
        Evaluator::new(self.context.clone())
    }

    /// The report, with what there is to say of drift.
    pub fn finish(&self, evaluator: Evaluator) -> Evaluation {
        let (mut evaluation, outside) = evaluator.finish_with();
        if let Some((_, mut blocks)) = self.forecaster.drift(&self.table.panel) {
            outside.into_iter().for_each(|(stamp, outside)| blocks.push(stamp, outside));
            let drift = blocks.newest();
            evaluation.drift = drift;
            evaluation.context.notes.extend(drift.and_then(|drift| drift::told(&drift, &self.table.panel)));
        }
        evaluation
    }

    /// Forecasts, refits where that was asked for, and hands the scored forecasts over, chunk by
    /// chunk.
    ///
    /// # Errors
    /// Those of the device, of training, and of `out`.
    pub fn run(
        &self,
        hooks: &mut dyn Hooks,
        out: &mut dyn FnMut(&Scored) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if let Some(refit) = self.options.refit {
            return refit::run(self, refit, hooks, out);
        }
        let (forecaster, panel) = (self.forecaster, &self.table.panel);
        let from = self.range.from.or(self.range.until).unwrap_or(forecaster.meta.bounds.test_start);
        let mut notes = Vec::new();
        let scalings = forecaster.scalings(panel, &vec![from; panel.series.len()], &mut notes);
        notes.iter().for_each(|note| hooks.note(note));
        forecaster.require_means(panel, &self.cuts, false)?;
        let means = forecaster.means.as_ref();
        let inputs = Inputs::build_among(panel, &forecaster.meta.inputs, &scalings, 0, means);
        let model = Some(&forecaster.model);
        backtest::score(model, &inputs, panel, &self.setting, &self.cuts, &forecaster.device, out)
    }

    /// Every forecast beside what was observed: `city,origin,date,step,target,yhat,actual`, with
    /// quantiles of these levels; `prefix` is put before every name that is not the table's own.
    ///
    /// # Errors
    /// `Error::Usage` for a level that the model lacks, and where two columns would have one name.
    pub fn rows(&self, chunk: &Scored, levels: &Levels, prefix: &str) -> Result<Rows> {
        scored::rows(&self.table.panel, &self.forecaster.meta.schema.targets, chunk, levels, prefix)
    }

    /// The same without a row, so that what is wrong with names or levels is known before the work.
    ///
    /// # Errors
    /// As [`Backtest::rows`].
    pub fn no_rows(&self, levels: &Levels, prefix: &str) -> Result<Rows> {
        let intervals = self.options.intervals.iter();
        let chunk = Scored {
            levels: self.forecaster.model.shape().quantiles.clone(),
            intervals: intervals.map(|level| (f64::from(*level), Vec::new(), Vec::new())).collect(),
            ..Scored::default()
        };
        self.rows(&chunk, levels, prefix)
    }
}

fn nothing_to_score(panel: &Panel, range: Range, need: Need) -> Error {
    let from = range.from.map(|s| panel.time.display(s)).unwrap_or_default();
    Error::data(
        Place::file(panel.source.clone()),
        format!(
            "nothing to score: no origin at or after {from} has {} of history and {} ahead with an observed value; {}",
            plural(need.least, "row"),
            plural(need.horizon, "step"),
            EmptyPart { part: "", panel, need, range }.why()
        ),
    )
    .with_hint("choose another part with --from and --to; the test part starts where training (or --test-start) said")
}

/// What the head of the report says.
pub(super) fn context(
    panel: &Panel,
    targets: Vec<String>,
    horizon: usize,
    season: usize,
    range: Range,
    cuts: &[Cut],
) -> Context {
    let last = cuts.iter().map(|c| panel.stamps[c.row + horizon - 1]).max();
    Context {
        model: None,
        table: panel.source.clone(),
        series: panel.series.iter().map(ToString::to_string).collect(),
        targets,
        horizon,
        season,
        from: cuts
            .iter()
            .map(|c| panel.stamps[c.row])
            .min()
            .map(|s| panel.time.display(s))
            .unwrap_or_default(),
        to: last.map(|s| panel.time.display(s)).unwrap_or_default(),
        stride: format!("{} x {}", range.stride, panel.freq),
        notes: Vec::new(),
    }
}
