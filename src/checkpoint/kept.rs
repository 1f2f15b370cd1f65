//! Copies of a checkpoint under the time at which they were made, `model.20261126T021703Z.safetensors` beside
//! `model.safetensors`: the last few of them, to go back to.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::error::{Error, Result};
use crate::output;

/// How a time stands in a name: no colon, which some file systems refuse, and in the order of time.
const FORM: &str = "%Y%m%dT%H%M%SZ";
const ENDING: &str = ".safetensors";

/// Copies the checkpoint, and takes away the oldest of its copies where there are more than `most`.
///
/// # Errors
/// `Error::Write`; the checkpoint itself is as it was.
pub fn keep(checkpoint: &Path, most: usize, now: DateTime<Utc>) -> Result<()> {
    if most == 0 {
        return Ok(());
    }
    let bytes = std::fs::read(checkpoint).map_err(|error| Error::write(checkpoint, error))?;
    // Two within one second: the later one gets the next.
    let times = (0..).map(|seconds| now + TimeDelta::seconds(seconds));
    let free = |path: &PathBuf| std::fs::symlink_metadata(path).is_err();
    let Some(path) = times.map(|time| named(checkpoint, time)).find(free) else { return Ok(()) };
    output::write_own(&path, |w| Ok(w.write_all(&bytes)?))?;
    let mut copies = copies(checkpoint);
    copies.sort();
    let too_many = copies.len().saturating_sub(most);
    for (_, path) in copies.into_iter().take(too_many) {
        output::remove_own(&path).map_err(|error| Error::write(&path, error))?;
    }
    Ok(())
}

/// The name without `.safetensors`.
fn stem(checkpoint: &Path) -> String {
    let name = checkpoint.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(ENDING).unwrap_or(&name).to_owned()
}

fn named(checkpoint: &Path, time: DateTime<Utc>) -> PathBuf {
    checkpoint.with_file_name(format!("{}.{}{ENDING}", stem(checkpoint), time.format(FORM)))
}

/// All copies of this checkpoint, with their times.
fn copies(checkpoint: &Path) -> Vec<(NaiveDateTime, PathBuf)> {
    let folder = checkpoint.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prefix = format!("{}.", stem(checkpoint));
    let time = |name: &str| {
        NaiveDateTime::parse_from_str(name.strip_prefix(&prefix)?.strip_suffix(ENDING)?, FORM).ok()
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files.filter_map(|entry| Some((time(entry.file_name().to_str()?)?, entry.path()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_few_stay() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("m.safetensors");
        let now = DateTime::parse_from_rfc3339("2026-11-26T02:17:03Z").unwrap().with_timezone(&Utc);
        for other in ["m.resume.safetensors", "m.2026.safetensors", "n.20200101T000000Z.safetensors"] {
            std::fs::write(folder.path().join(other), "x").unwrap();
        }
        for (i, seconds) in [0, 0, 60, 120].into_iter().enumerate() {
            std::fs::write(&model, i.to_string()).unwrap();
            keep(&model, 3, now + TimeDelta::seconds(seconds)).unwrap();
        }
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let expected = [
            "m.2026.safetensors",
            "m.20261126T021704Z.safetensors",
            "m.20261126T021803Z.safetensors",
            "m.20261126T021903Z.safetensors",
            "m.resume.safetensors",
            "m.safetensors",
            "n.20200101T000000Z.safetensors",
        ];
        assert_eq!(names, expected);
        let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!((text(expected[1]), text(expected[3])), ("1".into(), "3".into()));
        keep(&model, 0, now).unwrap();
    }
}
