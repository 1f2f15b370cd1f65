//! Counts the fields of every record before polars reads them: polars fills short rows with
//! nulls, and a table must lose nothing. Text with quotes is walked by
//! the core of the `csv` crate.

use super::lines::Lines;
use super::whole::count;
use crate::error::{Error, Place, Result};

/// How the records of a slice of delimited text are written.
pub struct Layout<'a> {
    pub file: &'a str,
    pub delimiter: u8,
    pub quotes: bool,
    /// Fields that each record has.
    pub width: usize,
}

/// What a slice holds.
#[derive(Debug, Default)]
pub struct Counted {
    pub records: usize,
    /// Records on a line without any delimiter and without content.
    pub blank: usize,
    /// The line of each record, counted from 0 within the slice.
    pub lines: Lines,
    /// How many line ends there are.
    pub line_ends: usize,
    /// The first record that has too few or too many fields: its line, the number of fields, and
    /// whether the slice ends with it.
    pub odd: Option<(usize, usize, bool)>,
}

/// Counts a slice.
pub fn counted(bytes: &[u8], layout: &Layout<'_>) -> Counted {
    let mut out = Counted { line_ends: memchr::memchr_iter(b'\n', bytes).count(), ..Counted::default() };
    if layout.quotes {
        quoted(bytes, layout, &mut out)
    } else {
        plain(bytes, layout, &mut out)
    }
    out
}

/// Records are lines.
fn plain(bytes: &[u8], layout: &Layout<'_>, out: &mut Counted) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (line, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = tail.get(1..).unwrap_or_default();
        let fields = 1 + line.iter().filter(|b| **b == layout.delimiter).count();
        if fields != layout.width || fields == 1 {
            let mut cells = line.split(|b| *b == layout.delimiter).map(<[u8]>::trim_ascii);
            out.odd_one(out.records, fields, layout.width, &mut cells, tail.is_empty());
        }
        out.records += 1;
    }
    out.lines.run(0, out.records);
}

/// Records may run over several lines.
fn quoted(bytes: &[u8], layout: &Layout<'_>, out: &mut Counted) {
    let mut reader = csv_core::ReaderBuilder::new()
        .delimiter(layout.delimiter)
        .terminator(csv_core::Terminator::Any(b'\n'))
        .build();
    let (mut text, mut ends) = (vec![0; 4096], vec![0; layout.width.max(8) * 2]);
    let (mut at, mut line) = (0, 0);
    loop {
        // The reader passes over empty lines, which polars reads as rows of nulls.
        while bytes.get(at) == Some(&b'\n') {
            out.odd_one(line, 1, layout.width, &mut std::iter::once(&[][..]), false);
            out.lines.push(line);
            out.records += 1;
            line += 1;
            at += 1;
        }
        let Some((length, fields)) = record(&mut reader, bytes, &mut at, &mut text, &mut ends) else { break };
        let text = text.get(..length).unwrap_or_default();
        if fields != layout.width || fields == 1 {
            let last = at >= bytes.len() && bytes.last() != Some(&b'\n');
            let starts = std::iter::once(0).chain(ends.iter().copied());
            let mut cells = starts
                .zip(&ends)
                .take(fields)
                .map(|(start, end)| text.get(start..*end).unwrap_or_default().trim_ascii());
            out.odd_one(line, fields, layout.width, &mut cells, last);
        }
        out.lines.push(line);
        out.records += 1;
        line += 1 + memchr::memchr_iter(b'\n', text).count();
    }
}

/// Reads a record from `at` on, which moves behind it: the length of its cells' text, and how many
/// cells there are.
fn record(
    reader: &mut csv_core::Reader,
    bytes: &[u8],
    at: &mut usize,
    text: &mut Vec<u8>,
    ends: &mut Vec<usize>,
) -> Option<(usize, usize)> {
    use csv_core::ReadRecordResult as R;
    let (mut length, mut fields) = (0, 0);
    loop {
        let input = bytes.get(*at..).unwrap_or_default();
        let (to, cells) =
            (text.get_mut(length..).unwrap_or_default(), ends.get_mut(fields..).unwrap_or_default());
        let (result, read, written, ended) = reader.read_record(input, to, cells);
        (*at, length, fields) = (*at + read, length + written, fields + ended);
        match result {
            // The next call finds nothing more to read, and so ends the last record.
            R::InputEmpty => {}
            R::OutputFull => text.resize(text.len() * 2, 0),
            R::OutputEndsFull => ends.resize(ends.len() * 2, 0),
            R::Record => return Some((length, fields)),
            R::End => return None,
        }
    }
}

