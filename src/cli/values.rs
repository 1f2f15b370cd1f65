//! How plain values are read: each flag names the parser of what it counts. Numbers have an error that
//! says what is expected instead of what a parser tripped over; yes and no have the usual spellings.

use std::any::TypeId;
use std::fmt::Display;
use std::str::FromStr;

use clap::Arg;

/// Rows of a table.
pub fn rows(text: &str) -> Result<usize, String> {
    whole(text, "a number of rows, such as 24")
}

/// Hidden units.
pub fn units(text: &str) -> Result<usize, String> {
    whole(text, "a number of units, such as 64")
}

/// Layers of a network.
pub fn layers(text: &str) -> Result<usize, String> {
    whole(text, "a number of layers, such as 2")
}

/// Lines of a file.
pub fn lines(text: &str) -> Result<usize, String> {
    whole(text, "a number of lines, such as 2")
}

/// How many of anything else.
pub fn count(text: &str) -> Result<usize, String> {
    whole(text, "a whole number of 0 or more")
}

/// What random numbers start from.
pub fn seed(text: &str) -> Result<u64, String> {
    whole(text, "a whole number of 0 or more")
}

/// Any number: rates, shares, norms.
pub fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "expected a number, such as 0.1".to_owned())
}

fn whole<T: FromStr<Err: Display>>(text: &str, what: &str) -> Result<T, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().map_err(|error: T::Err| if digits { error.to_string() } else { format!("expected {what}") })
}

/// The argument, taking yes and no in any spelling where it takes either.
pub fn any_yes_or_no(arg: Arg) -> Arg {
    if arg.get_value_parser().type_id() != TypeId::of::<bool>() {
        return arg;
    }
    arg.value_parser(|text: &str| yes_or_no(text).ok_or("expected yes or no, true or false"))
}

/// Yes or no, in any case; `None` for anything else.
pub fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}
