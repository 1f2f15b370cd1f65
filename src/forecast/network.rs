//! From windows to the networks' own forecasts in original units: the only place that unscales.

use candle_core::Tensor;
use rayon::prelude::*;

use super::forecasts::Forecasts;
use super::windows::Windows;
use crate::config::Skip;
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::data::windows::history;
use crate::error::{Error, Result};
use crate::meter;
use crate::model::{Feed, LeadTensors, Model, Pass};

/// Windows in one forward-only batch.
const BATCH: usize = 512;

/// Forecasts every cut with every member and averages, quantile by quantile. Cuts with less than T
/// rows of history are forecast from what they have.
///
/// # Errors
/// Those of the device, such as too little memory.
pub fn forecast(
    models: &[Model],
    windows: &Windows,
    panel: &Panel,
    season: usize,
    cuts: &[Cut],
) -> Result<Forecasts> {
    let Some(shape) = models.first().map(|m| &m.shape) else {
        return Err(Error::Tensor(candle_core::Error::Msg("a model without members".into())));
    };
    let (p, k, q) = (shape.horizon, shape.targets, shape.outputs_per_value());
    let mut all = Forecasts {
        horizon: p,
        targets: k,
        levels: shape.quantiles.clone(),
        point: vec![0f64; cuts.len() * p * k],
        quantiles: vec![0f64; if shape.quantiles.is_empty() { 0 } else { cuts.len() * p * k * q }],
        intervals: Vec::new(),
        resolution: Vec::new(),
    };
    meter::windows(cuts.len() as u64);
    // A GPU works on one batch while the forecasts of the one before are read and put into order.
    let mut asked: Option<(Vec<usize>, Vec<Tensor>)> = None;
    for (steps, group) in by_history(panel, cuts, shape.input_window) {
        for batch in group.chunks(BATCH) {
            meter::add(batch.len() as u64);
            let chosen: Vec<Cut> = batch.iter().map(|i| cuts[*i]).collect();
            let feed = feed(&models[0], windows, season, &chosen, steps)?;
            // Detached, since else what a result was made from would live as long as the result.
            let run = |model: &Model| Ok(model.forward(&feed, Pass::Infer)?.detach());
            let scaled = models.iter().map(run).collect::<Result<_>>()?;
            if let Some((batch, scaled)) = asked.replace((batch.to_vec(), scaled)) {
                all.read(windows.inputs, panel, cuts, &batch, &scaled)?;
            }
        }
    }
    if let Some((batch, scaled)) = asked {
        all.read(windows.inputs, panel, cuts, &batch, &scaled)?;
    }
    Ok(all)
}

impl Forecasts {
    /// Takes in what the networks say of a batch, each (N, P, K, Q) scaled; `batch` is its places
    /// among the cuts.
    fn read(
        &mut self,
        inputs: &Inputs,
        panel: &Panel,
        cuts: &[Cut],
        batch: &[usize],
        scaled: &[Tensor],
    ) -> Result<()> {
        let scaled =
            scaled.iter().map(|t| t.flatten_all()?.to_vec1::<f32>()).collect::<Result<Vec<_>, _>>()?;
        let size = self.horizon * self.targets;
        let q = self.levels.len().max(1);
        let middle = middle(&self.levels);
        // One window's forecasts: point (P, K), quantiles (P, K, Q).
        let window = |at: usize| {
            let segment = cuts[batch[at]].segment as usize;
            let scalings = &inputs.scalings[panel.segments[segment].series as usize];
            let (mut point, mut quantiles) = (vec![0f64; size], vec![0f64; size * q]);
            let mut sorted = vec![0f64; q];
            for member in &scaled {
                for (cell, sum) in point.iter_mut().enumerate() {
                    let from = (at * size + cell) * q;
                    let scaling = &scalings[cell % self.targets];
                    for (value, scaled) in sorted.iter_mut().zip(&member[from..from + q]) {
                        *value = scaling.unscale_forecast(f64::from(*scaled));
                    }
                    // Crossing quantiles are put in order (Chernozhukov et al. 2010).
                    sorted.sort_unstable_by(f64::total_cmp);
                    *sum += sorted[middle] / scaled.len() as f64;
                    for (sum, value) in quantiles[cell * q..].iter_mut().zip(&sorted) {
                        *sum += value / scaled.len() as f64;
                    }
                }
            }
            (point, quantiles)
        };
        let found: Vec<_> = (0..batch.len()).into_par_iter().map(window).collect();
        for (i, (point, quantiles)) in batch.iter().zip(found) {
            self.point[i * size..(i + 1) * size].copy_from_slice(&point);
            if !self.levels.is_empty() {
                self.quantiles[i * size * q..(i + 1) * size * q].copy_from_slice(&quantiles);
            }
        }
        Ok(())
    }
}

