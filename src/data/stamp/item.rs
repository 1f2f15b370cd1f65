//! One piece of a pattern: how it is read from a cell, and how the pattern spells it.

use super::names::{Case, DAYS, HALVES, LANGUAGES, strip};
use super::parts::{Field, Parts};
use super::roman;
use super::year::{Share, Year};

/// What stands before a number that has fewer digits than its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pad {
    Zero,
    Nothing,
    Space,
    /// Zeros at the end are lost, as in decimals: `2008.1` is October.
    Lost,
    /// No digits, but a Roman number: `IV`.
    Roman,
}

/// How an offset from UTC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OffsetForm {
    /// `+0100`
    Plain,
    /// `+01:00`
    Colon,
    /// `+01`
    Hours,
}

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Literal(String),
    Number(Field, Pad),
    Year(Year),
    /// A month's name, in full or short, in one of [`LANGUAGES`].
    MonthName {
        full: bool,
        case: Case,
        language: usize,
    },
    DayName {
        full: bool,
        case: Case,
    },
    /// AM and PM, in one of [`HALVES`].
    Half(usize),
    /// Digits of a fraction of a second.
    Fraction(usize),
    Offset(OffsetForm),
    /// A word that says the time is UTC.
    Utc(String),
    /// So many units a second since 1970.
    Epoch(i64),
    /// Days since 30 December 1899, as spreadsheets count, with so many decimals.
    Serial(usize),
    /// The day of the year and the share of it that has passed, with so many decimals.
    DayShare(usize),
    /// The number of an interval of so many minutes in the day, from 1.
    Slot(u32),
    /// The number of an interval of so many minutes in the hour, from 1.
    SlotOfHour(u32),
    /// A year and the share of it that has passed, as in `1949.083`, in so many steps a year.
    Share(Share),
    /// What follows is left away at midnight.
    BareMidnight,
    /// What follows is the end of an interval of so many seconds, not its start.
    End(i64),
}

/// Days from the first of a spreadsheet to 1970-01-01.
const SERIAL_1970: i64 = 25_569;

