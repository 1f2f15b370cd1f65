//! Targets and features: which columns are read as numbers, and which are left out.

use super::columns::{Kind, Numeric, Roles, Sample, list, shorten};
use crate::data::long::Note;
use crate::data::read::ReadOptions;
use crate::data::read::rows::numbers::{self, Markers};
use crate::error::{Error, Place, Result};

/// Targets and features.
pub fn choose(
    sample: &Sample,
    options: &ReadOptions,
    markers: &Markers,
    targets: &[usize],
    taken: &[usize],
    categorical: &[usize],
    roles: &mut Roles,
) -> Result<()> {
    let name = |c: usize| sample.names.get(c).cloned().unwrap_or_default();
    let numeric = |column: usize, named: bool| {
        let kind = sample.kind(column, markers);
        Numeric { column, flag: kind == Kind::Flag, named, unknown: kind == Kind::Empty }
    };
    for (i, c) in targets.iter().enumerate() {
        refuse_text(sample, markers, *c, "target")?;
        if targets.iter().take(i).any(|t| t == c) {
            return Err(Error::usage(format!("the target `{}` is given twice", name(*c))));
        }
        if roles.series.contains(c) {
            return Err(Error::usage(format!("`{}` cannot be both a series column and a target", name(*c))));
        }
        roles.numbers.push(numeric(*c, true));
    }
    roles.targets = targets.len();
    let mut left_out = Vec::new();
    if let Some(features) = &options.features {
        for feature in features {
            let c = sample.find(feature, "feature")?;
            if targets.contains(&c) || categorical.contains(&c) || roles.numbers.iter().any(|n| n.column == c)
            {
                continue;
            }
            if roles.time.contains(&c) || roles.series.contains(&c) {
                return Err(Error::usage(format!(
                    "`{feature}` cannot be both a feature and the series or time column"
                )));
            }
            refuse_text(sample, markers, c, "feature")?;
            roles.numbers.push(numeric(c, true));
        }
    } else {
        for c in 0..sample.names.len() {
            let counter = sample.names.get(c).is_some_and(String::is_empty);
            if taken.contains(&c) || categorical.contains(&c) || counter {
                continue;
            }
            if options.wide.is_some() {
                refuse_text(sample, markers, c, "series")?;
                roles.numbers.push(numeric(c, true));
                continue;
            }
            match sample.kind(c, markers) {
                Kind::Text => left_out.push(name(c)),
                _ if is_row_number(sample, c) => roles.notes.push(Note {
                    code: "row_number",
                    column: Some(name(c)),
                    count: 1,
                    text: format!(
                        "column `{}` counts the rows: left out (--features names what to use)",
                        name(c)
                    ),
                }),
                _ => roles.numbers.push(numeric(c, false)),
            }
        }
    }
    roles.texts = categorical
        .iter()
        .copied()
        .filter(|c| !roles.time.contains(c) && !roles.series.contains(c))
        .collect();
    if !left_out.is_empty() {
        roles.notes.push(Note {
            code: "text_column",
            column: None,
            count: left_out.len(),
            text: format!(
                "text {} left out: {} (--categorical makes {})",
                if left_out.len() == 1 { "column" } else { "columns" },
                list(&left_out),
                if left_out.len() == 1 { "it a feature" } else { "them features" }
            ),
        });
    }
    if roles.numbers.is_empty() && roles.texts.is_empty() {
        let comma = sample.decimal != b','
            && (0..sample.names.len())
                .any(|c| sample.distinct(c, markers).any(|(cell, _)| is_decimal_comma(cell)));
        let remedy = if comma { "; --decimal , reads numbers with a decimal comma" } else { "" };
        return Err(Error::data(Place::file(&sample.file), "no column of numbers is left to forecast from")
            .with_hint(format!("the columns are {}{remedy}", list(&sample.names))));
    }
    Ok(())
}

/// A column that must hold numbers and holds text.
fn refuse_text(sample: &Sample, markers: &Markers, column: usize, role: &str) -> Result<()> {
    if sample.kind(column, markers) != Kind::Text {
        return Ok(());
    }
    let is_text = |c: &str| numbers::cell(c.as_bytes(), sample.decimal, markers) == numbers::Cell::Text;
    let cell = sample.distinct(column, markers).map(|c| c.0).find(|c| is_text(c)).unwrap_or_default();
    let row = (0..sample.rows()).find(|row| sample.cell(column, *row) == cell).unwrap_or_default();
    let name = sample.names.get(column).map(String::as_str).unwrap_or_default();
    let point = sample.decimal == b',' && cell.contains('.') && cell.parse::<f64>().is_ok();
    let hint = match (role, cell.contains(',')) {
        _ if point => "--decimal . reads numbers with a decimal point".to_owned(),
        (_, true) => "--decimal , reads numbers with a decimal comma".to_owned(),
        ("target", _) => "choose a column of numbers with --target".to_owned(),
        ("series", _) => {
            format!("in a wide table every column but the time is a series; --drop {name} leaves it out")
        }
        _ => format!("--categorical {name} makes a feature of each of its values"),
    };
    Err(Error::data(
        sample.place(row).column(name),
        format!("the {role} holds text (`{}`), where numbers are needed", shorten(cell)),
    )
    .with_hint(hint))
}

fn is_decimal_comma(cell: &str) -> bool {
    cell.contains(',')
        && matches!(numbers::cell(cell.as_bytes(), b',', &Markers::default()), numbers::Cell::Number(_))
}

/// Whether a column is named as a counter of rows and counts in the sample.
fn is_row_number(sample: &Sample, column: usize) -> bool {
    const NAMES: [&str; 8] = ["no", "row", "index", "row_number", "rownum", "rowid", "unnamed: 0", "row_id"];
    let name = sample.names.get(column).map(|n| n.to_lowercase()).unwrap_or_default();
    NAMES.contains(&name.as_str())
        && sample.rows() > 0
        && sample.text(column).values().len() == sample.rows()
        && sample.text(column).values().all(|c| c.parse::<i64>().is_ok())
}
