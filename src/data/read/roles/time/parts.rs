//! Parts of the stamp in columns of their own: years and weeks, dates and times of day.

use super::cells::{distinct, is_text, names, rows, stamps};
use super::dates::{CLOCKS, is_clock, weighed};
use crate::data::long::Note;
use crate::data::read::roles::assigned::Roles;
use crate::data::read::rows::coded::{Coded, combine};
use crate::data::read::rows::whole::Sample;
use crate::data::stamp::detect;
use crate::data::stamp::part::{Part, part_pattern, slot_of_hour, time_of_day};
use crate::data::stamp::pattern::Pattern;
use crate::data::stamp::weigh::{LEAST, Sense};
use crate::error::{Error, Place, Result};

/// Columns whose names say that they are parts of a stamp, and whose cells agree.
pub fn parts(sample: &Sample, free: &[usize]) -> Option<Vec<usize>> {
    let has = |parts: &[Part]| {
        free.iter().any(|c| Part::named(sample.name(*c)).is_some_and(|part| parts.contains(&part)))
    };
    let part = |wanted: Part| {
        free.iter().copied().find(|c| {
            let named = Part::named(sample.name(*c));
            let cells = || distinct(sample, *c);
            let of_year = || Part::Slot.of_year(named, &cells()) == Some(wanted);
            // `day` may hold the names of the days of a week.
            let of_week = || {
                wanted == Part::Weekday && named == Some(Part::Day) && Part::Day.pattern(&cells()).is_none()
            };
            // Without a month or a week, `day` is that of the year.
            let ordinal =
                || wanted == Part::DayOfYear && named == Some(Part::Day) && !has(&[Part::Month, Part::Week]);
            (named == Some(wanted) || of_week() || ordinal()) && wanted.pattern(&cells()).is_some()
                || of_year()
        })
    };
    let dates: &[&[Part]] = &[
        &[Part::Year, Part::Month, Part::Day],
        &[Part::Year, Part::MonthDay],
        &[Part::YearMonth, Part::Day],
        &[Part::Year, Part::DayOfYear],
        &[Part::Year, Part::Week, Part::Weekday],
        &[Part::Year, Part::Week, Part::Day],
        &[Part::Year, Part::Month],
        &[Part::Year, Part::Week],
        &[Part::Year, Part::Quarter],
    ];
    let all = |wanted: &&[Part]| wanted.iter().map(|p| part(*p)).collect::<Option<Vec<usize>>>();
    let mut columns = dates.iter().find_map(all)?;
    let of_date = columns.len();
    columns.extend(day_parts(sample, free, &columns));
    if columns.len() == of_date {
        columns.extend(clock_beside(sample, free, &columns));
    }
    super::readings(sample, &columns).map(|_| columns)
}

/// The column called as a time of day, beside the parts of a date that several rows have.
fn clock_beside(sample: &Sample, free: &[usize], date: &[usize]) -> Option<usize> {
    let mut others = free.iter().copied().filter(|c| !date.contains(c));
    others.find(|c| named_as_clock(sample.name(*c)) && holds_clock(sample, *c))
}

/// Whether a name says that a column holds times of day.
fn named_as_clock(name: &str) -> bool {
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    is_clock(&name) || words.iter().any(|w| CLOCKS.contains(w)) && words.len() < 3
}

/// Whether the cells of a column are times of day.
fn holds_clock(sample: &Sample, column: usize) -> bool {
    let plain = |cell: &&str| {
        cell.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') && cell.matches('.').count() < 2
    };
    let named = named_as_clock(sample.name(column));
    if !is_text(sample, column) && !named {
        return false;
    }
    let cells = distinct(sample, column);
    // Hours as plain numbers, under the name of a time.
    if named && cells.len() >= 20 && Part::Hour.pattern(&cells).is_some() {
        return true;
    }
    !cells.iter().all(plain) && time_of_day(&cells).is_some_and(|p| p.has_time())
}

/// Rows of whole years between those of its months, quarters or halves, as the US Bureau of Labor
/// Statistics has them (`M13`, `Q05`, `S03`): no steps of one series.
pub fn whole_years(sample: &Sample, free: &[usize]) -> Option<Error> {
    let name = |c: usize| sample.names.get(c).map(String::as_str).unwrap_or_default();
    free.iter().find(|c| Part::named(name(**c)) == Some(Part::Year))?;
    let numbered = |c: usize, mark: char| -> Option<Vec<u32>> {
        let cells = distinct(sample, c);
        cells.iter().map(|cell| cell.strip_prefix(mark).filter(|n| n.len() == 2)?.parse().ok()).collect()
    };
    free.iter().find_map(|c| {
        let parts = [('M', 12, "month"), ('Q', 4, "quarter"), ('S', 2, "half")];
        let (mark, most, what) = parts.into_iter().find(|(mark, most, _)| {
            numbered(*c, *mark)
                .is_some_and(|n| n.iter().max() == Some(&(most + 1)) && n.len() > *most as usize)
        })?;
        let cell = format!("{mark}{:02}", most + 1);
        let place = Place::file(&sample.file).column(name(*c).to_owned());
        let what = format!("`{cell}` is no {what} of a year but the whole of it, between the others");
        let hint = format!("leave these rows out of the table first, such as with grep -v {cell}");
        Some(Error::data(place, what).with_hint(hint))
    })
}

