//! The verb `predict`: the next P steps of every series.

use std::borrow::Cow;

use polars::prelude::DataFrame;

use super::forecaster::Forecaster;
use super::options::{MaxAge, PredictOptions};
use super::origins::{self, At, Wanted};
use super::series_filter::Chosen;
use super::table::Table;
use super::{known_ahead, staleness, threads};
use crate::data::extend;
use crate::data::inputs::{Inputs, Scalings};
use crate::data::lead::Means;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::Result;
use crate::forecast::{self, Forecasts, Windows};
use crate::meter;
use crate::report::forecasts::{self as report, Form, Layout};
use crate::report::rows::Rows;

/// Forecasts of the next P steps of every series.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// The panel up to each origin, continued by P empty rows.
    pub(super) future: Panel,
    pub(super) cuts: Vec<Cut>,
    pub(super) forecasts: Forecasts,
    targets: Vec<String>,
    notes: Vec<String>,
}

/// A table that is continued by the rows to forecast.
pub(super) struct Ahead {
    /// The panel up to each origin, then P rows.
    pub(super) future: Panel,
    pub(super) cuts: Vec<Cut>,
    pub(super) scalings: Scalings,
    /// Means over all series of the table, where the model looks at them.
    pub(super) means: Option<Means>,
}

impl Forecaster {
    /// Forecasts the next P steps of every series of the table.
    ///
    /// # Errors
    /// `Error::Data` for a table that does not fit, for too little history, or a value ahead that is
    /// missing; `Error::Usage` for levels that the model cannot give; `Error::Checkpoint` for
    /// intervals that it is not calibrated for.
    pub fn predict(&self, table: &Table, options: &PredictOptions) -> Result<Prediction> {
        let mut notes = Vec::new();
        let prediction = self.predict_noting(table, options, &mut notes)?;
        Ok(Prediction { notes, ..prediction })
    }

    /// As [`Forecaster::predict`], with notes that are there even where the prediction fails.
    ///
    /// # Errors
    /// As [`Forecaster::predict`].
    pub fn predict_noting(
        &self,
        table: &Table,
        options: &PredictOptions,
        notes: &mut Vec<String>,
    ) -> Result<Prediction> {
        let table = self.own(table)?;
        threads::run(|| {
            let ahead = self.ahead(&table.panel, options, notes)?;
            self.predict_ahead(ahead, options)
        })
    }

    /// Forecasts a table that is continued already; its notes are the caller's.
    pub(super) fn predict_ahead(&self, ahead: Ahead, options: &PredictOptions) -> Result<Prediction> {
        let intervals = self.intervals(&options.intervals)?;
        let Ahead { future, cuts, scalings, means } = ahead;
        let shape = self.model.shape();
        // Years of rows that no window sees would be scaled, filled and told for nothing; what the other
        // series do is in the means.
        let (near, near_cuts) = extend::newest(&future, &cuts, self.rows_seen());
        let spec = &self.meta.inputs;
        meter::stage("scaling");
        let inputs = Inputs::build_among(&near, spec, &scalings, shape.horizon, means.as_ref());
        let windows = Windows::new(&inputs, &self.device, cuts.len() * shape.input_window)?;
        let chain = self.chain(&intervals, &options.quantiles);
        let forecasts = forecast::forecast(&chain, &windows, &near, &near_cuts)?;
        Ok(Prediction {
            future,
            cuts,
            forecasts,
            targets: self.meta.schema.targets.clone(),
            notes: Vec::new(),
        })
    }

    /// Settles where forecasts begin, and continues the table to where they end.
    pub(super) fn ahead(
        &self,
        panel: &Panel,
        options: &PredictOptions,
        notes: &mut Vec<String>,
    ) -> Result<Ahead> {
        options.check()?;
        let (shape, ahead) = (self.model.shape(), self.known_ahead());
        let at = At::read(options.at.as_deref(), panel)?;
        let chosen = Chosen::new(options.only.as_deref(), panel)?;
        let (least, skip_short) = (self.least_history(), options.skip_short);
        let wanted = Wanted { at, chosen: &chosen, least, observed: self.has_rows_ahead(), skip_short };
        let origins = origins::origins(panel, &wanted, notes)?;
        match options.max_age {
            Some(MaxAge::Rows(most)) => staleness::require(panel, &origins, most)?,
            Some(MaxAge::Seconds(most)) => {
                let as_of = staleness::as_of(&panel.time, options.as_of.as_deref())?;
                staleness::require_by(panel, &origins, most, as_of)?;
            }
            None => {}
        }
        let patience = self.meta.schema.season.max(shape.horizon);
        notes.extend(staleness::notes(panel, &origins, at.is_some(), patience));
        // Series unknown to the model are scaled by all their rows before the origin.
        let mut until = vec![at.map_or(i64::MAX, |at| at.stamp()); panel.series.len()];
        let mut forecast = vec![false; panel.series.len()];
        for cut in &origins {
            let series = panel.segments[cut.segment as usize].series as usize;
            until[series] = panel.stamps[cut.row - 1] + 1;
            forecast[series] = true;
        }
        let scalings = self.scalings_of(panel, &until, &|series| forecast[series], notes);
        let means = self.means(panel, &scalings).map(Cow::into_owned);
        self.require_means(panel, &origins, at.is_none())?;
        extend::require_rows(panel, &origins, shape.horizon)?;
        let (future, cuts) = extend::extend(panel, &origins, shape.horizon, &ahead);
        let cuts = chosen.cuts(&future, cuts);
        known_ahead::require(&future, &cuts, shape.horizon, &ahead)?;
        Ok(Ahead { future, cuts, scalings, means })
    }
}

impl Prediction {
    /// The same, with what there is to say of it.
    pub(super) fn with_notes(self, notes: Vec<String>) -> Prediction {
        Prediction { notes, ..self }
    }

    /// The forecasts as rows under the table's own names and in its form of stamps.
    ///
    /// # Errors
    /// `Error::Usage` where two columns would have one name.
    pub fn rows<'f>(&self, form: impl Into<Form<'f>>) -> Result<Rows> {
        report::rows(&self.future, &self.cuts, &self.forecasts, &self.targets, form.into())
    }

    /// The same, one column a target, as a polars data frame.
    ///
    /// # Errors
    /// `Error::Usage` where two columns would have one name.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        self.rows(Layout::Wide)?.to_dataframe()
    }

    /// All rows of the table, then the forecasts, with the same columns.
    ///
    /// # Errors
    /// `Error::Usage` where two columns would have one name.
    pub fn after(&self, table: &Table) -> Result<[Rows; 2]> {
        report::history_and(&table.panel, &self.future, &self.cuts, &self.forecasts, &self.targets)
    }

    /// What there is to say of it: series left out, old values, series that training had not seen.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}
