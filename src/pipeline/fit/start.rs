//! Where a training starts: from settings alone, from an unfinished training (`--resume`), or from
//! the weights of an older model (`--init-from`).

use std::path::{Path, PathBuf};

use candle_core::Device;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::problem::fingerprint;
use crate::checkpoint::{self, Meta};
use crate::cli::{Overlay, TrainArgs, config_file};
use crate::config::{self, Config, Layers, RunConfig, SplitConfig, TrainConfig};
use crate::data::read::ReadOptions;
use crate::error::{Error, Result};
use crate::model::Ensemble;
use crate::output;
use crate::pipeline::table::Table;
use crate::train::ema;
use crate::train::state::{self, Init, Origin, Saved, Weights};

/// Settings, and what they start from.
pub(crate) struct Plan {
    pub(crate) config: Config,
    /// A note for each setting that was given and has no effect, and for files without a checksum.
    pub(crate) without_effect: Vec<String>,
    /// `None` where `--out` is no file, so that nothing can lie beside it.
    pub(crate) state_path: Option<PathBuf>,
    pub(crate) saved: Option<Saved>,
    pub(crate) old: Option<Old>,
    /// The device of the training to go on with.
    began_on: Option<String>,
}

/// The model of `--init-from`.
pub(crate) struct Old {
    pub(crate) model: Ensemble,
    pub(crate) meta: Meta,
    pub(crate) init: Init,
}

impl Plan {
    /// Settings in order of precedence: flags and environment, the YAML file, what training starts
    /// from, defaults.
    ///
    /// # Errors
    /// `Error::Config` where a setting contradicts what training starts from.
    pub(crate) fn new(args: &TrainArgs) -> Result<Plan> {
        let state_path =
            output::is_file(Path::new(&args.out)).then(|| state::path_beside(Path::new(&args.out)));
        let saved = match (&state_path, args.resume) {
            (Some(path), true) => {
                output::check_own(path)?;
                Some(Saved::read(path)?)
            }
            (None, true) => {
                return Err(Error::usage(format!(
                    "--resume finds its state beside --out, and {} is no file",
                    args.out
                )));
            }
            _ => None,
        };
        let known = saved.as_ref().map(Saved::origin);
        let old = old(args, known)?;
        let base = match (known, &old) {
            (Some(origin), _) => {
                let file = Some((args.out.clone(), origin.config.clone()));
                Layers { file, ..Layers::default() }.resolve()?
            }
            (None, Some(old)) => old.settings(),
            (None, None) => Config::default(),
        };
        let file = config_file(args.settings.config.as_deref())?;
        let layers = Layers { base: base.clone(), file, flags: args.overlay() };
        let config = layers.resolve()?;
        let without_effect = layers.without_effect(&config, true)?;
        let began_on = saved.is_some().then(|| base.run.device.clone());
        let mut plan = Plan { config, without_effect, state_path, saved, old, began_on };
        plan.without_effect.extend(plan.saved.as_ref().and_then(Saved::note));
        if let Some(old) = &plan.old {
            plan.without_effect.extend(old.meta.note(Path::new(&old.init.path)));
        }
        if let Some(saved) = &plan.saved {
            same_settings(&base, &plan.config, saved)?;
        }
        if let Some(old) = &plan.old {
            old.fits(&plan.config)?;
        }
        Ok(plan)
    }

    /// Settles on the device; a note where the training to go on with began on another.
    pub(crate) fn compute_on(&mut self, device: String) -> Option<String> {
        let other = self.began_on.as_ref().filter(|began_on| **began_on != device);
        let note = other.map(|began_on| {
            format!("the training began on {began_on} and goes on on {device}: the last digits of its weights will differ")
        });
        self.config.run.device = device;
        note
    }

    /// How the table is read: by the old model's columns, where there is one.
    pub(crate) fn read_options(&self) -> Result<ReadOptions> {
        let mut options = ReadOptions::new(&self.config.data)?;
        if let Some(old) = &self.old {
            let schema = &old.meta.schema;
            let one_hot = |name: &str| {
                let mut all =
                    schema.categories.iter().flat_map(|(c, values)| values.iter().map(move |v| (c, v)));
                all.any(|(column, value)| name == format!("{column}={value}"))
            };
            options.features = Some(schema.features.iter().filter(|f| !one_hot(f)).cloned().collect());
            options.categorical = schema.categories.iter().map(|(c, _)| c.clone()).collect();
            options.categories = Some(schema.categories.clone());
        }
        Ok(options)
    }

    /// Which training this is, on this table.
    ///
    /// # Errors
    /// None is expected.
    pub(crate) fn origin(&self, table: &Table) -> Result<Origin> {
        Ok(Origin {
            config: config::to_yaml(&plain(&self.config))?,
            retried: self.saved.as_ref().is_some_and(|saved| saved.origin().retried),
            init: self.old.as_ref().map(|old| old.init.clone()),
            table: fingerprint(table),
        })
    }

