//! Some lines of a text, looked at one by one: of which series each is, when, and whether all of its
//! cells are plain.

use super::names::{BETWEEN, Names, key};
use super::row::Row;
use super::{Lines, Need};
use crate::data::name::identity;
use crate::data::read::rows::numbers::{Markers, dress};
use crate::data::stamp::{Clock, StampParser};

/// What a column is.
#[derive(Clone)]
pub enum Role {
    Series,
    Time,
    Number,
    /// Text with these values.
    Category(Vec<Vec<u8>>),
    /// None of the model's.
    Other,
}

/// How the lines are written, and what they have to be.
pub struct Form<'a> {
    pub delimiter: u8,
    pub roles: Vec<Role>,
    /// Columns that name the series, in the order of the names.
    pub series: Vec<usize>,
    pub parser: StampParser<'a>,
    pub clock: Clock,
    pub markers: Markers,
    /// Seconds from one row to the next.
    pub step: i64,
    /// Rows missing in one place that the grid completes.
    pub max_gap: i64,
    pub need: &'a Need<'a>,
}

/// A line that may be kept.
#[derive(Clone, Copy)]
pub struct Line {
    pub stamp: i64,
    /// Its first byte in the file.
    pub at: u64,
    pub length: u32,
}

/// The rows of one series in a part.
pub struct Run {
    /// Into the names that were known before the part, or behind them into its own.
    pub name: u32,
    pub first: i64,
    pub last: i64,
    pub rows: u64,
    /// Rows that do not follow the one before by one step, and rows missing there.
    pub odd: u64,
    pub missing: u64,
    /// Whether older rows may be left out.
    pub short: bool,
    pub lines: Vec<Line>,
}

impl Run {
    /// Adds the newest line, and lets go of older ones that are not needed, now and then.
    fn push(&mut self, line: Line, need: &Need) {
        match need.since.filter(|_| self.short) {
            Some(since) if self.lines.last().is_some_and(|last| last.stamp < since) => self.lines.clear(),
            None if self.short && self.lines.len() >= 2 * need.rows.max(1) => {
                self.lines.drain(..self.lines.len() - need.rows);
            }
            _ => {}
        }
        self.lines.push(line);
    }

    /// Counts the way from one row to the next; `None` for a row that is not on the grid after it.
    pub fn steps(&mut self, from: i64, to: i64, form: &Form) -> Option<()> {
        let apart = to.checked_sub(from)?;
        if apart == form.step {
            return Some(());
        }
        if apart <= 0 || apart % form.step != 0 {
            return None;
        }
        self.odd += 1;
        let missing = apart / form.step - 1;
        self.missing += if missing <= form.max_gap { missing as u64 } else { 0 };
        Some(())
    }
}

/// What the cells of a column of numbers show of their marks.
#[derive(Clone, Copy, Default)]
pub struct Marks {
    /// Some have a point.
    pub point: bool,
    /// Some have none, and are not zero.
    pub whole: bool,
}

/// What was found in some lines.
pub struct Part {
    /// Names that were not known before.
    pub new: Vec<Box<[u8]>>,
    /// How many names were.
    pub before: usize,
    pub runs: Vec<Run>,
    /// One a column.
    pub marks: Vec<Marks>,
}

/// Looks at all lines; `None` where one is not plain.
pub fn scan(lines: &Lines, form: &Form, names: &Names) -> Option<Part> {
    let bytes = lines.bytes.get(lines.from..)?;
    if memchr::memchr(b'"', bytes).is_some() || !(bytes.is_ascii() || std::str::from_utf8(bytes).is_ok()) {
        return None;
    }
    let before = names.all.len();
    let mut own = Names::default();
    let mut part =
        Part { new: Vec::new(), before, runs: Vec::new(), marks: vec![Marks::default(); form.roles.len()] };
    // For each name its run in this part.
    let mut runs: Vec<u32> = vec![u32::MAX; before];
    let (mut row, mut name) = (Row::new(form), Vec::new());
    let mut last: Option<u32> = None;
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at = row.read(bytes, at, form, &mut part.marks)?;
        row.name(bytes, form, &mut name);
        let guess = last.filter(|id| is(*id, &name, names, &own, before));
        let guess = guess.or_else(|| last.map(|id| id + 1).filter(|id| is(*id, &name, names, &own, before)));
        let id = match guess {
            Some(id) => id,
            None => find(&name, form, names, &mut own, before)?,
        };
        last = Some(id);
        if runs.len() <= id as usize {
            runs.resize(id as usize + 1, u32::MAX);
        }
        let run = runs.get_mut(id as usize)?;
        let stamp = row.stamp;
        let new = Line { stamp, at: lines.at + start as u64, length: (at - start) as u32 };
        if *run == u32::MAX {
            *run = part.runs.len() as u32;
            let short = names.short.get(id as usize).copied();
            let short = short.unwrap_or_else(|| (form.need.known)(&key(&name)));
            part.runs.push(Run {
                name: id,
                first: stamp,
                last: stamp,
                rows: 1,
                odd: 0,
                missing: 0,
                short,
                lines: vec![new],
            });
            continue;
        }
        let run = part.runs.get_mut(*run as usize)?;
        run.steps(run.last, stamp, form)?;
        run.last = stamp;
        run.rows += 1;
        run.push(new, form.need);
    }
    part.new = own.all;
    Some(part)
}

fn is(id: u32, name: &[u8], names: &Names, own: &Names, before: usize) -> bool {
    let known = match (id as usize).checked_sub(before) {
        None => names.all.get(id as usize),
        Some(at) => own.all.get(at),
    };
    known.is_some_and(|known| **known == *name)
}

/// The number of a name; `None` for one that is not written as it is kept.
fn find(name: &[u8], form: &Form, names: &Names, own: &mut Names, before: usize) -> Option<u32> {
    if let Some(known) = names.find(name) {
        return Some(known);
    }
    let cells = name.split(|byte| *byte == BETWEEN);
    let plain =
        |cell: &[u8]| std::str::from_utf8(cell).is_ok_and(|cell| !cell.is_empty() && identity(cell) == cell);
    if !form.series.is_empty() && !cells.into_iter().all(plain) {
        return None;
    }
    Some(before as u32 + own.add(name))
}

impl Form<'_> {
    /// `Some` where the cells that are kept say as much about the marks of their numbers as all cells do:
    /// that a point is the decimal mark.
    pub fn decides(&self, text: &[u8], body: usize, marks: &[Marks]) -> Option<()> {
        let columns: Vec<usize> = (0..self.roles.len())
            .filter(|column| {
                marks.get(*column).is_some_and(|m| m.point && (m.whole || self.delimiter != b','))
            })
            .collect();
        let mut open = columns;
        for line in text.get(body..)?.split(|byte| *byte == b'\n') {
            if open.is_empty() {
                return Some(());
            }
            let cells: Vec<&[u8]> = line.split(|byte| *byte == self.delimiter).collect();
            open.retain(|column| {
                let cell = cells.get(*column).and_then(|cell| std::str::from_utf8(cell.trim_ascii()).ok());
                let shape = cell.and_then(|cell| dress::shape(cell.strip_prefix('-').unwrap_or(cell)));
                !matches!(shape, Some(dress::Shape::Decimal { mark: dress::Mark::Point, .. }))
            });
        }
        open.is_empty().then_some(())
    }
}
