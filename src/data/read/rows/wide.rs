//! Wide tables, `date,cityA,cityB,…`: each column of numbers becomes a series of its own.

use super::table::Table;
use crate::data::long::{Column, Note, SeriesKey};
use crate::data::read::ReadOptions;
use crate::error::{Error, Result};
use crate::text::plural;

/// Melts the table: one column `name`, one series a former column. Rows keep their line.
///
/// # Errors
/// `Error::Usage` when another target is asked for.
pub fn melt(table: Table, name: &str, options: &ReadOptions) -> Result<Table> {
    if let Some(other) = options.target.iter().find(|t| *t != name) {
        return Err(Error::usage(format!(
            "--wide {name} leaves one column, `{name}`, but --target names `{other}`"
        )));
    }
    let rows = table.stamps.len();
    let mut columns = table.columns;
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    let n = columns.len();
    let lines: Vec<u32> = match table.rows {
        Some(lines) => lines,
        None => (0..rows).map(|i| (table.first_row + i) as u32).collect(),
    };
    let mut out = Table {
        series_columns: vec![series_name(options)],
        keys: columns.iter().map(|c| SeriesKey(vec![c.name.clone()])).collect(),
        style: table.style,
        targets: options.target.len(),
        first_row: table.first_row,
        files: table.files,
        notes: table.notes,
        ..Table::default()
    };
    let mut values = Vec::with_capacity(rows * n);
    let mut all_lines = Vec::with_capacity(rows * n);
    for (id, column) in columns.into_iter().enumerate() {
        values.extend_from_slice(&column.values);
        out.stamps.extend_from_slice(&table.stamps);
        out.ids.extend(std::iter::repeat_n(id as u32, rows));
        all_lines.extend_from_slice(&lines);
    }
    out.rows = Some(all_lines);
    out.columns = vec![Column { name: name.to_owned(), one_hot: None, values }];
    let text = format!("wide table: {} became the series of `{name}`", plural(n, "column"));
    out.notes.push(Note { code: "melted", column: Some(name.to_owned()), count: n, text });
    Ok(out)
}

/// The name of a series column that the table itself has not.
pub fn series_name(options: &ReadOptions) -> String {
    options.series.as_ref().and_then(|s| s.first().cloned()).unwrap_or_else(|| "series".to_owned())
}
