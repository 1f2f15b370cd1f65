//! `plot`: history and forecasts as pictures.

use std::path::Path;

use super::picture::Picture;
use super::printer::Printer;
use crate::cli::{PictureFormat, PlotArgs, flags};
use crate::error::Result;
use crate::output;
use crate::pipeline::Forecaster;
use crate::pipeline::table::Table;
use crate::report::pictures;

/// Runs the command.
pub fn run(args: &PlotArgs, printer: &Printer) -> Result<()> {
    let format = PictureFormat::chosen(args.format, "--out", args.out.as_deref())?;
    if let Some(out) = &args.out {
        output::check_writable(Path::new(out))?;
    }
    super::note_seed(&args.run, printer);
    let overrides = flags::model_overlay(&args.table_flags, &args.bounds, &args.run);
    let source = super::source(args.table.as_deref())?;
    let forecaster = super::forecaster(&args.model, overrides, printer)?;
    let table = match &args.future_table {
        Some(path) => forecaster.read_with_future(&source, path)?,
        None => forecaster.read(&source)?,
    };
    printer.served_notes(table.notes());
    let mut notes = Vec::new();
    let drawn = forecaster.pictures(&table, &args.options(format), &mut notes);
    printer.notes(&notes);
    let (fans, remarks) = drawn?;
    let title = title(&forecaster, &table);
    let picture = match format {
        PictureFormat::Html => Picture::Page(pictures::page(&title, &remarks, &fans, args.theme)),
        _ => Picture::Figure(pictures::figure(&title, &remarks, &fans)),
    };
    picture.write(format, args.theme, args.out.as_deref(), printer)
}

/// What is forecast, how far, by what.
fn title(forecaster: &Forecaster, table: &Table) -> String {
    let (schema, shape) = (&forecaster.meta().schema, &forecaster.meta().shape);
    let steps = if shape.horizon == 1 { "step" } else { "steps" };
    format!(
        "{}: {} {steps} of {} ahead, {}",
        schema.targets.join(", "),
        shape.horizon,
        schema.freq,
        table.panel().source
    )
}
