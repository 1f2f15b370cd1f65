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

use candle_core::{Device, Tensor};

use super::{Feed, Model, Pass, Shape, dropout};
use crate::config::ModelConfig;
use crate::data::lead::Told;
use crate::error::Result;
use crate::model::init::Init;

/// Width of the hidden layers when `head` does not say.
const WIDTH: usize = 64;

/// Sizes of what is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeadShape {
    /// C, columns of a cut's context.
    pub context: usize,
    /// Columns known about a lead.
    pub known: usize,
    /// How many of them, from the first, have a linear part.
    pub linear: usize,
}

/// What is told about one target, as tensors.
pub struct ToldTensors {
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

impl ToldTensors {
    /// Moves gathered vectors to a device.
    pub fn new(told: Told, shape: &LeadShape, horizon: usize, device: &Device) -> Result<ToldTensors> {
        let cuts = told.base.len();
        let flat = |values: Vec<f32>| {
            let count = values.len();
            Tensor::from_vec(values, count, device)
        };
        let parts = [flat(told.base)?, flat(told.spread)?, flat(told.context)?, flat(told.known)?];
        ToldTensors::of(parts, cuts, shape, horizon)
    }

    /// From the flat tensors of base, spread, context and known.
    pub fn of(
        [base, spread, context, known]: [Tensor; 4],
        cuts: usize,
        shape: &LeadShape,
        horizon: usize,
    ) -> Result<ToldTensors> {
        let known = known.reshape((cuts * horizon, shape.known))?;
        Ok(ToldTensors {
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
        let mut add = |part: &str, dims: Vec<usize>, init: Init| {
            list.push((format!("lead.{target}.{part}"), dims, init))
        };
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
        let (p, q) = (self.shape.horizon, self.shape.outputs_per_value());
        let share = self.config.dropout;
        let drop = |z: Tensor, stream: u64| match pass {
            Pass::Infer => Ok(z),
            Pass::Train { seed } => dropout(&z, share, seed, stream),
        };
        let state = drop(context.clone(), 100)?;
        let mut targets = Vec::new();
        for (target, told) in feed.told.iter().enumerate() {
            let stream = 1000 * (target as u64 + 1);
            let get = |part: &str| self.param(&format!("lead.{target}.{part}"));
            let seen = Tensor::cat(&[&state, &told.context], 1)?; // (M, H + C)
            let a = seen.matmul(&get("context.weight")?.t()?)?.broadcast_add(get("context.bias")?)?; // (M, U)
            let width = a.dim(1)?;
            let f = told.known.matmul(&get("known.weight")?.t()?)?.reshape((m, p, width))?; // (M*P, U) -> (M, P, U)
            let z = f.broadcast_add(&a.unsqueeze(1)?)?.broadcast_add(get("step")?)?.relu()?;
            let z = drop(z, stream)?.reshape((m * p, width))?;
            let z = z.matmul(&get("hidden.weight")?.t()?)?.broadcast_add(get("hidden.bias")?)?.relu()?;
            let z = drop(z, stream + 1)?;
            let o =
                z.matmul(&get("out.weight")?.t()?)?.broadcast_add(get("out.bias")?)?.reshape((m, p, q))?;
            let linear = told.linear.broadcast_mul(get("linear")?)?.sum_keepdim(2)?; // (M, P, 1)
            let o = o.broadcast_add(&linear)?;
            let forecast = o.broadcast_mul(&told.spread)?.broadcast_add(&told.base)?; // (M, P, Q)
            targets.push(forecast.unsqueeze(2)?);
        }
        Ok(Tensor::cat(&targets, 2)?) // K x (M, P, 1, Q) -> (M, P, K, Q)
    }
}
