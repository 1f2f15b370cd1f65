//! How much worse forecasts become where a column is put out of step with everything else.
//!
//! Permutation importance (Breiman, "Random Forests", Machine Learning 45, 2001; as model reliance
//! Fisher, Rudin and Dominici, "All Models are Wrong, but Many are Useful", Journal of Machine Learning
//! Research 20, 2019), with rotations for permutations: a column's rows move around within each series
//! by a common random distance, so that it stays a series of its kind, with its own ups and downs, at the
//! wrong time. (Shuffled rows would be no such series, and every lag of them noise.)

use candle_core::Device;
use rand::Rng;
use rayon::prelude::*;

use super::Extent;
use super::columns::{Group, block_name, blocks};
use super::scene::{Scene, reach};
use crate::data::inputs::Scalings;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::Result;
use crate::forecast::Forecasts;
use crate::metrics::{PointErrors, QuantileErrors};
use crate::model::init::rng;
use crate::pipeline::forecaster::Forecaster;
use crate::report::explanation::{Block, Effect, Rise};

/// A column whose rise is below this share of the error has no blocks of its own.
const LAG_SHARE: f64 = 0.005;

/// What is measured on.
pub(super) struct Measured<'a> {
    pub(super) forecaster: &'a Forecaster,
    pub(super) scalings: &'a Scalings,
    pub(super) panel: &'a Panel,
    pub(super) cuts: &'a [Cut],
    pub(super) repeats: usize,
    pub(super) seed: u64,
    pub(super) extent: Extent,
}

/// Errors of each target: over all, then by lead.
#[derive(Debug, Clone)]
pub(super) struct Errors {
    /// (K) of (1 + P) pairs: MAE, pinball.
    pub(super) all: Vec<Vec<[Option<f64>; 2]>>,
}

/// Of forecasts of a scene's cuts beside what the scene says was observed.
pub(super) fn errors(scene: &Scene, forecasts: &Forecasts) -> Errors {
    let (p, k, q) = (forecasts.horizon, forecasts.targets, forecasts.levels.len());
    let empty = (PointErrors::new(), QuantileErrors::new(&forecasts.levels));
    let mut cells = vec![vec![empty.clone(); p]; k];
    for (i, cut) in scene.cuts.iter().enumerate() {
        for (target, cells) in cells.iter_mut().enumerate() {
            for (step, (point, quantiles)) in cells.iter_mut().enumerate() {
                let actual = scene.panel.columns[target].values[cut.row + step];
                let at = (i * p + step) * k + target;
                point.push(actual, forecasts.point[at], f64::NAN);
                quantiles.push(actual, &forecasts.quantiles[at * q..(at + 1) * q]);
            }
        }
    }
    let of = |cell: &(PointErrors, QuantileErrors)| [cell.0.mae(), cell.1.pinball()];
    let target = |cells: Vec<(PointErrors, QuantileErrors)>| {
        let mut pooled = empty.clone();
        for cell in &cells {
            pooled.0.merge(&cell.0);
            pooled.1.merge(&cell.1);
        }
        std::iter::once(of(&pooled)).chain(cells.iter().map(of)).collect()
    };
    Errors { all: cells.into_iter().map(target).collect() }
}

