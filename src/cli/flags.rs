//! Flags that are settings: each struct mirrors one group of the YAML file, key by key.

use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{BoundFlags, Overlay, TrainArgs};
use crate::config::{
    BatchSize, Decoder, Duplicates, Loss, Precision, ScalerKind, Schedule, Skip, Transform, split_list,
};

/// Column names of one flag: `a,b` or `"a, with a comma",b`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Names(pub Vec<String>);

fn names(text: &str) -> Result<Names, String> {
    Ok(Names(split_list(text)))
}

/// Flags that say which columns play which part.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Columns")]
pub struct ColumnFlags {
    /// Columns that name the series, such as city or station,sensor
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_SERIES", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Names>,
    /// Columns that make the time stamp, such as date or Date,Hour
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_TIME", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Names>,
    /// Columns to forecast
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_TARGET", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Names>,
    /// Other columns the model sees; every numeric one when not given
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_FEATURES", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Names>,
    /// Columns to leave out
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_DROP", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<Names>,
    /// Text columns to one-hot encode
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_CATEGORICAL", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categorical: Option<Names>,
    /// Features known beyond the forecast's origin, such as a weather forecast or a holiday
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_FUTURE", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub future: Option<Names>,
    /// Features that never change within a series, such as a station's altitude
    #[arg(long = "static", value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_STATIC", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none", rename = "static")]
    pub fixed: Option<Names>,
}

/// Flags that say how the table is written and laid on a grid.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Reading the table")]
pub struct TableFlags {
    /// How stamps are written, in strftime form, such as %d/%m/%Y %H:%M
    #[arg(
        long,
        value_name = "FORMAT",
        env = "LSTM_FORECAST_TIME_FORMAT",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_format: Option<String>,
    /// Zone of wall-clock stamps, such as Europe/Rome
    #[arg(
        long,
        value_name = "ZONE",
        env = "LSTM_FORECAST_TIME_ZONE",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Step between rows, such as 15min, 1h, 1d, 1mo; found from the stamps when not given
    #[arg(long, value_name = "STEP", env = "LSTM_FORECAST_FREQ", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freq: Option<String>,
    /// Which of several rows with the same series and stamp counts
    #[arg(
        long,
        value_enum,
        value_name = "RULE",
        env = "LSTM_FORECAST_DUPLICATES",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<Duplicates>,
    /// Lay irregular rows on a grid of this step, such as 1h
    #[arg(
        long,
        value_name = "STEP",
        env = "LSTM_FORECAST_RESAMPLE",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resample: Option<String>,
    /// How --resample joins rows: mean, sum, last, first, max, min; or col=sum for one column
    #[arg(long, value_name = "RULES", value_parser = names, env = "LSTM_FORECAST_AGG", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agg: Option<Names>,
    /// Longest run of missing rows that is filled forward; longer ones take the training mean
    #[arg(
        long,
        value_name = "ROWS",
        env = "LSTM_FORECAST_MAX_FILL",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fill: Option<usize>,
    /// Delimiter of the CSV file; one of , ; tab | is found when not given
    #[arg(long, value_name = "CHAR", value_parser = delimiter, env = "LSTM_FORECAST_DELIMITER", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Character encoding, such as utf-8 or windows-1252
    #[arg(
        long,
        value_name = "NAME",
        env = "LSTM_FORECAST_ENCODING",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Decimal mark: . or ,
    #[arg(long, value_name = "CHAR", env = "LSTM_FORECAST_DECIMAL", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// Further texts or numbers that mean missing, such as -200
    #[arg(long, value_name = "VALUES", value_parser = names, allow_hyphen_values = true, env = "LSTM_FORECAST_MISSING", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Names>,
    /// Lines before the header to pass over
    #[arg(
        long,
        value_name = "LINES",
        env = "LSTM_FORECAST_SKIP_ROWS",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_rows: Option<usize>,
    /// The table is wide (date,cityA,cityB,…): melt it, naming the values NAME
    #[arg(long, value_name = "NAME", env = "LSTM_FORECAST_WIDE", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wide: Option<String>,
    /// One file a series, named by the file
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", env = "LSTM_FORECAST_SERIES_FROM_FILENAME", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series_from_filename: Option<bool>,
    /// Limit a column's values, such as wind=0:60
    #[arg(long, value_name = "COL=LO:HI", value_parser = names, env = "LSTM_FORECAST_CLIP", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<Names>,
}

