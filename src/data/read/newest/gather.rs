//! What was found in the parts of the files, joined in their order: which lines are kept, and the text
//! that they make.

use super::Need;
use super::names::{Names, key};
use super::opened::Opened;
use super::scan::{Form, Line, Marks, Part, Run};
use crate::data::long::SeriesKey;
use std::collections::VecDeque;
use std::sync::Arc;

/// Where more than this share of the rows is needed, the table is read whole.
const MOST: f64 = 0.5;
/// Fewest series that say something of the others.
const SOME: usize = 8;
/// Where more rows than this are missing within the series, the reader may have something to say.
const MANY_MISSING: u64 = 1_000_000;
/// Bytes that are read at a time to find the lines that are kept.
const WINDOW: u64 = 1 << 18;

/// One series, so far.
struct Series {
    all: Run,
    /// The last wave that had rows of it.
    wave: u32,
    /// Newest lines.
    lines: VecDeque<Held>,
}

/// A line that is kept.
#[derive(Clone)]
pub struct Held {
    /// The number of its file.
    pub file: u32,
    pub line: Line,
    /// What holds it, where its file cannot give it again.
    text: Option<Arc<[u8]>>,
}

/// The lines that are kept, in the order of the files, and the series of which others are not.
type Chosen = (Vec<Held>, Vec<SeriesKey>);

/// The lines that are kept of the parts so far.
pub struct Kept<'a> {
    form: &'a Form<'a>,
    /// By the number of the name.
    series: Vec<Series>,
    marks: Vec<Marks>,
    wave: u32,
}

impl<'a> Kept<'a> {
    pub fn new(form: &'a Form) -> Kept<'a> {
        Kept { form, series: Vec::new(), wave: 0, marks: vec![Marks::default(); form.roles.len()] }
    }

    /// What the cells of each column show, of all rows.
    pub fn marks(&self) -> &[Marks] {
        &self.marks
    }

    /// Joins the next part; `None` for rows of a series that do not ascend, or are off its grid.
    pub fn add(&mut self, file: usize, part: Part, names: &mut Names) -> Option<()> {
        for (own, new) in self.marks.iter_mut().zip(&part.marks) {
            own.point |= new.point;
            own.whole |= new.whole;
        }
        let new: Vec<u32> = part.new.iter().map(|name| names.add(name)).collect();
        for mut run in part.runs {
            let id = match (run.name as usize).checked_sub(part.before) {
                None => run.name,
                Some(at) => *new.get(at)?,
            };
            let (lines, text) = (std::mem::take(&mut run.lines), run.text.take());
            let held = |line| Held { file: file as u32, line, text: text.clone() };
            if let Some(own) = self.series.get_mut(id as usize) {
                own.all.steps(own.all.last, run.first, self.form)?;
                own.all.last = run.last;
                own.all.rows += run.rows;
                own.all.odd += run.odd;
                own.all.missing += run.missing;
            } else {
                // Names are numbered in the order in which their first runs come.
                names.short.push(run.short);
                self.series.push(Series { all: run, wave: self.wave, lines: VecDeque::new() });
            }
            let own = self.series.get_mut(id as usize)?;
            own.wave = self.wave;
            own.take(lines.into_iter().map(held), self.form.need);
        }
        Some(())
    }

    /// Parts that are added from here on are of the next wave.
    pub fn begin_wave(&mut self) {
        self.wave += 1;
    }

    /// Whether it is plain after this share of the files that more of the rows are needed than is worth it. Where rows come by
    /// series, those that have ended show it; where they come by time, how many series there are.
    pub fn is_hopeless(&self, share: f64) -> bool {
        // A few say nothing of the others.
        if self.form.need.since.is_some() || self.series.len() < SOME {
            return false;
        }
        let (mut rows, mut whole, mut short, mut ended) = (0u64, 0u64, 0usize, (0usize, 0u64, 0u64));
        for own in &self.series {
            rows += own.all.rows;
            whole += if own.all.short { 0 } else { own.all.rows };
            short += usize::from(own.all.short);
            if own.wave < self.wave {
                ended = (ended.0 + 1, ended.1 + own.lines.len() as u64, ended.2 + own.all.rows);
            }
        }
        let all = rows as f64 / share.max(f64::MIN_POSITIVE);
        let needed = whole as f64 / share.max(f64::MIN_POSITIVE) + (short * self.form.need.rows) as f64;
        needed > MOST * all || ended.0 >= SOME && ended.1 as f64 > MOST * ended.2 as f64
    }

    /// The lines that are kept, in the order of the files, and the series of which others are not.
    pub fn lines(&self, names: &Names) -> Option<Chosen> {
        let rows: u64 = self.series.iter().map(|own| own.all.rows).sum();
        let missing: u64 = self.series.iter().map(|own| own.all.missing).sum();
        let kept: usize = self.series.iter().map(|own| own.lines.len()).sum();
        // The step of a series is that of most of its rows.
        let uneven = |own: &Series| own.all.rows > 8 && own.all.odd * 2 >= own.all.rows - 1;
        if kept as f64 > MOST * rows as f64 || missing > MANY_MISSING || self.series.iter().any(uneven) {
            return None;
        }
        let mut lines: Vec<Held> = self.series.iter().flat_map(|own| own.lines.iter().cloned()).collect();
        lines.sort_unstable_by_key(|held| (held.file, held.line.at));
        let cut =
            self.series.iter().zip(&names.all).filter(|(own, _)| (own.lines.len() as u64) < own.all.rows);
        let mut cut: Vec<SeriesKey> = cut.map(|(_, name)| key(name)).collect();
        cut.sort();
        Some((lines, cut))
    }
}

impl Series {
    fn take(&mut self, lines: impl ExactSizeIterator<Item = Held>, need: &Need) {
        let since = need.since.filter(|_| self.all.short);
        let old = |held: &Held| since.is_some_and(|since| held.line.stamp < since);
        // Not even for a moment more than is needed: a series may fill the part.
        let rows = if self.all.short && need.since.is_none() { need.rows } else { usize::MAX };
        let skipped = lines.len().saturating_sub(rows);
        let more = (self.lines.len() + lines.len() - skipped).saturating_sub(rows);
        self.lines.drain(..more);
        for line in lines.skip(skipped) {
            if self.lines.back().is_some_and(old) {
                self.lines.pop_back();
            }
            self.lines.push_back(line);
        }
    }
}

/// The header and these lines.
pub fn text(head: &[u8], lines: &[Held], files: &[Opened]) -> Option<Vec<u8>> {
    let length: usize = lines.iter().map(|held| held.line.length as usize).sum();
    let mut text = Vec::with_capacity(head.len() + length);
    text.extend_from_slice(head);
    let (mut window, mut from) = (Vec::new(), (u32::MAX, 0u64));
    for Held { file, line, text: own } in lines {
        let length = u64::from(line.length);
        let (source, start) = match own {
            Some(own) => (&own[..], line.own as usize),
            None => {
                let within = from.0 == *file && line.at + length <= from.1 + window.len() as u64;
                if !within {
                    files.get(*file as usize)?.bytes(line.at, WINDOW.max(length), &mut window)?;
                    from = (*file, line.at);
                }
                (window.as_slice(), (line.at - from.1) as usize)
            }
        };
        // The last line of a file may have no end of its own.
        let end = (start + line.length as usize).min(source.len());
        text.extend_from_slice(source.get(start..end)?);
        if text.last() != Some(&b'\n') {
            text.push(b'\n');
        }
    }
    Some(text)
}
