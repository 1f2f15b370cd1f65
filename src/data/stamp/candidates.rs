//! The patterns of dates and times that are tried on cells.

use super::forms::{HALF_YEARS, JOINS, LONE, NAMED_DAYS, NAMED_MONTHS, QUARTERS, TIMES, ZONES};
use super::names::{BASES, LANGUAGES};
use super::parts::Parts;
use super::pattern::Pattern;
use std::sync::OnceLock;

fn compiled(texts: impl IntoIterator<Item = String>) -> Vec<Pattern> {
    let mut seen = std::collections::HashSet::new();
    texts.into_iter().filter(|t| seen.insert(t.clone())).filter_map(|t| Pattern::new(&t).ok()).collect()
}

/// Dates of numbers with day, month and year: year first, day first, month first.
fn number_dates() -> &'static [Pattern] {
    static DATES: OnceLock<Vec<Pattern>> = OnceLock::new();
    DATES.get_or_init(|| {
        let mut texts =
            ["%Y%m%d", "%Y.%m.%d.", "%Y. %m. %d.", "%Y年%m月%d日", "%Y년 %m월 %d일", "%Y년%m월%d일"]
                .map(str::to_owned)
                .to_vec();
        for sep in ["/", "-", ".", " ", ". "] {
            texts.push(format!("%Y{sep}%m{sep}%d"));
            for year in ["%Y", "%y"] {
                texts.push(format!("%d{sep}%m{sep}{year}"));
                texts.push(format!("%m{sep}%d{sep}{year}"));
            }
            texts.push(format!("%y{sep}%m{sep}%d"));
            texts.push(format!("%d{sep}%#m{sep}%Y"));
            texts.push(format!("%Y{sep}%#m{sep}%d"));
        }
        compiled(texts)
    })
}

/// The same behind the name of a weekday.
fn weekday_dates() -> &'static [Pattern] {
    static DATES: OnceLock<Vec<Pattern>> = OnceLock::new();
    DATES.get_or_init(|| {
        let days = |date: &Pattern| ["%a ", "%a, ", "%A ", "%A, "].map(|day| format!("{day}{}", date.text()));
        compiled(number_dates().iter().flat_map(days))
    })
}

/// Dates with the month by name, in each language.
fn named_dates(language: usize) -> &'static [Pattern] {
    static DATES: [OnceLock<Vec<Pattern>>; BASES] = [const { OnceLock::new() }; BASES];
    let (Some(dates), Some(named)) = (DATES.get(language), LANGUAGES.get(language)) else { return &[] };
    dates.get_or_init(|| {
        let mut texts = Vec::new();
        for name in ["%b", "%B"] {
            for year in ["%Y", "%y"] {
                for sep in ["-", " ", "/", ".", "", " de "] {
                    texts.push(format!("%d{sep}{name}{sep}{year}"));
                    texts.push(format!("{name}{sep}%d{sep}{year}"));
                    texts.push(format!("{year}{sep}{name}{sep}%d"));
                }
                texts.push(format!("{name} %e {year}"));
                texts.push(format!("%d. {name} {year}"));
                texts.push(format!("{name} %d, {year}"));
                texts.push(format!("%d {name}, {year}"));
            }
        }
        let days = texts.iter().flat_map(|t| ["%a ", "%a, ", "%A ", "%A, "].map(|day| format!("{day}{t}")));
        let all: Vec<String> = texts.iter().cloned().chain(days).collect();
        compiled(all.into_iter().map(|t| spoken(&t, named.code)))
    })
}

/// A pattern with its names in a language.
fn spoken(text: &str, code: &str) -> String {
    match code {
        "en" => text.to_owned(),
        _ => text.replace("%b", &format!("%{{{code}}}b")).replace("%B", &format!("%{{{code}}}B")),
    }
}

