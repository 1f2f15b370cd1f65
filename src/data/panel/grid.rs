//! The grid: one step for all series, rows in their places, long holes as ends of segments.

use std::ops::Range;

use super::calendar::{apart, season_once, step_change, told, training_end};
use super::off_grid::off_grid;
use super::{Found, PanelOptions, Segment, note};
use crate::data::freq::Freq;
use crate::data::freq::infer::{Inferred, infer, settle};
use crate::data::freq::learn::{Learned, learn};
use crate::data::long::{LongFrame, Note};
use crate::error::{Error, Place, Result};
use crate::text::plural;

/// Row ranges of each series in a sorted frame, by series number.
pub fn ranges(frame: &LongFrame) -> Vec<Range<usize>> {
    let mut out = vec![0..0; frame.series.len()];
    let mut start = 0;
    while start < frame.len() {
        let series = frame.series_id[start];
        let end = start + frame.series_id[start..].partition_point(|s| *s == series);
        out[series as usize] = start..end;
        start = end;
    }
    out
}

/// The step of all series: asked for, known from a checkpoint, or found: the commonest one,
/// checked series by series, and the slots of a calendar where the training rows follow one.
pub fn frequency(frame: &LongFrame, options: &PanelOptions, notes: &mut Vec<Note>) -> Result<Freq> {
    let ranges = ranges(frame);
    let stamps = ranges.iter().map(|r| &frame.stamps[r.clone()]);
    if let Some(step) = &options.resample {
        return Ok(step.clone().on(&frame.time));
    }
    let until = training_end(frame, &options.split);
    let training = |s: &'_ [i64]| s.partition_point(|stamp| *stamp < until);
    let training = || stamps.clone().map(|s| &s[..training(s)]).collect::<Vec<&[i64]>>();
    if let Some(freq) = &options.freq {
        let freq = settle(freq.clone(), stamps.clone(), &frame.time);
        // Of months the rows tell the day.
        let months = matches!(freq, Freq::Months(_));
        return Ok(match months.then(|| learn(&training(), &freq, &frame.time)) {
            Some(Learned::Calendar(anchored)) => anchored,
            _ => freq,
        });
    }
    match infer(stamps.clone(), &frame.time) {
        Inferred::One(plain) if options.plain => Ok(plain),
        Inferred::One(plain) => match learn(&training(), &plain, &frame.time) {
            Learned::Calendar(freq) => {
                notes.extend(told(&freq, &plain, &frame.time));
                notes.extend(season_once(&training(), &freq, &frame.time));
                Ok(freq)
            }
            Learned::Near(seen, freq) => {
                let text = format!(
                    "training has {seen}: read as missing rows; --freq \"{freq}\" leaves these days out"
                );
                notes.push(note("calendar", 0, text));
                Ok(plain)
            }
            Learned::Apart(series) => {
                notes.push(apart(frame, &series));
                Ok(plain)
            }
            Learned::Plain => {
                let series: Vec<&[i64]> = stamps.clone().collect();
                notes.extend(step_change(&series, &plain, &frame.time));
                notes.extend(season_once(&training(), &plain, &frame.time));
                notes.extend(told(&plain, &plain, &frame.time));
                Ok(plain)
            }
        },
        Inferred::TooShort => Err(Error::data(
            Place::file(frame.source.clone()),
            format!(
                "no series has two rows, so the step between rows cannot be found ({})",
                plural(frame.len(), "row")
            ),
        )
        .with_hint("give more rows, or name the step with --freq 1h")),
        Inferred::Odd(odd) => {
            let (step, rest) = (odd.step.on(&frame.time), odd.rest.on(&frame.time));
            let (coarse, fine) =
                if step.seconds() > rest.seconds() { (&step, &rest) } else { (&rest, &step) };
            let key = frame.series.get(odd.series).map(ToString::to_string).unwrap_or_default();
            Err(Error::data(
                Place::file(frame.source.clone()).series(key),
                format!("has a row each {step}, while the other series have one each {rest}"),
            )
            .with_hint(format!(
                "bring all series to one step with --resample {coarse}, or keep the finer one, with holes, by --freq {fine}"
            )))
        }
    }
}

/// Where the rows of the sorted frame go.
pub struct Layout {
    pub segments: Vec<Segment>,
    /// UTC epoch seconds of every grid row.
    pub stamps: Vec<i64>,
    /// Runs of source rows without a hole, with the grid row of the first; empty when every
    /// row stays where it is.
    runs: Vec<(Range<usize>, usize)>,
}

