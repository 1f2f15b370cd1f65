//! A column as it was read, before anything is decided about it.

use std::sync::OnceLock;

use polars::prelude::Column;

use super::coded::Coded;

/// One column's cells.
#[derive(Debug)]
pub enum Cells {
    /// Text, of delimited files and NDJSON any cell.
    Text(Coded),
    /// A typed column of Parquet or Arrow, and its text once somebody asked for it.
    Typed(Column, OnceLock<Coded>),
}
