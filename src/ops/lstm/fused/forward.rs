//! The forward pass over one block of rows.

use super::super::{Cell, dropout};
use super::arena::Buffer;
use super::geometry::Geometry;
use super::kernels::Kernels;
use super::operands::Step;

/// What a cell reads: element k of row r at step t lies at `data[start + t * step + r * row + k]`.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub data: &'a [f32],
    pub start: usize,
    pub step: usize,
    pub row: usize,
}

/// Everything a pass over a block shares with the other blocks.
#[derive(Clone, Copy)]
pub struct Pass<'a> {
    pub geometry: &'a Geometry,
    pub kernels: &'a Kernels,
    /// (N, T, F).
    pub x: &'a [f32],
    /// From [`super::pack::forward`].
    pub weights: &'a [f32],
    /// (2, L*D, N, H): h_0 then c_0.
    pub state: Option<&'a [f32]>,
}

/// Where the last layer's hidden states go.
pub enum Output<'a> {
    /// Nowhere; the final states are enough.
    None,
    /// (rows, T, D*H).
    All(&'a mut [f32]),
    /// (rows, D*H), the last step's.
    Last(&'a mut [f32]),
}

impl Output<'_> {
    /// Takes h (rows, Hp) of step `t` in direction `d`.
    fn put(&mut self, geometry: &Geometry, t: usize, d: usize, rows: usize, h: &[f32]) {
        let (hidden, steps) = (geometry.hidden(), geometry.steps);
        let width = geometry.directions() * hidden;
        let (out, stride, start) = match self {
            Output::None => return,
            Output::Last(_) if t + 1 < steps => return,
            Output::All(out) => (out, steps * width, t * width + d * hidden),
            Output::Last(out) => (out, width, d * hidden),
        };
        for (r, h) in h.chunks(geometry.wide()).enumerate().take(rows) {
            out[start + r * stride..][..hidden].copy_from_slice(&h[..hidden]);
        }
    }
}

/// One cell's tracks over some steps of a block: h and c (slots, rows, Hp), slot 0 the start.
struct Tracks<'a> {
    h: &'a mut [f32],
    c: &'a mut [f32],
    /// Whether c has a slot per step or only one, rewritten.
    keep_c: bool,
    /// (steps, P, rows, quad).
    gates: Option<&'a mut [f32]>,
}

