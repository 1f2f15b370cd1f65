//! Some rows of a table, looked at one by one: of which series each is, when, and whether all of its
//! cells are plain.

use super::Need;
use super::names::{BETWEEN, Names, key};
use super::object::Shape;
use super::row::Row;
use crate::data::name::identity;
use crate::data::read::rows::numbers::{Markers, dress};
use crate::data::stamp::{Clock, StampParser};
use std::sync::Arc;

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

/// How a row is written.
#[derive(Clone, PartialEq)]
pub enum Layout {
    /// With this mark between its cells.
    Delimited(u8),
    /// As a JSON object.
    Objects(Shape),
    /// In columns that have a type.
    Typed,
}

/// How the rows are written, and what they have to be.
pub struct Form<'a> {
    pub layout: Layout,
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

/// Whole lines of a text.
pub struct Lines {
    /// Where the first begins: in the text, and in the bytes.
    pub at: u64,
    pub from: usize,
    pub bytes: Vec<u8>,
    /// Whether they cannot be read again.
    pub passing: bool,
}

/// A row that may be kept.
#[derive(Clone, Copy)]
pub struct Line {
    pub stamp: i64,
    /// Its first byte in the text, or the number of a row that is in columns.
    pub at: u64,
    pub length: u32,
    /// Its first byte in what its run has copied.
    pub own: u32,
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
    /// The lines themselves, where they cannot be read again.
    pub text: Option<Arc<[u8]>>,
}

impl Run {
    /// Adds the newest line, and lets go of older ones that are not needed, now and then.
    fn push(&mut self, line: Line, need: &Need) {
        match need.since.filter(|_| self.short) {
            Some(since) if self.lines.last().is_some_and(|last| last.stamp < since) => self.lines.clear(),
            None if self.short && self.lines.len() >= 2 * need.rows.max(1) => self.shorten(need),
            _ => {}
        }
        self.lines.push(line);
    }

