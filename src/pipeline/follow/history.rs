//! What is kept of each series, and how the series come together in one panel.

use std::collections::VecDeque;

use crate::data::long::SeriesKey;
use crate::data::panel::{Panel, PanelColumn, Segment};
use crate::data::scale::{Growing, Scaling};
use crate::data::split::Cut;
use crate::data::stamp::zone::Instants;
use crate::data::stamp::{Clock, TimeStyle};

/// The rows kept of one series, in order of time.
#[derive(Default)]
pub struct History {
    pub rows: VecDeque<Row>,
    /// Rows so far ahead of all others that no window spans the hole between. They take the others'
    /// place once there are enough for a forecast of their own; a single wrong stamp never does.
    ahead: VecDeque<Row>,
    /// Whether older rows were let go.
    pub cut: bool,
    /// Whether it was said that training had not seen the series.
    pub said: bool,
    /// The rows on their grid, all of them.
    pub panel: Option<Panel>,
    /// How the series is scaled where training had not seen it.
    pub scaling: Option<Vec<Scaling>>,
    /// What that was found by.
    pub growing: Growing,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is the newest, and follows the one before.
    Newest,
    /// It stands among the others.
    Within,
    /// It takes the place of the others, which were the strays.
    Anew,
    /// It is older than all that is kept.
    Late,
    /// It is beyond the reach of the rows before it, the first of so many there: `first` is the stamp
    /// of the row before.
    Ahead { rows: usize, before: i64 },
}

/// How far apart rows may be, and how many are needed.
pub struct Reach<'a> {
    /// The last stamp that the row after this one may have without breaking every window.
    pub after: &'a dyn Fn(i64) -> i64,
    /// Unbroken rows that a forecast needs.
    pub least: usize,
    /// Rows that are kept.
    pub keep: usize,
}

/// One row as it came.
pub struct Row {
    pub stamp: i64,
    /// Its line in the stream, 0 for rows from before it.
    pub line: u32,
    pub values: Vec<f64>,
}

impl History {
    /// Takes a row in.
    pub fn take(&mut self, row: Row, reach: &Reach) -> Place {
        if self.cut && self.rows.front().is_some_and(|oldest| row.stamp <= oldest.stamp) {
            return Place::Late;
        }
        let newest = self.rows.back().map(|newest| newest.stamp);
        match newest {
            Some(newest) if row.stamp > (reach.after)(newest) => self.leap(row, newest, reach),
            // What there was before is itself the stray, as where it came first.
            Some(newest) if newest > (reach.after)(row.stamp) && self.is_short(reach) => {
                self.ahead = std::mem::take(&mut self.rows);
                self.rows.push_back(row);
                self.panel = None;
                Place::Anew
            }
            _ => {
                let at = insert(&mut self.rows, row);
                self.catch_up(reach);
                if at + 1 == self.rows.len() { Place::Newest } else { Place::Within }
            }
        }
    }

    /// A row beyond the reach of the others.
    fn leap(&mut self, row: Row, before: i64, reach: &Reach) -> Place {
        let near = |a: i64, b: i64| a.max(b) <= (reach.after)(a.min(b));
        if self.ahead.back().is_some_and(|last| !near(last.stamp, row.stamp)) {
            self.ahead.clear();
        }
        insert(&mut self.ahead, row);
        // A clock that stands still must not fill the memory.
        if self.ahead.len() > reach.keep {
            self.ahead.pop_front();
        }
        let rows =
            self.ahead.iter().zip(self.ahead.iter().skip(1)).filter(|(a, b)| a.stamp != b.stamp).count() + 1;
        if rows < reach.least.max(2) {
            return Place::Ahead { rows, before };
        }
        self.rows.append(&mut self.ahead);
        Place::Within
    }

    /// Joins rows that were ahead of the others, and are no more.
    fn catch_up(&mut self, reach: &Reach) {
        let (Some(ahead), Some(newest)) = (self.ahead.front(), self.rows.back()) else { return };
        if ahead.stamp <= (reach.after)(newest.stamp) {
            let ahead = std::mem::take(&mut self.ahead);
            ahead.into_iter().for_each(|row| {
                insert(&mut self.rows, row);
            });
        }
    }

    /// Whether the rows so far make no forecast.
    fn is_short(&self, reach: &Reach) -> bool {
        !self.cut && self.rows.len() < reach.least
    }

    /// Takes back rows of these lines and later ones, which turned out to be no rows of a series.
    pub fn take_back(&mut self, line: u32) {
        self.rows.retain(|row| row.line < line);
        self.panel = None;
    }

