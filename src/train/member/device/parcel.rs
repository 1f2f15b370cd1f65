//! A batch on its way to the device.

use candle_core::{Device, Tensor};

use crate::data::inputs::Inputs;
use crate::error::Result;
#[cfg(feature = "cuda")]
use crate::gpu::upload::Uploads;
use crate::model::{Feed, Shape, ToldTensors};
use crate::train::batches::{Batch, Gathered};
use crate::train::loss::Bend;

/// The scaled panel on the device, as the LSTM sees it.
pub(super) struct Table {
    /// (rows, F).
    x: Tensor,
    /// `None` on the CPU.
    #[cfg(feature = "cuda")]
    uploads: Option<Uploads>,
}

impl Table {
    /// Uploads it.
    pub(super) fn new(inputs: &Inputs, device: &Device) -> Result<Table> {
        let width = inputs.width();
        let mut x = inputs.x.clone();
        if let Some(lead) = &inputs.lead {
            lead.hide(&mut x, width);
        }
        Ok(Table {
            x: Tensor::from_vec(x, (inputs.x.len() / width.max(1), width), device)?,
            #[cfg(feature = "cuda")]
            uploads: device.as_cuda_device().ok().map(Uploads::new),
        })
    }

    /// The values on the device, possibly with more behind them.
    fn upload(&mut self, values: Vec<f32>) -> Result<Tensor> {
        #[cfg(feature = "cuda")]
        if let Some(uploads) = &mut self.uploads {
            return Ok(uploads.send(&values)?);
        }
        let count = values.len();
        Ok(Tensor::from_vec(values, count, self.x.device())?)
    }

    /// (N, T, F): `steps` rows from each start.
    fn windows(&self, starts: &[u32], steps: usize) -> Result<Tensor> {
        let (n, device) = (starts.len(), self.x.device());
        let starts = Tensor::from_slice(starts, (n, 1), device)?;
        let rows = starts.broadcast_add(&Tensor::arange(0, steps as u32, device)?)?; // (N, T)
        let x = self.x.index_select(&rows.flatten_all()?, 0)?; // (N*T, F)
        Ok(x.reshape((n, steps, self.x.dim(1)?))?)
    }
}

/// A batch in two vectors, so that it takes two uploads.
pub(super) struct Parcel {
    /// First row of each window.
    starts: Vec<u32>,
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
            starts: all.starts.iter().map(|row| *row as u32).collect(),
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
        for told in &all.lead {
            [&told.base, &told.spread, &told.context, &told.known]
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

    /// The batch on the table's device.
    pub(super) fn unpack(self, table: &mut Table, shape: &Shape) -> Result<Batch> {
        let (n, m, p, k) = (self.starts.len(), self.cuts, shape.horizon, shape.targets);
        let width = table.x.dim(1)?;
        let all = table.upload(self.floats)?;
        let mut at = 0;
        let mut take = |len: usize| {
            at += len;
            all.narrow(0, at - len, len)
        };
        let mut feed = Feed { seen: self.seen, ..Feed::default() };
        let mut x = table.windows(&self.starts, self.steps)?;
        if self.masked {
            x = x.broadcast_mul(&take(n * width)?.reshape((n, 1, width))?)?;
        }
        feed.x = Some(x);
        if let Some(sizes) = &shape.lead {
            for _ in 0..k {
                let parts = [take(m)?, take(m * p)?, take(m * sizes.context)?, take(m * p * sizes.known)?];
                feed.told.push(ToldTensors::of(parts, m, sizes, p)?);
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
