//! `predict --follow`: rows come one at a time, and every row gives its series a fresh forecast.
//!
//! Each series keeps the source rows that its next window can depend on. After a new row they are
//! laid on the grid and forecast by the same code as a whole table, so that gaps, duplicates,
//! clock changes and stamps off the grid follow the same rules, and the result is that of
//! `predict --skip-short` on the rows so far. A model that looks at the other series sees them as
//! they are at that moment; its cost per row grows with their number. From a row in to its
//! forecast out, on 2 cores of an AMD EPYC, T = 168, P = 24, Beijing, three networks of `lead` and the pool: 1.7 ms
//! for one series, 4.1 ms for twelve, also where eleven of them have no new rows.
//!
//! What differs, because the past is not kept for ever:
//!
//! - A row older than all that is kept is late: it is noted and left out. A late row within the
//!   kept rows takes its place, and the forecast is made anew with it.
//! - A series that training had not seen is scaled by its last [`UNSEEN_ROWS`] rows at most.
//! - Day and month, or a decimal comma, must be clear from the rows so far.

use std::collections::BTreeMap;

use crate::config::{DataConfig, Partial};
use crate::data::freq::Freq;
use crate::data::long::{Column, LongFrame, SeriesKey};
use crate::data::panel::Panel;
use crate::data::read::ReadOptions;
use crate::data::scale::Growing;
use crate::data::stamp::{Clock, TimeStyle};
use crate::error::{Error, Result};
use crate::forecast::Levels;
use crate::forecast::adapt::Adaptive;
use crate::forecast::conformal::Intervals;
use crate::pipeline::forecaster::Forecaster;
use crate::pipeline::{MaxAge, staleness, threads};
use crate::report::alarms::{self, Alarm};
use crate::report::forecasts::{Layout, Provenance};

mod answer;
mod asked;
mod expected;
mod history;
mod records;
mod silence;
mod stream;
pub use asked::{Answer, FollowOptions};
use expected::Expected;
pub use expected::WatchStream;
use history::{History, Place, Reach, Row, second_passage};
use silence::Silence;
pub use stream::{Arrived, Stream};

/// Rows kept of a series that training had not seen, for its scaling.
pub const UNSEEN_ROWS: usize = 4096;

/// The windows of all series.
pub struct Follower<'a> {
    forecaster: &'a Forecaster,
    layout: Layout,
    prefix: String,
    with: Provenance,
    /// Quantile levels to print beside the point forecast.
    levels: Levels,
    /// Prediction intervals to print.
    intervals: Intervals,
    /// What they have learned, where they learn.
    adaptive: Option<Adaptive>,
    data: DataConfig,
    /// How the next rows are read; what the rows so far made clear is kept here.
    pub(crate) options: ReadOptions,
    /// Sorted, as a panel's series are.
    histories: BTreeMap<SeriesKey, History>,
    /// Names of the columns, as the reader gives them.
    columns: Vec<(String, Option<(String, String)>)>,
    series_columns: Vec<String>,
    targets: usize,
    /// For each column of a grid its place in a row.
    places: Vec<Option<usize>>,
    /// Whether a grid can grow by single rows: no setting makes one row out of several.
    row_by_row: bool,
    freq: Freq,
    /// The style of the newest stamp, and that stamp with its offset.
    time: TimeStyle,
    newest: Option<(i64, i32)>,
    /// Things to tell, taken by the caller.
    notes: Vec<String>,
    /// How old a row may be, and from when on.
    max_age: Option<(i64, Option<String>)>,
    watch: Option<WatchStream>,
    /// The newest forecast of each series, where rows are watched.
    expected: BTreeMap<SeriesKey, Expected>,
    /// What is quiet, where rows are watched, and the newest row of all.
    silence: BTreeMap<SeriesKey, Silence>,
    latest: i64,
}