fn delimiter(text: &str) -> Result<char, String> {
    let text = match text {
        "tab" | "\\t" => "\t",
        "comma" => ",",
        "semicolon" => ";",
        "pipe" => "|",
        other => other,
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() => Ok(c),
        _ => Err("expected one character, or one of comma, semicolon, tab, pipe".into()),
    }
}

/// Windows, split and scaling.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Windows, split and scaling")]
pub struct WindowFlags {
    /// Rows of history that a forecast sees (T)
    #[arg(long, value_name = "ROWS", env = "LSTM_FORECAST_INPUT_WINDOW", hide_env = true)]
    pub input_window: Option<usize>,
    /// Rows ahead to forecast (P)
    #[arg(long, value_name = "ROWS", env = "LSTM_FORECAST_HORIZON", hide_env = true)]
    pub horizon: Option<usize>,
    /// Rows from one training window to the next
    #[arg(long, value_name = "ROWS", env = "LSTM_FORECAST_STRIDE", hide_env = true, hide_short_help = true)]
    pub stride: Option<usize>,
    /// Also train on and forecast series shorter than the window: padded on the left and masked
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", env = "LSTM_FORECAST_PAD_SHORT", hide_env = true, hide_short_help = true)]
    pub pad_short: Option<bool>,
    /// Shares of the time span for training, validation and test
    #[arg(
        long,
        value_name = "A,B,C",
        value_delimiter = ',',
        num_args = 1,
        env = "LSTM_FORECAST_SPLIT",
        hide_env = true
    )]
    pub split: Option<Vec<f64>>,
    /// First stamp of the validation part
    #[arg(long, value_name = "TIME", env = "LSTM_FORECAST_VAL_START", hide_env = true)]
    pub val_start: Option<String>,
    /// First stamp of the test part
    #[arg(long, value_name = "TIME", env = "LSTM_FORECAST_TEST_START", hide_env = true)]
    pub test_start: Option<String>,
    /// How values are scaled
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        env = "LSTM_FORECAST_SCALER",
        hide_env = true,
        hide_short_help = true
    )]
    pub scaler: Option<ScalerKind>,
    /// Bending of skewed columns before they are scaled
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        env = "LSTM_FORECAST_TRANSFORM",
        hide_env = true,
        hide_short_help = true
    )]
    pub transform: Option<Transform>,
    /// Calendar features as inputs (on by default)
    #[arg(long, overrides_with = "no_calendar", num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide_short_help = true)]
    pub calendar: Option<bool>,
    /// No calendar features
    #[arg(long, overrides_with = "calendar", hide_short_help = true)]
    pub no_calendar: bool,
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

/// The network.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Model")]
pub struct ModelFlags {
    /// Hidden units of each LSTM layer (H)
    #[arg(long, value_name = "UNITS", env = "LSTM_FORECAST_HIDDEN_SIZE", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_size: Option<usize>,
    /// LSTM layers (L)
    #[arg(long, value_name = "LAYERS", env = "LSTM_FORECAST_NUM_LAYERS", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_layers: Option<usize>,
    /// Share of units dropped between layers and in the head while training
    #[arg(
        long,
        value_name = "SHARE",
        allow_hyphen_values = true,
        env = "LSTM_FORECAST_DROPOUT",
        hide_env = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<f32>,
    /// Bias in the LSTM (on by default)
    #[arg(long, overrides_with = "no_bias", num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide_short_help = true)]
    #[serde(skip)]
    pub bias: Option<bool>,
    /// No bias in the LSTM
    #[arg(long, overrides_with = "bias", hide_short_help = true)]
    #[serde(skip)]
    pub no_bias: bool,
    /// A second direction that reads the window backwards
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", env = "LSTM_FORECAST_BIDIRECTIONAL", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bidirectional: Option<bool>,
    /// Hidden layers of the head, such as 64 or 64,32; `linear` for none
    #[arg(long, value_name = "WIDTHS", value_parser = widths, env = "LSTM_FORECAST_HEAD", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Widths>,
    /// Quantile levels to learn, such as 0.1,0.5,0.9; `none` for a point forecast alone
    #[arg(long, value_name = "LEVELS", value_parser = levels, env = "LSTM_FORECAST_QUANTILES", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<Levels>,
    /// Networks trained from different seeds and averaged
    #[arg(long, value_name = "N", env = "LSTM_FORECAST_ENSEMBLE", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<usize>,
    /// How the head is applied: once a lead time, at the last step, or at every step while training
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        env = "LSTM_FORECAST_DECODER",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<Decoder>,
    /// Simple forecast that the LSTM corrects
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        env = "LSTM_FORECAST_SKIP",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
}

