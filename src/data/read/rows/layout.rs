//! Layouts that are not one header and one row a stamp: a first column without a name, lines of
//! units under the header, stamps that are the names of columns, months as columns.

use super::numbers::{self, Markers};
use super::unpivot::{self, Across, Down};
use super::whole::{Sample, count, shorten};
use super::years::{Years, year};
use crate::data::read::ReadOptions;
use crate::data::stamp::detect;
use crate::data::stamp::names::DAYS;
use crate::data::stamp::part::Part;
use crate::error::{Error, Place, Result};

/// Rows under the header that may be units or descriptions.
const MOST_UNIT_ROWS: usize = 4;

/// Names of columns that are looked at for stamps, where there are more.
const MOST_LOOKED_AT: usize = 500;

/// Brings a table into the usual layout, or says what reads it.
///
/// # Errors
/// `Error::Data` with the option that reads the table, where it takes one.
pub fn straighten(mut sample: Sample, options: &mut ReadOptions) -> Result<Sample> {
    name_first(&mut sample);
    refuse_parts_of_days(&sample, options)?;
    let Some(across) = across(&sample, options)? else {
        refuse_units(&sample, options)?;
        return Ok(sample);
    };
    match options.wide.take() {
        Some(name) => unpivot::unpivot(sample, &across, &name, options),
        None => Err(ask_wide(&sample, &across)),
    }
}

/// A first column without a name that holds stamps is the time, as in what pandas writes.
fn name_first(sample: &mut Sample) {
    let markers = Markers::default();
    if !sample.name(0).is_empty() || sample.names.len() < 2 {
        return;
    }
    let cells: Vec<&str> = sample.distinct(0, &markers).map(|c| c.0).take(1000).collect();
    if detect::patterns(&cells, false).is_empty() {
        return;
    }
    let free = |name: &&str| !sample.names.iter().any(|n| n.eq_ignore_ascii_case(name));
    if let Some(name) = ["time", "date", "timestamp", "index"].into_iter().find(free)
        && let Some(first) = sample.names.first_mut()
    {
        *first = name.to_owned();
    }
}

/// The columns whose names are stamps.
///
/// # Errors
/// `Error::Data` for years whose rows are weeks or days.
fn across(sample: &Sample, options: &ReadOptions) -> Result<Option<Across>> {
    // A model names the column that this makes.
    let made = |names: &Vec<String>| {
        options.style.is_some() && options.wide.is_some() && !names.iter().any(|n| sample.names.contains(n))
    };
    if options.time.as_ref().is_some_and(|names| !made(names)) {
        return Ok(None);
    }
    let of_month = |(i, column): (usize, usize)| (column, format!("{:02}", i + 1));
    let of_quarter = |(i, column): (usize, usize)| (column, format!("Q{}", i + 1));
    let months =
        unpivot::months(&sample.names).map(|all| all.into_iter().enumerate().map(of_month).collect());
    let quarters =
        || unpivot::quarters(&sample.names).map(|all| all.into_iter().enumerate().map(of_quarter).collect());
    if let (Some(columns), Some(year)) = (months.or_else(quarters), year_column(sample)) {
        return Ok(Some(Across { columns, aside: Vec::new(), down: Down::Year(year) }));
    }
    let is_stamp = |name: &str| {
        let name = unmangled(name);
        name.len() >= 6
            && name.bytes().filter(u8::is_ascii_digit).count() >= 2
            && !detect::patterns(&[name], false).is_empty()
    };
    // Of very many columns a few say whether the others need a look.
    let n = sample.names.len();
    let some = (0..n).step_by(n / MOST_LOOKED_AT + 1).filter(|c| is_stamp(sample.name(*c))).count();
    let columns: Vec<usize> = match some {
        0 => Vec::new(),
        _ => (0..n).filter(|c| is_stamp(sample.name(*c))).collect(),
    };
    if columns.is_empty()
        && let Some(years) = Years::of(sample)
    {
        refuse_parts_of_years(sample)?;
        let quarters = || quarter_column(sample).map(Down::Quarter);
        let down = month_column(sample).map(Down::Month).or_else(quarters).unwrap_or(Down::Nothing);
        return Ok(Some(Across { columns: years.columns, aside: years.aside, down }));
    }
    // A header that is one row of data has a stamp or two among its names.
    let names: Vec<&str> = columns.iter().map(|c| unmangled(sample.name(*c))).collect();
    let found = columns.len() > 2 && !detect::patterns(&names, false).is_empty();
    let columns = columns.iter().zip(names).map(|(column, name)| (*column, name.to_owned())).collect();
    Ok(found.then_some(Across { columns, aside: Vec::new(), down: Down::Nothing }))
}

/// A name without the `X` that R puts before those that begin with a digit.
fn unmangled(name: &str) -> &str {
    name.strip_prefix('X').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(name)
}

