//! One verb, one file. Commands build what flags describe, run it, and hand bytes to `output`.

use std::process::ExitCode;

use candle_core::Device;

use crate::checkpoint::Meta;
use crate::cli::flags::RunFlags;
use crate::cli::{Cli, Command, GlobalFlags};
use crate::config::RunConfig;
use crate::data::long::Note;
use crate::data::panel::Panel;
use crate::error::{Error, Result};
use crate::ops::denormals;
use crate::pipeline::table as prepare;
use crate::terminal::{self, When};

mod baseline_only;
mod completions;
pub(crate) mod evaluate;
pub(crate) mod files;
mod follow;
mod ingest;
mod inspect;
pub mod interrupt;
mod man;
pub(crate) mod predict;
pub mod progress;
pub(crate) mod train;

/// Runs the command.
pub fn run(cli: &Cli) -> Result<()> {
    interrupt::survive_file_limit();
    if !cli.global.quiet {
        note_all(&crate::cli::unknown_variables());
    }
    let notes = files::check(&cli.command)?;
    if !cli.global.quiet {
        note_all(&notes);
    }
    match &cli.command {
        Command::Ingest(args) => ingest::run(args, &cli.global),
        Command::Train(args) => train::run(args, &cli.global),
        Command::Evaluate(args) => evaluate::run(args, &cli.global),
        Command::Predict(args) => predict::run(args, &cli.global),
        Command::Inspect(args) => inspect::run(args, &cli.global),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    }
}

/// Prints notes that a command makes, a line each.
fn note_all(notes: &[String]) {
    notes.iter().for_each(|note| terminal::print_line(format!("note: {note}")));
}

/// Says of a checkpoint that it has no checksum.
fn note_unsealed(path: &str, meta: &Meta, global: &GlobalFlags) {
    if !global.quiet {
        note_all(meta.note(std::path::Path::new(path)).as_slice());
    }
}

/// What reading a table found: with --verbose all of it, else what changes a served forecast.
fn table_notes(panel: &Panel, global: &GlobalFlags) {
    let told = |note: &&Note| global.verbose > 0 || note.code == "unknown_category";
    let notes: Vec<Note> = panel.notes.iter().filter(told).cloned().collect();
    prepare::print_notes(&notes, global.quiet);
}

/// Points out a seed on the command line of a command that draws nothing. As a variable it may be
/// meant for others.
fn note_seed(run: &RunFlags, global: &GlobalFlags) {
    if !global.quiet && run.seed.is_some() && std::env::var_os("LSTM_FORECAST_SEED").is_none() {
        note_all(&["`seed` has no effect here: nothing is drawn".into()]);
    }
}

/// Prints an error as one sentence and a hint, and gives its exit code.
pub fn exit(result: Result<()>, color: When) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    if !matches!(error, Error::ClosedPipe) {
        terminal::error(&error.to_string(), error.hint(), color);
    }
    ExitCode::from(error.exit_code())
}

/// Starts the worker threads, once, before any work. All of them flush denormal numbers.
fn use_threads(run: &RunConfig) -> Result<()> {
    // 0 is one a core. A second call (in tests) finds the pool already there; the first one decides.
    let built = rayon::ThreadPoolBuilder::new()
        .num_threads(run.threads.unwrap_or(0))
        .start_handler(|_| denormals::flush_this_thread())
        .build_global();
    match built.as_ref().err().and_then(std::error::Error::source) {
        Some(why) => {
            let threads = run.threads.map_or("one thread a core".to_owned(), |n| format!("{n} threads"));
            Err(Error::config(format!("{threads} cannot be started: {why}"))
                .with_hint("use fewer --threads, or leave it out for one a core"))
        }
        None => Ok(()),
    }
}

/// The device that settings name; what there is to say of it is printed.
fn device(run: &RunConfig, global: &GlobalFlags) -> Result<Device> {
    let (device, notes) = crate::pipeline::device::choose(run)?;
    if !global.quiet {
        note_all(&notes);
    }
    Ok(device)
}