/// The part of the stamp that a column is called, beside these: `mm` is the month, or the minute where one of
/// them is the month or the hour, as in `YY MM DD hh mm`; beside a year alone `day` is that of the year.
pub fn called(sample: &Sample, column: usize, beside: &[usize]) -> Option<Part> {
    let other = |c: &usize| matches!(Part::named(sample.name(*c)), Some(Part::Month | Part::Hour));
    let year_alone = || matches!(beside, [c] if Part::named(sample.name(*c)) == Some(Part::Year));
    match Part::named(sample.name(column)) {
        Some(Part::Month) if sample.name(column) == "mm" && beside.iter().any(other) => Some(Part::Minute),
        Some(Part::Day) if year_alone() => Some(Part::DayOfYear),
        part => part,
    }
}

/// Whether a column numbers the intervals of an hour, beside one of hours.
pub fn is_slot_of_hour(sample: &Sample, column: usize) -> bool {
    matches!(Part::named(sample.name(column)), Some(Part::Slot | Part::Quarter))
        && slot_of_hour(&distinct(sample, column)).is_some()
}

/// Columns with the hour, minute and second, or the number of an interval, of each row.
fn day_parts(sample: &Sample, free: &[usize], others: &[usize]) -> Vec<usize> {
    let part = |wanted: Part, hour: Option<usize>| {
        let beside: Vec<usize> = others.iter().copied().chain(hour).collect();
        free.iter().copied().filter(|c| !others.contains(c)).find(|c| {
            called(sample, *c, &beside) == Some(wanted) && wanted.pattern(&distinct(sample, *c)).is_some()
        })
    };
    match (part(Part::Hour, None), part(Part::Slot, None)) {
        (Some(hour), _) => {
            let minute = part(Part::Minute, Some(hour));
            let second = minute.and(part(Part::Second, Some(hour)));
            // The quarter of a year is the same throughout an hour.
            let differs = |c: usize| {
                let of = |columns: &[usize]| {
                    let texts: Vec<&Coded> = columns.iter().map(|c| sample.text(*c)).collect();
                    combine(&texts).1.len()
                };
                let hours: Vec<usize> = others.iter().copied().chain([hour]).collect();
                of(&[hours.as_slice(), &[c]].concat()) * 2 > of(&hours) * 3
            };
            let is_slot = |c: &usize| *c != hour && is_slot_of_hour(sample, *c) && differs(*c);
            let slot = || free.iter().copied().find(is_slot);
            [Some(hour), minute.or_else(slot), second].into_iter().flatten().collect()
        }
        // Part of a day does not tell how many intervals a day has.
        (None, slot) => {
            let days = others.first().map_or(0, |date| distinct(sample, *date).len());
            slot.filter(|_| others.len() > 1 || days > 1).into_iter().collect()
        }
    }
}

/// A column of dates, and the columns with the time of day beside it, if there are any.
pub fn with_time_of_day(
    sample: &Sample,
    date: usize,
    free: &[usize],
    roles: &mut Roles,
) -> Result<Vec<usize>> {
    let patterns = detect::readings(&distinct(sample, date), true);
    if patterns.iter().any(Pattern::has_time) {
        return Ok(vec![date]);
    }
    let mut columns = vec![date];
    if patterns.iter().any(|p| !p.has_day()) {
        // A month, and its days in a column of their own.
        let months = patterns.iter().all(|p| !p.has_day()) && patterns.iter().any(Pattern::has_month);
        let is_day = |c: &usize| {
            Part::named(sample.name(*c)) == Some(Part::Day)
                && Part::Day.pattern(&distinct(sample, *c)).is_some()
        };
        let Some(day) = free.iter().copied().filter(|c| *c != date).find(is_day).filter(|_| months) else {
            return Ok(columns);
        };
        columns.push(day);
    }
    columns.extend(day_parts(sample, free, &columns));
    if columns.len() == 1
        && let Some(error) = unclear_slots(sample, date, free, &patterns)
    {
        return Err(error);
    }
    if columns.len() == 1 {
        columns.extend(clock(sample, date, free, roles));
    }
    if columns.len() > 1 {
        note_parts(sample, &columns, roles);
    }
    Ok(columns)
}

