//! Learns the slots of a calendar from training rows: weekdays, hours, days of the month or the year.
//!
//! A slot is absent only where it never occurs in any series (in long tables at most once in 200
//! times, once in 50 for times of the week) while the others occur often enough to be sure: rows that
//! are merely missing stay missing. What is nearly so is told, and read as it always was.

use std::collections::BTreeMap;

use super::anchor::weekday;
use super::display::day_name;
use super::season::{Season, season};
use super::step::day_of_month;
use super::{Anchor, DAY, Freq, Places};
use crate::data::stamp::TimeStyle;

/// What the training rows show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// Rows follow this calendar.
    Calendar(Freq),
    /// They nearly do: what was seen, and the `--freq` that would read it so.
    Near(String, Freq),
    /// They follow a plain step, and these series calendars of their own.
    Apart(Vec<(usize, Freq)>),
    /// They follow a plain step.
    Plain,
}

const WEEK: i64 = 7 * DAY;
/// Fewest cycles (days or weeks) in which a slot must be absent.
const CYCLES: i64 = 3;
/// A day that occurs at most once in so many times is as good as never there.
const RARE_DAY: i64 = 200;
/// The same of a time of the week.
const RARE_TIME: i64 = 50;
/// Slots that are there occur at least this often, on average.
const OFTEN: f64 = 0.5;
/// Chance that a slot which is merely missing were never seen.
const CHANCE: f64 = 1e-3;
/// Share of the months or years in which each slot of theirs must occur.
const NEARLY_ALWAYS: f64 = 0.8;
/// Finest resolution at which times of the week are looked at.
const FINEST: i64 = 60;

/// The calendar of the training rows of all series (ascending, UTC epoch seconds); `plain` is the
/// step of the table without one.
pub fn learn(series: &[&[i64]], plain: &Freq, time: &TimeStyle) -> Learned {
    let complete = |stamps: &&[i64]| {
        stamps.windows(2).all(|pair| matches!(pair, [a, b] if plain.steps_between(*a, *b, time) == Some(1)))
    };
    let found = match plain {
        Freq::Months(months) => return anchor(series, *months, time),
        _ if series.iter().all(complete) => return Learned::Plain,
        Freq::Seconds(n) if *n < DAY => hours(series, *n, time),
        Freq::Seconds(_) | Freq::Days(_) => days(series, plain, time),
        _ => return Learned::Plain,
    };
    let base = match &found {
        Learned::Calendar(freq) => freq,
        _ => plain,
    };
    match season(series, base, time) {
        Some(Season::Sure(freq)) => Learned::Calendar(freq),
        _ => found,
    }
}

/// A grid of the 29th, 30th or 31st keeps its day after February; all series must share it.
fn anchor(series: &[&[i64]], months: i64, time: &TimeStyle) -> Learned {
    let day = |stamp: &i64| time.local_seconds(*stamp).div_euclid(DAY);
    let all: Vec<i64> = series.iter().flat_map(|stamps| stamps.iter().map(day)).collect();
    match Anchor::find(&all) {
        Some(on @ Anchor::Day(29..)) => Learned::Calendar(Freq::Anchored { months, on }),
        _ => Learned::Plain,
    }
}

/// How often each place of a cycle occurs, in all series and in all of them together.
struct Tally {
    /// Whether a series has rows there, beyond the odd one.
    present: Vec<bool>,
    /// Occurrences in the series together, each stamp once.
    rows: Vec<i64>,
    /// Cycles with rows, less one: the first and the last one may be cut off.
    cycles: i64,
}

impl Tally {
    /// `of` gives a row's cycle and its place in it; once in `rare` times is never.
    fn new(series: &[Vec<i64>], places: usize, rare: i64, of: impl Fn(i64) -> (i64, usize)) -> Tally {
        let mut present = vec![false; places];
        let mut seen = Vec::new();
        for rows in series {
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else { continue };
            let mut own = vec![0i64; places];
            let mut before = None;
            for row in rows {
                let at = of(*row);
                if before != Some(at) {
                    own[at.1] += 1;
                    seen.push(at);
                }
                before = Some(at);
            }
            let odd = (of(*last).0 - of(*first).0) / rare;
            present.iter_mut().zip(&own).for_each(|(present, rows)| *present |= *rows > odd);
        }
        seen.sort_unstable();
        seen.dedup();
        let mut rows = vec![0i64; places];
        seen.iter().for_each(|(_, place)| rows[*place] += 1);
        let cycles = seen.chunk_by(|a, b| a.0 == b.0).count().saturating_sub(1) as i64;
        Tally { present, rows, cycles }
    }

