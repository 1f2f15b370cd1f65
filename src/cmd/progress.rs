//! Progress of a training: what stands in the terminal's last line, a line an epoch with `-v`, a line a step with `-vv`,
//! and nothing else in a pipe or a log.

use std::io::IsTerminal;
use std::time::Instant;

use super::printer::Printer;
use crate::meter::{self, Unit};
use crate::terminal::{Phase, When, print_line};
use crate::train::Event;

/// Marks of the bar.
const BAR: usize = 16;

/// Tells of training events.
pub struct Progress {
    printer: Printer,
    phase: Option<Phase>,
    terminal: bool,
    /// 0 no lines, 1 a line an epoch, 2 a line a step too.
    lines: u8,
    epochs: usize,
    step: usize,
    val: String,
    /// Which member of how many.
    member: (usize, usize),
    /// Whether it is a training after the choice.
    once_more: bool,
    /// When the first step of all was over, and how many are before it.
    began: Option<(Instant, usize)>,
}

impl Progress {
    /// Shown where it is wanted and can be seen; where it is wanted and stderr is a file or a pipe, a line an
    /// epoch as well.
    pub fn new(printer: &Printer) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        let asked = u8::from(printer.progress == When::Always && !terminal);
        let lines = if printer.is_quiet() { 0 } else { printer.verbose.max(asked) };
        let (epochs, step, val, member, began) = (0, 0, String::new(), (0, 1), None);
        let (phase, once_more) = (None, false);
        Progress { printer: *printer, phase, terminal, lines, epochs, step, val, member, once_more, began }
    }

    /// What is done from here on, until the next event or the next name.
    pub fn begin(&mut self, text: &str) {
        self.phase = None;
        self.phase = self.printer.phase(text);
        self.began = None;
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::Start { member, members, epochs, once_more, .. } => {
                if *member == 0 || self.began.is_none() {
                    self.begin(if *once_more { "training with more rows" } else { "training" });
                }
                self.once_more = *once_more;
                self.member = (*member, *members);
                self.epochs = *epochs;
                self.val.clear();
            }
            Event::Step { epoch, step, total, loss, rate, grad_norm } => {
                self.step = *step;
                if self.phase.is_some() {
                    self.draw(*epoch, *step, *total, *loss);
                }
                if self.lines > 1 {
                    self.line(&format!("{}{}step {step}/{total}  epoch {epoch}  loss {loss:.5}  rate {rate:.2e}  gradient norm {grad_norm:.3}", self.more(), self.name()));
                }
            }
            Event::Epoch { epoch, loss, val, best, rate, seconds } => {
                let mark = if *best { " *" } else { "" };
                let shown = val.map(|val| format!("{val:.4}{mark}"));
                if let Some(val) = &shown {
                    self.val = format!("  validation {val}");
                }
                if self.lines > 0 {
                    let val = shown.map(|val| format!("  validation {val}")).unwrap_or_default();
                    self.line(&format!(
                        "{}{}epoch {epoch}/{}  step {}  loss {loss:.5}{val}  rate {rate:.2e}  {seconds:.1} s",
                        self.more(),
                        self.name(),
                        self.epochs,
                        self.step
                    ));
                }
            }
        }
    }

    /// What stands in the last line: the share of all members' steps, and the time that is left for all of them.
    fn draw(&mut self, epoch: usize, step: usize, total: usize, loss: f64) {
        let (member, members) = self.member;
        let (done, all) = (member * total + step, members * total);
        let (began, before) = *self.began.get_or_insert_with(|| (Instant::now(), done));
        let share = done as f64 / all.max(1) as f64;
        let rest = (done > before)
            .then(|| began.elapsed().as_secs_f64() * (all - done) as f64 / (done - before) as f64)
            .map(|seconds| format!("  {} left", meter::time(seconds)))
            .unwrap_or_default();
        let (name, epochs, val) = (self.name(), self.epochs, &self.val);
        let bar = if self.terminal { bar(share) } else { String::new() };
        let words = format!(
            "{bar}{:.0} %{rest}  {name}epoch {epoch}/{epochs}  loss {loss:.4}{val}  step {step}/{total}",
            100.0 * share
        );
        meter::begin(&words, 0, Unit::Told);
    }

    /// `member 2/3 ` in an ensemble.
    fn name(&self) -> String {
        let (member, members) = self.member;
        if members > 1 { format!("member {}/{members} ", member + 1) } else { String::new() }
    }

    /// What a line of a training after the choice begins with; the terminal's last line has it in its title.
    fn more(&self) -> &'static str {
        if self.once_more { "more rows: " } else { "" }
    }

    /// A line of its own, above what is shown.
    pub fn line(&self, text: &str) {
        print_line(text);
    }
}

/// `[====>           ] `
fn bar(share: f64) -> String {
    let full = ((share * BAR as f64) as usize).min(BAR);
    let head = if full < BAR { ">" } else { "" };
    format!("[{}{head}{}] ", "=".repeat(full), " ".repeat(BAR - full - head.len()))
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn bars() {
        assert_eq!(
            [0.0, 0.5, 0.999, 1.0].map(bar),
            ["[>               ] ", "[========>       ] ", "[===============>] ", "[================] "]
        );
    }
}
