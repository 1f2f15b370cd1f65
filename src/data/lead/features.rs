//! What the head is told at a cut: a context, and what is known about every lead.

use rayon::prelude::*;

use super::{LIMIT, LeadRows, limit};

/// What is gathered for a list of cuts of one target.
#[derive(Debug, Clone, Default)]
pub struct LeadFeatures {
    /// (M) last value, scaled.
    pub base: Vec<f32>,
    /// (M, P) local spread times the growth at each lead, scaled.
    pub spread: Vec<f32>,
    /// (M, C).
    pub context: Vec<f32>,
    /// (M, P, known width); the linear part comes first.
    pub known: Vec<f32>,
}

/// A cut of one target.
struct At<'a> {
    /// (rows, F) inputs.
    x: &'a [f32],
    /// F.
    width: usize,
    target: usize,
    /// First row of the segment.
    start: usize,
    /// Origin: the first row that is not known.
    row: usize,
}

impl LeadRows {
    /// What the head is told about one target at these (segment, origin row) cuts. `x` is the
    /// (rows, F) inputs; `masks` blanks columns of the context, for training: for each window of
    /// `cuts.len() / masks.len()` cuts F flags for the inputs, then E for the outer columns.
    pub fn features(
        &self,
        x: &[f32],
        width: usize,
        target: usize,
        cuts: &[(u32, usize)],
        masks: &[Vec<f32>],
    ) -> LeadFeatures {
        let spec = &self.spec;
        let p = spec.horizon;
        let known_width = spec.known_width(width, self.calendar);
        let context_width = width + spec.recent() + spec.lags().len() * self.outer_width;
        let mut features = LeadFeatures {
            base: vec![0.0; cuts.len()],
            spread: vec![0.0; cuts.len() * p],
            context: vec![0.0; cuts.len() * context_width],
            known: vec![0.0; cuts.len() * p * known_width],
        };
        features
            .base
            .par_iter_mut()
            .zip(features.spread.par_chunks_mut(p))
            .zip(features.context.par_chunks_mut(context_width))
            .zip(features.known.par_chunks_mut(p * known_width))
            .enumerate()
            .for_each(|(i, (((base, spread), context), known))| {
                let (segment, row) = cuts[i];
                let start = self.starts[segment as usize];
                let cell = (row - 1) * self.targets + target;
                *base = self.y[cell];
                for (step, out) in spread.iter_mut().enumerate() {
                    let growth = spec.growth.get(target).and_then(|g| g.get(step)).copied().unwrap_or(1.0);
                    *out = self.spread[cell] * growth;
                }
                let mask = masks.get(i * masks.len() / cuts.len()).map(Vec::as_slice);
                let at = At { x, width, target, start, row };
                self.fill_context(&at, mask, context);
                for step in 0..p {
                    let out = &mut known[step * known_width..(step + 1) * known_width];
                    self.fill_lead(&at, step, out);
                }
            });
        features
    }

    fn fill_context(&self, cut: &At, mask: Option<&[f32]>, out: &mut [f32]) {
        let At { x, width, target, start, row } = *cut;
        let (k, t) = (self.targets, row - 1);
        let (y, s) = (self.y[t * k + target], self.spread[t * k + target]);
        out[..width].copy_from_slice(&x[t * width..(t + 1) * width]);
        let mut at = width;
        for back in 1..self.spec.recent() {
            let then = t.saturating_sub(back).max(start);
            out[at] = limit((self.y[then * k + target] - y) / s);
            at += 1;
        }
        out[at] = y.clamp(-LIMIT, LIMIT);
        at += 1;
        let e = self.outer_width;
        for lag in self.spec.lags() {
            let then = t.saturating_sub(lag).max(start);
            for j in 0..e {
                out[at + j] = limit(self.outer[t * e + j] - self.outer[then * e + j]);
            }
            if let Some(mask) = mask {
                out[at..at + e].iter_mut().zip(&mask[width..]).for_each(|(v, m)| *v *= m);
            }
            at += e;
        }
        if let Some(mask) = mask {
            out[..width].iter_mut().zip(mask).for_each(|(v, m)| *v *= m);
        }
    }

    fn fill_lead(&self, cut: &At, step: usize, out: &mut [f32]) {
        let At { x, width, target, start, row } = *cut;
        let spec = &self.spec;
        let (k, m, t) = (self.targets, spec.season, row - 1);
        let (y, s) = (self.y[t * k + target], self.spread[t * k + target]);
        let relative = |at: usize| limit((self.y[at * k + target] - y) / s);
        // Rows back from the origin row to the newest row of the same phase: at least 1.
        let newest = m * (step / m + 1) - step;
        let seasons = spec.seasons();
        let inside = |back: usize| back <= spec.window && row >= start + back;
        let (mut sum, mut count) = (0f32, 0usize);
        for (j, out) in out[..seasons].iter_mut().enumerate() {
            let back = newest + m * j;
            *out = if inside(back) {
                count += 1;
                relative(row - back)
            } else {
                0.0
            };
            sum += *out;
        }
        out[seasons] = limit(sum / count.max(1) as f32);
        // The rows before and after the newest one of the same phase.
        let near = |at: Option<usize>| at.filter(|at| *at < row && *at >= start).map_or(0.0, relative);
        out[seasons + 1] = near(row.checked_sub(newest + 1));
        out[seasons + 2] = near((row + 1).checked_sub(newest));
        out[seasons + 3] = limit((self.level[t * k + target] - y) / s);
        let mut at = seasons + 4;
        let aligned = row.saturating_sub(newest).max(start);
        if spec.cross {
            let now = self.others[t * k + target];
            out[at] = if inside(newest) { limit((self.others[aligned * k + target] - now) / s) } else { 0.0 };
            out[at + 1] = limit((now - y) / s);
            at += 2;
        }
        // Columns known ahead: how far they will have moved, and below where they will be.
        let (e, d) = (self.outer_width, spec.ahead.len());
        for column in &spec.ahead {
            out[at] = limit(self.outer[(row + step) * e + column] - self.outer[t * e + column]);
            at += 1;
        }
        // The calendar of the forecast step itself, which is always known.
        let future = &x[(row + step) * width + width - self.calendar..(row + step + 1) * width];
        out[at..at + self.calendar].copy_from_slice(future);
        at += self.calendar;
        for (i, column) in spec.ahead.iter().enumerate() {
            let level = self.ahead.get(t * d + i).copied().unwrap_or(0.0);
            out[at] = limit(self.outer[(row + step) * e + column] - level);
            at += 1;
        }
        out[at..at + width].copy_from_slice(&x[aligned * width..(aligned + 1) * width]);
    }
}
