//! The command line: flags fill plain structs, nothing is built or opened here.
//!
//! Settings that a YAML file may also give are all `Option`s without defaults, so that
//! "not given" stays visible; [`crate::config::Layers`] decides who wins.

use clap::{Parser, Subcommand};
use serde_json::Value;

mod about;
mod across;
mod baseline_only;
mod compare;
pub mod defaults;
mod evaluate;
mod explain;
mod export;
pub mod flags;
mod forecasts;
mod formats;
mod import;
mod ingest;
mod messages;
mod part;
mod plot;
mod predict;
mod report;
mod style;
mod train;
mod tune;
mod usage;
mod values;
mod variables;
mod watch;
pub use about::{CompletionsArgs, InspectArgs, ManArgs, ModelsArgs};
pub use across::AcrossFlags;
pub use baseline_only::BaselineFlags;
pub use compare::CompareArgs;
pub use evaluate::EvaluateArgs;
pub use explain::ExplainArgs;
pub use export::{ExportArgs, ExportFormat};
pub use forecasts::{BoundFlags, IntervalLevels};
pub use import::ImportArgs;
pub use ingest::{IngestArgs, TextOrJson, WindowLayout};
pub use messages::GlobalFlags;
pub use part::PlotFlags;
pub use plot::{PictureFormat, PlotArgs};
pub use predict::PredictArgs;
pub use report::ReportArgs;
pub use style::parse;
pub use train::TrainArgs;
pub use tune::TuneArgs;
pub use usage::fixed_hint;
pub use variables::unknown as unknown_variables;
pub use watch::WatchArgs;

/// The program's name, in messages, completions and manual pages.
pub const NAME: &str = "lstm-forecast";

const AFTER: &str = "\
Examples:
  lstm-forecast train readings.csv --target PM2.5
  lstm-forecast predict model.safetensors readings.csv > next.csv

Exit codes:
  0 fine    1 unexpected    2 usage    3 bad data    4 bad settings    5 bad checkpoint
  6 training diverged       7 not good enough    8 alarms    9 busy    130 interrupted

Environment:
  Every setting has a variable: --hidden-size is LSTM_FORECAST_HIDDEN_SIZE, --no-bias is
  LSTM_FORECAST_BIAS=false. Precedence: flag, environment, --config file, default.
  NO_COLOR, CLICOLOR and CLICOLOR_FORCE are honoured.

`lstm-forecast COMMAND -h` is a summary on one screen, `--help` lists every flag.";

