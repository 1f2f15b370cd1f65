//! Flags that say which columns play which part.

use clap::Args;
use serde::Serialize;

use super::{Names, names};

/// Flags that say which columns play which part.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Columns")]
pub struct ColumnFlags {
    /// Columns that name the series, such as city
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_SERIES", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Names>,
    /// Columns that make the time stamp, such as date or day,hour
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_TIME", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Names>,
    /// Columns to forecast
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_TARGET", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Names>,
    /// Further columns the model sees, or none
    #[arg(long, value_name = "COLS", value_parser = features, env = "LSTM_FORECAST_FEATURES", hide_env = true)]
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
    /// Features whose values ahead are known, such as holidays
    #[arg(long, value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_FUTURE", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub future: Option<Names>,
    /// Features that never change within a series, such as a station's altitude
    #[arg(long = "static", value_name = "COLS", value_parser = names, env = "LSTM_FORECAST_STATIC", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none", rename = "static")]
    pub fixed: Option<Names>,
}

/// As [`names`]; `none` alone for no column at all, `"none"` for one of that name.
fn features(text: &str) -> Result<Names, String> {
    if text.trim() == "none" { Ok(Names(Vec::new())) } else { names(text) }
}
