//! One piece of a pattern, and how it is read from a cell.

use super::parts::{Field, Parts};

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Literal(String),
    /// The flag says whether it is printed with leading zeros.
    Number(Field, bool),
    /// The flag says whether the name is written in full.
    MonthName(bool),
    DayName(bool),
    AmPm(bool),
    /// Digits of a fraction of a second; only zeros are accepted.
    Fraction(usize),
    /// The flag says whether hours and minutes are parted by a colon.
    Offset(bool),
    /// A word that says the time is UTC.
    Utc(String),
    /// Seconds (1) or thousandths of a second (1000) since 1970.
    Epoch(i64),
}

/// Names of the months.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Names of the days, Monday first.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Appends a name, in full or its first three letters.
pub fn push_name(out: &mut String, names: &[&str], i: usize, full: bool) {
    let name = names.get(i).copied().unwrap_or_default();
    out.push_str(if full { name } else { name.get(..3).unwrap_or(name) });
}

impl Item {
    /// Takes the item off the front of `rest`; `None` when it is not there.
    pub fn parse<'a>(&self, rest: &'a [u8], adjacent: bool, parts: &mut Parts) -> Option<&'a [u8]> {
        match self {
            Item::Literal(t) => strip(rest, t.as_bytes()),
            Item::Utc(t) => {
                parts.offset = Some(0);
                strip(rest, t.as_bytes())
            }
            Item::Number(field, _) => {
                let width = field.width();
                let n = rest.iter().take(width).take_while(|b| b.is_ascii_digit()).count();
                if n == 0 || ((field.fixed() || adjacent) && n != width) {
                    return None;
                }
                let (digits, tail) = rest.split_at_checked(n)?;
                parts.set(*field, digits.iter().fold(0, |v, d| v * 10 + u32::from(d - b'0')));
                Some(tail)
            }
            Item::MonthName(full) => {
                let (i, tail) = take_name(rest, &MONTHS, *full)?;
                parts.month = Some(i as u32 + 1);
                Some(tail)
            }
            Item::DayName(full) => take_name(rest, &DAYS, *full).map(|(_, tail)| tail),
            Item::AmPm(_) => {
                let (word, tail) = rest.split_at_checked(2)?;
                parts.afternoon = Some(match word.to_ascii_lowercase().as_slice() {
                    b"am" => false,
                    b"pm" => true,
                    _ => return None,
                });
                Some(tail)
            }
            Item::Fraction(_) => {
                let n = rest.iter().take_while(|b| b.is_ascii_digit()).count();
                let (digits, tail) = rest.split_at_checked(n)?;
                parts.fraction |= digits.iter().any(|d| *d != b'0');
                (n > 0).then_some(tail)
            }
            Item::Offset(_) => parse_offset(rest, parts),
            Item::Epoch(scale) => {
                let text = std::str::from_utf8(rest).ok()?;
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                if !fraction.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                let v: i64 = whole.parse().ok()?;
                parts.fraction |= v % scale != 0 || fraction.bytes().any(|b| b != b'0');
                let seconds = v.div_euclid(*scale);
                // Years 0001 to 9999, so that later sums cannot overflow.
                if !(-62_135_596_800..253_402_300_800).contains(&seconds) {
                    return None;
                }
                parts.epoch = Some(seconds);
                Some(&[])
            }
        }
    }
}

fn parse_offset<'a>(rest: &'a [u8], parts: &mut Parts) -> Option<&'a [u8]> {
    if let Some(tail) = rest.strip_prefix(b"Z") {
        parts.offset = Some(0);
        return Some(tail);
    }
    let (sign, tail) = rest.split_first()?;
    let factor = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: Vec<i32> = tail
        .iter()
        .filter(|b| **b != b':')
        .map(|b| char::from(*b).to_digit(10).map(|d| d as i32))
        .collect::<Option<_>>()?;
    let (h, m) = match digits.as_slice() {
        [a, b] => (a * 10 + b, 0),
        [a, b, c, d] => (a * 10 + b, c * 10 + d),
        _ => return None,
    };
    if h > 18 || m > 59 {
        return None;
    }
    parts.offset = Some(factor * (h * 3600 + m * 60));
    Some(&[])
}

fn strip<'a>(rest: &'a [u8], text: &[u8]) -> Option<&'a [u8]> {
    if let Some(tail) = rest.strip_prefix(text) {
        return Some(tail);
    }
    let (head, tail) = rest.split_at_checked(text.len())?;
    head.eq_ignore_ascii_case(text).then_some(tail)
}

fn take_name<'a>(rest: &'a [u8], names: &[&str], full: bool) -> Option<(usize, &'a [u8])> {
    names.iter().enumerate().find_map(|(i, name)| {
        let name = if full { name } else { name.get(..3).unwrap_or(name) };
        strip(rest, name.as_bytes()).map(|tail| (i, tail))
    })
}
