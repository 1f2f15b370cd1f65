//! The step between the rows of a series: fixed seconds, calendar days and months in the table's
//! zone, or the slots of a calendar (business days, trading hours, dekads).
//!
//! `step` walks along a grid, `infer` finds the step of a table, `learn` its slots, `parse` and
//! `display` read and write steps. None of them knows about columns.

mod anchor;
#[cfg(test)]
#[path = "freq/tests.rs"]
mod checks;
mod display;
pub mod infer;
pub mod learn;
mod observed;
mod parse;
pub mod season;
mod slots;
mod step;

pub use anchor::Anchor;
pub use observed::Observed;
pub use slots::{Places, Slots};
pub(crate) use step::{month, month_start, utc_of_local};

/// Name of the weekday of a day since 1970.
pub(crate) fn weekday_name(day: i64) -> &'static str {
    display::day_name(anchor::weekday(day))
}

use crate::data::stamp::TimeStyle;

/// The step between two rows of a series.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freq {
    /// A fixed number of seconds.
    Seconds(i64),
    /// Calendar days in the table's zone (23 to 25 hours where clocks change).
    Days(i64),
    /// Calendar months; 12 is a year. The day of the month is that of the stamp that is
    /// advanced, or the month's last where there is no such day.
    Months(i64),
    /// Calendar months on a grid of month ends: 31 Jan, 28 Feb, 31 Mar.
    MonthEnds(i64),
    /// Calendar months, on the day of each that a rule gives: the 30th, the last working day.
    Anchored { months: i64, on: Anchor },
    /// Fixed places of the week, the month or the year: what lies between them is no row.
    Slots(Box<Slots>),
    /// No rule: the rows that the table has are counted.
    Observed(Observed),
}

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;
/// Mean seconds of a month (a twelfth of 365.2425 days).
const MONTH: i64 = 2_629_746;
/// Longest step in any unit, 400 years of seconds and more than any table has.
const MOST: i64 = 12_700_000_000;

impl Freq {
    /// A calendar of slots at these places.
    pub fn slots(places: Places) -> Freq {
        Freq::Slots(Box::new(Slots::new(places, Vec::new())))
    }

    /// The same step in the form that suits a table: days are fixed seconds where no clock changes.
    pub fn on(self, time: &TimeStyle) -> Freq {
        match self {
            Freq::Days(n) if time.zone().is_none() => Freq::Seconds(n.saturating_mul(DAY)),
            other => other,
        }
    }

    /// Whether the step is more than its text says: a calendar, or a day of the month.
    pub fn is_calendar(&self) -> bool {
        matches!(self, Freq::Anchored { .. } | Freq::Slots(_) | Freq::Observed(_))
    }

    /// Whether the step could come from [`Freq::parse`]: forward, and not absurdly long.
    pub(crate) fn is_sound(&self) -> bool {
        let calendar = match self {
            Freq::Anchored { on, .. } => on.is_sound(),
            Freq::Slots(slots) => slots.is_sound(),
            _ => true,
        };
        calendar && (1..=MOST).contains(&self.seconds())
    }

    /// Length of a step in seconds; the mean length where steps differ.
    pub fn seconds(&self) -> i64 {
        match self {
            Freq::Seconds(n) => *n,
            Freq::Days(n) => n.saturating_mul(DAY),
            Freq::Months(n) | Freq::MonthEnds(n) | Freq::Anchored { months: n, .. } => {
                n.saturating_mul(MONTH)
            }
            Freq::Slots(slots) => slots.seconds(),
            Freq::Observed(rows) => rows.seconds(),
        }
    }

    /// Length of most steps in seconds: an hour of trading hours, a day of business days.
    pub fn nominal(&self) -> i64 {
        match self {
            Freq::Slots(slots) => slots.nominal(),
            other => other.seconds(),
        }
    }

    /// Rows of the season that a seasonal naive forecast and MASE look back: a day below daily
    /// steps (24 of an hour, 1440 of a minute), a week of daily rows (7), a year of longer ones
    /// (52 weeks, 12 months, 4 quarters, 1 year). Where the step does not divide the cycle, the
    /// nearest whole number of rows; never below 1. Of calendars slots are counted: 7 a day of
    /// seven trading hours, 5 a week of business days, 36 a year of dekads.
    pub fn season(&self) -> usize {
        let rows = |cycle: i64, step: i64| ((cycle + step / 2) / step.max(1)).max(1) as usize;
        match self {
            // Below a minute the day is many thousand rows; an hour is the cycle then.
            Freq::Seconds(n) if *n < 60 => rows(3600, *n),
            Freq::Seconds(n) if *n < DAY => rows(DAY, *n),
            Freq::Seconds(n) if *n < 7 * DAY => rows(7 * DAY, *n),
            Freq::Days(n) if *n < 7 => rows(7, *n),
            Freq::Seconds(n) => rows(52 * 7 * DAY, *n),
            Freq::Days(n) => rows(52 * 7, *n),
            Freq::Months(n) | Freq::MonthEnds(n) | Freq::Anchored { months: n, .. } => rows(12, *n),
            Freq::Slots(slots) => slots.season(),
            Freq::Observed(rows) => Freq::Seconds(rows.seconds()).season(),
        }
    }

