//! The loop of [`Member::run`] for a GPU: the same batches and the same steps, but the host asks for
//! all steps of an epoch and reads their losses once, at its end (or when the state is due to be
//! saved). A step that must not change the weights changes nothing there, nor does any after it (see
//! `optim::guarded`), so that a divergence is found late and nothing is lost by it.
//!
//! The table of inputs is uploaded once and windows are gathered from it on the device. What else a
//! batch needs is made by another thread while the device works, and goes there in one piece.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use super::{AdamWConfig, BETA2, Batches, Data, Divergence, End, Flow, Member, MemberHooks};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::model::{Model, Pass};
use crate::ops::denormals::Flushed;
use crate::optim::guarded::{Bounds, Guarded, Progress, Step};
use crate::train::{loss, step};

mod parcel;
#[cfg(test)]
mod tests;
use parcel::{Parcel, Way};

/// Batches that are made before they are needed.
const AHEAD: usize = 2;

/// See [`Member::run`].
pub(super) fn run(member: &mut Member, hooks: &mut MemberHooks) -> Result<End> {
    let (sender, parcels) = sync_channel(AHEAD);
    let source = BatchMaker {
        batches: member.batches.clone(),
        data: member.data,
        model: member.model,
        config: member.config,
        steps: member.at.step..member.total,
    };
    std::thread::scope(|scope| {
        scope.spawn(move || source.run(&sender));
        // The receiver goes with the loop, and with it the thread's reason to go on.
        Loop::new(member, parcels)?.run(hooks)
    })
}

/// Makes the batches in the order of the steps.
struct BatchMaker<'a> {
    batches: Arc<Batches>,
    data: &'a Data<'a>,
    model: &'a Model,
    config: &'a Config,
    steps: Range<usize>,
}

impl BatchMaker<'_> {
    fn run(self, to: &SyncSender<Parcel>) {
        let _flushed = Flushed::here();
        let per_pass = self.batches.per_pass();
        let (mut pass, mut order) = (usize::MAX, Vec::new());
        let network = (&self.model.config, &self.model.shape);
        for step in self.steps {
            if pass != step / per_pass {
                pass = step / per_pass;
                order = self.batches.order(pass as u64);
            }
            let Some(spec) = order.get(step % per_pass) else { return };
            let all = self.batches.gathered(spec, self.data, network, &self.config.train, step);
            if to.send(Parcel::pack(all, self.data.inputs.width())).is_err() {
                return;
            }
        }
    }
}

/// A member's training, with what lies on the device.
struct Loop<'a, 'b> {
    member: &'a mut Member<'b>,
    parcels: Receiver<Parcel>,
    way: Way,
    guarded: Guarded,
    /// Rates of the steps that were asked for and not read.
    asked: Vec<f64>,
}

impl<'a, 'b> Loop<'a, 'b> {
    fn new(member: &'a mut Member<'b>, parcels: Receiver<Parcel>) -> Result<Loop<'a, 'b>> {
        let t = &member.config.train;
        let config = AdamWConfig { weight_decay: t.weight_decay, beta2: BETA2, ..AdamWConfig::default() };
        let bounds =
            Bounds { max_norm: step::most_norm(t), exploded: step::EXPLODED, least: step::LEAST_MEAN };
        let progress =
            Progress { optimiser: member.optimiser.state().clone(), average: member.ema.values.clone() };
        let first = (member.at.first_loss, member.at.first_steps);
        let guarded = Guarded::new(config, bounds, &member.model.params, &progress, first)?;
        let way = Way::to(member.device);
        Ok(Loop { member, parcels, way, guarded, asked: Vec::new() })
    }

