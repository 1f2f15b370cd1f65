//! The windows of a table as a model sees them: those that `evaluate` scores, in all parts, and those that
//! `predict` forecasts; with all that the networks and the pool are told.

use std::borrow::Cow;

use super::forecaster::Forecaster;
use super::ingest::{Head, all_cuts};
use super::known_ahead;
use super::origins::{self, Wanted};
use super::series_filter::Chosen;
use super::table::Table;
use super::threads;
use crate::data::extend;
use crate::data::inputs::{Inputs, Scalings};
use crate::data::panel::Panel;
use crate::data::split::{Cut, Need};
use crate::data::summary::{Summary, WindowCounts};
use crate::error::{Error, Place, Result};
use crate::report::windows::{Export, Tensors};

/// The part of windows that have no row ahead in the table.
const AHEAD: u8 = 3;

/// A model's windows of one table.
pub(crate) struct ModelWindows<'a> {
    forecaster: &'a Forecaster,
    table: Cow<'a, Table>,
    need: Need,
    cuts: Vec<Cut>,
    /// Part of each cut: 0 training, 1 validation, 2 test.
    parts: Vec<u8>,
    /// What there is to say of them.
    pub(crate) notes: Vec<String>,
}

impl<'a> ModelWindows<'a> {
    /// Cuts the windows at every `stride`-th row, as `evaluate` does with its `--stride`, in the parts of the
    /// model's training.
    ///
    /// # Errors
    /// `Error::Data` for a table that does not fit the model.
    pub(crate) fn cut(
        forecaster: &'a Forecaster,
        table: &'a Table,
        stride: Option<usize>,
    ) -> Result<ModelWindows<'a>> {
        let table = forecaster.own(table)?;
        let shape = forecaster.model.shape();
        let (input_window, horizon) = (shape.input_window, shape.horizon);
        let need = Need { input_window, horizon, least: forecaster.least_history() };
        let (cuts, parts) =
            all_cuts(&table.panel, need, forecaster.meta.bounds, stride.unwrap_or(shape.horizon));
        Ok(ModelWindows { forecaster, table, need, cuts, parts, notes: Vec::new() })
    }

    /// safetensors bytes, and how many windows they hold; see [`Tensors`].
    ///
    /// # Errors
    /// `Error::Data` where the table has no window, or misses a value ahead that the model must be told.
    pub(crate) fn tensors(&mut self, time_major: bool) -> Result<(Vec<u8>, usize)> {
        threads::run(|| self.gathered(time_major))
    }

    fn gathered(&mut self, time_major: bool) -> Result<(Vec<u8>, usize)> {
        let (forecaster, panel) = (self.forecaster, &self.table.panel);
        let (meta, need) = (&forecaster.meta, self.need);
        let mut tensors = Tensors::new(time_major, Some(&meta.pool));
        let sizes = |panel, inputs, cuts, parts| Export {
            panel,
            inputs,
            cuts,
            parts,
            input_window: need.input_window,
            horizon: need.horizon,
        };
        // Series that training has not seen are scaled as `evaluate` and `predict` do it.
        let from = vec![meta.bounds.test_start; panel.series.len()];
        let scalings = forecaster.scalings(panel, &from, &mut self.notes);
        let inputs = Inputs::build(panel, &meta.inputs, &scalings, 0);
        tensors.push(&sizes(panel, &inputs, &self.cuts, &self.parts));
        if let Some((panel, cuts)) = ahead(forecaster, panel, need, &mut self.notes)? {
            let mut until = vec![i64::MAX; panel.series.len()];
            for cut in &cuts {
                let series = panel.segments[cut.segment as usize].series as usize;
                until[series] = panel.stamps[cut.row - 1] + 1;
            }
            let scalings = Scalings::of(&panel, &meta.scaler, &until);
            let means = forecaster.means(&self.table.panel, &scalings);
            let inputs = Inputs::build_among(&panel, &meta.inputs, &scalings, need.horizon, means.as_deref());
            tensors.push(&sizes(&panel, &inputs, &cuts, &vec![AHEAD; cuts.len()]));
        }
        let count = tensors.len();
        if count == 0 {
            return Err(Error::data(
                Place::file(panel.source.clone()),
                format!(
                    "no window of {} + {} rows fits, so there is nothing to write",
                    need.input_window, need.horizon
                ),
            )
            .with_hint("give more rows of history"));
        }
        let scaler = &meta.scaler;
        let head = Head { table: &self.table, inputs: &inputs, scaler, time_major, model: Some(meta) };
        Ok((tensors.finish(head.json())?, count))
    }

    /// What is in the table, and the windows it makes.
    pub(crate) fn summary(&self) -> Summary {
        let (table, meta) = (&self.table, &self.forecaster.meta);
        let count = |part: u8| self.parts.iter().filter(|p| **p == part).count();
        let counts = WindowCounts {
            input_window: self.need.input_window,
            horizon: self.need.horizon,
            features: meta.inputs.len(),
            train: count(0),
            val: count(1),
            test: count(2),
        };
        Summary::new(&table.panel, &table.dialect, table.rows, counts, meta.bounds)
    }
}

/// The table continued by P empty rows after each series' last one, and where they begin: the windows that
/// `predict` forecasts. `None`, with a note, where no series can be forecast, or a value ahead is missing.
fn ahead(
    forecaster: &Forecaster,
    panel: &Panel,
    need: Need,
    notes: &mut Vec<String>,
) -> Result<Option<(Panel, Vec<Cut>)>> {
    let known = forecaster.known_ahead();
    let chosen = Chosen::new(None, panel)?;
    let observed = forecaster.has_rows_ahead();
    let wanted = Wanted { at: None, chosen: &chosen, least: need.least, observed, skip_short: true };
    let found = origins::origins(panel, &wanted, notes).and_then(|origins| {
        extend::require_rows(panel, &origins, need.horizon)?;
        let (future, cuts) = extend::extend(panel, &origins, need.horizon, &known);
        known_ahead::require(&future, &cuts, need.horizon, &known)?;
        Ok((future, cuts))
    });
    match found {
        Ok(found) => Ok(Some(found)),
        Err(why @ Error::Data { .. }) => {
            notes.push(format!("no window ahead of the table's end: {why}"));
            Ok(None)
        }
        Err(why) => Err(why),
    }
}
