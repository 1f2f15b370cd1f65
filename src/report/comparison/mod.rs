//! The report of `compare`: several models and the simple forecasts, scored on the same values, and
//! whether their differences are more than chance.
//!
//! [`Items`] is the material, [`Comparer`] takes it in, in any chunks, [`Comparison`] is the result,
//! with a function for each output format. A method is a model or a simple forecast; models come first.
//! What a test is fed, and what it does not say, is told in the book (guide/compare.md).

mod build;
mod machine;
mod people;
#[cfg(test)]
mod tests;
mod winners;

pub use build::Comparer;

use crate::metrics::paired::Paired;
use crate::report::DocumentFormat;
use crate::report::document;
use crate::report::evaluation::Summary;

/// Forecasts of observed values by every method, a structure of arrays; see
/// [`Scored`](crate::report::evaluation::Scored), whose items these are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Items {
    /// Index of the series, into [`Context::series`].
    pub series: Vec<u32>,
    /// Index of the target, into [`Context::targets`].
    pub target: Vec<u16>,
    /// Lead time, 1 to P.
    pub lead: Vec<u16>,
    /// UTC epoch seconds of the first forecast step.
    pub origin: Vec<i64>,
    /// What was observed.
    pub actual: Vec<f64>,
    /// One list of forecasts a method.
    pub forecasts: Vec<Vec<f64>>,
    /// One list of quantiles a model, (items, Q) row-major.
    pub quantiles: Vec<Vec<f64>>,
}

/// A model, as the head of the report names it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Model {
    /// Its short name.
    pub name: String,
    /// The checkpoint's file.
    pub file: String,
    /// T.
    pub input_window: usize,
    /// P.
    pub horizon: usize,
    /// Start of its validation part, in the table's form.
    pub val_start: String,
    /// Start of its test part.
    pub test_start: String,
}

/// What was compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// The models, in the order that they were given.
    pub models: Vec<Model>,
    /// Machine names of the simple forecasts.
    pub simple: Vec<String>,
    /// The table's file name.
    pub table: String,
    /// Series names.
    pub series: Vec<String>,
    /// Targets that all models forecast; K of them.
    pub targets: Vec<String>,
    /// Leads that all models forecast.
    pub horizon: usize,
    /// Rows in a season.
    pub season: usize,
    /// First origin, in the table's own form.
    pub from: String,
    /// Last stamp that is scored.
    pub to: String,
    /// Rows between origins.
    pub stride: usize,
    /// The same in words (`24 x 1h`).
    pub stride_text: String,
    /// Quantile levels that all models have, ascending.
    pub levels: Vec<f64>,
    /// (S, K) scale of MASE; NaN for none.
    pub mase_scale: Vec<f64>,
    /// Further sentences.
    pub notes: Vec<String>,
}

/// All methods over one set of items.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// Observed values in the set.
    pub items: u64,
    /// One summary a method.
    pub methods: Vec<Summary>,
    /// The method with the lowest error: MAE, or MASE where targets of different units are pooled.
    pub best: Option<usize>,
}

/// The difference of two methods' absolute errors, tested.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Index of the first method.
    pub first: usize,
    /// Index of the second.
    pub second: usize,
    /// First less second; below 0 the first is better.
    pub paired: Paired,
    /// The p-value, corrected for all leads, or all series, of this target and pair (Holm); the p-value
    /// itself where there is one test alone.
    pub p: Option<f64>,
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
    /// One a pair of models; for a whole target also of each model and simple forecast.
    pub differences: Vec<Difference>,
}

/// The finished comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What was compared.
    pub context: Context,
    /// Names: the models', then the simple forecasts' (machine names).
    pub methods: Vec<String>,
    /// Series with at least one scored value.
    pub series: usize,
    /// Pairs (series, origin).
    pub forecasts: usize,
    /// Distinct origins.
    pub origins: usize,
    /// Values that one of the methods has no finite forecast of: they are in no error.
    pub left_out: u64,
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
    /// Who wins where, in sentences.
    pub winners: Vec<String>,
}

impl Comparison {
    /// The report in one of its formats, ending with a newline.
    pub fn render(&self, format: DocumentFormat) -> String {
        match format {
            DocumentFormat::Text => document::text(&people::document(self)),
            DocumentFormat::Markdown => document::markdown(&people::document(self)),
            DocumentFormat::Json => machine::json(self),
            DocumentFormat::Csv => machine::csv(self),
        }
    }

    /// How many of the methods are models.
    pub(crate) fn models(&self) -> usize {
        self.context.models.len()
    }

    /// A method's name for people: a model's as it is.
    pub(crate) fn label(&self, method: usize) -> String {
        let name = self.methods.get(method).map_or("", String::as_str);
        if method < self.models() { name.to_owned() } else { name.replace('_', " ") }
    }

    pub(crate) fn target_name(&self, target: usize) -> &str {
        self.context.targets.get(target).map_or("", String::as_str)
    }

    pub(crate) fn series_name(&self, series: usize) -> &str {
        self.context.series.get(series).map_or("", String::as_str)
    }

    /// `, temp` where there are several targets, else nothing.
    fn of_target(&self, target: usize) -> String {
        let several = self.context.targets.len() > 1;
        if several { format!(", {}", self.target_name(target)) } else { String::new() }
    }
}