    /// Share of its cycles in which a place that is there occurs, on average.
    fn often(&self) -> f64 {
        let (mut rows, mut places) = (0i64, 0i64);
        for (n, _) in self.rows.iter().zip(&self.present).filter(|(_, present)| **present) {
            rows += *n;
            places += 1;
        }
        rows as f64 / (places * (self.cycles + 1)).max(1) as f64
    }

    /// Whether the places that are not there are none for sure.
    fn sure(&self) -> bool {
        let often = self.often().min(1.0);
        self.cycles >= CYCLES
            && often >= OFTEN
            && (1.0 - often).powi(self.cycles.min(10_000) as i32) <= CHANCE
    }

    fn all(&self) -> bool {
        self.present.iter().all(|present| *present)
    }
}

/// Whether what occurs so often would hardly be missed in so many cycles.
fn never(often: f64, cycles: i64) -> bool {
    (1.0 - often.min(1.0)).powi(cycles.min(10_000) as i32) <= CHANCE
}

/// Local seconds (days where `unit` is a day) of every series, each once.
fn locals(series: &[&[i64]], unit: i64, time: &TimeStyle) -> Vec<Vec<i64>> {
    let own = |stamps: &&[i64]| {
        let mut rows: Vec<i64> = stamps.iter().map(|s| time.local_seconds(*s).div_euclid(unit)).collect();
        // A change of the clock turns an hour back.
        if !rows.is_sorted() {
            rows.sort_unstable();
        }
        rows.dedup();
        rows
    };
    series.iter().map(own).collect()
}

/// Rows several times a day: times of the day, then days of the week, then times of the week.
fn hours(series: &[&[i64]], step: i64, time: &TimeStyle) -> Learned {
    if series.iter().any(|stamps| at_all_times(stamps, step)) {
        return Learned::Plain;
    }
    let rows = locals(series, 1, time);
    let Some(fine) = resolution(&rows).filter(|fine| *fine >= FINEST && DAY % *fine == 0) else {
        return Learned::Plain;
    };
    let phase = rows.iter().flatten().next().copied().unwrap_or(0).rem_euclid(fine);
    let (a_day, a_week) = ((DAY / fine) as usize, (WEEK / fine) as usize);
    let since_monday = |local: i64| local + 3 * DAY;
    let place = |in_cycle: i64| ((in_cycle - phase).div_euclid(fine)).max(0) as usize;
    // Where all places of the week occur there is nothing to learn.
    let of_week = |local: i64| {
        let s = since_monday(local);
        (s.div_euclid(WEEK), place(s.rem_euclid(WEEK)).min(a_week - 1))
    };
    let week = Tally::new(&rows, a_week, RARE_TIME, of_week);
    // On a grid of `step` the places between its rows are none anyway.
    let stride = if step % fine == 0 { (step / fine) as usize } else { 1 };
    if week.present.iter().step_by(stride.max(1)).all(|p| *p) && stride <= 1 {
        return Learned::Plain;
    }
    // Between the rows of a coarser step only times that are nearly always there are slots.
    if stride > 1 && week.rows.iter().any(|n| *n > 0 && (*n as f64) < OFTEN * (week.cycles - 1) as f64) {
        return Learned::Plain;
    }
    let of_day = |l: i64| (l.div_euclid(DAY), place(l.rem_euclid(DAY)).min(a_day - 1));
    let day = Tally::new(&rows, a_day, RARE_TIME, of_day);
    let of_weekday = |l: i64| (since_monday(l).div_euclid(WEEK), weekday(l.div_euclid(DAY)) as usize);
    let weekdays = Tally::new(&rows, 7, RARE_TIME, of_weekday);
    let has_time = |at: usize| day.present.get(at % a_day) == Some(&true) || !day.sure();
    let has_day = |at: usize| weekdays.present.get(at / a_day) == Some(&true) || !weekdays.sure();
    // A time of one weekday is none where the same time is there often enough on the days that
    // have it; one that no day has, where times are there often enough.
    let sure = |at: usize| {
        let days = (0..7).filter(|d| week.present[d * a_day + at % a_day]).count();
        let often = match days {
            0 => week.often(),
            days => day.rows[at % a_day] as f64 / (days as f64 * (week.cycles + 1) as f64),
        };
        week.cycles >= CYCLES && never(often, week.cycles)
    };
    let there = |at: &usize| has_time(*at) && has_day(*at) && (week.present[*at] || !sure(*at));
    let at: Vec<i64> = (0..a_week).filter(there).map(|at| at as i64 * fine + phase).collect();
    let ruler = a_week / stride.max(1);
    let night = |s: &i64| (6 * DAY..6 * DAY + 4 * 3600).contains(s);
    // Clocks change on Sunday nights: a calendar with such hours would bend there.
    if at.len() >= ruler || at.is_empty() || (time.zone().is_some() && at.iter().any(night)) {
        return Learned::Plain;
    }
    let freq = Freq::slots(Places::Hours { step, at });
    let on = |stamps: &&[i64]| stamps.iter().filter(|s| !freq.has(**s, time)).count();
    let (off, all) = (series.iter().map(on).sum::<usize>(), series.iter().map(|s| s.len()).sum::<usize>());
    if off as i64 * RARE_TIME > all as i64 { Learned::Plain } else { Learned::Calendar(freq) }
}

