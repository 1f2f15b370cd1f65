//! Arguments of `report`.

use super::flags::{RunFlags, TableFlags};
use super::forecasts::BoundFlags;
use super::part::{DrawFlags, PartFlags};
use super::plot::ON_A_PAGE;
use crate::pipeline::{EvaluateOptions, ReportOptions};

/// `report`.
#[derive(Debug, clap::Args)]
#[command(mut_arg("only", |arg| arg.help("Score and draw these series alone; of several key columns `city=JFK` names one")))]
pub struct ReportArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// The page to write
    #[arg(short, long, value_name = "FILE.html", default_value = "report.html")]
    pub out: String,
    #[command(flatten)]
    pub part: PartFlags,
    #[command(flatten)]
    pub draw: DrawFlags,
    /// Leave out what the forecasts rest on, which takes the longest
    #[arg(long)]
    pub no_explain: bool,
    #[command(flatten)]
    pub bounds: BoundFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub run: RunFlags,
}

impl ReportArgs {
    /// What the page shows; `command` is told on it.
    pub fn options(&self, command: String) -> ReportOptions {
        let intervals = self.draw.levels().unwrap_or_default();
        ReportOptions {
            evaluate: EvaluateOptions { intervals, ..self.part.options() },
            pictures: self.draw.options(&self.part.only, ON_A_PAGE),
            explain: !self.no_explain,
            command,
            theme: self.draw.theme,
        }
    }
}
