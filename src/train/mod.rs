//! Training: batches, steps, validation, early stopping. Reports through an event callback, so
//! that it runs silently in tests; draws nothing and writes nothing itself.

use std::time::Instant;

use candle_core::{Device, Tensor};

use crate::config::Config;
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::{Error, Result};
use crate::forecast;
use crate::model::{Ensemble, Model, Pass, Shape};
use crate::optim::{self, AdamW, AdamWConfig};

pub mod batches;
mod ema;
pub mod log;
pub mod loss;
pub mod schedule;
use batches::{Batch, Batches};
use ema::Ema;
use schedule::Rate;

/// Most validation windows that are scored after an epoch, evenly spaced over the validation part.
pub const VALIDATION_WINDOWS: usize = 4096;

/// AdamW's second decay: shorter than the usual 0.999, since runs are a few hundred steps.
const BETA2: f64 = 0.99;
/// Most steps of an epoch; one pass over the windows where that is shorter.
const EPOCH_STEPS: usize = 25;

/// What training tells its caller.
#[derive(Debug, Clone)]
pub enum Event {
    /// Before the first step.
    Start {
        member: usize,
        members: usize,
        epochs: usize,
        steps_per_epoch: usize,
        train_windows: usize,
        val_windows: usize,
    },
    /// After every step.
    Step { epoch: usize, step: usize, total: usize, loss: f64, rate: f64, grad_norm: f64 },
    /// After every epoch; `val` is the error that decides (see `validate`).
    Epoch { epoch: usize, loss: f64, val: Option<f64>, best: bool, rate: f64, seconds: f64 },
}

impl Event {
    /// The same event, said of one member of an ensemble.
    fn of(self, number: usize, of: usize) -> Event {
        match self {
            Event::Start { epochs, steps_per_epoch, train_windows, val_windows, .. } => Event::Start {
                member: number,
                members: of,
                epochs,
                steps_per_epoch,
                train_windows,
                val_windows,
            },
            other => other,
        }
    }
}

/// What the caller answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Continue,
    /// Stop after this step, keeping the best weights so far.
    Stop,
}

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

/// How training ended.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub epochs: usize,
    pub best_epoch: usize,
    pub steps: usize,
    pub best_val: Option<f64>,
    pub stopped: bool,
}

/// Trains every member from a seed of its own.
pub fn fit_all(
    shape: &Shape,
    data: &Data,
    config: &Config,
    device: &Device,
    on_event: &mut dyn FnMut(Event) -> Flow,
) -> Result<(Ensemble, Outcome)> {
    let mut members = Vec::with_capacity(config.model.ensemble);
    let mut last = Outcome::default();
    for member in 0..config.model.ensemble {
        let mut config = config.clone();
        config.run.seed = config.run.seed.wrapping_add(member as u64);
        let mut model = Model::new(&config.model, shape, config.run.seed, device)?;
        let members_total = config.model.ensemble;
        let outcome =
            fit(&mut model, data, &config, device, &mut |event| on_event(event.of(member, members_total)))?;
        members.push(model);
        last =
            Outcome { steps: last.steps + outcome.steps, epochs: last.epochs.max(outcome.epochs), ..outcome };
        if last.stopped {
            break;
        }
    }
    Ok((Ensemble { members }, last))
}

