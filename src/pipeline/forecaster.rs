//! A fitted model, ready to forecast: loaded from a checkpoint, or just fitted.

use std::borrow::Cow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use candle_core::Device;
use serde_json::Value;

use crate::checkpoint::{self, Meta};
use crate::config::{Config, DataConfig, Layers, Limits, Partial, RunConfig, ScalerKind};
use crate::data::freq::{DAY, Freq};
use crate::data::holidays::{COLUMN, Holidays};
use crate::data::inputs::Scalings;
use crate::data::lead::Means;
use crate::data::long::LongFrame;
use crate::data::panel::{Panel, PanelOptions};
use crate::data::read::{self, ReadOptions, Source};
use crate::data::scale::ENOUGH;
use crate::error::{Error, Place, Result};
use crate::forecast::conformal::{self, Intervals};
use crate::forecast::{Chain, Levels};
use crate::model::Ensemble;
use crate::pipeline::table::{self, Table};
use crate::pipeline::threads;
use crate::text::{first_of, of_one, plural};

/// A model with everything that a forecast needs. [`Forecaster::predict`] and
/// [`Forecaster::evaluate`] are its verbs; [`Forecaster::follow`] forecasts rows as they arrive.
pub struct Forecaster {
    pub(crate) model: Ensemble,
    pub(crate) meta: Meta,
    /// The training run's settings under those of this run.
    pub(crate) config: Config,
    /// What forecasts may be.
    pub(crate) limits: Limits,
    pub(crate) device: Device,
    /// The checkpoint's file, for messages.
    pub(crate) name: String,
    /// Means over all series of a table of which those to come are parts.
    pub(super) means: Option<Means>,
    /// Whether a table that lacks series of training is all there is.
    pub(super) alone: bool,
    /// Which tables were read by its schema; see [`Table`].
    id: u64,
}

impl Forecaster {
    /// Loads a checkpoint to forecast on this device.
    ///
    /// # Errors
    /// `Error::Checkpoint` for a file that is missing, damaged or of another program.
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<Forecaster> {
        Forecaster::load_with(path, Value::Null)?.on(device)
    }

    /// Loads a checkpoint on the CPU; `overrides` holds settings of this run by group and key, such
    /// as `{"forecast": {"min": 0}}`, which go over those of the training.
    ///
    /// # Errors
    /// As [`Forecaster::load`]; `Error::Config` for a setting that is unknown or out of range.
    pub fn load_with(path: impl AsRef<Path>, overrides: Value) -> Result<Forecaster> {
        let path = path.as_ref();
        let (model, meta) = checkpoint::load(path, &Device::Cpu)?;
        // The machine is this one, whatever training ran on.
        let base = Config { run: RunConfig::default(), ..meta.config.clone() };
        let config = Layers { base, file: None, flags: overrides }.resolve()?;
        let limits = config.forecast.limits(&meta.schema.targets)?;
        Ok(Forecaster::new(model, meta, config, limits, path.display().to_string()))
    }

    /// Of a model in memory, on the CPU; `name` stands for its file in messages.
    pub(crate) fn new(
        model: Ensemble,
        meta: Meta,
        config: Config,
        limits: Limits,
        name: String,
    ) -> Forecaster {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Forecaster { model, meta, config, limits, device: Device::Cpu, name, means: None, alone: false, id }
    }

    /// The same model on another device.
    ///
    /// # Errors
    /// Those of the device, such as too little memory.
    pub fn on(self, device: &Device) -> Result<Forecaster> {
        Ok(Forecaster { model: self.model.on(device)?, device: device.clone(), ..self })
    }

    /// All that the checkpoint says beside the weights.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// What tells this checkpoint from others: its checksum; of an older file, which has none, its name.
    pub fn id(&self) -> &str {
        self.meta.checksum.as_deref().unwrap_or(&self.name)
    }

