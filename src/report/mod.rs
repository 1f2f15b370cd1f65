//! Reports: numbers in, bytes out. Pure functions; `output` decides where the bytes go.

pub mod append;
pub mod document;
pub mod evaluation;
pub mod forecasts;
pub mod named;
pub mod rows;
pub mod windows;