/// Days that repeat beside a numbered interval of them, of which the rows do not tell how long it
/// is, or beside hours that run to 25: a question.
fn unclear_slots(sample: &Sample, date: usize, free: &[usize], dates: &[Pattern]) -> Option<Error> {
    let numbered = |c: &&usize| {
        let name = sample.names.get(**c).map(String::as_str).unwrap_or_default();
        let whole = |cell: &&str| cell.parse::<u32>().is_ok_and(|n| (1..=288).contains(&n));
        let cells = distinct(sample, **c);
        Part::named(name) == Some(Part::Slot) && cells.len() > 1 && cells.iter().all(whole)
    };
    // Hours from 0 to 24 of which the last is that which comes twice.
    let to_24 = |c: &&usize| {
        let cells = distinct(sample, **c);
        let hours: Option<Vec<u32>> = cells.iter().map(|c| c.trim().parse().ok()).collect();
        let hours = hours.unwrap_or_default();
        Part::named(sample.name(**c)) == Some(Part::Hour)
            && hours.contains(&0)
            && hours.iter().max() == Some(&24)
    };
    let mut others = free.iter().filter(|c| **c != date);
    if let Some(hour) = others.clone().find(to_24) {
        let name = sample.name(*hour);
        let what = format!("{name} runs from 0 to 24, as on a day on which the clock is set back");
        let hint = "number the hours of all days from 1, and name the zone with --time-zone, such as --time-zone Europe/Berlin";
        return Some(Error::data(Place::file(&sample.file), what).with_hint(hint));
    }
    let slot = *others.find(numbered)?;
    if distinct(sample, date).len() >= rows(sample) {
        return None;
    }
    let (names, form) = (names(sample, &[date, slot]), dates.first()?.text().to_owned());
    let flag = |minutes: u32| format!("--time \"{}\" --time-format \"{form} %{minutes}i\"", names.join(","));
    let what =
        format!("{} numbers intervals of the day, and the rows do not tell how long they are", names.get(1)?);
    // Lengths of which a day has as many intervals as are numbered.
    let most = distinct(sample, slot).iter().filter_map(|cell| cell.parse::<u32>().ok()).max().unwrap_or(0);
    let mut lengths: Vec<u32> =
        [60, 30, 15, 10, 5].into_iter().filter(|minutes| most * minutes <= 1440).take(2).collect();
    lengths.reverse();
    let way = |minutes: &u32| match minutes {
        60 => format!("{} (an hour)", flag(60)),
        minutes => format!("{} ({minutes} minutes)", flag(*minutes)),
    };
    let ways: Vec<String> = lengths.iter().map(way).collect();
    let hint = format!("say it with {}; --time {} counts days alone", ways.join(" or "), names.first()?);
    Some(Error::data(Place::file(&sample.file), what).with_hint(hint))
}

/// The column with the time of day of each row. One in which the time moves about from day to
/// day, as that of the sunrise does, is none.
fn clock(sample: &Sample, date: usize, free: &[usize], roles: &mut Roles) -> Option<usize> {
    let mut others: Vec<usize> = free.iter().copied().filter(|c| *c != date).collect();
    others.sort_unstable();
    let time = others.into_iter().find(|c| holds_clock(sample, *c))?;
    if named_as_clock(sample.name(time)) {
        return Some(time);
    }
    let alone = weighed(sample, date)?.sense;
    let pattern = part_pattern(None, &distinct(sample, time))?;
    let dates = detect::patterns(&distinct(sample, date), true);
    let both = dates.into_iter().map(|d| Sense::of(&stamps(sample, &[date, time], &[d, pattern.clone()])));
    let both = both.max_by(|a, b| a.worth().total_cmp(&b.worth()))?;
    if both.worth() >= LEAST && both.stamps > alone.stamps || alone.worth() < LEAST {
        return Some(time);
    }
    let (date, time) = (names(sample, &[date]).join(""), names(sample, &[time]).join(""));
    roles.notes.push(Note {
        code: "time_column_read",
        column: Some(time.clone()),
        count: 1,
        text: format!("{time} holds times of day that move about, no part of the stamp (--time {date},{time} makes it one)"),
    });
    None
}

pub fn note_parts(sample: &Sample, columns: &[usize], roles: &mut Roles) {
    let names = names(sample, columns);
    roles.notes.push(Note {
        code: "split_time",
        column: None,
        count: columns.len(),
        text: format!(
            "the stamp is made of the columns {} (as with --time \"{}\")",
            names.join(", "),
            names.join(",")
        ),
    });
}
