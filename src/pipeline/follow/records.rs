//! The records of a stream: lines, or several lines where a quoted cell spans them.
//!
//! Every byte is looked at once, memory is bounded by [`LONGEST`] whatever arrives, and a quote that
//! opens and does not close costs its own line alone: as soon as a line follows that is a row by
//! itself, or the quote closes in the middle of a cell, the lines behind it are records of their own.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor};

use crate::data::read::Source;
use crate::error::{Error, Place, Result};

/// A record longer than this is no row of a table.
const LONGEST: usize = 16 << 20;

/// One record and the line that it begins on.
pub type Record = (usize, Vec<u8>);

/// Lines of a stream, as they arrive.
pub struct Records {
    /// The stream's name, for messages.
    pub name: String,
    input: Box<dyn BufRead>,
    line: usize,
    /// Lines that were read with a record and do not belong to it.
    back: VecDeque<Record>,
}

/// How a record's text is to be taken.
#[derive(Clone, Copy)]
pub enum Text<'a> {
    /// A record a line.
    Lines,
    /// Cells behind these delimiters, with quotes as in RFC 4180; and whether a line is plainly a row.
    Cells { delimiters: &'a [u8], is_row: &'a dyn Fn(&[u8]) -> bool },
}

impl Records {
    /// Of a file, bytes, or standard input.
    ///
    /// # Errors
    /// `Error::Data` for a file that cannot be opened.
    pub fn open(source: &Source) -> Result<Records> {
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
        Ok(Records { name, input, line: 0, back: VecDeque::new() })
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// `Error::Data` for a stream that cannot be read, and for a record of more than 16 MiB, behind
    /// which reading may go on.
    pub fn next(&mut self, form: Text) -> Result<Option<Record>> {
        let Some((first, mut text)) = self.next_line()? else { return Ok(None) };
        let Text::Cells { delimiters, is_row } = form else { return Ok(Some((first, text))) };
        let mut quotes = Quotes::new(delimiters);
        quotes.take(&text);
        // The ends of the lines but the last, should they have to be taken apart again.
        let mut lines: Vec<(usize, usize)> = Vec::new();
        while quotes.is_open() {
            let Some((number, line)) = self.next_line()? else { break };
            let strays = quotes.take(&line) || is_row(&line);
            if strays || text.len() + line.len() > LONGEST {
                lines.push((text.len(), number));
                text.extend_from_slice(&line);
                self.give_back(&mut text, &lines);
                break;
            }
            lines.push((text.len(), number));
            text.extend_from_slice(&line);
        }
        Ok(Some((first, text)))
    }

    /// Keeps the first line of a record; the others are records of their own.
    fn give_back(&mut self, text: &mut Vec<u8>, lines: &[(usize, usize)]) {
        let mut end = text.len();
        for (start, number) in lines.iter().rev() {
            self.back.push_front((*number, text[*start..end].to_vec()));
            end = *start;
        }
        text.truncate(end);
    }

    /// The next line with its end, and its number.
    fn next_line(&mut self) -> Result<Option<Record>> {
        if let Some(line) = self.back.pop_front() {
            return Ok(Some(line));
        }
        let mut text = Vec::new();
        let mut length = 0usize;
        loop {
            let piece = match self.input.fill_buf() {
                Ok(piece) => piece,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(Error::data(Place::file(&self.name), format!("cannot read: {e}"))),
            };
            let end = memchr::memchr(b'\n', piece).map(|at| at + 1);
            let taken = end.unwrap_or(piece.len());
            length = length.saturating_add(taken);
            // What is too long is passed over without being kept.
            if length <= LONGEST {
                text.extend_from_slice(&piece[..taken]);
            }
            self.input.consume(taken);
            if end.is_none() && taken > 0 {
                continue;
            }
            self.line += usize::from(length > 0);
            return match length {
                0 => Ok(None),
                length if length > LONGEST => {
                    let what = "a row of more than 16 MiB, which is no row of a table";
                    Err(Error::data(Place::file(&self.name).row(self.line), what))
                }
                _ => Ok(Some((self.line, text))),
            };
        }
    }
}

/// Where in its cell a text stands, as [`crate::data::read`] has it: a cell that begins with a quote
/// ends behind its partner, unless other text follows there, which makes the quote a plain character.
struct Quotes<'a> {
    delimiters: &'a [u8],
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Begin,
    Bare,
    Quoted,
    /// Behind a quote within quotes: the cell's end, or one of two that stand for one.
    Closed,
    /// Spaces behind the closing quote.
    After,
}

