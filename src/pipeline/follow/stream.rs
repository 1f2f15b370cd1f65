//! A stream of rows, as they arrive: its records, each made a table of one row.

use super::Follower;
use super::records::{Record, Records, Text};
use crate::data::long::LongFrame;
use crate::data::read::{self, Source};
use crate::error::{Error, Place, Result};
use crate::report::rows::{Cells, text_cell};

/// The rows of a delimited or NDJSON stream.
pub struct Stream {
    records: Records,
    header: Header,
}

/// What came next.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // One at a time, and most are rows.
pub enum Arrived {
    /// A row as a table, and its line in the stream.
    Row(usize, LongFrame),
    /// A record that is no row; the stream goes on behind it.
    Bad(Error),
}

impl Stream {
    /// Begins to read. `history`: a table whose rows came before those of the stream; its header
    /// serves where the stream has none.
    ///
    /// # Errors
    /// `Error::Data` for a stream that ends before its first row, or that begins without a header.
    pub fn open(source: &Source, follower: &mut Follower, history: Option<&str>) -> Result<Stream> {
        let before = history.map(|path| {
            let frame = read::read(&Source::Paths(vec![path.to_string()]), &follower.options)?;
            follower.prime(&frame)?;
            Ok::<_, Error>(header_line(&frame))
        });
        let before = before.transpose()?.flatten();
        let mut records = Records::open(source)?;
        match Header::read(&mut records, follower, before)? {
            Some(header) => Ok(Stream { records, header }),
            None => Err(Error::data(Place::file(&records.name), "the stream ended before its first row")),
        }
    }

    /// The stream's name, for messages.
    pub fn name(&self) -> &str {
        &self.records.name
    }

    /// The next row, as soon as it is whole; `None` at the end.
    ///
    /// # Errors
    /// `Error::Data` for a stream that cannot be read.
    pub fn next(&mut self, follower: &Follower) -> Result<Option<Arrived>> {
        loop {
            let next = match self.header.waiting.take() {
                Some(first) => Some(first),
                None => {
                    let is_row = |line: &[u8]| self.header.is_row(line, follower);
                    let cells = Text::Cells { delimiters: &[self.header.delimiter], is_row: &is_row };
                    match self.records.next(if self.header.json { Text::Lines } else { cells }) {
                        Ok(next) => next,
                        Err(error) if is_of_a_row(&error) => return Ok(Some(Arrived::Bad(error))),
                        Err(error) => return Err(error),
                    }
                }
            };
            let Some((line, text)) = next else { return Ok(None) };
            if is_blank(&text) {
                continue;
            }
            let table = self.header.with(&text, follower);
            let frame = read::read_bytes(&self.records.name, table, &follower.options);
            return Ok(Some(match frame {
                Ok(frame) => Arrived::Row(line, frame),
                Err(error) => Arrived::Bad(self.header.place(error, line)),
            }));
        }
    }
}

/// Whether an error is that of a single record.
fn is_of_a_row(error: &Error) -> bool {
    matches!(error, Error::Data { place, .. } if place.row.is_some())
}

/// What makes a table of a single record.
#[derive(Default)]
struct Header {
    json: bool,
    text: Vec<u8>,
    line: usize,
    /// Between cells.
    delimiter: u8,
    /// Cells of a row.
    cells: usize,
    /// Which of them holds the stamp, where one cell holds all of it.
    time: Option<usize>,
    /// A first record that turned out to be a row.
    waiting: Option<Record>,
}

/// What may stand between cells.
const DELIMITERS: &[u8] = b",;\t|";

