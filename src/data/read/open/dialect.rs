//! How a delimited text is written: encoding, delimiter, decimal mark, preamble, header.

use super::blob::Blob;
use super::delimiter::{find_delimiter, is_in_blanks, separator, single_blanks, usual_width};
use super::encoding::decode;
use super::limits::Limits;
use crate::data::read::ReadOptions;
use crate::data::read::rows::numbers::{self, Markers};
use crate::data::read::rows::scan::{self, Scanner};
use crate::error::{Error, Place, Result};
use std::borrow::Cow;

/// A column's name this long is none.
const LONGEST_NAME: usize = 1 << 20;

/// A delimited text, understood as far as its header.
#[derive(Debug)]
pub struct Text<'a> {
    /// The whole file as UTF-8 without a byte order mark.
    pub bytes: Cow<'a, [u8]>,
    /// The encoding it was in, by its WHATWG name.
    pub encoding: &'static str,
    pub delimiter: u8,
    pub decimal: u8,
    /// Whether there are quotes.
    pub quotes: bool,
    /// Lines before the header.
    pub skipped: usize,
    /// Column names, trimmed.
    pub header: Vec<String>,
    /// First byte after the header, and the editor's line there.
    pub body: usize,
    pub body_line: usize,
    /// One past the last row; what follows are lines that the user wants left out.
    pub end: usize,
}

impl Text<'_> {
    /// A walk over the rows.
    pub fn rows(&self) -> Scanner<'_> {
        let mut rows = Scanner::new(&self.bytes, self.delimiter, self.quotes, self.body, self.body_line);
        rows.end = self.end;
        rows
    }
}

/// Decodes a file and finds its dialect.
///
/// # Errors
/// `Error::Data` when it cannot be decoded or has no header; `Error::Config` for an unknown
/// encoding or a delimiter that cannot be one.
pub fn understand<'a>(blob: &'a Blob, options: &ReadOptions, limits: &Limits) -> Result<Text<'a>> {
    let place = || Place::file(&blob.name);
    let (mut bytes, encoding) = decode(blob, options.encoding.as_deref())?;
    if memchr::memchr(b'\n', &bytes).is_none() && memchr::memchr(b'\r', &bytes).is_some() {
        // Line ends of the old Macintosh.
        bytes = Cow::Owned(bytes.iter().map(|b| if *b == b'\r' { b'\n' } else { *b }).collect());
    }
    let quotes = memchr::memchr(b'"', &bytes).is_some();
    let (mut start, mut skipped) = skip_lines(&bytes, options.skip_rows.unwrap_or(0));
    // Excel's `sep=;` before the header.
    let said = separator(bytes.get(start..).unwrap_or_default());
    if said.is_some() {
        let (more, lines) = skip_lines(bytes.get(start..).unwrap_or_default(), 1);
        (start, skipped) = (start + more, skipped + lines);
    }
    let head = sample_lines(bytes.get(start..).unwrap_or_default());
    let in_blanks = match options.delimiter {
        Some(c) => c == ' ' && !quotes,
        None => said.is_none() && !quotes && is_in_blanks(head),
    };
    if in_blanks {
        bytes = Cow::Owned(single_blanks(&bytes, start));
    }
    let head = sample_lines(bytes.get(start..).unwrap_or_default());
    let delimiter = match options.delimiter {
        Some(c) if c.is_ascii() && !matches!(c, '"' | '\n' | '\r') => c as u8,
        Some(c) => {
            return Err(Error::config(format!(
                "the delimiter `{c}` must be one ASCII character, and no quote"
            )));
        }
        None if in_blanks => b' ',
        None => said.unwrap_or_else(|| find_delimiter(head, quotes)),
    };
    let records = records(head, delimiter, quotes);
    let jump = if options.skip_rows.is_some() { None } else { preamble(&records) };
    let mut scanner = Scanner::new(&bytes, delimiter, quotes, start, skipped + 1);
    scanner.most = limits.most_columns();
    let mut cells = Vec::new();
    let mut header_line = None;
    while let Some(line) = scanner.next(&mut cells) {
        let blank = cells.len() == 1 && cells.first().is_some_and(|c| c.start == c.end);
        if !blank && jump.is_none_or(|first| line >= skipped + first) {
            header_line = Some(line);
            break;
        }
    }
    let Some(header_line) = header_line else {
        return Err(
            Error::data(place(), "there is no header line").with_hint("a table needs a header line and rows")
        );
    };
    limits.columns(&blob.name, cells.len())?;
    if scanner.unclosed.is_some() || cells.iter().any(|c| c.end - c.start > LONGEST_NAME) {
        let why = match scanner.unclosed {
            Some(_) => "opens a quote that is never closed",
            None => "holds a name of more than a megabyte: this is not a table of rows",
        };
        return Err(Error::data(place().row(header_line), format!("the header line {why}"))
            .with_hint("check that the file has line ends; --skip-rows N leaves out the first N lines"));
    }
    let header = cells.iter().map(|c| scan::owned(&bytes, *c)).collect();
    let (body, body_line) = (scanner.at.min(bytes.len()), scanner.line);
    let (more, lines) =
        skip_lines(bytes.get(body..).unwrap_or_default(), options.skip_after_header.unwrap_or(0));
    let (body, body_line) = (body + more, body_line + lines);
    let end = skip_footer(&bytes, body, options.skip_footer.unwrap_or(0));
    let rows = records.iter().filter(|r| r.0 + skipped >= body_line);
    let decimal = decimal_mark(options, delimiter, rows.map(|r| &r.1))?;
    Ok(Text {
        bytes,
        encoding,
        delimiter,
        decimal,
        quotes,
        skipped: header_line - 1,
        header,
        body,
        body_line,
        end,
    })
}