/// The place of level 0.5, or of the only value.
pub fn middle(levels: &[f64]) -> usize {
    let nearest = |a: &(usize, &f64), b: &(usize, &f64)| (a.1 - 0.5).abs().total_cmp(&(b.1 - 0.5).abs());
    levels.iter().enumerate().min_by(nearest).map_or(0, |(i, _)| i)
}

/// Cuts grouped by their rows of history, longest first, as indices.
fn by_history(panel: &Panel, cuts: &[Cut], input_window: usize) -> Vec<(usize, Vec<usize>)> {
    let mut groups = std::collections::BTreeMap::<usize, Vec<usize>>::new();
    for (i, cut) in cuts.iter().enumerate() {
        groups.entry(history(panel, *cut, input_window)).or_default().push(i);
    }
    groups.into_iter().rev().collect()
}

/// What networks of one shape are fed of a forward-only batch.
fn feed(model: &Model, windows: &Windows, season: usize, cuts: &[Cut], steps: usize) -> Result<Feed> {
    let (n, inputs, device) = (cuts.len(), windows.inputs, windows.device);
    let (p, k) = (model.shape.horizon, model.shape.targets);
    let mut feed = Feed { x: Some(windows.gather(cuts, steps)?), ..Feed::default() };
    if let (Some(lead), Some(shape)) = (&inputs.lead, &model.shape.lead) {
        let rows: Vec<(u32, usize)> = cuts.iter().map(|c| (c.segment, c.row)).collect();
        for target in 0..k {
            let features = lead.features(&inputs.x, inputs.width(), target, &rows, &[]);
            feed.lead.push(LeadTensors::new(features, shape, p, device)?);
        }
        feed.seen = vec![steps];
    } else {
        let rows: Vec<(usize, usize)> = cuts.iter().map(|c| (c.row, c.row - steps)).collect();
        let base = base(model.config.skip, inputs, season, &rows, p);
        feed.base = base.map(|b| Tensor::from_vec(b, (n, p, k), device)).transpose()?;
    }
    Ok(feed)
}

/// The simple forecast that the network corrects: (M, P, K) scaled, for each (origin row, first
/// row of history). `None` where the network forecasts from nothing or learns the map itself.
pub fn base(
    skip: Skip,
    inputs: &Inputs,
    season: usize,
    rows: &[(usize, usize)],
    horizon: usize,
) -> Option<Vec<f32>> {
    let (width, k) = (inputs.width(), inputs.targets());
    let mut out = Vec::with_capacity(rows.len() * horizon * k);
    match skip {
        Skip::None | Skip::Linear => return None,
        Skip::Last => {
            for (row, _) in rows {
                let last = &inputs.x[(row - 1) * width..(row - 1) * width + k];
                for _ in 0..horizon {
                    out.extend_from_slice(last);
                }
            }
        }
        Skip::Seasonal => {
            for (row, first) in rows {
                for step in 0..horizon {
                    // The newest row of the same phase before the origin, else the last row.
                    let back = season * (step / season + 1);
                    let at = (row + step)
                        .checked_sub(back)
                        .filter(|at| at >= first && at < row)
                        .unwrap_or(row - 1);
                    out.extend_from_slice(&inputs.x[at * width..at * width + k]);
                }
            }
        }
    }
    Some(out)
}
