//! The reports of `explain`: what a model's forecasts rest on ([`Importance`]), and why one of them is what
//! it is ([`Reason`]); each as text, JSON and CSV. What was measured, and what it does not say, is told in
//! the book (guide/explain.md).

mod importance;
pub mod reason;
#[cfg(test)]
mod tests;

use crate::report::DocumentFormat;
use crate::report::document;

/// A rise of an error over what it is as things are, with its spread over repeats.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Rise {
    /// The error as things are; `None` where there is none.
    pub base: Option<f64>,
    /// The mean rise over repeats.
    pub mean: Option<f64>,
    /// The standard deviation over repeats; `None` with a single one.
    pub spread: Option<f64>,
}

impl Rise {
    /// From the error as things are and that of each repeat.
    pub fn of(base: Option<f64>, repeats: &[Option<f64>]) -> Rise {
        let rises: Vec<f64> = repeats.iter().filter_map(|r| Some((*r)? - base?)).collect();
        let n = rises.len() as f64;
        let mean = (!rises.is_empty()).then(|| rises.iter().sum::<f64>() / n);
        let spread = mean
            .filter(|_| rises.len() > 1)
            .map(|mean| (rises.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / (n - 1.0)).sqrt());
        Rise { base, mean, spread }
    }

    /// The mean rise as a share of the error; 0 where it is not defined.
    pub fn share(&self) -> f64 {
        match (self.mean, self.base) {
            (Some(mean), Some(base)) if base > 0.0 => mean / base,
            _ => 0.0,
        }
    }
}

/// What putting one column out of step does to one target's errors.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The column, or `(calendar)`.
    pub name: String,
    /// `target`, `column`, `holidays` or `calendar`.
    pub kind: &'static str,
    /// Whether its values at the steps ahead are told to the model.
    pub ahead: bool,
    /// Whether it changes at all, so that there is something to put out of step.
    pub moves: bool,
    /// Of the mean absolute error.
    pub mae: Rise,
    /// Of the mean pinball loss.
    pub pinball: Rise,
    /// (P).
    pub mae_by_lead: Vec<Rise>,
    /// (P).
    pub pinball_by_lead: Vec<Rise>,
}

/// Rises of the MAE where blocks of rows before the origin are those of another time.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The column; `None` for all columns together.
    pub column: Option<String>,
    /// By block of lags: `4 to 6`.
    pub rises: Vec<(String, Rise)>,
}

/// What one target's forecasts rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct OfTarget {
    /// Its name.
    pub target: String,
    /// The mean absolute error as things are.
    pub mae: Option<f64>,
    /// The mean pinball loss as things are.
    pub pinball: Option<f64>,
    /// One a column, the largest rise first.
    pub effects: Vec<Effect>,
    /// All columns together, then those with the largest rise.
    pub blocks: Vec<Block>,
}

/// What a model's forecasts rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// The checkpoint's file.
    pub model: String,
    /// The table's file name.
    pub table: String,
    /// P.
    pub horizon: usize,
    /// T.
    pub input_window: usize,
    /// Forecasts that were made each time.
    pub forecasts: usize,
    /// Origins among them that blocks of lags were measured on.
    pub lag_origins: usize,
    /// First origin, in the table's form.
    pub from: String,
    /// Last stamp that is scored.
    pub to: String,
    /// How often everything was repeated.
    pub repeats: usize,
    /// What random distances were drawn from.
    pub seed: u64,
    /// One a target.
    pub targets: Vec<OfTarget>,
    /// Further sentences.
    pub notes: Vec<String>,
}

/// Which part of a column a contribution is of.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A block of lags.
    Lags(String),
    /// The steps ahead.
    Ahead,
    /// The calendar.
    Calendar,
}

impl Part {
    /// For people and machines: `lags 4 to 6`, `ahead`.
    pub fn name(&self) -> String {
        match self {
            Part::Lags(block) => format!("lags {block}"),
            Part::Ahead => "ahead".into(),
            Part::Calendar => "calendar".into(),
        }
    }
}

