//! `lstm-forecast`: forecasts for many time series from the shell.
//!
//! The library behind the program: a table becomes a panel, windows, a trained LSTM, forecasts
//! and an honest report. Letters used everywhere: N windows, T input steps, F input features,
//! H hidden units, L layers, D directions, P horizon, K targets, Q quantiles, S series.

pub mod checkpoint;
pub mod cli;
pub mod cmd;
pub mod config;
pub mod data;
pub mod error;
pub mod escape;
pub mod forecast;
pub mod metrics;
pub mod model;
pub mod number;
pub mod ops;
pub mod optim;
pub mod output;
pub mod pipeline;
pub mod report;
pub mod terminal;
pub mod train;
