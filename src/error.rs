//! The one catalogue of errors: what went wrong, where, and what would help.
//!
//! Each class has a stable exit code (see [`Error::exit_code`]); each error prints as one
//! sentence, with an optional remedy that the program puts on a `hint:` line of its own.
//! This module decides nothing about colours or streams; `main` prints.

use std::fmt;
use std::path::Path;

pub use crate::text::{did_you_mean, nearest};

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where in the input something was found; every part is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// File name as the user gave it, `stdin` for a pipe.
    pub file: Option<String>,
    /// Row as an editor counts: the first line of the file, header included, is 1.
    pub row: Option<usize>,
    /// Column name.
    pub column: Option<String>,
    /// Series key, its parts joined with `/`.
    pub series: Option<String>,
    /// Time stamp in the input's own form.
    pub stamp: Option<String>,
}

impl Place {
    /// A place in `file`.
    pub fn file(name: impl Into<String>) -> Self {
        Place { file: Some(name.into()), ..Self::default() }
    }

    /// The same place at an editor's row.
    pub fn row(mut self, row: usize) -> Self {
        self.row = Some(row);
        self
    }

    /// The same place in a column.
    pub fn column(mut self, name: impl Into<String>) -> Self {
        self.column = Some(name.into());
        self
    }

    /// The same place in a series.
    pub fn series(mut self, name: impl Into<String>) -> Self {
        self.series = Some(name.into());
        self
    }

