//! The CUDA engine as candle operations with gradients.
//!
//! candle's custom operations take at most three tensors and return one. So the results are
//! [`Part`]s of a token of one value, and the token is a chain of [`Link`]s, one for every one or two
//! leaves (x, the weights, the initial state). candle's backward pass comes to the parts first, which
//! leave their gradients behind, then to the chain's last link, which runs the whole backward pass,
//! and then to the others, each of which hands out its leaves' gradients. Nothing is concatenated,
//! padded or added to zeros but what candle itself adds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{
    CpuStorage, CudaStorage, CustomOp1, CustomOp2, CustomOp3, DType, Layout, Result, Shape, Tensor, bail,
};

use super::backward::{self, Incoming};
use super::forward::{self, Call, Saved};
use super::gpu::{Buffer, Gpu};
use crate::ops::lstm::LayerWeights;

/// What the operations of one call leave for each other.
struct Shared {
    call: Call,
    /// From the forward pass to the backward pass.
    saved: Mutex<Option<Saved>>,
    /// From the parts' backward passes to the chain's: outputs, h_n, c_n.
    incoming: Mutex<[Option<Tensor>; 3]>,
    /// From the last link to the others, in the order of the leaves.
    grads: Mutex<Vec<Option<Tensor>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The token so far and one or two leaves -> the token.
struct Link {
    shared: Arc<Shared>,
    /// The first leaf's place among all leaves.
    first: usize,
    /// Whether this is the end of the chain.
    last: bool,
}

/// Outputs (0), h_n (1) or c_n (2), seen as a function of the token.
struct Part {
    which: usize,
    shape: Shape,
    value: Mutex<Option<CudaStorage>>,
    shared: Arc<Shared>,
}

/// Runs the training forward pass as part of candle's graph: (wanted outputs, h_n, c_n). `leaves`
/// are the tensors that `call` holds detached.
pub(super) fn differentiable(
    gpu: &Gpu,
    call: Call,
    x: &Tensor,
    weights: &[LayerWeights],
    state: Option<(&Tensor, &Tensor)>,
) -> Result<(Tensor, Tensor, Tensor)> {
    let (results, saved) = forward::run(gpu, &call, true)?;
    let shapes = call.shapes();
    let shared = Arc::new(Shared {
        call,
        saved: Mutex::new(saved),
        incoming: Mutex::default(),
        grads: Mutex::default(),
    });
    let token = chain(&shared, x, weights, state)?;
    let part = |which: usize, value: Buffer| {
        let value = Mutex::new(Some(value.into_storage(gpu)));
        token.apply_op1(Part { which, shape: shapes[which].clone(), value, shared: shared.clone() })
    };
    Ok((part(0, results.output)?, part(1, results.h_n)?, part(2, results.c_n)?))
}

/// Ties all leaves into one token.
fn chain(
    shared: &Arc<Shared>,
    x: &Tensor,
    weights: &[LayerWeights],
    state: Option<(&Tensor, &Tensor)>,
) -> Result<Tensor> {
    let mut pairs: Vec<(&Tensor, Option<&Tensor>)> = vec![(x, None)];
    for w in weights {
        pairs.push((&w.w_ih, Some(&w.w_hh)));
        pairs.extend(w.b_ih.as_ref().map(|b| (b, w.b_hh.as_ref())));
    }
    pairs.extend(state.map(|(h, c)| (h, Some(c))));
    let mut token = Tensor::zeros(1, DType::F32, x.device())?;
    let (count, mut first) = (pairs.len(), 0);
    for (i, (a, b)) in pairs.into_iter().enumerate() {
        let link = Link { shared: shared.clone(), first, last: i + 1 == count };
        token = match b {
            None => token.apply_op2(a, link)?,
            Some(b) => token.apply_op3(a, b, link)?,
        };
        first += 1 + usize::from(b.is_some());
    }
    Ok(token)
}

impl Shared {
    /// Every leaf's gradient from those the parts left behind.
    fn backward(&self, gpu: &Gpu) -> Result<Vec<Option<Tensor>>> {
        // A second backward pass over the same graph finds nothing saved and runs forward again.
        let taken = lock(&self.saved).take();
        let saved = match taken {
            Some(saved) => Some(saved),
            None => forward::run(gpu, &self.call, true)?.1,
        };
        let Some(saved) = saved else { bail!("lstm: nothing was kept for the backward pass") };
        let [output, h_n, c_n] = std::mem::take(&mut *lock(&self.incoming));
        let grads = backward::run(gpu, &self.call, saved, &Incoming { output, h_n, c_n })?;
        let mut leaves = vec![grads.x];
        for (w_ih, w_hh, bias) in grads.weights {
            leaves.extend([Some(w_ih), Some(w_hh)]);
            if bias.is_some() {
                leaves.extend([bias.clone(), bias]);
            }
        }
        leaves.extend([Some(grads.state.0), Some(grads.state.1)]);
        Ok(leaves)
    }
}

impl Link {
    /// The gradients of the link's first and second leaf.
    fn grads(&self, token: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let mut all = lock(&self.shared.grads);
        if self.last {
            *all = self.shared.backward(&Gpu::of(token)?)?;
        }
        let mut take = |i: usize| all.get_mut(i).and_then(Option::take);
        let first = take(self.first);
        // The one leaf without a partner is x, whose neighbour belongs to the next link.
        Ok(if self.first == 0 { (first, None) } else { (first, take(self.first + 1)) })
    }
}

/// The token's value is never read.
fn token(storage: &CudaStorage) -> Result<(CudaStorage, Shape)> {
    use candle_core::backend::{BackendDevice, BackendStorage};
    let shape = Shape::from(1);
    Ok((storage.device().zeros_impl(&shape, DType::F32)?, shape))
}

impl CustomOp2 for Link {
    fn name(&self) -> &'static str {
        "cuda-lstm"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        bail!("lstm: the CUDA engine does not run on the CPU")
    }

    fn cuda_fwd(
        &self,
        t: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        token(t)
    }

    fn bwd(
        &self,
        t: &Tensor,
        _: &Tensor,
        _: &Tensor,
        _: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        Ok((Some(t.zeros_like()?), self.grads(t)?.0))
    }
}

impl CustomOp3 for Link {
    fn name(&self) -> &'static str {
        "cuda-lstm"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        bail!("lstm: the CUDA engine does not run on the CPU")
    }

    fn cuda_fwd(
        &self,
        t: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        token(t)
    }

    fn bwd(
        &self,
        t: &Tensor,
        _: &Tensor,
        _: &Tensor,
        _: &Tensor,
        _: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (a, b) = self.grads(t)?;
        Ok((Some(t.zeros_like()?), a, b))
    }
}

impl CustomOp1 for Part {
    fn name(&self) -> &'static str {
        "cuda-lstm-part"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        bail!("lstm: the CUDA engine does not run on the CPU")
    }

    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout) -> Result<(CudaStorage, Shape)> {
        match lock(&self.value).take() {
            Some(value) => Ok((value, self.shape.clone())),
            None => bail!("lstm: this part of the result was already taken"),
        }
    }

    fn bwd(&self, token: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        lock(&self.shared.incoming)[self.which] = Some(grad.contiguous()?);
        Ok(Some(token.zeros_like()?))
    }
}
