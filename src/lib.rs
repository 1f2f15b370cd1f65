//! Forecasts for many time series: one LSTM over all of them, fitted, saved and asked.
//!
//! A table of several series becomes a fitted model, forecasts and an honest report:
//!
//! ```no_run
#![doc = include_str!("../examples/library.rs")]
//! ```
//!
//! [`pipeline`] has the verbs: [`Table`](pipeline::Table) is read, [`fit`](pipeline::fit()) makes a
//! [`Fitted`](pipeline::Fitted), a [`Forecaster`](pipeline::Forecaster) predicts, evaluates, and follows a
//! stream. [`config`] has every setting, [`error`] all that can go wrong, [`report`] the forms in which
//! results are written.
//!
//! Letters used everywhere: N windows in a batch, T input steps, F input features, H hidden units, L
//! layers, D directions, P horizon (steps ahead), K targets, Q quantiles, S series. Stamps are UTC epoch
//! seconds inside. A model and its forecasts are the same bytes for any number of threads.
#![warn(missing_docs)]
// What there is to say comes back as values; the program prints it.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod checkpoint;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod cmd;
pub mod config;
pub mod data;
#[doc(hidden)]
pub mod draw;
pub mod error;
mod escape;
pub mod forecast;
mod meter;
pub mod metrics;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod number;
#[doc(hidden)]
pub mod ops;
#[doc(hidden)]
pub mod optim;
#[doc(hidden)]
pub mod output;
pub mod pipeline;
pub mod report;
mod terminal;
mod text;
#[doc(hidden)]
pub mod train;