impl Pass<'_> {
    /// Runs `count` steps of a cell; `t_of` gives the time of the s-th.
    #[allow(clippy::too_many_arguments)]
    fn run_cell(
        &self,
        cell: usize,
        rows: usize,
        count: usize,
        input: Input,
        tracks: &mut Tracks,
        t_of: impl Fn(usize) -> usize,
        mut put: impl FnMut(usize, &[f32]),
    ) {
        let geometry = self.geometry;
        let layer = cell / geometry.directions();
        let inputs = geometry.inputs(layer);
        let wide = rows * geometry.wide();
        let weights = &self.weights[geometry.offset(cell, |l| geometry.packed_cell(l))..];
        let (w, bias) = weights.split_at(geometry.panels() * (inputs + geometry.hidden()) * geometry.quad());
        for s in 0..count {
            let t = t_of(s);
            let (before, after) = tracks.h.split_at_mut((s + 1) * wide);
            let (c_prev, c) = if tracks.keep_c {
                let (before, after) = tracks.c.split_at_mut((s + 1) * wide);
                (Some(&before[s * wide..]), after)
            } else {
                (None, &mut *tracks.c)
            };
            self.kernels.step(Step {
                gru: geometry.shape.cell == Cell::Gru,
                rows,
                inputs,
                hidden: geometry.hidden(),
                x: &input.data[input.start + t * input.step..],
                x_row: input.row,
                h_prev: &before[s * wide..],
                c_prev,
                w,
                bias,
                h: after,
                c,
                gates: tracks.gates.as_mut().map(|g| &mut g[4 * s * wide..]),
            });
            put(t, &after[..wide]);
        }
    }

    /// Copies a cell's initial state of a block into slot 0 of its tracks.
    fn start(&self, cell: usize, first: usize, rows: usize, h: &mut [f32], c: &mut [f32]) {
        let geometry = self.geometry;
        let (wide, hidden) = (geometry.wide(), geometry.hidden());
        h[..rows * wide].fill(0.0);
        c[..rows * wide].fill(0.0);
        let Some(state) = self.state else { return };
        let half = geometry.cells() * geometry.rows * hidden;
        for r in 0..rows {
            let at = (cell * geometry.rows + first + r) * hidden;
            h[r * wide..][..hidden].copy_from_slice(&state[at..][..hidden]);
            c[r * wide..][..hidden].copy_from_slice(&state[half + at..][..hidden]);
        }
    }

    /// The input of layer 0 for a block.
    pub fn window(&self, first: usize) -> Input<'_> {
        let (steps, features) = (self.geometry.steps, self.geometry.shape.input_size);
        Input { data: self.x, start: first * steps * features, step: features, row: steps * features }
    }

    /// Training: every layer over all steps, everything kept in `saved` (see [`Geometry::block_saved`]).
    pub fn train(&self, block: usize, saved: &mut [f32], finals: &mut [f32], out: &mut Output) {
        let geometry = self.geometry;
        let (first, rows) = geometry.block_at(block);
        let (d_count, steps) = (geometry.directions(), geometry.steps);
        let track = geometry.track(rows, steps);
        let mut at = 0;
        for layer in 0..geometry.shape.num_layers {
            let (below, here) = saved.split_at_mut(at);
            let input =
                if layer == 0 { self.window(first) } else { layer_input(geometry, layer, rows, below) };
            let (cells, joined) = here.split_at_mut(d_count * geometry.cell_saved(rows));
            let top = layer + 1 == geometry.shape.num_layers;
            for d in 0..d_count {
                let cell = layer * d_count + d;
                let (h, rest) = cells[d * geometry.cell_saved(rows)..].split_at_mut(track);
                let (c, gates) = rest.split_at_mut(track);
                self.start(cell, first, rows, h, c);
                let mut tracks = Tracks { h, c, keep_c: true, gates: Some(gates) };
                self.run_cell(cell, rows, steps, input, &mut tracks, time(steps, d), |t, h| {
                    if top {
                        out.put(geometry, t, d, rows, h)
                    } else if geometry.joins(layer) {
                        join(geometry, layer, t, d, first, rows, h, joined)
                    }
                });
                let end = steps * rows * geometry.wide();
                finish(geometry, cell, rows, &h[end..], &c[end..], finals);
            }
            at += geometry.layer_saved(layer, rows);
        }
    }

    /// Inference in one direction: the layers take turns over a few steps, nothing else is kept.
    pub fn infer(&self, block: usize, finals: &mut [f32], out: &mut Output) {
        let geometry = self.geometry;
        let (first, rows) = geometry.block_at(block);
        let layers = geometry.shape.num_layers;
        let turn = TURN.min(geometry.steps);
        let (track, wide) = (geometry.track(rows, turn), rows * geometry.wide());
        let mut scratch = Buffer::dirty(layers * (track + wide));
        let (hs, cs) = scratch.split_at_mut(layers * track);
        for layer in 0..layers {
            self.start(layer, first, rows, &mut hs[layer * track..], &mut cs[layer * wide..]);
        }
        let mut from = 0;
        while from < geometry.steps {
            let count = turn.min(geometry.steps - from);
            for layer in 0..layers {
                let (below, here) = hs.split_at_mut(layer * track);
                let h = &mut here[..track];
                let input = if layer == 0 {
                    let mut x = self.window(first);
                    x.start += from * x.step;
                    x
                } else {
                    Input {
                        data: &below[(layer - 1) * track..],
                        start: wide,
                        step: wide,
                        row: geometry.wide(),
                    }
                };
                let c = &mut cs[layer * wide..][..wide];
                let mut tracks = Tracks { h, c, keep_c: false, gates: None };
                self.run_cell(
                    layer,
                    rows,
                    count,
                    input,
                    &mut tracks,
                    |s| s,
                    |s, h| {
                        if layer + 1 == layers {
                            out.put(geometry, from + s, 0, rows, h)
                        }
                    },
                );
            }
            // The layer above has read it all: the last slot becomes the next turn's start.
            for h in hs.chunks_mut(track) {
                h.copy_within(count * wide..(count + 1) * wide, 0);
            }
            from += count;
        }
        for layer in 0..layers {
            finish(geometry, layer, rows, &hs[layer * track..], &cs[layer * wide..], finals);
        }
    }

    /// Inference in two directions: a layer needs the whole of the one below.
    pub fn infer_both(&self, block: usize, finals: &mut [f32], out: &mut Output) {
        let geometry = self.geometry;
        let (first, rows) = geometry.block_at(block);
        let (steps, wide) = (geometry.steps, rows * geometry.wide());
        let joined = steps * rows * geometry.joined_width();
        let (mut below, mut here) = (Buffer::dirty(joined), Buffer::dirty(joined));
        let mut scratch = Buffer::dirty(geometry.track(rows, 1) + wide);
        let (h, c) = scratch.split_at_mut(geometry.track(rows, 1));
        for layer in 0..geometry.shape.num_layers {
            let top = layer + 1 == geometry.shape.num_layers;
            let input = if layer == 0 { self.window(first) } else { joined_input(geometry, rows, &below) };
            for d in 0..2 {
                let cell = 2 * layer + d;
                self.start(cell, first, rows, h, c);
                let t_of = time(steps, d);
                for s in 0..steps {
                    let t = t_of(s);
                    let mut tracks = Tracks { h, c, keep_c: false, gates: None };
                    self.run_cell(
                        cell,
                        rows,
                        1,
                        input,
                        &mut tracks,
                        |_| t,
                        |t, h| {
                            if top {
                                out.put(geometry, t, d, rows, h)
                            } else {
                                join(geometry, layer, t, d, first, rows, h, &mut here)
                            }
                        },
                    );
                    h.copy_within(wide.., 0);
                }
                finish(geometry, cell, rows, h, c, finals);
            }
            std::mem::swap(&mut below, &mut here);
        }
    }
}

