//! One time column's pattern, in the letters of `strftime` and a few more, for parsing and for
//! printing. `compile` reads its text, `item` knows its pieces.

use super::compile;
use super::iso::{self, Reject};
use super::item::{Item, OffsetForm, Pad, serial};
use super::names::{DAYS, HALVES, LANGUAGES};
use super::parts::{Field, Parts, iso_year_week};
use super::roman;
use super::year::Year;

/// A compiled pattern; serialised as its text.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    text: String,
    items: Vec<Item>,
    /// For each item the digits of the numbers directly after it.
    after: Vec<Option<usize>>,
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
    /// Compiles a pattern, or one of the words `epoch`, `epoch-ms`, `epoch-us`, `epoch-ns` and `excel`.
    ///
    /// # Errors
    /// One sentence about the letter that is not known.
    pub fn new(text: &str) -> Result<Self, String> {
        Ok(Pattern { text: text.to_owned(), ..Pattern::of(compile::items(text)?) })
    }

    /// The pattern of these pieces.
    pub fn of(items: Vec<Item>) -> Self {
        let after = (0..items.len())
            .map(|i| {
                let next = items.iter().skip(i + 1).map_while(Item::digits);
                let digits = next.fold(None, |sum, n| Some(sum.unwrap_or(0) + n));
                let followed = matches!(items.get(i), Some(Item::Epoch(_))) && i + 1 < items.len();
                digits.or(followed.then_some(0))
            })
            .collect();
        Pattern { text: items.iter().map(Item::spell).collect(), items, after }
    }

    /// The pattern's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its pieces.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The same pattern with some pieces changed.
    pub fn with(&self, change: impl Fn(usize, &Item) -> Item) -> Self {
        Pattern::of(self.items.iter().enumerate().map(|(i, item)| change(i, item)).collect())
    }

    fn any(&self, test: impl Fn(&Item) -> bool) -> bool {
        self.items.iter().any(test)
    }

    /// Whether stamps are counts since 1970.
    pub fn is_epoch(&self) -> bool {
        matches!(self.items.as_slice(), [Item::Epoch(_)])
    }

    /// Whether each stamp says how it relates to UTC.
    pub fn has_zone(&self) -> bool {
        self.any(|i| matches!(i, Item::Offset(_) | Item::Utc(_) | Item::Epoch(_)))
    }

    /// Whether stamps carry a numeric offset.
    pub fn has_offset(&self) -> bool {
        self.any(|i| matches!(i, Item::Offset(_)))
    }

    /// Whether the pattern holds a date, so that alone it makes a stamp.
    pub fn has_date(&self) -> bool {
        self.any(|i| {
            matches!(
                i,
                Item::Number(Field::Year | Field::IsoYear, _)
                    | Item::Year(_)
                    | Item::Epoch(_)
                    | Item::Serial(_)
                    | Item::Share(_)
            )
        })
    }

    /// Whether the pattern holds a time of day.
    pub fn has_time(&self) -> bool {
        self.any(|i| {
            matches!(
                i,
                Item::Number(Field::Hour | Field::Hour12 | Field::Hour24 | Field::HourMinute, _)
                    | Item::Epoch(_)
                    | Item::Slot(_)
                    | Item::SlotOfHour(_)
                    | Item::DayShare(1..)
                    | Item::Serial(1..)
            )
        })
    }

    /// Whether the pattern tells one day from the next.
    pub fn has_day(&self) -> bool {
        self.any(|i| {
            matches!(
                i,
                Item::Number(Field::Day | Field::DayOfYear | Field::Weekday, _)
                    | Item::DayName { .. }
                    | Item::DayShare(_)
                    | Item::Epoch(_)
                    | Item::Serial(_)
            )
        })
    }

    /// Whether the pattern holds a month.
    pub fn has_month(&self) -> bool {
        self.any(|i| matches!(i, Item::Number(Field::Month, _) | Item::MonthName { .. }))
    }

    /// Whether years have two digits, of a century that is not named.
    pub fn lacks_century(&self) -> bool {
        self.any(|i| matches!(i, Item::Year(Year::Short(None))))
    }

    /// Whether years have two digits.
    pub fn has_short_year(&self) -> bool {
        self.any(|i| matches!(i, Item::Year(Year::Short(_))))
    }

    /// Whether years are pairs such as `2000/01`.
    pub fn has_second_year(&self) -> bool {
        self.any(|i| matches!(i, Item::Year(Year::End { .. })))
    }

    /// Whether the day ends with hour 24; the end of an interval does not count.
    pub fn ends_with_24(&self) -> bool {
        let start = self.items.iter().take_while(|i| !matches!(i, Item::End(_)));
        start.into_iter().any(|i| matches!(i, Item::Number(Field::Hour24, _)))
    }

    /// Whether intervals of the day are numbered.
    pub fn has_slots(&self) -> bool {
        self.any(|i| matches!(i, Item::Slot(_)))
    }

    /// Whether cells hold the end of an interval too.
    pub fn has_interval(&self) -> bool {
        self.any(|i| matches!(i, Item::End(_)))
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
        self.trace(cell, parts, |_, _| ())
    }

    /// As [`Pattern::parse_front`]; `see` is told what each piece took.
    pub fn trace<'a>(
        &self,
        cell: &'a [u8],
        parts: &mut Parts,
        mut see: impl FnMut(usize, &'a [u8]),
    ) -> Option<&'a [u8]> {
        let mut rest = cell;
        let mut end = None;
        for (i, (item, after)) in self.items.iter().zip(&self.after).enumerate() {
            if let Item::End(_) = item {
                end = Some(Parts::default());
            }
            if *item == Item::BareMidnight && rest.is_empty() {
                return Some(rest);
            }
            let into = end.as_mut().unwrap_or(&mut *parts);
            let tail = item.parse(rest, *after, into)?;
            see(i, rest.get(..rest.len() - tail.len()).unwrap_or_default());
            rest = tail;
        }
        Some(rest)
    }

    /// The end of an interval `a - b` in a cell, in seconds after its start.
    pub fn interval(&self, cell: &[u8]) -> Option<i64> {
        let cut = self.items.iter().position(|i| matches!(i, Item::End(_)))?;
        let (start, end) = self.items.split_at_checked(cut)?;
        let (mut a, mut b) = (Parts::default(), Parts::default());
        let rest = Pattern::of(start.to_vec()).parse_front(cell.trim_ascii(), &mut a)?;
        Pattern::of(end.get(1..)?.to_vec()).parse(rest, &mut b).ok()?;
        if Pattern::of(end.to_vec()).has_date() {
            return Some(b.resolve_whole().ok()?.local - a.resolve_whole().ok()?.local);
        }
        // Two times of one day, or of the next.
        let second = |p: Parts| Some(p.with_a_year().resolve_whole().ok()?.local.rem_euclid(86_400));
        Some((second(b)? - second(a)?).rem_euclid(86_400))
    }

    /// Prints wall-clock seconds, with the offset of that moment.
    pub fn format(&self, local: i64, offset: i32) -> String {
        self.format_day(local.div_euclid(86_400), local.rem_euclid(86_400), offset)
    }

    /// As [`Pattern::format`], a day since 1970 and a second of it, which may be the 86,400th.
    pub fn format_day(&self, day: i64, second: i64, offset: i32) -> String {
        let mut out = String::new();
        let mut clock = Wall::new(day, second);
        for (i, item) in self.items.iter().enumerate() {
            match item {
                Item::BareMidnight if second == 0 => break,
                Item::End(seconds) => {
                    let local = day * 86_400 + second + seconds;
                    let (day, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
                    let to_24 = second == 0
                        && self.items.iter().skip(i).any(|i| matches!(i, Item::Number(Field::Hour24, _)));
                    clock = if to_24 { Wall::new(day - 1, 86_400) } else { Wall::new(day, second) };
                }
                item => clock.write(item, offset, &mut out),
            }
        }
        out
    }
}

