//! Reads any table into a [`LongFrame`]: dialect, encoding, types, stamps, names.
//!
//! `open` finds the bytes and how they are written, `rows` takes every format apart into rows,
//! `roles` decides each column's part, `clean` makes the frame and its notes.

mod clean;
pub mod means;
pub mod newest;
mod open;
mod options;
mod roles;
mod rows;

use crate::data::long::{Dialect, LongFrame};
use crate::data::name::identity;
pub use crate::data::reading::Reading;
use crate::data::stamp::Zone;
use crate::error::{Error, Place, Result};
use crate::meter;
use clean::long_frame;
pub use means::read_means;
use open::blob::Blob;
use open::format::{Format, sniff};
use open::{dialect, folder, source};
pub use options::ReadOptions;
use rayon::prelude::*;
use roles::{columns, names};
use rows::numbers::dress::Mark;
use rows::whole::Sample;
use rows::{build, files, layout, wide};
use std::sync::Arc;

/// Where the table comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Paths, folders of parts, or globs; several make one table.
    Paths(Vec<String>),
    /// Standard input, already known not to be a terminal.
    Stdin,
    /// Bytes of a file, and what messages call them.
    Memory {
        /// The name.
        name: String,
        /// All of the bytes.
        bytes: Arc<Vec<u8>>,
    },
}

/// The files behind one argument: itself, a folder's tables, or a pattern's matches.
///
/// # Errors
/// `Error::Data` for a folder or pattern that names none.
pub fn files(argument: &str) -> Result<Vec<std::path::PathBuf>> {
    Ok(folder::expand(argument)?.into_iter().map(|part| part.path).collect())
}

/// Whether a new file of this name, in the right folder, would be one of [`files`].
pub fn takes(argument: &str, file: &std::path::Path) -> bool {
    folder::takes(argument, file)
}

/// Reads the whole table.
///
/// # Errors
/// `Error::Data` with file, row, column as far as they are known, and a hint.
pub fn read(source: &Source, options: &ReadOptions) -> Result<LongFrame> {
    read_blobs(source::open(source, options)?, options)
}

/// Reads a table from memory; `name` stands for the file in messages.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(name: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<LongFrame> {
    read_blobs(vec![source::unpack(name.to_owned(), name.to_owned(), bytes, options)?], options)
}

/// The same source, to be read more than once: what comes on standard input is kept in memory.
///
/// # Errors
/// As [`read`].
pub fn kept(source: &Source, options: &ReadOptions) -> Result<Source> {
    source::kept(source, options)
}

/// The bytes of one file or of stdin, unpacked, for commands that also print them.
///
/// # Errors
/// As [`read`].
pub fn unpacked(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    let options = ReadOptions::default();
    Ok(source::unpack(name.to_owned(), name.to_owned(), bytes, &options)?.bytes)
}

/// A data frame as the bytes of an Arrow file, so that it is read as such a file is.
///
/// # Errors
/// `Error::Data` for a type that such a file cannot hold.
pub fn arrow_bytes(frame: &polars::prelude::DataFrame) -> Result<Vec<u8>> {
    use polars::prelude::{IpcWriter, SerWriter};
    let mut bytes = Vec::new();
    let written = IpcWriter::new(&mut bytes).finish(&mut frame.clone());
    written.map_err(|e| Error::data(Place::file("data frame"), format!("cannot be read: {e}")))?;
    Ok(bytes)
}

fn read_blobs(blobs: Vec<Blob>, options: &ReadOptions) -> Result<LongFrame> {
    let Some(first) = blobs.first() else {
        return Err(Error::usage("no table is given").with_hint("give a path, or - for standard input"));
    };
    let told = |blob: &Blob| match &options.format {
        Some(name) => Format::from_name(name),
        None => sniff(blob, options.encoding.is_some()),
    };
    let format = told(first)?;
    for blob in blobs.iter().skip(1) {
        let other = told(blob)?;
        if other != format {
            let what = format!("this is {}, where {} is {}", other.name(), first.name, format.name());
            return Err(Error::data(Place::file(&blob.name), what)
                .with_hint("files that make one table must have one format"));
        }
    }
    let compression = first.compression;
    let (columns, hash) = rayon::join(|| whole_table(&blobs, format, options), || hash(&blobs));
    let (sample, dialect) = columns?;
    // The columns hold all that is needed; the files' bytes would only double the memory.
    drop(blobs);
    let mut frame = framed(sample, Dialect { format: format.name(), compression, ..dialect }, options)?;
    frame.hash = hash;
    Ok(frame)
}

/// The frame of a table whose columns were read, and how it was written.
fn framed(mut sample: Sample, dialect: Dialect, options: &ReadOptions) -> Result<LongFrame> {
    meter::stage("sorting out columns");
    sample.names.iter_mut().for_each(|name| *name = identity(name).into_owned());
    let mut frame = assemble(sample, options)?;
    let Dialect { decimal, readings, .. } = std::mem::take(&mut frame.dialect);
    frame.dialect = Dialect { decimal: dialect.decimal.and(decimal), readings, ..dialect };
    Ok(frame)
}

/// The columns of a table in any format, and how it is written.
fn whole_table(blobs: &[Blob], format: Format, options: &ReadOptions) -> Result<(Sample, Dialect)> {
    let limits = &source::limits(options, blobs.iter().map(|b| b.packed).sum())?;
    let mut dialect = Dialect::default();
    let mut sample = match format {
        Format::Csv => {
            let understand = |b| dialect::understand(b, options, limits);
            let texts = blobs.iter().map(understand).collect::<Result<Vec<_>>>()?;
            let sample = files::delimited(blobs, &texts, limits)?;
            if let Some(text) = texts.into_iter().next() {
                dialect = Dialect {
                    encoding: Some(text.encoding.to_lowercase()),
                    delimiter: Some(char::from(text.delimiter)),
                    decimal: Some(char::from(text.decimal)),
                    skipped_rows: text.skipped,
                    header: text.header,
                    ..Dialect::default()
                };
            }
            sample
        }
        Format::Ndjson => files::objects(blobs, options, limits)?,
        Format::Parquet | Format::Arrow => files::typed(blobs, format, limits)?,
    };
    files::add_keys(&mut sample, blobs);
    Ok((sample, dialect))
}

/// From the columns of any format to the frame: their parts, the rows, what is left out.
fn assemble(mut sample: Sample, options: &ReadOptions) -> Result<LongFrame> {
    let mut options = names::whole(&sample.names, options);
    if options.time_zone.is_none() {
        options.time_zone = sample.zone().filter(|z| Zone::new(z).is_some());
    }
    sample = layout::straighten(sample, &mut options)?;
    let options = &options;
    let roles = columns::assign(&sample, options)?;
    let style = roles.styles.first().cloned().unwrap_or_default();
    let mut table = build::build(&mut sample, &roles, style, options)?;
    let name = match sample.files {
        0 | 1 => sample.file,
        n => format!("{} and {} more", sample.file, n - 1),
    };
    if options.series_from_filename {
        table.series_columns = vec![wide::series_name(options)];
    }
    if let Some(name) = &options.wide {
        table = wide::melt(table, name, options)?;
    }
    let mut frame = long_frame::make(table, &name, options)?;
    frame.dialect.decimal = Some(if roles.decimal == Mark::Comma { ',' } else { '.' });
    frame.dialect.readings = roles.readings;
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
