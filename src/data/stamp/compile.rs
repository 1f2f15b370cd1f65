//! Reads the text of a pattern: the letters of `strftime`, and those that it lacks.
//!
//! `%q` is a quarter, `%6q` a half of the year, `%24H` the hours 1 to 24, `%4H` hours and minutes as one number (`1530`), `%30i` the number of an interval of 30 minutes in
//! the day, `%:15i` one of 15 minutes in the hour, `%x` (or `excel`) a spreadsheet's serial day, `%3s`, `%6s` and `%9s` (or `epoch-ms`,
//! `epoch-us`, `epoch-ns`) thousandths of a second since 1970 and finer, `%1949y` two digits of a
//! year from 1949 to 2048, `%2019Y` a year that is not written, `%EY` the Buddhist era, `%,Y` a
//! year with a thousands mark, `%#m` and `%#q` Roman numbers, `%.m` a month whose last zero is lost (`2008.1` is October),
//! `%4j` a day of the year with four decimals, `%^b` and `%~b` names in upper and lower case, `%{de}b` names in
//! another language, `%12.3g` a year and the share of it that has passed in twelfths, with three
//! decimals (`1949.083`; `%:12.3g` where the middle of the month is meant, `%-12.3g` without zeros at the end), `%:::z` an offset in hours. After `%3600>` stands the end of an interval of
//! so many seconds.

use super::item::{Item, OffsetForm, Pad};
use super::names::{Case, HALVES, LANGUAGES};
use super::parts::Field;
use super::year::{Share, Year};

/// What stands between `%` and the letter.
#[derive(Default)]
struct Marks {
    pad: Option<Pad>,
    case: Case,
    digits: Option<u32>,
    colons: usize,
    dot: bool,
    /// Digits after a point.
    decimals: Option<u32>,
    thousands: bool,
    era: bool,
    language: usize,
}

/// The pieces of a pattern.
///
/// # Errors
/// One sentence about the letter that is not known.
pub fn items(text: &str) -> Result<Vec<Item>, String> {
    let word = match text {
        "epoch" | "epoch-s" => Some(Item::Epoch(1)),
        "epoch-ms" => Some(Item::Epoch(1000)),
        "epoch-us" => Some(Item::Epoch(1_000_000)),
        "epoch-ns" => Some(Item::Epoch(1_000_000_000)),
        "excel" => Some(Item::Serial(0)),
        _ => None,
    };
    if let Some(item) = word {
        return Ok(vec![item]);
    }
    let mut items = Vec::new();
    let mut literal = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            literal.push(c);
            continue;
        }
        let (marks, letter) = marks(&mut chars, text)?;
        if letter == '%' {
            literal.push('%');
            continue;
        }
        if letter == 'f' && marks.dot {
            literal.push('.');
        }
        flush(&mut literal, &mut items);
        push(letter, &marks, &mut items, text)?;
    }
    flush(&mut literal, &mut items);
    second_years(&mut items);
    let field = |i: &Item| !matches!(i, Item::Literal(_) | Item::Utc(_) | Item::End(_) | Item::BareMidnight);
    if !items.iter().any(field) {
        return Err(format!("the time format `{text}` has no field such as %Y or %H"));
    }
    Ok(items)
}

fn marks(chars: &mut std::str::Chars<'_>, text: &str) -> Result<(Marks, char), String> {
    let mut marks = Marks::default();
    loop {
        match chars.next().unwrap_or('%') {
            '-' => marks.pad = Some(Pad::Nothing),
            '_' => marks.pad = Some(Pad::Space),
            '#' => marks.pad = Some(Pad::Roman),
            '^' => marks.case = Case::Upper,
            '~' => marks.case = Case::Lower,
            '+' => marks.case = Case::Title,
            ':' => marks.colons += 1,
            '.' => marks.dot = true,
            ',' => marks.thousands = true,
            'E' => marks.era = true,
            '{' => {
                let code: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let known = LANGUAGES.iter().position(|l| l.code == code);
                let codes: Vec<&str> = LANGUAGES.iter().map(|l| l.code).collect();
                marks.language = known.ok_or_else(|| {
                    format!("`{code}` in the time format `{text}` is not one of {}", codes.join(", "))
                })?;
            }
            d if d.is_ascii_digit() && marks.dot && marks.digits.is_some() => {
                let d = d.to_digit(10).unwrap_or(0);
                marks.decimals = Some((marks.decimals.unwrap_or(0) * 10 + d).min(15));
            }
            d if d.is_ascii_digit() => {
                let d = d.to_digit(10).unwrap_or(0);
                marks.digits = Some((marks.digits.unwrap_or(0) * 10 + d).min(100_000_000));
            }
            letter => return Ok((marks, letter)),
        }
    }
}