/// Quantile levels of one flag.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Levels(pub Vec<f64>);

/// `0.1,0.5,0.9`; `none` for none, `all` for every level that the model has.
pub(super) fn levels(text: &str) -> Result<Levels, String> {
    match text.trim() {
        "none" => return Ok(Levels(Vec::new())),
        "all" => return Ok(Levels(vec![f64::INFINITY])),
        _ => {}
    }
    let levels = text.split(',').map(|t| t.trim().parse::<f64>().ok().filter(|l| *l > 0.0 && *l < 1.0));
    let mut levels = levels
        .collect::<Option<Vec<f64>>>()
        .ok_or_else(|| "expected levels between 0 and 1, such as 0.1,0.5,0.9".to_string())?;
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    Ok(Levels(levels))
}

/// Layer widths of the head.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Widths(pub Vec<usize>);

fn widths(text: &str) -> Result<Widths, String> {
    if text == "linear" || text.is_empty() {
        return Ok(Widths(Vec::new()));
    }
    text.split(',')
        .map(|w| w.trim().parse::<usize>().map_err(|_| format!("`{w}` is not a number of units")))
        .collect::<Result<_, _>>()
        .map(Widths)
}

/// Training.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Training")]
pub struct TrainFlags {
    /// What training minimises
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        env = "LSTM_FORECAST_LOSS",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// Longest training, in epochs
    #[arg(long, value_name = "N", env = "LSTM_FORECAST_EPOCHS", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// Longest training of each network, in steps
    #[arg(long, value_name = "N", env = "LSTM_FORECAST_MAX_STEPS", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<usize>,
    /// Windows a step, or auto: as many as suit the GPU
    #[arg(long, value_name = "N|auto", env = "LSTM_FORECAST_BATCH_SIZE", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<BatchSize>,
    /// Steps of a window at which the lead decoder is trained
    #[arg(long, value_name = "N", env = "LSTM_FORECAST_CUTS", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cuts: Option<usize>,
    /// Share of input columns blanked in each training window (lead decoder)
    #[arg(
        long,
        value_name = "SHARE",
        env = "LSTM_FORECAST_INPUT_DROPOUT",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_dropout: Option<f64>,
    /// Decay of the moving average of the weights; 0 switches it off
    #[arg(long, value_name = "DECAY", env = "LSTM_FORECAST_EMA", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ema: Option<f64>,
    /// Step size of AdamW
    #[arg(
        long,
        value_name = "RATE",
        allow_hyphen_values = true,
        env = "LSTM_FORECAST_LEARNING_RATE",
        hide_env = true
    )]
    #[serde(serialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// How the learning rate moves
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        env = "LSTM_FORECAST_SCHEDULE",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Weight decay of AdamW
    #[arg(
        long,
        value_name = "RATE",
        allow_hyphen_values = true,
        env = "LSTM_FORECAST_WEIGHT_DECAY",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(serialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// Largest gradient norm; 0 for no clipping
    #[arg(
        long,
        value_name = "NORM",
        allow_hyphen_values = true,
        env = "LSTM_FORECAST_GRAD_CLIP",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(serialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub grad_clip: Option<f64>,
    /// Epochs without a better validation error before stopping; 0 for never
    #[arg(long, value_name = "N", env = "LSTM_FORECAST_PATIENCE", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Score the validation part after each epoch and keep the best weights (on by default)
    #[arg(long, overrides_with = "no_validation", num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide_short_help = true)]
    #[serde(skip)]
    pub validation: Option<bool>,
    /// Do not score the validation part while training; the last weights are kept
    #[arg(long, overrides_with = "validation", hide_short_help = true)]
    #[serde(skip)]
    pub no_validation: bool,
}

/// JSON has no NaN: non-finite numbers travel as text, so that the range check can name them.
fn number<S: serde::Serializer>(value: &Option<f64>, s: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(v) if v.is_finite() => s.serialize_f64(*v),
        Some(v) => s.serialize_str(&v.to_string()),
        None => s.serialize_none(),
    }
}

