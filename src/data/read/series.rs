//! Finds the column that tells the series apart, when no option names it.
//!
//! 1. A text column (or, for the names in `_id`, any column) with a usual name: `city`,
//!    `station`, `id`, …
//! 2. Otherwise the order of the stamps decides. Do most rows repeat the stamp of the row
//!    before (a table sorted by time)? Then the first text column with which a stamp comes only
//!    once. Does the time go back now and then (series one after another)? Then the first text
//!    column that changes there and nowhere else.
//! 3. Otherwise the first text column that has one value throughout, if it stands before the
//!    numbers: so the output keeps it.
//! 4. Otherwise the table is one series. A wind direction or a season is therefore a text
//!    feature, and never a key.

use super::columns::{Kind, Roles, Sample};
use super::numbers::Markers;
use std::collections::HashSet;

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
    let full = |c: &usize| sample.cells.get(*c).is_some_and(|cells| cells.iter().all(|v| !v.is_empty()));
    let known = |list: &'static [&'static str]| move |c: &usize| list.contains(&lower(c).as_str());
    // A few empty cells are an error that the rows will tell; they make it no less the key.
    let mostly = |c: &usize| {
        sample.cells.get(*c).is_some_and(|v| v.iter().filter(|x| !x.is_empty()).count() * 2 > v.len())
    };
    if let Some(c) = columns.iter().find(|c| text(c) && mostly(c) && known(&TEXT_NAMES)(c)) {
        return vec![*c];
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
        .find(|c| {
            first_number.is_none_or(|n| *c < n) && values(sample, *c).collect::<HashSet<_>>().len() == 1
        })
        .into_iter()
        .collect()
}

fn values(sample: &Sample, column: usize) -> impl Iterator<Item = &str> {
    sample.cells.get(column).map(Vec::as_slice).unwrap_or_default().iter().map(String::as_str)
}

/// The column that the order of the stamps shows to be the key.
fn by_order(sample: &Sample, roles: &Roles, candidates: &[usize]) -> Option<usize> {
    let parser = roles.styles.first()?.parser();
    let n = sample.lines.len();
    let stamp = |row: usize| {
        let cells = roles.time.iter().filter_map(|c| sample.cells.get(*c)?.get(row)).map(|c| c.as_bytes());
        parser.parse(cells).ok().map(|m| m.utc())
    };
    let stamps: Vec<Option<i64>> = (0..n).map(stamp).collect();
    // Pairs of rows that follow each other in the sample; `near` when they do in the file too.
    let pairs: Vec<(usize, std::cmp::Ordering, bool)> = (1..n)
        .filter_map(|i| {
            let (a, b) = ((*stamps.get(i - 1)?)?, (*stamps.get(i)?)?);
            Some((i, a.cmp(&b), sample.blocks.get(i - 1) == sample.blocks.get(i)))
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
    candidates.iter().copied().find(|c| {
        let cells: Vec<&str> = values(sample, *c).collect();
        let differs = |i: usize| cells.get(i - 1) != cells.get(i);
        if equal * 5 >= near * 2 || rising.min(falling) * 5 > near {
            // Sorted by time, or not at all: (value, stamp) must be a key within each block.
            let keys: HashSet<_> =
                (0..n).map(|i| (sample.blocks.get(i), cells.get(i), stamps.get(i))).collect();
            return keys.len() * 100 >= n * 99;
        }
        let changes = pairs.iter().filter(|p| p.2 && differs(p.0)).count();
        let expected = pairs.iter().filter(|p| p.2 && p.1 == against).count();
        let explained = pairs.iter().filter(|p| p.1 == against && differs(p.0)).count();
        backward > 0 && explained * 10 >= backward * 9 && changes * 100 <= expected * 100 + near
    })
}
