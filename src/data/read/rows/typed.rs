//! Parquet and Arrow IPC, read by polars: columns that already have a type.

use super::instants;
use crate::data::read::open::arrow;
use crate::data::read::open::blob::Blob;
use crate::data::read::open::format::Format;
use crate::data::read::open::limits::Limits;
use crate::error::{Error, Place, Result};
use polars::prelude::{
    ArrowDataType, Column, DataFrame, IpcReader, IpcStreamReader, ParquetReader, PlSmallStr, PolarsError,
    PolarsResult, Scalar, SerReader,
};
use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};

/// Decodes a file. Columns of types that hold neither numbers, text nor stamps are not decoded;
/// they come as text that names their type.
///
/// # Errors
/// `Error::Data` when polars cannot read it, and for more than the limits allow.
pub fn read(blob: &Blob, format: Format, limits: &Limits) -> Result<DataFrame> {
    let refuse = |why: String| {
        let why = why.lines().next().unwrap_or_default().to_owned();
        Error::data(
            Place::file(&blob.name),
            format!("the {} file is damaged or of an unknown kind: {why}", format.name()),
        )
        .with_hint("write the file again, or save it as CSV")
    };
    if format == Format::Arrow {
        arrow::check(&blob.name, &blob.bytes, limits)?;
    }
    // polars panics on some damaged files; that must not end the program without a message.
    if format == Format::Arrow {
        let stamps = silently(|| instants::check(&blob.bytes, is_stream(blob)));
        stamps.unwrap_or_else(|_| Err(contradiction())).map_err(|e| refuse(e.to_string()))?;
    }
    let schema = silently(|| schema(blob, format)).unwrap_or_else(|_| Err(contradiction()));
    let (schema, rows) = schema.map_err(|e| refuse(e.to_string()))?;
    limits.columns(&blob.name, schema.len())?;
    if let Some(rows) = rows {
        limits.cells(&blob.name, rows, schema.len())?;
    }
    let plain: Vec<String> =
        schema.iter().filter(|(_, kind)| is_plain(kind)).map(|(name, _)| name.clone()).collect();
    let frame = silently(|| decode(blob, format, plain)).unwrap_or_else(|_| Err(contradiction()));
    let mut frame = frame.map_err(|e| refuse(e.to_string()))?;
    // A damaged file may have columns of different lengths, which polars does not look at.
    let length =
        |column: &Column| column.as_materialized_series().chunks().iter().map(|c| c.len()).sum::<usize>();
    if frame.columns().iter().any(|c| c.len() != frame.height() || length(c) != frame.height()) {
        return Err(refuse("its columns differ in length".to_owned()));
    }
    let rows = if frame.width() == 0 { rows.unwrap_or(0) } else { frame.height() };
    for (at, (name, kind)) in schema.iter().enumerate() {
        if !is_plain(kind) {
            let text = format!("({})", kind_name(kind));
            let column = Column::new_scalar(name.as_str().into(), Scalar::from(PlSmallStr::from(text)), rows);
            frame.insert_column(at, column).map_err(|e| refuse(e.to_string()))?;
        }
    }
    Ok(frame)
}

fn contradiction() -> PolarsError {
    PolarsError::ComputeError("its content contradicts itself".into())
}

type Columns = Vec<(String, ArrowDataType)>;

/// The names and types of the columns, and the number of rows where the file says it beforehand.
fn schema(blob: &Blob, format: Format) -> PolarsResult<(Columns, Option<usize>)> {
    let bytes = Cursor::new(blob.bytes.as_slice());
    let (schema, rows) = match format {
        Format::Parquet => {
            let mut reader = ParquetReader::new(bytes);
            let rows = reader.num_rows()?;
            (reader.schema()?, Some(rows))
        }
        _ if is_stream(blob) => (Arc::new(IpcStreamReader::new(bytes).arrow_schema()?), None),
        _ => (IpcReader::new(bytes).schema()?, None),
    };
    Ok((schema.iter().map(|(name, field)| (name.to_string(), field.dtype.clone())).collect(), rows))
}

fn decode(blob: &Blob, format: Format, plain: Vec<String>) -> PolarsResult<DataFrame> {
    let bytes = Cursor::new(blob.bytes.as_slice());
    let columns = Some(plain);
    match format {
        Format::Parquet => ParquetReader::new(bytes).with_columns(columns).finish(),
        _ if is_stream(blob) => IpcStreamReader::new(bytes).with_columns(columns).finish(),
        _ => IpcReader::new(bytes).with_columns(columns).finish(),
    }
}

fn is_stream(blob: &Blob) -> bool {
    !blob.bytes.starts_with(b"ARROW1")
}

/// Whether a column can be numbers, text or stamps.
fn is_plain(kind: &ArrowDataType) -> bool {
    use ArrowDataType as A;
    match kind {
        A::Dictionary(_, values, _) => matches!(**values, A::Utf8 | A::LargeUtf8 | A::Utf8View),
        A::Null | A::Boolean | A::Utf8 | A::LargeUtf8 | A::Utf8View => true,
        A::Int8 | A::Int16 | A::Int32 | A::Int64 | A::UInt8 | A::UInt16 | A::UInt32 | A::UInt64 => true,
        A::Float32 | A::Float64 | A::Decimal(..) => true,
        A::Date32 | A::Date64 | A::Time32(_) | A::Time64(_) | A::Timestamp(..) | A::Duration(_) => true,
        _ => false,
    }
}

/// The name of a type, without what it is made of.
fn kind_name(kind: &ArrowDataType) -> String {
    let name = format!("{kind:?}");
    name.split(['(', ' ', '{']).next().unwrap_or_default().to_lowercase()
}

/// Catches a panic without its message, on whichever thread it happens. There must be no lock here:
/// a worker thread that waits for polars takes up other work, which may be the next file's.
fn silently<T>(work: impl FnOnce() -> T) -> std::thread::Result<T> {
    static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
    static OURS: Once = Once::new();
    OURS.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if UNDER_WAY.load(Ordering::SeqCst) == 0 {
                usual(info);
            }
        }));
    });
    UNDER_WAY.fetch_add(1, Ordering::SeqCst);
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
    done
}
