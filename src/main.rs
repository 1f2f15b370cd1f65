//! The program: parse, run one command, print one error, exit with its code.

#![allow(unsafe_code)]

use lstm_forecast::cli;
use lstm_forecast::cmd;
use lstm_forecast::ops::denormals::Flushed;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // Before the first thread starts, so that those that nobody here starts (polars', candle's) inherit it.
    let _flushed = Flushed::here();
    let cli = cli::parse();
    quiet_candle(cli.threads());
    if matches!(cli.command, cli::Command::Ingest(_)) {
        give_back_at_once();
    }
    cmd::run(&cli)
}

/// Looks at standard output before Rust's runtime does; see [`lstm_forecast::output::stdout_was_closed`].
#[cfg(unix)]
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static BEFORE_MAIN: extern "C" fn() = look_at_stdout;

#[cfg(unix)]
extern "C" fn look_at_stdout() {
    // SAFETY: asks for a flag of a descriptor, which may be closed; nothing of Rust's runtime is used.
    if unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) } == -1 {
        lstm_forecast::output::stdout_was_closed();
    }
}

/// candle 0.11.1 runs element-wise operations on a thread pool of its own that spins while it
/// waits, and reads /proc/cpuinfo at every matrix product unless it is told the number of threads.
/// Both cost more than the work they share out here (half of a training step, perf, 2026-11).
fn quiet_candle(threads: Option<usize>) {
    let threads = threads
        .or_else(|| std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok())
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    // SAFETY: the program has one thread here: nothing was read, spawned or pooled before.
    unsafe {
        std::env::set_var("RAYON_NUM_THREADS", threads.max(1).to_string());
        std::env::set_var("CANDLE_NUM_THREADS", "1");
    }
}

/// Freed memory goes back to the system without the allocator's delay. Reading a table frees its
/// pieces while the columns grow: `ingest` of 31 MB peaks 30 MB lower so, at no cost in time that
/// could be seen. Training, which frees and takes the same blocks all the time, keeps the delay.
fn give_back_at_once() {
    /// `mi_option_purge_delay` of mimalloc.h, in milliseconds; the crate has no name for it.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    // SAFETY: the call stores one number in a table of the allocator that is made before main.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, 0) }
}
