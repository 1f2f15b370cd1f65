//! polars' columns in types of ours.

use crate::data::stamp::{Reject, TimeStyle};
use polars::prelude::{DataFrame, DataType, StringChunked, TimeUnit};

/// A column.
pub enum Values {
    Numbers(Vec<f64>),
    Flags(Vec<f64>),
    Text(StringChunked),
    /// Seconds, with the zone's name for instants.
    Stamps {
        seconds: Vec<Option<Result<i64, Reject>>>,
        zone: Option<String>,
        date_only: bool,
    },
    /// Lists, binary data and the like, by the type's name.
    Other(String),
}

/// Names, columns and the number of rows.
pub type Converted = (Vec<String>, Vec<Values>, usize);

/// Takes the frame apart column by column, so that each is freed once it is converted.
pub fn convert(frame: DataFrame) -> polars::prelude::PolarsResult<Converted> {
    let rows = frame.height();
    let (mut names, mut out) = (Vec::new(), Vec::new());
    for column in frame.into_columns() {
        names.push(column.name().trim().to_owned());
        let series = column.take_materialized_series();
        let numbers = |s: &polars::prelude::Series| -> polars::prelude::PolarsResult<Vec<f64>> {
            let cast = s.cast(&DataType::Float64)?;
            Ok(cast.f64()?.iter().map(|v| v.unwrap_or(f64::NAN)).collect())
        };
        out.push(match series.dtype().clone() {
            DataType::Boolean => Values::Flags(numbers(&series)?),
            DataType::Null => Values::Numbers(vec![f64::NAN; rows]),
            t if t.is_primitive_numeric() => Values::Numbers(numbers(&series)?),
            DataType::String => Values::Text(series.str()?.rechunk().into_owned()),
            DataType::Date => {
                let days = series.cast(&DataType::Int64)?;
                let seconds = days.i64()?.iter().map(|d| d.map(|d| Ok(d * 86_400))).collect();
                Values::Stamps { seconds, zone: None, date_only: true }
            }
            DataType::Datetime(unit, zone) => {
                let per_second = match unit {
                    TimeUnit::Nanoseconds => 1_000_000_000,
                    TimeUnit::Microseconds => 1_000_000,
                    TimeUnit::Milliseconds => 1000,
                };
                let whole =
                    |v: i64| if v % per_second == 0 { Ok(v / per_second) } else { Err(Reject::Fraction) };
                let raw = series.cast(&DataType::Int64)?;
                let seconds = raw.i64()?.iter().map(|v| v.map(whole)).collect();
                Values::Stamps { seconds, zone: zone.map(|z| z.to_string()), date_only: false }
            }
            other => match series.cast(&DataType::String) {
                Ok(text) if other.is_categorical() || other.is_enum() => {
                    Values::Text(text.str()?.rechunk().into_owned())
                }
                _ => Values::Other(other.to_string()),
            },
        });
    }
    Ok((names, out, rows))
}

impl Values {
    /// A cell as CSV would have it.
    pub fn text(&self, row: usize) -> String {
        match self {
            Values::Numbers(v) => {
                v.get(row).filter(|v| !v.is_nan()).map(|v| v.to_string()).unwrap_or_default()
            }
            Values::Flags(v) => match v.get(row) {
                Some(1.0) => "true".to_owned(),
                Some(0.0) => "false".to_owned(),
                _ => String::new(),
            },
            Values::Text(v) => v.get(row).unwrap_or_default().trim().to_owned(),
            Values::Stamps { seconds, zone, date_only } => {
                let Some(Some(Ok(t))) = seconds.get(row) else { return String::new() };
                let iso = TimeStyle::naive("").display(*t);
                match zone.as_deref() {
                    None if *date_only => iso.get(..10).unwrap_or_default().to_owned(),
                    None => iso,
                    Some("UTC" | "Etc/UTC" | "Z" | "+00:00") => format!("{iso}Z"),
                    // Only the form matters here: the zone gives each stamp's offset.
                    Some(_) => format!("{iso}+00:00"),
                }
            }
            Values::Other(kind) => format!("({kind})"),
        }
    }
}
