//! The moving average of the weights (Polyak & Juditsky 1992, with exponential decay).

use candle_core::{Device, Tensor};

use crate::error::Result;
use crate::model::Model;

/// Averages of all parameters; nothing where the decay is 0.
pub struct Ema {
    decay: f64,
    pub values: Vec<Vec<f32>>,
}

impl Ema {
    /// Starts at the present weights.
    pub fn new(model: &Model, decay: f64) -> Result<Ema> {
        Ok(Ema { decay, values: if decay > 0.0 { weights(model)? } else { Vec::new() } })
    }

    /// Goes on with saved averages.
    pub fn resume(values: Vec<Vec<f32>>, decay: f64) -> Ema {
        Ema { decay, values }
    }

    /// Takes in the weights after `step` (the first is 1): average = d * average + (1 - d) *
    /// weights, where d rises to the decay as step / (step + 10).
    pub fn update(&mut self, model: &Model, step: usize) -> Result<()> {
        if self.decay <= 0.0 {
            return Ok(());
        }
        let d = self.decay_at(step);
        for (average, now) in self.values.iter_mut().zip(weights(model)?) {
            for (a, w) in average.iter_mut().zip(now) {
                *a = d * *a + (1.0 - d) * w;
            }
        }
        Ok(())
    }

    /// d of [`Ema::update`].
    pub fn decay_at(&self, step: usize) -> f32 {
        self.decay.min(step as f64 / (step as f64 + 10.0)) as f32
    }

    /// Puts the averages into the model and gives back its own weights, or puts those back.
    pub fn swap(&self, model: &Model, own: Option<Vec<Vec<f32>>>) -> Result<Option<Vec<Vec<f32>>>> {
        if self.decay <= 0.0 {
            return Ok(None);
        }
        match own {
            Some(own) => {
                set(model, &own)?;
                Ok(None)
            }
            None => {
                let own = weights(model)?;
                set(model, &self.values)?;
                Ok(Some(own))
            }
        }
    }
}

/// Copies of all parameters, in order.
pub fn weights(model: &Model) -> Result<Vec<Vec<f32>>> {
    model.params.iter().map(|(_, v)| Ok(v.as_tensor().flatten_all()?.to_vec1::<f32>()?)).collect()
}

/// Sets all parameters.
pub fn set(model: &Model, values: &[Vec<f32>]) -> Result<()> {
    for ((_, var), values) in model.params.iter().zip(values) {
        var.set(&Tensor::from_slice(values, var.dims(), &Device::Cpu)?.to_device(var.device())?)?;
    }
    Ok(())
}
