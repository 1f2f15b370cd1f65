//! The command line: flags fill plain structs, nothing is built or opened here.
//!
//! Settings that a YAML file may also give are all `Option`s without defaults, so that
//! "not given" stays visible; [`crate::config::Layers`] decides who wins.

use clap::{Parser, Subcommand};
use serde_json::Value;

pub mod flags;
mod forecasts;
mod looks;
mod simple;
mod variables;
pub use forecasts::{BoundFlags, IntervalLevels};
pub use looks::parse;

use flags::*;
pub use simple::SimpleFlags;
pub use variables::unknown as unknown_variables;

/// The program's name, in messages, completions and manual pages.
pub const NAME: &str = "lstm-forecast";

const AFTER: &str = "\
Examples:
  lstm-forecast train readings.csv --target PM2.5
  lstm-forecast evaluate model.safetensors readings.csv
  lstm-forecast predict model.safetensors readings.csv > next.csv

Exit codes:
  0 fine    1 unexpected    2 usage    3 bad data    4 bad settings    5 bad checkpoint
  6 training diverged       130 interrupted

Environment:
  Every setting has a variable: --hidden-size is LSTM_FORECAST_HIDDEN_SIZE, --no-bias is
  LSTM_FORECAST_BIAS=false. Precedence: flag, environment, --config file, default.
  NO_COLOR, CLICOLOR and CLICOLOR_FORCE are honoured.

`lstm-forecast COMMAND -h` is a summary on one screen, `--help` lists every flag.";

/// Forecasts for many time series from the shell.
#[derive(Debug, Parser)]
#[command(name = NAME, version, long_version = looks::long_version(), about, after_help = AFTER, styles = looks::STYLES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: GlobalFlags,
}

impl Cli {
    /// `--threads` of the command, for what must be settled before any thread starts.
    pub fn threads(&self) -> Option<usize> {
        match &self.command {
            Command::Ingest(args) => args.settings.run.threads,
            Command::Train(args) => args.settings.run.threads,
            Command::Evaluate(args) => args.run.threads,
            Command::Predict(args) => args.run.threads,
            _ => None,
        }
    }
}

/// One verb a subcommand; each has its file under `cmd`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a table, check it, and say what is there
    #[command(after_help = "Examples:
  lstm-forecast ingest readings.csv --input-window 168 --horizon 24
  lstm-forecast ingest readings.csv --target PM2.5 --out windows.safetensors
  lstm-forecast ingest readings.csv --target PM2.5 --layout flat --out lags.parquet")]
    Ingest(Box<IngestArgs>),
    /// Train one model over all series of a table
    #[command(after_help = "Examples:
  lstm-forecast train readings.csv --target PM2.5
  lstm-forecast train readings.csv --target PM2.5 --val-start 2015-09-01 --test-start 2016-03-01
  lstm-forecast train readings.csv --config run.yaml --hidden-size 128 --out big.safetensors")]
    Train(Box<TrainArgs>),
    /// Compare forecasts with what was observed, beside simple forecasts
    #[command(after_help = "Examples:
  lstm-forecast evaluate model.safetensors readings.csv
  lstm-forecast evaluate model.safetensors readings.csv --format json | jq .overall
  lstm-forecast evaluate model.safetensors readings.csv --forecasts forecasts.csv")]
    Evaluate(Box<EvaluateArgs>),
    /// Print the next steps of every series
    #[command(after_help = "Examples:
  lstm-forecast predict model.safetensors readings.csv
  grep -E '^(city|Roma),' readings.csv | lstm-forecast predict model.safetensors -
  lstm-forecast predict model.safetensors readings.csv --append -o longer.csv
  tail -n +1 -f readings.csv | lstm-forecast predict model.safetensors - --follow")]
    Predict(Box<PredictArgs>),
    /// Show what a checkpoint holds
    #[command(after_help = "Examples:
  lstm-forecast inspect model.safetensors
  lstm-forecast inspect model.safetensors --format json | jq .config.model")]
    Inspect(InspectArgs),
    /// Print a completion script for a shell
    #[command(after_help = "Examples:
  lstm-forecast completions bash > ~/.local/share/bash-completion/completions/lstm-forecast
  lstm-forecast completions zsh > ~/.zfunc/_lstm-forecast
  lstm-forecast completions fish > ~/.config/fish/completions/lstm-forecast.fish")]
    Completions(CompletionsArgs),
    /// Print the manual page, or write all of them
    #[command(after_help = "Examples:
  lstm-forecast man | man -l -
  lstm-forecast man train | man -l -
  lstm-forecast man --out ~/.local/share/man/man1")]
    Man(ManArgs),
}

