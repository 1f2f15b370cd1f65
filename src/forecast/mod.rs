//! From windows to finished forecasts: the chain, once.
//!
//! `network` runs the model and unscales, `forecasts` holds what is done to its output,
//! `baseline`, `learned`, `pool` and `conformal` are simple forecasts, fitted ones, their combination with the
//! networks', and calibrated intervals. Rows, names and files are the business of [`crate::report`].

use crate::config::Limits;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::Result;
use crate::model::Model;

pub(crate) mod adapt;
pub(crate) mod baseline;
pub(crate) mod conformal;
mod forecasts;
pub(crate) mod learned;
pub(crate) mod network;
pub(crate) mod pool;
mod windows;
pub use conformal::Interval;
use conformal::Intervals;
pub use forecasts::{Forecasts, Levels};
use pool::Pool;
pub use windows::Windows;

/// What makes finished forecasts of a model's windows.
#[derive(Clone, Copy)]
pub struct Chain<'a> {
    /// Members of one shape, whose forecasts are averaged.
    pub members: &'a [Model],
    /// Rows in one season.
    pub season: usize,
    /// What is combined with the networks.
    pub pool: &'a Pool,
    /// Calibrated intervals that are wanted.
    pub intervals: &'a Intervals,
    /// What forecasts may be.
    pub limits: &'a Limits,
    /// Quantile levels that are wanted.
    pub levels: &'a Levels,
}

/// From the networks' output to finished forecasts of these cuts, original units. Every forecast of
/// a fitted model goes through here.
///
/// # Errors
/// Those of the device, such as too little memory; `Error::Usage` for a level that the model lacks.
pub fn forecast(chain: &Chain, windows: &Windows, panel: &Panel, cuts: &[Cut]) -> Result<Forecasts> {
    let input_window = chain.members.first().map_or(0, |model| model.shape.input_window);
    let networks = network::forecast(chain.members, windows, panel, chain.season, cuts)?;
    // Combined first: intervals were calibrated on combined forecasts.
    (chain.pool.combine(networks, panel, windows.inputs, cuts))
        // Intervals start from the model's own quantiles, so before these change.
        .with_intervals(chain.intervals, windows.inputs, panel, cuts)
        .with_resolution(panel, cuts, input_window)
        // Bounds clip point, quantiles and intervals alike, so that they stay in order.
        .within(chain.limits)
        // What is shown, last.
        .at_levels(chain.levels)
}
