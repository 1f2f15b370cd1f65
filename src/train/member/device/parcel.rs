//! A batch on its way to the device.

use candle_core::{Device, Tensor};

use crate::data::split::Cut;
use crate::error::Result;
use crate::forecast::Windows;
use crate::model::{Feed, LeadTensors, Shape};
#[cfg(feature = "cuda")]
use crate::ops::gpu::upload::Uploads;
use crate::train::batches::{Batch, Gathered};
use crate::train::loss::Bend;

/// The way to the device.
#[derive(Default)]
pub(super) struct Way {
    /// `None` on the CPU.
    #[cfg(feature = "cuda")]
    uploads: Option<Uploads>,
}

impl Way {
    #[cfg_attr(not(feature = "cuda"), expect(unused_variables, reason = "there is one way on the CPU"))]
    pub(super) fn to(device: &Device) -> Way {
        Way {
            #[cfg(feature = "cuda")]
            uploads: device.as_cuda_device().ok().map(Uploads::new),
        }
    }

    /// The values on the device, possibly with more behind them.
    fn send(&mut self, values: Vec<f32>, device: &Device) -> Result<Tensor> {
        #[cfg(feature = "cuda")]
        if let Some(uploads) = &mut self.uploads {
            return Ok(uploads.send(&values)?);
        }
        let count = values.len();
        Ok(Tensor::from_vec(values, count, device)?)
    }
}

/// A batch in two vectors, so that it takes two uploads.
pub(super) struct Parcel {
    windows: Vec<Cut>,
    /// Everything else, in the order of [`Parcel::unpack`].
    floats: Vec<f32>,
    /// T.
    steps: usize,
    /// M.
    cuts: usize,
    seen: Vec<usize>,
    /// Which parts there are.
    masked: bool,
    based: bool,
    bent: bool,
    weight: f32,
}

impl Parcel {
    /// `width` is F.
    pub(super) fn pack(all: Gathered, width: usize) -> Parcel {
        let weight = all.weight.iter().map(|w| f64::from(*w)).sum::<f64>() as f32;
        let mut parcel = Parcel {
            windows: all.windows,
            floats: Vec::new(),
            steps: all.steps,
            cuts: all.cuts,
            seen: all.seen,
            masked: !all.masks.is_empty(),
            based: all.base.is_some(),
            bent: all.bend.is_some(),
            weight,
        };
        let floats = &mut parcel.floats;
        all.masks.iter().for_each(|mask| floats.extend_from_slice(&mask[..width]));
        for features in &all.lead {
            [&features.base, &features.spread, &features.context, &features.known]
                .iter()
                .for_each(|part| floats.extend_from_slice(part));
        }
        all.base.iter().for_each(|base| floats.extend_from_slice(base));
        floats.extend_from_slice(&all.y);
        floats.extend_from_slice(&all.weight);
        all.bend.iter().flatten().for_each(|part| floats.extend_from_slice(part));
        parcel
    }

    /// The sum of all weights, what the loss is divided by.
    pub(super) fn count(&self) -> f32 {
        self.weight.max(f32::MIN_POSITIVE)
    }

    /// The batch on the device of `from`.
    pub(super) fn unpack(self, from: &Windows, way: &mut Way, shape: &Shape) -> Result<Batch> {
        let (n, m, p, k) = (self.windows.len(), self.cuts, shape.horizon, shape.targets);
        let width = from.inputs.width();
        let all = way.send(self.floats, from.device)?;
        let mut at = 0;
        let mut take = |len: usize| {
            at += len;
            all.narrow(0, at - len, len)
        };
        let mut feed = Feed { seen: self.seen, ..Feed::default() };
        let mut x = from.gather(&self.windows, self.steps)?;
        if self.masked {
            x = x.broadcast_mul(&take(n * width)?.reshape((n, 1, width))?)?;
        }
        feed.x = Some(x);
        if let Some(sizes) = &shape.lead {
            for _ in 0..k {
                let parts = [take(m)?, take(m * p)?, take(m * sizes.context)?, take(m * p * sizes.known)?];
                feed.lead.push(LeadTensors::of(parts, m, sizes, p)?);
            }
        }
        if self.based {
            feed.base = Some(take(m * p * k)?.reshape((m, p, k))?);
        }
        let y = take(m * p * k)?.reshape((m, p, k))?;
        let weight = take(m * p * k)?.reshape((m, p, k))?;
        let bend = if self.bent {
            let mut part = || take(m * k)?.reshape((m, 1, k, 1));
            Some(Bend { shift: part()?, scale: part()?, on: part()? })
        } else {
            None
        };
        Ok(Batch { feed, y, weight, bend })
    }
}