/// A moment taken apart for printing.
struct Wall {
    local: i64,
    days: i64,
    year: i32,
    month: u32,
    day: u32,
    second: i64,
}

impl Wall {
    fn new(days: i64, second: i64) -> Self {
        let (year, month, day) = iso::civil_from_days(days);
        Wall { local: days * 86_400 + second, days, year, month, day, second }
    }

    fn write(&self, item: &Item, offset: i32, out: &mut String) {
        match item {
            Item::Literal(t) | Item::Utc(t) => out.push_str(t),
            Item::MonthName { full, case, language } => {
                let month = (self.month as usize).saturating_sub(1);
                let name = LANGUAGES.get(*language).map_or("", |l| l.month(month, *full));
                out.push_str(&case.write(name));
            }
            Item::DayName { full, case } => {
                let name = DAYS.get((self.days + 3).rem_euclid(7) as usize).copied().unwrap_or_default();
                out.push_str(&case.write(if *full { name } else { name.get(..3).unwrap_or(name) }));
            }
            Item::Half(form) => {
                let words = HALVES.get(*form).map_or(["AM", "PM"], |h| h.1);
                out.push_str(words[usize::from(self.second / 3600 % 24 >= 12)]);
            }
            Item::Fraction(n) => out.extend(std::iter::repeat_n('0', *n)),
            Item::Epoch(scale) => {
                out.push_str(&((self.local - i64::from(offset)).saturating_mul(*scale)).to_string());
            }
            Item::DayShare(decimals) => {
                let day = self.number(Field::DayOfYear) as f64 + self.second as f64 / 86_400.0;
                out.push_str(&format!("{day:.decimals$}"));
            }
            Item::Serial(decimals) => out.push_str(&serial(self.local, *decimals)),
            Item::Share(share) => out.push_str(&share.write(self.year, self.month)),
            Item::Slot(minutes) => {
                out.push_str(&(self.second / 60 / i64::from((*minutes).max(1)) + 1).to_string());
            }
            Item::SlotOfHour(minutes) => {
                out.push_str(&(self.second / 60 % 60 / i64::from((*minutes).max(1)) + 1).to_string());
            }
            Item::Offset(form) => push_offset(out, offset, *form),
            Item::Year(year) => out.push_str(&year.write(self.year)),
            Item::Number(field, pad) => {
                let (value, width) = (self.number(*field), field.width());
                out.push_str(&match pad {
                    Pad::Zero => format!("{value:0width$}"),
                    Pad::Nothing => value.to_string(),
                    Pad::Space => format!("{value:width$}"),
                    Pad::Roman => roman::write(value).to_owned(),
                    Pad::Lost => format!("{value:0width$}").trim_end_matches('0').to_owned(),
                });
            }
            Item::End(_) | Item::BareMidnight => {}
        }
    }