impl<'a> Quotes<'a> {
    fn new(delimiters: &'a [u8]) -> Self {
        Quotes { delimiters, state: State::Begin }
    }

    fn is_open(&self) -> bool {
        self.state == State::Quoted
    }

    /// Reads a line; whether text follows a closing quote whose cell began on an earlier line.
    fn take(&mut self, line: &[u8]) -> bool {
        let (mut before, mut strays) = (self.is_open(), false);
        for byte in line {
            let next = match (self.state, *byte) {
                (State::Quoted, b'"') => State::Closed,
                (State::Quoted, _) => State::Quoted,
                (State::Closed, b'"') => State::Quoted,
                (_, b'\n') => State::Begin,
                (_, byte) if self.delimiters.contains(&byte) => State::Begin,
                (State::Begin, b' ') => State::Begin,
                (State::Begin, b'"') => State::Quoted,
                (State::Closed | State::After, b' ' | b'\r') => State::After,
                (State::Closed | State::After, _) => {
                    strays |= before;
                    State::Bare
                }
                (State::Begin | State::Bare, _) => State::Bare,
            };
            // The cell that began on an earlier line has ended.
            before &= next != State::Begin;
            self.state = next;
        }
        strays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<(usize, String)> {
        let source = Source::Memory { name: "t".into(), bytes: text.as_bytes().to_vec().into() };
        let mut records = Records::open(&source).unwrap();
        let is_row = |line: &[u8]| line.iter().filter(|b| **b == b',').count() == 2 && !line.contains(&b'"');
        let form = Text::Cells { delimiters: b",", is_row: &is_row };
        let mut all = Vec::new();
        while let Some((line, text)) = records.next(form).unwrap() {
            all.push((line, String::from_utf8(text).unwrap()));
        }
        all
    }

    #[test]
    fn quotes_as_the_reader_has_them() {
        let list = |text: &str| records(text).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(list("5\" pipe,1,2\nb,1,2\n"), ["5\" pipe,1,2\n", "b,1,2\n"]);
        assert_eq!(list("\"5\"\" pipe\",1,2\nb,1,2"), ["\"5\"\" pipe\",1,2\n", "b,1,2"]);
        assert_eq!(list("\"a\nb\",1,2\nc,1,2\n"), ["\"a\nb\",1,2\n", "c,1,2\n"]);
        assert_eq!(list("\"5\" pipe,1,2\nb,1,2\n"), ["\"5\" pipe,1,2\n", "b,1,2\n"]);
    }

    #[test]
    fn a_stray_quote_costs_its_own_line() {
        let expected = [(1, "a,\"1,2\n"), (2, "b,1,2\n"), (3, "c,1,2\n")].map(|(n, t)| (n, t.to_string()));
        assert_eq!(records("a,\"1,2\nb,1,2\nc,1,2\n"), expected);
        // The next quote closes it in the middle of a cell.
        let expected = [(1, "a,\"1,2\n"), (2, "5\" pipe,1,2\n")].map(|(n, t)| (n, t.to_string()));
        assert_eq!(records("a,\"1,2\n5\" pipe,1,2\n"), expected);
    }

    #[test]
    fn what_is_too_long_is_passed_over() {
        let text = format!("a,1,2\n{}\nb,1,2\n", "x".repeat(LONGEST + 1));
        let source = Source::Memory { name: "t".into(), bytes: text.into_bytes().into() };
        let mut records = Records::open(&source).unwrap();
        assert_eq!(records.next(Text::Lines).unwrap(), Some((1, b"a,1,2\n".to_vec())));
        assert!(
            records.next(Text::Lines).unwrap_err().to_string().contains("row 2: a row of more than 16 MiB")
        );
        assert_eq!(records.next(Text::Lines).unwrap(), Some((3, b"b,1,2\n".to_vec())));
    }
}