/// Flags of every command.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Messages")]
pub struct GlobalFlags {
    /// Print errors only
    #[arg(short, long, global = true, env = "LSTM_FORECAST_QUIET", hide_env = true, hide_short_help = true)]
    pub quiet: bool,
    /// Say more: -v a line an epoch, -vv a line a step
    #[arg(short, long, global = true, action = clap::ArgAction::Count, env = "LSTM_FORECAST_VERBOSE", hide_env = true, hide_short_help = true)]
    pub verbose: u8,
    /// Show progress: auto (a bar on a terminal), always (into a file: a line an epoch), never
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
    /// Colour messages and help: auto (on a terminal), always, never
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

/// Three-way switch of `--progress` and `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

/// `completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// A command, such as train; the program itself when not given
    pub command: Option<String>,
    /// Write a page for the program and one for each command into this folder
    #[arg(short, long, value_name = "DIR", conflicts_with = "command")]
    pub out: Option<String>,
}

/// `ingest`.
#[derive(Debug, clap::Args)]
pub struct IngestArgs {
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Write the windows: .safetensors, or with --layout flat .csv or .parquet
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    /// How the windows lie in the file
    #[arg(long, value_enum, default_value = "windows")]
    pub layout: Layout,
    /// Write x as (T, N, F), PyTorch's default, instead of (N, T, F)
    #[arg(long)]
    pub time_major: bool,
    /// Summary as text or JSON
    #[arg(long, value_enum, default_value = "text")]
    pub format: TextOrJson,
    #[command(flatten)]
    pub settings: DataSettings,
}

/// Layout of exported windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Layout {
    /// Tensors x (N, T, F), y (N, P, K) and their masks
    Windows,
    /// One row a window, one column a lag, for gradient-boosted trees
    Flat,
}

/// Output of `ingest` and `inspect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TextOrJson {
    Text,
    Json,
}

/// `train`.
#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Checkpoint to write
    #[arg(short, long, value_name = "FILE", default_value = "model.safetensors")]
    pub out: String,
    /// Print the resolved settings as YAML and stop
    #[arg(long, hide_short_help = true)]
    pub print_config: bool,
    /// Write one JSON object a step and an epoch: loss, validation, rate, gradient norm, seconds
    #[arg(long, value_name = "FILE", env = "LSTM_FORECAST_LOG", hide_env = true, hide_short_help = true)]
    pub log: Option<String>,
    /// Go on with the training that was interrupted, to the same bytes as without the interruption
    #[arg(long, hide_short_help = true)]
    pub resume: bool,
    /// Save the state of training this often, beside every epoch's end; 0: after every step
    #[arg(long, value_name = "MINUTES", value_parser = minutes, default_value = "10", env = "LSTM_FORECAST_SAVE_EVERY", hide_env = true, hide_short_help = true)]
    pub save_every: f64,
    /// Start from the weights of this model instead of random ones; its columns, windows and model settings are taken over
    #[arg(long, value_name = "MODEL", hide_short_help = true)]
    pub init_from: Option<String>,
    /// When training diverges, train once more at a tenth of the learning rate
    #[arg(long, hide_short_help = true)]
    pub retry_diverged: bool,
    #[command(flatten)]
    pub settings: DataSettings,
    #[command(flatten)]
    pub model: ModelFlags,
    #[command(flatten)]
    pub train: TrainFlags,
    #[command(flatten)]
    pub bounds: BoundFlags,
}

/// Minutes, possibly less than one.
fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(minutes) if minutes.is_finite() && minutes >= 0.0 => Ok(minutes),
        _ => Err("expected a number of minutes, 0 or more".into()),
    }
}

/// `evaluate`.
#[derive(Debug, clap::Args)]
pub struct EvaluateArgs {
    /// Checkpoint that `train` wrote; with --baseline-only the table
    #[arg(required_unless_present = "baseline_only")]
    pub model: Option<String>,
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// First origin; the start of the test part when not given
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Last stamp that is scored; the end of the table when not given
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Rows from one origin to the next; the horizon when not given
    #[arg(long, value_name = "ROWS", env = "LSTM_FORECAST_STRIDE", hide_env = true)]
    pub stride: Option<usize>,
    /// Report as text, json, csv or markdown
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    /// Quantiles for --forecasts, as yhat_p10 and so on: levels such as 0.1,0.9, or `all`
    #[arg(long, value_name = "LEVELS", value_parser = flags::levels, env = "LSTM_FORECAST_QUANTILES", hide_env = true)]
    pub quantiles: Option<flags::Levels>,
    /// Measure calibrated intervals of these levels, percent, such as 80,95; in --forecasts yhat_lo80 and yhat_hi80
    #[arg(long, value_name = "LEVELS", value_parser = forecasts::intervals)]
    pub interval: Option<IntervalLevels>,
    /// Write every forecast beside what was observed: city,origin,date,step,target,yhat,actual
    #[arg(long, value_name = "FILE")]
    pub forecasts: Option<String>,
    /// Score the training part instead, which the model has seen: how well it fits, not how well it
    /// forecasts
    #[arg(long, hide_short_help = true, conflicts_with_all = ["from", "to", "refit", "baseline_only"])]
    pub insample: bool,
    /// Train again before every N origins, on what is known by then, with the checkpoint's settings
    #[arg(long, value_name = "N", conflicts_with = "baseline_only")]
    pub refit: Option<usize>,
    /// With --refit: train on all rows before the origin, or on as long a span as the checkpoint
    #[arg(long, value_enum, default_value = "expanding", requires = "refit", hide_short_help = true)]
    pub refit_window: RefitWindow,
    /// Score the simple forecasts alone: `evaluate --baseline-only TABLE --target COLUMN`
    #[arg(long)]
    pub baseline_only: bool,
    #[command(flatten)]
    pub simple: SimpleFlags,
    #[command(flatten)]
    pub bounds: BoundFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub run: RunFlags,
}

