//! Which recurrent cell the network has.

use serde::{Deserialize, Serialize};

/// The recurrent cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    #[allow(missing_docs)] // A doc comment would be the flag's help.
    #[default]
    Lstm,
    #[allow(missing_docs)] // A doc comment would be the flag's help.
    Gru,
}

impl Cell {
    /// Rows of the weights in units of H: gates, and what is gated.
    pub fn gates(self) -> usize {
        match self {
            Cell::Lstm => 4,
            Cell::Gru => 3,
        }
    }
}
