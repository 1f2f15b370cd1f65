//! Finds the column that tells the series apart, when no option names it.
//!
//! 1. A text column (or, for the names in `_id`, any column) with a usual name: `city`,
//!    `station`, `id`, …; and a second one where most stamps repeat without it.
//! 2. Otherwise the order of the stamps decides. Do most rows repeat the stamp of the row
//!    before (a table sorted by time)? Then the first text column with which a stamp comes only
//!    once. Does the time go back now and then (series one after another)? Then the first text
//!    column that changes there and nowhere else.
//! 3. Otherwise the first text column that has one value throughout, if it stands before the
//!    numbers: so the output keeps it.
//! 4. Otherwise the table is one series. A wind direction or a season is therefore a text
//!    feature, and never a key.

use super::columns::{Kind, Roles, Sample};
use crate::data::read::rows::coded::{Coded, MISSING, combine};
use crate::data::read::rows::numbers::Markers;
use std::collections::{HashMap, HashSet};

const TEXT_NAMES: [&str; 40] = [
    "city",
    "station",
    "series",
    "unique_id",
    "series_id",
    "station_id",
    "station_name",
    "id",
    "site",
    "location",
    "sensor",
    "origin",
    "place",
    "region",
    "country",
    "state",
    "county",
    "town",
    "district",
    "store",
    "shop",
    "item",
    "product",
    "sku",
    "meter",
    "household",
    "building",
    "zone",
    "area",
    "ticker",
    "symbol",
    "name",
    "group",
    "key",
    "airport",
    "device",
    "plant",
    "customer",
    "line",
    "stadt",
];
const ANY_NAMES: [&str; 12] = [
    "unique_id",
    "series_id",
    "station_id",
    "site_id",
    "sensor_id",
    "store_id",
    "meter_id",
    "city_id",
    "location_id",
    "item_id",
    "device_id",
    "building_id",
];

/// The series columns, by the rules above; `taken` columns have another part.
pub fn find(sample: &Sample, markers: &Markers, roles: &Roles, taken: &[usize]) -> Vec<usize> {
    let free = |c: &usize| !taken.contains(c) && sample.names.get(*c).is_some_and(|n| !n.is_empty());
    let kinds: Vec<Kind> = (0..sample.names.len()).map(|c| sample.kind(c, markers)).collect();
    let text = |c: &usize| kinds.get(*c) == Some(&Kind::Text);
    let lower = |c: &usize| sample.names.get(*c).map(|n| n.to_lowercase()).unwrap_or_default();
    let columns: Vec<usize> = (0..sample.names.len()).filter(free).collect();
    let empty = |c: &usize| sample.text(*c).codes().iter().filter(|code| **code == MISSING).count();
    let full = |c: &usize| empty(c) == 0;
    let known = |list: &'static [&'static str]| move |c: &usize| list.contains(&lower(c).as_str());
    // A few empty cells are an error that the rows will tell; they make it no less the key.
    let mostly = |c: &usize| empty(c) * 2 < sample.rows();
    if let Some(c) = columns.iter().find(|c| text(c) && mostly(c) && known(&TEXT_NAMES)(c)) {
        let others = columns.iter().filter(|o| *o != c && text(o) && full(o));
        return with_second(sample, roles, *c, others.filter(|o| known(&TEXT_NAMES)(o)));
    }
    if let Some(c) = columns.iter().find(|c| mostly(c) && known(&ANY_NAMES)(c)) {
        return vec![*c];
    }
    let candidates: Vec<usize> = columns.into_iter().filter(|c| text(c) && full(c)).collect();
    if let Some(c) = by_order(sample, roles, &candidates) {
        return vec![c];
    }
    let first_number =
        kinds.iter().enumerate().position(|(c, k)| *k == Kind::Number && !roles.time.contains(&c));
    candidates
        .into_iter()
        .find(|c| first_number.is_none_or(|n| *c < n) && sample.text(*c).values().len() == 1)
        .into_iter()
        .collect()
}