    /// Lets go of older lines than are needed.
    fn shorten(&mut self, need: &Need) {
        if self.short && need.since.is_none() {
            self.lines.drain(..self.lines.len().saturating_sub(need.rows));
        }
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

    /// Copies its lines out of a text that passes.
    fn copy(&mut self, lines: &Lines, need: &Need) -> Option<()> {
        self.shorten(need);
        let mut text = Vec::with_capacity(self.lines.iter().map(|line| line.length as usize).sum());
        for line in &mut self.lines {
            let start = lines.from + (line.at - lines.at) as usize;
            line.own = text.len() as u32;
            text.extend_from_slice(lines.bytes.get(start..start + line.length as usize)?);
        }
        self.text = Some(text.into());
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

/// What was found in some rows.
pub struct Part {
    /// Names that were not known before.
    pub new: Vec<Box<[u8]>>,
    /// How many names were.
    pub before: usize,
    pub runs: Vec<Run>,
    /// One a column.
    pub marks: Vec<Marks>,
}

/// Rows that become a part, one by one.
pub struct Rows<'a> {
    form: &'a Form<'a>,
    names: &'a Names,
    own: Names,
    /// For each name its run in this part.
    places: Vec<u32>,
    last: Option<u32>,
    part: Part,
}

impl<'a> Rows<'a> {
    pub fn new(form: &'a Form<'a>, names: &'a Names) -> Rows<'a> {
        let before = names.all.len();
        let marks = vec![Marks::default(); form.roles.len()];
        let part = Part { new: Vec::new(), before, runs: Vec::new(), marks };
        Rows { form, names, own: Names::default(), places: vec![u32::MAX; before], last: None, part }
    }

    /// Takes the next row; `None` where it is not plain: an odd name, a stamp that does not ascend on the grid.
    pub fn take(&mut self, name: &[u8], line: Line) -> Option<()> {
        let guess = self.last.filter(|id| self.is(*id, name));
        let guess = guess.or_else(|| self.last.map(|id| id + 1).filter(|id| self.is(*id, name)));
        let id = match guess {
            Some(id) => id,
            None => self.find(name)?,
        };
        self.last = Some(id);
        if self.places.len() <= id as usize {
            self.places.resize(id as usize + 1, u32::MAX);
        }
        let (place, need, stamp) = (self.places.get_mut(id as usize)?, self.form.need, line.stamp);
        if *place == u32::MAX {
            *place = self.part.runs.len() as u32;
            let short = self.names.short.get(id as usize).copied();
            let short = short.unwrap_or_else(|| (need.known)(&key(name)));
            let (lines, text) = (vec![line], None);
            let run =
                Run { name: id, first: stamp, last: stamp, rows: 1, odd: 0, missing: 0, short, lines, text };
            self.part.runs.push(run);
            return Some(());
        }
        let run = self.part.runs.get_mut(*place as usize)?;
        run.steps(run.last, stamp, self.form)?;
        run.last = stamp;
        run.rows += 1;
        run.push(line, need);
        Some(())
    }

    pub fn finish(self) -> Part {
        Part { new: self.own.all, ..self.part }
    }

    fn is(&self, id: u32, name: &[u8]) -> bool {
        let known = match (id as usize).checked_sub(self.part.before) {
            None => self.names.all.get(id as usize),
            Some(at) => self.own.all.get(at),
        };
        known.is_some_and(|known| **known == *name)
    }

    /// The number of a name; `None` for one that is not written as it is kept.
    fn find(&mut self, name: &[u8]) -> Option<u32> {
        if let Some(known) = self.names.find(name) {
            return Some(known);
        }
        let mut cells = name.split(|byte| *byte == BETWEEN);
        let plain = |cell: &[u8]| {
            std::str::from_utf8(cell).is_ok_and(|cell| !cell.is_empty() && identity(cell) == cell)
        };
        if !self.form.series.is_empty() && !cells.all(plain) {
            return None;
        }
        Some(self.part.before as u32 + self.own.add(name))
    }
}

/// Looks at all lines; `None` where one is not plain.
pub fn scan(lines: &Lines, form: &Form, names: &Names) -> Option<Part> {
    let bytes = lines.bytes.get(lines.from..)?;
    if !(bytes.is_ascii() || std::str::from_utf8(bytes).is_ok()) {
        return None;
    }
    let mut rows = Rows::new(form, names);
    let (mut row, mut name) = (Row::new(form), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at = row.read(bytes, at, form, &mut rows.part.marks)?;
        row.name(bytes, form, &mut name);
        let line =
            Line { stamp: row.stamp, at: lines.at + start as u64, length: (at - start) as u32, own: 0 };
        rows.take(&name, line)?;
    }
    let mut part = rows.finish();
    if lines.passing {
        part.runs.iter_mut().try_for_each(|run| run.copy(lines, form.need))?;
    }
    Some(part)
}

impl Form<'_> {
    /// `Some` where the cells that are kept say as much about the marks of their numbers as all cells do:
    /// that a point is the decimal mark.
    pub fn decides(&self, text: &[u8], body: usize, marks: &[Marks]) -> Option<()> {
        let commas = matches!(self.layout, Layout::Delimited(b','));
        let open = |column: &usize| marks.get(*column).is_some_and(|m| m.point && (m.whole || !commas));
        let mut open: Vec<usize> = (0..self.roles.len()).filter(open).collect();
        let (mut row, mut unused) = (Row::new(self), marks.to_vec());
        let mut at = body;
        while !open.is_empty() && at < text.len() {
            at = row.read(text, at, self, &mut unused)?;
            open.retain(|column| {
                let cell =
                    row.cell(text, *column).and_then(|cell| std::str::from_utf8(cell.trim_ascii()).ok());
                let shape = cell.and_then(|cell| dress::shape(cell.strip_prefix('-').unwrap_or(cell)));
                !matches!(shape, Some(dress::Shape::Decimal { mark: dress::Mark::Point, .. }))
            });
        }
        open.is_empty().then_some(())
    }
}
