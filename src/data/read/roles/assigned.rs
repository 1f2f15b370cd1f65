//! The part that each column plays, as it was found.

use crate::data::long::Note;
use crate::data::reading::{Mark, Reading};
use crate::data::stamp::TimeStyle;

/// A column that is read as numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Numeric {
    /// Index into the table's columns.
    pub column: usize,
    /// Whether `true` and `false` are read as 1 and 0.
    pub flag: bool,
    /// Whether the user named it: then text in it is always an error.
    pub named: bool,
    /// How its numbers are written.
    pub reading: Reading,
}

/// The part that each column plays.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    pub series: Vec<usize>,
    pub time: Vec<usize>,
    /// The ways in which the stamps can be read; more than one means that the whole column has
    /// to decide.
    pub styles: Vec<TimeStyle>,
    /// Targets first, in the order asked for.
    pub numbers: Vec<Numeric>,
    pub targets: usize,
    /// Text columns to one-hot encode.
    pub texts: Vec<usize>,
    /// Columns without a name, which must be empty.
    pub nameless: Vec<usize>,
    /// The decimal mark of the numbers.
    pub decimal: Mark,
    /// How the numbers of columns that show it are written.
    pub readings: Vec<(String, Reading)>,
    pub notes: Vec<Note>,
}
