//! Columns known beyond the forecast's origin: where they are taken from, which rows are needed,
//! and what is said when one is missing.

use super::forecaster::Forecaster;
use super::options::PredictOptions;
use super::origins::{self, At, Wanted};
use super::series_filter::Chosen;
use super::table::Table;
use crate::config::DataConfig;
use crate::data::extend;
use crate::data::holidays::COLUMN;
use crate::data::long::LongFrame;
use crate::data::panel::Panel;
use crate::data::read::{self, ReadOptions, Source};
use crate::data::split::Cut;
use crate::error::{Error, Place, Result};
use crate::report::forecasts;
use crate::report::rows::{Cells, Rows};

impl Forecaster {
    /// Places in the panel of the columns that the model must be told ahead; holidays it knows itself.
    pub(crate) fn known_ahead(&self) -> Vec<usize> {
        let inputs = &self.meta.inputs;
        let own = |place: &usize| {
            let name = inputs.values.get(*place);
            self.meta.schema.holidays.is_some() && name.is_some_and(|name| name == COLUMN)
        };
        let ahead = inputs.lead.iter().flat_map(|lead| &lead.ahead);
        ahead.map(|column| inputs.targets + column).filter(|place| !own(place)).collect()
    }

    /// Whether a table to forecast may go on after the origin: with columns known ahead, or with the
    /// stamps of a calendar without a rule.
    pub(crate) fn has_rows_ahead(&self) -> bool {
        !self.known_ahead().is_empty() || self.meta.schema.freq.known_after(i64::MIN).is_some()
    }

    /// The rows ahead that a forecast of the table needs, with the values that are there: series,
    /// stamp and the columns known ahead. Notes are added to `notes`.
    ///
    /// # Errors
    /// `Error::Usage` for a model that knows no column ahead; those of [`Forecaster::predict`].
    pub fn rows_needed(
        &self,
        table: &Table,
        options: &PredictOptions,
        notes: &mut Vec<String>,
    ) -> Result<Rows> {
        let table = self.own(table)?;
        let panel = &table.panel;
        let (ahead, horizon) = (self.known_ahead(), self.model.shape().horizon);
        if ahead.is_empty() {
            return Err(Error::usage(
                "--list-future: this model knows no column ahead, and needs no further rows",
            )
            .with_hint("such columns are named in training: train --future rain_forecast"));
        }
        let at = At::read(options.at.as_deref(), panel)?;
        let chosen = Chosen::new(options.only.as_deref(), panel)?;
        let (least, skip_short) = (self.least_history(), options.skip_short);
        let wanted = Wanted { at, chosen: &chosen, least, observed: true, skip_short };
        let origins = origins::origins(panel, &wanted, notes)?;
        extend::require_rows(panel, &origins, horizon)?;
        let (future, cuts) = extend::extend(panel, &origins, horizon, &ahead);
        let cuts = chosen.cuts(&future, cuts);
        let mut columns = forecasts::keys(&future, &cuts, horizon, 1);
        let rows: Vec<usize> = cuts.iter().flat_map(|cut| cut.row..cut.row + horizon).collect();
        for (name, places) in originals(&future, &ahead) {
            let cells = match category(&future, places[0]) {
                None => Cells::float(rows.iter().map(|row| future.columns[places[0]].values[*row]).collect()),
                Some(_) => Cells::Text(rows.iter().map(|row| text(&future, &places, *row)).collect()),
            };
            columns.push((name, cells));
        }
        Ok(Rows { columns })
    }

    /// Reads a table, and joins to it the rows of another one, whose columns are known ahead.
    ///
    /// # Errors
    /// As [`Forecaster::read`]; `Error::Usage` for a model that knows no column ahead.
    pub fn read_with_future(&self, source: &Source, future: &str) -> Result<Table> {
        let (options, data) = self.read_options()?;
        let frame = self.join_future(read::read(source, &options)?, future)?;
        self.lay_whole(frame, &data)
    }

