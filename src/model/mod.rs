//! The network: an LSTM over the window, a head that turns its state into forecasts, and the
//! simple forecast that both correct.
//!
//! Shapes: x (N, T, F) -> forecasts (M, P, K, Q), where M is the number of cuts: N with
//! `decoder: direct` (one cut a window, its end), N * T with `sequence` (a cut after every step).

use candle_core::{Device, Tensor, Var};

use crate::config::{Decoder, ModelConfig, Skip};
use crate::data::lead::LeadShape;
use crate::error::Result;
use crate::ops::lstm::{self, Engine, LayerWeights, LstmShape, Mode};

pub mod init;
pub mod lead;
use init::Init;
pub use lead::{LeadTensors, Score};

/// Everything that fixes the network's shape.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Shape {
    /// F.
    pub inputs: usize,
    /// T.
    pub input_window: usize,
    /// P.
    pub horizon: usize,
    /// K.
    pub targets: usize,
    /// Q levels; empty is one point forecast.
    pub quantiles: Vec<f64>,
    /// Sizes of what `decoder: lead` is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadShape>,
}

/// What goes in: N windows and their M cuts.
#[derive(Default)]
pub struct Feed {
    /// (N, T, F).
    pub x: Option<Tensor>,
    /// (M, P, K), scaled: the simple forecast of `skip: last | seasonal`.
    pub base: Option<Tensor>,
    /// `decoder: lead`: one a target.
    pub lead: Vec<LeadTensors>,
    /// `decoder: lead`: steps of the window seen at each of its C cuts; M = N * C, windows first.
    pub seen: Vec<usize>,
}

impl Feed {
    fn window(&self) -> Result<&Tensor> {
        Ok(self.x.as_ref().ok_or_else(|| candle_core::Error::Msg("no window was given".into()))?)
    }
}

impl Shape {
    /// Q, at least 1.
    pub fn outputs_per_value(&self) -> usize {
        self.quantiles.len().max(1)
    }
}

/// The network with its parameters in a fixed order, named as PyTorch names them.
pub struct Model {
    pub config: ModelConfig,
    pub shape: Shape,
    pub params: Vec<(String, Var)>,
    lstm: LstmShape,
}

/// `nn.Sequential(Linear, ReLU, Linear, …)` numbers its linear layers 0, 2, 4, …
const HEAD_STRIDE: usize = 2;

/// Networks of one shape whose forecasts are averaged; usually trained from different seeds.
pub struct Ensemble {
    /// At least one.
    pub members: Vec<Model>,
}

impl Ensemble {
    /// The shape that all members have.
    pub fn shape(&self) -> &Shape {
        &self.members[0].shape
    }

    /// The same networks on this device.
    ///
    /// # Errors
    /// Those of the device, such as too little memory.
    pub fn on(self, device: &Device) -> Result<Ensemble> {
        let members = self.members.into_iter().map(|member| member.on(device)).collect::<Result<_>>()?;
        Ok(Ensemble { members })
    }

    /// Number of learned values of all members.
    pub fn parameter_count(&self) -> usize {
        self.members.iter().map(Model::parameter_count).sum()
    }

    /// Every parameter with its name in a checkpoint: the first member's plain, so that one
    /// member loads anywhere, the others' behind `members.1.` and so on.
    pub fn params(&self) -> impl Iterator<Item = (String, &Var)> {
        self.members
            .iter()
            .enumerate()
            .flat_map(|(i, member)| member.params.iter().map(move |(name, var)| (member_name(i, name), var)))
    }
}

/// A parameter's name in the checkpoint.
pub fn member_name(member: usize, name: &str) -> String {
    if member == 0 { name.to_string() } else { format!("members.{member}.{name}") }
}

/// How a forward pass is meant.
#[derive(Debug, Clone, Copy)]
pub enum Pass {
    /// No gradient, no dropout, no activations kept.
    Infer,
    /// Dropout masks come from the seed.
    Train { seed: u64 },
}

impl Model {
    /// A new network with PyTorch's default initialisation, drawn from `seed`.
    pub fn new(config: &ModelConfig, shape: &Shape, seed: u64, device: &Device) -> Result<Model> {
        let lstm = lstm_shape(config, shape);
        let mut params = Vec::new();
        for (name, dims, init) in layout(config, shape) {
            let values = init.values(&dims, seed, &name);
            params.push((name, Var::from_tensor(&Tensor::from_vec(values, dims, device)?)?));
        }
        Ok(Model { config: config.clone(), shape: shape.clone(), params, lstm })
    }