/// How much of a forecast's difference from the baseline one part of a column makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The column, or `(calendar)`.
    pub column: String,
    /// `target`, `column`, `holidays` or `calendar`.
    pub kind: &'static str,
    /// Its rows.
    pub part: Part,
    /// (P, K) in the targets' units.
    pub values: Vec<f64>,
    /// The same of each other time alone, whose mean the values are.
    pub pairs: Vec<Vec<f64>>,
}

/// Why one forecast is what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The checkpoint's file.
    pub model: String,
    /// The table's file name.
    pub table: String,
    /// The series.
    pub series: String,
    /// Names of the targets; K of them.
    pub targets: Vec<String>,
    /// Stamps of the steps, in the table's form; P of them.
    pub stamps: Vec<String>,
    /// (P, K).
    pub forecast: Vec<f64>,
    /// (P, K) mean forecast of the other times.
    pub baseline: Vec<f64>,
    /// How many other times there were.
    pub others: usize,
    /// What orders were drawn from.
    pub seed: u64,
    /// One a part of a column.
    pub contributions: Vec<Contribution>,
    /// The lead that is told to people, from 1; the mean over all for `None`.
    pub lead: Option<usize>,
}

impl Importance {
    /// What the text and the picture are headed by.
    pub(crate) fn title(&self) -> String {
        let targets: Vec<&str> = self.targets.iter().map(|t| t.target.as_str()).collect();
        format!("What {} rests on: {}, on {}", self.model, targets.join(", "), self.table)
    }

    /// The tables of the report alone.
    pub(crate) fn columns_and_lags(&self) -> Vec<document::Part> {
        importance::tables(self)
    }

    /// The report, ending with a newline.
    pub fn render(&self, format: DocumentFormat) -> String {
        match format {
            DocumentFormat::Text => document::text(&importance::document(self)),
            DocumentFormat::Markdown => document::markdown(&importance::document(self)),
            DocumentFormat::Json => importance::json(self),
            DocumentFormat::Csv => importance::csv(self),
        }
    }
}

impl Reason {
    /// The report, ending with a newline.
    pub fn render(&self, format: DocumentFormat) -> String {
        match format {
            DocumentFormat::Text => document::text(&reason::document(self)),
            DocumentFormat::Markdown => document::markdown(&reason::document(self)),
            DocumentFormat::Json => reason::json(self),
            DocumentFormat::Csv => reason::csv(self),
        }
    }

    /// The largest part of a forecast that the contributions miss, beside the size of the forecasts.
    pub fn gap(&self) -> f64 {
        let size = self.forecast.iter().fold(0f64, |a, b| a.max(b.abs())).max(f64::MIN_POSITIVE);
        let gap = |(cell, (forecast, baseline)): (usize, (&f64, &f64))| {
            let sum: f64 = self.contributions.iter().filter_map(|c| c.values.get(cell)).sum();
            (forecast - baseline - sum).abs()
        };
        self.forecast.iter().zip(&self.baseline).enumerate().map(gap).fold(0.0, f64::max) / size
    }
}

/// A bar for `value` on a scale that ends at `most`, to the right of an axis, or to the left below 0.
fn bar(value: f64, most: f64, signed: bool) -> String {
    let wide = if signed { 10 } else { 12 };
    let size = if most > 0.0 { (value.abs() / most * wide as f64).round() as usize } else { 0 }.min(wide);
    let (left, right) = if value < 0.0 { (size, 0) } else { (0, size) };
    match signed {
        true => format!(
            "{}{}|{}{}",
            " ".repeat(wide - left),
            "█".repeat(left),
            "█".repeat(right),
            " ".repeat(wide - right)
        ),
        false => format!("{}{}", "█".repeat(right), " ".repeat(wide - right)),
    }
}
