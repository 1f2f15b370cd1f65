//! `decoder: lead`: one small network for every lead time of every cut, told what is known of it.
//!
//! For a cut with LSTM state h and context c, and for lead s with what is known of it, f:
//!
//! ```text
//! a = W_c [h, c] + b                      (M, U), once a cut
//! z = relu(a + W_f f + E_s)               (M, P, U)
//! z = relu(W_2 z + b_2)
//! o = W_3 z + b_3 + <L_s, linear part of f>   (M, P, Q)
//! forecast = y_t + spread_t * growth_s * o
//! ```
//!
//! U is the width of the head. Dropout acts on h and on both hidden layers.

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, Device, Layout, Storage, StorageRef, Tensor, bail};

use super::{Feed, Model, Pass, Shape, dropout, init};
use crate::config::ModelConfig;
use crate::data::lead::{LeadFeatures, LeadShape};
use crate::error::Result;
use crate::model::init::Init;

mod fused;
mod products;
pub use fused::Score;
use fused::{Decoder, Drop, Features as Flat, Sizes, Weights};

/// Width of the hidden layers when `head` does not say.
const WIDTH: usize = 64;

/// What is told about one target, as tensors.
pub struct LeadTensors {
    /// (M, 1, 1).
    pub base: Tensor,
    /// (M, P, 1).
    pub spread: Tensor,
    /// (M, C).
    pub context: Tensor,
    /// (M * P, known).
    pub known: Tensor,
    /// (M, P, linear).
    pub linear: Tensor,
}

impl LeadTensors {
    /// Moves gathered vectors to a device.
    pub fn new(
        features: LeadFeatures,
        shape: &LeadShape,
        horizon: usize,
        device: &Device,
    ) -> Result<LeadTensors> {
        let cuts = features.base.len();
        let flat = |values: Vec<f32>| {
            let count = values.len();
            Tensor::from_vec(values, count, device)
        };
        let parts =
            [flat(features.base)?, flat(features.spread)?, flat(features.context)?, flat(features.known)?];
        LeadTensors::of(parts, cuts, shape, horizon)
    }

    /// From the flat tensors of base, spread, context and known.
    pub fn of(
        [base, spread, context, known]: [Tensor; 4],
        cuts: usize,
        shape: &LeadShape,
        horizon: usize,
    ) -> Result<LeadTensors> {
        let known = known.reshape((cuts * horizon, shape.known))?;
        Ok(LeadTensors {
            base: base.reshape((cuts, 1, 1))?,
            spread: spread.reshape((cuts, horizon, 1))?,
            context: context.reshape((cuts, shape.context))?,
            linear: known.narrow(1, 0, shape.linear)?.reshape((cuts, horizon, shape.linear))?,
            known,
        })
    }
}

/// Parameters of the decoder, for each target.
pub(super) fn layout(
    config: &ModelConfig,
    shape: &Shape,
    sizes: LeadShape,
) -> Vec<(String, Vec<usize>, Init)> {
    let (h, p, q) = (config.hidden_size, shape.horizon, shape.outputs_per_value());
    let width = config.head.first().copied().unwrap_or(WIDTH);
    let mut list = Vec::new();
    for target in 0..shape.targets {
        let mut add = |part: &str, dims: Vec<usize>, init: Init| list.push((name(target, part), dims, init));
        let context = h + sizes.context;
        add("context.weight", vec![width, context], Init::fan(context));
        add("context.bias", vec![width], Init::fan(context));
        add("known.weight", vec![width, sizes.known], Init::fan(sizes.known));
        add("step", vec![p, width], Init::Uniform(0.17));
        add("hidden.weight", vec![width, width], Init::fan(width));
        add("hidden.bias", vec![width], Init::fan(width));
        add("out.weight", vec![q, width], Init::Zero);
        add("out.bias", vec![q], Init::Zero);
        add("linear", vec![p, sizes.linear], Init::Zero);
    }
    list
}

