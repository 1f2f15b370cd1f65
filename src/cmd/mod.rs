//! One verb, one file. Commands turn what flags describe into a job of [`crate::pipeline`], and hand
//! its bytes to [`crate::output`]; what there is to say goes through one `Printer`.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use candle_core::Device;
use serde_json::Value;

use crate::cli::AcrossFlags;
use crate::cli::flags::RunFlags;
use crate::cli::{Cli, Command};
use crate::config::RunConfig;
use crate::data::read::Source;
use crate::error::{Error, Result};
use crate::pipeline::table::Table;
use crate::pipeline::{Fitted, Forecaster, device, threads};
use crate::report::training;

mod baseline_only;
mod compare;
mod completions;
mod evaluate;
mod explain;
mod export;
mod files;
mod follow;
mod hooks;
mod import;
mod ingest;
mod inspect;
mod interrupt;
mod lock;
mod man;
mod models;
mod picture;
mod plot;
mod predict;
mod printer;
mod progress;
mod report;
mod report_form;
mod train;
mod tune;
mod watch;
use printer::Printer;

/// Runs the command, and prints its error; the exit code of the program.
pub fn run(cli: &Cli) -> ExitCode {
    let printer = Printer::new(&cli.global);
    let Err(error) = command(cli, &printer) else { return ExitCode::SUCCESS };
    if !matches!(error, Error::ClosedPipe) {
        printer.error(&error);
    }
    ExitCode::from(error.exit_code())
}

fn command(cli: &Cli, printer: &Printer) -> Result<()> {
    interrupt::survive_file_limit();
    printer.notes(&crate::cli::unknown_variables());
    printer.notes(&files::check(&cli.command)?);
    match &cli.command {
        Command::Ingest(args) => ingest::run(args, printer),
        Command::Train(args) => train::run(args, printer),
        Command::Tune(args) => tune::run(args, printer),
        Command::Evaluate(args) => evaluate::run(args, printer),
        Command::Compare(args) => compare::run(args, printer),
        Command::Explain(args) => explain::run(args, printer),
        Command::Predict(args) => predict::run(args, printer),
        Command::Watch(args) => watch::run(args, printer),
        Command::Plot(args) => plot::run(args, printer),
        Command::Report(args) => report::run(args, printer),
        Command::Inspect(args) => inspect::run(args, printer),
        Command::Export(args) => export::run(args, printer),
        Command::Models(args) => models::run(args, printer),
        Command::Import(args) => import::run(args, printer),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    }
}

/// Points out a seed on the command line of a command that draws nothing. As a variable it may be
/// meant for others.
fn note_seed(run: &RunFlags, printer: &Printer) {
    if run.seed.is_some() && std::env::var_os("LSTM_FORECAST_SEED").is_none() {
        printer.note("`seed` has no effect here: nothing is drawn");
    }
}

/// Where the table comes from; refuses to wait for a terminal.
fn source(table: Option<&str>) -> Result<Source> {
    let stdin_is_terminal = std::io::stdin().is_terminal();
    match table {
        Some("-") if stdin_is_terminal => {
            Err(Error::usage("`-` reads the table from standard input, but nothing is piped in")
                .with_hint("name a file, or pipe one in: cat readings.csv | lstm-forecast …"))
        }
        Some("-") => Ok(Source::Stdin),
        Some(path) => Ok(Source::Paths(vec![path.to_string()])),
        None if stdin_is_terminal => Err(Error::usage("no table was given")
            .with_hint("name a file (lstm-forecast ingest readings.csv), or pipe one in and write `-`")),
        None => Ok(Source::Stdin),
    }
}

/// The model's table, with the values ahead that another table has; what there is to say of it is printed.
fn table_with_future(
    forecaster: &Forecaster,
    source: &Source,
    future: Option<&str>,
    printer: &Printer,
) -> Result<Table> {
    let phase = printer.phase("reading the table");
    let table = match future {
        Some(path) => forecaster.read_with_future(source, path)?,
        None => forecaster.read(source)?,
    };
    drop(phase);
    printer.served_notes(table.notes());
    Ok(table)
}

/// What a training says at its end.
fn say_fitted(fitted: &Fitted, out: &str, began: Instant, printer: &Printer) {
    let seconds = began.elapsed().as_secs_f64();
    printer.figures("training", &training::figures(out, fitted.model(), fitted.meta(), seconds));
    let summary = training::summary(out, fitted.model(), fitted.meta(), seconds);
    summary.trim_end().lines().for_each(|line| printer.line(line));
}

/// The model, told what its tables are parts of.
fn among(forecaster: Forecaster, flags: &AcrossFlags, printer: &Printer) -> Result<Forecaster> {
    match &flags.means {
        Some(_) if !forecaster.looks_across() => {
            printer.note("`--means` has no effect: the model does not look at other series");
            Ok(forecaster)
        }
        Some(file) => forecaster.among(&Source::Paths(vec![file.clone()])),
        None if flags.alone => Ok(forecaster.alone()),
        None => Ok(forecaster),
    }
}

/// Starts the worker threads, once, before any work.
fn start_threads(run: &RunConfig) -> Result<()> {
    threads::start_global(run.threads)
}

/// The device that settings name; what there is to say of it is printed.
fn device(run: &RunConfig, printer: &Printer) -> Result<Device> {
    let (device, notes) = device::choose(run)?;
    printer.notes(&notes);
    Ok(device)
}

/// The model of a checkpoint on its device, with this run's settings over those of its training.
fn forecaster(path: &str, overrides: Value, printer: &Printer) -> Result<Forecaster> {
    forecaster_on(path, overrides, None, printer)
}

/// The same, on a device that was chosen before.
fn forecaster_on(
    path: &str,
    overrides: Value,
    chosen: Option<Device>,
    printer: &Printer,
) -> Result<Forecaster> {
    let forecaster = Forecaster::load_with(path, overrides)?;
    printer.notes(forecaster.meta().note(Path::new(path)).as_slice());
    if let Some(device) = chosen {
        return forecaster.on(&device);
    }
    start_threads(&forecaster.config.run)?;
    let device = device(&forecaster.config.run, printer)?;
    forecaster.on(&device)
}
