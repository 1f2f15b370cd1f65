//! The state of a training that is not finished: all that is needed to go on to the same bytes.
//!
//! It is a safetensors file beside the checkpoint. Weights, averages and moments are its tensors;
//! counters, settings and the table's fingerprint are one JSON document in its metadata. Loading
//! one is as wary as loading a checkpoint.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use crate::checkpoint::{self, Curve, Fingerprint, STATE_KEY as KEY, Seal};
use crate::error::{Error, Result};
use crate::optim::{AdamWState, Moments};

/// The layout of this file; any other one is refused.
const FORMAT: u32 = 1;

/// No training takes as many steps or epochs.
const MOST: usize = 1 << 48;

/// All parameters of a member, in the model's order.
pub type Weights = Vec<Vec<f32>>;
/// Names and dimensions of a member's parameters, in order.
pub type Layout = [(String, Vec<usize>)];

/// How far one member has come. Numbers that are not whole are kept to the last bit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    pub step: usize,
    /// Steps of the present epoch, whose end is still to come when there are any.
    pub in_epoch: usize,
    /// Epochs that ended.
    pub epochs: usize,
    #[serde(with = "bits")]
    pub epoch_loss: f64,
    #[serde(with = "bits")]
    pub first_loss: f64,
    pub first_steps: usize,
    #[serde(with = "bits")]
    pub grad_norm: f64,
    pub best_epoch: usize,
    #[serde(with = "option_bits")]
    pub best_val: Option<f64>,
    pub since_best: usize,
    pub halvings: u32,
    pub waited: usize,
    /// The optimiser's own count.
    pub updates: u64,
    /// Epoch by epoch; its best epoch stands above.
    #[serde(default)]
    pub curve: Curve,
}

impl Counters {
    /// Whether training can go on from here without a counter that overflows; somebody may have
    /// made the file up.
    fn sound(&self) -> bool {
        let counts =
            [self.step, self.epochs, self.first_steps, self.best_epoch, self.since_best, self.waited];
        self.in_epoch <= self.step && counts.iter().all(|n| *n <= MOST) && self.updates <= MOST as u64
    }

    /// Mean loss of the first epoch, or of its steps so far.
    pub fn first_mean(&self) -> Option<f64> {
        (self.first_steps > 0).then(|| self.first_loss / self.first_steps as f64)
    }
}

/// How far training has come, over all members.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Of the longest member.
    pub epochs: usize,
    /// Of the last member.
    pub best_epoch: usize,
    /// Of all members together.
    pub steps: usize,
    /// Of each member.
    #[serde(default)]
    pub curves: Vec<Curve>,
}

impl Outcome {
    /// With one member more.
    pub fn and(&self, member: &Counters) -> Outcome {
        let curve = Curve { best_epoch: member.best_epoch, ..member.curve.clone() };
        Outcome {
            epochs: self.epochs.max(member.epochs),
            best_epoch: member.best_epoch,
            steps: self.steps + member.step,
            curves: self.curves.iter().cloned().chain([curve]).collect(),
        }
    }
}

/// One member in the middle of its training.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberState {
    pub at: Counters,
    pub weights: Weights,
    /// Empty where there is no averaging.
    pub ema: Weights,
    pub best: Option<Weights>,
    pub optimiser: AdamWState,
}

/// A whole training in its middle.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Members that are finished.
    pub done: Vec<Weights>,
    /// Of the finished members.
    pub outcome: Outcome,
    pub current: MemberState,
}

/// A [`State`] to save.
#[derive(Clone, Copy)]
pub struct Snapshot<'a> {
    pub done: &'a [Weights],
    pub outcome: &'a Outcome,
    pub current: &'a MemberState,
}

/// Which training a state belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The settings as YAML, which keeps every digit.
    pub config: String,
    /// Whether training diverged once and began anew at a tenth of the rate.
    pub retried: bool,
    /// The checkpoint it started from.
    pub init: Option<Init>,
    pub table: Fingerprint,
}

/// `--init-from`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Init {
    pub path: String,
    /// xxh3-64 of its bytes, hexadecimal.
    pub hash: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: u32,
    program_version: String,
    origin: Origin,
    outcome: Outcome,
    at: Counters,
    done: usize,
    ema: bool,
    best: bool,
}

/// `model.safetensors` -> `model.resume.safetensors`.
pub fn path_beside(checkpoint: &Path) -> PathBuf {
    beside(checkpoint, "resume.safetensors")
}

/// `model.safetensors` -> `model.training.lock`: what a training holds, so that no other one has the same
/// state.
pub fn lock_beside(checkpoint: &Path) -> PathBuf {
    beside(checkpoint, "training.lock")
}

fn beside(checkpoint: &Path, ending: &str) -> PathBuf {
    let name = checkpoint.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".safetensors").unwrap_or(&name);
    checkpoint.with_file_name(format!("{stem}.{ending}"))
}

/// The state as the bytes of its file.
///
/// # Errors
/// Those of the formats; none is expected.
pub fn to_bytes(snapshot: Snapshot<'_>, origin: &Origin, layout: &Layout) -> Result<Vec<u8>> {
    let current = snapshot.current;
    let mut tensors = Vec::new();
    let mut put = |part: &str, weights: &Weights| {
        for ((name, dims), values) in layout.iter().zip(weights) {
            tensors.push((format!("{part}.{name}"), dims.clone(), checkpoint::little_endian(values)));
        }
    };
    snapshot.done.iter().enumerate().for_each(|(i, weights)| put(&format!("done.{i}"), weights));
    put("weights", &current.weights);
    put("ema", &current.ema);
    current.best.iter().for_each(|best| put("best", best));
    for (name, dims) in layout {
        let Some(moments) = current.optimiser.moments.get(name) else { continue };
        tensors.push((format!("m.{name}"), dims.clone(), checkpoint::little_endian(&moments.m)));
        tensors.push((format!("v.{name}"), dims.clone(), checkpoint::little_endian(&moments.v)));
    }
    let head = Head {
        format: FORMAT,
        program_version: env!("CARGO_PKG_VERSION").into(),
        origin: origin.clone(),
        outcome: snapshot.outcome.clone(),
        at: Counters { updates: current.optimiser.step, ..current.at.clone() },
        done: snapshot.done.len(),
        ema: !current.ema.is_empty(),
        best: current.best.is_some(),
    };
    let json = serde_json::to_string(&head)
        .map_err(|e| Error::config(format!("the state of training cannot be written: {e}")))?;
    checkpoint::pack_as(KEY, &tensors, json)
}

