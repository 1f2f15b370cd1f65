//! `models`: the checkpoints of a folder with their figures.

use std::path::Path;

use candle_core::Device;
use chrono::{DateTime, Utc};

use super::printer::Printer;
use crate::checkpoint;
use crate::cli::{ModelsArgs, TextOrJson};
use crate::error::{Error, Result};
use crate::output;
use crate::report::models::{self, Entry};

/// Runs the command.
pub fn run(args: &ModelsArgs, printer: &Printer) -> Result<()> {
    let folder = Path::new(args.folder.as_deref().unwrap_or("."));
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Error::checkpoint(folder, format!("cannot be listed: {error}"))
            .with_hint("name the folder that `train --out` writes into; `inspect` shows one checkpoint")
    })?;
    let mut found: Vec<Entry> = entries.flatten().filter_map(|entry| of(&entry.path())).collect();
    found.sort_by(|a, b| (a.written, &a.file).cmp(&(b.written, &b.file)));
    if found.is_empty() {
        printer.note(&format!("there is no checkpoint (*.safetensors) in {}", folder.display()));
    }
    let text = match args.format {
        TextOrJson::Json => models::json(&found),
        TextOrJson::Text if found.is_empty() => String::new(),
        TextOrJson::Text => models::text(&found),
    };
    output::write_stdout(|w| Ok(w.write_all(text.as_bytes())?))
}

/// The file, where it is a checkpoint, or ought to be one: those of other programs, states of trainings and windows
/// end alike.
fn of(path: &Path) -> Option<Entry> {
    let file = path.file_name()?.to_string_lossy().into_owned();
    let info = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    if !file.ends_with(".safetensors") || file.ends_with(".resume.safetensors") {
        return None;
    }
    let meta = match checkpoint::load(path, &Device::Cpu) {
        Ok((_, meta)) => Ok(Box::new(meta)),
        Err(_) if !checkpoint::claims_to_be_one(path) => return None,
        Err(Error::Checkpoint { message, .. }) => Err(message),
        Err(error) => Err(error.to_string()),
    };
    Some(Entry { file, written: info.modified().ok().map(DateTime::<Utc>::from), bytes: info.len(), meta })
}
