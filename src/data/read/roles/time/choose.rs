//! Which columns make the stamp, where no option names them.

use super::cells::{distinct, is_text, names, rows};
use super::dates::{Dates, weighed};
use super::parts::{note_parts, parts, whole_years, with_time_of_day};
use crate::data::long::Note;
use crate::data::read::roles::assigned::Roles;
use crate::data::read::rows::whole::{Sample, headless, list};
use crate::data::stamp::detect;
use crate::data::stamp::pattern::Pattern;
use crate::data::stamp::weigh::{LEAD, LEAST};
use crate::error::{Error, Place, Result};
use crate::text::argument;

/// Names that a time column usually has, the most telling first.
const NAMES: [&str; 30] = [
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
    "yyyymm",
    "ym",
    "yearmonth",
    "yyyymmdd",
];

/// Seconds from 1970 to 1980.
const YEAR_1980: i64 = 315_532_800;

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
    let written: Vec<usize> = free
        .iter()
        .copied()
        .filter(|c| is_text(sample, *c) && !detect::readings(&distinct(sample, *c), false).is_empty())
        .collect();
    if let Some(date) = date(sample, &written, roles)? {
        let numbers = finer_number(sample, date, &free);
        return match numbers {
            Some(c) => Ok(vec![c]),
            None => with_time_of_day(sample, date, &free, roles),
        };
    }
    if let Some(error) = whole_years(sample, &free) {
        return Err(error);
    }
    if let Some(parts) = parts(sample, &free) {
        note_parts(sample, &parts, roles);
        return Ok(parts);
    }
    let numbered = |c: &usize| {
        let cells = distinct(sample, *c);
        let usual = rank(sample, *c) < NAMES.len() || is_instant(sample.name(*c), &cells);
        usual && !detect::patterns(&cells, true).is_empty()
    };
    let numbers: Vec<usize> = free.iter().copied().filter(numbered).collect();
    if let Some(c) = date(sample, &numbers, roles)? {
        return with_time_of_day(sample, c, &free, roles);
    }
    if let Some(c) = dates_of_digits(sample, &free) {
        roles.notes.push(Note {
            code: "time_column_read",
            column: sample.names.get(c).cloned(),
            count: 1,
            text: format!("the time is {} (another one is named with --time)", names(sample, &[c]).join("")),
        });
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

/// The only column of eight digits or more that are all dates in some order of year, month and
/// day, and make sense as such, whatever its name: numbers of another kind hardly ever are. Without one, the only
/// column of months (`01.2022`), weeks (`202404`), days of the year (`2024032`) or years with decimals that does.
fn dates_of_digits(sample: &Sample, free: &[usize]) -> Option<usize> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let long = |cell: &&str| cell.len() >= 8 && digits(cell);
    let short = |cell: &&str| match cell.split_once('.') {
        None => (6..=7).contains(&cell.len()) && digits(cell),
        Some((whole, part)) if digits(whole) && digits(part) => {
            whole.len() <= 2 && part.len() == 4 || whole.len() == 4 && part.len() >= 2
        }
        Some(_) => false,
    };
    let makes_sense = |c: &usize| weighed(sample, *c).is_some_and(|d| d.sense.worth() >= LEAST);
    let dated = |c: &usize| {
        let cells = distinct(sample, *c);
        cells.len() >= 5
            && cells.iter().all(long)
            && detect::patterns(&cells, true).iter().any(|p| p.has_day() && p.text().contains("%d"))
            && makes_sense(c)
    };
    let coarse = |c: &usize| {
        let cells = distinct(sample, *c);
        cells.len() >= 8
            && cells.iter().all(short)
            && !detect::patterns(&cells, true).is_empty()
            && makes_sense(c)
    };
    let only = |is: &dyn Fn(&usize) -> bool| {
        let mut found = free.iter().copied().filter(is);
        found.next().map(|first| if found.next().is_none() { Some(first) } else { None })
    };
    only(&dated).or_else(|| only(&coarse)).flatten()
}

/// Whether a column of long numbers is called like an instant: `open_time`, `event_timestamp`.
fn is_instant(name: &str, cells: &[&str]) -> bool {
    let words = ["time", "timestamp", "ts", "date", "epoch", "datetime"];
    let name = name.to_lowercase();
    name.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
        && cells.iter().all(|c| c.len() >= 9 && detect::is_number(c))
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
        // Any number may be seconds since 1970.
        let likely = |cell: &&str| {
            !pattern.is_epoch() || detect::moment(pattern, cell).is_some_and(|m| m.local > YEAR_1980)
        };
        !cells.is_empty() && cells.iter().filter(read).count() * 2 > cells.len() && cells.iter().all(likely)
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
    // The same instants in another form are told once.
    let again: Vec<bool> = (0..dates.len())
        .map(|i| dates.iter().take(i).any(|d| Some(&d.stamps) == dates.get(i).map(|d| &d.stamps)))
        .collect();
    let mut keep = again.iter().map(|a| !a);
    dates.retain(|_| keep.next().unwrap_or(true));
    // Neither does one that is often missing order the rows, nor one with few different days.
    let full = dates.iter().map(|d| d.stamps.len()).max().unwrap_or(0);
    dates.retain(|d| d.stamps.len() * 10 >= full * 9);
    let most = dates.iter().map(|d| d.sense.stamps).max().unwrap_or(0);
    dates.retain(|d| d.sense.stamps * 10 >= most);
    let usual = |d: &Dates| rank(sample, d.column) < NAMES.len();
    let best = dates.iter().map(|d| d.sense.worth()).fold(0.0, f64::max);
    let mut near: Vec<&Dates> = dates.iter().filter(|d| d.sense.worth() * LEAD >= best).collect();
    if let [a, b] = near.as_slice()
        && let Some(start) = start_of_interval(a, b)
    {
        near = vec![start];
    }
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

/// Of two columns, in each row start and end of an interval that the next row continues, the start.
fn start_of_interval<'a>(a: &'a Dates, b: &'a Dates) -> Option<&'a Dates> {
    let (start, end) = if a.stamps.first() < b.stamps.first() { (a, b) } else { (b, a) };
    if start.stamps.len() != end.stamps.len() || start.stamps.len() < 5 {
        return None;
    }
    // The next one begins where this one ends, or always as much later, where the end is its last day, minute or second.
    let gap = |(next, end): (&i64, &i64)| next - end;
    let later = || start.stamps.iter().skip(1).zip(&end.stamps);
    let usual = later().map(gap).min_by_key(|gap| gap.abs()).unwrap_or(0);
    let after = start.stamps.iter().zip(&end.stamps).all(|(start, end)| start < end);
    let shortest = start.stamps.iter().zip(&end.stamps).map(|(start, end)| end - start).min().unwrap_or(0);
    if !(0..=86_400).contains(&usual) || usual > shortest {
        return None;
    }
    let met = later().filter(|pair| gap(*pair) == usual).count();
    // Holes, and the first rows of further series, are not met.
    (after && met * 10 >= (start.stamps.len() - 1) * 9).then_some(start)
}

fn which(sample: &Sample, near: &[&Dates]) -> Error {
    let columns: Vec<usize> = near.iter().map(|d| d.column).collect();
    let flags: Vec<String> =
        names(sample, &columns).iter().map(|n| format!("--time {}", argument(n))).collect();
    let what =
        format!("the columns {} all hold dates that could be the time", names(sample, &columns).join(", "));
    Error::data(Place::file(&sample.file), what).with_hint(format!("say which with {}", flags.join(" or ")))
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
