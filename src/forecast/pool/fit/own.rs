//! Weights of each series' own, shrunk towards what its group shows.
//!
//! With e_j a member's mean absolute error on a series and block of leads, e the least of them and n the horizons that the validation
//! part holds, the series' factor for the member is
//!
//! ```text
//! exp(-k n / (n + 1/2) (e_j / e - 1))
//! ```
//!
//! It multiplies the weights of all series at the lead plus a prior of the block: the shares in which members are the
//! best of a series, found by expectation and maximisation as the shares of a mixture are (Dempster, Laird and Rubin, *Maximum Likelihood from
//! Incomplete Data via the EM Algorithm*, 1977; priors from the group itself are empirical Bayes, Robbins 1956). So a member that
//! suits a few series well is found by them, though all series together would not take it, and one that is good by
//! chance on a few rows of one series and nowhere else is not.

use rayon::prelude::*;

use super::{Given, Part};
use crate::data::long::SeriesKey;

/// k.
const STEEPNESS: f64 = 3.0;
/// k where series tell what members are the best of some: nearly a choice.
const CHOOSING: f64 = 20.0;
/// Steps of expectation and maximisation.
const STEPS: usize = 20;
/// Series that are taken to be there beside the given ones, with no member better than another: few series tell little.
const UNTOLD: f64 = 5.0;
/// What the prior of many series counts for beside the weights of all series, which sum to 1, and the number of series that
/// halves it: few say little of each other.
const PRIOR: f64 = 2.5;
const HALF: f64 = 20.0;
/// What every member has besides.
const FLOOR: f64 = 0.02;
/// Series at most that get weights of their own: they are kept in the checkpoint's header.
const MOST_SERIES: usize = 20_000;

/// What the pool is told of single series.
#[derive(Debug, Default)]
pub struct Own {
    /// (K, B, 1 + J), see `Pool::prior`.
    pub prior: Vec<f64>,
    /// Of every series that the validation part tells something of, sorted by key: (K, B, 1 + J).
    pub factors: Vec<(SeriesKey, Vec<f32>)>,
}

/// How much worse than the best member each is on one series.
struct Excess {
    series: usize,
    /// n / (n + 1/2).
    trust: f64,
    /// (K, B, 1 + J) of e_j / e - 1.
    of: Vec<f64>,
}

impl Own {
    pub fn new(given: &Given, parts: &[Part], blocks: &[usize]) -> Own {
        // Of a single series the weights of all series are its own.
        let Some(first) = parts.first().filter(|_| (2..=MOST_SERIES).contains(&given.panel.series.len()))
        else {
            return Own::default();
        };
        let mut of_series: Vec<Vec<usize>> = vec![Vec::new(); given.panel.series.len()];
        for (at, i) in first.cuts.iter().enumerate() {
            let series = given.panel.segments[given.cuts[*i].segment as usize].series as usize;
            of_series[series].push(at);
        }
        let excess = |series: usize| excess(given, parts, blocks, series, &of_series[series]);
        let all: Vec<Excess> = (0..of_series.len()).into_par_iter().filter_map(excess).collect();
        let members = first.members;
        let cells = parts.len() * blocks.len();
        let prior =
            (0..cells).flat_map(|cell| self::prior(&all, cell * members..(cell + 1) * members)).collect();
        let factor = |own: &Excess, e: &f64| ((-STEEPNESS * own.trust * e).exp() * 1e3).round() / 1e3;
        let factors = |own: &Excess| {
            let key = given.panel.series[own.series].clone();
            (key, own.of.iter().map(|e| factor(own, e) as f32).collect())
        };
        let mut factors: Vec<(SeriesKey, Vec<f32>)> = all.iter().map(factors).collect();
        factors.sort_by(|a, b| a.0.cmp(&b.0));
        Own { prior: if factors.is_empty() { Vec::new() } else { prior }, factors }
    }
}

/// How much worse members are than the best, of one series; `None` where too little was observed.
fn excess(given: &Given, parts: &[Part], blocks: &[usize], series: usize, cuts: &[usize]) -> Option<Excess> {
    let first = parts.first()?;
    let rows = |at: &usize| given.cuts[first.cuts[*at]].row;
    let span = cuts.iter().map(rows).max()? - cuts.iter().map(rows).min()?;
    if cuts.len() < 2 {
        return None;
    }
    let horizons = span as f64 / first.horizon as f64 + 1.0;
    let of_block = |part: &Part, block: usize| {
        let end = blocks.get(block + 1).copied().unwrap_or(part.horizon);
        of_block(part, cuts, blocks[block]..end)
    };
    let all = parts.iter().flat_map(|part| (0..blocks.len()).map(move |block| of_block(part, block)));
    let of = all.collect::<Option<Vec<_>>>()?.concat();
    Some(Excess { series, trust: horizons / (horizons + 0.5), of })
}

/// (1 + J) of one series, target and block.
fn of_block(part: &Part, cuts: &[usize], steps: std::ops::Range<usize>) -> Option<Vec<f64>> {
    let (mut sums, mut count) = (vec![0f64; part.members], 0usize);
    for at in cuts {
        for step in steps.clone() {
            let errors = (0..part.members).map(|member| part.error(*at, member, step));
            if errors.clone().all(f32::is_finite) {
                sums.iter_mut().zip(errors).for_each(|(sum, e)| *sum += f64::from(e.abs()));
                count += 1;
            }
        }
    }
    let least = sums.iter().copied().fold(f64::INFINITY, f64::min);
    if count < cuts.len().max(steps.len()).max(4) || !least.is_finite() {
        return None;
    }
    // A series that some member meets exactly still lets the others in beside it.
    let least = least.max(1e-6 * sums.iter().sum::<f64>()).max(f64::MIN_POSITIVE);
    Some(sums.iter().map(|sum| (sum / least - 1.0).max(0.0)).collect())
}

/// The prior of a target and block: by the share of the series of which each member is the best.
fn prior(all: &[Excess], cell: std::ops::Range<usize>) -> Vec<f64> {
    let members = cell.len();
    let chosen = |own: &Excess| -> Vec<f64> {
        own.of[cell.clone()].iter().map(|e| (-CHOOSING * own.trust * e).exp()).collect()
    };
    let chosen: Vec<Vec<f64>> = all.iter().map(chosen).collect();
    let mut shares = vec![1.0 / members as f64; members];
    for _ in 0..STEPS {
        let mut next = vec![UNTOLD / members as f64; members];
        for own in &chosen {
            // The best member of a series has a 1 here.
            let total: f64 = own.iter().zip(&shares).map(|(own, share)| own * share).sum();
            let total = total.max(f64::MIN_POSITIVE);
            next.iter_mut().zip(own.iter().zip(&shares)).for_each(|(n, (own, s))| *n += own * s / total);
        }
        let sum: f64 = next.iter().sum();
        shares = next.iter().map(|n| n / sum).collect();
    }
    let series = all.len() as f64;
    let prior = |share: &f64| FLOOR + PRIOR * series / (series + HALF) * share;
    shares.iter().map(|share| (prior(share) * 1e4).round() / 1e4).collect()
}
