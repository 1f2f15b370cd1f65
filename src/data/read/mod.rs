//! Reads any table into a [`LongFrame`]: dialect, encoding, types, stamps, names.
//!
//! `source` opens and unpacks, `dialect` and `scan` take delimited text apart, `columns` (with
//! `series` and `when`) decides each column's part from a sample of rows, `csv` reads the rows
//! with these parts, `table` puts them together, `finish` makes the frame and its notes.

mod columns;
mod csv;
mod dialect;
mod finish;
mod numbers;
mod scan;
mod series;
mod source;
mod suspect;
mod table;
mod when;

use crate::data::long::{Dialect, LongFrame};
use crate::error::{Error, Place, Result};
use rayon::prelude::*;
use source::{Blob, Format};

/// Where the table comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Paths, folders of parts, or globs; several make one table.
    Paths(Vec<String>),
    /// Standard input, already known not to be a terminal.
    Stdin,
}

/// What to read and how; every `None` is detected.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    pub series: Option<Vec<String>>,
    pub time: Option<Vec<String>>,
    /// With a checkpoint: how training's stamps were written; settles what the table leaves open.
    pub style: Option<crate::data::stamp::TimeStyle>,
    pub time_format: Option<String>,
    pub time_zone: Option<String>,
    /// Target columns, in order; they become the first columns of the frame.
    pub target: Vec<String>,
    /// Feature columns to keep besides the targets; all numeric ones when `None`.
    pub features: Option<Vec<String>>,
    pub drop: Vec<String>,
    /// Text columns to one-hot encode.
    pub categorical: Vec<String>,
    /// With a checkpoint: category values known from training, per text column. Others become all zero.
    pub categories: Option<Vec<(String, Vec<String>)>>,
    pub delimiter: Option<char>,
    pub encoding: Option<String>,
    pub decimal: Option<char>,
    /// Missing markers in addition to the built-in ones.
    pub missing: Vec<String>,
    pub skip_rows: Option<usize>,
    /// Melt a wide table; the value is the name of the melted value column.
    pub wide: Option<String>,
    pub series_from_filename: bool,
    /// `(column, low, high)`: values outside are limited, counted and reported.
    pub clip: Vec<(String, f64, f64)>,
    /// `csv`, `parquet`, `arrow`, `ndjson`; detected by content when `None`.
    pub format: Option<String>,
}

/// Reads the whole table.
///
/// # Errors
/// `Error::Data` with file, row, column as far as they are known, and a hint.
pub fn read(source: &Source, options: &ReadOptions) -> Result<LongFrame> {
    let blobs = source::open(source)?;
    let Some(first) = blobs.first() else {
        return Err(Error::usage("no table is given").with_hint("give a path, or - for standard input"));
    };
    let format = match &options.format {
        Some(name) => Format::from_name(name)?,
        None => source::sniff(first)?,
    };
    for blob in blobs.iter().skip(1) {
        let other = if options.format.is_some() { format } else { source::sniff(blob)? };
        if other != format {
            let what = format!("this is {}, where {} is {}", other.name(), first.name, format.name());
            return Err(Error::data(Place::file(&blob.name), what)
                .with_hint("files that make one table must have one format"));
        }
    }
    let (mut frame, hash) = rayon::join(|| read_csv(&blobs, options), || hash(&blobs));
    if let Ok(frame) = &mut frame {
        frame.hash = hash;
        frame.dialect.format = format.name();
        frame.dialect.compression = first.compression;
    }
    frame
}

fn read_csv(blobs: &[Blob], options: &ReadOptions) -> Result<LongFrame> {
    let files: Vec<csv::File<'_>> = blobs
        .iter()
        .map(|b| Ok(csv::File { name: &b.name, stem: &b.stem, text: dialect::understand(b, options)? }))
        .collect::<Result<_>>()?;
    let sample = csv::sample(&files)?;
    let roles = columns::assign(&sample, options)?;
    let style = csv::settle(&files, &roles)?;
    let pieces = csv::read(&files, &sample, &roles, &style, options)?;
    let table = table::join(&sample, &roles, style, pieces)?;
    let mut frame = finish::finish(table, &sample.file, options)?;
    if let Some(file) = files.first() {
        frame.dialect = Dialect {
            format: "csv",
            compression: None,
            encoding: Some(file.text.encoding.to_lowercase()),
            delimiter: Some(char::from(file.text.delimiter)),
            decimal: Some(char::from(file.text.decimal)),
            skipped_rows: file.text.skipped,
        };
    }
    Ok(frame)
}

/// One hash for all files' bytes.
fn hash(blobs: &[Blob]) -> u64 {
    let hashes: Vec<u64> = blobs.par_iter().map(|b| xxhash_rust::xxh3::xxh3_64(&b.bytes)).collect();
    match hashes.as_slice() {
        [one] => *one,
        many => xxhash_rust::xxh3::xxh3_64(&many.iter().flat_map(|h| h.to_le_bytes()).collect::<Vec<_>>()),
    }
}
