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
use crate::text::plural;

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
    let future = args.draw.future_table.as_deref();
    let table = super::table_with_future(&forecaster, &source, future, printer)?;
    let mut notes = Vec::new();
    let drawn =
        printer.during("forecasting", || forecaster.pictures(&table, &args.options(format), &mut notes));
    printer.notes(&notes);
    let (fans, remarks) = drawn?;
    let title = title(&forecaster, &table);
    let picture = match format {
        PictureFormat::Html => Picture::Page(pictures::page(&title, &remarks, &fans, args.draw.theme)),
        _ => Picture::Figure(pictures::figure(&title, &remarks, &fans)),
    };
    picture.write(format, args.draw.theme, args.out.as_deref(), printer)
}

/// What is forecast, how far, of which table.
fn title(forecaster: &Forecaster, table: &Table) -> String {
    let (schema, source) = (&forecaster.meta().schema, &table.panel().source);
    let steps = plural(forecaster.meta().shape.horizon, "step");
    // The name of a file; of a pattern or a folder what was given.
    let name = Path::new(source).file_name().map_or(source.as_str().into(), |name| name.to_string_lossy());
    format!("{}: {steps} of {} ahead, {name}", schema.targets.join(", "), schema.freq)
}
