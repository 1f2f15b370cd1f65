//! Spells a pattern as a table's cells are written: padding, letters, the hour 24.

use super::item::{Item, OffsetForm, Pad};
use super::names::{Case, DAYS, HALVES, LANGUAGES};
use super::parts::{Field, Parts};
use super::pattern::Pattern;
use super::year::Share;

/// Cells that are looked at; more are looked at in even steps.
const CELLS: usize = 200_000;

/// What the cells show of one piece.
#[derive(Default, Clone)]
struct Seen<'a> {
    /// Different texts, at most a few dozen.
    texts: Vec<&'a str>,
    short: bool,
    blank: bool,
}

/// The pattern as the cells are written.
pub fn spell(pattern: &Pattern, cells: &[&str]) -> Pattern {
    let mut seen = vec![Seen::default(); pattern.items().len()];
    for cell in cells.iter().step_by(cells.len() / CELLS + 1) {
        pattern.trace(cell.trim().as_bytes(), &mut Parts::default(), |i, text| {
            let (Some(seen), Ok(text)) = (seen.get_mut(i), std::str::from_utf8(text)) else { return };
            let number = text.trim_start();
            seen.blank |= number.len() < text.len();
            seen.short |= number.len() < pattern.items().get(i).and_then(Item::digits).unwrap_or(0);
            if seen.texts.len() < 64 && !seen.texts.contains(&text) {
                seen.texts.push(text);
            }
        });
    }
    let usual = usual_padding(pattern.items(), &seen);
    pattern.with(|i, item| match seen.get(i) {
        Some(seen) => as_seen(item, seen, usual),
        None => item.clone(),
    })
}

/// How numbers are padded whose cells do not show it, such as months when all are 10 to 12: as the others of the stamp are.
/// A number that has a column of its own is a plain number there.
fn usual_padding(items: &[Item], seen: &[Seen<'_>]) -> Pad {
    let numbers = || {
        items.iter().zip(seen).filter(|(item, _)| matches!(item, Item::Number(field, _) if varies(*field)))
    };
    let led = |seen: &Seen<'_>| seen.texts.iter().any(|text| text.len() > 1 && text.starts_with('0'));
    let plain = numbers().any(|(_, seen)| seen.short) && !numbers().any(|(_, seen)| led(seen));
    // Digits without a mark between them are told apart by their number.
    let run =
        items.windows(2).any(|pair| pair.iter().all(|item| matches!(item, Item::Number(..) | Item::Year(_))));
    if (plain && !run) || items.len() == 1 { Pad::Nothing } else { Pad::Zero }
}

/// Numbers that are written with and without a leading zero, by taste; minutes never are.
fn varies(field: Field) -> bool {
    matches!(
        field,
        Field::Month
            | Field::Day
            | Field::Hour
            | Field::Hour24
            | Field::Hour12
            | Field::IsoWeek
            | Field::DayOfYear
    )
}

fn as_seen(item: &Item, seen: &Seen<'_>, usual: Pad) -> Item {
    match item {
        Item::Number(field, pad) => {
            let field = match field {
                Field::Hour if to_24(seen) => Field::Hour24,
                other => *other,
            };
            Item::Number(
                field,
                match pad {
                    Pad::Space if seen.blank => Pad::Space,
                    Pad::Lost | Pad::Roman => *pad,
                    _ if seen.short => Pad::Nothing,
                    _ if varies(field) && !seen.texts.iter().any(|text| text.starts_with('0')) => usual,
                    _ => Pad::Zero,
                },
            )
        }
        Item::MonthName { full, language, .. } => {
            let own = LANGUAGES.get(*language).and_then(|words| words.written(&seen.texts));
            let (language, full) = &own.filter(|_| !full).unwrap_or((*language, *full));
            let Some(words) = LANGUAGES.get(*language) else { return item.clone() };
            let usual = |text: &str| {
                let (i, _) = words.take_month(text.as_bytes(), *full)?;
                Some(words.month(i, *full))
            };
            let names = seen.texts.iter().filter_map(|t| Some((*t, usual(t)?)));
            // Other spellings of a month (`Sept`) say nothing about the case.
            let same = names.filter(|(t, u)| t.to_lowercase() == u.to_lowercase());
            Item::MonthName { full: *full, case: Case::of(same), language: *language }
        }
        Item::DayName { full, .. } => {
            let usual = |text: &str| {
                let n = if *full { text.len() } else { 3 };
                DAYS.iter()
                    .map(|d| if *full { *d } else { d.get(..n).unwrap_or(d) })
                    .find(|d| d.eq_ignore_ascii_case(text))
            };
            let names = seen.texts.iter().filter_map(|t| Some((*t, usual(t)?)));
            Item::DayName { full: *full, case: Case::of(names) }
        }
        Item::Half(form) => {
            let fits = |words: &[&str; 2]| seen.texts.iter().all(|t| words.contains(t));
            Item::Half(HALVES.iter().position(|(_, words)| fits(words)).unwrap_or(*form))
        }
        Item::Fraction(n) => {
            let longest = seen.texts.iter().map(|t| t.len()).max();
            Item::Fraction(longest.unwrap_or(*n))
        }
        Item::Share(share) => {
            let decimals = |t: &&str| t.split_once('.').map_or(0, |(_, d)| d.len());
            let most = seen.texts.iter().map(decimals).max().unwrap_or(share.decimals);
            let short = seen.texts.iter().any(|t| decimals(t) < most);
            Item::Share(Share { decimals: most, short, ..*share })
        }
        Item::Serial(_) | Item::DayShare(_) => {
            let decimals = |t: &&str| t.split_once('.').map_or(0, |(_, d)| d.len());
            let most = seen.texts.iter().map(decimals).max().unwrap_or(0);
            if matches!(item, Item::Serial(_)) { Item::Serial(most) } else { Item::DayShare(most) }
        }
        // A form with offsets reads `Z` too; where nothing else stands, that is how it is written.
        Item::Offset(_)
            if ["Z", "z"].iter().any(|z| !seen.texts.is_empty() && seen.texts.iter().all(|t| t == z)) =>
        {
            Item::Utc(seen.texts.first().copied().unwrap_or("Z").to_owned())
        }
        Item::Offset(_) => {
            let written = seen.texts.iter().filter(|t| t.len() > 1);
            let hours = written.clone().next().is_some() && written.clone().all(|t| t.len() == 3);
            let colon = written.clone().any(|t| t.contains(':'));
            Item::Offset(match (hours, colon) {
                (true, _) => OffsetForm::Hours,
                (_, true) => OffsetForm::Colon,
                _ => OffsetForm::Plain,
            })
        }
        other => other.clone(),
    }
}

/// Whether the hours run to 24 instead of from 0.
fn to_24(seen: &Seen<'_>) -> bool {
    let has = |n: u32| seen.texts.iter().any(|t| t.trim().parse() == Ok(n));
    has(24) && !has(0)
}
