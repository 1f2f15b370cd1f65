//! Parts of a stamp in columns of their own: which part a column's name says it is, and how its
//! cells are written.

use super::candidates::time_candidates;
use super::item::{Item, Pad};
use super::names::{BASES, LANGUAGES};
use super::part_names::NAMES;
use super::parts::{Field, Parts};
use super::pattern::Pattern;
use super::spell::spell;

/// A part of a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Year,
    Quarter,
    Month,
    Week,
    DayOfYear,
    Day,
    /// Month and day as one number: `0131`, `131`.
    MonthDay,
    /// Year and month as one: `202001`, `2020-01`.
    YearMonth,
    Weekday,
    /// A numbered interval of the day.
    Slot,
    Hour,
    Minute,
    Second,
}

impl Part {
    /// The part that a column's name says it is.
    pub fn named(name: &str) -> Option<Part> {
        let plain: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        let known = |names: &[&str]| names.contains(&plain.as_str());
        NAMES.iter().find(|(_, names)| known(names)).map(|(part, _)| *part)
    }

    /// Whether it is a part of the time of day.
    pub fn of_day(self) -> bool {
        self >= Part::Slot
    }

    /// The part of the year that a column of periods holds: `M01` to `M12`, or 1 to 12, 4 or 52.
    pub fn of_year(self, named: Option<Part>, cells: &[&str]) -> Option<Part> {
        if named != Some(self) || self != Part::Slot {
            return None;
        }
        let most = cells.iter().map(|c| c.trim().parse::<u32>().ok()).max().flatten();
        let part = match most {
            Some(12) => Part::Month,
            Some(4) => Part::Quarter,
            Some(52 | 53) => Part::Week,
            Some(_) => return None,
            None if cells.iter().all(|c| c.starts_with(['M', 'm'])) => Part::Month,
            None => Part::Quarter,
        };
        part.pattern(cells).map(|_| part)
    }

    /// The pattern of the part's cells; `None` where they are no such part.
    pub fn pattern(self, cells: &[&str]) -> Option<Pattern> {
        if self == Part::Hour {
            // On the day on which the clock is set back: `25` is the end of it, and no minute.
            let most = cells.iter().map(|c| c.trim().parse::<u32>().ok()).max().flatten();
            let few = cells.iter().all(|c| c.trim().parse::<u32>().is_ok_and(|n| n < 100));
            match most {
                Some(25) if few => return slot(cells),
                Some(24) if few && cells.iter().any(|c| c.trim().trim_start_matches('0').is_empty()) => {
                    return None;
                }
                _ => {}
            }
        }
        let texts: &[&str] = match self {
            Part::Year => &["%Y", "%y", "%EY", "%Y-%y", "%Y/%y", "FY%Y"],
            Part::Quarter => &["%q", "Q%q", "%qQ", "q%q", "T%q", "%#q"],
            Part::Month => return month(cells),
            Part::Week => &["%V", "W%V", "KW%V", "KW %V", "w%V"],
            Part::DayOfYear => &["%j", "%-j", "%4j"],
            Part::Day => &["%d"],
            Part::MonthDay => &["%m%d", "%-m%d", "%m-%d", "%m/%d"],
            Part::YearMonth => &["%Y%m", "%Y-%m", "%Y/%m", "%Y.%m", "%YM%m"],
            Part::Weekday => &["%u", "%a", "%A"],
            Part::Slot => return slot(cells),
            Part::Hour => &[
                "%H",
                "%H:%M",
                "%H%M",
                "%-H%M",
                "%-4H",
                "%H:%M:%S",
                "%H%M%S",
                "%-H%M%S",
                "%I %p",
                "%I%p",
                "HE%H",
                "H%H",
                "%Hh",
                "%H-%3600>%H",
            ],
            Part::Minute => &["%M"],
            Part::Second => &["%S"],
        };
        let floats = texts.iter().map(|t| format!("{t}.0"));
        let all: Vec<Pattern> = texts
            .iter()
            .map(|t| (*t).to_owned())
            .chain(floats)
            .filter_map(|t| Pattern::new(&t).ok())
            .collect();
        let found = best(cells, &all)?;
        // Names that have other uses must have the range of their part.
        let zero = cells.iter().any(|c| c.trim().trim_start_matches('0').is_empty());
        (!zero || matches!(self, Part::Hour | Part::Minute | Part::Second)).then_some(found)
    }
}

