//! Steps with slots: rows at fixed places of the week, the month or the year alone.
//!
//! A slot has a number, counted on from cycle to cycle; everything that walks along such a grid
//! goes from a stamp to its number and back. Days without rows (holidays)
//! and months without them (of what runs in summer alone) have no numbers.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::anchor::weekday;
use super::season::Months;
use super::step::{day_of_month, month, month_start};
use super::{DAY, MOST};
use crate::data::stamp::iso::{civil_from_days, days_from_civil};

/// Seconds of a week.
const WEEK: i64 = 7 * DAY;
/// Most places in a cycle: a week of half minutes.
const PLACES: usize = 20_160;
/// Most closed days: more than two centuries of them.
const CLOSED: usize = 80_000;

/// Where in a cycle of the calendar rows are, on the table's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Places {
    /// Days of the week (Monday is 0), at the time of the day that the stamps have.
    Week(Vec<u8>),
    /// Times of the week, seconds after Monday 0:00; `step` is the distance of most of them.
    Hours { step: i64, at: Vec<i64> },
    /// Days of the month; 29, 30 and 31 are its last where it is shorter.
    Month(Vec<u8>),
    /// Days of the year, 1 is the first of January; 366 is the last where it is shorter.
    Year(Vec<u16>),
}

/// A calendar of slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Slots {
    places: Places,
    /// Days (since 1970) without rows, ascending.
    closed: Vec<i64>,
    /// Months that have rows.
    months: Months,
    /// Numbers, counted without regard to closed days, of the slots on closed days and in closed months.
    gone: Arc<[i64]>,
}

/// What a checkpoint keeps.
#[derive(Clone, Serialize, Deserialize)]
struct Written {
    places: Places,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    closed: Vec<i64>,
    #[serde(default, skip_serializing_if = "Months::are_all")]
    months: Months,
}

impl From<Written> for Slots {
    fn from(written: Written) -> Slots {
        Slots::of(written.places, written.closed, written.months)
    }
}

impl From<Slots> for Written {
    fn from(slots: Slots) -> Written {
        Written { places: slots.places, closed: slots.closed, months: slots.months }
    }
}

impl Places {
    /// Slots of a cycle.
    pub fn len(&self) -> usize {
        match self {
            Places::Week(at) => at.len(),
            Places::Hours { at, .. } => at.len(),
            Places::Month(at) => at.len(),
            Places::Year(at) => at.len(),
        }
    }

    /// Whether there are none, which no sound calendar has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a slot is a day, whatever the time of the day.
    fn daily(&self) -> bool {
        !matches!(self, Places::Hours { .. })
    }

    /// The number of the last slot at or before a local time, and whether it is on that slot.
    fn locate(&self, local: i64) -> (i64, bool) {
        let day = local.div_euclid(DAY);
        let (cycle, rank, on) = match self {
            Places::Week(at) => {
                let place = weekday(day);
                let rank = at.partition_point(|d| i64::from(*d) <= place);
                let on = rank > 0 && at.get(rank - 1).is_some_and(|d| i64::from(*d) == place);
                ((day + 3).div_euclid(7), rank, on)
            }
            Places::Hours { at, .. } => {
                let since = local.saturating_add(3 * DAY);
                let place = since.rem_euclid(WEEK);
                let rank = at.partition_point(|s| *s <= place);
                (since.div_euclid(WEEK), rank, rank > 0 && at.get(rank - 1) == Some(&place))
            }
            Places::Month(at) => {
                let (place, length) = day_of_month(day);
                let in_month = |d: &u8| u32::from(*d).min(length);
                let rank = at.partition_point(|d| in_month(d) <= place);
                (month(day), rank, rank > 0 && at.get(rank - 1).map(in_month) == Some(place))
            }
            Places::Year(at) => {
                let (year, first, length) = year_of(day);
                let place = day - first + 1;
                let in_year = |d: &u16| i64::from(*d).min(length);
                let rank = at.partition_point(|d| in_year(d) <= place);
                (year, rank, rank > 0 && at.get(rank - 1).map(in_year) == Some(place))
            }
        };
        (cycle.saturating_mul(self.len() as i64).saturating_add(rank as i64 - 1), on)
    }

    /// The local time of a slot; of days their beginning.
    fn local(&self, index: i64) -> i64 {
        let count = self.len().max(1) as i64;
        let (cycle, rank) = (index.div_euclid(count), index.rem_euclid(count) as usize);
        let day = match self {
            Places::Week(at) => {
                cycle.saturating_mul(7).saturating_sub(3) + at.get(rank).map_or(0, |d| i64::from(*d))
            }
            Places::Hours { at, .. } => {
                let place = at.get(rank).copied().unwrap_or(0);
                return cycle.saturating_mul(WEEK).saturating_sub(3 * DAY).saturating_add(place);
            }
            Places::Month(at) => {
                let first = month_start(cycle);
                let (_, length) = day_of_month(first);
                first + i64::from(at.get(rank).map_or(1, |d| u32::from(*d)).min(length)) - 1
            }
            Places::Year(at) => {
                let year = cycle.clamp(-290_000, 290_000) as i32;
                let first = days_from_civil(year, 1, 1);
                let length = days_from_civil(year + 1, 1, 1) - first;
                first + at.get(rank).map_or(1, |d| i64::from(*d)).min(length) - 1
            }
        };
        day.saturating_mul(DAY)
    }

