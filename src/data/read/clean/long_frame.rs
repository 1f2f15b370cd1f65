//! From the rows as read to the long frame: clock changes, limits, one-hot columns, and what is
//! left out; every decision leaves a note.

use super::missing_numbers;
use super::outliers;
use crate::data::long::{Column, LongFrame, Note};
use crate::data::read::ReadOptions;
use crate::data::read::rows::coded::Coded;
use crate::data::read::rows::table::Table;
use crate::data::read::rows::whole::{count, list};
use crate::data::stamp::{Clock, zone};
use crate::error::{Error, Place, Result, did_you_mean};

/// A text column with more different values than this is not one-hot encoded.
pub const MOST_CATEGORIES: usize = 32;

/// Makes the long frame. `dialect` and `hash` are filled in by the caller.
///
/// # Errors
/// `Error::Data` for a target without any value, and for a text column with too many values.
pub fn make(mut table: Table, file: &str, options: &ReadOptions) -> Result<LongFrame> {
    to_utc(&mut table);
    clip(&mut table, options)?;
    one_hot(&mut table, file, options)?;
    leave_out(&mut table, file, options)?;
    missing_numbers::note(&mut table);
    outliers::note(&mut table);
    Ok(LongFrame {
        source: file.to_owned(),
        dialect: Default::default(),
        series_columns: table.series_columns,
        series: table.keys,
        series_id: table.ids,
        time: table.style,
        stamps: table.stamps,
        columns: table.columns,
        targets: table.targets,
        rows: table.rows,
        files: table.files,
        first_row: table.first_row,
        notes: table.notes,
        hash: 0,
    })
}

/// Wall-clock stamps of a zone become UTC.
fn to_utc(table: &mut Table) {
    let (Clock::Wall, Some(zone)) = (table.style.clock(), table.style.own_zone()) else { return };
    let tz = zone.tz();
    let changes = zone::to_utc(zone, &mut table.stamps, &table.ids);
    let mut note = |code, n: usize, text: String| {
        if n > 0 {
            table.notes.push(Note { code, column: None, count: n, text });
        }
    };
    note(
        "repeated_hour",
        changes.first + changes.second,
        format!(
            "{} in an hour that the clock of {tz} repeats: {} taken as its first passage, {} as its second",
            count(changes.first + changes.second, "row"),
            changes.first,
            changes.second
        ),
    );
    note(
        "skipped_hour",
        changes.skipped,
        format!(
            "{} in an hour that the clock of {tz} skips: moved forward by the skip",
            count(changes.skipped, "row")
        ),
    );
}

/// `--clip col=lo:hi`.
fn clip(table: &mut Table, options: &ReadOptions) -> Result<()> {
    for (name, low, high) in &options.clip {
        if low.is_nan() || high.is_nan() || low > high {
            return Err(Error::config(format!("the limits {low}:{high} of --clip {name} are not a range")));
        }
        let near = did_you_mean(name, table.columns.iter().map(|c| c.name.as_str()));
        let Some(column) = table.columns.iter_mut().find(|c| c.name == *name) else {
            return Err(Error::usage(format!(
                "--clip names `{name}`, which is not a column of numbers in use{near}"
            ))
            .with_hint("`lstm-forecast ingest TABLE` lists the columns"));
        };
        let mut n = 0;
        for v in &mut column.values {
            if *v < *low || *v > *high {
                *v = v.clamp(*low, *high);
                n += 1;
            }
        }
        let text = format!("{} of `{name}` limited to {low} to {high}", count(n, "value"));
        table.notes.push(Note { code: "clipped", column: Some(name.clone()), count: n, text });
    }
    Ok(())
}

/// Categorical text columns become a column of 0 and 1 for each value, `season=Winter`; a
/// missing cell or, with a checkpoint, an unknown value is 0 in all of them.
fn one_hot(table: &mut Table, file: &str, options: &ReadOptions) -> Result<()> {
    for (name, coded) in std::mem::take(&mut table.texts) {
        let known = options.categories.iter().flatten().find(|c| c.0 == name);
        let mut values: Vec<&str> = match known {
            Some((_, values)) => values.iter().map(String::as_str).collect(),
            None => coded.values().collect(),
        };
        if known.is_none() {
            values.sort();
            if values.len() > MOST_CATEGORIES {
                let what = format!(
                    "{} different values, more than the {MOST_CATEGORIES} that are one-hot encoded",
                    values.len()
                );
                return Err(Error::data(Place::file(file).column(&name), what)
                    .with_hint("take it out of --categorical, or group its values"));
            }
        } else {
            note_unknown(table, &name, &coded, &values);
        }
        for value in values {
            let code = coded.values().position(|v| v == value).map(|c| c as u32);
            let values = coded.codes().iter().map(|c| f64::from(u8::from(Some(*c) == code))).collect();
            table.columns.push(Column {
                name: format!("{name}={value}"),
                one_hot: Some((name.clone(), value.to_owned())),
                values,
            });
        }
    }
    Ok(())
}

fn note_unknown(table: &mut Table, name: &str, coded: &Coded, known: &[&str]) {
    let unknown: Vec<&str> = coded.values().filter(|v| !known.contains(v)).collect();
    if unknown.is_empty() {
        return;
    }
    let n: usize =
        coded.values().zip(coded.counts()).filter(|(v, _)| !known.contains(v)).map(|(_, n)| n).sum();
    let text =
        format!("{} of `{name}` with values that training did not have: {}", count(n, "row"), list(&unknown));
    table.notes.push(Note { code: "unknown_category", column: Some(name.to_owned()), count: n, text });
}

/// Columns that say nothing: all missing, or one value only. A target must say something, and
/// what `--features` or a checkpoint lists is kept.
fn leave_out(table: &mut Table, file: &str, options: &ReadOptions) -> Result<()> {
    let targets = table.targets;
    let (mut constant, mut missing) = (Vec::new(), Vec::new());
    let mut keep = Vec::new();
    for (i, column) in std::mem::take(&mut table.columns).into_iter().enumerate() {
        let first = column.values.iter().copied().find(|v| !v.is_nan());
        let varies = first.is_some_and(|f| column.values.iter().any(|v| !v.is_nan() && *v != f));
        let listed = options.features.is_some() || column.one_hot.is_some();
        if i < targets && first.is_none() && !options.partial {
            return Err(Error::data(
                Place::file(file).column(&column.name),
                "the target has no value at all",
            )
            .with_hint("choose another column with --target, or check --missing and --decimal"));
        }
        if i < targets || varies || listed || options.wide.is_some() {
            keep.push(column);
        } else if first.is_none() {
            missing.push(column.name);
        } else {
            constant.push(column.name);
        }
    }
    table.columns = keep;
    let nothing = constant.is_empty();
    for (code, names, what) in [
        ("constant_column", constant, "with one value only"),
        ("missing_column", missing, "without any value"),
    ] {
        if !names.is_empty() {
            let noun = if names.len() == 1 { "column" } else { "columns" };
            let text = format!("{noun} {what} left out: {}", list(&names));
            table.notes.push(Note { code, column: names.first().cloned(), count: names.len(), text });
        }
    }
    if table.columns.is_empty() && !options.stamps_alone() {
        let what = if table.stamps.len() == 1 {
            "the table has one row, too few to forecast from"
        } else if nothing {
            "no column of numbers has any value"
        } else {
            "no column of numbers has more than one value"
        };
        let hint = if table.stamps.len() == 1 {
            options.too_few_hint()
        } else {
            "a forecast needs a column that varies; check --missing and --decimal"
        };
        return Err(Error::data(Place::file(file), what).with_hint(hint));
    }
    Ok(())
}
