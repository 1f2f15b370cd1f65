//! Rows as text: CSV, TSV, JSON, NDJSON and the aligned table.

use std::io::{self, Write};

use super::{Cells, Rows};
use crate::escape::visible;
use crate::number::{column, machine, machine32};
use crate::report::document::{shorten, width};

/// A writer of one text format.
pub struct Writer<'w> {
    out: &'w mut dyn Write,
    form: Form,
    /// Whether a chunk was written.
    begun: bool,
    /// Whether a row was written.
    any: bool,
    /// What `table` keeps until the end: heading, right-aligned, cells.
    held: Vec<(String, bool, Vec<String>)>,
    line: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Delimited(u8),
    Json,
    Ndjson,
    Table,
}

impl<'w> Writer<'w> {
    fn new(out: &'w mut dyn Write, form: Form) -> Self {
        Writer { out, form, begun: false, any: false, held: Vec::new(), line: Vec::new() }
    }

    pub fn delimited(out: &'w mut dyn Write, delimiter: u8) -> Self {
        Self::new(out, Form::Delimited(delimiter))
    }

    pub fn json(out: &'w mut dyn Write) -> Self {
        Self::new(out, Form::Json)
    }

    pub fn ndjson(out: &'w mut dyn Write) -> Self {
        Self::new(out, Form::Ndjson)
    }

    pub fn table(out: &'w mut dyn Write) -> Self {
        Self::new(out, Form::Table)
    }

    pub fn write(&mut self, rows: &Rows) -> io::Result<()> {
        let begun = std::mem::replace(&mut self.begun, true);
        match self.form {
            Form::Delimited(delimiter) => self.write_delimited(rows, delimiter, !begun),
            Form::Json | Form::Ndjson => self.write_objects(rows),
            Form::Table => {
                self.hold(rows);
                Ok(())
            }
        }
    }

    pub fn finish(mut self) -> io::Result<()> {
        match self.form {
            Form::Json if self.any => self.out.write_all(b"\n]\n"),
            Form::Json => self.out.write_all(b"[]\n"),
            Form::Table => self.print_table(),
            Form::Delimited(_) | Form::Ndjson => Ok(()),
        }
    }

    fn write_delimited(&mut self, rows: &Rows, delimiter: u8, header: bool) -> io::Result<()> {
        if header {
            self.line.clear();
            for (i, (name, _)) in rows.columns.iter().enumerate() {
                if i > 0 {
                    self.line.push(delimiter);
                }
                quote(&mut self.line, name, delimiter);
            }
            // A single empty name would be an empty line, which readers skip.
            if self.line.is_empty() {
                self.line.extend_from_slice(b"\"\"");
            }
            self.line.push(b'\n');
            self.out.write_all(&self.line)?;
        }
        for row in 0..rows.len() {
            self.line.clear();
            for (i, (_, cells)) in rows.columns.iter().enumerate() {
                if i > 0 {
                    self.line.push(delimiter);
                }
                match text_of(cells, row) {
                    Some(text) => quote(&mut self.line, text, delimiter),
                    None => self.line.extend_from_slice(number_of(cells, row).as_bytes()),
                }
            }
            self.line.push(b'\n');
            self.out.write_all(&self.line)?;
        }
        Ok(())
    }

    fn write_objects(&mut self, rows: &Rows) -> io::Result<()> {
        let names: Vec<String> =
            rows.columns.iter().map(|(name, _)| serde_json::Value::from(name.as_str()).to_string()).collect();
        for row in 0..rows.len() {
            self.line.clear();
            if self.form == Form::Json {
                self.line.extend_from_slice(if self.any { b",\n" } else { b"[\n" });
            }
            self.any = true;
            for (i, ((_, cells), name)) in rows.columns.iter().zip(&names).enumerate() {
                self.line.push(if i == 0 { b'{' } else { b',' });
                self.line.extend_from_slice(name.as_bytes());
                self.line.push(b':');
                match text_of(cells, row) {
                    Some(text) => serde_json::to_writer(&mut self.line, text)?,
                    None => {
                        let number = number_of(cells, row);
                        let number = if number.is_empty() { "null" } else { &number };
                        self.line.extend_from_slice(number.as_bytes());
                    }
                }
            }
            self.line.push(b'}');
            if self.form == Form::Ndjson {
                self.line.push(b'\n');
            }
            self.out.write_all(&self.line)?;
        }
        Ok(())
    }

