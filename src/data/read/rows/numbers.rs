//! Numbers as tables write them, and the words that stand for a missing one.
//!
//! `dress` takes a cell apart, `forms` counts the forms of a column, `weigh` decides how the column
//! is read; this module reads a cell by such a [`Reading`].

pub mod dress;
pub mod forms;
mod marks;
pub mod weigh;

use crate::config::Brackets;
pub use crate::data::reading::Reading;
use dress::{Mark, Shape, Sign};

/// Words that mean a missing cell, in lower case; an empty cell is always missing.
pub const MARKERS: [&str; 21] = [
    "na", "n/a", "#n/a", "nan", "null", "none", "-", "-nan", "\\n", "<na>", "n.a.", ".", "..", "...", "?",
    "--", "---", "\u{2013}", "\u{2014}", "\u{2212}", "nil",
];

/// Words that mean a missing cell in a column of numbers; of text they may be a value.
const NO_NUMBERS: [&str; 2] = ["unavailable", "unknown"];

/// The markers in force: the built-in ones and those of `--missing`.
#[derive(Debug, Clone, Default)]
pub struct Markers {
    /// As given.
    texts: Vec<String>,
    /// Those of them that are numbers, so that `-200` also stands for `-200.0`.
    numbers: Vec<f64>,
}

impl Markers {
    /// The built-in markers and these.
    pub fn new(extra: &[String], decimal: u8) -> Self {
        let texts: Vec<String> = extra.iter().map(|m| m.trim().to_owned()).collect();
        let numbers = texts
            .iter()
            .filter_map(|m| {
                dressed(m.as_bytes(), &Reading::plain(decimal))
                    .or_else(|| dressed(m.as_bytes(), &Reading::default()))
            })
            .collect();
        Markers { texts, numbers }
    }

    /// Whether a number stands for a missing value.
    pub fn is_number(&self, v: f64) -> bool {
        !self.numbers.is_empty() && self.numbers.contains(&v)
    }

    /// Whether a trimmed cell of a column of numbers is a marker.
    pub fn is_no_number(&self, cell: &[u8]) -> bool {
        self.is_text(cell) || NO_NUMBERS.iter().any(|m| cell.eq_ignore_ascii_case(m.as_bytes()))
    }

    /// Whether a trimmed cell is a marker, by its text.
    pub fn is_text(&self, cell: &[u8]) -> bool {
        cell.len() <= 4
            && !cell.first().is_some_and(u8::is_ascii_digit)
            && MARKERS.iter().any(|m| cell.eq_ignore_ascii_case(m.as_bytes()))
            || self.texts.iter().any(|m| m.as_bytes() == cell)
    }
}

/// What a cell of a number column is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// A finite number, the nearest `f64` to the text.
    Number(f64),
    /// Nothing, or only spaces.
    Empty,
    /// A word or number that stands for a missing value.
    Marker,
    /// Written as infinite, or too large for an `f64`.
    Infinite,
    /// Something else.
    Text,
}

/// Reads a cell of plain numbers with this decimal mark.
pub fn cell(raw: &[u8], decimal: u8, markers: &Markers) -> Cell {
    read(raw, &Reading::plain(decimal), markers)
}

/// Reads a cell: `1`, `-0.5`, `,8` with a decimal comma, `1e-3`, `1 234`, and what else the
/// column's reading allows, with spaces around.
pub fn read(raw: &[u8], reading: &Reading, markers: &Markers) -> Cell {
    let value = match simple(raw, reading.decimal_byte()) {
        Some(v) => v,
        None => {
            let trimmed = trim(raw);
            if trimmed.is_empty() {
                return Cell::Empty;
            }
            if markers.is_no_number(trimmed) {
                return Cell::Marker;
            }
            match dressed(trimmed, reading) {
                Some(v) => v,
                None => return Cell::Text,
            }
        }
    };
    if markers.is_number(value) {
        Cell::Marker
    } else if value.is_finite() {
        Cell::Number(value)
    } else {
        Cell::Infinite
    }
}

