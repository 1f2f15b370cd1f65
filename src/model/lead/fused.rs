//! `decoder: lead` on the CPU: forecasts, and in training loss and gradients, a few cuts at a time.
//!
//! The networks of a cut's leads are small and many. Taken one operation at a time over all cuts,
//! most of a training step went into reading and writing their hidden layers; here a block of about
//! a hundred leads goes through the forward pass, the loss and the backward pass while all of it
//! lies in the processor's cache. Cuts are dealt out in slices that depend on their number alone,
//! and the slices' gradients are summed in order, so the number of threads changes no byte.

use std::ops::Range;

use rand::Rng;
use rayon::prelude::*;

use super::products::{Matrix, product, rows_product};
use crate::model::init;

/// H, C, P, U, Q and the columns known of a lead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub state: usize,
    pub context: usize,
    pub known: usize,
    pub linear: usize,
    pub horizon: usize,
    pub width: usize,
    pub outputs: usize,
}

/// One target's parameters, row-major as the checkpoint has them; see [`super`].
#[derive(Clone, Copy)]
pub(super) struct Weights<'a> {
    /// (U, H + C), (U).
    pub context: (&'a [f32], &'a [f32]),
    /// (U, known).
    pub known: &'a [f32],
    /// (P, U).
    pub step: &'a [f32],
    /// (U, U), (U).
    pub hidden: (&'a [f32], &'a [f32]),
    /// (Q, U), (Q).
    pub out: (&'a [f32], &'a [f32]),
    /// (P, linear).
    pub linear: &'a [f32],
}

/// What is told of M cuts about one target.
#[derive(Clone, Copy)]
pub(super) struct Features<'a> {
    /// (M).
    pub base: &'a [f32],
    /// (M, P).
    pub spread: &'a [f32],
    /// (M, C).
    pub context: &'a [f32],
    /// (M, P, known).
    pub known: &'a [f32],
}

/// Dropout of the hidden layers: share, seed, and the first layer's stream; the second has the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drop {
    pub share: f32,
    pub seed: u64,
    pub stream: u64,
}

/// One target's decoder.
pub(super) struct Decoder<'a> {
    pub sizes: Sizes,
    pub weights: Weights<'a>,
    pub features: Features<'a>,
    /// (M, H), after dropout.
    pub state: &'a [f32],
    pub dropout: Option<Drop>,
}

/// Scores one lead of one cut.
pub trait Score: Sync {
    /// The loss of forecasts (Q) of `lead` of `cut`; sets its gradient by them.
    fn score(&self, cut: usize, lead: usize, forecasts: &[f32], gradient: &mut [f32]) -> f64;
}

/// The gradients of one target's parameters, shaped as [`Weights`].
pub(super) struct Gradients {
    pub context: (Vec<f32>, Vec<f32>),
    pub known: Vec<f32>,
    pub step: Vec<f32>,
    pub hidden: (Vec<f32>, Vec<f32>),
    pub out: (Vec<f32>, Vec<f32>),
    pub linear: Vec<f32>,
}

/// Leads that go through together: their layers fit into the second level of cache.
const BLOCK: usize = 96;
/// Fewest cuts of a slice.
const SLICE: usize = 32;
/// About so many slices at most, each of which has gradients of its own ...
const SLICES: usize = 64;
/// ... and fewer where those have more values than this together.
const VALUES: usize = 1 << 24;

