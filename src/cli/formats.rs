//! The library's choices as values of flags.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::pipeline::RefitWindow;
use crate::report::DocumentFormat;
use crate::report::evaluation::ReportFormat;
use crate::report::rows::RowsFormat;

impl ValueEnum for RowsFormat {
    fn value_variants<'a>() -> &'a [RowsFormat] {
        use RowsFormat::{Arrow, ArrowStream, Csv, Json, Ndjson, Parquet, Table, Tsv};
        &[Csv, Tsv, Json, Ndjson, Parquet, Arrow, ArrowStream, Table]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl ValueEnum for ReportFormat {
    fn value_variants<'a>() -> &'a [ReportFormat] {
        use ReportFormat::{Csv, Json, Markdown, Prometheus, Text};
        &[Text, Json, Csv, Markdown, Prometheus]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            ReportFormat::Text => "text",
            ReportFormat::Json => "json",
            ReportFormat::Csv => "csv",
            ReportFormat::Markdown => "markdown",
            ReportFormat::Prometheus => "prometheus",
        }))
    }
}

/// What `evaluate --format` takes: a form of the report, or the one of the forecasts' stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvaluateFormat {
    /// The report.
    Report(ReportFormat),
    /// The forecasts of `--forecasts`; no report but in the file of `--out`.
    ArrowStream,
}

impl ValueEnum for EvaluateFormat {
    fn value_variants<'a>() -> &'a [EvaluateFormat] {
        use EvaluateFormat::{ArrowStream, Report};
        use ReportFormat::{Csv, Json, Markdown, Prometheus, Text};
        &[Report(Text), Report(Json), Report(Csv), Report(Markdown), Report(Prometheus), ArrowStream]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            EvaluateFormat::Report(format) => format.to_possible_value(),
            EvaluateFormat::ArrowStream => Some(PossibleValue::new("arrow-stream")),
        }
    }
}

impl ValueEnum for DocumentFormat {
    fn value_variants<'a>() -> &'a [DocumentFormat] {
        use DocumentFormat::{Csv, Json, Markdown, Text};
        &[Text, Json, Csv, Markdown]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            DocumentFormat::Text => "text",
            DocumentFormat::Json => "json",
            DocumentFormat::Csv => "csv",
            DocumentFormat::Markdown => "markdown",
        }))
    }
}

impl ValueEnum for RefitWindow {
    fn value_variants<'a>() -> &'a [RefitWindow] {
        &[RefitWindow::Expanding, RefitWindow::Sliding]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            RefitWindow::Expanding => "expanding",
            RefitWindow::Sliding => "sliding",
        }))
    }
}
