//! `ingest`: what is in a table, and the windows it makes.

use std::path::Path;

use crate::cli::{IngestArgs, Overlay, TextOrJson, WindowLayout};
use crate::cmd::printer::Printer;
use crate::config::{Config, Decoder, Layers, settings_file};
use crate::error::{Error, Result};
use crate::output;
use crate::pipeline::ingest::TableWindows;
use crate::pipeline::table::{Table, require_target};
use crate::report::rows::RowsFormat;

/// Runs the command.
pub fn run(args: &IngestArgs, printer: &Printer) -> Result<()> {
    let file = settings_file(args.settings.config.as_deref())?;
    let layers = Layers { base: Config::default(), file, flags: args.settings.overlay() };
    let mut config = layers.resolve()?;
    super::note_seed(&args.settings.run, printer);
    printer.notes(&layers.without_effect(&config, false)?);
    if args.time_major && !(args.out.is_some() && args.layout == WindowLayout::Windows) {
        printer.note("`--time-major` has no effect: no tensors are written");
    }
    // Windows for other learners hold the columns themselves, whatever decoder would be trained.
    config.model.decoder = Decoder::Direct;
    super::start_threads(&config.run)?;
    let source = super::source(args.table.as_deref())?;
    let out = args.out.as_deref().map(|path| out_format(args, path)).transpose()?;
    if let Some((path, _)) = out {
        require_target(&config.data, args.table.as_deref().unwrap_or("TABLE"))?;
        output::check_writable(Path::new(path))?;
    }
    let table = Table::open(&source, &config)?;
    let windows = TableWindows::cut(&table, &config)?;
    if let Some((path, out)) = out {
        match out {
            Out::Tensors => {
                let bytes = windows.tensors(args.time_major)?;
                output::write_atomic(Path::new(path), |w| Ok(w.write_all(&bytes)?))?;
            }
            Out::Flat(format) => {
                let rows = windows.flat(args.prefix.as_deref().unwrap_or_default())?;
                output::write_to(Some(Path::new(path)), |w| Ok(rows.write(w, format)?))?;
            }
        }
        printer.line(&format!("written {path}: {} windows", windows.len()));
    }
    let summary = windows.summary();
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
