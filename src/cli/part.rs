//! Flags that several verbs share: which forecasts of a table are scored, and how pictures of forecasts are drawn.

use super::flags::{Names, names, only};
use super::forecasts::{IntervalLevels, intervals};
use super::values;
use crate::draw::Theme;
use crate::pipeline::{EvaluateOptions, PictureOptions};

/// The origins that are scored, and the series.
#[derive(Debug, clap::Args)]
pub struct PartFlags {
    /// First origin; the start of the test part when not given
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Last stamp that is scored; the end of the table when not given
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Score these series alone; of several key columns `city=JFK` names one
    #[arg(long, value_name = "SERIES", value_parser = names)]
    pub only: Vec<Names>,
    /// Rows from one origin to the next; the horizon when not given
    #[arg(long, value_name = "ROWS", value_parser = values::rows, env = "LSTM_FORECAST_STRIDE", hide_env = true)]
    pub stride: Option<usize>,
}

impl PartFlags {
    /// What is scored; all else as usual.
    pub fn options(&self) -> EvaluateOptions {
        EvaluateOptions {
            from: self.from.clone(),
            to: self.to.clone(),
            only: only(&self.only),
            stride: self.stride,
            ..EvaluateOptions::default()
        }
    }
}

/// A picture beside a command's own output.
#[derive(Debug, clap::Args)]
pub struct PlotFlags {
    /// Draw it, too: a .svg, .png, .html or .txt file
    #[arg(long, value_name = "FILE")]
    pub plot: Option<String>,
    /// With --plot: auto, light or dark; auto asks viewers of svg and html
    #[arg(
        long,
        value_enum,
        default_value = "auto",
        hide_possible_values = true,
        requires = "plot",
        hide_short_help = true
    )]
    pub theme: Theme,
}

impl PlotFlags {
    /// `--theme dark`, where it is not the usual one.
    pub fn theme_flag(&self) -> Option<String> {
        let named = Theme::NAMES.iter().find(|(_, theme)| *theme == self.theme && *theme != Theme::Auto);
        named.map(|(name, _)| format!("--theme {name}"))
    }
}

/// How forecasts are drawn.
#[derive(Debug, clap::Args)]
pub struct DrawFlags {
    /// Draw forecasts from this stamp on, as if nothing later were known; what came after is drawn too
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Rows to draw before a forecast; a few horizons or seasons when not given
    #[arg(long, value_name = "ROWS", value_parser = values::count)]
    pub history: Option<usize>,
    /// Intervals, percent; 80,95 where the model has them
    #[arg(long, value_name = "LEVELS", value_parser = intervals)]
    pub interval: Option<IntervalLevels>,
    /// Values ahead of the columns that the model was trained on with --future
    #[arg(long, value_name = "TABLE")]
    pub future_table: Option<String>,
    /// Dark on light, or light on dark: auto, light or dark; auto asks the viewer of svg and html
    #[arg(long, value_enum, default_value = "auto", hide_possible_values = true)]
    pub theme: Theme,
}

impl DrawFlags {
    /// The levels that were asked for.
    pub fn levels(&self) -> Option<Vec<u8>> {
        self.interval.as_ref().map(|levels| levels.0.clone())
    }

    /// At most so many pictures of these series.
    pub fn options(&self, of: &[Names], most: usize) -> PictureOptions {
        PictureOptions {
            at: self.at.clone(),
            only: only(of),
            history: self.history,
            intervals: self.levels(),
            most,
        }
    }
}
