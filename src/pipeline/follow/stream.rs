//! A stream of rows, as they arrive: its records, each made a table of one row.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};

use super::Follower;
use crate::data::long::LongFrame;
use crate::data::read::{self, Source};
use crate::error::{Error, Place, Result};
use crate::report::rows::{Cells, text_cell};

/// A record longer than this is no row of a table.
const LONGEST: usize = 16 << 20;

/// The rows of a delimited or NDJSON stream.
pub struct Stream {
    records: Records,
    header: Header,
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

    /// The next row as a table, and its line in the stream; `None` at the end.
    ///
    /// # Errors
    /// `Error::Data` for a record that is no row.
    pub fn next(&mut self, follower: &Follower) -> Result<Option<(usize, LongFrame)>> {
        loop {
            let next = match self.header.waiting.take() {
                Some(first) => Some(first),
                None => self.records.next(self.header.json)?,
            };
            let Some((line, text)) = next else { return Ok(None) };
            if is_blank(&text) {
                continue;
            }
            let table = self.header.with(&text, follower);
            let frame = read::read_bytes(&self.records.name, table, &follower.options);
            return frame.map(|frame| Some((line, frame))).map_err(|e| self.header.place(e, line));
        }
    }
}

/// Lines of the stream, as they arrive.
struct Records {
    name: String,
    input: Box<dyn BufRead>,
    line: usize,
}

impl Records {
    fn open(source: &Source) -> Result<Records> {
        let (name, input): (String, Box<dyn BufRead>) = match source {
            Source::Stdin => ("stdin".into(), Box::new(std::io::stdin().lock())),
            Source::Memory { name, bytes } => (name.clone(), Box::new(Cursor::new(bytes.to_vec()))),
            Source::Paths(paths) => {
                let name = paths.first().cloned().unwrap_or_default();
                let file = File::open(&name)
                    .map_err(|e| Error::data(Place::file(&name), format!("cannot read: {e}")))?;
                (name, Box::new(BufReader::new(file)))
            }
        };
        Ok(Records { name, input, line: 0 })
    }

    /// The next record and its first line; a quoted cell may span several lines.
    fn next(&mut self, json: bool) -> Result<Option<(usize, Vec<u8>)>> {
        let first = self.line + 1;
        let mut text = Vec::new();
        loop {
            let read = self.input.read_until(b'\n', &mut text);
            let read = read.map_err(|e| Error::data(Place::file(&self.name), format!("cannot read: {e}")))?;
            if read > 0 {
                self.line += 1;
            }
            let open = !json && text.iter().filter(|b| **b == b'"').count() % 2 == 1;
            if read == 0 && text.is_empty() {
                return Ok(None);
            }
            if text.len() > LONGEST {
                let what = "a row of more than 16 MiB: a quote may be open";
                return Err(Error::data(Place::file(&self.name).row(first), what));
            }
            if read == 0 || !open {
                return Ok(Some((first, text)));
            }
        }
    }
}

/// What makes a table of a single record.
struct Header {
    json: bool,
    text: Vec<u8>,
    line: usize,
    /// A first record that turned out to be a row.
    waiting: Option<(usize, Vec<u8>)>,
}

impl Header {
    /// The first record, or the header of the table before the stream where that is a row.
    fn read(records: &mut Records, follower: &Follower, before: Option<Vec<u8>>) -> Result<Option<Header>> {
        for _ in 0..follower.options.skip_rows.unwrap_or(0) {
            records.next(true)?;
        }
        let (line, mut text) = loop {
            match records.next(false)? {
                None => return Ok(None),
                Some((_, text)) if is_blank(&text) => {}
                Some(first) => break first,
            }
        };
        if let Some(rest) = text.strip_prefix(b"\xef\xbb\xbf") {
            text = rest.to_vec();
        }
        if text.trim_ascii_start().starts_with(b"{") {
            return Ok(Some(Header { json: true, text: Vec::new(), line, waiting: Some((line, text)) }));
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
                Ok(Some(Header { json: false, text, line, waiting: None }))
            }
            Some(header) => {
                Ok(Some(Header { json: false, text: header, line: 0, waiting: Some((line, text)) }))
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
