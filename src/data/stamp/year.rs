//! Years, and how they are written: with two digits, of another era, with the share that has passed.

use super::item::{digits, number};
use super::parts::Parts;

/// How the share of a year is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Steps in a year.
    pub steps: u32,
    pub decimals: usize,
    /// Whether it is of the middle of a step, not of its start.
    pub middle: bool,
    /// Whether zeros at the end are left away.
    pub short: bool,
}

/// A year, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Year {
    /// Its last two digits; the first of the hundred years that they can mean, where one is named.
    Short(Option<i32>),
    /// Four digits of the Buddhist era, 543 years ahead.
    Buddhist,
    /// `1,900`.
    Thousands,
    /// The second year of `2000/2001`, or of `2000/01`.
    End { short: bool },
    /// Not written at all: it is this one.
    Unwritten(i32),
}

/// The first of the hundred years of two digits where nothing else is said (POSIX).
pub const CENTURY: i32 = 1969;

impl Share {
    pub fn parse<'a>(self, rest: &'a [u8], parts: &mut Parts) -> Option<&'a [u8]> {
        let (year, mut tail) = number(rest, (digits(rest, 5) == 4).then_some(4)?)?;
        let mut share = 0.0;
        if let Some(after) = tail.strip_prefix(b".") {
            let (decimals, end) = after.split_at_checked(digits(after, 18))?;
            share = format!("0.{}", std::str::from_utf8(decimals).ok()?).parse::<f64>().ok()?;
            tail = end;
        }
        let steps = f64::from(self.steps);
        let at = share * steps - if self.middle { 0.5 } else { 0.0 };
        // One in the last place: decimals are cut off as often as they are rounded.
        let tolerance = (1.01 * steps * 0.1f64.powi(self.decimals.min(12) as i32)).max(1e-6);
        let step = at.round();
        if tolerance > 0.2 || (at - step).abs() > tolerance || !(0.0..=steps).contains(&step) {
            return None;
        }
        let months = year * 12 + step as u32 * (12 / self.steps.max(1));
        parts.year = Some((months / 12) as i32);
        parts.month = Some(months % 12 + 1);
        Some(tail)
    }

    pub fn spell(self) -> String {
        let marks =
            [(self.short, "-"), (self.middle, ":")].map(|(on, mark)| if on { mark } else { "" }).concat();
        format!("%{marks}{}.{}g", self.steps, self.decimals)
    }

    /// A year and month, from 1, as it is written.
    pub fn write(self, year: i32, month: u32) -> String {
        let step = f64::from(month.saturating_sub(1) * self.steps / 12) + if self.middle { 0.5 } else { 0.0 };
        let text = format!("{:.*}", self.decimals, f64::from(year) + step / f64::from(self.steps.max(1)));
        match self.short && text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    }
}

impl Year {
    pub fn parse<'a>(self, rest: &'a [u8], parts: &mut Parts) -> Option<&'a [u8]> {
        let whole = |width: usize| (digits(rest, width) == width).then(|| number(rest, width)).flatten();
        match self {
            Year::Short(first) => {
                let (v, tail) = whole(2)?;
                let first = first.unwrap_or(CENTURY);
                parts.year = Some(first + (v as i32 - first).rem_euclid(100));
                Some(tail)
            }
            Year::Buddhist => {
                let (v, tail) = whole(4)?;
                parts.year = Some(v as i32 - 543);
                Some(tail)
            }
            Year::Thousands => {
                let (thousands, tail) = number(rest, (digits(rest, 1) == 1).then_some(1)?)?;
                let tail = tail.strip_prefix(b",").or_else(|| tail.strip_prefix(b"."))?;
                let (rest, tail) = number(tail, (digits(tail, 4) == 3).then_some(3)?)?;
                parts.year = Some((thousands * 1000 + rest) as i32);
                Some(tail)
            }
            Year::End { short } => {
                let (v, tail) = whole(if short { 2 } else { 4 })?;
                parts.end_year = Some(v as i32);
                Some(tail)
            }
            Year::Unwritten(year) => {
                parts.year = Some(year);
                Some(rest)
            }
        }
    }

    pub fn spell(self) -> String {
        match self {
            Year::Short(None) => "%y".to_owned(),
            Year::Short(Some(first)) => format!("%{first}y"),
            Year::Buddhist => "%EY".to_owned(),
            Year::Thousands => "%,Y".to_owned(),
            Year::End { short: true } => "%y".to_owned(),
            Year::End { short: false } => "%Y".to_owned(),
            Year::Unwritten(year) => format!("%{year}Y"),
        }
    }

    /// The year as it is written.
    pub fn write(self, year: i32) -> String {
        match self {
            Year::Short(_) => format!("{:02}", year.rem_euclid(100)),
            Year::Buddhist => (year + 543).to_string(),
            Year::Thousands => format!("{},{:03}", year / 1000, year.rem_euclid(1000)),
            Year::End { short: true } => format!("{:02}", (year + 1).rem_euclid(100)),
            Year::End { short: false } => format!("{:04}", year + 1),
            Year::Unwritten(_) => String::new(),
        }
    }
}
