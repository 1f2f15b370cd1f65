//! The fused engine as candle operations with gradients.
//!
//! candle's custom operations return one tensor. The core operation here returns the final states
//! (2, L*D, N, H), which are small; the outputs are a second operation on it that hands out what
//! the core's forward pass left behind, and whose backward pass leaves its gradient behind for the
//! core's. So no (N, T, D*H) gradient is ever padded, copied or added to zeros on the way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::arena::Buffer;
use super::backward::OutputGrad;
use super::forward::Pass;
use super::kernels::Kernels;
use super::plan::Plan;
use super::{Want, backward_blocks, train, with_values};

/// What the two operations of one call leave for each other.
#[derive(Default)]
struct Shared {
    /// From the forward pass to the backward pass.
    saved: Mutex<Option<Buffer>>,
    /// From the core's forward pass to the output operation's.
    output: Mutex<Option<Vec<f32>>>,
    /// From the output operation's backward pass to the core's.
    grad: Mutex<Option<Tensor>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// x (N, T, F), flat weights and perhaps (2, L*D, N, H) states -> (2, L*D, N, H).
struct Core {
    plan: Plan,
    kernels: &'static Kernels,
    want: Want,
    /// Whether anybody will ask for the gradient of x.
    dx: bool,
    shared: Arc<Shared>,
}

/// The outputs, seen as a function of the core's result.
struct Outputs {
    shape: Shape,
    shared: Arc<Shared>,
}

/// Runs the training forward pass as part of candle's graph.
pub(super) fn differentiable(
    plan: Plan,
    kernels: &'static Kernels,
    want: Want,
    x: &Tensor,
    flat: &Tensor,
    state: Option<&Tensor>,
) -> Result<(Option<Tensor>, Tensor)> {
    let shared = Arc::new(Shared::default());
    let core = Core { plan, kernels, want, dx: x.track_op(), shared: shared.clone() };
    let finals = match state {
        Some(state) => x.apply_op3(flat, &state.contiguous()?, core)?,
        None => x.apply_op2(flat, core)?,
    };
    let width = plan.directions() * plan.hidden();
    let shape: Shape = match want {
        Want::None => return Ok((None, finals)),
        Want::All => (plan.rows, plan.steps, width).into(),
        Want::Last => (plan.rows, width).into(),
    };
    Ok((Some(finals.apply_op1(Outputs { shape, shared })?), finals))
}

fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(all), Some((start, end))) => Ok(&all[start..end]),
        _ => bail!("lstm: the fused engine takes contiguous f32"),
    }
}

impl Core {
    fn forward(&self, x: &[f32], flat: &[f32], state: Option<&[f32]>) -> (CpuStorage, Shape) {
        let (output, finals, saved) = train(&self.plan, self.kernels, self.want, x, flat, state);
        *lock(&self.shared.saved) = Some(saved);
        *lock(&self.shared.output) = Some(output);
        let shape = (2, self.plan.cells(), self.plan.rows, self.plan.hidden()).into();
        (CpuStorage::F32(finals), shape)
    }

    fn backward(
        &self,
        x: &[f32],
        flat: &[f32],
        state: Option<&[f32]>,
        finals: &[f32],
        out: OutputGrad,
    ) -> Grads {
        // A second backward pass over the same graph finds nothing saved and runs forward again.
        let taken = lock(&self.shared.saved).take();
        let mut saved =
            taken.unwrap_or_else(|| train(&self.plan, self.kernels, Want::None, x, flat, state).2);
        // The backward pass asks the forward weights for nothing.
        let pass = Pass { plan: &self.plan, kernels: self.kernels, x, weights: &[], state };
        let (x, flat, state) = backward_blocks(pass, flat, finals, out, &mut saved, self.dx);
        Grads { x, flat, state }
    }

    /// The gradients as tensors: of x when wanted, of the flat weights, of the states.
    fn grads(
        &self,
        x: &Tensor,
        flat: &Tensor,
        state: Option<&Tensor>,
        finals: &Tensor,
    ) -> Result<(Option<Tensor>, Tensor, Tensor)> {
        let outputs = lock(&self.shared.grad).take();
        let run = |x: &[f32], w: &[f32], s: Option<&[f32]>, finals: &[f32]| match (&outputs, self.want) {
            (None, _) | (_, Want::None) => Ok(self.backward(x, w, s, finals, OutputGrad::None)),
            (Some(g), Want::All) => with_values(g, |g| self.backward(x, w, s, finals, OutputGrad::All(g))),
            (Some(g), Want::Last) => with_values(g, |g| self.backward(x, w, s, finals, OutputGrad::Last(g))),
        };
        let grads = with_values(x, |xs| {
            with_values(flat, |ws| {
                with_values(finals, |fs| match state {
                    Some(state) => with_values(state, |s| run(xs, ws, Some(s), fs))?,
                    None => run(xs, ws, None, fs),
                })
            })
        })????;
        let device = x.device();
        let dx = if self.dx { Some(Tensor::from_vec(grads.x, x.shape(), device)?) } else { None };
        let dstate = Tensor::from_vec(grads.state, finals.shape(), device)?;
        Ok((dx, Tensor::from_vec(grads.flat, flat.shape(), device)?, dstate))
    }
}

struct Grads {
    x: Vec<f32>,
    flat: Vec<f32>,
    state: Vec<f32>,
}

impl CustomOp2 for Core {
    fn name(&self) -> &'static str {
        "fused-lstm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        w: &CpuStorage,
        lw: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Ok(self.forward(values(x, lx)?, values(w, lw)?, None))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (dx, dw, _) = self.grads(x, w, None, grad)?;
        Ok((dx, Some(dw)))
    }
}

impl CustomOp3 for Core {
    fn name(&self) -> &'static str {
        "fused-lstm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        w: &CpuStorage,
        lw: &Layout,
        s: &CpuStorage,
        ls: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Ok(self.forward(values(x, lx)?, values(w, lw)?, Some(values(s, ls)?)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        s: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (dx, dw, ds) = self.grads(x, w, Some(s), grad)?;
        Ok((dx, Some(dw), Some(ds)))
    }
}

impl CustomOp1 for Outputs {
    fn name(&self) -> &'static str {
        "fused-lstm-output"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        match lock(&self.shared.output).take() {
            Some(output) => Ok((CpuStorage::F32(output), self.shape.clone())),
            None => bail!("lstm: the outputs were already taken"),
        }
    }

    fn bwd(&self, finals: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        *lock(&self.shared.grad) = Some(grad.clone());
        Ok(Some(finals.zeros_like()?))
    }
}