impl Measured<'_> {
    /// The errors as they are, and for each group its effect on each target.
    pub(super) fn columns(&self, groups: &[Group]) -> Result<(Errors, Vec<Vec<Effect>>)> {
        let scene =
            Scene::new(self.forecaster, self.scalings, self.panel, self.cuts, reach(self.forecaster), 0);
        let plain = errors(&scene, &scene.forecast(None, |_, _| false, false)?);
        let fixed = scene.fixed();
        let mut found = vec![Vec::new(); groups.len()];
        for repeat in 0..self.repeats {
            let mut rng = rng(self.seed, repeat as u64);
            let rows = scene.panel.segments.iter().map(|s| s.len).max().unwrap_or(1).max(1);
            // Not so near that a slow column would hardly have moved.
            let least = (self.forecaster.model.shape().horizon as f64 / rows as f64).clamp(0.02, 0.25);
            let share = least + (1.0 - 2.0 * least) * rng.random::<f64>();
            let series = scene.panel.series.len();
            let aside = if series > 1 { 1 + (rng.random::<f64>() * (series - 1) as f64) as usize } else { 0 };
            let other = scene.rotated(share, aside, &fixed);
            for (group, found) in groups.iter().zip(&mut found) {
                let forecasts =
                    scene.forecast(Some(&other), |column, _| group.has(column), group.is_calendar())?;
                found.push(errors(&scene, &forecasts));
            }
        }
        let moves = |group: &Group| {
            group.is_calendar()
                || scene.panel.series.len() > 1
                || group.places.iter().any(|place| fixed.get(*place) == Some(&false))
        };
        let effects = groups.iter().zip(&found).map(|(group, found)| {
            let effect = |target: usize| effect(group, moves(group), target, &plain, found);
            (0..plain.all.len()).map(effect).collect()
        });
        let effects = effects.collect();
        Ok((plain, effects))
    }

    /// Which rows before the origin matter: for all columns together and for those that matter most, the
    /// rise of the MAE where a block of rows is that of another time; by target.
    pub(super) fn lags(&self, groups: &[Group], effects: &[Vec<Effect>]) -> Result<Vec<Vec<Block>>> {
        let season = self.forecaster.meta.schema.season;
        let (window, reach) = (self.forecaster.model.shape().input_window, reach(self.forecaster));
        let blocks = blocks(window, season, reach, false);
        let mut wanted: Vec<Option<usize>> = vec![None];
        wanted.extend(worth(groups, effects, self.extent.lag_columns).into_iter().map(Some));
        let origins = self.origins();
        let chosen: Vec<i64> = spread(&origins, self.extent.lag_origins);
        let scenes: Vec<(i64, Scene)> = chosen
            .iter()
            .map(|origin| {
                let own: Vec<Cut> =
                    self.cuts.iter().copied().filter(|cut| self.panel.stamps[cut.row] == *origin).collect();
                (*origin, Scene::new(self.forecaster, self.scalings, self.panel, &own, reach + window, 0))
            })
            .collect();
        let plain = scenes
            .iter()
            .map(|(_, scene)| Ok(sums(scene, &scene.forecast(None, |_, _| false, false)?)))
            .collect::<Result<Vec<_>>>()?;
        // (wanted x blocks) of (repeats) of sums by target.
        let mut found = vec![vec![Sums::default(); self.repeats]; wanted.len() * blocks.len()];
        for repeat in 0..self.repeats {
            let mut rng = rng(self.seed, 1_000_000 + repeat as u64);
            for (origin, scene) in &scenes {
                let donor = donor(&origins, *origin, rng.random::<f64>());
                let other = scene.at_another_time(self.panel, *origin, donor);
                let lag = lag_of_rows(scene, *origin);
                let jobs = wanted.len() * blocks.len();
                let one = |job: usize| {
                    let group = wanted[job / blocks.len()].and_then(|at| groups.get(at));
                    let block = &blocks[job % blocks.len()];
                    let takes = |column: usize, row: usize| {
                        block.contains(&lag[row]) && group.is_none_or(|group| group.has(column))
                    };
                    Ok(sums(scene, &scene.forecast(Some(&other), takes, false)?))
                };
                let done = each(&self.forecaster.device, jobs, one)?;
                found.iter_mut().zip(&done).for_each(|(found, own)| found[repeat].add(own));
            }
        }
        let mut base = Sums::default();
        plain.iter().for_each(|own| base.add(own));
        let targets = self.forecaster.model.shape().targets;
        let rise = |target: usize, found: &[Sums]| {
            let mae = |sums: &Sums| sums.mae(target);
            Rise::of(mae(&base), &found.iter().map(mae).collect::<Vec<_>>())
        };
        let of = |target: usize| {
            let each = wanted.iter().enumerate().map(|(w, wanted)| Block {
                column: wanted.and_then(|at| groups.get(at)).map(|group| group.name.clone()),
                rises: (blocks.iter().enumerate())
                    .map(|(b, block)| (block_name(block), rise(target, &found[w * blocks.len() + b])))
                    .collect(),
            });
            each.collect()
        };
        Ok((0..targets).map(of).collect())
    }

    /// All origins, ascending.
    pub(super) fn origins(&self) -> Vec<i64> {
        let mut origins: Vec<i64> = self.cuts.iter().map(|cut| self.panel.stamps[cut.row]).collect();
        origins.sort_unstable();
        origins.dedup();
        origins
    }
}