/// A state's file in memory, with its first half read.
pub struct Saved {
    path: PathBuf,
    bytes: Vec<u8>,
    head: Head,
    sealed: bool,
}

impl Saved {
    /// Reads the file.
    ///
    /// # Errors
    /// `Error::Checkpoint` for a file that is missing, damaged, or of another program or version.
    pub fn read(path: &Path) -> Result<Saved> {
        let fail = |message: String, hint: &str| Err(Error::checkpoint(path, message).with_hint(hint));
        if !path.exists() {
            return fail(
                "there is no unfinished training to go on with".into(),
                "training writes this file and removes it when it is done: run without --resume, or name the --out of the training that was interrupted",
            );
        }
        let anew = "run without --resume to train from the beginning";
        let bytes = checkpoint::read(path)?;
        let (tensors, json) = checkpoint::unpack_as(KEY, path, &bytes)?;
        let head: Head = match serde_json::from_str(&json) {
            Ok(head) => head,
            Err(e) => return fail(format!("the state of training is damaged: {e}"), anew),
        };
        let (done, total) = (head.done, &head.outcome);
        if !head.at.sound() || [done, total.epochs, total.best_epoch, total.steps].iter().any(|n| *n > MOST) {
            return fail("the state of training is damaged: its counters contradict each other".into(), anew);
        }
        let own = env!("CARGO_PKG_VERSION");
        if head.format != FORMAT || head.program_version != own {
            return fail(
                format!(
                    "was written by version {} of lstm-forecast, and this is {own}, which might not go on to the same weights",
                    head.program_version
                ),
                anew,
            );
        }
        let sealed = checkpoint::check_seal(path, &tensors, &json).map_err(|error| error.with_hint(anew))?;
        Ok(Saved { path: path.to_path_buf(), bytes, head, sealed: sealed == Seal::Whole })
    }

    /// What to say of a state from before there were checksums.
    pub fn note(&self) -> Option<String> {
        (!self.sealed).then(|| checkpoint::unsealed_note(&self.path))
    }

    /// Which training it belongs to.
    pub fn origin(&self) -> &Origin {
        &self.head.origin
    }

    /// Where it stands: member and epoch, both from 1, and step of the member.
    pub fn place(&self) -> (usize, usize, usize) {
        (self.head.done + 1, self.head.at.epochs + usize::from(self.head.at.in_epoch > 0), self.head.at.step)
    }

    /// The state of a model with this layout and as many members.
    ///
    /// # Errors
    /// `Error::Checkpoint` where a tensor is missing or has another shape.
    pub fn state(self, layout: &Layout, members: usize) -> Result<State> {
        let (tensors, _) = checkpoint::unpack_as(KEY, &self.path, &self.bytes)?;
        let head = &self.head;
        if head.done >= members {
            return Err(Error::checkpoint(
                &self.path,
                format!("holds {} finished members of {members}", head.done),
            )
            .with_hint("run without --resume to train from the beginning"));
        }
        let part = |part: &str| -> Result<Weights> {
            layout.iter().map(|(name, dims)| self.values(&tensors, &format!("{part}.{name}"), dims)).collect()
        };
        let (m, v) = (part("m")?, part("v")?);
        let moments: BTreeMap<String, Moments> = layout
            .iter()
            .zip(m.into_iter().zip(v))
            .map(|((name, _), (m, v))| (name.clone(), Moments { m, v }))
            .collect();
        Ok(State {
            done: (0..head.done).map(|i| part(&format!("done.{i}"))).collect::<Result<_>>()?,
            outcome: head.outcome.clone(),
            current: MemberState {
                at: head.at.clone(),
                weights: part("weights")?,
                ema: if head.ema { part("ema")? } else { Weights::new() },
                best: head.best.then(|| part("best")).transpose()?,
                optimiser: AdamWState { step: head.at.updates, moments },
            },
        })
    }

    fn values(&self, tensors: &SafeTensors, name: &str, dims: &[usize]) -> Result<Vec<f32>> {
        match tensors.tensor(name) {
            Ok(view) if view.dtype() == Dtype::F32 && view.shape() == dims => {
                Ok(checkpoint::floats(view.data()))
            }
            Ok(view) => Err(Error::checkpoint(
                &self.path,
                format!("tensor `{name}` has shape {:?}; the settings ask for {dims:?}", view.shape()),
            )),
            Err(_) => Err(Error::checkpoint(&self.path, format!("tensor `{name}` is missing"))),
        }
        .map_err(|e| e.with_hint("run without --resume to train from the beginning"))
    }
}

/// An f64 as its bits: JSON numbers may lose the last one.
mod bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(value.to_bits())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
        u64::deserialize(d).map(f64::from_bits)
    }
}

/// The same for one that may be absent.
mod option_bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &Option<f64>, s: S) -> Result<S::Ok, S::Error> {
        value.map(f64::to_bits).serialize(s)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<u64>::deserialize(d)?.map(f64::from_bits))
    }
}
