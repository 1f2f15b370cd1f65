//! Weights in the order the kernels read them, and gradients back in PyTorch's order.
//!
//! Forward: cell after cell, (P, K, quad) then the summed bias (P, quad), K running over the inputs
//! and then the hidden units. Backward: per cell two matrices with the gates as depth, one for the
//! hidden units' columns and one for the inputs', in column panels of up to four vectors.
//! Units past H are zeros everywhere.

use rayon::prelude::*;

use super::arena::Buffer;
use super::plan::Plan;

/// The forward weights of every cell.
pub fn forward(plan: &Plan, flat: &[f32]) -> Buffer {
    let mut packed = Buffer::zeroed(plan.offset(plan.cells(), |l| plan.packed_cell(l)));
    let (h, u, quad) = (plan.hidden(), plan.lanes, plan.quad());
    let (mut from, mut to) = (0, 0);
    for cell in 0..plan.cells() {
        let layer = cell / plan.directions();
        let (inputs, k) = (plan.inputs(layer), plan.inputs(layer) + h);
        let w_hh = from + 4 * h * inputs;
        let bias = w_hh + 4 * h * h;
        for gate in 0..4 {
            for unit in 0..h {
                let (row, panel) = (gate * h + unit, unit / u);
                let lane = gate * u + unit % u;
                let out = &mut packed[to + panel * k * quad..][..k * quad];
                let read = flat[from + row * inputs..][..inputs].iter().chain(&flat[w_hh + row * h..][..h]);
                for (slot, &w) in out[lane..].iter_mut().step_by(quad).zip(read) {
                    *slot = w;
                }
                if plan.shape.bias {
                    packed[to + plan.panels() * k * quad + panel * quad + lane] =
                        flat[bias + row] + flat[bias + 4 * h + row];
                }
            }
        }
        from += plan.flat_cell(layer);
        to += plan.packed_cell(layer);
    }
    packed
}

/// Values of one cell's backward weights: the hidden units' columns, then the inputs'.
pub fn backward_cell(plan: &Plan, layer: usize) -> usize {
    plan.panels() * plan.quad() * (plan.wide() + plan.wide_inputs(layer))
}

/// The backward weights of every cell.
pub fn backward(plan: &Plan, flat: &[f32], dx: bool) -> Buffer {
    let mut packed = Buffer::zeroed(plan.offset(plan.cells(), |l| backward_cell(plan, l)));
    let (h, depth) = (plan.hidden(), plan.panels() * plan.quad());
    let (mut from, mut to) = (0, 0);
    for cell in 0..plan.cells() {
        let layer = cell / plan.directions();
        let inputs = plan.inputs(layer);
        let (w_hh, w_ih) = (&flat[from + 4 * h * inputs..], &flat[from..]);
        let (for_h, for_x) = packed[to..].split_at_mut(depth * plan.wide());
        transpose(plan, w_hh, h, for_h);
        if dx || layer > 0 {
            transpose(plan, w_ih, inputs, for_x);
        }
        from += plan.flat_cell(layer);
        to += backward_cell(plan, layer);
    }
    packed
}

/// (4H, columns) in PyTorch's order -> column panels of (P * quad, up to 4U).
fn transpose(plan: &Plan, w: &[f32], columns: usize, out: &mut [f32]) {
    let (h, u, quad) = (plan.hidden(), plan.lanes, plan.quad());
    let (depth, wide) = (plan.panels() * quad, columns.div_ceil(u) * u);
    for gate in 0..4 {
        for unit in 0..h {
            let j = (unit / u) * quad + gate * u + unit % u;
            let row = &w[(gate * h + unit) * columns..][..columns];
            for (n, piece) in row.chunks(quad).enumerate() {
                let first = n * quad;
                let width = quad.min(wide - first);
                out[first * depth + j * width..][..piece.len()].copy_from_slice(piece);
            }
        }
    }
}

/// Sums the blocks' gradients in block order into the first one, then brings them into PyTorch's
/// order. `blocks` holds `plan.blocks()` gradients shaped as [`forward`]'s weights.
pub fn gradients(plan: &Plan, blocks: &mut [f32]) -> Vec<f32> {
    let size = plan.offset(plan.cells(), |l| plan.packed_cell(l));
    let (sum, rest) = blocks.split_at_mut(size);
    const TASK: usize = 8192;
    sum.par_chunks_mut(TASK).enumerate().for_each(|(n, sum)| {
        for block in rest.chunks(size) {
            for (s, b) in sum.iter_mut().zip(&block[n * TASK..]) {
                *s += b;
            }
        }
    });
    let mut flat = vec![0.0; plan.offset(plan.cells(), |l| plan.flat_cell(l))];
    let (h, u, quad) = (plan.hidden(), plan.lanes, plan.quad());
    let (mut from, mut to) = (0, 0);
    for cell in 0..plan.cells() {
        let layer = cell / plan.directions();
        let (inputs, k) = (plan.inputs(layer), plan.inputs(layer) + h);
        let w_hh = to + 4 * h * inputs;
        let bias = w_hh + 4 * h * h;
        for gate in 0..4 {
            for unit in 0..h {
                let (row, panel) = (gate * h + unit, unit / u);
                let lane = gate * u + unit % u;
                let mut column = sum[from + panel * k * quad + lane..].iter().step_by(quad);
                for slot in &mut flat[to + row * inputs..][..inputs] {
                    *slot = column.next().copied().unwrap_or_default();
                }
                for slot in &mut flat[w_hh + row * h..][..h] {
                    *slot = column.next().copied().unwrap_or_default();
                }
                if plan.shape.bias {
                    let b = sum[from + plan.panels() * k * quad + panel * quad + lane];
                    flat[bias + row] = b;
                    flat[bias + 4 * h + row] = b;
                }
            }
        }
        from += plan.packed_cell(layer);
        to += plan.flat_cell(layer);
    }
    flat
}
