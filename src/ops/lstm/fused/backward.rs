//! The backward pass through time over one block of rows.

use std::ops::Range;

use super::arena::Buffer;
use super::forward::{Input, Pass, drop_units, layer_input, time};
use super::geometry::Geometry;
use super::kernels::Kernels;
use super::operands::{Outer, Product, Unstep};
use super::pack;

/// The gradient of the loss with respect to the last layer's hidden states.
#[derive(Clone, Copy)]
pub enum OutputGrad<'a> {
    /// Zero.
    None,
    /// (N, T, D*H).
    All(&'a [f32]),
    /// (N, D*H), of the last step alone.
    Last(&'a [f32]),
}

/// What comes down on one cell's hidden states: row r at step t begins at
/// `data[start + t * step + r * row]`.
#[derive(Clone, Copy)]
struct Above<'a> {
    data: &'a [f32],
    start: usize,
    step: usize,
    row: usize,
    /// Only this step has a gradient.
    only: Option<usize>,
}

/// A backward pass: the forward pass's data and the gradients coming in.
pub struct BackPass<'a> {
    pub pass: Pass<'a>,
    /// From [`pack::backward`].
    pub weights: &'a [f32],
    /// (2, L*D, N, H): gradient of h_n and c_n.
    pub finals: &'a [f32],
    pub output: OutputGrad<'a>,
}

/// What a block's backward pass fills.
pub struct BlockGrads<'a> {
    /// Shaped as the packed forward weights; zero on entry.
    pub weights: &'a mut [f32],
    /// (2, L*D, rows, H).
    pub state: &'a mut [f32],
    /// (rows, T, F).
    pub x: Option<&'a mut [f32]>,
}

/// Rows x steps whose gradients a weight product takes at once: as many as a panel of them fits in L1.
const DEPTH: usize = 128;

