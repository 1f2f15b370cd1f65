//! Keeps the state of a training on disk while it runs, and says how to go on.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cli::TrainArgs;
use crate::error::{Error, Result};
use crate::output;
use crate::train::state::{self, Origin, Saved, Snapshot};

/// The state's file.
pub(crate) struct Saver {
    path: Option<PathBuf>,
    pub(crate) origin: Origin,
    layout: Vec<(String, Vec<usize>)>,
    every: Duration,
    last: Instant,
    /// A file is there that the first epoch's end may replace, but nothing sooner.
    guarded: bool,
    fresh: bool,
    failed: bool,
}

impl Saver {
    pub(crate) fn new(
        path: Option<PathBuf>,
        origin: Origin,
        layout: Vec<(String, Vec<usize>)>,
        args: &TrainArgs,
    ) -> Saver {
        let guarded = !args.resume && path.as_deref().is_some_and(Path::exists);
        let every = Duration::try_from_secs_f64(args.save_every * 60.0).unwrap_or(Duration::MAX);
        Saver { path, origin, layout, every, last: Instant::now(), guarded, fresh: false, failed: false }
    }

    /// What to say of a state that a new training finds.
    pub(crate) fn note(&self) -> Option<String> {
        let path = self.path.as_deref().filter(|_| self.guarded)?;
        let rest = match Saved::read(path) {
            Ok(saved) if saved.origin() == &self.origin => {
                let (_, epoch, step) = saved.place();
                format!(
                    "holds this same training up to epoch {epoch}, step {step}; --resume would go on with it"
                )
            }
            Ok(_) => "holds another training that is not finished".into(),
            Err(_) => "holds something unreadable".into(),
        };
        Some(format!("note: {} {rest}; it is replaced when the first epoch ends", path.display()))
    }

    /// Whether the state should be saved between two steps: at the very start, and then as often
    /// as was asked for.
    pub(crate) fn due(&self) -> bool {
        self.path.is_some()
            && !self.guarded
            && (!self.fresh && !self.failed || self.last.elapsed() >= self.every)
    }

    /// Saves; a failure comes back as a note the first time, since hours of training are worth
    /// more than being able to interrupt them.
    pub(crate) fn save(&mut self, snapshot: Snapshot<'_>) -> Result<Option<String>> {
        let Some(path) = &self.path else { return Ok(None) };
        let bytes = state::to_bytes(snapshot, &self.origin, &self.layout)?;
        self.last = Instant::now();
        let written = output::write_own(path, |w| Ok(w.write_all(&bytes)?));
        self.fresh = written.is_ok();
        self.guarded &= written.is_err();
        let first = !self.failed && written.is_err();
        self.failed = written.is_err();
        Ok(written
            .err()
            .filter(|_| first)
            .map(|error| format!("note: {error}; the training goes on, but could not be resumed from here")))
    }

    /// Whether the last state is on disk.
    pub(crate) fn kept(&self) -> Option<&Path> {
        self.path.as_deref().filter(|path| self.fresh && path.exists())
    }

    /// Takes the file away: training is done, or can only go wrong again.
    pub(crate) fn remove(&self) -> Result<()> {
        match self.path.as_deref().filter(|_| !self.guarded).map(|path| (path, output::remove_own(path))) {
            Some((path, Err(error))) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::write(path, error)
                    .with_hint("the checkpoint is written; remove this file yourself"))
            }
            _ => Ok(()),
        }
    }
}

/// The command that goes on with a training.
pub(crate) fn resume_command(args: &TrainArgs) -> String {
    let mut words = vec!["lstm-forecast".to_string(), "train".into()];
    words.extend(args.table.as_deref().map(quoted));
    if args.out != "model.safetensors" {
        words.extend(["--out".into(), quoted(&args.out)]);
    }
    if let Some(log) = &args.log {
        words.extend(["--log".into(), quoted(log)]);
    }
    if args.retry_diverged {
        words.push("--retry-diverged".into());
    }
    words.push("--resume".into());
    let piped = if matches!(args.table.as_deref(), None | Some("-")) { " < TABLE" } else { "" };
    words.join(" ") + piped
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("a/b-1.csv"), "a/b-1.csv");
        assert_eq!(quoted("my table.csv"), "'my table.csv'");
        assert_eq!(quoted("it's*"), r"'it'\''s*'");
        assert_eq!(quoted(""), "''");
    }
}