/// Whether a series has rows at all times of the week, more often than what is as good as never:
/// the rule, seen after a few weeks of rows.
fn at_all_times(stamps: &[i64], step: i64) -> bool {
    if step < FINEST || DAY % step != 0 {
        return false;
    }
    let places = (WEEK / step) as usize;
    let enough = 1 + stamps.len() / (places * RARE_TIME as usize);
    let mut rows = vec![0usize; places];
    let mut full = 0;
    for stamp in stamps {
        let Some(rows) = rows.get_mut((stamp.rem_euclid(WEEK) / step) as usize) else { continue };
        *rows += 1;
        full += usize::from(*rows == enough);
        if full == places {
            return true;
        }
    }
    false
}

/// The largest step of which all rows of all series are multiples apart.
fn resolution(rows: &[Vec<i64>]) -> Option<i64> {
    let first = *rows.iter().flatten().next()?;
    let mut fine = 0i64;
    let mut last = 0;
    for row in rows.iter().flatten() {
        let apart = (row - first).abs();
        if apart != last && (fine == 0 || apart % fine != 0) {
            fine = gcd(apart, fine);
            if fine != 0 && fine < FINEST {
                return None;
            }
        }
        last = apart;
    }
    (fine > 0).then(|| gcd(fine, DAY))
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// At most a row a day: days of the week, of the month, of the year.
fn days(series: &[&[i64]], plain: &Freq, time: &TimeStyle) -> Learned {
    let clock = |s: &i64| time.local_seconds(*s).rem_euclid(DAY);
    let mut clocks = series.iter().flat_map(|s| s.iter().map(clock));
    let Some(first) = clocks.next() else { return Learned::Plain };
    let bend = if time.zone().is_some() { 3600 } else { 0 };
    if !clocks.all(|c| (c - first).abs() <= bend) {
        return Learned::Plain;
    }
    let rows = locals(series, DAY, time);
    let off = |pair: &[i64]| matches!(pair, [a, b] if plain.steps_between(*a, *b, time).is_none());
    let broken = series.iter().any(|stamps| stamps.windows(2).any(off));
    let step = plain.seconds() / DAY;
    if step < 7 && (step == 1 || broken) {
        match of_week(&rows) {
            Learned::Plain => {}
            found => return found,
        }
    }
    // A step on which most rows are missing is none either.
    let span = |days: &Vec<i64>| days.last().zip(days.first()).map_or(0, |(last, first)| last - first);
    let (days, span) = (rows.iter().map(Vec::len).sum::<usize>(), rows.iter().map(span).sum::<i64>());
    let sparse = 2 * days as i64 * step.max(1) < span;
    if !broken && !sparse {
        return Learned::Plain;
    }
    of_month(&rows).or_else(|| of_year(&rows)).map_or(Learned::Plain, Learned::Calendar)
}

fn of_week(rows: &[Vec<i64>]) -> Learned {
    let tally = Tally::new(rows, 7, RARE_DAY, |day| ((day + 3).div_euclid(7), weekday(day) as usize));
    let kept = |keep: &dyn Fn(usize) -> bool| {
        let days = (0..7u8).filter(|d| keep(usize::from(*d))).collect();
        Freq::slots(Places::Week(days))
    };
    if !tally.all() && tally.sure() {
        return Learned::Calendar(kept(&|d| tally.present[d]));
    }
    let own = |(series, rows): (usize, &Vec<i64>)| match of_week(std::slice::from_ref(rows)) {
        Learned::Calendar(freq) => Some((series, freq)),
        _ => None,
    };
    let apart: Vec<_> =
        if rows.len() > 1 { rows.iter().enumerate().filter_map(own).collect() } else { Vec::new() };
    if !apart.is_empty() {
        return Learned::Apart(apart);
    }
    // Weekdays that are rarer than one in ten, while the others are there.
    let rare = |d: usize| tally.rows[d] * 10 <= tally.cycles + 1;
    let often = (0..7).filter(|d| !rare(*d)).map(|d| tally.rows[d]).min().unwrap_or(0);
    let some = (0..7).any(rare);
    if !some || tally.cycles < 1 || often as f64 <= OFTEN * (tally.cycles + 1) as f64 {
        return Learned::Plain;
    }
    let seen = (0..7).filter(|d| rare(*d));
    let seen: Vec<String> = seen.map(|d| format!("{} on a {}", tally.rows[d], day_name(d as i64))).collect();
    Learned::Near(format!("{} in {} weeks", seen.join(", "), tally.cycles + 1), kept(&|d| !rare(d)))
}

/// The same few days of every month.
fn of_month(rows: &[Vec<i64>]) -> Option<Freq> {
    // A last slot of 29, 30 or 31 is the month's end where the month is shorter.
    let last = [0u32, 31, 30, 29];
    let found = last.into_iter().find_map(|last| {
        let slot = |day: i64| {
            let (d, length) = day_of_month(day);
            if last > 0 && d == last.min(length) { last } else { d }
        };
        let cycle = |day: i64| super::month(day);
        always(rows, 2..=6, cycle, slot)
    })?;
    let days = found.into_iter().map(|d| d as u8).collect();
    Some(Freq::slots(Places::Month(days))).filter(Freq::is_sound)
}

/// The same days of every year: satellites' 8 days begin anew each January.
fn of_year(rows: &[Vec<i64>]) -> Option<Freq> {
    let start = |day: i64| super::month_start(super::month(day).div_euclid(12) * 12);
    let found =
        always(rows, 3..=183, |day| super::month(day).div_euclid(12), |day| (day - start(day) + 1) as u32)?;
    let days = found.into_iter().map(|d| d as u16).collect();
    Some(Freq::slots(Places::Year(days))).filter(Freq::is_sound)
}

/// The slots of a cycle, where each occurs in nearly all cycles and there are at least three.
fn always(
    rows: &[Vec<i64>],
    count: std::ops::RangeInclusive<usize>,
    cycle: impl Fn(i64) -> i64,
    slot: impl Fn(i64) -> u32,
) -> Option<Vec<u32>> {
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    let mut days: Vec<i64> = rows.iter().flatten().copied().collect();
    days.sort_unstable();
    days.dedup();
    for day in &days {
        *seen.entry(slot(*day)).or_default() += 1;
        if seen.len() > *count.end() {
            return None;
        }
    }
    // Whole cycles: the first and the last one may be cut off.
    let cycles = cycle(*days.last()?) - cycle(*days.first()?) - 1;
    let enough = NEARLY_ALWAYS * cycles as f64;
    let whole =
        cycles >= 1 && count.contains(&seen.len()) && seen.values().all(|n| *n as f64 >= enough && *n > 1);
    whole.then(|| seen.into_keys().collect())
}
