//! The weights of the pool, found on the validation part.
//!
//! 1. Of all series together, lead by lead: greedy selection with replacement (Caruana, Niculescu-Mizil, Crew and
//!    Ksikes, *Ensemble Selection from Libraries of Models*, ICML 2004), which begins with the networks. The validation
//!    part is cut at its middle origin, and a choice is as good as it is in the worse half, in proportion to the
//!    networks' error there: one half that happens to like a member decides nothing. Neighbouring leads count with a lead's own.
//! 2. Of each series, block of leads by block: with e_j the member's mean absolute error there and e the least of
//!    them, the factor exp(-k (e_j / e - 1)); exponential weights, shrunk towards those of all series (which the factor
//!    multiplies), the more so the fewer horizons the validation part holds.
//! 3. The factor of the quantiles' distances, lead by lead, by the pinball loss, with the same guard.
//! 4. The whole of a target: where the combination is worse than the networks in either half, it is left to the
//!    networks.
//! 5. And where the combination is not plainly better than the last value or the seasonal naive forecast, that has
//!    all weight: its gain is less than two standard errors of the mean over stretches of one horizon or over series,
//!    whichever tells less (the test of Diebold and Mariano, *Comparing predictive accuracy*, 1995, on blocks).
//!
//! Errors count in the same units as those that choose the networks' weights.

mod beaten;
mod choose;
use super::{Member, Past, Pool, Seasons, history};
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::forecast::forecasts::Forecasts;
use crate::forecast::learned::{Learned, Told};
use choose::greedy;
use rayon::prelude::*;

/// k, with many horizons in the validation part.
const STEEPNESS: f64 = 4.0;
/// Leads on each side that are counted in.
const NEAR: usize = 1;
/// Fewest values in each half.
const LEAST: usize = 100;
/// Values of a lead at most that greedy selection looks at.
const MOST_VALUES: usize = 6000;
/// Values of all members together at most.
const MOST: usize = 1 << 23;
/// Series at most that get weights of their own: they are kept in the checkpoint's header.
const MOST_SERIES: usize = 20_000;
/// Factors of the quantiles' distances that are tried.
const SPREADS: [f64; 13] = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.7, 2.0, 2.5];

/// What the weights are fitted to.
pub struct Given<'a> {
    pub panel: &'a Panel,
    pub inputs: &'a Inputs,
    /// Windows of the validation part.
    pub cuts: &'a [Cut],
    /// The networks' forecasts of them.
    pub networks: &'a Forecasts,
    /// (S, K) in which errors count.
    pub units: &'a [f64],
    pub seasons: Seasons,
    /// The members to choose from.
    pub members: &'a [Member],
    /// What those of them that are fitted have learned.
    pub learned: Learned,
}

/// Whether these cuts may hold values enough for any weight.
pub fn enough(cuts: &[Cut], networks: &Forecasts) -> bool {
    cuts.len().saturating_mul(networks.horizon) >= 2 * LEAST
}

/// The weights; none where nothing is better than the networks.
pub fn fit(given: &Given) -> Pool {
    let (p, k) = (given.networks.horizon, given.networks.targets);
    let suits = |member: &Member| member.suits(&given.seasons) && given.learned.has(*member, k);
    let members: Vec<Member> = given.members.iter().copied().filter(suits).collect();
    if members.is_empty() || p == 0 || given.cuts.is_empty() {
        return Pool::default();
    }
    let parts: Vec<Part> = (0..k).map(|target| Part::new(given, &members, target)).collect();
    let blocks: Vec<usize> = if p < 8 { vec![0] } else { vec![0, p / 2] };
    let mut pool = Pool {
        weights: parts.iter().flat_map(Part::shared).collect(),
        own: own(given, &parts, &blocks),
        blocks,
        members,
        seasons: given.seasons,
        spread: Vec::new(),
        learned: given.learned.clone(),
    };
    let combine = |pool: &Pool| pool.combine(given.networks.clone(), given.panel, given.inputs, given.cuts);
    let mut combined = combine(&pool);
    let (mut alone, mut changed) = (0, false);
    for part in parts.iter().filter(|part| part.worse(given, &combined)) {
        pool.leave_to(0, part.target, k);
        (alone, changed) = (alone + 1, true);
    }
    if changed {
        combined = combine(&pool);
    }
    let simple: Vec<_> = parts.iter().map(|part| part.not_beaten(given, &pool.members, &combined)).collect();
    if alone == k && simple.iter().all(Option::is_none) {
        return Pool::default();
    }
    if simple.iter().any(Option::is_some) {
        let found = simple.iter().zip(&parts).filter_map(|(member, part)| Some(((*member)?, part.target)));
        found.for_each(|(member, target)| pool.leave_to(member, target, k));
        combined = combine(&pool);
    }
    pool.spread = parts.iter().flat_map(|part| part.spread(given, &combined)).collect();
    if pool.spread.iter().all(|spread| *spread == 1.0) {
        pool.spread.clear();
    }
    pool
}

