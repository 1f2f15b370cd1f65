//! The step of a regular grid: fixed seconds, or calendar days and months.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::stamp::iso::{civil_from_days, days_from_civil, days_in_month};
use crate::data::stamp::{Moment, TimeStyle};
use crate::error::{Error, Result};

const DAY: i64 = 86_400;

/// The step between two rows of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freq {
    /// A fixed number of seconds.
    Seconds(i64),
    /// Calendar days on the table's clock (23 to 25 hours where clocks change).
    Days(i64),
    /// Calendar months; 12 is a year. A grid that starts on the last day of its month
    /// stays on last days.
    Months(i64),
}

impl Freq {
    /// The stamp `steps` rows after `stamp` (before it, when negative).
    pub fn advance(&self, stamp: i64, steps: i64, time: &TimeStyle) -> i64 {
        match *self {
            Freq::Seconds(n) => stamp.saturating_add(steps.saturating_mul(n)),
            Freq::Days(n) => {
                let local = time.local_seconds(stamp).saturating_add(steps.saturating_mul(n * DAY));
                utc(local, time)
            }
            Freq::Months(n) => {
                let local = time.local_seconds(stamp);
                let (days, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
                let (year, month, day) = civil_from_days(days);
                let months = i64::from(year) * 12 + i64::from(month) - 1 + steps.saturating_mul(n);
                let (to_year, to_month) = (months.div_euclid(12), months.rem_euclid(12) as u32 + 1);
                let to_year = to_year.clamp(-100_000, 100_000) as i32;
                let most = days_in_month(to_year, to_month);
                let to_day = if day == days_in_month(year, month) { most } else { day.min(most) };
                utc(days_from_civil(to_year, to_month, to_day) * DAY + second, time)
            }
        }
    }

    /// How many rows lie from `a` to `b`; `None` when `b` is not on the grid through `a`.
    pub fn steps_between(&self, a: i64, b: i64, time: &TimeStyle) -> Option<i64> {
        match *self {
            Freq::Seconds(n) => ((b - a) % n == 0).then(|| (b - a) / n),
            Freq::Days(n) => {
                let apart = time.local_seconds(b) - time.local_seconds(a);
                // A skipped hour moves the clock once; the day is still the right one.
                let days = (apart + DAY / 2).div_euclid(DAY);
                (days % n == 0 && self.advance(a, days / n, time) == b).then(|| days / n)
            }
            Freq::Months(n) => {
                let count = |stamp: i64| {
                    let (year, month, _) = civil_from_days(time.local_seconds(stamp).div_euclid(DAY));
                    i64::from(year) * 12 + i64::from(month)
                };
                let months = count(b) - count(a);
                (months % n == 0 && self.advance(a, months / n, time) == b).then(|| months / n)
            }
        }
    }

    /// Rows in the season that matters most: a day for steps below a day, a week of days, a year
    /// of weeks, months or quarters; 1 where there is none.
    pub fn season(&self) -> usize {
        let rows = match *self {
            Freq::Seconds(n) if n < DAY => if DAY % n == 0 { DAY / n } else { 1 },
            Freq::Seconds(n) if n == DAY => 7,
            Freq::Seconds(n) if n == 7 * DAY => 52,
            Freq::Seconds(_) => 1,
            Freq::Days(1) => 7,
            Freq::Days(7) => 52,
            Freq::Days(_) => 1,
            Freq::Months(n) => if 12 % n == 0 { 12 / n } else { 1 },
        };
        // Seasons of seconds are longer than any window: the last hour is the useful one.
        if rows > 1440 { 3600 / (DAY / rows).max(1) } else { rows }.max(1) as usize
    }

    /// About how many seconds a step takes.
    pub fn seconds(&self) -> i64 {
        match *self {
            Freq::Seconds(n) => n,
            Freq::Days(n) => n * DAY,
            Freq::Months(n) => n * 2_629_746,
        }
    }

    /// The commonest step between neighbouring stamps of the series, in calendar terms where the
    /// calendar explains it. `stamps` holds each series' distinct stamps in order.
    pub fn infer(stamps: &[&[i64]], time: &TimeStyle) -> Option<Freq> {
        let mut counts = std::collections::BTreeMap::<i64, usize>::new();
        for series in stamps {
            for pair in series.windows(2) {
                *counts.entry(pair[1] - pair[0]).or_default() += 1;
            }
        }
        // Of equally common steps the smallest: a larger one may be a gap.
        let (&common, _) = counts.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))?;
        if common % DAY != 0 && (common - DAY).abs() > 3600 || common < DAY - 3600 {
            return Some(Freq::Seconds(common));
        }
        let days = |low: i64, high: i64| (low * DAY - 3600..=high * DAY + 3600).contains(&common);
        for (months, low, high) in [(1, 28, 31), (3, 90, 92), (12, 365, 366)] {
            let freq = Freq::Months(months);
            if days(low, high) && fits(freq, stamps, time) {
                return Some(freq);
            }
        }
        let days = (common + DAY / 2).div_euclid(DAY);
        Some(if time.zone().is_some() { Freq::Days(days) } else { Freq::Seconds(days * DAY) })
    }

    /// A step as people write it: `15min`, `1h`, `1d`, `1w`, `1mo`, `1y`; pandas' letters too.
    ///
    /// # Errors
    /// `Error::Config` with the forms that are read.
    pub fn parse(text: &str) -> Result<Freq> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at(split);
        let count = if digits.is_empty() { Some(1) } else { digits.parse::<i64>().ok() };
        let unit = unit.trim();
        let freq = count.filter(|n| (1..1_000_000_000).contains(n)).and_then(|n| {
            Some(match unit {
                "M" | "MS" | "ME" => Freq::Months(n),
                "Q" | "QS" | "QE" => Freq::Months(3 * n),
                "Y" | "A" | "YS" | "YE" | "AS" => Freq::Months(12 * n),
                _ => match unit.to_ascii_lowercase().as_str() {
                    "s" | "sec" | "second" | "seconds" => Freq::Seconds(n),
                    "min" | "t" | "m" | "minute" | "minutes" => Freq::Seconds(60 * n),
                    "h" | "hour" | "hours" => Freq::Seconds(3600 * n),
                    "d" | "day" | "days" => Freq::Days(n),
                    "w" | "week" | "weeks" => Freq::Days(7 * n),
                    "mo" | "month" | "months" => Freq::Months(n),
                    "q" | "quarter" | "quarters" => Freq::Months(3 * n),
                    "y" | "year" | "years" => Freq::Months(12 * n),
                    _ => return None,
                },
            })
        });
        freq.ok_or_else(|| {
            Error::config(format!("`{text}` is not a step between rows"))
                .with_hint("write it like 30s, 15min, 1h, 1d, 1w, 1mo or 1y")
        })
    }

    /// The same step in the form that suits a table: days are fixed seconds where no clock changes.
    pub fn on(self, time: &TimeStyle) -> Freq {
        match self {
            Freq::Days(n) if time.zone().is_none() => Freq::Seconds(n * DAY),
            Freq::Seconds(n) if n % DAY == 0 && time.zone().is_some() => Freq::Days(n / DAY),
            other => other,
        }
    }
}

