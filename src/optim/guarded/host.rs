//! The obvious version, in host memory: the oracle of the tests.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};

use super::{Bounds, Progress, Step, Update, Verdict};
use crate::optim::{AdamW, AdamWConfig, clip_grad_norm};

pub(super) struct Arrays {
    bounds: Bounds,
    optimiser: AdamW,
    average: Vec<Vec<f32>>,
    first: (f64, usize),
    stopped: bool,
    log: Vec<Verdict>,
}

impl Arrays {
    pub(super) fn new(
        config: AdamWConfig,
        bounds: Bounds,
        params: &[(String, Var)],
        progress: &Progress,
        first: (f64, usize),
    ) -> Result<Arrays> {
        let optimiser = AdamW::resume(config, params, progress.optimiser.clone())?;
        let average = progress.average.clone();
        Ok(Arrays { bounds, optimiser, average, first, stopped: false, log: Vec::new() })
    }

    pub(super) fn step(
        &mut self,
        params: &[(String, Var)],
        grads: &GradStore,
        loss: &Tensor,
        step: Step,
        update: &Update,
    ) -> Result<()> {
        let loss = f64::from(loss.to_scalar::<f32>()?);
        let mut own = loss_free(params, grads);
        let grad_norm = clip_grad_norm(params, &mut own, self.bounds.max_norm)?;
        let (sum, count) = self.first;
        let limit = match count {
            0 => f64::INFINITY,
            _ => self.bounds.exploded * (sum / count as f64).max(self.bounds.least),
        };
        let taken = !self.stopped && loss.is_finite() && loss <= limit && grad_norm.is_finite();
        self.log.push(Verdict { loss, grad_norm, taken });
        self.stopped |= !taken;
        if !taken {
            return Ok(());
        }
        if step.first_epoch {
            self.first = (sum + loss, count + 1);
        }
        self.optimiser.apply(params, &own, update)?;
        for ((_, var), average) in params.iter().zip(&mut self.average) {
            for (a, w) in average.iter_mut().zip(var.flatten_all()?.to_vec1::<f32>()?) {
                *a = step.decay * *a + (1.0 - step.decay) * w;
            }
        }
        Ok(())
    }

    pub(super) fn read(&mut self) -> Vec<Verdict> {
        std::mem::take(&mut self.log)
    }

    pub(super) fn progress(&self, _: &[(String, Var)]) -> Progress {
        Progress { optimiser: self.optimiser.state().clone(), average: self.average.clone() }
    }
}

/// The parameters' gradients alone, in a store of their own.
fn loss_free(params: &[(String, Var)], grads: &GradStore) -> GradStore {
    let mut own = GradStore::default();
    for (_, var) in params {
        if let Some(grad) = grads.get(var) {
            own.insert(var, grad.clone());
        }
    }
    own
}
