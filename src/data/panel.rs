//! The panel: every series on one regular grid, missing cells as NaN.
//!
//! Building it sorts rows by series and stamp, settles rows that repeat a key, finds the step,
//! and completes short holes; a long hole ends a segment instead. Row order never matters, except
//! that `first` and `last` of repeated rows mean the order in the file.

use crate::config::{Closed, Config, DataConfig, Duplicates, Partial, SplitConfig};
use crate::data::freq::Freq;
use crate::data::holidays::Holidays;
use crate::data::long::{LongFrame, Note, SeriesKey};
use crate::data::stamp::TimeStyle;
use crate::error::{Error, Place, Result};
use crate::text::{of_one, plural};

mod calendar;
mod grid;
mod holidays;
mod join;
mod off_grid;
mod resample;
#[cfg(test)]
mod tests;
pub use join::Join;

/// A contiguous run of grid rows of one series. A hole longer than the allowed gap ends a
/// segment, so that neither memory nor windows are spent on it; windows never cross segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Index into [`Panel::series`].
    pub series: u32,
    /// First row in the columns' values.
    pub offset: usize,
    /// Number of grid rows.
    pub len: usize,
}

/// All series on their grids, one after another in key order, segments in time order.
/// A row number always counts in these vectors.
#[derive(Debug, Clone)]
pub struct Panel {
    /// File name for messages.
    pub source: String,
    /// Sorted.
    pub series: Vec<SeriesKey>,
    /// Columns that name the series.
    pub series_columns: Vec<String>,
    /// Time columns, and how stamps are written.
    pub time: TimeStyle,
    /// Step of the grid.
    pub freq: Freq,
    /// Holidays that are a column, also of rows ahead.
    pub holidays: Option<Holidays>,
    /// Runs of rows without a long hole.
    pub segments: Vec<Segment>,
    /// UTC epoch seconds of every grid row; (rows).
    pub stamps: Vec<i64>,
    /// Targets first; (rows) each, NaN where not observed.
    pub columns: Vec<PanelColumn>,
    /// K.
    pub targets: usize,
    /// Categories of one-hot encoded text columns.
    pub categories: Vec<(String, Vec<String>)>,
    /// What was found and cleaned.
    pub notes: Vec<Note>,
    /// What was found while building, for `ingest`.
    pub found: Found,
}

/// One column of the panel.
#[derive(Debug, Clone)]
pub struct PanelColumn {
    /// As in the table, or `season=Winter` of a one-hot column.
    pub name: String,
    /// (rows), NaN where not observed.
    pub values: Vec<f64>,
}

/// Counts for the report.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Found {
    /// Rows that repeated a (series, stamp).
    pub duplicate_rows: usize,
    /// Grid rows that the table did not have, inside segments.
    pub missing_rows: usize,
    /// Holes too long to complete.
    pub long_holes: usize,
    /// The longest hole, completed or not.
    pub longest_hole: Hole,
    /// Rows without any value before a series' first value, which were left out.
    pub empty_leading_rows: usize,
}

/// A run of rows that the table does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Hole {
    /// Rows missing; 0 where there is no hole.
    pub rows: usize,
    /// In which series.
    pub series: String,
    /// The last stamp before it, in the table's form.
    pub after: String,
    /// The first stamp after it.
    pub before: String,
}

/// How a panel is built.
#[derive(Debug, Clone)]
pub struct PanelOptions {
    /// The step; inferred when `None`.
    pub freq: Option<Freq>,
    /// Which of several rows with one key counts; an error when `None` and they disagree.
    pub duplicates: Option<Duplicates>,
    /// Longest hole, in rows, that is completed.
    pub max_gap_rows: usize,
    /// Lay rows on a grid of this step, joining those that fall together.
    pub resample: Option<Freq>,
    /// Which end of a bin of `resample` belongs to it.
    pub closed: Closed,
    /// What becomes of first and last bins that the rows fill only in part.
    pub partial: Partial,
    /// How rows are joined: the rule of one column (`Some(name)`), or of all others (`None`).
    pub join: Vec<(Option<String>, Join)>,
    /// Holidays, and where they were read from.
    pub holidays: Option<(Holidays, String)>,
    /// Whether the holidays are a column for certain.
    pub column: bool,
    /// Whether a table without `freq` has a plain step for certain.
    pub plain: bool,
    /// Which rows are training rows: a calendar is learned from no others.
    pub split: SplitConfig,
}

