//! Parquet and Arrow IPC, read by polars: columns that already have a type.

use super::instants;
use crate::data::read::open::arrow::{self, Odd};
use crate::data::read::open::blob::Blob;
use crate::data::read::open::format::Format;
use crate::data::read::open::limits::Limits;
use crate::data::read::open::parquet;
use crate::error::{Error, Place, Result};
use crate::meter;
use polars::prelude::{
    ArrowDataType, Column, DataFrame, FileMetadataRef, IpcReader, IpcStreamReader, ParquetReader, PlSmallStr,
    PolarsError, PolarsResult, Scalar, SerReader,
};
use std::borrow::Cow;
use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};

/// Decodes a file. Columns of types that hold neither numbers, text nor stamps are not decoded;
/// they come as text that names their type.
///
/// # Errors
/// `Error::Data` when polars cannot read it, and for more than the limits allow.
pub fn read(blob: &Blob, format: Format, limits: &Limits) -> Result<DataFrame> {
    let file = Typed::open(blob, format, limits)?;
    meter::stage("decoding columns");
    let plain =
        file.columns.iter().filter(|(_, kind)| is_plain(kind)).map(|(name, _)| name.clone()).collect();
    let mut frame = file.read(plain, None)?;
    let rows = if frame.width() == 0 { file.rows.unwrap_or(0) } else { frame.height() };
    let mut put = |at: usize, name: &str, kind: &str| {
        let text = PlSmallStr::from(format!("({kind})"));
        let column = Column::new_scalar(name.into(), Scalar::from(text), rows);
        frame.insert_column(at, column).map(|_| ()).map_err(|e| file.refuse(&e))
    };
    for (at, (name, kind)) in file.columns.iter().enumerate() {
        if !is_plain(kind) {
            put(at, name, &kind_name(kind))?;
        }
    }
    file.odd.iter().try_for_each(|odd| put(odd.place, &odd.name, odd.kind))?;
    Ok(frame)
}

/// A file whose columns are known, and which may be decoded in part.
pub struct Typed<'a> {
    blob: &'a Blob,
    /// Its bytes, or a stream of the columns that can be decoded.
    bytes: Cow<'a, [u8]>,
    format: Format,
    /// The names and types of its columns.
    pub columns: Columns,
    /// Arrow's columns of types that cannot be decoded, ascending.
    odd: Vec<Odd>,
    /// How many rows, where the file says it beforehand.
    rows: Option<usize>,
    /// Of Parquet.
    metadata: Option<FileMetadataRef>,
    limits: Limits,
}

