//! A table on its grid: read by settings, to fit a model; or by the schema of a model that forecasts
//! it (see [`crate::pipeline::Forecaster::read`]).

use std::path::Path;
use std::sync::Arc;

use polars::prelude::DataFrame;

use crate::config::{Config, DataConfig};
use crate::data::freq::Freq;
use crate::data::freq::infer::{Inferred, infer};
use crate::data::holidays::Holidays;
use crate::data::long::{Dialect, LongFrame, Note};
use crate::data::panel::{Panel, PanelOptions};
use crate::data::read::{self, ReadOptions, Source};
use crate::data::roles;
use crate::error::{Error, Place, Result};
use crate::meter;
use crate::pipeline::threads;
use crate::pipeline::window_sizes::max_gap_rows;

/// A long-format table of several series, checked and laid on its grid.
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) panel: Panel,
    pub(crate) dialect: Dialect,
    /// Data rows read.
    pub(crate) rows: usize,
    pub(crate) hash: u64,
    /// Where it came from, to be read again by a model's schema.
    pub(crate) source: Source,
    /// The model by whose schema it was read; see [`crate::pipeline::Forecaster`].
    pub(crate) read_for: Option<u64>,
}

impl Table {
    /// Reads a CSV, Parquet, Arrow or NDJSON file, a folder of parts, or a glob. What the settings
    /// leave open (columns, stamps, step) is found out from the table.
    ///
    /// # Errors
    /// `Error::Data` for a table that is missing, unreadable or not what the settings say.
    pub fn read(path: impl AsRef<Path>, config: &Config) -> Result<Table> {
        let path = path.as_ref().to_string_lossy().into_owned();
        Table::open(&Source::Paths(vec![path]), config)
    }

    /// From a polars data frame of the same form: series columns, a time column, values.
    ///
    /// # Errors
    /// As [`Table::read`]; also for a column of a type that no file could hold.
    pub fn from_dataframe(frame: &DataFrame, config: &Config) -> Result<Table> {
        let bytes = read::arrow_bytes(frame)?;
        Table::open(&Source::Memory { name: "data frame".into(), bytes: Arc::new(bytes) }, config)
    }

    /// From any source.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn open(source: &Source, config: &Config) -> Result<Table> {
        Table::open_as(source, &ReadOptions::new(&config.data)?, config, None)
    }

    /// As [`Table::open`], by these options in place of those of the settings; `known` is the step of
    /// a model to start from, which holds where the settings name none.
    pub(crate) fn open_as(
        source: &Source,
        options: &ReadOptions,
        config: &Config,
        known: Option<&Freq>,
    ) -> Result<Table> {
        threads::run(|| {
            let mut frame = read::read(source, options)?;
            note_what_the_format_says(&mut frame, &config.data);
            refuse_too_fine(&frame, &config.data)?;
            let mut options = PanelOptions::for_training(config, max_gap_rows(config))?;
            if options.freq.is_none() {
                options.freq = known.filter(|freq| freq.is_calendar()).cloned();
                options.plain = known.is_some();
            }
            if let Some(path) = &config.data.holidays {
                let holidays = Holidays::read(path, &frame.series_columns, &frame.series, &frame.time)?;
                options.holidays = Some((holidays, path.clone()));
            }
            let table = lay(frame, &config.data, &options)?;
            Ok(Table { source: source.clone(), ..table })
        })
    }

    /// Its series on their grid.
    pub fn panel(&self) -> &Panel {
        &self.panel
    }

    /// What was found and cleaned while it was read.
    pub fn notes(&self) -> &[Note] {
        &self.panel.notes
    }
}

/// Settings of delimited text, given with another format.
fn note_what_the_format_says(frame: &mut LongFrame, data: &DataConfig) {
    if frame.dialect.format == "csv" {
        return;
    }
    let format = frame.dialect.format;
    let given = [
        ("delimiter", data.delimiter.is_some()),
        ("encoding", data.encoding.is_some()),
        ("decimal", data.decimal.is_some()),
        ("skip_rows", data.skip_rows.is_some()),
        ("skip_after_header", data.skip_after_header.is_some()),
        ("skip_footer", data.skip_footer.is_some()),
    ];
    for (name, _) in given.into_iter().filter(|(_, given)| *given) {
        let text = format!("`{name}` has no effect on {format}, which says this itself");
        frame.notes.push(Note { code: "no_effect", column: None, count: 0, text });
    }
}

/// Refuses a `freq` on which more than three rows in four would be missing.
fn refuse_too_fine(frame: &LongFrame, data: &DataConfig) -> Result<()> {
    let (Some(text), None) = (&data.freq, &data.resample) else { return Ok(()) };
    let (freq, Some(found)) = (Freq::parse(text)?, common_step(frame)) else { return Ok(()) };
    let share = freq.seconds() as f64 / found.seconds().max(1) as f64;
    // A step of which the commonest is no multiple leaves rows off the grid, and these are named.
    let counted = freq.known_after(i64::MIN).is_some();
    if counted || share >= 0.25 || found.seconds() % freq.seconds().max(1) != 0 {
        return Ok(());
    }
    Err(Error::data(
        Place::file(frame.source.clone()),
        format!("only {:.1} % of the {freq} rows exist; the commonest step is {found}", 100.0 * share),
    )
    .with_hint(format!("leave --freq out, or give a step nearer to {found}")))
}

/// The commonest step of a table, where its series agree: of those with enough rows to tell.
pub(crate) fn common_step(frame: &LongFrame) -> Option<Freq> {
    let mut series = vec![Vec::new(); frame.series.len()];
    for (id, stamp) in frame.series_id.iter().zip(&frame.stamps) {
        if let Some(own) = series.get_mut(*id as usize) {
            own.push(*stamp);
        }
    }
    for own in &mut series {
        own.sort_unstable();
        own.dedup();
    }
    series.retain(|own| own.len() > 8);
    match infer(series.iter().map(Vec::as_slice), &frame.time) {
        Inferred::One(found) => Some(found.on(&frame.time)),
        _ => None,
    }
}

/// Lays a table that was read on its grid.
pub(crate) fn lay(frame: LongFrame, data: &DataConfig, options: &PanelOptions) -> Result<Table> {
    let (dialect, rows, hash) = (frame.dialect.clone(), frame.len(), frame.hash);
    let source = Source::Paths(vec![frame.source.clone()]);
    meter::stage("laying it on its grid");
    let mut panel = Panel::build(frame, options)?;
    let fixed = roles::find(&panel, &data.fixed, "static")?;
    roles::fill_static(&mut panel, &fixed)?;
    roles::find(&panel, &data.future, "future")?;
    Ok(Table { panel, dialect, rows, hash, source, read_for: None })
}

/// Refuses settings without a target column; `table` is its name, for the hint.
///
/// # Errors
/// `Error::Usage`.
pub fn require_target(data: &DataConfig, table: &str) -> Result<()> {
    if data.target.is_empty() {
        return Err(Error::usage("which column should be forecast?")
            .with_hint(format!("name it with --target; `lstm-forecast ingest {table}` lists the columns")));
    }
    Ok(())
}
