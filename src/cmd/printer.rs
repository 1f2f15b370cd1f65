//! What the program says to people, on stderr: the one place that decides on quiet and colour.

use std::io::IsTerminal;

use crate::cli::GlobalFlags;
use crate::data::long::Note;
use crate::error::Error;
use crate::terminal::{self, Phase, When, print_line};

/// Says things, or keeps quiet.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    quiet: bool,
    /// How often `-v` was given.
    pub(super) verbose: u8,
    pub(super) progress: When,
    color: When,
}

impl Printer {
    /// As the flags of every command say.
    pub fn new(flags: &GlobalFlags) -> Printer {
        let (progress, color) = (flags.progress(), flags.color());
        Printer { quiet: flags.quiet, verbose: flags.verbose, progress, color }
    }

    /// Whether errors alone are printed.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether what goes to standard output is coloured.
    pub fn colors_stdout(&self, is_terminal: bool) -> bool {
        terminal::colored_on(self.color, is_terminal)
    }

    /// A line, as it is.
    pub fn line(&self, text: &str) {
        if !self.quiet {
            print_line(text);
        }
    }

    /// `note: …`.
    pub fn note(&self, text: &str) {
        self.line(&format!("note: {text}"));
    }

    /// A line for each.
    pub fn notes(&self, texts: &[String]) {
        texts.iter().for_each(|text| self.note(text));
    }

    /// `note: …`, with `-v` alone.
    pub fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.note(text);
        }
    }

    /// What reading a table to learn from found.
    pub fn table_notes(&self, notes: &[Note]) {
        // The one column of text that is the key goes without saying, but in `ingest`.
        let told = |note: &&Note| self.verbose > 0 || note.code != "series_read";
        notes.iter().filter(told).for_each(|note| self.note(&note.text));
    }

    /// What reading a table to forecast found: with `-v` all of it, else what changes the forecast.
    pub fn served_notes(&self, notes: &[Note]) {
        let told = |note: &&Note| self.verbose > 0 || note.code == "unknown_category";
        notes.iter().filter(told).for_each(|note| self.note(&note.text));
    }

    /// Shows what is done until what is given back is dropped; nothing where progress is not wanted.
    pub fn phase(&self, text: &str) -> Option<Phase> {
        let terminal = std::io::stderr().is_terminal() && !terminal::is_json();
        let wanted = match self.progress {
            When::Auto => terminal,
            When::Always => true,
            When::Never => false,
        };
        (wanted && !self.quiet).then(|| Phase::begin(text, terminal))
    }

    /// Does something under such a name.
    pub fn during<T>(&self, text: &str, work: impl FnOnce() -> T) -> T {
        let _phase = self.phase(text);
        work()
    }

    /// Figures of what was done, with `--log-format json` alone.
    pub fn figures(&self, of: &str, figures: &serde_json::Value) {
        if !self.quiet {
            terminal::figures(of, figures);
        }
    }

    /// An error and what would help, quiet or not; a line for each figure that is not good enough.
    pub fn error(&self, error: &Error) {
        if let Error::NotGoodEnough { failed } = error {
            let code = error.exit_code();
            return failed.iter().for_each(|line| terminal::error(line, None, code, self.color));
        }
        terminal::error(&error.to_string(), error.hint(), error.exit_code(), self.color);
    }
}
