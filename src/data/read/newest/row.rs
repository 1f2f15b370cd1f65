//! One line of a text, cell by cell.

use super::names::BETWEEN;
use super::scan::{Form, Marks, Role};
use super::stored;
use crate::data::read::rows::numbers::{self, Cell};

/// One line.
pub struct Row {
    pub stamp: i64,
    day: Day,
    /// Of each column, from its first byte to its end.
    cells: Vec<(usize, usize)>,
}

impl Row {
    pub fn new(form: &Form) -> Row {
        Row { stamp: 0, day: Day::default(), cells: vec![(0, 0); form.roles.len()] }
    }

    /// Reads the line that begins at `at`; where the next one begins.
    pub fn read(&mut self, bytes: &[u8], mut at: usize, form: &Form, marks: &mut [Marks]) -> Option<usize> {
        let last = form.roles.len() - 1;
        for (column, role) in form.roles.iter().enumerate() {
            let start = at;
            let quick = match role {
                Role::Number => number(bytes, at, form.delimiter, marks.get_mut(column)?),
                _ => None,
            };
            let end = match quick {
                Some(end) => end,
                None => at + memchr::memchr2(form.delimiter, b'\n', bytes.get(at..)?)?,
            };
            let cell = bytes.get(start..end)?;
            match role {
                Role::Number if quick.is_some() => {}
                Role::Number => slow(cell.strip_suffix(b"\r").unwrap_or(cell), form, marks.get_mut(column)?)?,
                Role::Time => {
                    self.stamp = match self.day.stamp(cell) {
                        Some(stamp) => stamp,
                        None => {
                            let moment = form.parser.parse([cell.trim_ascii()]).ok()?;
                            let stamp = stored(moment, form.clock).ok()?;
                            self.day.learn(cell, stamp, form);
                            stamp
                        }
                    };
                }
                Role::Category(values) => {
                    let cell = cell.trim_ascii();
                    let known = cell.is_empty() || values.iter().any(|value| value == cell);
                    known.then_some(())?;
                }
                Role::Series | Role::Other => {}
            }
            *self.cells.get_mut(column)? = (start, end);
            at = end;
            let ends = match (bytes.get(at)?, column == last) {
                (b'\n', true) => at,
                (b'\r', true) if bytes.get(at + 1) == Some(&b'\n') => at + 1,
                (byte, false) if *byte == form.delimiter => at,
                _ => return None,
            };
            at = ends + 1;
        }
        Some(at)
    }

    /// The cells that name the series.
    pub fn name(&self, bytes: &[u8], form: &Form, out: &mut Vec<u8>) {
        out.clear();
        for (i, column) in form.series.iter().enumerate() {
            if i > 0 {
                out.push(BETWEEN);
            }
            let (start, end) = self.cells.get(*column).copied().unwrap_or_default();
            let cell = bytes.get(start..end).unwrap_or_default();
            out.extend_from_slice(cell.strip_suffix(b"\r").unwrap_or(cell));
        }
    }
}

/// The day of the last stamp that was read, of stamps such as `2013-03-01T05:00:00`: most rows have the day
/// of the row before.
#[derive(Default)]
struct Day {
    text: [u8; 11],
    /// Its midnight.
    midnight: Option<i64>,
}

impl Day {
    /// Seconds of the time of such a stamp.
    fn seconds(cell: &[u8]) -> Option<i64> {
        let [h, hh, b':', m, mm, b':', s, ss] = cell.get(11..)? else { return None };
        let two = |a: &u8, b: &u8| {
            (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
        };
        let (hours, minutes, seconds) = (two(h, hh)?, two(m, mm)?, two(s, ss)?);
        (hours < 24 && minutes < 60 && seconds < 60).then_some(3600 * hours + 60 * minutes + seconds)
    }

    fn stamp(&self, cell: &[u8]) -> Option<i64> {
        let midnight = self.midnight.filter(|_| cell.len() == 19 && cell.starts_with(&self.text))?;
        Some(midnight + Day::seconds(cell)?)
    }

    /// Keeps the day of a cell that was read as this stamp.
    fn learn(&mut self, cell: &[u8], stamp: i64, form: &Form) {
        let seconds = Day::seconds(cell).filter(|_| form.parser.is_iso() && cell.len() == 19);
        self.midnight = seconds.map(|seconds| stamp - seconds);
        if let Some(text) = cell.first_chunk() {
            self.text = *text;
        }
    }
}

/// Where a plain number ends that begins at `at`: digits, a point with digits after it.
fn number(bytes: &[u8], at: usize, delimiter: u8, marks: &mut Marks) -> Option<usize> {
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
    if !plain || !matches!(bytes.get(end), Some(b) if *b == delimiter || *b == b'\n' || *b == b'\r') {
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
