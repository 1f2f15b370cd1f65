//! Series whose newest values are old: they are forecast like the others, and that is said.

use super::options::MaxAge;
use crate::data::long::LongFrame;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::data::stamp::TimeStyle;
use crate::error::{Error, Place, Result};
use crate::text::{first_of, plural};

/// Series named before the rest is only counted.
const NAMED: usize = 3;

/// How old what a forecast starts from is.
struct Age {
    series: usize,
    /// The last row before the origin.
    end: i64,
    /// Target and stamp of the target that was observed least recently; no stamp where it never was.
    seen: (usize, Option<i64>),
}

/// One a forecast.
fn ages(panel: &Panel, cuts: &[Cut]) -> Vec<Age> {
    let age = |cut: &Cut| {
        let series = panel.segments[cut.segment as usize].series;
        let seen = |target: usize| {
            let own = panel.segments_of(series).iter();
            let rows = own.flat_map(|s| s.offset..(s.offset + s.len).min(cut.row.max(s.offset)));
            let values = &panel.columns[target].values;
            rows.rev().find(|row| !values[*row].is_nan()).map(|row| panel.stamps[row])
        };
        let seen = (0..panel.targets).map(|target| (target, seen(target))).min_by_key(|(_, stamp)| *stamp);
        Age { series: series as usize, end: panel.stamps[cut.row - 1], seen: seen.unwrap_or((0, None)) }
    };
    cuts.iter().map(age).collect()
}

/// What is said of series that end before the others, or whose target was last observed more than
/// `patience` rows before their forecast. `at`: whether the origin was named.
pub(crate) fn notes(panel: &Panel, cuts: &[Cut], at: bool, patience: usize) -> Vec<String> {
    let ages = ages(panel, cuts);
    let newest = ages.iter().map(|age| age.end).max().unwrap_or(i64::MIN);
    let (mut ends, mut unseen) = (Vec::new(), Vec::new());
    for age in &ages {
        let (name, stamp) = (&panel.series[age.series], |s: i64| panel.time.display(s));
        if age.end < newest && !at {
            ends.push(format!(
                "{name} ends at {}, {} before the others; its forecast begins there (--at forecasts all from one stamp)",
                stamp(age.end),
                rows(panel, age.end, newest)
            ));
        }
        let target = &panel.columns[age.seen.0].name;
        match age.seen.1 {
            None => unseen.push(format!("{name}: `{target}` was never observed before its forecast begins")),
            Some(seen) if count(panel, seen, age.end) > patience => unseen.push(format!(
                "{name}: `{target}` was last observed at {}, {} before its forecast begins",
                stamp(seen),
                rows(panel, seen, age.end)
            )),
            Some(_) => {}
        }
    }
    [(ends, "end before the others"), (unseen, "have no newer target either")]
        .into_iter()
        .flat_map(|(all, what)| few(all, what))
        .collect()
}

/// `--max-age ROWS`: refuses series whose target was last observed more rows than this before the
/// newest row of all.
pub(crate) fn require(panel: &Panel, cuts: &[Cut], most: usize) -> Result<()> {
    let ages = ages(panel, cuts);
    let newest = ages.iter().map(|age| age.end).max().unwrap_or(i64::MIN);
    let old = |seen: i64| count(panel, seen, newest) > most;
    refuse(panel, &ages, old, || {
        let end = panel.time.display(newest);
        format!(
            "the table ends at {end}, and the target was last observed more than {} before that",
            plural(most, "row")
        )
    })
}

/// `--max-age 2d`: refuses series whose target was last observed more seconds than this before
/// `as_of`, UTC epoch seconds as the panel's stamps are.
pub(crate) fn require_by(panel: &Panel, cuts: &[Cut], most: i64, as_of: i64) -> Result<()> {
    let old = |seen: i64| as_of.saturating_sub(seen) > most;
    refuse(panel, &ages(panel, cuts), old, || {
        format!(
            "the target was last observed more than {} before {}",
            MaxAge::span(most),
            panel.time.display(as_of)
        )
    })
}

/// The same of a row of a stream.
pub(crate) fn require_fresh(frame: &LongFrame, line: usize, most: i64, text: Option<&str>) -> Result<()> {
    let now = as_of(&frame.time, text)?;
    let old = frame.stamps.iter().find(|stamp| now.saturating_sub(**stamp) > most);
    let Some(stamp) = old else { return Ok(()) };
    let what = format!(
        "old values: {} is more than {} before {}",
        frame.time.display(*stamp),
        MaxAge::span(most),
        frame.time.display(now)
    );
    Err(Error::data(Place::file(frame.source.clone()).row(line), what).with_hint(
        "give newer rows, or raise --max-age; rows that came before the stream are for --history, and --skip-bad leaves old ones out",
    ))
}

/// `--as-of`: a time as somebody wrote it, or what the clock says, in a table's epoch seconds. A
/// table without a zone is taken to be on this machine's clock.
pub(crate) fn as_of(time: &TimeStyle, text: Option<&str>) -> Result<i64> {
    match text {
        Some(text) if text != "now" => time.parse_one(text),
        _ if time.is_absolute() => Ok(chrono::Utc::now().timestamp()),
        _ => Ok(chrono::Local::now().naive_local().and_utc().timestamp()),
    }
}

fn refuse(panel: &Panel, ages: &[Age], old: impl Fn(i64) -> bool, what: impl Fn() -> String) -> Result<()> {
    let old = ages.iter().filter(|age| age.seen.1.is_none_or(&old));
    let named: Vec<String> = old
        .map(|age| match age.seen.1 {
            Some(seen) => format!("`{}` at {}", panel.series[age.series], panel.time.display(seen)),
            None => format!("`{}` never", panel.series[age.series]),
        })
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let message = format!("old values: {}: {}", what(), first_of(&named, NAMED, " series"));
    Err(Error::data(Place::file(panel.source.clone()), message)
        .with_hint("give newer rows, leave those series out of the table, or raise --max-age"))
}

/// The first few, and how many there are besides.
fn few(mut all: Vec<String>, what: &str) -> Vec<String> {
    if all.len() > NAMED + 1 {
        let more = all.len() - NAMED;
        all.truncate(NAMED);
        all.push(format!("{more} more series {what}"));
    }
    all
}

fn count(panel: &Panel, from: i64, to: i64) -> usize {
    panel.freq.rows_between(from, to, &panel.time).max(0) as usize
}

fn rows(panel: &Panel, from: i64, to: i64) -> String {
    plural(count(panel, from, to), "row")
}
