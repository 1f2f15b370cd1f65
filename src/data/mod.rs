//! From a table to windows: read, lay on a regular grid, scale, cut.
//!
//! Letters used everywhere: N windows, T input steps, F input features, P horizon,
//! K targets, S series. Stamps are UTC epoch seconds (`i64`) inside.

pub mod ahead;
pub mod calendar;
pub mod extend;
pub mod freq;
pub mod inputs;
pub mod lead;
pub mod long;
pub mod panel;
pub mod read;
pub mod roles;
pub mod scale;
pub mod split;
pub mod stamp;
pub mod summary;
pub mod windows;
