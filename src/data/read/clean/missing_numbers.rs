//! Points at numbers that look like missing markers, such as -200 or -9999; it changes none.
//!
//! A usual marker is suspect where it is a column's smallest (or largest) value, comes at least
//! five times, and lies apart from all others by more than a quarter of the range that holds
//! the middle eight tenths of them.

use crate::data::long::Note;
use crate::data::read::rows::table::Table;
use crate::data::read::rows::whole::list;
use rayon::prelude::*;

const LOW: [f64; 9] = [-99.0, -99.9, -200.0, -999.0, -999.9, -9999.0, -9999.9, -99_999.0, -32_768.0];
const HIGH: [f64; 5] = [9999.0, 9999.9, 99_999.0, 999_999.0, 999.9];
const LEAST: usize = 5;
/// Values looked at for the range, evenly spread.
const SAMPLE: usize = 20_000;

/// Adds one `marker_suspected` note for each such number.
pub fn note(table: &mut Table) {
    let found: Vec<Option<(f64, usize)>> = table.columns.par_iter().map(|c| find(&c.values)).collect();
    let mut values: Vec<f64> = found.iter().flatten().map(|f| f.0).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    for value in values {
        let here = || {
            found
                .iter()
                .zip(&table.columns)
                .filter_map(|(f, c)| (*f).filter(|f| f.0 == value).map(|f| (f.1, &c.name)))
        };
        let n = here().map(|h| h.0).sum();
        let names: Vec<&String> = here().map(|h| h.1).collect();
        let text = format!(
            "{value} looks like a missing marker in {} (--missing {value} reads it as missing)",
            list(&names)
        );
        table.notes.push(Note {
            code: "marker_suspected",
            column: names.first().map(|n| (*n).clone()),
            count: n,
            text,
        });
    }
}

/// The number that looks like a marker, and how often it comes.
fn find(values: &[f64]) -> Option<(f64, usize)> {
    let seen = || values.iter().copied().filter(|v| !v.is_nan());
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    // Comparisons with NaN are false, so that missing cells change neither.
    for v in values {
        low = if *v < low { *v } else { low };
        high = if *v > high { *v } else { high };
    }
    [(low, LOW.contains(&low)), (high, HIGH.contains(&high))].into_iter().filter(|m| m.1).find_map(
        |(marker, _)| {
            let n = seen().filter(|v| *v == marker).count();
            let gap =
                seen().filter(|v| *v != marker).map(|v| (v - marker).abs()).fold(f64::INFINITY, f64::min);
            let mut rest: Vec<f64> = values
                .iter()
                .step_by((values.len() / SAMPLE).max(1))
                .copied()
                .filter(|v| !v.is_nan() && *v != marker)
                .collect();
            rest.sort_unstable_by(f64::total_cmp);
            let (p10, p90) = (rest.get(rest.len() / 10)?, rest.get(rest.len() * 9 / 10)?);
            (n >= LEAST && gap > (p90 - p10) / 4.0).then_some((marker, n))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_stand_apart() {
        let mut v: Vec<f64> = (0..1000).map(|i| f64::from(i % 50)).collect();
        assert_eq!(find(&v), None);
        for x in v.iter_mut().step_by(90) {
            *x = -200.0;
        }
        assert_eq!(find(&v), Some((-200.0, 12)));
        // A column that runs down to -200 anyway.
        let v: Vec<f64> = (-200..200).chain([-200; 9]).map(f64::from).collect();
        assert_eq!(find(&v), None);
        assert_eq!(find(&[f64::NAN, -999.0]), None);
    }
}
