//! `predict`: the next P steps of every series, in the input's own columns and date form.

use std::io::Read;
use std::path::Path;

use super::follow;
use super::printer::Printer;
use crate::cli::{PredictArgs, flags};
use crate::data::read::Source;
use crate::error::{Error, Place, Result};
use crate::output;
use crate::pipeline::table::Table;
use crate::pipeline::{Forecaster, Prediction};
use crate::report::append;
use crate::report::forecasts::Layout;
use crate::report::rows::{RowWriter, Rows, RowsFormat};
use crate::terminal::Phase;

/// Runs the command.
pub fn run(args: &PredictArgs, printer: &Printer) -> Result<()> {
    let mut table_flags = args.table_flags.clone();
    // `--wide` alone is about the output, see the flag.
    table_flags.wide = table_flags.wide.filter(|name| !name.is_empty());
    args.check_append()?;
    args.options().check()?;
    if let Some(out) = args.out.as_deref().map(Path::new) {
        RowsFormat::for_path("--out", args.format, out)?;
        output::check_writable(out)?;
    }
    super::note_seed(&args.run, printer);
    let overrides = flags::model_overlay(&table_flags, &args.bounds, &args.run);
    let mut source = super::source(args.table.as_deref())?;
    let forecaster = super::forecaster(&args.model, overrides, printer)?;
    let forecaster = super::among(forecaster, &args.across, printer)?;
    if args.follow {
        return follow::run(args, printer, &forecaster, &source);
    }
    if reads_newest(args, printer) {
        let phase = printer.phase("forecasting from the newest rows");
        // Where its newest rows are not enough, standard input is read a second time.
        source = forecaster.kept(&source)?;
        if let Some(prediction) = forecaster.predict_newest(&source, &args.options()) {
            let rows = prediction.rows(args.form(&args.provenance(forecaster.id()))?);
            drop(phase);
            printer.notes(prediction.notes());
            return write(args, &rows?, printer);
        }
    }
    let (table, text) = printer.during("reading the table", || read_table(args, &forecaster, source))?;
    if args.format() == Some(RowsFormat::ArrowStream) {
        forecaster.require_whole(&table)?;
    }
    printer.served_notes(table.notes());
    let (options, mut notes) = (args.options(), Vec::new());
    if args.list_future {
        let rows = forecaster.rows_needed(&table, &options, &mut notes);
        printer.notes(&notes);
        return write(args, &rows?, printer);
    }
    let phase = printer.phase("forecasting");
    let prediction = forecaster.predict_noting(&table, &options, &mut notes);
    if args.append {
        drop(phase);
        printer.notes(&notes);
        return append_to(args, &table, text, &prediction?, printer);
    }
    let rows = prediction.and_then(|own| own.rows(args.form(&args.provenance(forecaster.id()))?));
    drop(phase);
    printer.notes(&notes);
    write(args, &rows?, printer)
}

/// Whether the newest rows of the table are enough: nothing else of it is to be printed, or asked of.
fn reads_newest(args: &PredictArgs, printer: &Printer) -> bool {
    let whole = args.append || args.list_future || args.future_table.is_some();
    !whole && args.format() != Some(RowsFormat::ArrowStream) && printer.verbose == 0
}

fn write(args: &PredictArgs, rows: &Rows, printer: &Printer) -> Result<()> {
    let _phase = writing(args, printer);
    let format = args.format().unwrap_or(RowsFormat::Csv);
    output::write_to(args.out.as_deref().map(Path::new), |w| Ok(rows.write(w, format)?))
}

/// Shows that a file is written; rows on a terminal show themselves.
fn writing(args: &PredictArgs, printer: &Printer) -> Option<Phase> {
    args.out.as_ref().and_then(|_| printer.phase("writing"))
}

/// `--append`: the input, followed by its forecast.
fn append_to(
    args: &PredictArgs,
    table: &Table,
    text: Option<Vec<u8>>,
    prediction: &Prediction,
    printer: &Printer,
) -> Result<()> {
    let _phase = writing(args, printer);
    let out = args.out.as_deref().map(Path::new);
    if let Some(text) = text.filter(|_| keeps_text(args, table)) {
        let tail = append::tail(&text, &table.dialect, &prediction.rows(Layout::Wide)?);
        return output::write_to(out, |w| {
            w.write_all(&text)?;
            Ok(w.write_all(&tail)?)
        });
    }
    let like_input = if table.dialect.format == "ndjson" { RowsFormat::Ndjson } else { RowsFormat::Csv };
    let format = args.format().unwrap_or(like_input);
    let chunks = prediction.after(table)?;
    output::write_to(out, |w| {
        let mut writer = RowWriter::new(w, format);
        chunks.iter().try_for_each(|rows| writer.write(rows))?;
        Ok(writer.finish()?)
    })
}

/// Whether `--append` may print the input as it is: delimited text, unless another format is
/// asked for by name.
fn keeps_text(args: &PredictArgs, table: &Table) -> bool {
    let same = match args.format {
        None => !matches!(args.format(), Some(f) if f != RowsFormat::Csv && f != RowsFormat::Tsv),
        Some(RowsFormat::Csv) => table.dialect.delimiter == Some(','),
        Some(RowsFormat::Tsv) => table.dialect.delimiter == Some('\t'),
        Some(_) => false,
    };
    same && table.dialect.format == "csv"
}

/// The table; for `--append` also its bytes, when it is one file or stdin.
fn read_table(
    args: &PredictArgs,
    forecaster: &Forecaster,
    source: Source,
) -> Result<(Table, Option<Vec<u8>>)> {
    if let Some(path) = &args.future_table {
        return Ok((forecaster.read_with_future(&source, path)?, None));
    }
    let whole = args.append && forecaster.reads_long();
    let bytes = match &source {
        Source::Stdin if whole => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|e| Error::data(Place::file("stdin"), format!("cannot read: {e}")))?;
            Some(("stdin".to_owned(), bytes))
        }
        // What cannot be read is left to the reader, which says why.
        Source::Paths(paths) if whole => match paths.as_slice() {
            [path] if Path::new(path).is_file() => {
                std::fs::read(path).ok().map(|bytes| (path.clone(), bytes))
            }
            _ => None,
        },
        _ => None,
    };
    match bytes {
        None => Ok((forecaster.read_own(source)?, None)),
        Some((name, bytes)) => {
            let (table, text) = forecaster.read_bytes(&name, bytes)?;
            Ok((table, Some(text)))
        }
    }
}