/// A month by number, or by name in any language.
fn month(cells: &[&str]) -> Option<Pattern> {
    let numbers = ["%m", "M%m", "%m.0"].map(str::to_owned);
    let named = LANGUAGES.iter().take(BASES).flat_map(|l| {
        let code = if l.code == "en" { String::new() } else { format!("{{{}}}", l.code) };
        ["b", "B"].map(|letter| format!("%{code}{letter}"))
    });
    let named = named.chain(["%#m".to_owned()]);
    let all: Vec<Pattern> = numbers.into_iter().chain(named).filter_map(|t| Pattern::new(&t).ok()).collect();
    best(cells, &all)
}

/// The columns that are named as the twelve months of a language, in their order.
pub fn months_named(names: &[String]) -> Option<Vec<usize>> {
    LANGUAGES.iter().find_map(|language| {
        let month = |name: &String| {
            [true, false].into_iter().find_map(|full| {
                let (month, rest) = language.take_month(name.trim().as_bytes(), full)?;
                matches!(rest, b"" | b".").then_some(month)
            })
        };
        let found: Vec<Option<usize>> = names.iter().map(month).collect();
        (0..12).map(|m| found.iter().position(|f| *f == Some(m))).collect()
    })
}

/// Numbered intervals: how many a day has tells how long they are.
fn slot(cells: &[&str]) -> Option<Pattern> {
    let numbers: Option<Vec<u32>> = cells.iter().map(|c| c.trim().parse().ok()).collect();
    let numbers = numbers?;
    let (least, most) = (*numbers.iter().min()?, *numbers.iter().max()?);
    let minutes = match most {
        // A day on which the clock changes may have an hour more.
        24 | 25 => 60,
        48 | 50 => 30,
        96 | 100 => 15,
        288 | 300 => 5,
        _ => return None,
    };
    (least == 1).then(|| Pattern::of(vec![Item::Slot(minutes)]))
}

/// Hours that are called as those that are counted from 1, in part of a day that does not show it.
pub fn slot_of_day(name: &str, cells: &[&str]) -> Option<Pattern> {
    let name = name.to_lowercase();
    let counted =
        ["delivery", "ending", "he"].iter().any(|mark| name.starts_with(mark) || name.ends_with(mark));
    let from_one = cells.iter().all(|c| c.trim().parse::<u32>().is_ok_and(|n| (1..=24).contains(&n)));
    (counted && from_one).then(|| Pattern::of(vec![Item::Slot(60)]))
}

/// Numbered intervals of an hour: how many it has tells how long they are.
pub fn slot_of_hour(cells: &[&str]) -> Option<Pattern> {
    let numbers: Option<Vec<u32>> = cells.iter().map(|c| c.trim().parse().ok()).collect();
    let numbers = numbers?;
    let most = *numbers.iter().max()?;
    let all = (1..=most).all(|n| numbers.contains(&n));
    (all && [2, 3, 4, 6, 12].contains(&most)).then(|| Pattern::of(vec![Item::SlotOfHour(60 / most)]))
}

/// A time of day in a column of its own (`18.00.00`, `0000 UTC`, `6 PM`).
pub fn time_of_day(cells: &[&str]) -> Option<Pattern> {
    best(cells, time_candidates())
}

/// Patterns of a time of day, or of the part that a column is called (`hour`: 0 to 23).
pub fn part_pattern(part: Option<Part>, cells: &[&str]) -> Option<Pattern> {
    let named = part.and_then(|part| part.pattern(cells));
    // A period may be one of a year as well as of a day.
    let of_year = || Part::Slot.of_year(part, cells).and_then(|part| part.pattern(cells));
    named.or_else(of_year).or_else(|| time_of_day(cells))
}

