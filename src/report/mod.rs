//! Reports: numbers in, bytes out. Pure functions; `output` decides where the bytes go.

pub mod document;
pub mod evaluation;
pub mod named;
pub mod number;
pub mod rows;
