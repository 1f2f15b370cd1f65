//! Progress on stderr: a bar on a terminal, a line an epoch with `-v`, nothing in a pipe or a log.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::When;
use crate::train::Event;

/// Draws training events.
pub struct Progress {
    bar: ProgressBar,
    epochs: usize,
    val: String,
}

impl Progress {
    /// A bar where one is wanted and can be seen.
    pub fn new(when: When, quiet: bool) -> Progress {
        let show = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => !quiet && std::io::stderr().is_terminal(),
        };
        let target = if show { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let template = "{msg} [{bar:24}] step {pos}/{len} {per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Progress { bar, epochs: 0, val: String::new() }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::Start { epochs, .. } => {
                self.epochs = *epochs;
                self.bar.enable_steady_tick(Duration::from_millis(250));
            }
            Event::Step { epoch, step, total, loss, .. } => {
                self.bar.set_length(*total as u64);
                self.bar.set_position(*step as u64);
                self.bar.set_message(format!("epoch {epoch}/{} loss {loss:.4}{}", self.epochs, self.val));
            }
            Event::Epoch { val, best, .. } => {
                if let Some(val) = val {
                    self.val = format!(" val {val:.4}{}", if *best { " *" } else { "" });
                }
            }
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
