//! The networks' forecast and the cheap ones beside it, combined: a convex combination whose weights
//! were found on the validation part.
//!
//! With f_0 the networks' median, f_j the forecast of the cheap member j (see [`members`]) and the weights
//! w of a target, lead and series,
//!
//! ```text
//! forecast = sum of w_j f_j,   w_j >= 0,   sum of w_j = 1
//! ```
//!
//! (Bates and Granger, *The Combination of Forecasts*, 1969). The networks' quantiles move with the median;
//! their distances from it are multiplied by a factor of the lead (a location-scale combination).
//! How the weights are found is told in [`fit`]. Weights of a series are those of all series at
//! this lead and a prior, times a factor of the series for each member and block of leads, brought to sum 1.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::data::inputs::Inputs;
use crate::data::long::SeriesKey;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::forecast::forecasts::Forecasts;
use crate::forecast::learned::{Learned, Told};

mod decompose;
mod ets;
pub(crate) mod fit;
pub(crate) mod members;
mod theta;
pub use members::{Member, Seasons};

/// What every member of older checkpoints has in place of a prior.
const FLOOR: f64 = 0.05;

/// Weights of the members; no member at all means that the networks forecast alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// J, beside the networks, which come first wherever weights are listed.
    pub(crate) members: Vec<Member>,
    pub(crate) seasons: Seasons,
    /// (K, P, 1 + J) of all series.
    pub(crate) weights: Vec<f64>,
    /// (B) the first lead, from 0, of each block that the factors of a series hold for.
    pub(crate) blocks: Vec<usize>,
    /// Sorted by key: (K, B, 1 + J) factors of the series that have their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) own: Vec<(SeriesKey, Vec<f32>)>,
    /// (K, B, 1 + J) what is added to the weights of all series before a series' factors, so that a member that suits few
    /// series can be found by them; empty in older checkpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) prior: Vec<f64>,
    /// (K, P) what the quantiles' distances from the median are multiplied by; empty for 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) spread: Vec<f64>,
    /// Of the members that are fitted; its arrays lie beside the networks' in a checkpoint.
    #[serde(skip)]
    pub(crate) learned: Learned,
}

impl Pool {
    /// Whether the networks forecast alone.
    pub fn is_none(&self) -> bool {
        self.members.is_empty()
    }

    /// The shares (K, P) of the last value of windows of T rows, as older checkpoints have them.
    pub(crate) fn of_last_value(shares: &[f64], input_window: usize) -> Pool {
        Pool {
            members: vec![Member::LastValue],
            seasons: Seasons { short: 1, long: None, rows: input_window },
            weights: shares.iter().flat_map(|share| [1.0 - share, *share]).collect(),
            blocks: vec![0],
            ..Pool::default()
        }
    }

    /// Whether all sizes fit so many targets and steps, and all weights are weights.
    pub(crate) fn fits(&self, targets: usize, horizon: usize) -> bool {
        if self.is_none() {
            return true;
        }
        let all = self.members.len() + 1;
        let whole = |parts: &[usize]| parts.iter().try_fold(1usize, |a, b| a.checked_mul(*b));
        let share = |w: f64| (0.0..=1.0).contains(&w);
        let blocks = self.blocks.first() == Some(&0) && self.blocks.is_sorted_by(|a, b| a < b);
        let rows = |rows: usize| (1..=1 << 24).contains(&rows);
        blocks
            && self.members.is_sorted_by(|a, b| a < b)
            && rows(self.seasons.short)
            && rows(self.seasons.rows)
            && self.seasons.long.is_none_or(|long| (2..=1 << 16).contains(&long))
            && Some(self.weights.len()) == whole(&[targets, horizon, all])
            && self.weights.iter().all(|w| share(*w))
            && self.weights.chunks(all).all(|own| (own.iter().sum::<f64>() - 1.0).abs() < 1e-6)
            && (self.spread.is_empty() || Some(self.spread.len()) == whole(&[targets, horizon]))
            && self.spread.iter().all(|s| (0.1..=10.0).contains(s))
            && (self.prior.is_empty() || Some(self.prior.len()) == whole(&[targets, self.blocks.len(), all]))
            && self.prior.iter().all(|p| (0.0..=100.0).contains(p))
            && self.own.is_sorted_by(|a, b| a.0 < b.0)
            && self.own.iter().all(|(_, factors)| {
                Some(factors.len()) == whole(&[targets, self.blocks.len(), all])
                    && factors.iter().all(|f| share(f64::from(*f)))
                    && factors.chunks(all).all(|own| own.iter().any(|f| *f > 0.0))
            })
    }

    /// Rows of history that a forecast looks at, beside those of the networks' window.
    pub fn history(&self) -> usize {
        if self.is_none() { 0 } else { self.seasons.history(&self.members) }
    }

