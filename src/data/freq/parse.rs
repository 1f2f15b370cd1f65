//! Reads steps: `1h`, `15min`, `1mo`, pandas' aliases, and calendars such as
//! `1d, Monday to Friday` or `1h, Monday to Friday, 10:00 to 16:00`.

use super::season::Months;
use super::{Anchor, DAY, Freq, MOST, Observed, Places};
use crate::data::stamp::names::DAYS;
use crate::error::{Error, Result};

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

/// pandas' aliases of working days at the ends of months. (alias, months, rule)
const WORKDAYS: [(&[&str], i64, Anchor); 6] = [
    (&["bms"], 1, Anchor::FirstWorkday),
    (&["bme", "bm"], 1, Anchor::LastWorkday),
    (&["bqs"], 3, Anchor::FirstWorkday),
    (&["bqe", "bq"], 3, Anchor::LastWorkday),
    (&["bys", "bas"], 12, Anchor::FirstWorkday),
    (&["bye", "by", "ba"], 12, Anchor::LastWorkday),
];

impl Freq {
    /// Reads `1h`, `15min`, `30s`, `1d`, `2w`, `1mo`, `1q`, `1y`; pandas' `H`, `15T`, `D`, `B`, `W`,
    /// `W-MON`, `M` and `MS` (months), `ME` (month ends), `SMS`, `SME`, `BMS`, `BME`, `WOM-3FRI`,
    /// `QS`, `QE`, `YS`, `YE`; calendars such as `1d mon-sat`, `30min mon-fri 9:30-11:00,13:00-14:30`,
    /// `1mo 1,11,21`; and `observed`.
    ///
    /// # Errors
    /// `Error::Config` with the forms that are known.
    pub fn parse(text: &str) -> Result<Freq> {
        let wrong = |what: &str| {
            Error::config(format!("`{text}` is not a frequency{what}"))
                .with_hint("write a number and a unit: 30s, 15min, 1h, 1d, 1w, 1mo, 1q or 1y; or a calendar: B, `1d mon-sat`, `1h mon-fri 9:00-17:00`, `1mo 1,15`, observed")
        };
        let trimmed = text.trim();
        let digits = trimmed.len() - trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, rest) = trimmed.split_at(digits);
        let rest = rest.trim_start();
        let ends = rest.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(ends);
        let rest = rest.trim_matches(|c: char| c == ',' || c.is_whitespace());
        let count: i64 = match count {
            "" => 1,
            digits => digits.parse().map_err(|_| wrong(": the number is too large"))?,
        };
        if unit.is_empty() {
            return Err(wrong(": it has no unit"));
        }
        if count == 0 {
            return Err(wrong(": the step is zero"));
        }
        // The one unit in which case matters: pandas' `M` is a month, everybody's `m` a minute.
        let unit = match unit {
            "M" => "mo".to_owned(),
            "m" => "min".to_owned(),
            other => other.to_lowercase(),
        };
        if let Some(calendar) = alias(&unit, count) {
            return if rest.is_empty() { calendar.map_err(&wrong) } else { Err(wrong("")) };
        }
        // A month after a hyphen (`QS-JAN`) says where pandas anchors its grid; ours is anchored
        // on the stamps themselves.
        let anchored = unit.split_once('-').filter(|(_, anchor)| anchor.len() == 3 && *anchor != "end");
        let unit = anchored.map_or(unit.as_str(), |(unit, _)| unit);
        let one = UNITS.into_iter().find(|(names, _)| names.contains(&unit)).map(|(_, freq)| freq);
        let one = one.ok_or_else(|| wrong(""))?;
        let step = one.times(count).ok_or_else(|| wrong(": the step is too long"))?;
        if rest.is_empty() {
            return Ok(step);
        }
        calendar(&step, rest).filter(Freq::is_sound).ok_or_else(|| wrong(""))
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
            _ => return None,
        };
        (freq.seconds() <= MOST).then_some(freq)
    }
}

/// Aliases of calendars: `None` where it is none, else the calendar or what is wrong with it.
fn alias(unit: &str, count: i64) -> Option<std::result::Result<Freq, &'static str>> {
    let single = |freq: Freq| match count {
        1 => Ok(freq),
        _ => Err(": a calendar has no multiples"),
    };
    if let Some((_, months, on)) = WORKDAYS.into_iter().find(|(names, ..)| names.contains(&unit)) {
        let months = months.saturating_mul(count);
        let freq = Freq::Anchored { months, on };
        return Some(if freq.seconds() <= MOST { Ok(freq) } else { Err(": the step is too long") });
    }
    let of_month = |week: u8, day: &str| {
        let weekday = weekday(day)?;
        Some(single(Freq::Anchored { months: 1, on: Anchor::Weekday { week, weekday } }))
    };
    match unit {
        "b" => return Some(single(Freq::slots(Places::Week((0..5).collect())))),
        "sms" => return Some(single(Freq::slots(Places::Month(vec![1, 15])))),
        "sm" | "sme" => return Some(single(Freq::slots(Places::Month(vec![15, 31])))),
        "observed" => return Some(single(Freq::Observed(Observed::default()))),
        "c" => return Some(Err(": write B, and name the holidays with --holidays")),
        "bh" | "cbh" => return Some(Err(": name the hours, as in `1h mon-fri 9:00-16:00`")),
        _ => {}
    }
    if let Some(day) = unit.strip_prefix("w-") {
        let weekday = weekday(day)?;
        return Some(match count {
            1 => Ok(Freq::slots(Places::Week(vec![weekday]))),
            n => Freq::Days(7).times(n).ok_or(": the step is too long"),
        });
    }
    if let Some(day) = unit.strip_prefix("lwom-") {
        return of_month(5, day);
    }
    let (week, day) = unit.strip_prefix("wom-")?.split_at_checked(1)?;
    of_month(week.parse().ok().filter(|week| (1..=5).contains(week))?, day)
}