    /// Reads a table by the model's schema: the same columns, the same step.
    ///
    /// # Errors
    /// `Error::Data` for a table that is unreadable or does not fit the model.
    pub fn read(&self, source: &Source) -> Result<Table> {
        threads::run(|| {
            let (options, data) = self.read_options()?;
            let table = self.lay_whole(read::read(source, &options)?, &data)?;
            Ok(Table { source: source.clone(), ..table })
        })
    }

    /// The same source, to be read by several models.
    ///
    /// # Errors
    /// `Error::Data` where standard input cannot be read.
    pub(crate) fn kept(&self, source: &Source) -> Result<Source> {
        read::kept(source, &self.read_options()?.0)
    }

    /// As [`Forecaster::read`], from the bytes of one file, which are given back unpacked; `name`
    /// stands for the file in messages.
    pub(crate) fn read_bytes(&self, name: &str, bytes: Vec<u8>) -> Result<(Table, Vec<u8>)> {
        threads::run(|| {
            let (options, data) = self.read_options()?;
            let bytes = read::unpacked(name, bytes)?;
            let frame = read::read_bytes(name, bytes.clone(), &options)?;
            Ok((self.lay_whole(frame, &data)?, bytes))
        })
    }

    /// Whether its tables have a row a series and stamp, and name their series themselves.
    pub(crate) fn reads_long(&self) -> bool {
        self.config.data.wide.is_none() && !self.config.data.series_from_filename
    }

