//! Which columns make the stamp, where no option names them.

use super::cells::{distinct, names, rows, stamps};
use crate::data::long::Note;
use crate::data::read::roles::columns::{Roles, Sample, headless, list};
use crate::data::stamp::detect;
use crate::data::stamp::part::{Part, part_pattern, time_of_day};
use crate::data::stamp::pattern::Pattern;
use crate::data::stamp::weigh::{LEAD, LEAST, Sense};
use crate::error::{Error, Place, Result};

/// Names that a time column usually has, the most telling first.
const NAMES: [&str; 26] = [
    "date",
    "datetime",
    "timestamp",
    "time",
    "ds",
    "date_time",
    "time_hour",
    "ts",
    "stamp",
    "data",
    "datum",
    "zeit",
    "fecha",
    "datetime_utc",
    "date_utc",
    "utc",
    "valid_time",
    "period",
    "time_period",
    "epoch",
    "unixtime",
    "year",
    "week",
    "month",
    "quarter",
    "epiweek",
];

/// Names of a column that holds the time of day of each row.
const CLOCKS: [&str; 14] = [
    "time",
    "hora",
    "uhrzeit",
    "zeit",
    "heure",
    "ora",
    "clock",
    "hhmm",
    "tijd",
    "timeofday",
    "stunde",
    "tod",
    "utc",
    "tid",
];

/// A column of dates, its readings, and what the likeliest of them makes of the rows.
struct Dates {
    column: usize,
    stamps: Vec<i64>,
    sense: Sense,
}

/// The time columns of a table for which no option names them.
///
/// # Errors
/// `Error::Data` where there is none, or several that may be meant.
pub fn columns(
    sample: &Sample,
    given: Option<&[Pattern]>,
    taken: &[usize],
    roles: &mut Roles,
) -> Result<Vec<usize>> {
    let mut free: Vec<usize> = (0..sample.names.len()).filter(|c| !taken.contains(c)).collect();
    free.sort_by_key(|c| rank(sample, *c));
    if let Some([pattern]) = given {
        return fits_form(sample, pattern, &free);
    }
    let written: Vec<usize> =
        free.iter().copied().filter(|c| !detect::readings(&distinct(sample, *c), false).is_empty()).collect();
    if let Some(date) = date(sample, &written, roles)? {
        let numbers = finer_number(sample, date, &free);
        return match numbers {
            Some(c) => Ok(vec![c]),
            None => with_time_of_day(sample, date, &free, roles),
        };
    }
    if let Some(parts) = parts(sample, &free) {
        note_parts(sample, &parts, roles);
        return Ok(parts);
    }
    let numbered = |c: &usize| {
        rank(sample, *c) < NAMES.len() && !detect::patterns(&distinct(sample, *c), true).is_empty()
    };
    let numbers: Vec<usize> = free.iter().copied().filter(numbered).collect();
    if let Some(c) = date(sample, &numbers, roles)? {
        return with_time_of_day(sample, c, &free, roles);
    }
    if let Some(c) = written.first().or(free.first().filter(|c| rank(sample, **c) < NAMES.len())) {
        return Err(super::unreadable(sample, &[*c]));
    }
    Err(Error::data(Place::file(&sample.file), "no column looks like a date or time").with_hint(format!(
        "{}name it with --time and its form with --time-format; the columns are {}",
        headless(&sample.names),
        list(&sample.names)
    )))
}

/// How usual a column's name is for the time; [`NAMES`]'s length where it is not.
fn rank(sample: &Sample, column: usize) -> usize {
    let name = sample.names.get(column).map(|n| n.to_lowercase()).unwrap_or_default();
    let plain = name.replace([' ', '-'], "_");
    NAMES.iter().position(|n| *n == plain).unwrap_or(NAMES.len())
}

/// The first column that is written as the user says.
fn fits_form(sample: &Sample, pattern: &Pattern, free: &[usize]) -> Result<Vec<usize>> {
    let fits = |c: &&usize| {
        let cells = distinct(sample, **c);
        let read = |cell: &&&str| pattern.parse(cell.as_bytes(), &mut Default::default()).is_ok();
        !cells.is_empty() && cells.iter().filter(read).count() * 2 > cells.len()
    };
    if let Some(c) = free.iter().find(fits) {
        return Ok(vec![*c]);
    }
    let hint = format!("name the time column with --time; the columns are {}", list(&sample.names));
    let what = format!("no column is written as the time format `{}` says", pattern.text());
    Err(Error::data(Place::file(&sample.file), what).with_hint(hint))
}