/// Which rows `--refit` trains on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RefitWindow {
    Expanding,
    Sliding,
}

/// Output of `evaluate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    Text,
    Json,
    Csv,
    Markdown,
}

/// `predict`.
#[derive(Debug, clap::Args)]
#[command(mut_arg("wide", |arg| arg
    .num_args(0..=1)
    .require_equals(true)
    .default_missing_value("")
    .help("One column a target (the default); --wide=NAME: the input is wide, melt it, naming the values NAME")))]
pub struct PredictArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Forecast from this stamp on, as if nothing later were known
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Also print quantiles, as PM2.5_p10 and so on: levels such as 0.1,0.9, or `all` of the model's
    #[arg(long, value_name = "LEVELS", value_parser = flags::levels, env = "LSTM_FORECAST_QUANTILES", hide_env = true)]
    pub quantiles: Option<flags::Levels>,
    /// Values ahead of the columns that the model was trained on with --future: series, time and those
    /// columns
    #[arg(long, value_name = "TABLE", conflicts_with_all = ["follow", "append"])]
    pub future_table: Option<String>,
    /// Print the rows ahead that a forecast needs, to be filled in, instead of a forecast
    #[arg(long, conflicts_with_all = ["follow", "append", "long"])]
    pub list_future: bool,
    /// Also print calibrated intervals, as PM2.5_lo80 and PM2.5_hi80: levels in percent, such as 80,95
    #[arg(long, value_name = "LEVELS", value_parser = forecasts::intervals)]
    pub interval: Option<IntervalLevels>,
    /// Leave out series whose history is too short, with a note, instead of refusing
    #[arg(long)]
    pub skip_short: bool,
    /// csv, tsv, json, ndjson, parquet, arrow or table; by the ending of --out, else csv
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<RowsFormat>,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    /// One row a target: city,date,target,value
    #[arg(long)]
    pub long: bool,
    /// Print the input followed by its forecast; delimited text stays byte for byte as it is
    #[arg(long, conflicts_with_all = ["at", "long", "interval"])]
    pub append: bool,
    /// Read rows as they arrive on standard input (CSV or NDJSON); forecast after every one
    #[arg(long, conflicts_with_all = ["at", "append", "out", "skip_short"])]
    pub follow: bool,
    /// With --follow: a table whose rows come before those on standard input
    #[arg(long, value_name = "TABLE", requires = "follow")]
    pub history: Option<String>,
    #[command(flatten)]
    pub bounds: BoundFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub run: RunFlags,
}

/// Output of `predict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RowsFormat {
    Csv,
    Tsv,
    Json,
    Ndjson,
    Parquet,
    Arrow,
    Table,
}

impl From<RowsFormat> for crate::report::rows::Format {
    fn from(format: RowsFormat) -> Self {
        match format {
            RowsFormat::Csv => Self::Csv,
            RowsFormat::Tsv => Self::Tsv,
            RowsFormat::Json => Self::Json,
            RowsFormat::Ndjson => Self::Ndjson,
            RowsFormat::Parquet => Self::Parquet,
            RowsFormat::Arrow => Self::Arrow,
            RowsFormat::Table => Self::Table,
        }
    }
}

/// `inspect`.
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// Text or JSON
    #[arg(long, value_enum, default_value = "text")]
    pub format: TextOrJson,
}

/// Reads the YAML file of `--config`, if one was given.
pub fn config_file(path: Option<&str>) -> crate::error::Result<Option<(String, String)>> {
    let Some(path) = path else { return Ok(None) };
    let text = std::fs::read_to_string(path).map_err(|e| {
        crate::error::Error::config(format!("cannot read the settings file {path}: {e}"))
            .with_hint("--config takes the path of a YAML file; `train --print-config` prints one")
    })?;
    Ok(Some((path.to_string(), text)))
}

/// The keys that were given, grouped as in the YAML file.
pub trait Overlay {
    fn overlay(&self) -> Value;
}
