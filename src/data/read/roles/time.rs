//! Finds the time columns and the ways in which their cells can be read.

use super::columns::{Roles, Sample, headless, list, shorten};
use crate::data::long::Note;
use crate::data::read::ReadOptions;
use crate::data::read::rows::numbers::Markers;
use crate::data::stamp::pattern::Pattern;
use crate::data::stamp::{TimeStyle, Zone, detect};
use crate::error::{Error, Place, Result, did_you_mean};

/// Names that a time column usually has, the most telling first.
const NAMES: [&str; 22] = [
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
    "epoch",
    "unixtime",
    "year",
    "week",
];

/// Fills in `time` and `styles`.
///
/// # Errors
/// `Error::Data` when there is no time column or its form is not known; `Error::Config` for a
/// zone or a format that does not exist.
pub fn find_time(sample: &Sample, options: &ReadOptions, taken: &[usize], roles: &mut Roles) -> Result<()> {
    let zone = options.time_zone.as_deref().map(zone).transpose()?;
    let given = match &options.time_format {
        Some(text) => Some(formats(text, options.time.as_ref().map_or(1, Vec::len))?),
        None => None,
    };
    let columns: Vec<usize> = match &options.time {
        Some(names) => names.iter().map(|n| sample.find(n, "time")).collect::<Result<_>>()?,
        None => detect_columns(sample, given.as_deref(), taken, roles)?,
    };
    let names: Vec<String> = columns.iter().filter_map(|c| sample.names.get(*c).cloned()).collect();
    let style = |patterns: Vec<Pattern>| TimeStyle::new(names.clone(), patterns, zone);
    roles.styles = match given {
        Some(patterns) => vec![style(patterns)],
        None => readings(sample, &columns)
            .ok_or_else(|| unreadable(sample, &columns))?
            .into_iter()
            .map(style)
            .collect(),
    };
    if let Some(known) = options.style.as_ref().map(TimeStyle::pattern)
        && roles.styles.iter().any(|s| s.pattern() == known)
    {
        roles.styles.retain(|s| s.pattern() == known);
    }
    roles.time = columns;
    Ok(())
}

/// The zone of that name.
fn zone(name: &str) -> Result<Zone> {
    Zone::new(name).ok_or_else(|| {
        Error::config(format!("unknown time zone `{name}`{}", did_you_mean(name, Zone::names())))
            .with_hint("zones have IANA names such as Europe/Rome, Asia/Shanghai or UTC")
    })
}

/// `--time-format`, one pattern a column: cut at its first spaces.
fn formats(text: &str, columns: usize) -> Result<Vec<Pattern>> {
    let parts: Vec<&str> = if columns > 1 { text.splitn(columns, ' ').collect() } else { vec![text] };
    if parts.len() != columns {
        return Err(Error::config(format!(
            "the time format `{text}` has {} for {columns} time columns",
            parts.len()
        ))
        .with_hint("give one pattern a column, with spaces between, such as \"%d/%m/%Y %H.%M\""));
    }
    let patterns = parts.iter().map(|p| match *p {
        "epoch" => Pattern::new("%s"),
        "epoch-ms" => Pattern::new("%3s"),
        p => Pattern::new(p),
    });
    let patterns: Vec<Pattern> = patterns.collect::<Result<_, _>>().map_err(|e| {
        Error::config(e).with_hint("formats are as in strftime (%Y-%m-%d %H:%M:%S), or epoch, or epoch-ms")
    })?;
    if !patterns.iter().any(Pattern::has_date) {
        return Err(Error::config(format!("the time format `{text}` has no year"))
            .with_hint("a stamp needs at least %Y; several time columns are named with --time date,hour"));
    }
    Ok(patterns)
}

/// A column's different cells.
fn present(sample: &Sample, column: usize) -> Vec<&str> {
    let markers = Markers::default();
    let mut seen = std::collections::HashSet::new();
    sample.present(column, &markers).filter(|c| seen.insert(*c)).collect()
}

/// The ways to read these columns, one pattern a column each.
fn readings(sample: &Sample, columns: &[usize]) -> Option<Vec<Vec<Pattern>>> {
    if let [column] = columns {
        let found = detect::patterns(&present(sample, *column), true);
        return (!found.is_empty()).then(|| found.into_iter().map(|p| vec![p]).collect());
    }
    let mut styles: Vec<Vec<Pattern>> = vec![Vec::new()];
    for column in columns {
        let cells = present(sample, *column);
        let name = sample.names.get(*column).map(String::as_str).unwrap_or_default();
        let mut found = detect::patterns(&cells, false);
        if found.is_empty() {
            found = detect::part_pattern(name, &cells).into_iter().collect();
        }
        if found.is_empty() {
            found = detect::patterns(&cells, true);
        }
        styles = styles
            .iter()
            .flat_map(|s| found.iter().map(|p| [s.as_slice(), std::slice::from_ref(p)].concat()))
            .collect();
    }
    let dated = styles.first().is_some_and(|s| s.iter().any(Pattern::has_date));
    dated.then_some(styles)
}