impl Counted {
    /// Judges a record of another width than the header: blank ones are no fault, nor are empty
    /// cells at the end.
    fn odd_one(
        &mut self,
        line: usize,
        fields: usize,
        width: usize,
        cells: &mut dyn Iterator<Item = &[u8]>,
        last: bool,
    ) {
        let filled = cells.enumerate().filter(|c| !c.1.is_empty()).map(|c| c.0).last();
        self.blank += usize::from(fields == 1 && filled.is_none());
        let fits = if fields < width { filled.is_none() } else { filled.is_none_or(|at| at < width) };
        if !fits && self.odd.is_none() {
            self.odd = Some((line, fields, last));
        }
    }

    /// Refuses a record of the wrong width; `line` is the editor's line on which the slice starts,
    /// `rest` the text from there to the end.
    ///
    /// # Errors
    /// `Error::Data` that names the line.
    pub fn refuse(&self, layout: &Layout<'_>, line: usize, rest: &[u8]) -> Result<()> {
        let Some((at, fields, last)) = self.odd else { return Ok(()) };
        let place = Place::file(layout.file).row(line + at);
        let (found, width) = (count(fields, "cell"), layout.width);
        let footer = footer(rest, at, layout);
        Err(if let Some(n) = footer.filter(|_| fields < width) {
            let lines =
                if n == 1 { "the last line is".to_owned() } else { format!("the last {n} lines are") };
            Error::data(place, format!("{found}, where the header has {width}"))
                .with_hint(format!("if {lines} no row but a remark, --skip-footer {n} leaves it out"))
        } else if fields < width && last {
            Error::data(place, format!("the file ends after {found}, where the header has {width}"))
                .with_hint("the file may have been cut off: copy it again, or remove its last line")
        } else {
            Error::data(place, format!("{found}, where the header has {width}"))
                .with_hint("a cell that holds the delimiter must be quoted; --delimiter names another one")
        })
    }
}

/// How many lines with content there are from the `at`-th on, if they can be remarks below the
/// table: all have too few cells, and none is cut off.
fn footer(rest: &[u8], at: usize, layout: &Layout<'_>) -> Option<usize> {
    const MOST: usize = 50;
    if rest.last() != Some(&b'\n') {
        return None;
    }
    let start = at.checked_sub(1).map(|n| memchr::memchr_iter(b'\n', rest).nth(n));
    let rest = rest.get(start.map_or(Some(0), |n| n.map(|n| n + 1))?..)?;
    let mut lines = rest.split(|b| *b == b'\n').filter(|l| !l.trim_ascii().is_empty()).take(MOST + 1);
    let short = |l: &[u8]| 1 + l.iter().filter(|b| **b == layout.delimiter).count() < layout.width;
    let n = lines.by_ref().take_while(|l| short(l)).count();
    (n > 0
        && n <= MOST
        && lines.next().is_none()
        && rest.split(|b| *b == b'\n').all(|l| l.trim_ascii().is_empty() || short(l)))
    .then(|| memchr::memchr_iter(b'\n', rest.trim_ascii_end()).count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::type_complexity)] // What a test compares, at once.
    fn count_in(text: &str, quotes: bool) -> (usize, usize, Vec<usize>, Option<(usize, usize, bool)>) {
        let layout = Layout { file: "t", delimiter: b',', quotes, width: 2 };
        let c = counted(text.as_bytes(), &layout);
        (c.records, c.blank, (0..c.records).map(|i| c.lines.get(i)).collect(), c.odd)
    }

    #[test]
    fn records_and_their_lines() {
        for quotes in [false, true] {
            assert_eq!(count_in("a,b\n\n1,2,, \r\n,\n3,4", quotes), (5, 1, vec![0, 1, 2, 3, 4], None));
            assert_eq!(count_in("a,b\n1,2,3\n1\n", quotes).3, Some((1, 3, false)));
            assert_eq!(count_in("a,b\n1", quotes).3, Some((1, 1, true)));
        }
        assert_eq!(count_in("\"a\nx\",b\n\n\"1\",2\n3,4\n", true), (4, 1, vec![0, 2, 3, 4], None));
    }
}