    /// The table as the model's schema reads it: itself, or read again.
    pub(crate) fn own<'t>(&self, table: &'t Table) -> Result<Cow<'t, Table>> {
        match (table.read_for, &table.source) {
            (Some(id), _) if id == self.id => Ok(Cow::Borrowed(table)),
            (_, Source::Stdin) => Err(Error::data(
                Place::file("stdin"),
                "standard input was read for another purpose, and cannot be read again",
            )
            .with_hint("read it with Forecaster::read")),
            (_, source) => self.read(source).map(Cow::Owned),
        }
    }

    /// How a table is read by the checkpoint's schema.
    pub(crate) fn read_options(&self) -> Result<(ReadOptions, DataConfig)> {
        let schema = &self.meta.schema;
        let mut data = self.config.data.clone();
        // Models from before there was a choice count bins that rows fill in part.
        if data.resample == self.meta.config.data.resample {
            data.partial = data.partial.or(Some(Partial::Keep));
        }
        let mut options = ReadOptions::new(&data)?;
        // Where the file's columns or the files' names are the series, there is no column to name.
        if data.wide.is_none() && !data.series_from_filename {
            options.series = Some(schema.series_columns.clone());
        }
        options.time = Some(schema.time.columns.clone());
        options.style = Some(schema.time.clone());
        options.readings.clone_from(&schema.readings);
        options.target = schema.targets.clone();
        if data.wide.is_some() {
            // Where stamps are the names of columns, these tell the rows apart.
            options.series = Some(schema.series_columns.clone());
            return Ok((options, data));
        }
        let one_hot = |name: &String| {
            schema
                .categories
                .iter()
                .any(|(column, values)| values.iter().any(|v| *name == format!("{column}={v}")))
        };
        let made = |name: &String| one_hot(name) || (schema.holidays.is_some() && name == COLUMN);
        options.features = Some(schema.features.iter().filter(|f| !made(f)).cloned().collect());
        options.categorical = schema.categories.iter().map(|(c, _)| c.clone()).collect();
        options.categories = Some(schema.categories.clone());
        Ok((options, data))
    }

    /// As [`Forecaster::lay`], for a whole table, whose step must be the model's unless this run
    /// names another.
    pub(crate) fn lay_whole(&self, frame: LongFrame, data: &DataConfig) -> Result<Table> {
        if data.resample.is_none() && self.config.data.freq == self.meta.config.data.freq {
            same_step(&frame, &self.meta.schema.freq)?;
        }
        self.lay(frame, data)
    }

    /// Lays a table that was read by the schema on its grid, its columns in the checkpoint's order.
    pub(crate) fn lay(&self, frame: LongFrame, data: &DataConfig) -> Result<Table> {
        let options = self.panel_options(&frame, data)?;
        let mut table = table::lay(frame, data, &options)?;
        arrange(&mut table.panel, &self.meta)?;
        table.read_for = Some(self.id);
        Ok(table)
    }

    /// The model's step and holidays, unless this run names others.
    fn panel_options(&self, frame: &LongFrame, data: &DataConfig) -> Result<PanelOptions> {
        let (schema, trained) = (&self.meta.schema, &self.meta.config.data);
        let mut options = PanelOptions::from_config(data, schema.max_gap_rows)?;
        if data.freq == trained.freq {
            // A plain step is settled by the table anew: days of its zone, ends of its months.
            let plain = || Freq::parse(&schema.freq.to_string());
            options.freq = Some(if schema.freq.is_calendar() { schema.freq.clone() } else { plain()? });
        }
        options.holidays = match (&data.holidays, &schema.holidays) {
            (Some(file), _) if data.holidays != trained.holidays => {
                let series = (&frame.series_columns, &frame.series);
                Some((Holidays::read(file, series.0, series.1, &frame.time)?, file.clone()))
            }
            (_, own) => own.clone().map(|own| (own, "the model".to_owned())),
        };
        options.column = schema.holidays.is_some();
        Ok(options)
    }

    /// Calibrated intervals of these levels, percent.
    ///
    /// # Errors
    /// `Error::Checkpoint` where the model is not calibrated for them.
    pub(crate) fn intervals(&self, wanted: &[u8]) -> Result<Intervals> {
        if wanted.is_empty() {
            return Ok(Intervals::default());
        }
        let Some(calibration) = &self.meta.calibration else {
            let (why, remedy) = conformal::lacking(self.meta.training.val_windows);
            let message = format!("is not calibrated, so --interval has nothing to go by: {why}");
            return Err(Error::checkpoint(&self.name, message).with_hint(remedy));
        };
        if let Some(level) = wanted.iter().find(|level| !calibration.levels.contains(level)) {
            let message = format!(
                "--interval {level} needs {} at every lead, and {} has seen {}",
                plural(conformal::needed(*level), "validation value"),
                self.name,
                calibration.values
            );
            let longer = "train with a longer validation part (--split, --val-start)";
            return Err(Error::usage(message).with_hint(match calibration.levels.is_empty() {
                true => longer.to_string(),
                false => format!("choose among {}; or {longer}", calibration.list()),
            }));
        }
        let shape = self.model.shape();
        Ok(Intervals::new(calibration, &shape.quantiles, shape.horizon, wanted))
    }

    /// What makes finished forecasts of this model's windows.
    pub(crate) fn chain<'a>(&'a self, intervals: &'a Intervals, levels: &'a Levels) -> Chain<'a> {
        Chain {
            members: &self.model.members,
            season: self.meta.schema.season,
            pool: &self.meta.pool,
            intervals,
            limits: &self.limits,
            levels,
        }
    }

    /// Rows of history a forecast needs: T, or an eighth of it where training padded short series.
    pub(crate) fn least_history(&self) -> usize {
        let window = self.model.shape().input_window;
        if self.meta.config.windows.pad_short { (window / 8).max(1) } else { window }
    }

    /// Grid rows before an origin that its forecast depends on.
    pub(crate) fn rows_seen(&self) -> usize {
        let meta = &self.meta;
        // Each of the T rows of a window is seen relative to T rows of its own, or to the season before
        // it; how old a value is, and whether another series counts, goes back T rows more.
        let window = 3 * self.model.shape().input_window;
        let window = window + meta.schema.season.max(meta.inputs.max_fill.unwrap_or(0) + 1);
        // The pool looks further back where there is a long season. The first row that is kept takes over an older value, which the
        // pool must not see.
        window.max(meta.pool.history() + 1)
    }

    /// The scaling of every series, and a note where training had not seen some of them.
    pub(crate) fn scalings(&self, panel: &Panel, unseen_until: &[i64], notes: &mut Vec<String>) -> Scalings {
        self.scalings_of(panel, unseen_until, &|_| true, notes)
    }

    /// The same, with a note on those series alone that are `told`.
    pub(crate) fn scalings_of(
        &self,
        panel: &Panel,
        unseen_until: &[i64],
        told: &dyn Fn(usize) -> bool,
        notes: &mut Vec<String>,
    ) -> Scalings {
        let scalings = Scalings::of(panel, &self.meta.scaler, unseen_until);
        notes.extend(self.note_absent(panel));
        let part = panel.time.display(self.meta.bounds.val_start);
        for (names, own) in self.unseen_by_scaling(panel, &scalings, told) {
            let n = names.len();
            let (has, its) = (of_one(n, "has", "have"), of_one(n, "its", "their"));
            let how = match own {
                Some(true) => format!("scaled by {its} own history before the forecast"),
                Some(false) => format!(
                    "scaled as all series together, for want of {ENOUGH} observed values before the forecast"
                ),
                None => "scaled as all series are".to_owned(),
            };
            let names = first_of(&names, 5, "");
            notes.push(format!(
                "{n} series {has} no row in the training part (before {part}), {how}: {names}"
            ));
        }
        scalings
    }

    /// Names of the series without a row in the training part, which may still have been in the table of
    /// training; those that are scaled by their own rows apart from those that have too few of them. `None`:
    /// the settings have one scaling for all.
    fn unseen_by_scaling(
        &self,
        panel: &Panel,
        scalings: &Scalings,
        told: &dyn Fn(usize) -> bool,
    ) -> Vec<(Vec<String>, Option<bool>)> {
        let alike = matches!(self.meta.scaler.kind, ScalerKind::Global | ScalerKind::None);
        let kinds: &[Option<bool>] = if alike { &[None] } else { &[Some(true), Some(false)] };
        let of = |kind: &Option<bool>| {
            let unseen = scalings
                .unseen
                .iter()
                .filter(|s| told(**s) && kind.is_none_or(|own| self.has_own_scaling(scalings, **s) == own));
            (unseen.map(|s| panel.series[*s].to_string()).collect::<Vec<_>>(), *kind)
        };
        kinds.iter().map(of).filter(|(names, _)| !names.is_empty()).collect()
    }

    /// Whether the targets of a series are scaled by its own rows, not by those of all series together.
    pub(crate) fn has_own_scaling(&self, scalings: &Scalings, series: usize) -> bool {
        let own = scalings.series.get(series).map_or(&[][..], Vec::as_slice);
        own.iter().zip(&self.meta.scaler.pooled).take(self.meta.inputs.targets).all(|(own, all)| own != all)
    }
}

