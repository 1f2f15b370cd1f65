//! Finds the time columns and the way in which their cells are read: `choose` says which columns,
//! `decide` which of the readings that all their cells fit.

mod cells;
mod choose;
mod dates;
mod decide;
mod parts;

use crate::data::long::Note;
use crate::data::read::ReadOptions;
use crate::data::read::roles::assigned::Roles;
use crate::data::read::rows::whole::{Sample, shorten};
use crate::data::stamp::iso::Moment;
use crate::data::stamp::part::{Part, part_pattern, plain_hours, slot_of_day, slot_of_hour, with_iso_years};
use crate::data::stamp::pattern::Pattern;
use crate::data::stamp::{Clock, TimeStyle, Zone, detect, midnights, years};
use crate::error::{Error, Place, Result, did_you_mean};
use cells::{distinct, names};
pub use dates::is_clock;

/// Fills in `time` and `styles`.
///
/// # Errors
/// `Error::Data` when there is no time column, or its form is not known or not sure;
/// `Error::Config` for a zone or a format that does not exist.
pub fn find_time(sample: &Sample, options: &ReadOptions, taken: &[usize], roles: &mut Roles) -> Result<()> {
    let trained = options.style.as_ref();
    let zone = match &options.time_zone {
        Some(name) => Some(zone(name)?),
        None => trained.and_then(TimeStyle::own_zone),
    };
    let given = match &options.time_format {
        Some(text) => Some(formats(sample, text, options.time.as_deref().unwrap_or_default())?),
        None => None,
    };
    let columns: Vec<usize> = match &options.time {
        Some(names) => names.iter().map(|n| sample.find(n, "time")).collect::<Result<_>>()?,
        None => choose::columns(sample, given.as_deref(), taken, roles)?,
    };
    let known = trained.filter(|s| fits(sample, &columns, s.forms()));
    let patterns = match (given, known) {
        (Some(given), _) => place(sample, &columns, given),
        (None, Some(known)) => as_written(sample, &columns, known.forms()),
        (None, None) => {
            let found = readings(sample, &columns).ok_or_else(|| unreadable(sample, &columns))?;
            let (patterns, note) = decide::decide(sample, &columns, found)?;
            roles.notes.extend(note);
            patterns
        }
    };
    let names = names(sample, &columns).into_iter().map(str::to_owned).collect();
    let mut style = TimeStyle::new(names, patterns, zone).whole_seconds(options.resample.is_some());
    longer_days(sample, &columns, &style)?;
    if style.clock() != Clock::Wall {
        on_zone(sample, &columns, &mut style, roles);
    }
    if let Some(trained) = trained {
        style = style.counted_as(trained);
    }
    roles.styles = vec![style];
    roles.time = columns;
    Ok(())
}

/// A known table's forms, with `Z` in place of offsets where this table has no others.
fn as_written(sample: &Sample, columns: &[usize], known: &[Pattern]) -> Vec<Pattern> {
    let own = |(column, pattern): (&usize, &Pattern)| {
        let spelled = detect::spelled(pattern, &distinct(sample, *column));
        if pattern.has_offset() && !spelled.has_offset() { spelled } else { pattern.clone() }
    };
    columns.iter().zip(known).map(own).collect()
}

/// Whether most cells are written as a known table's were: what is not is then named as wrong.
fn fits(sample: &Sample, columns: &[usize], known: &[Pattern]) -> bool {
    let fits = |(column, pattern): (&usize, &Pattern)| {
        let cells = distinct(sample, *column);
        let read = |c: &&&str| pattern.parse(c.as_bytes(), &mut Default::default()).is_ok();
        !cells.is_empty() && cells.iter().filter(read).count() * 2 > cells.len()
    };
    columns.len() == known.len() && columns.iter().zip(known).all(fits)
}

/// Refuses intervals beyond a day of 24 hours where no zone says which days are longer.
fn longer_days(sample: &Sample, columns: &[usize], style: &TimeStyle) -> Result<()> {
    let Some(n) = style.forms().iter().position(Pattern::has_slots).filter(|_| style.own_zone().is_none())
    else {
        return Ok(());
    };
    let (Some(column), Some(pattern)) = (columns.get(n), style.forms().get(n)) else { return Ok(()) };
    let beyond = |c: &&str| {
        let mut parts = Default::default();
        pattern.parse(c.as_bytes(), &mut parts).is_ok() && parts.past_midnight() >= 86_400
    };
    let cells = distinct(sample, *column);
    let Some(cell) = cells.iter().find(|c| beyond(c)) else { return Ok(()) };
    let name = names(sample, &[*column]).join("");
    let what =
        format!("`{cell}` is an interval after the end of a day of 24 hours, as where the clock is set back");
    Err(Error::data(Place::file(&sample.file).column(name), what)
        .with_hint("name the zone of the days with --time-zone, such as --time-zone Europe/London"))
}