/// Which of several columns of dates orders the rows; a constant one never does.
fn date(sample: &Sample, columns: &[usize], roles: &mut Roles) -> Result<Option<usize>> {
    let varying: Vec<usize> = columns.iter().copied().filter(|c| distinct(sample, *c).len() > 1).collect();
    let (constant, columns) = match (varying.as_slice(), columns) {
        ([], [first, ..]) => return Ok(Some(*first)),
        ([], []) => return Ok(None),
        ([only], [_]) => return Ok(Some(*only)),
        (varying, all) => (all.len() - varying.len(), varying),
    };
    let mut dates: Vec<Dates> = columns.iter().filter_map(|c| weighed(sample, *c)).collect();
    // A column that another one settles, as a datetime settles its date, is the coarser.
    let settled: Vec<bool> = dates.iter().map(|b| dates.iter().any(|a| a.settles(b))).collect();
    let mut keep = settled.iter().map(|s| !s);
    dates.retain(|_| keep.next().unwrap_or(true));
    let usual = |d: &Dates| rank(sample, d.column) < NAMES.len();
    let best = dates.iter().map(|d| d.sense.worth()).fold(0.0, f64::max);
    let mut near: Vec<&Dates> = dates.iter().filter(|d| d.sense.worth() * LEAD >= best).collect();
    if near.len() > 1 && near.iter().any(|d| usual(d)) {
        near.retain(|d| usual(d));
        near.truncate(1);
    }
    let [only] = near.as_slice() else { return Err(which(sample, &near)) };
    let others = columns.iter().copied().filter(|c| *c != only.column).collect::<Vec<_>>();
    if !others.is_empty() || constant > 0 {
        let text = format!(
            "the time is {}{}{}",
            names(sample, &[only.column]).join(""),
            if others.is_empty() {
                String::new()
            } else {
                format!(", not {}", names(sample, &others).join(", "))
            },
            " (another one is named with --time)"
        );
        let column = sample.names.get(only.column).cloned();
        roles.notes.push(Note { code: "time_column_read", column, count: others.len() + 1, text });
    }
    Ok(Some(only.column))
}

/// What the likeliest reading of a column makes of the rows.
fn weighed(sample: &Sample, column: usize) -> Option<Dates> {
    let found = detect::readings(&distinct(sample, column), true);
    let all = found.into_iter().map(|p| {
        let stamps = stamps(sample, &[column], &[p]);
        Dates { column, sense: Sense::of(&stamps), stamps }
    });
    all.max_by(|a, b| a.sense.worth().total_cmp(&b.sense.worth()))
}

impl Dates {
    /// Whether this column settles the other one, which has fewer stamps: each of this one's
    /// stamps goes with one of the other's.
    fn settles(&self, other: &Dates) -> bool {
        let mut with = std::collections::HashMap::new();
        self.sense.stamps > other.sense.stamps
            && self.stamps.len() == other.stamps.len()
            && self.sense.worth() > 0.2
            && self.stamps.iter().zip(&other.stamps).all(|(a, b)| with.entry(*a).or_insert(*b) == b)
    }
}

fn which(sample: &Sample, near: &[&Dates]) -> Error {
    let columns: Vec<usize> = near.iter().map(|d| d.column).collect();
    let flags: Vec<String> =
        names(sample, &columns).iter().map(|n| format!("--time {}", quoted(n))).collect();
    let what =
        format!("the columns {} all hold dates that could be the time", names(sample, &columns).join(", "));
    Error::data(Place::file(&sample.file), what).with_hint(format!("say which with {}", flags.join(" or ")))
}

/// A name as a shell takes it.
fn quoted(name: &str) -> String {
    match name.contains(|c: char| !(c.is_alphanumeric() || "_.-".contains(c))) {
        true => format!("\"{name}\""),
        false => name.to_owned(),
    }
}

/// A column of numbers that is a finer time than a column of days: an epoch beside a date.
fn finer_number(sample: &Sample, date: usize, free: &[usize]) -> Option<usize> {
    let named = |c: &&usize| **c != date && rank(sample, **c) < NAMES.len();
    let number = |c: &usize| distinct(sample, *c).iter().all(|c| c.len() >= 8 && detect::is_number(c));
    let fine = free.iter().filter(named).copied().find(number)?;
    let coarse = weighed(sample, date)?;
    let settled =
        weighed(sample, fine).is_some_and(|fine| fine.settles(&coarse) && fine.sense.worth() > LEAST);
    (settled && coarse.sense.stamps * 2 <= rows(sample)).then_some(fine)
}

