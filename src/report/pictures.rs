//! Pictures of forecasts and of their errors: numbers of the other reports as figures of [`crate::draw`].

mod comparison;
mod curves;
mod errors;
pub mod explanation;
mod fan;
mod rank;
mod tuning;

pub use comparison::comparison;
pub use curves::learning_curves;
pub use errors::{errors_by_lead, reliability};
pub use fan::chooser;
pub use fan::{Fan, figure, page};
pub use rank::{Few, Rank, skills};
pub use tuning::tuning;
