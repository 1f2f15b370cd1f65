//! Writes steps as text that [`Freq::parse`] reads back.

use super::{Anchor, DAY, Freq, Places};
use crate::data::stamp::names::DAYS;

/// Name of a weekday, Monday is 0.
pub(crate) fn day_name(weekday: i64) -> &'static str {
    DAYS[weekday.rem_euclid(7) as usize]
}

/// The canonical text, which [`Freq::parse`] reads back: `1h`, `15min`, `1d`, `1w`, `1mo`, `1q`, `1y`,
/// `1d, Monday to Friday`. The day of the month of a monthly table is not told here.
impl std::fmt::Display for Freq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Freq::Seconds(n) if n % (7 * DAY) == 0 => write!(f, "{}w", n / (7 * DAY)),
            Freq::Seconds(n) if n % DAY == 0 => write!(f, "{}d", n / DAY),
            Freq::Seconds(n) if n % 3600 == 0 => write!(f, "{}h", n / 3600),
            Freq::Seconds(n) if n % 60 == 0 => write!(f, "{}min", n / 60),
            Freq::Seconds(n) => write!(f, "{n}s"),
            Freq::Days(n) if n % 7 == 0 => write!(f, "{}w", n / 7),
            Freq::Days(n) => write!(f, "{n}d"),
            Freq::Months(n) => f.write_str(&months(*n)),
            Freq::MonthEnds(n) => write!(f, "{}-end", months(*n)),
            Freq::Anchored { months: n, on } => match on {
                Anchor::Day(_) => f.write_str(&months(*n)),
                Anchor::Weekday { week: 5.., weekday } => write!(f, "LWOM-{}", short(*weekday)),
                Anchor::Weekday { week, weekday } => write!(f, "WOM-{week}{}", short(*weekday)),
                Anchor::FirstWorkday => f.write_str(&workday(*n, 'S')),
                Anchor::LastWorkday => f.write_str(&workday(*n, 'E')),
            },
            Freq::Slots(slots) => {
                write_places(f, slots.places())?;
                match slots.months() {
                    months if months.are_all() => Ok(()),
                    months => write!(f, ", in {months}"),
                }
            }
            Freq::Observed(_) => f.write_str("observed"),
        }
    }
}

fn months(n: i64) -> String {
    match n {
        n if n % 12 == 0 => format!("{}y", n / 12),
        3 => "1q".into(),
        n => format!("{n}mo"),
    }
}

fn workday(months: i64, end: char) -> String {
    match months {
        1 => format!("BM{end}"),
        3 => format!("BQ{end}"),
        12 => format!("BY{end}"),
        n => format!("{n}BM{end}"),
    }
}

fn short(weekday: u8) -> String {
    day_name(i64::from(weekday))[..3].to_uppercase()
}

fn write_places(f: &mut std::fmt::Formatter<'_>, places: &Places) -> std::fmt::Result {
    let list = |days: &mut dyn Iterator<Item = String>| days.collect::<Vec<_>>().join(", ");
    match places {
        // Plain days and hours with holidays taken out.
        Places::Week(days) if days.len() == 7 => f.write_str("1d"),
        Places::Hours { step, at } if at.len() as i64 * step == 7 * DAY => {
            write!(f, "{}", Freq::Seconds(*step))
        }
        Places::Week(days) if days.len() == 1 => write!(f, "1w, {}", week(days)),
        Places::Week(days) => write!(f, "1d, {}", week(days)),
        Places::Hours { step, at } => write!(f, "{}, {}", Freq::Seconds(*step), times(*step, at)),
        Places::Month(days) => {
            let name = |d: &u8| if *d == 31 { "end".into() } else { d.to_string() };
            write!(f, "1mo, days {}", list(&mut days.iter().map(name)))
        }
        Places::Year(days) => {
            let by = days.get(1).zip(days.first()).map_or(0, |(b, a)| b - a);
            match days.windows(2).all(|pair| pair[1] - pair[0] == by) {
                true if days.len() > 2 => {
                    let (first, last) = (days[0], days[days.len() - 1]);
                    write!(f, "1y, days {first} to {last} by {by}")
                }
                _ => write!(f, "1y, days {}", list(&mut days.iter().map(u16::to_string))),
            }
        }
    }
}

/// `Monday to Friday`, `Sunday to Thursday`, `Monday, Wednesday, Friday`.
pub(crate) fn week(days: &[u8]) -> String {
    let has = |d: u8| days.contains(&(d % 7));
    if days.len() == 7 {
        return "Monday to Sunday".into();
    }
    // Runs begin where the day before is none.
    let starts = (0..7u8).filter(|d| has(*d) && !has(d + 6));
    let runs = starts.map(|start| {
        let length = (0..7).take_while(|n| has(start + n)).count() as u8;
        let name = |n: u8| day_name(i64::from(start + n));
        match length {
            3.. => format!("{} to {}", name(0), name(length - 1)),
            2 => format!("{}, {}", name(0), name(1)),
            _ => name(0).to_owned(),
        }
    });
    runs.collect::<Vec<_>>().join(", ")
}

/// Days with the same times together: `Monday to Friday, 10:00 to 16:00; Saturday, 10:00 to 12:00`.
fn times(step: i64, at: &[i64]) -> String {
    let mut groups: Vec<(Vec<u8>, Vec<i64>)> = Vec::new();
    for day in 0..7u8 {
        let own: Vec<i64> =
            at.iter().filter(|s| **s / DAY == i64::from(day)).map(|s| s.rem_euclid(DAY)).collect();
        match groups.iter_mut().find(|(_, times)| *times == own) {
            _ if own.is_empty() => {}
            Some((days, _)) => days.push(day),
            None => groups.push((vec![day], own)),
        }
    }
    let group = |(days, own): &(Vec<u8>, Vec<i64>)| {
        let mut parts = Vec::new();
        if days.len() < 7 {
            parts.push(week(days));
        }
        if own.len() as i64 * step < DAY || days.len() == 7 {
            parts.extend(runs(step, own));
        }
        parts.join(", ")
    };
    groups.iter().map(group).collect::<Vec<_>>().join("; ")
}

fn runs(step: i64, times: &[i64]) -> Vec<String> {
    let clock = |t: i64| {
        let (hour, minute, second) = (t / 3600, t / 60 % 60, t % 60);
        if second == 0 {
            format!("{hour:02}:{minute:02}")
        } else {
            format!("{hour:02}:{minute:02}:{second:02}")
        }
    };
    let runs = times.chunk_by(|a, b| b - a == step);
    let text = |run: &[i64]| match run {
        [one] => clock(*one),
        [a, .., b] => format!("{} to {}", clock(*a), clock(*b)),
        [] => String::new(),
    };
    runs.map(text).collect()
}
