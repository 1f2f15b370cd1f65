//! Fitting: from a table to a model that is worth keeping.

pub mod batch_size;
pub mod calibrate;
pub mod problem;
pub mod resume;
pub mod start;