impl PanelOptions {
    /// From settings.
    ///
    /// # Errors
    /// A step or a rule that cannot be read.
    pub fn from_config(data: &DataConfig, max_gap_rows: usize) -> Result<PanelOptions> {
        let freq = |text: &Option<String>| text.as_deref().map(Freq::parse).transpose();
        Ok(PanelOptions {
            freq: freq(&data.freq)?,
            duplicates: data.duplicates,
            max_gap_rows,
            resample: freq(&data.resample)?,
            closed: data.closed.unwrap_or_default(),
            partial: data.partial.unwrap_or_default(),
            join: data.agg.iter().map(|rule| Join::rule(rule)).collect::<Result<_>>()?,
            holidays: None,
            column: false,
            plain: false,
            split: SplitConfig::default(),
        })
    }

    /// From all settings of a training: which rows are training rows among them.
    ///
    /// # Errors
    /// As [`PanelOptions::from_config`].
    pub fn for_training(config: &Config, max_gap_rows: usize) -> Result<PanelOptions> {
        let options = PanelOptions::from_config(&config.data, max_gap_rows)?;
        Ok(PanelOptions { split: config.split.clone(), ..options })
    }

    fn join_of(&self, column: &str) -> Join {
        let own = self.join.iter().rev().find(|(name, _)| name.as_deref() == Some(column));
        let any = self.join.iter().rev().find(|(name, _)| name.is_none());
        own.or(any).map_or(Join::Mean, |(_, join)| *join)
    }
}

impl Panel {
    /// Lays a long frame on its grid.
    ///
    /// # Errors
    /// `Error::Data` for repeated keys that disagree, stamps off the grid, series of different
    /// steps, or a table from which no step can be found.
    pub fn build(mut frame: LongFrame, options: &PanelOptions) -> Result<Panel> {
        if frame.is_empty() {
            return Err(Error::data(Place::file(frame.source.clone()), "the table has a header but no rows")
                .with_hint("a forecast needs rows of history: one row a series and time stamp"));
        }
        let mut notes = std::mem::take(&mut frame.notes);
        let mut found = Found::default();
        join::sort(&mut frame);
        if let Some(step) = &options.resample {
            let step = step.clone().on(&frame.time);
            resample::resample(&mut frame, &step, options, &mut notes)?;
        } else {
            join::duplicates(&mut frame, options, &mut notes, &mut found)?;
        }
        drop_unobserved(&mut frame, &mut notes)?;
        trim_leading(&mut frame, &mut notes, &mut found);
        let freq = grid::frequency(&frame, options, &mut notes)?;
        let (freq, holidays) = holidays::without_holidays(&frame, freq, options, &mut notes)?;
        calendar::keep_slots(&mut frame, &freq, options.freq.is_none(), &mut notes)?;
        let layout = grid::layout(&mut frame, &freq, options.max_gap_rows, &mut found)?;
        if found.missing_rows > 0 {
            notes.push(note("missing_rows", found.missing_rows, format!(
                "{} missing rows were added, so that every series has a row each {freq}; nothing is known of them",
                found.missing_rows
            )));
        }
        if found.long_holes > 0 {
            notes.push(note(
                "long_hole",
                found.long_holes,
                format!(
                    "{} of more than {}; no window spans {}",
                    plural(found.long_holes, "hole"),
                    plural(options.max_gap_rows, "row"),
                    of_one(found.long_holes, "it", "them")
                ),
            ));
        }
        let mut columns = Vec::with_capacity(frame.columns.len());
        let mut categories: Vec<(String, Vec<String>)> = Vec::new();
        // One column at a time, so that both forms of the table are never whole in memory.
        for column in std::mem::take(&mut frame.columns) {
            if let Some((name, category)) = column.one_hot {
                match categories.iter_mut().find(|(n, _)| *n == name) {
                    Some((_, list)) => list.push(category),
                    None => categories.push((name, vec![category])),
                }
            }
            columns.push(PanelColumn { name: column.name, values: layout.place(column.values) });
        }
        let mut panel = Panel {
            holidays,
            source: frame.source,
            series: frame.series,
            series_columns: frame.series_columns,
            time: frame.time,
            freq,
            segments: layout.segments,
            stamps: layout.stamps,
            columns,
            targets: frame.targets,
            categories,
            notes,
            found,
        };
        panel.mark_holidays();
        Ok(panel)
    }

    /// The rows at and after a stamp (UTC epoch seconds).
    pub fn since(&self, stamp: i64) -> Panel {
        let mut cut = self.shell();
        cut.columns =
            self.columns.iter().map(|c| PanelColumn { name: c.name.clone(), values: Vec::new() }).collect();
        for segment in &self.segments {
            let end = segment.offset + segment.len;
            let rows = &self.stamps[segment.offset..end];
            let first = segment.offset + rows.partition_point(|s| *s < stamp);
            if first == end {
                continue;
            }
            cut.segments.push(Segment { series: segment.series, offset: cut.stamps.len(), len: end - first });
            cut.stamps.extend_from_slice(&self.stamps[first..end]);
            for (own, column) in cut.columns.iter_mut().zip(&self.columns) {
                own.values.extend_from_slice(&column.values[first..end]);
            }
        }
        cut
    }

