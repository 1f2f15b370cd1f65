//! Arguments of `tune`.

use serde_json::Value;

use super::flags::{DataSettings, ModelFlags, TrainFlags};
use super::part::PlotFlags;
use super::train::trees;
use super::{BoundFlags, Overlay, TextOrJson, defaults};
use crate::cli::values;

/// What `tune -h` shows; all settings of `train` are taken too.
const IN_SHORT_HELP: [&str; 15] = [
    "table",
    "out",
    "model_out",
    "trials",
    "minutes",
    "folds",
    "space",
    "log",
    "resume",
    "format",
    "plot",
    "target",
    "config",
    "horizon",
    "help",
];

fn short_help(arg: clap::Arg) -> clap::Arg {
    let hide = !IN_SHORT_HELP.contains(&arg.get_id().as_str());
    if hide { arg.hide_short_help(true) } else { arg.hide_short_help(false) }
}

/// `tune`.
#[derive(Debug, clap::Args)]
#[command(mut_args(short_help), mut_args(defaults::said))]
#[command(mut_arg("plot", |arg| arg.help("Draw the trials: a .svg, .png, .html or .txt file")))]
pub struct TuneArgs {
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Settings file to write, for `train --config`
    #[arg(short, long, value_name = "FILE", default_value = "best.yaml")]
    pub out: String,
    /// Train with what was found, too, and write the checkpoint
    #[arg(long = "model", value_name = "FILE")]
    pub model_out: Option<String>,
    /// Settings that are tried, beside those that are given
    #[arg(long, value_name = "N", value_parser = values::count, default_value = "40")]
    pub trials: usize,
    /// Minutes for all of it, the last two trainings too (but not that of --model); 0: no limit
    #[arg(long, value_name = "MINUTES", value_parser = super::train::minutes, default_value = "30")]
    pub minutes: f64,
    /// Pieces of the validation part that choose; one more is held out, to say what was gained
    #[arg(long, value_name = "N", value_parser = values::count, default_value = "2")]
    pub folds: usize,
    /// YAML file with what to search: for each setting a list, or {min: 0.001, max: 0.01, log: true}
    #[arg(long, value_name = "FILE")]
    pub space: Option<String>,
    /// Write one JSON object a training; what --resume goes on from
    #[arg(long, value_name = "FILE")]
    pub log: Option<String>,
    /// Go on with the search that --log holds, to the same result as without the interruption
    #[arg(long)]
    pub resume: bool,
    /// Report as text or JSON
    #[arg(long, value_enum, default_value = "text")]
    pub format: TextOrJson,
    #[command(flatten)]
    pub picture: PlotFlags,
    #[command(flatten)]
    pub settings: DataSettings,
    #[command(flatten)]
    pub model: ModelFlags,
    #[command(flatten)]
    pub train: TrainFlags,
    #[command(flatten)]
    pub bounds: BoundFlags,
}

impl Overlay for TuneArgs {
    fn overlay(&self) -> Value {
        trees(&self.settings, &self.model, &self.train, &self.bounds)
    }
}
