//! The evaluation as a file for the textfile collector of Prometheus' node exporter
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>): gauges of what was scored, of every
//! method over everything and over each target.

use std::fmt::Write;

use super::{Block, Evaluation, Summary};

const PREFIX: &str = "lstm_forecast_evaluation";

/// What each metric is, in the order of [`Summary::NAMES`].
const HELP: [&str; 9] = [
    "Mean absolute error, in the units of the target.",
    "Root of the mean squared error, in the units of the target.",
    "Mean absolute scaled error.",
    "Symmetric mean absolute percentage error, 0 to 200.",
    "Weighted absolute percentage error, a fraction.",
    "Coefficient of determination.",
    "Mean of forecast less observed value, in the units of the target.",
    "Mean pinball loss over the quantile levels.",
    "Continuous ranked probability score, twice the pinball loss.",
];

/// The report. A figure that is not defined has no sample.
pub fn text(evaluation: &Evaluation) -> String {
    let mut blocks = vec![(labels(evaluation, ""), &evaluation.overall)];
    // Over everything is over the one target, where there is one.
    if evaluation.context.targets.len() > 1 {
        let of = |target: usize| labels(evaluation, evaluation.target_name(target));
        blocks.extend(evaluation.per_target.iter().map(|row| (of(row.target), &row.block)));
    }
    let mut out = String::new();
    gauge(&mut out, "values", "Observed values that were scored.", &blocks, |block| {
        vec![(String::new(), Some(block.items as f64))]
    });
    for (i, (name, help)) in Summary::NAMES.iter().zip(HELP).enumerate() {
        gauge(&mut out, name, help, &blocks, |block| {
            let methods = evaluation.methods.iter().zip(&block.methods);
            let value = |own: &Summary| own.values().get(i).copied().flatten();
            methods.map(|(method, own)| (format!(",method=\"{}\"", escaped(method)), value(own))).collect()
        });
    }
    let skill = "1 less the model's error over that of the better simple forecast.";
    gauge(&mut out, "skill", skill, &blocks, |block| vec![(String::new(), block.skill)]);
    let level = |nominal: f64| format!(",level=\"{nominal}\"");
    gauge(&mut out, "coverage", "Share of the values inside of the prediction interval.", &blocks, |block| {
        block.intervals.iter().map(|own| (level(own.nominal), own.coverage)).collect()
    });
    gauge(&mut out, "interval_width", "Mean width of the prediction interval.", &blocks, |block| {
        block.intervals.iter().map(|own| (level(own.nominal), own.mean_width)).collect()
    });
    out
}

/// Labels of every sample; `target` is empty where all are pooled.
fn labels(evaluation: &Evaluation, target: &str) -> String {
    let model = evaluation.context.model.as_deref().unwrap_or_default();
    let target = match evaluation.context.targets.as_slice() {
        [only] => only,
        _ => target,
    };
    let table = &evaluation.context.table;
    format!("model=\"{}\",table=\"{}\",target=\"{}\"", escaped(model), escaped(table), escaped(target))
}

/// One metric: its help, its type, and the samples that have a value; nothing without any.
fn gauge(
    out: &mut String,
    name: &str,
    help: &str,
    blocks: &[(String, &Block)],
    of: impl Fn(&Block) -> Vec<(String, Option<f64>)>,
) {
    let mut samples = String::new();
    for (labels, block) in blocks {
        for (more, value) in
            of(block).into_iter().filter_map(|(l, v)| Some((l, v.filter(|v| v.is_finite())?)))
        {
            let _ = writeln!(samples, "{PREFIX}_{name}{{{labels}{more}}} {value}");
        }
    }
    if !samples.is_empty() {
        let _ = write!(out, "# HELP {PREFIX}_{name} {help}\n# TYPE {PREFIX}_{name} gauge\n{samples}");
    }
}

/// A label's value: backslash, quote and line feed are escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
