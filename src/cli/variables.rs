//! Environment variables of ours: every setting has one, and one that nobody knows is pointed out,
//! because a misspelt variable is otherwise silently a default.

use clap::CommandFactory;

use super::Cli;
use crate::error::nearest;

const PREFIX: &str = "LSTM_FORECAST_";

/// Variables that clap does not read: switches with a `--no-` form, which are read beside it, the
/// instruction set (`ops::lstm`), and the folder of real data that the tests look into.
const OTHERS: [&str; 6] = ["BIAS", "CALENDAR", "VALIDATION", "SIMD", "TEST_DATA", "TEST_PYTHON"];

/// A note for each variable with our prefix that is none of ours.
pub fn unknown() -> Vec<String> {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let mut found: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix(PREFIX)?.to_owned())).collect();
    if found.is_empty() {
        return Vec::new();
    }
    let known = known();
    found.retain(|name| !known.contains(name));
    found.sort();
    let note = |name: &String| {
        let meant = nearest(name, known.iter().map(String::as_str))
            .map(|near| format!(" (did you mean `{PREFIX}{near}`?)"))
            .unwrap_or_default();
        format!("the variable `{PREFIX}{name}` is not known and has no effect{meant}")
    };
    found.iter().map(note).collect()
}

/// All names without the prefix.
fn known() -> Vec<String> {
    let program = Cli::command();
    let arguments = program.get_arguments().chain(program.get_subcommands().flat_map(|c| c.get_arguments()));
    let named = arguments.filter_map(|a| a.get_env()?.to_str()?.strip_prefix(PREFIX));
    named.chain(OTHERS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_flag_and_a_variable() {
        let settings = serde_json::to_value(crate::config::Config::default()).unwrap();
        let known = known();
        let program = Cli::command();
        let train = program.find_subcommand("train").unwrap();
        for key in settings.as_object().unwrap().values().flat_map(|keys| keys.as_object().unwrap().keys()) {
            assert!(known.contains(&key.to_uppercase()), "{key}");
            let flag = key.replace('_', "-");
            assert!(train.get_arguments().any(|a| a.get_long() == Some(flag.as_str())), "--{flag}");
        }
    }
}
