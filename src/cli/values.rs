//! How plain values are read: yes and no in the usual spellings, and numbers with an error that says
//! what is expected instead of what a parser tripped over.

use std::any::TypeId;
use std::fmt::Display;
use std::str::FromStr;

use clap::Arg;

/// What flags of these value names count, for messages.
const COUNTED: [(&str, &str); 4] = [
    ("ROWS", "a number of rows, such as 24"),
    ("UNITS", "a number of units, such as 64"),
    ("LAYERS", "a number of layers, such as 2"),
    ("LINES", "a number of lines, such as 2"),
];

/// Value names of flags that take any number.
const NUMBERS: [&str; 4] = ["SHARE", "RATE", "NORM", "DECAY"];

/// The argument with the parser that suits its type.
pub fn plain(arg: Arg) -> Arg {
    let name = arg.get_value_names().and_then(|names| names.first()).map_or("", |n| n.as_str()).to_owned();
    let read = arg.get_value_parser().type_id();
    let number = NUMBERS.contains(&name.as_str());
    if read == TypeId::of::<bool>() {
        return arg.value_parser(|text: &str| yes_or_no(text).ok_or("expected yes or no, true or false"));
    }
    if read == TypeId::of::<usize>() {
        return arg.value_parser(move |text: &str| whole::<usize>(text, &name));
    }
    if read == TypeId::of::<u64>() {
        return arg.value_parser(move |text: &str| whole::<u64>(text, &name));
    }
    match number {
        true if read == TypeId::of::<f64>() => arg.value_parser(any::<f64>),
        true if read == TypeId::of::<f32>() => arg.value_parser(any::<f32>),
        _ => arg,
    }
}

fn whole<T: FromStr<Err: Display>>(text: &str, name: &str) -> Result<T, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let what =
        COUNTED.iter().find(|(known, _)| *known == name).map_or("a whole number of 0 or more", |c| c.1);
    text.parse().map_err(|error: T::Err| if digits { error.to_string() } else { format!("expected {what}") })
}

fn any<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "expected a number, such as 0.1".to_owned())
}

/// Yes or no, in any case; `None` for anything else.
pub fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}
