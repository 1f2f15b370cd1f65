//! The LSTM operator: a stack of layers over a batch of windows, with PyTorch's meaning. It runs GRUs too.
//!
//! Letters used here and below: N rows (windows) in a batch, T steps, F input features, H hidden
//! units, L layers, D directions (1 or 2). Gates come in PyTorch's order i, f, g, o; a GRU has three, r, z, n.
//! A GRU is run as an LSTM whose cell state is its hidden state: where both are wanted (h_0 and c_0, h_n and c_n), they are
//! the same.
//!
//! Engines stand behind one surface. [`Engine::Reference`] is plain candle operations: any float
//! type, any device, the obvious formula, and the oracle of the tests. [`Engine::Fused`] is the f32
//! CPU operator of [`fused`]. With the feature `cuda`, `Engine::Cuda` is the f32 operator of `cuda`
//! for NVIDIA GPUs. Nothing here owns parameters or state.

#[cfg(feature = "cuda")]
pub mod cuda;
pub mod dropout;
pub mod fused;
mod gru;
pub mod reference;

use candle_core::{DType, Device, Result, Tensor, bail};

pub use crate::config::Cell;
pub use fused::{force_simd, simd_available, simd_in_use};

/// The hyper-parameters of `torch.nn.LSTM` that decide shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LstmShape {
    /// Which cell it is.
    pub cell: Cell,
    /// F, the number of features at each step.
    pub input_size: usize,
    /// H, the number of hidden units of each layer and direction.
    pub hidden_size: usize,
    /// L, the number of stacked layers.
    pub num_layers: usize,
    /// Whether the two bias vectors are added.
    pub bias: bool,
    /// Whether each layer also reads the steps backwards (D = 2).
    pub bidirectional: bool,
}

impl LstmShape {
    /// D: 2 when bidirectional, else 1.
    pub fn directions(&self) -> usize {
        1 + usize::from(self.bidirectional)
    }

    /// The width of what layer `layer` reads: F for the first, D * H above it.
    pub fn layer_input(&self, layer: usize) -> usize {
        if layer == 0 { self.input_size } else { self.directions() * self.hidden_size }
    }
}

/// The parameters of one layer in one direction, as PyTorch stores them.
#[derive(Clone, Debug)]
pub struct LayerWeights {
    /// (4H, in), gate order i, f, g, o; of a GRU (3H, in), r, z, n.
    pub w_ih: Tensor,
    /// (4H, H).
    pub w_hh: Tensor,
    /// (4H), present exactly when the shape has a bias.
    pub b_ih: Option<Tensor>,
    /// (4H), present exactly when the shape has a bias.
    pub b_hh: Option<Tensor>,
}

/// What [`lstm`] returns.
#[derive(Clone, Debug)]
pub struct LstmOutput {
    /// (N, T, D*H): the last layer's hidden state at every step.
    pub output: Tensor,
    /// (L*D, N, H): the hidden state after the last step of every layer and direction.
    pub h_n: Tensor,
    /// (L*D, N, H): the cell state after the last step of every layer and direction.
    pub c_n: Tensor,
}

/// What [`lstm_last`] returns: [`LstmOutput`] without the (N, T, D*H) tensor.
#[derive(Clone, Debug)]
pub struct LastOutput {
    /// (N, D*H): `output[:, T-1, :]`.
    pub last: Tensor,
    /// (L*D, N, H).
    pub h_n: Tensor,
    /// (L*D, N, H).
    pub c_n: Tensor,
}

/// Which implementation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Plain candle operations; any float type and device.
    Reference,
    /// The fused CPU operator; f32 on the CPU.
    Fused,
    /// The CUDA operator; f32 on an NVIDIA GPU. Only in builds with the feature `cuda`.
    #[cfg(feature = "cuda")]
    Cuda,
}

impl Engine {
    /// The fastest engine for f32 on this device.
    pub fn for_device(device: &Device) -> Engine {
        match device {
            Device::Cpu => Engine::Fused,
            #[cfg(feature = "cuda")]
            Device::Cuda(_) => Engine::Cuda,
            _ => Engine::Reference,
        }
    }
}

/// Whether gradients will be wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// No gradient, no saved activations, no dropout.
    Infer,
    /// Differentiable. `dropout` is the share of units zeroed between layers (not after the last);
    /// the mask depends only on `seed` and the position, see [`dropout`].
    Train {
        /// Share in [0, 1).
        dropout: f32,
        /// Names the mask; use another one at each optimiser step.
        seed: u64,
    },
}

