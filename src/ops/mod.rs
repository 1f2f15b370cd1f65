//! Tensor operators that candle lacks, and the mode that they compute in. This module knows candle alone: no configuration, no data,
//! no model. Only `model` and `optim` import the operators.

pub mod denormals;
pub mod lstm;