/// One target: what every member says of the cuts and what became of it, in units of the series.
struct Part {
    target: usize,
    horizon: usize,
    /// Networks first.
    members: usize,
    /// Places among the given cuts.
    cuts: Vec<usize>,
    /// Whether a cut lies in the later half.
    late: Vec<bool>,
    /// (cuts, members, P) errors with their sign.
    errors: Vec<f32>,
}

impl Part {
    fn new(given: &Given, members: &[Member], target: usize) -> Part {
        let (p, k, all) = (given.networks.horizon, given.networks.targets, members.len() + 1);
        let most = (MOST / (p * all)).max(1);
        let cuts: Vec<usize> = match given.cuts.len() {
            n if n <= most => (0..n).collect(),
            n => (0..most).map(|i| i * n / most).collect(),
        };
        let mut origins: Vec<i64> = cuts.iter().map(|i| given.panel.stamps[given.cuts[*i].row]).collect();
        let late_from = {
            let mut sorted = origins.clone();
            sorted.sort_unstable();
            sorted.get(sorted.len() / 2).copied().unwrap_or(0)
        };
        let late = origins.drain(..).map(|origin| origin >= late_from).collect();
        let values = &given.panel.columns[target].values;
        let fitted = members.iter().any(|member| member.is_fitted());
        let mut errors = vec![0f32; cuts.len() * all * p];
        errors.par_chunks_mut(all * p).zip(&cuts).for_each(|(out, i)| {
            let cut = given.cuts[*i];
            let series = given.panel.segments[cut.segment as usize].series as usize;
            let unit = given.units[series * k + target];
            let history = history(given.panel, cut, target, given.seasons.history());
            let told = if fitted { Told::new(given.inputs, given.panel, cut, target) } else { None };
            let past = Past { history, seasons: &given.seasons, learned: &given.learned, told };
            let mut forecast = vec![0f64; p];
            for (j, out) in out.chunks_mut(p).enumerate() {
                match j.checked_sub(1).and_then(|j| members.get(j)) {
                    Some(member) => past.forecast(*member, &mut forecast),
                    None => forecast.iter_mut().enumerate().for_each(|(step, value)| {
                        *value = given.networks.point[(i * p + step) * k + target];
                    }),
                }
                for (step, (out, value)) in out.iter_mut().zip(&forecast).enumerate() {
                    *out = ((value - values[cut.row + step]) / unit) as f32;
                }
            }
        });
        Part { target, horizon: p, members: all, cuts, late, errors }
    }

    /// The error of a member at a cut (its place here) and step, NaN where it is not known.
    fn error(&self, at: usize, member: usize, step: usize) -> f32 {
        self.errors[(at * self.members + member) * self.horizon + step]
    }

    /// (P, 1 + J) weights of all series.
    fn shared(&self) -> Vec<f64> {
        let of_lead = |step: usize| {
            let near = step.saturating_sub(NEAR)..(step + NEAR + 1).min(self.horizon);
            let mut halves: [Vec<f32>; 2] = Default::default();
            let thin = (self.cuts.len() * near.len()).div_ceil(MOST_VALUES).max(1);
            for at in (0..self.cuts.len()).step_by(thin) {
                for step in near.clone() {
                    let all = (0..self.members).map(|member| self.error(at, member, step));
                    if all.clone().all(f32::is_finite) {
                        halves[usize::from(self.late[at])].extend(all);
                    }
                }
            }
            greedy(&halves, self.members)
        };
        (0..self.horizon).into_par_iter().flat_map_iter(of_lead).collect()
    }

    /// Whether these forecasts are worse than the networks' in one half of the cuts.
    fn worse(&self, given: &Given, combined: &Forecasts) -> bool {
        let k = combined.targets;
        let (mut sums, mut counts) = ([[0f64; 2]; 2], [0usize; 2]);
        for (at, i) in self.cuts.iter().enumerate() {
            let cut = given.cuts[*i];
            let series = given.panel.segments[cut.segment as usize].series as usize;
            let half = usize::from(self.late[at]);
            for step in 0..self.horizon {
                let before = f64::from(self.error(at, 0, step));
                if before.is_finite() {
                    let cell = (i * self.horizon + step) * k + self.target;
                    let moved = combined.point[cell] - given.networks.point[cell];
                    sums[half][0] += before.abs();
                    sums[half][1] += (before + moved / given.units[series * k + self.target]).abs();
                    counts[half] += 1;
                }
            }
        }
        counts.iter().any(|n| *n < LEAST) || sums.iter().any(|[before, after]| after > before)
    }

