//! Places and labels on an axis of time, at the units in which a person counts.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, Timelike};

use super::axis::Tick;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// The wall clock of a chart: UTC epoch seconds, and how far local time is ahead of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Clock {
    /// From which instant on, and seconds east of UTC; ascending.
    changes: Vec<(i64, i64)>,
}

impl Clock {
    /// As `local` shows it at these instants, which are ascending.
    pub fn new(stamps: impl IntoIterator<Item = i64>, local: impl Fn(i64) -> i64) -> Clock {
        let mut changes: Vec<(i64, i64)> = Vec::new();
        for stamp in stamps {
            let offset = local(stamp).saturating_sub(stamp);
            if changes.last().is_none_or(|(_, last)| *last != offset) {
                changes.push((stamp, offset));
            }
        }
        Clock { changes }
    }

    /// Local seconds.
    fn local(&self, stamp: i64) -> i64 {
        let after = self.changes.partition_point(|(from, _)| *from <= stamp);
        let offset = self.changes.get(after.saturating_sub(1)).map_or(0, |(_, offset)| *offset);
        stamp.saturating_add(offset)
    }

    /// The instant at which the clock shows this; near a change, one that is an hour off at most.
    fn instant(&self, local: i64) -> i64 {
        let first = local - (self.local(local) - local);
        local - (self.local(first) - first)
    }
}

/// From one place to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Seconds(i64),
    Days(i64),
    /// So many weeks, on Mondays.
    Weeks(i64),
    Months(u32),
    Years(i64),
}

const STEPS: [Step; 30] = [
    Step::Seconds(1),
    Step::Seconds(5),
    Step::Seconds(15),
    Step::Seconds(30),
    Step::Seconds(MINUTE),
    Step::Seconds(5 * MINUTE),
    Step::Seconds(10 * MINUTE),
    Step::Seconds(15 * MINUTE),
    Step::Seconds(30 * MINUTE),
    Step::Seconds(HOUR),
    Step::Seconds(2 * HOUR),
    Step::Seconds(3 * HOUR),
    Step::Seconds(6 * HOUR),
    Step::Seconds(12 * HOUR),
    Step::Days(1),
    Step::Days(2),
    Step::Weeks(1),
    Step::Weeks(2),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Years(1),
    Step::Years(2),
    Step::Years(5),
    Step::Years(10),
    Step::Years(20),
    Step::Years(50),
    Step::Years(100),
    Step::Years(500),
];

impl Step {
    /// About how long it is.
    fn seconds(self) -> i64 {
        match self {
            Step::Seconds(n) => n,
            Step::Days(n) => n * DAY,
            Step::Weeks(n) => n * 7 * DAY,
            Step::Months(n) => i64::from(n) * 2_629_746,
            Step::Years(n) => n * 31_556_952,
        }
    }

    /// The first place at or after a local time.
    fn first(self, local: i64) -> Option<NaiveDateTime> {
        let up = |unit: i64, from: i64| from + (local - from).div_euclid(unit) * unit;
        let floor = match self {
            Step::Seconds(n) => at(up(n, 0))?,
            Step::Days(n) => at(up(n * DAY, 0))?,
            // 1970-01-05 was a Monday.
            Step::Weeks(n) => at(up(n * 7 * DAY, 4 * DAY))?,
            Step::Months(n) => {
                let day = at(local)?.date();
                NaiveDate::from_ymd_opt(day.year(), day.month0() / n * n + 1, 1)?.and_hms_opt(0, 0, 0)?
            }
            Step::Years(n) => {
                let year = i64::from(at(local)?.year()).div_euclid(n) * n;
                NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, 1, 1)?.and_hms_opt(0, 0, 0)?
            }
        };
        if floor.and_utc().timestamp() < local { self.next(floor) } else { Some(floor) }
    }

    fn next(self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Step::Months(n) => from.checked_add_months(Months::new(n)),
            Step::Years(n) => from.checked_add_months(Months::new(u32::try_from(n * 12).ok()?)),
            _ => at(from.and_utc().timestamp() + self.seconds()),
        }
    }

    fn label(self, time: NaiveDateTime) -> String {
        match self {
            Step::Seconds(n) if n < MINUTE => time.format("%H:%M:%S").to_string(),
            Step::Seconds(_) => time.format("%H:%M").to_string(),
            Step::Days(_) | Step::Weeks(_) => time.format("%-d %b").to_string(),
            Step::Months(_) => time.format("%b").to_string(),
            Step::Years(_) => time.format("%Y").to_string(),
        }
    }

    /// What the label leaves open.
    fn context(self, time: NaiveDateTime) -> String {
        match self {
            Step::Seconds(_) => time.format("%a %-d %b %Y").to_string(),
            Step::Days(_) | Step::Weeks(_) | Step::Months(_) => time.format("%Y").to_string(),
            Step::Years(_) => String::new(),
        }
    }
}

fn at(local: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp(local, 0).map(|time| time.naive_utc())
}

