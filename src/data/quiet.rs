//! Sensors that have fallen quiet: runs of one value, and runs without any, that are longer than a series' own
//! past makes likely.
//!
//! What is usual is learnt from the training rows of each series and target. With L the longest run there and r
//! the share of rows of such runs that are followed by one more, runs go on as by the throw of a coin, and one
//! longer than
//!
//! ```text
//! L + ceil(ln(1/100) / ln r)
//! ```
//!
//! is too long: even where the longest run of training comes again, so many more rows follow it in one case of a
//! hundred (r^k < 1/100). Rain that is 0 for weeks has an r near 1 and gets a long limit, a sensor with
//! noise in its last digit a limit of a few rows. A series that never missed a row may miss one.

use serde::{Deserialize, Serialize};

use crate::data::long::SeriesKey;
use crate::data::panel::Panel;
use crate::data::scale::{ENOUGH, Scaler};

/// How rare a run is that is too long.
const RARE: f64 = 0.01;

/// Longest usual runs of each series of a scaler and each target; (S, K) each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// Rows with one value.
    pub flat: Vec<u32>,
    /// Rows without any.
    pub missing: Vec<u32>,
}

/// The longest usual runs of one series and target, rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// With one value.
    pub flat: usize,
    /// Without any.
    pub missing: usize,
}

/// What a run is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    Flat,
    /// No value.
    Missing,
}

/// A run that is too long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// Of what.
    pub kind: Kind,
    /// The row with which it became too long, UTC epoch seconds.
    pub since: i64,
    /// Its last row so far.
    pub until: i64,
    /// How many rows it has.
    pub rows: usize,
    /// The value; NaN where there is none.
    pub value: f64,
}

impl Quiet {
    /// From the rows before `until` (UTC epoch seconds) of the scaler's series.
    pub fn learn(panel: &Panel, scaler: &Scaler, until: i64) -> Quiet {
        let mut quiet = Quiet::default();
        for (key, _) in &scaler.series {
            let series = panel.series.binary_search(key).ok();
            for target in 0..panel.targets {
                let usual = series.map(|s| usual(&observed(panel, s, target, until), panel));
                let usual = usual.unwrap_or(Usual { flat: usize::MAX, missing: usize::MAX });
                let short = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
                quiet.flat.push(short(usual.flat));
                quiet.missing.push(short(usual.missing));
            }
        }
        quiet
    }

    /// Whether there is none: older checkpoints have it not.
    pub fn is_empty(&self) -> bool {
        self.flat.is_empty()
    }

    /// Whether there are numbers for so many series and targets, or none at all.
    pub fn fits(&self, series: usize, targets: usize) -> bool {
        let both = [&self.flat, &self.missing];
        both.iter().all(|all| all.is_empty()) || both.iter().all(|all| all.len() == series * targets)
    }

    /// What is usual of a series: what training has seen, else what its rows before `until` show, else the longest
    /// of all series; `None` where nothing is known.
    pub fn usual(&self, panel: &Panel, scaler: &Scaler, place: (usize, usize), until: i64) -> Option<Usual> {
        let (series, target) = place;
        let key = panel.series.get(series)?;
        let stored = self.stored(scaler, key, target, panel.targets);
        if stored.is_some() {
            return stored;
        }
        let own = observed(panel, series, target, until);
        if own.len() >= ENOUGH {
            return Some(usual(&own, panel));
        }
        self.longest(target, panel.targets)
    }

    /// What is usual of a series whose past is not at hand: what training has seen, else the longest of all series.
    pub fn usual_of(&self, scaler: &Scaler, key: &SeriesKey, target: usize, targets: usize) -> Option<Usual> {
        self.stored(scaler, key, target, targets).or_else(|| self.longest(target, targets))
    }

    fn stored(&self, scaler: &Scaler, key: &SeriesKey, target: usize, targets: usize) -> Option<Usual> {
        let at = scaler.series.binary_search_by(|(own, _)| own.cmp(key)).ok()? * targets + target;
        Some(Usual { flat: *self.flat.get(at)? as usize, missing: *self.missing.get(at)? as usize })
    }

    fn longest(&self, target: usize, targets: usize) -> Option<Usual> {
        let of_target = |all: &[u32]| all.iter().skip(target).step_by(targets.max(1)).copied().max();
        let (flat, missing) = (of_target(&self.flat)?, of_target(&self.missing)?);
        Some(Usual { flat: flat as usize, missing: missing as usize })
    }
}

