//! Reads the sums that `ingest --means` wrote: a row a stamp, of which several may have the same stamp.

use super::open::format::{Format, sniff};
use super::open::source;
use super::{ReadOptions, Source, whole_table};
use crate::data::lead::{Means, Sum};
use crate::error::{Error, Place, Result, did_you_mean};

/// Names of the columns that are there whatever the model.
pub const STAMP: &str = "stamp";
/// What tells the checkpoint from others.
pub const MODEL: &str = "model";
/// Series that training had not seen.
pub const UNSEEN: &str = "unseen";

/// Names of the sum and of the count of a value column.
pub fn names(column: &str) -> [String; 2] {
    [format!("{column}_sum"), format!("{column}_n")]
}

/// Reads them; `columns` are the model's value columns, `model` what tells it from others.
///
/// # Errors
/// `Error::Data` for a file that is no such table, or one of another model.
pub fn read_means(source: &Source, columns: &[String], model: &str) -> Result<Means> {
    let options = ReadOptions::default();
    let blobs = source::open(source, &options)?;
    let Some(first) = blobs.first() else { return Err(Error::usage("--means names no file")) };
    let format = sniff(first, false)?;
    let mut rows = Vec::new();
    for blob in blobs {
        rows.extend(part(blob, format, columns, model)?);
    }
    Ok(Means::from_rows(rows, columns.len()))
}

/// A row of a file: stamp, unseen series, and the sum of every column.
type Row = (i64, u32, Vec<Sum>);

fn part(blob: super::open::blob::Blob, format: Format, columns: &[String], model: &str) -> Result<Vec<Row>> {
    let file = blob.name.clone();
    let (table, _) = whole_table(&[blob], format, &ReadOptions::default())?;
    let find = |name: &str| {
        table.names.iter().position(|own| own == name).ok_or_else(|| {
            let known: Vec<&str> = table.names.iter().map(String::as_str).collect();
            let what = format!("the means lack this column{}", did_you_mean(name, known));
            Error::data(Place::file(&file).column(name), what)
                .with_hint("`lstm-forecast ingest TABLE --model MODEL --means FILE` writes them")
        })
    };
    let wrong = |row: usize, name: &str, cell: &str, expected: &str| {
        Error::data(
            Place::file(&file).column(name),
            format!("`{cell}` in row {} of the means; expected {expected}", row + 1),
        )
        .with_hint("`lstm-forecast ingest TABLE --model MODEL --means FILE` writes them")
    };
    let (stamp, of, unseen) = (find(STAMP)?, find(MODEL)?, find(UNSEEN)?);
    let mut places = Vec::with_capacity(columns.len());
    for column in columns {
        let [sum, n] = names(column);
        places.push((find(&sum)?, find(&n)?));
    }
    let mut rows = Vec::with_capacity(table.rows());
    for row in 0..table.rows() {
        let other = table.cell(of, row);
        if other != model {
            return Err(Error::data(
                Place::file(&file),
                format!("these means are of the model {other}, and this one is {model}"),
            )
            .with_hint("write them with this model: lstm-forecast ingest TABLE --model MODEL --means FILE"));
        }
        let whole = |column: usize| {
            let cell = table.cell(column, row);
            whole(cell).ok_or_else(|| wrong(row, &table.names[column], cell, "a whole number"))
        };
        let count = |column: usize| {
            let cell = table.cell(column, row);
            u32::try_from(whole(column)?)
                .map_err(|_| wrong(row, &table.names[column], cell, "a number of series"))
        };
        let mut sums = Vec::with_capacity(columns.len());
        for (sum, n) in &places {
            let cell = table.cell(*sum, row);
            let value = cell.parse::<f64>().ok().filter(|value| value.is_finite());
            let sum = value.ok_or_else(|| wrong(row, &table.names[*sum], cell, "a number"))?;
            sums.push(Sum { sum, count: count(*n)? });
        }
        rows.push((whole(stamp)?, count(unseen)?, sums));
    }
    Ok(rows)
}

/// A whole number, also as engines write sums of them: `12.0`.
fn whole(cell: &str) -> Option<i64> {
    cell.strip_suffix(".0").unwrap_or(cell).parse().ok()
}