impl Decoder<'_> {
    /// M.
    fn cuts(&self) -> usize {
        self.features.base.len()
    }

    fn slice_len(&self) -> usize {
        let Sizes { state, context, known, linear, horizon, width, outputs } = self.sizes;
        let values = width * (state + context + known + horizon + width + outputs) + horizon * linear;
        let most = (VALUES / values.max(1)).clamp(SLICES / 8, SLICES);
        SLICE.max(self.cuts().div_ceil(most))
    }

    /// Forecasts (M, P, Q).
    pub(super) fn forecasts(&self) -> Vec<f32> {
        let (cuts, each) = (self.slice_len(), self.sizes.horizon * self.sizes.outputs);
        let mut out = vec![0f32; self.cuts() * each];
        out.par_chunks_mut(cuts * each).enumerate().for_each(|(i, out)| {
            let first = i * cuts;
            let cuts = first..(first + cuts).min(self.cuts());
            let joined = self.joined(cuts.clone());
            let a = self.contexts(&joined, cuts.len());
            let mut layers = Layers::new(&self.sizes, self.block());
            for block in self.blocks(cuts.clone()) {
                let a = &a[(block.start - cuts.start) * self.sizes.width..];
                self.forward(block.clone(), a, &mut layers);
                let from = (block.start - cuts.start) * each;
                out[from..from + block.len() * each].copy_from_slice(&layers.out[..block.len() * each]);
            }
        });
        out
    }

    /// The sum of all losses, the gradients of the parameters, and that of the state (M, H).
    pub(super) fn train(&self, score: &dyn Score) -> (f64, Gradients, Vec<f32>) {
        let (cuts, h) = (self.slice_len(), self.sizes.state);
        let mut d_state = vec![0f32; self.cuts() * h];
        let slices: Vec<(f64, Gradients)> = d_state
            .par_chunks_mut(cuts * h)
            .enumerate()
            .map(|(i, d_state)| {
                let first = i * cuts;
                self.train_slice(first..(first + cuts).min(self.cuts()), score, d_state)
            })
            .collect();
        let mut slices = slices.into_iter();
        let (mut loss, mut sum) = slices.next().unwrap_or_else(|| (0.0, Gradients::zeros(&self.sizes)));
        for (more, gradients) in slices {
            loss += more;
            sum.add(&gradients);
        }
        (loss, sum, d_state)
    }

    fn train_slice(&self, cuts: Range<usize>, score: &dyn Score, d_state: &mut [f32]) -> (f64, Gradients) {
        let Sizes { state, context, width, .. } = self.sizes;
        let n = cuts.len();
        let joined = self.joined(cuts.clone());
        let a = self.contexts(&joined, n);
        let mut d_a = vec![0f32; n * width];
        let mut layers = Layers::new(&self.sizes, self.block());
        let mut sum = Gradients::zeros(&self.sizes);
        let mut loss = 0.0;
        for block in self.blocks(cuts.clone()) {
            let from = (block.start - cuts.start) * width;
            self.forward(block.clone(), &a[from..], &mut layers);
            loss += self.backward(block, score, &mut layers, &mut d_a[from..], &mut sum);
        }
        // d_a (n, U): the bias, W_c and the state.
        d_a.chunks_exact(width).for_each(|row| add(&mut sum.context.1, row));
        let d_a = Matrix::new(&d_a, n, width);
        product(&mut sum.context.0, d_a.t(), Matrix::new(&joined, n, state + context), true);
        let to_state = Matrix { rows: width, columns: state, row: state + context, ..self.context_weight() };
        product(d_state, d_a, to_state, false);
        (loss, sum)
    }

    /// Cuts that make a block.
    fn block(&self) -> usize {
        (BLOCK / self.sizes.horizon).max(1)
    }

    fn blocks(&self, cuts: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
        let (size, end) = (self.block(), cuts.end);
        cuts.step_by(size).map(move |first| first..(first + size).min(end))
    }

    /// (n, H + C): state and context of these cuts.
    fn joined(&self, cuts: Range<usize>) -> Vec<f32> {
        let Sizes { state, context, .. } = self.sizes;
        let mut joined = Vec::with_capacity(cuts.len() * (state + context));
        for cut in cuts {
            joined.extend_from_slice(&self.state[cut * state..][..state]);
            joined.extend_from_slice(&self.features.context[cut * context..][..context]);
        }
        joined
    }

    fn context_weight(&self) -> Matrix<'_> {
        Matrix::new(self.weights.context.0, self.sizes.width, self.sizes.state + self.sizes.context)
    }

    /// a (n, U).
    fn contexts(&self, joined: &[f32], n: usize) -> Vec<f32> {
        let Sizes { state, context, width, .. } = self.sizes;
        let mut a: Vec<f32> = self.weights.context.1.iter().copied().cycle().take(n * width).collect();
        rows_product(&mut a, Matrix::new(joined, n, state + context), self.context_weight().t(), true);
        a
    }

    /// The layers of a block; `a` begins with its first cut.
    fn forward(&self, cuts: Range<usize>, a: &[f32], layers: &mut Layers) {
        let Sizes { known, linear, horizon, width, outputs, .. } = self.sizes;
        let rows = cuts.len() * horizon;
        let facts = &self.features.known[cuts.start * horizon * known..][..rows * known];
        let first = &mut layers.first[..rows * width];
        rows_product(
            first,
            Matrix::new(facts, rows, known),
            Matrix::new(self.weights.known, width, known).t(),
            false,
        );
        for (cut, first) in first.chunks_exact_mut(horizon * width).enumerate() {
            let a = &a[cut * width..][..width];
            for (row, step) in first.chunks_exact_mut(width).zip(self.weights.step.chunks_exact(width)) {
                for ((z, a), e) in row.iter_mut().zip(a).zip(step) {
                    *z = (*z + a + e).max(0.0);
                }
            }
        }
        self.drop(first, cuts.start, 0, &mut layers.words);
        let second = &mut layers.second[..rows * width];
        fill(second, self.weights.hidden.1);
        let hidden = Matrix::new(self.weights.hidden.0, width, width);
        rows_product(second, Matrix::new(first, rows, width), hidden.t(), true);
        second.iter_mut().for_each(|z| *z = z.max(0.0));
        self.drop(second, cuts.start, 1, &mut layers.words);
        let out = &mut layers.out[..rows * outputs];
        fill(out, self.weights.out.1);
        let weight = Matrix::new(self.weights.out.0, outputs, width);
        rows_product(out, Matrix::new(second, rows, width), weight.t(), true);
        let spread = &self.features.spread[cuts.start * horizon..];
        for (row, out) in out.chunks_exact_mut(outputs).enumerate() {
            let factors = &self.weights.linear[row % horizon * linear..][..linear];
            let shift: f32 = facts[row * known..].iter().zip(factors).map(|(f, w)| f * w).sum();
            let base = self.features.base[cuts.start + row / horizon];
            out.iter_mut().for_each(|o| *o = (*o + shift) * spread[row] + base);
        }
    }

    /// Blanks and scales a hidden layer (0 or 1) of the cuts from `cut` on, with the masks of
    /// [`init::dropout_mask`].
    fn drop(&self, z: &mut [f32], cut: usize, layer: u64, words: &mut [u32]) {
        let Some(Drop { share, seed, stream }) = self.dropout else { return };
        let words = &mut words[..z.len()];
        let mut rng = init::mask_rng(seed, stream + layer);
        rng.set_word_pos((cut * self.sizes.horizon * self.sizes.width) as u128);
        rng.fill(words);
        let (below, keep) = (init::mask_threshold(share), 1.0 / (1.0 - share));
        for (z, word) in z.iter_mut().zip(words) {
            *z *= if *word >> 8 < below { 0.0 } else { keep };
        }
    }

    /// From a block's layers to its loss; adds to the gradients and sets those of `a`.
    fn backward(
        &self,
        cuts: Range<usize>,
        score: &dyn Score,
        layers: &mut Layers,
        d_a: &mut [f32],
        sum: &mut Gradients,
    ) -> f64 {
        let Sizes { known, linear, horizon, width, outputs, .. } = self.sizes;
        let rows = cuts.len() * horizon;
        let facts = &self.features.known[cuts.start * horizon * known..][..rows * known];
        let spread = &self.features.spread[cuts.start * horizon..];
        let d_out = &mut layers.d_out[..rows * outputs];
        let mut loss = 0.0;
        for (row, d_out) in d_out.chunks_exact_mut(outputs).enumerate() {
            let forecasts = &layers.out[row * outputs..][..outputs];
            loss += score.score(cuts.start + row / horizon, row % horizon, forecasts, d_out);
            d_out.iter_mut().for_each(|d| *d *= spread[row]);
            add(&mut sum.out.1, d_out);
            let d_shift: f32 = d_out.iter().sum();
            let d_linear = &mut sum.linear[row % horizon * linear..][..linear];
            d_linear.iter_mut().zip(&facts[row * known..]).for_each(|(d, f)| *d += d_shift * f);
        }
        let keep = self.dropout.map_or(1.0, |d| 1.0 / (1.0 - d.share));
        let d_out = Matrix::new(d_out, rows, outputs);
        let (first, second) = (&layers.first[..rows * width], &layers.second[..rows * width]);
        product(&mut sum.out.0, d_out.t(), Matrix::new(second, rows, width), true);
        let d_second = &mut layers.d_second[..rows * width];
        product(d_second, d_out, Matrix::new(self.weights.out.0, outputs, width), false);
        behind(d_second, second, keep);
        d_second.chunks_exact(width).for_each(|row| add(&mut sum.hidden.1, row));
        let d_second = Matrix::new(d_second, rows, width);
        product(&mut sum.hidden.0, d_second.t(), Matrix::new(first, rows, width), true);
        let d_first = &mut layers.d_first[..rows * width];
        product(d_first, d_second, Matrix::new(self.weights.hidden.0, width, width), false);
        behind(d_first, first, keep);
        add_all(&mut sum.step, d_first);
        for (cut, d_first) in d_first.chunks_exact(horizon * width).enumerate() {
            let d_a = &mut d_a[cut * width..][..width];
            d_first.chunks_exact(width).for_each(|row| add(d_a, row));
        }
        let d_first = Matrix::new(d_first, rows, width);
        product(&mut sum.known, d_first.t(), Matrix::new(facts, rows, known), true);
        loss
    }
}