    /// Numbers of the slots of a day.
    fn of_day(&self, day: i64) -> std::ops::RangeInclusive<i64> {
        let before = self.locate(day.saturating_mul(DAY).saturating_sub(1)).0;
        let last = self.locate(day.saturating_mul(DAY).saturating_add(DAY - 1)).0;
        before + 1..=last
    }

    /// Ascending, in range, and two slots never on one day where months are short.
    fn is_sound(&self) -> bool {
        let rising = match self {
            Places::Week(at) => at.is_sorted_by(|a, b| a < b) && at.iter().all(|d| *d < 7),
            Places::Hours { at, step } => {
                at.is_sorted_by(|a, b| a < b)
                    && at.iter().all(|s| (0..WEEK).contains(s))
                    && (1..=MOST).contains(step)
            }
            Places::Month(at) => {
                at.is_sorted_by(|a, b| a < b)
                    && at.iter().all(|d| (1..=31).contains(d))
                    && at.iter().filter(|d| **d >= 28).count() < 2
            }
            Places::Year(at) => {
                at.is_sorted_by(|a, b| a < b)
                    && at.iter().all(|d| (1..=366).contains(d))
                    && at.iter().filter(|d| **d >= 365).count() < 2
            }
        };
        rising && (1..=PLACES).contains(&self.len())
    }
}

/// The year of a day, its first day, and how many days it has.
fn year_of(day: i64) -> (i64, i64, i64) {
    let (year, _, _) = civil_from_days(day);
    let first = days_from_civil(year, 1, 1);
    (i64::from(year), first, days_from_civil(year.saturating_add(1), 1, 1) - first)
}

impl Slots {
    /// Slots at these places, on all days but the closed ones (since 1970, in any order).
    pub fn new(places: Places, closed: Vec<i64>) -> Slots {
        Slots::of(places, closed, Months::ALL)
    }

    fn of(places: Places, mut closed: Vec<i64>, months: Months) -> Slots {
        closed.sort_unstable();
        closed.dedup();
        let mut days = closed.clone();
        if !months.are_all() {
            days.extend(months.closed_days());
            days.sort_unstable();
            days.dedup();
        }
        let gone = days.iter().flat_map(|day| places.of_day(*day)).collect();
        Slots { places, closed, months, gone }
    }

    /// The same slots, in these months alone.
    pub fn within(&self, months: Months) -> Slots {
        Slots::of(self.places.clone(), self.closed.clone(), months)
    }

    /// The months that have rows.
    pub fn months(&self) -> Months {
        self.months
    }

    /// Where in their cycle the slots are.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Days (since 1970) without rows.
    pub fn closed(&self) -> &[i64] {
        &self.closed
    }

    /// The same places, with these days closed.
    pub fn closing(&self, closed: Vec<i64>) -> Slots {
        Slots::of(self.places.clone(), closed, self.months)
    }

    /// Whether a day since 1970 has a slot, closed or not.
    pub fn has_day(&self, day: i64) -> bool {
        self.months.has(day) && !self.places.of_day(day).is_empty()
    }

    /// Whether a slot is a day, whatever the time of the day.
    pub(super) fn daily(&self) -> bool {
        self.places.daily()
    }

    /// The number of the last slot at or before a local time, and whether it is on that slot.
    pub(super) fn locate(&self, local: i64) -> (i64, bool) {
        let (index, on) = self.places.locate(local);
        let gone = self.gone.partition_point(|g| *g <= index);
        let closed = gone > 0 && self.gone.get(gone - 1) == Some(&index);
        (index.saturating_sub(gone as i64), on && !closed)
    }

    /// The local time of a slot; of days their beginning.
    pub(super) fn local(&self, index: i64) -> i64 {
        // The least number that has `index` open slots before it.
        let mut all = index;
        loop {
            let next = index.saturating_add(self.gone.partition_point(|g| *g <= all) as i64);
            if next == all {
                return self.places.local(all);
            }
            all = next;
        }
    }

    /// Mean distance between slots in seconds.
    pub(super) fn seconds(&self) -> i64 {
        let cycle = match &self.places {
            Places::Week(_) | Places::Hours { .. } => WEEK,
            Places::Month(_) => super::MONTH,
            Places::Year(_) => 12 * super::MONTH,
        };
        cycle / self.places.len().max(1) as i64
    }

    /// Distance of most slots in seconds: an hour where trading hours are told by the hour.
    pub(super) fn nominal(&self) -> i64 {
        match &self.places {
            Places::Hours { step, .. } => *step,
            Places::Week(_) => DAY,
            Places::Month(_) | Places::Year(_) => self.seconds() / DAY * DAY,
        }
    }

    /// Slots of the season: a day of hours, a week of days, a year of longer steps.
    pub(super) fn season(&self) -> usize {
        match &self.places {
            Places::Week(at) => at.len(),
            Places::Hours { .. } => self.a_day().unwrap_or(1),
            Places::Month(at) => 12 * at.len(),
            Places::Year(at) => at.len(),
        }
        .max(1)
    }

    /// Slots of the fullest day, where a day has several.
    pub(super) fn a_day(&self) -> Option<usize> {
        let Places::Hours { at, .. } = &self.places else { return None };
        let mut days = [0usize; 7];
        at.iter().for_each(|s| days[(s / DAY).clamp(0, 6) as usize] += 1);
        days.into_iter().max()
    }

    /// Whether every number is one of a calendar.
    pub(super) fn is_sound(&self) -> bool {
        let near = |day: &i64| (-1_000_000..10_000_000).contains(day);
        self.places.is_sound()
            && self.months.is_sound()
            && self.closed.len() <= CLOSED
            && self.closed.iter().all(near)
    }
}
