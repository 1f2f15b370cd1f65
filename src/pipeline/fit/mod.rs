//! The verb `fit`: from a table to a model that is worth keeping.
//!
//! `start` is where a training starts, `problem` what is learned from what, `session` the
//! training itself, `calibrate` what the validation part adds to it, `fitted` the result.

use crate::config::Config;
use crate::error::Result;
use crate::pipeline::table::Table;
use crate::pipeline::{device, threads};
use crate::train::Hooks;

mod batch_size;
mod calibrate;
mod differences;
mod fitted;
mod given;
mod initial;
mod meta;
mod once_more;
pub(crate) mod problem;
mod resume;
mod session;
mod start;
pub use fitted::Fitted;
pub use given::Given;
pub(crate) use problem::Problem;
pub use session::{Keep, Session};
pub use start::{StartFrom, StartingPoint};

/// Fits a model to a table that was read with these settings. The hooks hear of every step and epoch,
/// and may stop the training.
///
/// # Errors
/// `Error::Data` for a table without a window to train on; `Error::Config` for settings that do not
/// go together; `Error::Diverged`; `Error::Interrupted` where a hook stopped the training.
pub fn fit(table: &Table, config: &Config, hooks: &mut dyn Hooks) -> Result<Fitted> {
    threads::start(config.run.threads)?;
    let (device, notes) = device::choose(&config.run)?;
    notes.iter().for_each(|note| hooks.note(note));
    let mut start = StartingPoint::of(config.clone());
    start.compute_on(&device);
    Session::new(start, table, &device, hooks)?.run(hooks)
}
