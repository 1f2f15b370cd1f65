//! The rows of delimited text, read by polars slice by slice, every column as text.

use super::coded::{Coded, MISSING};
use super::cut::{self, Untidy};
use super::fields::{Counted, Layout, counted};
use super::lines::Lines;
use super::scan;
use crate::data::read::open::dialect::Text;
use crate::data::read::open::limits::Limits;
use crate::error::{Error, Place, Result};
use crate::meter::{self, Unit};
use polars::prelude::{
    CsvParseOptions, CsvReadOptions, DataFrame, DataType, Field, PolarsResult, Schema, SerReader,
};
use rayon::prelude::*;
use std::borrow::Cow;
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

/// Bytes that polars reads at a time: small enough that its frames do not matter beside the
/// file, large enough that starting it does not.
const SLICE_BYTES: usize = 4 << 20;

/// Appends a file's rows to the columns; `order` gives the place of each in this file. Gives back
/// the rows' lines, and how many rows without any content were left out.
///
/// # Errors
/// `Error::Data` for the first row that does not have as many cells as the header.
pub fn read(
    name: &str,
    text: &Text<'_>,
    limits: &Limits,
    order: &[usize],
    columns: &mut [Coded],
) -> Result<(Lines, usize)> {
    let (bytes, slices) = slices(name, text)?;
    let (delimiter, quotes, width) = (text.delimiter, text.quotes, text.header.len());
    let layout = Layout { file: name, delimiter, quotes, width };
    let slice = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
    meter::begin("counting rows", bytes.len() as u64, Unit::Bytes);
    let count = |range: &Range<usize>| {
        meter::add(range.len() as u64);
        counted(slice(range), &layout)
    };
    let counts: Vec<Counted> = slices.par_iter().map(count).collect();
    let mut line = text.body_line;
    for (range, count) in slices.iter().zip(&counts) {
        count.refuse(&layout, line, bytes.get(range.start..).unwrap_or_default())?;
        line += count.line_ends;
    }
    limits.cells(name, counts.iter().map(|c| c.records).sum(), width)?;
    let records = counts.iter().map(|c| c.records).sum();
    columns.iter_mut().for_each(|c| c.reserve(records));
    let before = columns.first().map_or(0, |c| c.codes().len());
    let schema: Schema = (0..width).map(|i| Field::new(i.to_string().into(), DataType::String)).collect();
    let schema = Arc::new(schema);
    let mut lines = Lines::default();
    let (mut line, mut blank) = (text.body_line, 0);
    meter::begin("taking rows apart", bytes.len() as u64, Unit::Bytes);
    for (range, count) in slices.iter().zip(&counts) {
        let frame = parse(&bytes, range, delimiter, quotes, &schema);
        let frame = frame.map_err(|e| unreadable(name, &e.to_string()))?;
        if frame.height() != count.records {
            return Err(unreadable(
                name,
                &format!("{} rows, where {} were counted", frame.height(), count.records),
            ));
        }
        columns
            .par_iter_mut()
            .zip(order)
            .try_for_each(|(column, at)| take(column, &frame, *at))
            .map_err(|e| unreadable(name, &e.to_string()))?;
        lines.append(&count.lines, line);
        line += count.line_ends;
        blank += count.blank;
        meter::add(range.len() as u64);
    }
    let left_out = leave_out_empty(columns, before, &mut lines);
    Ok((lines, left_out.saturating_sub(blank)))
}

/// A text and the ranges of whole records that it is read in.
type Slices<'a> = (Cow<'a, [u8]>, Vec<Range<usize>>);

/// The text with quotes that polars understands, and its slices.
fn slices<'a>(name: &str, text: &'a Text<'_>) -> Result<Slices<'a>> {
    let step = SLICE_BYTES.min(text.bytes.len() / rayon::current_num_threads().max(1) / 2).max(1 << 20);
    let cut = |bytes: &[u8], from| cut::cut(bytes, from, text.delimiter, text.quotes, step);
    let body = text.bytes.get(..text.end).unwrap_or_default();
    let unclosed = |line: usize| {
        Error::data(Place::file(name).row(line), "a quote is opened here and never closed")
            .with_hint("a quote inside a quoted cell is written twice")
    };
    match cut(body, text.body) {
        Ok(slices) => Ok((Cow::Borrowed(body), slices)),
        Err(Untidy::Unclosed(at)) => {
            let before = body.get(text.body..at).unwrap_or_default();
            Err(unclosed(text.body_line + memchr::memchr_iter(b'\n', before).count()))
        }
        Err(Untidy::Stray) => {
            let tidy = rewrite(text).map_err(unclosed)?;
            let slices = cut(&tidy, 1).map_err(|_| unreadable(name, "its quotes contradict each other"))?;
            Ok((Cow::Owned(tidy), slices))
        }
    }
}

