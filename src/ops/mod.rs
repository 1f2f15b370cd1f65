//! Tensor operators that candle lacks. This module knows candle alone: no configuration, no data,
//! no model. Only `model` imports it.

pub mod lstm;
