//! From settings and a table to a checked panel: the steps that every command shares.

use std::io::IsTerminal;

use crate::config::{Config, DataConfig};
use crate::data::freq::Freq;
use crate::data::freq::infer::{Inferred, infer};
use crate::data::long::{Dialect, LongFrame, Note};
use crate::data::panel::{Panel, PanelOptions};
use crate::data::read::{self, ReadOptions, Source};
use crate::data::roles;
use crate::data::split::{Bounds, Need};
use crate::error::{Error, Place, Result};
use crate::terminal;

/// Default rows of history and ahead: a week of hours, eight weeks of days, and so on.
/// (season, input window, horizon)
const DEFAULTS: [(usize, usize, usize); 6] =
    [(24, 168, 24), (7, 56, 7), (52, 104, 13), (12, 36, 12), (4, 16, 4), (1, 24, 3)];

/// A table on its grid.
pub struct Table {
    pub panel: Panel,
    pub dialect: Dialect,
    /// Data rows read.
    pub rows: usize,
    pub hash: u64,
}

/// Where the table comes from; refuses to wait for a terminal.
pub fn source(table: Option<&str>) -> Result<Source> {
    let stdin_is_terminal = std::io::stdin().is_terminal();
    match table {
        Some("-") if stdin_is_terminal => {
            Err(Error::usage("`-` reads the table from standard input, but nothing is piped in")
                .with_hint("name a file, or pipe one in: cat readings.csv | lstm-forecast …"))
        }
        Some("-") => Ok(Source::Stdin),
        Some(path) => Ok(Source::Paths(vec![path.to_string()])),
        None if stdin_is_terminal => Err(Error::usage("no table was given")
            .with_hint("name a file (lstm-forecast ingest readings.csv), or pipe one in and write `-`")),
        None => Ok(Source::Stdin),
    }
}

/// Reads the table and lays it on its grid.
pub fn table(
    source: &Source,
    options: &ReadOptions,
    data: &DataConfig,
    max_gap_rows: usize,
) -> Result<Table> {
    let mut frame = read::read(source, options)?;
    if frame.dialect.format != "csv" {
        let format = frame.dialect.format;
        let given = [
            ("delimiter", data.delimiter.is_some()),
            ("encoding", data.encoding.is_some()),
            ("decimal", data.decimal.is_some()),
            ("skip_rows", data.skip_rows.is_some()),
        ];
        for (name, _) in given.into_iter().filter(|(_, given)| *given) {
            let text = format!("`{name}` has no effect on {format}, which says this itself");
            frame.notes.push(Note { code: "no_effect", column: None, count: 0, text });
        }
    }
    refuse_too_fine(&frame, data)?;
    lay(frame, data, max_gap_rows)
}

/// Refuses a `freq` on which more than three rows in four would be missing.
fn refuse_too_fine(frame: &LongFrame, data: &DataConfig) -> Result<()> {
    let (Some(text), None) = (&data.freq, &data.resample) else { return Ok(()) };
    let (freq, Some(found)) = (Freq::parse(text)?, common_step(frame)) else { return Ok(()) };
    let share = freq.seconds() as f64 / found.seconds().max(1) as f64;
    // A step of which the commonest is no multiple leaves rows off the grid, and these are named.
    if share >= 0.25 || found.seconds() % freq.seconds().max(1) != 0 {
        return Ok(());
    }
    Err(Error::data(
        Place::file(frame.source.clone()),
        format!("only {:.1} % of the {freq} rows exist; the commonest step is {found}", 100.0 * share),
    )
    .with_hint(format!("leave --freq out, or give a step nearer to {found}")))
}

/// The commonest step of a table, where its series agree: of those with enough rows to tell.
pub fn common_step(frame: &LongFrame) -> Option<Freq> {
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
pub fn lay(frame: LongFrame, data: &DataConfig, max_gap_rows: usize) -> Result<Table> {
    let (dialect, rows, hash) = (frame.dialect.clone(), frame.len(), frame.hash);
    let mut panel = Panel::build(frame, &PanelOptions::from_config(data, max_gap_rows)?)?;
    let fixed = roles::find(&panel, &data.fixed, "static")?;
    roles::fill_static(&mut panel, &fixed)?;
    roles::find(&panel, &data.future, "future")?;
    Ok(Table { panel, dialect, rows, hash })
}

/// Sizes of windows: what was asked for, else what suits the frequency and the table's length.
pub fn need(config: &Config, panel: &Panel, season: usize) -> Need {
    let (input_window, horizon) = default_sizes(season);
    let longest = panel.segments.iter().map(|s| s.len).max().unwrap_or(0);
    let train = (longest as f64 * config.split.split[0].max(0.1)) as usize;
    let horizon = config.windows.horizon.unwrap_or_else(|| horizon.min((train / 4).max(1)));
    let input_window = config
        .windows
        .input_window
        .unwrap_or_else(|| input_window.min((train.saturating_sub(horizon) / 2).max(1)));
    let least = if config.windows.pad_short { (input_window / 8).max(1) } else { input_window };
    Need { input_window, horizon, least }
}

/// (input window, horizon) for a season of so many rows.
pub fn default_sizes(season: usize) -> (usize, usize) {
    match DEFAULTS.iter().find(|(s, _, _)| *s == season) {
        Some((_, input, horizon)) => (*input, *horizon),
        // Other seasons (15-minute rows: 96, minutes: 1440): two of them, within reason.
        None => ((2 * season).clamp(24, 336), season.clamp(1, 96)),
    }
}

/// The longest hole that a window may span: one window's worth of rows.
pub fn max_gap_rows(config: &Config) -> usize {
    config.windows.input_window.unwrap_or(168)
}

/// Refuses a table without a target column.
pub fn require_target(data: &DataConfig, source: &str) -> Result<()> {
    if data.target.is_empty() {
        return Err(Error::usage("which column should be forecast?")
            .with_hint(format!("name it with --target; `lstm-forecast ingest {source}` lists the columns")));
    }
    Ok(())
}

/// Refuses a target without a single observed value before `until`.
pub fn require_observed(panel: &Panel, bounds: &Bounds) -> Result<()> {
    for column in panel.columns.iter().take(panel.targets) {
        let seen = column.values.iter().zip(&panel.stamps).any(|(v, s)| !v.is_nan() && *s < bounds.val_start);
        if !seen {
            return Err(Error::data(
                Place::file(panel.source.clone()).column(column.name.clone()),
                format!(
                    "no value is observed in the training part (before {})",
                    panel.time.display(bounds.val_start)
                ),
            )
            .with_hint("choose another --target, or a later --val-start"));
        }
    }
    Ok(())
}

/// Prints notes to stderr, a line each.
pub fn print_notes(notes: &[Note], quiet: bool) {
    if quiet {
        return;
    }
    for note in notes {
        terminal::print_line(format!("note: {}", note.text));
    }
}
