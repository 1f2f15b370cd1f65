//! The checkpoints of a folder with their figures: `models`.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::checkpoint::Meta;
use crate::escape::visible;
use crate::number::{NONE, column, percent};

/// A file that is, or should be, a checkpoint.
#[derive(Debug)]
pub struct Entry {
    /// Its name in the folder.
    pub file: String,
    /// When it was written.
    pub written: Option<DateTime<Utc>>,
    /// Its size.
    pub bytes: u64,
    /// What it says, or what is wrong with it.
    pub meta: Result<Box<Meta>, String>,
}

impl Entry {
    /// The beginning of its checksum: the same for copies of one file.
    fn id(&self) -> Option<String> {
        let checksum = self.meta.as_ref().ok()?.checksum.as_ref()?;
        Some(checksum.chars().take(8).collect())
    }

    fn mae(&self) -> Option<f64> {
        self.meta.as_ref().ok()?.training.val_mae
    }

    /// 1 less the error on the validation part over that of the better simple forecast.
    fn skill(&self) -> Option<f64> {
        let training = &self.meta.as_ref().ok()?.training;
        let better = training.val_mae_last_value?.min(training.val_mae_seasonal_naive?);
        Some(1.0 - training.val_mae? / better).filter(|skill| skill.is_finite())
    }

    fn written(&self) -> Option<String> {
        self.written.map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }
}

/// A line each, the newest last; the name, which may be long, at the end of its line.
pub fn text(entries: &[Entry]) -> String {
    let errors = column(&entries.iter().map(Entry::mae).collect::<Vec<_>>());
    let heads = ["id", "written", "MAE", "skill", "trained to"].map(String::from);
    let mut rows = vec![(heads, "file".to_owned())];
    for (entry, mae) in entries.iter().zip(errors) {
        let until =
            entry.meta.as_ref().map_or(NONE.to_owned(), |meta| visible(&meta.table.last).into_owned());
        let or_none = |text: Option<String>| text.unwrap_or_else(|| NONE.to_owned());
        let cells = [or_none(entry.id()), or_none(entry.written()), mae, percent(entry.skill()), until];
        let why = entry.meta.as_ref().err().map(|why| format!(" ({why})")).unwrap_or_default();
        rows.push((cells, visible(&format!("{}{why}", entry.file)).into_owned()));
    }
    let mut text = String::new();
    let width =
        |at: usize| rows.iter().filter_map(|(cells, _)| cells.get(at)).map(|c| c.chars().count()).max();
    let widths: Vec<usize> = (0..5).map(|at| width(at).unwrap_or(0)).collect();
    for (cells, file) in &rows {
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            // Numbers stand right.
            let _ = if at == 2 || at == 3 {
                write!(text, "{cell:>width$}  ")
            } else {
                write!(text, "{cell:width$}  ")
            };
        }
        let _ = writeln!(text, "{file}");
    }
    text
}

/// The same as JSON.
pub fn json(entries: &[Entry]) -> String {
    let of = |entry: &Entry| match &entry.meta {
        Err(why) => json!({
            "file": entry.file, "written": entry.written(), "bytes": entry.bytes, "error": why,
        }),
        Ok(meta) => json!({
            "file": entry.file,
            "written": entry.written(),
            "bytes": entry.bytes,
            "id": entry.id(),
            "program_version": meta.program_version,
            "targets": meta.schema.targets,
            "horizon": meta.shape.horizon,
            "trained_on": meta.table,
            "training": meta.training,
            "skill": entry.skill(),
        }),
    };
    format!("{:#}\n", Value::from_iter(entries.iter().map(of)))
}
