//! Which column is what: series, time, targets, features; named by the user or found.
//!
//! Found means, from all rows: the *time* is a date-like text column, one with a known
//! name first; the *series* see `series`; every other column of numbers is a feature, and text
//! columns are left out unless `--categorical` names them.

use super::assigned::Roles;
use super::features;
use super::features::Columns;
use super::series::Search;
use super::{time, weighed};
use crate::data::long::Note;
use crate::data::read::ReadOptions;
use crate::data::read::rows::numbers::Markers;
use crate::data::read::rows::whole::{Sample, count, headless, shorten};
use crate::data::stamp::detect;
use crate::error::{Error, Place, Result};

/// Finds every column's part.
///
/// # Errors
/// `Error::Data` when a named column does not exist or does not hold what it should, or when
/// time, targets or features cannot be found.
pub fn assign(sample: &Sample, options: &ReadOptions) -> Result<Roles> {
    let markers = Markers::new(&options.missing, sample.decimal);
    let mut roles = Roles::default();
    check_names(sample, &markers, &mut roles)?;
    check_header(sample, options)?;
    let drop = find_all(sample, &options.drop, "--drop")?;
    let mut taken = drop.clone();
    taken.extend(&roles.nameless);
    let named_series = match &options.series {
        Some(names) if options.wide.is_none() && !options.series_from_filename => {
            Some(find_all(sample, names, "series")?)
        }
        _ => None,
    };
    taken.extend(named_series.iter().flatten());
    let targets =
        if options.wide.is_some() { Vec::new() } else { find_all(sample, &options.target, "target")? };
    for t in &targets {
        taken.push(*t);
    }
    if let Err(error) = time::find_time(sample, options, &taken, &mut roles) {
        // Perhaps the target is what the others are to be forecast over.
        let free: Vec<usize> = taken.iter().copied().filter(|c| !targets.contains(c)).collect();
        let found = time::find_time(sample, options, &free, &mut roles).is_ok();
        let Some(t) = targets.iter().find(|t| found && roles.time.contains(t)) else { return Err(error) };
        let name = sample.names.get(*t).map(String::as_str).unwrap_or_default();
        return Err(Error::usage(format!("the target `{name}` is the column of time stamps"))
            .with_hint("name a column of numbers with --target"));
    }
    if let Some(both) = targets.iter().find(|t| roles.time.contains(t) || drop.contains(t)) {
        let name = sample.names.get(*both).map(String::as_str).unwrap_or_default();
        return Err(Error::usage(format!("the target `{name}` is also the time column or in --drop"))
            .with_hint("take it out of --time or --drop, or choose another --target"));
    }
    taken.extend(&roles.time);
    let categorical = find_all(sample, &options.categorical, "--categorical")?;
    if options.wide.is_some() && !(categorical.is_empty() && options.features.is_none()) {
        return Err(Error::usage(
            "--wide cannot be combined with --features or --categorical: its columns are the series",
        ));
    }
    let skip: Vec<usize> = taken.iter().copied().filter(|c| !targets.contains(c)).collect();
    let weighed = weighed::columns(sample, options, &markers, &skip);
    let listed = options.features.iter().flatten().filter_map(|f| sample.names.iter().position(|n| n == f));
    let not_series: Vec<usize> = taken.iter().chain(&categorical).copied().chain(listed).collect();
    let search = Search {
        sample,
        weighed: &weighed,
        markers: &markers,
        roles: &roles,
        taken: &not_series,
        targets: &targets,
    };
    let (series, note) = match named_series {
        Some(columns) => {
            // A model has settled the question.
            if options.style.is_none() {
                search.check(&columns)?;
            }
            (columns, None)
        }
        None if options.wide.is_some() || options.series_from_filename => (Vec::new(), None),
        None => search.find()?,
    };
    roles.series = series;
    roles.notes.extend(note);
    taken.extend(&roles.series);
    let columns = Columns { sample, options, weighed: &weighed, markers: &markers };
    columns.readings(&mut roles);
    features::choose(&columns, &targets, &taken, &categorical, &mut roles)?;
    Ok(roles)
}

