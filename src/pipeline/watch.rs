//! The verb `watch`: values that were observed outside of the interval that was forecast before them, and sensors
//! that have fallen quiet.
//!
//! Every observed value of the watched rows is held against a forecast whose origin lies `lead` rows
//! before it, from nothing but the rows before that origin: what `predict --at` would have said there.

use super::drift;
use super::forecaster::Forecaster;
use super::series_filter::Chosen;
use super::table::Table;
use super::threads;
use crate::config::Limits;
use crate::data::extend;
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::quiet::{self, Kind};
use crate::data::split::Cut;
use crate::error::{Error, Place, Result};
use crate::forecast::conformal::{Calibration, Predicted};
use crate::forecast::{self, Chain, Forecasts, Levels, Windows};
use crate::meter::{self, Unit};
use crate::metrics::drift::{Blocks, Drift, LEVEL};
use crate::report::alarms::{self, Alarm, Why};
use crate::report::evaluation::machine;
use crate::report::rows::Rows;
use crate::text::plural;

/// Origins that are forecast at a time.
const CHUNK: usize = 8192;

/// What is asked of a watch. The default looks one step ahead over the test part, at 99 %.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// First row that is watched, in the table's form or as ISO 8601; the start of the test part for `None`.
    pub from: Option<String>,
    /// Last row that is watched; the end of the table for `None`.
    pub to: Option<String>,
    /// Watch the newest rows of the table alone, so many.
    pub last: Option<usize>,
    /// Series to watch, by their name, or of several key columns as `column=value`. `None` for all.
    pub only: Option<Vec<String>>,
    /// Rows from what was known to what is watched, 1 or more.
    pub lead: usize,
    /// Coverage of the interval, percent.
    pub level: u8,
    /// Leave out values that are less rare than this p-value.
    pub rarer: Option<f64>,
}

impl Default for WatchOptions {
    fn default() -> Self {
        WatchOptions { from: None, to: None, last: None, only: None, lead: 1, level: 99, rarer: None }
    }
}

/// What a watch has found.
#[derive(Debug, Clone)]
pub struct Watched {
    panel: Panel,
    targets: Vec<String>,
    level: u8,
    alarms: Vec<Alarm>,
    /// Values that were held against a forecast.
    values: usize,
    /// Those of them that lay outside, also where they are not rare enough to be reported.
    outside: usize,
    /// What the newest of them say of the model; `None` where there are too few.
    drift: Option<Drift>,
}

impl Forecaster {
    /// Watches a table.
    ///
    /// # Errors
    /// `Error::Data` for a table that does not fit, or in which there is nothing to watch; `Error::Usage` and
    /// `Error::Checkpoint` for what the model cannot say.
    pub fn watch(&self, table: &Table, options: &WatchOptions, notes: &mut Vec<String>) -> Result<Watched> {
        let table = self.own(table)?;
        threads::run(|| self.watch_own(&table.panel, options, notes))
    }

    fn watch_own(&self, panel: &Panel, options: &WatchOptions, notes: &mut Vec<String>) -> Result<Watched> {
        let horizon = self.model.shape().horizon;
        if !(1..=horizon).contains(&options.lead) {
            return Err(Error::usage(format!("--lead {} is no step that the model forecasts", options.lead))
                .with_hint(format!("choose among 1 to {horizon}")));
        }
        self.intervals(&[options.level])?;
        // Drift is seen by intervals of its own, where the model is calibrated for them.
        let mut levels = vec![options.level, LEVEL];
        levels.sort_unstable();
        levels.dedup();
        let drift = self.drift(panel).map(|(_, blocks)| blocks);
        let intervals = self.intervals(match drift {
            Some(_) => &levels,
            None => std::slice::from_ref(&options.level),
        })?;
        let calibration = self.meta.calibration.clone().unwrap_or_default();
        if calibration.tails.is_empty() {
            if options.rarer.is_some() {
                let what = "does not say how rare a value is, so --p has nothing to go by: an older version trained it";
                return Err(Error::checkpoint(&self.name, what).with_hint("train it again with this version"));
            }
            notes
                .push(format!("{} does not say how rare a value is: an older version trained it", self.name));
        }
        let span = self.span(panel, options)?;
        let chosen = Chosen::new(options.only.as_deref(), panel)?;
        let origins: Vec<Cut> =
            (0u32..).zip(&panel.segments).map(|(i, s)| Cut { segment: i, row: s.offset + s.len }).collect();
        let (whole, _) = extend::extend(panel, &origins, horizon, &self.known_ahead());
        let cuts = chosen.cuts(&whole, self.watched_cuts(&whole, horizon, options.lead, span));
        // As of the first watched row, so that a value is never scaled by itself.
        let scalings = self.scalings(panel, &vec![span.0; panel.series.len()], notes);
        let inputs = Inputs::build(&whole, &self.meta.inputs, &scalings, horizon);
        let windows = Windows::new(&inputs, &self.device, cuts.len() * self.model.shape().input_window)?;
        // How rare a value is was calibrated before bounds clip.
        let free = Limits::default();
        let chain = Chain { limits: &free, ..self.chain(&intervals, &Levels::All) };
        let mut found =
            Found { options, calibration: &calibration, values: 0, outside: 0, alarms: Vec::new(), drift };
        meter::begin("", cuts.len() as u64, Unit::Windows);
        for chunk in cuts.chunks(CHUNK) {
            let forecasts = forecast::forecast(&chain, &windows, &whole, chunk)?;
            let rare = found.rarity(self, &inputs, &whole, chunk, &forecasts);
            found.compare(&whole, chunk, &forecasts.within(&self.limits), &rare);
        }
        let Found { values, outside, mut alarms, drift, .. } = found;
        let drift = drift.and_then(|blocks| blocks.newest());
        notes.extend(drift.and_then(|drift| drift::told(&drift, panel)));
        alarms.extend(self.quiet(panel, &chosen, span));
        alarms.sort_by_key(|alarm| (alarm.series, alarm.stamp, alarm.target));
        if values == 0 && alarms.is_empty() {
            return Err(self.nothing_to_watch(panel, span));
        }
        let (panel, targets) = (panel.shell(), self.meta.schema.targets.clone());
        Ok(Watched { panel, targets, level: options.level, alarms, values, outside, drift })
    }

