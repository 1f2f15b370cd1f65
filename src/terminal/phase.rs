//! What is shown of a work that lasts: nothing in its first second; then, on a terminal, what it is, since when it goes on
//! and how far it has come; in a file, where that is asked for, a line every ten seconds.
//!
//! A phase may be part of another one: the innermost is shown. The second is counted from what was shown last, so that
//! many short works are no long silence.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::meter;

/// How long nothing may be shown.
const PATIENCE: Duration = Duration::from_secs(1);
/// A work of less than this is not worth a picture.
const LEAST: Duration = Duration::from_millis(100);
/// Between two lines in a file.
const BETWEEN: Duration = Duration::from_secs(10);
/// Between two pictures on a terminal.
const TICK: Duration = Duration::from_millis(250);

/// What stands in the terminal's last line, so that others can write above it.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);
/// The phases under way, the innermost last: a number of its own, its name, its begin.
static PHASES: Mutex<Vec<(u64, String, Instant)>> = Mutex::new(Vec::new());
/// When something was shown last; at first, when the first work began.
static LAST: Mutex<Option<Instant>> = Mutex::new(None);

/// A work that goes on until this is dropped.
#[derive(Debug)]
pub struct Phase {
    number: u64,
    end: Option<Sender<()>>,
    shower: Option<JoinHandle<()>>,
}

impl Phase {
    /// Begins one; `on_terminal`: shows it in the last line, else writes lines.
    pub fn begin(text: &str, on_terminal: bool) -> Phase {
        let mut phase = Phase { number: 0, end: None, shower: None };
        let Ok(mut phases) = PHASES.lock() else { return phase };
        let outermost = phases.is_empty();
        phase.number = phases.last().map_or(1, |last| last.0 + 1);
        phases.push((phase.number, text.to_owned(), Instant::now()));
        drop(phases);
        meter::forget();
        if outermost {
            let (end, ended) = channel();
            let show = move || if on_terminal { draw(&ended) } else { tell(&ended) };
            // Where no thread can be had, nothing is shown.
            phase.shower = std::thread::Builder::new().name("phase".into()).spawn(show).ok();
            phase.end = Some(end);
        }
        phase
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        self.end.take();
        self.shower.take().map(JoinHandle::join);
        if let Ok(mut phases) = PHASES.lock() {
            phases.retain(|(number, ..)| *number != self.number);
        }
        meter::forget();
    }
}

/// Whether the work goes on after so long.
fn goes_on(ended: &Receiver<()>, after: Duration) -> bool {
    ended.recv_timeout(after) == Err(RecvTimeoutError::Timeout)
}

/// What is left of the time in which nothing has to be shown.
fn patience(all: Duration) -> Duration {
    let last = LAST.lock().map_or(Duration::ZERO, |mut last| last.get_or_insert_with(Instant::now).elapsed());
    all.saturating_sub(last).max(LEAST)
}

/// Something was shown just now.
fn shown() {
    if let Ok(mut last) = LAST.lock() {
        *last = Some(Instant::now());
    }
}

/// The innermost phase, since when it goes on, and how far it has come.
fn now() -> Option<(String, Duration, Option<String>)> {
    let phases = PHASES.lock().ok()?;
    let (_, text, began) = phases.last()?;
    Some((text.clone(), began.elapsed(), meter::words()))
}

fn draw(ended: &Receiver<()>) {
    if !goes_on(ended, patience(PATIENCE)) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    // A line that is too long for the terminal would move on at every picture.
    if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
        bar.set_style(style);
    }
    if let Ok(mut shown) = SHOWN.lock() {
        *shown = Some(bar.clone());
    }
    loop {
        if let Some((text, elapsed, words)) = now() {
            let words = words.map(|words| format!(": {words}")).unwrap_or_default();
            bar.set_message(format!("{} {text}{words}", meter::time(elapsed.as_secs_f64())));
            bar.tick();
        }
        if !goes_on(ended, TICK) {
            break;
        }
    }
    if let Ok(mut shown) = SHOWN.lock() {
        *shown = None;
    }
    bar.finish_and_clear();
    shown();
}

fn tell(ended: &Receiver<()>) {
    while goes_on(ended, patience(BETWEEN)) {
        let Some((text, elapsed, words)) = now() else { continue };
        let words = words.map(|words| format!(", {words}")).unwrap_or_default();
        super::print_line(format!("{text}: {} s{words}", elapsed.as_secs()));
    }
}

/// Does this with the last line out of the way.
pub(super) fn above(write: impl FnOnce()) {
    // A thread that died while it held the lock shows nothing any more.
    match SHOWN.lock().ok().and_then(|shown| shown.clone()) {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
    shown();
}
