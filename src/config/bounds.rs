//! What a forecast may be: `min` and `max`, a number for all targets or for some by name.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::split_list;
use crate::error::{Error, Result, did_you_mean};

/// The settings of the group `forecast`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForecastConfig {
    /// Forecasts and quantiles below this are raised to it.
    pub min: Bound,
    /// Those above this are lowered to it.
    pub max: Bound,
}

/// One side of the bounds, as it is written: `0`, `temp=-40,PM2.5=0`, or a number for all with
/// exceptions by name; in YAML also a list. Nothing where there is no bound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Bound {
    all: Option<f64>,
    named: Vec<(String, f64)>,
}

/// What a bound looks like, for messages.
const FORM: &str = "a number for all targets, or NAME=NUMBER,NAME=NUMBER";

impl Bound {
    /// From the command line; `none` takes back what the checkpoint or a file says.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> std::result::Result<Bound, String> {
        match text.trim() {
            "none" => Ok(Bound::default()),
            text => Bound::of(&split_list(text)),
        }
    }

    fn of(parts: &[String]) -> std::result::Result<Bound, String> {
        let wrong = || format!("expected {FORM}");
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|v| v.is_finite());
        let mut bound = Bound::default();
        for part in parts {
            match part.rsplit_once('=') {
                None if bound.all.is_none() => bound.all = Some(number(part).ok_or_else(wrong)?),
                Some((name, value)) if bound.own(name.trim()).is_none() && !name.trim().is_empty() => {
                    bound.named.push((name.trim().to_string(), number(value).ok_or_else(wrong)?));
                }
                _ => return Err(wrong()),
            }
        }
        if bound.is_none() { Err(wrong()) } else { Ok(bound) }
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.all.is_none() && self.named.is_empty()
    }

    fn own(&self, target: &str) -> Option<f64> {
        self.named.iter().find(|(name, _)| name == target).map(|(_, value)| *value)
    }

    /// The bound of a target: its own, else that of all.
    fn at(&self, target: &str) -> Option<f64> {
        self.own(target).or(self.all)
    }
}

impl From<Bound> for Value {
    fn from(bound: Bound) -> Value {
        if bound.named.is_empty() {
            return bound.all.map_or(Value::Null, Value::from);
        }
        let all = bound.all.map(|value| value.to_string());
        let named = bound.named.iter().map(|(name, value)| format!("{name}={value}"));
        all.into_iter().chain(named).map(Value::from).collect()
    }
}

impl TryFrom<Value> for Bound {
    type Error = String;

    fn try_from(value: Value) -> std::result::Result<Bound, String> {
        let part = |value: Value| match value {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(format!("expected {FORM}")),
        };
        match value {
            Value::Null => Ok(Bound::default()),
            Value::String(text) => Bound::parse(&text),
            Value::Array(parts) => {
                Bound::of(&parts.into_iter().map(part).collect::<std::result::Result<Vec<_>, _>>()?)
            }
            other => Bound::of(&[part(other)?]),
        }
    }
}

impl ForecastConfig {
    /// Refuses bounds that leave no room between them.
    pub(super) fn check(&self) -> Result<()> {
        let names = self.min.named.iter().chain(&self.max.named).map(|(name, _)| Some(name.as_str()));
        for name in std::iter::once(None).chain(names) {
            let at = |bound: &Bound| name.map_or(bound.all, |name| bound.at(name));
            if let (Some(min), Some(max)) = (at(&self.min), at(&self.max))
                && min >= max
            {
                let of = name.map(|name| format!(" for `{name}`")).unwrap_or_default();
                return Err(Error::config(format!(
                    "`min` is {min} and `max` is {max}{of}; expected a `min` below `max`"
                ))
                .with_hint("set them with --min and --max or in the YAML file; `none` switches one off"));
            }
        }
        Ok(())
    }

    /// The bounds of each target.
    ///
    /// # Errors
    /// `Error::Config` for a name that is no target.
    pub fn limits(&self, targets: &[String]) -> Result<Limits> {
        for (key, bound) in [("min", &self.min), ("max", &self.max)] {
            if let Some((name, _)) = bound.named.iter().find(|(name, _)| !targets.contains(name)) {
                let meant = did_you_mean(name, targets.iter().map(String::as_str));
                return Err(Error::config(format!("`{key}` names `{name}`, which is no target{meant}"))
                    .with_hint(format!("the targets are {}", targets.join(", "))));
            }
        }
        let of = |target: &String| {
            (self.min.at(target).unwrap_or(f64::NEG_INFINITY), self.max.at(target).unwrap_or(f64::INFINITY))
        };
        Ok(Limits(targets.iter().map(of).collect()))
    }
}

/// The lowest and the highest forecast of each target; of those it does not know, any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits(Vec<(f64, f64)>);

impl Limits {
    /// The lowest and the highest forecast of a target; infinite where there is no bound.
    pub fn of(&self, target: usize) -> (f64, f64) {
        self.0.get(target).copied().unwrap_or((f64::NEG_INFINITY, f64::INFINITY))
    }

    /// The value, or the bound that it lies beyond.
    pub fn clip(&self, target: usize, value: f64) -> f64 {
        match self.0.get(target) {
            Some((low, _)) if value < *low => *low,
            Some((_, high)) if value > *high => *high,
            _ => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_written_in_few_ways() {
        for (text, all, named) in [
            ("0", Some(0.0), &[][..]),
            (" -1.5 ", Some(-1.5), &[]),
            ("none", None, &[]),
            ("temp=-40,PM2.5=0", None, &[("temp", -40.0), ("PM2.5", 0.0)]),
            ("0,\"a, b\"=-3", Some(0.0), &[("a, b", -3.0)]),
            ("x=y=2", None, &[("x=y", 2.0)]),
        ] {
            let named = named.iter().map(|(name, value)| (name.to_string(), *value)).collect();
            let bound = Bound { all, named };
            assert_eq!(Bound::parse(text).unwrap(), bound, "{text}");
            assert_eq!(Bound::try_from(Value::from(bound.clone())).unwrap(), bound, "{text}");
        }
        for text in ["", "many", "inf", "nan", "1,2", "a=1,a=2", "=1", "a=", "a"] {
            assert!(Bound::parse(text).is_err(), "{text}");
        }
        assert!(Bound::try_from(serde_json::json!([0, "a=1"])).is_ok());
        assert!(Bound::try_from(serde_json::json!({"a": 1})).is_err());
    }

    #[test]
    fn a_name_wins_over_the_number_for_all() {
        let config =
            ForecastConfig { min: Bound::parse("0,temp=-40").unwrap(), max: Bound::parse("rain=5").unwrap() };
        config.check().unwrap();
        let limits = config.limits(&["rain".into(), "temp".into()]).unwrap();
        let clipped = [-50.0, 3.0, 50.0].map(|v| (limits.clip(0, v), limits.clip(1, v)));
        assert_eq!(clipped, [(0.0, -40.0), (3.0, 3.0), (5.0, 50.0)]);
        assert_eq!(Limits::default().clip(3, -1.0), -1.0);
        let error = config.limits(&["rain".into(), "tmp".into()]).unwrap_err();
        assert_eq!(error.to_string(), "`min` names `temp`, which is no target (did you mean `tmp`?)");
        let crossed = ForecastConfig { max: Bound::parse("9,temp=-40").unwrap(), ..config };
        let error = crossed.check().unwrap_err().to_string();
        assert_eq!(error, "`min` is -40 and `max` is -40 for `temp`; expected a `min` below `max`");
    }
}
