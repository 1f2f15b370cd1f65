//! Arguments of `compare`.

use super::BoundFlags;
use super::flags::{RunFlags, TableFlags};
use super::part::{PartFlags, PlotFlags};
use crate::pipeline::EvaluateOptions;
use crate::report::DocumentFormat;

/// `compare`.
#[derive(Debug, clap::Args)]
#[command(
    mut_arg("from", |arg| arg.help("First origin; the latest start of a test part when not given")),
    mut_arg("stride", |arg| arg.help("Rows from one origin to the next; the shortest horizon when not given")),
    mut_arg("plot", |arg| arg.help("Draw errors by lead and the tested differences: a .svg, .png, .html or .txt file"))
)]
pub struct CompareArgs {
    /// Two checkpoints or more, then the table: a file, a folder of parts, a glob, or `-` for standard
    /// input
    #[arg(value_name = "MODEL MODEL… TABLE", required = true, num_args = 1..)]
    pub files: Vec<String>,
    #[command(flatten)]
    pub part: PartFlags,
    /// Report as text, json, csv or markdown; by the ending of --out, else text
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<DocumentFormat>,
    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    #[command(flatten)]
    pub picture: PlotFlags,
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
        self.part.options()
    }
}
