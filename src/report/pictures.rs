//! Pictures of forecasts and of their errors: numbers of the other reports as figures of [`crate::draw`].

mod curves;
mod errors;
mod fan;
mod rank;

pub use curves::learning_curves;
pub use errors::{errors_by_lead, reliability};
pub use fan::chooser;
pub use fan::{Fan, figure, page};
pub use rank::{Few, Rank, skills};