    fn run(mut self, hooks: &mut MemberHooks) -> Result<End> {
        if hooks.due() {
            hooks.save(&self.member.state()?)?;
        }
        while self.member.unfinished() {
            let began = Instant::now();
            let epoch = self.member.epoch();
            while self.more() {
                self.ask(epoch)?;
                if hooks.due() {
                    if let Some(end) = self.read(epoch, hooks)? {
                        return self.member.end(end);
                    }
                    hooks.save(&self.member.state()?)?;
                }
            }
            if let Some(end) = self.read(epoch, hooks)? {
                return self.member.end(end);
            }
            if let Some(end) = self.member.close_epoch(epoch, began, hooks)? {
                return self.member.end(end);
            }
        }
        self.member.end(End::Finished)
    }

    /// Whether the epoch has steps that were not asked for.
    fn more(&self) -> bool {
        let (at, asked) = (&self.member.at, self.asked.len());
        at.in_epoch + asked < self.member.steps_per_epoch && at.step + asked < self.member.total
    }

    /// Asks the device for the next step.
    fn ask(&mut self, epoch: usize) -> Result<()> {
        let step = self.member.at.step + self.asked.len();
        let parcel = self.parcels.recv().map_err(|_| {
            Error::Tensor(candle_core::Error::Msg(format!("no batch was made for step {}", step + 1)))
        })?;
        let count = f64::from(parcel.count());
        let Member { model, config, ema, rate, windows, .. } = &*self.member;
        let batch = parcel.unpack(windows, &mut self.way, &model.shape)?;
        let out = model.forward(&batch.feed, Pass::Train { seed: self.member.seed(step) })?; // (M, P, K, Q)
        let (kind, levels) = (config.train.loss, &model.shape.quantiles);
        let total = loss::total(kind, levels, &out, &batch.y, &batch.weight, batch.bend.as_ref())?;
        let loss = (total / count)?;
        let learning_rate = rate.at(step);
        let numbers = Step { learning_rate, decay: ema.decay_at(step + 1), first_epoch: epoch == 1 };
        self.guarded.step(&model.params, &loss.backward()?, &loss, numbers)?;
        self.asked.push(learning_rate);
        Ok(())
    }

    /// Reads how the steps went, tells of them, and brings the member up to date; the training's
    /// end, where this is one.
    fn read(&mut self, epoch: usize, hooks: &mut MemberHooks) -> Result<Option<End>> {
        let verdicts = self.guarded.read()?;
        let progress = self.guarded.progress(&self.member.model.params)?;
        self.member.optimiser.restore(progress.optimiser);
        self.member.ema.values = progress.average;
        let mut flow = Flow::Continue;
        for (rate, verdict) in std::mem::take(&mut self.asked).into_iter().zip(verdicts) {
            if !verdict.taken {
                return Ok(Some(End::Diverged(self.member.look_again(epoch, rate)?)));
            }
            let event = self.member.count(epoch, rate, verdict.loss, verdict.grad_norm);
            if hooks.event(&event) == Flow::Stop {
                flow = Flow::Stop;
            }
        }
        if flow == Flow::Stop {
            hooks.save(&self.member.state()?)?;
            return Ok(Some(End::Stopped));
        }
        Ok(None)
    }
}

impl Member<'_> {
    /// Why the next step was not taken: its batch once more, by the plain way, which names the
    /// gradient at fault.
    fn look_again(&self, epoch: usize, rate: f64) -> Result<Divergence> {
        let (t, step) = (&self.config.train, self.at.step);
        let per_pass = self.batches.per_pass();
        let order = self.batches.order((step / per_pass) as u64);
        let mut divergence = Divergence {
            epoch,
            step: step + 1,
            rate,
            why: "the loss or a gradient is not finite, or far too large".into(),
            gradient: "which one was not found".into(),
        };
        if let Some(spec) = order.get(step % per_pass) {
            let batch = self.batches.gather(spec, self.data, self.model, t, step, self.device)?;
            let limit = step::limit(self.at.first_mean());
            if let Err(bad) = step::look(self.model, &batch, t, self.seed(step), limit)? {
                (divergence.why, divergence.gradient) = (bad.why, bad.gradient);
            }
        }
        Ok(divergence)
    }
}