    fn number(&self, field: Field) -> i64 {
        match field {
            Field::Year => i64::from(self.year),
            Field::Month => i64::from(self.month),
            Field::Day => i64::from(self.day),
            Field::Hour | Field::Hour24 => self.second / 3600,
            Field::HourMinute => self.second / 3600 * 100 + self.second / 60 % 60,
            Field::Hour12 => (self.second / 3600 + 11) % 12 + 1,
            Field::Minute => self.second / 60 % 60,
            Field::Second => self.second % 60,
            Field::Weekday => (self.days + 3).rem_euclid(7) + 1,
            Field::DayOfYear => self.days - iso::days_from_civil(self.year, 1, 1) + 1,
            Field::Quarter => i64::from((self.month - 1) / 3 + 1),
            Field::HalfYear => i64::from((self.month - 1) / 6 + 1),
            Field::IsoYear => i64::from(iso_year_week(self.days).0),
            Field::IsoWeek => iso_year_week(self.days).1,
        }
    }
}

fn push_offset(out: &mut String, offset: i32, form: OffsetForm) {
    let minutes = offset.abs() / 60;
    let sign = if offset < 0 { '-' } else { '+' };
    out.push_str(&format!("{sign}{:02}", minutes / 60));
    match form {
        OffsetForm::Colon => out.push_str(&format!(":{:02}", minutes % 60)),
        OffsetForm::Plain => out.push_str(&format!("{:02}", minutes % 60)),
        // Zones of half an hour are written in full even there.
        OffsetForm::Hours if minutes % 60 != 0 => out.push_str(&format!(":{:02}", minutes % 60)),
        OffsetForm::Hours => {}
    }
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
