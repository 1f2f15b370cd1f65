//! The public holidays of countries and of their subdivisions, 1990 to 2050 where they are known so
//! far back. `make.py` beside this file writes the lists from Python's package `holidays` 0.109 (MIT
//! licence; see there for the form). Days that hang on the moon, and years to come, are that
//! package's estimates.
//!
//! No crate serves: `holidays` 0.1.0 is of 2023 and adds 18 MB to a program, and
//! `py-holidays-rs` 0.1.3 does not build without its client for the network (November 2026).

use crate::error::{Error, Result};
use std::collections::BTreeSet;

/// Lines of text, packed by zstd.
const PACKED: &[u8] = include_bytes!("countries.txt.zst");
/// More than the lines have.
const MOST_BYTES: usize = 4 << 20;

/// A country's list.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    /// Days since 1970, ascending.
    pub days: Vec<i64>,
    /// The first and the last year that it knows.
    pub years: (i32, i32),
}

/// Whether a text is written as a code is: `IN`, `de`, `DE-BY`.
pub fn is_code(text: &str) -> bool {
    let (country, part) = text.split_once('-').unwrap_or((text, "x"));
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_alphabetic())
        && (1..=3).contains(&part.len())
        && part.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The list of a code of ISO 3166, of a country or of a subdivision.
///
/// # Errors
/// `Error::Usage` for a code without a list, with those that there are.
pub fn find(code: &str) -> Result<List> {
    let code = match code.to_ascii_uppercase() {
        uk if uk == "UK" || uk.starts_with("UK-") => uk.replacen("UK", "GB", 1),
        code => code,
    };
    let text = zstd::bulk::decompress(PACKED, MOST_BYTES).unwrap_or_default();
    let text = String::from_utf8(text).unwrap_or_default();
    let line = |code: &str| {
        let mut cells = text.lines().map(|line| line.split(' ')).find(|c| c.clone().next() == Some(code))?;
        cells.next();
        let numbers: Vec<i64> = cells.filter_map(|n| n.parse().ok()).collect();
        let (years, gaps) = numbers.split_at_checked(2)?;
        let day = |at: &mut i64, gap: &i64| {
            *at += gap;
            Some(*at)
        };
        let years = (*years.first()? as i32, *years.last()? as i32);
        Some(List { days: gaps.iter().scan(0, day).collect(), years })
    };
    let country = code.split('-').next().unwrap_or_default();
    match (line(country), line(&code)) {
        (Some(list), _) if country == code => Ok(list),
        (Some(whole), Some(part)) => {
            // A subdivision's line holds the days in which it differs.
            let part = BTreeSet::from_iter(part.days);
            let days = BTreeSet::from_iter(whole.days).symmetric_difference(&part).copied().collect();
            Ok(List { days, years: whole.years })
        }
        (found, _) => {
            let codes = text.lines().filter_map(|line| line.split(' ').next());
            let known: Vec<&str> = match found {
                Some(_) => codes.filter(|c| c.len() > 2 && c.starts_with(country)).collect(),
                None => codes.filter(|c| c.len() == 2).collect(),
            };
            let hint = match (found.is_some(), known.as_slice()) {
                (true, []) => format!("it has one for the whole country: --holidays {country}"),
                _ => format!("there are lists of {}; or give a file of dates, one a row", known.join(", ")),
            };
            Err(Error::usage(format!("--holidays: there is no list of `{code}`")).with_hint(hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::stamp::iso::days_from_civil;

    fn has(code: &str, (year, month, day): (i32, u32, u32)) -> bool {
        find(code).unwrap().days.binary_search(&days_from_civil(year, month, day)).is_ok()
    }

    #[test]
    fn days_of_countries_and_their_parts() {
        assert!(has("IN", (2024, 8, 15)) && has("in", (2019, 1, 26)) && !has("IN", (2024, 8, 16)));
        // Corpus Christi of 2024, in Bavaria alone.
        assert!(has("DE-BY", (2024, 5, 30)) && !has("DE", (2024, 5, 30)) && has("DE-BY", (2024, 10, 3)));
        // Easter Monday is none in Scotland.
        assert!(has("GB-ENG", (2024, 4, 1)) && !has("UK-SCT", (2024, 4, 1)) && has("UK", (2023, 5, 8)));
        assert!(has("CN", (2024, 2, 15)) && has("US", (2021, 6, 18)));
    }

    #[test]
    fn every_list_is_sound() {
        let text = String::from_utf8(zstd::bulk::decompress(PACKED, MOST_BYTES).unwrap()).unwrap();
        let codes: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(codes.len() > 800 && codes.is_sorted());
        for code in ["DE", "DE-BY", "US-CA", "IN", "JP", "BR-SP", "ZA"] {
            let list = find(code).unwrap();
            let (first, last) = list.years;
            assert!(list.days.is_sorted() && list.days[0] >= days_from_civil(first, 1, 1), "{code}");
            assert!(*list.days.last().unwrap() <= days_from_civil(last, 12, 31), "{code}");
        }
        assert!(codes.iter().all(|code| is_code(code)));
    }

    #[test]
    fn what_is_no_code() {
        for text in ["h.csv", "I", "IND", "D1", "DE-", "DE-BAYERN", "./IN", "list"] {
            assert!(!is_code(text), "{text}");
        }
        let error = find("XX").unwrap_err();
        assert!(error.hint().unwrap().contains("AT, AU"), "{error:?}");
        assert!(find("DE-XX").unwrap_err().hint().unwrap().contains("DE-BY"));
    }
}
