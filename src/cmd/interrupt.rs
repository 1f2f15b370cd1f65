//! Ctrl-C and SIGTERM, for commands that have something to save before they end.
//!
//! The first signal only sets a flag, which the work looks at between two steps; the second ends
//! the process at once with exit code 130. Commands that never call [`install`] keep the
//! system's own behaviour and die of the first signal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

use crate::error::{Error, Result};

/// Exit code of a run that was interrupted.
pub const EXIT_CODE: i32 = 130;

static REQUESTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Catches both signals from here on; a second call changes nothing.
///
/// # Errors
/// `Error::Usage` when the system refuses the handler.
pub fn install() -> Result<()> {
    if REQUESTED.get().is_some() {
        return Ok(());
    }
    let requested = REQUESTED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM] {
        // In this order: the second signal finds the flag set by the first.
        flag::register_conditional_shutdown(signal, EXIT_CODE, Arc::clone(requested))
            .and_then(|_| flag::register(signal, Arc::clone(requested)))
            .map_err(|e| Error::usage(format!("cannot catch Ctrl-C: {e}")))?;
    }
    // Beyond `ulimit -f` the system kills unless somebody listens; writing then fails as on a full
    // disk, which is said and cleaned up.
    flag::register(SIGXFSZ, Arc::default())
        .map_err(|e| Error::usage(format!("cannot catch SIGXFSZ: {e}")))?;
    Ok(())
}

/// Makes a file that grows over the limit (`ulimit -f`) a failed write with its message; the
/// system would end the process. Where the handler is refused, it does.
pub fn survive_file_limit() {
    #[cfg(unix)]
    let _ = flag::register(libc::SIGXFSZ, Arc::default());
}

/// Whether a signal has come since [`install`].
pub fn requested() -> bool {
    REQUESTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}
