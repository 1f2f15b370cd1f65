//! Flags of the network.

use clap::Args;
use serde::Serialize;

use crate::cli::values;
use crate::config::{Cell, Decoder, Pooling, Skip};
use crate::forecast;

/// The network.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Model")]
pub struct ModelFlags {
    /// Recurrent cell
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        env = "LSTM_FORECAST_CELL",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<Cell>,
    /// Hidden units of each LSTM layer (H)
    #[arg(long, value_name = "UNITS", value_parser = values::units, env = "LSTM_FORECAST_HIDDEN_SIZE", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_size: Option<usize>,
    /// LSTM layers (L)
    #[arg(long, value_name = "LAYERS", value_parser = values::layers, env = "LSTM_FORECAST_NUM_LAYERS", hide_env = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_layers: Option<usize>,
    /// Share of units dropped between layers and in the head while training
    #[arg(
        long,
        value_name = "SHARE", value_parser = values::number::<f32>,
        allow_hyphen_values = true,
        env = "LSTM_FORECAST_DROPOUT",
        hide_env = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<f32>,
    /// Bias in the LSTM
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
    /// Hidden layers of the head, such as 64,32, or linear for none
    #[arg(long, value_name = "WIDTHS", value_parser = widths, env = "LSTM_FORECAST_HEAD", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Widths>,
    /// Quantile levels to learn, or none
    #[arg(long, value_name = "LEVELS", value_parser = levels, env = "LSTM_FORECAST_QUANTILES", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<Levels>,
    /// Networks trained from different seeds and averaged
    #[arg(long, value_name = "N", value_parser = values::count, env = "LSTM_FORECAST_ENSEMBLE", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<usize>,
    /// How the head is applied: once a lead, at the last step, or at every step in training
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
    /// Cheap forecasters to combine with the networks where the validation part is for it: auto, networks (none), all,
    /// or names
    #[arg(
        long,
        alias = "blend",
        value_name = "auto|networks|NAMES",
        env = "LSTM_FORECAST_POOL",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<Pooling>,
}

/// Quantile levels of one flag.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Levels(pub Vec<f64>);

impl From<&Levels> for forecast::Levels {
    fn from(given: &Levels) -> forecast::Levels {
        match given.0.as_slice() {
            [] => forecast::Levels::None,
            all if all.iter().any(|level| level.is_infinite()) => forecast::Levels::All,
            some => forecast::Levels::At(some.to_vec()),
        }
    }
}

/// `0.1,0.5,0.9`; `none` for none, `all` for every level that the model has.
pub fn levels(text: &str) -> Result<Levels, String> {
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
