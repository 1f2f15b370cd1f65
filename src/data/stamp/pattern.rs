//! One time column's pattern, in the letters of `strftime`, for parsing and for printing.

use super::iso::{self, Moment, Reject};

/// A compiled `strftime` pattern; serialised as its text.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    text: String,
    items: Vec<Item>,
}

/// A number in a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Year,
    ShortYear,
    Month,
    Day,
    Hour,
    Hour12,
    Minute,
    Second,
    IsoYear,
    IsoWeek,
    Weekday,
    DayOfYear,
    Quarter,
}

impl Field {
    /// The most digits it has; years have exactly these.
    fn width(self) -> usize {
        match self {
            Field::Year | Field::IsoYear => 4,
            Field::DayOfYear => 3,
            Field::Weekday | Field::Quarter => 1,
            _ => 2,
        }
    }

    /// Whether it always has its full width.
    fn fixed(self) -> bool {
        matches!(self, Field::Year | Field::IsoYear | Field::ShortYear | Field::Weekday | Field::Quarter)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Item {
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

const MONTHS: [&str; 12] = [
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
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What the time columns of one row have said so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts {
    year: Option<i32>,
    iso_year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    week: Option<u32>,
    weekday: Option<u32>,
    day_of_year: Option<u32>,
    quarter: Option<u32>,
    hour: Option<u32>,
    afternoon: Option<bool>,
    minute: Option<u32>,
    second: Option<u32>,
    offset: Option<i32>,
    epoch: Option<i64>,
    fraction: bool,
}

impl Parts {
    fn set(&mut self, field: Field, v: u32) {
        match field {
            Field::Year => self.year = Some(v as i32),
            // POSIX: 69 to 99 are the 1900s.
            Field::ShortYear => self.year = Some(v as i32 + if v >= 69 { 1900 } else { 2000 }),
            Field::Month => self.month = Some(v),
            Field::Day => self.day = Some(v),
            Field::Hour | Field::Hour12 => self.hour = Some(v),
            Field::Minute => self.minute = Some(v),
            Field::Second => self.second = Some(v),
            Field::IsoYear => self.iso_year = Some(v as i32),
            Field::IsoWeek => self.week = Some(v),
            Field::Weekday => self.weekday = Some(v),
            Field::DayOfYear => self.day_of_year = Some(v),
            Field::Quarter => self.quarter = Some(v),
        }
    }

    /// The same parts in the year 2000 where they name none, to try out a part of a stamp.
    pub fn with_a_year(mut self) -> Self {
        if self.week.is_some() {
            self.iso_year = self.iso_year.or(Some(2000));
        }
        self.year = self.year.or(Some(2000));
        self
    }

    /// The moment that the parts make.
    ///
    /// # Errors
    /// [`Reject`] when there is no such day or hour, or a fraction of a second.
    pub fn resolve(&self) -> Result<Moment, Reject> {
        if self.fraction {
            return Err(Reject::Fraction);
        }
        if let Some(local) = self.epoch {
            return Ok(Moment { local, offset: Some(0) });
        }
        let mut hour = self.hour.unwrap_or(0);
        if let Some(afternoon) = self.afternoon {
            if !(1..=12).contains(&hour) {
                return Err(Reject::Calendar);
            }
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        let (year, month, day) = if let (Some(year), Some(week)) = (self.iso_year, self.week) {
            iso_week_day(year, week, self.weekday.unwrap_or(1)).ok_or(Reject::Calendar)?
        } else {
            let year = self.year.ok_or(Reject::Form)?;
            match (self.day_of_year, self.quarter) {
                (Some(n), _) => {
                    let (y, m, d) = iso::civil_from_days(iso::days_from_civil(year, 1, 1) + i64::from(n) - 1);
                    if n == 0 || y != year {
                        return Err(Reject::Calendar);
                    }
                    (y, m, d)
                }
                (None, Some(q)) if (1..=4).contains(&q) => (year, q * 3 - 2, 1),
                (None, Some(_)) => return Err(Reject::Calendar),
                (None, None) => (year, self.month.unwrap_or(1), self.day.unwrap_or(1)),
            }
        };
        let local = iso::seconds(year, month, day, hour, minute, second).ok_or(Reject::Calendar)?;
        Ok(Moment { local, offset: self.offset })
    }
}

/// The date of a weekday (1 is Monday) in an ISO week.
fn iso_week_day(year: i32, week: u32, weekday: u32) -> Option<(i32, u32, u32)> {
    let first = monday_of_week_one(year);
    let last = monday_of_week_one(year + 1);
    let monday = first + (i64::from(week) - 1) * 7;
    (week >= 1 && monday < last && (1..=7).contains(&weekday))
        .then(|| iso::civil_from_days(monday + i64::from(weekday) - 1))
}

/// The Monday of the week that holds 4 January.
fn monday_of_week_one(year: i32) -> i64 {
    let fourth = iso::days_from_civil(year, 1, 4);
    fourth - (fourth + 3).rem_euclid(7)
}

impl TryFrom<String> for Pattern {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Pattern::new(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> String {
        pattern.text
    }
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// One sentence about the letter that is not known.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut items = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                literal.push(c);
                continue;
            }
            let mut padded = true;
            let mut digits = None;
            let mut letter = chars.next().unwrap_or('%');
            let mut colon = false;
            loop {
                match letter {
                    '-' => padded = false,
                    ':' => colon = true,
                    '.' => {}
                    d @ '1'..='9' => digits = d.to_digit(10),
                    _ => break,
                }
                letter = chars.next().unwrap_or('%');
            }
            let number = |f: Field| Item::Number(f, padded);
            let long = |items: &mut Vec<Item>, fields: &[(Field, &str)]| {
                for (f, after) in fields {
                    items.push(Item::Number(*f, padded));
                    if !after.is_empty() {
                        items.push(Item::Literal((*after).to_owned()));
                    }
                }
            };
            if letter == '%' {
                literal.push('%');
                continue;
            }
            flush(&mut literal, &mut items);
            match letter {
                'Y' => items.push(number(Field::Year)),
                'y' => items.push(number(Field::ShortYear)),
                'm' => items.push(number(Field::Month)),
                'd' => items.push(number(Field::Day)),
                'e' => items.push(Item::Number(Field::Day, false)),
                'H' => items.push(number(Field::Hour)),
                'k' => items.push(Item::Number(Field::Hour, false)),
                'I' => items.push(number(Field::Hour12)),
                'l' => items.push(Item::Number(Field::Hour12, false)),
                'M' => items.push(number(Field::Minute)),
                'S' => items.push(number(Field::Second)),
                'G' => items.push(number(Field::IsoYear)),
                'V' => items.push(number(Field::IsoWeek)),
                'u' => items.push(number(Field::Weekday)),
                'j' => items.push(number(Field::DayOfYear)),
                'q' => items.push(number(Field::Quarter)),
                'p' => items.push(Item::AmPm(true)),
                'P' => items.push(Item::AmPm(false)),
                'b' | 'h' => items.push(Item::MonthName(false)),
                'B' => items.push(Item::MonthName(true)),
                'a' => items.push(Item::DayName(false)),
                'A' => items.push(Item::DayName(true)),
                'f' => items.push(Item::Fraction(digits.unwrap_or(6) as usize)),
                'z' => items.push(Item::Offset(colon)),
                'Z' => items.push(Item::Utc("UTC".to_owned())),
                's' if digits == Some(3) => items.push(Item::Epoch(1000)),
                's' => items.push(Item::Epoch(1)),
                'F' => long(&mut items, &[(Field::Year, "-"), (Field::Month, "-"), (Field::Day, "")]),
                'D' => long(&mut items, &[(Field::Month, "/"), (Field::Day, "/"), (Field::ShortYear, "")]),
                'T' => long(&mut items, &[(Field::Hour, ":"), (Field::Minute, ":"), (Field::Second, "")]),
                'R' => long(&mut items, &[(Field::Hour, ":"), (Field::Minute, "")]),
                other => return Err(format!("`%{other}` is not known in the time format `{text}`")),
            }
        }
        flush(&mut literal, &mut items);
        if !items.iter().any(|i| matches!(i, Item::Number(..) | Item::Epoch(_))) {
            return Err(format!("the time format `{text}` has no field such as %Y or %H"));
        }
        Ok(Pattern { text: text.to_owned(), items })
    }

    /// The pattern's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether each stamp says how it relates to UTC.
    pub fn has_zone(&self) -> bool {
        self.items.iter().any(|i| matches!(i, Item::Offset(_) | Item::Utc(_) | Item::Epoch(_)))
    }

    /// Whether stamps carry a numeric offset.
    pub fn has_offset(&self) -> bool {
        self.items.iter().any(|i| matches!(i, Item::Offset(_)))
    }

    /// Whether the pattern holds a date, so that alone it makes a stamp.
    pub fn has_date(&self) -> bool {
        self.items.iter().any(|i| {
            matches!(i, Item::Number(Field::Year | Field::ShortYear | Field::IsoYear, _) | Item::Epoch(_))
        })
    }

    /// Whether the pattern holds a time of day.
    pub fn has_time(&self) -> bool {
        let hour = |i: &Item| matches!(i, Item::Number(Field::Hour | Field::Hour12, _) | Item::Epoch(_));
        self.items.iter().any(hour)
    }

    /// Whether the pattern tells one day from the next.
    pub fn has_day(&self) -> bool {
        let day = |i: &Item| {
            matches!(i, Item::Number(Field::Day | Field::DayOfYear | Field::Weekday, _) | Item::Epoch(_))
        };
        self.items.iter().any(day)
    }

    /// Reads a cell into `parts`.
    ///
    /// # Errors
    /// [`Reject::Form`] when the cell is not written so.
    pub fn parse(&self, cell: &[u8], parts: &mut Parts) -> Result<(), Reject> {
        match self.parse_front(cell.trim_ascii(), parts) {
            Some([]) => Ok(()),
            _ => Err(Reject::Form),
        }
    }

    /// Reads the front of a cell into `parts`; the rest, or `None` when it is not written so.
    pub fn parse_front<'a>(&self, cell: &'a [u8], parts: &mut Parts) -> Option<&'a [u8]> {
        let mut rest = cell;
        for (i, item) in self.items.iter().enumerate() {
            let adjacent = matches!(self.items.get(i + 1), Some(Item::Number(..)));
            rest = item.parse(rest, adjacent, parts)?;
        }
        Some(rest)
    }

    /// Prints wall-clock seconds, with the offset of that moment.
    pub fn format(&self, local: i64, offset: i32) -> String {
        let days = local.div_euclid(86_400);
        let second = local.rem_euclid(86_400);
        let (year, month, day) = iso::civil_from_days(days);
        let hour = second / 3600;
        let mut out = String::new();
        for item in &self.items {
            match item {
                Item::Literal(t) | Item::Utc(t) => out.push_str(t),
                Item::MonthName(full) => push_name(&mut out, &MONTHS, month as usize - 1, *full),
                Item::DayName(full) => {
                    push_name(&mut out, &DAYS, (days + 3).rem_euclid(7) as usize, *full);
                }
                Item::AmPm(upper) => out.push_str(match (hour >= 12, upper) {
                    (true, true) => "PM",
                    (true, false) => "pm",
                    (false, true) => "AM",
                    (false, false) => "am",
                }),
                Item::Fraction(n) => out.extend(std::iter::repeat_n('0', *n)),
                Item::Epoch(scale) => {
                    out.push_str(&((local - i64::from(offset)).saturating_mul(*scale)).to_string());
                }
                Item::Offset(colon) => {
                    let minutes = offset.abs() / 60;
                    let sign = if offset < 0 { '-' } else { '+' };
                    let mid = if *colon { ":" } else { "" };
                    out.push_str(&format!("{sign}{:02}{mid}{:02}", minutes / 60, minutes % 60));
                }
                Item::Number(field, padded) => {
                    let value = match field {
                        Field::Year => i64::from(year),
                        Field::ShortYear => i64::from(year.rem_euclid(100)),
                        Field::Month => i64::from(month),
                        Field::Day => i64::from(day),
                        Field::Hour => hour,
                        Field::Hour12 => (hour + 11) % 12 + 1,
                        Field::Minute => second / 60 % 60,
                        Field::Second => second % 60,
                        Field::Weekday => (days + 3).rem_euclid(7) + 1,
                        Field::DayOfYear => days - iso::days_from_civil(year, 1, 1) + 1,
                        Field::Quarter => i64::from((month - 1) / 3 + 1),
                        Field::IsoYear => i64::from(iso_year_week(days).0),
                        Field::IsoWeek => iso_year_week(days).1,
                    };
                    if *padded {
                        out.push_str(&format!("{value:0width$}", width = field.width()));
                    } else {
                        out.push_str(&value.to_string());
                    }
                }
            }
        }
        out
    }
}

fn flush(literal: &mut String, items: &mut Vec<Item>) {
    if literal.is_empty() {
        return;
    }
    let text = std::mem::take(literal);
    // A zone word at the end of the literal says that the stamps are UTC.
    for word in ["UTC", "GMT", "Z"] {
        if let Some(before) = text.strip_suffix(word) {
            if before.chars().next_back().is_some_and(char::is_alphabetic) {
                continue;
            }
            if !before.is_empty() {
                items.push(Item::Literal(before.to_owned()));
            }
            items.push(Item::Utc(word.to_owned()));
            return;
        }
    }
    items.push(Item::Literal(text));
}

fn push_name(out: &mut String, names: &[&str], i: usize, full: bool) {
    let name = names.get(i).copied().unwrap_or_default();
    out.push_str(if full { name } else { name.get(..3).unwrap_or(name) });
}

fn iso_year_week(days: i64) -> (i32, i64) {
    let thursday = days - (days + 3).rem_euclid(7) + 3;
    let year = iso::civil_from_days(thursday).0;
    (year, (thursday - iso::days_from_civil(year, 1, 1)) / 7 + 1)
}

impl Item {
    /// Takes the item off the front of `rest`; `None` when it is not there.
    fn parse<'a>(&self, rest: &'a [u8], adjacent: bool, parts: &mut Parts) -> Option<&'a [u8]> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pattern: &str, cell: &str) -> Result<Moment, Reject> {
        let mut parts = Parts::default();
        Pattern::new(pattern).unwrap().parse(cell.as_bytes(), &mut parts)?;
        parts.resolve()
    }

    #[test]
    fn reads_and_prints_each_form() {
        // Seconds from `date -u -d '2004-03-10 18:00' +%s` and the like.
        for (pattern, cell, local) in [
            ("%d/%m/%Y %H.%M.%S", "10/03/2004 18.00.00", 1_078_941_600),
            ("%m/%d/%Y %H:%M", "03/10/2004 18:00", 1_078_941_600),
            ("%-d.%-m.%y %-H:%M", "10.3.04 18:00", 1_078_941_600),
            ("%Y%m%d%H", "2004031018", 1_078_941_600),
            ("%d %b %Y %I:%M %p", "10 Mar 2004 06:00 PM", 1_078_941_600),
            ("%B %-d, %Y", "March 10, 2004", 1_078_876_800),
            ("%Y", "2024", 1_704_067_200),
            ("%Y-%m", "2024-03", 1_709_251_200),
            ("%G-W%V", "2024-W05", 1_706_486_400),
            ("%G-W%V", "2020-W53", 1_609_113_600),
            ("%Y-Q%q", "2024-Q2", 1_711_929_600),
            ("%Y/%m/%d %H%M UTC", "2026/01/01 0100 UTC", 1_767_229_200),
            ("%s", "1078941600", 1_078_941_600),
            ("%3s", "1078941600000", 1_078_941_600),
            ("%Y-%j", "2024-060", 1_709_164_800),
        ] {
            let m = parse(pattern, cell).unwrap();
            assert_eq!(m.local, local, "{pattern} {cell}");
            assert_eq!(Pattern::new(pattern).unwrap().format(local, 0), cell);
        }
        assert_eq!(parse("%d/%m/%Y", "31/02/2004"), Err(Reject::Calendar));
        assert_eq!(parse("%G-W%V", "2024-W53"), Err(Reject::Calendar));
        assert_eq!(parse("%d/%m/%Y", "3/1/04"), Err(Reject::Form));
        assert_eq!(parse("%3s", "1078941600500"), Err(Reject::Fraction));
        assert!(Pattern::new("%Q").is_err());
        assert!(Pattern::new("words").is_err());
    }

    #[test]
    fn offsets_are_kept() {
        let m = parse("%d/%m/%Y %H:%M%:z", "10/03/2004 18:00+01:00").unwrap();
        assert_eq!((m.local, m.offset, m.utc()), (1_078_941_600, Some(3600), 1_078_938_000));
        let p = Pattern::new("%d/%m/%Y %H:%M%:z").unwrap();
        assert_eq!(p.format(m.local, 3600), "10/03/2004 18:00+01:00");
    }
}
