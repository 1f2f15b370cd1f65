//! What is searched: for each setting a list of values, or a range of numbers.

use rand::Rng;
use serde_json::{Map, Value, json};

use crate::config::{Config, Decoder, Layers, to_yaml};
use crate::data::split::Need;
use crate::error::{Error, Result};

/// Groups that say how a model is made; others say what is forecast, and from what.
const GROUPS: [&str; 5] = ["windows", "scale", "model", "train", "data"];
/// Settings of these groups that would change what is forecast or scored.
const FIXED: [&str; 3] = ["windows.horizon", "model.ensemble", "model.pool"];

/// The values of one setting.
#[derive(Debug, Clone, PartialEq)]
enum Values {
    List(Vec<Value>),
    /// Whole numbers where both ends are; drawn by size where `log` says so.
    Range {
        low: f64,
        high: f64,
        log: bool,
        whole: bool,
    },
}

/// All that is searched, in the order of group and key.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    all: Vec<(String, String, Values)>,
    /// The chance that a trial leaves a setting as it is given.
    kept: f64,
}

/// Of the usual space: settings that were chosen on many tables are a better guess than random ones, and
/// where all change at once what is good goes under in what is bad.
const KEPT: f64 = 0.6;

impl Space {
    /// What suits these settings: around what they are.
    pub(super) fn around(config: &Config, need: Need, season: usize, others: bool) -> Space {
        let window = need.input_window;
        let mut windows = vec![(window / 2).max(season.min(window)).max(1), window, 2 * window];
        windows.dedup();
        let list = |group: &str, key: &str, values: Vec<Value>| {
            (group.to_owned(), key.to_owned(), Values::List(values))
        };
        let number = |low: f64, high: f64| Values::Range { low, high, log: true, whole: false };
        let mut all = vec![
            list("windows", "input_window", windows.iter().map(|w| json!(w)).collect()),
            list("model", "hidden_size", vec![json!(32), json!(64), json!(128)]),
            list("model", "num_layers", vec![json!(1), json!(2)]),
            list("model", "dropout", [0.0, 0.1, 0.2, 0.3, 0.4].map(|v| json!(v)).to_vec()),
            list("train", "batch_size", vec![json!(32), json!(64), json!(128)]),
            ("train".into(), "learning_rate".into(), number(1e-3, 1e-2)),
            list("scale", "scaler", vec![json!("standard"), json!("robust")]),
            list("scale", "transform", vec![json!("auto"), json!("none")]),
            list("scale", "calendar", vec![json!(true), json!(false)]),
        ];
        if config.model.decoder == Decoder::Lead {
            all.push(list("train", "input_dropout", [0.0, 0.15, 0.3, 0.5].map(|v| json!(v)).to_vec()));
            all.push(list("train", "cuts", vec![json!(6), json!(12), json!(24)]));
        }
        if others && config.data.features.is_none() && config.data.categorical.is_empty() {
            let kept: Vec<&String> = config.data.future.iter().chain(&config.data.fixed).collect();
            all.push(list("data", "features", vec![Value::Null, json!(kept)]));
        }
        all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        Space { all, kept: KEPT }
    }

