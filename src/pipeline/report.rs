//! What a page about a model and a table is made of.

use super::explain::{ExplainOptions, Extent};
use super::forecaster::Forecaster;
use super::options::EvaluateOptions;
use super::pictures::PictureOptions;
use super::table::Table;
use crate::data::summary::{Summary, WindowCounts};
use crate::draw::{Page, Theme};
use crate::error::{Error, Result};
use crate::report::page::Material;
use crate::train::Hooks;

/// How often each column is put out of step.
const REPEATS: usize = 3;

/// What a page shows.
#[derive(Debug, Clone, Default)]
pub struct ReportOptions {
    /// What is scored.
    pub evaluate: EvaluateOptions,
    /// What is drawn.
    pub pictures: PictureOptions,
    /// Whether it is measured what the forecasts rest on.
    pub explain: bool,
    /// The command that asked for it, which the page tells.
    pub command: String,
    /// Dark on light, or light on dark.
    pub theme: Theme,
}

impl Forecaster {
    /// A page about the table, the model, its errors on the test part and its forecasts. What cannot be
    /// scored or forecast is said there.
    ///
    /// # Errors
    /// As [`Forecaster::evaluate`] where flags are at fault; `Error::Data` where there is neither an error
    /// nor a forecast to show.
    pub fn page(
        &self,
        table: &Table,
        options: &ReportOptions,
        hooks: &mut dyn Hooks,
        notes: &mut Vec<String>,
    ) -> Result<Page> {
        let table = self.own(table)?;
        let mut evaluate = options.evaluate.clone();
        if evaluate.intervals.is_empty() {
            evaluate.intervals = self.usual_intervals();
        }
        let evaluation = self.evaluate(&table, &evaluate);
        let drawn = self.pictures_of(&table, &options.pictures, evaluation.as_ref().ok(), notes);
        // What lies in the table is told on the page; other faults are the caller's.
        let both = evaluation.is_err() && drawn.is_err();
        let told = |error: Error| match error {
            Error::Data { .. } if !both => Ok(error.to_string()),
            error => Err(error),
        };
        let evaluation = evaluation.map(Ok).or_else(|error| told(error).map(Err))?;
        let drawn = drawn.map(Ok).or_else(|error| told(error).map(Err))?;
        let drawn: std::result::Result<_, String> = drawn;
        let no_forecast = drawn.as_ref().err().cloned();
        let (fans, remarks) = drawn.unwrap_or_default();
        // Where nothing could be scored, nothing can be said of what the errors rest on.
        let explanation = match options.explain && evaluation.is_ok() {
            true => {
                let asked = ExplainOptions {
                    part: EvaluateOptions { intervals: Vec::new(), ..options.evaluate.clone() },
                    repeats: REPEATS,
                    seed: self.config.run.seed,
                    extent: Extent::BRIEF,
                };
                Some(self.explain(&table, &asked, hooks)?)
            }
            false => None,
        };
        let counts = WindowCounts::default();
        let summary = Summary::new(&table.panel, &table.dialect, table.rows, counts, self.meta.bounds);
        let material = Material {
            model_name: &self.name,
            model: &self.model,
            meta: &self.meta,
            summary: &summary,
            table_hash: format!("{:016x}", table.hash),
            evaluation,
            explanation,
            fans,
            remarks,
            no_forecast,
            command: options.command.clone(),
            theme: options.theme,
        };
        material.page()
    }
}
