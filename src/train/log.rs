//! `--log FILE`: one JSON object a line for the start, every step and every epoch of a training,
//! as it happens, so that `tail -f` and `jq` can follow it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::time::Instant;

use serde_json::{Value, json};

use super::Event;

/// Writes events to a file. Steps are buffered until the epoch ends or a second has gone by.
pub struct TrainLog {
    out: BufWriter<File>,
    began: Instant,
    flushed: Instant,
    step: usize,
    member: usize,
    /// Whether it is a training after the choice.
    once_more: bool,
}

impl TrainLog {
    /// Into a file that is open for writing.
    pub fn new(file: File) -> TrainLog {
        let now = Instant::now();
        TrainLog { out: BufWriter::new(file), began: now, flushed: now, step: 0, member: 0, once_more: false }
    }

    /// Writes one event.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Start { member, once_more, .. } => {
                (self.member, self.once_more) = (member + 1, *once_more);
            }
            Event::Step { step, .. } => self.step = *step,
            Event::Epoch { .. } => {}
        }
        let mut object = object(event, self.step, self.began.elapsed().as_secs_f64());
        if let Some(object) = object.as_object_mut() {
            object.insert("member".into(), self.member.into());
            if self.once_more {
                object.insert("final".into(), true.into());
            }
        }
        serde_json::to_writer(&mut self.out, &object)?;
        self.out.write_all(b"\n")?;
        if !matches!(event, Event::Step { .. }) || self.flushed.elapsed().as_secs() >= 1 {
            self.flushed = Instant::now();
            self.out.flush()?;
        }
        Ok(())
    }
}

/// The event as JSON; `seconds` counts from the start of the training. A number that is not
/// finite becomes null.
fn object(event: &Event, last_step: usize, seconds: f64) -> Value {
    let seconds = (seconds * 1e3).round() / 1e3;
    match event {
        Event::Start { members, epochs, steps_per_epoch, train_windows, val_windows, .. } => json!({
            "event": "start", "members": members, "epochs": epochs, "steps_per_epoch": steps_per_epoch,
            "train_windows": train_windows, "validation_windows": val_windows, "seconds": seconds,
        }),
        Event::Step { epoch, step, total, loss, rate, grad_norm } => json!({
            "event": "step", "epoch": epoch, "step": step, "of": total, "loss": loss,
            "learning_rate": rate, "gradient_norm": grad_norm, "seconds": seconds,
        }),
        Event::Epoch { epoch, loss, val, best, rate, seconds: own } => json!({
            "event": "epoch", "epoch": epoch, "step": last_step, "loss": loss, "validation": val, "best": best,
            "learning_rate": rate, "epoch_seconds": (own * 1e3).round() / 1e3, "seconds": seconds,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_an_event() {
        let step = Event::Step { epoch: 1, step: 7, total: 40, loss: 0.5, rate: 1e-3, grad_norm: f64::NAN };
        let value = object(&step, 7, 1.23456);
        assert_eq!(value["gradient_norm"], Value::Null);
        assert_eq!((value["step"].as_u64(), value["seconds"].as_f64()), (Some(7), Some(1.235)));
        let epoch = Event::Epoch { epoch: 2, loss: 0.4, val: None, best: true, rate: 1e-3, seconds: 3.0 };
        assert_eq!(object(&epoch, 40, 9.0)["validation"], Value::Null);
    }
}
