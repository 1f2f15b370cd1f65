//! The patterns of dates and times that are tried on cells, and the paddings of each.

use super::parts::Parts;
use super::pattern::Pattern;
use std::sync::OnceLock;

const TIMES: [&str; 13] = [
    "%H:%M:%S",
    "%H:%M",
    "%H",
    "%H.%M.%S",
    "%H.%M",
    "%H%M",
    "%H%M%S",
    "%Hh%M",
    "%Hh",
    "%H:%M:%S.%3f",
    "%I:%M:%S %p",
    "%I:%M %p",
    "%I:%M%p",
];
const ZONES: [&str; 6] = ["", "Z", " UTC", "%:z", "%z", " %z"];
const JOINS: [&str; 5] = [" ", "T", ", ", "_", ":"];
const LONE_DATES: [&str; 15] = [
    "%Y-%m",
    "%Y/%m",
    "%m/%Y",
    "%b %Y",
    "%B %Y",
    "%b-%Y",
    "%b-%y",
    "%YM%m",
    "%G-W%V",
    "%GW%V",
    "%G-W%V-%u",
    "%Y-Q%q",
    "%YQ%q",
    "%Y Q%q",
    "Q%q %Y",
];

/// Dates with day, month and year, day first before month first.
fn full_dates() -> &'static [Pattern] {
    static DATES: OnceLock<Vec<Pattern>> = OnceLock::new();
    DATES.get_or_init(|| {
        let mut texts: Vec<String> = [
            "%Y%m%d",
            "%d %b %Y",
            "%d %B %Y",
            "%b %d %Y",
            "%B %d %Y",
            "%b %d, %Y",
            "%B %d, %Y",
            "%d%b%Y",
            "%d. %B %Y",
            "%a %d %b %Y",
            "%a, %d %b %Y",
            "%A, %B %d, %Y",
        ]
        .map(str::to_owned)
        .to_vec();
        for sep in ["/", "-", "."] {
            texts.push(format!("%Y{sep}%m{sep}%d"));
            for year in ["%Y", "%y"] {
                texts.push(format!("%d{sep}%m{sep}{year}"));
                texts.push(format!("%m{sep}%d{sep}{year}"));
                texts.push(format!("%d{sep}%b{sep}{year}"));
            }
        }
        texts.iter().filter_map(|t| Pattern::new(t).ok()).collect()
    })
}

/// Times of day, with and without a zone.
pub fn time_candidates() -> &'static [Pattern] {
    static CANDIDATES: OnceLock<Vec<Pattern>> = OnceLock::new();
    CANDIDATES.get_or_init(|| {
        let zoned = TIMES.iter().flat_map(|t| ZONES.iter().map(move |z| format!("{t}{z}")));
        let texts = zoned.chain(["%I %p".to_owned(), "%I%p".to_owned()]);
        texts.filter_map(|t| Pattern::new(&t).ok()).collect()
    })
}

/// Every pattern, of a date and perhaps a time, that a cell fits.
pub fn candidates(cell: &str) -> Vec<Pattern> {
    let fits = |p: &Pattern| p.parse(cell.as_bytes(), &mut Parts::default()).is_ok();
    let mut out: Vec<Pattern> =
        LONE_DATES.iter().filter_map(|t| Pattern::new(t).ok()).filter(|p| fits(p)).collect();
    for date in full_dates() {
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

/// The pattern itself, with a bare day and month, and with a bare hour too.
pub fn paddings(p: &Pattern) -> Vec<Pattern> {
    let strip = |text: &str, letters: &[&str]| {
        letters.iter().fold(text.to_owned(), |t, l| t.replace(&format!("%{l}"), &format!("%-{l}")))
    };
    let date = strip(p.text(), &["m", "d"]);
    let hour = strip(p.text(), &["H", "I"]);
    let both = strip(&date, &["H", "I"]);
    let all = strip(&both, &["M", "S", "V"]);
    let mut out = vec![p.clone()];
    out.extend([date, hour, both, all].iter().filter_map(|t| Pattern::new(t).ok()));
    out
}