    /// The table with the rows of `--future-table` joined to it.
    fn join_future(&self, frame: LongFrame, path: &str) -> Result<LongFrame> {
        let ahead = self.known_ahead();
        if !self.has_rows_ahead() {
            return Err(Error::usage("--future-table: this model knows no column ahead")
                .with_hint("such columns are named in training: train --future rain_forecast"));
        }
        let names: Vec<String> =
            ahead.iter().filter_map(|c| self.meta.inputs.values.get(*c)).cloned().collect();
        let (options, _) = self.read_options()?;
        let one_hot = |name: &str| names.iter().any(|n| n.starts_with(&format!("{name}=")));
        let categories: Vec<_> =
            options.categories.iter().flatten().filter(|(c, _)| one_hot(c)).cloned().collect();
        let plain = |f: &String| names.contains(f);
        let settings = DataConfig {
            target: Vec::new(),
            features: Some(options.features.iter().flatten().filter(|f| plain(f)).cloned().collect()),
            categorical: categories.iter().map(|(c, _)| c.clone()).collect(),
            ..options.settings
        };
        let clip = options.clip.into_iter().filter(|rule| names.contains(&rule.0)).collect();
        let options = ReadOptions { settings, clip, categories: Some(categories), ..options };
        let source = Source::Paths(vec![path.to_string()]);
        frame.join_ahead(read::read(&source, &options)?)
    }
}

/// Refuses forecasts for which a value ahead is missing. `panel` ends with the rows ahead.
pub(crate) fn require(panel: &Panel, cuts: &[Cut], horizon: usize, ahead: &[usize]) -> Result<()> {
    let columns = originals(panel, ahead);
    let cells = cuts
        .iter()
        .flat_map(|cut| (cut.row..cut.row + horizon).map(move |row| (cut.segment, row)))
        .flat_map(|(segment, row)| columns.iter().map(move |column| (segment, row, column)));
    let mut missing = cells.filter(|(_, row, (_, places))| panel.columns[places[0]].values[*row].is_nan());
    let Some((segment, row, (name, _))) = missing.next() else { return Ok(()) };
    let more = match missing.count() {
        0 => String::new(),
        n => format!(" ({n} more values are missing)"),
    };
    let series = panel.segments[segment as usize].series as usize;
    Err(Error::data(
        Place::file(panel.source.clone())
            .column(name.clone())
            .series(panel.series[series].to_string())
            .stamp(panel.time.display(panel.stamps[row])),
        format!("the forecast needs this value, known ahead by the model's `future` columns{more}"),
    )
    .with_hint(
        "`predict --list-future` prints the rows that are needed; put them at the end of the table with the target left empty, or in --future-table",
    ))
}

/// The text column and the category that a column of 0 and 1 was made of.
fn category(panel: &Panel, column: usize) -> Option<(&str, &str)> {
    let name = panel.columns[column].name.as_str();
    let mut all = panel.categories.iter().flat_map(|(text, values)| values.iter().map(move |v| (text, v)));
    all.find(|(text, value)| name == format!("{text}={value}"))
        .map(|(text, value)| (text.as_str(), value.as_str()))
}

/// The columns as the table has them, each with its places in the panel: one, or one a category.
fn originals(panel: &Panel, columns: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut out: Vec<(String, Vec<usize>)> = Vec::new();
    for column in columns {
        let name = category(panel, *column).map_or(panel.columns[*column].name.as_str(), |(text, _)| text);
        match out.iter_mut().find(|(own, _)| own == name) {
            Some((_, places)) => places.push(*column),
            None => out.push((name.to_owned(), vec![*column])),
        }
    }
    out
}

/// A row's category; empty where it is not known.
fn text(panel: &Panel, places: &[usize], row: usize) -> String {
    let set = places.iter().find(|place| panel.columns[**place].values[row] == 1.0);
    set.and_then(|place| category(panel, *place)).map_or(String::new(), |(_, value)| value.to_owned())
}
