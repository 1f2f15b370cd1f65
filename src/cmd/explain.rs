//! `explain`: what a model's forecasts rest on, or why one of them is what it is.

use std::path::Path;

use super::hooks::ProgramHooks;
use super::picture::PlotFile;
use super::printer::Printer;
use super::report_form::{self, DOCUMENTS};
use crate::cli::{ExplainArgs, flags};
use crate::error::Result;
use crate::output;
use crate::report::DocumentFormat;
use crate::report::pictures::explanation;

/// Runs the command.
pub fn run(args: &ExplainArgs, printer: &Printer) -> Result<()> {
    let format = report_form::asked(args.format, args.out.as_deref(), DocumentFormat::Text, &DOCUMENTS)?;
    let out = args.out.as_deref().map(Path::new);
    out.map_or(Ok(()), output::check_writable)?;
    let plot = PlotFile::asked(&args.picture)?;
    let overrides = flags::model_overlay(&args.table_flags, &args.bounds, &args.run);
    let source = super::source(args.table.as_deref())?;
    let forecaster = super::forecaster(&args.model, overrides, printer)?;
    let table = printer.during("reading the table", || forecaster.read(&source))?;
    printer.served_notes(table.notes());
    let seed = forecaster.config.run.seed;
    let mut watch = ProgramHooks::new(printer);
    let phase = printer.phase("forecasting and explaining");
    let (text, figure) = match args.why(seed) {
        Some(options) => {
            let reason = forecaster.why(&table, &options, &mut watch)?;
            (reason.render(format), explanation::reason(&reason))
        }
        None => {
            let importance = forecaster.explain(&table, &args.options(seed), &mut watch)?;
            (importance.render(format), Some(explanation::importance(&importance)))
        }
    };
    drop(phase);
    if let (Some(file), Some(figure)) = (plot, figure) {
        file.write(figure, printer)?;
    }
    output::write_to(out, |w| Ok(w.write_all(text.as_bytes())?))
}