    /// Refuses another table than that of the state, or one that the old model does not fit.
    ///
    /// # Errors
    /// `Error::Checkpoint`.
    pub(crate) fn same_table(&self, table: &Table) -> Result<()> {
        if let (Some(saved), Some(path)) = (&self.saved, &self.state_path) {
            let (was, is) = (&saved.origin().table, &fingerprint(table));
            if was != is {
                let what = |t: &checkpoint::Fingerprint| {
                    format!(
                        "{} rows of {} series, {} to {}, hash {}",
                        t.rows, t.series, t.first, t.last, t.hash
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
        self.old.as_ref().map_or(Ok(()), |old| old.fits_table(table))
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

/// Loads the model that training starts from, or had started from.
fn old(args: &TrainArgs, known: Option<&Origin>) -> Result<Option<Old>> {
    let had = known.and_then(|origin| origin.init.as_ref());
    if let (Some(_), None, Some(path)) = (known, had, &args.init_from) {
        return Err(Error::config(format!("the training to go on with did not start from {path}"))
            .with_hint("leave out --init-from, or --resume to train from the beginning"));
    }
    let Some(path) = args.init_from.clone().or_else(|| had.map(|init| init.path.clone())) else {
        return Ok(None);
    };
    let bytes = checkpoint::read(Path::new(&path))?;
    let hash = format!("{:016x}", xxh3_64(&bytes));
    if let Some(had) = had.filter(|had| had.hash != hash) {
        return Err(Error::checkpoint(
            &path,
            format!("is not the model that training started from: its hash is {hash}, not {}", had.hash),
        )
        .with_hint("name that model with --init-from, or run without --resume to train from the beginning"));
    }
    let (model, meta) = checkpoint::from_bytes(Path::new(&path), &bytes, &Device::Cpu)?;
    Ok(Some(Old { model, meta, init: Init { path, hash } }))
}

impl Old {
    /// The settings that a new training takes over: columns, windows, scaling, model. How long and
    /// how fast to train, and the dates of the split, are not among them.
    fn settings(&self) -> Config {
        Config {
            split: SplitConfig { val_start: None, test_start: None, ..self.meta.config.split.clone() },
            train: TrainConfig::default(),
            run: RunConfig::default(),
            ..self.meta.config.clone()
        }
    }

    /// Refuses settings that the old weights cannot follow.
    fn fits(&self, config: &Config) -> Result<()> {
        let free = [
            "model.dropout",
            "model.blend",
            "windows.stride",
            "windows.pad_short",
            "scale.scaler",
            "scale.transform",
        ];
        let bound = |key: &str| {
            [
                "model.",
                "windows.",
                "scale.calendar",
                "data.target",
                "data.features",
                "data.categorical",
                "data.future",
                "data.static",
            ]
            .iter()
            .any(|p| key.starts_with(p))
                && !free.contains(&key)
        };
        let differing = differences(&self.meta.config, config).into_iter().filter(|d| bound(&d.0));
        match differing.map(|(key, was, is)| format!("`{key}` is {is}, and {was} in the model")).reduce(join)
        {
            None => Ok(()),
            Some(what) => {
                Err(Error::checkpoint(&self.init.path, format!("does not fit these settings: {what}"))
                    .with_hint("leave these settings out: with --init-from they come from the model"))
            }
        }
    }

    /// Refuses a table that the old inputs cannot be made of.
    fn fits_table(&self, table: &Table) -> Result<()> {
        let schema = &self.meta.schema;
        let fail = |what: String, hint: &str| {
            Err(Error::checkpoint(&self.init.path, format!("does not fit the table: {what}")).with_hint(hint))
        };
        let found: Vec<&String> = table.panel.columns.iter().map(|c| &c.name).collect();
        let wanted: Vec<&String> = schema.targets.iter().chain(&schema.features).collect();
        if found != wanted {
            let list =
                |names: &[&String]| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
            return fail(
                format!("the model was trained on {}; the table gives {}", list(&wanted), list(&found)),
                "the same columns are needed, under the same names",
            );
        }
        if schema.freq != table.panel.freq {
            return fail(
                format!(
                    "the model has a row each {}, the table a row each {}",
                    schema.freq, table.panel.freq
                ),
                "--resample lays a finer table on a coarser grid",
            );
        }
        Ok(())
    }

    /// The first weights of all members.
    pub(crate) fn weights(&self) -> Result<Vec<Weights>> {
        self.model.members.iter().map(ema::weights).collect()
    }
}

/// Refuses settings other than those of the training to go on with.
fn same_settings(was: &Config, is: &Config, saved: &Saved) -> Result<()> {
    let all = differences(&comparable(was), &comparable(is));
    let Some(what) =
        all.into_iter().map(|(key, was, is)| format!("`{key}` is {is}, and was {was}")).reduce(join)
    else {
        return Ok(());
    };
    let (member, epoch, step) = saved.place();
    Err(Error::config(format!(
        "cannot go on with other settings than the training began with (member {member}, epoch {epoch}, step {step}): {what}"
    ))
    .with_hint("leave these settings out: with --resume they come from the state; or run without --resume to train from the beginning"))
}

fn join(a: String, b: String) -> String {
    format!("{a}; {b}")
}

/// Keys whose values differ, with both values as JSON.
fn differences(a: &Config, b: &Config) -> Vec<(String, Value, Value)> {
    let tree = |c: &Config| serde_json::to_value(c).unwrap_or_default();
    let (a, b) = (tree(a), tree(b));
    let mut all = Vec::new();
    for (group, keys) in a.as_object().into_iter().flatten() {
        for (key, was) in keys.as_object().into_iter().flatten() {
            let is = b.get(group).and_then(|keys| keys.get(key)).cloned().unwrap_or_default();
            if *was != is {
                all.push((format!("{group}.{key}"), was.clone(), is));
            }
        }
    }
    all
}