impl Item {
    /// Takes the item off the front of `rest`; `None` when it is not there. `after` is how many
    /// digits the numbers directly after it need, `None` where none stands there; seconds since
    /// 1970 have their decimals with them where nothing follows.
    pub fn parse<'a>(&self, rest: &'a [u8], after: Option<usize>, parts: &mut Parts) -> Option<&'a [u8]> {
        match self {
            Item::Literal(t) => strip(rest, t),
            Item::Utc(t) => {
                parts.offset = Some(0);
                strip(rest, t)
            }
            Item::Number(field, Pad::Roman) => {
                let (value, tail) = roman::take(rest)?;
                parts.set(*field, value);
                Some(tail)
            }
            Item::Number(field, pad) => {
                let rest = if *pad == Pad::Space { rest.trim_ascii_start() } else { rest };
                // The first of numbers without anything between may have lost its zero.
                let spare = *pad == Pad::Nothing && !field.fixed();
                let n = match after {
                    Some(after) if spare => digits(rest, usize::MAX).checked_sub(after)?,
                    _ => digits(rest, field.width()),
                };
                let whole = field.fixed()
                    || (after.is_some() && !spare)
                    || (*field == Field::DayOfYear && *pad == Pad::Zero);
                if n == 0 || n > field.width() || (whole && n != field.width()) {
                    return None;
                }
                let (v, tail) = number(rest, n)?;
                let lost = *pad == Pad::Lost && n < field.width();
                parts.set(*field, if lost { v * 10 } else { v });
                Some(tail)
            }
            Item::Year(year) => year.parse(rest, parts),
            Item::MonthName { full, language, .. } => {
                let (i, tail) = LANGUAGES.get(*language)?.take_month(rest, *full)?;
                parts.month = Some(i as u32 + 1);
                Some(tail)
            }
            Item::DayName { full, .. } => {
                let (day, tail) = (1..).zip(DAYS).find_map(|(day, name)| {
                    Some((day, strip(rest, if *full { name } else { name.get(..3).unwrap_or(name) })?))
                })?;
                parts.set(Field::Weekday, day);
                Some(tail)
            }
            Item::Half(form) => {
                let words = HALVES.get(*form)?.1;
                let (i, tail) = words.iter().enumerate().find_map(|(i, w)| Some((i, strip(rest, w)?)))?;
                parts.afternoon = Some(i == 1);
                Some(tail)
            }
            Item::Fraction(_) => {
                let (digits, tail) = rest.split_at_checked(digits(rest, usize::MAX))?;
                parts.fraction |= digits.iter().any(|d| *d != b'0');
                (!digits.is_empty()).then_some(tail)
            }
            Item::Offset(_) => parse_offset(rest, parts),
            Item::Epoch(scale) => parse_epoch(rest, *scale, after.is_none(), parts),
            Item::Serial(_) => {
                let (days, seconds, tail) = days_and_seconds(rest)?;
                parts.serial = Some((i64::from(days) - SERIAL_1970) * 86_400 + seconds);
                (days > 0).then_some(tail)
            }
            Item::DayShare(_) => {
                let (days, seconds, tail) = days_and_seconds(rest)?;
                let (days, seconds) = if seconds == 86_400 { (days + 1, 0) } else { (days, seconds as u32) };
                parts.set(Field::DayOfYear, days);
                parts.set(Field::Hour, seconds / 3600);
                parts.set(Field::Minute, seconds / 60 % 60);
                parts.set(Field::Second, seconds % 60);
                Some(tail)
            }
            Item::Share(share) => share.parse(rest, parts),
            Item::Slot(minutes) => {
                let n = digits(rest, 4);
                let (v, tail) = number(rest, n)?;
                // A day with a change of the clock is up to two hours longer.
                let most = (24 * 60 + 120) / (*minutes).max(1);
                (n > 0 && v >= 1 && v <= most).then(|| {
                    parts.slot = Some((v, minutes * 60));
                    tail
                })
            }
            Item::SlotOfHour(minutes) => {
                let (v, tail) = number(rest, digits(rest, 2))?;
                (v >= 1 && v * minutes <= 60).then(|| {
                    parts.slot_of_hour = Some((v, minutes * 60));
                    tail
                })
            }
            Item::End(_) | Item::BareMidnight => Some(rest),
        }
    }

    /// The item as a pattern spells it.
    pub fn spell(&self) -> String {
        match self {
            Item::Literal(t) => t.replace('%', "%%"),
            Item::Utc(t) => t.clone(),
            Item::Number(Field::Hour24, pad) => format!("%{}24H", pad_mark(*pad)),
            Item::Number(Field::HourMinute, pad) => format!("%{}4H", pad_mark(*pad)),
            Item::Number(Field::HalfYear, _) => "%6q".to_owned(),
            Item::Number(field, pad) => format!("%{}{}", pad_mark(*pad), letter(*field)),
            Item::Year(year) => year.spell(),
            Item::MonthName { full, case, language } => {
                let code = LANGUAGES.get(*language).map_or("en", |l| l.code);
                let code = if *language == 0 { String::new() } else { format!("{{{code}}}") };
                format!("%{code}{}{}", case_mark(*case), if *full { 'B' } else { 'b' })
            }
            Item::DayName { full, case } => format!("%{}{}", case_mark(*case), if *full { 'A' } else { 'a' }),
            Item::Half(form) => HALVES.get(*form).map_or("%p", |h| h.0).to_owned(),
            Item::Fraction(n) => format!("%{n}f"),
            Item::Offset(OffsetForm::Plain) => "%z".to_owned(),
            Item::Offset(OffsetForm::Colon) => "%:z".to_owned(),
            Item::Offset(OffsetForm::Hours) => "%:::z".to_owned(),
            Item::Epoch(1) => "%s".to_owned(),
            Item::Epoch(scale) => format!("%{}s", scale.ilog10()),
            Item::Serial(0) => "%x".to_owned(),
            Item::Serial(n) => format!("%{n}x"),
            Item::DayShare(n) => format!("%{n}j"),
            Item::Slot(minutes) => format!("%{minutes}i"),
            Item::SlotOfHour(minutes) => format!("%:{minutes}i"),
            Item::Share(share) => share.spell(),
            Item::BareMidnight => "%?".to_owned(),
            Item::End(seconds) => format!("%{seconds}>"),
        }
    }

    /// The digits of a number that stands directly after another one; `None` for other items.
    pub fn digits(&self) -> Option<usize> {
        match self {
            Item::Number(field, pad) => (*pad != Pad::Roman).then_some(field.width()),
            Item::Year(Year::Short(_)) => Some(2),
            Item::Year(Year::Buddhist) => Some(4),
            Item::Year(Year::End { short }) => Some(if *short { 2 } else { 4 }),
            _ => None,
        }
    }
}

/// The letter of a field.
fn letter(field: Field) -> char {
    match field {
        Field::Year => 'Y',
        Field::Month => 'm',
        Field::Day => 'd',
        Field::Hour | Field::Hour24 | Field::HourMinute => 'H',
        Field::Hour12 => 'I',
        Field::Minute => 'M',
        Field::Second => 'S',
        Field::IsoYear => 'G',
        Field::IsoWeek => 'V',
        Field::Weekday => 'u',
        Field::DayOfYear => 'j',
        Field::Quarter | Field::HalfYear => 'q',
    }
}

