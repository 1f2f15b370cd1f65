//! A step of training that the host need not wait for: clipping, AdamW and the moving average of the
//! weights, all or nothing. A step whose loss or gradient is out of bounds changes nothing, nor does
//! any after it, until somebody asks how the steps went ([`Guarded::read`]).
//!
//! On a GPU all of it lies and runs there (`cuda`). In tests of builds without one, `host` does the
//! same with the CPU's optimiser, so that the training around it can be run, and compared.

use candle_core::backprop::GradStore;
use candle_core::{Device, Result, Tensor, Var, bail};

use super::{AdamWConfig, AdamWState, Update};

#[cfg(feature = "cuda")]
mod cuda;
#[cfg(test)]
mod host;

/// What stands at the beginning, and when steps are read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    pub optimiser: AdamWState,
    /// Averages of the weights, in the parameters' order; empty without averaging.
    pub average: Vec<Vec<f32>>,
}

/// Bounds of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Largest norm of all gradients; more is scaled down to it.
    pub max_norm: f64,
    /// A loss of this many times the first epoch's mean has exploded.
    pub exploded: f64,
    /// The least mean (scaled units) that counts as a measure.
    pub least: f64,
}

/// The numbers of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub learning_rate: f64,
    /// d of average = d * average + (1 - d) * weights.
    pub decay: f32,
    /// Whether the loss counts for the first epoch's mean.
    pub first_epoch: bool,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    pub loss: f64,
    /// Before clipping.
    pub grad_norm: f64,
    pub taken: bool,
}

/// Most steps between two [`Guarded::read`]s.
pub const UNREAD: usize = 64;

/// The optimiser.
pub struct Guarded {
    config: AdamWConfig,
    /// Updates taken, if all that were asked for were.
    updates: u64,
    /// Steps that nobody has read yet.
    unread: usize,
    place: Place,
}

enum Place {
    #[cfg(feature = "cuda")]
    Cuda(Box<cuda::Arrays>),
    #[cfg(test)]
    Host(host::Arrays),
}

impl Guarded {
    /// Goes on from `progress`. `first`: the sum and number of the first epoch's losses so far.
    ///
    /// # Errors
    /// Those of the device; a state that does not fit the parameters.
    pub fn new(
        config: AdamWConfig,
        bounds: Bounds,
        params: &[(String, Var)],
        progress: &Progress,
        first: (f64, usize),
    ) -> Result<Guarded> {
        let Some((_, one)) = params.first() else { bail!("no parameters") };
        let place = match one.device() {
            #[cfg(feature = "cuda")]
            Device::Cuda(device) => {
                Place::Cuda(Box::new(cuda::Arrays::new(device, bounds, params, progress, first)?))
            }
            #[cfg(test)]
            Device::Cpu => Place::Host(host::Arrays::new(config, bounds, params, progress, first)?),
            other => bail!("no guarded optimiser on {other:?}"),
        };
        Ok(Guarded { config, updates: progress.optimiser.step, unread: 0, place })
    }

    /// Asks for a step. At most [`UNREAD`] before the next [`Guarded::read`].
    ///
    /// # Errors
    /// Those of the device.
    pub fn step(
        &mut self,
        params: &[(String, Var)],
        grads: &GradStore,
        loss: &Tensor,
        step: Step,
    ) -> Result<()> {
        if self.unread == UNREAD {
            bail!("more than {UNREAD} steps were asked for and not read")
        }
        self.updates += 1;
        let update = Update::new(&self.config, self.updates, step.learning_rate);
        match &mut self.place {
            #[cfg(feature = "cuda")]
            Place::Cuda(arrays) => arrays.step(params, grads, loss, step, &update, self.unread)?,
            #[cfg(test)]
            Place::Host(arrays) => arrays.step(params, grads, loss, step, &update)?,
        }
        self.unread += 1;
        Ok(())
    }

    /// Waits for the steps since the last reading and says how they went. After one that was not
    /// taken none is, ever.
    ///
    /// # Errors
    /// Those of the device.
    pub fn read(&mut self) -> Result<Vec<Verdict>> {
        let verdicts = match &mut self.place {
            #[cfg(feature = "cuda")]
            Place::Cuda(arrays) => arrays.read(self.unread)?,
            #[cfg(test)]
            Place::Host(arrays) => arrays.read(),
        };
        self.updates -= verdicts.iter().filter(|v| !v.taken).count() as u64;
        self.unread = 0;
        Ok(verdicts)
    }

    /// Where the optimiser stands, after [`Guarded::read`].
    ///
    /// # Errors
    /// Those of the device.
    pub fn progress(&self, params: &[(String, Var)]) -> Result<Progress> {
        let mut progress = match &self.place {
            #[cfg(feature = "cuda")]
            Place::Cuda(arrays) => arrays.progress(params)?,
            #[cfg(test)]
            Place::Host(arrays) => arrays.progress(params),
        };
        progress.optimiser.step = self.updates;
        Ok(progress)
    }
}

#[cfg(test)]
mod tests;
