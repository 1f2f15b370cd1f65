//! No test passes unseen: one that cannot run here says so, past the capture of its output, and the end of the run counts them.

#![allow(unsafe_code)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};

/// The tests that did not run, with the reason of each.
static SKIPPED: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Says that the running test is skipped. Call it once, and return.
pub fn skipped(reason: &str) {
    static AT_THE_END: Once = Once::new();
    // SAFETY: `summary` takes no argument, gives nothing back and cannot unwind: it writes with errors ignored.
    AT_THE_END.call_once(|| unsafe {
        libc::atexit(summary);
    });
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    say(&format!("skipped: {name}: {reason}"));
    if let Ok(mut all) = SKIPPED.lock() {
        all.push((name, reason.to_owned()));
    }
}

/// A line on standard error itself: what `eprintln!` writes, a test that passes keeps to itself.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

extern "C" fn summary() {
    let Ok(all) = SKIPPED.lock() else { return };
    let tests: std::collections::BTreeSet<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    say(&format!("{} tests passed without having run, at least in part: see `skipped:` above", tests.len()));
}

/// A file of the shared real data. `None`, said as a skip, where there is no such folder; where the folder is there and the file
/// is not, a run with `CI=true` fails, for a renamed file would otherwise switch tests off for good.
pub fn real(name: &str) -> Option<String> {
    let folder = std::env::var("LSTM_FORECAST_TEST_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let path = folder.join(name);
    if path.exists() {
        return Some(path.to_string_lossy().into_owned());
    }
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!(ci && folder.exists()), "{} is not there, and its folder is", path.display());
    let missing = if folder.exists() { path } else { folder };
    skipped(&format!("{} is not here (LSTM_FORECAST_TEST_DATA names the folder)", missing.display()));
    None
}
