//! Rows once a month (or every few months), on a day of it that a rule gives.

use serde::{Deserialize, Serialize};

use super::step::{day_of_month, month, month_start};

/// Which day of its month a row is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// This day, or the month's last where the month is shorter: 30 Jan, 28 Feb, 30 Mar.
    Day(u8),
    /// The first day that is neither Saturday nor Sunday.
    FirstWorkday,
    /// The last day that is neither Saturday nor Sunday.
    LastWorkday,
    /// A weekday (Monday is 0) of the month: the first to the fourth one, or the last (5).
    Weekday { week: u8, weekday: u8 },
}

/// Day of the week of a day since 1970, Monday is 0.
pub(crate) fn weekday(day: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7)
}

impl Anchor {
    /// The day (since 1970) in a month counted from year 0.
    pub fn day(self, months: i64) -> i64 {
        let first = month_start(months);
        let (_, length) = day_of_month(first);
        let last = first + i64::from(length) - 1;
        match self {
            Anchor::Day(day) => first + i64::from(day.max(1)).min(i64::from(length)) - 1,
            Anchor::FirstWorkday => first + (7 - weekday(first)) % 7 * i64::from(weekday(first) >= 5),
            Anchor::LastWorkday => last - (weekday(last) - 4).max(0),
            Anchor::Weekday { week: 5.., weekday: day } => {
                last - (weekday(last) - i64::from(day)).rem_euclid(7)
            }
            Anchor::Weekday { week, weekday: day } => {
                let to_first = (i64::from(day) - weekday(first)).rem_euclid(7);
                first + to_first + 7 * (i64::from(week.max(1)) - 1)
            }
        }
    }

    /// Whether a day is the one of its month.
    pub fn holds(self, day: i64) -> bool {
        self.day(month(day)) == day
    }

    /// The rule that all days follow, the plainest one where there are several. Rules about
    /// weekdays need six months to show.
    pub fn find(days: &[i64]) -> Option<Anchor> {
        let first = *days.first()?;
        let latest = days.iter().map(|d| day_of_month(*d).0).max()? as u8;
        let mut rules = vec![Anchor::Day(latest)];
        if days.len() >= 6 {
            let weekday = weekday(first) as u8;
            rules.extend([Anchor::FirstWorkday, Anchor::LastWorkday]);
            rules.extend((1..=5).map(|week| Anchor::Weekday { week, weekday }));
        }
        rules.into_iter().find(|rule| days.iter().all(|day| rule.holds(*day)))
    }

    /// Whether the numbers are those of a calendar.
    pub(super) fn is_sound(self) -> bool {
        match self {
            Anchor::Day(day) => (1..=31).contains(&day),
            Anchor::FirstWorkday | Anchor::LastWorkday => true,
            Anchor::Weekday { week, weekday } => (1..=5).contains(&week) && weekday < 7,
        }
    }
}
