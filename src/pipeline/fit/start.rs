//! Where a training starts: from settings alone, from an unfinished training (`--resume`), or from
//! the weights of an older model (`--init-from`).

use std::path::{Path, PathBuf};

use candle_core::Device;
use serde_json::Value;

use super::differences::{differences, joined};
use super::initial::{self, InitialModel};
use super::meta::fingerprint;
use crate::checkpoint::Fingerprint;
use crate::config::{self, Config, Layers, RunConfig, settings_file};
use crate::data::read::{ReadOptions, Source};
use crate::error::{Error, Result};
use crate::output;
use crate::pipeline::device;
use crate::pipeline::table::Table;
use crate::text::plural;
use crate::train::state::{self, Origin, Saved};

/// Settings, and what they start from.
pub struct StartingPoint {
    pub(super) config: Config,
    notes: Vec<String>,
    /// `None` where `out` is no file, so that nothing can lie beside it.
    pub(super) state_path: Option<PathBuf>,
    pub(super) saved: Option<Saved>,
    pub(super) initial: Option<InitialModel>,
    /// The device of the training to go on with.
    began_on: Option<String>,
}

/// What a training starts from.
#[derive(Debug, Clone)]
pub struct StartFrom<'a> {
    /// The checkpoint to write; the state of an unfinished training lies beside it.
    pub out: &'a str,
    /// Go on with that training.
    pub resume: bool,
    /// The checkpoint whose weights are the first.
    pub init_from: Option<&'a str>,
    /// A YAML file with settings.
    pub settings_file: Option<&'a str>,
    /// Settings by group and key, which go over all others.
    pub flags: Value,
}

impl StartingPoint {
    /// Settings in order of precedence: flags and environment, the YAML file, what training starts
    /// from, defaults.
    ///
    /// # Errors
    /// `Error::Config` where a setting contradicts what training starts from.
    pub fn new(from: &StartFrom) -> Result<StartingPoint> {
        let out = Path::new(from.out);
        let state_path = output::is_file(out).then(|| state::path_beside(out));
        let saved = match (&state_path, from.resume) {
            (Some(path), true) => {
                output::check_own(path)?;
                Some(Saved::read(path)?)
            }
            (None, true) => {
                return Err(Error::usage(format!(
                    "--resume finds its state beside --out, and {} is no file",
                    from.out
                )));
            }
            _ => None,
        };
        let known = saved.as_ref().map(Saved::origin);
        let initial = initial::load(from.init_from, known)?;
        let base = match (known, &initial) {
            (Some(origin), _) => {
                let file = Some((from.out.to_string(), origin.config.clone()));
                Layers { file, ..Layers::default() }.resolve()?
            }
            (None, Some(initial)) => initial.settings(),
            (None, None) => Config::default(),
        };
        let file = settings_file(from.settings_file)?;
        let layers = Layers { base: base.clone(), file, flags: from.flags.clone() };
        let config = layers.resolve()?;
        let mut notes = layers.without_effect(&config, true)?;
        notes.extend(saved.as_ref().and_then(Saved::note));
        notes.extend(initial.as_ref().and_then(InitialModel::note));
        let began_on = saved.is_some().then(|| base.run.device.clone());
        let start = StartingPoint { config, notes, state_path, saved, initial, began_on };
        if let Some(saved) = &start.saved {
            same_settings(&base, &start.config, saved)?;
        }
        if let Some(initial) = &start.initial {
            initial.fits(&start.config)?;
        }
        Ok(start)
    }

    /// Settings alone.
    pub fn of(config: Config) -> StartingPoint {
        StartingPoint {
            config,
            notes: Vec::new(),
            state_path: None,
            saved: None,
            initial: None,
            began_on: None,
        }
    }

    /// The settings, resolved.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A note for each setting that was given and has no effect, and for files without a checksum.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The model whose weights are the first.
    pub fn init_from(&self) -> Option<&str> {
        self.initial.as_ref().map(|initial| initial.init.path.as_str())
    }

    /// Refuses to write the state over a file that is none.
    ///
    /// # Errors
    /// `Error::Write` and the like.
    pub fn check_state(&self) -> Result<()> {
        self.state_path.as_deref().map_or(Ok(()), output::check_own)
    }

    /// Settles on the device; a note where the training to go on with began on another.
    pub fn compute_on(&mut self, device: &Device) -> Option<String> {
        let device = device::name(device);
        let other = self.began_on.as_ref().filter(|began_on| **began_on != device);
        let note = other.map(|began_on| {
            format!("the training began on {began_on} and goes on on {device}: the last digits of its weights will differ")
        });
        self.config.run.device = device;
        note
    }

    /// Reads the table to train on: by the older model's columns, where there is one.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn read(&self, source: &Source) -> Result<Table> {
        let mut options = ReadOptions::new(&self.config.data)?;
        if let Some(initial) = &self.initial {
            initial.read_as_trained(&mut options);
        }
        let known = self.initial.as_ref().map(|initial| &initial.meta.schema.freq);
        Table::open_as(source, &options, &self.config, known)
    }

    /// Which training this is, on this table.
    pub(super) fn origin(&self, table: &Table) -> Result<Origin> {
        Ok(Origin {
            config: config::to_yaml(&plain(&self.config))?,
            retried: self.saved.as_ref().is_some_and(|saved| saved.origin().retried),
            init: self.initial.as_ref().map(|initial| initial.init.clone()),
            table: fingerprint(table),
        })
    }

    /// Refuses another table than that of the state, or one that the older model does not fit.
    ///
    /// # Errors
    /// `Error::Checkpoint`.
    pub(super) fn same_table(&self, table: &Table) -> Result<()> {
        if let (Some(saved), Some(path)) = (&self.saved, &self.state_path) {
            let (was, is) = (&saved.origin().table, &fingerprint(table));
            if was != is {
                let what = |t: &Fingerprint| {
                    format!(
                        "{} of {} series, {} to {}, hash {}",
                        plural(t.rows, "row"),
                        t.series,
                        t.first,
                        t.last,
                        t.hash
                    )
                };
                return Err(Error::checkpoint(
                    path,
                    format!("is of a training on another table: {}; this one has {}", what(was), what(is)),
                )
                .with_hint(
                    "name the same table, unchanged, or run without --resume to train from the beginning",
                ));
            }
        }
        self.initial.as_ref().map_or(Ok(()), |initial| initial.fits_table(table))
    }
}

/// What the settings are without what does not change the result, or as the device no more than its
/// last digits.
fn comparable(config: &Config) -> Config {
    let plain = plain(config);
    Config { run: RunConfig { device: String::new(), ..plain.run }, ..plain }
}

/// What the settings are without what does not change the result.
fn plain(config: &Config) -> Config {
    Config { run: RunConfig { threads: None, ..config.run.clone() }, ..config.clone() }
}

/// Refuses settings other than those of the training to go on with.
fn same_settings(was: &Config, is: &Config, saved: &Saved) -> Result<()> {
    let all = differences(&comparable(was), &comparable(is));
    let Some(what) =
        all.into_iter().map(|(key, was, is)| format!("`{key}` is {is}, and was {was}")).reduce(joined)
    else {
        return Ok(());
    };
    let (member, epoch, step) = saved.place();
    Err(Error::config(format!(
        "cannot go on with other settings than the training began with (member {member}, epoch {epoch}, step {step}): {what}"
    ))
    .with_hint("leave these settings out: with --resume they come from the state; or run without --resume to train from the beginning"))
}
