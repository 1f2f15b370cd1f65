//! The f32 CUDA engine.
//!
//! The input's product with W_ih is one cuBLAS call for all rows and steps of a layer and direction.
//! The recurrence is one launch for all steps: a few rows of the batch stay with the whole W_hh, in
//! the registers and shared memory of one block (recurrent.cu; up to H = 136 on an H100) or of a
//! cluster of eight (cluster.cu; up to H = 384 there), so no weight moves between steps and rows
//! never wait for others. A cluster computes one group of rows while what it sends of another is
//! under way. Where W_hh does not fit, each step is a cuBLAS product and an elementwise
//! kernel (plain.cu). The backward pass goes the same way, and the weights' gradients are one
//! product over all rows and steps.
//!
//! Everything of a call runs on the device's stream in the order it was enqueued, and memory is
//! freed in that order; so nothing here waits for the device. No sum uses atomics: the same call
//! gives the same bytes on the same device.
//!
//! This file joins the passes to candle; `tiling` places W_hh, `gpu` compiles kernels and owns
//! buffers, `launch` mirrors the kernels' arguments, `gemm` is cuBLAS, `op` brings the gradients
//! into candle's graph. cuDNN's LSTM is not used: no GPU was at hand to compare with it.

mod backward;
mod forward;
mod gemm;
mod gpu;
mod launch;
mod op;
#[cfg(test)]
mod tests;
mod tiling;

use candle_core::{Result, Shape, Tensor, bail};

use super::{LastOutput, LayerWeights, LstmOutput, LstmShape, Mode};
use forward::Call;
use gpu::Gpu;
use launch::Masks;
use tiling::Tiling;

/// What the caller wants of the last layer's hidden states.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Want {
    /// (N, T, D*H).
    All,
    /// (N, D*H).
    Last,
}

/// See [`super::lstm`]; the arguments have been checked.
pub(super) fn run(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LstmOutput> {
    let [output, h_n, c_n] = parts(shape, weights, x, state, mode, Want::All)?;
    Ok(LstmOutput { output, h_n, c_n })
}

/// See [`super::lstm_last`]; the arguments have been checked.
pub(super) fn run_last(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LastOutput> {
    let [last, h_n, c_n] = parts(shape, weights, x, state, mode, Want::Last)?;
    Ok(LastOutput { last, h_n, c_n })
}

/// The wanted outputs, h_n and c_n.
fn parts(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
    want: Want,
) -> Result<[Tensor; 3]> {
    let gpu = Gpu::of(x)?;
    let call = Call::new(&gpu, shape, weights, x, state, mode, want)?;
    if let Mode::Train { .. } = mode {
        let (output, h_n, c_n) = op::differentiable(&gpu, call, x, weights, state)?;
        return Ok([output, h_n, c_n]);
    }
    let results = forward::run(&gpu, &call, false)?.0;
    let [output, h_n, c_n] = call.shapes();
    Ok([
        results.output.into_tensor(&gpu, output),
        results.h_n.into_tensor(&gpu, h_n),
        results.c_n.into_tensor(&gpu, c_n),
    ])
}

impl Call {
    fn new(
        gpu: &Gpu,
        shape: &LstmShape,
        weights: &[LayerWeights],
        x: &Tensor,
        state: Option<(&Tensor, &Tensor)>,
        mode: Mode,
        want: Want,
    ) -> Result<Call> {
        let (rows, steps, _) = x.dims3()?;
        let most = [rows, steps, shape.directions() * shape.hidden_size];
        if most.into_iter().any(|n| i32::try_from(4 * n).is_err()) {
            bail!("lstm: {most:?} (N, T, D*H) is more than the CUDA engine counts to")
        }
        let plain = |t: &Tensor| t.detach().contiguous();
        let optional = |t: &Option<Tensor>| t.as_ref().map(plain).transpose();
        let layer = |w: &LayerWeights| -> Result<LayerWeights> {
            Ok(LayerWeights {
                w_ih: plain(&w.w_ih)?,
                w_hh: plain(&w.w_hh)?,
                b_ih: optional(&w.b_ih)?,
                b_hh: optional(&w.b_hh)?,
            })
        };
        let masks = match mode {
            Mode::Train { dropout: share, seed } if share > 0.0 => Some(Masks { share, seed }),
            _ => None,
        };
        Ok(Call {
            shape: *shape,
            rows,
            steps,
            x: plain(x)?,
            weights: weights.iter().map(layer).collect::<Result<_>>()?,
            state: state.map(|(h, c)| Ok::<_, candle_core::Error>((plain(h)?, plain(c)?))).transpose()?,
            masks,
            want,
            dx: x.track_op(),
            tiling: Tiling::new(shape.hidden_size, rows, gpu.limits),
        })
    }

    /// Of the wanted outputs, h_n and c_n.
    fn shapes(&self) -> [Shape; 3] {
        let output = match self.want {
            Want::All => Shape::from((self.rows, self.steps, self.width())),
            Want::Last => Shape::from((self.rows, self.width())),
        };
        let state = Shape::from((self.sets(), self.rows, self.hidden()));
        [output, state.clone(), state]
    }
}
