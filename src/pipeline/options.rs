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
    /// Refuse where a target was last observed longer ago than this.
    pub max_age: Option<MaxAge>,
    /// What a span of `max_age` is counted from: a time in the table's form or as ISO 8601. `None`, or
    /// `now`, for the clock.
    pub as_of: Option<String>,
}

impl PredictOptions {
    /// Refuses what cannot be together.
    ///
    /// # Errors
    /// `Error::Usage` for `as_of` without a span to count from it.
    pub fn check(&self) -> Result<()> {
        if self.as_of.is_none() || matches!(self.max_age, Some(MaxAge::Seconds(_))) {
            return Ok(());
        }
        Err(Error::usage(
            "--as-of is what a duration of --max-age is counted from; rows are counted from the table's end",
        )
        .with_hint("give a duration, such as --max-age 2d, or leave --as-of out"))
    }
}

/// How old the newest observed target may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxAge {
    /// Rows before the table's end.
    Rows(usize),
    /// Seconds before a time, such as now.
    Seconds(i64),
}

impl MaxAge {
    /// Units of spans, longest first, in seconds.
    const UNITS: [(&str, i64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

    /// `24` (rows), or a span: `90s`, `45min`, `36h`, `2d`, `1w`.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<MaxAge, String> {
        let (number, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
        let span = || {
            let seconds = Self::UNITS.iter().find(|known| known.0 == unit.trim())?.1;
            number.parse::<i64>().ok()?.checked_mul(seconds).map(MaxAge::Seconds)
        };
        let age = if unit.is_empty() { number.parse().ok().map(MaxAge::Rows) } else { span() };
        age.ok_or_else(|| {
            "expected a number of rows, such as 24, or a duration in s, min, h, d or w, such as 2d".into()
        })
    }

    /// A span in its longest whole unit.
    pub(crate) fn span(seconds: i64) -> String {
        let unit = Self::UNITS.iter().find(|known| seconds % known.1 == 0 && seconds > 0);
        unit.map_or_else(|| format!("{seconds} s"), |(name, length)| format!("{} {name}", seconds / length))
    }
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
    /// Intervals learn from the values that arrive between origins.
    pub adapt: bool,
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
