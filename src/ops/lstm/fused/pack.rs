//! Weights in the order the kernels read them, and gradients back in PyTorch's order.
//!
//! Forward: cell after cell, (P, K, quad) then the summed bias (P, quad), K running over the inputs
//! and then the hidden units. Backward: per cell two matrices with the gates as depth, one for the
//! hidden units' columns and one for the inputs', in column panels of up to four vectors.
//! Units past H are zeros everywhere.

use rayon::prelude::*;

use super::arena::Buffer;
use super::geometry::Geometry;

/// The forward weights of every cell.
pub fn forward(geometry: &Geometry, flat: &[f32]) -> Buffer {
    let mut packed = Buffer::zeroed(geometry.offset(geometry.cells(), |l| geometry.packed_cell(l)));
    let (h, u, quad) = (geometry.hidden(), geometry.lanes, geometry.quad());
    let (mut from, mut to) = (0, 0);
    for cell in 0..geometry.cells() {
        let layer = cell / geometry.directions();
        let (inputs, k) = (geometry.inputs(layer), geometry.inputs(layer) + h);
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
                if geometry.shape.bias {
                    packed[to + geometry.panels() * k * quad + panel * quad + lane] =
                        flat[bias + row] + flat[bias + 4 * h + row];
                }
            }
        }
        from += geometry.flat_cell(layer);
        to += geometry.packed_cell(layer);
    }
    packed
}

/// Values of one cell's backward weights: the hidden units' columns, then the inputs'.
pub fn backward_cell(geometry: &Geometry, layer: usize) -> usize {
    geometry.panels() * geometry.quad() * (geometry.wide() + geometry.wide_inputs(layer))
}

/// The backward weights of every cell.
pub fn backward(geometry: &Geometry, flat: &[f32], dx: bool) -> Buffer {
    let mut packed = Buffer::zeroed(geometry.offset(geometry.cells(), |l| backward_cell(geometry, l)));
    let (h, depth) = (geometry.hidden(), geometry.panels() * geometry.quad());
    let (mut from, mut to) = (0, 0);
    for cell in 0..geometry.cells() {
        let layer = cell / geometry.directions();
        let inputs = geometry.inputs(layer);
        let (w_hh, w_ih) = (&flat[from + 4 * h * inputs..], &flat[from..]);
        let (for_h, for_x) = packed[to..].split_at_mut(depth * geometry.wide());
        transpose(geometry, w_hh, h, for_h);
        if dx || layer > 0 {
            transpose(geometry, w_ih, inputs, for_x);
        }
        from += geometry.flat_cell(layer);
        to += backward_cell(geometry, layer);
    }
    packed
}

/// (4H, columns) in PyTorch's order -> column panels of (P * quad, up to 4U).
fn transpose(geometry: &Geometry, w: &[f32], columns: usize, out: &mut [f32]) {
    let (h, u, quad) = (geometry.hidden(), geometry.lanes, geometry.quad());
    let (depth, wide) = (geometry.panels() * quad, columns.div_ceil(u) * u);
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
/// order. `blocks` holds `geometry.blocks()` gradients shaped as [`forward`]'s weights.
pub fn gradients(geometry: &Geometry, blocks: &mut [f32]) -> Vec<f32> {
    let size = geometry.offset(geometry.cells(), |l| geometry.packed_cell(l));
    let (sum, rest) = blocks.split_at_mut(size);
    const TASK: usize = 8192;
    sum.par_chunks_mut(TASK).enumerate().for_each(|(n, sum)| {
        for block in rest.chunks(size) {
            for (s, b) in sum.iter_mut().zip(&block[n * TASK..]) {
                *s += b;
            }
        }
    });
    let mut flat = vec![0.0; geometry.offset(geometry.cells(), |l| geometry.flat_cell(l))];
    let (h, u, quad) = (geometry.hidden(), geometry.lanes, geometry.quad());
    let (mut from, mut to) = (0, 0);
    for cell in 0..geometry.cells() {
        let layer = cell / geometry.directions();
        let (inputs, k) = (geometry.inputs(layer), geometry.inputs(layer) + h);
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
                if geometry.shape.bias {
                    let b = sum[from + geometry.panels() * k * quad + panel * quad + lane];
                    flat[bias + row] = b;
                    flat[bias + 4 * h + row] = b;
                }
            }
        }
        from += geometry.packed_cell(layer);
        to += geometry.flat_cell(layer);
    }
    flat
}