    fn hold(&mut self, rows: &Rows) {
        if self.held.is_empty() {
            let heading = |(name, cells): &(String, Cells)| {
                (visible(name).into_owned(), text_of(cells, 0).is_none() && is_number(cells), Vec::new())
            };
            self.held = rows.columns.iter().map(heading).collect();
        }
        for ((_, _, held), (_, cells)) in self.held.iter_mut().zip(&rows.columns) {
            match cells {
                Cells::Float { values, .. } => held.extend(column(&finite(values.iter().copied()))),
                Cells::Single(values) => held.extend(column(&finite(values.iter().map(|v| f64::from(*v))))),
                _ => held.extend((0..cells.len()).map(|row| match text_of(cells, row) {
                    Some(text) => visible(text).into_owned(),
                    None => number_of(cells, row),
                })),
            }
        }
    }

    fn print_table(&mut self) -> io::Result<()> {
        const NAME_WIDTH: usize = 40;
        let widths: Vec<usize> = self
            .held
            .iter()
            .map(|(name, _, cells)| {
                cells.iter().chain([name]).map(|c| width(c)).max().unwrap_or(0).min(NAME_WIDTH)
            })
            .collect();
        let height = self.held.iter().map(|(_, _, cells)| cells.len()).min().unwrap_or(0);
        for row in 0..=height {
            let mut line = String::new();
            for ((name, right, cells), &wide) in self.held.iter().zip(&widths) {
                let cell = if row == 0 { Some(name) } else { cells.get(row - 1) };
                let cell = shorten(cell.map_or("", String::as_str), wide);
                let pad = " ".repeat(wide.saturating_sub(width(&cell)));
                let (before, after) = if *right { (pad.as_str(), "") } else { ("", pad.as_str()) };
                line.push_str(before);
                line.push_str(&cell);
                line.push_str(after);
                line.push_str("  ");
            }
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn is_number(cells: &Cells) -> bool {
    matches!(cells, Cells::Int(_) | Cells::Float { .. } | Cells::Single(_))
}

fn finite(values: impl Iterator<Item = f64>) -> Vec<Option<f64>> {
    values.map(|v| v.is_finite().then_some(v)).collect()
}

/// The cell of a column of text or stamps.
fn text_of(cells: &Cells, row: usize) -> Option<&str> {
    match cells {
        Cells::Text(values) | Cells::Stamp { text: values, .. } => values.get(row).map(String::as_str),
        Cells::Category { codes, names } => {
            Some(codes.get(row).and_then(|code| names.get(*code as usize)).map_or("", String::as_str))
        }
        Cells::Int(_) | Cells::Float { .. } | Cells::Single(_) => None,
    }
}

/// The cell of a column of numbers; empty for none.
fn number_of(cells: &Cells, row: usize) -> String {
    match cells {
        Cells::Int(values) => values.get(row).map(i64::to_string),
        Cells::Float { values, digits } => values.get(row).map(|v| machine(*v, *digits)),
        Cells::Single(values) => values.get(row).map(|v| machine32(*v)),
        Cells::Text(_) | Cells::Category { .. } | Cells::Stamp { .. } => None,
    }
    .unwrap_or_default()
}

/// One cell of a delimited text with its own decimal mark.
pub fn cell(cells: &Cells, row: usize, delimiter: char, decimal: char) -> String {
    let plain = match text_of(cells, row) {
        Some(text) => text.to_string(),
        None if decimal == '.' => number_of(cells, row),
        None => number_of(cells, row).replace('.', &decimal.to_string()),
    };
    let mut line = Vec::new();
    quote(&mut line, &plain, u8::try_from(delimiter).unwrap_or(b','));
    String::from_utf8(line).unwrap_or(plain)
}

/// A text cell, in quotes if it holds the delimiter, a quote or a line break, or has spaces at its
/// ends that a reader may trim.
fn quote(line: &mut Vec<u8>, text: &str, delimiter: u8) {
    let special = |b: &u8| *b == delimiter || matches!(*b, b'"' | b'\n' | b'\r');
    let edge = |b: Option<&u8>| matches!(b, Some(b' ' | b'\t'));
    let bytes = text.as_bytes();
    if !bytes.iter().any(special) && !edge(bytes.first()) && !edge(bytes.last()) {
        line.extend_from_slice(bytes);
        return;
    }
    line.push(b'"');
    for &byte in bytes {
        if byte == b'"' {
            line.push(b'"');
        }
        line.push(byte);
    }
    line.push(b'"');
}
