//! From files to one table: the columns of every format, in the order of the first file.

use super::cells::Cells;
use super::coded::Coded;
use super::lines::Lines;
use super::whole::{Part, Sample, count, shorten};
use super::{delimited, ndjson, typed, values};
use crate::data::long::Note;
use crate::data::read::ReadOptions;
use crate::data::read::open::blob::Blob;
use crate::data::read::open::dialect::Text;
use crate::data::read::open::encoding;
use crate::data::read::open::format::Format;
use crate::data::read::open::limits::Limits;
use crate::error::{Error, Place, Result};
use polars::prelude::{Column, DataFrame, DataType};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Reads delimited text.
///
/// # Errors
/// `Error::Data` when the files have different columns or a row is not as the header says.
pub fn delimited(blobs: &[Blob], texts: &[Text<'_>], limits: &Limits) -> Result<Sample> {
    let Some(first) = texts.first() else { return Ok(Sample::default()) };
    let mut columns = vec![Coded::default(); first.header.len()];
    let (mut parts, mut empty) = (Vec::new(), 0);
    for (blob, text) in blobs.iter().zip(texts) {
        let order = same_columns(&first.header, &parts, &text.header, &blob.name)?;
        let before = columns.first().map_or(0, |c| c.codes().len());
        let (lines, left_out) = delimited::read(&blob.name, text, limits, &order, &mut columns)?;
        empty += left_out;
        parts.push(part(blob, before, lines));
    }
    columns.par_iter_mut().for_each(Coded::close);
    let sample = from_text(first.header.clone(), columns, parts, first.decimal, empty);
    Ok(Sample { delimiter: Some(first.delimiter), ..sample })
}

/// Reads NDJSON.
///
/// # Errors
/// `Error::Data` for a line that is not a flat JSON object.
pub fn objects(blobs: &[Blob], options: &ReadOptions, limits: &Limits) -> Result<Sample> {
    let mut objects = ndjson::Objects::default();
    let mut parts = Vec::new();
    for blob in blobs {
        let before = objects.rows;
        let (bytes, _) = match &options.encoding {
            Some(name) => encoding::decode(blob, Some(name))?,
            None => (blob.bytes.as_slice().into(), "utf-8"),
        };
        let lines = objects.read(&blob.name, &bytes, limits)?;
        parts.push(part(blob, before, lines));
    }
    objects.close();
    let mut columns = objects.columns;
    let mut lines: Vec<Lines> = parts.iter_mut().map(|p: &mut Part| std::mem::take(&mut p.lines)).collect();
    // Only a table of one file can have rows of nothing but nulls left out and keep its lines.
    let empty = match lines.as_mut_slice() {
        [only] => delimited::leave_out_empty(&mut columns, 0, only),
        _ => 0,
    };
    parts.iter_mut().zip(lines).for_each(|(part, lines)| part.lines = lines);
    Ok(from_text(objects.names, columns, parts, b'.', empty))
}

fn part(blob: &Blob, first: usize, lines: Lines) -> Part {
    Part { name: blob.name.clone(), stem: blob.stem.clone(), first, lines }
}

/// A table of text alone; `empty` rows were left out of it.
fn from_text(names: Vec<String>, columns: Vec<Coded>, parts: Vec<Part>, decimal: u8, empty: usize) -> Sample {
    let mut sample = Sample {
        file: parts.first().map(|p| p.name.clone()).unwrap_or_default(),
        files: parts.len(),
        names,
        decimal,
        rows: columns.first().map_or(0, |c| c.codes().len()),
        columns: columns.into_iter().map(Cells::Text).collect(),
        parts,
        ..Sample::default()
    };
    if empty > 0 {
        let text = format!("{} without any content left out", count(empty, "row"));
        sample.notes.push(Note { code: "empty_row", column: None, count: empty, text });
    }
    sample
}

/// Adds the columns that the names of the files' folders make, `year=2024/month=01`.
pub fn add_keys(sample: &mut Sample, blobs: &[Blob]) {
    let Some(first) = blobs.first() else { return };
    for (i, (name, _)) in first.keys.iter().enumerate() {
        if sample.names.contains(name) {
            continue;
        }
        let mut column = Coded::default();
        for (n, (part, blob)) in sample.parts.iter().zip(blobs).enumerate() {
            let end = sample.parts.get(n + 1).map_or(sample.rows, |p| p.first);
            let value = blob.keys.get(i).map(|k| k.1.as_str()).unwrap_or_default();
            (part.first..end).for_each(|_| column.push(value));
        }
        column.close();
        sample.names.push(name.clone());
        sample.columns.push(Cells::Text(column));
    }
}

/// Reads Parquet and Arrow.
///
/// # Errors
/// `Error::Data` for a file that polars cannot read, and for files with different columns.
pub fn typed(blobs: &[Blob], format: Format, limits: &Limits) -> Result<Sample> {
    stacked(blobs, blobs.iter().map(|b| typed::read(b, format, limits)).collect::<Result<_>>()?)
}

/// One table of the frames of several files.
///
/// # Errors
/// `Error::Data` for files with different columns.
pub fn stacked(blobs: &[Blob], frames: Vec<DataFrame>) -> Result<Sample> {
    let names =
        |f: &DataFrame| -> Vec<String> { f.get_column_names().iter().map(|n| n.trim().to_owned()).collect() };
    let first = frames.first().map(names).unwrap_or_default();
    let mut chunks: Vec<Vec<Column>> = vec![Vec::new(); first.len()];
    let (mut parts, mut rows) = (Vec::<Part>::new(), 0);
    for (blob, frame) in blobs.iter().zip(frames) {
        let order = same_columns(&first, &parts, &names(&frame), &blob.name)?;
        let mut lines = Lines::default();
        lines.run(1, frame.height());
        parts.push(part(blob, rows, lines));
        rows += frame.height();
        let mut columns: Vec<Option<Column>> = frame.into_columns().into_iter().map(Some).collect();
        for (chunk, at) in chunks.iter_mut().zip(order) {
            chunk.extend(columns.get_mut(at).and_then(Option::take));
        }
    }
    let (columns, notes): (Vec<Cells>, Vec<Option<Note>>) = chunks.into_iter().map(stack).unzip();
    Ok(Sample {
        file: blobs.first().map(|b| b.name.clone()).unwrap_or_default(),
        files: blobs.len(),
        names: first,
        decimal: b'.',
        delimiter: None,
        notes: notes.into_iter().flatten().collect(),
        columns,
        parts,
        rows,
    })
}

/// One column of several files. Where they have it in different types, numbers are numbers, and
/// anything else is text.
fn stack(chunks: Vec<Column>) -> (Cells, Option<Note>) {
    let mut chunks = chunks.into_iter();
    let Some(mut first) = chunks.next() else { return (Cells::Text(Coded::default()), None) };
    let rest: Vec<Column> = chunks.collect();
    let kind = first.dtype().clone();
    let same = rest.iter().all(|c| *c.dtype() == kind);
    let mut appended = Ok(());
    if same {
        rest.iter().for_each(|c| {
            if appended.is_ok() {
                appended = first.append(c).map(|_| ());
            }
        });
        if appended.is_ok() {
            return values::cells(first);
        }
    }
    let all: Vec<&Column> = std::iter::once(&first).chain(&rest).collect();
    if all.iter().all(|c| c.dtype().is_numeric() || *c.dtype() == DataType::Null) {
        let mut numbers = Vec::new();
        let read = all.iter().try_for_each(|c| values::numbers(c).map(|v| numbers.extend(v)));
        if read.is_ok() {
            return (Cells::Typed(Column::new(first.name().clone(), numbers), OnceLock::new()), None);
        }
    }
    let mut text = Coded::default();
    for column in all {
        let part = values::text(column);
        (0..column.len()).for_each(|row| text.push(part.cell(row)));
    }
    text.close();
    (Cells::Text(text), None)
}

/// For each column of the first file its place in another one of the same table.
///
/// # Errors
/// `Error::Data` when the files have different columns.
fn same_columns(a: &[String], parts: &[Part], b: &[String], file: &str) -> Result<Vec<usize>> {
    let Some(first) = parts.first() else { return Ok((0..a.len()).collect()) };
    let refuse = |what: String| {
        Err(Error::data(Place::file(file), what)
            .with_hint("files that make one table must have the same columns, in any order"))
    };
    // The first column of each name.
    let places = |names: &[String]| -> HashMap<String, usize> {
        names.iter().enumerate().rev().map(|(i, n)| (n.clone(), i)).collect()
    };
    let (here, there) = (places(b), places(a));
    if let Some(more) = b.iter().find(|n| !there.contains_key(*n)) {
        return refuse(format!("column `{}` is not in {}", shorten(more), first.name));
    }
    let mut out = Vec::with_capacity(a.len());
    for (i, name) in a.iter().enumerate() {
        // Columns without a name go by their place.
        let at = if b.get(i) == Some(name) { Some(i) } else { here.get(name).copied() };
        match at {
            Some(at) => out.push(at),
            None => return refuse(format!("column `{}` of {} is missing", shorten(name), first.name)),
        }
    }
    Ok(out)
}