impl Model {
    /// `context` is the LSTM's state at every cut, (M, H); returns (M, P, K, Q).
    pub(super) fn lead(&self, context: &Tensor, feed: &Feed, pass: Pass) -> Result<Tensor> {
        let (m, _) = context.dims2()?;
        if context.device().is_cpu() && matches!(pass, Pass::Infer) {
            return self.lead_forecasts(context, feed);
        }
        let (p, q) = (self.shape.horizon, self.shape.outputs_per_value());
        let share = self.config.dropout;
        let drop = |z: Tensor, stream: u64| match pass {
            Pass::Infer => Ok(z),
            Pass::Train { seed } => dropout(&z, share, seed, stream),
        };
        let state = drop(context.clone(), STATE)?;
        let mut targets = Vec::new();
        for (target, features) in feed.lead.iter().enumerate() {
            let stream = streams(target);
            let get = |part: &str| self.param(&name(target, part));
            let seen = Tensor::cat(&[&state, &features.context], 1)?; // (M, H + C)
            let a = seen.matmul(&get("context.weight")?.t()?)?.broadcast_add(get("context.bias")?)?; // (M, U)
            let width = a.dim(1)?;
            let f = features.known.matmul(&get("known.weight")?.t()?)?.reshape((m, p, width))?; // (M*P, U) -> (M, P, U)
            let z = f.broadcast_add(&a.unsqueeze(1)?)?.broadcast_add(get("step")?)?.relu()?;
            let z = drop(z, stream)?.reshape((m * p, width))?;
            let z = z.matmul(&get("hidden.weight")?.t()?)?.broadcast_add(get("hidden.bias")?)?.relu()?;
            let z = drop(z, stream + 1)?;
            let o =
                z.matmul(&get("out.weight")?.t()?)?.broadcast_add(get("out.bias")?)?.reshape((m, p, q))?;
            let linear = features.linear.broadcast_mul(get("linear")?)?.sum_keepdim(2)?; // (M, P, 1)
            let o = o.broadcast_add(&linear)?;
            let forecast = o.broadcast_mul(&features.spread)?.broadcast_add(&features.base)?; // (M, P, Q)
            targets.push(forecast.unsqueeze(2)?);
        }
        Ok(Tensor::cat(&targets, 2)?) // K x (M, P, 1, Q) -> (M, P, K, Q)
    }

    /// As [`Model::lead`] for inference, by the fused engine.
    fn lead_forecasts(&self, context: &Tensor, feed: &Feed) -> Result<Tensor> {
        let (m, _) = context.dims2()?;
        let state = Held::new(context)?;
        let mut targets = Vec::new();
        for (target, features) in feed.lead.iter().enumerate() {
            let parts = Parts::new(self, target, features)?;
            let values = parts.decoder(self, target, state.values()?, None)?.forecasts();
            let (p, q) = (self.shape.horizon, self.shape.outputs_per_value());
            targets.push(Tensor::from_vec(values, (m, p, 1, q), context.device())?);
        }
        Ok(Tensor::cat(&targets, 2)?) // K x (M, P, 1, Q) -> (M, P, K, Q)
    }

    /// The sum of all losses of a training batch on the CPU, and the gradients of every parameter.
    /// `score` gives the loss of a target.
    ///
    /// # Errors
    /// Tensors that are not on the CPU; a feed that does not fit the network.
    pub fn lead_gradients<'s>(
        &self,
        feed: &Feed,
        seed: u64,
        score: &dyn Fn(usize) -> Box<dyn Score + 's>,
    ) -> Result<(f64, GradStore)> {
        let context = self.at_cuts(feed, Pass::Train { seed })?; // (M, H)
        let device = context.device();
        let mask = match self.config.dropout {
            share if share > 0.0 => Some(init::dropout_mask(context.elem_count(), share, seed, STATE)),
            _ => None,
        };
        let mut state = Held::new(&context)?.values()?.to_vec();
        let masked = |values: &mut [f32]| {
            let Some(mask) = &mask else { return };
            values.iter_mut().zip(mask).for_each(|(v, m)| *v *= m);
        };
        masked(&mut state);
        let (mut loss, mut d_state) = (0.0, vec![0f32; state.len()]);
        let mut found = Vec::new();
        for (target, features) in feed.lead.iter().enumerate() {
            let stream = streams(target);
            let dropout = mask.as_ref().map(|_| Drop { share: self.config.dropout, seed, stream });
            let parts = Parts::new(self, target, features)?;
            let (sum, gradients, d) = parts.decoder(self, target, &state, dropout)?.train(&*score(target));
            loss += sum;
            d_state.iter_mut().zip(d).for_each(|(sum, d)| *sum += d);
            found.push(gradients);
        }
        masked(&mut d_state);
        // The LSTM's own gradients are those of a sum that has this gradient by the state.
        let d_state = Tensor::from_vec(d_state, context.shape(), device)?;
        let mut grads = (&context * d_state)?.sum_all()?.backward()?;
        for (target, gradients) in found.into_iter().enumerate() {
            for (part, values) in PARTS.into_iter().zip(gradients.parts()) {
                let param = self.param(&name(target, part))?;
                grads.insert(param, Tensor::from_vec(values, param.shape(), device)?);
            }
        }
        Ok((loss, grads))
    }
}

