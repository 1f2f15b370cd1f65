//! How the command line presents itself: colours, the long version, and parsing with both.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::sync::LazyLock;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{ColorChoice, CommandFactory, FromArgMatches};

use super::{Cli, usage, values};
use crate::terminal::{self, When};

/// Headings in green, flags in cyan, as cargo does.
pub const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .error(AnsiColor::Red.on_default().bold())
    .valid(AnsiColor::Green.on_default())
    .invalid(AnsiColor::Yellow.on_default());

/// The version with what this build can do.
pub fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        format!(
            "{}\ndevices: {}\nSIMD in use: {}\nplatform: {}-{}\npolars: {}",
            env!("CARGO_PKG_VERSION"),
            if cfg!(feature = "cuda") { "cpu, cuda" } else { "cpu (cuda: not built in)" },
            crate::ops::lstm::simd_in_use(),
            std::env::consts::ARCH,
            std::env::consts::OS,
            polars::VERSION,
        )
    });
    &TEXT
}

/// Parses the command line; prints help, version or a usage error and exits where that is due.
pub fn parse() -> Cli {
    let mut line: Vec<OsString> = std::env::args_os().collect();
    help_as_a_flag(&mut line);
    let words: Vec<String> = line.iter().skip(1).map(|w| w.to_string_lossy().into_owned()).collect();
    // Before parsing, which may fail.
    if asked(&words, "--log-format").or_else(|| std::env::var("LSTM_FORECAST_LOG_FORMAT").ok()).as_deref()
        == Some("json")
    {
        terminal::write_json();
    }
    let color = color_asked(&words).unwrap_or(When::Auto);
    let choice = match color {
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
        // clap takes any CLICOLOR_FORCE for yes, 0 too.
        When::Auto if std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| v == "0") && !on_terminals() => {
            ColorChoice::Never
        }
        When::Auto => ColorChoice::Auto,
    };
    // `--hidden-size -8` is a value out of range, not an option that does not exist.
    let command = Cli::command().color(choice).mut_args(values::any_yes_or_no).mut_subcommands(|c| {
        c.mut_args(|a| match a.get_long().is_some() && a.get_action().takes_values() {
            true => values::any_yes_or_no(a.allow_negative_numbers(true)),
            false => a,
        })
    });
    let every_flag = words.iter().take_while(|word| *word != "--").any(|word| word == "--help");
    let command = if every_flag {
        let shown = |arg: clap::Arg| arg.hide_short_help(false);
        command.mut_args(shown).mut_subcommands(|c| c.mut_args(shown))
    } else {
        command
    };
    let matches = command.try_get_matches_from(line);
    match matches.and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => refuse(error, &words, color),
    }
}

/// `lstm-forecast help train` asks for what `lstm-forecast train --help` prints.
fn help_as_a_flag(line: &mut Vec<OsString>) {
    if line.get(1).is_some_and(|word| word == "help") {
        line.remove(1);
        line.push("--help".into());
    }
}

/// Prints help, version or a usage error, and ends the program.
fn refuse(error: clap::Error, words: &[String], color: When) -> ! {
    match usage::explain(&Cli::command(), error, words) {
        Ok(error) if error.use_stderr() && terminal::is_json() => {
            let text = error.render().to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            let first = text.split("\n\n").next().unwrap_or_default();
            terminal::error(first, None, 2, color);
            std::process::exit(2)
        }
        Ok(error) => error.exit(),
        Err(own) => {
            terminal::error(&own.to_string(), own.hint(), own.exit_code(), color);
            std::process::exit(i32::from(own.exit_code()))
        }
    }
}

fn on_terminals() -> bool {
    std::io::stdout().is_terminal() && std::io::stderr().is_terminal()
}

/// What a flag says that is needed before the command line is understood.
fn asked(words: &[String], flag: &str) -> Option<String> {
    let mut asked = None;
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        match word.strip_prefix(flag) {
            Some("") => asked = words.next().cloned(),
            Some(value) if value.starts_with('=') => asked = Some(value[1..].to_string()),
            _ => {}
        }
    }
    asked
}

/// What `--color` says, looked up before parsing, because parsing itself may fail in colour.
fn color_asked(words: &[String]) -> Option<When> {
    let asked = asked(words, "--color").or_else(|| std::env::var("LSTM_FORECAST_COLOR").ok());
    asked.and_then(|word| <When as clap::ValueEnum>::from_str(&word, true).ok())
}
