//! The fused f32 CPU engine.
//!
//! Weights are packed once a call; the batch is cut into fixed blocks of rows that threads take
//! whole, so there is no barrier at a time step; in a block one microkernel gives all four gates of
//! a vector of units and the cell is updated in registers. Blocks and the order in which their
//! weight gradients are summed depend on the shape alone, so the bytes of a result do not depend on
//! the number of threads. The pool is rayon's current one.
//!
//! This file joins the passes to candle; `geometry` knows where data lie, `pack` brings weights into
//! kernel order, `forward` and `backward` walk a block, `kernels` are the inner loops.

mod activation;
mod arena;
mod backward;
mod forward;
mod gates;
mod geometry;
mod gru;
mod kernels;
mod op;
mod operands;
mod pack;
mod products;
mod simd;
#[cfg(test)]
mod tests;

use candle_core::{CpuStorage, Result, Storage, Tensor, bail};
use rayon::prelude::*;

use super::{Cell, LastOutput, LayerWeights, LstmOutput, LstmShape, Mode, gru as equations};
use arena::Buffer;
use forward::{Output, Pass};
use geometry::Geometry;

/// The instruction set in use: `avx512`, `avx2`, `neon` or `scalar`. `LSTM_FORECAST_SIMD`, read once,
/// chooses another one that the machine has.
pub fn simd_in_use() -> &'static str {
    kernels::select().name()
}

/// Every instruction set this machine can run, the fastest first.
pub fn simd_available() -> Vec<&'static str> {
    kernels::available().iter().map(|k| k.name()).collect()
}

/// Switches the whole process to an instruction set; false when the machine lacks it. For tests and
/// measurements.
pub fn force_simd(name: &str) -> bool {
    kernels::force(name)
}

/// What the caller wants of the last layer's hidden states.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Want {
    /// Only the final states: what a second forward pass for a backward pass needs.
    None,
    /// (N, T, D*H).
    All,
    /// (N, D*H).
    Last,
}

impl Want {
    fn size(self, geometry: &Geometry) -> usize {
        let one = geometry.rows * geometry.directions() * geometry.hidden();
        match self {
            Want::None => 0,
            Want::All => geometry.steps * one,
            Want::Last => one,
        }
    }
}

