//! The caller's side of a training.

use super::state::{MemberState, Outcome, Snapshot, Weights};
use crate::error::Result;

/// What training tells its caller.
#[derive(Debug, Clone)]
pub enum Event {
    /// Before the first step of a member.
    Start {
        /// Which member, from 0.
        member: usize,
        /// How many members there will be.
        members: usize,
        /// Most epochs.
        epochs: usize,
        /// Steps of an epoch.
        steps_per_epoch: usize,
        /// Windows to train on.
        train_windows: usize,
        /// Windows to validate on.
        val_windows: usize,
        /// Whether validation has chosen before, and this goes over more rows (`--final`).
        once_more: bool,
    },
    /// After every step.
    Step {
        /// The epoch, from 1.
        epoch: usize,
        /// The step, from 1.
        step: usize,
        /// Most steps.
        total: usize,
        /// Mean loss of the batch, scaled units.
        loss: f64,
        /// Learning rate.
        rate: f64,
        /// Norm of all gradients together, before clipping.
        grad_norm: f64,
    },
    /// After every epoch.
    Epoch {
        /// The epoch, from 1.
        epoch: usize,
        /// Mean loss of its steps, scaled units.
        loss: f64,
        /// The error that decides which weights are kept; `None` without validation.
        val: Option<f64>,
        /// Whether these are the best weights so far.
        best: bool,
        /// Learning rate of the next step.
        rate: f64,
        /// How long it took.
        seconds: f64,
    },
}

/// What the caller answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop after this step, keeping the best weights so far.
    Stop,
}

/// The caller's side of a training. All of it has a default, so that a caller answers only what it
/// cares for; a closure over events is one too, and [`Silent`] cares for nothing.
pub trait Hooks: Send {
    /// What happened, in order; the answer says whether to go on.
    fn event(&mut self, event: &Event) -> Flow {
        let _ = event;
        Flow::Continue
    }

    /// Something to know, a sentence.
    fn note(&mut self, text: &str) {
        let _ = text;
    }

    /// Something that went wrong and does not end the training, a sentence.
    fn warn(&mut self, text: &str) {
        self.note(text);
    }

    /// How a longer work goes on, in a line.
    fn progress(&mut self, text: &str) {
        self.note(text);
    }

    /// Training has come to an end, whichever.
    fn done(&mut self) {}

    /// Whether the state should be saved between two steps, beside every epoch's end.
    fn due(&mut self) -> bool {
        false
    }

    /// Takes the state of an unfinished training.
    ///
    /// # Errors
    /// What ends the training.
    fn save(&mut self, snapshot: Snapshot<'_>) -> Result<()> {
        let _ = snapshot;
        Ok(())
    }
}

/// A caller that hears nothing and never stops a training.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Hooks for Silent {}

impl<F: FnMut(&Event) -> Flow + Send> Hooks for F {
    fn event(&mut self, event: &Event) -> Flow {
        self(event)
    }
}

/// The hooks as the training of one member sees them.
pub(super) struct MemberHooks<'a> {
    pub(super) hooks: &'a mut dyn Hooks,
    /// Weights of the members before it.
    pub(super) done: &'a [Weights],
    /// How these went.
    pub(super) outcome: &'a Outcome,
}

impl MemberHooks<'_> {
    pub(super) fn event(&mut self, event: &Event) -> Flow {
        self.hooks.event(event)
    }

    pub(super) fn due(&mut self) -> bool {
        self.hooks.due()
    }

    pub(super) fn save(&mut self, current: &MemberState) -> Result<()> {
        self.hooks.save(Snapshot { done: self.done, outcome: self.outcome, current })
    }
}
