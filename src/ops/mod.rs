//! Tensor operators that candle lacks, the mode that they compute in, and NVIDIA GPUs. This module
//! knows candle alone: no configuration, no data, no model. Only `model` and `optim` import the
//! operators.

pub mod denormals;
#[cfg(feature = "cuda")]
pub mod gpu;
pub mod lstm;