impl Forecaster {
    /// Forecasts rows as they arrive; there are none yet.
    ///
    /// # Errors
    /// `Error::Usage` for a model that knows columns ahead, which rows to come do not tell, or for
    /// intervals that it cannot give, or an age in rows.
    pub fn follow(&self, options: FollowOptions) -> Result<Follower<'_>> {
        if let Some(column) = self.known_ahead().first() {
            return Err(Error::usage(format!(
                "--follow: the model knows `{}` ahead, and rows that have yet to arrive do not tell it",
                self.meta.inputs.values[*column]
            ))
            .with_hint("train a model without --future for --follow"));
        }
        if self.has_rows_ahead() {
            return Err(Error::usage(
                "--follow: the model's rows follow a calendar without a rule, and rows that have yet to arrive do not tell it",
            )
            .with_hint("forecast the table with --future-table, or train with a step that has a rule"));
        }
        let max_age = match options.max_age {
            None => None,
            Some(MaxAge::Seconds(most)) => Some((most, options.as_of)),
            Some(MaxAge::Rows(_)) => {
                return Err(Error::usage("--max-age counts rows from a table's end, and a stream has none")
                    .with_hint("give a duration with --follow, such as --max-age 2d"));
            }
        };
        let intervals = self.intervals(&options.intervals)?;
        let (read_options, data) = self.read_options()?;
        Ok(Follower {
            forecaster: self,
            layout: options.layout,
            prefix: options.prefix,
            with: options.with,
            levels: options.quantiles,
            intervals,
            adaptive: options.adapt.then(Adaptive::default),
            options: ReadOptions { partial: true, ..read_options },
            histories: BTreeMap::new(),
            columns: Vec::new(),
            series_columns: Vec::new(),
            targets: 0,
            places: Vec::new(),
            row_by_row: data.resample.is_none() && data.fixed.is_empty() && data.wide.is_none(),
            freq: step(&data).unwrap_or_else(|| self.meta.schema.freq.clone()),
            time: self.meta.schema.time.clone(),
            newest: None,
            notes: Vec::new(),
            max_age,
            watch: options.watch,
            expected: BTreeMap::new(),
            silence: BTreeMap::new(),
            latest: i64::MIN,
            data,
        })
    }
}

/// The step of the grid that settings name.
fn step(data: &DataConfig) -> Option<Freq> {
    Freq::parse(data.resample.as_deref().or(data.freq.as_deref())?).ok()
}

