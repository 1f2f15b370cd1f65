//! Uploads that do not wait for the device. From ordinary memory the driver copies only once all
//! earlier work on the stream is done; from page-locked memory it copies while that goes on.

#![allow(unsafe_code)]

use candle_core::cuda_backend::WrapErr;
use candle_core::cuda_backend::cudarc::driver::{CudaSlice, PinnedHostSlice};
use candle_core::op::BackpropOp;
use candle_core::{CudaDevice, CudaStorage, Result, Storage, Tensor};

/// Uploads that may be under way at the same time: how far the host runs ahead of the device.
const SLOTS: usize = 4;

/// Page-locked buffers, used in turn.
pub struct Uploads {
    device: CudaDevice,
    slots: Vec<PinnedHostSlice<f32>>,
    next: usize,
}

impl Uploads {
    /// None is allocated before the first upload.
    pub fn new(device: &CudaDevice) -> Uploads {
        Uploads { device: device.clone(), slots: Vec::new(), next: 0 }
    }

    /// The values on the device, in a tensor of one dimension that may be longer than they are. Waits
    /// until the upload before the last `SLOTS` ones has left its buffer.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn send(&mut self, values: &[f32]) -> Result<Tensor> {
        let place = self.next % SLOTS;
        self.next += 1;
        if self.slots.get(place).is_none_or(|slot| slot.len() < values.len()) {
            // SAFETY: every value that is read from it was written before: the tail beyond `values` is
            // set here.
            let mut slot =
                unsafe { self.device.cuda_stream().context().alloc_pinned::<f32>(values.len()) }.w()?;
            slot.as_mut_slice().w()?.fill(0.0);
            match self.slots.get_mut(place) {
                Some(old) => *old = slot,
                None => self.slots.push(slot),
            }
        }
        let slot = &mut self.slots[place];
        slot.as_mut_slice().w()?[..values.len()].copy_from_slice(values);
        // SAFETY: f32 has no invalid bits, and the copy sets every element.
        let mut there: CudaSlice<f32> = unsafe { self.device.alloc(slot.len()) }?;
        self.device.memcpy_htod(&*slot, &mut there)?;
        let count = there.len();
        let storage = Storage::Cuda(CudaStorage::wrap_cuda_slice(there, self.device.clone()));
        Ok(Tensor::from_storage(storage, count, BackpropOp::none(), false))
    }
}