/// Places from `low` to `high` (UTC epoch seconds) on an axis that is `length` long, no nearer to each
/// other than their words, as `width` measures them, and than the table's rows, which are `finest`
/// seconds apart. What a label leaves open (a date, a year) stands below the first label of each.
pub(super) fn ticks(
    low: i64,
    high: i64,
    clock: &Clock,
    finest: i64,
    length: f64,
    width: &dyn Fn(&str) -> f64,
) -> Vec<Tick> {
    if high <= low || length <= 0.0 {
        return Vec::new();
    }
    let per_second = length / (high - low) as f64;
    let fits = |step: &&Step| {
        let sample = at(clock.local(low)).map(|time| width(&step.label(time))).unwrap_or_default();
        // Days of a calendar and months differ in length; 28 days of February are a month.
        step.seconds() * 11 / 10 >= finest && step.seconds() as f64 * per_second >= sample + width("0") * 2.0
    };
    let Some(step) = STEPS.iter().find(fits) else { return Vec::new() };
    let mut ticks = Vec::new();
    let mut told = String::new();
    let mut place = step.first(clock.local(low));
    while let Some(time) = place.filter(|_| ticks.len() < 1000) {
        let stamp = clock.instant(time.and_utc().timestamp());
        if stamp > high {
            break;
        }
        if stamp >= low {
            let context = step.context(time);
            let below = if context == told { String::new() } else { context.clone() };
            told = context;
            ticks.push(Tick { at: stamp as f64, label: step.label(time), below });
        }
        place = step.next(time);
    }
    spread(&mut ticks, per_second, width);
    ticks
}

/// Leaves out the second words of a place that would run into the next ones.
fn spread(ticks: &mut [Tick], per_second: f64, width: &dyn Fn(&str) -> f64) {
    let mut next: Option<f64> = None;
    for tick in ticks.iter_mut().rev().filter(|tick| !tick.below.is_empty()) {
        let end = tick.at * per_second + width(&tick.below) + width("0");
        if next.is_some_and(|next| end > next) {
            tick.below.clear();
        } else {
            next = Some(tick.at * per_second);
        }
    }
}

/// A time for a sentence or a pointer: the date, and the hour where rows are nearer than a day.
pub(super) fn words(stamp: i64, clock: &Clock, finest: i64) -> String {
    let Some(time) = at(clock.local(stamp)) else { return String::new() };
    let plain_day = time.num_seconds_from_midnight() == 0;
    let form = match finest {
        0..60 => "%a %-d %b %Y, %H:%M:%S",
        60..DAY => "%a %-d %b %Y, %H:%M",
        _ if !plain_day => "%a %-d %b %Y, %H:%M",
        _ if finest >= 365 * DAY => "%Y",
        _ if finest >= 28 * DAY => "%b %Y",
        _ => "%a %-d %b %Y",
    };
    time.format(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2013-03-01T00:00:00Z.
    const MARCH: i64 = 1_362_096_000;

    fn shown(low: i64, high: i64, clock: &Clock, finest: i64, letters: f64) -> String {
        let width = |text: &str| text.chars().count() as f64;
        let ticks = ticks(low, high, clock, finest, letters, &width);
        let words = |tick: &Tick| match tick.below.as_str() {
            "" => tick.label.clone(),
            below => format!("{} [{below}]", tick.label),
        };
        ticks.iter().map(words).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn units_are_those_of_people() {
        let utc = Clock::default();
        assert_eq!(
            shown(MARCH, MARCH + DAY, &utc, HOUR, 40.0),
            "00:00 [Fri 1 Mar 2013] | 06:00 | 12:00 | 18:00 | 00:00 [Sat 2 Mar 2013]"
        );
        assert_eq!(
            shown(MARCH - 6 * HOUR, MARCH + 2 * DAY, &utc, HOUR, 80.0),
            "18:00 | 00:00 [Fri 1 Mar 2013] | 06:00 | 12:00 | 18:00 | 00:00 [Sat 2 Mar 2013] | 06:00 | 12:00 | 18:00 | 00:00 [Sun 3 Mar 2013]"
        );
        // Rows of a day never have hours; the last of 2013's Mondays is 30 December.
        assert_eq!(
            shown(MARCH, MARCH + 4 * DAY, &utc, DAY, 400.0),
            "1 Mar [2013] | 2 Mar | 3 Mar | 4 Mar | 5 Mar"
        );
        assert_eq!(
            shown(MARCH + 298 * DAY, MARCH + 320 * DAY, &utc, DAY, 40.0),
            "30 Dec [2013] | 6 Jan [2014] | 13 Jan"
        );
        assert_eq!(
            shown(MARCH, MARCH + 400 * DAY, &utc, 28 * DAY, 60.0),
            "Mar [2013] | May | Jul | Sep | Nov | Jan [2014] | Mar"
        );
        assert_eq!(
            shown(MARCH, MARCH + 4000 * DAY, &utc, 365 * DAY, 40.0),
            "2014 | 2016 | 2018 | 2020 | 2022 | 2024"
        );
        assert_eq!(shown(MARCH, MARCH, &utc, DAY, 40.0), "");
    }

    #[test]
    fn local_midnights_are_places() {
        // New York went from UTC-5 to UTC-4 at 2013-03-10T07:00Z.
        let change = MARCH + 9 * DAY + 7 * HOUR;
        let local = |stamp: i64| stamp - if stamp < change { 5 * HOUR } else { 4 * HOUR };
        let clock = Clock::new((0..20 * 24).map(|i| MARCH + i * HOUR), local);
        let width = |text: &str| text.chars().count() as f64;
        let places = ticks(MARCH + 8 * DAY, MARCH + 12 * DAY, &clock, HOUR, 40.0, &width);
        let days: Vec<i64> = places.iter().map(|tick| tick.at as i64).collect();
        let midnight = |day: i64, hours: i64| MARCH + day * DAY + hours * HOUR;
        assert_eq!(days, [midnight(8, 5), midnight(9, 5), midnight(10, 4), midnight(11, 4)]);
        assert_eq!(words(change, &clock, HOUR), "Sun 10 Mar 2013, 03:00");
        assert_eq!(words(change, &clock, 30 * DAY), "Sun 10 Mar 2013, 03:00");
        assert_eq!(words(MARCH, &Clock::default(), DAY), "Fri 1 Mar 2013");
    }
}
