//! The forward pass of the whole stack. Everything between layers is time-major, (T, N, ·), so that
//! a step is one piece of memory and the hidden states of the steps before are a shift of N lines.

use candle_core::{Result, Tensor, bail};

use super::Want;
use super::gemm::{Matrix, Rounding, gemm};
use super::gpu::{At, Buffer, Gpu};
use super::launch::{self, Forward, Masks, Step};
use super::tiling::Tiling;
use crate::ops::lstm::{LayerWeights, LstmShape};

/// What one call works on. The tensors are contiguous, detached and on the GPU.
pub(super) struct Call {
    pub(super) shape: LstmShape,
    pub(super) rows: usize,
    pub(super) steps: usize,
    /// (N, T, F).
    pub(super) x: Tensor,
    pub(super) weights: Vec<LayerWeights>,
    /// h_0 and c_0, each (L*D, N, H).
    pub(super) state: Option<(Tensor, Tensor)>,
    pub(super) masks: Option<Masks>,
    pub(super) want: Want,
    /// Whether anybody will ask for the gradient of x.
    pub(super) dx: bool,
    /// Where W_hh lies during the recurrence; none: step by step.
    pub(super) tiling: Option<Tiling>,
}

/// One layer and direction after its forward pass.
pub(super) struct Kept {
    /// (T, N, 4H): activated gates; the backward pass turns them into gradients in place.
    pub(super) gates: Buffer,
    /// (T, N, H).
    pub(super) cells: Buffer,
}

/// What the backward pass needs of the forward pass.
pub(super) struct Saved {
    /// (T, N, F).
    pub(super) x: Buffer,
    /// (T, N, D*H) of each layer, before dropout.
    pub(super) outputs: Vec<Buffer>,
    /// One for each layer and direction.
    pub(super) kept: Vec<Kept>,
}

/// The results of a forward pass: the wanted outputs, h_n and c_n.
pub(super) struct Results {
    pub(super) output: Buffer,
    pub(super) h_n: Buffer,
    pub(super) c_n: Buffer,
}

impl Call {
    pub(super) fn directions(&self) -> usize {
        self.shape.directions()
    }

    pub(super) fn hidden(&self) -> usize {
        self.shape.hidden_size
    }

    /// D*H, what a layer hands on.
    pub(super) fn width(&self) -> usize {
        self.directions() * self.hidden()
    }

    /// N*T.
    pub(super) fn lines(&self) -> usize {
        self.rows * self.steps
    }

    /// L*D.
    pub(super) fn sets(&self) -> usize {
        self.shape.num_layers * self.directions()
    }

    /// h_0 and c_0 of one layer and direction, (N, H) each.
    pub(super) fn start(&self, gpu: &Gpu, set: usize) -> Result<(At, At)> {
        let skip = set * self.rows * self.hidden();
        match &self.state {
            Some((h, c)) => Ok((At::tensor(h, gpu)?.plus(skip), At::tensor(c, gpu)?.plus(skip))),
            None => Ok((At::NONE, At::NONE)),
        }
    }

    /// What `layer` above the first reads: the output below, or a masked copy, which the second value
    /// keeps alive. Drawn again in the backward pass, since a mask costs less than its memory.
    pub(super) fn masked(&self, gpu: &Gpu, layer: usize, below: &Buffer) -> Result<(At, Option<Buffer>)> {
        let Some(masks) = self.masks else { return Ok((below.at, None)) };
        let copy = Buffer::new(gpu, self.lines() * self.width())?;
        let dims = [self.steps, self.rows, self.width()];
        launch::dropout(gpu, masks, layer - 1, (below.at, copy.at), dims)?;
        Ok((copy.at, Some(copy)))
    }
}

/// The step that is processed at position `s`.
pub(super) fn step_at(s: usize, steps: usize, reverse: bool) -> usize {
    if reverse { steps - 1 - s } else { s }
}

/// Runs all layers; with `keep` also returns what the backward pass needs.
pub(super) fn run(gpu: &Gpu, call: &Call, keep: bool) -> Result<(Results, Option<Saved>)> {
    let states = call.sets() * call.rows * call.hidden();
    let (h_n, c_n) = (Buffer::new(gpu, states)?, Buffer::new(gpu, states)?);
    let x = launch::swapped(gpu, At::tensor(&call.x, gpu)?, call.rows, call.steps, call.shape.input_size)?;
    let (mut outputs, mut kept): (Vec<Buffer>, Vec<Kept>) = (Vec::new(), Vec::new());
    for layer in 0..call.shape.num_layers {
        let (input, _alive) = match outputs.last() {
            None => (x.at, None),
            Some(below) => call.masked(gpu, layer, below)?,
        };
        let output = Buffer::new(gpu, call.lines() * call.width())?;
        for direction in 0..call.directions() {
            let set = layer * call.directions() + direction;
            let skip = set * call.rows * call.hidden();
            let job = Job {
                gpu,
                call,
                set,
                out: output.at.plus(direction * call.hidden()),
                h_n: h_n.at.plus(skip),
                c_n: c_n.at.plus(skip),
            };
            kept.extend(job.run(input, keep)?);
        }
        if !keep {
            outputs.clear();
        }
        outputs.push(output);
    }
    let Some(top) = outputs.last() else { bail!("lstm: no layers") };
    let output = match call.want {
        Want::All => launch::swapped(gpu, top.at, call.steps, call.rows, call.width())?, // (N, T, D*H)
        Want::Last => top.tail(gpu, call.rows * call.width())?,                          // (N, D*H)
    };
    let saved = keep.then_some(Saved { x, outputs, kept });
    Ok((Results { output, h_n, c_n }, saved))
}

