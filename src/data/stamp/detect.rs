//! Finds the patterns in which a column's cells are written: all those that every cell fits.
//! Which of several is meant, `weigh` says.

use super::candidates::{candidates, number_candidates, with_bare_midnights};
use super::iso::{self, Moment};
use super::item::{Item, OffsetForm};
use super::parts::{Field, Parts};
use super::pattern::Pattern;
use super::spell::spell;

/// Longest cell that is tried.
const LONGEST: usize = 60;

/// Patterns of whole stamps that all the cells fit, one for each way of reading them, the
/// likeliest first.
///
/// Cells that are bare numbers (epoch, `2024`, `20240301`) are read only when `numeric`.
pub fn patterns(cells: &[&str], numeric: bool) -> Vec<Pattern> {
    let mut found = readings(cells, numeric);
    found.retain(Pattern::has_date);
    found
}

/// As [`patterns`], with the forms that name no year (`Jan-01`).
pub fn readings(cells: &[&str], numeric: bool) -> Vec<Pattern> {
    let cells: Vec<&str> = cells.iter().map(|c| c.trim()).filter(|c| !c.is_empty()).collect();
    let Some(first) = cells.first() else { return Vec::new() };
    if first.len() > LONGEST {
        return Vec::new();
    }
    if is_number(first) && (!numeric || cells.iter().all(|c| is_number(c))) {
        return if numeric { fitting(&cells, &numbers(&cells)) } else { Vec::new() };
    }
    if !first.bytes().any(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    if cells.iter().all(|c| iso::parse(c.as_bytes()) != Err(iso::Reject::Form)) {
        return iso_form(&cells);
    }
    let mut found = fitting(&cells, &candidates(first));
    if found.is_empty() {
        // Spreadsheets leave the time away at midnight.
        let longest = cells.iter().max_by_key(|c| c.len()).unwrap_or(first);
        let shortest = cells.iter().map(|c| c.len()).min().unwrap_or(0);
        if longest.len() > shortest + 4 && longest.len() <= LONGEST {
            found = fitting(&cells, &with_bare_midnights(longest));
        }
    }
    if found.is_empty() { mostly(&cells) } else { found }
}

/// The moment that a pattern reads in a cell, in the year 2004 where none is written.
pub fn moment(p: &Pattern, cell: &str) -> Option<Moment> {
    let mut parts = Parts::default();
    p.parse(cell.as_bytes(), &mut parts).ok()?;
    let parts = if p.has_date() { parts } else { parts.with_a_year() };
    parts.resolve_whole().ok()
}

/// A pattern spelled as the cells are written: padding, large and small letters, the hour 24.
pub fn spelled(p: &Pattern, cells: &[&str]) -> Pattern {
    spell(p, cells)
}

/// The richest form among ISO cells, with or without a zone as most of them are.
fn iso_form(cells: &[&str]) -> Vec<Pattern> {
    let zoned = |c: &&str| iso::parse_whole(c.as_bytes()).is_ok_and(|m| m.offset.is_some());
    let with = cells.iter().filter(|c| zoned(c)).count() * 2 > cells.len();
    let longest =
        cells.iter().filter(|c| zoned(c) == with).max_by_key(|c| c.len()).copied().unwrap_or_default();
    let Ok(pattern) = Pattern::new(&iso_pattern(longest)) else { return Vec::new() };
    // Hours to 24 instead of from 0.
    let hour = |c: &&str| c.get(11..13).map(str::to_owned);
    let count = |text: &str| cells.iter().filter(|c| hour(c).as_deref() == Some(text)).count();
    if count("24") > 0 && count("00") == 0 {
        let to_24 = |_: usize, item: &Item| match item {
            Item::Number(Field::Hour, pad) => Item::Number(Field::Hour24, *pad),
            other => other.clone(),
        };
        return vec![pattern.with(to_24)];
    }
    vec![pattern]
}

/// The pattern that at least half of the cells fit, so that the others can be named in an error.
fn mostly(cells: &[&str]) -> Vec<Pattern> {
    let iso: Vec<&str> =
        cells.iter().copied().filter(|c| iso::parse(c.as_bytes()) != Err(iso::Reject::Form)).collect();
    if iso.len() * 2 >= cells.len() {
        return iso_form(&iso);
    }
    let mut best: Option<(usize, Pattern)> = None;
    for seed in cells.iter().take(5).filter(|c| c.len() <= LONGEST) {
        for p in candidates(seed).into_iter().filter(Pattern::has_date) {
            let n = cells.iter().filter(|c| moment(&p, c).is_some()).count();
            if n * 2 >= cells.len() && best.as_ref().is_none_or(|b| n > b.0) {
                best = Some((n, p));
            }
        }
    }
    best.map(|b| spell(&b.1, cells)).into_iter().collect()
}

/// Whether cells of this style can be read by [`iso::parse`].
pub fn is_iso(patterns: &[Pattern]) -> bool {
    let [pattern] = patterns else { return false };
    if pattern.items().iter().any(|i| matches!(i, Item::Epoch(_) | Item::Number(Field::Hour24, _))) {
        return false;
    }
    // 2001-12-25T13:14:15: day, month, hour and minute differ, so that no two can be swapped; and
    // 2001-02-03T04:05:06, whose zeros a form without padding leaves out.
    [1_009_286_055, 981_173_106].into_iter().all(|local| {
        let text = pattern.format(local, 0);
        let mut parts = Parts::default();
        let own = pattern.parse(text.as_bytes(), &mut parts).and_then(|()| parts.resolve());
        own.is_ok() && own == iso::parse(text.as_bytes())
    })
}

/// Digits, perhaps with decimals.
pub fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all(whole) && all(decimals)
}

