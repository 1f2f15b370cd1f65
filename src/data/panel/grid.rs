//! The grid: one step for all series, rows in their places, long holes as ends of segments.

use super::{Found, PanelOptions, Segment};
use crate::data::freq::Freq;
use crate::data::long::LongFrame;
use crate::error::{Error, Place, Result};

/// Row ranges of each series in a sorted frame, by series number.
fn ranges(frame: &LongFrame) -> Vec<std::ops::Range<usize>> {
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
    if let Some(freq) = options.resample.or(options.freq) {
        return Ok(freq.on(&frame.time));
    }
    let ranges = ranges(frame);
    let stamps: Vec<&[i64]> = ranges.iter().map(|r| &frame.stamps[r.clone()]).collect();
    let Some(freq) = Freq::infer(&stamps, &frame.time) else {
        return Err(Error::data(
            Place::file(frame.source.clone()),
            format!("no series has two rows, so the step between rows cannot be found ({} rows)", frame.len()),
        )
        .with_hint("give more rows, or name the step with --freq 1h"));
    };
    // A series whose own commonest step is another one is named, unless it is only full of gaps.
    for (key, own) in frame.series.iter().zip(&stamps) {
        let Some(other) = Freq::infer(&[own], &frame.time) else { continue };
        let on_grid = own.windows(2).filter(|p| freq.steps_between(p[0], p[1], &frame.time).is_some()).count();
        if other != freq && (on_grid * 2 < own.len() - 1 || own.len() > 8 && other.seconds() < freq.seconds()) {
            return Err(Error::data(
                Place::file(frame.source.clone()).series(key.to_string()),
                format!("has a row each {other}, while the table as a whole has one each {freq}"),
            )
            .with_hint(format!("bring all series to one step, for example --resample {}", if other.seconds() > freq.seconds() { other } else { freq })));
        }
    }
    Ok(freq)
}

/// Where each row of the sorted frame goes.
pub struct Layout {
    pub segments: Vec<Segment>,
    /// UTC epoch seconds of every grid row.
    pub stamps: Vec<i64>,
    /// For each source row its grid row; `None` when they are the same.
    places: Option<Vec<usize>>,
}

impl Layout {
    /// A column's values in their places, NaN elsewhere.
    pub fn place(&self, values: Vec<f64>) -> Vec<f64> {
        let Some(places) = &self.places else { return values };
        let mut out = vec![f64::NAN; self.stamps.len()];
        for (value, place) in values.iter().zip(places) {
            out[*place] = *value;
        }
        out
    }
}

/// Lays rows on the grid through each series' first row.
pub fn layout(frame: &LongFrame, freq: Freq, max_gap_rows: usize, found: &mut Found) -> Result<Layout> {
    let mut segments = Vec::new();
    let mut stamps: Vec<i64> = Vec::with_capacity(frame.len());
    let mut places = Vec::with_capacity(frame.len());
    for (series, range) in ranges(frame).into_iter().enumerate() {
        let Some(&first) = frame.stamps.get(range.start).filter(|_| !range.is_empty()) else { continue };
        let mut offset = stamps.len();
        let mut before = 0i64;
        for i in range.clone() {
            let stamp = frame.stamps[i];
            let Some(at) = freq.steps_between(first, stamp, &frame.time).filter(|at| *at >= before) else {
                return Err(off_grid(frame, i, freq));
            };
            let missing = (at - before - 1).max(0) as usize;
            if i > range.start && missing > 0 {
                if missing > max_gap_rows {
                    found.long_holes += 1;
                    segments.push(Segment { series: series as u32, offset, len: stamps.len() - offset });
                    offset = stamps.len();
                } else {
                    found.missing_rows += missing;
                    stamps.extend((1..=missing as i64).map(|k| freq.advance(first, before + k, &frame.time)));
                }
            }
            places.push(stamps.len());
            stamps.push(stamp);
            before = at;
        }
        segments.push(Segment { series: series as u32, offset, len: stamps.len() - offset });
    }
    let same = places.len() == stamps.len();
    Ok(Layout { segments, stamps, places: (!same).then_some(places) })
}

fn off_grid(frame: &LongFrame, row: usize, freq: Freq) -> Error {
    let key = &frame.series[frame.series_id[row] as usize];
    Error::data(
        Place::file(frame.source.clone())
            .row(frame.editor_row(row))
            .series(key.to_string())
            .stamp(frame.time.display(frame.stamps[row])),
        format!("is not a whole number of steps of {freq} after the first row of the series"),
    )
    .with_hint(format!("lay the rows on a grid with --resample {freq}, or name the right step with --freq"))
}