    /// Combines the networks' forecasts of these cuts with the members'. Comes before all other
    /// changes of the forecasts.
    pub fn combine(
        &self,
        mut forecasts: Forecasts,
        panel: &Panel,
        inputs: &Inputs,
        cuts: &[Cut],
    ) -> Forecasts {
        if self.is_none() || forecasts.point.is_empty() {
            return forecasts;
        }
        let own: Vec<Option<&[f32]>> = panel.series.iter().map(|key| self.factors(key)).collect();
        let size = forecasts.horizon * forecasts.targets;
        let width = size * forecasts.levels.len();
        let one = |(cut, point, quantiles): (&Cut, &mut [f64], &mut [f64])| {
            let series = panel.segments[cut.segment as usize].series as usize;
            self.combine_one((panel, inputs), *cut, own[series], forecasts.horizon, point, quantiles);
        };
        let points = forecasts.point.par_chunks_mut(size);
        if width == 0 {
            cuts.par_iter().zip(points).for_each(|(cut, point)| one((cut, point, &mut [])));
        } else {
            let quantiles = forecasts.quantiles.par_chunks_mut(width);
            cuts.par_iter().zip(points).zip(quantiles).for_each(|((cut, p), q)| one((cut, p, q)));
        }
        forecasts
    }

    /// One cut: `point` (P, K), `quantiles` (P, K, Q).
    fn combine_one(
        &self,
        (panel, inputs): (&Panel, &Inputs),
        cut: Cut,
        own: Option<&[f32]>,
        horizon: usize,
        point: &mut [f64],
        quantiles: &mut [f64],
    ) {
        let (k, all) = (point.len() / horizon, self.members.len() + 1);
        let q = quantiles.len() / point.len();
        let mut forecasts = vec![f64::NAN; all * horizon];
        for target in 0..k {
            let history = history(panel, cut, target, self.history());
            let used: Vec<bool> = (0..all).map(|j| self.used(target, horizon, own, j)).collect();
            let fitted = self.members.iter().zip(&used[1..]).any(|(m, used)| m.is_fitted() && *used);
            let told = if fitted { Told::new(inputs, panel, cut, target) } else { None };
            let past = Past { history, seasons: &self.seasons, learned: &self.learned, told };
            for (j, member) in self.members.iter().enumerate() {
                let out = &mut forecasts[(j + 1) * horizon..(j + 2) * horizon];
                match used[j + 1] {
                    true => past.forecast(*member, out),
                    false => out.fill(f64::NAN),
                }
            }
            for step in 0..horizon {
                let cell = step * k + target;
                let median = point[cell];
                forecasts[step] = median;
                let (mut sum, mut total) = (0f64, 0f64);
                for j in 0..all {
                    let value = forecasts[j * horizon + step];
                    let weight = self.weight(target, horizon, step, own, j);
                    if weight > 0.0 && value.is_finite() {
                        sum += weight * value;
                        total += weight;
                    }
                }
                let combined = if total > 0.0 { sum / total } else { median };
                let spread = self.spread.get(target * horizon + step).copied().unwrap_or(1.0);
                point[cell] = combined;
                let own = &mut quantiles[cell * q..(cell + 1) * q];
                own.iter_mut().for_each(|v| *v = combined + spread * (*v - median));
            }
        }
    }

    /// Multiplies the factors of the quantiles' distances by these, (K, P); one that is no factor counts for 1.
    pub(crate) fn widen(&mut self, by: impl Iterator<Item = f64>) {
        let by: Vec<f64> = by.map(|by| if by.is_finite() { by.clamp(0.5, 2.0) } else { 1.0 }).collect();
        self.spread.resize(by.len(), 1.0);
        self.spread.iter_mut().zip(by).for_each(|(own, by)| *own = (*own * by).clamp(0.1, 10.0));
    }

    /// Gives a member (0 for the networks) all weight of one of so many targets.
    fn leave_to(&mut self, member: usize, target: usize, targets: usize) {
        let all = self.members.len() + 1;
        let only = |at: usize| if at % all == member { 1.0 } else { 0.0 };
        let of_target = |len: usize| target * len / targets..(target + 1) * len / targets;
        let range = of_target(self.weights.len());
        self.weights[range].iter_mut().enumerate().for_each(|(at, weight)| *weight = only(at));
        for (_, factors) in &mut self.own {
            let range = of_target(factors.len());
            factors[range].iter_mut().enumerate().for_each(|(at, factor)| *factor = only(at) as f32);
        }
    }

    /// Members that are not fitted, in their order.
    pub fn simple(&self) -> impl Iterator<Item = Member> {
        self.members.iter().copied().filter(|member| !member.is_fitted())
    }

    /// What these say of P steps of a target from a cut on: (members, P) in original units, NaN where one has
    /// nothing to say.
    pub fn forecast_simple(&self, panel: &Panel, cut: Cut, target: usize, horizon: usize, out: &mut [f64]) {
        let history = history(panel, cut, target, self.history());
        for (member, out) in self.simple().zip(out.chunks_exact_mut(horizon.max(1))) {
            member.forecast(history, &self.seasons, out);
        }
    }

    /// The place of a series among those that have weights of their own.
    pub fn own_place(&self, key: &SeriesKey) -> Option<usize> {
        self.own.binary_search_by(|(own, _)| own.cmp(key)).ok()
    }