impl BackPass<'_> {
    /// Every layer from the top, `saved` from the forward pass; the gates in it are overwritten.
    pub fn run(&self, block: usize, saved: &mut [f32], grads: &mut BlockGrads) {
        let geometry = self.pass.geometry;
        let (first, rows) = geometry.block_at(block);
        let (d_count, layers) = (geometry.directions(), geometry.shape.num_layers);
        let mut above = Buffer::dirty(0);
        let mut end = (0..layers).map(|l| geometry.layer_saved(l, rows)).sum();
        for layer in (0..layers).rev() {
            let start = end - geometry.layer_saved(layer, rows);
            let (below, here) = saved[..end].split_at_mut(start);
            let input = match layer {
                0 => self.pass.window(first),
                _ => layer_input(geometry, layer, rows, below),
            };
            let wide_inputs = geometry.wide_inputs(layer);
            let wants_dx = layer > 0 || grads.x.is_some();
            let mut dx = Buffer::dirty(if wants_dx { geometry.steps * rows * wide_inputs } else { 0 });
            for d in 0..d_count {
                let from = self.above(layer, d, first, rows, &above);
                let cell = &mut here[d * geometry.cell_saved(rows)..][..geometry.cell_saved(rows)];
                let dx = wants_dx.then_some(&mut *dx);
                let at = Cell { geometry, kernels: self.pass.kernels, layer, d, first, rows };
                self.cell(at, input, from, cell, dx, grads);
            }
            if layer > 0 {
                let width = geometry.inputs(layer);
                if geometry.dropout > 0.0 {
                    for (n, values) in dx.chunks_mut(wide_inputs).enumerate() {
                        drop_units(geometry, layer - 1, first + n % rows, n / rows, 0, &mut values[..width]);
                    }
                }
            } else if let Some(out) = grads.x.as_mut() {
                let f = geometry.shape.input_size;
                for (n, values) in dx.chunks(wide_inputs).enumerate() {
                    let (t, r) = (n / rows, n % rows);
                    out[(r * geometry.steps + t) * f..][..f].copy_from_slice(&values[..f]);
                }
            }
            above = dx;
            end = start;
        }
    }

    fn above<'a>(
        &'a self,
        layer: usize,
        d: usize,
        first: usize,
        rows: usize,
        dx: &'a [f32],
    ) -> Option<Above<'a>> {
        let geometry = self.pass.geometry;
        let (hidden, width) = (geometry.hidden(), geometry.directions() * geometry.hidden());
        if layer + 1 < geometry.shape.num_layers {
            let row = geometry.wide_inputs(layer + 1);
            return Some(Above { data: dx, start: d * hidden, step: rows * row, row, only: None });
        }
        match self.output {
            OutputGrad::None => None,
            OutputGrad::All(data) => {
                let row = geometry.steps * width;
                Some(Above { data, start: first * row + d * hidden, step: width, row, only: None })
            }
            OutputGrad::Last(data) => {
                let start = first * width + d * hidden;
                Some(Above { data, start, step: 0, row: width, only: Some(geometry.steps - 1) })
            }
        }
    }

    /// One layer in one direction, all steps from the last to the first.
    fn cell(
        &self,
        at: Cell,
        input: Input,
        above: Option<Above>,
        saved: &mut [f32],
        mut dx: Option<&mut [f32]>,
        grads: &mut BlockGrads,
    ) {
        let Cell { geometry, rows, .. } = at;
        let (cell, hidden, wide) = (at.index(), geometry.hidden(), at.wide());
        let k_total = geometry.inputs(at.layer) + hidden;
        let (h, rest) = saved.split_at_mut(geometry.track(rows, geometry.steps));
        let (c, gates) = rest.split_at_mut(geometry.track(rows, geometry.steps));
        let back = &self.weights[geometry.offset(cell, |l| pack::backward_cell(geometry, l))..];
        let (for_h, for_x) = back.split_at(geometry.panels() * geometry.quad() * geometry.wide());
        let dw = &mut grads.weights[geometry.offset(cell, |l| geometry.packed_cell(l))..];
        let (dw, dbias) = dw.split_at_mut(geometry.panels() * k_total * geometry.quad());

        let mut scratch = Buffer::zeroed(2 * wide);
        let (dh, dc) = scratch.split_at_mut(wide);
        let half = geometry.cells() * geometry.rows * hidden;
        for r in 0..rows {
            let from = (cell * geometry.rows + at.first + r) * hidden;
            dh[r * geometry.wide()..][..hidden].copy_from_slice(&self.finals[from..][..hidden]);
            dc[r * geometry.wide()..][..hidden].copy_from_slice(&self.finals[half + from..][..hidden]);
        }

        let turn = (DEPTH / rows).max(1);
        let mut end = geometry.steps;
        while end > 0 {
            let begin = end.saturating_sub(turn);
            for s in (begin..end).rev() {
                let gates = &mut gates[4 * s * wide..][..4 * wide];
                let kept = (&c[s * wide..], &h[(s + 1) * wide..]);
                at.step(s, above, kept, (&mut *dh, &mut *dc), gates, dbias, for_h);
            }
            at.weights(begin..end, input, h, gates, dw);
            if let Some(dx) = dx.as_deref_mut() {
                at.inputs(begin..end, gates, for_x, dx);
            }
            end = begin;
        }
        for (half, values) in [dh, dc].into_iter().enumerate() {
            for r in 0..rows {
                let to = ((half * geometry.cells() + cell) * rows + r) * hidden;
                grads.state[to..][..hidden].copy_from_slice(&values[r * geometry.wide()..][..hidden]);
            }
        }
    }
}

/// One layer in one direction over a block of rows, and the three parts of its backward pass.
#[derive(Clone, Copy)]
struct Cell<'a> {
    geometry: &'a Geometry,
    kernels: &'a Kernels,
    layer: usize,
    /// Direction, 0 or 1.
    d: usize,
    /// First row of the batch, and how many.
    first: usize,
    rows: usize,
}