/// Forecasts for many time series from the shell.
#[derive(Debug, Parser)]
#[command(name = NAME, version, long_version = style::long_version(), after_help = AFTER, styles = style::STYLES, max_term_width = 100, disable_help_flag = true, disable_help_subcommand = true)]
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
            Command::Tune(args) => args.settings.run.threads,
            Command::Evaluate(args) => args.run.threads,
            Command::Compare(args) => args.run.threads,
            Command::Explain(args) => args.run.threads,
            Command::Predict(args) => args.run.threads,
            Command::Watch(args) => args.run.threads,
            Command::Plot(args) => args.run.threads,
            Command::Report(args) => args.run.threads,
            Command::Import(args) => args.settings.run.threads,
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
  lstm-forecast ingest readings.csv --model model.safetensors --out windows.safetensors
  lstm-forecast ingest readings.csv --target PM2.5 --layout flat --out lags.parquet")]
    Ingest(Box<IngestArgs>),
    /// Train one model over all series of a table
    #[command(after_help = "Examples:
  lstm-forecast train readings.csv --target PM2.5
  lstm-forecast train readings.csv --config run.yaml --hidden-size 128 --out big.safetensors")]
    Train(Box<TrainArgs>),
    /// Search settings that suit a table, on its validation part
    #[command(after_help = "Examples:
  lstm-forecast tune readings.csv --target PM2.5 --out best.yaml
  lstm-forecast tune readings.csv --target PM2.5 --minutes 120 --log trials.ndjson --model best.safetensors
  lstm-forecast tune readings.csv --target PM2.5 --space space.yaml --log trials.ndjson --resume")]
    Tune(Box<TuneArgs>),
    /// Compare forecasts with what was observed, beside simple forecasts
    #[command(after_help = "Examples:
  lstm-forecast evaluate model.safetensors readings.csv
  lstm-forecast evaluate model.safetensors readings.csv --format json | jq .overall
  lstm-forecast evaluate model.safetensors readings.csv --forecasts forecasts.csv")]
    Evaluate(Box<EvaluateArgs>),
    /// Score several models on the same origins, and test their differences
    #[command(after_help = "Examples:
  lstm-forecast compare old.safetensors new.safetensors readings.csv
  lstm-forecast compare a.safetensors b.safetensors c.safetensors readings.csv --from 2024-06-01
  lstm-forecast compare old.safetensors new.safetensors readings.csv --format json | jq .winners")]
    Compare(Box<CompareArgs>),
    /// Measure what forecasts rest on: columns and time; or why one forecast is what it is
    #[command(after_help = "Examples:
  lstm-forecast explain model.safetensors readings.csv
  lstm-forecast explain model.safetensors readings.csv --at 2024-06-01T06:00 --only Roma
  lstm-forecast explain model.safetensors readings.csv --format json | jq '.targets[0].columns'")]
    Explain(Box<ExplainArgs>),
    /// Print the next steps of every series
    #[command(after_help = "Examples:
  lstm-forecast predict model.safetensors readings.csv
  grep -E '^(city|Roma),' readings.csv | lstm-forecast predict model.safetensors -
  lstm-forecast predict model.safetensors readings.csv --append -o longer.csv
  tail -n +1 -f readings.csv | lstm-forecast predict model.safetensors - --follow")]
    Predict(Box<PredictArgs>),
    /// Print values outside of what was forecast before them, and sensors that fell quiet
    #[command(after_help = "Examples:
  lstm-forecast watch model.safetensors readings.csv
  lstm-forecast watch model.safetensors readings.csv --last 24 --p 0.001 --out alarms.csv
  lstm-forecast watch model.safetensors readings.csv --interval 95 --lead 6 --format ndjson")]
    Watch(Box<WatchArgs>),
    /// Draw history and forecasts: on the terminal, or as .svg, .png or .html
    #[command(after_help = "Examples:
  lstm-forecast plot model.safetensors readings.csv --only Rome
  lstm-forecast plot model.safetensors readings.csv --at 2017-02-20 --out forecasts.svg
  lstm-forecast plot model.safetensors readings.csv --history 500 --out forecasts.html")]
    Plot(Box<PlotArgs>),
    /// Write one page about table, model, errors and forecasts, to be opened in a browser
    #[command(after_help = "Examples:
  lstm-forecast report model.safetensors readings.csv
  lstm-forecast report model.safetensors readings.csv --only Rome,Paris --out rome-and-paris.html")]
    Report(Box<ReportArgs>),
    /// Show what a checkpoint holds
    #[command(after_help = "Examples:
  lstm-forecast inspect model.safetensors
  lstm-forecast inspect model.safetensors --format json | jq .config.model")]
    Inspect(InspectArgs),
    /// Write a model for another program
    #[command(after_help = "Examples:
  lstm-forecast export model.safetensors --format pytorch --out torch
  lstm-forecast ingest readings.csv --model model.safetensors --out windows.safetensors
  python torch/model.py windows.safetensors > forecasts.csv")]
    Export(ExportArgs),
    /// List the checkpoints of a folder with their figures
    #[command(after_help = "Examples:
  lstm-forecast models
  lstm-forecast models /srv/air --format json | jq '.[] | [.file, .skill]'")]
    Models(ModelsArgs),
    /// Make a checkpoint of weights that were trained elsewhere
    #[command(after_help = "Examples:
  lstm-forecast import weights.safetensors --table readings.csv --target PM2.5 --config run.yaml
  lstm-forecast import weights.safetensors --table readings.csv --target PM2.5 --horizon 24 --prefix model.")]
    Import(Box<ImportArgs>),
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

/// The keys that were given, grouped as in the YAML file.
pub trait Overlay {
    fn overlay(&self) -> Value;
}