/// The column of the years of a matrix of years by months.
fn year_column(sample: &Sample) -> Option<usize> {
    let named = |c: &usize| Part::named(sample.name(*c)) == Some(Part::Year);
    (0..sample.names.len()).find(named).or_else(|| {
        let markers = Markers::default();
        (sample.distinct(0, &markers).next().is_some()
            && sample.distinct(0, &markers).all(|c| year(c.0).is_some()))
        .then_some(0)
    })
}

/// The column of the months of a matrix of months by years.
fn month_column(sample: &Sample) -> Option<usize> {
    let markers = Markers::default();
    (0..sample.names.len()).find(|c| {
        let cells: Vec<String> =
            sample.distinct(*c, &markers).map(|cell| cell.0.to_owned()).take(13).collect();
        cells.len() == 12 && unpivot::months(&cells).is_some()
    })
}

/// The column of the quarters of a matrix of quarters by years.
fn quarter_column(sample: &Sample) -> Option<usize> {
    let markers = Markers::default();
    (0..sample.names.len()).find(|c| {
        let cells: Vec<String> =
            sample.distinct(*c, &markers).map(|cell| cell.0.to_owned()).take(5).collect();
        cells.len() == 4 && unpivot::quarter_places(&cells).is_some()
    })
}

/// Refuses a table in which the hours of a day or the days of a month are columns: read as it stands, a row
/// would be a day, or a month.
fn refuse_parts_of_days(sample: &Sample, options: &ReadOptions) -> Result<()> {
    const HOURS: usize = 20;
    const MONTH: usize = 28;
    let number = |name: &str| name.parse::<u32>().ok();
    let hour = |name: &str| {
        let name = name.trim().to_lowercase();
        let marked = ["hour", "he", "hr", "h"].iter().find_map(|mark| name.strip_prefix(mark));
        let clock =
            || name.split_once(':').filter(|(h, m)| h.len() <= 2 && m.len() == 2 && number(m).is_some());
        let hour = marked.and_then(|n| number(n.trim_matches([' ', '_', '-'])));
        hour.or_else(|| number(clock()?.0)).is_some_and(|h| h <= 25)
    };
    let of = |is: &dyn Fn(&str) -> bool| -> Vec<&str> {
        sample.names.iter().map(String::as_str).filter(|name| is(name)).collect()
    };
    let (hours, days) = (of(&hour), of(&|name| number(name).is_some_and(|day| (1..=31).contains(&day))));
    let weekdays = of(&|name| {
        let name = name.trim().to_lowercase();
        DAYS.iter().any(|day| day.to_lowercase() == name || day.to_lowercase().get(..3) == Some(&name))
    });
    let slots = slots(&sample.names);
    let by_month = sample.names.iter().any(|name| Part::named(name) == Some(Part::Month));
    let (what, one, all) = match () {
        () if options.time.is_some() => return Ok(()),
        () if hours.len() >= HOURS => ("times of day", "day", hours),
        () if !slots.is_empty() => ("parts of a day", "day", slots),
        () if by_month && days.len() >= MONTH => ("days of the month", "month", days),
        () if weekdays.len() == DAYS.len() => ("days of the week", "week", weekdays),
        () => return Ok(()),
    };
    let (first, last) = (all.first().unwrap_or(&""), all.last().unwrap_or(&""));
    let what = format!("{what} are the names of {} (`{first}` to `{last}`)", count(all.len(), "column"));
    Err(Error::data(Place::file(&sample.file), what).with_hint(format!(
        "such a table is not read: give each a row of its own; where a row is to be a {one}, and each of these a column of it, name the time with --time"
    )))
}

/// Names that number the hours, half hours or quarters of a day from the first to the last: `1` to `24`, `V01` to `V48`.
fn slots(names: &[String]) -> Vec<&str> {
    const MARKS: [&str; 11] = ["", "h", "hh", "hr", "he", "p", "v", "t", "q", "i", "slot"];
    const WHOLE: [usize; 3] = [24, 48, 96];
    let numbered = |name: &str| {
        let name = name.trim();
        let digits = name.len() - name.trim_start_matches(|c: char| !c.is_ascii_digit()).len();
        let (mark, number) = name.split_at_checked(digits)?;
        let mark = mark.trim_end_matches(['_', ' ', '-']).to_lowercase();
        let number: usize = number.parse().ok()?;
        MARKS.contains(&mark.as_str()).then_some((mark, number))
    };
    let all: Vec<(&str, (String, usize))> =
        names.iter().filter_map(|name| Some((name.as_str(), numbered(name)?))).collect();
    let first = all.first().map_or(0, |(_, (_, number))| *number);
    let mark = all.first().map(|(_, (mark, _))| mark.clone()).unwrap_or_default();
    let running = all.iter().enumerate().all(|(i, (_, (own, number)))| *own == mark && *number == first + i);
    match running && first <= 1 && WHOLE.contains(&all.len()) {
        true => all.into_iter().map(|(name, _)| name).collect(),
        false => Vec::new(),
    }
}

