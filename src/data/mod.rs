//! From a table to windows: read, lay on a regular grid, scale, cut.
//!
//! Letters used everywhere: N windows, T input steps, F input features, P horizon,
//! K targets, S series. Stamps are UTC epoch seconds (`i64`) inside.

pub mod freq;
pub mod long;
pub mod panel;
pub mod read;
pub mod stamp;