/// The layers of a block and their gradients, each (rows, ·).
struct Layers {
    first: Vec<f32>,
    second: Vec<f32>,
    out: Vec<f32>,
    d_first: Vec<f32>,
    d_second: Vec<f32>,
    d_out: Vec<f32>,
    words: Vec<u32>,
}

impl Layers {
    fn new(sizes: &Sizes, cuts: usize) -> Layers {
        let rows = cuts * sizes.horizon;
        let of = |width: usize| vec![0f32; rows * width];
        let (u, q) = (sizes.width, sizes.outputs);
        Layers {
            first: of(u),
            second: of(u),
            out: of(q),
            d_first: of(u),
            d_second: of(u),
            d_out: of(q),
            words: vec![0; rows * u],
        }
    }
}

impl Gradients {
    fn zeros(sizes: &Sizes) -> Gradients {
        let Sizes { state, context, known, linear, horizon, width, outputs } = *sizes;
        let of = |rows: usize, columns: usize| vec![0f32; rows * columns];
        Gradients {
            context: (of(width, state + context), of(1, width)),
            known: of(width, known),
            step: of(horizon, width),
            hidden: (of(width, width), of(1, width)),
            out: (of(outputs, width), of(1, outputs)),
            linear: of(horizon, linear),
        }
    }

