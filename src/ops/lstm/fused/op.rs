//! The fused engine as candle operations with gradients.
//!
//! candle's custom operations return one tensor, and its backward pass brings a part's gradient to
//! the whole by padding with zeros and adding. So the core operation here returns a token of one
//! value; outputs, h_n and c_n are operations on the token that hand out what the core's forward
//! pass left behind, and whose backward passes leave their gradients behind for the core's. No
//! gradient is padded, copied or added to zeros on the way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::arena::Buffer;
use super::backward::OutputGrad;
use super::forward::Pass;
use super::geometry::Geometry;
use super::kernels::Kernels;
use super::{Want, backward_blocks, train, with_values};

/// What the operations of one call leave for each other.
#[derive(Default)]
struct Shared {
    /// From the forward pass to the backward pass.
    saved: Mutex<Option<Buffer>>,
    /// From the core's forward pass to the parts': outputs, h_n, c_n.
    parts: Mutex<[Option<Vec<f32>>; 3]>,
    /// From the parts' backward passes to the core's.
    grads: Mutex<[Option<Tensor>; 3]>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// x (N, T, F), flat weights and perhaps (2, L*D, N, H) states -> the token.
struct Core {
    geometry: Geometry,
    kernels: &'static Kernels,
    want: Want,
    /// Whether anybody will ask for the gradient of x.
    dx: bool,
    shared: Arc<Shared>,
}

/// Outputs (0), h_n (1) or c_n (2), seen as a function of the token.
struct Part {
    which: usize,
    shape: Shape,
    shared: Arc<Shared>,
}

/// Runs the training forward pass as part of candle's graph: (wanted outputs, h_n, c_n).
pub(super) fn differentiable(
    geometry: Geometry,
    kernels: &'static Kernels,
    want: Want,
    x: &Tensor,
    flat: &Tensor,
    state: Option<&Tensor>,
) -> Result<(Option<Tensor>, Tensor, Tensor)> {
    let shared = Arc::new(Shared::default());
    let core = Core { geometry, kernels, want, dx: x.track_op(), shared: shared.clone() };
    let token = match state {
        Some(state) => x.apply_op3(flat, &state.contiguous()?, core)?,
        None => x.apply_op2(flat, core)?,
    };
    let part = |which: usize, shape: Shape| token.apply_op1(Part { which, shape, shared: shared.clone() });
    let width = geometry.directions() * geometry.hidden();
    let output = match want {
        Want::None => None,
        Want::All => Some(part(0, (geometry.rows, geometry.steps, width).into())?),
        Want::Last => Some(part(0, (geometry.rows, width).into())?),
    };
    let state = (geometry.cells(), geometry.rows, geometry.hidden());
    Ok((output, part(1, state.into())?, part(2, state.into())?))
}

fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(all), Some((start, end))) => Ok(&all[start..end]),
        _ => bail!("lstm: the fused engine takes contiguous f32"),
    }
}

impl Core {
    fn forward(&self, x: &[f32], flat: &[f32], state: Option<&[f32]>) -> (CpuStorage, Shape) {
        let (output, mut h_n, saved) = train(&self.geometry, self.kernels, self.want, x, flat, state);
        let c_n = h_n.split_off(h_n.len() / 2);
        *lock(&self.shared.saved) = Some(saved);
        *lock(&self.shared.parts) = [Some(output), Some(h_n), Some(c_n)];
        (CpuStorage::F32(vec![0.0]), 1.into())
    }

    /// Gradients of x, the flat weights and the states from those the parts left behind.
    fn backward(&self, x: &[f32], flat: &[f32], state: Option<&[f32]>) -> Result<Grads> {
        // A second backward pass over the same graph finds nothing saved and runs forward again.
        let taken = lock(&self.shared.saved).take();
        let mut saved =
            taken.unwrap_or_else(|| train(&self.geometry, self.kernels, Want::None, x, flat, state).2);
        let [output, h_n, c_n] = std::mem::take(&mut *lock(&self.shared.grads));
        let half = self.geometry.cells() * self.geometry.rows * self.geometry.hidden();
        let mut finals = Buffer::zeroed(2 * half);
        for (grad, to) in [h_n, c_n].into_iter().zip(finals.chunks_mut(half)) {
            if let Some(grad) = grad {
                with_values(&grad, |g| to.copy_from_slice(g))?;
            }
        }
        // The backward pass asks nothing of the forward weights.
        let pass = Pass { geometry: &self.geometry, kernels: self.kernels, x, weights: &[], state };
        let mut run =
            |output: OutputGrad<'_>| backward_blocks(pass, flat, &finals, output, &mut saved, self.dx);
        let (x, flat, state) = match (output, self.want) {
            (None, _) | (_, Want::None) => run(OutputGrad::None),
            (Some(g), Want::All) => with_values(&g, |g| run(OutputGrad::All(g)))?,
            (Some(g), Want::Last) => with_values(&g, |g| run(OutputGrad::Last(g)))?,
        };
        Ok(Grads { x, flat, state })
    }

    /// The gradients as tensors: of x when wanted, of the flat weights, of the states.
    fn grads(
        &self,
        x: &Tensor,
        flat: &Tensor,
        state: Option<&Tensor>,
    ) -> Result<(Option<Tensor>, Tensor, Tensor)> {
        let grads = with_values(x, |xs| {
            with_values(flat, |ws| match state {
                Some(state) => with_values(state, |s| self.backward(xs, ws, Some(s)))?,
                None => self.backward(xs, ws, None),
            })
        })???;
        let device = x.device();
        let dx = if self.dx { Some(Tensor::from_vec(grads.x, x.shape(), device)?) } else { None };
        let shape = (2, self.geometry.cells(), self.geometry.rows, self.geometry.hidden());
        let dstate = Tensor::from_vec(grads.state, shape, device)?;
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
        _: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (dx, dw, _) = self.grads(x, w, None)?;
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
        _: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (dx, dw, ds) = self.grads(x, w, Some(s))?;
        Ok((dx, Some(dw), Some(ds)))
    }
}

impl CustomOp1 for Part {
    fn name(&self) -> &'static str {
        "fused-lstm-part"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        match lock(&self.shared.parts)[self.which].take() {
            Some(part) => Ok((CpuStorage::F32(part), self.shape.clone())),
            None => bail!("lstm: this part of the result was already taken"),
        }
    }

    fn bwd(&self, token: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        lock(&self.shared.grads)[self.which] = Some(grad.clone());
        Ok(Some(token.zeros_like()?))
    }
}
