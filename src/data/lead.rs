//! What `decoder: lead` is told: rows that carry each series' own level and spread, what the
//! other series do, and, at a cut, what is known about every lead time.
//!
//! Everything at row t uses rows up to t alone. Values are scaled; a series is looked at relative
//! to its last value y\[t\] and in units of its local spread
//! s\[t\] = sqrt(variance of the last T rows + 0.1^2), so that a level that has shifted since
//! training does not matter.

use rayon::prelude::*;

mod build;
mod features;
mod means;
mod names;
mod spec;
mod weekly;
pub use features::LeadFeatures;
pub use means::{Means, Sum};
pub use names::InputNames;
pub use spec::{LeadShape, LeadSpec};
pub use weekly::weekly;

/// Everything is limited to this many units.
const LIMIT: f32 = 10.0;
/// Added (as a variance) to the local spread: a tenth of the training spread.
const LEAST_SPREAD: f64 = 0.1;
/// Last values that the head sees directly.
const RECENT: usize = 24;
/// Seasons back that are looked at for every lead.
const SEASONS: usize = 7;

/// The rows of a panel as the decoder wants them.
#[derive(Debug, Clone)]
pub struct LeadRows {
    spec: LeadSpec,
    /// K.
    targets: usize,
    /// Columns of the calendar, the last ones of x.
    calendar: usize,
    /// First row of each row's segment is looked up by segment.
    starts: Vec<usize>,
    /// (rows, K) scaled targets, filled forward.
    y: Vec<f32>,
    /// (rows, K) mean of the last T rows.
    level: Vec<f32>,
    /// (rows, K) local spread.
    spread: Vec<f32>,
    /// (rows, K) mean of y over the other series; empty without `cross`.
    others: Vec<f32>,
    /// (rows, E) other columns, and their means over the other series.
    outer: Vec<f32>,
    /// E.
    outer_width: usize,
    /// (rows, D) what is taken off each column known ahead, its mean of the last T rows; empty with
    /// `levels`.
    ahead: Vec<f32>,
}

impl LeadRows {
    /// Measures the growth on these training origins (segment, row), at most a few thousand of
    /// them, and keeps it. `y` is (rows, K) scaled targets, NaN where not observed.
    pub fn measure(&mut self, y: &[f32], origins: &[(u32, usize)]) {
        const MOST: usize = 4096;
        let (k, p) = (self.targets, self.spec.horizon);
        let every = origins.len().div_ceil(MOST).max(1);
        let mut growth = vec![vec![1f32; p]; k];
        for (target, growth) in growth.iter_mut().enumerate() {
            for (step, growth) in growth.iter_mut().enumerate() {
                let (mut sum, mut count) = (0f64, 0usize);
                for (_, row) in origins.iter().step_by(every) {
                    let (now, then) = ((row - 1) * k + target, (row + step) * k + target);
                    if !y[then].is_nan() {
                        sum += f64::from(((y[then] - self.y[now]) / self.spread[now]).abs());
                        count += 1;
                    }
                }
                let mean = sum / count.max(1) as f64;
                *growth = if mean > 0.01 { mean as f32 } else { 0.01 };
            }
        }
        self.spec.growth = growth;
    }

    /// The specification, with what was measured.
    pub fn spec(&self) -> &LeadSpec {
        &self.spec
    }

    /// Blanks the columns of gathered windows (rows, F) that the LSTM must not see.
    pub fn hide(&self, x: &mut [f32], width: usize) {
        let hidden = self.spec.hidden(self.targets, self.outer_width);
        if !hidden.is_empty() {
            x.par_chunks_mut(width).for_each(|row| row[hidden.clone()].fill(0.0));
        }
    }

    /// E, columns beside the inputs that masks cover.
    pub fn outer_width(&self) -> usize {
        self.outer_width
    }
}

fn limit(value: f32) -> f32 {
    value.clamp(-LIMIT, LIMIT)
}
