//! The jobs: from a table and settings to a fitted model, from a model and a table to forecasts and
//! errors. What a user of the library calls, and all that the commands call.

pub mod backtest;
pub mod device;
pub mod fit;
pub mod follow;
pub mod forecaster;
pub mod known_ahead;
pub mod origins;
pub mod refit;
pub mod series_filter;
pub mod staleness;
pub mod table;
