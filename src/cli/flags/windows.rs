//! Flags that say how windows are cut, parted and scaled.

use clap::Args;
use serde::Serialize;

use crate::cli::values;
use crate::config::{ScalerKind, Transform};

/// Windows, split and scaling: three groups of the YAML file; what is serialised is the first.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Windows, split and scaling")]
pub struct WindowFlags {
    #[command(flatten)]
    #[serde(flatten)]
    pub length: LengthFlags,
    /// Rows from one training window to the next
    #[arg(long, value_name = "ROWS", value_parser = values::rows, env = "LSTM_FORECAST_STRIDE", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stride: Option<usize>,
    /// Also train on and forecast series shorter than the window: padded on the left and masked
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", env = "LSTM_FORECAST_PAD_SHORT", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pad_short: Option<bool>,
    #[command(flatten)]
    #[serde(skip)]
    pub split: SplitFlags,
    #[command(flatten)]
    #[serde(skip)]
    pub scale: ScaleFlags,
}

/// How long a window and its forecast are.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct LengthFlags {
    /// Rows of history that a forecast sees (T)
    #[arg(long, value_name = "ROWS", value_parser = values::rows, env = "LSTM_FORECAST_INPUT_WINDOW", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_window: Option<usize>,
    /// Rows ahead to forecast (P)
    #[arg(long, value_name = "ROWS", value_parser = values::rows, env = "LSTM_FORECAST_HORIZON", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub horizon: Option<usize>,
}

/// Where the table is cut into training, validation and test parts.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct SplitFlags {
    /// Shares of training, validation and test
    #[arg(long, value_name = "A,B,C", value_parser = shares, env = "LSTM_FORECAST_SPLIT", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Shares>,
    /// First stamp of the validation part
    #[arg(long, value_name = "TIME", env = "LSTM_FORECAST_VAL_START", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub val_start: Option<String>,
    /// First stamp of the test part
    #[arg(long, value_name = "TIME", env = "LSTM_FORECAST_TEST_START", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_start: Option<String>,
}

/// The three shares of `--split`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Shares(pub [f64; 3]);

fn shares(text: &str) -> Result<Shares, String> {
    let wrong = || "expected three shares, such as 0.7,0.1,0.2".to_owned();
    let share = |part: &str| part.trim().parse::<f64>().ok().filter(|s| s.is_finite()).ok_or_else(wrong);
    let shares = text.split(',').map(share).collect::<Result<Vec<_>, _>>()?;
    shares.try_into().map(Shares).map_err(|_| wrong())
}

/// How values are scaled, and whether the calendar is among the inputs.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct ScaleFlags {
    /// How values are scaled
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        env = "LSTM_FORECAST_SCALER",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<Transform>,
    /// Calendar features as inputs
    #[arg(long, overrides_with = "no_calendar", num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide_short_help = true)]
    #[serde(skip)]
    pub calendar: Option<bool>,
    /// No calendar features
    #[arg(long, overrides_with = "calendar", hide_short_help = true)]
    #[serde(skip)]
    pub no_calendar: bool,
}
