//! From the rows as read to the long frame: limits, one-hot columns, what is left out, and notes on
//! numbers that look wrong.

pub mod long_frame;
pub mod missing_numbers;
pub mod outliers;
