//! The fused engine (placeholder: runs the reference).
use super::{LastOutput, LayerWeights, LstmOutput, LstmShape, Mode, reference};
use candle_core::{Result, Tensor};

pub(super) fn run(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LstmOutput> {
    reference::run(shape, weights, x, state, mode)
}

pub(super) fn run_last(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LastOutput> {
    let all = reference::run(shape, weights, x, state, mode)?;
    let steps = x.dim(1)?;
    Ok(LastOutput { last: all.output.narrow(1, steps - 1, 1)?.squeeze(1)?, h_n: all.h_n, c_n: all.c_n })
}
