//! Rows of a second table whose columns are known beyond the forecast's origin.

use std::collections::HashMap;

use crate::data::long::{Column, LongFrame, Note};
use crate::error::{Error, Place, Result};
use crate::text::{of_one, plural};

impl LongFrame {
    /// Joins another table by series and stamp: its columns are a part of this one's. A value that
    /// this table has stays; rows that it does not have come after its own, the other columns
    /// missing. Series that it does not have are left out, with a note.
    ///
    /// # Errors
    /// A second table whose series columns have other names.
    pub fn join_ahead(mut self, more: LongFrame) -> Result<LongFrame> {
        if self.series_columns != more.series_columns {
            return Err(Error::data(
                Place::file(more.source),
                format!(
                    "its series are named by {}, those of the table by {}",
                    list(&more.series_columns),
                    list(&self.series_columns)
                ),
            )
            .with_hint("give both tables the same series columns"));
        }
        let places: HashMap<(u32, i64), usize> =
            self.series_id.iter().zip(&self.stamps).enumerate().map(|(i, (s, t))| ((*s, *t), i)).collect();
        let own: Vec<Option<u32>> =
            more.series.iter().map(|key| self.series.binary_search(key).ok().map(|s| s as u32)).collect();
        let from: Vec<Option<&Column>> =
            self.columns.iter().map(|c| more.columns.iter().find(|m| m.name == c.name)).collect();
        // The second table's numbers follow those of the first.
        let before = (0..self.len()).map(|i| self.number(i)).max().unwrap_or(0);
        let mut numbers: Vec<u32> = (0..self.len()).map(|i| self.number(i) as u32).collect();
        let mut columns: Vec<Vec<f64>> =
            self.columns.iter_mut().map(|c| std::mem::take(&mut c.values)).collect();
        let mut foreign = 0;
        for (i, (series, stamp)) in more.series_id.iter().zip(&more.stamps).enumerate() {
            let Some(series) = own.get(*series as usize).copied().flatten() else {
                foreign += 1;
                continue;
            };
            let row = places.get(&(series, *stamp)).copied().unwrap_or(columns[0].len());
            for (values, from) in columns.iter_mut().zip(&from) {
                let value = from.map_or(f64::NAN, |c| c.values[i]);
                match values.get_mut(row) {
                    Some(own) if own.is_nan() => *own = value,
                    Some(_) => {}
                    None => values.push(value),
                }
            }
            if row == self.stamps.len() {
                self.series_id.push(series);
                self.stamps.push(*stamp);
                numbers.push((before + more.number(i)) as u32);
            }
        }
        for (column, values) in self.columns.iter_mut().zip(columns) {
            column.values = values;
        }
        if self.files.is_empty() {
            self.files.push(0, &self.source);
        }
        self.files.push(before, &more.source);
        self.rows = Some(numbers);
        if foreign > 0 {
            let text = format!(
                "{} of {} {} of series that the table does not have",
                plural(foreign, "row"),
                more.source,
                of_one(foreign, "is", "are")
            );
            self.notes.push(Note { code: "unknown_series", column: None, count: foreign, text });
        }
        Ok(self)
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "no column".into() } else { names.join(", ") }
}
