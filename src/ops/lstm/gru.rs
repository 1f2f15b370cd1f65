//! What is a GRU's own: its equations as plain candle operations, and its weights as the fused engine takes them.

use candle_core::{Result, Tensor};
use candle_nn::ops::sigmoid;

use super::LayerWeights;

/// One layer in one direction: x (N, T, in), h (N, H) -> output (N, T, H), and twice h_n (N, H).
///
/// With a = W_ih x_t + b_ih and b = W_hh h_{t-1} + b_hh: r, z = sigmoid(a + b), n = tanh(a_n + r b_n);
/// h_t = (1 - z) n + z h_{t-1} (torch.nn.GRU; Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder*, 2014).
pub(super) fn one_layer(
    w: &LayerWeights,
    x: &Tensor,
    mut h: Tensor,
    reverse: bool,
) -> Result<(Tensor, Tensor, Tensor)> {
    let (rows, steps, inputs) = x.dims3()?;
    let gates = w.w_ih.dim(0)?; // 3H
    let with = |sum: Tensor, bias: &Option<Tensor>| match bias {
        Some(bias) => sum.broadcast_add(bias),
        None => Ok(sum),
    };
    // (N, T, in) -> (N*T, in) -> (N*T, 3H) -> (N, T, 3H)
    let from_x = x.contiguous()?.reshape((rows * steps, inputs))?.matmul(&w.w_ih.t()?)?;
    let from_x = with(from_x, &w.b_ih)?.reshape((rows, steps, gates))?;
    let w_hh_t = w.w_hh.t()?;
    let mut outputs = vec![h.clone(); steps];
    for s in 0..steps {
        let t = if reverse { steps - 1 - s } else { s };
        let a = from_x.narrow(1, t, 1)?.squeeze(1)?.chunk(3, 1)?; // three of (N, H)
        let b = with(h.matmul(&w_hh_t)?, &w.b_hh)?.chunk(3, 1)?;
        let (r, z) = (sigmoid(&(&a[0] + &b[0])?)?, sigmoid(&(&a[1] + &b[1])?)?);
        let n = (&a[2] + (r * &b[2])?)?.tanh()?;
        h = (&n + (z * (&h - &n)?)?)?;
        outputs[t] = h.clone();
    }
    Ok((Tensor::stack(&outputs, 1)?, h.clone(), h))
}

/// The same weights with four sums a unit, as the LSTM has them: r, z, what the inputs say of n, and what the state says of
/// it, which r has to be multiplied with. What does not belong to a sum is zero in it.
pub(super) fn in_four(w: &LayerWeights) -> Result<LayerWeights> {
    let h = w.w_hh.dim(1)?;
    let of_inputs = |t: &Tensor| Tensor::cat(&[t, &t.narrow(0, 0, h)?.zeros_like()?], 0);
    let of_state = |t: &Tensor| {
        let zeros = t.narrow(0, 0, h)?.zeros_like()?;
        Tensor::cat(&[&t.narrow(0, 0, 2 * h)?, &zeros, &t.narrow(0, 2 * h, h)?], 0)
    };
    Ok(LayerWeights {
        w_ih: of_inputs(&w.w_ih)?,
        w_hh: of_state(&w.w_hh)?,
        b_ih: w.b_ih.as_ref().map(of_inputs).transpose()?,
        b_hh: w.b_hh.as_ref().map(of_state).transpose()?,
    })
}
