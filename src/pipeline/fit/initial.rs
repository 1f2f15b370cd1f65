//! `--init-from`: the model whose weights a training starts from.

use std::path::Path;

use candle_core::Device;
use xxhash_rust::xxh3::xxh3_64;

use super::differences::{differences, joined};
use crate::checkpoint::{self, Meta};
use crate::config::{Config, RunConfig, SplitConfig, TrainConfig};
use crate::data::read::ReadOptions;
use crate::error::{Error, Result};
use crate::model::Ensemble;
use crate::pipeline::table::Table;
use crate::train::ema;
use crate::train::state::{Init, Origin, Weights};

/// A model, and which one it is.
pub(super) struct InitialModel {
    model: Ensemble,
    pub(super) meta: Meta,
    pub(super) init: Init,
}

/// Loads the model that training starts from, or had started from.
pub(super) fn load(path: Option<&str>, known: Option<&Origin>) -> Result<Option<InitialModel>> {
    let had = known.and_then(|origin| origin.init.as_ref());
    if let (Some(_), None, Some(path)) = (known, had, path) {
        return Err(Error::config(format!("the training to go on with did not start from {path}"))
            .with_hint("leave out --init-from, or --resume to train from the beginning"));
    }
    let Some(path) = path.map(str::to_owned).or_else(|| had.map(|init| init.path.clone())) else {
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
    Ok(Some(InitialModel { model, meta, init: Init { path, hash } }))
}

impl InitialModel {
    /// The settings that a new training takes over: columns, windows, scaling, model. How long and
    /// how fast to train, and the dates of the split, are not among them.
    pub(super) fn settings(&self) -> Config {
        Config {
            split: SplitConfig { val_start: None, test_start: None, ..self.meta.config.split.clone() },
            train: TrainConfig::default(),
            run: RunConfig::default(),
            ..self.meta.config.clone()
        }
    }

    /// Refuses settings that the old weights cannot follow.
    pub(super) fn fits(&self, config: &Config) -> Result<()> {
        let free = [
            "model.dropout",
            "model.pool",
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
        match differing
            .map(|(key, was, is)| format!("`{key}` is {is}, and {was} in the model"))
            .reduce(joined)
        {
            None => Ok(()),
            Some(what) => {
                Err(Error::checkpoint(&self.init.path, format!("does not fit these settings: {what}"))
                    .with_hint("leave these settings out: with --init-from they come from the model"))
            }
        }
    }

    /// Refuses a table that the old inputs cannot be made of.
    pub(super) fn fits_table(&self, table: &Table) -> Result<()> {
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

    /// What there is to say of its file.
    pub(super) fn note(&self) -> Option<String> {
        self.meta.note(Path::new(&self.init.path))
    }

    /// The first weights of all members.
    pub(super) fn weights(&self) -> Result<Vec<Weights>> {
        self.model.members.iter().map(ema::weights).collect()
    }

    /// Has a table read by the columns and categories that the weights know.
    pub(super) fn read_as_trained(&self, options: &mut ReadOptions) {
        let schema = &self.meta.schema;
        let one_hot = |name: &str| {
            let mut all = schema.categories.iter().flat_map(|(c, values)| values.iter().map(move |v| (c, v)));
            all.any(|(column, value)| name == format!("{column}={value}"))
        };
        options.features = Some(schema.features.iter().filter(|f| !one_hot(f)).cloned().collect());
        options.categorical = schema.categories.iter().map(|(c, _)| c.clone()).collect();
        options.categories = Some(schema.categories.clone());
    }
}
