//! Finds the patterns in which time columns are written, from some of their cells.

use super::candidates::{candidates, paddings, time_candidates};
use super::iso;
use super::parts::Parts;
use super::pattern::Pattern;

/// Patterns that all the cells fit, one for each way of reading them, the likeliest first.
/// More than one means that the day and the month cannot be told apart in these cells.
///
/// Cells that are bare numbers (epoch, `2024`, `20240301`) are read only when `numeric`.
pub fn patterns(cells: &[&str], numeric: bool) -> Vec<Pattern> {
    let cells: Vec<&str> = cells.iter().map(|c| c.trim()).filter(|c| !c.is_empty()).collect();
    let Some(first) = cells.first() else { return Vec::new() };
    if first.len() > 40 {
        return Vec::new();
    }
    if cells.iter().all(|c| is_number(c)) {
        return if numeric { number_pattern(&cells).into_iter().collect() } else { Vec::new() };
    }
    if cells.iter().all(|c| iso::parse(c.as_bytes()) != Err(iso::Reject::Form)) {
        return iso_form(&cells);
    }
    let found = readings(&cells, &candidates(first));
    if found.is_empty() { mostly(&cells) } else { found }
}

/// The richest form among ISO cells, with or without a zone as most of them are.
fn iso_form(cells: &[&str]) -> Vec<Pattern> {
    let zoned = |c: &&str| iso::parse(c.as_bytes()).is_ok_and(|m| m.offset.is_some());
    let with = cells.iter().filter(|c| zoned(c)).count() * 2 > cells.len();
    let longest =
        cells.iter().filter(|c| zoned(c) == with).max_by_key(|c| c.len()).copied().unwrap_or_default();
    Pattern::new(&iso_pattern(longest)).into_iter().collect()
}

/// The pattern that at least half of the cells fit, so that the others can be named in an error.
fn mostly(cells: &[&str]) -> Vec<Pattern> {
    let iso: Vec<&str> =
        cells.iter().copied().filter(|c| iso::parse(c.as_bytes()) != Err(iso::Reject::Form)).collect();
    if iso.len() * 2 >= cells.len() {
        return iso_form(&iso);
    }
    let fits = |p: &Pattern, c: &str| {
        let mut parts = Parts::default();
        p.parse(c.as_bytes(), &mut parts).is_ok() && parts.resolve().is_ok()
    };
    let mut best: Option<(usize, Pattern)> = None;
    for seed in cells.iter().take(5).filter(|c| c.len() <= 40) {
        for p in candidates(seed) {
            let n = cells.iter().filter(|c| fits(&p, c)).count();
            if n * 2 >= cells.len() && best.as_ref().is_none_or(|b| n > b.0) {
                best = Some((n, p));
            }
        }
    }
    best.map(|b| b.1).into_iter().collect()
}

/// Patterns of a time of day (`18.00.00`, `0000 UTC`, `6 PM`), or of the plain number that a
/// column so named holds (`hour`: 0 to 23).
pub fn part_pattern(name: &str, cells: &[&str]) -> Option<Pattern> {
    let cells: Vec<&str> = cells.iter().map(|c| c.trim()).filter(|c| !c.is_empty()).collect();
    let lower = name.to_lowercase();
    let known = [
        (&["year", "yr", "yyyy", "ano"][..], &["%Y", "%y"][..]),
        (&["month", "mon", "mm", "mes"][..], &["%m", "%b", "%B"][..]),
        (&["day", "dd", "dia", "mday"][..], &["%d"][..]),
        (&["hour", "hr", "hh", "hora"][..], &["%H", "%H%M"][..]),
        (&["minute", "min", "mi"][..], &["%M"][..]),
        (&["second", "sec", "ss"][..], &["%S"][..]),
        (&["week", "isoweek"][..], &["%V"][..]),
        (&["quarter", "qtr"][..], &["%q", "Q%q"][..]),
    ];
    for (names, texts) in known {
        if names.iter().any(|n| lower == *n || (n.len() > 2 && lower.starts_with(n))) {
            let candidates: Vec<Pattern> = texts.iter().filter_map(|t| Pattern::new(t).ok()).collect();
            let found = fitting_parts(&cells, &candidates);
            if found.is_some() {
                return found;
            }
        }
    }
    fitting_parts(&cells, time_candidates())
}

