//! Walking along a grid: `steps` rows on from a stamp, and back.

use super::{DAY, Freq};
use crate::data::stamp::TimeStyle;
use crate::data::stamp::iso::{civil_from_days, days_from_civil, days_in_month};

impl Freq {
    /// The step in seconds, where every step is equally long: fixed seconds always, days unless
    /// the table has a zone.
    pub fn fixed(&self, time: &TimeStyle) -> Option<i64> {
        match self {
            Freq::Seconds(n) => Some(*n),
            Freq::Days(n) if time.zone().is_none() => Some(n.saturating_mul(DAY)),
            _ => None,
        }
    }

    /// The stamp `steps` rows after `stamp` (before, where negative); UTC epoch seconds. A stamp
    /// between two slots counts as the slot before it.
    pub fn advance(&self, stamp: i64, steps: i64, time: &TimeStyle) -> i64 {
        if let Some(step) = self.fixed(time) {
            return stamp.saturating_add(steps.saturating_mul(step));
        }
        if steps == 0 {
            return stamp;
        }
        let local = time.local_seconds(stamp);
        let (day, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let later = |n: i64| month(day).saturating_add(steps.saturating_mul(n));
        let day = match self {
            Freq::Seconds(_) => day,
            Freq::Days(n) => day.saturating_add(steps.saturating_mul(*n)),
            Freq::Months(n) => in_month(day, later(*n), false),
            Freq::MonthEnds(n) => in_month(day, later(*n), true),
            Freq::Anchored { months, on } => on.day(later(*months)),
            Freq::Slots(slots) => {
                let there = slots.local(slots.locate(local).0.saturating_add(steps));
                if !slots.daily() {
                    return utc_of_local(there, time);
                }
                there.div_euclid(DAY)
            }
            Freq::Observed(rows) => return rows.stamp(rows.locate(stamp).0.saturating_add(steps)),
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
        let steps = match self {
            Freq::Seconds(_) => return None,
            Freq::Days(n) => whole(to - from, *n)?,
            Freq::Months(n) | Freq::MonthEnds(n) | Freq::Anchored { months: n, .. } => {
                whole(month(to) - month(from), *n)?
            }
            Freq::Slots(slots) => {
                if !self.has(a, time) || !self.has(b, time) {
                    return None;
                }
                slots.locate(time.local_seconds(b)).0 - slots.locate(time.local_seconds(a)).0
            }
            Freq::Observed(rows) => {
                let ((from, on), (to, there)) = (rows.locate(a), rows.locate(b));
                return (on && there).then_some(to - from);
            }
        };
        let there = self.advance(a, steps, time) == b;
        let back = || self.advance(b, -steps, time) == a;
        match self {
            // Both must be on the calendar, steps of none too.
            Freq::MonthEnds(_) | Freq::Anchored { .. } => there && back(),
            // Forward for 31 Jan to 28 Feb, backward for 28 Feb to 30 Apr on a grid of 30ths.
            _ => there || back(),
        }
        .then_some(steps)
    }

    /// Rows of the grid after `a` up to `b`, of stamps on it or not; negative where `b` is earlier.
    pub fn rows_between(&self, a: i64, b: i64, time: &TimeStyle) -> i64 {
        if let Some(steps) = self.steps_between(a, b, time) {
            return steps;
        }
        match self {
            Freq::Slots(slots) => {
                slots.locate(time.local_seconds(b)).0 - slots.locate(time.local_seconds(a)).0
            }
            Freq::Observed(rows) => rows.locate(b).0 - rows.locate(a).0,
            other => b.saturating_sub(a).div_euclid(other.seconds().max(1)),
        }
    }

    /// The last slot at or before a stamp, of days their midnight; other steps have no slots.
    pub fn floor(&self, stamp: i64, time: &TimeStyle) -> i64 {
        let Freq::Slots(slots) = self else { return stamp };
        utc_of_local(slots.local(slots.locate(time.local_seconds(stamp)).0), time)
    }

    /// The first slot at or after a stamp; other steps have no slots.
    pub fn ceil(&self, stamp: i64, time: &TimeStyle) -> i64 {
        match self {
            Freq::Slots(_) if !self.has(stamp, time) => self.advance(self.floor(stamp, time), 1, time),
            _ => stamp,
        }
    }

    /// Whether a row can be at a stamp; on a grid that begins at any stamp one always can.
    pub fn has(&self, stamp: i64, time: &TimeStyle) -> bool {
        let local = || time.local_seconds(stamp);
        match self {
            Freq::Seconds(_) | Freq::Days(_) | Freq::Months(_) | Freq::MonthEnds(_) => true,
            Freq::Anchored { on, .. } => on.holds(local().div_euclid(DAY)),
            Freq::Slots(slots) => slots.locate(local()).1,
            Freq::Observed(rows) => rows.locate(stamp).1,
        }
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

/// The day of another month, or its last day.
fn in_month(day: i64, months: i64, to_end: bool) -> i64 {
    let first = month_start(months);
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