    /// The same place at a time stamp.
    pub fn stamp(mut self, stamp: impl Into<String>) -> Self {
        self.stamp = Some(stamp.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(file) = &self.file {
            parts.push(file.clone());
        }
        if let Some(row) = self.row {
            parts.push(format!("row {row}"));
        }
        if let Some(column) = &self.column {
            parts.push(format!("column `{column}`"));
        }
        if let Some(series) = &self.series {
            parts.push(format!("series `{series}`"));
        }
        if let Some(stamp) = &self.stamp {
            parts.push(format!("at {stamp}"));
        }
        if parts.is_empty() {
            return Ok(());
        }
        write!(f, "{}: ", parts.join(", "))
    }
}

/// The exit codes, each in a word or two and in a sentence.
pub const EXIT_CODES: [(u8, &str, &str); 11] = [
    (
        0,
        "fine",
        "The command did what it was asked, also where the reader of a pipe has gone (`… | head -n 1`).",
    ),
    (
        1,
        "unexpected",
        "Something outside the command line, the table and the model: a full disk, a folder that is not there.",
    ),
    (2, "usage", "The command line asks for something that cannot be."),
    (3, "bad data", "The table is missing, unreadable, too short, or not what was said."),
    (4, "bad settings", "A setting is unknown or out of range."),
    (5, "bad checkpoint", "The checkpoint is missing, damaged, of another program, or does not fit."),
    (6, "training diverged", "The loss or a gradient is no number any more, or grew beyond all bounds."),
    (
        7,
        "not good enough",
        "A figure of `evaluate` does not reach what `--require` asks for; the report was written.",
    ),
    (
        8,
        "alarms",
        "`watch` has found values outside of what was forecast, or quiet sensors; they were written.",
    ),
    (9, "busy", "Another training to the same `--out` is going on; `--wait` waits for it."),
    (130, "interrupted", "Ctrl-C or SIGTERM; training has saved its state and says how to go on."),
];

/// Everything that can go wrong, by class.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line asks for something that cannot be (exit code 2).
    #[error("{message}")]
    Usage {
        /// What is wrong, a sentence without its remedy.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// The table is missing, unreadable or not what was declared (exit code 3).
    #[error("{place}{message}")]
    Data {
        /// Where in the input.
        place: Place,
        /// What is wrong, a sentence without its remedy.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// A setting, from flag or file, is unknown or out of range (exit code 4).
    #[error("{message}")]
    Config {
        /// What is wrong, a sentence without its remedy.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// The checkpoint is missing, damaged, foreign, or does not fit the table (exit code 5).
    #[error("{file}: {message}")]
    Checkpoint {
        /// The file, as it was given.
        file: String,
        /// What is wrong, a sentence without its remedy.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// Training diverged (exit code 6).
    #[error("{message}")]
    Diverged {
        /// What is wrong, a sentence without its remedy.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// An evaluation does not reach what was required of it (exit code 7).
    #[error("{}", failed.join("; "))]
    NotGoodEnough {
        /// A sentence for each figure that does not.
        failed: Vec<String>,
    },
    /// There are alarms (exit code 8).
    #[error("{told}")]
    Alarms {
        /// How many of what.
        told: String,
    },
    /// Another process is at it (exit code 9).
    #[error("{file}: {message}")]
    Busy {
        /// The file, as it was given.
        file: String,
        /// Who, a sentence without its remedy.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// Stopped by Ctrl-C or SIGTERM after the state was saved (exit code 130).
    #[error("{message}")]
    Interrupted {
        /// What is wrong, a sentence without its remedy.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// Writing failed (exit code 1): disk full, read-only folder, …
    #[error("cannot write {file}: {source}")]
    Write {
        /// The file, as it was given.
        file: String,
        /// What the system says.
        source: std::io::Error,
        /// What would help.
        hint: Option<String>,
    },
    /// The reader of our stdout has gone away; the program ends quietly with 0.
    #[error("stdout was closed")]
    ClosedPipe,
    /// A fault of ours, from the tensor library (exit code 1).
    #[error("internal error in the tensor library: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// Exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::Usage { message: message.into(), hint: None }
    }

    /// Exit code 3.
    pub fn data(place: Place, message: impl Into<String>) -> Self {
        Error::Data { place, message: message.into(), hint: None }
    }

    /// Exit code 4.
    pub fn config(message: impl Into<String>) -> Self {
        Error::Config { message: message.into(), hint: None }
    }

    /// Exit code 5.
    pub fn checkpoint(file: impl AsRef<Path>, message: impl Into<String>) -> Self {
        Error::Checkpoint { file: file.as_ref().display().to_string(), message: message.into(), hint: None }
    }

    /// A failed write; a closed pipe becomes [`Error::ClosedPipe`].
    pub fn write(file: impl AsRef<Path>, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::BrokenPipe {
            return Error::ClosedPipe;
        }
        let hint = Some(match source.kind() {
            // Windows has another number for something else.
            _ if cfg!(unix)
                && file.as_ref() == Path::new("stdout")
                && source.raw_os_error() == Some(libc::EBADF) =>
            {
                "standard output is closed (`>&-`): leave it open, or name a file with --out".into()
            }
            _ if file.as_ref() == Path::new("stdout") => {
                "see to where standard output goes: a full disk, or a device that takes nothing".into()
            }
            std::io::ErrorKind::NotFound
                if ["/proc", "/dev", "/sys"].iter().any(|p| file.as_ref().starts_with(p)) =>
            {
                "no file can be made there: choose another path with --out".into()
            }
            std::io::ErrorKind::NotFound => {
                "the folder does not exist: create it, or choose another path with --out".into()
            }
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::FileTooLarge => {
                "the file that was there before, if any, is untouched: free some space and run again".into()
            }
            _ => "choose another path with --out; a file that was there before is untouched".into(),
        });
        Error::Write { file: file.as_ref().display().to_string(), source, hint }
    }

    /// The same error with a remedy.
    pub fn with_hint(mut self, text: impl Into<String>) -> Self {
        match &mut self {
            Error::Usage { hint, .. }
            | Error::Data { hint, .. }
            | Error::Config { hint, .. }
            | Error::Checkpoint { hint, .. }
            | Error::Diverged { hint, .. }
            | Error::Busy { hint, .. }
            | Error::Interrupted { hint, .. }
            | Error::Write { hint, .. } => *hint = Some(text.into()),
            Error::ClosedPipe | Error::Tensor(_) | Error::NotGoodEnough { .. } | Error::Alarms { .. } => {}
        }
        self
    }

    /// What would help, without the word `hint`.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Error::Usage { hint, .. }
            | Error::Data { hint, .. }
            | Error::Config { hint, .. }
            | Error::Checkpoint { hint, .. }
            | Error::Diverged { hint, .. }
            | Error::Busy { hint, .. }
            | Error::Interrupted { hint, .. }
            | Error::Write { hint, .. } => hint.as_deref(),
            Error::ClosedPipe | Error::Tensor(_) | Error::NotGoodEnough { .. } | Error::Alarms { .. } => None,
        }
    }

    /// The exit code, one of [`EXIT_CODES`].
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::ClosedPipe => 0,
            Error::Write { .. } | Error::Tensor(_) => 1,
            Error::Usage { .. } => 2,
            Error::Data { .. } => 3,
            Error::Config { .. } => 4,
            Error::Checkpoint { .. } => 5,
            Error::Diverged { .. } => 6,
            Error::NotGoodEnough { .. } => 7,
            Error::Alarms { .. } => 8,
            Error::Busy { .. } => 9,
            Error::Interrupted { .. } => 130,
        }
    }
}