/// The columns of those names, in order.
fn find_all(sample: &Sample, names: &[String], role: &str) -> Result<Vec<usize>> {
    names.iter().map(|n| sample.find(n, role)).collect()
}

/// Names must be there and differ; columns without a name must be empty.
fn check_names(sample: &Sample, markers: &Markers, roles: &mut Roles) -> Result<()> {
    let place = || Place::file(&sample.file);
    let mut places = std::collections::HashMap::new();
    for (i, name) in sample.names.iter().enumerate() {
        if name.is_empty() {
            if i == 0 && counts_rows(sample, markers) {
                roles.notes.push(Note {
                    code: "row_number",
                    column: None,
                    count: 1,
                    text: "the first column has no name and counts the rows: left out".into(),
                });
                continue;
            }
            if let Some((cell, _)) = sample.distinct(i, markers).next() {
                return Err(Error::data(
                    place(),
                    format!("column {} has no name, but holds `{}`", i + 1, shorten(cell)),
                )
                .with_hint(format!("{}give it a name in the header line", headless(&sample.names))));
            }
            roles.nameless.push(i);
        } else if let Some(before) = places.insert(name.as_str(), i) {
            return Err(Error::data(
                place(),
                format!("columns {} and {} are both named `{}`", before + 1, i + 1, shorten(name)),
            )
            .with_hint("give each column a name of its own in the header line"));
        }
    }
    if !roles.nameless.is_empty() {
        roles.notes.push(Note {
            code: "nameless_column",
            column: None,
            count: roles.nameless.len(),
            text: format!(
                "{} without a name and without content: left out",
                count(roles.nameless.len(), "column")
            ),
        });
    }
    Ok(())
}

/// Whether the first column holds integers that rise from row to row.
fn counts_rows(sample: &Sample, markers: &Markers) -> bool {
    let mut before = None;
    let rises = sample.present(0, markers).all(|cell| {
        let n = cell.parse::<i64>().ok();
        let rises = n.is_some() && n > before;
        before = n;
        rises
    });
    rises && sample.rows() > 1 && before.is_some()
}

/// Whether a column is called as its cells are: a day of eight digits over days of eight digits.
fn is_day_of_days(sample: &Sample, column: usize) -> bool {
    let day = |text: &str| {
        let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        digits && !detect::patterns(&[text], true).is_empty()
    };
    let markers = Markers::default();
    let mut cells = sample.present(column, &markers).take(100).peekable();
    day(sample.name(column)) && cells.peek().is_some() && cells.all(day)
}

/// There must be rows, and the header must not be one of them.
fn check_header(sample: &Sample, options: &ReadOptions) -> Result<()> {
    let place = Place::file(&sample.file);
    if sample.rows() == 0 {
        return Err(
            Error::data(place, "the table has a header and no rows").with_hint(options.too_few_hint())
        );
    }
    if options.wide.is_some() {
        return Ok(());
    }
    // Of rows that come one by one the header was looked at before, by what the model needs.
    if options.partial {
        return Ok(());
    }
    // Columns that have a type have names for certain.
    if sample.delimiter.is_none() {
        return Ok(());
    }
    let number = |n: &&String| n.parse::<f64>().is_ok();
    let numbers = sample.names.iter().any(|n| number(&n));
    // `dec32` is as like a name as a month, where no number stands beside it.
    let dated = |n: &&String| {
        (numbers || n.len() >= "1.1.2020".len())
            && n.bytes().any(|b| b.is_ascii_digit())
            && !detect::patterns(&[n.as_str()], false).is_empty()
    };
    let data = sample
        .names
        .iter()
        .find(dated)
        .or_else(|| sample.names.iter().find(number).filter(|_| sample.names.iter().all(|n| number(&n))))
        .or_else(|| (0..sample.names.len()).find(|c| is_day_of_days(sample, *c)).map(|c| &sample.names[c]));
    if let Some(name) = data {
        return Err(Error::data(
            place,
            format!("the header line looks like a row of data (`{}`)", shorten(name)),
        )
        .with_hint("a table needs a line of column names first, such as city,date,PM2.5"));
    }
    Ok(())
}