    fn factors(&self, key: &SeriesKey) -> Option<&[f32]> {
        self.own.get(self.own_place(key)?).map(|(_, factors)| factors.as_slice())
    }

    /// The weight of member j (0 for the networks), not yet brought to sum 1.
    fn weight(&self, target: usize, horizon: usize, step: usize, own: Option<&[f32]>, j: usize) -> f64 {
        let all = self.members.len() + 1;
        let shared = self.weights[(target * horizon + step) * all + j];
        let Some(own) = own else { return shared };
        let block = self.blocks.partition_point(|first| *first <= step).saturating_sub(1);
        let at = (target * self.blocks.len() + block) * all + j;
        (shared + self.prior.get(at).unwrap_or(&FLOOR)) * f64::from(own[at])
    }

    /// The weights of a target as a table, and which members it has columns of (the networks always): (series with weights of
    /// their own, in their order, and all others at the end; P; members in use).
    pub(crate) fn weight_table(
        &self,
        target: usize,
        targets: usize,
        horizon: usize,
    ) -> (Vec<f64>, Vec<bool>) {
        debug_assert!(target < targets);
        let all = self.members.len() + 1;
        let owners = || self.own.iter().map(|(_, factors)| Some(factors.as_slice())).chain([None]);
        let used: Vec<bool> =
            (0..all).map(|j| j == 0 || owners().any(|own| self.used(target, horizon, own, j))).collect();
        let row = |own: Option<&[f32]>, step: usize| {
            let weight = |j: usize| self.weight(target, horizon, step, own, j);
            (0..all).filter(|j| used[*j]).map(weight).collect::<Vec<_>>()
        };
        let row = &row;
        let rows = owners().flat_map(|own| (0..horizon).flat_map(move |step| row(own, step)));
        (rows.collect(), used)
    }

    /// Members that have a weight anywhere, in their order.
    pub(crate) fn in_use(&self, targets: usize, horizon: usize) -> Vec<Member> {
        let owners = || self.own.iter().map(|(_, factors)| Some(factors.as_slice())).chain([None]);
        let used =
            |j: usize| (0..targets).any(|target| owners().any(|own| self.used(target, horizon, own, j + 1)));
        self.members.iter().enumerate().filter(|(j, _)| used(*j)).map(|(_, member)| *member).collect()
    }

    fn used(&self, target: usize, horizon: usize, own: Option<&[f32]>, j: usize) -> bool {
        (0..horizon).any(|step| self.weight(target, horizon, step, own, j) > 0.0)
    }

    /// Mean weight over the leads of a target for each of networks and members that have a
    /// twentieth or more, largest first: of all series together, or of one.
    pub fn shares(
        &self,
        target: usize,
        horizon: usize,
        series: Option<&SeriesKey>,
    ) -> Vec<(&'static str, f64)> {
        let all = self.members.len() + 1;
        let own = series.and_then(|key| self.factors(key));
        let mut sums = vec![0f64; all];
        for step in 0..horizon {
            let weights: Vec<f64> = (0..all).map(|j| self.weight(target, horizon, step, own, j)).collect();
            let total = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += w / total / horizon as f64);
        }
        let names = std::iter::once("networks").chain(self.members.iter().map(|member| member.name()));
        let mut shares: Vec<(&str, f64)> = names.zip(sums).filter(|(_, share)| *share >= 0.05).collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares
    }

    /// How many series have weights of their own.
    pub fn own_count(&self) -> usize {
        self.own.len()
    }

    /// For each of networks and members the number of series in which it has the largest weight,
    /// most first.
    pub fn leaders(&self, target: usize, horizon: usize) -> Vec<(&'static str, usize)> {
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        for (key, _) in &self.own {
            if let Some((name, _)) = self.shares(target, horizon, Some(key)).first() {
                *counts.entry(name).or_default() += 1;
            }
        }
        let mut leaders: Vec<(&str, usize)> = counts.into_iter().collect();
        leaders.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        leaders
    }
}

/// What all members forecast one target from at one cut.
struct Past<'a> {
    /// Its newest rows; see [`Member::forecast`].
    history: &'a [f64],
    seasons: &'a Seasons,
    learned: &'a Learned,
    told: Option<Told>,
}

impl Past<'_> {
    /// Forecasts P steps in original units; NaN where the member has nothing to say.
    fn forecast(&self, member: Member, out: &mut [f64]) {
        match member.is_fitted() {
            true => self.learned.forecast(member, self.told.as_ref(), out),
            false => member.forecast(self.history, self.seasons, out),
        }
    }
}

/// The newest rows of a target before a cut, at most so many, of its own segment alone.
fn history(panel: &Panel, cut: Cut, target: usize, rows: usize) -> &[f64] {
    let segment = &panel.segments[cut.segment as usize];
    let first = cut.row.saturating_sub(rows).max(segment.offset);
    panel.columns.get(target).and_then(|c| c.values.get(first..cut.row)).unwrap_or(&[])
}

#[cfg(test)]
pub(crate) mod tests;
