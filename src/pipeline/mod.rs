//! The jobs: from a table and settings to a fitted model, from a model and a table to forecasts and
//! errors. What a user of the library calls, and all that the commands call.
//!
//! [`Table`] is read and laid on its grid; [`fit`](fit()) makes a [`Fitted`] of it; a [`Forecaster`]
//! predicts, evaluates and follows. Nothing here prints: notes come back as values, or go to the
//! caller's [`Hooks`].

mod backtest;
pub(crate) mod baselines;
pub mod compare;
pub(crate) mod device;
mod drift;
mod evaluate;
mod explain;
pub mod fit;
pub mod follow;
mod forecaster;
pub(crate) mod ingest;
mod known_ahead;
mod means;
pub(crate) mod model_windows;
mod newest;
mod options;
mod origins;
mod pictures;
mod predict;
mod refit;
mod report;
mod series_filter;
mod staleness;
pub mod table;
pub mod threads;
pub mod tune;
mod watch;
pub(crate) mod window_sizes;

pub use crate::train::{Event, Flow, Hooks, Silent};
pub use backtest::Backtest;
pub use candle_core::Device;
pub use compare::{Entrant, compare};
pub use explain::{ExplainOptions, Extent, WhyOptions};
pub use fit::{Fitted, fit};
pub use forecaster::Forecaster;
pub use options::{EvaluateOptions, MaxAge, PredictOptions, Refit, RefitWindow};
pub use pictures::PictureOptions;
pub use polars::prelude::DataFrame;
pub use predict::Prediction;
pub use report::ReportOptions;
pub use table::Table;
pub use watch::{WatchOptions, Watched};
