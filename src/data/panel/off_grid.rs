//! Rows that are on no grid, named, with what may be done.

use std::ops::Range;

use crate::data::freq::{DAY, Freq};
use crate::data::long::LongFrame;
use crate::data::stamp::Clock;
use crate::error::Error;

/// Names the row that is off: the commonest place within the step is taken to be the grid.
pub(super) fn off_grid(frame: &LongFrame, range: &Range<usize>, row: usize, freq: &Freq) -> Error {
    if let Some(error) = off_calendar(frame, range, row, freq) {
        return error;
    }
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
    let what = format!("is not a whole number of steps of {freq} from the other rows of the series");
    let step = tidy(freq).map_or_else(|| freq.to_string(), |step| step.to_string());
    at_row(frame, odd, what).with_hint(format!(
        "lay the rows on a grid with --resample {step}, or name the right step with --freq"
    ))
}

/// The step that a clock shows from this one on (257 s: 5 min; 901 s: 15 min), of steps below an hour.
fn tidy(freq: &Freq) -> Option<Freq> {
    let Freq::Seconds(seconds) = freq else { return None };
    let steps = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600];
    // A second more or less is the logger's.
    steps.into_iter().find(|step| step * 20 >= seconds * 19).map(Freq::Seconds)
}

fn at_row(frame: &LongFrame, row: usize, what: String) -> Error {
    let key = frame.series.get(frame.series_id[row] as usize).map(ToString::to_string).unwrap_or_default();
    Error::data(frame.place(row).series(key).stamp(frame.time.display(frame.stamps[row])), what)
}

/// Rows of one time of the day that are days apart, but not always as many: a calendar, of which
/// a grid of the commonest step would tear the rows apart.
fn off_calendar(frame: &LongFrame, range: &Range<usize>, row: usize, freq: &Freq) -> Option<Error> {
    let local = |i: usize| frame.time.local_seconds(frame.stamps[i]);
    let clock = local(range.start).rem_euclid(DAY);
    if let Some(error) = bent_by_a_clock(frame, range, row, freq) {
        return Some(error);
    }
    let bend = if frame.time.zone().is_some() { 3600 } else { 0 };
    let daily = range.clone().all(|i| (local(i).rem_euclid(DAY) - clock).abs() <= bend);
    if freq.seconds() < DAY || !daily {
        return None;
    }
    let day = |i: usize| local(i).div_euclid(DAY);
    let apart: Vec<i64> = range.clone().skip(1).map(|i| day(i) - day(i - 1)).collect();
    let mut counts = std::collections::BTreeMap::<i64, usize>::new();
    apart.iter().for_each(|days| *counts.entry(*days).or_default() += 1);
    let (common, often) = counts.iter().max_by_key(|(_, n)| **n).map(|(days, n)| (*days, *n))?;
    // Rows of a finer step are joined, not counted.
    if 2 * common * DAY <= freq.seconds() {
        return None;
    }
    let (least, most) = (apart.iter().min()?, apart.iter().max()?);
    let days = |n: i64| if n == 1 { "1 day".to_owned() } else { format!("{n} days") };
    let what = format!(
        "is {} after the row before it and off the step of {freq}; the rows of the series are {least} to {} apart ({common} in {often} of {} cases): irregular, or a calendar of its own",
        days(day(row) - day(row - 1)),
        days(*most),
        apart.len()
    );
    Some(at_row(frame, row, what).with_hint(
        "--freq observed counts the rows as they are and takes the stamps ahead from --future-table; a calendar with a rule is named by it: --freq B, BME, SMS, \"1mo 1,11,21\"; --freq 1d fills all days between",
    ))
}

/// Instants of UTC or of changing offsets whose time of the day moves by an hour with the seasons:
/// midnights of a zone.
fn bent_by_a_clock(frame: &LongFrame, range: &Range<usize>, row: usize, freq: &Freq) -> Option<Error> {
    if frame.time.zone().is_some() || frame.time.clock() == Clock::Wall || freq.seconds() < DAY {
        return None;
    }
    let first = frame.stamps[range.start].rem_euclid(DAY);
    let mut moved = false;
    for stamp in &frame.stamps[range.clone()] {
        let apart = (stamp.rem_euclid(DAY) - first).rem_euclid(DAY);
        match apart {
            0 => {}
            3600 | 82_800 => moved = true,
            _ => return None,
        }
    }
    let what = "is an hour earlier or later in the day than others: days of a zone whose clocks change";
    moved.then(|| {
        at_row(frame, row, what.into())
            .with_hint("name the zone, so that its days and months are the rows: --time-zone Europe/Rome")
    })
}
