//! `watch`: values outside of what was forecast, and sensors that have fallen quiet.

use std::path::Path;

use super::printer::Printer;
use crate::cli::{WatchArgs, flags};
use crate::error::{Error, Result};
use crate::output;
use crate::report::rows::RowsFormat;

/// Runs the command.
pub fn run(args: &WatchArgs, printer: &Printer) -> Result<()> {
    if let Some(out) = args.out.as_deref().map(Path::new) {
        RowsFormat::for_path("--out", args.format, out)?;
        output::check_writable(out)?;
    }
    super::note_seed(&args.run, printer);
    let overrides = flags::model_overlay(&args.table_flags, &args.bounds, &args.run);
    let source = super::source(args.table.as_deref())?;
    let forecaster = super::forecaster(&args.model, overrides, printer)?;
    let table = forecaster.read(&source)?;
    printer.served_notes(table.notes());
    let mut notes = Vec::new();
    let watched = forecaster.watch(&table, &args.options(), &mut notes);
    printer.notes(&notes);
    let watched = watched?;
    let rows = watched.rows(args.prefix.as_deref().unwrap_or_default())?;
    let format = args.format();
    let written = output::write_to(args.out.as_deref().map(Path::new), |w| Ok(rows.write(w, format)?));
    printer.line(&watched.summary());
    printer.figures("watch", &watched.figures());
    match (watched.told(), written) {
        // A reader that has gone has heard of alarms all the same.
        (Some(told), Ok(()) | Err(Error::ClosedPipe)) => Err(Error::Alarms { told }),
        (_, written) => written,
    }
}