fn push(letter: char, marks: &Marks, items: &mut Vec<Item>, text: &str) -> Result<(), String> {
    let unknown = |what: String| Err(format!("`%{what}` is not known in the time format `{text}`"));
    let pad = marks.pad.unwrap_or(if marks.dot { Pad::Lost } else { Pad::Zero });
    let number = |f: Field| Item::Number(f, pad);
    let spaced = |f: Field| Item::Number(f, marks.pad.unwrap_or(Pad::Space));
    let year = |n: u32| i32::try_from(n).unwrap_or(0);
    let mut several = |parts: &[(Item, &str)]| {
        for (item, after) in parts {
            items.push(item.clone());
            if !after.is_empty() {
                items.push(Item::Literal((*after).to_owned()));
            }
        }
    };
    let item = match letter {
        'Y' if marks.era => Item::Year(Year::Buddhist),
        'Y' if marks.thousands => Item::Year(Year::Thousands),
        'Y' => match marks.digits {
            Some(n) => Item::Year(Year::Unwritten(year(n))),
            None => number(Field::Year),
        },
        'y' => Item::Year(Year::Short(marks.digits.map(year))),
        'm' => number(Field::Month),
        'd' => number(Field::Day),
        'e' => spaced(Field::Day),
        'H' if marks.digits == Some(24) => number(Field::Hour24),
        'H' if marks.digits == Some(4) => number(Field::HourMinute),
        'H' => number(Field::Hour),
        'k' => spaced(Field::Hour),
        'I' => number(Field::Hour12),
        'l' => spaced(Field::Hour12),
        'M' => number(Field::Minute),
        'S' => number(Field::Second),
        'G' => number(Field::IsoYear),
        'V' => number(Field::IsoWeek),
        'u' => number(Field::Weekday),
        'j' => match marks.digits {
            Some(decimals) => Item::DayShare(decimals.min(15) as usize),
            None => number(Field::DayOfYear),
        },
        'q' if marks.digits == Some(6) => number(Field::HalfYear),
        'q' => number(Field::Quarter),
        'p' | 'P' => {
            let mark = match (marks.dot, marks.pad) {
                (true, _) => ".",
                (_, Some(Pad::Space)) => "_",
                _ => "",
            };
            let form = HALVES.iter().position(|(text, _)| *text == format!("%{mark}{letter}"));
            Item::Half(form.unwrap_or(0))
        }
        'b' | 'h' => Item::MonthName { full: false, case: marks.case, language: marks.language },
        'B' => Item::MonthName { full: true, case: marks.case, language: marks.language },
        'a' => Item::DayName { full: false, case: marks.case },
        'A' => Item::DayName { full: true, case: marks.case },
        'f' => Item::Fraction(marks.digits.unwrap_or(6) as usize),
        'z' => Item::Offset(match marks.colons {
            0 => OffsetForm::Plain,
            1 => OffsetForm::Colon,
            _ => OffsetForm::Hours,
        }),
        'Z' => Item::Utc("UTC".to_owned()),
        's' => match marks.digits.unwrap_or(0) {
            n @ (0 | 3 | 6 | 9) => Item::Epoch(10i64.pow(n)),
            n => return unknown(format!("{n}s")),
        },
        'x' => Item::Serial(marks.digits.unwrap_or(0) as usize),
        'i' => match marks.digits {
            Some(n) if marks.colons > 0 && n > 0 && 60 % n == 0 => Item::SlotOfHour(n),
            Some(n) if n > 0 && 1440 % n == 0 => Item::Slot(n),
            _ => return unknown("i` without minutes, as in `%30i".to_owned()),
        },
        'g' => match marks.digits {
            Some(steps @ (1 | 2 | 4 | 12)) => Item::Share(Share {
                steps,
                decimals: marks.decimals.unwrap_or(3) as usize,
                middle: marks.colons > 0,
                short: marks.pad == Some(Pad::Nothing),
            }),
            _ => return unknown("g` without steps in a year, as in `%12.3g".to_owned()),
        },
        '?' => Item::BareMidnight,
        '>' => match marks.digits {
            Some(n) if n > 0 => Item::End(i64::from(n)),
            _ => return unknown(">` without seconds, as in `%3600>".to_owned()),
        },
        'F' => {
            several(&[(number(Field::Year), "-"), (number(Field::Month), "-"), (number(Field::Day), "")]);
            return Ok(());
        }
        'D' => {
            let year = Item::Year(Year::Short(marks.digits.map(year)));
            several(&[(number(Field::Month), "/"), (number(Field::Day), "/"), (year, "")]);
            return Ok(());
        }
        'T' => {
            several(&[(number(Field::Hour), ":"), (number(Field::Minute), ":"), (number(Field::Second), "")]);
            return Ok(());
        }
        'R' => {
            several(&[(number(Field::Hour), ":"), (number(Field::Minute), "")]);
            return Ok(());
        }
        other => return unknown(other.to_string()),
    };
    items.push(item);
    Ok(())
}

/// Of two years side by side the second is the next one: `2000/01`.
fn second_years(items: &mut [Item]) {
    let year = |i: &Item| matches!(i, Item::Number(Field::Year, _) | Item::Year(Year::Short(_)));
    let before_end = items.iter_mut().take_while(|i| !matches!(i, Item::End(_)));
    if let Some(second) = before_end.filter(|i| year(i)).nth(1) {
        *second = Item::Year(Year::End { short: matches!(second, Item::Year(_)) });
    }
}

fn flush(literal: &mut String, items: &mut Vec<Item>) {
    if literal.is_empty() {
        return;
    }
    let text = std::mem::take(literal);
    // A zone word in the literal says that the stamps are UTC.
    let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let zone = ["UTC", "GMT", "Z"].into_iter().find_map(|word| {
        text.match_indices(word).find_map(|(at, _)| {
            let (before, after) = (text.get(..at)?, text.get(at + word.len()..)?);
            (!letter(before.chars().next_back()) && !letter(after.chars().next()))
                .then_some((before, word, after))
        })
    });
    if let Some((before, word, after)) = zone {
        let literal = |t: &str| (!t.is_empty()).then(|| Item::Literal(t.to_owned()));
        items.extend(literal(before));
        items.push(Item::Utc(word.to_owned()));
        items.extend(literal(after));
        return;
    }
    items.push(Item::Literal(text));
}