    /// A network from parameters in the order of [`Model::layout`].
    pub fn from_params(config: &ModelConfig, shape: &Shape, params: Vec<(String, Var)>) -> Model {
        Model { config: config.clone(), shape: shape.clone(), params, lstm: lstm_shape(config, shape) }
    }

    /// Names and dimensions of all parameters, in order.
    pub fn layout(config: &ModelConfig, shape: &Shape) -> Vec<(String, Vec<usize>)> {
        layout(config, shape).into_iter().map(|(name, dims, _)| (name, dims)).collect()
    }

    /// Number of learned values.
    pub fn parameter_count(&self) -> usize {
        self.params.iter().map(|(_, v)| v.elem_count()).sum()
    }

    fn on(mut self, device: &Device) -> Result<Model> {
        for (_, var) in &mut self.params {
            if !var.device().same_device(device) {
                *var = Var::from_tensor(&var.to_device(device)?)?;
            }
        }
        Ok(self)
    }

    fn param(&self, name: &str) -> Result<&Tensor> {
        let found = self.params.iter().find(|(n, _)| n == name);
        found.map(|(_, v)| v.as_tensor()).ok_or_else(|| {
            crate::error::Error::Tensor(candle_core::Error::Msg(format!("no parameter {name}")))
        })
    }

    /// Forecasts (M, P, K, Q), scaled.
    pub fn forward(&self, feed: &Feed, pass: Pass) -> Result<Tensor> {
        let x = feed.window()?;
        let (n, t, _) = x.dims3()?;
        let (p, k, q) = (self.shape.horizon, self.shape.targets, self.shape.outputs_per_value());
        if self.config.decoder == Decoder::Lead {
            return self.lead(&self.at_cuts(feed, pass)?, feed, pass);
        }
        let every_step = self.config.decoder == Decoder::Sequence && matches!(pass, Pass::Train { .. });
        let context = self.context(x, !every_step, pass)?;
        let context = if every_step { context.reshape((n * t, context.dim(2)?))? } else { context };
        let m = context.dim(0)?;
        let mut out = self.head(&context, pass)?.reshape((m, p, k, q))?; // (M, P*K*Q) -> (M, P, K, Q)
        if let Some(base) = &feed.base {
            out = out.broadcast_add(&base.reshape((m, p, k, 1))?)?;
        }
        if self.config.skip == Skip::Linear {
            let window = x.narrow(2, 0, k)?.reshape((n, t * k))?; // (N, T, K) -> (N, T*K)
            let map = window.matmul(&self.param("skip.weight")?.t()?)?; // (N, P*K)
            let map = map.broadcast_add(self.param("skip.bias")?)?;
            out = out.broadcast_add(&map.reshape((n, p, k, 1))?)?;
        }
        Ok(out)
    }

    /// The LSTM's output at the cuts of `decoder: lead`, (M, D*H).
    fn at_cuts(&self, feed: &Feed, pass: Pass) -> Result<Tensor> {
        let x = feed.window()?;
        let steps = x.dim(1)?;
        if feed.seen.iter().all(|seen| *seen == steps) {
            return self.context(x, true, pass);
        }
        let at: Vec<u32> = feed.seen.iter().map(|seen| *seen as u32 - 1).collect();
        let at = Tensor::new(at, x.device())?;
        // (N, T, D*H) -> (N, C, D*H) -> (M, D*H)
        Ok(self.context(x, false, pass)?.index_select(&at, 1)?.flatten(0, 1)?)
    }

    /// The LSTM's output: (N, D*H) after the last step alone, else (N, T, D*H).
    fn context(&self, x: &Tensor, last_only: bool, pass: Pass) -> Result<Tensor> {
        let weights = self.lstm_weights()?;
        let mode = match pass {
            Pass::Infer => Mode::Infer,
            Pass::Train { seed } => Mode::Train { dropout: self.config.dropout, seed },
        };
        let engine = Engine::for_device(x.device());
        Ok(if last_only {
            lstm::lstm_last(engine, &self.lstm, &weights, x, None, mode)?.last
        } else {
            lstm::lstm(engine, &self.lstm, &weights, x, None, mode)?.output
        })
    }