/// Trains in place; the best weights by validation error are in the model when it returns.
///
/// # Errors
/// `Error::Diverged` when the loss or a gradient is not finite.
pub fn fit(
    model: &mut Model,
    data: &Data,
    config: &Config,
    device: &Device,
    on_event: &mut dyn FnMut(Event) -> Flow,
) -> Result<Outcome> {
    let t = &config.train;
    let batches = Batches::new(data, t.batch_size, config.run.seed);
    let steps_per_epoch = batches.per_pass().min(EPOCH_STEPS);
    let total = t.max_steps.unwrap_or(usize::MAX).min(steps_per_epoch * t.epochs);
    let val = thin(data.val, VALIDATION_WINDOWS);
    let mut rate = Rate::new(t.schedule, t.learning_rate, total, t.patience);
    let mut optimiser = AdamW::new(
        AdamWConfig { weight_decay: t.weight_decay, beta2: BETA2, ..AdamWConfig::default() },
        &model.params,
    );
    let mut outcome = Outcome::default();
    let mut best: Option<Vec<Tensor>> = None;
    let mut since_best = 0;
    on_event(Event::Start {
        member: 0,
        members: 1,
        epochs: t.epochs,
        steps_per_epoch,
        train_windows: data.train.len(),
        val_windows: data.val.len(),
    });
    let mut ema = Ema::new(model, t.ema)?;
    let mut order = (0, Vec::new());
    let mut step = 0;
    let mut flow = Flow::Continue;
    while step < total && flow == Flow::Continue {
        let began = Instant::now();
        let epoch = step / steps_per_epoch + 1;
        let mut sum = 0.0;
        let mut count = 0usize;
        while count < steps_per_epoch {
            // A pass over all windows may take many epochs; each has an order of its own.
            let (pass, at) = (step / batches.per_pass(), step % batches.per_pass());
            if order.0 != pass || order.1.is_empty() {
                order = (pass, batches.order(pass as u64));
            }
            let Some(spec) = order.1.get(at) else { break };
            let lr = rate.at(step);
            let batch = batches.gather(spec, data, model, t, step, device)?;
            let seed = config.run.seed ^ (step as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let (loss, norm) = one_step(model, &batch, &mut optimiser, t, lr, seed)
                .map_err(|e| at_step(e, epoch, step + 1, lr))?;
            step += 1;
            ema.update(model, step)?;
            sum += loss;
            count += 1;
            flow = on_event(Event::Step { epoch, step, total, loss, rate: lr, grad_norm: norm });
            if step >= total || flow == Flow::Stop {
                break;
            }
        }
        outcome.epochs = epoch;
        outcome.steps = step;
        // The averaged weights are the ones that are validated and kept.
        let own = ema.swap(model, None)?;
        let error =
            if t.validation && !val.is_empty() { Some(validate(model, data, &val, device)?) } else { None };
        if let Some(e) = error
            && !e.is_finite()
        {
            return Err(diverged(epoch, step, rate.at(step), "the validation error is not finite"));
        }
        let better = match (error, outcome.best_val) {
            (Some(now), Some(before)) => now < before,
            _ => true,
        };
        if better {
            best = Some(
                model.params.iter().map(|(_, v)| v.as_tensor().copy()).collect::<candle_core::Result<_>>()?,
            );
            outcome.best_epoch = epoch;
            outcome.best_val = error;
            since_best = 0;
        } else {
            since_best += 1;
        }
        ema.swap(model, own)?;
        rate.after_epoch(better);
        on_event(Event::Epoch {
            epoch,
            loss: sum / count.max(1) as f64,
            val: error,
            best: better,
            rate: rate.at(step),
            seconds: began.elapsed().as_secs_f64(),
        });
        if t.patience > 0 && since_best >= t.patience && error.is_some() {
            break;
        }
    }
    outcome.stopped = flow == Flow::Stop;
    if let Some(best) = best {
        for ((_, var), tensor) in model.params.iter().zip(best) {
            var.set(&tensor)?;
        }
    }
    Ok(outcome)
}

/// One optimiser step; the loss and the gradient norm before clipping.
fn one_step(
    model: &Model,
    batch: &Batch,
    optimiser: &mut AdamW,
    t: &crate::config::TrainConfig,
    lr: f64,
    seed: u64,
) -> Result<(f64, f64)> {
    let out = model.forward(&batch.feed, Pass::Train { seed })?; // (M, P, K, Q)
    let loss =
        loss::loss(t.loss, &model.shape.quantiles, &out, &batch.y, &batch.weight, batch.bend.as_ref())?;
    let value = f64::from(loss.to_scalar::<f32>()?);
    if !value.is_finite() {
        return Err(diverged(0, 0, lr, "the loss is not finite"));
    }
    let mut grads = loss.backward()?;
    let most = if t.grad_clip > 0.0 { t.grad_clip } else { f64::INFINITY };
    let norm = optim::clip_grad_norm(&model.params, &mut grads, most)?;
    if !norm.is_finite() {
        let worst = optim::worst_gradient(&model.params, &grads)?;
        let name =
            worst.map(|(name, size)| format!("a gradient is not finite; the largest is {size} in `{name}`"));
        return Err(diverged(0, 0, lr, &name.unwrap_or_else(|| "a gradient is not finite".into())));
    }
    optimiser.step(&model.params, &grads, lr)?;
    Ok((value, norm))
}

fn diverged(epoch: usize, step: usize, lr: f64, what: &str) -> Error {
    let place = if epoch > 0 {
        format!(" in epoch {epoch}, step {step}, at learning rate {lr:.3e}")
    } else {
        String::new()
    };
    Error::Diverged {
        message: format!("training diverged{place}: {what}"),
        hint: Some("try a lower --learning-rate, a smaller --grad-clip, or look for absurd values with `lstm-forecast ingest`".into()),
    }
}

fn at_step(error: Error, epoch: usize, step: usize, lr: f64) -> Error {
    match error {
        Error::Diverged { message, .. } => {
            let what = message.strip_prefix("training diverged: ").unwrap_or(&message).to_string();
            diverged(epoch, step, lr, &what)
        }
        other => other,
    }
}

/// The error that chooses the best weights: mean absolute error over the validation windows in
/// original units, divided by the training scale of each target and averaged over targets where
/// there are several, so that none of them drowns the others.
fn validate(model: &Model, data: &Data, cuts: &[Cut], device: &Device) -> Result<f64> {
    let forecasts =
        forecast::forecast(std::slice::from_ref(model), data.inputs, data.panel, data.season, cuts, device)?;
    Ok(mean_error(&forecasts, data, cuts))
}

fn mean_error(forecasts: &forecast::Forecasts, data: &Data, cuts: &[Cut]) -> f64 {
    let (p, k) = (forecasts.horizon, forecasts.targets);
    let mut sums = vec![(0f64, 0usize); k];
    for (i, cut) in cuts.iter().enumerate() {
        for step in 0..p {
            for (target, sum) in sums.iter_mut().enumerate() {
                let actual = data.panel.columns[target].values[cut.row + step];
                if !actual.is_nan() {
                    sum.0 += (forecasts.point[(i * p + step) * k + target] - actual).abs();
                    sum.1 += 1;
                }
            }
        }
    }
    let scale = |target: usize| -> f64 {
        if k == 1 {
            return 1.0;
        }
        let lines = data.inputs.lines.iter().map(|l| l[target].scale.abs());
        (lines.sum::<f64>() / data.inputs.lines.len().max(1) as f64).max(f64::MIN_POSITIVE)
    };
    let parts: Vec<f64> = sums
        .iter()
        .enumerate()
        .filter(|(_, s)| s.1 > 0)
        .map(|(target, (sum, n))| sum / *n as f64 / scale(target))
        .collect();
    parts.iter().sum::<f64>() / parts.len().max(1) as f64
}

/// At most `most` cuts, evenly spaced.
pub fn thin(cuts: &[Cut], most: usize) -> Vec<Cut> {
    if cuts.len() <= most {
        return cuts.to_vec();
    }
    (0..most).map(|i| cuts[i * cuts.len() / most]).collect()
}