impl<'a> Typed<'a> {
    /// Looks at a file as far as its columns.
    ///
    /// # Errors
    /// As [`read`].
    pub fn open(blob: &'a Blob, format: Format, limits: &Limits) -> Result<Typed<'a>> {
        let bytes = Cow::Borrowed(blob.bytes.as_slice());
        let (columns, odd) = (Vec::new(), Vec::new());
        let mut file =
            Typed { blob, bytes, format, columns, odd, rows: None, metadata: None, limits: *limits };
        if format == Format::Arrow {
            arrow::check(&blob.name, &blob.bytes, limits)?;
            if let Some((bytes, odd)) = arrow::without_odd(&blob.bytes) {
                (file.bytes, file.odd) = (Cow::Owned(bytes), odd);
            }
        }
        // polars panics on some damaged files; that must not end the program without a message.
        if format == Format::Arrow {
            let stamps = silently(|| instants::check(&file.bytes, is_stream(&file.bytes)));
            stamps.unwrap_or_else(|_| Err(contradiction())).map_err(|e| file.refuse(&e))?;
        }
        let schema = silently(|| schema(&file.bytes, format)).unwrap_or_else(|_| Err(contradiction()));
        (file.columns, file.rows, file.metadata) = schema.map_err(|e| file.refuse(&e))?;
        limits.columns(&blob.name, file.columns.len() + file.odd.len())?;
        if let Some(rows) = file.rows {
            limits.cells(&blob.name, rows, file.columns.len())?;
        }
        Ok(file)
    }

    fn refuse(&self, why: &PolarsError) -> Error {
        let why = why.to_string();
        let why = why.lines().next().unwrap_or_default();
        let what = format!("the {} file is damaged or of an unknown kind: {why}", self.format.name());
        Error::data(Place::file(&self.blob.name), what).with_hint("write the file again, or save it as CSV")
    }

    /// Decodes these columns, of all rows or of so many from one on (of Parquet alone).
    ///
    /// # Errors
    /// As [`read`].
    pub fn read(&self, names: Vec<String>, rows: Option<(usize, usize)>) -> Result<DataFrame> {
        self.check_pages(&names, rows)?;
        let frame = silently(|| self.decode(names, rows)).unwrap_or_else(|_| Err(contradiction()));
        let frame = frame.map_err(|e| self.refuse(&e))?;
        // A damaged file may have columns of different lengths, which polars does not look at.
        let length = |column: &Column| -> usize {
            column.as_materialized_series().chunks().iter().map(|chunk| chunk.len()).sum()
        };
        if frame.columns().iter().any(|c| c.len() != frame.height() || length(c) != frame.height()) {
            return Err(self.refuse(&PolarsError::ComputeError("its columns differ in length".into())));
        }
        Ok(frame)
    }

    fn check_pages(&self, names: &[String], rows: Option<(usize, usize)>) -> Result<()> {
        let Some(metadata) = &self.metadata else { return Ok(()) };
        let rows = rows.map_or(0..usize::MAX, |(first, rows)| first..first.saturating_add(rows));
        let unpacked = silently(|| parquet::unpacked(&self.bytes, metadata, names, &rows)).ok().flatten();
        let unpacked = unpacked.ok_or_else(|| self.refuse(&contradiction()))?;
        self.limits.memory(&self.blob.name, unpacked)
    }

    fn decode(&self, names: Vec<String>, rows: Option<(usize, usize)>) -> PolarsResult<DataFrame> {
        let bytes = Cursor::new(self.bytes.as_ref());
        let columns = Some(names);
        match self.format {
            Format::Parquet => {
                let mut reader = ParquetReader::new(bytes).with_columns(columns).with_slice(rows);
                if let Some(metadata) = &self.metadata {
                    reader.set_metadata(metadata.clone());
                }
                reader.finish()
            }
            _ if is_stream(&self.bytes) => IpcStreamReader::new(bytes).with_columns(columns).finish(),
            _ => IpcReader::new(bytes).with_columns(columns).finish(),
        }
    }

    /// The row groups of Parquet: the first row of each, and how many.
    pub fn groups(&self) -> Vec<(usize, usize)> {
        let mut first = 0;
        let groups = self.metadata.iter().flat_map(|metadata| &metadata.row_groups);
        let group = |group: usize| {
            first += group;
            (first - group, group)
        };
        groups.map(|group| group.num_rows()).map(group).collect()
    }

    /// Whether the statistics of a row group say that all numbers of a column are finite.
    pub fn is_finite(&self, group: usize, name: &str) -> bool {
        let known = || {
            let metadata = self.metadata.as_ref()?;
            let mut chunks = metadata.row_groups.get(group)?.columns_under_root_iter(name)?;
            let statistics = chunks.next()?.statistics(&metadata.footer_buf)?.ok()?;
            let double = statistics.as_double().map(|s| (s.min_value, s.max_value));
            let float =
                statistics.as_float().map(|s| (s.min_value.map(f64::from), s.max_value.map(f64::from)));
            let (least, most) = double.or(float)?;
            Some(least?.is_finite() && most?.is_finite())
        };
        known().unwrap_or(false)
    }
}

fn contradiction() -> PolarsError {
    PolarsError::ComputeError("its content contradicts itself".into())
}

type Columns = Vec<(String, ArrowDataType)>;

/// The names and types of the columns, and the number of rows where the file says it beforehand.
fn schema(bytes: &[u8], format: Format) -> PolarsResult<(Columns, Option<usize>, Option<FileMetadataRef>)> {
    let stream = is_stream(bytes);
    let bytes = Cursor::new(bytes);
    let (schema, rows, metadata) = match format {
        Format::Parquet => {
            let mut reader = ParquetReader::new(bytes.clone());
            let metadata = reader.get_metadata()?.clone();
            let rows = Some(metadata.num_rows);
            match silently(|| reader.schema()) {
                Ok(schema) => (schema?, rows, Some(metadata)),
                // What Arrow says beside Parquet's own types, and polars does not know: without it.
                Err(_) => {
                    let mut own = metadata.as_ref().clone();
                    own.key_value_metadata = None;
                    let own = Arc::new(own);
                    let mut reader = ParquetReader::new(bytes);
                    reader.set_metadata(own.clone());
                    (reader.schema()?, rows, Some(own))
                }
            }
        }
        _ if stream => (Arc::new(IpcStreamReader::new(bytes).arrow_schema()?), None, None),
        _ => (IpcReader::new(bytes).schema()?, None, None),
    };
    let columns = schema.iter().map(|(name, field)| (name.to_string(), field.dtype.clone())).collect();
    Ok((columns, rows, metadata))
}

fn is_stream(bytes: &[u8]) -> bool {
    !bytes.starts_with(b"ARROW1")
}

/// Whether a column can be numbers, text or stamps.
pub fn is_plain(kind: &ArrowDataType) -> bool {
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
