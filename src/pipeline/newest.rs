//! `predict` from the newest rows of a long table: those that forecasts can depend on, where the rest is
//! known to change nothing. What is forecast, and what is said, is that of the whole table to the byte;
//! wherever that is not certain there is no answer, and the whole table is read.

use std::collections::HashMap;
use std::sync::Arc;

use super::forecaster::Forecaster;
use super::options::PredictOptions;
use super::predict::{Ahead, Prediction};
use super::table::Table;
use super::threads;
use crate::config::ScalerKind;
use crate::data::extend;
use crate::data::freq::{DAY, Freq};
use crate::data::long::SeriesKey;
use crate::data::panel::{Panel, Segment};
use crate::data::read::newest::{self, Need};
use crate::data::read::{self, Source};
use crate::error::Result;

/// Rows kept beyond those that a forecast depends on, so that something was observed in them.
const MORE: usize = 64;

impl Forecaster {
    /// As [`Forecaster::predict`] of a table that is read for nothing else, from its newest rows where they
    /// are enough; `None` where the table has to be read whole, also for what is wrong with it.
    pub fn predict_newest(&self, source: &Source, options: &PredictOptions) -> Option<Prediction> {
        threads::run(|| self.newest_prediction(source, options))
    }

    /// As [`Forecaster::read`], of a source that nobody else needs: bytes in memory are not copied.
    pub(crate) fn read_own(&self, source: Source) -> Result<Table> {
        let Source::Memory { name, bytes } = source else { return self.read(&source) };
        threads::run(|| {
            let (options, data) = self.read_options()?;
            let bytes = Arc::try_unwrap(bytes).unwrap_or_else(|shared| shared.to_vec());
            self.lay_whole(read::read_bytes(&name, bytes, &options)?, &data)
        })
    }

    fn newest_prediction(&self, source: &Source, options: &PredictOptions) -> Option<Prediction> {
        let (schema, trained) = (&self.meta.schema, &self.meta.config.data);
        let step = match schema.freq {
            Freq::Seconds(step) => step,
            Freq::Days(days) => days.checked_mul(DAY)?,
            _ => return None,
        };
        let (read, data) = self.read_options().ok()?;
        let as_trained = data.freq == trained.freq && data.time_format == trained.time_format;
        // Means of a larger table are held against all rows of this one.
        if self.means.is_some()
            || !as_trained
            || data.time_zone.is_some()
            || data.holidays.is_some()
            || schema.holidays.is_some()
        {
            return None;
        }
        let alike = matches!(self.meta.scaler.kind, ScalerKind::Global | ScalerKind::None);
        let horizon = self.model.shape().horizon;
        let rows = self.rows_seen() + horizon + MORE.max(self.meta.inputs.max_fill.unwrap_or(0) + 1);
        let at = options.at.as_deref().map(|at| schema.time.parse_one(at)).transpose().ok()?;
        let need = Need {
            known: &|key| alike || self.meta.scaler.known(key).is_some(),
            rows,
            since: at.map(|at| at.saturating_sub(step.saturating_mul(rows as i64))),
            step,
            style: &schema.time,
            max_gap_rows: schema.max_gap_rows,
        };
        let newest = newest::newest(source, &read, &need)?;
        let (series, cut) = (newest.frame.series.len(), newest.cut);
        let panel = self.lay_whole(newest.frame, &data).ok()?.panel;
        let found = &panel.found;
        if panel.series.len() != series || found.duplicate_rows > 0 || found.empty_leading_rows > 0 {
            return None;
        }
        let mut notes = Vec::new();
        let ahead = self.ahead(&panel, options, &mut notes).ok()?;
        self.suffices(&panel, &ahead, &cut)?;
        let prediction = self.predict_ahead(ahead, options).ok()?;
        Some(prediction.with_notes(notes))
    }

    /// `Some` where forecasts, and what is said of them, are those of the whole table; `cut` are the series
    /// of which older rows are missing, sorted.
    fn suffices(&self, panel: &Panel, ahead: &Ahead, cut: &[SeriesKey]) -> Option<()> {
        let (future, horizon, seen) = (&ahead.future, self.model.shape().horizon, self.rows_seen());
        // The segment up to its origin of each series that has one.
        let own: HashMap<u32, &Segment> = future.segments.iter().map(|s| (s.series, s)).collect();
        let since = extend::since(future, &ahead.cuts, seen);
        for key in cut {
            let series = panel.series.binary_search(key).ok()? as u32;
            let (first, segment) = (panel.segments_of(series).first()?, own.get(&series)?);
            let rows = segment.offset..segment.offset + segment.len - horizon;
            let starts = *panel.stamps.get(first.offset)?;
            // Another one begins after a hole, and is whole.
            let is_first = future.stamps.get(segment.offset) == Some(&starts);
            let before = if is_first { rows.len().checked_sub(seen)? } else { 0 };
            // Means are of the rows of all series beside the windows, filled from values before them.
            if self.looks_across() && (starts > since || !is_first && !self.is_filled(panel, first, since)) {
                return None;
            }
            let enough = self.meta.inputs.max_fill.is_some_and(|most| before > most);
            for (at, column) in future.columns.iter().enumerate() {
                let observed =
                    |rows| column.values.get(rows).is_some_and(|v: &[f64]| v.iter().any(|v| !v.is_nan()));
                let filled = !is_first || enough || observed(rows.start..rows.start + before + 1);
                // How old the newest value is, is told.
                if !filled || at < future.targets && !observed(rows.clone()) {
                    return None;
                }
            }
        }
        Some(())
    }

    /// Whether a segment begins so long before `since`, with values in every column, that what was before it does
    /// not matter there.
    fn is_filled(&self, panel: &Panel, segment: &Segment, since: i64) -> bool {
        let window = self.model.shape().input_window;
        let rows = segment.offset..segment.offset + segment.len.min(window);
        let before = panel.freq.advance(since, -(window as i64), &panel.time);
        let observed =
            |values: &[f64]| values.get(rows.clone()).is_some_and(|v| v.iter().any(|v| !v.is_nan()));
        panel.stamps.get(segment.offset).is_some_and(|start| *start <= before)
            && panel.columns.iter().all(|column| observed(&column.values))
    }
}