    /// Rows of a day and of a week, where a day has one or more.
    pub fn day_and_week(&self) -> Option<(usize, usize)> {
        match self {
            Freq::Slots(slots) => match slots.places() {
                Places::Week(at) => Some((1, at.len())),
                Places::Hours { at, .. } => Some((slots.a_day()?, at.len())),
                Places::Month(_) | Places::Year(_) => None,
            },
            Freq::Observed(_) => None,
            other => {
                let day = DAY / other.seconds().max(1);
                (day >= 1).then_some((day as usize, 7 * day as usize))
            }
        }
    }

    /// Rows known after a stamp, where no rule gives them.
    pub fn known_after(&self, stamp: i64) -> Option<usize> {
        match self {
            Freq::Observed(rows) => Some(rows.after(stamp)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        for (text, freq, canonical) in [
            ("1h", Freq::Seconds(3600), "1h"),
            ("H", Freq::Seconds(3600), "1h"),
            ("5m", Freq::Seconds(300), "5min"),
            ("M", Freq::Months(1), "1mo"),
            ("15min", Freq::Seconds(900), "15min"),
            ("15 T", Freq::Seconds(900), "15min"),
            ("90s", Freq::Seconds(90), "90s"),
            ("D", Freq::Days(1), "1d"),
            ("2w", Freq::Days(14), "2w"),
            ("W-MON", Freq::slots(Places::Week(vec![0])), "1w, Monday"),
            ("B", Freq::slots(Places::Week(vec![0, 1, 2, 3, 4])), "1d, Monday to Friday"),
            ("1d sun-thu", Freq::slots(Places::Week(vec![0, 1, 2, 3, 6])), "1d, Sunday to Thursday"),
            ("1d mon,wed,fri", Freq::slots(Places::Week(vec![0, 2, 4])), "1d, Monday, Wednesday, Friday"),
            ("SMS", Freq::slots(Places::Month(vec![1, 15])), "1mo, days 1, 15"),
            ("SME", Freq::slots(Places::Month(vec![15, 31])), "1mo, days 15, end"),
            ("1mo 1,11,21", Freq::slots(Places::Month(vec![1, 11, 21])), "1mo, days 1, 11, 21"),
            (
                "1y 1-361 by 8",
                Freq::slots(Places::Year((1..=361).step_by(8).collect())),
                "1y, days 1 to 361 by 8",
            ),
            ("BM", Freq::Anchored { months: 1, on: Anchor::LastWorkday }, "BME"),
            ("BQS", Freq::Anchored { months: 3, on: Anchor::FirstWorkday }, "BQS"),
            (
                "WOM-3FRI",
                Freq::Anchored { months: 1, on: Anchor::Weekday { week: 3, weekday: 4 } },
                "WOM-3FRI",
            ),
            (
                "LWOM-MON",
                Freq::Anchored { months: 1, on: Anchor::Weekday { week: 5, weekday: 0 } },
                "LWOM-MON",
            ),
            ("observed", Freq::Observed(Observed::default()), "observed"),
            ("MS", Freq::Months(1), "1mo"),
            ("1mo", Freq::Months(1), "1mo"),
            ("ME", Freq::MonthEnds(1), "1mo-end"),
            ("1mo-end", Freq::MonthEnds(1), "1mo-end"),
            ("QS-JAN", Freq::Months(3), "1q"),
            ("2q", Freq::Months(6), "6mo"),
            ("1q-end", Freq::MonthEnds(3), "1q-end"),
            ("YE-DEC", Freq::MonthEnds(12), "1y-end"),
            ("1y", Freq::Months(12), "1y"),
        ] {
            assert_eq!(Freq::parse(text).unwrap(), freq, "{text}");
            assert_eq!(freq.to_string(), canonical);
            assert_eq!(Freq::parse(canonical).unwrap(), freq);
        }
        for wrong in ["", "1", "0h", "h1", "-1h", "1.5h", "1x", "99999999999999999999h", "9999999y", "1h30"] {
            let error = Freq::parse(wrong).unwrap_err();
            assert_eq!(error.exit_code(), 4, "{wrong}");
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn seasons_are_the_usual_ones() {
        for (text, rows) in [
            ("1s", 3600),
            ("1min", 1440),
            ("15min", 96),
            ("1h", 24),
            ("7h", 3),
            ("12h", 2),
            ("1d", 7),
            ("24h", 7),
            ("1w", 52),
            ("4w", 13),
            ("1mo", 12),
            ("1mo-end", 12),
            ("1q", 4),
            ("1y", 1),
            ("5y", 1),
        ] {
            assert_eq!(Freq::parse(text).unwrap().season(), rows, "{text}");
        }
    }
}
