//! Flags that are settings: each struct mirrors one group of the YAML file, key by key.

use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::values::yes_or_no;
use super::{BoundFlags, Overlay};
use crate::cli::values;
use crate::config::{Precision, split_list};

mod columns;
mod model;
mod table;
mod training;
mod windows;
pub use columns::ColumnFlags;
pub(super) use model::levels;
pub use model::{Levels, ModelFlags};
pub use table::TableFlags;
pub use training::TrainFlags;
pub use windows::{LengthFlags, SplitFlags, WindowFlags};

/// Column names of one flag: `a,b` or `"a, with a comma",b`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Names(pub Vec<String>);

pub(super) fn names(text: &str) -> Result<Names, String> {
    Ok(Names(split_list(text)))
}

/// The series of `--only`, which may be given more than once; `None` where it is not given.
pub(super) fn only(given: &[Names]) -> Option<Vec<String>> {
    (!given.is_empty()).then(|| given.iter().flat_map(|names| names.0.clone()).collect())
}

/// Everything about data, for `ingest` and `train`.
#[derive(Debug, Clone, Default, Args)]
pub struct DataSettings {
    #[command(flatten)]
    pub columns: ColumnFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub windows: WindowFlags,
    #[command(flatten)]
    pub run: RunFlags,
    /// YAML file with settings
    #[arg(long, value_name = "FILE", help_heading = clap::builder::Resettable::Reset, env = "LSTM_FORECAST_CONFIG", hide_env = true)]
    pub config: Option<String>,
}

/// The machine.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Machine")]
pub struct RunFlags {
    /// Seed of initial weights, batches and dropout
    #[arg(long, value_name = "N", value_parser = values::seed, env = "LSTM_FORECAST_SEED", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Worker threads; results do not depend on it
    #[arg(long, value_name = "N", value_parser = values::count, env = "LSTM_FORECAST_THREADS", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
    /// cpu, cuda, cuda:N or auto
    #[arg(
        long,
        value_name = "DEVICE",
        env = "LSTM_FORECAST_DEVICE",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// On a GPU: f32, or factors of products rounded to tf32 or bf16, for speed
    #[arg(
        long,
        value_enum,
        value_name = "TYPE",
        hide_possible_values = true,
        env = "LSTM_FORECAST_PRECISION",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
}

/// `--x[=BOOL]` and `--no-x`, of which clap leaves the later one, then the variable. (clap takes
/// a variable for one of two such flags as a conflict with the other, so it is read here.)
pub(super) fn switch(on: Option<bool>, off: bool, variable: &str) -> Option<Value> {
    if off {
        return Some(Value::from(false));
    }
    on.map(Value::from).or_else(|| {
        let text = std::env::var(variable).ok()?;
        // Anything else is refused where all settings are checked.
        Some(yes_or_no(&text).map_or(Value::from(text), Value::from))
    })
}

/// The keys of a group that were given.
pub(super) fn value(part: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(part) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

impl Overlay for DataSettings {
    fn overlay(&self) -> Value {
        let mut data = value(&self.columns);
        data.extend(value(&self.table_flags));
        let scale = &self.windows.scale;
        let calendar = switch(scale.calendar, scale.no_calendar, "LSTM_FORECAST_CALENDAR");
        let mut scale = value(scale);
        scale.extend(calendar.map(|v| ("calendar".into(), v)));
        json!({
            "data": data,
            "windows": value(&self.windows),
            "split": value(&self.windows.split),
            "scale": scale,
            "run": value(&self.run),
        })
    }
}

/// Flags of commands that take a model: the table's dialect, the bounds and the machine.
pub fn model_overlay(table: &TableFlags, bounds: &BoundFlags, run: &RunFlags) -> Value {
    json!({"data": value(table), "forecast": value(bounds), "run": value(run)})
}
