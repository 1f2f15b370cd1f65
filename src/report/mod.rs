//! Reports: numbers in, bytes out. Pure functions; `output` decides where the bytes go.

pub(crate) mod alarms;
pub(crate) mod append;
pub(crate) mod checkpoint;
pub mod comparison;
pub(crate) mod document;
pub mod evaluation;
pub mod explanation;
pub mod export;
pub mod forecasts;
mod format;
pub(crate) mod models;
pub(crate) mod named;
pub(crate) mod ordered;
pub(crate) mod page;
pub mod pictures;
pub mod rows;
pub(crate) mod scored;
pub(crate) mod training;
pub mod tuning;
pub(crate) mod windows;

pub use format::DocumentFormat;