/// Groups whose blocks are worth measuring: those with the largest rise of some target.
fn worth(groups: &[Group], effects: &[Vec<Effect>], most: usize) -> Vec<usize> {
    let share = |effects: &Vec<Effect>| effects.iter().map(|e| e.mae.share()).fold(0.0, f64::max);
    let mut all: Vec<(usize, f64)> = effects.iter().map(share).enumerate().collect();
    all.retain(|(at, share)| *share >= LAG_SHARE && groups.get(*at).is_some_and(|g| !g.is_calendar()));
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(most);
    all.into_iter().map(|(at, _)| at).collect()
}

/// Does so many jobs, and gives their results in order: side by side where each of them is small, and one
/// after the other on a GPU.
pub(super) fn each<T: Send>(
    device: &Device,
    jobs: usize,
    one: impl Fn(usize) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    match device.is_cpu() {
        true => (0..jobs).into_par_iter().map(one).collect(),
        false => (0..jobs).map(one).collect(),
    }
}

/// Another origin, drawn by a number in [0, 1).
pub(super) fn donor(origins: &[i64], own: i64, draw: f64) -> i64 {
    let others: Vec<i64> = origins.iter().copied().filter(|origin| *origin != own).collect();
    others.get((draw * others.len() as f64) as usize).copied().unwrap_or(own)
}

/// At most so many, evenly spaced.
pub(super) fn spread(all: &[i64], most: usize) -> Vec<i64> {
    let n = all.len().min(most);
    (0..n).filter_map(|i| all.get(i * all.len() / n).copied()).collect()
}

/// For each row of a scene its lag: 1 for the last row before the origin, 0 from there on.
pub(super) fn lag_of_rows(scene: &Scene, origin: i64) -> Vec<usize> {
    let mut out = vec![0; scene.panel.stamps.len()];
    for segment in &scene.panel.segments {
        let rows = segment.offset..segment.offset + segment.len;
        let at = rows.start + scene.panel.stamps[rows.clone()].partition_point(|s| *s < origin);
        (rows.start..at).for_each(|row| out[row] = at - row);
    }
    out
}

/// Absolute errors by target.
#[derive(Debug, Clone, Default)]
struct Sums(Vec<(f64, u64)>);

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.0.resize(other.0.len().max(self.0.len()), (0.0, 0));
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a = (a.0 + b.0, a.1 + b.1));
    }

    fn mae(&self, target: usize) -> Option<f64> {
        self.0.get(target).filter(|(_, n)| *n > 0).map(|(sum, n)| sum / *n as f64)
    }
}

fn sums(scene: &Scene, forecasts: &Forecasts) -> Sums {
    let (p, k) = (forecasts.horizon, forecasts.targets);
    let mut out = vec![(0f64, 0u64); k];
    for (i, cut) in scene.cuts.iter().enumerate() {
        for (target, sum) in out.iter_mut().enumerate() {
            for step in 0..p {
                let error = scene.panel.columns[target].values[cut.row + step]
                    - forecasts.point[(i * p + step) * k + target];
                if error.is_finite() {
                    *sum = (sum.0 + error.abs(), sum.1 + 1);
                }
            }
        }
    }
    Sums(out)
}

fn effect(group: &Group, moves: bool, target: usize, plain: &Errors, found: &[Errors]) -> Effect {
    let at = |errors: &Errors, place: usize, metric: usize| {
        errors.all.get(target).and_then(|own| own.get(place)).and_then(|own| own[metric])
    };
    let rise = |place: usize, metric: usize| {
        let repeats: Vec<Option<f64>> = found.iter().map(|errors| at(errors, place, metric)).collect();
        Rise::of(at(plain, place, metric), &repeats)
    };
    let places = plain.all.get(target).map_or(0, Vec::len);
    Effect {
        name: group.name.clone(),
        kind: group.kind.name(),
        ahead: group.ahead,
        moves,
        mae: rise(0, 0),
        pinball: rise(0, 1),
        mae_by_lead: (1..places).map(|place| rise(place, 0)).collect(),
        pinball_by_lead: (1..places).map(|place| rise(place, 1)).collect(),
    }
}