fn pad_mark(pad: Pad) -> &'static str {
    match pad {
        Pad::Zero => "",
        Pad::Nothing => "-",
        Pad::Space => "_",
        Pad::Lost => ".",
        Pad::Roman => "#",
    }
}

fn case_mark(case: Case) -> &'static str {
    match case {
        Case::Usual => "",
        Case::Upper => "^",
        Case::Lower => "~",
        Case::Title => "+",
    }
}

/// How many digits stand at the front, up to a limit.
pub(super) fn digits(text: &[u8], most: usize) -> usize {
    text.iter().take(most).take_while(|b| b.is_ascii_digit()).count()
}

/// The first `n` digits as a number, and what follows.
pub(super) fn number(text: &[u8], n: usize) -> Option<(u32, &[u8])> {
    let (digits, tail) = text.split_at_checked(n)?;
    (n <= 9).then(|| (digits.iter().fold(0, |v, d| v * 10 + u32::from(d.wrapping_sub(b'0'))), tail))
}

fn parse_offset<'a>(rest: &'a [u8], parts: &mut Parts) -> Option<&'a [u8]> {
    if let Some(tail) = rest.strip_prefix(b"Z").or_else(|| rest.strip_prefix(b"z")) {
        parts.offset = Some(0);
        return Some(tail);
    }
    let (sign, tail) = rest.split_first()?;
    let factor = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, tail) = number(tail, (digits(tail, 2) == 2).then_some(2)?)?;
    let after = tail.strip_prefix(b":").unwrap_or(tail);
    let (minutes, tail) = if digits(after, 2) == 2 { number(after, 2)? } else { (0, tail) };
    if hours > 18 || minutes > 59 {
        return None;
    }
    parts.offset = Some(factor * (hours * 3600 + minutes * 60) as i32);
    Some(tail)
}

fn parse_epoch<'a>(rest: &'a [u8], scale: i64, last: bool, parts: &mut Parts) -> Option<&'a [u8]> {
    let minus = usize::from(rest.first() == Some(&b'-'));
    let n = minus + digits(rest.get(minus..)?, usize::MAX);
    let (whole, mut tail) = rest.split_at_checked(n)?;
    let v: i64 = std::str::from_utf8(whole).ok()?.parse().ok()?;
    let mut fraction = v % scale != 0;
    if let Some(after) = tail.strip_prefix(b".").filter(|_| last) {
        let (decimals, end) = after.split_at_checked(digits(after, usize::MAX))?;
        fraction |= decimals.iter().any(|b| *b != b'0');
        tail = end;
    }
    parts.fraction |= fraction;
    let seconds = v.div_euclid(scale);
    // Years 0001 to 9999, so that later sums cannot overflow.
    (-62_135_596_800..253_402_300_800).contains(&seconds).then(|| {
        parts.epoch = Some(seconds);
        tail
    })
}

/// Days with decimals: the days, the seconds of the share, to whole hours or minutes where it was rounded from
/// these, and what follows.
fn days_and_seconds(rest: &[u8]) -> Option<(u32, i64, &[u8])> {
    let (days, tail) = number(rest, digits(rest, 7))?;
    let decimals = tail.strip_prefix(b".").map_or(0, |t| digits(t, usize::MAX));
    let end = if tail.first() == Some(&b'.') { decimals + 1 } else { 0 };
    let (fraction, tail) = tail.split_at_checked(end)?;
    let fraction: f64 = match fraction.len() {
        0 | 1 => 0.0,
        _ => format!("0{}", std::str::from_utf8(fraction).ok()?).parse().ok()?,
    };
    // Half a unit of the last decimal, at least half a second.
    let tolerance = (0.5 * 86_400.0 * 0.1f64.powi(decimals.min(12) as i32)).max(0.5);
    let seconds = fraction * 86_400.0;
    let near = |unit: f64| Some((seconds / unit).round() * unit).filter(|s| (s - seconds).abs() <= tolerance);
    let whole = near(3600.0).or_else(|| near(60.0)).or_else(|| near(1.0)).unwrap_or(seconds.floor());
    Some((days, whole as i64, tail))
}

/// A moment of a clock on the wall as a spreadsheet counts it, with so many decimals.
pub fn serial(local: i64, decimals: usize) -> String {
    let days = local.div_euclid(86_400) + SERIAL_1970;
    let share = local.rem_euclid(86_400) as f64 / 86_400.0;
    if decimals < 9 {
        return format!("{:.decimals$}", days as f64 + share);
    }
    // As many digits as a program writes that holds it as a 64-bit number.
    (days as f64 + share).to_string()
}
