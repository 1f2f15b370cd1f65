//! Progress on stderr: a bar on a terminal, a line an epoch with `-v`, a line a step with `-vv`,
//! and nothing else in a pipe or a log.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::printer::Printer;
use crate::terminal::{When, print_line};
use crate::train::Event;

/// Draws training events.
pub struct Progress {
    bar: ProgressBar,
    /// It is to be shown, from the first step on.
    waiting: bool,
    /// 0 no lines, 1 a line an epoch, 2 a line a step too.
    lines: u8,
    epochs: usize,
    step: usize,
    val: String,
    /// `member 2/3 ` in an ensemble.
    member: String,
}

impl Progress {
    /// A bar where one is wanted and can be seen; where one is wanted and stderr is a file or a
    /// pipe, a line an epoch instead.
    pub fn new(printer: &Printer) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        let show =
            !printer.is_quiet() && terminal && !crate::terminal::is_json() && printer.progress != When::Never;
        let asked = u8::from(printer.progress == When::Always && !terminal);
        let lines = if printer.is_quiet() { 0 } else { printer.verbose.max(asked) };
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let template = "{msg} [{bar:24}] step {pos}/{len} {per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Progress { bar, waiting: show, lines, epochs: 0, step: 0, val: String::new(), member: String::new() }
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::Start { member, members, epochs, .. } => {
                self.member =
                    if *members > 1 { format!("member {}/{members} ", member + 1) } else { String::new() };
                self.epochs = *epochs;
                self.val.clear();
            }
            Event::Step { epoch, step, total, loss, rate, grad_norm } => {
                self.step = *step;
                self.bar.set_length(*total as u64);
                self.bar.set_position(*step as u64);
                self.bar.set_message(format!(
                    "{}epoch {epoch}/{} loss {loss:.4} rate {rate:.1e}{}",
                    self.member, self.epochs, self.val
                ));
                // Not before there is something to tell: `step 0/0 0/s 0s left` is nothing.
                if std::mem::take(&mut self.waiting) {
                    self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
                    self.bar.enable_steady_tick(Duration::from_millis(250));
                }
                if self.lines > 1 {
                    self.line(&format!("{}step {step}/{total}  epoch {epoch}  loss {loss:.5}  rate {rate:.2e}  gradient norm {grad_norm:.3}", self.member));
                }
            }
            Event::Epoch { epoch, loss, val, best, rate, seconds } => {
                let mark = if *best { " *" } else { "" };
                let shown = val.map(|val| format!("{val:.4}{mark}"));
                if let Some(val) = &shown {
                    self.val = format!(" validation {val}");
                }
                if self.lines > 0 {
                    let val = shown.map(|val| format!("  validation {val}")).unwrap_or_default();
                    self.line(&format!(
                        "{}epoch {epoch}/{}  step {}  loss {loss:.5}{val}  rate {rate:.2e}  {seconds:.1} s",
                        self.member, self.epochs, self.step
                    ));
                }
            }
        }
    }

    /// A line of its own, above the bar.
    pub fn line(&self, text: &str) {
        self.bar.suspend(|| print_line(text));
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