/// The stream of the state's dropout masks.
const STATE: u64 = 100;

/// The first stream of a target's masks.
fn streams(target: usize) -> u64 {
    1000 * (target as u64 + 1)
}

/// The parameters' names behind `lead.TARGET.`, in the order of the layout.
const PARTS: [&str; 9] = [
    "context.weight",
    "context.bias",
    "known.weight",
    "step",
    "hidden.weight",
    "hidden.bias",
    "out.weight",
    "out.bias",
    "linear",
];

fn name(target: usize, part: &str) -> String {
    format!("lead.{target}.{part}")
}

/// A tensor in host memory whose values can be read as long as this lives.
struct Held<'a> {
    storage: StorageRef<'a>,
    layout: &'a Layout,
}

impl<'a> Held<'a> {
    fn new(tensor: &'a Tensor) -> Result<Held<'a>> {
        let (storage, layout) = tensor.storage_and_layout();
        Ok(Held { storage, layout })
    }

    fn values(&self) -> candle_core::Result<&[f32]> {
        match (&*self.storage, self.layout.contiguous_offsets()) {
            (Storage::Cpu(CpuStorage::F32(values)), Some((start, end))) => Ok(&values[start..end]),
            _ => bail!("the decoder takes contiguous f32 on the CPU, got {:?}", self.layout),
        }
    }
}

/// One target's parameters and what is told about it.
struct Parts<'a> {
    params: Vec<Held<'a>>,
    features: [Held<'a>; 4],
    linear: usize,
}

impl<'a> Parts<'a> {
    fn new(model: &'a Model, target: usize, features: &'a LeadTensors) -> Result<Parts<'a>> {
        let held = |part: &str| Held::new(model.param(&name(target, part))?);
        let params = PARTS.into_iter().map(held).collect::<Result<_>>()?;
        let parts = [&features.base, &features.spread, &features.context, &features.known];
        let [base, spread, context, known] = parts.map(Held::new);
        Ok(Parts { params, features: [base?, spread?, context?, known?], linear: features.linear.dim(2)? })
    }

    fn decoder<'b>(
        &'b self,
        model: &Model,
        target: usize,
        state: &'b [f32],
        dropout: Option<Drop>,
    ) -> Result<Decoder<'b>> {
        let width = model.param(&name(target, "context.bias"))?.elem_count();
        let context = model.param(&name(target, "context.weight"))?.dim(1)?;
        let known = model.param(&name(target, "known.weight"))?.dim(1)?;
        let values = self.params.iter().map(Held::values).collect::<candle_core::Result<Vec<_>>>()?;
        let [base, spread, about, facts] = &self.features;
        let features = Flat {
            base: base.values()?,
            spread: spread.values()?,
            context: about.values()?,
            known: facts.values()?,
        };
        let (cuts, p) = (features.base.len().max(1), model.shape.horizon);
        let state_len = state.len() / cuts;
        let expected =
            [cuts * state_len, cuts * p, cuts * context.saturating_sub(state_len), cuts * p * known];
        let got = [state.len(), features.spread.len(), features.context.len(), features.known.len()];
        if expected != got {
            let why = format!("the decoder got {got:?} values for {cuts} cuts, expected {expected:?}");
            return Err(candle_core::Error::Msg(why).into());
        }
        let sizes = Sizes {
            state: state_len,
            context: context - state_len,
            known,
            linear: self.linear,
            horizon: p,
            width,
            outputs: model.shape.outputs_per_value(),
        };
        let w = |part: usize| values[part];
        let weights = Weights {
            context: (w(0), w(1)),
            known: w(2),
            step: w(3),
            hidden: (w(4), w(5)),
            out: (w(6), w(7)),
            linear: w(8),
        };
        Ok(Decoder { sizes, weights, features, state, dropout })
    }
}
