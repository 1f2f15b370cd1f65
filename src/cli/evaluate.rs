//! Arguments of `evaluate`.

use super::across::AcrossFlags;
use super::baseline_only::BaselineFlags;
use super::flags::{Levels, RunFlags, TableFlags, levels};
use super::forecasts::{BoundFlags, IntervalLevels, intervals};
use super::formats::EvaluateFormat;
use super::part::{PartFlags, PlotFlags};
use crate::cli::values;
use crate::forecast;
use crate::pipeline::{EvaluateOptions, Refit, RefitWindow};
use crate::report::evaluation::{ReportFormat, Requirement};
use crate::report::rows::RowsFormat;

/// `evaluate`.
#[derive(Debug, clap::Args)]
#[command(mut_arg("plot", |arg| {
    arg.help("Draw the errors by lead and whether the quantiles hold: a .svg, .png, .html or .txt file")
        .conflicts_with("baseline_only")
}))]
pub struct EvaluateArgs {
    /// Checkpoint that `train` wrote; with --baseline-only the table
    #[arg(required_unless_present = "baseline_only")]
    pub model: Option<String>,
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    #[command(flatten)]
    pub part: PartFlags,
    /// Report as text (or by the ending of --out), json, csv, markdown, prometheus; arrow-stream: --forecasts alone,
    /// as a stream
    #[arg(long, value_enum, hide_possible_values = true)]
    pub format: Option<EvaluateFormat>,
    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    /// Quantiles for --forecasts, as yhat_p10 and so on: levels such as 0.1,0.9, or `all`
    #[arg(long, value_name = "LEVELS", value_parser = levels, env = "LSTM_FORECAST_QUANTILES", hide_env = true)]
    pub quantiles: Option<Levels>,
    /// Measure calibrated intervals of these levels, percent, such as 80,95; in --forecasts yhat_lo80 and yhat_hi80
    #[arg(long, value_name = "LEVELS", value_parser = intervals)]
    pub interval: Option<IntervalLevels>,
    /// With --interval: each series' intervals grow or shrink with the share of values outside of them, value by value
    #[arg(long, hide_short_help = true, requires = "interval", conflicts_with_all = ["refit", "baseline_only"])]
    pub adapt: bool,
    /// Exit with 7 unless the model reaches these bounds: skill=0.05,mae=30,coverage80=0.75
    #[arg(long, value_name = "BOUNDS", value_parser = requirements, conflicts_with = "baseline_only")]
    pub require: Option<Requirements>,
    #[command(flatten)]
    pub picture: PlotFlags,
    /// Write every forecast beside what was observed: city,origin,date,step,target,yhat,actual
    #[arg(long, value_name = "FILE")]
    pub forecasts: Option<String>,
    /// With --forecasts: put this before every column name that is not the table's own, as in fc_yhat
    #[arg(long, value_name = "TEXT", hide_short_help = true, requires = "forecasts")]
    pub prefix: Option<String>,
    /// Score the training part instead, which the model has seen: how well it fits, not how well it
    /// forecasts
    #[arg(long, hide_short_help = true, conflicts_with_all = ["from", "to", "refit", "baseline_only"])]
    pub insample: bool,
    /// Train again before every N origins, on what is known by then, with the checkpoint's settings
    #[arg(long, value_name = "N", value_parser = values::count, conflicts_with = "baseline_only")]
    pub refit: Option<usize>,
    /// With --refit: train on all rows before the origin, or on as long a span as the checkpoint
    #[arg(long, value_enum, default_value = "expanding", requires = "refit", hide_short_help = true)]
    pub refit_window: RefitWindow,
    /// Score the simple forecasts alone: `evaluate --baseline-only TABLE --target COLUMN`
    #[arg(long)]
    pub baseline_only: bool,
    #[command(flatten)]
    pub across: AcrossFlags,
    #[command(flatten)]
    pub baseline: BaselineFlags,
    #[command(flatten)]
    pub bounds: BoundFlags,
    #[command(flatten)]
    pub table_flags: TableFlags,
    #[command(flatten)]
    pub run: RunFlags,
}

/// What `--require` asks for.
#[derive(Debug, Clone)]
pub struct Requirements(pub Vec<Requirement>);

fn requirements(text: &str) -> Result<Requirements, String> {
    Requirement::parse_list(text).map(Requirements)
}

impl EvaluateArgs {
    /// The form of the report that was asked for.
    pub fn report_format(&self) -> Option<ReportFormat> {
        match self.format? {
            EvaluateFormat::Report(format) => Some(format),
            EvaluateFormat::ArrowStream => None,
        }
    }

    /// The form of `--forecasts` that `--format` names; by the file's ending where there is none.
    pub fn rows_format(&self) -> Option<RowsFormat> {
        self.streams().then_some(RowsFormat::ArrowStream)
    }

    /// Whether forecasts are written as a stream, and no report to standard output.
    pub fn streams(&self) -> bool {
        self.format == Some(EvaluateFormat::ArrowStream)
    }

    /// What is asked of the evaluation.
    pub fn options(&self) -> EvaluateOptions {
        EvaluateOptions {
            insample: self.insample,
            intervals: self.interval.as_ref().map(|levels| levels.0.clone()).unwrap_or_default(),
            adapt: self.adapt,
            refit: self.refit.map(|every| Refit { every, window: self.refit_window }),
            ..self.part.options()
        }
    }

    /// Quantiles of `--forecasts`.
    pub fn levels(&self) -> forecast::Levels {
        self.quantiles.as_ref().map(forecast::Levels::from).unwrap_or_default()
    }
}
