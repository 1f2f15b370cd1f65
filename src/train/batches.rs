//! Which windows make a batch, and gathering them. The order depends on the seed and the pass
//! alone, so that training can go on at any step without saved random state.

use candle_core::{Device, Tensor};
use rand::seq::SliceRandom;

use super::Data;
use crate::config::Decoder;
use crate::data::split::Cut;
use crate::data::windows;
use crate::error::Result;
use crate::forecast;
use crate::model::{Model, init};

/// All training windows, grouped by rows of history: T for nearly all, less where short series
/// are padded (a shorter window is the exact form of a padded and masked one).
pub struct Batches {
    groups: Vec<(usize, Vec<Cut>)>,
    size: usize,
    seed: u64,
}

/// One batch to gather: a group and positions in it.
#[derive(Debug, Clone)]
pub struct Spec {
    group: usize,
    members: Vec<u32>,
}

/// The tensors of one batch; M cuts of N windows.
pub struct Batch {
    /// (N, T, F).
    pub x: Tensor,
    /// (M, P, K), 0 where not observed.
    pub y: Tensor,
    /// (M, P, K), 1 where observed, else 0.
    pub weight: Tensor,
    /// (M, P, K), the simple forecast.
    pub base: Option<Tensor>,
}

impl Batches {
    /// Groups the training windows.
    pub fn new(data: &Data, size: usize, seed: u64) -> Batches {
        let mut groups = std::collections::BTreeMap::<usize, Vec<Cut>>::new();
        // Short histories lose at most an eighth of a window, so that batches stay full.
        let grain = (data.input_window / 8).max(1);
        for cut in data.train {
            let rows = windows::history(data.panel, *cut, data.input_window);
            let steps = if rows < data.input_window { (rows / grain * grain).max(rows.min(grain)) } else { rows };
            groups.entry(steps).or_default().push(*cut);
        }
        Batches { groups: groups.into_iter().collect(), size: size.max(1), seed }
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

    /// Gathers one batch.
    pub fn gather(&self, spec: &Spec, data: &Data, model: &Model, device: &Device) -> Result<Batch> {
        let (steps, all) = &self.groups[spec.group];
        let steps = *steps;
        let cuts: Vec<Cut> = spec.members.iter().map(|i| all[*i as usize]).collect();
        let (n, p, k) = (cuts.len(), model.shape.horizon, model.shape.targets);
        let mut x = Vec::new();
        windows::gather_x(data.inputs, &cuts, steps, &mut x);
        // (origin row, first row of history) of every cut: one a window, or one after each step.
        let rows: Vec<(usize, usize)> = match model.config.decoder {
            Decoder::Direct => cuts.iter().map(|c| (c.row, c.row - steps)).collect(),
            Decoder::Sequence => {
                cuts.iter().flat_map(|c| (1..=steps).map(move |t| (c.row - steps + t, c.row - steps))).collect()
            }
        };
        let m = rows.len();
        let mut y = Vec::new();
        windows::gather_y(data.inputs, &rows.iter().map(|r| r.0).collect::<Vec<_>>(), p, &mut y);
        let mut weight = vec![0f32; y.len()];
        for (value, weight) in y.iter_mut().zip(&mut weight) {
            if value.is_nan() { *value = 0.0 } else { *weight = 1.0 }
        }
        let base = forecast::base(model.config.skip, data.inputs, data.season, &rows, p);
        Ok(Batch {
            x: Tensor::from_vec(x, (n, steps, data.inputs.width()), device)?,
            y: Tensor::from_vec(y, (m, p, k), device)?,
            weight: Tensor::from_vec(weight, (m, p, k), device)?,
            base: base.map(|b| Tensor::from_vec(b, (m, p, k), device)).transpose()?,
        })
    }
}
