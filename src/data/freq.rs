//! The step of a regular grid: fixed seconds, or calendar days and months in the table's zone.
//!
//! `step` walks along a grid, `infer` finds the step of a table. Neither knows about columns.

#[cfg(test)]
#[path = "freq/tests.rs"]
mod checks;
pub mod infer;
mod step;

pub(crate) use step::{month, month_start, utc_of_local};

use crate::data::stamp::TimeStyle;
use crate::error::{Error, Result};

/// The step between two rows of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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
}

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;
/// Mean seconds of a month (a twelfth of 365.2425 days).
const MONTH: i64 = 2_629_746;
/// Longest step in any unit, 400 years of seconds and more than any table has.
const MOST: i64 = 12_700_000_000;

/// Spellings of units: ours first, then pandas' aliases. (unit, one step of it)
const UNITS: [(&[&str], Freq); 11] = [
    (&["s", "sec", "secs", "second", "seconds"], Freq::Seconds(1)),
    (&["min", "mins", "minute", "minutes", "t"], Freq::Seconds(60)),
    (&["h", "hr", "hour", "hours", "hourly"], Freq::Seconds(3600)),
    (&["d", "day", "days", "daily"], Freq::Days(1)),
    (&["w", "week", "weeks", "weekly"], Freq::Days(7)),
    (&["mo", "mon", "month", "months", "monthly", "ms"], Freq::Months(1)),
    (&["mo-end", "me"], Freq::MonthEnds(1)),
    (&["q", "quarter", "quarters", "quarterly", "qs"], Freq::Months(3)),
    (&["q-end", "qe"], Freq::MonthEnds(3)),
    (&["y", "year", "years", "yearly", "annual", "a", "as", "ys"], Freq::Months(12)),
    (&["y-end", "ye"], Freq::MonthEnds(12)),
];

impl Freq {
    /// Reads `1h`, `15min`, `30s`, `1d`, `2w`, `1mo`, `1q`, `1y`, and pandas' `H`, `15T`, `D`, `W`,
    /// `W-MON`, `M` and `MS` (months), `ME` (month ends), `QS`, `QE`, `YS`, `YE`.
    ///
    /// # Errors
    /// `Error::Config` with the forms that are known.
    pub fn parse(text: &str) -> Result<Freq> {
        let wrong = |what: &str| {
            Error::config(format!("`{text}` is not a frequency{what}"))
                .with_hint("write a number and a unit: 30s, 15min, 1h, 1d, 1w, 1mo, 1q or 1y")
        };
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let digits = compact.len() - compact.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, unit) = compact.split_at(digits);
        let count: i64 = match count {
            "" => 1,
            digits => digits.parse().map_err(|_| wrong(": the number is too large"))?,
        };
        // The one unit in which case matters: pandas' `M` is a month, everybody's `m` a minute.
        let unit = match unit {
            "M" => "mo".to_owned(),
            "m" => "min".to_owned(),
            other => other.to_lowercase(),
        };
        // A weekday or month after a hyphen (`W-MON`, `QS-JAN`) says where pandas anchors its
        // grid; ours is anchored on the stamps themselves.
        let anchored = unit.split_once('-').filter(|(_, anchor)| anchor.len() == 3 && *anchor != "end");
        let unit = anchored.map_or(unit.as_str(), |(unit, _)| unit);
        if unit.is_empty() {
            return Err(wrong(": it has no unit"));
        }
        let known = UNITS.iter().find(|(names, _)| names.contains(&unit)).map(|(_, freq)| *freq);
        let one = known.ok_or_else(|| wrong(""))?;
        if count == 0 {
            return Err(wrong(": the step is zero"));
        }
        one.times(count).ok_or_else(|| wrong(": the step is too long"))
    }

    /// `count` steps as one, unless that is absurdly long.
    fn times(self, count: i64) -> Option<Freq> {
        if count > MOST {
            return None;
        }
        let freq = match self {
            Freq::Seconds(n) => Freq::Seconds(n * count),
            Freq::Days(n) => Freq::Days(n * count),
            Freq::Months(n) => Freq::Months(n * count),
            Freq::MonthEnds(n) => Freq::MonthEnds(n * count),
        };
        (freq.seconds() <= MOST).then_some(freq)
    }

    /// The same step in the form that suits a table: days are fixed seconds where no clock changes.
    pub fn on(self, time: &TimeStyle) -> Freq {
        match self {
            Freq::Days(n) if time.zone().is_none() => Freq::Seconds(n.saturating_mul(DAY)),
            other => other,
        }
    }

    /// Whether the step could come from [`Freq::parse`]: forward, and not absurdly long.
    pub(crate) fn is_sound(&self) -> bool {
        (1..=MOST).contains(&self.seconds())
    }

    /// Length of a step in seconds; the mean length where steps differ.
    pub fn seconds(&self) -> i64 {
        match *self {
            Freq::Seconds(n) => n,
            Freq::Days(n) => n.saturating_mul(DAY),
            Freq::Months(n) | Freq::MonthEnds(n) => n.saturating_mul(MONTH),
        }
    }

    /// Rows of the season that a seasonal naive forecast and MASE look back: a day below daily
    /// steps (24 of an hour, 1440 of a minute), a week of daily rows (7), a year of longer ones
    /// (52 weeks, 12 months, 4 quarters, 1 year). Where the step does not divide the cycle, the
    /// nearest whole number of rows; never below 1.
    pub fn season(&self) -> usize {
        let rows = |cycle: i64, step: i64| ((cycle + step / 2) / step.max(1)).max(1) as usize;
        match *self {
            // Below a minute the day is many thousand rows; an hour is the cycle then.
            Freq::Seconds(n) if n < 60 => rows(3600, n),
            Freq::Seconds(n) if n < DAY => rows(DAY, n),
            Freq::Seconds(n) if n < 7 * DAY => rows(7 * DAY, n),
            Freq::Days(n) if n < 7 => rows(7, n),
            Freq::Seconds(n) => rows(52 * 7 * DAY, n),
            Freq::Days(n) => rows(52 * 7, n),
            Freq::Months(n) | Freq::MonthEnds(n) => rows(12, n),
        }
    }
}

/// The canonical text, which [`Freq::parse`] reads back: `1h`, `15min`, `1d`, `1w`, `1mo`, `1q`, `1y`.
impl std::fmt::Display for Freq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Freq::Seconds(n) if n % (7 * DAY) == 0 => write!(f, "{}w", n / (7 * DAY)),
            Freq::Seconds(n) if n % DAY == 0 => write!(f, "{}d", n / DAY),
            Freq::Seconds(n) if n % 3600 == 0 => write!(f, "{}h", n / 3600),
            Freq::Seconds(n) if n % 60 == 0 => write!(f, "{}min", n / 60),
            Freq::Seconds(n) => write!(f, "{n}s"),
            Freq::Days(n) if n % 7 == 0 => write!(f, "{}w", n / 7),
            Freq::Days(n) => write!(f, "{n}d"),
            Freq::Months(n) | Freq::MonthEnds(n) => {
                match n {
                    n if n % 12 == 0 => write!(f, "{}y", n / 12)?,
                    3 => f.write_str("1q")?,
                    n => write!(f, "{n}mo")?,
                }
                if matches!(self, Freq::MonthEnds(_)) { f.write_str("-end") } else { Ok(()) }
            }
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
            ("W-MON", Freq::Days(7), "1w"),
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
