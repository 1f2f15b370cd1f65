//! Where the model is worse than a simple forecast, said plainly.

use super::{Block, Evaluation, Row};
use crate::number::human;
use crate::text::{capitalised, listed, ranges};

/// One sentence for each simple forecast that beats the model somewhere; one that says so when
/// none does; nothing without a model or without simple forecasts.
pub fn sentences(evaluation: &Evaluation) -> Vec<String> {
    if !evaluation.has_model || evaluation.methods.len() < 2 || evaluation.overall.items == 0 {
        return Vec::new();
    }
    let mut out = Vec::new();
    let several = evaluation.per_target.len() > 1;
    for target in &evaluation.per_target {
        let name =
            if several { format!("{}: ", evaluation.target_name(target.target)) } else { String::new() };
        if let Some((simple, model, other)) = beaten(&target.block) {
            out.push(format!(
                "{name}over all values, {} has the lower MAE, {} against the model's {}.",
                evaluation.label(simple),
                human(Some(other)),
                human(Some(model))
            ));
        }
        for simple in 1..evaluation.methods.len() {
            let label = evaluation.label(simple);
            let of_target = |row: &&Row| row.target == target.target && loses_to(&row.block, simple);
            let leads: Vec<_> = evaluation.per_lead.iter().filter(of_target).collect();
            if let Some((at, model, other)) = worst(&leads) {
                let keys: Vec<_> = leads.iter().map(|row| row.key).collect();
                let word = if keys.len() == 1 { "lead" } else { "leads" };
                out.push(format!(
                    "{name}{word} {}: {label} is better (MAE {} against {} at lead {at}).",
                    ranges(&keys),
                    human(Some(other)),
                    human(Some(model))
                ));
            }
            let series: Vec<_> = evaluation.per_series.iter().filter(of_target).collect();
            if let (Some((at, model, other)), true) = (worst(&series), evaluation.series > 1) {
                let names: Vec<_> = series.iter().map(|row| evaluation.series_name(row.key)).collect();
                out.push(format!(
                    "{name}{} of {} series ({}): {label} is better (MAE {} against {} on {}).",
                    names.len(),
                    evaluation.series,
                    listed(&names),
                    human(Some(other)),
                    human(Some(model)),
                    evaluation.series_name(at)
                ));
            }
        }
    }
    if !several {
        out.iter_mut().for_each(|sentence| *sentence = capitalised(sentence));
    }
    if out.is_empty() {
        let them = match evaluation.methods.len() {
            2 => evaluation.label(1),
            3 => "both simple forecasts".into(),
            _ => "every simple forecast".into(),
        };
        let scope = if evaluation.series > 1 { "at every lead and on every series" } else { "at every lead" };
        out.push(format!("Nowhere: the model's MAE is not above that of {them}, {scope}."));
    }
    out
}

/// The better simple forecast and both errors, if it beats the model.
fn beaten(block: &Block) -> Option<(usize, f64, f64)> {
    let simple = block.better?;
    let (model, other) = (block.methods.first()?.mae?, block.methods.get(simple)?.mae?);
    (model > other).then_some((simple, model, other))
}

/// Whether `simple` is the better simple forecast and beats the model.
fn loses_to(block: &Block, simple: usize) -> bool {
    beaten(block).is_some_and(|(s, _, _)| s == simple)
}

/// Of rows that lose, the one that loses most: key, MAE of the model, MAE of the simple forecast.
fn worst(rows: &[&Row]) -> Option<(usize, f64, f64)> {
    rows.iter()
        .filter_map(|row| beaten(&row.block).map(|(_, model, other)| (row.key, model, other)))
        .min_by(|a, b| (a.2 / a.1).total_cmp(&(b.2 / b.1)))
}
