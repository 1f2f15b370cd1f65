//! `import`: weights that another program trained become a checkpoint.

use std::path::Path;
use std::time::Instant;

use super::hooks::ProgramHooks;
use super::printer::Printer;
use crate::cli::{ImportArgs, Overlay};
use crate::config::{Layers, settings_file};
use crate::error::Result;
use crate::output;
use crate::pipeline::fit::{Given, Session, StartingPoint};
use crate::pipeline::table::require_target;

/// Runs the command.
pub fn run(args: &ImportArgs, printer: &Printer) -> Result<()> {
    let began = Instant::now();
    let given = Given::read(&args.weights, args.prefix.as_deref())?;
    let file = settings_file(args.settings.config.as_deref())?;
    let layers = Layers { base: given.settings(), file, flags: args.overlay() };
    let config = layers.resolve()?;
    printer.notes(&layers.without_effect(&config, true)?);
    super::start_threads(&config.run)?;
    let device = super::device(&config.run, printer)?;
    require_target(&config.data, &args.table)?;
    let source = super::source(Some(&args.table))?;
    output::check_writable(Path::new(&args.out))?;
    let mut start = StartingPoint::of(config);
    start.compute_on(&device);
    let table = printer.during("reading the table", || start.read(&source))?;
    printer.table_notes(table.notes());
    let mut hooks = ProgramHooks::new(printer);
    let phase = printer.phase("scaling and calibrating");
    let fitted = Session::new(start, &table, &device, &mut hooks)?.adopt(&given)?;
    fitted.save(&args.out)?;
    drop(phase);
    super::say_fitted(&fitted, &args.out, began, printer);
    Ok(())
}