impl Layout {
    /// A column's values in their places, NaN elsewhere.
    pub fn place(&self, values: Vec<f64>) -> Vec<f64> {
        if self.runs.is_empty() {
            return values;
        }
        let mut out = Vec::with_capacity(self.stamps.len());
        for (rows, at) in &self.runs {
            out.resize(*at, f64::NAN);
            out.extend_from_slice(&values[rows.clone()]);
        }
        out
    }
}

/// A table may grow by this factor when short holes are completed, or by [`FEW`] rows whatever
/// its size; beyond that the step is not the table's.
const GROWTH: usize = 20;
const FEW: usize = 10_000_000;

/// Lays rows on the grid through each series' first row.
pub fn layout(frame: &mut LongFrame, freq: &Freq, max_gap_rows: usize, found: &mut Found) -> Result<Layout> {
    let ranges = ranges(frame);
    let mut segments = Vec::with_capacity(ranges.len());
    // (source row after a hole, rows missing before it), and no completed stamps yet: a table
    // without short holes keeps its own vector of stamps.
    let mut holes: Vec<(usize, i64)> = Vec::new();
    let mut added = 0usize;
    for (series, range) in ranges.iter().enumerate() {
        if range.is_empty() {
            continue;
        }
        let mut offset = range.start + added;
        let mut i = range.start + 1;
        while i < range.end {
            let (before, stamp) = (frame.stamps[i - 1], frame.stamps[i]);
            let missing = match steps(frame, freq, range.start, before, stamp) {
                Some(steps) if steps >= 1 => steps - 1,
                _ => return Err(off_grid(frame, range, i, freq)),
            };
            if missing > 0 {
                note_hole(found, frame, series, i, missing);
                if missing as u64 > max_gap_rows as u64 {
                    found.long_holes += 1;
                    segments.push(Segment { series: series as u32, offset, len: i + added - offset });
                    offset = i + added;
                } else {
                    added += missing as usize;
                    holes.push((i, missing));
                    if added > FEW && added / GROWTH > frame.len() {
                        return Err(too_sparse(frame, freq));
                    }
                }
            }
            i += 1;
        }
        segments.push(Segment { series: series as u32, offset, len: range.end + added - offset });
    }
    found.missing_rows = added;
    if holes.is_empty() {
        return Ok(Layout { segments, stamps: std::mem::take(&mut frame.stamps), runs: Vec::new() });
    }
    let mut stamps = Vec::with_capacity(frame.len() + added);
    let mut runs = Vec::with_capacity(holes.len() + 1);
    let mut start = 0;
    for (row, missing) in holes {
        runs.push((start..row, stamps.len()));
        stamps.extend_from_slice(&frame.stamps[start..row]);
        let first = frame.stamps[row - 1];
        stamps.extend((1..=missing).map(|k| freq.advance(first, k, &frame.time)));
        start = row;
    }
    runs.push((start..frame.len(), stamps.len()));
    stamps.extend_from_slice(&frame.stamps[start..]);
    Ok(Layout { segments, stamps, runs })
}

/// Steps from one stamp to the next of a series. Where a skipped hour or a short month bends
/// a stamp, the grid is that of the series' first row.
fn steps(frame: &LongFrame, freq: &Freq, first: usize, before: i64, stamp: i64) -> Option<i64> {
    let time = &frame.time;
    freq.steps_between(before, stamp, time).or_else(|| {
        let first = frame.stamps[first];
        let (a, b) = (freq.steps_between(first, before, time)?, freq.steps_between(first, stamp, time)?);
        Some(b - a)
    })
}

/// Remembers the longest hole.
fn note_hole(found: &mut Found, frame: &LongFrame, series: usize, row: usize, missing: i64) {
    if missing as usize > found.longest_hole.rows {
        found.longest_hole = super::Hole {
            rows: missing as usize,
            series: frame.series.get(series).map(ToString::to_string).unwrap_or_default(),
            after: frame.time.display(frame.stamps[row - 1]),
            before: frame.time.display(frame.stamps[row]),
        };
    }
}

fn too_sparse(frame: &LongFrame, freq: &Freq) -> Error {
    Error::data(
        Place::file(frame.source.clone()),
        format!("with a row each {freq}, more than {GROWTH} times as many rows would be missing as there are ({})", frame.len()),
    )
    .with_hint("choose a longer step with --freq, or --resample the table")
}