/// Refuses years as columns where the rows are weeks or days of them: each would be read as a series.
fn refuse_parts_of_years(sample: &Sample) -> Result<()> {
    let markers = Markers::default();
    let part = |c: usize| {
        let cells: Vec<&str> = sample.distinct(c, &markers).map(|cell| cell.0).take(400).collect();
        let named = Part::named(sample.name(c))?;
        let days = cells.len() > 300 && matches!(named, Part::Day | Part::DayOfYear | Part::MonthDay);
        let weeks = cells.len() >= 52 && named == Part::Week;
        (days || weeks).then_some(if days { "days" } else { "weeks" })
    };
    let Some(parts) = (0..sample.names.len()).find_map(part) else { return Ok(()) };
    let what = format!("the table is a matrix of {parts} by years: the years are columns");
    Err(Error::data(Place::file(&sample.file), what)
        .with_hint("such a table is not read: give each stamp a row of its own, with its date and its value"))
}

fn ask_wide(sample: &Sample, across: &Across) -> Error {
    let ends = (across.columns.first(), across.columns.last());
    let name = |c: Option<&(usize, String)>| c.map(|c| shorten(sample.name(c.0))).unwrap_or_default();
    let (first, last) = (name(ends.0), name(ends.1));
    let n = across.columns.len();
    let parts = if n == 12 { "months" } else { "quarters" };
    let (what, hint) = if matches!(across.down, Down::Year(_)) {
        (
            format!(
                "the table is a matrix of years by {parts}: the {parts} are columns (`{first}` to `{last}`)"
            ),
            "--wide NAME reads it as one series of NAME",
        )
    } else if matches!(across.down, Down::Quarter(_)) {
        (
            format!(
                "the table is a matrix of quarters by years: the years are columns (`{first}` to `{last}`)"
            ),
            "--wide NAME reads it as one quarterly series of NAME",
        )
    } else if matches!(across.down, Down::Month(_)) {
        (
            format!(
                "the table is a matrix of months by years: the years are columns (`{first}` to `{last}`)"
            ),
            "--wide NAME reads it as one monthly series of NAME",
        )
    } else {
        (
            format!("dates are the names of {} (`{first}` to `{last}`)", count(n, "column")),
            "--wide NAME reads each row as a series of NAME; --series names the columns that tell the rows apart",
        )
    };
    Error::data(Place::file(&sample.file), what).with_hint(hint)
}

/// Refuses lines of units or descriptions between the header and the rows.
fn refuse_units(sample: &Sample, options: &ReadOptions) -> Result<()> {
    let markers = Markers::new(&options.missing, sample.decimal);
    let rows = sample.rows();
    if rows < 3 {
        return Ok(());
    }
    let is_value = |cell: &str| {
        numbers::cell(cell.as_bytes(), sample.decimal, &markers) != numbers::Cell::Text
            || (cell.bytes().any(|b| b.is_ascii_digit()) && !detect::patterns(&[cell], false).is_empty())
    };
    let filled = |column: usize, row: usize| Some(sample.cell(column, row)).filter(|c| !c.is_empty());
    // Rows without a single number or date, at the head of the table.
    let text_only =
        |row: usize| (0..sample.names.len()).all(|c| filled(c, row).is_none_or(|cell| !is_value(cell)));
    let n = (0..rows.min(MOST_UNIT_ROWS + 1)).take_while(|row| text_only(*row)).count();
    if n == 0 || n > MOST_UNIT_ROWS {
        return Ok(());
    }
    // Text where all that follows is numbers or dates.
    let below = (n..rows.min(n + 50)).collect::<Vec<_>>();
    let odd = (0..sample.names.len()).find_map(|c| {
        let text = (0..n).find_map(|row| filled(c, row).filter(|cell| !is_value(cell)))?;
        let mut cells = below.iter().filter_map(|row| filled(c, *row)).peekable();
        (cells.peek().is_some() && cells.all(is_value)).then_some((c, text))
    });
    let Some((column, text)) = odd else { return Ok(()) };
    // Titles above the header have fewer cells than it.
    let cells = |row: usize| (0..sample.names.len()).filter(|c| filled(*c, row).is_some()).count();
    let named = sample.names.iter().filter(|name| !name.is_empty()).count();
    if named < cells(n - 1) {
        let header = sample.cell(column, n - 1);
        let what = format!(
            "the header line seems to be row {}, below titles (`{}`)",
            sample.line(n - 1),
            shorten(sample.names.iter().find(|name| !name.is_empty()).map_or(header, String::as_str))
        );
        // Lines are counted as an editor does, blank ones among them.
        let before = sample.line(n - 1).saturating_sub(1);
        return Err(Error::data(Place::file(&sample.file), what)
            .with_hint(format!("--skip-rows {before} begins with it")));
    }
    let which =
        if n == 1 { "1 line under the header is no row" } else { "lines under the header are no rows" };
    let which = if n == 1 { which.to_owned() } else { format!("{n} {which}") };
    Err(Error::data(
        sample.place(0).column(sample.name(column)),
        format!("{which} of data, but units or descriptions (`{}`)", shorten(text)),
    )
    .with_hint(format!("--skip-after-header {n} passes over {}", if n == 1 { "it" } else { "them" })))
}