    /// Continues the grid by the newest row, whose values are these; `false` where it has to be laid
    /// anew: the row is not the next one on it, or the grid has more than `most` rows.
    pub fn grow(&mut self, values: &[Option<usize>], most: usize) -> bool {
        let (Some(panel), Some(row)) = (&mut self.panel, self.rows.back()) else { return false };
        let next = panel.stamps.last().map(|last| panel.freq.advance(*last, 1, &panel.time));
        if next != Some(row.stamp) || panel.stamps.len() >= most || values.len() != panel.columns.len() {
            return false;
        }
        let Some(segment) = panel.segments.last_mut() else { return false };
        segment.len += 1;
        panel.stamps.push(row.stamp);
        for (column, place) in panel.columns.iter_mut().zip(values) {
            column.values.push(place.and_then(|place| row.values.get(place)).copied().unwrap_or(f64::NAN));
        }
        true
    }

    /// Rows of the last segment.
    pub fn unbroken(&self) -> usize {
        self.panel.as_ref().and_then(|p| p.segments.last()).map_or(0, |s| s.len)
    }

    /// Lets rows go that no window will see. Their values still count where a later row has
    /// none, so the oldest row that is kept takes them over; it lies before every window, and
    /// further than `max_fill` rows before it, so that only its values matter.
    pub fn forget(&mut self, panel: &Panel, keep: usize, max_gap_rows: usize) {
        let Some(last) = panel.stamps.last() else { return };
        let limit = panel.freq.advance(*last, -(keep as i64), &panel.time);
        let rows = &mut self.rows;
        while rows.get(1).is_some_and(|second| second.stamp <= limit) {
            let Some(gone) = rows.pop_front() else { return };
            self.cut = true;
            let first = rows[0].stamp;
            let hole = panel.freq.steps_between(gone.stamp, first, &panel.time).map_or(0, |steps| steps - 1);
            if hole > max_gap_rows as i64 {
                continue;
            }
            let same = rows.iter().take_while(|r| r.stamp == first).count();
            for (i, value) in gone.values.iter().enumerate() {
                if rows.iter().take(same).all(|r| r.values[i].is_nan()) {
                    rows[0].values[i] = *value;
                }
            }
        }
    }
}

/// Puts a row in its place, behind those of the same stamp and earlier lines; where that is.
fn insert(rows: &mut VecDeque<Row>, row: Row) -> usize {
    let at = rows.partition_point(|r| (r.stamp, r.line) <= (row.stamp, row.line));
    rows.insert(at, row);
    at
}

/// One panel of the newest rows of several series, and the origin after each; of each series at most
/// `most` rows of its last segment.
pub fn together<'h>(
    histories: impl Iterator<Item = (&'h SeriesKey, &'h History)>,
    most: usize,
) -> Option<(Panel, Vec<Cut>)> {
    let mut whole: Option<Panel> = None;
    let mut origins = Vec::new();
    for (key, history) in histories {
        let Some((own, segment)) = history.panel.as_ref().and_then(|p| Some((p, p.segments.last()?))) else {
            continue;
        };
        let end = segment.offset + segment.len;
        let rows = segment.offset.max(end.saturating_sub(most))..end;
        let panel = whole.get_or_insert_with(|| Panel {
            series: Vec::new(),
            columns: own
                .columns
                .iter()
                .map(|c| PanelColumn { name: c.name.clone(), values: Vec::new() })
                .collect(),
            ..own.shell()
        });
        let (series, offset) = (panel.series.len() as u32, panel.stamps.len());
        panel.series.push(key.clone());
        panel.segments.push(Segment { series, offset, len: rows.len() });
        panel.stamps.extend_from_slice(&own.stamps[rows.clone()]);
        for (column, from) in panel.columns.iter_mut().zip(&own.columns) {
            column.values.extend_from_slice(&from.values[rows.clone()]);
            // As where older rows are let go, the first takes over what was last known before it.
            if let Some(value) = column.values.get_mut(offset).filter(|value| value.is_nan()) {
                let before = from.values[segment.offset..rows.start].iter().rev();
                *value = before.copied().find(|v| !v.is_nan()).unwrap_or(f64::NAN);
            }
        }
        origins.push(Cut { segment: series, row: offset + rows.len() });
    }
    whole.map(|panel| (panel, origins))
}

/// Of two rows with the same repeated hour on the wall the later one is its second passage, as
/// the reader has it for a whole table; read alone, a row is always taken for the first.
pub fn second_passage(time: &TimeStyle, stamp: i64, history: &History) -> i64 {
    let (Clock::Wall, Some(zone)) = (time.clock(), time.own_zone()) else { return stamp };
    match zone.to_utc(stamp + i64::from(zone.offset_at(stamp))) {
        Instants::Two(early, late) if stamp == early && history.rows.iter().any(|r| r.stamp == early) => late,
        _ => stamp,
    }
}
