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
    if batch.feed.lead.is_empty() || !batch.y.device().is_cpu() {
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
    use candle_core::{DType, Device};

    use super::*;
    use crate::config::{Loss, ModelConfig};
    use crate::data::lead::LeadShape;
    use crate::model::{Feed, LeadTensors, Shape};

    /// Values in [-1, 1) that differ from place to place.
    fn wave(dims: &[usize], seed: usize) -> Tensor {
        let n: usize = dims.iter().product();
        let at = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0;
        Tensor::from_vec((0..n).map(at).collect::<Vec<f32>>(), dims, &Device::Cpu).unwrap()
    }

    /// A decoder for K targets, P leads and these levels; `windows` windows with three cuts each.
    fn problem(k: usize, p: usize, levels: &[f64], dropout: f32, windows: usize) -> (Model, Feed) {
        let (steps, sizes) = (6, LeadShape { context: 5, known: 4, linear: 2 });
        let shape = Shape {
            inputs: 3,
            input_window: steps,
            horizon: p,
            targets: k,
            quantiles: levels.to_vec(),
            lead: Some(sizes),
        };
        let config = ModelConfig { hidden_size: 7, head: vec![9], dropout, ..ModelConfig::default() };
        let model = Model::new(&config, &shape, 3, &Device::Cpu).unwrap();
        for (i, (_, var)) in model.params.iter().enumerate() {
            var.set(&(wave(var.dims(), i) * 0.5).unwrap()).unwrap();
        }
        let m = 3 * windows;
        let flat = |n: usize, seed: usize| wave(&[n], seed);
        let features = |target: usize| {
            let spread = (flat(m * p, target + 1) + 2.0).unwrap();
            let parts = [flat(m, target), spread, flat(m * 5, target + 2), flat(m * p * 4, target + 3)];
            LeadTensors::of(parts, m, &sizes, p).unwrap()
        };
        let x = Some(wave(&[windows, steps, 3], 9));
        (model, Feed { x, lead: (0..k).map(features).collect(), seen: vec![2, 3, 6], base: None })
    }

    fn batch(feed: Feed, m: usize, p: usize, k: usize, bent: bool) -> Batch {
        let weight = (wave(&[m, p, k], 8) + 0.5).unwrap().relu().unwrap(); // a quarter not observed
        let scale = (wave(&[m, 1, k, 1], 12) + 1.5).unwrap();
        let on = wave(&[m, 1, k, 1], 13).ge(0.0).unwrap().to_dtype(DType::F32).unwrap();
        let bend = bent.then(|| Bend { shift: wave(&[m, 1, k, 1], 11), scale, on });
        Batch { feed, y: (wave(&[m, p, k], 7) * 2.0).unwrap(), weight, bend }
    }

    #[test]
    fn the_fused_decoder_gives_the_losses_and_gradients_of_plain_operations() {
        let levels = [0.1, 0.5, 0.9];
        let cases = [
            (1, 24, &levels[..], Loss::Mae, 0.2, 40, true),
            (2, 3, &levels[..], Loss::Mae, 0.0, 12, true),
            (1, 7, &levels[..], Loss::Huber, 0.2, 30, true),
            (2, 4, &levels[..], Loss::Wql, 0.0, 20, false),
            (1, 110, &[][..], Loss::Huber, 0.5, 2, false),
            (2, 5, &[][..], Loss::Mse, 0.3, 30, false),
            (1, 1, &[][..], Loss::Mae, 0.0, 1, true),
        ];
        for (k, p, levels, loss, dropout, windows, bent) in cases {
            let (model, feed) = problem(k, p, levels, dropout, windows);
            let batch = batch(feed, 3 * windows, p, k, bent);
            let t = TrainConfig { loss, ..TrainConfig::default() };
            let (value, grads) = gradients(&model, &batch, &t, 5).unwrap();
            let out = model.forward(&batch.feed, Pass::Train { seed: 5 }).unwrap();
            let bend = batch.bend.as_ref();
            let plain = loss::loss(loss, levels, &out, &batch.y, &batch.weight, bend).unwrap();
            let expected = f64::from(plain.to_scalar::<f32>().unwrap());
            assert!((value - expected).abs() <= 2e-6 * expected.abs(), "{value} {expected}");
            let plain = plain.backward().unwrap();
            for (name, var) in &model.params {
                let flat =
                    |g: &GradStore| g.get(var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
                let (got, expected) = (flat(&grads), flat(&plain));
                let peak = expected.iter().fold(1e-6f32, |a, v| a.max(v.abs()));
                let near = got.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 2e-5 * peak);
                assert!(near, "{name}, K = {k}, P = {p}");
            }
        }
    }

    #[test]
    fn the_fused_decoder_forecasts_what_plain_operations_do() {
        let (model, feed) = problem(2, 24, &[0.1, 0.5, 0.9], 0.0, 30);
        let plain = model.forward(&feed, Pass::Train { seed: 1 }).unwrap();
        let fused = model.forward(&feed, Pass::Infer).unwrap();
        let far = (plain - fused).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(far < 1e-5, "{far}");
    }

    #[test]
    fn threads_change_no_byte_of_the_fused_decoder() {
        let (model, feed) = problem(1, 24, &[0.1, 0.5, 0.9], 0.2, 60);
        let batch = batch(feed, 180, 24, 1, false);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (value, grads) = gradients(&model, &batch, &TrainConfig::default(), 5).unwrap();
                let flat = |(_, var): &(String, candle_core::Var)| {
                    grads.get(var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
                };
                (value, model.params.iter().map(flat).collect::<Vec<_>>())
            })
        };
        assert!(run(1) == run(5));
    }

    #[test]
    fn the_limit_follows_the_first_epoch() {
        assert_eq!(limit(None), f64::INFINITY);
        assert_eq!(limit(Some(0.5)), 500.0);
        assert_eq!(limit(Some(0.0)), 1.0);
    }
}
