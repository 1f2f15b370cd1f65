//! A standard output that was closed from the start (`>&-`).
//!
//! Rust's runtime opens /dev/null in its place before `main`, so that writing there succeeds and
//! the forecast is lost without a word. The program looks earlier and leaves word here.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// To be called when there was no standard output as the process began.
pub fn stdout_was_closed() {
    CLOSED.store(true, Ordering::Relaxed);
}

/// The error that writing would have given.
pub(super) fn check_stdout() -> io::Result<()> {
    if CLOSED.load(Ordering::Relaxed) { Err(io::Error::from_raw_os_error(libc::EBADF)) } else { Ok(()) }
}
