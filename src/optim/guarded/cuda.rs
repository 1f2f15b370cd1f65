//! The same on a GPU: three launches a step for up to 64 parameters, and nothing read.

#![allow(unsafe_code)]

use candle_core::backprop::GradStore;
use candle_core::cuda_backend::WrapErr;
use candle_core::cuda_backend::cudarc::driver::CudaSlice;
use candle_core::{CudaDevice, Result, Tensor, Var, bail};

use super::{Bounds, Progress, Step, UNREAD, Verdict};
use crate::ops::gpu::kernels::{self, Decide, ROWS, Row, SLICES, address, tensor_address};
use crate::optim::{Moments, Update};

/// Numbers that `decide` writes for a step.
const LOGGED: usize = 3;

pub(super) struct Arrays {
    device: CudaDevice,
    bounds: Bounds,
    /// Values of each parameter; moments and averages lie one after another in that order.
    sizes: Vec<usize>,
    m: CudaSlice<f32>,
    v: CudaSlice<f32>,
    /// Empty (one unused float) without averaging.
    average: Option<CudaSlice<f32>>,
    /// (parameters, SLICES).
    sums: CudaSlice<f64>,
    /// The first epoch's sum and number of losses, whether training has stopped, the clip factor.
    control: CudaSlice<f64>,
    /// (UNREAD, LOGGED).
    log: CudaSlice<f64>,
}

impl Arrays {
    pub(super) fn new(
        device: &CudaDevice,
        bounds: Bounds,
        params: &[(String, Var)],
        progress: &Progress,
        first: (f64, usize),
    ) -> Result<Arrays> {
        let sizes: Vec<usize> = params.iter().map(|(_, var)| var.elem_count()).collect();
        let total: usize = sizes.iter().sum();
        let (mut m, mut v) = (Vec::with_capacity(total), Vec::with_capacity(total));
        for ((name, _), size) in params.iter().zip(&sizes) {
            match progress.optimiser.moments.get(name) {
                Some(had) if had.m.len() == *size && had.v.len() == *size => {
                    m.extend_from_slice(&had.m);
                    v.extend_from_slice(&had.v);
                }
                _ => bail!("AdamW: no moments of {size} values for {name}"),
            }
        }
        let average = progress.average.concat();
        if !average.is_empty() && average.len() != total {
            bail!("{} averages for {total} weights", average.len())
        }
        Ok(Arrays {
            device: device.clone(),
            bounds,
            m: device.clone_htod(&m)?,
            v: device.clone_htod(&v)?,
            average: if average.is_empty() { None } else { Some(device.clone_htod(&average)?) },
            sums: device.alloc_zeros(sizes.len() * SLICES)?,
            control: device.clone_htod(&[first.0, first.1 as f64, 0.0, 1.0])?,
            log: device.alloc_zeros(UNREAD * LOGGED)?,
            sizes,
        })
    }

    pub(super) fn step(
        &mut self,
        params: &[(String, Var)],
        grads: &GradStore,
        loss: &Tensor,
        step: Step,
        update: &Update,
        place: usize,
    ) -> Result<()> {
        if params.len() != self.sizes.len() {
            bail!("{} parameters, and {} at the beginning", params.len(), self.sizes.len())
        }
        // Gradients that are no plain arrays are copied; the copies live until the launches are made,
        // and their memory is used again in the stream's order only.
        let mut gradients = Vec::with_capacity(params.len());
        for ((name, var), size) in params.iter().zip(&self.sizes) {
            let grad = grads.get(var).map(Tensor::contiguous).transpose()?;
            if var.elem_count() != *size || grad.as_ref().is_some_and(|g| g.elem_count() != *size) {
                bail!("AdamW: {name} or its gradient has other than {size} values")
            }
            gradients.push(grad);
        }
        let rows = self.rows(params, &gradients)?;
        let (device, sums) = (&self.device, address(&self.sums, &self.device));
        let control = address(&self.control, device);
        let loss = loss.contiguous()?;
        for (i, rows) in rows.chunks(ROWS).enumerate() {
            let at = sums + (8 * i * ROWS * SLICES) as u64;
            // SAFETY: `rows` names arrays of the sizes checked above, and `sums` has SLICES floats a
            // parameter; all live at least until the launch, and are freed in the stream's order.
            unsafe { kernels::sum_squares(device, rows, at) }?;
        }
        let decide = Decide {
            sums,
            loss: tensor_address(&loss, device)?,
            control,
            log: address(&self.log, device) + (8 * LOGGED * place) as u64,
            max_norm: self.bounds.max_norm,
            exploded: self.bounds.exploded,
            least: self.bounds.least,
            count: (self.sizes.len() * SLICES) as i64,
            first_epoch: i32::from(step.first_epoch),
        };
        // SAFETY: `place` is below UNREAD, so its line is inside the log; the others as stated there.
        unsafe { kernels::decide(device, decide) }?;
        let numbers = kernels::Update {
            control,
            keep: update.keep,
            blend1: update.blend1,
            beta2: update.beta2,
            blend2: update.blend2,
            step_size: update.step_size,
            root_correction2: update.root_correction2,
            eps: update.eps,
            average: step.decay,
        };
        for rows in rows.chunks(ROWS) {
            // SAFETY: as for `sum_squares`; all work is on one stream.
            unsafe { kernels::adamw(device, rows, numbers) }?;
        }
        Ok(())
    }

    fn rows(&self, params: &[(String, Var)], grads: &[Option<Tensor>]) -> Result<Vec<Row>> {
        let device = &self.device;
        let (m, v) = (address(&self.m, device), address(&self.v, device));
        let e = self.average.as_ref().map(|e| address(e, device));
        let mut before = 0;
        let mut rows = Vec::with_capacity(params.len());
        for (((_, var), grad), size) in params.iter().zip(grads).zip(&self.sizes) {
            rows.push(Row {
                p: tensor_address(var.as_tensor(), device)?,
                g: grad.as_ref().map_or(Ok(0), |g| tensor_address(g, device))?,
                m: m + before,
                v: v + before,
                e: e.map_or(0, |e| e + before),
                n: *size as i64,
            });
            before += 4 * *size as u64;
        }
        Ok(rows)
    }

    pub(super) fn read(&mut self, count: usize) -> Result<Vec<Verdict>> {
        let log: Vec<f64> = self.device.clone_dtoh(&self.log)?;
        self.device.cuda_stream().synchronize().w()?;
        let lines = log.as_chunks::<LOGGED>().0.iter().take(count);
        Ok(lines
            .map(|[loss, grad_norm, taken]| Verdict {
                loss: *loss,
                grad_norm: *grad_norm,
                taken: *taken == 1.0,
            })
            .collect())
    }

    pub(super) fn progress(&self, params: &[(String, Var)]) -> Result<Progress> {
        let (m, v) = (self.device.clone_dtoh(&self.m)?, self.device.clone_dtoh(&self.v)?);
        let average = self.average.as_ref().map(|e| self.device.clone_dtoh(e)).transpose()?;
        let mut progress = Progress::default();
        let mut at = 0;
        for ((name, _), size) in params.iter().zip(&self.sizes) {
            let range = at..at + size;
            let moments = Moments { m: m[range.clone()].to_vec(), v: v[range.clone()].to_vec() };
            progress.optimiser.moments.insert(name.clone(), moments);
            progress.average.extend(average.as_ref().map(|e| e[range].to_vec()));
            at += size;
        }
        Ok(progress)
    }
}
