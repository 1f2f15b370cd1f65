//! The verb `explain`: what a model's forecasts rest on, and why one of them is what it is.
//!
//! Everything is measured from outside: values of the table are replaced, and the model forecasts again.
//! `scene` replaces, `columns` says what is replaced together, `importance` measures errors, `why` shares one
//! forecast out.

mod columns;
mod importance;
mod scene;
mod why;

use crate::error::{Error, Result};
use crate::pipeline::forecaster::Forecaster;
use crate::pipeline::options::{EvaluateOptions, PredictOptions};
use crate::pipeline::table::Table;
use crate::pipeline::threads;
use crate::report::explanation::{Effect, Importance, OfTarget, Reason};
use crate::train::{self, Hooks};
use importance::{Measured, spread};
use why::Question;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Forecasts that are made each time, at most.
    pub forecasts: usize,
    /// Origins that blocks of lags are measured on, at most.
    pub lag_origins: usize,
    /// Columns whose blocks of lags are measured, at most.
    pub lag_columns: usize,
}

impl Extent {
    /// What a page has beside much else: about a fifth of the work.
    pub const BRIEF: Extent = Extent { forecasts: 256, lag_origins: 12, lag_columns: 3 };
}

impl Default for Extent {
    fn default() -> Extent {
        Extent { forecasts: 1024, lag_origins: 24, lag_columns: 8 }
    }
}

/// What is asked about a model.
#[derive(Debug, Clone, Default)]
pub struct ExplainOptions {
    /// The forecasts to measure on, as in an evaluation.
    pub part: EvaluateOptions,
    /// How often everything is repeated; at least 1.
    pub repeats: usize,
    /// What random numbers start from.
    pub seed: u64,
    /// How much is measured.
    pub extent: Extent,
}

/// What is asked about one forecast.
#[derive(Debug, Clone, Default)]
pub struct WhyOptions {
    /// The first step of the forecast, in the table's form or as ISO 8601.
    pub at: String,
    /// The series; needed where there are several.
    pub only: Option<Vec<String>>,
    /// The lead to tell about, from 1; the mean over all for `None`.
    pub lead: Option<usize>,
    /// Other times to compare with; at least 2.
    pub others: usize,
    /// What random numbers start from.
    pub seed: u64,
}

impl Forecaster {
    /// Measures what the model's forecasts of a table rest on.
    ///
    /// # Errors
    /// As [`Forecaster::evaluate`]; `Error::Usage` without a repeat.
    pub fn explain(
        &self,
        table: &Table,
        options: &ExplainOptions,
        hooks: &mut dyn Hooks,
    ) -> Result<Importance> {
        if options.repeats == 0 {
            return Err(Error::usage("--repeats is 0; expected 1 or more").with_hint("5 is the default"));
        }
        let backtest = self.backtest(table, &options.part)?;
        let panel = &backtest.table.panel;
        let cuts = train::thin(&backtest.cuts, options.extent.forecasts);
        let mut notes = backtest.context.notes.clone();
        if cuts.len() < backtest.cuts.len() {
            notes.push(format!(
                "Of {} forecasts {} were measured, evenly spaced.",
                backtest.cuts.len(),
                cuts.len()
            ));
        }
        let from = backtest.range.from.unwrap_or(self.meta.bounds.test_start);
        let mut said = Vec::new();
        let scalings = self.scalings(panel, &vec![from; panel.series.len()], &mut said);
        said.iter().for_each(|note| hooks.note(note));
        let groups = columns::groups(self, panel);
        let measured = Measured {
            forecaster: self,
            scalings: &scalings,
            panel,
            cuts: &cuts,
            repeats: options.repeats,
            seed: options.seed,
            extent: options.extent,
        };
        let (plain, effects) = threads::run(|| measured.columns(&groups))?;
        let blocks = threads::run(|| measured.lags(&groups, &effects))?;
        let of = |(target, blocks): (usize, Vec<_>)| {
            let own = plain.all.get(target).and_then(|own| own.first()).copied().unwrap_or_default();
            let mut effects: Vec<Effect> = effects.iter().filter_map(|e| e.get(target).cloned()).collect();
            effects.sort_by(|a, b| b.mae.mean.unwrap_or(0.0).total_cmp(&a.mae.mean.unwrap_or(0.0)));
            OfTarget {
                target: self.meta.schema.targets.get(target).cloned().unwrap_or_default(),
                mae: own[0],
                pinball: own[1],
                effects,
                blocks,
            }
        };
        let context = &backtest.context;
        Ok(Importance {
            model: self.name.clone(),
            table: context.table.clone(),
            horizon: context.horizon,
            input_window: self.model.shape().input_window,
            forecasts: cuts.len(),
            lag_origins: spread(&measured.origins(), options.extent.lag_origins).len(),
            from: context.from.clone(),
            to: context.to.clone(),
            repeats: options.repeats,
            seed: options.seed,
            targets: blocks.into_iter().enumerate().map(of).collect(),
            notes,
        })
    }

    /// Shares the difference of one forecast from those of other times out among columns and rows.
    ///
    /// # Errors
    /// As [`Forecaster::predict`]; `Error::Usage` for several series, or a lead that there is not.
    pub fn why(&self, table: &Table, options: &WhyOptions, hooks: &mut dyn Hooks) -> Result<Reason> {
        let horizon = self.model.shape().horizon;
        if let Some(lead) = options.lead.filter(|lead| *lead == 0 || *lead > horizon) {
            let what = format!("--lead {lead}: the model forecasts {horizon} steps");
            return Err(Error::usage(what).with_hint(format!("choose a lead from 1 to {horizon}")));
        }
        if options.others < 2 {
            let what = format!("--samples is {}; expected 2 or more", options.others);
            return Err(
                Error::usage(what).with_hint("16 is the default; more make the standard errors smaller")
            );
        }
        let table = self.own(table)?;
        let asked = PredictOptions {
            at: Some(options.at.clone()),
            only: options.only.clone(),
            ..PredictOptions::default()
        };
        let mut notes = Vec::new();
        let ahead = self.ahead(&table.panel, &asked, &mut notes)?;
        let [cut] = ahead.cuts.as_slice() else {
            let names: Vec<String> = table.panel.series.iter().map(ToString::to_string).collect();
            let what = format!("{} series have a forecast at {}", ahead.cuts.len(), options.at);
            let first = names.first().cloned().unwrap_or_default();
            return Err(Error::usage(what).with_hint(format!("name one of them, such as --only {first}")));
        };
        let groups = columns::groups(self, &table.panel);
        let question = Question {
            forecaster: self,
            scalings: &ahead.scalings,
            table: &table.panel,
            future: &ahead.future,
            cut: *cut,
            groups: &groups,
            others: options.others,
            seed: options.seed,
        };
        let found = threads::run(|| question.answer())?;
        notes.iter().for_each(|note| hooks.note(note));
        let panel = &ahead.future;
        let series = panel.segments[cut.segment as usize].series as usize;
        let stamps = &panel.stamps[cut.row..cut.row + horizon];
        Ok(Reason {
            model: self.name.clone(),
            table: panel.source.clone(),
            series: panel.series[series].to_string(),
            targets: self.meta.schema.targets.clone(),
            stamps: stamps.iter().map(|stamp| panel.time.display(*stamp)).collect(),
            forecast: found.forecast,
            baseline: found.baseline,
            others: found.others,
            seed: options.seed,
            contributions: found.contributions,
            lead: options.lead,
        })
    }
}