impl Follower<'_> {
    /// Takes rows in without a forecast: what came before the stream.
    pub fn prime(&mut self, frame: &LongFrame) -> Result<()> {
        let touched = self.take(frame, None).0;
        touched.iter().try_for_each(|(key, _)| self.lay(key, false))
    }

    /// Takes rows in; `line` is where the first one stands in the stream. An answer for each
    /// series that they belong to, and for each row that came too late or too early.
    ///
    /// # Errors
    /// As `predict` on the rows so far; these rows are then left out of all that follows.
    pub fn push(&mut self, frame: &LongFrame, line: usize) -> Result<Vec<Answer>> {
        if let Some((most, as_of)) = &self.max_age {
            staleness::require_fresh(frame, line, *most, as_of.as_deref())?;
        }
        let (touched, mut answers) = self.take(frame, Some(line));
        let laid = threads::run(|| touched.iter().try_for_each(|(key, next)| self.lay(key, *next)));
        if let Err(error) = laid {
            for (key, _) in &touched {
                let Some(history) = self.histories.get_mut(key) else { continue };
                history.take_back(line as u32);
                // What is left was good before.
                let _ = self.lay(key, false);
            }
            return Err(error);
        }
        let keys: Vec<&SeriesKey> = touched.iter().map(|(key, _)| key).collect();
        threads::run(|| self.answer(&keys, &mut answers))?;
        Ok(answers)
    }

    /// Unbroken rows of a series that a forecast needs.
    pub fn least_history(&self) -> usize {
        self.forecaster.least_history()
    }

    /// What there is to say since the last call.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// The series that these rows belong to, and whether its row is the next one of it alone.
    fn take(&mut self, frame: &LongFrame, line: Option<usize>) -> (Vec<(SeriesKey, bool)>, Vec<Answer>) {
        self.learn(frame);
        let mut touched: Vec<(SeriesKey, bool)> = Vec::new();
        let mut answers = Vec::new();
        let (mut newest, mut outside, mut waiting) = (None, Vec::new(), false);
        let (freq, time) = (self.freq.clone(), frame.time.clone());
        let hole = self.forecaster.meta.schema.max_gap_rows as i64 + 1;
        let after = |stamp: i64| freq.advance(stamp, hole, &time);
        let mut order: Vec<usize> = (0..frame.len()).collect();
        if line.is_none() {
            // A table may have its rows in any order; a leap is one of time.
            order.sort_by_key(|row| frame.stamps[*row]);
        }
        for row in order {
            let Some(key) = frame.series_id.get(row).and_then(|id| frame.series.get(*id as usize)) else {
                continue;
            };
            let reach = Reach { after: &after, least: self.least_history(), keep: self.rows_kept(key) };
            let history = self.histories.entry(key.clone()).or_default();
            let stamp = second_passage(&frame.time, frame.stamps[row], history);
            let values: Vec<f64> = frame.columns.iter().map(|c| c.values[row]).collect();
            if let (Some(watch), Some(expected)) = (self.watch, self.expected.get(key)) {
                let calibration = self.forecaster.meta.calibration.as_ref();
                let targets = values.get(..frame.targets).unwrap_or_default();
                let found = calibration
                    .map(|own| expected.alarms((stamp, targets), (&self.freq, &frame.time), (own, watch)));
                outside.extend(found.unwrap_or_default().into_iter().map(|alarm| (key.clone(), alarm)));
            }
            let (streamed, targets) =
                (line.is_some(), values.get(..frame.targets).unwrap_or_default().to_vec());
            // Rows from before the stream count as earlier in the file than all of the stream.
            let line = line.map_or(0, |line| line + frame.number(row) - frame.first_row) as u32;
            let place = history.take(Row { stamp, line, values }, &reach);
            if self.watch.is_some() && place == Place::Newest {
                let (scaler, quiet) = (&self.forecaster.meta.scaler, &self.forecaster.meta.quiet);
                let usual = |target| quiet.usual_of(scaler, key, target, frame.targets);
                let silence = self.silence.entry(key.clone()).or_default();
                let found = silence.row(stamp, &targets, streamed, &usual, (&freq, &time));
                outside.extend(found.into_iter().map(|alarm| (key.clone(), alarm)));
                waiting |= streamed && stamp > self.latest;
                self.latest = self.latest.max(stamp);
            }
            let (utc, stamp) = (stamp, || frame.time.display(stamp));
            match place {
                Place::Late => answers.push(Answer::Late { series: key.to_string(), stamp: stamp() }),
                Place::Ahead { rows, before } => {
                    let (series, before) = (key.to_string(), frame.time.display(before));
                    answers.push(Answer::Ahead { series, stamp: stamp(), before, rows });
                }
                Place::Newest | Place::Within | Place::Anew => {
                    if place == Place::Anew {
                        self.newest = None;
                    }
                    newest = newest.max(Some(utc));
                    match touched.iter_mut().find(|(own, _)| own == key) {
                        Some((_, next)) => *next = false,
                        None => touched.push((key.clone(), place == Place::Newest)),
                    }
                }
            }
        }
        self.learn_time(frame, newest);
        if waiting {
            let (scaler, quiet) = (&self.forecaster.meta.scaler, &self.forecaster.meta.quiet);
            for (key, silence) in &mut self.silence {
                let usual = |target| quiet.usual_of(scaler, key, target, frame.targets);
                let found = silence.wait(self.latest, &usual, (&freq, &time));
                outside.extend(found.into_iter().map(|alarm| (key.clone(), alarm)));
            }
        }
        answers.extend(outside.into_iter().filter_map(|(key, alarm)| self.alarm(&key, &alarm, frame)));
        (touched, answers)
    }

    /// An alarm as a row in the form of the stream; nothing where its names clash, which was seen at the start.
    fn alarm(&self, key: &SeriesKey, alarm: &Alarm, frame: &LongFrame) -> Option<Answer> {
        let own = self.histories.get(key)?.panel.as_ref()?;
        let panel = Panel { series: vec![key.clone()], time: frame.time.clone(), ..own.shell() };
        let level = self.watch?.level;
        let targets = &self.forecaster.meta.schema.targets;
        alarms::rows(&panel, targets, std::slice::from_ref(alarm), level, &self.prefix)
            .ok()
            .map(|rows| Answer::Alarm { rows, why: alarm.why })
    }

    /// Keeps what these rows say about the table.
    fn learn(&mut self, frame: &LongFrame) {
        if self.columns.is_empty() {
            self.columns = frame.columns.iter().map(|c| (c.name.clone(), c.one_hot.clone())).collect();
            self.series_columns.clone_from(&frame.series_columns);
            self.targets = frame.targets;
        }
        if frame.dialect.delimiter.is_some() {
            self.options.delimiter = frame.dialect.delimiter;
        }
        if frame.dialect.decimal == Some(',') {
            self.options.decimal = Some(',');
        }
    }

    /// Keeps how these stamps are written, where the newest of them is the newest so far.
    fn learn_time(&mut self, frame: &LongFrame, newest: Option<i64>) {
        let offset = if let Clock::Offset(seconds) = frame.time.clock() { seconds } else { 0 };
        let newest = newest.map(|stamp| (stamp, offset));
        if newest.is_some() && newest >= self.newest {
            self.newest = newest;
            self.time = frame.time.clone();
            self.options.style = Some(frame.time.clone());
        }
    }

    /// Lays the series' kept rows on their grid; no grid where no target was observed in them.
    /// `next`: no more was added than one row at the end.
    fn lay(&mut self, key: &SeriesKey, next: bool) -> Result<()> {
        let keep = self.rows_kept(key);
        let Some(history) = self.histories.get_mut(key) else { return Ok(()) };
        // A quarter more than is needed, so that the grid is laid anew now and then alone.
        if next && self.row_by_row && history.grow(&self.places, keep + keep / 4) {
            return self.scale(key);
        }
        let rows = &history.rows;
        if !rows.iter().any(|r| r.values.iter().take(self.targets).any(|v| !v.is_nan())) {
            return Ok(());
        }
        let frame = LongFrame {
            source: "stdin".into(),
            dialect: Default::default(),
            series_columns: self.series_columns.clone(),
            series: vec![key.clone()],
            series_id: vec![0; rows.len()],
            time: self.time.clone(),
            stamps: rows.iter().map(|r| r.stamp).collect(),
            columns: (self.columns.iter().enumerate())
                .map(|(i, (name, one_hot))| Column {
                    name: name.clone(),
                    one_hot: one_hot.clone(),
                    values: rows.iter().map(|r| r.values[i]).collect(),
                })
                .collect(),
            targets: self.targets,
            rows: Some(rows.iter().map(|r| r.line).collect()),
            files: Default::default(),
            first_row: 0,
            notes: Vec::new(),
            hash: 0,
        };
        let mut data = self.data.clone();
        if history.cut && data.partial != Some(Partial::Keep) {
            data.partial = Some(Partial::DropLast);
        }
        let panel = self.forecaster.lay(frame, &data)?.panel;
        if self.places.is_empty() {
            let place = |name: &String| self.columns.iter().position(|(own, _)| own == name);
            self.places = panel.columns.iter().map(|column| place(&column.name)).collect();
        }
        if let Some(history) = self.histories.get_mut(key) {
            history.forget(&panel, keep, self.forecaster.meta.schema.max_gap_rows);
            history.panel = Some(panel);
            history.growing = Growing::default();
        }
        self.scale(key)
    }

    /// Finds the scaling of a series that training had not seen, by all rows on its grid.
    fn scale(&mut self, key: &SeriesKey) -> Result<()> {
        let scaler = &self.forecaster.meta.scaler;
        if scaler.known(key).is_some() {
            return Ok(());
        }
        let Some(history) = self.histories.get_mut(key) else { return Ok(()) };
        if let Some(panel) = &history.panel {
            history.scaling = Some(history.growing.scalings(scaler, panel));
        }
        Ok(())
    }

    /// Grid rows of a series that its next forecast can depend on.
    fn rows_kept(&self, key: &SeriesKey) -> usize {
        let unseen = if self.forecaster.meta.scaler.known(key).is_some() { 0 } else { UNSEEN_ROWS };
        self.forecaster.rows_seen().max(unseen)
    }
}
