//! Flags of training.

use clap::Args;
use serde::Serialize;

use crate::cli::values;
use crate::config::{BatchSize, Final, Loss, Schedule, Weighing};

/// Training.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Training")]
pub struct TrainFlags {
    /// Training loss
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
    /// What errors of small and large series count for
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        env = "LSTM_FORECAST_WEIGH",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weigh: Option<Weighing>,
    /// Longest training, in epochs: passes of at most 25 steps
    #[arg(long, value_name = "N", value_parser = values::count, env = "LSTM_FORECAST_EPOCHS", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// Longest training of each network, in steps
    #[arg(long, value_name = "N", value_parser = values::count, env = "LSTM_FORECAST_MAX_STEPS", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<usize>,
    /// Windows a step, or auto: as many as suit the GPU
    #[arg(long, value_name = "N|auto", env = "LSTM_FORECAST_BATCH_SIZE", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<BatchSize>,
    /// Steps of a window at which the lead decoder is trained
    #[arg(long, value_name = "N", value_parser = values::count, env = "LSTM_FORECAST_CUTS", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cuts: Option<usize>,
    /// Share of input columns blanked in each training window (lead decoder)
    #[arg(
        long,
        value_name = "SHARE", value_parser = values::number::<f64>,
        env = "LSTM_FORECAST_INPUT_DROPOUT",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_dropout: Option<f64>,
    /// Decay of the moving average of the weights; 0 switches it off
    #[arg(long, value_name = "DECAY", value_parser = values::number::<f64>, env = "LSTM_FORECAST_EMA", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ema: Option<f64>,
    /// Step size of AdamW
    #[arg(
        long,
        value_name = "RATE", value_parser = values::number::<f64>,
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
        value_name = "RATE", value_parser = values::number::<f64>,
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
        value_name = "NORM", value_parser = values::number::<f64>,
        allow_hyphen_values = true,
        env = "LSTM_FORECAST_GRAD_CLIP",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(serialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub grad_clip: Option<f64>,
    /// Epochs without a better validation error before stopping; 0 for never
    #[arg(long, value_name = "N", value_parser = values::count, env = "LSTM_FORECAST_PATIENCE", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// Rows to train on at the end; alone: all
    #[arg(long = "final", num_args = 0..=1, default_missing_value = "all", require_equals = true, value_name = "PART", value_enum, hide_possible_values = true, env = "LSTM_FORECAST_FINAL", hide_env = true, hide_short_help = true)]
    #[serde(rename = "final", skip_serializing_if = "Option::is_none")]
    pub once_more: Option<Final>,
    /// Score the validation part after each epoch and keep the best weights
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
