//! Training: batches, steps, validation, early stopping. Reports through an event callback and
//! hands its state to another, so that it runs silently in tests; draws and writes nothing itself.
//!
//! All random choices follow from the seed and the step, so a [`state::State`] is weights,
//! moments and counters, and a training that goes on from one ends in the same bytes.

use candle_core::Device;

use crate::config::Config;
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::Result;
use crate::model::{Model, Shape};

pub mod batches;
pub mod ema;
mod hooks;
pub mod log;
pub mod loss;
mod member;
pub mod memory;
pub mod schedule;
pub mod state;
mod step;
mod validate;
mod weights;
use hooks::MemberHooks;
pub use hooks::{Event, Flow, Hooks, Silent};
use member::Member;
use state::{Outcome, State, Weights};
pub use step::Divergence;
pub(crate) use weights::units;

/// Most validation windows that are scored after an epoch, evenly spaced over the validation part.
pub const VALIDATION_WINDOWS: usize = 4096;

/// Most steps of an epoch; one pass over the windows where that is shorter.
pub(crate) const EPOCH_STEPS: usize = 25;

/// The data of a training run.
pub struct Data<'a> {
    pub panel: &'a Panel,
    pub inputs: &'a Inputs,
    pub train: &'a [Cut],
    pub val: &'a [Cut],
    /// Rows in one season.
    pub season: usize,
    /// T.
    pub input_window: usize,
}

/// Where training begins; the default is random weights.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The members' first weights, in place of random ones.
    pub weights: Option<Vec<Weights>>,
    /// A state to go on from.
    pub state: Option<State>,
}

/// How training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    Finished,
    /// The caller said so; the state was given to [`Hooks::save`].
    Stopped,
    Diverged(Divergence),
}

/// What training leaves.
pub struct Trained {
    /// With their best weights. Fewer than were asked for after a training that did not finish;
    /// none when not even its first epoch ended.
    pub members: Vec<Model>,
    pub outcome: Outcome,
    pub end: End,
}

/// Trains the members one after another, each from a seed of its own.
///
/// # Errors
/// Those of the tensor library, and those that [`Hooks::save`] returns.
pub fn fit_all(
    shape: &Shape,
    data: &Data,
    config: &Config,
    device: &Device,
    start: Start,
    hooks: &mut dyn Hooks,
) -> Result<Trained> {
    let total = config.model.ensemble;
    let mut members: Vec<Model> = Vec::with_capacity(total);
    let (mut done, mut outcome, mut current) = match start.state {
        Some(state) => (state.done, state.outcome, Some(state.current)),
        None => Default::default(),
    };
    for number in 0..total {
        let mut config = config.clone();
        config.run.seed = config.run.seed.wrapping_add(number as u64);
        let model = Model::new(&config.model, shape, config.run.seed, device)?;
        if let Some(weights) = done.get(number) {
            ema::set(&model, weights)?;
            members.push(model);
            continue;
        }
        if let Some(weights) = start.weights.as_ref().and_then(|w| w.get(number)) {
            ema::set(&model, weights)?;
        }
        let mut member = Member::new(&model, data, &config, device, current.take())?;
        hooks.event(&member.start(number, total));
        let end = member.run(&mut MemberHooks { hooks: &mut *hooks, done: &done, outcome: &outcome })?;
        let (at, has_best) = (member.counters().clone(), member.has_best());
        outcome = outcome.and(&at);
        if has_best {
            done.push(ema::weights(&model)?);
            members.push(model);
        }
        if end != End::Finished {
            return Ok(Trained { members, outcome, end });
        }
    }
    Ok(Trained { members, outcome, end: End::Finished })
}

/// Steps of an epoch.
pub(crate) fn steps_per_epoch(data: &Data, config: &Config) -> usize {
    let t = &config.train;
    batches::Batches::new(data, t.batch_size.count(), config.run.seed, t.weighing())
        .per_pass()
        .min(EPOCH_STEPS)
}

/// At most `most` cuts, evenly spaced.
pub fn thin(cuts: &[Cut], most: usize) -> Vec<Cut> {
    if cuts.len() <= most {
        return cuts.to_vec();
    }
    (0..most).map(|i| cuts[i * cuts.len() / most]).collect()
}
