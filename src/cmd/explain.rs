//! `explain`: what a model's forecasts rest on, or why one of them is what it is.

use std::path::Path;

use super::hooks::ProgramHooks;
use super::printer::Printer;
use super::report_form::{self, DOCUMENTS};
use crate::cli::{ExplainArgs, flags};
use crate::error::Result;
use crate::output;
use crate::report::DocumentFormat;

/// Runs the command.
pub fn run(args: &ExplainArgs, printer: &Printer) -> Result<()> {
    let format = report_form::asked(args.format, args.out.as_deref(), DocumentFormat::Text, &DOCUMENTS)?;
    let out = args.out.as_deref().map(Path::new);
    out.map_or(Ok(()), output::check_writable)?;
    let overrides = flags::model_overlay(&args.table_flags, &args.bounds, &args.run);
    let source = super::source(args.table.as_deref())?;
    let forecaster = super::forecaster(&args.model, overrides, printer)?;
    let table = forecaster.read(&source)?;
    printer.served_notes(table.notes());
    let seed = forecaster.config.run.seed;
    let mut watch = ProgramHooks::new(printer);
    let text = match args.why(seed) {
        Some(options) => forecaster.why(&table, &options, &mut watch)?.render(format),
        None => forecaster.explain(&table, &args.options(seed), &mut watch)?.render(format),
    };
    output::write_to(out, |w| Ok(w.write_all(text.as_bytes())?))
}
