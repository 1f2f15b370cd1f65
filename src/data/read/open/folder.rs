//! The files behind what the user named: a file, a folder of parts, a pattern.

use crate::error::{Error, Place, Result};
use std::path::{Path, PathBuf};

/// Endings of the names of tables.
pub const EXTENSIONS: [&str; 10] =
    ["csv", "tsv", "txt", "psv", "parquet", "arrow", "ipc", "feather", "ndjson", "jsonl"];

/// One file of a table.
#[derive(Debug)]
pub struct Part {
    pub path: PathBuf,
    /// What the folders above it say, as in `year=2024/month=01`.
    pub keys: Vec<(String, String)>,
}

/// The files behind one argument: itself, a folder's tables, or a glob's matches.
pub fn expand(path: &str) -> Result<Vec<Part>> {
    let given = Path::new(path);
    if given.is_dir() {
        return folder(path, given);
    }
    let part = |path| Part { path, keys: Vec::new() };
    if given.exists() || !path.contains(['*', '?', '[']) {
        return Ok(vec![part(given.to_owned())]);
    }
    let place = || Place::file(path);
    let matches =
        glob::glob(path).map_err(|e| Error::data(place(), format!("not a file name pattern: {e}")))?;
    let mut files: Vec<PathBuf> = matches.filter_map(|m| m.ok()).filter(|p| p.is_file()).collect();
    files.sort();
    if files.is_empty() {
        return Err(Error::data(place(), "no file matches this pattern")
            .with_hint("quote the pattern, and check its folder"));
    }
    Ok(files.into_iter().map(part).collect())
}

/// Whether a file of this name in the right folder would be one of those behind the argument.
pub fn takes(argument: &str, file: &Path) -> bool {
    if Path::new(argument).is_dir() {
        return is_part(file);
    }
    let pattern = Path::new(argument).file_name().and_then(|name| name.to_str());
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    pattern.and_then(|pattern| glob::Pattern::new(pattern).ok()).is_some_and(|pattern| pattern.matches(name))
}

/// Whether a file of a folder is taken for a table, by its name.
fn is_part(path: &Path) -> bool {
    let file = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let bare = file.trim_end_matches(".gz").trim_end_matches(".zst");
    let extension = bare.rsplit_once('.').map(|x| x.1).unwrap_or_default();
    !file.starts_with(['.', '_']) && EXTENSIONS.contains(&extension)
}

/// A folder's tables, by extension, in the order of their names; hidden files are not tables.
/// Folders named `key=value` in it (Hive's layout) are read too.
fn folder(name: &str, path: &Path) -> Result<Vec<Part>> {
    let mut files = Vec::new();
    walk(name, path, &mut Vec::new(), &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if files.is_empty() {
        return Err(Error::data(Place::file(name), "this is a folder, and it holds no table")
            .with_hint(format!("give a file, or a folder of parts named *.{}", EXTENSIONS.join(", *."))));
    }
    let keys = |part: &Part| part.keys.iter().map(|k| k.0.clone()).collect::<Vec<_>>();
    if let Some(other) = files.iter().find(|f| Some(keys(f)) != files.first().map(keys)) {
        let what = "this file lies under other `key=value` folders than the first of the table";
        return Err(Error::data(Place::file(other.path.display().to_string()), what)
            .with_hint("give one of the folders, or a pattern such as \"data/*/*.parquet\""));
    }
    Ok(files)
}

fn walk(name: &str, path: &Path, keys: &mut Vec<(String, String)>, files: &mut Vec<Part>) -> Result<()> {
    let entries = std::fs::read_dir(path)
        .map_err(|e| Error::data(Place::file(name), format!("cannot list the folder: {e}")))?;
    for entry in entries.filter_map(|e| e.ok().map(|e| e.path())) {
        let file = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if file.starts_with(['.', '_']) {
            continue;
        }
        if entry.is_dir() {
            // Deeper than this are no keys, but a link that leads back to its own folder.
            if let Some((key, value)) = file.split_once('=').filter(|k| !k.0.is_empty() && keys.len() < 16) {
                keys.push((key.to_owned(), hive_value(value)));
                walk(name, &entry, keys, files)?;
                keys.pop();
            }
            continue;
        }
        if entry.is_file() && is_part(&entry) {
            files.push(Part { path: entry, keys: keys.clone() });
        }
    }
    Ok(())
}

/// A value in the name of a folder: `%20` is a space, and there is a word for nothing.
fn hive_value(text: &str) -> String {
    if text == "__HIVE_DEFAULT_PARTITION__" {
        return String::new();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail
            .get(..2)
            .and_then(|c| std::str::from_utf8(c).ok())
            .and_then(|c| u8::from_str_radix(c, 16).ok());
        match code.filter(|_| *first == b'%') {
            Some(byte) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