/// One layer and direction.
struct Job<'a> {
    gpu: &'a Gpu,
    call: &'a Call,
    set: usize,
    /// (T, N, D*H) from this direction's first column.
    out: At,
    /// (N, H) each.
    h_n: At,
    c_n: At,
}

impl Job<'_> {
    /// From the layer's input (T, N, in); returns what is kept.
    fn run(&self, input: At, keep: bool) -> Result<Option<Kept>> {
        let Job { gpu, call, set, .. } = *self;
        let (lines, hidden) = (call.lines(), call.hidden());
        let inputs = call.shape.layer_input(set / call.directions());
        let gates = Buffer::new(gpu, lines * 4 * hidden)?;
        let w_ih = Matrix::new(At::tensor(&call.weights[set].w_ih, gpu)?, 4 * hidden, inputs);
        // (T*N, in) (in, 4H) -> (T*N, 4H)
        let to = Matrix::new(gates.at, lines, 4 * hidden);
        gemm(gpu, Matrix::new(input, lines, inputs), w_ih.t(), to, false, Rounding::AsSet)?;
        let cells = if keep { Some(Buffer::new(gpu, lines * hidden)?) } else { None };
        let cells_at = cells.as_ref().map_or(At::NONE, |c| c.at);
        match &call.tiling {
            Some(tiling) => self.on_chip(tiling, gates.at, cells_at)?,
            None => self.step_by_step(gates.at, cells_at)?,
        }
        Ok(cells.map(|cells| Kept { gates, cells }))
    }

    fn on_chip(&self, tiling: &Tiling, gates: At, cells: At) -> Result<()> {
        let Job { gpu, call, set, .. } = *self;
        let w = &call.weights[set];
        let (h_0, c_0) = call.start(gpu, set)?;
        let arguments = Forward {
            w_hh: At::tensor(&w.w_hh, gpu)?,
            b_ih: At::optional(w.b_ih.as_ref(), gpu)?,
            b_hh: At::optional(w.b_hh.as_ref(), gpu)?,
            h_0,
            c_0,
            gates,
            cells,
            out: self.out,
            h_n: self.h_n,
            c_n: self.c_n,
            rows: call.rows as i32,
            steps: call.steps as i32,
            width: call.width() as i32,
            reverse: i32::from(self.reverse()),
        };
        launch::forward(gpu, tiling, &arguments)
    }

    fn reverse(&self) -> bool {
        self.set % self.call.directions() == 1
    }

    /// For any H: the product of each step by cuBLAS, on top of the input's, then the gates.
    fn step_by_step(&self, gates: At, cells: At) -> Result<()> {
        let Job { gpu, call, set, out, h_n, c_n } = *self;
        let (rows, hidden, width) = (call.rows, call.hidden(), call.width());
        let w = &call.weights[set];
        let (b_ih, b_hh) = (At::optional(w.b_ih.as_ref(), gpu)?, At::optional(w.b_hh.as_ref(), gpu)?);
        let w_hh_t = Matrix::new(At::tensor(&w.w_hh, gpu)?, 4 * hidden, hidden).t();
        let (h_0, c_0) = call.start(gpu, set)?;
        // The step before: its h with its stride, its c.
        let mut before = (h_0 != At::NONE).then(|| Matrix::new(h_0, rows, hidden));
        let mut c_before = c_0;
        let function = gpu.plain("lstm_step")?;
        for s in 0..call.steps {
            let t = step_at(s, call.steps, self.reverse());
            let (now, h) = (gates.plus(t * rows * 4 * hidden), out.plus(t * rows * width));
            if let Some(before) = before {
                gemm(gpu, before, w_hh_t, Matrix::new(now, rows, 4 * hidden), true, Rounding::Full)?;
            }
            let keep = cells != At::NONE;
            let c = if keep { cells.plus(t * rows * hidden) } else { c_n };
            let last = s + 1 == call.steps;
            let arguments = Step {
                b_ih,
                b_hh,
                c_before,
                gates: now,
                c,
                h,
                h_n: if last { h_n } else { At::NONE },
                c_n,
                rows: rows as i32,
                units: hidden as i32,
                width: width as i32,
                keep: i32::from(keep),
            };
            launch::step(gpu, &function, &arguments)?;
            before = Some(Matrix::strided(h, rows, hidden, width));
            c_before = c;
        }
        Ok(())
    }
}
