//! The layers of settings, and how they become one: precedence, the YAML file, and what is said of
//! a key or a value that does not fit.

use serde_json::{Map, Value};

use super::Config;
use crate::error::{Error, Result, did_you_mean};

/// The layers of settings, lowest first; flags already contain the environment (clap reads it).
#[derive(Debug, Default)]
pub struct Layers {
    /// Defaults, or the settings of a checkpoint.
    pub base: Config,
    /// Name and text of a YAML file.
    pub file: Option<(String, String)>,
    /// What flags and environment say, by group and key.
    pub flags: Value,
}

impl Layers {
    /// Defaults, and over them the text of a YAML file.
    pub fn from_yaml(text: &str) -> Layers {
        Layers { file: Some(("settings".to_owned(), text.to_owned())), ..Layers::default() }
    }

    /// Resolves the layers:
    /// 1. defaults (or the checkpoint's settings, for commands that take a model),
    /// 2. the YAML file,
    /// 3. environment variables and flags.
    ///
    /// # Errors
    /// `Error::Config` for an unknown key (with the nearest known one), a value of the wrong
    /// type, or a value out of range.
    pub fn resolve(&self) -> Result<Config> {
        let known = serde_json::to_value(Config::default()).map_err(internal)?;
        let mut tree = serde_json::to_value(&self.base).map_err(internal)?;
        if let Some((name, text)) = &self.file {
            let given = parse_yaml(name, text)?;
            refuse_unknown(name, &given, &known)?;
            // One group at a time, so that a wrong type is reported with its file and key.
            check_types(name, &given, &tree)?;
            merge(&mut tree, given);
        }
        check_types(COMMAND_LINE, &self.flags, &tree)?;
        merge(&mut tree, self.flags.clone());
        let mut config: Config = serde_json::from_value(tree)
            .map_err(|e| Error::config(format!("a setting has the wrong type: {e}")))?;
        // A melted table has one column of values.
        if let (true, Some(name)) = (config.data.target.is_empty(), &config.data.wide) {
            config.data.target = vec![name.clone()];
        }
        config.check()?;
        Ok(config)
    }
}

/// Where a setting comes from, for messages, when it is from no file.
const COMMAND_LINE: &str = "command line";
const COMPLETE: &str = "`lstm-forecast train TABLE --print-config` shows a complete file";

pub(super) fn internal(e: serde_json::Error) -> Error {
    Error::config(format!("settings cannot be represented: {e}"))
}

/// The name and text of a YAML file with settings, if one was given.
///
/// # Errors
/// `Error::Config` for a file that cannot be read.
pub fn settings_file(path: Option<&str>) -> Result<Option<(String, String)>> {
    let Some(path) = path else { return Ok(None) };
    let text = std::fs::read_to_string(path).map_err(|e| {
        Error::config(format!("cannot read the settings file {path}: {e}"))
            .with_hint("--config takes the path of a YAML file; `train --print-config` prints one")
    })?;
    Ok(Some((path.to_string(), text)))
}

/// The settings as YAML, ready to be fed back with `--config`.
pub fn to_yaml(config: &Config) -> Result<String> {
    serde_yaml::to_string(config)
        .map_err(|e| Error::config(format!("settings cannot be written as YAML: {e}")))
}

pub(super) fn parse_yaml(name: &str, text: &str) -> Result<Value> {
    let value: Value = serde_yaml::from_str(text)
        .map_err(|e| Error::config(format!("{name}: not valid YAML: {e}")).with_hint(COMPLETE))?;
    match value {
        Value::Null => Ok(Value::Object(Map::new())),
        Value::Object(_) => Ok(value),
        other => Err(Error::config(format!(
            "{name}: expected groups of settings (`data:`, `model:`, …), found {}",
            kind(&other)
        ))
        .with_hint(COMPLETE)),
    }
}

fn refuse_unknown(name: &str, given: &Value, known: &Value) -> Result<()> {
    let (Value::Object(given), Value::Object(known)) = (given, known) else { return Ok(()) };
    for (group, keys) in given {
        let Some(known_keys) = known.get(group) else {
            let home = known.iter().find(|(_, keys)| keys.get(group).is_some());
            let hint = match home {
                Some((g, _)) => format!("`{group}` belongs under `{g}:`"),
                None => format!("the groups are {}", known.keys().cloned().collect::<Vec<_>>().join(", ")),
            };
            let meant = did_you_mean(group, known.keys().map(String::as_str));
            return Err(Error::config(format!("{name}: unknown group `{group}`{meant}")).with_hint(hint));
        };
        if keys.is_null() {
            continue;
        }
        let (Value::Object(keys), Value::Object(known_keys)) = (keys, known_keys) else {
            let what = format!("{name}: `{group}` must hold settings, found {}", kind(keys));
            return Err(Error::config(what).with_hint(COMPLETE));
        };
        for key in keys.keys() {
            if !known_keys.contains_key(key) {
                let meant = did_you_mean(&key.replace('-', "_"), known_keys.keys().map(String::as_str));
                let elsewhere = known.iter().find(|(_, k)| k.get(key).is_some());
                let hint = match elsewhere {
                    Some((g, _)) => format!("`{key}` belongs under `{g}:`"),
                    None => format!(
                        "`{group}` knows: {}",
                        known_keys.keys().cloned().collect::<Vec<_>>().join(", ")
                    ),
                };
                return Err(
                    Error::config(format!("{name}: unknown key `{group}.{key}`{meant}")).with_hint(hint)
                );
            }
        }
    }
    Ok(())
}

fn check_types(name: &str, given: &Value, base: &Value) -> Result<()> {
    let Value::Object(groups) = given else { return Ok(()) };
    for (group, keys) in groups {
        let Value::Object(keys) = keys else { continue };
        for (key, value) in keys {
            let mut one = base.clone();
            merge(&mut one, serde_json::json!({ group.as_str(): { key.as_str(): value } }));
            if let Err(e) = serde_json::from_value::<Config>(one) {
                return Err(wrong_type(name, group, key, value, &e.to_string()));
            }
        }
    }
    Ok(())
}

/// A value that serde refuses, in the user's words.
fn wrong_type(name: &str, group: &str, key: &str, value: &Value, error: &str) -> Error {
    let seen = match value {
        Value::String(text) => format!("`{text}`"),
        Value::Number(_) | Value::Bool(_) => format!("`{value}`"),
        other => kind(other).to_owned(),
    };
    let expected = match error.rsplit_once("expected ").map_or(error, |(_, e)| e) {
        "f64" | "f32" => "a number",
        "usize" | "u64" => "a whole number of 0 or more",
        "a boolean" => "true or false",
        "a string" => "text",
        "a sequence" => "a list, such as [a, b]",
        other => other,
    };
    if name == COMMAND_LINE {
        return Error::config(format!("`{key}` is {seen}; expected {expected}")).with_hint(setting_hint(key));
    }
    Error::config(format!("{name}: `{group}.{key}` is {seen}; expected {expected}")).with_hint(COMPLETE)
}

/// How a setting is set; names its variable where that is set.
pub(super) fn setting_hint(key: &str) -> String {
    let flag = key.replace('_', "-");
    let variable = format!("LSTM_FORECAST_{}", key.to_uppercase());
    match std::env::var_os(&variable) {
        Some(_) => format!("the variable {variable} is set; --{flag} wins over it"),
        None => format!("set it with --{flag} or in the YAML file"),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true/false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a group",
    }
}

/// Lays `over` on `base`: groups are merged, everything else is replaced.
fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Object(_), Value::Null) => {}
        (base, over) => *base = over,
    }
}
