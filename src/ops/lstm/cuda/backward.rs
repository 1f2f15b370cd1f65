//! The backward pass of the whole stack: through time layer by layer from the top, then every
//! weight's gradient as one product over all rows and steps.

use candle_core::{Result, Tensor};

use super::Want;
use super::forward::{Call, Saved, step_at};
use super::gemm::{Matrix, Rounding, gemm};
use super::gpu::{At, Buffer, Gpu};
use super::launch::{self, Backward, StepBack};

/// What flows in: gradients of the wanted outputs, of h_n and of c_n; contiguous.
#[derive(Default)]
pub(super) struct Incoming {
    pub(super) output: Option<Tensor>,
    pub(super) h_n: Option<Tensor>,
    pub(super) c_n: Option<Tensor>,
}

/// What flows out.
pub(super) struct Grads {
    /// (N, T, F), when wanted.
    pub(super) x: Option<Tensor>,
    /// w_ih, w_hh, and the gradient that both biases share, for each layer and direction.
    pub(super) weights: Vec<(Tensor, Tensor, Option<Tensor>)>,
    /// Of h_0 and c_0, (L*D, N, H) each.
    pub(super) state: (Tensor, Tensor),
}

/// A gradient of a layer's output: (n, t) lies at n * `row` + t * `step`.
#[derive(Clone, Copy)]
struct Above {
    at: At,
    row: usize,
    step: usize,
    /// It belongs to step T - 1 alone.
    last_only: bool,
}

/// Uses up what the forward pass saved.
pub(super) fn run(gpu: &Gpu, call: &Call, saved: Saved, incoming: &Incoming) -> Result<Grads> {
    let (rows, steps, hidden, width) = (call.rows, call.steps, call.hidden(), call.width());
    let states = call.sets() * rows * hidden;
    let (d_h_0, d_c_0) = (Buffer::new(gpu, states)?, Buffer::new(gpu, states)?);
    let at = At::optional(incoming.output.as_ref(), gpu)?;
    let mut above = match call.want {
        Want::All => Above { at, row: steps * width, step: width, last_only: false },
        Want::Last => Above { at, row: width, step: 0, last_only: true },
    };
    let mut weights = Vec::new();
    let mut d_input: Option<Buffer> = None; // (T, N, in), alive while `above` names it
    for layer in (0..call.shape.num_layers).rev() {
        let (input, _alive) = match layer {
            0 => (saved.x.at, None),
            _ => call.masked(gpu, layer, &saved.outputs[layer - 1])?,
        };
        let inputs = call.shape.layer_input(layer);
        let further =
            if layer > 0 || call.dx { Some(Buffer::new(gpu, call.lines() * inputs)?) } else { None };
        for direction in (0..call.directions()).rev() {
            let set = layer * call.directions() + direction;
            let skip = set * rows * hidden;
            let job = Job { gpu, call, saved: &saved, set };
            job.through_time(above, incoming, d_h_0.at.plus(skip), d_c_0.at.plus(skip))?;
            weights.push(job.weights(input)?);
            if let Some(to) = &further {
                job.input(to.at, direction + 1 < call.directions())?;
            }
        }
        if let (Some(grad), Some(masks), 1..) = (&further, call.masks, layer) {
            launch::dropout(gpu, masks, layer - 1, (grad.at, grad.at), [steps, rows, inputs])?;
        }
        d_input = further;
        let at = d_input.as_ref().map_or(At::NONE, |d| d.at);
        above = Above { at, row: inputs, step: rows * inputs, last_only: false };
    }
    weights.reverse();
    let x = match d_input {
        Some(d) => {
            let features = call.shape.input_size;
            let d = launch::swapped(gpu, d.at, steps, rows, features)?;
            Some(d.into_tensor(gpu, (rows, steps, features)))
        }
        None => None,
    };
    let state = (call.sets(), rows, hidden);
    Ok(Grads { x, weights, state: (d_h_0.into_tensor(gpu, state), d_c_0.into_tensor(gpu, state)) })
}

/// One layer and direction.
struct Job<'a> {
    gpu: &'a Gpu,
    call: &'a Call,
    saved: &'a Saved,
    set: usize,
}

