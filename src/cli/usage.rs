//! Command lines that clap refuses, in our words where its own would mislead.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use serde_json::{Map, Value};

use super::flags::Names;
use crate::config::Config;
use crate::error::Error;

/// clap's error, the variable named where the value is from one; or an error of ours in its place.
pub fn explain(program: &Command, error: clap::Error, words: &[String]) -> Result<clap::Error, Error> {
    match error.kind() {
        ErrorKind::UnknownArgument => unknown(program, &error, words).map_or(Ok(error), Err),
        ErrorKind::InvalidSubcommand => Err(no_such_command(program, &error)),
        ErrorKind::ArgumentConflict => repeated(program, &error, words).map_or(Ok(error), Err),
        _ => Ok(by_variable(program, error, words)),
    }
}

/// clap takes `completions` for what was meant by any word that begins like it.
fn no_such_command(program: &Command, error: &clap::Error) -> Error {
    let word = part(error, ContextKind::InvalidSubcommand).unwrap_or_default();
    let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
    let near = |name: &&&str| strsim::osa_distance(word, name) * 3 <= name.len();
    let hint = match names.iter().filter(near).min_by_key(|name| strsim::osa_distance(word, name)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`lstm-forecast --help` lists the commands".to_owned(),
    };
    Error::usage(format!("there is no command `{word}`")).with_hint(hint)
}

/// What to do about a setting that a checkpoint fixes.
pub fn fixed_hint(flag: &str) -> &'static str {
    match flag {
        "--series" => "--only NAME chooses among the series; which columns name them is said in training",
        _ => "leave it out, or train again with it",
    }
}

/// The text of one part of what clap says.
fn part(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

/// The flag that it is about: `--horizon` of `--horizon <ROWS>`.
fn flag(error: &clap::Error) -> Option<&str> {
    part(error, ContextKind::InvalidArg)?.split([' ', '=', '[']).next()
}

/// Whether the flag stands on the command line.
fn on_line(words: &[String], flag: &str) -> bool {
    words.iter().any(|word| word.split('=').next() == Some(flag))
}

/// An error in a variable names the variable.
fn by_variable(program: &Command, mut error: clap::Error, words: &[String]) -> clap::Error {
    let Some(flag) = flag(&error).filter(|flag| !on_line(words, flag)) else { return error };
    let arguments = program.get_arguments().chain(program.get_subcommands().flat_map(Command::get_arguments));
    let mut own =
        arguments.filter(|a| a.get_long().is_some_and(|long| flag.strip_prefix("--") == Some(long)));
    let variable = own.find_map(|a| a.get_env()).map(|name| name.to_string_lossy().into_owned());
    let value = part(&error, ContextKind::InvalidValue);
    if let Some(name) = variable.filter(|name| std::env::var(name).ok().as_deref() == value) {
        error.insert(ContextKind::InvalidArg, ContextValue::String(name));
    }
    error
}

/// Settings of training given to a command that takes a model, and `--wide NAME` of `predict`.
fn unknown(program: &Command, error: &clap::Error, words: &[String]) -> Option<Error> {
    let command = words.iter().find_map(|word| program.find_subcommand(word))?.get_name();
    if !["predict", "evaluate", "compare", "explain", "watch"].contains(&command) {
        return None;
    }
    let flag = flag(error)?;
    let setting = flag.strip_prefix("--").is_some_and(is_setting);
    if setting {
        return Some(Error::usage(format!("{flag} is fixed by the checkpoint")).with_hint(fixed_hint(flag)));
    }
    let name = words.windows(2).find(|pair| pair[0] == "--wide" && !pair[1].starts_with('-'))?[1].as_str();
    (command == "predict" && !flag.starts_with('-')).then(|| {
        Error::usage(format!("`{name}` after --wide is taken for the name of a file"))
            .with_hint(format!("write --wide={name}; --wide alone is about the output"))
    })
}

/// Whether this is a flag of a setting, or the `no-` form of one.
fn is_setting(long: &str) -> bool {
    let key = long.strip_prefix("no-").unwrap_or(long).replace('-', "_");
    let settings = serde_json::to_value(Config::default()).unwrap_or_default();
    settings
        .as_object()
        .into_iter()
        .flat_map(Map::values)
        .filter_map(Value::as_object)
        .any(|keys| keys.contains_key(&key))
}

/// A list that is given in pieces.
fn repeated(program: &Command, error: &clap::Error, words: &[String]) -> Option<Error> {
    let flag = flag(error)?;
    if part(error, ContextKind::PriorArg) != part(error, ContextKind::InvalidArg) {
        return None;
    }
    let command = words.iter().find_map(|word| program.find_subcommand(word))?;
    let own = command.get_arguments().find(|a| flag.strip_prefix("--") == a.get_long())?;
    if own.get_value_parser().type_id() != std::any::TypeId::of::<Names>() {
        return None;
    }
    let mut parts = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match word.split_once('=') {
            Some((name, value)) if name == flag => parts.push(value),
            _ if word == flag => parts.extend(words.get(at + 1).map(String::as_str)),
            _ => {}
        }
    }
    Some(
        Error::usage(format!("{flag} is given more than once"))
            .with_hint(format!("write {flag} {}", parts.join(","))),
    )
}
