//! stderr: colours where they are wanted, and lines that never fail.
//!
//! `eprintln!` panics when stderr is a pipe whose reader has gone; everything that the program
//! tells a person goes through [`print_line`] instead, and a lost line is simply lost.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Map, Value, json};

use crate::escape::visible;

mod phase;
pub use phase::Phase;
use phase::above;

/// Three-way switch of `--progress` and `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

/// Whether lines are JSON objects (`--log-format json`).
static AS_JSON: AtomicBool = AtomicBool::new(false);

/// From here on every line is a JSON object with the time in UTC, for programs that gather logs.
pub fn write_json() {
    AS_JSON.store(true, Ordering::Relaxed);
}

/// Whether [`write_json`] was called.
pub fn is_json() -> bool {
    AS_JSON.load(Ordering::Relaxed)
}

/// Prints an object with the time.
fn print_object(level: &str, rest: Value) {
    let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let mut object = Map::from_iter([("time".to_owned(), time.into()), ("level".to_owned(), level.into())]);
    if let Value::Object(rest) = rest {
        object.extend(rest);
    }
    let _ = writeln!(io::stderr().lock(), "{}", Value::Object(object));
}

/// Figures for programs alone: nothing where lines are for people.
pub fn figures(of: &str, figures: &Value) {
    if is_json() {
        print_object("figures", json!({"of": of, "figures": figures}));
    }
}

/// Prints one line to stderr. It stays one, and moves no cursor, whatever names are in it.
pub fn print_line(text: impl AsRef<str>) {
    if is_json() {
        let text = text.as_ref();
        let (level, message) = text.strip_prefix("note: ").map_or(("info", text), |rest| ("note", rest));
        return print_object(level, json!({"message": message.trim_end()}));
    }
    above(|| drop(writeln!(io::stderr().lock(), "{}", visible(text.as_ref()))));
}

/// Whether stderr is coloured: `--color`, then `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, then
/// whether it is a terminal that can (<https://no-color.org>, <https://bixense.com/clicolors>).
pub fn colored(when: When) -> bool {
    colored_on(when, io::stderr().is_terminal())
}

/// As [`colored`], of another stream, which is a terminal or not.
pub fn colored_on(when: When, is_terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto if set("NO_COLOR").is_some() => false,
        When::Auto if set("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
        When::Auto if set("CLICOLOR").is_some_and(|v| v == "0") => false,
        When::Auto => is_terminal && set("TERM").is_none_or(|v| v != "dumb"),
    }
}

/// Columns of the terminal that standard output is, if it is one.
pub fn columns() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

/// Prints `error: …` and, where there is one, `hint: …` on a line of its own.
pub fn error(message: &str, hint: Option<&str>, code: u8, when: When) {
    if is_json() {
        return print_object("error", json!({"message": message, "hint": hint, "exit_code": code}));
    }
    let (red, cyan, plain) =
        if colored(when) { ("\x1b[1;31m", "\x1b[1;36m", "\x1b[0m") } else { ("", "", "") };
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "{red}error:{plain} {}", visible(message));
    if let Some(hint) = hint {
        let _ = writeln!(stderr, "{cyan}hint:{plain} {}", visible(hint));
    }
}
