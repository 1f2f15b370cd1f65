//! AdamW, gradient clipping and a look at bad gradients, over an ordered list of named variables.
//!
//! candle's own AdamW keeps its moments private, so a run could not be resumed; here they are plain
//! vectors under the parameters' names. Parameters and moments are f32. Everything is elementwise or
//! summed in a fixed order, so the number of threads never changes a byte.

use std::cell::RefCell;
use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Tensor, Var, bail};
use rayon::prelude::*;

#[cfg(any(feature = "cuda", test))]
pub mod guarded;

/// The settings of `torch.optim.AdamW`; the learning rate is given at each step, since schedules
/// change it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamWConfig {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
    /// Decoupled weight decay (Loshchilov and Hutter 2019), a share of the learning rate.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01 }
    }
}

/// Running averages of one parameter's gradient and of its square, in the parameter's own order.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// First moment.
    pub m: Vec<f32>,
    /// Second moment.
    pub v: Vec<f32>,
}

/// All that a resumed run needs: the number of steps taken and the moments by parameter name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdamWState {
    /// Steps taken so far.
    pub step: u64,
    /// Moments by parameter name.
    pub moments: BTreeMap<String, Moments>,
}

/// AdamW with `torch.optim.AdamW`'s arithmetic.
#[derive(Clone, Debug)]
pub struct AdamW {
    config: AdamWConfig,
    state: AdamWState,
}

impl AdamW {
    /// A fresh optimiser for `params`, moments at zero.
    pub fn new(config: AdamWConfig, params: &[(String, Var)]) -> Self {
        let zeros = |n: usize| Moments { m: vec![0.0; n], v: vec![0.0; n] };
        let moments = params.iter().map(|(name, p)| (name.clone(), zeros(p.elem_count()))).collect();
        Self { config, state: AdamWState { step: 0, moments } }
    }

    /// Continues from a saved state.
    ///
    /// # Errors
    /// A parameter without moments, or with moments of another length.
    pub fn resume(config: AdamWConfig, params: &[(String, Var)], state: AdamWState) -> Result<Self> {
        for (name, p) in params {
            let n = p.elem_count();
            match state.moments.get(name) {
                Some(had) if had.m.len() == n && had.v.len() == n => {}
                Some(had) => bail!("AdamW: {name} has {n} values, its saved moments {}", had.m.len()),
                None => bail!("AdamW: the saved state has no moments for {name}"),
            }
        }
        Ok(Self { config, state })
    }

    /// Goes on from the state of another optimiser of the same parameters.
    pub fn restore(&mut self, state: AdamWState) {
        self.state = state;
    }

    /// What to save for [`AdamW::resume`].
    pub fn state(&self) -> &AdamWState {
        &self.state
    }

    /// One update of every parameter that has a gradient, in place.
    ///
    /// # Errors
    /// A parameter or gradient that is not f32, or a parameter this optimiser was not made for.
    pub fn step(&mut self, params: &[(String, Var)], grads: &GradStore, learning_rate: f64) -> Result<()> {
        let update = Update::new(&self.config, self.state.step + 1, learning_rate);
        self.apply(params, grads, &update)
    }

    fn apply(&mut self, params: &[(String, Var)], grads: &GradStore, update: &Update) -> Result<()> {
        self.state.step += 1;
        for (name, var) in params {
            let Some(grad) = grads.get(var) else { continue };
            let Some(moments) = self.state.moments.get_mut(name) else {
                bail!("AdamW: unknown parameter {name}")
            };
            let grad = grad.flatten_all()?;
            if grad.elem_count() != moments.m.len() {
                bail!("AdamW: {name} has {} values, its gradient {}", moments.m.len(), grad.elem_count())
            }
            if var.device().is_cpu() {
                let op = InPlace(RefCell::new((moments, &grad)), *update);
                var.as_tensor().inplace_op1(&op)?;
            } else {
                let mut values = var.flatten_all()?.to_vec1::<f32>()?;
                update.apply(&mut values, &grad.to_vec1::<f32>()?, moments);
                var.set(&Tensor::from_vec(values, var.shape(), var.device())?)?;
            }
        }
        Ok(())
    }
}

/// The numbers of one step, in the precision torch's CPU kernel holds them.
#[derive(Clone, Copy)]
struct Update {
    keep: f32,
    blend1: f32,
    beta2: f32,
    blend2: f32,
    step_size: f32,
    root_correction2: f32,
    eps: f32,
}

