//! Arguments of `train`.

use serde_json::{Map, Value};

use super::flags::{DataSettings, ModelFlags, TrainFlags, switch, value};
use super::part::PlotFlags;
use super::{BoundFlags, Overlay, defaults, values};

/// Flags of groups that other commands share, or that are long, which `train -h` shows or leaves out.
const IN_SHORT_HELP: [&str; 3] = ["ensemble", "quantiles", "future"];
const NOT_IN_SHORT_HELP: [&str; 5] = ["num_layers", "dropout", "batch_size", "patience", "val_start"];

fn short_help(arg: clap::Arg) -> clap::Arg {
    let id = arg.get_id().as_str();
    match (IN_SHORT_HELP.contains(&id), NOT_IN_SHORT_HELP.contains(&id)) {
        (true, _) => arg.hide_short_help(false),
        (_, true) => arg.hide_short_help(true),
        _ => arg,
    }
}

/// `train`.
#[derive(Debug, clap::Args)]
#[command(
    mut_args(short_help),
    mut_args(defaults::said),
    mut_arg("plot", |arg| arg.help("Draw how the networks learnt: a .svg, .png, .html or .txt file").hide_short_help(true)),
    mut_arg("theme", |arg| arg.hide(true))
)]
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
    #[command(flatten)]
    pub picture: PlotFlags,
    /// Go on with the training that was interrupted, to the same bytes as without the interruption
    #[arg(long, hide_short_help = true)]
    pub resume: bool,
    /// Wait for another training to this --out, instead of exit code 9
    #[arg(long, hide_short_help = true)]
    pub wait: bool,
    /// Also keep the checkpoint under its time, as model.20261126T021703Z.safetensors, and the last N of these
    #[arg(long, value_name = "N", value_parser = values::count, hide_short_help = true)]
    pub keep: Option<usize>,
    /// Save the state of training this often, beside every epoch's end; 0: after every step
    #[arg(long, value_name = "MINUTES", value_parser = minutes, default_value = "10", env = "LSTM_FORECAST_SAVE_EVERY", hide_env = true, hide_short_help = true)]
    pub save_every: f64,
    /// Start from the weights of this model instead of random ones; its columns, windows and model settings are taken over
    #[arg(long, value_name = "MODEL", hide_short_help = true)]
    pub init_from: Option<String>,
    /// If training diverges, train once more at a tenth of the rate
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
pub(super) fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(minutes) if minutes.is_finite() && minutes >= 0.0 => Ok(minutes),
        _ => Err("expected a number of minutes, 0 or more".into()),
    }
}

/// The keys of `model` that were given.
pub(super) fn model_group(flags: &ModelFlags) -> Map<String, Value> {
    let mut model = value(flags);
    model.extend(switch(flags.bias, flags.no_bias, "LSTM_FORECAST_BIAS").map(|v| ("bias".into(), v)));
    model
}

impl Overlay for TrainArgs {
    fn overlay(&self) -> Value {
        trees(&self.settings, &self.model, &self.train, &self.bounds)
    }
}

/// All settings that a training takes, as far as they were given.
pub(super) fn trees(
    settings: &DataSettings,
    model: &ModelFlags,
    train: &TrainFlags,
    bounds: &BoundFlags,
) -> Value {
    let mut tree = settings.overlay();
    let validation = switch(train.validation, train.no_validation, "LSTM_FORECAST_VALIDATION");
    let mut train = value(train);
    train.extend(validation.map(|v| ("validation".into(), v)));
    if let Value::Object(map) = &mut tree {
        map.insert("model".into(), Value::Object(model_group(model)));
        map.insert("train".into(), Value::Object(train));
        map.insert("forecast".into(), Value::Object(value(bounds)));
    }
    tree
}
