//! The lines that end a training.

use std::fmt::Write;

use serde_json::Value;

use crate::checkpoint::{Meta, Training};
use crate::config::Final;
use crate::escape::{visible, visible_list};
use crate::model::Ensemble;
use crate::text::plural;

/// Percent; a model that cannot give it says so at once.
const USUAL_INTERVAL: u8 = 80;

/// What was fitted, how well it does on the validation part, and where it was written.
pub fn summary(out: &str, model: &Ensemble, meta: &Meta, seconds: f64) -> String {
    let training: &Training = &meta.training;
    let mut text = String::new();
    let shape = model.shape();
    let _ = writeln!(
        text,
        "model     {}{}; {} x {} -> {} ahead of {}",
        if model.members.len() > 1 { format!("{} members, ", model.members.len()) } else { String::new() },
        plural(model.parameter_count(), "parameter"),
        plural(shape.inputs, "input"),
        plural(shape.input_window, "step"),
        plural(shape.horizon, "step"),
        visible_list(&meta.schema.targets)
    );
    if training.steps == 0 {
        let (windows, series) = (plural(training.train_windows, "window"), training.train_series);
        let _ = writeln!(
            text,
            "training  none: scalers of {windows} of {series} series, weights as they were given"
        );
    } else {
        trained(&mut text, training, meta, model);
    }
    validated(&mut text, training);
    once_more(&mut text, training);
    for line in super::checkpoint::pool_lines(meta) {
        let _ = writeln!(text, "pool      {line}");
    }
    if let Some(few) = meta.calibration.as_ref().filter(|c| !c.levels.contains(&USUAL_INTERVAL)) {
        let most = few.levels.last().map_or("none".into(), |level| format!("up to {level} % only"));
        let values = plural(few.values, "validation value");
        let _ = writeln!(text, "intervals {most}: {values} at the leads with fewest");
    }
    let _ = writeln!(text, "written   {} in {seconds:.1} s", visible(out));
    text
}

fn trained(text: &mut String, training: &Training, meta: &Meta, model: &Ensemble) {
    let _ = writeln!(
        text,
        "training  {} of {} series; {}, {}, best epoch {}{}",
        plural(training.train_windows, "window"),
        training.train_series,
        plural(training.epochs, "epoch"),
        plural(training.steps, "step"),
        training.best_epoch,
        drawn(training, meta.config.train.batch_size.count(), model.members.len())
    );
}

/// The training on more rows that came after it.
fn once_more(text: &mut String, training: &Training) {
    if let Some(all) = &training.once_more {
        let (windows, steps) = (plural(all.windows, "window"), plural(all.steps, "step"));
        let _ = match all.part {
            Final::All => writeln!(
                text,
                "final     once more on all rows: {windows} of {} series, {steps} of each network",
                all.series
            ),
            _ => {
                writeln!(text, "final     with the validation part: {windows}, {steps} more of each network")
            }
        };
    }
}

fn validated(text: &mut String, training: &Training) {
    match (training.val_mae, training.val_mae_last_value, training.val_mae_seasonal_naive) {
        (Some(own), Some(last), Some(seasonal)) => {
            let better = last.min(seasonal);
            let skill = 100.0 * (1.0 - own / better);
            let _ = writeln!(
                text,
                "validation MAE {own:.4} (last value {last:.4}, seasonal naive {seasonal:.4}): {:.1} % {} than the better simple forecast",
                skill.abs(),
                if skill >= 0.0 { "lower" } else { "HIGHER" }
            );
        }
        _ => {
            let _ = writeln!(text, "validation  none: no window fits in the validation part");
        }
    }
}

/// The same for programs.
pub fn figures(out: &str, model: &Ensemble, meta: &Meta, seconds: f64) -> Value {
    let mut figures = serde_json::to_value(&meta.training).unwrap_or_default();
    if let Value::Object(map) = &mut figures {
        map.insert("out".into(), out.into());
        map.insert("parameters".into(), model.parameter_count().into());
        map.insert("seconds".into(), ((seconds * 1e3).round() / 1e3).into());
    }
    figures
}

/// How many windows a network has drawn, in percent of all of them; nothing after no step.
fn drawn(training: &Training, batch: usize, members: usize) -> String {
    let windows = training.steps as f64 / members.max(1) as f64 * batch as f64;
    match 100.0 * windows / training.train_windows.max(1) as f64 {
        share if share <= 0.0 => String::new(),
        // Two decimals whatever the share, so that sessions of any length compare.
        share => format!("; each network drew {share:.2} % of them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn() {
        let training = |steps, train_windows| Training { steps, train_windows, ..Training::default() };
        // 75 steps of 256 windows by each of three networks: 19,200.
        assert_eq!(drawn(&training(225, 100_000), 256, 3), "; each network drew 19.20 % of them");
        assert_eq!(drawn(&training(225, 6400), 256, 3), "; each network drew 300.00 % of them");
        assert_eq!(drawn(&training(300, 1_000_000), 256, 3), "; each network drew 2.56 % of them");
        assert_eq!(drawn(&training(0, 6400), 256, 3), "");
    }
}
