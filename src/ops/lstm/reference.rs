//! The LSTM, and the GRU, written as their equations, one candle operation after the other.
//!
//! Slow, differentiable by candle itself, and right by inspection: the fused engine is compared
//! with it. Any float type (f64 for finite differences) and any device.

use candle_core::{Result, Tensor};
use candle_nn::ops::sigmoid;

use super::{Cell, LastOutput, LayerWeights, LstmOutput, LstmShape, Mode, dropout, gru};

/// See [`super::lstm`]; the arguments have been checked.
pub(super) fn run(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LstmOutput> {
    let directions = shape.directions();
    let rows = x.dim(0)?;
    let zeros = Tensor::zeros((rows, shape.hidden_size), x.dtype(), x.device())?; // (N, H)
    let (mut h_n, mut c_n) = (Vec::new(), Vec::new());
    let mut y = x.clone(); // (N, T, in)
    for layer in 0..shape.num_layers {
        let mut outputs = Vec::with_capacity(directions);
        for direction in 0..directions {
            let at = layer * directions + direction;
            let start = match state {
                Some((h0, c0)) => (h0.get(at)?, c0.get(at)?),
                None => (zeros.clone(), zeros.clone()),
            };
            let (out, h, c) = match shape.cell {
                Cell::Lstm => one_layer(&weights[at], &y, start, direction == 1)?,
                Cell::Gru => gru::one_layer(&weights[at], &y, start.0, direction == 1)?,
            };
            outputs.push(out);
            h_n.push(h);
            c_n.push(c);
        }
        y = if directions == 1 { outputs.remove(0) } else { Tensor::cat(&outputs, 2)? }; // (N, T, D*H)
        if let Mode::Train { dropout: share, seed } = mode
            && share > 0.0
            && layer + 1 < shape.num_layers
        {
            y = y.mul(&dropout::mask_like(&y, share, seed, layer)?)?;
        }
    }
    let all = LstmOutput { output: y, h_n: Tensor::stack(&h_n, 0)?, c_n: Tensor::stack(&c_n, 0)? };
    Ok(match mode {
        Mode::Infer => {
            LstmOutput { output: all.output.detach(), h_n: all.h_n.detach(), c_n: all.c_n.detach() }
        }
        Mode::Train { .. } => all,
    })
}

/// See [`super::lstm_last`]; the arguments have been checked.
pub(super) fn run_last(
    shape: &LstmShape,
    weights: &[LayerWeights],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
    mode: Mode,
) -> Result<LastOutput> {
    let all = run(shape, weights, x, state, mode)?;
    let last = all.output.narrow(1, x.dim(1)? - 1, 1)?.squeeze(1)?;
    Ok(LastOutput { last, h_n: all.h_n, c_n: all.c_n })
}

/// One layer in one direction: x (N, T, in) -> output (N, T, H), h_n (N, H), c_n (N, H).
///
/// i, f, o = sigmoid(·), g = tanh(·) of W_ih x_t + b_ih + W_hh h_{t-1} + b_hh;
/// c_t = f c_{t-1} + i g; h_t = o tanh(c_t) (torch.nn.LSTM; Hochreiter and Schmidhuber 1997).
fn one_layer(
    w: &LayerWeights,
    x: &Tensor,
    (mut h, mut c): (Tensor, Tensor),
    reverse: bool,
) -> Result<(Tensor, Tensor, Tensor)> {
    let (rows, steps, inputs) = x.dims3()?;
    let gates = w.w_ih.dim(0)?; // 4H
    // (N, T, in) -> (N*T, in) -> (N*T, 4H) -> (N, T, 4H)
    let mut from_x = x.contiguous()?.reshape((rows * steps, inputs))?.matmul(&w.w_ih.t()?)?;
    for b in [&w.b_ih, &w.b_hh].into_iter().flatten() {
        from_x = from_x.broadcast_add(b)?;
    }
    let from_x = from_x.reshape((rows, steps, gates))?;
    let w_hh_t = w.w_hh.t()?;
    let mut outputs = vec![h.clone(); steps];
    for s in 0..steps {
        let t = if reverse { steps - 1 - s } else { s };
        let pre = (from_x.narrow(1, t, 1)?.squeeze(1)? + h.matmul(&w_hh_t)?)?; // (N, 4H)
        let gate = pre.chunk(4, 1)?; // four of (N, H)
        let (i, f, o) = (sigmoid(&gate[0])?, sigmoid(&gate[1])?, sigmoid(&gate[3])?);
        let g = gate[2].tanh()?;
        c = ((f * &c)? + (i * g)?)?;
        h = (o * c.tanh()?)?;
        outputs[t] = h.clone();
    }
    Ok((Tensor::stack(&outputs, 1)?, h, c))
}
