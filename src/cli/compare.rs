//! Arguments of `compare`.

use super::BoundFlags;
use super::flags::{Names, RunFlags, TableFlags, names, only};
use crate::cli::values;
use crate::pipeline::EvaluateOptions;
use crate::report::DocumentFormat;

/// `compare`.
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// Two checkpoints or more, then the table: a file, a folder of parts, a glob, or `-` for standard
    /// input
    #[arg(value_name = "MODEL MODEL… TABLE", required = true, num_args = 1..)]
    pub files: Vec<String>,
    /// First origin; the latest start of a test part when not given
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Last stamp that is scored; the end of the table when not given
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Score these series alone; of several key columns `city=JFK` names one
    #[arg(long, value_name = "SERIES", value_parser = names)]
    pub only: Vec<Names>,
    /// Rows from one origin to the next; the shortest horizon when not given
    #[arg(long, value_name = "ROWS", value_parser = values::rows, env = "LSTM_FORECAST_STRIDE", hide_env = true)]
    pub stride: Option<usize>,
    /// Report as text, json, csv or markdown; by the ending of --out, else text
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<DocumentFormat>,
    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    #[command(flatten)]
    pub bounds: BoundFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub run: RunFlags,
}

impl CompareArgs {
    /// The checkpoints, and the table where there is one.
    pub fn split(&self) -> (&[String], Option<&str>) {
        match self.files.split_last() {
            Some((table, models)) => (models, Some(table)),
            None => (&[], None),
        }
    }

    /// What is asked of the comparison.
    pub fn options(&self) -> EvaluateOptions {
        EvaluateOptions {
            from: self.from.clone(),
            to: self.to.clone(),
            only: only(&self.only),
            stride: self.stride,
            ..EvaluateOptions::default()
        }
    }
}
