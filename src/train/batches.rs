//! Which windows make a batch, and gathering them. The order depends on the seed and the pass
//! alone, so that training can go on at any step without saved random state.

use candle_core::{Device, Tensor};
use rand::seq::SliceRandom;

use super::loss::Bend;
use super::{Data, weights};
use crate::config::{Decoder, ModelConfig, TrainConfig, Weighing};
use crate::data::split::Cut;
use crate::data::{lead, windows};
use crate::error::Result;
use crate::forecast::network;
use crate::model::{Feed, LeadTensors, Model, Shape, init};
use rand::Rng;

/// All training windows, grouped by rows of history: T for nearly all, less where short series
/// are padded (a shorter window is the exact form of a padded and masked one).
pub struct Batches {
    groups: Vec<(usize, Vec<Cut>)>,
    size: usize,
    seed: u64,
    /// (S * K) weights of the series.
    weights: Vec<f32>,
}

/// One batch to gather: a group and positions in it.
#[derive(Debug, Clone)]
pub struct Spec {
    group: usize,
    members: Vec<u32>,
}

/// The tensors of one batch; M cuts of N windows.
pub struct Batch {
    pub feed: Feed,
    /// (M, P, K), 0 where not observed.
    pub y: Tensor,
    /// (M, P, K): 0 where not observed, else the weight of the series; see `super::weights`.
    pub weight: Tensor,
    pub bend: Option<Bend>,
}

/// Share of a window before the first step at which `decoder: lead` is trained.
const BURN_IN: f64 = 0.15;

impl Batches {
    /// Groups the training windows.
    pub fn new(data: &Data, size: usize, seed: u64, weighing: Weighing) -> Batches {
        let mut groups = std::collections::BTreeMap::<usize, Vec<Cut>>::new();
        // Short histories lose at most an eighth of a window, so that batches stay full.
        let grain = (data.input_window / 8).max(1);
        for cut in data.train {
            let rows = windows::history(data.panel, *cut, data.input_window);
            let steps =
                if rows < data.input_window { (rows / grain * grain).max(rows.min(grain)) } else { rows };
            groups.entry(steps).or_default().push(*cut);
        }
        Batches {
            groups: groups.into_iter().collect(),
            size: size.max(1),
            seed,
            weights: weights::of_scaled(data, weighing),
        }
    }

    /// Steps in one pass over all windows.
    pub fn per_pass(&self) -> usize {
        self.groups.iter().map(|(_, cuts)| cuts.len().div_ceil(self.size)).sum::<usize>().max(1)
    }

    /// The batches of one pass, in order.
    pub fn order(&self, pass: u64) -> Vec<Spec> {
        let mut rng = init::rng(self.seed, 0xBA7C_0000_0000 + pass);
        let mut specs = Vec::with_capacity(self.per_pass());
        for (group, (_, cuts)) in self.groups.iter().enumerate() {
            let mut members: Vec<u32> = (0..cuts.len() as u32).collect();
            members.shuffle(&mut rng);
            specs.extend(members.chunks(self.size).map(|m| Spec { group, members: m.to_vec() }));
        }
        specs.shuffle(&mut rng);
        specs
    }

    /// Gathers one batch; `step` names its random choices.
    pub fn gather(
        &self,
        spec: &Spec,
        data: &Data,
        model: &Model,
        t: &TrainConfig,
        step: usize,
        device: &Device,
    ) -> Result<Batch> {
        let all = self.gathered(spec, data, (&model.config, &model.shape), t, step);
        let (n, m, p, k) = (all.windows.len(), all.cuts, model.shape.horizon, model.shape.targets);
        let width = data.inputs.width();
        let mut x = Vec::new();
        windows::gather_x(data.inputs, &all.windows, all.steps, &mut x);
        let mut feed = Feed { seen: all.seen, ..Feed::default() };
        if let (Some(lead), Some(shape)) = (&data.inputs.lead, &model.shape.lead) {
            lead.hide(&mut x, width);
            for (mask, window) in all.masks.iter().zip(x.chunks_mut(all.steps * width)) {
                window.chunks_mut(width).for_each(|row| row.iter_mut().zip(mask).for_each(|(v, m)| *v *= m));
            }
            for features in all.lead {
                feed.lead.push(LeadTensors::new(features, shape, p, device)?);
            }
        }
        feed.base = all.base.map(|b| Tensor::from_vec(b, (m, p, k), device)).transpose()?;
        feed.x = Some(Tensor::from_vec(x, (n, all.steps, width), device)?);
        let bend = match all.bend {
            Some([shift, scale, on]) => {
                let of = |values: Vec<f32>| Tensor::from_vec(values, (m, 1, k, 1), device);
                Some(Bend { shift: of(shift)?, scale: of(scale)?, on: of(on)? })
            }
            None => None,
        };
        Ok(Batch {
            feed,
            y: Tensor::from_vec(all.y, (m, p, k), device)?,
            weight: Tensor::from_vec(all.weight, (m, p, k), device)?,
            bend,
        })
    }

    /// The windows of a batch.
    fn cuts(&self, spec: &Spec) -> Vec<Cut> {
        let all = &self.groups[spec.group].1;
        spec.members.iter().map(|i| all[*i as usize]).collect()
    }

