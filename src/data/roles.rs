//! Columns that play a part beside that of a target or feature: known beyond the forecast origin
//! (`future`), or the same in all rows of a series (`static`).

use crate::data::panel::Panel;
use crate::error::{Error, Place, Result, did_you_mean};

/// Places of the named columns in the panel, of a text column all its one-hot columns.
pub fn places(panel: &Panel, names: &[String]) -> Vec<usize> {
    let is = |column: &str, name: &str| {
        column == name || column.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
    };
    let columns = panel.columns.iter().enumerate().skip(panel.targets);
    columns.filter(|(_, c)| names.iter().any(|n| is(&c.name, n))).map(|(i, _)| i).collect()
}

/// As [`places`].
///
/// # Errors
/// A name that is no column of the model, unless reading has left it out with a note.
pub fn find(panel: &Panel, names: &[String], role: &str) -> Result<Vec<usize>> {
    for name in names {
        let empty = |code: &str| matches!(code, "constant_column" | "missing_column");
        let noted = panel.notes.iter().any(|note| empty(note.code) && note.text.contains(name.as_str()));
        if noted || !places(panel, std::slice::from_ref(name)).is_empty() {
            continue;
        }
        let own: Vec<&str> = panel.columns.iter().map(|c| c.name.as_str()).collect();
        let why = if own.iter().take(panel.targets).any(|c| c == name) {
            "is a target, and cannot be given as".to_string()
        } else {
            format!(
                "is not a column of the model{}, and cannot be",
                did_you_mean(name, own.iter().skip(panel.targets).copied())
            )
        };
        return Err(Error::data(
            Place::file(panel.source.clone()).column(name.clone()),
            format!("{why} `{role}`"),
        )
        .with_hint(format!(
            "the model's other columns are {}; a text column needs --categorical",
            own.get(panel.targets..).unwrap_or_default().join(", ")
        )));
    }
    Ok(places(panel, names))
}

/// Gives every row of a series the one value that its static columns have.
///
/// # Errors
/// A series with two values.
pub fn fill_static(panel: &mut Panel, columns: &[usize]) -> Result<()> {
    for c in columns {
        let mut first: Vec<Option<(f64, i64)>> = vec![None; panel.series.len()];
        let column = &panel.columns[*c];
        for segment in &panel.segments {
            let known = &mut first[segment.series as usize];
            for row in segment.offset..segment.offset + segment.len {
                let (value, stamp) = (column.values[row], panel.stamps[row]);
                match *known {
                    _ if value.is_nan() => {}
                    None => *known = Some((value, stamp)),
                    Some((before, since)) if before != value => {
                        return Err(Error::data(
                            Place::file(panel.source.clone())
                                .column(column.name.clone())
                                .series(panel.series[segment.series as usize].to_string()),
                            format!(
                                "a static column changes from {before} ({}) to {value} ({})",
                                panel.time.display(since),
                                panel.time.display(stamp)
                            ),
                        )
                        .with_hint("leave it out of --static: it is then a feature like any other"));
                    }
                    Some(_) => {}
                }
            }
        }
        for segment in &panel.segments {
            if let Some((value, _)) = first[segment.series as usize] {
                panel.columns[*c].values[segment.offset..segment.offset + segment.len].fill(value);
            }
        }
    }
    Ok(())
}
