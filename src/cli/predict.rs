//! Arguments of `predict`.

use std::path::Path;

use super::across::AcrossFlags;
use super::flags::{Levels, Names, RunFlags, TableFlags, levels, names, only};
use super::forecasts::{BoundFlags, IntervalLevels, intervals};
use crate::error::{Error, Result};
use crate::forecast;
use crate::pipeline::{MaxAge, PredictOptions};
use crate::report::forecasts::{Form, Layout, Provenance};
use crate::report::rows::RowsFormat;

/// A column of `--with`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum With {
    Model,
    Origin,
    Step,
}

/// `predict`.
#[derive(Debug, clap::Args)]
#[command(mut_arg("wide", |arg| arg
    .num_args(0..=1)
    .require_equals(true)
    .default_missing_value("")
    .help("One column a target (the default); --wide=NAME: the input is wide, melt it, naming the values NAME")))]
pub struct PredictArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Forecast from this stamp on, as if nothing later were known
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Also print quantiles, as PM2.5_p10 and so on: levels such as 0.1,0.9, or `all` of the model's
    #[arg(long, value_name = "LEVELS", value_parser = levels, env = "LSTM_FORECAST_QUANTILES", hide_env = true)]
    pub quantiles: Option<Levels>,
    /// Values ahead of the columns that the model was trained on with --future: series, time and those
    /// columns
    #[arg(long, value_name = "TABLE", conflicts_with_all = ["follow", "append"])]
    pub future_table: Option<String>,
    /// Print the rows ahead that a forecast needs, to be filled in, instead of a forecast
    #[arg(long, conflicts_with_all = ["follow", "append", "long"])]
    pub list_future: bool,
    /// Also print calibrated intervals, as PM2.5_lo80 and PM2.5_hi80: levels in percent, such as 80,95
    #[arg(long, value_name = "LEVELS", value_parser = intervals)]
    pub interval: Option<IntervalLevels>,
    /// With --follow and --interval: each series' intervals grow or shrink with the share of values outside of them, row by
    /// row
    #[arg(long, hide_short_help = true, requires_all = ["follow", "interval"])]
    pub adapt: bool,
    /// Forecast these series alone; of several key columns `city=JFK` names one. Others may still serve as inputs
    #[arg(long, value_name = "SERIES", value_parser = names, conflicts_with = "follow")]
    pub only: Vec<Names>,
    /// Leave out series whose history is too short, with a note, instead of refusing
    #[arg(long)]
    pub skip_short: bool,
    /// Refuse when a series' target was last observed more rows than this before the table's end, or
    /// longer ago than this: 45min, 36h, 2d, 1w; with --follow when a row is older than this
    #[arg(long, value_name = "AGE", value_parser = MaxAge::parse)]
    pub max_age: Option<MaxAge>,
    /// With --max-age 2d: count from this time instead of now
    #[arg(long, value_name = "TIME", requires = "max_age", hide_short_help = true)]
    pub as_of: Option<String>,
    /// csv, tsv, json, ndjson, parquet, arrow, arrow-stream or table; by the ending of --out, else csv
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<RowsFormat>,
    /// Write to a file instead of standard output; .gz and .zst compress
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    /// One row a target: city,date,target,value
    #[arg(long)]
    pub long: bool,
    /// Put this before every column name that is not the table's own, as in fc_PM2.5_p10
    #[arg(long, value_name = "TEXT", hide_short_help = true, conflicts_with_all = ["append", "list_future"])]
    pub prefix: Option<String>,
    /// Add columns that make a key with series and time: model (the checkpoint's checksum), origin (the first
    /// step's stamp), step
    #[arg(long, value_name = "COLUMNS", value_enum, value_delimiter = ',', hide_short_help = true, conflicts_with_all = ["append", "list_future"])]
    pub with: Vec<With>,
    /// Print the input followed by its forecast; delimited text stays byte for byte as it is, a wide
    /// table comes out long. Not with --at, --long, --quantiles, --interval or --future-table
    #[arg(long, conflicts_with_all = ["at", "long", "interval"])]
    pub append: bool,
    /// Read rows as they arrive on standard input (CSV or NDJSON); forecast after every one
    #[arg(long, conflicts_with_all = ["at", "append", "out", "skip_short", "means"])]
    pub follow: bool,
    /// With --follow: note a bad row and go on, instead of ending
    #[arg(long, requires = "follow", hide_short_help = true)]
    pub skip_bad: bool,
    /// With --follow: a table whose rows come before those on standard input
    #[arg(long, value_name = "TABLE", requires = "follow")]
    pub history: Option<String>,
    #[command(flatten)]
    pub across: AcrossFlags,
    #[command(flatten)]
    pub bounds: BoundFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub run: RunFlags,
}

impl PredictArgs {
    /// What is asked of the forecasts.
    pub fn options(&self) -> PredictOptions {
        PredictOptions {
            at: self.at.clone(),
            only: only(&self.only),
            quantiles: self.quantiles.as_ref().map(forecast::Levels::from).unwrap_or_default(),
            intervals: self.interval.as_ref().map(|levels| levels.0.clone()).unwrap_or_default(),
            skip_short: self.skip_short,
            max_age: self.max_age,
            as_of: self.as_of.clone(),
        }
    }

    /// `--long` or `--wide`, `--prefix`, and the columns of `--with`.
    ///
    /// # Errors
    /// `Error::Usage` for both.
    pub fn form<'a>(&'a self, with: &'a Provenance) -> Result<Form<'a>> {
        Ok(Form {
            layout: self.layout()?,
            prefix: self.prefix.as_deref().unwrap_or_default(),
            with: Some(with),
        })
    }

    /// `--with`; `model` is what tells the checkpoint from others.
    pub fn provenance(&self, model: &str) -> Provenance {
        Provenance {
            model: self.with.contains(&With::Model).then(|| model.to_owned()),
            origin: self.with.contains(&With::Origin),
            step: self.with.contains(&With::Step),
        }
    }

    /// Refuses what `--append` cannot do: its rows have the table's own columns and no others.
    ///
    /// # Errors
    /// `Error::Usage`.
    pub fn check_append(&self) -> Result<()> {
        // As a variable the levels may be meant for other commands.
        let by_variable = std::env::var_os("LSTM_FORECAST_QUANTILES").is_some();
        let levels = self.quantiles.as_ref().is_some_and(|levels| !levels.0.is_empty());
        if !self.append || !levels || by_variable {
            return Ok(());
        }
        Err(Error::usage("--append has no columns for --quantiles: its rows have the table's own columns")
            .with_hint("leave --quantiles out, or print the forecasts alone, without --append"))
    }

    fn layout(&self) -> Result<Layout> {
        match (self.long, self.table_flags.wide.as_deref()) {
            (true, Some("")) => Err(Error::usage("--long and --wide exclude each other")
                .with_hint("--long: one row a target; --wide, the default: one column a target")),
            (true, _) => Ok(Layout::Long),
            (false, _) => Ok(Layout::Wide),
        }
    }

    /// The format that was asked for: by `--format`, else by the ending of `--out`.
    pub fn format(&self) -> Option<RowsFormat> {
        self.format.or_else(|| RowsFormat::of_path(Path::new(self.out.as_deref()?)))
    }
}
