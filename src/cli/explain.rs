//! Arguments of `explain`.

use super::BoundFlags;
use super::flags::{RunFlags, TableFlags, only};
use super::part::{PartFlags, PlotFlags};
use crate::cli::values;
use crate::pipeline::{ExplainOptions, WhyOptions};
use crate::report::DocumentFormat;

/// `explain`.
#[derive(Debug, clap::Args)]
#[command(
    mut_arg("only", |arg| arg.help("These series alone; of several key columns `city=JFK` names one")),
    mut_arg("stride", |arg| arg.hide_short_help(true)),
    mut_arg("plot", |arg| arg.help("Draw the bars: a .svg, .png, .html or .txt file"))
)]
pub struct ExplainArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Why is the forecast that begins here what it is? Needs --only where there are several series
    #[arg(long, value_name = "TIME", conflicts_with_all = ["from", "to", "stride", "repeats"])]
    pub at: Option<String>,
    /// With --at: tell about this step ahead; the mean over all when not given
    #[arg(long, value_name = "N", value_parser = values::count, requires = "at")]
    pub lead: Option<usize>,
    /// With --at: other times to compare with
    #[arg(long, value_name = "N", value_parser = values::count, default_value = "16", requires = "at")]
    pub samples: usize,
    #[command(flatten)]
    pub part: PartFlags,
    /// How often every column is put out of step; the spread is over these
    #[arg(long, value_name = "N", value_parser = values::count, default_value = "5")]
    pub repeats: usize,
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

impl ExplainArgs {
    /// What is asked about the model.
    pub fn options(&self, seed: u64) -> ExplainOptions {
        ExplainOptions { part: self.part.options(), repeats: self.repeats, seed, ..ExplainOptions::default() }
    }

    /// What is asked about one forecast, where that is asked.
    pub fn why(&self, seed: u64) -> Option<WhyOptions> {
        self.at.clone().map(|at| WhyOptions {
            at,
            only: only(&self.part.only),
            lead: self.lead,
            others: self.samples,
            seed,
        })
    }
}