/// The byte after `n` lines, and how many there were.
fn skip_lines(bytes: &[u8], n: usize) -> (usize, usize) {
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', bytes).take(n).collect();
    (ends.last().map_or(0, |e| e + 1), ends.len())
}

/// The byte where the last `n` lines begin; blank ones at the very end do not count, and nothing lies
/// before `from`.
fn skip_footer(bytes: &[u8], from: usize, n: usize) -> usize {
    let body = bytes.get(from..).unwrap_or_default();
    let mut end = body.trim_ascii_end().len();
    let mut begin = if n == 0 { body.len() } else { end };
    for _ in 0..n {
        let before = memchr::memrchr(b'\n', body.get(..end).unwrap_or_default());
        begin = before.map_or(0, |at| at + 1);
        end = before.unwrap_or(0);
    }
    from + begin
}

/// The first 64 kB or so, in whole lines.
fn sample_lines(bytes: &[u8]) -> &[u8] {
    let cut = bytes.len().min(1 << 16);
    if cut == bytes.len() {
        return bytes;
    }
    let end = memchr::memrchr(b'\n', bytes.get(..cut).unwrap_or_default()).map_or(cut, |e| e + 1);
    bytes.get(..end).unwrap_or_default()
}

/// The records of a sample: line (from 1) and cells.
fn records(sample: &[u8], delimiter: u8, quotes: bool) -> Vec<(usize, Vec<String>)> {
    let mut scanner = Scanner::new(sample, delimiter, quotes, 0, 1);
    let mut cells = Vec::new();
    let mut out = Vec::new();
    while let Some(line) = scanner.next(&mut cells) {
        out.push((line, cells.iter().map(|c| scan::owned(sample, *c)).collect()));
    }
    out
}

/// The line of the header, when it is plainly not the first: the first line as wide as most, after
/// narrower or wider ones or remarks behind `#`, that holds words and no numbers.
fn preamble(records: &[(usize, Vec<String>)]) -> Option<usize> {
    let width = usual_width(records.iter().map(|r| r.1.len())).0;
    let remark = |cells: &[String]| cells.first().is_some_and(|c| c.starts_with('#'));
    let first = records.iter().find(|r| r.1.iter().any(|c| !c.is_empty()))?;
    if width < 2 || (first.1.len() == width && !remark(&first.1)) {
        return None;
    }
    let header = records.iter().find(|r| r.1.len() == width && !remark(&r.1))?;
    let number = |c: &String| {
        matches!(numbers::cell(c.as_bytes(), b'.', &Markers::default()), numbers::Cell::Number(_))
    };
    let words = header.1.iter().filter(|c| !c.is_empty()).count();
    let numbers: Vec<&String> = header.1.iter().filter(|c| number(c)).collect();
    let named = words > numbers.len() && (numbers.is_empty() || are_years(&numbers));
    (words * 2 > width && named).then_some(header.0)
}

/// Whether names are years, three or more of them, each the next after the one before.
fn are_years(names: &[&String]) -> bool {
    let years: Vec<u32> = names.iter().filter_map(|n| n.trim().parse().ok()).collect();
    let next = |pair: &[u32]| matches!(pair, [a, b] if *b == a + 1);
    years.len() == names.len()
        && years.len() > 2
        && years.iter().all(|y| (1500..2500).contains(y))
        && years.windows(2).all(next)
}