/// The rows after a line feed, with every cell that needs it in quotes of its own. Cells keep
/// their line ends, so that lines stay where they are.
///
/// # Errors
/// The line of a quote that is never closed.
fn rewrite(text: &Text<'_>) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.bytes.len() - text.body + 1);
    out.push(b'\n');
    let mut rows = text.rows();
    let (mut cells, mut buffer) = (Vec::new(), Vec::new());
    while rows.next(&mut cells).is_some() {
        if let Some(line) = rows.unclosed {
            return Err(line);
        }
        for (i, cell) in cells.iter().enumerate() {
            if i > 0 {
                out.push(text.delimiter);
            }
            push_cell(&mut out, scan::text(&text.bytes, *cell, &mut buffer), text.delimiter);
        }
        out.push(b'\n');
    }
    Ok(out)
}

/// Appends a cell, in quotes where it needs them.
fn push_cell(out: &mut Vec<u8>, cell: &[u8], delimiter: u8) {
    if !cell.iter().any(|b| *b == delimiter || matches!(b, b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(cell);
        return;
    }
    out.push(b'"');
    for b in cell {
        if *b == b'"' {
            out.push(b'"');
        }
        out.push(*b);
    }
    out.push(b'"');
}

/// One slice as a frame of text.
fn parse(
    bytes: &[u8],
    range: &Range<usize>,
    delimiter: u8,
    quotes: bool,
    schema: &Arc<Schema>,
) -> PolarsResult<DataFrame> {
    // From the line feed before the slice on: polars takes some first bytes for packed data.
    let from = range.start.saturating_sub(1);
    let options = CsvParseOptions::default()
        .with_separator(delimiter)
        .with_quote_char(quotes.then_some(b'"'))
        .with_truncate_ragged_lines(true);
    CsvReadOptions::default()
        .with_has_header(false)
        .with_skip_lines(range.start - from)
        .with_schema(Some(schema.clone()))
        .with_raise_if_empty(false)
        .with_parse_options(options)
        .into_reader_with_file_handle(Cursor::new(bytes.get(from..range.end).unwrap_or_default()))
        .finish()
}

/// Appends a column of a frame.
fn take(column: &mut Coded, frame: &DataFrame, at: usize) -> PolarsResult<()> {
    let Some(values) = frame.columns().get(at) else { return Ok(()) };
    for cell in values.str()?.iter() {
        column.push(cell.unwrap_or_default());
    }
    Ok(())
}

fn unreadable(name: &str, why: &str) -> Error {
    let why = why.lines().next().unwrap_or_default();
    Error::data(Place::file(name), format!("the rows cannot be read: {why}"))
        .with_hint("--delimiter names the character between cells")
}

/// Leaves out the rows from `before` on in which every cell is empty; how many there were.
pub fn leave_out_empty(columns: &mut [Coded], before: usize, lines: &mut Lines) -> usize {
    let Some((first, others)) = columns.split_first() else { return 0 };
    let missing = |c: &Coded, row: usize| c.codes().get(row) == Some(&MISSING);
    let empty: Vec<usize> = (before..first.codes().len())
        .filter(|row| missing(first, *row) && others.iter().all(|c| missing(c, *row)))
        .collect();
    if empty.is_empty() {
        return 0;
    }
    let mut keep = vec![true; first.codes().len()];
    for row in &empty {
        if let Some(keep) = keep.get_mut(*row) {
            *keep = false;
        }
    }
    columns.par_iter_mut().for_each(|c| c.retain(&keep));
    lines.retain(keep.get(before..).unwrap_or_default());
    empty.len()
}
