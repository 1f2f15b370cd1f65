//! Reports: numbers in, bytes out. Pure functions; `output` decides where the bytes go.

pub(crate) mod alarms;
pub(crate) mod append;
pub(crate) mod checkpoint;
pub(crate) mod document;
pub mod evaluation;
pub mod export;
pub mod forecasts;
pub(crate) mod models;
pub(crate) mod named;
pub(crate) mod page;
pub mod pictures;
pub mod rows;
pub(crate) mod scored;
pub(crate) mod training;
pub(crate) mod windows;
