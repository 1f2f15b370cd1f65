//! Which part each column plays: series, time, targets, features; and in which order day and
//! month are written.

pub mod assigned;
pub mod columns;
pub mod features;
pub mod names;
pub mod series;
pub mod time;
pub mod weighed;
