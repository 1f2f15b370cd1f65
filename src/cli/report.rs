//! Arguments of `report`.

use super::flags::{Names, RunFlags, TableFlags, names, only};
use super::forecasts::{BoundFlags, IntervalLevels, intervals};
use super::plot::ON_A_PAGE;
use super::values;
use crate::draw::Theme;
use crate::pipeline::{EvaluateOptions, PictureOptions, ReportOptions};

/// `report`.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// The page to write
    #[arg(short, long, value_name = "FILE.html", default_value = "report.html")]
    pub out: String,
    /// First origin that is scored; the start of the test part when not given
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Last stamp that is scored; the end of the table when not given
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Rows from one scored origin to the next; the horizon when not given
    #[arg(long, value_name = "ROWS", value_parser = values::rows, env = "LSTM_FORECAST_STRIDE", hide_env = true)]
    pub stride: Option<usize>,
    /// Draw forecasts from this stamp on, as if nothing later were known; what came after is drawn too
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Score and draw these series alone; of several key columns `city=JFK` names one
    #[arg(long, value_name = "SERIES", value_parser = names)]
    pub only: Vec<Names>,
    /// Rows to draw before a forecast; a few horizons or seasons when not given
    #[arg(long, value_name = "ROWS", value_parser = values::count)]
    pub history: Option<usize>,
    /// Intervals to measure and draw, percent; 80,95 where the model has them
    #[arg(long, value_name = "LEVELS", value_parser = intervals)]
    pub interval: Option<IntervalLevels>,
    /// Values ahead of the columns that the model was trained on with --future
    #[arg(long, value_name = "TABLE")]
    pub future_table: Option<String>,
    /// Dark on light, or light on dark: auto, light or dark; auto asks the browser
    #[arg(long, value_enum, default_value = "auto", hide_possible_values = true)]
    pub theme: Theme,
    #[command(flatten)]
    pub bounds: BoundFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub run: RunFlags,
}

impl ReportArgs {
    /// What the page shows; `command` is told on it.
    pub fn options(&self, command: String) -> ReportOptions {
        let levels = self.interval.as_ref().map(|levels| levels.0.clone());
        ReportOptions {
            evaluate: EvaluateOptions {
                from: self.from.clone(),
                to: self.to.clone(),
                only: only(&self.only),
                stride: self.stride,
                intervals: levels.clone().unwrap_or_default(),
                ..EvaluateOptions::default()
            },
            pictures: PictureOptions {
                at: self.at.clone(),
                only: only(&self.only),
                history: self.history,
                intervals: levels,
                most: ON_A_PAGE,
            },
            command,
            theme: self.theme,
        }
    }
}
