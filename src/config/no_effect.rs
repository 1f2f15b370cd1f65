//! Settings that were given and change nothing, because of what other settings say: each has a
//! note with the reason, so that nobody tunes what is not in use. What contradicts itself is
//! refused elsewhere.

use serde_json::Value;

use super::{Config, Decoder, Layers, Loss, ScalerKind, Schedule, Transform, layers};
use crate::error::Result;

/// A setting, as `group.key`, and why it changes nothing.
type NoEffect = (&'static str, String);

impl Layers {
    /// A note for each setting of these layers that is given and has no effect in `config`, which
    /// they resolve to. `trains`: whether a network is trained, or windows are cut alone.
    ///
    /// # Errors
    /// As [`Layers::resolve`].
    pub fn without_effect(&self, config: &Config, trains: bool) -> Result<Vec<String>> {
        let given = self.given()?;
        let mut all = table(config);
        if trains {
            all.extend(model(config));
            all.extend(training(config));
        } else if config.windows.pad_short {
            all.push(("windows.pad_short", "has no effect here: only whole windows are counted".into()));
        }
        all.retain(|(key, _)| given.iter().any(|g| g == key));
        let name = |key: &'static str| key.split_once('.').map_or(key, |(_, name)| name);
        Ok(all.into_iter().map(|(key, why)| format!("`{}` {why}", name(key))).collect())
    }

    /// What was given: all that flags and environment say, and of the file what differs from the
    /// default, because a file from `--print-config` says everything.
    fn given(&self) -> Result<Vec<String>> {
        let default = serde_json::to_value(Config::default()).map_err(layers::internal)?;
        let mut given = keys(&self.flags, &Value::Null);
        if let Some((name, text)) = &self.file {
            given.extend(keys(&layers::parse_yaml(name, text)?, &default));
        }
        Ok(given)
    }
}

/// Keys whose values are not those of `default`.
fn keys(tree: &Value, default: &Value) -> Vec<String> {
    let mut out = Vec::new();
    for (group, keys) in tree.as_object().into_iter().flatten() {
        for (key, value) in keys.as_object().into_iter().flatten() {
            if default.get(group).and_then(|keys| keys.get(key)) != Some(value) {
                out.push(format!("{group}.{key}"));
            }
        }
    }
    out
}

fn table(config: &Config) -> Vec<NoEffect> {
    let (data, windows, split) = (&config.data, &config.windows, &config.split);
    let mut found = Vec::new();
    match &data.resample {
        None => {
            for key in ["data.agg", "data.closed", "data.partial"] {
                found.push((key, "has no effect without `resample`".into()));
            }
        }
        Some(_) => {
            let why = "has no effect with `resample`, which";
            found.push(("data.duplicates", format!("{why} joins repeated rows as `agg` says")));
            found.push(("data.freq", format!("{why} is the step itself")));
        }
    }
    // The shares also size windows that are not given.
    let sized = windows.input_window.is_some() && windows.horizon.is_some();
    if sized && split.val_start.is_some() && split.test_start.is_some() {
        found.push(("split.split", "has no effect where `val_start` and `test_start` are given".into()));
    }
    if config.scale.scaler == ScalerKind::None && config.scale.transform == Transform::Asinh {
        found.push(("scale.transform", "has no effect with `scaler: none`".into()));
    }
    found
}

fn model(config: &Config) -> Vec<NoEffect> {
    let model = &config.model;
    let mut found = Vec::new();
    if model.decoder == Decoder::Lead {
        let why =
            "has no effect with `decoder: lead`, which always forecasts the change since the last value";
        found.push(("model.skip", why.into()));
        if model.head.len() > 1 {
            let why =
                "beyond its first width has no effect: `decoder: lead` has two hidden layers of that width";
            found.push(("model.head", why.into()));
        }
        return found;
    }
    for key in ["train.cuts", "train.input_dropout"] {
        found.push((key, "has no effect without `decoder: lead`".into()));
    }
    if model.num_layers == 1 && model.head.is_empty() {
        let why = "has no effect on one layer and a linear head: units are dropped between layers";
        found.push(("model.dropout", why.into()));
    }
    found
}

fn training(config: &Config) -> Vec<NoEffect> {
    let train = &config.train;
    let mut found = Vec::new();
    if !config.model.quantiles.is_empty() && train.loss == Loss::Mse {
        let why = "has no effect: mse is no loss of quantiles, which are learned as with `mae`; --quantiles none makes a point forecast by it";
        found.push(("train.loss", why.into()));
    }
    if !train.validation {
        found.push(("train.patience", "has no effect without validation".into()));
        if train.schedule == Schedule::Plateau {
            let why = "has no effect without validation: the learning rate is never halved";
            found.push(("train.schedule", why.into()));
        }
    }
    found
}
