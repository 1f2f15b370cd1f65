//! `lstm-forecast`: forecasts for many time series from the shell.
//!
//! The library behind the program: a table becomes a panel, windows, a trained LSTM, forecasts
//! and an honest report. Letters used everywhere: N windows, T input steps, F input features,
//! H hidden units, L layers, D directions, P horizon, K targets, Q quantiles, S series.

pub mod backtest;
pub mod baseline;
pub mod blend;
pub mod checkpoint;
pub mod cli;
pub mod cmd;
pub mod config;
pub mod conformal;
pub mod data;
pub mod error;
pub mod export;
pub mod follow;
pub mod forecast;
#[cfg(feature = "cuda")]
pub mod gpu;
pub mod interrupt;
pub mod metrics;
pub mod model;
pub mod ops;
pub mod optim;
pub mod output;
pub mod prepare;
pub mod progress;
pub mod report;
pub mod serve;
pub mod terminal;
pub mod train;
