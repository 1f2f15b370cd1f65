//! The threads that compute: a pool of the library's own, so that neither the caller's threads nor
//! their floating-point mode are touched. All workers flush denormal numbers, and so does the thread
//! that waits for them, for as long as it waits.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};
use crate::ops::denormals::{Flushed, flush_this_thread};

enum Pool {
    /// rayon's global one, of a program that has the process to itself.
    Global,
    Own(ThreadPool),
}

static POOL: OnceLock<Pool> = OnceLock::new();

/// Starts the workers; `threads`: `None` for one a core. They are started once a process, by the
/// first call or the first work, and a later call changes nothing.
///
/// # Errors
/// `Error::Config` where the system refuses so many threads.
pub fn start(threads: Option<usize>) -> Result<()> {
    if POOL.get().is_none() {
        let built = builder(threads).build().map_err(|e| refused(threads, &e))?;
        // Another thread may have been faster; its pool serves as well.
        let _ = POOL.set(Pool::Own(built));
    }
    Ok(())
}

/// As [`start`], for a program: the workers are those of rayon's global pool, which then serves the
/// reading of tables too.
///
/// # Errors
/// As [`start`].
pub fn start_global(threads: Option<usize>) -> Result<()> {
    let built = builder(threads).build_global();
    // A second call (in tests) finds the pool already there; the first one decides.
    if let Some(why) = built.as_ref().err().and_then(std::error::Error::source) {
        return Err(refused(threads, why));
    }
    let _ = POOL.set(Pool::Global);
    Ok(())
}

/// Does the work in the pool; the result does not depend on how many threads it has.
pub(crate) fn run<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if POOL.get().is_none() {
        // Where no pool can be started, rayon's own serves, or its panic says why.
        let _ = start(None);
    }
    let _flushed = Flushed::here();
    match POOL.get() {
        Some(Pool::Own(pool)) => pool.install(work),
        Some(Pool::Global) | None => work(),
    }
}

fn builder(threads: Option<usize>) -> ThreadPoolBuilder {
    ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).start_handler(|_| flush_this_thread())
}

fn refused(threads: Option<usize>, why: &(dyn std::error::Error + 'static)) -> Error {
    let threads = threads.map_or("one thread a core".to_owned(), |n| format!("{n} threads"));
    Error::config(format!("{threads} cannot be started: {why}"))
        .with_hint("use fewer --threads, or leave it out for one a core")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::denormals::flushing;

    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn work_flushes_and_its_caller_gets_its_mode_back() {
        let before = flushing();
        assert!(run(flushing));
        assert_eq!(flushing(), before);
    }
}
