//! Points at numbers that look like missing markers, such as -200 or -9999; it changes none.
//!
//! A usual marker is suspect where it is a column's smallest (or largest) value, comes at least
//! five times, and lies apart from all others by more than a quarter of the range that holds
//! the middle eight tenths of them; the ends of number types where they are twenty times as large as these. What no
//! measurement reaches, such as netCDF's 9.96921e36, is suspect if it comes once.

use crate::data::long::Note;
use crate::data::read::rows::table::Table;
use crate::data::read::rows::whole::list;
use rayon::prelude::*;

/// No measurement: what programs write for nothing, or where a type ends (netCDF, floats of four bytes, whole numbers
/// of two and four). Once is enough for these.
const NEVER: f64 = 1e15;
const ENDS: [f64; 3] = [2_147_483_647.0, -2_147_483_648.0, 4_294_967_295.0];
const LOW: [f64; 12] =
    [-99.0, -99.9, -200.0, -888.0, -999.0, -999.9, -6999.0, -8888.0, -9999.0, -9999.9, -99_999.0, -32_768.0];
const HIGH: [f64; 9] =
    [9999.0, 9999.9, 99_999.0, 999_999.0, 999.9, 32_767.0, 65_535.0, 9_999_999.0, 99_999_999.0];
/// Of these the rest of the column must be far smaller, since they may be readings.
const FAR: f64 = 20.0;
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
        let shown = if value.abs() < NEVER { value.to_string() } else { format!("{value:e}") };
        let text = format!(
            "{shown} looks like a missing marker in {} (--missing {shown} reads it as missing)",
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
    [(low, &LOW[..]), (high, &HIGH[..])].into_iter().find_map(|(marker, usual)| {
        let least = match marker.abs() >= NEVER && marker.is_finite() || ENDS.contains(&marker) {
            true => 1,
            false if usual.contains(&marker) => LEAST,
            false => return None,
        };
        let n = seen().filter(|v| *v == marker).count();
        let gap = seen().filter(|v| *v != marker).map(|v| (v - marker).abs()).fold(f64::INFINITY, f64::min);
        let mut rest: Vec<f64> = values
            .iter()
            .step_by((values.len() / SAMPLE).max(1))
            .copied()
            .filter(|v| !v.is_nan() && *v != marker)
            .collect();
        rest.sort_unstable_by(f64::total_cmp);
        let (p10, p90) = (rest.get(rest.len() / 10)?, rest.get(rest.len() * 9 / 10)?);
        let apart = gap > (p90 - p10) / 4.0;
        // What may be a reading has to stand far off; what may not, millions of times.
        let far = match marker {
            _ if marker.abs() >= NEVER => 1e6,
            _ if marker >= 32_767.0 => FAR,
            _ => 0.0,
        };
        (n >= least && apart && marker.abs() > far * p90.abs().max(p10.abs())).then_some((marker, n))
    })
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
        let with = |marker: f64, times: usize| -> Vec<f64> {
            (0..600)
                .map(|i| if i < times { marker } else { 15.0 + f64::from(i as u32 % 50) / 10.0 })
                .collect()
        };
        for marker in [1e20, 9.969_21e36, 3.402_823_5e38, -3.4e38, -1e31, 1e35, 2_147_483_647.0] {
            assert_eq!(find(&with(marker, 1)), Some((marker, 1)));
            assert_eq!(find(&with(marker, 30)), Some((marker, 30)));
        }
        for marker in [32_767.0, 65_535.0, -888.0, -6999.0] {
            assert_eq!(find(&with(marker, 30)), Some((marker, 30)));
        }
        // A register that counts up to there.
        let counts: Vec<f64> =
            (0..600).map(|i| f64::from(i % 30) * 1130.0 - 3.0).chain([32_767.0; 9]).collect();
        assert_eq!(find(&counts), None);
        let wide: Vec<f64> = (1..600).map(|i| f64::from(i) * 1e15).collect();
        assert_eq!(find(&wide), None);
    }
}
