//! `ingest`: what is in a table, and the windows it makes.

use std::path::Path;

use crate::cli::{BoundFlags, IngestArgs, Overlay, TextOrJson, WindowLayout, flags};
use crate::cmd::printer::Printer;
use crate::config::{Config, Decoder, Layers, settings_file};
use crate::data::summary::Summary;
use crate::error::{Error, Result};
use crate::output;
use crate::pipeline::ingest::TableWindows;
use crate::pipeline::model_windows::ModelWindows;
use crate::pipeline::table::{Table, require_target};
use crate::report::rows::{Rows, RowsFormat};
use crate::text::plural;

/// Runs the command.
pub fn run(args: &IngestArgs, printer: &Printer) -> Result<()> {
    super::note_seed(&args.settings.run, printer);
    if args.time_major && !(args.out.is_some() && args.layout == WindowLayout::Windows) {
        printer.note("`--time-major` has no effect: no tensors are written");
    }
    match &args.model {
        None => by_settings(args, printer),
        Some(model) => by_model(args, model, printer),
    }
}

/// The table and its windows as settings say.
fn by_settings(args: &IngestArgs, printer: &Printer) -> Result<()> {
    let file = settings_file(args.settings.config.as_deref())?;
    let layers = Layers { base: Config::default(), file, flags: args.overlay() };
    let mut config = layers.resolve()?;
    printer.notes(&layers.without_effect(&config, false)?);
    if args.layout == WindowLayout::Flat {
        // Flat windows, for other learners, hold the columns themselves.
        config.model.decoder = Decoder::Direct;
    }
    super::start_threads(&config.run)?;
    let source = super::source(args.table.as_deref())?;
    let out = args.out.as_deref().map(|path| out_format(args, path)).transpose()?;
    if let Some((path, _)) = out {
        require_target(&config.data, args.table.as_deref().unwrap_or("TABLE"))?;
        output::check_writable(Path::new(path))?;
    }
    let table = printer.during("reading the table", || Table::open(&source, &config))?;
    let phase = printer.phase("cutting windows");
    let windows = TableWindows::cut(&table, &config)?;
    if let Some((path, out)) = out {
        match out {
            Out::Tensors => write_tensors(path, &windows.tensors(args.time_major)?)?,
            Out::Flat(format) => {
                let rows = windows.flat(args.prefix.as_deref().unwrap_or_default())?;
                output::write_to(Some(Path::new(path)), |w| Ok(rows.write(w, format)?))?;
            }
        }
        printer.line(&format!("written {path}: {}", plural(windows.len(), "window")));
    }
    let summary = windows.summary();
    drop(phase);
    print(&summary, args)
}

/// The same as a model sees them.
fn by_model(args: &IngestArgs, model: &str, printer: &Printer) -> Result<()> {
    let out = args.out.as_deref().map(|path| out_format(args, path)).transpose()?;
    if let Some((path, Out::Flat(_))) = out {
        return Err(Error::usage(format!("--out {path}: a model's windows have no flat layout"))
            .with_hint("leave out --layout, and name the file *.safetensors"));
    }
    if let Some(path) = &args.means {
        RowsFormat::for_path("--means", None, Path::new(path))?;
        output::check_writable(Path::new(path))?;
    }
    for key in args.settled_by_model() {
        printer.note(&format!("`{key}` has no effect: it is that of {model}"));
    }
    if let Some((path, _)) = out {
        output::check_writable(Path::new(path))?;
    }
    let source = super::source(args.table.as_deref())?;
    let settings = &args.settings;
    let overrides = flags::model_overlay(&settings.table_flags, &BoundFlags::default(), &settings.run);
    let forecaster = super::forecaster(model, overrides, printer)?;
    let table = printer.during("reading the table", || forecaster.read(&source))?;
    printer.served_notes(table.notes());
    if let Some(path) = &args.means {
        return write_means(path, &forecaster.means_rows(&table)?, printer);
    }
    let mut windows = ModelWindows::cut(&forecaster, &table, settings.windows.stride)?;
    if let Some((path, _)) = out {
        let made = windows.tensors(args.time_major);
        printer.notes(&windows.notes);
        let (bytes, count) = made?;
        write_tensors(path, &bytes)?;
        printer.line(&format!("written {path}: {count} windows"));
    }
    print(&windows.summary(), args)
}

fn write_means(path: &str, rows: &Rows, printer: &Printer) -> Result<()> {
    let path = Path::new(path);
    let format = RowsFormat::for_path("--means", None, path)?.unwrap_or(RowsFormat::Csv);
    output::write_to(Some(path), |w| Ok(rows.write(w, format)?))?;
    if output::is_file(path) {
        printer.line(&format!("written {}: sums at {}", path.display(), plural(rows.len(), "stamp")));
    }
    Ok(())
}

fn write_tensors(path: &str, bytes: &[u8]) -> Result<()> {
    output::write_atomic(Path::new(path), |w| Ok(w.write_all(bytes)?))
}

fn print(summary: &Summary, args: &IngestArgs) -> Result<()> {
    let text = match args.format {
        TextOrJson::Text => summary.text(),
        TextOrJson::Json => summary.json(),
    };
    output::write_stdout(|w| Ok(w.write_all(text.as_bytes())?))
}

enum Out {
    Tensors,
    Flat(RowsFormat),
}

/// Where to write, and in which form.
fn out_format<'a>(args: &IngestArgs, path: &'a str) -> Result<(&'a str, Out)> {
    let extension = Path::new(path).extension().and_then(|e| e.to_str()).unwrap_or("").to_lowercase();
    match (args.layout, extension.as_str(), RowsFormat::of_path(Path::new(path))) {
        (WindowLayout::Windows, "safetensors", _) => Ok((path, Out::Tensors)),
        (WindowLayout::Windows, ..) => {
            Err(Error::usage(format!("--out {path}: windows are written as .safetensors"))
                .with_hint("name the file *.safetensors, or add --layout flat for .csv or .parquet"))
        }
        (WindowLayout::Flat, _, Some(format)) => Ok((path, Out::Flat(format))),
        (WindowLayout::Flat, ..) => Err(Error::usage(format!(
            "--out {path}: the flat layout is written as .parquet, .csv, .tsv, .arrow or .ndjson"
        ))
        .with_hint("name the file *.parquet or *.csv")),
    }
}
