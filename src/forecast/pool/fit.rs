//! The weights of the pool, found on the validation part.
//!
//! 1. Of all series together, lead by lead: greedy selection with replacement (Caruana, Niculescu-Mizil, Crew and
//!    Ksikes, *Ensemble Selection from Libraries of Models*, ICML 2004), which begins with the networks. The validation
//!    part is cut at its middle origin, and a choice is as good as it is in the worse half, in proportion to the
//!    networks' error there: one half that happens to like a member decides nothing. Neighbouring leads count with a lead's own.
//! 2. Of each series, block of leads by block: exponential weights by its own errors, times what the members are worth to
//!    all series; see [`own`].
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
mod own;
use super::{Member, Past, Pool, Seasons, history};
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::forecast::forecasts::Forecasts;
use crate::forecast::learned::{Learned, Told};
use choose::greedy;
use own::Own;
use rayon::prelude::*;

/// Leads on each side that are counted in.
const NEAR: usize = 1;
/// Fewest values in each half.
const LEAST: usize = 100;
/// Values of a lead at most that greedy selection looks at.
const MOST_VALUES: usize = 6000;
/// Values of all members together at most.
const MOST: usize = 1 << 23;
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
    let own = Own::new(given, &parts, &blocks);
    let mut pool = Pool {
        weights: parts.iter().flat_map(Part::shared).collect(),
        prior: own.prior,
        own: own.factors,
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
        let rows = given.seasons.history(members);
        let mut errors = vec![0f32; cuts.len() * all * p];
        errors.par_chunks_mut(all * p).zip(&cuts).for_each(|(out, i)| {
            let cut = given.cuts[*i];
            let series = given.panel.segments[cut.segment as usize].series as usize;
            let unit = given.units[series * k + target];
            let history = history(given.panel, cut, target, rows);
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