fn unreadable(sample: &Sample, columns: &[usize]) -> Error {
    let names: Vec<&str> = columns.iter().filter_map(|c| sample.names.get(*c)).map(String::as_str).collect();
    let first: Vec<String> = columns
        .iter()
        .filter_map(|c| sample.cells.get(*c)?.iter().find(|v| !v.is_empty()))
        .map(|v| shorten(v))
        .collect();
    let place = Place::file(&sample.file).column(names.join(","));
    if first.len() < columns.len() {
        return Error::data(place, "the time column is empty").with_hint("name the time column with --time");
    }
    Error::data(place, format!("cannot tell how `{}` is a date or time", first.join(" "))).with_hint(
        "name the time column with --time, or give its form with --time-format, such as \"%d/%m/%Y %H:%M\"",
    )
}

/// The time columns of a table for which no option names them.
fn detect_columns(
    sample: &Sample,
    given: Option<&[Pattern]>,
    taken: &[usize],
    roles: &mut Roles,
) -> Result<Vec<usize>> {
    let lower = |c: &usize| sample.names.get(*c).map(|n| n.to_lowercase()).unwrap_or_default();
    let rank = |c: &usize| NAMES.iter().position(|n| *n == lower(c)).unwrap_or(NAMES.len());
    let mut free: Vec<usize> = (0..sample.names.len()).filter(|c| !taken.contains(c)).collect();
    free.sort_by_key(rank);
    if let Some([pattern]) = given {
        let fits = |c: &&usize| {
            let cells = present(sample, **c);
            let read = |cell: &&str| pattern.parse(cell.as_bytes(), &mut Default::default()).is_ok();
            !cells.is_empty() && cells.iter().filter(|cell| read(cell)).count() * 2 > cells.len()
        };
        if let Some(c) = free.iter().find(fits) {
            return Ok(vec![*c]);
        }
        let hint = format!("name the time column with --time; the columns are {}", list(&sample.names));
        let what = format!("no column is written as the time format `{}` says", pattern.text());
        return Err(Error::data(Place::file(&sample.file), what).with_hint(hint));
    }
    let dated = |c: &&usize| !detect::patterns(&present(sample, **c), false).is_empty();
    if let Some(date) = free.iter().find(dated).copied() {
        return Ok(with_time_of_day(sample, date, &free, roles));
    }
    let part = |words: &[&str]| free.iter().copied().find(|c| words.contains(&lower(c).as_str()));
    let year = part(&["year", "yr", "yyyy"]);
    if let (Some(y), Some(m)) = (year, part(&["month", "mon"])) {
        let rest = [
            part(&["day", "mday"]),
            part(&["hour", "hr"]),
            part(&["minute", "min"]),
            part(&["second", "sec"]),
        ];
        let columns: Vec<usize> = [y, m].into_iter().chain(rest.into_iter().flatten()).collect();
        if readings(sample, &columns).is_some() {
            note_parts(sample, &columns, roles);
            return Ok(columns);
        }
    }
    let numbered = |c: &&usize| {
        let cells = present(sample, **c);
        rank(c) < NAMES.len()
            && detect::patterns(&cells, true)
                .first()
                .is_some_and(|p| !p.text().ends_with('s') || cells.iter().all(|cell| cell.len() >= 9))
    };
    if let Some(c) = free.iter().find(numbered) {
        return Ok(vec![*c]);
    }
    if let Some(c) = free.first().filter(|c| rank(c) < NAMES.len()) {
        return Err(unreadable(sample, &[*c]));
    }
    Err(Error::data(Place::file(&sample.file), "no column looks like a date or time").with_hint(format!(
        "{}name it with --time and its form with --time-format; the columns are {}",
        headless(&sample.names),
        list(&sample.names)
    )))
}

/// A column of dates, and the column with the time of day beside it, if there is one.
fn with_time_of_day(sample: &Sample, date: usize, free: &[usize], roles: &mut Roles) -> Vec<usize> {
    let patterns = detect::patterns(&present(sample, date), false);
    if patterns.iter().any(|p| p.has_time() || !p.has_day()) {
        return vec![date];
    }
    let mut others: Vec<usize> = free.iter().copied().filter(|c| *c != date).collect();
    others.sort_unstable();
    let time = others.into_iter().find(|c| {
        let cells = present(sample, *c);
        let name = sample.names.get(*c).map(|n| n.to_lowercase()).unwrap_or_default();
        let plain = cells.iter().all(|x| {
            x.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') && x.matches('.').count() < 2
        });
        let named = ["hour", "hr", "hh", "hora"].contains(&name.as_str());
        (named || !plain) && detect::part_pattern(&name, &cells).is_some_and(|p| p.has_time())
    });
    let Some(time) = time else { return vec![date] };
    note_parts(sample, &[date, time], roles);
    vec![date, time]
}

fn note_parts(sample: &Sample, columns: &[usize], roles: &mut Roles) {
    let names: Vec<&str> = columns.iter().filter_map(|c| sample.names.get(*c)).map(String::as_str).collect();
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