/// The number of a weekday from its first three letters or more.
fn weekday(name: &str) -> Option<u8> {
    let name = name.to_lowercase();
    DAYS.iter().position(|day| name.len() >= 3 && day.to_lowercase().starts_with(&name)).map(|d| d as u8)
}

/// A calendar: the step, and what is said of its places.
fn calendar(step: &Freq, places: &str) -> Option<Freq> {
    let places = places.to_lowercase().replace(" to ", "-").replace(['–', '—'], "-");
    let (places, months) = match format!(" {places}").split_once(" in ") {
        Some((places, months)) => (places.trim().to_owned(), Some(Months::parse(months)?)),
        None => (places, None),
    };
    let freq = slots(step, places.trim_end_matches(','))?;
    match (freq, months) {
        (freq, None) => Some(freq),
        (Freq::Slots(slots), Some(months)) => Some(Freq::Slots(Box::new(slots.within(months)))),
        _ => None,
    }
}

/// The places of the week, the month or the year; all of them where none is named.
fn slots(step: &Freq, places: &str) -> Option<Freq> {
    let places = places.strip_prefix("days ").or(places.strip_prefix("day ")).unwrap_or(places).to_owned();
    match step {
        Freq::Days(1) if places.is_empty() => Some(Freq::slots(Places::Week((0..7).collect()))),
        Freq::Days(1) => Some(Freq::slots(Places::Week(weekdays(&places)?))),
        Freq::Days(7) => {
            let days = weekdays(&places).filter(|days| days.len() == 1)?;
            Some(Freq::slots(Places::Week(days)))
        }
        Freq::Seconds(n) if *n < DAY => hours(*n, &places),
        Freq::Months(months) => month_days(*months, &places),
        _ => None,
    }
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ']).map(str::trim).filter(|item| !item.is_empty())
}

/// `mon-fri`, `mon,wed,fri`, `sun-thu`: ascending.
fn weekdays(text: &str) -> Option<Vec<u8>> {
    let mut days = Vec::new();
    for item in items(text) {
        let (from, to) = item.split_once('-').unwrap_or((item, item));
        let (from, to) = (weekday(from)?, weekday(to)?);
        let length = (i64::from(to) - i64::from(from)).rem_euclid(7) as u8;
        days.extend((0..=length).map(|d| (from + d) % 7));
    }
    days.sort_unstable();
    days.dedup();
    (!days.is_empty()).then_some(days)
}

/// `mon-fri 10:00-16:00; sat 10:00-12:00`: without days every day, without hours all day.
fn hours(step: i64, text: &str) -> Option<Freq> {
    let mut at = Vec::new();
    for group in text.split(';') {
        let (mut days, mut times) = (Vec::new(), Vec::new());
        for item in items(group) {
            if !item.starts_with(|c: char| c.is_ascii_digit()) {
                days.extend(weekdays(item)?);
                continue;
            }
            let (from, to) = item.split_once('-').unwrap_or((item, item));
            let (from, to) = (time_of_day(from)?, time_of_day(to)?);
            times.extend((from..=to).step_by(usize::try_from(step).ok()?));
        }
        if days.is_empty() {
            days.extend(0..7);
        }
        if times.is_empty() {
            times.extend((0..DAY).step_by(usize::try_from(step).ok()?));
        }
        at.extend(days.iter().flat_map(|d| times.iter().map(move |t| i64::from(*d) * DAY + t)));
    }
    at.sort_unstable();
    at.dedup();
    Some(Freq::slots(Places::Hours { step, at }))
}

/// `9:30`, `09:30:15` in seconds.
fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let sound = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    sound.then_some(hour * 3600 + minute * 60 + second)
}

/// `1,11,21`, `15,end`, `30`; of a year `1-361 by 8`.
fn month_days(months: i64, text: &str) -> Option<Freq> {
    let day = |item: &str| if item == "end" { Some(31) } else { item.parse::<u16>().ok() };
    if let Some((range, by)) = text.split_once(" by ") {
        let (from, to) = range.split_once('-')?;
        let by = by.trim().parse::<usize>().ok().filter(|by| *by > 0)?;
        let days = (day(from.trim())?..=day(to.trim())?).step_by(by).collect();
        return (months == 12).then(|| Freq::slots(Places::Year(days)));
    }
    let mut days: Vec<u16> = items(text).map(day).collect::<Option<_>>()?;
    days.sort_unstable();
    match (days.as_slice(), months) {
        ([31], _) => Some(Freq::MonthEnds(months)),
        ([day], _) => Some(Freq::Anchored { months, on: Anchor::Day(u8::try_from(*day).ok()?) }),
        (_, 1) => {
            let days = days.iter().map(|d| u8::try_from(*d).ok()).collect::<Option<_>>()?;
            Some(Freq::slots(Places::Month(days)))
        }
        (_, 12) => Some(Freq::slots(Places::Year(days))),
        _ => None,
    }
}
