//! Typed columns of polars in the terms of this program: as text, as numbers, as stamps.

use super::cells::Cells;
use super::coded::Coded;
use crate::data::long::Note;
use crate::data::stamp::{Reject, TimeStyle};
use polars::prelude::{Column, DataType, TimeUnit};
use std::sync::OnceLock;

/// A column as it is kept: text, categories and times of day as text, all else as it is; with a
/// note where the type leaves a choice.
pub fn cells(column: Column) -> (Cells, Option<Note>) {
    let name = column.name().trim().to_owned();
    let note =
        |text: String| Some(Note { code: "read_as", column: Some(name.clone()), count: column.len(), text });
    match column.dtype() {
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) | DataType::Time => {
            (Cells::Text(text(&column)), None)
        }
        DataType::Duration(unit) => {
            let seconds = column.cast(&DataType::Int64).and_then(|c| c.cast(&DataType::Float64));
            let seconds = seconds.map(|c| c / per_second(*unit) as f64);
            match seconds {
                Ok(seconds) => (typed(seconds), note(format!("durations in `{name}` read as seconds"))),
                Err(_) => (typed(column.clone()), None),
            }
        }
        _ => (typed(column), None),
    }
}

fn typed(column: Column) -> Cells {
    Cells::Typed(column, OnceLock::new())
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1000,
    }
}

/// A column's cells as delimited text would have them.
pub fn text(column: &Column) -> Coded {
    let mut out = Coded::default();
    let series = column.as_materialized_series();
    let done = match column.dtype() {
        DataType::Boolean => series.bool().map(|c| {
            c.iter().for_each(|v| out.push(v.map_or("", |v| if v { "true" } else { "false" })));
        }),
        DataType::Date | DataType::Datetime(..) => {
            let form = stamps(column);
            form.map(|stamps| stamps.seconds.iter().for_each(|s| out.push(&stamps.display(*s))))
        }
        DataType::Time => series.cast(&DataType::Int64).and_then(|c| {
            c.i64().map(|c| c.iter().for_each(|v| out.push(&v.map(time_of_day).unwrap_or_default())))
        }),
        DataType::Float32 | DataType::Float64 => numbers(column).map(|values| {
            for v in values {
                if v.is_nan() { out.push("") } else { out.push(&v.to_string()) }
            }
        }),
        DataType::Categorical(..) | DataType::Enum(..) | DataType::Decimal(..) => series
            .cast(&DataType::String)
            .and_then(|c| c.str().map(|c| c.iter().for_each(|v| out.push(v.unwrap_or_default())))),
        DataType::String => series.str().map(|c| c.iter().for_each(|v| out.push(v.unwrap_or_default()))),
        t if t.is_integer() => series
            .cast(&DataType::String)
            .and_then(|c| c.str().map(|c| c.iter().for_each(|v| out.push(v.unwrap_or_default())))),
        DataType::Null => Err(polars::prelude::PolarsError::NoData("".into())),
        other => {
            // Lists, binary data and the like are named, in case that somebody wants them.
            let kind = format!("({other})");
            (0..column.len()).for_each(|_| out.push(&kind));
            Ok(())
        }
    };
    if done.is_err() {
        (out.codes().len()..column.len()).for_each(|_| out.push(""));
    }
    out.close();
    out
}

/// A time of day, given in nanoseconds.
fn time_of_day(nanoseconds: i64) -> String {
    let (seconds, rest) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 { clock } else { format!("{clock}.{rest:09}").trim_end_matches('0').to_owned() }
}

/// A column as numbers; NaN where there is none.
///
/// # Errors
/// What polars says of a column that is not of numbers.
pub fn numbers(column: &Column) -> polars::prelude::PolarsResult<Vec<f64>> {
    let cast = column.cast(&DataType::Float64)?;
    Ok(cast.f64()?.iter().map(|v| v.unwrap_or(f64::NAN)).collect())
}

/// A column of dates or instants.
pub struct Stamps {
    /// Seconds since 1970; nothing where a cell is empty, or why it is no stamp.
    pub seconds: Vec<Option<Result<i64, Reject>>>,
    /// The zone's name, of instants.
    pub zone: Option<String>,
    /// Whether there are only dates.
    pub date_only: bool,
}

/// The stamps of a column of dates or instants.
///
/// # Errors
/// What polars says of another column.
pub fn stamps(column: &Column) -> polars::prelude::PolarsResult<Stamps> {
    let raw = column.cast(&DataType::Int64)?;
    let raw = raw.i64()?;
    Ok(match column.dtype() {
        DataType::Datetime(unit, zone) => {
            let unit = per_second(*unit);
            let whole = |v: i64| if v % unit == 0 { Ok(v / unit) } else { Err(Reject::Fraction) };
            let seconds = raw.iter().map(|v| v.map(whole)).collect();
            Stamps { seconds, zone: zone.as_ref().map(|z| z.to_string()), date_only: false }
        }
        _ => {
            let seconds = raw.iter().map(|d| d.map(|d| Ok(d.saturating_mul(86_400)))).collect();
            Stamps { seconds, zone: None, date_only: true }
        }
    })
}

impl Stamps {
    /// A stamp as delimited text would have it.
    fn display(&self, seconds: Option<Result<i64, Reject>>) -> String {
        let Some(Ok(t)) = seconds else { return String::new() };
        let iso = TimeStyle::naive("").display(t);
        match self.zone.as_deref() {
            None if self.date_only => iso.get(..10).unwrap_or_default().to_owned(),
            None => iso,
            Some("UTC" | "Etc/UTC" | "Z" | "+00:00") => format!("{iso}Z"),
            // Only the form matters here: the zone gives each stamp's offset.
            Some(_) => format!("{iso}+00:00"),
        }
    }
}