impl Cell<'_> {
    /// Its place among all layers and directions.
    fn index(&self) -> usize {
        self.layer * self.geometry.directions() + self.d
    }

    /// Floats of a state of the block.
    fn wide(&self) -> usize {
        self.rows * self.geometry.wide()
    }

    /// One step: gates become gradients of the pre-activations, and the gradients of h and c go one
    /// step back. `kept` is c before the step and h after it.
    #[allow(clippy::too_many_arguments)]
    fn step(
        &self,
        s: usize,
        above: Option<Above>,
        kept: (&[f32], &[f32]),
        (dh, dc): (&mut [f32], &mut [f32]),
        gates: &mut [f32],
        dbias: &mut [f32],
        for_h: &[f32],
    ) {
        let Cell { geometry, kernels, rows, .. } = *self;
        let t = time(geometry.steps, self.d)(s);
        let from = above.filter(|a| a.only.is_none_or(|only| only == t));
        kernels.unstep(Unstep {
            gru: geometry.shape.cell == super::super::Cell::Gru,
            rows,
            hidden: geometry.hidden(),
            dh,
            dout: from.map(|a| (&a.data[a.start + t * a.step..], a.row)),
            dc,
            c_prev: kept.0,
            h: kept.1,
            gates,
            dbias,
        });
        let (panels, columns) = (geometry.panels(), geometry.wide());
        kernels.product(Product { rows, panels, columns, d: gates, w: for_h, out: dh, add: false });
    }

    /// Adds what a span of steps gives to the gradients of [W_ih | W_hh].
    fn weights(&self, span: Range<usize>, input: Input, h: &[f32], gates: &[f32], dw: &mut [f32]) {
        let Cell { geometry, kernels, rows, .. } = *self;
        let (inputs, hidden, wide) = (geometry.inputs(self.layer), geometry.hidden(), self.wide());
        let (steps, panels, k_total) = (span.len(), geometry.panels(), inputs + hidden);
        let d = &gates[4 * span.start * wide..4 * span.end * wide];
        let t = time(geometry.steps, self.d)(span.start);
        kernels.outer(Outer {
            steps,
            rows,
            panels,
            width: inputs,
            a: input.data,
            a_start: input.start + t * input.step,
            a_step: if self.d == 1 { -(input.step as isize) } else { input.step as isize },
            a_row: input.row,
            d,
            dw,
            first: 0,
            k_total,
        });
        kernels.outer(Outer {
            steps,
            rows,
            panels,
            width: hidden,
            a: h,
            a_start: span.start * wide,
            a_step: wide as isize,
            a_row: geometry.wide(),
            d,
            dw,
            first: inputs,
            k_total,
        });
    }

    /// The gradients of the inputs of a span of steps; the second direction adds to the first's.
    fn inputs(&self, span: Range<usize>, gates: &[f32], for_x: &[f32], dx: &mut [f32]) {
        let Cell { geometry, kernels, rows, d, .. } = *self;
        let (columns, wide) = (geometry.wide_inputs(self.layer), self.wide());
        for s in span {
            let out = &mut dx[time(geometry.steps, d)(s) * rows * columns..][..rows * columns];
            let panels = geometry.panels();
            let gates = &gates[4 * s * wide..][..4 * wide];
            kernels.product(Product { rows, panels, columns, d: gates, w: for_x, out, add: d == 1 });
        }
    }
}

/// Brings blocks of (2, L*D, rows, H) into one (2, L*D, N, H).
pub fn gather_state(geometry: &Geometry, blocks: &[f32]) -> Vec<f32> {
    let hidden = geometry.hidden();
    let mut all = vec![0.0; 2 * geometry.cells() * geometry.rows * hidden];
    for (block, part) in blocks.chunks(geometry.block_state()).enumerate() {
        let (first, rows) = geometry.block_at(block);
        for (n, part) in part.chunks(rows * hidden).enumerate().take(2 * geometry.cells()) {
            all[(n * geometry.rows + first) * hidden..][..part.len()].copy_from_slice(part);
        }
    }
    all
}