impl Update {
    fn new(c: &AdamWConfig, step: u64, learning_rate: f64) -> Self {
        let t = step as f64;
        Self {
            keep: (1.0 - learning_rate * c.weight_decay) as f32,
            blend1: (1.0 - c.beta1) as f32,
            beta2: c.beta2 as f32,
            blend2: (1.0 - c.beta2) as f32,
            step_size: (learning_rate / (1.0 - c.beta1.powf(t))) as f32,
            root_correction2: (1.0 - c.beta2.powf(t)).sqrt() as f32,
            eps: c.eps as f32,
        }
    }

    /// Elements per task: an update of this many costs about as much as waking a thread.
    const TASK: usize = 16 * 1024;

    fn apply(&self, p: &mut [f32], g: &[f32], moments: &mut Moments) {
        let tasks = p
            .par_chunks_mut(Self::TASK)
            .zip(g.par_chunks(Self::TASK))
            .zip(moments.m.par_chunks_mut(Self::TASK))
            .zip(moments.v.par_chunks_mut(Self::TASK));
        tasks.for_each(|(((p, g), m), v)| {
            for (((p, &g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
                *m += (g - *m) * self.blend1;
                *v = *v * self.beta2 + self.blend2 * g * g;
                let denominator = v.sqrt() / self.root_correction2 + self.eps;
                *p = *p * self.keep - self.step_size * (*m / denominator);
            }
        });
    }
}

/// Reaches a variable's storage, which [`Var::set`] could only replace by a copy.
struct InPlace<'a>(RefCell<(&'a mut Moments, &'a Tensor)>, Update);

impl InplaceOp1 for InPlace<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let CpuStorage::F32(values) = storage else { bail!("AdamW: parameters must be f32") };
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("AdamW: parameters must be contiguous")
        };
        let mut borrowed = self.0.borrow_mut();
        let (moments, grad) = &mut *borrowed;
        with_values(grad, |g| self.1.apply(&mut values[start..end], g, moments))
    }
}

/// Hands the values of a tensor to `f`, without a copy when they lie in CPU memory in order.
fn with_values<R>(t: &Tensor, f: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let (storage, layout) = t.storage_and_layout();
    if let (candle_core::Storage::Cpu(CpuStorage::F32(all)), Some((start, end))) =
        (&*storage, layout.contiguous_offsets())
    {
        return Ok(f(&all[start..end]));
    }
    drop(storage);
    Ok(f(&t.flatten_all()?.to_vec1::<f32>()?))
}

/// Scales all gradients so that their joint 2-norm is at most `max_norm`, as
/// `torch.nn.utils.clip_grad_norm_`; returns the norm before. A norm that is not finite scales
/// nothing: ask [`worst_gradient`] for a culprit.
///
/// # Errors
/// A gradient that is not f32.
pub fn clip_grad_norm(params: &[(String, Var)], grads: &mut GradStore, max_norm: f64) -> Result<f64> {
    let mut sum = 0.0;
    for (_, var) in params {
        if let Some(grad) = grads.get(var) {
            sum += with_values(grad, |g| g.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>())?;
        }
    }
    let norm = sum.sqrt();
    let factor = max_norm / (norm + 1e-6);
    if norm.is_finite() && factor < 1.0 {
        for (_, var) in params {
            if let Some(grad) = grads.remove(var) {
                grads.insert(var, (grad * factor)?);
            }
        }
    }
    Ok(norm)
}

/// The parameter whose gradient has the largest absolute value, and that value; NaN counts as
/// larger than anything. `None` when no parameter has a gradient.
///
/// # Errors
/// A gradient that is not f32.
pub fn worst_gradient<'p>(params: &'p [(String, Var)], grads: &GradStore) -> Result<Option<(&'p str, f32)>> {
    let larger = |a: f32, b: f32| if b.is_nan() || b > a { b } else { a };
    let mut worst: Option<(&str, f32)> = None;
    for (name, var) in params {
        let Some(grad) = grads.get(var) else { continue };
        let peak = with_values(grad, |g| g.iter().fold(0.0, |a, g| larger(a, g.abs())))?;
        if worst.is_none_or(|(_, w)| !w.is_nan() && (peak.is_nan() || peak > w)) {
            worst = Some((name, peak));
        }
    }
    Ok(worst)
}
