//! What is asked of forecasts: bounds, and intervals of a stated coverage.

use clap::Args;
use serde::Serialize;

use crate::config::Bound;
use crate::forecast::conformal::LEVELS;

/// What forecasts may be.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Bounds")]
pub struct BoundFlags {
    /// Lowest forecast and quantile, by clipping: 0, or temp=-40,PM2.5=0; none
    #[arg(long, value_name = "BOUND", value_parser = Bound::parse, allow_hyphen_values = true, env = "LSTM_FORECAST_MIN", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Bound>,
    /// Highest forecast and quantile, by clipping
    #[arg(long, value_name = "BOUND", value_parser = Bound::parse, allow_hyphen_values = true, env = "LSTM_FORECAST_MAX", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Bound>,
}

/// Levels of `--interval`, in percent, ascending.
#[derive(Debug, Clone)]
pub struct IntervalLevels(pub Vec<u8>);

/// `80,95`.
pub(super) fn intervals(text: &str) -> Result<IntervalLevels, String> {
    let level = |part: &str| part.trim().parse::<u8>().ok().filter(|level| LEVELS.contains(level));
    let mut levels = text.split(',').map(level).collect::<Option<Vec<u8>>>().ok_or_else(|| {
        let known = LEVELS.map(|level| level.to_string()).join(", ");
        format!("expected levels in percent out of {known}, such as 80,95")
    })?;
    levels.sort_unstable();
    levels.dedup();
    Ok(IntervalLevels(levels))
}
