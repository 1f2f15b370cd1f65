//! How the program watches a training: progress on stderr, a log, and Ctrl-C.

use super::printer::Printer;
use super::progress::Progress;
use crate::cmd::interrupt;
use crate::error::Error;
use crate::pipeline::{Event, Flow, Hooks};
use crate::train::log::TrainLog;

/// The program's side of a training.
pub struct ProgramHooks {
    printer: Printer,
    progress: Progress,
    /// The log and its file's name.
    log: Option<(TrainLog, String)>,
}

impl ProgramHooks {
    /// Without a log.
    pub fn new(printer: &Printer) -> ProgramHooks {
        ProgramHooks { printer: *printer, progress: Progress::new(printer), log: None }
    }

    /// Names what is done until the first event.
    pub fn begin(&mut self, text: &str) {
        self.progress.begin(text);
    }

    /// Writes events to this file too.
    pub fn log_to(&mut self, log: TrainLog, path: &str) {
        self.log = Some((log, path.to_owned()));
    }
}

impl Hooks for ProgramHooks {
    fn event(&mut self, event: &Event) -> Flow {
        self.progress.show(event);
        if let Some((log, path)) = &mut self.log
            && let Err(error) = log.write(event)
        {
            // Hours of training are worth more than their log.
            let error = Error::write(&*path, error);
            self.log = None;
            self.warn(&format!("{error}; the training goes on without its log"));
        }
        if interrupt::requested() { Flow::Stop } else { Flow::Continue }
    }

    fn note(&mut self, text: &str) {
        self.progress(&format!("note: {text}"));
    }

    fn warn(&mut self, text: &str) {
        self.progress.line(&format!("note: {text}"));
    }

    fn progress(&mut self, text: &str) {
        if !self.printer.is_quiet() {
            self.progress.line(text);
        }
    }

    fn done(&mut self) {
        self.progress.begin("calibrating");
    }
}
