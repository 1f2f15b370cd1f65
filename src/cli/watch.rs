//! Arguments of `watch`.

use std::path::Path;

use super::flags::{Names, RunFlags, TableFlags, names, only};
use super::forecasts::BoundFlags;
use crate::cli::values;
use crate::forecast::conformal::LEVELS;
use crate::pipeline::WatchOptions;
use crate::report::rows::RowsFormat;

/// `watch`.
#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Report values outside of the calibrated interval of this level, percent
    #[arg(long, value_name = "LEVEL", value_parser = level, default_value = "99")]
    pub interval: u8,
    /// Report only values that are at least as rare as this, by their p-value, such as 0.001
    #[arg(long, value_name = "P", value_parser = share)]
    pub p: Option<f64>,
    /// Rows ahead: forecast each value from what was known so many rows before it
    #[arg(long, value_name = "ROWS", value_parser = values::rows, default_value = "1")]
    pub lead: usize,
    /// Watch the newest rows alone, so many
    #[arg(long, value_name = "ROWS", value_parser = values::rows, conflicts_with = "from")]
    pub last: Option<usize>,
    /// First row that is watched; the start of the test part when not given
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Last row that is watched; the end of the table when not given
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Watch these series alone; of several key columns `city=JFK` names one
    #[arg(long, value_name = "SERIES", value_parser = names)]
    pub only: Vec<Names>,
    /// Read rows as they arrive on standard input (CSV or NDJSON), and hold each against the forecast before it
    #[arg(long, conflicts_with_all = ["from", "to", "last", "only", "out", "lead"])]
    pub follow: bool,
    /// With --follow: note a bad row and go on, instead of ending
    #[arg(long, requires = "follow", hide_short_help = true)]
    pub skip_bad: bool,
    /// With --follow: a table whose rows come before those on standard input
    #[arg(long, value_name = "TABLE", requires = "follow")]
    pub history: Option<String>,
    /// csv, tsv, json, ndjson, parquet, arrow or table; by the ending of --out, else csv
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<RowsFormat>,
    /// Write to a file instead of standard output; .gz and .zst compress
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    /// Put this before every column name that is not the table's own, as in fc_yhat
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub prefix: Option<String>,
    #[command(flatten)]
    pub bounds: BoundFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub run: RunFlags,
}

fn level(text: &str) -> Result<u8, String> {
    text.trim().parse().ok().filter(|level| LEVELS.contains(level)).ok_or_else(|| {
        let known = LEVELS.map(|level| level.to_string()).join(", ");
        format!("expected a level in percent out of {known}")
    })
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|p: &f64| *p > 0.0 && *p <= 1.0);
    share.ok_or_else(|| "expected a share above 0, such as 0.001".to_owned())
}

impl WatchArgs {
    /// What is asked of the watch.
    pub fn options(&self) -> WatchOptions {
        WatchOptions {
            from: self.from.clone(),
            to: self.to.clone(),
            last: self.last,
            only: only(&self.only),
            lead: self.lead,
            level: self.interval,
            rarer: self.p,
        }
    }

    /// The format that was asked for: by `--format`, else by the ending of `--out`, else CSV.
    pub fn format(&self) -> RowsFormat {
        let of_out = || RowsFormat::of_path(Path::new(self.out.as_deref()?));
        self.format.or_else(of_out).unwrap_or(RowsFormat::Csv)
    }
}