    /// `reg`: linear layers with ReLU and dropout between them, as in `nn.Sequential`.
    fn head(&self, context: &Tensor, pass: Pass) -> Result<Tensor> {
        let layers = self.config.head.len() + 1;
        let mut z = context.clone();
        for layer in 0..layers {
            let name = format!("reg.{}", layer * HEAD_STRIDE);
            z = z.matmul(&self.param(&format!("{name}.weight"))?.t()?)?;
            z = z.broadcast_add(self.param(&format!("{name}.bias"))?)?;
            if layer + 1 < layers {
                z = z.relu()?;
                if let Pass::Train { seed } = pass {
                    z = dropout(&z, self.config.dropout, seed, layer as u64)?;
                }
            }
        }
        Ok(z)
    }

    fn lstm_weights(&self) -> Result<Vec<LayerWeights>> {
        let mut all = Vec::new();
        for layer in 0..self.lstm.num_layers {
            for suffix in suffixes(self.lstm.bidirectional) {
                let get = |part: &str| self.param(&format!("rnn.{part}_l{layer}{suffix}")).cloned();
                let bias = |part: &str| if self.lstm.bias { get(part).map(Some) } else { Ok(None) };
                all.push(LayerWeights {
                    w_ih: get("weight_ih")?,
                    w_hh: get("weight_hh")?,
                    b_ih: bias("bias_ih")?,
                    b_hh: bias("bias_hh")?,
                });
            }
        }
        Ok(all)
    }
}

/// Inverted dropout with a mask drawn from the seed.
fn dropout(z: &Tensor, share: f32, seed: u64, stream: u64) -> Result<Tensor> {
    if share <= 0.0 {
        return Ok(z.clone());
    }
    let mask = init::dropout_mask_on(z.device(), z.elem_count(), share, seed, stream)?;
    Ok((z * mask.reshape(z.shape())?)?)
}

fn suffixes(bidirectional: bool) -> &'static [&'static str] {
    if bidirectional { &["", "_reverse"] } else { &[""] }
}

fn lstm_shape(config: &ModelConfig, shape: &Shape) -> LstmShape {
    LstmShape {
        cell: config.cell,
        input_size: shape.inputs,
        hidden_size: config.hidden_size,
        num_layers: config.num_layers,
        bias: config.bias,
        bidirectional: config.bidirectional,
    }
}

/// The one list of parameters: name, dimensions, initialisation.
fn layout(config: &ModelConfig, shape: &Shape) -> Vec<(String, Vec<usize>, Init)> {
    let h = config.hidden_size;
    let gates = config.cell.gates() * h;
    let directions = if config.bidirectional { 2 } else { 1 };
    let mut list = Vec::new();
    for layer in 0..config.num_layers {
        let input = if layer == 0 { shape.inputs } else { directions * h };
        for suffix in suffixes(config.bidirectional) {
            let name = |part: &str| format!("rnn.{part}_l{layer}{suffix}");
            list.push((name("weight_ih"), vec![gates, input], Init::fan(h)));
            list.push((name("weight_hh"), vec![gates, h], Init::fan(h)));
            if config.bias {
                list.push((name("bias_ih"), vec![gates], Init::fan(h)));
                list.push((name("bias_hh"), vec![gates], Init::fan(h)));
            }
        }
    }
    if let (Decoder::Lead, Some(sizes)) = (config.decoder, shape.lead) {
        list.extend(lead::layout(config, shape, sizes));
        return list;
    }
    let outputs = shape.horizon * shape.targets * shape.outputs_per_value();
    let mut input = directions * h;
    for (layer, width) in config.head.iter().chain([&outputs]).enumerate() {
        list.push((format!("reg.{}.weight", layer * HEAD_STRIDE), vec![*width, input], Init::fan(input)));
        list.push((format!("reg.{}.bias", layer * HEAD_STRIDE), vec![*width], Init::fan(input)));
        input = *width;
    }
    if config.skip == Skip::Linear {
        let history = shape.input_window * shape.targets;
        list.push(("skip.weight".into(), vec![shape.horizon * shape.targets, history], Init::Zero));
        list.push(("skip.bias".into(), vec![shape.horizon * shape.targets], Init::Zero));
    }
    list
}