/// See [`super::lstm`]; the arguments have been checked.
pub(super) fn run(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LstmOutput> {
    match parts(shape, weights, x, state, mode, Want::All)? {
        (Some(output), h_n, c_n) => Ok(LstmOutput { output, h_n, c_n }),
        (None, ..) => bail!("lstm: the outputs were not made"),
    }
}

/// See [`super::lstm_last`]; the arguments have been checked.
pub(super) fn run_last(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LastOutput> {
    let (output, h_n, c_n) = parts(shape, weights, x, state, mode, Want::Last)?;
    match output {
        Some(last) => Ok(LastOutput { last, h_n, c_n }),
        None => bail!("lstm: the outputs were not made"),
    }
}

/// What is wanted of the outputs, then h_n and c_n.
fn parts(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
    want: Want,
) -> Result<(Option<Tensor>, Tensor, Tensor)> {
    let (rows, steps, _) = x.dims3()?;
    let kernels = kernels::select();
    let (dropout, seed) = match mode {
        Mode::Infer => (0.0, 0),
        Mode::Train { dropout, seed } => (dropout, seed),
    };
    let geometry = Geometry::new(shape, rows, steps, kernels.lanes(), dropout, seed);
    let x = x.contiguous()?;
    let flat = match shape.cell {
        Cell::Lstm => flatten(weights)?,
        Cell::Gru => flatten(&weights.iter().map(equations::in_four).collect::<Result<Vec<_>>>()?)?,
    };
    let state = match state {
        Some((h0, _)) if shape.cell == Cell::Gru => Some(Tensor::stack(&[h0, h0], 0)?),
        Some((h0, c0)) => Some(Tensor::stack(&[h0, c0], 0)?),
        None => None,
    };
    if let Mode::Train { .. } = mode {
        return op::differentiable(geometry, kernels, want, &x, &flat, state.as_ref());
    }
    let (output, mut h_n) = with_values(&x, |x| {
        with_values(&flat, |flat| match &state {
            Some(state) => with_values(state, |state| infer(&geometry, kernels, want, x, flat, Some(state))),
            None => Ok(infer(&geometry, kernels, want, x, flat, None)),
        })
    })???;
    let c_n = h_n.split_off(h_n.len() / 2);
    let (width, device) = (geometry.directions() * geometry.hidden(), x.device());
    let output = match want {
        Want::None => None,
        Want::All => Some(Tensor::from_vec(output, (rows, steps, width), device)?),
        Want::Last => Some(Tensor::from_vec(output, (rows, width), device)?),
    };
    let states = (geometry.cells(), rows, geometry.hidden());
    Ok((output, Tensor::from_vec(h_n, states, device)?, Tensor::from_vec(c_n, states, device)?))
}

/// All parameters one after the other, cell by cell: w_ih, w_hh, b_ih, b_hh.
fn flatten(weights: &[LayerWeights]) -> Result<Tensor> {
    let mut all = Vec::with_capacity(4 * weights.len());
    for w in weights {
        for t in [Some(&w.w_ih), Some(&w.w_hh), w.b_ih.as_ref(), w.b_hh.as_ref()].into_iter().flatten() {
            all.push(t.flatten_all()?);
        }
    }
    Tensor::cat(&all, 0)
}

/// Hands the f32 values of a tensor to `f`, without a copy when they lie in CPU memory in order.
fn with_values<R>(t: &Tensor, f: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let (storage, layout) = t.storage_and_layout();
    if let (Storage::Cpu(CpuStorage::F32(all)), Some((start, end))) = (&*storage, layout.contiguous_offsets())
    {
        return Ok(f(&all[start..end]));
    }
    drop(storage);
    Ok(f(&t.flatten_all()?.to_vec1::<f32>()?))
}

/// Forward without keeping anything: (wanted outputs, final states).
fn infer(
    geometry: &Geometry,
    kernels: &kernels::Kernels,
    want: Want,
    x: &[f32],
    flat: &[f32],
    state: Option<&[f32]>,
) -> (Vec<f32>, Vec<f32>) {
    let weights = pack::forward(geometry, flat);
    let pass = Pass { geometry, kernels, x, weights: &weights, state };
    forward_blocks(geometry, want, None, |block, _, finals, out| {
        if geometry.directions() == 1 {
            pass.infer(block, finals, out)
        } else {
            pass.infer_both(block, finals, out)
        }
    })
}

/// Forward, keeping in the returned buffer what [`backward_blocks`] needs.
fn train(
    geometry: &Geometry,
    kernels: &kernels::Kernels,
    want: Want,
    x: &[f32],
    flat: &[f32],
    state: Option<&[f32]>,
) -> (Vec<f32>, Vec<f32>, Buffer) {
    let weights = pack::forward(geometry, flat);
    let pass = Pass { geometry, kernels, x, weights: &weights, state };
    let mut saved = Buffer::dirty(geometry.blocks() * geometry.block_saved());
    let run = |block: usize, saved: &mut [f32], finals: &mut [f32], out: &mut Output| {
        pass.train(block, saved, finals, out)
    };
    let (output, finals) = forward_blocks(geometry, want, Some(&mut saved), run);
    (output, finals, saved)
}

/// Cuts the buffers into the blocks' parts and runs all blocks on rayon's current pool.
fn forward_blocks(
    geometry: &Geometry,
    want: Want,
    saved: Option<&mut [f32]>,
    run: impl Fn(usize, &mut [f32], &mut [f32], &mut Output) + Sync,
) -> (Vec<f32>, Vec<f32>) {
    let mut output = vec![0.0; want.size(geometry)];
    let mut finals = Buffer::dirty(geometry.blocks() * geometry.block_state());
    let per_row = (want.size(geometry) / geometry.rows).max(1);
    let mut outputs = output.chunks_mut(geometry.block * per_row);
    let mut saves = saved.map(|s| s.chunks_mut(geometry.block_saved()));
    let tasks: Vec<_> = finals
        .chunks_mut(geometry.block_state())
        .enumerate()
        .map(|(block, finals)| {
            let out = match (want, outputs.next()) {
                (Want::All, Some(out)) => Output::All(out),
                (Want::Last, Some(out)) => Output::Last(out),
                _ => Output::None,
            };
            let saved = saves.as_mut().and_then(|s| s.next()).unwrap_or_default();
            (block, saved, finals, out)
        })
        .collect();
    tasks
        .into_par_iter()
        .with_max_len(1)
        .for_each(|(block, saved, finals, mut out)| run(block, saved, finals, &mut out));
    let finals = backward::gather_state(geometry, &finals);
    (output, finals)
}

/// Gradients of x (when wanted), of the flat weights, and of the initial states (2, L*D, N, H).
fn backward_blocks(
    pass: Pass,
    flat: &[f32],
    finals: &[f32],
    output: backward::OutputGrad,
    saved: &mut [f32],
    dx: bool,
) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let geometry = pass.geometry;
    let weights = pack::backward(geometry, flat, dx);
    let back = backward::BackPass { pass, weights: &weights, finals, output };
    let per_block = geometry.offset(geometry.cells(), |l| geometry.packed_cell(l));
    let mut dw = Buffer::dirty(geometry.blocks() * per_block);
    let mut states = Buffer::dirty(geometry.blocks() * geometry.block_state());
    let mut grad_x =
        vec![0.0; if dx { geometry.rows * geometry.steps * geometry.shape.input_size } else { 0 }];
    let mut xs = grad_x.chunks_mut(geometry.block * geometry.steps * geometry.shape.input_size);
    let tasks: Vec<_> = saved
        .chunks_mut(geometry.block_saved())
        .zip(dw.chunks_mut(per_block))
        .zip(states.chunks_mut(geometry.block_state()))
        .enumerate()
        .map(|(block, ((saved, weights), state))| {
            (block, saved, backward::BlockGrads { weights, state, x: xs.next() })
        })
        .collect();
    tasks.into_par_iter().with_max_len(1).for_each(|(block, saved, mut grads)| {
        grads.weights.fill(0.0);
        back.run(block, saved, &mut grads);
    });
    (grad_x, pack::gradients(geometry, &mut dw), backward::gather_state(geometry, &states))
}
