//! `tune`: a settings file that suits a table.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::cli::{Overlay, TextOrJson, TuneArgs};
use crate::cmd::hooks::ProgramHooks;
use crate::cmd::interrupt;
use crate::cmd::picture::PlotFile;
use crate::cmd::printer::Printer;
use crate::config::{Config, Layers, settings_file};
use crate::data::read::{self, ReadOptions, Source};
use crate::error::{Error, Result};
use crate::output;
use crate::pipeline::fit::{Session, StartingPoint};
use crate::pipeline::table::{Table, require_target};
use crate::pipeline::tune::{self, Space, TuneOptions};
use crate::report::pictures;

/// Runs the command.
pub fn run(args: &TuneArgs, printer: &Printer) -> Result<()> {
    let file = settings_file(args.settings.config.as_deref())?;
    let layers = Layers { base: Config::default(), file, flags: args.overlay() };
    let mut config = layers.resolve()?;
    printer.notes(&layers.without_effect(&config, true)?);
    let options = options(args, &config)?;
    super::start_threads(&config.run)?;
    let device = super::device(&config.run, printer)?;
    require_target(&config.data, args.table.as_deref().unwrap_or("TABLE"))?;
    let source = super::source(args.table.as_deref())?;
    for path in [Some(&args.out), args.model_out.as_ref(), args.log.as_ref()].into_iter().flatten() {
        output::check_writable(Path::new(path))?;
    }
    let plot = PlotFile::asked(&args.picture)?;
    let phase = printer.phase("reading the table");
    let source = read::kept(&source, &ReadOptions::new(&config.data)?)?;
    let table = Table::open(&source, &config)?;
    drop(phase);
    printer.table_notes(table.notes());
    interrupt::install()?;
    // What every training says of its parts is said by none: there are hundreds.
    let mut watch = ProgramHooks::new(printer);
    watch.begin("searching");
    config.run.device = crate::pipeline::device::name(&device);
    let (tuning, best) =
        tune::tune(&table, &config, &options, &device, &mut watch).map_err(|e| advised(args, e))?;
    drop(watch);
    let yaml = tune::settings_file(&best, &format!("by lstm-forecast tune\n{}", tuning.verdict()))?;
    output::write_atomic(Path::new(&args.out), |w| Ok(w.write_all(yaml.as_bytes())?))?;
    match (plot, pictures::tuning(&tuning)) {
        (Some(file), Some(figure)) => file.write(figure, printer)?,
        (Some(_), None) => printer.note("--plot: nothing to draw, no trial was finished"),
        (None, _) => {}
    }
    let text = match args.format {
        TextOrJson::Text => tuning.text(),
        TextOrJson::Json => tuning.json(),
    };
    output::write_stdout(|w| Ok(w.write_all(text.as_bytes())?))?;
    printer.line(&format!("written {} in {:.0} s", args.out, tuning.seconds));
    match &args.model_out {
        Some(out) => train(out, best, &source, printer),
        None => Ok(()),
    }
}

fn options(args: &TuneArgs, config: &Config) -> Result<TuneOptions> {
    let space = |path: &String| {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::config(format!("cannot read the file of --space, {path}: {e}"))
                .with_hint("--space takes the path of a YAML file")
        })?;
        Space::parse(path, &text, config)
    };
    let seconds = args.minutes * 60.0;
    Ok(TuneOptions {
        trials: args.trials,
        limit: (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
        folds: args.folds,
        space: args.space.as_ref().map(space).transpose()?,
        log: args.log.clone(),
        resume: args.resume,
    })
}

/// How to go on after an interruption.
fn advised(args: &TuneArgs, error: Error) -> Error {
    match (&error, &args.log) {
        (Error::Interrupted { .. }, Some(log)) => {
            error.with_hint(format!("{log} holds what is done: repeat the command with --resume"))
        }
        (Error::Interrupted { .. }, None) => {
            error.with_hint("nothing was written; with --log FILE a search can be gone on with")
        }
        _ => error,
    }
}

/// Trains with what was found.
fn train(out: &str, config: Config, source: &Source, printer: &Printer) -> Result<()> {
    let began = Instant::now();
    let device = super::device(&config.run, printer)?;
    let mut start = StartingPoint::of(config);
    start.compute_on(&device);
    let table = printer.during("reading the table", || start.read(source))?;
    let mut watch = ProgramHooks::new(printer);
    watch.begin("scaling the table and cutting windows");
    let fitted = Session::new(start, &table, &device, &mut watch)?.run(&mut watch)?;
    fitted.save(out)?;
    drop(watch);
    super::say_fitted(&fitted, out, began, printer);
    Ok(())
}