/// The hours that plain numbers of a time of day are (`0` to `23`, `100` to `2330`).
pub fn plain_hours(cells: &[&str]) -> Option<Pattern> {
    Part::Hour.pattern(cells)
}

/// The candidate that all cells fit and that writes most of them back as they were.
fn best(cells: &[&str], candidates: &[Pattern]) -> Option<Pattern> {
    let cells: Vec<&str> = cells.iter().map(|c| c.trim()).filter(|c| !c.is_empty()).collect();
    let read = |p: &Pattern, c: &str| {
        let mut parts = Parts::default();
        p.parse(c.as_bytes(), &mut parts).ok()?;
        parts.with_a_year().resolve_whole().ok()
    };
    let mut best: Option<(usize, Pattern)> = None;
    for p in candidates {
        if cells.is_empty() || !cells.iter().all(|c| read(p, c).is_some()) {
            continue;
        }
        let p = spell(p, &cells);
        let written = |c: &&&str| {
            read(&p, c).is_some_and(|m| {
                let (day, second) = (m.local.div_euclid(86_400), m.local.rem_euclid(86_400));
                let to_24 = second == 0 && p.ends_with_24();
                let (day, second) = if to_24 { (day - 1, 86_400) } else { (day, second) };
                p.format_day(day, second, m.offset.unwrap_or(0)) == **c
            })
        };
        let score = cells.iter().filter(written).count();
        if best.as_ref().is_none_or(|b| score > b.0) {
            best = Some((score, p));
        }
    }
    best.map(|b| b.1)
}

/// Years beside weeks are those of ISO 8601, in which a week belongs to one year.
pub fn with_iso_years(patterns: Vec<Pattern>) -> Vec<Pattern> {
    let weeks = |i: &Item| matches!(i, Item::Number(Field::IsoWeek, _));
    if !patterns.iter().any(|p| p.items().iter().any(weeks)) {
        return patterns;
    }
    let iso = |_: usize, item: &Item| match item {
        Item::Number(Field::Year, pad) => Item::Number(Field::IsoYear, *pad),
        // The day of a week is its number in it.
        Item::Number(Field::Day, _) => Item::Number(Field::Weekday, Pad::Zero),
        other => other.clone(),
    };
    patterns.iter().map(|p| p.with(iso)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_stamp_are_recognised() {
        for (name, cells, text) in [
            ("Time", &["18.00.00"][..], "%H.%M.%S"),
            ("Hora UTC", &["0000 UTC", "2300 UTC"][..], "%H%M UTC"),
            ("Hour", &["0", "13"][..], "%-H"),
            ("hour", &["00", "13"][..], "%H"),
            ("hour", &["0", "30", "100", "2330"][..], "%-4H"),
            ("hour", &["100", "2300", "2400"][..], "%-24H%M"),
            ("Hour Ending", &["1", "13", "24"][..], "%-24H"),
            ("HourEnding", &["01:00", "24:00"][..], "%24H:%M"),
            ("month", &["3"][..], "%-m"),
            ("MO", &["3", "12"][..], "%-m"),
            ("Monat", &["Mai"][..], "%{de}b"),
            ("year", &["2013"][..], "%Y"),
            ("year", &["2013.0"][..], "%Y.0"),
            ("DOY", &["1", "365"][..], "%-j"),
            ("SETTLEMENT_PERIOD", &["1", "48"][..], "%30i"),
            ("period", &["M01", "M12"][..], "M%m"),
            ("Period", &["1", "12"][..], "%-m"),
            ("t", &["6:00 PM"][..], "%-I:%M %p"),
        ] {
            let found = part_pattern(Part::named(name), cells);
            assert_eq!(found.as_ref().map(Pattern::text), Some(text), "{name}");
        }
        assert!(part_pattern(Part::named("wd"), &["NNW"]).is_none());
        assert!(part_pattern(Part::named("Hour"), &[]).is_none());
        assert!(Part::Month.pattern(&["0", "3"]).is_none());
    }
}
