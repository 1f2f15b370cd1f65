//! NVIDIA GPUs, beside the LSTM itself (see `ops::lstm::cuda`): opening one, its memory, and the
//! kernels of the optimiser and of dropout masks. Only in builds with the feature `cuda`; knows
//! candle alone.

#![allow(unsafe_code)]

use std::fmt;

use candle_core::cuda_backend::cudarc::driver::{CudaContext, DriverError};
use candle_core::{DType, Device, Tensor};

pub mod kernels;
pub mod products;
pub mod upload;

/// Why a GPU cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// No driver, or no GPU at all; in the driver's words.
    Driver(String),
    /// There are GPUs, but not this one.
    Device(String),
    /// The GPU is there and does not compute, as when kernels were compiled for another kind.
    Use(String),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Driver(why) => write!(f, "no NVIDIA GPU can be used here ({why})"),
            Missing::Device(why) | Missing::Use(why) => f.write_str(why),
        }
    }
}

/// Opens a GPU and computes a sum on it.
///
/// All work of the program runs on one stream of this device, in the order in which it was asked
/// for, from whichever thread.
///
/// # Errors
/// What is missing.
pub fn open(ordinal: usize) -> Result<Device, Missing> {
    let count = CudaContext::device_count().map_err(|e| Missing::Driver(words(e)))?;
    match usize::try_from(count).unwrap_or(0) {
        0 => return Err(Missing::Driver("the driver finds none".into())),
        1 if ordinal >= 1 => return Err(Missing::Device("there is one GPU, cuda:0".into())),
        n if ordinal >= n => {
            return Err(Missing::Device(format!("there are {n} GPUs, the last is cuda:{}", n - 1)));
        }
        _ => {}
    }
    let fails = |e: candle_core::Error| Missing::Use(format!("the GPU cannot be used: {e}"));
    let device = Device::new_cuda_with_stream(ordinal).map_err(fails)?;
    if let Device::Cuda(cuda) = &device {
        // SAFETY: this is the only stream that the program uses on the device, so that nothing can be
        // read before it is written nor freed before it was read; candle's events between streams
        // would order what is in order already.
        unsafe { cuda.disable_event_tracking() };
    }
    works(&device).map_err(fails)?;
    Ok(device)
}

/// The driver's name for what went wrong, and its sentence.
fn words(error: DriverError) -> String {
    let text = |found: std::result::Result<&std::ffi::CStr, DriverError>| {
        found.map_or_else(|_| "unknown".into(), |text| text.to_string_lossy().into_owned())
    };
    format!("{}: {}", text(error.error_name()), text(error.error_string()))
}

fn works(device: &Device) -> candle_core::Result<()> {
    let sum = Tensor::ones(3, DType::F32, device)?.sum_all()?.to_scalar::<f32>()?;
    if sum == 3.0 { Ok(()) } else { candle_core::bail!("1 + 1 + 1 gave {sum}") }
}

/// Bytes of a GPU's memory that are free; `None` on the CPU.
pub fn free_memory(device: &Device) -> Option<usize> {
    let Device::Cuda(cuda) = device else { return None };
    cuda.cuda_stream().context().mem_get_info().ok().map(|(free, _)| free)
}