impl Header {
    /// The first record, or the header of the table before the stream where that is a row.
    fn read(records: &mut Records, follower: &Follower, before: Option<Vec<u8>>) -> Result<Option<Header>> {
        for _ in 0..follower.options.skip_rows.unwrap_or(0) {
            records.next(Text::Lines)?;
        }
        let (line, mut text) = loop {
            match records.next(Text::Cells { delimiters: DELIMITERS, is_row: &|_| false })? {
                None => return Ok(None),
                Some((_, text)) if is_blank(&text) => {}
                Some(first) => break first,
            }
        };
        if let Some(rest) = text.strip_prefix(b"\xef\xbb\xbf") {
            text = rest.to_vec();
        }
        if text.trim_ascii_start().starts_with(b"{") {
            return Ok(Some(Header { json: true, line, waiting: Some((line, text)), ..Header::default() }));
        }
        let schema = &follower.forecaster.meta.schema;
        let shown = String::from_utf8_lossy(&text).into_owned();
        let is_header =
            schema.time.columns.iter().chain(&schema.targets).any(|name| shown.contains(name.as_str()));
        match before {
            _ if is_header || follower.forecaster.config.data.wide.is_some() => {
                if !text.ends_with(b"\n") {
                    text.push(b'\n');
                }
                Ok(Some(Header { text, line, ..Header::default() }.with_cells(follower)))
            }
            Some(header) => {
                let header = Header { text: header, waiting: Some((line, text)), ..Header::default() };
                Ok(Some(header.with_cells(follower)))
            }
            None => {
                let what = format!(
                    "the first line is no header: it names neither {} nor {}",
                    schema.time.columns.join(", "),
                    schema.targets.join(", ")
                );
                Err(Error::data(Place::file(&records.name).row(line), what).with_hint(
                    "`tail -f` starts in the middle: use `tail -n +1 -f FILE`, or `tail -n 0 -f FILE` with --history FILE",
                ))
            }
        }
    }

    /// Finds the delimiter, the number of cells, and the one with the stamp.
    fn with_cells(mut self, follower: &Follower) -> Header {
        let given = follower.options.delimiter.and_then(|c| u8::try_from(c).ok());
        let count = |delimiter: u8| memchr::memchr_iter(delimiter, &self.text).count();
        let found = DELIMITERS.iter().copied().max_by_key(|delimiter| count(*delimiter));
        self.delimiter = given.or(found).unwrap_or(b',');
        self.cells = count(self.delimiter) + 1;
        if let [name] = follower.forecaster.meta.schema.time.columns.as_slice() {
            let mut names = self.text.split(|b| *b == self.delimiter);
            self.time = names.position(|cell| cell.trim_ascii() == name.trim().as_bytes());
        }
        self
    }

    /// Whether a line within quotes is plainly a row of its own: as many cells, none of them quoted,
    /// and a stamp where one belongs.
    fn is_row(&self, line: &[u8], follower: &Follower) -> bool {
        let whole = self.cells > 1
            && memchr::memchr(b'"', line).is_none()
            && memchr::memchr_iter(self.delimiter, line).count() + 1 == self.cells;
        let stamp = self.time.and_then(|at| line.split(|b| *b == self.delimiter).nth(at));
        let stamp = stamp.and_then(|cell| std::str::from_utf8(cell).ok());
        whole
            && (self.time.is_none() || stamp.is_some_and(|text| follower.time.parse_one(text.trim()).is_ok()))
    }

    /// The record as a table of one row.
    fn with(&self, record: &[u8], follower: &Follower) -> Vec<u8> {
        if self.json {
            return all_keys(record, follower).unwrap_or_else(|| record.to_vec());
        }
        [self.text.as_slice(), record].concat()
    }

    /// The error with the place in the stream instead of that in the table of one row.
    fn place(&self, error: Error, line: usize) -> Error {
        let header_lines = self.text.iter().filter(|b| **b == b'\n').count();
        match error {
            Error::Data { mut place, message, hint } => {
                place.row = place
                    .row
                    .map(|row| if row > header_lines { line + row - header_lines - 1 } else { self.line });
                Error::Data { place, message, hint }
            }
            other => other,
        }
    }
}

/// A JSON object with null for every column that it lacks; `None` where it lacks none, or is no
/// object.
fn all_keys(record: &[u8], follower: &Follower) -> Option<Vec<u8>> {
    let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(record).ok()?;
    let options = &follower.options;
    let columns = options.target.iter().chain(options.features.iter().flatten()).chain(&options.categorical);
    let missing: Vec<String> = columns.filter(|name| !object.contains_key(*name)).cloned().collect();
    if missing.is_empty() {
        return None;
    }
    object.extend(missing.into_iter().map(|name| (name, serde_json::Value::Null)));
    serde_json::to_vec(&object).ok()
}

/// Whether a record has no content.
fn is_blank(record: &[u8]) -> bool {
    record.iter().all(|b| b",;\t| \"\r\n".contains(b))
}

/// The header line of a delimited table, written anew.
fn header_line(frame: &LongFrame) -> Option<Vec<u8>> {
    let delimiter = frame.dialect.delimiter?;
    let cells = Cells::Text(frame.dialect.header.clone());
    let names: Vec<String> = (0..cells.len()).map(|i| text_cell(&cells, i, delimiter, '.')).collect();
    Some(format!("{}\n", names.join(&delimiter.to_string())).into_bytes())
}
