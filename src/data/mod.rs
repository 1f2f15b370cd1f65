//! From a table to windows: read, lay on a regular grid, scale, cut.
//!
//! Letters used everywhere: N windows, T input steps, F input features, P horizon,
//! K targets, S series. Stamps are UTC epoch seconds (`i64`) inside.

pub(crate) mod ahead;
#[doc(hidden)]
pub mod calendar;
pub(crate) mod extend;
#[doc(hidden)]
pub mod freq;
pub mod holidays;
#[doc(hidden)]
pub mod inputs;
#[doc(hidden)]
pub mod lead;
pub mod long;
pub mod name;
pub mod panel;
#[doc(hidden)]
pub mod quiet;
pub mod read;
pub mod reading;
pub(crate) mod roles;
#[doc(hidden)]
pub mod scale;
#[doc(hidden)]
pub mod split;
#[doc(hidden)]
pub mod stamp;
pub(crate) mod summary;
#[doc(hidden)]
pub mod windows;
