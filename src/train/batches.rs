//! Which windows make a batch, and gathering them. The order depends on the seed and the pass
//! alone, so that training can go on at any step without saved random state.

use candle_core::{Device, Tensor};
use rand::seq::SliceRandom;

use super::Data;
use super::loss::Bend;
use crate::config::{Decoder, TrainConfig};
use crate::data::split::Cut;
use crate::data::windows;
use crate::error::Result;
use crate::forecast;
use crate::model::{Feed, Model, ToldTensors, init};
use rand::Rng;

/// All training windows, grouped by rows of history: T for nearly all, less where short series
/// are padded (a shorter window is the exact form of a padded and masked one).
pub struct Batches {
    groups: Vec<(usize, Vec<Cut>)>,
    size: usize,
    seed: u64,
    /// (S * K) weights of the series.
    sizes: Vec<f32>,
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
    /// (M, P, K): 0 where not observed, else the series' size over the mean size, so that errors
    /// count in original units.
    pub weight: Tensor,
    pub bend: Option<Bend>,
}

/// Share of a window before the first step at which `decoder: lead` is trained.
const BURN_IN: f64 = 0.15;

impl Batches {
    /// Groups the training windows.
    pub fn new(data: &Data, size: usize, seed: u64) -> Batches {
        let mut groups = std::collections::BTreeMap::<usize, Vec<Cut>>::new();
        // Short histories lose at most an eighth of a window, so that batches stay full.
        let grain = (data.input_window / 8).max(1);
        for cut in data.train {
            let rows = windows::history(data.panel, *cut, data.input_window);
            let steps =
                if rows < data.input_window { (rows / grain * grain).max(rows.min(grain)) } else { rows };
            groups.entry(steps).or_default().push(*cut);
        }
        Batches { groups: groups.into_iter().collect(), size: size.max(1), seed, sizes: sizes(data) }
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
        let (steps, all) = &self.groups[spec.group];
        let steps = *steps;
        let cuts: Vec<Cut> = spec.members.iter().map(|i| all[*i as usize]).collect();
        let (n, p, k) = (cuts.len(), model.shape.horizon, model.shape.targets);
        let width = data.inputs.width();
        let mut rng = init::rng(self.seed, 0xC075_0000_0000 + step as u64);
        let mut x = Vec::new();
        windows::gather_x(data.inputs, &cuts, steps, &mut x);
        // Steps of the window seen at each cut.
        let seen: Vec<usize> = match model.config.decoder {
            Decoder::Direct => vec![steps],
            Decoder::Sequence => (1..=steps).collect(),
            Decoder::Lead => some_steps(steps, t.cuts, &mut rng),
        };
        let rows: Vec<(u32, usize)> = cuts
            .iter()
            .flat_map(|c| seen.iter().map(move |seen| (c.segment, c.row - steps + seen)))
            .collect();
        let mut feed = Feed::default();
        if let (Some(lead), Some(shape)) = (&data.inputs.lead, &model.shape.lead) {
            let masks = masks(n, width + lead.outer_width(), t.input_dropout, &mut rng);
            lead.hide(&mut x, width);
            for (mask, window) in masks.iter().zip(x.chunks_mut(steps * width)) {
                window.chunks_mut(width).for_each(|row| row.iter_mut().zip(mask).for_each(|(v, m)| *v *= m));
            }
            for target in 0..k {
                let told = lead.tell(&data.inputs.x, width, target, &rows, &masks);
                feed.told.push(ToldTensors::new(told, shape, p, device)?);
            }
            feed.seen = seen.clone();
        } else {
            let spans: Vec<(usize, usize)> = cuts
                .iter()
                .flat_map(|c| seen.iter().map(move |seen| (c.row - steps + seen, c.row - steps)))
                .collect();
            let base = forecast::base(model.config.skip, data.inputs, data.season, &spans, p);
            feed.base = base.map(|b| Tensor::from_vec(b, (spans.len(), p, k), device)).transpose()?;
        }
        feed.x = Some(Tensor::from_vec(x, (n, steps, width), device)?);
        let m = rows.len();
        let mut y = Vec::new();
        windows::gather_y(data.inputs, &rows.iter().map(|r| r.1).collect::<Vec<_>>(), p, &mut y);
        let mut weight = vec![0f32; y.len()];
        for (cell, (value, weight)) in y.iter_mut().zip(&mut weight).enumerate() {
            if value.is_nan() {
                *value = 0.0;
            } else {
                let series = data.panel.segments[rows[cell / (p * k)].0 as usize].series as usize;
                *weight = self.sizes[series * k + cell % k];
            }
        }
        Ok(Batch {
            feed,
            y: Tensor::from_vec(y, (m, p, k), device)?,
            weight: Tensor::from_vec(weight, (m, p, k), device)?,
            bend: bend(data, &rows, k, device)?,
        })
    }
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

/// The inverse of asinh for each cut and target; `None` where no target is bent.
fn bend(data: &Data, rows: &[(u32, usize)], k: usize, device: &Device) -> Result<Option<Bend>> {
    let lines = &data.inputs.lines;
    if lines.iter().flatten().all(|l| l.asinh.is_none()) {
        return Ok(None);
    }
    let of = |value: fn(&crate::data::scale::Line) -> f32| {
        let values: Vec<f32> = rows
            .iter()
            .flat_map(|(segment, _)| {
                lines[data.panel.segments[*segment as usize].series as usize].iter().map(value)
            })
            .collect();
        Tensor::from_vec(values, (rows.len(), 1, k, 1), device)
    };
    Ok(Some(Bend {
        shift: of(|l| l.shift as f32)?,
        scale: of(|l| l.scale as f32)?,
        on: of(|l| if l.asinh.is_some() { 1.0 } else { 0.0 })?,
    }))
}

/// (S * K) each series' size over the mean size of the target.
fn sizes(data: &Data) -> Vec<f32> {
    let lines = &data.inputs.lines;
    let k = lines.first().map_or(0, Vec::len);
    let means: Vec<f64> =
        (0..k).map(|t| lines.iter().map(|l| l[t].size()).sum::<f64>() / lines.len().max(1) as f64).collect();
    lines.iter().flat_map(|l| l.iter().zip(&means).map(|(l, mean)| (l.size() / mean) as f32)).collect()
}
