//! How the networks learnt.

use crate::checkpoint::{Curve, Training};
use crate::draw::{Chart, Figure, Key, Line, Paint, Panel, Rule, Tip};
use crate::number;

/// Loss and validation error of each network, epoch by epoch, with the epoch that was kept; `None` for
/// checkpoints that hold no curves.
pub fn learning_curves(training: &Training) -> Option<Figure> {
    let known = |curve: &&Curve| !curve.loss.is_empty();
    let several = training.curves.len() > 1;
    let charts: Vec<Chart> = training
        .curves
        .iter()
        .filter(known)
        .enumerate()
        .map(|(i, curve)| {
            let title = if several { format!("network {}", i + 1) } else { String::new() };
            Chart::Panel(panel(title, curve))
        })
        .collect();
    let key = |name: &str, paint| Key { name: name.into(), paint, area: None, dashed: false };
    let mut legend = vec![key("loss in training", Paint::Line(1))];
    if training.curves.iter().any(|curve| curve.val.iter().any(Option::is_some)) {
        legend.push(key("validation error", Paint::Line(0)));
    }
    legend.push(Key { dashed: true, ..key("kept", Paint::Soft) });
    let title = "How the networks learnt".to_string();
    (!charts.is_empty()).then(|| Figure { title, legend, charts, ..Figure::default() })
}

fn panel(title: String, curve: &Curve) -> Panel {
    let mut panel = Panel::over_numbers(title, "epoch", true);
    panel.y_label = "in scaled units".into();
    let line = |values: &[Option<f32>], paint| Line {
        points: values
            .iter()
            .enumerate()
            .map(|(i, value)| ((i + 1) as f64, value.map_or(f64::NAN, f64::from)))
            .collect(),
        paint,
        width: 1.8,
        dashed: false,
        dots: values.len() <= 30,
    };
    panel.marks.lines = vec![line(&curve.loss, Paint::Line(1)), line(&curve.val, Paint::Line(0))];
    panel.marks.rules.push(Rule::Upright { at: curve.best_epoch as f64, label: "kept".into() });
    let word = |name: &str, value: Option<&Option<f32>>| {
        Some(format!("{name} {}", number::human(Some(f64::from((*value?)?)))))
    };
    panel.tips = (0..curve.loss.len())
        .map(|i| {
            let mut words = vec![format!("epoch {}", i + 1)];
            words.extend(word("loss", curve.loss.get(i)));
            words.extend(word("validation", curve.val.get(i)));
            Tip { at: (i + 1) as f64, words }
        })
        .collect();
    panel
}
