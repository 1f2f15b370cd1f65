//! Flags that say how the table is written and laid on a grid.

use clap::Args;
use serde::Serialize;

use super::{Names, names};
use crate::cli::values;
use crate::config::{Brackets, Closed, Duplicates, Partial};

/// Flags that say how the table is written and laid on a grid.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Reading the table")]
pub struct TableFlags {
    /// How stamps are written, in strftime form, such as %d/%m/%Y %H:%M
    #[arg(
        long,
        value_name = "FORMAT",
        env = "LSTM_FORECAST_TIME_FORMAT",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_format: Option<String>,
    /// Zone of wall-clock stamps, such as Europe/Rome
    #[arg(
        long,
        value_name = "ZONE",
        env = "LSTM_FORECAST_TIME_ZONE",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Step between rows, such as 15min, 1h, 1d, 1mo
    #[arg(long, value_name = "STEP", env = "LSTM_FORECAST_FREQ", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freq: Option<String>,
    /// File of dates, country (IN, DE-BY) or SERIES=COUNTRY,...: closed days, or a column known ahead
    #[arg(
        long,
        value_name = "FILE|COUNTRY",
        env = "LSTM_FORECAST_HOLIDAYS",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holidays: Option<String>,
    /// Which of several rows with the same series and stamp counts
    #[arg(
        long,
        value_enum,
        value_name = "RULE",
        env = "LSTM_FORECAST_DUPLICATES",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<Duplicates>,
    /// Lay irregular rows on a grid of this step, such as 1h
    #[arg(
        long,
        value_name = "STEP",
        env = "LSTM_FORECAST_RESAMPLE",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resample: Option<String>,
    /// Which end of a bin of --resample belongs to it: left (00:00 begins a day) or right (it ends one)
    #[arg(
        long,
        value_enum,
        value_name = "SIDE",
        env = "LSTM_FORECAST_CLOSED",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// First and last bins of --resample that rows fill only in part: drop or keep
    #[arg(
        long,
        value_enum,
        value_name = "RULE",
        env = "LSTM_FORECAST_PARTIAL",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<Partial>,
    /// How --resample joins rows: mean, sum, last, first, max, min; or col=sum for one column
    #[arg(long, value_name = "RULES", value_parser = names, env = "LSTM_FORECAST_AGG", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agg: Option<Names>,
    /// Longest run of missing rows that is filled forward; longer ones take the training mean
    #[arg(
        long,
        value_name = "ROWS", value_parser = values::rows,
        env = "LSTM_FORECAST_MAX_FILL",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fill: Option<usize>,
    /// Delimiter of delimited text, such as ; or tab
    #[arg(long, value_name = "CHAR", value_parser = delimiter, env = "LSTM_FORECAST_DELIMITER", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Character encoding, such as utf-8 or windows-1252
    #[arg(
        long,
        value_name = "NAME",
        env = "LSTM_FORECAST_ENCODING",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Decimal mark: . or ,
    #[arg(long, value_name = "CHAR", env = "LSTM_FORECAST_DECIMAL", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// Mark between thousands: . , ' space, or none where such a mark is the decimal one
    #[arg(
        long,
        value_name = "MARK",
        env = "LSTM_FORECAST_THOUSANDS",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thousands: Option<String>,
    /// Texts beside numbers to take off, such as * or °C
    #[arg(long, value_name = "TEXTS", value_parser = names, allow_hyphen_values = true, env = "LSTM_FORECAST_STRIP", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strip: Option<Names>,
    /// What a number in brackets is: negative, as in accounts, or plain
    #[arg(
        long,
        value_enum,
        value_name = "SENSE",
        env = "LSTM_FORECAST_BRACKETS",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brackets: Option<Brackets>,
    /// Further texts or numbers that mean missing, such as -200, in every column
    #[arg(long, value_name = "VALUES", value_parser = names, allow_hyphen_values = true, env = "LSTM_FORECAST_MISSING", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Names>,
    /// Lines before the header to pass over
    #[arg(
        long,
        value_name = "LINES", value_parser = values::lines,
        env = "LSTM_FORECAST_SKIP_ROWS",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_rows: Option<usize>,
    /// Lines after the header to pass over, such as a line of units
    #[arg(
        long,
        value_name = "LINES",
        env = "LSTM_FORECAST_SKIP_AFTER_HEADER",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_after_header: Option<usize>,
    /// Lines at the end to pass over, such as totals and remarks
    #[arg(
        long,
        value_name = "LINES",
        env = "LSTM_FORECAST_SKIP_FOOTER",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_footer: Option<usize>,
    /// Most columns a table may have
    #[arg(
        long,
        value_name = "COLUMNS",
        env = "LSTM_FORECAST_MAX_COLUMNS",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_columns: Option<usize>,
    /// Most memory a table may take, such as 8GiB
    #[arg(
        long,
        value_name = "SIZE",
        env = "LSTM_FORECAST_MAX_MEMORY",
        hide_env = true,
        hide_short_help = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memory: Option<String>,
    /// The table is wide (date,cityA,cityB,…): melt it, naming the values NAME
    #[arg(long, value_name = "NAME", env = "LSTM_FORECAST_WIDE", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wide: Option<String>,
    /// One file a series, named by the file
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", env = "LSTM_FORECAST_SERIES_FROM_FILENAME", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series_from_filename: Option<bool>,
    /// Limit a column's values, such as wind=0:60
    #[arg(long, value_name = "COL=LO:HI", value_parser = names, env = "LSTM_FORECAST_CLIP", hide_env = true, hide_short_help = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<Names>,
}

fn delimiter(text: &str) -> Result<char, String> {
    let text = match text {
        "tab" | "\\t" => "\t",
        "comma" => ",",
        "semicolon" => ";",
        "pipe" => "|",
        other => other,
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() => Ok(c),
        _ => Err("expected one character, or one of comma, semicolon, tab, pipe".into()),
    }
}
