//! Defaults in the help: taken from [`Config`], so that what `--help` says is what a run does.

use clap::Arg;
use serde_json::Value;

use crate::config::Config;

/// What is done about a setting that nobody gave, where that is no value that could be given.
const IN_WORDS: [(&str, &str); 41] = [
    ("series", "found"),
    ("time", "found"),
    ("time_format", "found"),
    ("time_zone", "clock time as it is written"),
    ("target", "none; `train` needs one"),
    ("features", "all of numbers"),
    ("drop", "none"),
    ("categorical", "none"),
    ("future", "none"),
    ("static", "none"),
    ("freq", "found"),
    ("duplicates", "an error, if they disagree"),
    ("holidays", "none"),
    ("resample", "rows stay as they are"),
    ("closed", "left"),
    ("partial", "drop"),
    ("agg", "mean"),
    ("max_fill", "no limit"),
    ("delimiter", "found"),
    ("encoding", "found"),
    ("decimal", "found"),
    ("thousands", "found"),
    ("strip", "what stands beside all numbers"),
    ("brackets", "negative; asked where that is in doubt"),
    ("missing", "none"),
    ("skip_rows", "found"),
    ("skip_after_header", "none"),
    ("skip_footer", "none"),
    ("max_columns", "65536"),
    ("max_memory", "1 GiB, or 200 times the size of the file"),
    ("wide", "the table is long"),
    ("clip", "none"),
    ("input_window", "by step: hours 168, days 56, weeks 104, months 36, quarters 16, years 24"),
    ("horizon", "by step: hours 24, days 7, weeks 13, months 12, quarters 4, years 3"),
    ("val_start", "by --split"),
    ("test_start", "by --split"),
    ("head", "linear; 64 for the lead decoder"),
    ("max_steps", "no limit"),
    ("threads", "all cores"),
    ("min", "none"),
    ("max", "none"),
];

/// What stands for the default of a setting: its value as a flag takes it, or what is done instead.
pub fn of(key: &str) -> Option<String> {
    let settings = serde_json::to_value(Config::default()).ok()?;
    let value = settings.as_object()?.values().find_map(|group| group.get(key))?.clone();
    let words = || IN_WORDS.iter().find(|(name, _)| *name == key);
    match &value {
        Value::Null => words().map(|(_, said)| (*said).to_owned()),
        Value::Array(items) if items.is_empty() => words().map(|(_, said)| (*said).to_owned()),
        _ => Some(as_a_flag(&value)),
    }
}

fn as_a_flag(value: &Value) -> String {
    match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => match items.iter().map(as_a_flag).collect::<Vec<_>>().as_slice() {
            [first, second, .., last] if items.len() > 4 => format!("{first},{second},…,{last}"),
            few => few.join(","),
        },
        // An f32 travels as an f64 with digits that nobody wrote.
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |n| ((n * 1e6).round() / 1e6).to_string())
        }
        other => other.to_string(),
    }
}

/// The flag of a setting with its default after its help; any other flag as it is.
pub fn said(arg: Arg) -> Arg {
    let key = arg.get_long().unwrap_or_default().replace('-', "_");
    match (of(&key), arg.get_help().map(ToString::to_string)) {
        (Some(default), Some(help)) => arg.help(format!("{help} [default: {default}]")),
        _ => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_default_that_can_be_said() {
        let settings = serde_json::to_value(Config::default()).unwrap();
        for (group, keys) in settings.as_object().unwrap() {
            for key in keys.as_object().unwrap().keys() {
                assert!(
                    of(key).is_some(),
                    "what is the default of `{group}.{key}`? say it in cli/defaults.rs"
                );
            }
        }
        for (key, _) in IN_WORDS {
            let known = settings.as_object().unwrap().values().any(|group| group.get(key).is_some());
            assert!(known, "`{key}` is no setting any more");
        }
    }

    #[test]
    fn sizes_of_windows_are_those_that_are_taken() {
        let steps =
            [(24, "hours"), (7, "days"), (52, "weeks"), (12, "months"), (4, "quarters"), (1, "years")];
        let (windows, horizons) = (of("input_window").unwrap(), of("horizon").unwrap());
        for (season, input, horizon) in crate::pipeline::window_sizes::DEFAULTS {
            let step = steps.iter().find(|(rows, _)| *rows == season).unwrap().1;
            assert!(windows.contains(&format!("{step} {input}")), "{step}: {windows}");
            assert!(horizons.contains(&format!("{step} {horizon}")), "{step}: {horizons}");
        }
    }

    #[test]
    fn defaults_are_written_as_flags_take_them() {
        let said: Vec<String> =
            ["hidden_size", "dropout", "learning_rate", "bias", "split", "quantiles", "decoder"]
                .iter()
                .map(|key| of(key).unwrap())
                .collect();
        assert_eq!(said, ["64", "0.2", "0.003", "on", "0.7,0.1,0.2", "0.1,0.2,…,0.9", "lead"]);
    }
}
