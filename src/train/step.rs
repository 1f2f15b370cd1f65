//! One optimiser step, and noticing that it went wrong.

use candle_core::Tensor;
use candle_core::backprop::GradStore;

use super::batches::Batch;
use super::loss::{self, Bend, Pointwise};
use crate::config::TrainConfig;
use crate::error::{Error, Result};
use crate::model::{Model, Pass};
use crate::optim::{self, AdamW};

/// A loss of this many times the first epoch's mean has exploded.
pub(super) const EXPLODED: f64 = 1e3;
/// The least mean (scaled units) that counts as a measure: a first epoch of next to no error must
/// not make every later loss an explosion.
pub(super) const LEAST_MEAN: f64 = 1e-3;

/// What was seen before the weights change.
pub(super) struct Seen {
    pub(super) loss: f64,
    /// Clipped.
    grads: GradStore,
    /// Before clipping.
    pub(super) grad_norm: f64,
}

/// Why the weights must not change.
pub(super) struct Bad {
    pub(super) why: String,
    pub(super) gradient: String,
}

/// Where and how training went astray.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    pub epoch: usize,
    pub step: usize,
    pub rate: f64,
    /// What was noticed, such as `the loss is NaN`.
    pub why: String,
    /// The largest gradient and its parameter, or that none is known.
    pub gradient: String,
}

impl Divergence {
    /// As an error; `kept` says what became of the best weights.
    pub fn error(&self, kept: &str) -> Error {
        Error::Diverged {
            message: format!(
                "training diverged in epoch {}, step {}, at learning rate {:.3e}: {}; {}; {kept}",
                self.epoch, self.step, self.rate, self.why, self.gradient
            ),
            hint: Some(
                "try a lower --learning-rate (--retry-diverged does so by itself), a smaller --grad-clip, or look for absurd values with `lstm-forecast ingest`"
                    .into(),
            ),
        }
    }
}

/// The largest loss that passes, when the first epoch's losses (so far) have this mean.
pub(super) fn limit(first_mean: Option<f64>) -> f64 {
    first_mean.map_or(f64::INFINITY, |mean| EXPLODED * mean.max(LEAST_MEAN))
}

/// One step of the optimiser, unless [`look`] finds it bad; the weights are then as before.
pub(super) fn one_step(
    model: &Model,
    batch: &Batch,
    optimiser: &mut AdamW,
    t: &TrainConfig,
    (lr, seed, limit): (f64, u64, f64),
) -> Result<std::result::Result<Seen, Bad>> {
    let seen = look(model, batch, t, seed, limit)?;
    if let Ok(seen) = &seen {
        optimiser.step(&model.params, &seen.grads, lr)?;
    }
    Ok(seen)
}

/// Loss and gradients of a batch; bad where they are not finite, or the loss above `limit`.
pub(super) fn look(
    model: &Model,
    batch: &Batch,
    t: &TrainConfig,
    seed: u64,
    limit: f64,
) -> Result<std::result::Result<Seen, Bad>> {
    let (value, mut grads) = gradients(model, batch, t, seed)?;
    if !value.is_finite() || value > limit {
        let why = if value.is_finite() {
            format!("the loss is {value:.4e}, more than {EXPLODED:.0} times that of the first epoch")
        } else {
            format!("the loss is {value}")
        };
        return Ok(Err(Bad { why, gradient: worst(model, &grads)? }));
    }
    let grad_norm = optim::clip_grad_norm(&model.params, &mut grads, most_norm(t))?;
    if !grad_norm.is_finite() {
        return Ok(Err(Bad { why: "a gradient is not finite".into(), gradient: worst(model, &grads)? }));
    }
    Ok(Ok(Seen { loss: value, grads, grad_norm }))
}

/// The largest norm of all gradients together.
pub(super) fn most_norm(t: &TrainConfig) -> f64 {
    if t.grad_clip > 0.0 { t.grad_clip } else { f64::INFINITY }
}

/// The loss of a batch and the gradients of all parameters.
fn gradients(model: &Model, batch: &Batch, t: &TrainConfig, seed: u64) -> Result<(f64, GradStore)> {
    let (kind, levels) = (t.loss, &model.shape.quantiles);
    if batch.feed.told.is_empty() || !batch.y.device().is_cpu() {
        let out = model.forward(&batch.feed, Pass::Train { seed })?; // (M, P, K, Q)
        let loss = loss::loss(kind, levels, &out, &batch.y, &batch.weight, batch.bend.as_ref())?;
        return Ok((f64::from(loss.to_scalar::<f32>()?), loss.backward()?));
    }
    let flat = |t: &Tensor| t.flatten_all()?.to_vec1::<f32>();
    let (y, weight) = (flat(&batch.y)?, flat(&batch.weight)?);
    let bend = match &batch.bend {
        Some(Bend { shift, scale, on }) => Some([flat(shift)?, flat(scale)?, flat(on)?]),
        None => None,
    };
    let bend = bend.as_ref().map(|parts| parts.each_ref().map(Vec::as_slice));
    let sizes = (model.shape.horizon, model.shape.targets);
    let all = Pointwise::new((kind, levels), &y, &weight, bend, sizes);
    model.lead_gradients(&batch.feed, seed, &|target| Box::new(all.of(target)))
}

fn worst(model: &Model, grads: &GradStore) -> Result<String> {
    Ok(describe(optim::worst_gradient(&model.params, grads)?))
}

fn describe(worst: Option<(&str, f32)>) -> String {
    match worst {
        Some((name, size)) if size.is_finite() => format!("the largest gradient is {size:.3e}, in `{name}`"),
        Some((name, size)) => format!("the largest gradient is {size}, in `{name}`"),
        None => "no parameter has a gradient".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_follows_the_first_epoch() {
        assert_eq!(limit(None), f64::INFINITY);
        assert_eq!(limit(Some(0.5)), 500.0);
        assert_eq!(limit(Some(0.0)), 1.0);
    }
}
