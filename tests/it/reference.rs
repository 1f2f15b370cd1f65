//! The reference is made from the program: flags from clap's tree, defaults and keys from [`Config`], exit codes from
//! [`EXIT_CODES`]. `SNAPSHOTS=overwrite cargo test --release --test it reference` renews it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Arg, Command, CommandFactory};
use lstm_forecast::cli::{Cli, defaults};
use lstm_forecast::config::Config;
use lstm_forecast::error::EXIT_CODES;
use serde_json::Value;

use super::console;

const FROM: &str = "<!-- made by the program, see tests/it/reference.rs -->\n";
const UNTIL: &str = "<!-- until here -->\n";

/// Compares the part of a page that is made here with `made`.
fn compare(page: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/src/reference").join(page);
    let text = std::fs::read_to_string(&path).expect("a page");
    let (head, rest) = text.split_once(FROM).expect("where it begins");
    let (_, tail) = rest.split_once(UNTIL).expect("where it ends");
    console::compare(&format!("{head}{FROM}\n{}\n\n{UNTIL}{tail}", made.trim()), &path);
}

/// The groups of settings, in the order of `--print-config`, with their keys.
fn groups() -> Vec<(String, Vec<String>)> {
    let settings = serde_yaml::to_value(Config::default()).expect("settings");
    let keys = |keys: &serde_yaml::Value| {
        let keys = keys.as_mapping().expect("keys").keys();
        keys.map(|key| key.as_str().expect("a key").to_owned()).collect()
    };
    let groups = settings.as_mapping().expect("groups").iter();
    groups.map(|(group, all)| (group.as_str().expect("a group").to_owned(), keys(all))).collect()
}

fn key_of(arg: &Arg) -> String {
    let long = arg.get_long().unwrap_or_default().replace('-', "_");
    long.strip_prefix("no_").map_or(long.clone(), str::to_owned)
}

fn is_setting(arg: &Arg) -> bool {
    groups().iter().any(|(_, keys)| keys.contains(&key_of(arg)))
}

/// The help without the default that the program writes after it, and safe in a cell of a table.
fn help(arg: &Arg) -> String {
    let text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let text = text.split(" [default: ").next().unwrap_or_default();
    text.replace('|', "\\|").replace('<', "&lt;")
}

