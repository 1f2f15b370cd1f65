//! The report of `evaluate`: the model beside the simple forecasts, pooled, per lead, per series
//! and per target.
//!
//! [`Scored`] is the material (forecasts of observed values), [`Evaluator`] takes it in, in any
//! chunks, [`Evaluation`] is the result, with a function for each output format. Errors are in the
//! target's original units, whatever the model was scaled with.

mod build;
pub(crate) mod machine;
pub(crate) mod people;
mod prometheus;
mod require;
#[cfg(test)]
mod tests;
mod worse;

pub use build::Evaluator;
pub use require::Requirement;

use crate::metrics::drift::Drift;
use crate::report::document;

/// Forecasts of observed values, a structure of arrays: item i is one (series, origin, lead,
/// target). Items may come in any order and in any chunks; every chunk of one evaluation has the
/// same levels, baselines, intervals and scales.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scored {
    /// Index of the series, into [`Context::series`].
    pub series: Vec<u32>,
    /// Index of the target, into [`Context::targets`].
    pub target: Vec<u16>,
    /// Lead time, 1 to P.
    pub lead: Vec<u16>,
    /// UTC epoch seconds of the first forecast step.
    pub origin: Vec<i64>,
    /// What was observed; an item with NaN here is skipped.
    pub actual: Vec<f64>,
    /// The model's point forecast. Left empty when there is no model (`--baseline-only`).
    pub point: Vec<f64>,
    /// The model's quantiles, (items, Q) row-major; empty without levels.
    pub quantiles: Vec<f64>,
    /// Q levels, ascending.
    pub levels: Vec<f64>,
    /// Simple forecasts: name and one forecast an item.
    pub baselines: Vec<(String, Vec<f64>)>,
    /// Prediction intervals: nominal coverage in percent, lower ends, upper ends.
    pub intervals: Vec<(f64, Vec<f64>, Vec<f64>)>,
    /// MASE scale of (series, target), row-major over targets; NaN for none.
    pub mase_scale: Vec<f64>,
    /// The stamps of observed values, and whether they lie outside of the intervals that drift is seen by; none where
    /// nobody looks for it.
    pub outside: Vec<(i64, bool)>,
}

/// What was evaluated, in words for the head of the report.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Context {
    /// The checkpoint's file name; `None` without a model.
    pub model: Option<String>,
    /// The table's file name.
    pub table: String,
    /// Series names. One without a name is written `(all rows)` by its key.
    pub series: Vec<String>,
    /// Target names; K of them.
    pub targets: Vec<String>,
    /// P.
    pub horizon: usize,
    /// Rows in a season, for seasonal naive and MASE.
    pub season: usize,
    /// First origin, in the table's own form.
    pub from: String,
    /// Last stamp that is scored.
    pub to: String,
    /// Steps between origins, in words (`24 h`).
    pub stride: String,
    /// Further sentences, such as series that were left out.
    pub notes: Vec<String>,
}

/// Pooled errors of one method. `None` where a metric is not defined.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Summary {
    /// Mean absolute error.
    pub mae: Option<f64>,
    /// Root of the mean squared error.
    pub rmse: Option<f64>,
    /// Mean absolute scaled error (Hyndman and Koehler 2006).
    pub mase: Option<f64>,
    /// 0 to 200 %.
    pub smape: Option<f64>,
    /// A fraction.
    pub wape: Option<f64>,
    /// Coefficient of determination.
    pub r2: Option<f64>,
    /// Mean of forecast less actual.
    pub bias: Option<f64>,
    /// Mean over the levels; the model's alone.
    pub pinball: Option<f64>,
    /// Twice [`Summary::pinball`].
    pub crps: Option<f64>,
    /// Observed values without a finite forecast.
    pub missing: u64,
}

