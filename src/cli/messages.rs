//! Flags of every command: what is said while it runs, and in which colours.

use crate::terminal::When;

/// Flags of every command.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Messages")]
pub struct GlobalFlags {
    /// Print help: -h the flags that people use first, --help every flag
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort, help_heading = clap::builder::Resettable::Reset, display_order = 1000)]
    pub help: Option<bool>,
    /// Print errors only
    #[arg(short, long, global = true, env = "LSTM_FORECAST_QUIET", hide_env = true, hide_short_help = true)]
    pub quiet: bool,
    /// Say more: -v a line an epoch, -vv a line a step
    #[arg(short, long, global = true, action = clap::ArgAction::Count, env = "LSTM_FORECAST_VERBOSE", hide_env = true, hide_short_help = true)]
    pub verbose: u8,
    /// Show progress: auto (a bar on a terminal), always (into a file: a line an epoch), never [default: auto]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        hide_possible_values = true,
        env = "LSTM_FORECAST_PROGRESS",
        hide_env = true,
        hide_short_help = true
    )]
    pub progress: Option<When>,
    /// Colour messages and help: auto (on a terminal), always, never [default: auto]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        hide_possible_values = true,
        env = "LSTM_FORECAST_COLOR",
        hide_env = true,
        hide_short_help = true
    )]
    pub color: Option<When>,
    /// Notes, errors and figures on standard error: text, or a JSON object a line with the time in UTC
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        env = "LSTM_FORECAST_LOG_FORMAT",
        hide_env = true,
        hide_short_help = true
    )]
    pub log_format: Option<LogFormat>,
}

/// How lines on standard error are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

impl GlobalFlags {
    /// `--color`.
    pub fn color(&self) -> When {
        self.color.unwrap_or(When::Auto)
    }

    /// `--progress`.
    pub fn progress(&self) -> When {
        self.progress.unwrap_or(When::Auto)
    }
}