    /// From the text of a YAML file: groups of settings as in a settings file, but for each a list of values, or
    /// `{min: 0.001, max: 0.01, log: true}`.
    ///
    /// # Errors
    /// `Error::Config` for what is no such thing, and for values that the setting cannot have.
    pub fn parse(name: &str, text: &str, base: &Config) -> Result<Space> {
        let refuse = |what: String| {
            Error::config(format!("{name}: {what}")).with_hint(
                "write groups and keys as in a settings file, and for each key a list, `hidden_size: [32, 64]`, or a range, `learning_rate: {min: 0.001, max: 0.01, log: true}`",
            )
        };
        let tree: Value = serde_yaml::from_str(text).map_err(|e| refuse(format!("not valid YAML: {e}")))?;
        let Value::Object(groups) = &tree else { return Err(refuse("expected groups of settings".into())) };
        let mut all = Vec::new();
        for (group, keys) in groups {
            if !GROUPS.contains(&group.as_str()) {
                return Err(refuse(format!(
                    "`{group}` is nothing to search; the groups are {}",
                    GROUPS.join(", ")
                )));
            }
            let Value::Object(keys) = keys else {
                return Err(refuse(format!("`{group}` must hold settings")));
            };
            for (key, value) in keys {
                let path = format!("{group}.{key}");
                if FIXED.contains(&path.as_str()) || (group == "data" && key != "features") {
                    return Err(refuse(format!("`{path}` cannot be searched")));
                }
                let values =
                    values(value).ok_or_else(|| refuse(format!("`{path}` is no list and no range")))?;
                for value in values.ends() {
                    allowed(name, base, group, key, &value)?;
                }
                all.push((group.clone(), key.clone(), values));
            }
        }
        if all.is_empty() {
            return Err(refuse("there is nothing to search".into()));
        }
        all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        Ok(Space { all, kept: 0.0 })
    }

    /// Settings by group and key, drawn at random; those that stay as they are given are not among them, but
    /// one at least differs.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Value {
        let drawn: Vec<(f64, Value)> =
            self.all.iter().map(|(.., values)| (rng.random(), values.draw(rng))).collect();
        let most = drawn.iter().map(|(chance, _)| *chance).fold(0.0, f64::max);
        let mut tree = Map::new();
        for ((group, key, _), (chance, value)) in self.all.iter().zip(drawn) {
            if chance < self.kept && chance < most {
                continue;
            }
            let keys = tree.entry(group.clone()).or_insert_with(|| json!({}));
            keys[key.as_str()] = value;
        }
        Value::Object(tree)
    }

    /// The longest input window that may be drawn.
    pub(super) fn longest_window(&self) -> Option<usize> {
        let own = self.all.iter().find(|(group, key, _)| group == "windows" && key == "input_window")?;
        own.2.ends().iter().filter_map(Value::as_u64).max().and_then(|n| usize::try_from(n).ok())
    }

    /// For the log, so that another space is noticed.
    pub(super) fn json(&self) -> Value {
        let one = |(group, key, values): &(String, String, Values)| {
            let values = match values {
                Values::List(list) => json!(list),
                Values::Range { low, high, log, .. } => json!({"min": low, "max": high, "log": log}),
            };
            (format!("{group}.{key}"), values)
        };
        Value::Object(self.all.iter().map(one).collect())
    }
}

impl Values {
    /// Every value of a list, and both ends of a range.
    fn ends(&self) -> Vec<Value> {
        match self {
            Values::List(list) => list.clone(),
            Values::Range { low, high, whole, .. } => vec![number(*low, *whole), number(*high, *whole)],
        }
    }

    fn draw(&self, rng: &mut impl Rng) -> Value {
        let draw: f64 = rng.random();
        match self {
            Values::List(list) => {
                list.get((draw * list.len() as f64) as usize).or(list.last()).cloned().unwrap_or(Value::Null)
            }
            Values::Range { low, high, log, whole } => {
                let value = match log {
                    true => (low.ln() + draw * (high.ln() - low.ln())).exp(),
                    false => low + draw * (high - low),
                };
                // Digits that somebody would write.
                let value = crate::number::round_significant(value, 3);
                number(value.clamp(*low, *high), *whole)
            }
        }
    }
}

fn number(value: f64, whole: bool) -> Value {
    if whole { json!(value.round() as i64) } else { json!(value) }
}

fn values(value: &Value) -> Option<Values> {
    match value {
        Value::Array(list) if !list.is_empty() => Some(Values::List(list.clone())),
        Value::Object(map) => {
            let known = map.keys().all(|key| ["min", "max", "log"].contains(&key.as_str()));
            let (low, high) = (map.get("min")?, map.get("max")?);
            let log = map.get("log").map_or(Some(false), Value::as_bool)?;
            let whole = low.is_i64() && high.is_i64();
            let (low, high) = (low.as_f64()?, high.as_f64()?);
            let fine = known && low < high && (!log || low > 0.0);
            fine.then_some(Values::Range { low, high, log, whole })
        }
        _ => None,
    }
}