    /// In the order of the layout.
    pub(super) fn parts(self) -> [Vec<f32>; 9] {
        let Gradients { context, known, step, hidden, out, linear } = self;
        [context.0, context.1, known, step, hidden.0, hidden.1, out.0, out.1, linear]
    }

    fn add(&mut self, other: &Gradients) {
        add(&mut self.context.0, &other.context.0);
        add(&mut self.context.1, &other.context.1);
        add(&mut self.known, &other.known);
        add(&mut self.step, &other.step);
        add(&mut self.hidden.0, &other.hidden.0);
        add(&mut self.hidden.1, &other.hidden.1);
        add(&mut self.out.0, &other.out.0);
        add(&mut self.out.1, &other.out.1);
        add(&mut self.linear, &other.linear);
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
}

/// Adds every piece of `from` that is as long as `to`.
fn add_all(to: &mut [f32], from: &[f32]) {
    from.chunks_exact(to.len().max(1)).for_each(|piece| add(to, piece));
}

/// Sets every row to the same values.
fn fill(rows: &mut [f32], values: &[f32]) {
    rows.chunks_exact_mut(values.len().max(1)).for_each(|row| row.copy_from_slice(values));
}

/// The gradient before ReLU and dropout, whose result is `z`.
fn behind(d: &mut [f32], z: &[f32], keep: f32) {
    d.iter_mut().zip(z).for_each(|(d, z)| *d *= if *z > 0.0 { keep } else { 0.0 });
}
