//! Points at absurd values, such as 0 K or 1048 mph; it changes none.
//!
//! A value is suspect when it stands alone: among the outermost thousandth of its column, and
//! beyond a gap more than three times as wide as all that lies between the median and the gap.
//! A heavy tail (rain) has no such gap. Columns with fewer than 100 values, or fewer than 30
//! values away from the median on that side, are not judged.

use crate::data::long::Note;
use crate::data::read::rows::table::Table;
use rayon::prelude::*;

/// Values looked at to find the median and the tails, evenly spread.
const SAMPLE: usize = 20_000;
const LEAST_VALUES: usize = 100;
const LEAST_IN_TAIL: usize = 30;
const GAP: f64 = 3.0;

/// Adds a `suspect_value` note for each column that has some.
pub fn note(table: &mut Table) {
    let found: Vec<Option<(usize, f64, usize, bool)>> =
        table.columns.par_iter().map(|c| if c.one_hot.is_some() { None } else { find(&c.values) }).collect();
    for (i, suspect) in found.into_iter().enumerate() {
        let Some((row, value, n, high)) = suspect else { continue };
        let Some(column) = table.columns.get(i) else { continue };
        let name = column.name.clone();
        let others = if n > 1 { format!(" and {} more", n - 1) } else { String::new() };
        let side = if high { "above" } else { "below" };
        // --missing means every column.
        let elsewhere = table.columns.iter().any(|c| c.name != name && c.values.contains(&value));
        let missing =
            if elsewhere { String::new() } else { format!(", --missing {value} reads it as missing") };
        let text = format!(
            "`{name}` is {value} at {}{others}: far {side} all other values (--clip {name}=LOW:HIGH limits{missing})",
            table.row_name(row)
        );
        table.notes.push(Note { code: "suspect_value", column: Some(name), count: n, text });
    }
}

/// The row and value furthest out, how many are suspect, and on which side.
fn find(values: &[f64]) -> Option<(usize, f64, usize, bool)> {
    let stride = (values.len() / SAMPLE).max(1);
    let mut sample: Vec<f64> = values.iter().step_by(stride).copied().filter(|v| !v.is_nan()).collect();
    if sample.len() < LEAST_VALUES {
        return None;
    }
    sample.sort_unstable_by(f64::total_cmp);
    let median = *sample.get(sample.len() / 2)?;
    [true, false].into_iter().find_map(|high| {
        // Distance from the median on this side; the other side counts as zero.
        let away = |v: f64| if high { v - median } else { median - v };
        // The trusted reach: all but the outermost thousandth of the sample.
        let reach = sample.get(if high {
            sample.len() - 1 - sample.len() / 1000 - 1
        } else {
            sample.len() / 1000 + 1
        });
        let reach = away(*reach?).max(0.0);
        let mut tail: Vec<(f64, usize)> = values
            .iter()
            .enumerate()
            .filter(|(_, v)| away(**v) > reach)
            .map(|(row, v)| (away(*v), row))
            .collect();
        let beside = values.iter().filter(|v| away(**v) > 0.0).count();
        if tail.is_empty() || beside < LEAST_IN_TAIL || tail.len() > values.len() / 50 + 5 {
            return None;
        }
        tail.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let mut trusted = reach;
        for (i, (distance, _)) in tail.iter().enumerate() {
            let rest = tail.len() - i;
            let within = beside - rest;
            if within >= LEAST_IN_TAIL
                && trusted > 0.0
                && distance - trusted > GAP * trusted
                && rest * 1000 <= values.len().max(3000)
            {
                let (_, row) = tail.last()?;
                return Some((*row, *values.get(*row)?, rest, high));
            }
            trusted = *distance;
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_are_seen_and_tails_are_not() {
        let mut wind: Vec<f64> = (0..1000).map(|i| f64::from(i % 30)).collect();
        assert_eq!(find(&wind), None);
        wind[77] = 1048.0;
        assert_eq!(find(&wind), Some((77, 1048.0, 1, true)));
        let mut temp: Vec<f64> = (0..5000).map(|i| 280.0 + f64::from(i % 30)).collect();
        temp[10] = 0.0;
        temp[20] = 0.0;
        assert_eq!(find(&temp), Some((10, 0.0, 2, false)));
        let rain: Vec<f64> =
            (0..5000).map(|i| if i % 10 == 0 { f64::from(i) * f64::from(i) / 1e5 } else { 0.0 }).collect();
        assert_eq!(find(&rain), None);
        let mut rare = vec![0.0; 1000];
        rare[5] = 1.0;
        assert_eq!(find(&rare), None);
    }
}