impl Summary {
    /// Metric names, in the order of [`Summary::values`].
    pub const NAMES: [&'static str; 9] =
        ["mae", "rmse", "mase", "smape", "wape", "r2", "bias", "pinball", "crps"];

    /// The metrics, in the order of [`Summary::NAMES`].
    pub fn values(&self) -> [Option<f64>; 9] {
        [self.mae, self.rmse, self.mase, self.smape, self.wape, self.r2, self.bias, self.pinball, self.crps]
    }

    fn from_values(values: [Option<f64>; 9], missing: u64) -> Self {
        let [mae, rmse, mase, smape, wape, r2, bias, pinball, crps] = values;
        Summary { mae, rmse, mase, smape, wape, r2, bias, pinball, crps, missing }
    }
}

/// How one quantile level did.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LevelSummary {
    /// Between 0 and 1.
    pub level: f64,
    /// Mean pinball loss.
    pub pinball: Option<f64>,
    /// Share of values at or below the quantile.
    pub share_below: Option<f64>,
}

/// How one prediction interval did.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct IntervalSummary {
    /// Percent that it should cover.
    pub nominal: f64,
    /// Fraction that it covered.
    pub coverage: Option<f64>,
    /// In the target's units.
    pub mean_width: Option<f64>,
    /// Interval score of Gneiting and Raftery.
    pub score: Option<f64>,
}

/// All methods over one set of items.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// Observed values in the set.
    pub items: u64,
    /// One summary a method, in the order of [`Evaluation::methods`].
    pub methods: Vec<Summary>,
    /// One a quantile level.
    pub levels: Vec<LevelSummary>,
    /// One a level of intervals.
    pub intervals: Vec<IntervalSummary>,
    /// Index of the simple forecast with the lowest error, into [`Evaluation::methods`].
    pub better: Option<usize>,
    /// `1 - error of the model / error of the better simple forecast`; the error is the MAE, or the
    /// MASE where targets with different units are pooled.
    pub skill: Option<f64>,
}

/// A block of one target, and of one lead or series (or neither).
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Index into [`Context::targets`].
    pub target: usize,
    /// Lead (1 to P), or index into [`Context::series`], or 0.
    pub key: usize,
    /// Its errors.
    pub block: Block,
}

/// The finished evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// What was evaluated.
    pub context: Context,
    /// `model` first (if there is one), then the simple forecasts; machine names.
    pub methods: Vec<String>,
    /// Whether the first method is a model.
    pub has_model: bool,
    /// Series with at least one scored value.
    pub series: usize,
    /// Pairs (series, origin).
    pub forecasts: usize,
    /// Distinct origins.
    pub origins: usize,
    /// Forecasts whose quantiles cross.
    pub crossed: u64,
    /// Pooled over everything.
    pub overall: Block,
    /// Each metric averaged over series (and targets), every series with the same weight.
    pub mean_of_series: Block,
    /// One a target.
    pub per_target: Vec<Row>,
    /// One a target and lead.
    pub per_lead: Vec<Row>,
    /// One a target and series.
    pub per_series: Vec<Row>,
    /// Whether the newest values lie outside of their intervals more often than expected; `None` where nobody can tell.
    pub drift: Option<Drift>,
    /// Where the model is worse than a simple forecast, in sentences.
    pub worse: Vec<String>,
}

/// How to print an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// For a terminal.
    Text,
    /// Tables of Markdown.
    Markdown,
    /// One document.
    Json,
    /// One row a number.
    Csv,
    /// For the textfile collector of Prometheus' node exporter.
    Prometheus,
}

impl Evaluation {
    /// The report in one of its formats, ending with a newline.
    pub fn render(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Text => document::text(&people::document(self)),
            ReportFormat::Markdown => document::markdown(&people::document(self)),
            ReportFormat::Json => machine::json(self),
            ReportFormat::Csv => machine::csv(self),
            ReportFormat::Prometheus => prometheus::text(self),
        }
    }

    /// What is pooled over everything, for programs.
    pub(crate) fn figures(&self) -> serde_json::Value {
        machine::overall(self)
    }

    /// A method's name for people.
    pub(crate) fn label(&self, method: usize) -> String {
        self.methods.get(method).map(|name| name.replace('_', " ")).unwrap_or_default()
    }

    pub(crate) fn target_name(&self, target: usize) -> &str {
        self.context.targets.get(target).map_or("", String::as_str)
    }

    pub(crate) fn series_name(&self, series: usize) -> &str {
        self.context.series.get(series).map_or("", String::as_str)
    }
}
