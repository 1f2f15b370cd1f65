//! Rows as Parquet, Arrow IPC file or Arrow IPC stream, by polars. Each chunk becomes a row group or record batch.

use std::io::{self, Write};

use polars::io::ipc::BatchedWriter as ArrowBatches;
use polars::io::parquet::write::BatchedWriter as ParquetBatches;
use polars::prelude::{
    Column, CompatLevel, DataFrame, DataType, IntoColumn, IpcWriter, NamedFrom, ParquetWriter, PolarsError,
    PolarsResult, SchemaExt, SerWriter, Series, TimeUnit, TimeZone,
};

use polars_arrow::io::ipc::write::{StreamWriter, WriteOptions};

use super::{Cells, Rows};
use crate::number::round_significant;

/// A writer of one columnar format. The schema comes with the first chunk.
pub struct Writer<'w> {
    state: State<'w>,
}

enum State<'w> {
    ParquetWaiting(&'w mut dyn Write),
    ArrowWaiting(&'w mut dyn Write),
    StreamWaiting(&'w mut dyn Write),
    Parquet(Box<ParquetBatches<&'w mut dyn Write>>),
    Arrow(Box<ArrowBatches<&'w mut dyn Write>>),
    Stream(Box<StreamWriter<&'w mut dyn Write>>),
    /// The schema could not be written.
    Failed,
}

impl<'w> Writer<'w> {
    pub fn parquet(out: &'w mut dyn Write) -> Self {
        Writer { state: State::ParquetWaiting(out) }
    }

    pub fn arrow(out: &'w mut dyn Write) -> Self {
        Writer { state: State::ArrowWaiting(out) }
    }

    pub fn arrow_stream(out: &'w mut dyn Write) -> Self {
        Writer { state: State::StreamWaiting(out) }
    }

    pub fn write(&mut self, rows: &Rows) -> io::Result<()> {
        let frame = frame(rows).map_err(plain)?;
        self.state = match std::mem::replace(&mut self.state, State::Failed) {
            State::ParquetWaiting(out) => {
                State::Parquet(Box::new(ParquetWriter::new(out).batched(frame.schema()).map_err(plain)?))
            }
            State::ArrowWaiting(out) => {
                let writer = IpcWriter::new(out).with_compat_level(CompatLevel::oldest());
                // One description a column; none has a dictionary.
                let fields = vec![Default::default(); frame.width()];
                State::Arrow(Box::new(writer.batched(frame.schema(), fields).map_err(plain)?))
            }
            State::StreamWaiting(out) => {
                let mut writer = StreamWriter::new(out, WriteOptions { compression: None });
                writer.start(&frame.schema().to_arrow(CompatLevel::oldest()), None).map_err(plain)?;
                State::Stream(Box::new(writer))
            }
            begun => begun,
        };
        if frame.height() == 0 {
            return Ok(());
        }
        match &mut self.state {
            State::Parquet(writer) => writer.write_batch(&frame).map_err(plain),
            State::Arrow(writer) => writer.write_batch(&frame).map_err(plain),
            State::Stream(writer) => frame
                .iter_chunks(CompatLevel::oldest(), true)
                .try_for_each(|batch| writer.write(&batch, None))
                .map_err(plain),
            _ => Ok(()),
        }
    }

    pub fn finish(mut self) -> io::Result<()> {
        if matches!(self.state, State::ParquetWaiting(_) | State::ArrowWaiting(_) | State::StreamWaiting(_)) {
            self.write(&Rows::default())?;
        }
        match self.state {
            State::Parquet(writer) => writer.finish().map(|_| ()).map_err(plain),
            State::Arrow(mut writer) => writer.finish().map_err(plain),
            State::Stream(mut writer) => writer.finish().map_err(plain),
            _ => Ok(()),
        }
    }
}

/// The chunk as a polars frame.
pub fn frame(rows: &Rows) -> PolarsResult<DataFrame> {
    let height = rows.len();
    let columns = rows.columns.iter().map(|(name, cells)| column(name, cells, height));
    DataFrame::new(height, columns.collect::<PolarsResult<_>>()?)
}

fn column(name: &str, cells: &Cells, height: usize) -> PolarsResult<Column> {
    let name = name.into();
    let series = match cells {
        Cells::Text(values) => {
            Series::new(name, values.iter().take(height).map(String::as_str).collect::<Vec<_>>())
        }
        Cells::Category { codes, names } => {
            let text = |code: &u32| names.get(*code as usize).map(String::as_str);
            Series::new(name, codes.iter().take(height).map(text).collect::<Vec<_>>())
        }
        Cells::Int(values) => Series::new(name, values.iter().take(height).copied().collect::<Vec<_>>()),
        Cells::Float { values, digits } => {
            let number = |v: &f64| v.is_finite().then(|| round_significant(*v, *digits));
            Series::new(name, values.iter().take(height).map(number).collect::<Vec<_>>())
        }
        Cells::Single(values) => {
            let number = |v: &f32| v.is_finite().then_some(*v);
            Series::new(name, values.iter().take(height).map(number).collect::<Vec<_>>())
        }
        Cells::Stamp { seconds, date_only: true, .. } => {
            let days = |s: &i64| i32::try_from(s.div_euclid(86_400)).ok();
            Series::new(name, seconds.iter().take(height).map(days).collect::<Vec<_>>())
                .cast(&DataType::Date)?
        }
        Cells::Stamp { seconds, zone, .. } => {
            let micros = |s: &i64| s.checked_mul(1_000_000);
            let zone = TimeZone::opt_try_new(zone.as_deref())?;
            Series::new(name, seconds.iter().take(height).map(micros).collect::<Vec<_>>())
                .cast(&DataType::Datetime(TimeUnit::Microseconds, zone))?
        }
    };
    Ok(series.into_column())
}

/// The stream's own error if that is what it was, so that a full disk is still called so.
fn plain(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(error.kind(), error.to_string()),
        },
        other => io::Error::other(other.to_string()),
    }
}