/// Columns whose names say that they are parts of a stamp, and whose cells agree.
fn parts(sample: &Sample, free: &[usize]) -> Option<Vec<usize>> {
    let part = |wanted: Part| {
        free.iter().copied().find(|c| {
            let name = sample.names.get(*c).map(String::as_str).unwrap_or_default();
            Part::named(name) == Some(wanted) && wanted.pattern(&distinct(sample, *c)).is_some()
        })
    };
    let year = part(Part::Year)?;
    let days: &[&[Part]] = &[
        &[Part::Month, Part::Day],
        &[Part::DayOfYear],
        &[Part::Week, Part::Weekday],
        &[Part::Week, Part::Day],
        &[Part::Month],
        &[Part::Week],
        &[Part::Quarter],
    ];
    let all = |wanted: &&[Part]| wanted.iter().map(|p| part(*p)).collect::<Option<Vec<usize>>>();
    let date = days.iter().find_map(all)?;
    let mut columns: Vec<usize> = [year].into_iter().chain(date).collect();
    columns.extend(day_parts(sample, free, &columns));
    super::readings(sample, &columns).map(|_| columns)
}

/// Columns with the hour, minute and second, or the number of an interval, of each row.
fn day_parts(sample: &Sample, free: &[usize], others: &[usize]) -> Vec<usize> {
    let part = |wanted: Part| {
        free.iter().copied().filter(|c| !others.contains(c)).find(|c| {
            let name = sample.names.get(*c).map(String::as_str).unwrap_or_default();
            Part::named(name) == Some(wanted) && wanted.pattern(&distinct(sample, *c)).is_some()
        })
    };
    match (part(Part::Hour), part(Part::Slot)) {
        (Some(hour), _) => {
            let minute = part(Part::Minute);
            let second = minute.and(part(Part::Second));
            [Some(hour), minute, second].into_iter().flatten().collect()
        }
        // Part of a day does not tell how many intervals a day has.
        (None, slot) => {
            let days = others.first().map_or(0, |date| distinct(sample, *date).len());
            slot.filter(|_| others.len() > 1 || days > 1).into_iter().collect()
        }
    }
}

/// A column of dates, and the columns with the time of day beside it, if there are any.
fn with_time_of_day(sample: &Sample, date: usize, free: &[usize], roles: &mut Roles) -> Result<Vec<usize>> {
    let patterns = detect::readings(&distinct(sample, date), true);
    if patterns.iter().any(|p| p.has_time() || !p.has_day()) {
        return Ok(vec![date]);
    }
    let mut columns = vec![date];
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

/// Days that repeat beside a numbered interval of them, of which too few rows are there to tell
/// how long it is: a question.
fn unclear_slots(sample: &Sample, date: usize, free: &[usize], dates: &[Pattern]) -> Option<Error> {
    let numbered = |c: &&usize| {
        let name = sample.names.get(**c).map(String::as_str).unwrap_or_default();
        let whole = |cell: &&str| cell.parse::<u32>().is_ok_and(|n| (1..=300).contains(&n));
        let cells = distinct(sample, **c);
        Part::named(name) == Some(Part::Slot) && cells.len() > 1 && cells.iter().all(whole)
    };
    let slot = *free.iter().filter(|c| **c != date).find(numbered)?;
    if distinct(sample, date).len() >= rows(sample) {
        return None;
    }
    let (names, form) = (names(sample, &[date, slot]), dates.first()?.text().to_owned());
    let flag = |minutes: u32| format!("--time \"{}\" --time-format \"{form} %{minutes}i\"", names.join(","));
    let what =
        format!("{} numbers intervals of the day, and the rows do not tell how long they are", names.get(1)?);
    Some(Error::data(Place::file(&sample.file), what).with_hint(format!(
        "say it with {} (30 minutes) or {} (an hour); --time {} counts days alone",
        flag(30),
        flag(60),
        names.first()?
    )))
}

/// The column with the time of day of each row. One in which the time moves about from day to
/// day, as that of the sunrise does, is none.
fn clock(sample: &Sample, date: usize, free: &[usize], roles: &mut Roles) -> Option<usize> {
    let mut others: Vec<usize> = free.iter().copied().filter(|c| *c != date).collect();
    others.sort_unstable();
    let plain = |cell: &&str| {
        cell.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') && cell.matches('.').count() < 2
    };
    let named = |c: &usize| sample.names.get(*c).is_some_and(|n| CLOCKS.contains(&n.to_lowercase().as_str()));
    let is_clock = |c: &usize| {
        let cells = distinct(sample, *c);
        // Hours as plain numbers, under the name of a time.
        if named(c) && cells.len() >= 20 && Part::Hour.pattern(&cells).is_some() {
            return true;
        }
        !cells.iter().all(plain) && time_of_day(&cells).is_some_and(|p| p.has_time())
    };
    let time = others.into_iter().find(is_clock)?;
    let name = sample.names.get(time).map(|n| n.to_lowercase()).unwrap_or_default();
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
    if CLOCKS.contains(&name.as_str()) || words.iter().any(|w| CLOCKS.contains(w)) && words.len() < 3 {
        return Some(time);
    }
    let alone = weighed(sample, date)?.sense;
    let pattern = part_pattern("", &distinct(sample, time))?;
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

fn note_parts(sample: &Sample, columns: &[usize], roles: &mut Roles) {
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
