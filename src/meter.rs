//! How far the work under way has come: told by what does it, shown by the program where somebody looks. Telling costs an
//! addition for a piece of work. It knows nothing of terminals, and nothing depends on it: of several jobs at once the one
//! that has begun last is shown.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Bytes,
    Windows,
    /// Nothing: the stage is named alone.
    None,
    /// Nothing: its name says it all, and what it forecasts on its way is not worth a word.
    Told,
}

/// A stage of the work.
struct Stage {
    what: String,
    unit: Unit,
    /// All there is to do; 0 where nobody knows.
    total: u64,
    began: Instant,
}

static STAGE: Mutex<Option<Stage>> = Mutex::new(None);
static DONE: AtomicU64 = AtomicU64::new(0);

/// Begins a stage of so much work, 0 where nobody knows how much.
pub(crate) fn begin(what: &str, total: u64, unit: Unit) {
    set(Some(Stage { what: what.to_owned(), unit, total, began: Instant::now() }));
}

/// Begins a stage that is named alone.
pub(crate) fn stage(what: &str) {
    begin(what, 0, Unit::None);
}

/// So much more of it is done.
pub(crate) fn add(done: u64) {
    DONE.fetch_add(done, Ordering::Relaxed);
}

/// So much of it is done.
pub(crate) fn reach(done: u64) {
    DONE.store(done, Ordering::Relaxed);
}

/// Begins to forecast so many windows, where they are not part of a stage that counts more of them.
pub(crate) fn windows(count: u64) {
    let done = DONE.load(Ordering::Relaxed);
    let counted = STAGE.lock().is_ok_and(|stage| {
        stage.as_ref().is_some_and(|stage| match stage.unit {
            Unit::Windows => done + count <= stage.total,
            unit => unit == Unit::Told,
        })
    });
    if !counted {
        begin("", count, Unit::Windows);
    }
}

/// Nothing is under way.
pub(crate) fn forget() {
    set(None);
}

fn set(new: Option<Stage>) {
    // A thread that died while it held the lock shows nothing any more.
    if let Ok(mut stage) = STAGE.lock() {
        *stage = new;
        DONE.store(0, Ordering::Relaxed);
    }
}

/// The stage in words, if there is one: what is done of it, and how long the rest will take.
pub(crate) fn words() -> Option<String> {
    let stage = STAGE.lock().ok()?;
    let Stage { what, unit, total, began } = stage.as_ref()?;
    let done = DONE.load(Ordering::Relaxed);
    let parts = [what.clone(), amount(*unit, done, *total), left(done, *total, began.elapsed())];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `1.2 of 2.7 GB`, `40 of 200 windows`.
fn amount(unit: Unit, done: u64, total: u64) -> String {
    let done = if total > 0 { done.min(total) } else { done };
    match unit {
        Unit::None | Unit::Told => String::new(),
        Unit::Windows if total > 0 => format!("{done} of {total} windows"),
        Unit::Windows => format!("{done} windows"),
        Unit::Bytes => {
            let (size, name) = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
                .into_iter()
                .find(|(size, _)| total.max(done) as f64 >= *size)
                .unwrap_or((1.0, "bytes"));
            let of = |n: u64| format!("{:.1}", n as f64 / size);
            if total > 0 {
                format!("{} of {} {name}", of(done), of(total))
            } else {
                format!("{} {name}", of(done))
            }
        }
    }
}

/// `12 s left`; nothing before there is something to go by.
fn left(done: u64, total: u64, elapsed: Duration) -> String {
    if done == 0 || done >= total || elapsed.as_secs_f64() < 0.5 {
        return String::new();
    }
    let rest = elapsed.as_secs_f64() * (total - done) as f64 / done as f64;
    format!("{} left", time(rest))
}

/// `12 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn time(seconds: f64) -> String {
    let seconds = seconds.round().clamp(0.0, 1e9) as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_times() {
        assert_eq!(amount(Unit::Bytes, 1_240_000_000, 2_730_000_000), "1.2 of 2.7 GB");
        assert_eq!(amount(Unit::Bytes, 40_000_000, 2_730_000_000), "0.0 of 2.7 GB");
        assert_eq!(amount(Unit::Bytes, 5_500_000, 0), "5.5 MB");
        assert_eq!(amount(Unit::Windows, 90, 80), "80 of 80 windows");
        assert_eq!(left(25, 100, Duration::from_secs(10)), "30 s left");
        assert_eq!(left(0, 100, Duration::from_secs(10)), "");
        assert_eq!(left(100, 100, Duration::from_secs(10)), "");
        let times = [59.6, 200.0, 7530.0].map(time);
        assert_eq!(times, ["1 min 0 s", "3 min 20 s", "2 h 5 min"]);
    }
}
