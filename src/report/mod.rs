//! Reports: numbers in, bytes out. Pure functions; `output` decides where the bytes go.

pub mod append;
pub mod checkpoint;
pub mod document;
pub mod evaluation;
pub mod forecasts;
pub mod named;
pub mod rows;
pub mod scored;
pub mod training;
pub mod windows;
