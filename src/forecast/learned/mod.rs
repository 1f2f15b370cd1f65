//! Members of the pool that are fitted to the table: a ridge regression and boosted trees.
//!
//! Both forecast each lead by itself, from what `decoder: lead` is told about it (see [`crate::data::lead`]):
//! the newest values and those of the same phase, the calendar of the lead, columns known ahead, the other
//! columns and the other series at the origin. They say how far the target will have moved from its last
//! value, in units of its local spread times the growth of the lead, as the networks do; so one model serves
//! all series, also those that training has not seen.

use crate::config::Member;
use crate::data::inputs::Inputs;
use crate::data::lead::LeadShape;
use crate::data::panel::Panel;
use crate::data::scale::Scaling;
use crate::data::split::Cut;

mod bins;
mod grow;
mod ridge;
mod sample;
mod stored;
mod trees;
use ridge::Ridge;
use sample::Sample;
pub use stored::{Stored, names};
use trees::Trees;

/// What fitted members have learned, one a target; empty where a member is not in use.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Learned {
    ridge: Vec<Ridge>,
    trees: Vec<Trees>,
}

/// What both are fitted to.
pub struct Lesson<'a> {
    pub panel: &'a Panel,
    pub inputs: &'a Inputs,
    /// Windows of the training part.
    pub cuts: &'a [Cut],
    /// (S, K) in which errors count.
    pub units: &'a [f64],
    pub seed: u64,
}

/// Columns that a row has, beside the lead itself.
pub fn width(shape: &LeadShape) -> usize {
    shape.context + shape.known + 1
}

impl Learned {
    /// Fits those of these members that are fitted; none without `decoder: lead`, and no ridge regression of very
    /// many columns.
    pub fn fit(lesson: &Lesson, members: &[Member]) -> Learned {
        let mut learned = Learned::default();
        if !members.iter().any(|member| member.is_fitted()) || lesson.inputs.lead.is_none() {
            return learned;
        }
        for target in 0..lesson.inputs.targets() {
            let sample = Sample::draw(lesson, target);
            if sample.len() < sample::LEAST {
                return Learned::default();
            }
            if members.contains(&Member::Ridge) && sample.width <= ridge::WIDEST {
                learned.ridge.push(Ridge::fit(&sample));
            }
            if members.contains(&Member::Trees) {
                learned.trees.push(Trees::fit(&sample, lesson.seed));
            }
        }
        learned
    }

    /// Whether a member that is fitted was fitted for so many targets.
    pub fn has(&self, member: Member, targets: usize) -> bool {
        let fitted = match member {
            Member::Ridge => self.ridge.len(),
            Member::Trees => self.trees.len(),
            _ => return true,
        };
        fitted > 0 && fitted == targets
    }

    /// Forecasts P steps in original units; NaN where the member has nothing to say.
    pub fn forecast(&self, member: Member, told: Option<&Told>, out: &mut [f64]) {
        out.fill(f64::NAN);
        let Some(told) = told else { return };
        let horizon = out.len();
        for (step, out) in out.iter_mut().enumerate() {
            let Some(row) = told.row(step) else { continue };
            let moved = match member {
                Member::Ridge => self.ridge.get(told.target).map(|ridge| ridge.predict(row, step, horizon)),
                Member::Trees => self.trees.get(told.target).map(|trees| trees.predict(row)),
                _ => None,
            };
            if let (Some(moved), Some(spread)) = (moved, told.spread.get(step)) {
                *out = told.scaling.unscale_forecast(f64::from(told.base) + f64::from(spread * moved));
            }
        }
    }
}

/// What is told about one target at one cut.
#[derive(Debug, Clone)]
pub struct Told {
    target: usize,
    /// Columns of a row.
    width: usize,
    /// (P, width).
    rows: Vec<f32>,
    /// Last value, scaled.
    base: f32,
    /// (P) units of the forecasts, scaled.
    spread: Vec<f32>,
    scaling: Scaling,
}

impl Told {
    /// `None` without `decoder: lead`.
    pub fn new(inputs: &Inputs, panel: &Panel, cut: Cut, target: usize) -> Option<Told> {
        let lead = inputs.lead.as_ref()?;
        let features = lead.features(&inputs.x, inputs.width(), target, &[(cut.segment, cut.row)], &[]);
        let horizon = features.spread.len();
        let (context, known) = (features.context.len(), features.known.len() / horizon.max(1));
        let width = context + known + 1;
        let mut rows = Vec::with_capacity(horizon * width);
        for (step, known) in features.known.chunks(known.max(1)).enumerate() {
            rows.extend_from_slice(&features.context);
            rows.extend_from_slice(known);
            rows.push((step + 1) as f32 / horizon as f32);
        }
        let series = panel.segments.get(cut.segment as usize)?.series as usize;
        let scaling = *inputs.scalings.get(series)?.get(target)?;
        Some(Told { target, width, rows, base: *features.base.first()?, spread: features.spread, scaling })
    }

    fn row(&self, step: usize) -> Option<&[f32]> {
        self.rows.get(step * self.width..(step + 1) * self.width)
    }
}

#[cfg(test)]
mod tests;