    /// All of one batch but its windows' values.
    pub fn gathered(
        &self,
        spec: &Spec,
        data: &Data,
        (config, shape): (&ModelConfig, &Shape),
        t: &TrainConfig,
        step: usize,
    ) -> Gathered {
        let steps = self.groups[spec.group].0;
        let cuts = self.cuts(spec);
        let (n, p, k) = (cuts.len(), shape.horizon, shape.targets);
        let width = data.inputs.width();
        let mut rng = init::rng(self.seed, 0xC075_0000_0000 + step as u64);
        // Steps of the window seen at each cut.
        let seen: Vec<usize> = match config.decoder {
            Decoder::Direct => vec![steps],
            Decoder::Sequence => (1..=steps).collect(),
            Decoder::Lead => some_steps(steps, t.cuts, &mut rng),
        };
        let rows: Vec<(u32, usize)> = cuts
            .iter()
            .flat_map(|c| seen.iter().map(move |seen| (c.segment, c.row - steps + seen)))
            .collect();
        let mut all = Gathered { steps, cuts: rows.len(), bend: bend(data, &rows), ..Gathered::default() };
        if let (Some(lead), Some(_)) = (&data.inputs.lead, &shape.lead) {
            all.masks = masks(n, width + lead.outer_width(), t.input_dropout, &mut rng);
            all.lead = (0..k)
                .map(|target| lead.features(&data.inputs.x, width, target, &rows, &all.masks))
                .collect();
            all.seen = seen;
        } else {
            let spans: Vec<(usize, usize)> = cuts
                .iter()
                .flat_map(|c| seen.iter().map(move |seen| (c.row - steps + seen, c.row - steps)))
                .collect();
            all.base = network::base(config.skip, data.inputs, data.season, &spans, p);
        }
        let rows_of_y: Vec<usize> = rows.iter().map(|r| r.1).collect();
        windows::gather_y(data.inputs, &rows_of_y, p, &mut all.y);
        all.weight = vec![0f32; all.y.len()];
        for (cell, (value, weight)) in all.y.iter_mut().zip(&mut all.weight).enumerate() {
            if value.is_nan() {
                *value = 0.0;
            } else {
                let series = data.panel.segments[rows[cell / (p * k)].0 as usize].series as usize;
                *weight = self.weights[series * k + cell % k];
            }
        }
        all.windows = cuts;
        all
    }
}

/// A batch in host memory, but for the windows' values: N windows of `steps` rows, M cuts.
#[derive(Debug, Default)]
pub struct Gathered {
    pub steps: usize,
    /// (N) where each window ends.
    pub windows: Vec<Cut>,
    /// M.
    pub cuts: usize,
    /// As [`Feed::seen`].
    pub seen: Vec<usize>,
    /// (N, F + E) flags of the columns that a window keeps; empty without input dropout.
    pub masks: Vec<Vec<f32>>,
    /// `decoder: lead`: one a target.
    pub lead: Vec<lead::LeadFeatures>,
    /// (M, P, K), as [`Feed::base`].
    pub base: Option<Vec<f32>>,
    /// (M, P, K).
    pub y: Vec<f32>,
    /// (M, P, K).
    pub weight: Vec<f32>,
    /// (M, K) each: shift, scale, on; see [`Bend`].
    pub bend: Option<[Vec<f32>; 3]>,
}

/// Sorted steps of a window to train at: its end, and others after the burn-in.
fn some_steps(steps: usize, cuts: usize, rng: &mut impl Rng) -> Vec<usize> {
    let first = ((steps as f64 * BURN_IN) as usize).max(1);
    let mut rest: Vec<usize> = (first..steps).collect();
    let (chosen, _) = rest.partial_shuffle(rng, cuts - 1);
    let mut seen = chosen.to_vec();
    seen.push(steps);
    seen.sort_unstable();
    seen
}

/// For each window one flag a column: 0 with probability `share`, else 1.
fn masks(windows: usize, width: usize, share: f64, rng: &mut impl Rng) -> Vec<Vec<f32>> {
    if share <= 0.0 {
        return Vec::new();
    }
    let flag = |rng: &mut _| if Rng::random::<f64>(rng) < share { 0.0 } else { 1.0 };
    (0..windows).map(|_| (0..width).map(|_| flag(rng)).collect()).collect()
}

/// The inverse of asinh for each cut and target: shift, scale, on; `None` where no target is bent.
fn bend(data: &Data, rows: &[(u32, usize)]) -> Option<[Vec<f32>; 3]> {
    let scalings = &data.inputs.scalings;
    if scalings.iter().flatten().all(|l| l.asinh.is_none()) {
        return None;
    }
    let of = |value: fn(&crate::data::scale::Scaling) -> f32| -> Vec<f32> {
        rows.iter()
            .flat_map(|(segment, _)| {
                scalings[data.panel.segments[*segment as usize].series as usize].iter().map(value)
            })
            .collect()
    };
    let on = of(|l| if l.asinh.is_some() { 1.0 } else { 0.0 });
    Some([of(|l| l.shift as f32), of(|l| l.scale as f32), on])
}
