//! Finds the step of a table: the commonest difference of each series, read as a calendar step
//! where the stamps follow the calendar, and the same for all series. Slots are found by `learn`.

use std::collections::HashMap;

use super::step::{day_of_month, month};
use super::{Anchor, DAY, Freq, Observed};
use crate::data::stamp::TimeStyle;

/// A series whose rows clearly have another step than the other series'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// Which series.
    pub series: usize,
    /// Its step.
    pub step: Freq,
    /// The step of the rest.
    pub rest: Freq,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inferred {
    /// One step for all series.
    One(Freq),
    /// No series has two different stamps.
    TooShort,
    /// A series that does not fit the rest.
    Odd(Odd),
}

/// A series with this many differences, and half of them its own step, has a frequency of its
/// own; a shorter or more broken one takes the frequency of the rest.
const SURE: usize = 8;

/// What one series looks like by itself.
struct Look {
    series: usize,
    freq: Freq,
    /// Differences between neighbouring stamps, in seconds.
    steps: HashMap<i64, usize>,
    /// How many differences.
    count: usize,
    /// How often the commonest occurs.
    common: usize,
}

/// The step of a table, from each series' ascending stamps (UTC epoch seconds; repeats allowed).
/// The step that most series have wins, then the one with most rows, then the shorter one.
pub fn infer<'a>(series: impl IntoIterator<Item = &'a [i64]>, time: &TimeStyle) -> Inferred {
    let looks: Vec<Look> =
        series.into_iter().enumerate().filter_map(|(i, stamps)| look(i, stamps, time)).collect();
    let mut votes: Vec<(Freq, usize, usize)> = Vec::new();
    for l in &looks {
        match votes.iter_mut().find(|(freq, ..)| *freq == l.freq) {
            Some((_, series, rows)) => {
                *series += usize::from(l.count >= SURE);
                *rows += l.count;
            }
            None => votes.push((l.freq.clone(), usize::from(l.count >= SURE), l.count)),
        }
    }
    let winner =
        votes.iter().max_by_key(|(freq, series, rows)| (*series, *rows, std::cmp::Reverse(freq.seconds())));
    let Some((rest, ..)) = winner else { return Inferred::TooShort };
    for l in looks.iter().filter(|l| l.freq != *rest && l.count >= SURE && 2 * l.common > l.count) {
        let shared = rest.fixed(time).and_then(|step| l.steps.get(&step)).copied().unwrap_or(0);
        if 10 * shared < l.count {
            return Inferred::Odd(Odd { series: l.series, step: l.freq.clone(), rest: rest.clone() });
        }
    }
    Inferred::One(rest.clone().on(time))
}

/// A step that was asked for, as the stamps of the series (ascending, UTC epoch seconds) show it
/// to be meant: months are month ends where all stamps are, and days are 24 hours where the
/// table has a zone but its stamps do not follow its clock. `W-SUN` is a week where all rows are
/// Sundays; `observed` counts these rows.
pub fn settle<'a>(freq: Freq, series: impl Iterator<Item = &'a [i64]> + Clone, time: &TimeStyle) -> Freq {
    match freq {
        Freq::Months(n) => {
            let days = |stamps: &[i64]| -> Vec<i64> {
                stamps.iter().map(|s| time.local_seconds(*s).div_euclid(DAY)).collect()
            };
            let mut grids = series.filter(|s| s.len() > 1).map(|s| month_grid(&days(s))).peekable();
            let ends = grids.peek().is_some() && grids.all(|ends| ends == Some(true));
            if ends { Freq::MonthEnds(n) } else { freq }
        }
        Freq::Slots(ref slots) if slots.season() == 1 && slots.daily() => {
            match series.clone().flatten().all(|s| freq.has(*s, time)) {
                true => settle(Freq::Days(7), series, time),
                false => freq,
            }
        }
        Freq::Observed(_) => Freq::Observed(Observed::new(series.flatten().copied().collect())),
        Freq::Days(n) if time.zone().is_some() => {
            let fit = |freq: &Freq| {
                series.clone().flat_map(|s| s.windows(2)).filter(|p| on_grid(freq, p, time)).count()
            };
            let plain = Freq::Seconds(n.saturating_mul(DAY));
            if fit(&plain) > fit(&freq) { plain } else { freq }
        }
        other => other.on(time),
    }
}