impl Job<'_> {
    fn reverse(&self) -> bool {
        self.set % self.call.directions() == 1
    }

    /// (T*N, 4H): after [`Job::through_time`] the gradients before activation.
    fn gates(&self) -> Matrix {
        Matrix::new(self.saved.kept[self.set].gates.at, self.call.lines(), 4 * self.call.hidden())
    }

    /// Turns the saved gates into their gradients and sets those of h_0 and c_0.
    fn through_time(&self, above: Above, incoming: &Incoming, d_h_0: At, d_c_0: At) -> Result<()> {
        let Job { gpu, call, saved, set } = *self;
        let skip = set * call.rows * call.hidden();
        let part = |t: &Option<Tensor>| -> Result<At> {
            Ok(match t {
                Some(t) => At::tensor(t, gpu)?.plus(skip),
                None => At::NONE,
            })
        };
        let kept = &saved.kept[set];
        let d_out = match above.at {
            At::NONE => At::NONE,
            at => at.plus(set % call.directions() * call.hidden()),
        };
        let arguments = Backward {
            w_hh: At::tensor(&call.weights[set].w_hh, gpu)?,
            cells: kept.cells.at,
            c_0: call.start(gpu, set)?.1,
            d_out,
            d_h_n: part(&incoming.h_n)?,
            d_c_n: part(&incoming.c_n)?,
            gates: kept.gates.at,
            d_h_0,
            d_c_0,
            d_row: above.row as i64,
            d_step: above.step as i64,
            rows: call.rows as i32,
            steps: call.steps as i32,
            reverse: i32::from(self.reverse()),
            last_only: i32::from(above.last_only),
        };
        match &call.tiling {
            Some(tiling) => launch::backward(gpu, tiling, &arguments),
            None => self.step_by_step(&arguments),
        }
    }

    /// For any H: the gates' gradients of each step, then its product by cuBLAS. `d_h_0` and `d_c_0`
    /// hold what flows from step to step and at last the gradients of the initial state.
    fn step_by_step(&self, a: &Backward) -> Result<()> {
        let Job { gpu, call, .. } = *self;
        let (rows, hidden) = (call.rows, call.hidden());
        let plane = rows * hidden;
        let w_hh = Matrix::new(a.w_hh, 4 * hidden, hidden);
        let dh = Matrix::new(a.d_h_0, rows, hidden);
        gpu.copy_or_zero(a.d_c_n, a.d_c_0, plane)?;
        let function = gpu.plain("lstm_step_back")?;
        for s in (0..call.steps).rev() {
            let t = step_at(s, call.steps, self.reverse());
            let gates = a.gates.plus(t * plane * 4);
            let seen = a.d_out != At::NONE && (a.last_only == 0 || t + 1 == call.steps);
            let arguments = StepBack {
                c: a.cells.plus(t * plane),
                c_before: match s {
                    0 => a.c_0,
                    _ => a.cells.plus(step_at(s - 1, call.steps, self.reverse()) * plane),
                },
                d_out: if seen { a.d_out.plus(t * a.d_step as usize) } else { At::NONE },
                dh: if s + 1 == call.steps { a.d_h_n } else { a.d_h_0 },
                dc: a.d_c_0,
                gates,
                d_row: a.d_row,
                rows: rows as i32,
                units: hidden as i32,
            };
            launch::step_back(gpu, &function, &arguments)?;
            // (N, 4H) (4H, H) -> (N, H)
            gemm(gpu, Matrix::new(gates, rows, 4 * hidden), w_hh, dh, false, Rounding::Full)?;
        }
        Ok(())
    }

    /// Gradients of w_ih, w_hh and the biases from those of the gates and the layer's input.
    fn weights(&self, input: At) -> Result<(Tensor, Tensor, Option<Tensor>)> {
        let Job { gpu, call, set, .. } = *self;
        let (lines, wide) = (call.lines(), 4 * call.hidden());
        let inputs = call.shape.layer_input(set / call.directions());
        let gates = self.gates();
        let w_ih = Buffer::new(gpu, wide * inputs)?;
        // (4H, T*N) (T*N, in) -> (4H, in)
        let to = Matrix::new(w_ih.at, wide, inputs);
        gemm(gpu, gates.t(), Matrix::new(input, lines, inputs), to, false, Rounding::AsSet)?;
        let bias = match call.shape.bias {
            true => {
                let sums = launch::column_sums(gpu, self.saved.kept[set].gates.at, lines, wide)?;
                Some(sums.into_tensor(gpu, wide))
            }
            false => None,
        };
        Ok((w_ih.into_tensor(gpu, (wide, inputs)), self.w_hh()?, bias))
    }

    /// (4H, H): the gates' gradients against the h of the step before, which in time-major order is
    /// the output N lines away; the first step's is h_0.
    fn w_hh(&self) -> Result<Tensor> {
        let Job { gpu, call, saved, set } = *self;
        let (rows, steps, hidden, width) = (call.rows, call.steps, call.hidden(), call.width());
        let lines = (steps - 1) * rows;
        let size = 4 * hidden * hidden;
        let w_hh = if lines > 0 { Buffer::new(gpu, size)? } else { Buffer::zeros(gpu, size)? };
        let to = Matrix::new(w_hh.at, 4 * hidden, hidden);
        let out = saved.outputs[set / call.directions()].at.plus(set % call.directions() * hidden);
        let gates = saved.kept[set].gates.at;
        let (rest, before) = match self.reverse() {
            false => (gates.plus(rows * 4 * hidden), out),
            true => (gates, out.plus(rows * width)),
        };
        if lines > 0 {
            let (a, b) =
                (Matrix::new(rest, lines, 4 * hidden), Matrix::strided(before, lines, hidden, width));
            gemm(gpu, a.t(), b, to, false, Rounding::AsSet)?;
        }
        let h_0 = call.start(gpu, set)?.0;
        if h_0 != At::NONE {
            let first = gates.plus(step_at(0, steps, self.reverse()) * rows * 4 * hidden);
            let a = Matrix::new(first, rows, 4 * hidden);
            gemm(gpu, a.t(), Matrix::new(h_0, rows, hidden), to, true, Rounding::AsSet)?;
        }
        Ok(w_hh.into_tensor(gpu, (4 * hidden, hidden)))
    }

    /// Gradient of the layer's input (T, N, in); added to what is there with `add`.
    fn input(&self, to: At, add: bool) -> Result<()> {
        let Job { gpu, call, set, .. } = *self;
        let inputs = call.shape.layer_input(set / call.directions());
        let w_ih = Matrix::new(At::tensor(&call.weights[set].w_ih, gpu)?, 4 * call.hidden(), inputs);
        // (T*N, 4H) (4H, in) -> (T*N, in)
        gemm(gpu, self.gates(), w_ih, Matrix::new(to, call.lines(), inputs), add, Rounding::AsSet)
    }
}