/// Whether cells of this style can be read by [`iso::parse`].
pub fn is_iso(patterns: &[Pattern]) -> bool {
    let [pattern] = patterns else { return false };
    // 2001-12-25T13:14:15: day, month, hour and minute differ, so that no two can be swapped.
    let text = pattern.format(1_009_286_055, 0);
    let mut parts = Parts::default();
    let own = pattern.parse(text.as_bytes(), &mut parts).and_then(|()| parts.resolve());
    own.is_ok() && own == iso::parse(text.as_bytes())
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let digits = digits
        .split_once('.')
        .map_or(digits, |(whole, f)| if f.bytes().all(|b| b == b'0') { whole } else { "x" });
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A bare number's reading: by its number of digits, in this order of preference.
fn number_pattern(cells: &[&str]) -> Option<Pattern> {
    let plausible = |year: i64| (1700..=2300).contains(&year);
    ["%Y", "%Y%m", "%Y%m%d", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S"]
        .iter()
        .filter_map(|t| Pattern::new(t).ok())
        .find(|p| {
            cells.iter().all(|c| {
                let mut parts = Parts::default();
                p.parse(c.as_bytes(), &mut parts).is_ok()
                    && parts.resolve().is_ok_and(|m| {
                        plausible(i64::from(iso::civil_from_days(m.local.div_euclid(86_400)).0))
                    })
            })
        })
        .or_else(|| {
            let most = cells.iter().map(|c| c.split('.').next().unwrap_or_default().len()).max()?;
            Pattern::new(if most >= 12 { "%3s" } else { "%s" }).ok()
        })
        .filter(|p| {
            cells.iter().all(|c| {
                let mut parts = Parts::default();
                p.parse(c.as_bytes(), &mut parts).is_ok()
            })
        })
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
    out.push_str(match trimmed {
        "" => "",
        "Z" | "z" => "Z",
        t if t.contains(':') => "%:z",
        _ => "%z",
    });
    out
}

/// The fitting candidates, one for each different reading, each with the padding that writes
/// most cells back as they were.
fn readings(cells: &[&str], candidates: &[Pattern]) -> Vec<Pattern> {
    let mut found: Vec<(Vec<iso::Moment>, Pattern)> = Vec::new();
    for p in candidates {
        let moments: Option<Vec<iso::Moment>> = cells
            .iter()
            .map(|c| {
                let mut parts = Parts::default();
                p.parse(c.as_bytes(), &mut parts).ok()?;
                parts.resolve().ok()
            })
            .collect();
        let Some(moments) = moments else { continue };
        if found.iter().any(|f| f.0 == moments) {
            continue;
        }
        let same = |q: &Pattern| {
            let written = moments.iter().map(|m| q.format(m.local, m.offset.unwrap_or(0)));
            written.zip(cells).filter(|(w, c)| w == *c).count()
        };
        let best = best_padding(p, same);
        found.push((moments, best));
    }
    found.into_iter().map(|f| f.1).collect()
}

/// The first padding of a pattern that scores best.
fn best_padding(p: &Pattern, score: impl Fn(&Pattern) -> usize) -> Pattern {
    let mut best = (score(p), p.clone());
    for q in paddings(p) {
        let s = score(&q);
        if s > best.0 {
            best = (s, q);
        }
    }
    best.1
}

/// As [`readings`] for a part of a stamp, which alone is no moment: the best fit only.
fn fitting_parts(cells: &[&str], candidates: &[Pattern]) -> Option<Pattern> {
    let fits = |p: &&Pattern| cells.iter().all(|c| p.parse(c.as_bytes(), &mut Parts::default()).is_ok());
    let score = |p: &Pattern| {
        let written = cells.iter().map(|c| {
            let mut parts = Parts::default();
            let read = p.parse(c.as_bytes(), &mut parts).and_then(|()| parts.with_a_year().resolve());
            read.map(|m| p.format(m.local, m.offset.unwrap_or(0)))
        });
        written.zip(cells).filter(|(w, c)| w.as_deref() == Ok(**c)).count()
    };
    let mut best: Option<(usize, Pattern)> = None;
    for p in candidates.iter().filter(fits) {
        let q = best_padding(p, score);
        let s = score(&q);
        if best.as_ref().is_none_or(|b| s > b.0) {
            best = Some((s, q));
        }
    }
    best.map(|b| b.1).filter(|_| !cells.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[&str]) -> Vec<String> {
        patterns(cells, true).iter().map(|p| p.text().to_owned()).collect()
    }

    #[test]
    fn each_form_is_recognised() {
        for (cells, text) in [
            (&["2013-03-01T00:00:00"][..], "%Y-%m-%dT%H:%M:%S"),
            (&["2013-03-01", "2013-03-01 01:00"][..], "%Y-%m-%d %H:%M"),
            (&["2013-03-01T00:00:00.000Z"][..], "%Y-%m-%dT%H:%M:%S.%3fZ"),
            (&["2013-03-01 00:00:00+01:00"][..], "%Y-%m-%d %H:%M:%S%:z"),
            (&["31/01/2013", "01/02/2013"][..], "%d/%m/%Y"),
            (&["1/31/2013 9:05", "12/1/2013 23:05"][..], "%-m/%-d/%Y %-H:%M"),
            (&["31.01.2013 09:05"][..], "%d.%m.%Y %H:%M"),
            (&["2013/01/31"][..], "%Y/%m/%d"),
            (&["20130131"][..], "%Y%m%d"),
            (&["2013"][..], "%Y"),
            (&["2013-05"][..], "%Y-%m"),
            (&["2013-W05"][..], "%G-W%V"),
            (&["2013-Q1"][..], "%Y-Q%q"),
            (&["1362096000"][..], "%s"),
            (&["1362096000000"][..], "%3s"),
            (&["2013030105"][..], "%Y%m%d%H"),
            (&["Mar 1, 2013 06:00 PM"][..], "%b %-d, %Y %I:%M %p"),
            (&["01-Mar-2013"][..], "%d-%b-%Y"),
        ] {
            assert_eq!(texts(cells), [text], "{cells:?}");
        }
        assert_eq!(texts(&["01/02/2013", "03/04/2013"]), ["%d/%m/%Y", "%m/%d/%Y"]);
        assert!(texts(&["NNW", "N"]).is_empty());
        assert_eq!(texts(&["31/01/2013", "01/31/2013", "30/01/2013"]), ["%d/%m/%Y"]);
        assert!(patterns(&["2013"], false).is_empty());
    }

    #[test]
    fn parts_of_a_stamp_are_recognised() {
        for (name, cells, text) in [
            ("Time", &["18.00.00"][..], "%H.%M.%S"),
            ("Hora UTC", &["0000 UTC", "2300 UTC"][..], "%H%M UTC"),
            ("Hour", &["0", "13"][..], "%-H"),
            ("hour", &["00", "13"][..], "%H"),
            ("month", &["3"][..], "%-m"),
            ("year", &["2013"][..], "%Y"),
            ("t", &["6:00 PM"][..], "%-I:%M %p"),
        ] {
            let found = part_pattern(name, cells);
            assert_eq!(found.as_ref().map(Pattern::text), Some(text), "{name}");
        }
        assert!(part_pattern("wd", &["NNW"]).is_none());
        assert!(part_pattern("Hour", &[]).is_none());
    }
}
