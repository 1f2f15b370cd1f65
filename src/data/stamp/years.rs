//! The century of two-digit years: the table's own span places it.

use super::item::Item;
use super::parts::Parts;
use super::pattern::Pattern;
use super::year::{CENTURY, Year};

/// The latest year that rows of past years are expected to reach; later ones lie a century back.
const LATEST: i32 = 2040;

/// The pattern with its century: a hundred years that hold all of the cells' years on end. Where
/// they fit the usual ones (1969 to 2068) nothing is written into the pattern.
pub fn place<'a>(pattern: &Pattern, cells: impl Iterator<Item = &'a str>) -> Pattern {
    if !pattern.lacks_century() {
        return pattern.clone();
    }
    let mut found = [false; 100];
    let mut first = None;
    for cell in cells {
        let mut parts = Parts::default();
        let year = pattern.parse(cell.as_bytes(), &mut parts).ok().and(parts.year);
        let short = year.map(|y| y.rem_euclid(100));
        first = first.or(short);
        if let Some(slot) = short.and_then(|y| found.get_mut(y as usize)) {
            *slot = true;
        }
    }
    let Some(first) = first else { return pattern.clone() };
    let (begin, length) = on_end(&found, first);
    // The last century in which the span ends before the limit.
    let mut from = 2000 + begin;
    while from + length - 1 > LATEST {
        from -= 100;
    }
    let usual = from >= CENTURY && from + length <= CENTURY + 100;
    if usual {
        return pattern.clone();
    }
    // Room for what was before, and for twenty years to come.
    let window = from.min(from + length + 19 - 99);
    pattern.with(|_, item| match item {
        Item::Year(Year::Short(None)) => Item::Year(Year::Short(Some(window))),
        other => other.clone(),
    })
}

/// The shortest run of years, counted around the century, that holds all: where it begins, and
/// how many years it has. Of several the one that begins with the table's first year.
fn on_end(found: &[bool; 100], first: i32) -> (i32, i32) {
    let present: Vec<i32> = (0..100).filter(|y| found[*y as usize]).collect();
    let length = |begin: i32| present.iter().map(|y| (y - begin).rem_euclid(100)).max().unwrap_or(0) + 1;
    let best = present.iter().map(|y| (length(*y), *y != first, *y)).min();
    best.map_or((first, 1), |(length, _, begin)| (begin, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(pattern: &str, cells: &[&str]) -> String {
        place(&Pattern::new(pattern).unwrap(), cells.iter().copied()).text().to_owned()
    }

    #[test]
    fn the_span_places_the_century() {
        assert_eq!(placed("%b-%y", &["Jan-49", "Dec-60", "Dec-75"]), "%b-%1896y");
        assert_eq!(placed("%b-%y", &["Jan-49", "Dec-60"]), "%b-%1881y");
        assert_eq!(placed("%d/%m/%y", &["01/01/98", "01/01/03"]), "%d/%m/%y");
        assert_eq!(placed("%d/%m/%y", &["01/01/66", "01/01/72"]), "%d/%m/%1893y");
        assert_eq!(placed("%d/%m/%Y", &["01/01/1998"]), "%d/%m/%Y");
        let p = Pattern::new("%b-%1896y").unwrap();
        for (cell, year) in [("Jan-49", 1949), ("Dec-75", 1975), ("Jan-95", 1995), ("Jan-96", 1896)] {
            let mut parts = Parts::default();
            p.parse(cell.as_bytes(), &mut parts).unwrap();
            assert_eq!(parts.year, Some(year), "{cell}");
        }
    }
}