    /// (P) factors of the quantiles' distances; none without quantiles.
    fn spread(&self, given: &Given, combined: &Forecasts) -> Vec<f64> {
        let (k, q, p) = (combined.targets, combined.levels.len(), self.horizon);
        if q == 0 {
            return Vec::new();
        }
        let values = &given.panel.columns[self.target].values;
        // Pinball losses of every lead, half and factor.
        let of_step = |step: usize| {
            let mut losses = [[0f64; SPREADS.len()]; 2];
            let mut counts = [0usize; 2];
            for (at, i) in self.cuts.iter().enumerate() {
                let cut = given.cuts[*i];
                let actual = values[cut.row + step];
                let cell = (i * p + step) * k + self.target;
                let middle = combined.point[cell];
                if actual.is_nan() || !middle.is_finite() {
                    continue;
                }
                let series = given.panel.segments[cut.segment as usize].series as usize;
                let unit = given.units[series * k + self.target];
                let half = usize::from(self.late[at]);
                counts[half] += 1;
                let own = &combined.quantiles[cell * q..(cell + 1) * q];
                for (level, value) in combined.levels.iter().zip(own) {
                    for (loss, spread) in losses[half].iter_mut().zip(SPREADS) {
                        let d = (actual - middle - spread * (value - middle)) / unit;
                        *loss += (level * d).max((level - 1.0) * d);
                    }
                }
            }
            (losses, counts)
        };
        let all: Vec<_> = (0..p).into_par_iter().map(of_step).collect();
        let one = SPREADS.iter().position(|s| *s == 1.0).unwrap_or(0);
        let best = |step: usize| {
            let near = &all[step.saturating_sub(NEAR)..(step + NEAR + 1).min(p)];
            let sum = |half: usize, s: usize| near.iter().map(|(losses, _)| losses[half][s]).sum::<f64>();
            if (0..2).any(|half| near.iter().map(|(_, counts)| counts[half]).sum::<usize>() < LEAST) {
                return 1.0;
            }
            let worse = |s: usize| (0..2).map(|half| sum(half, s) / sum(half, one)).fold(0.0, f64::max);
            let found = (0..SPREADS.len()).map(|s| (s, worse(s))).filter(|(_, w)| w.is_finite());
            found.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(1.0, |(s, _)| SPREADS[s])
        };
        (0..p).map(best).collect()
    }
}

/// Factors of every series that the validation part tells something of, sorted by key.
fn own(given: &Given, parts: &[Part], blocks: &[usize]) -> Vec<(crate::data::long::SeriesKey, Vec<f32>)> {
    // Of a single series the weights of all series are its own.
    if !(2..=MOST_SERIES).contains(&given.panel.series.len()) {
        return Vec::new();
    }
    let mut of_series: Vec<Vec<usize>> = vec![Vec::new(); given.panel.series.len()];
    let Some(first) = parts.first() else { return Vec::new() };
    for (at, i) in first.cuts.iter().enumerate() {
        let series = given.panel.segments[given.cuts[*i].segment as usize].series as usize;
        of_series[series].push(at);
    }
    let factors = |series: usize| {
        let cuts = &of_series[series];
        let rows = |at: &usize| given.cuts[first.cuts[*at]].row;
        let span = cuts.iter().map(rows).max()? - cuts.iter().map(rows).min()?;
        if cuts.len() < 2 {
            return None;
        }
        let horizons = span as f64 / first.horizon as f64 + 1.0;
        let steepness = STEEPNESS * horizons / (horizons + 0.5);
        let of_block = |part: &Part, block: usize| {
            let end = blocks.get(block + 1).copied().unwrap_or(part.horizon);
            block_factors(part, cuts, blocks[block]..end, steepness)
        };
        let all = parts.iter().flat_map(|part| (0..blocks.len()).map(move |block| of_block(part, block)));
        all.collect::<Option<Vec<_>>>().map(|all| (given.panel.series[series].clone(), all.concat()))
    };
    let mut own: Vec<_> = (0..of_series.len()).into_par_iter().filter_map(factors).collect();
    own.sort_by(|a, b| a.0.cmp(&b.0));
    own
}

/// (1 + J) factors of one series, target and block; `None` where too little was observed.
fn block_factors(
    part: &Part,
    cuts: &[usize],
    steps: std::ops::Range<usize>,
    steepness: f64,
) -> Option<Vec<f32>> {
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
    let factor = |sum: &f64| (-steepness * (sum / least - 1.0).max(0.0)).exp();
    Some(sums.iter().map(|sum| ((factor(sum) * 1e3).round() / 1e3) as f32).collect())
}