/// Forms without a day, and those in which the time stands within the date.
fn lone_dates() -> &'static [Pattern] {
    static DATES: OnceLock<Vec<Pattern>> = OnceLock::new();
    DATES.get_or_init(|| {
        let mut texts: Vec<String> = LONE.map(str::to_owned).to_vec();
        for zone in ["", "UTC ", "GMT "] {
            texts.push(format!("%a %b %d %H:%M:%S {zone}%Y"));
            texts.push(format!("%a %b %e %H:%M:%S {zone}%Y"));
        }
        for quarter in QUARTERS.into_iter().chain(HALF_YEARS) {
            for year in ["%Y", "%y"] {
                for sep in [" ", "-", "/", ":", ".", "", " - "] {
                    // Digits without a mark are read as numbers are.
                    if quarter == "%q" && sep.is_empty() {
                        continue;
                    }
                    texts.push(format!("{year}{sep}{quarter}"));
                    texts.push(format!("FY{year}{sep}{quarter}"));
                    texts.push(format!("{quarter}{sep}{year}"));
                }
            }
        }
        compiled(texts)
    })
}

fn named_lone(language: usize) -> &'static [Pattern] {
    static DATES: [OnceLock<Vec<Pattern>>; BASES] = [const { OnceLock::new() }; BASES];
    let (Some(dates), Some(named)) = (DATES.get(language), LANGUAGES.get(language)) else { return &[] };
    dates.get_or_init(|| {
        let short = NAMED_MONTHS.iter().chain(&NAMED_DAYS).map(|t| (*t).to_owned());
        let all: Vec<String> = short.clone().chain(short.map(|t| t.replace("%b", "%B"))).collect();
        compiled(all.into_iter().map(|t| spoken(&t, named.code)))
    })
}

/// Times of day, with and without a zone.
pub fn time_candidates() -> &'static [Pattern] {
    static CANDIDATES: OnceLock<Vec<Pattern>> = OnceLock::new();
    CANDIDATES.get_or_init(|| {
        let zoned = TIMES.iter().flat_map(|t| ZONES.iter().map(move |z| format!("{t}{z}")));
        // From one time of the day to another one.
        let spans = [3600, 1800, 900].into_iter().flat_map(|s| [" - ", "-", " – "].map(|join| (s, join)));
        let spans = spans.map(|(seconds, join)| format!("%H:%M{join}%{seconds}>%H:%M"));
        compiled(zoned.chain(["%I %p".to_owned(), "%I%p".to_owned()]).chain(spans))
    })
}

/// The languages whose months a text may name; English alone where it has no letters.
fn languages(cell: &str) -> Vec<usize> {
    let lower = cell.to_lowercase();
    if !lower.chars().any(char::is_alphabetic) {
        return Vec::new();
    }
    let named = |l: &usize| LANGUAGES.get(*l).is_some_and(|language| language.is_in(&lower));
    let mut out: Vec<usize> = (0..BASES).filter(named).collect();
    if !out.contains(&0) {
        out.insert(0, 0);
    }
    out
}