/// The zone whose days the stamps are, and whether all have one offset.
fn on_zone(sample: &Sample, columns: &[usize], style: &mut TimeStyle, roles: &mut Roles) {
    let [column] = columns else { return };
    let cells = distinct(sample, *column);
    let parser = style.parser();
    let read = |cells: &[&str]| -> Vec<Moment> {
        cells.iter().filter_map(|c| parser.parse([c.as_bytes()]).ok()).collect()
    };
    if let Some(zone) = style.own_zone() {
        // Offsets other than the zone's are those of the form, which forecasts keep.
        let strange = |m: &Moment| m.offset != Some(zone.offset_at(m.utc()));
        if matches!(style.clock(), Clock::Offset(_)) && read(&cells).iter().any(strange) {
            style.fix_offset();
        }
        return;
    }
    // Rows closer than days are seen at once.
    if !midnights::may_be(&read(cells.get(..64).unwrap_or(&cells))) {
        return;
    }
    let found = midnights::zones(&read(&cells));
    let Some(zone) = found.first() else { return };
    let alike: Vec<&str> = found.iter().skip(1).take(3).map(|z| z.tz().name()).collect();
    let others =
        if alike.is_empty() { String::new() } else { format!(", as those of {} are", alike.join(", ")) };
    roles.notes.push(Note {
        code: "time_zone_read",
        column: sample.names.get(*column).cloned(),
        count: cells.len(),
        text: format!(
            "the stamps are days or months of the zone {}{others}: they are counted there (--time-zone names another)",
            zone.tz().name()
        ),
    });
    *style = style.in_zone(Some(*zone));
}

/// The zone of that name.
fn zone(name: &str) -> Result<Zone> {
    Zone::new(name).ok_or_else(|| {
        Error::config(format!("unknown time zone `{name}`{}", did_you_mean(name, Zone::names())))
            .with_hint("zones have IANA names such as Europe/Rome, Asia/Shanghai or UTC")
    })
}

/// Given patterns as the cells are written, with the century of their two-digit years.
fn place(sample: &Sample, columns: &[usize], given: Vec<Pattern>) -> Vec<Pattern> {
    let own = |(p, c): (Pattern, &usize)| {
        let cells = distinct(sample, *c);
        years::place(&detect::spelled(&p, &cells), cells.into_iter())
    };
    given.into_iter().zip(columns).map(own).collect()
}

/// `--time-format`, one pattern a column: cut at spaces, and of several ways to do so the first
/// in which the cells of the named columns fit.
fn formats(sample: &Sample, text: &str, time: &[String]) -> Result<Vec<Pattern>> {
    let columns = time.len().max(1);
    let words: Vec<&str> = if columns > 1 { text.split(' ').collect() } else { vec![text] };
    if words.len() < columns {
        return Err(Error::config(format!(
            "the time format `{text}` has {} for {columns} time columns",
            words.len()
        ))
        .with_hint("give one pattern a column, with spaces between, such as \"%d/%m/%Y %H.%M\""));
    }
    let at: Vec<usize> = time.iter().filter_map(|n| sample.names.iter().position(|name| name == n)).collect();
    let compiled = |parts: Vec<String>| -> Result<Vec<Pattern>, String> {
        parts.iter().map(|p| Pattern::new(p)).collect()
    };
    let ways: Vec<Result<Vec<Pattern>, String>> = cuts(&words, columns).into_iter().map(compiled).collect();
    let fitting = ways.iter().flatten().find(|p| fits(sample, &at, p)).cloned();
    let patterns = match (fitting, ways.into_iter().next()) {
        (Some(patterns), _) => patterns,
        (None, first) => {
            first.unwrap_or_else(|| Err(format!("the time format `{text}` is empty"))).map_err(|e| {
                Error::config(e)
                    .with_hint("formats are as in strftime (%Y-%m-%d %H:%M:%S), or epoch, or epoch-ms")
            })?
        }
    };
    if !patterns.iter().any(Pattern::has_date) {
        return Err(Error::config(format!("the time format `{text}` has no year"))
            .with_hint("a stamp needs at least %Y; several time columns are named with --time date,hour"));
    }
    Ok(with_iso_years(patterns))
}