fn on_grid(freq: &Freq, pair: &[i64], time: &TimeStyle) -> bool {
    matches!(pair, [a, b] if freq.steps_between(*a, *b, time).is_some())
}

fn look(series: usize, stamps: &[i64], time: &TimeStyle) -> Option<Look> {
    let mut steps: HashMap<i64, usize> = HashMap::new();
    // Runs of equal differences are the rule: one look-up a run, not one a row.
    let (mut current, mut run, mut count) = (0i64, 0usize, 0usize);
    for pair in stamps.windows(2) {
        let [a, b] = pair else { continue };
        let step = b.saturating_sub(*a);
        if step == current {
            run += 1;
        } else {
            if current > 0 {
                *steps.entry(current).or_default() += run;
                count += run;
            }
            (current, run) = (step, 1);
        }
    }
    if current > 0 {
        *steps.entry(current).or_default() += run;
        count += run;
    }
    let (step, common) = commonest(&steps)?;
    let freq = if step < DAY - 2 * 3600 {
        Freq::Seconds(step)
    } else {
        calendar(stamps, time).unwrap_or(Freq::Seconds(step))
    };
    let common = if freq.fixed(time).is_some() { common } else { count };
    Some(Look { series, freq, steps, count, common })
}

/// The commonest key; the smallest of several.
fn commonest(counts: &HashMap<i64, usize>) -> Option<(i64, usize)> {
    counts.iter().map(|(k, n)| (*k, *n)).max_by_key(|(k, n)| (*n, std::cmp::Reverse(*k)))
}

/// Days or months, where all stamps show the same time of day on the table's clock.
fn calendar(stamps: &[i64], time: &TimeStyle) -> Option<Freq> {
    let first = time.local_seconds(*stamps.first()?);
    let clock = first.rem_euclid(DAY);
    let mut days = Vec::with_capacity(stamps.len());
    for stamp in stamps {
        let local = time.local_seconds(*stamp);
        // An hour skipped by a change of the clock moves one stamp by an hour.
        if (local.rem_euclid(DAY) - clock).abs() > if time.zone().is_some() { 3600 } else { 0 } {
            return None;
        }
        days.push(local.div_euclid(DAY));
    }
    if time.zone().is_some() {
        // Two clocks in turn (24 hours of UTC seen from a zone) are no calendar days.
        let moved = stamps.iter().filter(|s| time.local_seconds(**s).rem_euclid(DAY) != clock).count();
        if 10 * moved > stamps.len() {
            return None;
        }
    }
    days.dedup();
    let differences = |of: &dyn Fn(i64) -> i64| {
        let mut counts = HashMap::new();
        for pair in days.windows(2) {
            if let [a, b] = pair {
                *counts.entry(of(*b) - of(*a)).or_default() += 1;
            }
        }
        commonest(&counts).map(|(step, _)| step)
    };
    let step = differences(&|day| day)?;
    if step >= 28 {
        let months = differences(&month)?;
        match (month_grid(&days), Anchor::find(&days)) {
            (Some(true), _) => return Some(Freq::MonthEnds(months)),
            (Some(false), _) => return Some(Freq::Months(months)),
            // Weeks of 28 days may look like one weekday of the month for a while: then they
            // are as regular as that.
            (None, Some(on)) if days.windows(2).any(|p| p[1] - p[0] != step) => {
                return Some(Freq::Anchored { months, on });
            }
            _ => {}
        }
    }
    Some(Freq::Days(step))
}

/// Whether the days sit on one day of the month: `Some(true)` on its last, `Some(false)` on
/// another (or on the last where there is no such day), `None` on none.
pub(crate) fn month_grid(days: &[i64]) -> Option<bool> {
    let anchor = days.iter().map(|d| day_of_month(*d).0).max()?;
    let ends = days.iter().all(|d| {
        let (day, length) = day_of_month(*d);
        day == length
    });
    if ends && anchor > 28 {
        return Some(true);
    }
    let same = days.iter().all(|d| {
        let (day, length) = day_of_month(*d);
        day == anchor.min(length)
    });
    same.then_some(false)
}
