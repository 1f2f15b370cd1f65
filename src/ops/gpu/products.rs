//! How matrix products round their factors; their sums are f32 in any case. One setting for the
//! whole process, since candle's own is.

use std::sync::atomic::{AtomicU8, Ordering};

use candle_core::cuda_backend::set_gemm_reduced_precision_f32;
use candle_core::{CudaDevice, Result, cuda_backend::WrapErr};

/// What factors are rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Factors {
    /// Not at all.
    F32,
    /// 10 bits of mantissa.
    Tf32,
    /// 7 bits of mantissa in the LSTM's products; candle's own have 10.
    Bf16,
}

static FACTORS: AtomicU8 = AtomicU8::new(Factors::F32 as u8);

/// From now on, products on a GPU round so.
pub fn set(factors: Factors) {
    set_gemm_reduced_precision_f32(factors != Factors::F32);
    FACTORS.store(factors as u8, Ordering::Relaxed);
}

/// How products round.
pub fn factors() -> Factors {
    match FACTORS.load(Ordering::Relaxed) {
        n if n == Factors::Tf32 as u8 => Factors::Tf32,
        n if n == Factors::Bf16 as u8 => Factors::Bf16,
        _ => Factors::F32,
    }
}

/// Whether the device has tensor cores for tf32 and bf16: compute capability 8.0 and above.
///
/// # Errors
/// Those of the driver.
pub fn can_round(device: &CudaDevice) -> Result<bool> {
    Ok(device.cuda_stream().context().compute_capability().w()? >= (8, 0))
}
