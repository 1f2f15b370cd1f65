//! One row of a text: its cells, each read as its column says.

use super::names::BETWEEN;
use super::scan::{Form, Layout, Marks, Role};
use crate::data::read::rows::numbers::{self, Cell};
use crate::data::read::rows::table::stored;

/// What was read of the row that was read last.
pub struct Row {
    pub stamp: i64,
    pub times: Times,
    /// Of each column, from its first byte to its end.
    pub cells: Vec<(usize, usize)>,
}

impl Row {
    pub fn new(form: &Form) -> Row {
        Row { stamp: 0, times: Times::default(), cells: vec![(0, 0); form.roles.len()] }
    }

    /// Reads the line that begins at `at`; where the next one begins.
    pub fn read(&mut self, bytes: &[u8], at: usize, form: &Form, marks: &mut [Marks]) -> Option<usize> {
        match &form.layout {
            Layout::Delimited(delimiter) => self.delimited(bytes, at, *delimiter, form, marks),
            Layout::Objects(shape) => self.object(bytes, at, shape, form, marks),
            Layout::Typed => None,
        }
    }

    fn delimited(
        &mut self,
        bytes: &[u8],
        mut at: usize,
        delimiter: u8,
        form: &Form,
        marks: &mut [Marks],
    ) -> Option<usize> {
        let last = form.roles.len() - 1;
        for (column, role) in form.roles.iter().enumerate() {
            let quoted = bytes.get(at) == Some(&b'"');
            let start = at + usize::from(quoted);
            let ends = if quoted { [b'"'; 3] } else { [delimiter, b'\n', b'\r'] };
            let quick = match role {
                Role::Number => number(bytes, start, ends, marks.get_mut(column)?),
                _ => None,
            };
            let end = match quick {
                Some(end) => end,
                None => {
                    let rest = bytes.get(start..)?;
                    let found = match quoted {
                        true => memchr::memchr2(b'"', b'\n', rest)?,
                        false => memchr::memchr3(delimiter, b'\n', b'"', rest)?,
                    };
                    start + found
                }
            };
            // A line end in quotes, a quote that is doubled or stands within a cell.
            let quote = bytes.get(end) == Some(&b'"');
            if quote != quoted || quoted && bytes.get(end + 1) == Some(&b'"') {
                return None;
            }
            let cell = bytes.get(start..end)?;
            if quick.is_none() {
                let cell = if quoted { cell } else { cell.strip_suffix(b"\r").unwrap_or(cell) };
                self.judge(cell, role, form, marks.get_mut(column)?)?;
            }
            *self.cells.get_mut(column)? = (start, end);
            at = end + usize::from(quoted);
            let ends = match (bytes.get(at)?, column == last) {
                (b'\n', true) => at,
                (b'\r', true) if bytes.get(at + 1) == Some(&b'\n') => at + 1,
                (byte, false) if *byte == delimiter => at,
                _ => return None,
            };
            at = ends + 1;
        }
        Some(at)
    }

    /// Reads a cell that is no plain number.
    pub fn judge(&mut self, cell: &[u8], role: &Role, form: &Form, marks: &mut Marks) -> Option<()> {
        match role {
            Role::Number => slow(cell, form, marks),
            Role::Time => {
                self.stamp = self.times.read(cell, form)?;
                Some(())
            }
            Role::Category(values) => is_known(cell, values).then_some(()),
            Role::Series | Role::Other => Some(()),
        }
    }

    /// A cell.
    pub fn cell<'b>(&self, bytes: &'b [u8], column: usize) -> Option<&'b [u8]> {
        let (start, end) = self.cells.get(column).copied()?;
        let cell = bytes.get(start..end)?;
        Some(cell.strip_suffix(b"\r").unwrap_or(cell))
    }

    /// The cells that name the series.
    pub fn name(&self, bytes: &[u8], form: &Form, out: &mut Vec<u8>) {
        out.clear();
        for (i, column) in form.series.iter().enumerate() {
            if i > 0 {
                out.push(BETWEEN);
            }
            out.extend_from_slice(self.cell(bytes, *column).unwrap_or_default());
        }
    }
}

/// Whether a cell is empty or a category that training knew.
pub fn is_known(cell: &[u8], values: &[Vec<u8>]) -> bool {
    let cell = cell.trim_ascii();
    cell.is_empty() || values.iter().any(|value| value == cell)
}

/// Reads stamps; most rows have the day of the row before, in stamps such as `2013-03-01T05:00:00`.
#[derive(Default)]
pub struct Times {
    text: [u8; 11],
    /// The midnight of the last day.
    midnight: Option<i64>,
}

impl Times {
    /// The stamp of a cell, as it is stored.
    pub fn read(&mut self, cell: &[u8], form: &Form) -> Option<i64> {
        if let Some(stamp) = self.same_day(cell) {
            return Some(stamp);
        }
        let moment = form.parser.parse([cell.trim_ascii()]).ok()?;
        let stamp = stored(moment, form.clock).ok()?;
        self.learn(cell, stamp, form);
        Some(stamp)
    }

    /// Seconds of the time of such a stamp.
    fn seconds(cell: &[u8]) -> Option<i64> {
        let [h, hh, b':', m, mm, b':', s, ss] = cell.get(11..)? else { return None };
        let two = |a: &u8, b: &u8| {
            (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
        };
        let (hours, minutes, seconds) = (two(h, hh)?, two(m, mm)?, two(s, ss)?);
        (hours < 24 && minutes < 60 && seconds < 60).then_some(3600 * hours + 60 * minutes + seconds)
    }

    fn same_day(&self, cell: &[u8]) -> Option<i64> {
        let midnight = self.midnight.filter(|_| cell.len() == 19 && cell.starts_with(&self.text))?;
        Some(midnight + Times::seconds(cell)?)
    }

    /// Keeps the day of a cell that was read as this stamp.
    fn learn(&mut self, cell: &[u8], stamp: i64, form: &Form) {
        let seconds = Times::seconds(cell).filter(|_| form.parser.is_iso() && cell.len() == 19);
        self.midnight = seconds.map(|seconds| stamp - seconds);
        if let Some(text) = cell.first_chunk() {
            self.text = *text;
        }
    }
}

/// Where a plain number ends that begins at `at`: digits, a point with digits after it, one of these marks.
pub fn number(bytes: &[u8], at: usize, ends: [u8; 3], marks: &mut Marks) -> Option<usize> {
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let first = at + usize::from(bytes.get(at) == Some(&b'-'));
    let mut end = digits(first);
    let whole = end - first;
    let mut point = false;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if fraction == end + 1 {
            return None;
        }
        (end, point) = (fraction, true);
    }
    let plain = whole > 0 && end - first <= 15;
    if !plain || !matches!(bytes.get(end), Some(b) if ends.contains(b)) {
        return None;
    }
    marks.point |= point;
    if !point && !marks.whole {
        marks.whole = bytes.get(first..end).is_some_and(|digits| digits.iter().any(|b| *b != b'0'));
    }
    Some(end)
}

/// Any other cell of a column of numbers: missing, or written with an exponent.
fn slow(cell: &[u8], form: &Form, marks: &mut Marks) -> Option<()> {
    match numbers::cell(cell, b'.', &form.markers) {
        Cell::Empty | Cell::Marker => Some(()),
        Cell::Number(_) if cell.iter().all(|b| b.is_ascii_digit() || b"+-.eE".contains(b)) => {
            marks.point |= cell.contains(&b'.');
            marks.whole |= !cell.contains(&b'.');
            Some(())
        }
        _ => None,
    }
}
