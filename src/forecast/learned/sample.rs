//! The rows that fitted members learn from: pairs of a training window and a lead, drawn evenly over time and
//! series, as many as a bounded cost allows.

use rand::Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::{Lesson, Told};
use crate::data::scale::Scaling;
use crate::data::split::Cut;
use crate::model::init;

/// Rows at most.
const MOST_ROWS: usize = 80_000;
/// Values at most, over all rows: 128 MB.
const MOST_VALUES: usize = 1 << 25;
/// Leads at least and at most that are drawn of one window.
const LEADS: (usize, usize) = (6, 12);
/// Fewer rows teach nothing.
pub const LEAST: usize = 200;
/// The weight of a row is at most this many times the mean.
const HEAVIEST: f32 = 20.0;
/// The share of the span at its end by which strengths of shrinkage are compared.
const LATE: f64 = 0.2;

/// R rows of one target.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Columns.
    pub width: usize,
    /// P.
    pub horizon: usize,
    /// (R, width).
    pub x: Vec<f32>,
    /// (R) how far the target moved, in units of the forecast.
    pub z: Vec<f32>,
    /// (R) what an error of 1 counts for, 1 on average.
    pub weight: Vec<f32>,
    /// (R) lead less 1.
    pub step: Vec<u32>,
    /// (R) whether the origin lies in the last part of the training span.
    pub late: Vec<bool>,
}

impl Sample {
    /// Draws the rows of a target.
    pub fn draw(lesson: &Lesson, target: usize) -> Sample {
        let Some(shape) = lesson.inputs.spec.lead_shape() else { return Sample::default() };
        let horizon = lesson.inputs.spec.lead.as_ref().map_or(0, |lead| lead.horizon);
        let width = super::width(&shape);
        let most = MOST_ROWS.min(MOST_VALUES / width.max(1)).max(1);
        let leads = (most / lesson.cuts.len().max(1)).clamp(LEADS.0, LEADS.1).min(horizon).max(1);
        let cuts = spread_out(lesson.cuts, (most / leads).max(1), lesson.seed);
        let late_from = late_from(lesson, &cuts);
        let one = |(i, cut): (usize, &Cut)| Sample::of_cut(lesson, target, *cut, i, leads, late_from);
        let parts: Vec<Sample> = cuts.par_iter().enumerate().filter_map(one).collect();
        let mut all = Sample { width, horizon, ..Sample::default() };
        for part in parts {
            all.x.extend(part.x);
            all.z.extend(part.z);
            all.weight.extend(part.weight);
            all.step.extend(part.step);
            all.late.extend(part.late);
        }
        let mean = all.weight.iter().map(|w| f64::from(*w)).sum::<f64>() / all.weight.len().max(1) as f64;
        let mean = if mean > 0.0 { mean as f32 } else { 1.0 };
        all.weight.iter_mut().for_each(|w| *w = (*w / mean).min(HEAVIEST));
        all
    }

    /// Rows of one window: `leads` of its leads, by lot.
    fn of_cut(
        lesson: &Lesson,
        target: usize,
        cut: Cut,
        number: usize,
        leads: usize,
        late_from: i64,
    ) -> Option<Sample> {
        let told = Told::new(lesson.inputs, lesson.panel, cut, target)?;
        let k = lesson.inputs.targets();
        let series = lesson.panel.segments.get(cut.segment as usize)?.series as usize;
        let unit = lesson.units.get(series * k + target)?;
        let mut steps: Vec<usize> = (0..told.spread.len()).collect();
        let mut rng = init::rng(lesson.seed, 0x1EAD_0000_0000 + number as u64);
        let (chosen, _) = steps.partial_shuffle(&mut rng, leads);
        chosen.sort_unstable();
        let late = lesson.panel.stamps.get(cut.row).is_some_and(|stamp| *stamp >= late_from);
        let mut own = Sample::default();
        for step in chosen.iter().copied() {
            let actual = *lesson.inputs.y.get((cut.row + step) * k + target)?;
            let (Some(row), Some(spread)) = (told.row(step), told.spread.get(step)) else { continue };
            let weight = f64::from(*spread) * slope(&told.scaling, told.base) / unit;
            if actual.is_nan() || !(weight.is_finite() && weight > 0.0) {
                continue;
            }
            own.x.extend_from_slice(row);
            own.z.push((actual - told.base) / spread);
            own.weight.push(weight as f32);
            own.step.push(step as u32);
            own.late.push(late);
        }
        Some(own)
    }

    /// R.
    pub fn len(&self) -> usize {
        self.z.len()
    }

    /// One row.
    pub fn row(&self, at: usize) -> &[f32] {
        &self.x[at * self.width..(at + 1) * self.width]
    }
}

/// Original units that a scaled unit is worth at a scaled value. It is taken at the last value, not at the one to
/// come: weights that know the future would pull every median up.
fn slope(scaling: &Scaling, base: f32) -> f64 {
    let inner = f64::from(base) * scaling.scale + scaling.shift;
    scaling.scale.abs() * scaling.asinh.map_or(1.0, |k| k * inner.clamp(-6.0, 6.0).cosh())
}

/// At most so many cuts: one by lot of each of as many equal parts.
fn spread_out(cuts: &[Cut], most: usize, seed: u64) -> Vec<Cut> {
    if cuts.len() <= most {
        return cuts.to_vec();
    }
    let mut rng = init::rng(seed, 0x1EAD_FFFF_FFFF);
    let part = |i: usize| i * cuts.len() / most;
    (0..most).map(|i| cuts[rng.random_range(part(i)..part(i + 1).max(part(i) + 1))]).collect()
}

/// The stamp at which the last part of the origins begins.
fn late_from(lesson: &Lesson, cuts: &[Cut]) -> i64 {
    let mut stamps: Vec<i64> = cuts.iter().filter_map(|c| lesson.panel.stamps.get(c.row).copied()).collect();
    stamps.sort_unstable();
    let at = ((1.0 - LATE) * stamps.len() as f64) as usize;
    stamps.get(at).copied().unwrap_or(i64::MAX)
}