/// Readings of bare numbers. What reads as a date is never a count of seconds.
fn numbers(cells: &[&str]) -> Vec<Pattern> {
    let longest = cells.iter().max_by_key(|c| c.len());
    let shortest = cells.iter().min_by_key(|c| c.len());
    let mut all: Vec<Pattern> = Vec::new();
    for cell in longest.into_iter().chain(shortest).chain(cells.first()) {
        for p in number_candidates(cell) {
            if !all.contains(&p) {
                all.push(p);
            }
        }
    }
    let plausible = |p: &Pattern, cell: &str| {
        let year = |m: Moment| i64::from(iso::civil_from_days(m.local.div_euclid(86_400)).0);
        let known = match p.items().first() {
            Some(Item::Epoch(_)) => 1980..=2100,
            Some(Item::Serial(_)) => 1950..=2100,
            _ => 1700..=2300,
        };
        moment(p, cell).is_some_and(|m| known.contains(&year(m)))
    };
    all.retain(|p| cells.iter().all(|c| plausible(p, c)));
    // Of months behind a point, `01` and `1` side by side are January and October.
    let decimals = |c: &str| c.split_once('.').map_or(0, |(_, d)| d.len());
    let short = cells.iter().any(|c| decimals(c) == 1);
    let zero =
        cells.iter().any(|c| c.split_once('.').is_some_and(|(_, d)| d.len() == 2 && d.starts_with('0')));
    all.retain(|p| match p.text() {
        "%Y.%m" => !(short && zero),
        "%Y.%.m" => short && zero,
        _ => true,
    });
    let epoch = |p: &Pattern| matches!(p.items().first(), Some(Item::Epoch(_)));
    if all.iter().any(|p| !epoch(p)) {
        all.retain(|p| !epoch(p));
    }
    all
}

/// The pattern of one cell that [`iso::parse`] reads.
fn iso_pattern(cell: &str) -> String {
    let mut out = String::from("%Y-%m-%d");
    let Some(tail) = cell.get(10..).filter(|t| !t.is_empty()) else { return out };
    out.push(tail.chars().next().unwrap_or('T'));
    let time = tail.get(1..).unwrap_or_default();
    let zone_at = time.find([' ', 'Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone_at).unwrap_or((time, ""));
    out.push_str(match clock.matches(':').count() {
        0 => "%H",
        1 => "%H:%M",
        _ => "%H:%M:%S",
    });
    if let Some((mark, fraction)) =
        clock.find(['.', ',']).and_then(|i| Some((clock.get(i..=i)?, clock.get(i + 1..)?)))
    {
        out.push_str(&format!("{mark}%{}f", fraction.len().clamp(1, 9)));
    }
    let trimmed = zone.trim_start();
    out.push_str(if zone.len() > trimmed.len() { " " } else { "" });
    let form = match trimmed {
        "" => return out,
        "Z" | "z" => "Z".to_owned(),
        t if t.contains(':') => Item::Offset(OffsetForm::Colon).spell(),
        t if t.len() == 3 => Item::Offset(OffsetForm::Hours).spell(),
        _ => Item::Offset(OffsetForm::Plain).spell(),
    };
    out + &form
}

/// The candidates that all cells fit, one for each different reading, spelled as the cells are.
fn fitting(cells: &[&str], candidates: &[Pattern]) -> Vec<Pattern> {
    let mut found: Vec<(u64, Pattern)> = Vec::new();
    for p in candidates {
        // One number for all the moments: equal ones are the same reading.
        let all = cells.iter().try_fold(0u64, |sum, c| {
            let m = moment(p, c)?;
            let own = m.utc() as u64 ^ (u64::from(m.offset.is_some()) << 63);
            Some((sum ^ own).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23))
        });
        let Some(sum) = all else { continue };
        if p.has_interval() && !same_interval(p, cells) {
            continue;
        }
        if found.iter().all(|f| f.0 != sum || f.1.has_date() != p.has_date()) {
            found.push((sum, p.clone()));
        }
    }
    found.into_iter().map(|(_, p)| spell(&p, cells)).collect()
}

/// Whether intervals are as long as the pattern says; those over a change of the clock need not be.
fn same_interval(p: &Pattern, cells: &[&str]) -> bool {
    let wanted = p.items().iter().find_map(|i| if let Item::End(n) = i { Some(*n) } else { None });
    let odd = cells.iter().filter(|c| p.interval(c.as_bytes()) != wanted).count();
    odd * 50 <= cells.len()
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