/// Every pattern of text, of a date and perhaps a time, that a cell fits; intervals `a - b` too.
pub fn candidates(cell: &str) -> Vec<Pattern> {
    let found = stamps(cell);
    if !found.is_empty() {
        return found;
    }
    // An interval of ISO 8601 that names its length: `2019-01-01T00:00Z/PT1H`.
    if let Some((start, length)) = cell.split_once('/').filter(|(_, length)| length.starts_with('P')) {
        let literal = |p: Pattern| Pattern::new(&format!("{}/{}", p.text(), length.replace('%', "%%"))).ok();
        return stamps(start).into_iter().filter_map(literal).collect();
    }
    for join in [" - ", " – ", "/", " to ", " bis ", "-", "–"] {
        let Some((a, b)) = cell.split_once(join) else { continue };
        if a.len() < 8 || b.len() < 8 {
            continue;
        }
        let both = stamps(a).into_iter().filter(|p| p.parse(b.as_bytes(), &mut Parts::default()).is_ok());
        let intervals = both.filter_map(|p| {
            let seconds = Pattern::new(&format!("{}{join}%1>{}", p.text(), p.text())).ok()?;
            let length = seconds.interval(cell.as_bytes()).filter(|n| *n > 0)?;
            Pattern::new(&format!("{}{join}%{length}>{}", p.text(), p.text())).ok()
        });
        let found: Vec<Pattern> = intervals.collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The patterns of a cell with a time of the day, in a column where midnights have none.
pub fn with_bare_midnights(cell: &str) -> Vec<Pattern> {
    let mut out = Vec::new();
    let named = languages(cell).into_iter().flat_map(named_dates);
    for date in number_dates().iter().chain(named) {
        let Some(rest) = date.parse_front(cell.as_bytes(), &mut Parts::default()) else { continue };
        for join in JOINS {
            let Some(rest) = rest.strip_prefix(join.as_bytes()) else { continue };
            let fits = |time: &&Pattern| time.parse(rest, &mut Parts::default()).is_ok() && !time.has_zone();
            let times = time_candidates().iter().filter(fits);
            out.extend(
                times.filter_map(|t| Pattern::new(&format!("{}%?{join}{}", date.text(), t.text())).ok()),
            );
        }
    }
    out
}

fn stamps(cell: &str) -> Vec<Pattern> {
    let fits = |p: &&Pattern| p.parse(cell.as_bytes(), &mut Parts::default()).is_ok();
    let languages = languages(cell);
    let mut out: Vec<Pattern> = lone_dates().iter().filter(fits).cloned().collect();
    for l in &languages {
        out.extend(named_lone(*l).iter().filter(fits).cloned());
    }
    let named = languages.iter().flat_map(|l| named_dates(*l));
    let lettered = cell.starts_with(char::is_alphabetic);
    let weekdays = if lettered { weekday_dates() } else { &[] };
    for date in number_dates().iter().chain(weekdays).chain(named) {
        let Some(rest) = date.parse_front(cell.as_bytes(), &mut Parts::default()) else { continue };
        if rest.is_empty() {
            out.push(date.clone());
        }
        for join in JOINS {
            let Some(rest) = rest.strip_prefix(join.as_bytes()) else { continue };
            for time in time_candidates() {
                if time.parse(rest, &mut Parts::default()).is_ok() {
                    out.extend(Pattern::new(&format!("{}{join}{}", date.text(), time.text())).ok());
                }
            }
        }
    }
    out
}

/// The patterns that bare numbers may have, by what they look like: dates first, then spreadsheet
/// days, then seconds since 1970 and finer.
pub fn number_candidates(cell: &str) -> Vec<Pattern> {
    let (whole, decimals) = cell.split_once('.').map_or((cell, ""), |(w, d)| (w, d));
    if !whole.bytes().all(|b| b.is_ascii_digit()) || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    // Month and year: `01.2022`.
    if (1..=2).contains(&whole.len()) && decimals.len() == 4 {
        return compiled(["%m.%Y".to_owned()]);
    }
    let zeros = !decimals.is_empty() && decimals.bytes().all(|b| b == b'0');
    let texts: &[&str] = match whole.len() {
        4 if !decimals.is_empty() && !zeros => {
            &["%Y.%q", "%Y.%m", "%Y.%.m", "%12.g", "%:12.g", "%4.g", "%2.g"]
        }
        4 => &["%Y", "%y%m", "%EY"],
        5 => &["%Y%q", "%y%j", "%x"],
        6 => &["%Y%m", "%Y0%q", "%G%V", "%y%m%d", "%d%m%y", "%m%d%y"],
        7 => &["%Y%j", "%-d%m%Y", "%-m%d%Y"],
        8 => &["%Y%m%d", "%d%m%Y", "%m%d%Y"],
        9 => &["%s"],
        10 => &["%Y%m%d%H", "%y%m%d%H%M", "%d%m%Y%H", "%s"],
        12 => &["%Y%m%d%H%M", "%y%m%d%H%M%S", "%d%m%Y%H%M", "%m%d%Y%H%M", "%3s"],
        13 => &["%3s"],
        14 => &["%Y%m%d%H%M%S", "%d%m%Y%H%M%S"],
        15 | 16 => &["%6s"],
        18 | 19 => &["%9s"],
        _ => &[],
    };
    let dotted = decimals.len();
    let spell = |t: &&str| match *t {
        "%x" | "%Y.%q" | "%Y.%m" | "%Y.%.m" if dotted > 0 && !zeros => {
            if *t == "%x" {
                format!("%{dotted}x")
            } else {
                (*t).to_owned()
            }
        }
        "%s" if dotted > 0 && !zeros => format!("%s.%{dotted}f"),
        t if t.ends_with(".g") => t.replace('g', &format!("{dotted}g")),
        t if dotted > 0 => format!("{t}.{decimals}"),
        t => t.to_owned(),
    };
    let dated = |p: &Pattern| dotted == 0 || zeros || p.text().contains(['x', 's', 'g', '.']);
    compiled(texts.iter().map(spell)).into_iter().filter(dated).collect()
}
