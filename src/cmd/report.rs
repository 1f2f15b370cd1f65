//! `report`: one page about table, model, errors and forecasts.

use std::path::Path;

use super::hooks::ProgramHooks;
use super::printer::Printer;
use crate::cli::{ReportArgs, flags};
use crate::error::{Error, Result};
use crate::output;
use crate::text::argument;

/// Runs the command.
pub fn run(args: &ReportArgs, printer: &Printer) -> Result<()> {
    let out = Path::new(&args.out);
    let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !["html", "htm"].contains(&ending.to_ascii_lowercase().as_str()) {
        return Err(Error::usage(format!("--out {}: a report is a page, written as .html", args.out))
            .with_hint(
                "name the file *.html; `evaluate --out FILE.md` writes the errors alone as Markdown",
            ));
    }
    output::check_writable(out)?;
    super::note_seed(&args.run, printer);
    let overrides = flags::model_overlay(&args.table_flags, &args.bounds, &args.run);
    let source = super::source(args.table.as_deref())?;
    let forecaster = super::forecaster(&args.model, overrides, printer)?;
    let future = args.draw.future_table.as_deref();
    let table = super::table_with_future(&forecaster, &source, future, printer)?;
    let mut notes = Vec::new();
    let page = printer.during("forecasting, scoring and explaining", || {
        forecaster.page(&table, &args.options(command()), &mut ProgramHooks::new(printer), &mut notes)
    });
    printer.notes(&notes);
    let html = page?.html();
    output::write_to(Some(out), |w| Ok(w.write_all(html.as_bytes())?))?;
    printer.line(&format!("written   {}: open it in a browser", args.out));
    Ok(())
}

/// The command line, as a shell takes it.
fn command() -> String {
    let words: Vec<String> = std::env::args().skip(1).map(|word| argument(&word)).collect();
    format!("{} {}", crate::cli::NAME, words.join(" "))
}