/// `true` and `false`, in any case.
pub fn flag(cell: &[u8]) -> Option<f64> {
    let cell = cell.trim_ascii();
    if cell.eq_ignore_ascii_case(b"true") {
        Some(1.0)
    } else if cell.eq_ignore_ascii_case(b"false") {
        Some(0.0)
    } else {
        None
    }
}

/// Whether a cell is a number that no `f64` holds.
pub fn is_infinite(raw: &[u8]) -> bool {
    let none = Markers::default();
    [b'.', b','].iter().any(|d| cell(raw, *d, &none) == Cell::Infinite)
}

/// Without ASCII spaces, no-break spaces (U+00A0, U+202F) and byte order marks around.
pub fn trim(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    if cell.is_ascii() {
        return cell;
    }
    std::str::from_utf8(cell)
        .map_or(cell, |t| t.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').as_bytes())
}

/// 10^0 to 10^22, which `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The usual case: a sign, digits, one decimal mark, at most 15 digits in all. The digits as an
/// integer and the power of ten are both exact, so their quotient is correctly rounded
/// (Clinger 1990); anything else is left to the standard library.
fn simple(cell: &[u8], decimal: u8) -> Option<f64> {
    let (negative, digits) = match cell.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, cell),
    };
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let mut mantissa = 0u64;
    let mut fraction: Option<usize> = None;
    for (i, b) in digits.iter().enumerate() {
        let d = b.wrapping_sub(b'0');
        if d < 10 {
            mantissa = mantissa * 10 + u64::from(d);
        } else if *b == decimal && fraction.is_none() && digits.len() > 1 {
            fraction = Some(digits.len() - 1 - i);
        } else {
            return None;
        }
    }
    if fraction.is_none() && digits.len() > 15 {
        return None;
    }
    let value = mantissa as f64 / POWERS.get(fraction.unwrap_or(0))?;
    Some(if negative { -value } else { value })
}

