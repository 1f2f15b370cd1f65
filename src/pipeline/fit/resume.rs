//! Keeps the state of a training on disk while it runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::output;
use crate::train::state::{self, Origin, Saved, Snapshot};
use crate::train::{Event, Flow, Hooks};

/// The state's file.
pub(super) struct Saver {
    path: Option<PathBuf>,
    pub(super) origin: Origin,
    layout: Vec<(String, Vec<usize>)>,
    every: Duration,
    last: Instant,
    /// A file is there that the first epoch's end may replace, but nothing sooner.
    guarded: bool,
    fresh: bool,
    failed: bool,
}

impl Saver {
    /// `path`: `None` to keep nothing; `resumed`: whether the file there is this training's.
    pub(super) fn new(
        path: Option<PathBuf>,
        origin: Origin,
        layout: Vec<(String, Vec<usize>)>,
        resumed: bool,
    ) -> Saver {
        let guarded = !resumed && path.as_deref().is_some_and(Path::exists);
        let every = Duration::MAX;
        Saver { path, origin, layout, every, last: Instant::now(), guarded, fresh: false, failed: false }
    }

    /// Leaves nothing on disk.
    pub(super) fn keep_nothing(&mut self) {
        self.path = None;
    }

    /// How often the state is due between two steps.
    pub(super) fn save_every(&mut self, every: Duration) {
        self.every = every;
    }

    /// What to say of a state that a new training finds.
    pub(super) fn note(&self) -> Option<String> {
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
        Some(format!("{} {rest}; it is replaced when the first epoch ends", path.display()))
    }

    /// Whether the state should be saved between two steps: at the very start, and then as often
    /// as was asked for.
    pub(super) fn due(&self) -> bool {
        self.path.is_some()
            && !self.guarded
            && (!self.fresh && !self.failed || self.last.elapsed() >= self.every)
    }

    /// Saves; a failure comes back as a note the first time, since hours of training are worth
    /// more than being able to interrupt them.
    pub(super) fn save(&mut self, snapshot: Snapshot<'_>) -> Result<Option<String>> {
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
            .map(|error| format!("{error}; the training goes on, but could not be resumed from here")))
    }

    /// Whether the last state is on disk.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.path.as_deref().filter(|path| self.fresh && path.exists())
    }

    /// Takes the file away: training is done, or can only go wrong again.
    pub(super) fn remove(&self) -> Result<()> {
        match self.path.as_deref().filter(|_| !self.guarded).map(|path| (path, output::remove_own(path))) {
            Some((path, Err(error))) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::write(path, error)
                    .with_hint("the checkpoint is written; remove this file yourself"))
            }
            _ => Ok(()),
        }
    }
}

/// A caller's hooks, with the state kept on disk as well.
pub(super) struct WithState<'a> {
    pub(super) hooks: &'a mut dyn Hooks,
    pub(super) saver: &'a mut Saver,
}

impl Hooks for WithState<'_> {
    fn event(&mut self, event: &Event) -> Flow {
        self.hooks.event(event)
    }

    fn due(&mut self) -> bool {
        self.saver.due() || self.hooks.due()
    }

    fn save(&mut self, snapshot: Snapshot<'_>) -> Result<()> {
        let note = self.saver.save(snapshot)?;
        note.iter().for_each(|note| self.hooks.warn(note));
        self.hooks.save(snapshot)
    }
}
