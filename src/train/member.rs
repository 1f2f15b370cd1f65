//! The training of one member, from its beginning or from where it was left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use candle_core::Device;

use super::batches::Batches;
use super::ema::{self, Ema};
use super::hooks::{Event, Flow, MemberHooks};
use super::schedule::Rate;
use super::state::{Counters, MemberState, Weights};
use super::step::{self, Bad, Divergence};
use super::validate::validate;
use super::{Data, EPOCH_STEPS, End, VALIDATION_WINDOWS, thin, weights};
use crate::config::Config;
use crate::data::split::Cut;
use crate::error::Result;
use crate::forecast::Windows;
use crate::model::Model;
use crate::optim::{AdamW, AdamWConfig};

#[cfg(any(feature = "cuda", test))]
mod device;

/// AdamW's second decay: shorter than the usual 0.999, since runs are a few hundred steps.
const BETA2: f64 = 0.99;

/// One member in training: what does not change, and what a saved state brings back.
pub(super) struct Member<'a> {
    model: &'a Model,
    data: &'a Data<'a>,
    config: &'a Config,
    device: &'a Device,
    windows: Windows<'a>,
    batches: Arc<Batches>,
    val: Vec<Cut>,
    /// (S * K); see [`weights::units`].
    units: Vec<f64>,
    steps_per_epoch: usize,
    total: usize,
    optimiser: AdamW,
    rate: Rate,
    ema: Ema,
    best: Option<Weights>,
    at: Counters,
    /// When the state was handed out after an epoch.
    saved: Option<Instant>,
}

/// Least time between the states of two epochs of a GPU, whose epochs may take less than a disk does.
const GPU_SAVES: Duration = Duration::from_secs(1);

