//! One time column's pattern, in the letters of `strftime`, for parsing and for printing.

use super::iso::{self, Reject};
use super::item::{DAYS, Item, MONTHS, push_name};
use super::parts::{Field, Parts, iso_year_week};

/// A compiled `strftime` pattern; serialised as its text.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    text: String,
    items: Vec<Item>,
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

#[cfg(test)]
mod tests {
    use super::super::iso::Moment;
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