/// The moments of all rows.
fn stamps(sample: &Sample, roles: &Roles) -> Vec<Option<i64>> {
    let columns: Vec<&Coded> = roles.time.iter().map(|c| sample.text(*c)).collect();
    let (ids, tuples) = combine(&columns);
    let Some(style) = roles.styles.first() else { return vec![None; ids.len()] };
    let parser = style.parser();
    let read = |tuple: &Vec<u32>| {
        let cells = columns.iter().zip(tuple).map(|(c, code)| c.value(*code).as_bytes());
        parser.parse(cells).ok().map(|m| m.utc())
    };
    let moments: Vec<Option<i64>> = tuples.iter().map(read).collect();
    ids.iter().map(|id| moments.get(*id as usize).copied().flatten()).collect()
}

/// The column, and a second one with a usual name where most stamps come several times without
/// it and hardly any with it (`store` and `item`).
fn with_second<'c>(
    sample: &Sample,
    roles: &Roles,
    first: usize,
    others: impl Iterator<Item = &'c usize>,
) -> Vec<usize> {
    let n = sample.rows();
    let distinct = |columns: &[usize]| {
        let all = columns.iter().chain(&roles.time).map(|c| sample.text(*c)).collect::<Vec<_>>();
        combine(&all).1.len()
    };
    if distinct(&[first]) * 2 <= n
        && let Some(second) = others.copied().find(|o| distinct(&[first, *o]) * 100 >= n * 99)
    {
        return vec![first, second];
    }
    vec![first]
}

/// The column that the order of the stamps shows to be the key.
fn by_order(sample: &Sample, roles: &Roles, candidates: &[usize]) -> Option<usize> {
    let n = sample.rows();
    let stamps = stamps(sample, roles);
    let first_rows: HashSet<usize> = sample.parts.iter().map(|p| p.first).collect();
    // Pairs of rows that follow each other in the sample; `near` when they do in the file too.
    let pairs: Vec<(usize, std::cmp::Ordering, bool)> = (1..n)
        .filter_map(|i| {
            let (a, b) = ((*stamps.get(i - 1)?)?, (*stamps.get(i)?)?);
            Some((i, a.cmp(&b), !first_rows.contains(&i)))
        })
        .collect();
    let near = pairs.iter().filter(|p| p.2).count();
    let equal = pairs.iter().filter(|p| p.2 && p.1.is_eq()).count();
    // Newest first is an order too.
    let rising = pairs.iter().filter(|p| p.2 && p.1.is_lt()).count();
    let falling = pairs.iter().filter(|p| p.2 && p.1.is_gt()).count();
    let against = if rising >= falling { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less };
    let backward = pairs.iter().filter(|p| p.1 == against).count();
    if near == 0 || (equal == 0 && backward == 0) {
        return None;
    }
    // (value, stamp) is a key within each block.
    let is_key = |c: &usize| {
        let all = std::iter::once(c).chain(&roles.time).map(|c| sample.text(*c)).collect::<Vec<_>>();
        combine(&all).1.len() * 100 >= n * 99
    };
    let different = stamps.iter().collect::<HashSet<_>>().len();
    let one_after_another = |c: &usize| {
        let cells = sample.text(*c).codes();
        let differs = |i: usize| cells.get(i - 1) != cells.get(i);
        let changes = pairs.iter().filter(|p| p.2 && differs(p.0)).count();
        let expected = pairs.iter().filter(|p| p.2 && p.1 == against).count();
        let explained = pairs.iter().filter(|p| p.1 == against && differs(p.0)).count();
        // The key's own stamps never go back; those of a season that comes again do.
        let mut last = HashMap::new();
        let mut again = 0;
        for (cell, stamp) in cells.iter().zip(&stamps) {
            if let Some(stamp) = stamp
                && let Some(before) = last.insert(*cell, *stamp)
            {
                again += usize::from(before.cmp(stamp) == against);
            }
        }
        again * 10 <= backward
            && backward > 0
            && explained * 10 >= backward * 9
            && changes * 100 <= expected * 100 + near
    };
    // Sorted by time, or by nothing at all?
    if equal * 5 >= near * 2 || rising.min(falling) * 5 > near {
        return candidates.iter().copied().find(is_key);
    }
    let found = candidates.iter().copied().find(one_after_another);
    found.or_else(|| candidates.iter().copied().find(is_key).filter(|_| different * 2 <= n))
}
