//! What is shown of a work that lasts: nothing in its first second; then, on a terminal, what it is and since when it
//! goes on; in a file, where that is asked for, a line every ten seconds.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long a work may last without a word.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two lines in a file.
const BETWEEN: Duration = Duration::from_secs(10);
/// Between two pictures on a terminal.
const TICK: Duration = Duration::from_millis(250);

/// What stands in the terminal's last line, so that others can write above it.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// A work that goes on until this is dropped.
#[derive(Debug)]
pub struct Phase {
    end: Option<Sender<()>>,
    shower: Option<JoinHandle<()>>,
}

impl Phase {
    /// Begins one; `on_terminal`: shows it in the last line, else writes lines.
    pub fn begin(text: &str, on_terminal: bool) -> Phase {
        let (end, ended) = channel();
        let text = text.to_owned();
        let show = move || if on_terminal { draw(&text, &ended) } else { tell(&text, &ended) };
        // Where no thread can be had, nothing is shown.
        let shower = std::thread::Builder::new().name("phase".into()).spawn(show).ok();
        Phase { end: Some(end), shower }
    }
}

impl Drop for Phase {
    fn drop(&mut self) {
        self.end.take();
        self.shower.take().map(JoinHandle::join);
    }
}

/// Whether the work goes on after so long.
fn goes_on(ended: &Receiver<()>, after: Duration) -> bool {
    ended.recv_timeout(after) == Err(RecvTimeoutError::Timeout)
}

fn draw(text: &str, ended: &Receiver<()>) {
    if !goes_on(ended, PATIENCE) {
        return;
    }
    let target = ProgressDrawTarget::stderr_with_hz(8);
    let bar = ProgressBar::with_draw_target(None, target).with_elapsed(PATIENCE);
    // A line that is too long for the terminal would move on at every picture.
    if let Ok(style) = ProgressStyle::with_template("{elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_message(text.to_owned());
    bar.enable_steady_tick(TICK);
    if let Ok(mut shown) = SHOWN.lock() {
        *shown = Some(bar.clone());
    }
    let _ = ended.recv();
    if let Ok(mut shown) = SHOWN.lock() {
        *shown = None;
    }
    bar.finish_and_clear();
}

fn tell(text: &str, ended: &Receiver<()>) {
    let began = Instant::now();
    while goes_on(ended, BETWEEN) {
        super::print_line(format!("{text}: {} s", began.elapsed().as_secs()));
    }
}

/// Does this with the last line out of the way.
pub(super) fn above(write: impl FnOnce()) {
    // A thread that died while it held the lock shows nothing any more.
    match SHOWN.lock().ok().and_then(|shown| shown.clone()) {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}