/// The machine.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Machine")]
pub struct RunFlags {
    /// Seed of initial weights, batches and dropout
    #[arg(long, value_name = "N", env = "LSTM_FORECAST_SEED", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Worker threads; results do not depend on it
    #[arg(long, value_name = "N", env = "LSTM_FORECAST_THREADS", hide_env = true, hide_short_help = true)]
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
    /// On a GPU: f32, or tf32, which is faster and less exact
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
fn switch(on: Option<bool>, off: bool, variable: &str) -> Option<Value> {
    if off {
        return Some(Value::from(false));
    }
    on.map(Value::from).or_else(|| match std::env::var(variable).ok()?.as_str() {
        "true" | "1" | "yes" | "on" => Some(Value::from(true)),
        "false" | "0" | "no" | "off" => Some(Value::from(false)),
        // Refused where all settings are checked.
        other => Some(Value::from(other)),
    })
}

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
        let mut windows = Map::new();
        let mut split = Map::new();
        let mut scale = Map::new();
        let w = &self.windows;
        let set = |map: &mut Map<String, Value>, key: &str, v: Option<Value>| {
            if let Some(v) = v {
                map.insert(key.into(), v);
            }
        };
        set(&mut windows, "input_window", w.input_window.map(Value::from));
        set(&mut windows, "horizon", w.horizon.map(Value::from));
        set(&mut windows, "stride", w.stride.map(Value::from));
        set(&mut windows, "pad_short", w.pad_short.map(Value::from));
        set(&mut split, "split", w.split.clone().map(Value::from));
        set(&mut split, "val_start", w.val_start.clone().map(Value::from));
        set(&mut split, "test_start", w.test_start.clone().map(Value::from));
        set(&mut scale, "scaler", w.scaler.and_then(|s| serde_json::to_value(s).ok()));
        set(&mut scale, "transform", w.transform.and_then(|t| serde_json::to_value(t).ok()));
        set(&mut scale, "calendar", switch(w.calendar, w.no_calendar, "LSTM_FORECAST_CALENDAR"));
        json!({"data": data, "windows": windows, "split": split, "scale": scale, "run": value(&self.run)})
    }
}

impl Overlay for TrainArgs {
    fn overlay(&self) -> Value {
        let mut tree = self.settings.overlay();
        let mut model = value(&self.model);
        model.extend(
            switch(self.model.bias, self.model.no_bias, "LSTM_FORECAST_BIAS").map(|v| ("bias".into(), v)),
        );
        let mut train = value(&self.train);
        train.extend(
            switch(self.train.validation, self.train.no_validation, "LSTM_FORECAST_VALIDATION")
                .map(|v| ("validation".into(), v)),
        );
        if let Value::Object(map) = &mut tree {
            map.insert("model".into(), Value::Object(model));
            map.insert("train".into(), Value::Object(train));
            map.insert("forecast".into(), Value::Object(value(&self.bounds)));
        }
        tree
    }
}

/// Flags of commands that take a model: the table's dialect, the bounds and the machine.
pub fn model_overlay(table: &TableFlags, bounds: &BoundFlags, run: &RunFlags) -> Value {
    json!({"data": value(table), "forecast": value(bounds), "run": value(run)})
}
