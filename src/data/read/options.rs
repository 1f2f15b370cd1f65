//! What to read and how.

use std::ops::{Deref, DerefMut};

use crate::config::DataConfig;
use crate::data::reading::{Mark, Reading};
use crate::data::stamp::TimeStyle;
use crate::error::{Error, Result};

/// The settings of a table, and what a caller knows beside them. The settings stand once, in
/// [`DataConfig`]; what they leave open is found out from the table.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Columns, dialect, stamps. `features` holds the columns known ahead and the static ones too.
    pub settings: DataConfig,
    /// `clip`, understood: `(column, low, high)`; values outside are limited, counted and reported.
    pub clip: Vec<(String, f64, f64)>,
    /// With a checkpoint: how training's stamps were written; settles what the table leaves open.
    pub style: Option<TimeStyle>,
    /// With a checkpoint: category values known from training, per text column. Others become all zero.
    pub categories: Option<Vec<(String, Vec<String>)>>,
    /// With a checkpoint: how training read the numbers of its columns; settles what the table leaves open.
    pub readings: Vec<(String, Reading)>,
    /// These are some rows of a longer table: a target without any value is no reason to refuse.
    pub partial: bool,
    /// `csv`, `parquet`, `arrow`, `ndjson`; detected by content when `None`.
    pub format: Option<String>,
}

impl ReadOptions {
    /// Whether the stamps alone are wanted: rows ahead of a model that has no columns but its targets.
    pub fn stamps_alone(&self) -> bool {
        self.style.is_some() && self.target.is_empty() && self.features.as_ref().is_some_and(Vec::is_empty)
    }

    /// What to do about a table that is too short whatever it is for.
    pub fn too_few_hint(&self) -> &'static str {
        match self.style {
            // With a checkpoint a forecast needs its window; what is scored, values ahead as well.
            Some(_) => {
                "give more rows: `lstm-forecast inspect MODEL` says how many rows of history a forecast needs"
            }
            None => "training needs at least --input-window plus --horizon rows of a series",
        }
    }

    /// What these settings ask of the reader.
    ///
    /// # Errors
    /// `Error::Config` for a `clip` rule that is none.
    pub fn new(data: &DataConfig) -> Result<ReadOptions> {
        let mut settings = data.clone();
        let known = data.future.iter().chain(&data.fixed).filter(|c| !data.categorical.contains(c));
        if let Some(features) = &mut settings.features {
            features.extend(known.cloned());
        }
        if let Some(mark) = &data.thousands
            && (Mark::typed_as(mark).is_none() || data.decimal.is_some_and(|d| mark.starts_with(d)))
        {
            return Err(Error::config(format!(
                "`thousands` is `{mark}`; expected another mark than the decimal one"
            ))
            .with_hint("the marks are . , ' space and none"));
        }
        let clip = data.clip.iter().map(|rule| clip_rule(rule)).collect::<Result<Vec<_>>>()?;
        Ok(ReadOptions { settings, clip, ..ReadOptions::default() })
    }
}

/// A reader's option is a setting first, so `options.delimiter` is that of the settings.
impl Deref for ReadOptions {
    type Target = DataConfig;

    fn deref(&self) -> &DataConfig {
        &self.settings
    }
}

impl DerefMut for ReadOptions {
    fn deref_mut(&mut self) -> &mut DataConfig {
        &mut self.settings
    }
}

fn clip_rule(rule: &str) -> Result<(String, f64, f64)> {
    let parsed = rule.rsplit_once('=').and_then(|(column, range)| {
        let (low, high) = range.split_once(':')?;
        let bound = |text: &str, open: f64| {
            if text.trim().is_empty() { Some(open) } else { text.trim().parse::<f64>().ok() }
        };
        let (low, high) = (bound(low, f64::NEG_INFINITY)?, bound(high, f64::INFINITY)?);
        (low <= high).then(|| (column.trim().to_string(), low, high))
    });
    parsed.ok_or_else(|| {
        Error::config(format!("`clip` holds `{rule}`; expected column=low:high with low <= high"))
            .with_hint("for example --clip wind_speed=0:200; one side may be left open: --clip rain=0:")
    })
}
