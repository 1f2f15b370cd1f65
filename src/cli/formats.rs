//! The library's choices as values of flags.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::pipeline::RefitWindow;
use crate::report::DocumentFormat;
use crate::report::evaluation::ReportFormat;
use crate::report::rows::RowsFormat;

impl ValueEnum for RowsFormat {
    fn value_variants<'a>() -> &'a [RowsFormat] {
        use RowsFormat::{Arrow, Csv, Json, Ndjson, Parquet, Table, Tsv};
        &[Csv, Tsv, Json, Ndjson, Parquet, Arrow, Table]
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
