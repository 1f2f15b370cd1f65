//! `predict`: the next P steps of every series, in the input's own columns and date form.

use std::io::Read;
use std::path::Path;

use candle_core::Device;

use crate::cli::{GlobalFlags, PredictArgs, flags};
use crate::data::extend;
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::read::{self, Source};
use crate::data::split::Cut;
use crate::error::{Error, Place, Result};
use crate::forecast::{self, Forecasts, Levels, Windows};
use crate::output;
use crate::pipeline::forecaster::{self as serve, Served};
use crate::pipeline::table::{self as prepare, Table};
use crate::report::append;
use crate::report::forecasts::{self, Layout};
use crate::report::rows::{RowWriter, RowsFormat};

use crate::pipeline::origins::{self, Wanted};
use crate::pipeline::series_filter::Chosen;
use crate::pipeline::{known_ahead, staleness};

/// Runs the command.
pub fn run(args: &PredictArgs, global: &GlobalFlags) -> Result<()> {
    let mut table_flags = args.table_flags.clone();
    // `--wide` alone is about the output, see the flag.
    table_flags.wide = table_flags.wide.filter(|name| !name.is_empty());
    if let Some(out) = args.out.as_deref().map(Path::new) {
        RowsFormat::for_path("--out", args.format, out)?;
        output::check_writable(out)?;
    }
    super::note_seed(&args.run, global);
    let overlay = flags::model_overlay(&table_flags, &args.bounds, &args.run);
    let source = prepare::source(args.table.as_deref())?;
    let mut served = serve::load(&args.model, overlay, &Device::Cpu)?;
    super::note_unsealed(&args.model, &served.meta, global);
    super::use_threads(&served.config.run)?;
    let device = super::device(&served.config.run, global)?;
    served.model = served.model.on(&device)?;
    if args.follow {
        return super::follow::run(args, global, &served, &device, &source);
    }
    let (table, text) = read_table(args, &served, &source)?;
    super::table_notes(&table.panel, global);
    if args.list_future {
        return known_ahead::list(args, global, &served, &table.panel);
    }
    let found = Found::new(args, global, &served, &table.panel, &device)?;
    let targets = &served.meta.schema.targets;
    let out = args.out.as_deref().map(Path::new);
    if !args.append {
        let rows = forecasts::rows(&found.future, &found.cuts, &found.forecasts, targets, layout(args)?);
        return output::write_to(out, |w| Ok(rows.write(w, format(args).unwrap_or(RowsFormat::Csv))?));
    }
    if let Some(text) = text.filter(|_| keeps_text(args, &table)) {
        let rows = forecasts::rows(&found.future, &found.cuts, &found.forecasts, targets, Layout::Wide);
        let tail = append::tail(&text, &table.dialect, &rows);
        return output::write_to(out, |w| {
            w.write_all(&text)?;
            Ok(w.write_all(&tail)?)
        });
    }
    let like_input = if table.dialect.format == "ndjson" { RowsFormat::Ndjson } else { RowsFormat::Csv };
    let format = format(args).unwrap_or(like_input);
    let chunks = forecasts::history_and(&table.panel, &found.future, &found.cuts, &found.forecasts, targets);
    output::write_to(out, |w| {
        let mut writer = RowWriter::new(w, format);
        chunks.iter().try_for_each(|rows| writer.write(rows))?;
        Ok(writer.finish()?)
    })
}

/// The format that was asked for: by `--format`, else by the ending of `--out`.
pub(crate) fn format(args: &PredictArgs) -> Option<RowsFormat> {
    args.format.or_else(|| RowsFormat::of_path(Path::new(args.out.as_deref()?)))
}

/// `--quantiles`.
pub(crate) fn levels(args: &PredictArgs) -> Levels {
    levels_of(args.quantiles.as_ref().map_or(&[], |l| &l.0))
}

/// What the list of a flag means: infinity for all.
pub(crate) fn levels_of(list: &[f64]) -> Levels {
    match list {
        [] => Levels::None,
        all if all.iter().any(|level| level.is_infinite()) => Levels::All,
        some => Levels::At(some.to_vec()),
    }
}

/// `--interval`.
pub(crate) fn wanted(args: &PredictArgs) -> &[u8] {
    args.interval.as_ref().map_or(&[], |levels| &levels.0)
}