/// A number with everything that may be around and between its digits, made plain for Rust to
/// read: correctly rounded, however long.
fn dressed(cell: &[u8], reading: &Reading) -> Option<f64> {
    let text = std::str::from_utf8(cell).ok()?;
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        let word = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
        return matches!(word.as_str(), "inf" | "infinity" | "1.#inf").then_some(f64::INFINITY);
    }
    let parts = dress::parts(text)?;
    let allowed = |side: &str| side.is_empty() || reading.strip.iter().any(|s| s == side);
    if !allowed(parts.before) || !allowed(parts.after) {
        return None;
    }
    let known =
        |mark: Mark| reading.thousands == Some(mark) || matches!(mark, Mark::Space | Mark::Apostrophe);
    let fits = match dress::shape(parts.digits)? {
        Shape::Whole(_) => true,
        Shape::Decimal { mark, .. } => mark == reading.decimal,
        Shape::Either(mark) => mark == reading.decimal || known(mark),
        Shape::Grouped { mark, decimal } => known(mark) && decimal.is_none_or(|d| d == reading.decimal),
    };
    if !fits {
        return None;
    }
    let decimal = char::from(reading.decimal_byte());
    let plain = parts.digits.chars().filter_map(|c| match Mark::of(c) {
        None => Some(c),
        Some(_) if c == decimal => Some('.'),
        Some(_) => None,
    });
    let value: f64 = plain.collect::<String>().parse().ok()?;
    let negative = match parts.sign {
        Sign::None => false,
        Sign::Brackets => reading.brackets == Brackets::Negative,
        Sign::Minus | Sign::Dash | Sign::Trailing => true,
    };
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, decimal: u8) -> Cell {
        cell(text.as_bytes(), decimal, &Markers::default())
    }

    #[test]
    fn numbers_in_every_dress() {
        for (text, v) in [
            ("0", 0.0),
            ("-12", -12.0),
            ("+7", 7.0),
            ("83.6808", 83.6808),
            (".5", 0.5),
            ("-.5", -0.5),
            ("5.", 5.0),
            (" 1.5 ", 1.5),
            ("1e-3", 1e-3),
            ("2.5E2", 250.0),
            ("1 234", 1234.0),
            ("1\u{a0}234\u{a0}567.25", 1_234_567.25),
            ("10.357019999999999", 10.357019999999999),
            ("-0.30000000000000004", -0.30000000000000004),
            ("9007199254740993", 9_007_199_254_740_992.0),
        ] {
            assert_eq!(read(text, b'.'), Cell::Number(v), "{text}");
        }
        for (text, v) in
            [("2,6", 2.6), (",8", 0.8), ("-1,5", -1.5), ("1 234,5", 1234.5), ("7", 7.0), ("1,5e2", 150.0)]
        {
            assert_eq!(read(text, b','), Cell::Number(v), "{text}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in
            ["abc", "1,5", "1.2.3", "12 34", "1 2345", "0x10", "--5", "5%", "1_000", "e5", "1e", "1,234"]
        {
            assert_eq!(read(text, b'.'), Cell::Text, "{text}");
        }
        for text in ["1.5", "1,2,3"] {
            assert_eq!(read(text, b','), Cell::Text, "{text}");
        }
        for text in ["inf", "-Infinity", "1e999"] {
            assert_eq!(read(text, b'.'), Cell::Infinite, "{text}");
        }
        for text in [
            "NA",
            "n/a",
            "NaN",
            "unavailable",
            "null",
            "None",
            "-",
            " NA ",
            "\\N",
            ".",
            "..",
            "?",
            "\u{2014}",
        ] {
            assert_eq!(read(text, b'.'), Cell::Marker, "{text}");
        }
        assert_eq!(read("  ", b'.'), Cell::Empty);
    }

    #[test]
    fn a_marker_is_compared_as_text_and_as_number() {
        let markers = Markers::new(&["-200".into(), "n.d.".into()], b',');
        for text in ["-200", "-200,0", "n.d.", "-2e2"] {
            assert_eq!(cell(text.as_bytes(), b',', &markers), Cell::Marker, "{text}");
        }
        assert_eq!(cell(b"-201", b',', &markers), Cell::Number(-201.0));
    }

    #[test]
    fn dressed_numbers() {
        let reading = Reading {
            decimal: Mark::Comma,
            thousands: Some(Mark::Point),
            strip: vec!["\u{20ac}".into(), "%".into()],
            brackets: Brackets::Negative,
        };
        for (text, v) in [
            ("1.078", 1078.0),
            ("1.078,5", 1078.5),
            ("1.234.567,89 \u{20ac}", 1_234_567.89),
            ("(0,09)", -0.09),
            ("0,61-", -0.61),
            ("\u{2212}3,2", -3.2),
            ("-\u{20ac}5", -5.0),
            ("9,2%", 9.2),
            ("12'345,5", 12_345.5),
        ] {
            assert_eq!(
                super::read(text.as_bytes(), &reading, &Markers::default()),
                Cell::Number(v),
                "{text}"
            );
        }
        for text in ["1078.5", "$5", "1,078.5", "5*"] {
            assert_eq!(super::read(text.as_bytes(), &reading, &Markers::default()), Cell::Text, "{text}");
        }
    }

    proptest! {
        #[test]
        fn decimal_text_is_read_to_the_nearest_double(whole in 0u64..10_000_000_000, digits in "[0-9]{0,8}", negative: bool) {
            let text = format!("{}{whole}.{digits}", if negative { "-" } else { "" });
            prop_assert_eq!(read(&text, b'.'), Cell::Number(text.parse().unwrap()));
            prop_assert_eq!(read(&text.replace('.', ","), b','), Cell::Number(text.parse().unwrap()));
        }

        #[test]
        fn any_double_comes_back(v in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            prop_assert_eq!(read(&format!("{v}"), b'.'), Cell::Number(v));
            prop_assert_eq!(read(&format!("{v:e}"), b'.'), Cell::Number(v));
        }
    }
}
