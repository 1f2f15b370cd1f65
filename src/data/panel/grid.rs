//! The grid: one step for all series, rows in their places, long holes as ends of segments.

use std::ops::Range;

use super::{Found, PanelOptions, Segment};
use crate::data::freq::Freq;
use crate::data::freq::infer::{Inferred, infer, settle};
use crate::data::long::LongFrame;
use crate::error::{Error, Place, Result};

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

/// The step of all series: asked for, or the commonest one, checked series by series.
pub fn frequency(frame: &LongFrame, options: &PanelOptions) -> Result<Freq> {
    let ranges = ranges(frame);
    let stamps = ranges.iter().map(|r| &frame.stamps[r.clone()]);
    if let Some(step) = options.resample {
        return Ok(step.on(&frame.time));
    }
    if let Some(freq) = options.freq {
        return Ok(settle(freq, stamps, &frame.time));
    }
    match infer(stamps, &frame.time) {
        Inferred::One(freq) => Ok(freq),
        Inferred::TooShort => Err(Error::data(
            Place::file(frame.source.clone()),
            format!(
                "no series has two rows, so the step between rows cannot be found ({} rows)",
                frame.len()
            ),
        )
        .with_hint("give more rows, or name the step with --freq 1h")),
        Inferred::Odd(odd) => {
            let (step, rest) = (odd.step.on(&frame.time), odd.rest.on(&frame.time));
            let coarse = if step.seconds() > rest.seconds() { step } else { rest };
            let fine = if step.seconds() > rest.seconds() { rest } else { step };
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
pub fn layout(frame: &mut LongFrame, freq: Freq, max_gap_rows: usize, found: &mut Found) -> Result<Layout> {
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
fn steps(frame: &LongFrame, freq: Freq, first: usize, before: i64, stamp: i64) -> Option<i64> {
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

fn too_sparse(frame: &LongFrame, freq: Freq) -> Error {
    Error::data(
        Place::file(frame.source.clone()),
        format!("with a row each {freq}, more than {GROWTH} times as many rows would be missing as there are ({})", frame.len()),
    )
    .with_hint("choose a longer step with --freq, or --resample the table")
}

/// Names the row that is off: the commonest place within the step is taken to be the grid.
fn off_grid(frame: &LongFrame, range: &Range<usize>, row: usize, freq: Freq) -> Error {
    let mut odd = row;
    if let Some(step) = freq.fixed(&frame.time).filter(|step| *step > 0) {
        let mut counts = std::collections::HashMap::<i64, usize>::new();
        for stamp in &frame.stamps[range.clone()] {
            *counts.entry(stamp.rem_euclid(step)).or_default() += 1;
        }
        let phase =
            counts.iter().max_by_key(|(phase, n)| (**n, std::cmp::Reverse(**phase))).map(|(phase, _)| *phase);
        let off = |i: &usize| Some(frame.stamps[*i].rem_euclid(step)) != phase;
        odd = range.clone().find(off).unwrap_or(row);
    }
    let key = frame.series.get(frame.series_id[odd] as usize).map(ToString::to_string).unwrap_or_default();
    Error::data(
        frame.place(odd).series(key).stamp(frame.time.display(frame.stamps[odd])),
        format!("is not a whole number of steps of {freq} from the other rows of the series"),
    )
    .with_hint(format!("lay the rows on a grid with --resample {freq}, or name the right step with --freq"))
}