/// Refuses a value that the setting cannot have, as its own file would be.
fn allowed(name: &str, base: &Config, group: &str, key: &str, value: &Value) -> Result<()> {
    let text = serde_yaml::to_string(&json!({ group: { key: value } }))
        .map_err(|e| Error::config(format!("{name}: {e}")))?;
    let layers = Layers { base: base.clone(), file: Some((name.to_owned(), text)), flags: json!({}) };
    layers.resolve().map(drop)
}

/// These settings with those of a trial over them.
///
/// # Errors
/// `Error::Config` for settings that do not go together.
pub(super) fn over(base: &Config, settings: &Value) -> Result<Config> {
    Layers { base: base.clone(), file: None, flags: settings.clone() }.resolve()
}

/// The settings file of a trial, with a remark on where it is from.
///
/// # Errors
/// None is expected.
pub fn settings_file(config: &Config, remark: &str) -> Result<String> {
    let mut config = config.clone();
    config.run.threads = None;
    let lines: String = remark.lines().map(|line| format!("# {line}\n")).collect();
    Ok(lines + &to_yaml(&config)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::init::rng;

    #[test]
    fn what_is_drawn_lies_inside() {
        let text = "model: {hidden_size: [8, 16]}\ntrain: {learning_rate: {min: 0.001, max: 0.01, log: true}, cuts: {min: 2, max: 5}}";
        let space = Space::parse("s.yaml", text, &Config::default()).unwrap();
        let (mut sizes, mut small) = (std::collections::BTreeSet::new(), 0);
        for stream in 0..200 {
            let tree = space.draw(&mut rng(1, stream));
            let rate = tree["train"]["learning_rate"].as_f64().unwrap();
            assert!((0.001..=0.01).contains(&rate));
            small += usize::from(rate < 0.001f64 * 10f64.sqrt());
            assert!((2..=5).contains(&tree["train"]["cuts"].as_i64().unwrap()));
            sizes.insert(tree["model"]["hidden_size"].as_i64().unwrap());
            assert!(over(&Config::default(), &tree).is_ok());
        }
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [8, 16]);
        // Half of the draws lie below the geometric middle.
        assert!((70..130).contains(&small), "{small}");
        assert_eq!(space.draw(&mut rng(1, 3)), space.draw(&mut rng(1, 3)));
    }

    #[test]
    fn most_settings_of_the_usual_space_stay() {
        let need = Need { input_window: 168, horizon: 24, least: 168 };
        let space = Space::around(&Config::default(), need, 24, true);
        let counts: Vec<usize> = (0..400)
            .map(|stream| {
                let tree = space.draw(&mut rng(1, stream));
                tree.as_object().unwrap().values().map(|keys| keys.as_object().unwrap().len()).sum()
            })
            .collect();
        assert!(counts.iter().all(|n| *n >= 1));
        // Four of ten of the settings on average.
        let mean = counts.iter().sum::<usize>() as f64 / 400.0 / space.all.len() as f64;
        assert!((0.37..0.43).contains(&mean), "{mean}");
    }

    #[test]
    fn what_is_no_space_is_refused() {
        for (text, what) in [
            ("model: {hidden_sise: [8]}", "unknown key `model.hidden_sise`"),
            ("model: {hidden_size: [none]}", "expected a whole number"),
            ("model: {hidden_size: 8}", "`model.hidden_size` is no list and no range"),
            ("train: {learning_rate: {min: 0, max: 1, log: true}}", "is no list and no range"),
            ("run: {seed: [1, 2]}", "`run` is nothing to search"),
            ("windows: {horizon: [1, 2]}", "`windows.horizon` cannot be searched"),
            ("{}", "nothing to search"),
        ] {
            let error = Space::parse("s.yaml", text, &Config::default()).unwrap_err().to_string();
            assert!(error.starts_with("s.yaml: ") && error.contains(what), "{error}");
        }
    }
}
