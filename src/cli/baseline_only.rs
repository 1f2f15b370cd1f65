//! Flags of `evaluate --baseline-only`: there is no checkpoint to say which columns are what and
//! where the test part starts.

use clap::{Arg, Args};
use serde_json::{Map, Value, json};

use super::flags::{ColumnFlags, LengthFlags, RunFlags, SplitFlags, TableFlags, value};

/// What a checkpoint would say.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Without a model (--baseline-only)")]
#[command(mut_args(long_help_only))]
pub struct BaselineFlags {
    #[command(flatten)]
    pub columns: ColumnFlags,
    #[command(flatten)]
    pub length: LengthFlags,
    #[command(flatten)]
    pub split: SplitFlags,
    /// YAML file with settings
    #[arg(long, value_name = "FILE", env = "LSTM_FORECAST_CONFIG", hide_env = true, hide_short_help = true)]
    pub config: Option<String>,
}

/// `train -h` shows these on its one screen; `evaluate -h` has no room for them.
const LONG_HELP_ONLY: [&str; 5] = ["input_window", "horizon", "split", "val_start", "test_start"];

fn long_help_only(arg: Arg) -> Arg {
    let hide = LONG_HELP_ONLY.contains(&arg.get_id().as_str());
    if hide { arg.hide_short_help(true) } else { arg }
}

impl BaselineFlags {
    /// The settings of a run without a model.
    pub fn overlay(&self, table: &TableFlags, run: &RunFlags) -> Value {
        let mut tree = self.own();
        if let Some(Value::Object(data)) = tree.get_mut("data") {
            data.extend(value(table));
        }
        tree["run"] = Value::Object(value(run));
        tree
    }

    /// A flag that was given on the command line, not by its variable: with a model these say
    /// nothing, and a flag that does nothing should not be taken in silence.
    pub fn given(&self) -> Option<String> {
        let tree = self.own();
        let groups = tree.as_object().into_iter().flat_map(Map::values);
        let mut keys: Vec<&str> =
            groups.filter_map(Value::as_object).flatten().map(|(k, _)| k.as_str()).collect();
        keys.extend(self.config.as_ref().map(|_| "config"));
        let on_line =
            |key: &&str| std::env::var_os(format!("LSTM_FORECAST_{}", key.to_uppercase())).is_none();
        keys.into_iter().find(on_line).map(|key| format!("--{}", key.replace('_', "-")))
    }

    fn own(&self) -> Value {
        json!({
            "data": value(&self.columns),
            "windows": value(&self.length),
            "split": value(&self.split),
        })
    }
}
