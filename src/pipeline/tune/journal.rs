//! What is done already: the log of trials, one JSON object a line, from which an interrupted search goes on.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::number::round_significant;
use crate::output;

/// A score as it is written and read: to 12 digits, so that what is read from the log is the same number to the
/// last bit.
pub(super) fn written(score: f64) -> f64 {
    round_significant(score, 12)
}

/// Which training: trial, rung (`None` for the held-out fold), fold.
pub(super) type Key = (usize, Option<usize>, usize);

/// A training that is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Done {
    /// `None` where it failed.
    pub(super) score: Option<f64>,
    /// All of it, and its steps alone.
    pub(super) seconds: f64,
    pub(super) training: f64,
}

/// What was found, by training.
#[derive(Default)]
pub(super) struct Journal {
    done: BTreeMap<Key, Done>,
    out: Option<(std::fs::File, String)>,
    /// Trainings that were found in the log.
    pub(super) found: usize,
}

/// One training, for the log.
pub(super) struct Entry<'a> {
    pub(super) key: Key,
    pub(super) settings: &'a Value,
    pub(super) steps: Option<usize>,
    pub(super) score: Result<f64, String>,
    pub(super) seconds: f64,
    /// Those of its steps alone.
    pub(super) training: f64,
}

impl Journal {
    /// Opens the log, where there is to be one; with `resume` what it holds is taken over, if it is of the same
    /// search.
    ///
    /// # Errors
    /// `Error::Usage` for the log of another search; `Error::Write`.
    pub(super) fn open(path: Option<&str>, resume: bool, head: &Value) -> Result<Journal> {
        let Some(path) = path else { return Ok(Journal::default()) };
        let mut journal = Journal::default();
        let old = match resume {
            true => std::fs::read(path).unwrap_or_default(),
            false => Vec::new(),
        };
        let old = String::from_utf8_lossy(&old).into_owned();
        let mut lines = old.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        if let Some(first) = lines.next() {
            same(path, &first, head)?;
            lines.for_each(|line| journal.take(&line));
        } else if !old.trim().is_empty() {
            return Err(no_search(path));
        }
        journal.found = journal.done.len();
        let mut file = output::open_log(Path::new(path), resume)?;
        // A line that a kill has cut short is no line.
        let cut = !old.is_empty() && !old.ends_with('\n');
        let begin = if old.trim().is_empty() { format!("{head}\n") } else { String::new() };
        let begin = if cut { format!("\n{begin}") } else { begin };
        file.write_all(begin.as_bytes()).map_err(|e| Error::write(path, e))?;
        journal.out = Some((file, path.to_owned()));
        Ok(journal)
    }

    fn take(&mut self, line: &Value) {
        let number = |key: &str| line[key].as_u64().and_then(|n| usize::try_from(n).ok());
        if let (Some("trial"), Some(trial), Some(fold)) =
            (line["event"].as_str(), number("trial"), number("fold"))
        {
            let score = line["score"].as_f64().map(written);
            let seconds = line["seconds"].as_f64().unwrap_or(0.0);
            let training = line["training_seconds"].as_f64().unwrap_or(seconds);
            self.done.insert((trial, number("rung"), fold), Done { score, seconds, training });
        }
    }

    /// A training that is done.
    pub(super) fn get(&self, key: Key) -> Option<Done> {
        self.done.get(&key).copied()
    }

    /// Keeps a training, and writes it down.
    ///
    /// # Errors
    /// `Error::Write`.
    pub(super) fn keep(&mut self, entry: &Entry) -> Result<()> {
        let score = entry.score.as_ref().ok().copied();
        let done = Done { score, seconds: entry.seconds, training: entry.training };
        self.done.insert(entry.key, done);
        let Some((file, path)) = &mut self.out else { return Ok(()) };
        let (trial, rung, fold) = entry.key;
        let line = json!({
            "event": "trial", "trial": trial, "rung": rung, "fold": fold, "held_out": rung.is_none(),
            "settings": entry.settings, "steps": entry.steps, "score": entry.score.as_ref().ok(),
            "why": entry.score.as_ref().err(), "seconds": (entry.seconds * 1e3).round() / 1e3,
            "training_seconds": (entry.training * 1e3).round() / 1e3,
        });
        file.write_all(format!("{line}\n").as_bytes()).map_err(|e| Error::write(&*path, e))
    }
}

fn no_search(path: &str) -> Error {
    Error::usage(format!("--log {path} holds no search to go on with")).with_hint(
        "name the log that `tune` wrote, or another file and leave --resume out to begin a new one",
    )
}

/// Refuses the log of another search.
fn same(path: &str, was: &Value, is: &Value) -> Result<()> {
    let names = [
        ("table", "table"),
        ("settings", "settings"),
        ("space", "space"),
        ("trials", "--trials"),
        ("folds", "--folds"),
    ];
    let other: Vec<&str> =
        names.iter().filter(|(key, _)| was[*key] != is[*key]).map(|(_, name)| *name).collect();
    match (was["event"] == "tune", other.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => Err(no_search(path)),
        (true, false) => {
            Err(Error::usage(format!("--log {path} is of another search: not the same {}", other.join(", ")))
                .with_hint(
                    "repeat the command that began it and add --resume, or leave --resume out to begin anew",
                ))
        }
    }
}