/// Steps a layer runs before the one above it follows: their hidden states stay in cache.
const TURN: usize = 16;

/// The time of the s-th step in direction `d`.
pub fn time(steps: usize, d: usize) -> impl Fn(usize) -> usize {
    move |s| if d == 1 { steps - 1 - s } else { s }
}

/// What `layer` > 0 reads, given the saved values of the layers below it.
pub fn layer_input<'a>(geometry: &Geometry, layer: usize, rows: usize, below: &'a [f32]) -> Input<'a> {
    let start = below.len() - geometry.layer_saved(layer - 1, rows);
    let wide = rows * geometry.wide();
    if geometry.joins(layer - 1) {
        joined_input(geometry, rows, &below[start + geometry.directions() * geometry.cell_saved(rows)..])
    } else {
        Input { data: below, start: start + wide, step: wide, row: geometry.wide() }
    }
}

fn joined_input<'a>(geometry: &Geometry, rows: usize, data: &'a [f32]) -> Input<'a> {
    Input { data, start: 0, step: rows * geometry.joined_width(), row: geometry.joined_width() }
}

/// Writes one step of one direction into a joined layer output (T, rows, joined width), dropping units.
#[allow(clippy::too_many_arguments)]
fn join(
    geometry: &Geometry,
    layer: usize,
    t: usize,
    d: usize,
    first: usize,
    rows: usize,
    h: &[f32],
    out: &mut [f32],
) {
    let (hidden, width) = (geometry.hidden(), geometry.joined_width());
    for (r, h) in h.chunks(geometry.wide()).enumerate().take(rows) {
        let to = &mut out[(t * rows + r) * width + d * hidden..][..hidden];
        to.copy_from_slice(&h[..hidden]);
        drop_units(geometry, layer, first + r, t, d * hidden, to);
    }
}

/// Multiplies units `unit`.. of a row at step `t` with the dropout mask after `layer`.
pub fn drop_units(geometry: &Geometry, layer: usize, row: usize, t: usize, unit: usize, values: &mut [f32]) {
    if geometry.dropout > 0.0 {
        let key = dropout::row_key(geometry.seed, layer, row, t);
        let (threshold, scale) = (dropout::threshold(geometry.dropout), dropout::scale(geometry.dropout));
        for (n, v) in values.iter_mut().enumerate() {
            *v *= dropout::factor(key, (unit + n) as u32, threshold, scale);
        }
    }
}

/// Writes a cell's final state into a block's (2, L*D, rows, H).
fn finish(geometry: &Geometry, cell: usize, rows: usize, h: &[f32], c: &[f32], finals: &mut [f32]) {
    let (wide, hidden) = (geometry.wide(), geometry.hidden());
    for (half, values) in [h, c].into_iter().enumerate() {
        for r in 0..rows {
            let at = ((half * geometry.cells() + cell) * rows + r) * hidden;
            finals[at..][..hidden].copy_from_slice(&values[r * wide..][..hidden]);
        }
    }
}