/// Whether at least nine in ten neighbouring stamps of every series are whole steps apart.
fn fits(freq: Freq, stamps: &[&[i64]], time: &TimeStyle) -> bool {
    let (mut whole, mut all) = (0usize, 0usize);
    for series in stamps {
        for pair in series.windows(2) {
            all += 1;
            whole += usize::from(freq.steps_between(pair[0], pair[1], time).is_some());
        }
    }
    whole * 10 >= all * 9
}

/// The instant at which the table's clock shows `local`.
fn utc(local: i64, time: &TimeStyle) -> i64 {
    time.to_utc(Moment { local, offset: None })
}

impl fmt::Display for Freq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Freq::Seconds(n) if n % DAY == 0 => write!(f, "{}d", n / DAY),
            Freq::Seconds(n) if n % 3600 == 0 => write!(f, "{}h", n / 3600),
            Freq::Seconds(n) if n % 60 == 0 => write!(f, "{}min", n / 60),
            Freq::Seconds(n) => write!(f, "{n}s"),
            Freq::Days(n) => write!(f, "{n}d"),
            Freq::Months(n) if n % 12 == 0 => write!(f, "{}y", n / 12),
            Freq::Months(n) => write!(f, "{n}mo"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        TimeStyle::naive("date").parse_one(text).unwrap()
    }

    fn infer(stamps: &[&str]) -> Option<Freq> {
        let stamps: Vec<i64> = stamps.iter().map(|s| at(s)).collect();
        Freq::infer(&[&stamps], &TimeStyle::naive("date"))
    }

    #[test]
    fn months_keep_to_month_ends() {
        let time = TimeStyle::naive("date");
        let month = Freq::Months(1);
        assert_eq!(month.advance(at("2021-01-31"), 1, &time), at("2021-02-28"));
        assert_eq!(month.advance(at("2021-02-28"), 1, &time), at("2021-03-31"));
        assert_eq!(month.advance(at("2021-01-15"), 13, &time), at("2022-02-15"));
        assert_eq!(month.advance(at("2020-03-31"), -1, &time), at("2020-02-29"));
        assert_eq!(month.steps_between(at("2020-01-31"), at("2021-02-28"), &time), Some(13));
        assert_eq!(month.steps_between(at("2020-01-31"), at("2021-02-27"), &time), None);
        assert_eq!(Freq::Months(12).advance(at("2020-02-29"), 1, &time), at("2021-02-28"));
    }

    #[test]
    fn the_commonest_step_survives_gaps() {
        assert_eq!(infer(&["2021-01-01T00:00", "2021-01-01T01:00", "2021-01-01T05:00", "2021-01-01T06:00"]), Some(Freq::Seconds(3600)));
        assert_eq!(infer(&["2021-01-01", "2021-01-02", "2021-01-03"]), Some(Freq::Seconds(86_400)));
        assert_eq!(infer(&["2021-01-01", "2021-02-01", "2021-03-01", "2021-06-01"]), Some(Freq::Months(1)));
        assert_eq!(infer(&["2021-03-31", "2021-06-30", "2021-09-30", "2021-12-31"]), Some(Freq::Months(3)));
        assert_eq!(infer(&["2019-01-01", "2020-01-01", "2021-01-01"]), Some(Freq::Months(12)));
        assert_eq!(infer(&["2021-01-04", "2021-01-11", "2021-01-18"]), Some(Freq::Seconds(7 * 86_400)));
        assert_eq!(infer(&["2021-01-04"]), None);
    }

    #[test]
    fn steps_are_read_and_written() {
        for (text, freq) in [("1h", Freq::Seconds(3600)), ("15min", Freq::Seconds(900)), ("1mo", Freq::Months(1)), ("1y", Freq::Months(12)), ("30s", Freq::Seconds(30))] {
            assert_eq!(Freq::parse(text).unwrap(), freq);
            assert_eq!(freq.to_string(), text);
        }
        assert_eq!(Freq::parse("MS").unwrap(), Freq::Months(1));
        assert_eq!(Freq::parse("D").unwrap(), Freq::Days(1));
        for text in ["", "0h", "fortnight", "-1h", "1.5h"] {
            assert_eq!(Freq::parse(text).unwrap_err().exit_code(), 4, "{text}");
        }
    }

    #[test]
    fn seasons() {
        for (text, rows) in [("1h", 24), ("15min", 96), ("1min", 1440), ("1d", 7), ("1w", 52), ("1mo", 12), ("1q", 4), ("1y", 1)] {
            assert_eq!(Freq::parse(text).unwrap().on(&TimeStyle::naive("d")).season(), rows, "{text}");
        }
    }
}