/// Runs the stack over `x` (N, T, F) and returns every step's output and the final states.
///
/// `weights` is layer-major, direction-minor: layer 0 forward, layer 0 reverse, layer 1 forward, …
/// `state` is (h_0, c_0), each (L*D, N, H); zeros when absent.
///
/// # Errors
/// Shapes that do not fit each other, an empty dimension, a dropout outside [0, 1), or a type or
/// device the engine does not have.
pub fn lstm(
    engine: Engine,
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LstmOutput> {
    check(engine, shape, weights, x, state, mode)?;
    match engine {
        Engine::Reference => reference::run(shape, weights, x, state, mode),
        Engine::Fused => fused::run(shape, weights, x, state, mode),
        #[cfg(feature = "cuda")]
        Engine::Cuda if shape.cell == Cell::Gru => reference::run(shape, weights, x, state, mode),
        #[cfg(feature = "cuda")]
        Engine::Cuda => cuda::run(shape, weights, x, state, mode),
    }
}

/// Like [`lstm`], for callers that read only the last step. The fused engines then never make the
/// (N, T, D*H) tensor nor, in training, its gradient.
///
/// # Errors
/// As [`lstm`].
pub fn lstm_last(
    engine: Engine,
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LastOutput> {
    check(engine, shape, weights, x, state, mode)?;
    match engine {
        Engine::Reference => reference::run_last(shape, weights, x, state, mode),
        Engine::Fused => fused::run_last(shape, weights, x, state, mode),
        #[cfg(feature = "cuda")]
        Engine::Cuda if shape.cell == Cell::Gru => reference::run_last(shape, weights, x, state, mode),
        #[cfg(feature = "cuda")]
        Engine::Cuda => cuda::run_last(shape, weights, x, state, mode),
    }
}

/// One step of a stream without gradients: `x` is (N, F); returns (N, H) and the new (h, c).
///
/// # Errors
/// As [`lstm`]; also for a bidirectional shape, whose second half would need the future.
pub fn lstm_step(
    engine: Engine,
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
) -> Result<LastOutput> {
    if shape.bidirectional {
        bail!("lstm_step: a bidirectional LSTM cannot run one step at a time")
    }
    lstm_last(engine, shape, weights, &x.unsqueeze(1)?, state, Mode::Infer)
}

/// Refuses everything that the engines would otherwise have to index out of bounds for.
fn check(
    engine: Engine,
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<()> {
    let LstmShape { input_size, hidden_size, num_layers, bias, .. } = *shape;
    if input_size == 0 || hidden_size == 0 || num_layers == 0 {
        bail!("lstm: input_size, hidden_size and num_layers must be at least 1, got {shape:?}")
    }
    let (rows, steps, features) = x.dims3()?;
    if rows == 0 || steps == 0 || features != input_size {
        bail!("lstm: x is {:?}, expected (N >= 1, T >= 1, {input_size})", x.shape())
    }
    let sets = num_layers * shape.directions();
    if weights.len() != sets {
        bail!("lstm: {} weight sets for {sets} (layers x directions)", weights.len())
    }
    let gates = shape.cell.gates() * hidden_size;
    for (i, w) in weights.iter().enumerate() {
        let inputs = shape.layer_input(i / shape.directions());
        same_kind(&format!("w_ih[{i}]"), &w.w_ih, &[gates, inputs], x)?;
        same_kind(&format!("w_hh[{i}]"), &w.w_hh, &[gates, hidden_size], x)?;
        if w.b_ih.is_some() != bias || w.b_hh.is_some() != bias {
            bail!("lstm: bias is {bias}, but weight set {i} says otherwise")
        }
        for b in [&w.b_ih, &w.b_hh].into_iter().flatten() {
            same_kind(&format!("bias[{i}]"), b, &[gates], x)?;
        }
    }
    if let Some((h0, c0)) = state {
        same_kind("h_0", h0, &[sets, rows, hidden_size], x)?;
        same_kind("c_0", c0, &[sets, rows, hidden_size], x)?;
    }
    if let Mode::Train { dropout, .. } = mode
        && !(0.0..1.0).contains(&dropout)
    {
        bail!("lstm: dropout is {dropout}, expected a share in [0, 1)")
    }
    if !x.dtype().is_float() {
        bail!("lstm: x is {:?}, expected a float type", x.dtype())
    }
    if engine == Engine::Fused && (x.dtype() != DType::F32 || !x.device().is_cpu()) {
        bail!("lstm: the fused engine takes f32 on the CPU, got {:?} on {:?}", x.dtype(), x.device())
    }
    #[cfg(feature = "cuda")]
    if engine == Engine::Cuda && (x.dtype() != DType::F32 || !x.device().is_cuda()) {
        bail!("lstm: the CUDA engine takes f32 on an NVIDIA GPU, got {:?} on {:?}", x.dtype(), x.device())
    }
    Ok(())
}

fn same_kind(name: &str, t: &Tensor, dims: &[usize], x: &Tensor) -> Result<()> {
    if t.dims() != dims {
        bail!("lstm: {name} is {:?}, expected {dims:?}", t.dims())
    }
    if t.dtype() != x.dtype() || !t.device().same_device(x.device()) {
        bail!("lstm: {name} is {:?} on {:?}, x is {:?} on {:?}", t.dtype(), t.device(), x.dtype(), x.device())
    }
    Ok(())
}