    /// Fills the column of holidays anew, where there is one.
    pub fn mark_holidays(&mut self) {
        if let Some(list) = self.holidays.take() {
            holidays::mark(self, &list);
            self.holidays = Some(list);
        }
    }

    /// Everything but the rows.
    pub fn shell(&self) -> Panel {
        Panel {
            source: self.source.clone(),
            series: self.series.clone(),
            series_columns: self.series_columns.clone(),
            time: self.time.clone(),
            freq: self.freq.clone(),
            holidays: self.holidays.clone(),
            segments: Vec::new(),
            stamps: Vec::new(),
            columns: Vec::new(),
            targets: self.targets,
            categories: self.categories.clone(),
            notes: Vec::new(),
            found: Found::default(),
        }
    }
}

impl Panel {
    /// The segments of one series, in time order.
    pub fn segments_of(&self, series: u32) -> &[Segment] {
        let first = self.segments.partition_point(|s| s.series < series);
        let end = self.segments.partition_point(|s| s.series <= series);
        self.segments.get(first..end).unwrap_or(&[])
    }
}

fn note(code: &'static str, count: usize, text: String) -> Note {
    Note { code, column: None, count, text }
}

/// Leaves out series none of whose targets was ever observed.
fn drop_unobserved(frame: &mut LongFrame, notes: &mut Vec<Note>) -> Result<()> {
    if frame.targets == 0 {
        return Ok(());
    }
    let mut seen = vec![false; frame.series.len()];
    for column in &frame.columns[..frame.targets] {
        for (series, value) in frame.series_id.iter().zip(&column.values) {
            seen[*series as usize] |= !value.is_nan();
        }
    }
    if seen.iter().all(|s| *s) {
        return Ok(());
    }
    let target: Vec<&str> = frame.columns[..frame.targets].iter().map(|c| c.name.as_str()).collect();
    let target = target.join(", ");
    if seen.iter().all(|s| !s) {
        return Err(Error::data(
            Place::file(frame.source.clone()).column(target),
            "every cell is missing, so there is nothing to learn from",
        )
        .with_hint(
            "choose another --target; `lstm-forecast ingest TABLE` shows how much of each column is missing",
        ));
    }
    let lost: Vec<String> =
        frame.series.iter().zip(&seen).filter(|(_, s)| !**s).map(|(k, _)| k.to_string()).collect();
    let shown = lost.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = if lost.len() > 5 { format!(" and {} more", lost.len() - 5) } else { String::new() };
    notes.push(note(
        "series_without_target",
        lost.len(),
        format!("{target} is never observed in {shown}{more}: left out"),
    ));
    let keep: Vec<bool> = frame.series_id.iter().map(|s| seen[*s as usize]).collect();
    let mut renumber = vec![0u32; seen.len()];
    let mut next = 0;
    for (new, seen) in renumber.iter_mut().zip(&seen) {
        *new = next;
        next += u32::from(*seen);
    }
    let mut at = 0;
    frame.series.retain(|_| {
        at += 1;
        seen[at - 1]
    });
    join::retain(frame, &keep);
    for series in &mut frame.series_id {
        *series = renumber[*series as usize];
    }
    Ok(())
}

/// Leaves out rows before a series' first value of any column: nothing can be learned from them.
/// Empty rows at the end stay, since a forecast starts after the last row of the table.
fn trim_leading(frame: &mut LongFrame, notes: &mut Vec<Note>, found: &mut Found) {
    let mut keep: Option<Vec<bool>> = None;
    for range in grid::ranges(frame) {
        let empty = |i: &usize| frame.columns.iter().all(|c| c.values[*i].is_nan());
        let lead = range.clone().take_while(empty).count();
        // A series without any value stays for `ingest` to show.
        if lead > 0 && lead < range.len() {
            let keep = keep.get_or_insert_with(|| vec![true; frame.len()]);
            keep[range.start..range.start + lead].fill(false);
            found.empty_leading_rows += lead;
        }
    }
    if let Some(keep) = keep {
        join::retain(frame, &keep);
        let n = found.empty_leading_rows;
        notes.push(note(
            "empty_leading_rows",
            n,
            format!(
                "{} before the first value of {} series {} left out",
                plural(n, "row"),
                of_one(n, "its", "their"),
                of_one(n, "was", "were")
            ),
        ));
    }
}
