//! A checkpoint meets a table: the shared first half of `evaluate` and `predict`.

use std::path::Path;

use candle_core::Device;
use serde_json::Value;

use crate::checkpoint::{self, Meta};
use crate::config::{Config, DataConfig, Layers, Limits, RunConfig};
use crate::data::freq::Freq;
use crate::data::inputs::Scalings;
use crate::data::long::LongFrame;
use crate::data::panel::Panel;
use crate::data::read::{self, ReadOptions, Source};
use crate::error::{Error, Place, Result};
use crate::forecast::conformal::{self, Intervals};
use crate::forecast::{Chain, Levels};
use crate::model::Ensemble;
use crate::pipeline::table::{self as prepare, Table};
use crate::terminal;

/// A loaded model with its settings, overlaid with the flags of this run.
pub struct Served {
    pub model: Ensemble,
    pub meta: Meta,
    pub config: Config,
    /// What forecasts may be.
    pub limits: Limits,
}

/// Loads a checkpoint and resolves this run's settings over the training run's.
pub fn load(path: &str, overlay: Value, device: &Device) -> Result<Served> {
    let (model, meta) = checkpoint::load(Path::new(path), device)?;
    // The machine is this one, whatever training ran on.
    let base = Config { run: RunConfig::default(), ..meta.config.clone() };
    let config = Layers { base, file: None, flags: overlay }.resolve()?;
    let limits = config.forecast.limits(&meta.schema.targets)?;
    Ok(Served { model, meta, config, limits })
}

/// How a table is read by the checkpoint's schema: the same columns, the same frequency.
pub fn options(served: &Served) -> Result<(ReadOptions, DataConfig)> {
    let schema = &served.meta.schema;
    let mut data = served.config.data.clone();
    data.freq = data.freq.or_else(|| Some(schema.freq.to_string()));
    let mut options = ReadOptions::new(&data)?;
    // Where the file's columns or the files' names are the series, there is no column to name.
    if data.wide.is_none() && !data.series_from_filename {
        options.series = Some(schema.series_columns.clone());
    }
    options.time = Some(schema.time.columns.clone());
    options.style = Some(schema.time.clone());
    options.target = schema.targets.clone();
    if data.wide.is_some() {
        return Ok((options, data));
    }
    let one_hot = |name: &String| {
        schema
            .categories
            .iter()
            .any(|(column, values)| values.iter().any(|v| *name == format!("{column}={v}")))
    };
    options.features = Some(schema.features.iter().filter(|f| !one_hot(f)).cloned().collect());
    options.categorical = schema.categories.iter().map(|(c, _)| c.clone()).collect();
    options.categories = Some(schema.categories.clone());
    Ok((options, data))
}

/// Reads a table by the checkpoint's schema.
pub fn table(served: &Served, source: &Source) -> Result<Table> {
    let (options, data) = options(served)?;
    lay_whole(served, read::read(source, &options)?, &data)
}

/// As [`lay`], for a whole table, whose step must be the model's unless this run names another.
pub fn lay_whole(served: &Served, frame: LongFrame, data: &DataConfig) -> Result<Table> {
    if data.resample.is_none() && served.config.data.freq == served.meta.config.data.freq {
        same_step(&frame, served.meta.schema.freq)?;
    }
    lay(served, frame, data)
}

/// Refuses a table whose rows are plainly further apart than the model's: on the model's grid
/// it would be nearly all holes, each of them filled.
fn same_step(frame: &LongFrame, freq: Freq) -> Result<()> {
    let Some(found) = prepare::common_step(frame) else { return Ok(()) };
    if found.seconds() * 2 <= freq.seconds() * 3 {
        return Ok(());
    }
    Err(Error::data(
        Place::file(frame.source.clone()),
        format!("has a row each {found}, while the model was trained on a row each {freq}"),
    )
    .with_hint(format!("give it rows each {freq}; if this table is only sparse, --freq {freq} says so")))
}

/// Lays a table that was read with [`options`] on its grid, its columns in the checkpoint's order.
pub fn lay(served: &Served, frame: LongFrame, data: &DataConfig) -> Result<Table> {
    let mut table = prepare::lay(frame, data, served.meta.schema.max_gap_rows)?;
    arrange(&mut table.panel, &served.meta)?;
    Ok(table)
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

impl Served {
    /// Prediction intervals of the wanted levels; `file` is the checkpoint's name.
    ///
    /// # Errors
    /// `Error::Checkpoint` where the model is not calibrated for them.
    pub fn intervals(&self, file: &str, wanted: &[u8]) -> Result<Intervals> {
        if wanted.is_empty() {
            return Ok(Intervals::default());
        }
        let Some(calibration) = &self.meta.calibration else {
            let (why, remedy) = conformal::lacking(self.meta.training.val_windows);
            let message = format!("is not calibrated, so --interval has nothing to go by: {why}");
            return Err(Error::checkpoint(file, message).with_hint(remedy));
        };
        if let Some(level) = wanted.iter().find(|level| !calibration.levels.contains(level)) {
            let message = format!(
                "--interval {level} needs {} validation values at every lead, and {file} has seen {}",
                conformal::needed(*level),
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
    pub fn chain<'a>(&'a self, intervals: &'a Intervals, levels: &'a Levels) -> Chain<'a> {
        Chain {
            members: &self.model.members,
            season: self.meta.schema.season,
            blend: &self.meta.blend,
            intervals,
            limits: &self.limits,
            levels,
        }
    }

    /// Rows of history a forecast needs: T, or an eighth of it where training padded short series.
    pub fn least_history(&self) -> usize {
        let window = self.model.shape().input_window;
        if self.meta.config.windows.pad_short { (window / 8).max(1) } else { window }
    }

    /// The scaling of every series; says on stderr which ones training had not seen.
    pub fn scalings(&self, panel: &Panel, unseen_until: &[i64], quiet: bool) -> Scalings {
        let scalings = Scalings::of(panel, &self.meta.scaler, unseen_until);
        if !scalings.unseen.is_empty() && !quiet {
            let names: Vec<String> =
                scalings.unseen.iter().take(5).map(|s| panel.series[*s].to_string()).collect();
            let more = match scalings.unseen.len() {
                0..=5 => String::new(),
                n => format!(" and {} more", n - 5),
            };
            terminal::print_line(format!(
                "note: {} series not seen in training, scaled by their own history before the forecast: {}{more}",
                scalings.unseen.len(),
                names.join(", ")
            ));
        }
        scalings
    }
}
