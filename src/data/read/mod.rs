//! Reads any table into a [`LongFrame`]: dialect, encoding, types, stamps, names.
//!
//! [`open`] finds the bytes and how they are written, [`rows`] takes every format apart into rows,
//! [`roles`] decides each column's part, [`clean`] makes the frame and its notes.

mod clean;
mod open;
mod options;
mod roles;
mod rows;

use crate::data::long::{Dialect, LongFrame};
use crate::data::stamp::{TimeStyle, Zone};
use crate::error::{Error, Place, Result};
use clean::finish;
use open::source::{Blob, Format};
use open::{dialect, source};
pub use options::ReadOptions;
use rayon::prelude::*;
use roles::columns::{Roles, Sample};
use roles::{columns, names, settle};
use rows::table::Piece;
use rows::{delimited, ndjson, sample, table, typed, wide};
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
    source::expand(argument)
}

/// Whether a new file of this name, in the right folder, would be one of [`files`].
pub fn takes(argument: &str, file: &std::path::Path) -> bool {
    source::takes(argument, file)
}

/// Reads the whole table.
///
/// # Errors
/// `Error::Data` with file, row, column as far as they are known, and a hint.
pub fn read(source: &Source, options: &ReadOptions) -> Result<LongFrame> {
    read_blobs(source::open(source)?, options)
}

/// Reads a table from memory; `name` stands for the file in messages.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(name: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<LongFrame> {
    read_blobs(vec![source::unpack(name.to_owned(), name.to_owned(), bytes)?], options)
}

/// The bytes of one file or of stdin, unpacked, for commands that also print them.
///
/// # Errors
/// As [`read`].
pub fn unpacked(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    Ok(source::unpack(name.to_owned(), name.to_owned(), bytes)?.bytes)
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
    let (mut frame, hash) = rayon::join(
        || match format {
            Format::Csv | Format::Ndjson => read_text(&blobs, format, options),
            Format::Parquet | Format::Arrow => read_typed(&blobs, format, options),
        },
        || hash(&blobs),
    );
    if let Ok(frame) = &mut frame {
        frame.hash = hash;
        frame.dialect.format = format.name();
        frame.dialect.compression = first.compression;
    }
    frame
}

/// Delimited text and NDJSON.
fn read_text(blobs: &[Blob], format: Format, options: &ReadOptions) -> Result<LongFrame> {
    let understand = |b| match format {
        Format::Ndjson => ndjson::understand(b),
        _ => dialect::understand(b, options),
    };
    let files: Vec<sample::File<'_>> = blobs
        .iter()
        .map(|b| Ok(sample::File { name: &b.name, stem: &b.stem, text: understand(b)? }))
        .collect::<Result<_>>()?;
    let sample = sample::sample(&files)?;
    let options = &names::whole(&sample.names, options);
    let roles = columns::assign(&sample, options)?;
    let style = settle::text(&files, &roles)?;
    let pieces = delimited::read(&files, &sample, &roles, &style, options)?;
    let mut frame = assemble(&sample, &roles, style, pieces, options)?;
    if let (Some(file), Format::Csv) = (files.first(), format) {
        frame.dialect = Dialect {
            encoding: Some(file.text.encoding.to_lowercase()),
            delimiter: Some(char::from(file.text.delimiter)),
            decimal: Some(char::from(file.text.decimal)),
            skipped_rows: file.text.skipped,
            header: file.text.header.clone(),
            ..Dialect::default()
        };
    }
    Ok(frame)
}

/// Parquet and Arrow.
fn read_typed(blobs: &[Blob], format: Format, options: &ReadOptions) -> Result<LongFrame> {
    let files: Vec<typed::File<'_>> =
        blobs.iter().map(|b| typed::understand(b, format)).collect::<Result<_>>()?;
    let mut options = options.clone();
    if options.time_zone.is_none() {
        options.time_zone = files.first().and_then(typed::File::zone).filter(|z| Zone::new(z).is_some());
    }
    let sample = typed::sample(&files)?;
    options = names::whole(&sample.names, &options);
    let roles = columns::assign(&sample, &options)?;
    let style = settle::typed(&files, &roles)?;
    let pieces = typed::read(files, &roles, &style, &options)?;
    assemble(&sample, &roles, style, pieces, &options)
}

/// From the pieces of any format to the frame.
fn assemble(
    sample: &Sample,
    roles: &Roles,
    style: TimeStyle,
    pieces: Vec<Piece>,
    options: &ReadOptions,
) -> Result<LongFrame> {
    let mut table = table::join(sample, roles, style, pieces)?;
    let name = match sample.files {
        0 | 1 => sample.file.clone(),
        n => format!("{} and {} more", sample.file, n - 1),
    };
    if options.series_from_filename {
        table.series_columns = vec![wide::series_name(options)];
    }
    if let Some(name) = &options.wide {
        table = wide::melt(table, name, options)?;
    }
    finish::finish(table, &name, options)
}

/// One hash for all files' bytes.
fn hash(blobs: &[Blob]) -> u64 {
    let hashes: Vec<u64> = blobs.par_iter().map(|b| xxhash_rust::xxh3::xxh3_64(&b.bytes)).collect();
    match hashes.as_slice() {
        [one] => *one,
        many => xxhash_rust::xxh3::xxh3_64(&many.iter().flat_map(|h| h.to_le_bytes()).collect::<Vec<_>>()),
    }
}
