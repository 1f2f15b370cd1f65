//! Forecasting a part of a table as the whole: means over all series, made of the whole table, take the
//! place of those over the series that are there.

use std::borrow::Cow;

use super::forecaster::Forecaster;
use super::table::Table;
use super::threads;
use crate::data::inputs::Scalings;
use crate::data::lead::{Means, Sum};
use crate::data::panel::Panel;
use crate::data::read::{self, Source, means as file};
use crate::data::split::Cut;
use crate::error::{Error, Place, Result};
use crate::report::rows::{Cells, Rows};
use crate::text::{first_of, of_one};

impl Forecaster {
    /// The same model, for tables that are parts of a larger one: these means over all of its series, which
    /// [`Forecaster::means_rows`] made, take the place of those over a part's.
    ///
    /// # Errors
    /// `Error::Data` for means that cannot be read, or are another model's.
    pub fn among(mut self, means: &Source) -> Result<Forecaster> {
        let columns = self.meta.inputs.values.clone();
        self.means = Some(read::read_means(means, &columns, self.id())?);
        Ok(self)
    }

    /// The same model, for tables that are all there is, although training knew more series: nothing is said of
    /// those that are absent.
    #[must_use]
    pub fn alone(mut self) -> Forecaster {
        self.alone = true;
        self
    }

    /// Whether forecasts of a series depend on the other series of the table.
    pub(crate) fn looks_across(&self) -> bool {
        self.meta.inputs.lead.as_ref().is_some_and(|lead| lead.cross)
    }

    /// Means over the other series for inputs made of `panel` or of a part of it: those that were given, else those
    /// of the panel; `None` where the model does not look at them.
    pub(crate) fn means<'m>(&'m self, panel: &Panel, scalings: &Scalings) -> Option<Cow<'m, Means>> {
        if !self.looks_across() {
            return None;
        }
        Some(match &self.means {
            Some(given) => Cow::Borrowed(given),
            None => Cow::Owned(Means::of(panel, &self.meta.inputs, scalings)),
        })
    }

    /// Refuses means that do not reach over all windows of these cuts. `to_end`: series that training has not seen
    /// are scaled by all of their rows, as they were where the means were made.
    pub(crate) fn require_means(&self, panel: &Panel, cuts: &[Cut], to_end: bool) -> Result<()> {
        let Some(means) = self.means.as_ref().filter(|_| self.looks_across()) else { return Ok(()) };
        let unseen = means.unseen();
        if unseen > 0 && !to_end {
            return Err(Error::usage(format!(
                "--means: {unseen} series in them had no row in the training part, and {} scaled by all rows of the table, also by those after the first forecast",
                of_one(unseen as usize, "is", "are"),
            ))
            .with_hint("leave those series out of the table that the means are made of, or give the whole table without --means"));
        }
        let window = self.model.shape().input_window;
        for cut in cuts {
            let segment = &panel.segments[cut.segment as usize];
            let first = cut.row.saturating_sub(window).max(segment.offset);
            let lacks = panel.stamps.get(first..cut.row).unwrap_or_default().iter().find(|s| !means.has(**s));
            if let Some(stamp) = lacks {
                let series = panel.series[segment.series as usize].to_string();
                return Err(Error::data(
                    Place::file(panel.source.clone()).series(series).stamp(panel.time.display(*stamp)),
                    "the means (--means) have no row of this time",
                )
                .with_hint("make them of the whole table, this part among it: lstm-forecast ingest TABLE --model MODEL --means FILE"));
            }
        }
        Ok(())
    }

    /// What series training knew and a table lacks, where that changes forecasts.
    fn absent(&self, panel: &Panel, table: &str) -> Option<String> {
        if !self.looks_across() || self.means.is_some() || self.alone {
            return None;
        }
        let known = self.meta.scaler.series.iter().map(|(key, _)| key);
        let absent = known.filter(|key| panel.series.binary_search(key).is_err()).map(ToString::to_string);
        let absent: Vec<String> = absent.collect();
        let n = absent.len();
        let (are, names) = (of_one(n, "is", "are"), first_of(&absent, 5, ""));
        (n > 0).then(|| {
            format!("{n} series that training knew {are} not in this {table}, and the model looks at the mean over the other series: {names}")
        })
    }

    /// A note on series that training knew and that the table lacks.
    pub(super) fn note_absent(&self, panel: &Panel) -> Option<String> {
        let absent = self.absent(panel, "table")?;
        Some(format!(
            "{absent}; forecasts differ from those of the whole table, unless predict or evaluate have its means (--means, which `ingest --means` writes)"
        ))
    }

    /// Refuses a part of a table of which nothing says that it is one.
    ///
    /// # Errors
    /// `Error::Data` where series that training knew are absent, and neither means were given nor
    /// [`Forecaster::alone`] was said.
    pub fn require_whole(&self, table: &Table) -> Result<()> {
        let table = self.own(table)?;
        let Some(absent) = self.absent(&table.panel, "stream") else { return Ok(()) };
        Err(Error::data(Place::file(table.panel.source.clone()), absent)
            .with_hint("give the means of the whole table with --means (`ingest --means` writes them), or say with --alone that this table is all there is"))
    }

    /// Sums over all series at each stamp, of values as the model scales them: what [`Forecaster::among`] reads. Rows
    /// of several parts of a table may be put together, and their numbers added up.
    ///
    /// # Errors
    /// `Error::Usage` for a model that does not look across series; `Error::Data` for a table that does not fit.
    pub fn means_rows(&self, table: &Table) -> Result<Rows> {
        if !self.looks_across() {
            return Err(Error::usage(format!(
                "--means: {} does not look at other series, so a part of a table is forecast as the whole is",
                self.name
            ))
            .with_hint("leave --means out"));
        }
        let table = self.own(table)?;
        threads::run(|| Ok(self.means_of(&table.panel)))
    }

    fn means_of(&self, panel: &Panel) -> Rows {
        let until = vec![i64::MAX; panel.series.len()];
        let scalings = Scalings::of(panel, &self.meta.scaler, &until);
        let means = Means::of(panel, &self.meta.inputs, &scalings);
        let rows: Vec<(i64, u32, &[Sum])> = means.rows().collect();
        let mut columns = vec![
            (file::STAMP.to_owned(), Cells::Int(rows.iter().map(|row| row.0).collect())),
            (
                file::MODEL.to_owned(),
                Cells::Category { codes: vec![0; rows.len()], names: vec![self.id().to_owned()] },
            ),
            (file::UNSEEN.to_owned(), Cells::Int(rows.iter().map(|row| i64::from(row.1)).collect())),
        ];
        for (at, name) in self.meta.inputs.values.iter().enumerate() {
            let [sum, n] = file::names(name);
            let of = |row: &(i64, u32, &[Sum])| row.2.get(at).copied().unwrap_or_default();
            columns.push((sum, Cells::float(rows.iter().map(|row| of(row).sum).collect())));
            columns.push((n, Cells::Int(rows.iter().map(|row| i64::from(of(row).count)).collect())));
        }
        Rows { columns }
    }
}
