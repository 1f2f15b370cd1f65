//! Holidays on the grid: days without rows, or a column of 0 and 1.

use super::calendar::training_end;
use super::{Panel, PanelColumn, PanelOptions, grid, note};
use crate::data::freq::{DAY, Freq};
use crate::data::holidays::{COLUMN, Holidays};
use crate::data::long::{LongFrame, Note};
use crate::error::{Error, Place, Result};
use crate::text::first_of;

/// Days are closed where at most this share of them has rows.
const CLOSED: f64 = 0.05;
/// Fewest days in training that tell which they are.
const TELLING: usize = 2;

/// What the training rows show the holidays to be.
enum Role {
    /// Days without rows: the calendar without them.
    Closed(Freq),
    /// Days with rows: a column.
    Column,
}

/// Takes holidays out of the calendar where training has no rows on them; else they are a column.
pub(super) fn without_holidays(
    frame: &LongFrame,
    freq: Freq,
    options: &PanelOptions,
    notes: &mut Vec<Note>,
) -> Result<(Freq, Option<Holidays>)> {
    let Some((holidays, path)) = &options.holidays else { return Ok((freq, None)) };
    if frame.columns.iter().any(|column| column.name == COLUMN) {
        return Err(Error::data(
            Place::file(frame.source.clone()).column(COLUMN),
            "the table has a column of the name that --holidays gives to its own",
        )
        .with_hint(format!("leave --holidays out, or the column by --drop {COLUMN}")));
    }
    // A checkpoint knows what they are: it has closed days, or a column.
    let known = match &freq {
        Freq::Slots(slots) if !slots.closed().is_empty() => {
            holidays.close(&freq, &frame.time).map(Role::Closed)
        }
        _ => None,
    };
    let known = if options.column { Some(Role::Column) } else { known };
    let role = match known {
        Some(role) => role,
        None => role(holidays, path, frame, &freq, training_end(frame, &options.split))?,
    };
    let days = holidays.len();
    let (text, found) = match role {
        Role::Closed(freq) => {
            let text = format!(
                "training has no rows on the holidays of {path} ({days} dates): they are neither missing nor forecast"
            );
            (text, (freq, None))
        }
        Role::Column => {
            let text = format!("the holidays of {path} ({days} dates) are column `{COLUMN}`, known ahead");
            (text, (freq, Some(holidays.clone())))
        }
    };
    notes.push(note("holidays_read", days, text));
    notes.extend(what_it_lacks(holidays, path, frame));
    Ok(found)
}

/// Years and series of which a list knows nothing, so that none of their days is a holiday.
fn what_it_lacks(holidays: &Holidays, path: &str, frame: &LongFrame) -> Vec<Note> {
    let day = |stamp: i64| frame.time.local_seconds(stamp).div_euclid(DAY);
    let (first, last) = (frame.stamps.iter().min(), frame.stamps.iter().max());
    let span = (first.map_or(0, |s| day(*s)), last.map_or(0, |s| day(*s)));
    let mut notes = Vec::new();
    if let Some(years) = holidays.beyond(span) {
        let text = format!("the holidays of {path} are not known {years}: days there count as others do");
        notes.push(note("holidays_unknown", 1, text));
    }
    let without: Vec<String> =
        frame.series.iter().filter(|key| !holidays.names(key)).map(ToString::to_string).collect();
    if !holidays.for_all() && !without.is_empty() {
        let text = format!(
            "{} of {} series have no holidays in {path}: {}",
            without.len(),
            frame.series.len(),
            first_of(&without, 5, "")
        );
        notes.push(note("holidays_of_others", without.len(), text));
    }
    notes
}

/// What the holidays are in the training rows of a sorted frame (those before `until`).
///
/// # Errors
/// A list of which no day lies in training, or a step on which days do not count.
fn role(holidays: &Holidays, path: &str, frame: &LongFrame, freq: &Freq, until: i64) -> Result<Role> {
    if freq.nominal() >= 7 * DAY {
        return Err(Error::config(format!(
            "`holidays` is given, and a row each {freq} is no matter of days"
        ))
        .with_hint("leave --holidays out"));
    }
    let (mut open, mut all) = (0usize, 0usize);
    for rows in grid::ranges(frame) {
        let Some(key) = frame.series_id.get(rows.start).and_then(|s| frame.series.get(*s as usize)) else {
            continue;
        };
        let day = |i: usize| frame.time.local_seconds(frame.stamps[i]).div_euclid(DAY);
        let mut seen: Vec<i64> = rows.filter(|i| frame.stamps[*i] < until).map(day).collect();
        seen.dedup();
        let (Some(first), Some(last)) = (seen.first().copied(), seen.last().copied()) else { continue };
        for day in holidays.days() {
            let counts = (first..=last).contains(&day) && holidays.has(key, day) && has_rows(freq, day);
            all += usize::from(counts);
            open += usize::from(counts && seen.binary_search(&day).is_ok());
        }
    }
    if all == 0 {
        return Err(Error::data(
            Place::file(path),
            "no day of the list lies in the time of the training rows",
        )
        .with_hint("the list must reach back over the table's rows"));
    }
    let closed = open as f64 <= CLOSED * all as f64 && all >= TELLING && holidays.for_all();
    Ok(holidays.close(freq, &frame.time).filter(|_| closed).map_or(Role::Column, Role::Closed))
}

/// Gives a panel its column, or fills it anew.
pub fn mark(panel: &mut Panel, holidays: &Holidays) {
    let mut values = vec![f64::NAN; panel.stamps.len()];
    for segment in &panel.segments {
        let Some(key) = panel.series.get(segment.series as usize) else { continue };
        let rows = segment.offset..segment.offset + segment.len;
        for (value, stamp) in values[rows.clone()].iter_mut().zip(&panel.stamps[rows]) {
            let day = panel.time.local_seconds(*stamp).div_euclid(DAY);
            *value = if holidays.has(key, day) { 1.0 } else { 0.0 };
        }
    }
    match panel.columns.iter_mut().find(|c| c.name == COLUMN) {
        Some(column) => column.values = values,
        None => panel.columns.push(PanelColumn { name: COLUMN.into(), values }),
    }
}

/// Whether a day has a row on the calendar of a step.
fn has_rows(freq: &Freq, day: i64) -> bool {
    match freq {
        Freq::Slots(slots) => slots.has_day(day),
        _ => true,
    }
}