/// `--long` or `--wide`.
pub(crate) fn layout(args: &PredictArgs) -> Result<Layout> {
    match (args.long, args.table_flags.wide.as_deref()) {
        (true, Some("")) => Err(Error::usage("--long and --wide exclude each other")
            .with_hint("--long: one row a target; --wide, the default: one column a target")),
        (true, _) => Ok(Layout::Long),
        (false, _) => Ok(Layout::Wide),
    }
}

/// The table; for `--append` also its bytes, when it is one file or stdin.
fn read_table(args: &PredictArgs, served: &Served, source: &Source) -> Result<(Table, Option<Vec<u8>>)> {
    let (options, data) = serve::options(served)?;
    if let Some(path) = &args.future_table {
        let frame = known_ahead::join(served, read::read(source, &options)?, path)?;
        return Ok((serve::lay_whole(served, frame, &data)?, None));
    }
    let whole = args.append && data.wide.is_none() && !data.series_from_filename;
    let bytes = match source {
        Source::Stdin if whole => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|e| Error::data(Place::file("stdin"), format!("cannot read: {e}")))?;
            Some(("stdin", bytes))
        }
        // What cannot be read is left to the reader, which says why.
        Source::Paths(paths) if whole => match paths.as_slice() {
            [path] if Path::new(path).is_file() => {
                std::fs::read(path).ok().map(|bytes| (path.as_str(), bytes))
            }
            _ => None,
        },
        _ => None,
    };
    let Some((name, bytes)) = bytes else {
        return Ok((serve::lay_whole(served, read::read(source, &options)?, &data)?, None));
    };
    let bytes = read::unpacked(name, bytes)?;
    let frame = read::read_bytes(name, bytes.clone(), &options)?;
    Ok((serve::lay_whole(served, frame, &data)?, Some(bytes)))
}

/// Whether `--append` may print the input as it is: delimited text, unless another format is
/// asked for by name.
fn keeps_text(args: &PredictArgs, table: &Table) -> bool {
    let same = match args.format {
        None => !matches!(format(args), Some(f) if f != RowsFormat::Csv && f != RowsFormat::Tsv),
        Some(RowsFormat::Csv) => table.dialect.delimiter == Some(','),
        Some(RowsFormat::Tsv) => table.dialect.delimiter == Some('\t'),
        Some(_) => false,
    };
    same && table.dialect.format == "csv"
}

/// The forecasts of every series' next P rows.
struct Found {
    /// The panel up to each origin, continued by P empty rows.
    future: Panel,
    cuts: Vec<Cut>,
    forecasts: Forecasts,
}

impl Found {
    fn new(
        args: &PredictArgs,
        global: &GlobalFlags,
        served: &Served,
        panel: &Panel,
        device: &Device,
    ) -> Result<Found> {
        let ahead = known_ahead::columns(served);
        let intervals = served.intervals(&args.model, wanted(args))?;
        let at = args.at.as_deref().map(|text| panel.time.parse_one(text)).transpose()?;
        let chosen = Chosen::new(&args.only, panel)?;
        let wanted =
            Wanted { at, chosen: &chosen, least: served.least_history(), observed: !ahead.is_empty() };
        let origins = origins::origins(panel, args, &wanted, global.quiet)?;
        if let Some(most) = args.max_age {
            staleness::require(panel, &origins, most)?;
        }
        if !global.quiet {
            let patience = served.meta.schema.season.max(served.model.shape().horizon);
            super::note_all(&staleness::notes(panel, &origins, at.is_some(), patience));
        }
        // Series unknown to the model are scaled by all their rows before the origin.
        let mut until = vec![i64::MIN; panel.series.len()];
        for cut in &origins {
            let series = panel.segments[cut.segment as usize].series as usize;
            until[series] = panel.stamps[cut.row - 1] + 1;
        }
        let scalings = served.scalings(panel, &until, global.quiet);
        let (future, cuts) = extend::extend(panel, &origins, served.model.shape().horizon, &ahead);
        let cuts = chosen.cuts(&future, cuts);
        known_ahead::require(&future, &cuts, served.model.shape().horizon, &ahead)?;
        let inputs = Inputs::build(&future, &served.meta.inputs, &scalings, served.model.shape().horizon);
        let window = served.model.shape().input_window;
        let windows = Windows::new(&inputs, device, cuts.len() * window)?;
        let levels = levels(args);
        let forecasts = forecast::forecast(&served.chain(&intervals, &levels), &windows, &future, &cuts)?;
        Ok(Found { future, cuts, forecasts })
    }
}