    /// The first and the last stamp that are watched, UTC epoch seconds.
    fn span(&self, panel: &Panel, options: &WatchOptions) -> Result<(i64, i64)> {
        let stamp = |text: &Option<String>| text.as_deref().map(|t| panel.time.parse_one(t)).transpose();
        let end = panel.stamps.iter().copied().max().unwrap_or(i64::MIN);
        let to = stamp(&options.to)?.unwrap_or(end);
        let from = match options.last {
            Some(rows) => {
                panel.freq.advance(to.min(end), 1 - i64::try_from(rows).unwrap_or(i64::MAX), &panel.time)
            }
            None => stamp(&options.from)?.unwrap_or(self.meta.bounds.test_start),
        };
        Ok((from, to))
    }

    /// Origins from which the watched rows are `lead` rows ahead, where a target was observed there; `panel` goes on
    /// beyond its end by a horizon.
    fn watched_cuts(&self, panel: &Panel, horizon: usize, lead: usize, span: (i64, i64)) -> Vec<Cut> {
        let least = self.least_history();
        let targets = panel.columns.get(..panel.targets).unwrap_or_default();
        let seen = |row: usize| targets.iter().any(|c| c.values.get(row).is_some_and(|v| !v.is_nan()));
        let within = |row: usize| panel.stamps.get(row).is_some_and(|s| (span.0..=span.1).contains(s));
        let mut cuts = Vec::new();
        for (i, segment) in (0u32..).zip(&panel.segments) {
            let origins = segment.offset + least..(segment.offset + segment.len).saturating_sub(horizon - 1);
            let watched = origins.filter(|origin| within(origin + lead - 1) && seen(origin + lead - 1));
            cuts.extend(watched.map(|row| Cut { segment: i, row }));
        }
        cuts
    }

    /// Sensors that are quiet at any row of the span.
    fn quiet(&self, panel: &Panel, chosen: &Chosen, span: (i64, i64)) -> Vec<Alarm> {
        let end = panel.stamps.iter().copied().max().unwrap_or(i64::MIN).min(span.1);
        let mut alarms = Vec::new();
        for series in (0..panel.series.len()).filter(|series| chosen.has(*series)) {
            for target in 0..panel.targets {
                let place = (series, target);
                let Some(usual) = self.meta.quiet.usual(panel, &self.meta.scaler, place, span.0) else {
                    continue;
                };
                let runs = quiet::runs(panel, place, usual, end);
                for run in runs.into_iter().filter(|run| run.until >= span.0 && run.since <= span.1) {
                    let why = if run.kind == Kind::Flat { Why::Flat } else { Why::Missing };
                    let alarm = Alarm::quiet(why, series as u32, target as u16, run.since);
                    alarms.push(Alarm { actual: run.value, rows: run.rows, ..alarm });
                }
            }
        }
        alarms
    }

    fn nothing_to_watch(&self, panel: &Panel, span: (i64, i64)) -> Error {
        let (from, to) = (panel.time.display(span.0), panel.time.display(span.1));
        let rows = plural(self.least_history(), "unbroken row");
        let what = format!("nothing to watch: no observed value from {from} to {to} has {rows} before it");
        Error::data(Place::file(panel.source.clone()), what)
            .with_hint("give the rows before them too, or choose other ones with --from, --to or --last")
    }
}