/// The runs of a series and target that are longer than usual, in order; `end` is the last stamp that any series
/// has, up to which this one may be missing.
pub fn runs(panel: &Panel, place: (usize, usize), usual: Usual, end: i64) -> Vec<Run> {
    let seen = observed(panel, place.0, place.1, i64::MAX);
    let mut all = flat(&seen, usual.flat);
    all.extend(missing(&seen, usual.missing, panel, end));
    all.sort_by_key(|run| run.since);
    all
}

/// Stamps and values of a target where it was observed, before `until`.
fn observed(panel: &Panel, series: usize, target: usize, until: i64) -> Vec<(i64, f64)> {
    let Some(column) = panel.columns.get(target) else { return Vec::new() };
    let segments = panel.segments_of(series as u32).iter();
    let rows = segments.flat_map(|segment| segment.offset..segment.offset + segment.len);
    let cells = rows.filter_map(|row| Some((*panel.stamps.get(row)?, *column.values.get(row)?)));
    cells.filter(|(stamp, value)| *stamp < until && !value.is_nan()).collect()
}

/// The longest usual runs, by the rows of the past.
fn usual(past: &[(i64, f64)], panel: &Panel) -> Usual {
    let (mut run, mut longest, mut again) = (0usize, 0usize, 0usize);
    for (at, (_, value)) in past.iter().enumerate() {
        let same = at.checked_sub(1).and_then(|before| past.get(before)).is_some_and(|(_, b)| b == value);
        run = if same { run + 1 } else { 1 };
        again += usize::from(same);
        longest = longest.max(run);
    }
    let flat = longest + beyond(again, past.len().saturating_sub(1));
    let holes: Vec<usize> = past.windows(2).filter_map(|pair| hole(pair, panel)).collect();
    let (rows, longest) = (holes.iter().sum::<usize>(), holes.iter().copied().max().unwrap_or(0));
    let missing = if rows == 0 { 1 } else { longest + beyond(rows - holes.len(), rows) };
    Usual { flat, missing }
}

/// Rows that a run as long as any has more of in one case of a hundred: of `of` rows `again` were followed by
/// another of their run (Laplace's rule of succession, so that neither none nor all is certain).
fn beyond(again: usize, of: usize) -> usize {
    let share = (again as f64 + 1.0) / (of as f64 + 2.0);
    (RARE.ln() / share.ln()).ceil().max(1.0) as usize
}

/// Rows missing between two observed ones; `None` where there is none.
fn hole(pair: &[(i64, f64)], panel: &Panel) -> Option<usize> {
    let [(before, _), (after, _)] = pair else { return None };
    let rows = panel.freq.rows_between(*before, *after, &panel.time);
    usize::try_from(rows - 1).ok().filter(|rows| *rows > 0)
}

fn flat(seen: &[(i64, f64)], usual: usize) -> Vec<Run> {
    let mut all = Vec::new();
    for run in seen.chunk_by(|a, b| a.1 == b.1) {
        if let (Some((since, value)), Some((until, _))) = (run.get(usual), run.last()) {
            all.push(Run { kind: Kind::Flat, since: *since, until: *until, rows: run.len(), value: *value });
        }
    }
    all
}

fn missing(seen: &[(i64, f64)], usual: usize, panel: &Panel, end: i64) -> Vec<Run> {
    let last = seen.last().map(|(stamp, _)| [(*stamp, 0.0), (panel.freq.advance(end, 1, &panel.time), 0.0)]);
    let pairs = seen.windows(2).chain(last.iter().map(|pair| &pair[..]));
    let too_long = |pair: &[(i64, f64)]| {
        let rows = hole(pair, panel).filter(|rows| *rows > usual)?;
        let after = |n: usize| panel.freq.advance(pair[0].0, n as i64, &panel.time);
        Some(Run { kind: Kind::Missing, since: after(usual + 1), until: after(rows), rows, value: f64::NAN })
    };
    pairs.filter_map(too_long).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_by_hand() {
        // ln(1/100) / ln(1/2) = 6.64; none of 98 rows followed: ln(1/100) / ln(1/100) = 1.
        assert_eq!(beyond(0, 0), 7);
        assert_eq!(beyond(0, 98), 1);
        // 89 of 98 rows: share 0.9, ln(1/100) / ln(0.9) = 43.7.
        assert_eq!(beyond(89, 98), 44);
    }

    #[test]
    fn runs_of_one_value() {
        let values = [1.0, 2.0, 2.0, 2.0, 3.0, 2.0, 2.0];
        let seen: Vec<(i64, f64)> = (0..).zip(values).collect();
        assert_eq!(flat(&seen, 3), []);
        let found = flat(&seen, 2);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].since, found[0].until, found[0].rows, found[0].value), (3, 3, 3, 2.0));
    }
}