/// The decimal mark: a comma only where the delimiter is another character and a number such as
/// `2,65` or `0,5` leaves no doubt (`1,234` alone may be a thousand).
fn decimal_mark<'r>(
    options: &ReadOptions,
    delimiter: u8,
    rows: impl Iterator<Item = &'r Vec<String>>,
) -> Result<u8> {
    match options.decimal {
        Some('.') => return Ok(b'.'),
        Some(',') => return Ok(b','),
        Some(c) => {
            return Err(Error::config(format!("the decimal mark `{c}` must be a point or a comma")));
        }
        None if delimiter == b',' => return Ok(b'.'),
        None => {}
    }
    let (mut points, mut commas) = (0, 0);
    for cell in rows.flatten() {
        let joined = cell.replace([' ', '\u{a0}', '\u{202f}'], "");
        let digits = joined.strip_prefix('-').unwrap_or(&joined);
        let decimal = |mark: char| {
            digits
                .split_once(mark)
                .filter(|(w, f)| !f.is_empty() && (w.bytes().chain(f.bytes())).all(|b| b.is_ascii_digit()))
        };
        points += usize::from(decimal('.').is_some());
        commas += usize::from(
            decimal(',')
                .is_some_and(|(w, f)| f.len() != 3 || w.len() > 3 || w.is_empty() || w.starts_with('0')),
        );
    }
    Ok(if commas > 0 && points == 0 { b',' } else { b'.' })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(bytes: &[u8]) -> Blob {
        Blob {
            name: "t.csv".into(),
            stem: "t".into(),
            bytes: bytes.to_vec(),
            compression: None,
            packed: bytes.len() as u64,
            keys: Vec::new(),
        }
    }

    #[test]
    fn dialects_are_found() {
        let options = ReadOptions::default();
        for (bytes, delimiter, decimal, skipped, header, encoding) in [
            (&b"a,b\n1,2\n"[..], ',', '.', 0, "a|b", "utf-8"),
            (b"a;b\r\n1,5;2\r\n", ';', ',', 0, "a|b", "utf-8"),
            (b"a;b\n1.5;2\n", ';', '.', 0, "a|b", "utf-8"),
            (b"a;b\n1,234;2\n", ';', '.', 0, "a|b", "utf-8"),
            (b"a\tb\n1\t2\n", '\t', '.', 0, "a|b", "utf-8"),
            (b"\xef\xbb\xbfa|b\n1|2", '|', '.', 0, "a|b", "utf-8"),
            (b"t (\xb0C),b\n1,2\n", ',', '.', 0, "t (\u{b0}C)|b", "windows-1252"),
            (b"X:;1,5\nY:;2\n\nd;e;f\n1;2;,5\n3;4;5,5\n3;4;5\n", ';', ',', 3, "d|e|f", "utf-8"),
            (b"# of A, B\na,b\n1,2\n", ',', '.', 1, "a|b", "utf-8"),
            (b"#a,b\n1,2\n", ',', '.', 0, "#a|b", "utf-8"),
            (b"X,Y,Z\na,b\n1,2\n3,4\n", ',', '.', 1, "a|b", "utf-8"),
            (b"\xff\xfea\0,\0b\0\n\0", ',', '.', 0, "a|b", "UTF-16LE"),
            (b"a,\"b, c\"\r1,2\r", ',', '.', 0, "a|b, c", "utf-8"),
            (b"#yr mo  pm\n 24  1  5.5 \n24 12  -\n24 10 11\n", ' ', '.', 0, "yr|mo|pm", "utf-8"),
            (b"# a station\n\nt   y\n1   2\n10  3\n100 4\n", ' ', '.', 2, "t|y", "utf-8"),
            (b"t\ty z\n1\t2 a\n3\t4 b\n5\t6  c\n", '\t', '.', 0, "t|y z", "utf-8"),
            (b"t y\n1 \t2\n3\t4\n5 6\n", ' ', '.', 0, "t|y", "utf-8"),
        ] {
            let blob = blob(bytes);
            let t = understand(&blob, &options, &Limits::none()).unwrap();
            assert_eq!(char::from(t.delimiter), delimiter, "{}", bytes.escape_ascii());
            assert_eq!(char::from(t.decimal), decimal, "{}", bytes.escape_ascii());
            assert_eq!((t.skipped, t.header.join("|").as_str(), t.encoding), (skipped, header, encoding));
        }
    }

    #[test]
    fn text_that_is_half_utf8_is_refused() {
        let e = understand(
            &blob("a,é\n1,é\n".as_bytes().iter().chain(b"2,\xe9\n").copied().collect::<Vec<_>>().as_slice()),
            &ReadOptions::default(),
            &Limits::none(),
        )
        .unwrap_err();
        assert!(e.to_string().contains("row 3") && e.to_string().contains("0xe9"), "{e}");
    }
}
