//! `--min` and `--max`.

use clap::Args;
use serde::Serialize;

use crate::config::Bound;

/// What forecasts may be.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Bounds")]
pub struct BoundFlags {
    /// Keep forecasts and quantiles at or above this, by clipping: 0, or temp=-40,PM2.5=0 by target; none: no bound
    #[arg(long, value_name = "BOUND", value_parser = Bound::parse, allow_hyphen_values = true, env = "LSTM_FORECAST_MIN", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Bound>,
    /// Keep them at or below this, by clipping
    #[arg(long, value_name = "BOUND", value_parser = Bound::parse, allow_hyphen_values = true, env = "LSTM_FORECAST_MAX", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Bound>,
}