/// Refuses a table whose rows are plainly further apart than the model's: on the model's grid
/// it would be nearly all holes, each of them filled.
fn same_step(frame: &LongFrame, freq: &Freq) -> Result<()> {
    let Some(found) = table::common_step(frame) else { return Ok(()) };
    // Slots of days are apart as the week has it; those of hours mostly an hour.
    let step = if freq.nominal() < DAY { freq.nominal() } else { freq.seconds() };
    if freq.known_after(i64::MIN).is_some() || found.seconds() * 2 <= step * 3 {
        return Ok(());
    }
    Err(Error::data(
        Place::file(frame.source.clone()),
        format!("has a row each {found}, while the model was trained on a row each {freq}"),
    )
    .with_hint(format!("give it rows each {freq}; if this table is only sparse, --freq {freq} says so")))
}

/// Puts the panel's columns in the checkpoint's order.
fn arrange(panel: &mut Panel, meta: &Meta) -> Result<()> {
    let mut columns = Vec::with_capacity(meta.inputs.values.len());
    for name in &meta.inputs.values {
        let at = panel.columns.iter().position(|c| c.name == *name).ok_or_else(|| {
            Error::data(
                Place::file(panel.source.clone()).column(name.clone()),
                "the model needs this column, and the table does not have it",
            )
            .with_hint("`lstm-forecast inspect MODEL` lists the columns a table must have")
        })?;
        columns.push(panel.columns.swap_remove(at));
    }
    panel.columns = columns;
    panel.targets = meta.inputs.targets;
    Ok(())
}