/// What is found, chunk by chunk.
struct Found<'a> {
    options: &'a WatchOptions,
    calibration: &'a Calibration,
    values: usize,
    outside: usize,
    alarms: Vec<Alarm>,
    drift: Option<Blocks>,
}

impl Found<'_> {
    /// The p-value of each cut and target, (N, K); NaN where none is known.
    fn rarity(
        &self,
        forecaster: &Forecaster,
        inputs: &Inputs,
        panel: &Panel,
        cuts: &[Cut],
        forecasts: &Forecasts,
    ) -> Vec<f64> {
        let (k, q) = (forecasts.targets, forecasts.levels.len());
        let (step, horizon, levels) =
            (self.options.lead - 1, forecasts.horizon, &forecaster.model.shape().quantiles);
        let places = cuts.iter().enumerate().flat_map(|place| (0..k).map(move |target| (place, target)));
        places
            .map(|((i, cut), target)| {
                let cell = (i * horizon + step) * k + target;
                let series = panel.segments[cut.segment as usize].series as usize;
                let size = inputs.scalings[series][target].size();
                let quantiles = &forecasts.quantiles[cell * q..(cell + 1) * q];
                let given = Predicted { target, step, size, point: forecasts.point[cell], quantiles };
                let actual = panel.columns[target].values[cut.row + step];
                self.calibration.p(levels, horizon, &given, actual).unwrap_or(f64::NAN)
            })
            .collect()
    }

    /// Holds the values against the intervals.
    fn compare(&mut self, panel: &Panel, cuts: &[Cut], forecasts: &Forecasts, rare: &[f64]) {
        let (k, step) = (forecasts.targets, self.options.lead - 1);
        let of = |level: u8| forecasts.intervals.iter().find(|interval| interval.level == level);
        let Some(interval) = of(self.options.level) else { return };
        let near = of(LEVEL);
        for ((i, cut), target) in cuts.iter().enumerate().flat_map(|place| (0..k).map(move |t| (place, t))) {
            let cell = (i * forecasts.horizon + step) * k + target;
            let actual = panel.columns[target].values[cut.row + step];
            let (low, high, p) = (interval.low[cell], interval.high[cell], rare[i * k + target]);
            // A forecast that is no number has said nothing.
            if actual.is_nan() || !low.is_finite() || !high.is_finite() {
                continue;
            }
            self.values += 1;
            if let (Some(blocks), Some(near)) = (&mut self.drift, near) {
                blocks
                    .push(panel.stamps[cut.row + step], actual < near.low[cell] || actual > near.high[cell]);
            }
            let why = match actual {
                value if value > high => Why::Above,
                value if value < low => Why::Below,
                _ => continue,
            };
            self.outside += 1;
            // `p` is a number here: without tails there is no `rarer`.
            if self.options.rarer.is_some_and(|most| p > most) {
                continue;
            }
            let resolution = forecasts.resolution[i * k + target];
            self.alarms.push(Alarm {
                series: panel.segments[cut.segment as usize].series,
                target: target as u16,
                stamp: panel.stamps[cut.row + step],
                why,
                rows: 1,
                step: self.options.lead,
                actual,
                point: crate::number::forecast(forecasts.point[cell], resolution),
                low: crate::number::forecast(low, resolution),
                high: crate::number::forecast(high, resolution),
                p,
            });
        }
    }
}

impl Watched {
    /// One row an alarm; `prefix` is put before every name that is not the table's own.
    ///
    /// # Errors
    /// `Error::Usage` where two columns would have one name.
    pub fn rows(&self, prefix: &str) -> Result<Rows> {
        alarms::rows(&self.panel, &self.targets, &self.alarms, self.level, prefix)
    }

    /// What was found, in a line: `3 values outside of their 99 % intervals, 1 flat run`; nothing without an alarm.
    pub fn told(&self) -> Option<String> {
        alarms::told(&self.alarms, self.level)
    }

    /// The same for programs.
    pub(crate) fn figures(&self) -> serde_json::Value {
        serde_json::json!({
            "values": self.values, "outside": self.outside, "level": self.level, "alarms": self.alarms.len(),
            "drift": self.drift.map(machine::drift),
        })
    }

    /// How many values were watched and how many lay outside, in a line.
    pub fn summary(&self) -> String {
        let share = 100.0 * self.outside as f64 / self.values.max(1) as f64;
        let expected = 100 - u32::from(self.level);
        format!(
            "watched {}: {} outside of {} interval ({share:.2} %, where {expected} % are expected)",
            plural(self.values, "value"),
            self.outside,
            if self.values == 1 { format!("its {} %", self.level) } else { format!("the {} %", self.level) }
        )
    }
}
