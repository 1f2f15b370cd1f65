//! Cuts delimited text into records and cells, with quotes as in RFC 4180.
//!
//! Used for the head of a text, to find how it is written, and for text whose quotes are not those
//! of RFC 4180, which is rewritten before polars reads it.

/// A cell: a range of bytes, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Whether it holds doubled quotes, which stand for one.
    pub doubled: bool,
}

/// A walk over the records of a text.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    /// Whether quotes have a meaning; off when the text has none, which is faster.
    quotes: bool,
    /// Start of the next record.
    pub at: usize,
    /// No record starts here or later.
    pub end: usize,
    /// Line on which the next record starts, counted from the first value given.
    pub line: usize,
    /// No more cells of a record than this and one are kept.
    pub most: usize,
    /// Line on which a quoted cell was opened and never closed.
    pub unclosed: Option<usize>,
}

impl<'a> Scanner<'a> {
    /// A walk from byte `at`, which is on editor's line `line`.
    pub fn new(bytes: &'a [u8], delimiter: u8, quotes: bool, at: usize, line: usize) -> Self {
        Scanner { bytes, delimiter, quotes, at, end: bytes.len(), line, most: usize::MAX - 1, unclosed: None }
    }

    /// Reads the next record's cells; its line, or `None` at the end. A blank line is a record
    /// of one empty cell.
    pub fn next(&mut self, cells: &mut Vec<Cell>) -> Option<usize> {
        cells.clear();
        if self.at >= self.end {
            return None;
        }
        let line = self.line;
        loop {
            let start = self.at;
            let quoted = if self.quotes { self.quoted(start) } else { None };
            let mut cell = quoted.unwrap_or_else(|| self.bare(start));
            match self.bytes.get(self.at) {
                Some(b) if *b == self.delimiter => {
                    self.at += 1;
                    if cells.len() <= self.most {
                        cells.push(cell);
                    }
                }
                _ => {
                    if quoted.is_none()
                        && cell.end > cell.start
                        && self.bytes.get(cell.end - 1) == Some(&b'\r')
                    {
                        cell.end -= 1;
                    }
                    cells.push(cell);
                    self.at += 1;
                    self.line += 1;
                    return Some(line);
                }
            }
        }
    }

    /// A cell up to the next delimiter or line end.
    fn bare(&mut self, start: usize) -> Cell {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let n = rest.iter().position(|b| *b == self.delimiter || *b == b'\n').unwrap_or(rest.len());
        self.at = start + n;
        Cell { start, end: self.at, doubled: false }
    }

    /// A quoted cell, when one starts here. Text after the closing quote makes it a bare one.
    fn quoted(&mut self, start: usize) -> Option<Cell> {
        let rest = self.bytes.get(start..)?;
        let spaces = rest.iter().take_while(|b| **b == b' ').count();
        if rest.get(spaces) != Some(&b'"') {
            return None;
        }
        let open = start + spaces + 1;
        let (mut at, mut doubled) = (open, false);
        let close = loop {
            match memchr::memchr(b'"', self.bytes.get(at..)?) {
                Some(n) if self.bytes.get(at + n + 1) == Some(&b'"') => {
                    doubled = true;
                    at += n + 2;
                }
                Some(n) => break at + n,
                None => {
                    self.unclosed = self.unclosed.or(Some(self.line));
                    break self.bytes.len();
                }
            }
        };
        let tail = self.bytes.get(close + 1..).unwrap_or_default();
        let blank = tail.iter().take_while(|b| matches!(b, b' ' | b'\r')).count();
        match tail.get(blank) {
            Some(b) if *b != self.delimiter && *b != b'\n' => return None,
            _ => {}
        }
        self.line += memchr::memchr_iter(b'\n', self.bytes.get(open..close)?).count();
        self.at = (close + 1 + blank).min(self.bytes.len());
        Some(Cell { start: open, end: close, doubled })
    }
}

/// A cell's text; `buffer` is used when quotes must be halved.
pub fn text<'a>(bytes: &'a [u8], cell: Cell, buffer: &'a mut Vec<u8>) -> &'a [u8] {
    let raw = bytes.get(cell.start..cell.end).unwrap_or_default();
    if !cell.doubled {
        return raw;
    }
    buffer.clear();
    let mut skip = false;
    for b in raw {
        skip = *b == b'"' && !skip;
        if !skip {
            buffer.push(*b);
        }
    }
    buffer
}

/// A cell as text of its own, for samples and messages.
pub fn owned(bytes: &[u8], cell: Cell) -> String {
    let mut buffer = Vec::new();
    String::from_utf8_lossy(text(bytes, cell, &mut buffer)).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<(usize, Vec<String>)> {
        let b = text.as_bytes();
        let mut scanner = Scanner::new(b, b',', true, 0, 1);
        let mut cells = Vec::new();
        let mut out = Vec::new();
        while let Some(line) = scanner.next(&mut cells) {
            out.push((line, cells.iter().map(|c| owned(b, *c)).collect()));
        }
        out
    }

    #[test]
    fn quotes_newlines_and_line_ends() {
        let text = "a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n\n1, \"2\" ,\n3,\"4\"5";
        let expected: Vec<(usize, Vec<&str>)> = vec![
            (1, vec!["a", "b"]),
            (2, vec!["x, \"y\"", "two\nlines"]),
            (4, vec![""]),
            (5, vec!["1", "2", ""]),
            (6, vec!["3", "\"4\"5"]),
        ];
        let found = records(text);
        assert_eq!(found.len(), expected.len());
        for ((line, cells), (l, c)) in found.iter().zip(expected) {
            assert_eq!(
                (*line, cells.as_slice()),
                (l, c.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>().as_slice())
            );
        }
    }

    #[test]
    fn an_open_quote_is_noticed() {
        let b = b"a,b\n1,\"2\n3,4\n";
        let mut scanner = Scanner::new(b, b',', true, 0, 1);
        let mut cells = Vec::new();
        while scanner.next(&mut cells).is_some() {}
        assert_eq!(scanner.unclosed, Some(2));
    }
}
