//! Who wins where, in sentences.

use super::{Comparison, Difference, Row};
use crate::number::{human, percent};
use crate::text::{capitalised, listed, ranges};

/// A difference is called more than chance below this.
const LEVEL: f64 = 0.05;

/// For each target: who has the lowest error over all, at which leads, on which series, and which
/// differences are more than chance.
pub fn sentences(comparison: &Comparison) -> Vec<String> {
    let several = comparison.context.targets.len() > 1;
    let mut out = Vec::new();
    for target in &comparison.per_target {
        let mut own = overall(comparison, target);
        own.extend(leads(comparison, target.target));
        own.extend(series(comparison, target.target));
        own.extend(correlated(comparison, target));
        let name = comparison.target_name(target.target);
        out.extend(own.into_iter().map(|s| if several { format!("{name}: {s}") } else { capitalised(&s) }));
    }
    out
}

/// p-values for people: `0.012`, `below 0.001`.
pub fn p_value(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.001 => "<0.001".into(),
        Some(p) => format!("{p:.3}"),
        None => "-".into(),
    }
}

/// Whether the difference is more than chance, and then which method is better.
pub fn better(difference: &Difference) -> Option<usize> {
    let plain = difference.p.is_some_and(|p| p < LEVEL);
    plain.then_some(if difference.paired.mean < 0.0 { difference.first } else { difference.second })
}

fn overall(comparison: &Comparison, row: &Row) -> Vec<String> {
    let mut out = Vec::new();
    let label = |i: usize| comparison.label(i);
    let mae = |i: usize| row.block.methods.get(i).and_then(|s| s.mae);
    if let Some(best) = row.block.best {
        out.push(format!("over all values {} has the lowest MAE, {}.", label(best), human(mae(best))));
    }
    for d in row.differences.iter().filter(|d| d.second < comparison.models()) {
        let (first, second) = (label(d.first), label(d.second));
        out.push(match (mae(d.first), mae(d.second), d.paired.test) {
            (Some(a), Some(b), Ok(_)) => {
                let (low, high, better, worse) =
                    if a <= b { (a, b, &first, &second) } else { (b, a, &second, &first) };
                let share = if high > 0.0 { 1.0 - low / high } else { 0.0 };
                let verdict = if self::better(d).is_some() {
                    "more than chance"
                } else {
                    "a difference that chance alone may make"
                };
                format!(
                    "the MAE of {better} is {} lower than that of {worse}: {verdict} (p {}, {} origins).",
                    percent(Some(share)),
                    at(d.p),
                    d.paired.n
                )
            }
            (.., Err(why)) => {
                format!(
                    "whether {first} and {second} differ by more than chance is not tested: {}.",
                    why.why()
                )
            }
            _ => continue,
        });
    }
    out
}

fn at(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.001 => "below 0.001".into(),
        p => p_value(p),
    }
}

/// Which method has the lowest MAE at which leads.
fn leads(comparison: &Comparison, target: usize) -> Vec<String> {
    let rows: Vec<&Row> = comparison.per_lead.iter().filter(|row| row.target == target).collect();
    if rows.len() < 2 {
        return Vec::new();
    }
    let of = |method: usize| {
        let own = rows.iter().filter(|row| row.block.best == Some(method));
        own.map(|row| row.key).collect::<Vec<usize>>()
    };
    let parts: Vec<String> = (0..comparison.methods.len())
        .map(|method| (method, of(method)))
        .filter(|(_, leads)| !leads.is_empty())
        .map(|(method, leads)| match leads.len() == rows.len() {
            true => format!("{} at every lead", comparison.label(method)),
            false => format!(
                "{} at {} ({} of {})",
                comparison.label(method),
                ranges(&leads),
                leads.len(),
                rows.len()
            ),
        })
        .collect();
    vec![format!("by lead the lowest MAE: {}.", parts.join("; "))]
}

/// Which method has the lowest MAE on which series, and where one model beats another by more than chance.
fn series(comparison: &Comparison, target: usize) -> Vec<String> {
    let rows: Vec<&Row> = comparison.per_series.iter().filter(|row| row.target == target).collect();
    if rows.len() < 2 {
        return Vec::new();
    }
    let names = |own: Vec<&Row>| -> (usize, String) {
        let names: Vec<&str> = own.iter().map(|row| comparison.series_name(row.key)).collect();
        (names.len(), listed(&names))
    };
    let best = |method: usize| {
        let own: Vec<&Row> = rows.iter().copied().filter(|row| row.block.best == Some(method)).collect();
        let (count, listed) = names(own);
        (count > 0).then(|| match count == rows.len() {
            true => format!("{} on every series", comparison.label(method)),
            false => format!("{} on {count} of {} ({listed})", comparison.label(method), rows.len()),
        })
    };
    let parts: Vec<String> = (0..comparison.methods.len()).filter_map(best).collect();
    let mut out = vec![format!("by series the lowest MAE: {}.", parts.join("; "))];
    let pairs = rows.first().map_or(0, |row| row.differences.len());
    for pair in 0..pairs {
        let own = || rows.iter().filter_map(|row| row.differences.get(pair).map(|d| (*row, d)));
        let tested = own().filter(|(_, d)| d.paired.test.is_ok()).count();
        let Some((_, d)) = own().next().filter(|_| tested > 0) else { continue };
        let wins = |method: usize, other: usize| {
            let won = own().filter(|(_, d)| better(d) == Some(method)).map(|(row, _)| row).collect();
            let (count, listed) = names(won);
            let (a, b) = (comparison.label(method), comparison.label(other));
            (count > 0).then(|| format!("{a} beats {b} on {count} ({listed})"))
        };
        let found: Vec<String> = wins(d.first, d.second).into_iter().chain(wins(d.second, d.first)).collect();
        let said = match found.is_empty() {
            true => format!(
                "on none do {} and {} differ by more than chance",
                comparison.label(d.first),
                comparison.label(d.second)
            ),
            false => found.join("; "),
        };
        out.push(format!("series by series, {tested} tests corrected for their number: {said}."));
    }
    out
}

/// Where neighbouring origins resemble each other more than the test allows for.
fn correlated(comparison: &Comparison, row: &Row) -> Vec<String> {
    let own = row.differences.iter().filter(|d| d.second < comparison.models());
    own.filter(|d| d.paired.test.is_ok() && d.paired.drags_on())
        .map(|d| {
            let which = if d.paired.lags == 0 { "neighbouring origins" } else { "origins that do not overlap" };
            format!(
                "differences of {} and {} at {which} are alike (correlation {:.2}), which the test takes for chance: its p is too small.",
                comparison.label(d.first),
                comparison.label(d.second),
                d.paired.beyond.unwrap_or_default()
            )
        })
        .collect()
}
