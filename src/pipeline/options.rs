//! What can be asked of the verbs, beside a table.

use crate::error::{Error, Result};
use crate::forecast::Levels;

/// What is asked of a prediction. The default is a point forecast after the last row of every series.
#[derive(Debug, Clone, Default)]
pub struct PredictOptions {
    /// The first step of the forecast, in the table's form or as ISO 8601: nothing from there on is
    /// known. `None` for the row after each series' last one.
    pub at: Option<String>,
    /// Series to forecast, by their name, or of several key columns as `column=value`. `None` for all.
    pub only: Option<Vec<String>>,
    /// Quantiles beside the point forecast.
    pub quantiles: Levels,
    /// Calibrated prediction intervals, percent of coverage.
    pub intervals: Vec<u8>,
    /// Leave out series whose history is too short, with a note, instead of refusing.
    pub skip_short: bool,
    /// Refuse where a target was last observed more rows than this before the table's end.
    pub max_age: Option<usize>,
}

/// What is asked of an evaluation. The default scores the test part, every P rows.
#[derive(Debug, Clone, Default)]
pub struct EvaluateOptions {
    /// First origin, in the table's form or as ISO 8601; the start of the test part for `None`.
    pub from: Option<String>,
    /// Last stamp that is scored; the end of the table for `None`.
    pub to: Option<String>,
    /// Series to score, by their name, or of several key columns as `column=value`. `None` for all.
    pub only: Option<Vec<String>>,
    /// Rows from one origin to the next; P for `None`.
    pub stride: Option<usize>,
    /// Score the training part instead, which the model has seen.
    pub insample: bool,
    /// Calibrated intervals to be measured, percent of coverage.
    pub intervals: Vec<u8>,
    /// Train again as the origins move on.
    pub refit: Option<Refit>,
}

/// How often a backtest trains again, and on which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refit {
    /// Origins between two trainings.
    pub every: usize,
    /// Which rows each of them sees.
    pub window: RefitWindow,
}

/// Which rows a refit trains on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefitWindow {
    /// All rows before its first origin.
    #[default]
    Expanding,
    /// As long a span of rows before its first origin as the checkpoint had.
    Sliding,
}

impl EvaluateOptions {
    /// Refuses counts of 0.
    ///
    /// # Errors
    /// `Error::Config`.
    pub fn check(&self) -> Result<()> {
        if self.stride == Some(0) {
            return Err(Error::config("`stride` is 0; expected 1 or more")
                .with_hint("--stride counts rows between origins"));
        }
        if self.refit.is_some_and(|refit| refit.every == 0) {
            return Err(Error::config("`refit` is 0; expected 1 or more")
                .with_hint("--refit counts origins between two trainings"));
        }
        Ok(())
    }
}