/// The words that a flag takes, with what each means where that is known.
fn choices(arg: &Arg) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let values = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
    let said: Vec<String> = values
        .filter(|value| !["true", "false"].contains(&value.get_name()))
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}`: {}", value.get_name(), help.to_string().trim_end_matches('.')),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    match said.is_empty() {
        true => String::new(),
        false => format!(". {}", said.join("; ")),
    }
}

/// `-o`, `--out FILE`.
fn flag(arg: &Arg) -> String {
    let long = arg.get_long().unwrap_or_default();
    let short = arg.get_short().map(|c| format!("`-{c}`, ")).unwrap_or_default();
    let takes = arg.get_action().takes_values() && arg.get_num_args().is_none_or(|n| n.min_values() > 0);
    let name = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    match takes {
        true => format!("{short}`--{long} {name}`").replace('|', "\\|"),
        false => format!("{short}`--{long}`"),
    }
}

/// `train` has all settings but those that `evaluate` and `predict` alone have, of which there are none.
fn program() -> Command {
    let mut program = Cli::command();
    program.build();
    program
}

#[test]
fn settings() {
    let program = program();
    let train = program.find_subcommand("train").expect("train");
    let mut page = String::new();
    for (group, keys) in groups() {
        let _ =
            write!(page, "## `{group}`\n\n| key | flag | default | meaning |\n| --- | --- | --- | --- |\n");
        for key in keys {
            let named = |arg: &&Arg| arg.get_long() == Some(key.replace('_', "-").as_str());
            let arg = train.get_arguments().find(named).expect("a flag");
            let default = defaults::of(&key).expect("a default").replace('|', "\\|");
            let _ = writeln!(page, "| `{key}` | {} | {default} | {}{} |", flag(arg), help(arg), choices(arg));
        }
        page.push('\n');
    }
    compare("settings.md", &page);
}

#[test]
fn commands() {
    let program = program();
    let mut page = String::new();
    for command in program.get_subcommands().filter(|c| c.get_name() != "help") {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let usage = command.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ");
        let _ = write!(page, "## `{}`\n\n{about}.\n\n```text\n{usage}\n```\n\n", command.get_name());
        own_flags(&mut page, command);
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<&str> = examples.lines().skip(1).map(str::trim).collect();
        let _ = write!(page, "```sh\n{}\n```\n\n", examples.join("\n"));
    }
    let _ = write!(page, "## Flags of every command\n\n| flag | meaning |\n| --- | --- |\n");
    let common = program.get_arguments().filter(|arg| arg.get_long().is_some());
    for arg in common {
        let _ = writeln!(page, "| {} | {}{} |", flag(arg), help(arg), variable(arg));
    }
    compare("commands.md", &page);
}

/// Arguments and flags of the command that are no settings, and in a sentence the settings that it takes.
fn own_flags(page: &mut String, command: &Command) {
    let own = |arg: &&Arg| !arg.is_global_set() && !["help", "version"].contains(&arg.get_id().as_str());
    let (settings, others): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().filter(own).partition(|a| is_setting(a));
    page.push_str("| argument | default | meaning |\n| --- | --- | --- |\n");
    for arg in others {
        let name = match arg.is_positional() {
            true => format!("`{}`", arg.get_id().as_str().to_uppercase()),
            false => flag(arg),
        };
        let default: Vec<_> = arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
        let default = if arg.get_action().takes_values() { default.join(",") } else { String::new() };
        let _ = writeln!(page, "| {name} | {default} | {}{}{} |", help(arg), choices(arg), variable(arg));
    }
    page.push('\n');
    if settings.is_empty() {
        return;
    }
    let groups = groups();
    let taken: Vec<String> = groups
        .iter()
        .filter_map(|(group, keys)| {
            let taken: Vec<&String> =
                keys.iter().filter(|key| settings.iter().any(|arg| key_of(arg) == **key)).collect();
            match (taken.len(), taken.len() == keys.len()) {
                (0, _) => None,
                (_, true) => Some(format!("all of [`{group}`](settings.md#{group})")),
                _ => {
                    let names: Vec<String> = taken.iter().map(|key| format!("`{key}`")).collect();
                    Some(format!("of [`{group}`](settings.md#{group}) {}", names.join(", ")))
                }
            }
        })
        .collect();
    let _ = write!(page, "Settings that it takes: {}.\n\n", taken.join("; "));
}

/// The environment variable of a flag that is no setting.
fn variable(arg: &Arg) -> String {
    arg.get_env().map(|name| format!(" (`{}`)", name.to_string_lossy())).unwrap_or_default()
}

#[test]
fn exit_codes() {
    let mut page = String::from("| code | | meaning |\n| ---: | --- | --- |\n");
    for (code, short, meaning) in EXIT_CODES {
        let _ = writeln!(page, "| {code} | {short} | {} |", meaning.replace('|', "\\|"));
    }
    compare("exit-codes.md", &page);
    let said = Cli::command().get_after_help().map(ToString::to_string).unwrap_or_default();
    for (code, short, _) in EXIT_CODES {
        assert!(said.contains(&format!("{code} {short}")), "`{code} {short}` is not in --help:\n{said}");
    }
}

/// Every setting's default stands in `train --help`, and its short form stays on one screen.
#[test]
fn train_says_every_default() {
    let place = super::support::Place::new();
    let long = place.ok(&["train", "--help"]).stdout;
    for (_, keys) in groups() {
        for key in keys {
            let own = help_of(&long, &key.replace('_', "-"));
            let default = defaults::of(&key).expect("a default");
            assert!(own.contains(&format!("[default: {default}]")), "{key}: {own}");
        }
    }
    assert!(long.lines().count() <= 180, "{} lines", long.lines().count());
    let short = place.ok(&["train", "-h"]).stdout;
    assert!((24..=40).contains(&short.lines().count()), "{} lines", short.lines().count());
    assert_eq!(long, place.ok(&["help", "train"]).stdout);
}

/// What a help says about a flag, in one line.
fn help_of(help: &str, flag: &str) -> String {
    let name = |line: &str| {
        line.trim_start().split([' ', '[', '=']).find(|w| w.starts_with("--")).map(str::to_owned)
    };
    let own = |line: &&str| name(line) == Some(format!("--{flag}"));
    let mut lines = help.lines().skip_while(|line| !own(line) || !line.trim_start().starts_with('-'));
    let first = lines.next().unwrap_or_default();
    let rest = lines.take_while(|line| !line.trim_start().starts_with('-') && !line.is_empty());
    std::iter::once(first).chain(rest).flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// `--print-config` prints the settings that the reference lists.
#[test]
fn the_settings_are_those_that_are_printed() {
    let place = super::support::Place::new();
    let yaml = place.ok(&["train", "t.csv", "--print-config"]).stdout;
    let printed: Value = serde_yaml::from_str(&yaml).expect("YAML");
    for (group, keys) in groups() {
        let found: Vec<&String> = printed[&group].as_object().expect("a group").keys().collect();
        assert_eq!(found.len(), keys.len(), "{group}");
        assert!(keys.iter().all(|key| found.contains(&key)), "{group}: {found:?}");
    }
}