impl<'a> Member<'a> {
    /// Begins with the weights that `model` has, or goes on from a state.
    pub(super) fn new(
        model: &'a Model,
        data: &'a Data<'a>,
        config: &'a Config,
        device: &'a Device,
        from: Option<MemberState>,
    ) -> Result<Member<'a>> {
        let t = &config.train;
        let batches = Batches::new(data, t.batch_size.count(), config.run.seed, t.weighing());
        let steps_per_epoch = batches.per_pass().min(EPOCH_STEPS);
        let total = t.max_steps.unwrap_or(usize::MAX).min(steps_per_epoch.saturating_mul(t.epochs));
        let adamw = AdamWConfig { weight_decay: t.weight_decay, beta2: BETA2, ..AdamWConfig::default() };
        let rate = Rate::new(t.schedule, t.learning_rate, total, t.patience);
        let (optimiser, rate, ema, best, at) = match from {
            None => {
                let ema = Ema::new(model, t.ema)?;
                (AdamW::new(adamw, &model.params), rate, ema, None, Counters::default())
            }
            Some(state) => {
                ema::set(model, &state.weights)?;
                let rate = rate.resume(state.at.halvings, state.at.waited);
                let optimiser = AdamW::resume(adamw, &model.params, state.optimiser)?;
                (optimiser, rate, Ema::resume(state.ema, t.ema), state.best, state.at)
            }
        };
        let val = if t.validation { thin(data.val, VALIDATION_WINDOWS) } else { Vec::new() };
        Ok(Member {
            model,
            data,
            config,
            device,
            windows: Windows::new(data.inputs, device, usize::MAX)?,
            batches: Arc::new(batches),
            val,
            units: weights::units(data, t.weighing()),
            steps_per_epoch,
            total,
            optimiser,
            rate,
            ema,
            best,
            at,
            saved: None,
        })
    }

    /// What the caller is told before the first step.
    pub(super) fn start(&self, member: usize, members: usize) -> Event {
        Event::Start {
            member,
            members,
            epochs: self.config.train.epochs,
            steps_per_epoch: self.steps_per_epoch,
            train_windows: self.data.train.len(),
            val_windows: self.data.val.len(),
            once_more: false,
        }
    }

    /// Trains to the end. The hooks say whether the state is due between two steps; they
    /// get it then, after every epoch (of a GPU: after one a second), and when the caller stops the
    /// training.
    pub(super) fn run(&mut self, hooks: &mut MemberHooks) -> Result<End> {
        #[cfg(feature = "cuda")]
        if self.device.is_cuda() {
            return device::run(self, hooks);
        }
        let mut order = (0, Vec::new());
        if hooks.due() {
            hooks.save(&self.state()?)?;
        }
        while self.unfinished() {
            let began = Instant::now();
            let epoch = self.epoch();
            while self.at.in_epoch < self.steps_per_epoch && self.at.step < self.total {
                // A pass over all windows may take many epochs; each has an order of its own.
                let per_pass = self.batches.per_pass();
                let (pass, place) = (self.at.step / per_pass, self.at.step % per_pass);
                if order.0 != pass || order.1.is_empty() {
                    order = (pass, self.batches.order(pass as u64));
                }
                let Some(spec) = order.1.get(place) else { break };
                let event = match self.step(spec, epoch)? {
                    Ok(event) => event,
                    Err(divergence) => return self.end(End::Diverged(divergence)),
                };
                if hooks.event(&event) == Flow::Stop {
                    hooks.save(&self.state()?)?;
                    return self.end(End::Stopped);
                }
                if hooks.due() {
                    hooks.save(&self.state()?)?;
                }
            }
            if let Some(end) = self.close_epoch(epoch, began, hooks)? {
                return self.end(end);
            }
        }
        self.end(End::Finished)
    }

    /// Ends an epoch and tells of it; the training's end, where this is one.
    fn close_epoch(&mut self, epoch: usize, began: Instant, hooks: &mut MemberHooks) -> Result<Option<End>> {
        match self.finish_epoch(epoch, began)? {
            Ok(event) => {
                let flow = hooks.event(&event);
                let apart = if self.device.is_cpu() { Duration::ZERO } else { GPU_SAVES };
                let due = self.saved.is_none_or(|at| at.elapsed() >= apart);
                if due || flow == Flow::Stop || !self.unfinished() {
                    hooks.save(&self.state()?)?;
                    self.saved = Some(Instant::now());
                }
                Ok((flow == Flow::Stop && self.unfinished()).then_some(End::Stopped))
            }
            Err(divergence) => Ok(Some(End::Diverged(divergence))),
        }
    }

    /// Whether a step, or the end of an epoch, is still to come.
    fn unfinished(&self) -> bool {
        let patience = self.config.train.patience;
        let weary = patience > 0 && !self.val.is_empty() && self.at.since_best >= patience;
        self.at.in_epoch > 0 || (self.at.step < self.total && !weary)
    }

    /// The present epoch, from 1.
    fn epoch(&self) -> usize {
        (self.at.step - self.at.in_epoch) / self.steps_per_epoch + 1
    }

    fn step(
        &mut self,
        spec: &super::batches::Spec,
        epoch: usize,
    ) -> Result<std::result::Result<Event, Divergence>> {
        let (t, step) = (&self.config.train, self.at.step);
        let lr = self.rate.at(step);
        let batch = self.batches.gather(spec, self.data, self.model, t, step, self.device)?;
        let limit = step::limit(self.at.first_mean());
        let numbers = (lr, self.seed(step), limit);
        match step::one_step(self.model, &batch, &mut self.optimiser, t, numbers)? {
            Ok(seen) => {
                let event = self.count(epoch, lr, seen.loss, seen.grad_norm);
                self.ema.update(self.model, self.at.step)?;
                Ok(Ok(event))
            }
            Err(Bad { why, gradient }) => {
                Ok(Err(Divergence { epoch, step: step + 1, rate: lr, why, gradient }))
            }
        }
    }

    /// Of the dropout masks of a step.
    fn seed(&self, step: usize) -> u64 {
        self.config.run.seed ^ (step as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// Counts a step that was taken.
    fn count(&mut self, epoch: usize, rate: f64, loss: f64, grad_norm: f64) -> Event {
        let at = &mut self.at;
        at.step += 1;
        at.in_epoch += 1;
        at.epoch_loss += loss;
        at.grad_norm = grad_norm;
        if epoch == 1 {
            at.first_loss += loss;
            at.first_steps += 1;
        }
        Event::Step { epoch, step: at.step, total: self.total, loss, rate, grad_norm }
    }

    /// Validates, keeps the weights if they are the best so far, and moves the rate.
    fn finish_epoch(
        &mut self,
        epoch: usize,
        began: Instant,
    ) -> Result<std::result::Result<Event, Divergence>> {
        // The averaged weights are the ones that are validated and kept.
        let own = self.ema.swap(self.model, None)?;
        let error = if self.val.is_empty() {
            None
        } else {
            Some(validate(self.model, self.data, &self.val, &self.windows, &self.units)?)
        };
        if let Some(e) = error.filter(|e| !e.is_finite()) {
            return Ok(Err(Divergence {
                epoch,
                step: self.at.step,
                rate: self.rate.at(self.at.step.saturating_sub(1)),
                why: format!("the validation error is {e}"),
                gradient: format!("the norm of the last gradient was {:.3e}", self.at.grad_norm),
            }));
        }
        let better = match (error, self.at.best_val) {
            (Some(now), Some(before)) => now < before,
            _ => true,
        };
        if better {
            self.best = Some(ema::weights(self.model)?);
            self.at.best_epoch = epoch;
            self.at.best_val = error;
            self.at.since_best = 0;
        } else {
            self.at.since_best += 1;
        }
        self.ema.swap(self.model, own)?;
        self.rate.after_epoch(better);
        (self.at.halvings, self.at.waited) = self.rate.position();
        let loss = self.at.epoch_loss / self.at.in_epoch.max(1) as f64;
        let known = |value: f64| Some(value as f32).filter(|v| v.is_finite());
        self.at.curve.loss.push(known(loss));
        self.at.curve.val.push(error.and_then(known));
        self.at.epochs = epoch;
        self.at.in_epoch = 0;
        self.at.epoch_loss = 0.0;
        Ok(Ok(Event::Epoch {
            epoch,
            loss,
            val: error,
            best: better,
            rate: self.rate.at(self.at.step),
            seconds: began.elapsed().as_secs_f64(),
        }))
    }

    /// Puts the best weights into the model, where there are any.
    fn end(&mut self, end: End) -> Result<End> {
        if let Some(best) = &self.best {
            ema::set(self.model, best)?;
        }
        Ok(end)
    }

    /// Whether an epoch has ended, so that there are weights worth keeping.
    pub(super) fn has_best(&self) -> bool {
        self.best.is_some()
    }

    /// How far the training has come.
    pub(super) fn counters(&self) -> &Counters {
        &self.at
    }

    /// All that is needed to go on from here.
    fn state(&self) -> Result<MemberState> {
        Ok(MemberState {
            at: self.at.clone(),
            weights: ema::weights(self.model)?,
            ema: self.ema.values.clone(),
            best: self.best.clone(),
            optimiser: self.optimiser.state().clone(),
        })
    }
}
