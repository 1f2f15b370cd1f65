//! `ingest`: what is in a table, and the windows it makes.

use std::path::Path;

use serde_json::json;

use crate::cli::{GlobalFlags, IngestArgs, Layout, Overlay, TextOrJson, config_file};
use crate::config::{Config, Decoder, Layers};
use crate::data::inputs::{Inputs, Scalings};
use crate::data::long::Note;
use crate::data::panel::Panel;
use crate::data::read::ReadOptions;
use crate::data::scale::Scaler;
use crate::data::split::{self, Bounds, Cut, Need, Observed, Range};
use crate::data::summary::{Summary, WindowCounts};
use crate::error::{Error, Place, Result};
use crate::output;
use crate::pipeline::table::{self as prepare, Table};
use crate::report::rows::RowsFormat;
use crate::report::windows::Export;
use crate::terminal;

/// Runs the command.
pub fn run(args: &IngestArgs, global: &GlobalFlags) -> Result<()> {
    let file = config_file(args.settings.config.as_deref())?;
    let layers = Layers { base: Config::default(), file, flags: args.settings.overlay() };
    let mut config = layers.resolve()?;
    super::note_seed(&args.settings.run, global);
    if !global.quiet {
        super::note_all(&layers.without_effect(&config, false)?);
        let tensors = args.out.is_some() && args.layout == Layout::Windows;
        if args.time_major && !tensors {
            super::note_all(&["`--time-major` has no effect: no tensors are written".into()]);
        }
    }
    // Windows for other learners hold the columns themselves, whatever decoder would be trained.
    config.model.decoder = Decoder::Direct;
    super::use_threads(&config.run)?;
    let source = prepare::source(args.table.as_deref())?;
    let format = args.out.as_deref().map(|path| out_format(args, path)).transpose()?;
    if let Some(path) = &args.out {
        prepare::require_target(&config.data, args.table.as_deref().unwrap_or("TABLE"))?;
        output::check_writable(Path::new(path))?;
    }
    let table = prepare::table(
        &source,
        &ReadOptions::new(&config.data)?,
        &config.data,
        prepare::max_gap_rows(&config),
    )?;
    let panel = &table.panel;
    let season = panel.freq.season();
    let need = prepare::need(&config, panel, season);
    let bounds = Bounds::resolve(&config.split, panel)?;
    let (cuts, parts) = all_cuts(panel, need, bounds, config.windows.stride);
    let spec = crate::pipeline::fit::problem::input_spec(
        &config,
        panel,
        &bounds,
        need,
        parts.iter().filter(|p| **p == 0).count(),
    );
    let count = |part: u8| parts.iter().filter(|p| **p == part).count();
    let counts = WindowCounts {
        input_window: need.input_window,
        horizon: need.horizon,
        features: spec.len(),
        train: count(0),
        val: count(1),
        test: count(2),
    };
    if let (Some(path), Some(format)) = (&args.out, format) {
        if cuts.is_empty() {
            return Err(Error::data(
                Place::file(panel.source.clone()),
                format!(
                    "no window of {} + {} rows fits, so there is nothing to write",
                    need.input_window, need.horizon
                ),
            )
            .with_hint("use a smaller --input-window or --horizon"));
        }
        let scaler = Scaler::fit(
            panel,
            config.scale.scaler,
            crate::pipeline::fit::problem::skew(&config),
            bounds.val_start,
        );
        let inputs = Inputs::build(panel, &spec, &Scalings::of(panel, &scaler, &[]), 0);
        let metadata = metadata(&table, &inputs, &scaler, args.time_major);
        let export = Export {
            panel,
            inputs: &inputs,
            cuts: &cuts,
            parts: &parts,
            input_window: need.input_window,
            horizon: need.horizon,
            metadata,
        };
        match format {
            Out::Tensors => {
                let bytes = export.tensors(args.time_major)?;
                output::write_atomic(Path::new(path), |w| Ok(w.write_all(&bytes)?))?;
            }
            Out::Flat(format) => {
                let rows = export.flat();
                output::write_to(Some(Path::new(path)), |w| Ok(rows.write(w, format)?))?;
            }
        }
        if !global.quiet {
            terminal::print_line(format!("written {path}: {} windows", cuts.len()));
        }
    }
    let mut summary = Summary::new(panel, &table.dialect, table.rows, counts, bounds);
    let whole = Need { least: need.input_window, ..need };
    for (_, text) in split::empty_parts(panel, whole, bounds, &config.split) {
        summary.notes.push(Note { code: "empty_part", column: None, count: 0, text });
    }
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

fn out_format(args: &IngestArgs, path: &str) -> Result<Out> {
    let extension = Path::new(path).extension().and_then(|e| e.to_str()).unwrap_or("").to_lowercase();
    match (args.layout, extension.as_str()) {
        (Layout::Windows, "safetensors") => Ok(Out::Tensors),
        (Layout::Windows, _) => {
            Err(Error::usage(format!("--out {path}: windows are written as .safetensors"))
                .with_hint("name the file *.safetensors, or add --layout flat for .csv or .parquet"))
        }
        (Layout::Flat, _) if RowsFormat::of_path(Path::new(path)).is_some() => {
            Ok(Out::Flat(RowsFormat::of_path(Path::new(path)).unwrap_or(RowsFormat::Csv)))
        }
        (Layout::Flat, _) => Err(Error::usage(format!(
            "--out {path}: the flat layout is written as .parquet, .csv, .tsv, .arrow or .ndjson"
        ))
        .with_hint("name the file *.parquet or *.csv")),
    }
}

/// The windows of all three parts, in part order.
fn all_cuts(panel: &Panel, need: Need, bounds: Bounds, stride: usize) -> (Vec<Cut>, Vec<u8>) {
    let observed = Observed::new(panel);
    let need = Need { least: need.input_window, ..need };
    let mut all = Vec::new();
    let mut parts = Vec::new();
    let ranges = [
        (None, Some(bounds.val_start)),
        (Some(bounds.val_start), Some(bounds.test_start)),
        (Some(bounds.test_start), None),
    ];
    for (part, (from, until)) in ranges.into_iter().enumerate() {
        let cuts = split::cuts(panel, &observed, need, Range { from, until, stride });
        parts.resize(parts.len() + cuts.len(), part as u8);
        all.extend(cuts);
    }
    (all, parts)
}

fn metadata(table: &Table, inputs: &Inputs, scaler: &Scaler, time_major: bool) -> String {
    let panel = &table.panel;
    json!({
        "inputs": inputs.spec.names(),
        "targets": panel.columns.iter().take(panel.targets).map(|c| &c.name).collect::<Vec<_>>(),
        "series": panel.series.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "series_columns": panel.series_columns,
        "freq": panel.freq.to_string(),
        "layout": if time_major { "x is (T, N, F)" } else { "x is (N, T, F)" },
        "parts": ["train", "val", "test"],
        "scaler": scaler,
    })
    .to_string()
}