/// All ways to join words into so many parts, the shortest first parts first.
fn cuts(words: &[&str], parts: usize) -> Vec<Vec<String>> {
    if parts <= 1 {
        return vec![vec![words.join(" ")]];
    }
    let mut out = Vec::new();
    for n in 1..=words.len().saturating_sub(parts - 1) {
        let (first, rest) = words.split_at(n);
        for tail in cuts(rest, parts - 1) {
            out.push([vec![first.join(" ")], tail].concat());
        }
    }
    out
}

/// The ways to read these columns, one pattern a column each.
fn readings(sample: &Sample, columns: &[usize]) -> Option<Vec<Vec<Pattern>>> {
    if let [column] = columns {
        let found = detect::readings(&distinct(sample, *column), true);
        return (!found.is_empty()).then(|| found.into_iter().map(|p| vec![p]).collect());
    }
    let mut all: Vec<Vec<Pattern>> = vec![Vec::new()];
    let mut behind = columns.iter().skip(1);
    let in_hours = behind.any(|c| parts::is_slot_of_hour(sample, *c))
        && columns.iter().any(|c| Part::named(sample.name(*c)) == Some(Part::Hour));
    for (i, column) in columns.iter().enumerate() {
        let cells = distinct(sample, *column);
        let part = parts::called(sample, *column, columns.get(..i).unwrap_or_default());
        // Behind a date, what is called an hour is one: `00-01` is from 0 to 1.
        let hour = match part {
            // Of an hour of several intervals the number is that of the whole of it.
            Some(Part::Hour) if i > 0 && in_hours => {
                let from_one = || slot_of_day(sample.name(*column), &cells);
                Part::Slot.pattern(&cells).or_else(from_one).or_else(|| Part::Hour.pattern(&cells))
            }
            Some(Part::Hour) if i > 0 => Part::Hour.pattern(&cells),
            Some(Part::Slot | Part::Quarter) if i > 0 && in_hours => slot_of_hour(&cells),
            _ => None,
        };
        let mut found = match hour {
            Some(hour) => vec![hour],
            None => detect::patterns(&cells, false),
        };
        if found.is_empty() {
            let of_week = || Part::Weekday.pattern(&cells).filter(|_| part == Some(Part::Day));
            found = part_pattern(part, &cells).or_else(of_week).into_iter().collect();
        }
        if found.is_empty() && is_clock(sample.name(*column)) {
            found = plain_hours(&cells).into_iter().collect();
        }
        if found.is_empty() {
            found = detect::patterns(&cells, true);
        }
        all = all
            .iter()
            .flat_map(|s| found.iter().map(|p| [s.as_slice(), std::slice::from_ref(p)].concat()))
            .collect();
    }
    let dated = |s: &Vec<Pattern>| s.iter().any(Pattern::has_date);
    let all: Vec<Vec<Pattern>> = all.into_iter().filter(dated).map(with_iso_years).collect();
    (!all.is_empty()).then_some(all)
}

/// Whether these columns make a stamp that tells all rows apart.
pub fn tells_rows(sample: &Sample, columns: &[usize]) -> bool {
    readings(sample, columns).into_iter().flatten().any(|patterns| {
        let mut stamps = cells::stamps(sample, columns, &patterns);
        stamps.sort_unstable();
        stamps.dedup();
        stamps.len() * 10 >= sample.rows() * 9
    })
}

fn unreadable(sample: &Sample, columns: &[usize]) -> Error {
    let first: Vec<String> =
        columns.iter().filter_map(|c| distinct(sample, *c).first().map(|v| shorten(v))).collect();
    let place = Place::file(&sample.file).column(names(sample, columns).join(","));
    if first.len() < columns.len() {
        return Error::data(place, "the time column is empty").with_hint("name the time column with --time");
    }
    let what = format!("cannot tell how `{}` is a date or time", first.join(" "));
    let hint = if columns.iter().all(|column| may_be_serials(&distinct(sample, *column))) {
        // Where many numbers say so, they are read so without a question.
        "as days of a spreadsheet they are read with --time-format \"%x\"; else name the time column with --time"
    } else {
        "name the time column with --time, or give its form with --time-format, such as \"%d/%m/%Y %H:%M\""
    };
    Error::data(place, what).with_hint(hint)
}

/// Whether all cells may be the days that a spreadsheet counts, of years that people keep tables of.
fn may_be_serials(cells: &[&str]) -> bool {
    // 1950-01-01 and 2100-01-01, as a spreadsheet counts them.
    let day = |cell: &&str| cell.parse::<f64>().is_ok_and(|days| (18_264.0..73_051.0).contains(&days));
    !cells.is_empty() && cells.iter().all(day)
}
