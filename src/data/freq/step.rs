//! Walking along a grid: `steps` rows on from a stamp, and back.

use super::{DAY, Freq};
use crate::data::stamp::TimeStyle;
use crate::data::stamp::iso::{civil_from_days, days_from_civil, days_in_month};

impl Freq {
    /// The step in seconds, where every step is equally long: fixed seconds always, days unless
    /// the table has a zone.
    pub fn fixed(&self, time: &TimeStyle) -> Option<i64> {
        match *self {
            Freq::Seconds(n) => Some(n),
            Freq::Days(n) if time.zone().is_none() => Some(n.saturating_mul(DAY)),
            Freq::Days(_) | Freq::Months(_) | Freq::MonthEnds(_) => None,
        }
    }

    /// The stamp `steps` rows after `stamp` (before, where negative); UTC epoch seconds.
    pub fn advance(&self, stamp: i64, steps: i64, time: &TimeStyle) -> i64 {
        if let Some(step) = self.fixed(time) {
            return stamp.saturating_add(steps.saturating_mul(step));
        }
        if steps == 0 {
            return stamp;
        }
        let local = time.local_seconds(stamp);
        let (day, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let day = match *self {
            Freq::Seconds(_) => day,
            Freq::Days(n) => day.saturating_add(steps.saturating_mul(n)),
            Freq::Months(n) => add_months(day, steps.saturating_mul(n), false),
            Freq::MonthEnds(n) => add_months(day, steps.saturating_mul(n), true),
        };
        utc_of_local(day.saturating_mul(DAY).saturating_add(second), time)
    }

    /// How many steps lead from `a` to `b` (negative where `b` is earlier); `None` where `b` is
    /// not on the grid through `a`.
    pub fn steps_between(&self, a: i64, b: i64, time: &TimeStyle) -> Option<i64> {
        if let Some(step) = self.fixed(time).filter(|step| *step > 0) {
            let apart = b.checked_sub(a)?;
            return (apart % step == 0).then_some(apart / step);
        }
        let (from, to) = (time.local_seconds(a).div_euclid(DAY), time.local_seconds(b).div_euclid(DAY));
        let steps = match *self {
            Freq::Seconds(_) => return None,
            Freq::Days(n) => whole(to - from, n)?,
            Freq::Months(n) | Freq::MonthEnds(n) => whole(month(to) - month(from), n)?,
        };
        let there = self.advance(a, steps, time) == b;
        let back = || self.advance(b, -steps, time) == a;
        match self {
            // Both must be month ends.
            Freq::MonthEnds(_) => there && back(),
            // Forward for 31 Jan to 28 Feb, backward for 28 Feb to 30 Apr on a grid of 30ths.
            _ => there || back(),
        }
        .then_some(steps)
    }
}

fn whole(apart: i64, step: i64) -> Option<i64> {
    (step > 0 && apart % step == 0).then(|| apart / step)
}

/// Months since year 0 of a day since 1970.
pub(crate) fn month(day: i64) -> i64 {
    let (year, month, _) = civil_from_days(day);
    i64::from(year) * 12 + i64::from(month) - 1
}

/// The day of the month, and how many days the month has.
pub(super) fn day_of_month(day: i64) -> (u32, u32) {
    let (year, month, d) = civil_from_days(day);
    (d, days_in_month(year, month))
}

/// The first day (since 1970) of a month counted from year 0.
pub(crate) fn month_start(months: i64) -> i64 {
    // Years beyond what a stamp of 64-bit seconds can hold are limited, not wrapped.
    let year = months.div_euclid(12).clamp(-290_000, 290_000) as i32;
    days_from_civil(year, months.rem_euclid(12) as u32 + 1, 1)
}

fn add_months(day: i64, months: i64, to_end: bool) -> i64 {
    let first = month_start(month(day).saturating_add(months));
    let (_, length) = day_of_month(first);
    let (d, _) = day_of_month(day);
    first + i64::from(if to_end { length } else { d.min(length) }) - 1
}

/// The instant at which the table's clock shows `local`: the earlier of two where an hour is
/// repeated, as far after the change where it is skipped.
pub(crate) fn utc_of_local(local: i64, time: &TimeStyle) -> i64 {
    let offset = |at: i64| time.local_seconds(at).saturating_sub(at);
    // Offsets of a day before and a day after bracket any change of the clock near `local`.
    let (before, after) = (offset(local.saturating_sub(DAY)), offset(local.saturating_add(DAY)));
    let (early, late) = (local.saturating_sub(before.max(after)), local.saturating_sub(before.min(after)));
    if offset(early) == before.max(after) {
        early
    } else if offset(late) == before.min(after) {
        late
    } else {
        local.saturating_sub(before)
    }
}
