//! Flags of `evaluate --baseline-only`: there is no checkpoint to say which columns are what and
//! where the test part starts.

use clap::Args;
use serde_json::{Map, Value, json};

use super::flags::{ColumnFlags, RunFlags, TableFlags, value};

/// What a checkpoint would say.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Without a model (--baseline-only)")]
pub struct SimpleFlags {
    #[command(flatten)]
    pub columns: ColumnFlags,
    /// Rows of history that a forecast sees (T)
    #[arg(
        long,
        value_name = "ROWS",
        env = "LSTM_FORECAST_INPUT_WINDOW",
        hide_env = true,
        hide_short_help = true
    )]
    pub input_window: Option<usize>,
    /// Rows ahead to forecast (P)
    #[arg(long, value_name = "ROWS", env = "LSTM_FORECAST_HORIZON", hide_env = true, hide_short_help = true)]
    pub horizon: Option<usize>,
    /// Shares of the time span for training, validation and test
    #[arg(
        long,
        value_name = "A,B,C",
        value_delimiter = ',',
        num_args = 1,
        env = "LSTM_FORECAST_SPLIT",
        hide_env = true,
        hide_short_help = true
    )]
    pub split: Option<Vec<f64>>,
    /// First stamp of the validation part
    #[arg(
        long,
        value_name = "TIME",
        env = "LSTM_FORECAST_VAL_START",
        hide_env = true,
        hide_short_help = true
    )]
    pub val_start: Option<String>,
    /// First stamp of the test part
    #[arg(
        long,
        value_name = "TIME",
        env = "LSTM_FORECAST_TEST_START",
        hide_env = true,
        hide_short_help = true
    )]
    pub test_start: Option<String>,
    /// YAML file with settings
    #[arg(long, value_name = "FILE", env = "LSTM_FORECAST_CONFIG", hide_env = true, hide_short_help = true)]
    pub config: Option<String>,
}

impl SimpleFlags {
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
        let only = |pairs: Vec<(&str, Option<Value>)>| -> Map<String, Value> {
            pairs.into_iter().filter_map(|(key, v)| Some((key.to_string(), v?))).collect()
        };
        json!({
            "data": value(&self.columns),
            "windows": only(vec![
                ("input_window", self.input_window.map(Value::from)),
                ("horizon", self.horizon.map(Value::from)),
            ]),
            "split": only(vec![
                ("split", self.split.clone().map(Value::from)),
                ("val_start", self.val_start.clone().map(Value::from)),
                ("test_start", self.test_start.clone().map(Value::from)),
            ]),
        })
    }
}
