//! The verb `compare`: several models on the same origins, beside the same simple forecasts.
//!
//! Each model reads the table by its own schema; `sides` brings what they read together: the series,
//! targets, leads and origins that all have. `join` puts the forecasts of one value side by side and
//! refuses where the models have not read the same value.

mod join;
mod sides;

use crate::data::panel::Panel;
use crate::data::split;
use crate::error::Result;
use crate::output::Failure;
use crate::pipeline::backtest::mase_scale;
use crate::pipeline::forecaster::Forecaster;
use crate::pipeline::options::EvaluateOptions;
use crate::pipeline::table::Table;
use crate::report::comparison::{Comparer, Comparison, Context, Model};
use crate::train::Hooks;
use sides::{Side, Sides};

/// A model and the table as it reads it.
#[derive(Clone, Copy)]
pub struct Entrant<'a> {
    /// The model.
    pub forecaster: &'a Forecaster,
    /// Read by [`Forecaster::read`].
    pub table: &'a Table,
}

/// Scores these models on what they share. `options` are those of an evaluation; by default the
/// origins begin where the latest of the test parts does, and are the shortest horizon apart.
///
/// # Errors
/// `Error::Usage` for models that cannot be compared; `Error::Data` where they share no origin, or read
/// the table differently.
pub fn compare(entrants: &[Entrant], options: &EvaluateOptions, hooks: &mut dyn Hooks) -> Result<Comparison> {
    options.check()?;
    let sides = Sides::new(entrants, options)?;
    let mut comparer = Comparer::new(context(&sides, options));
    let mut push = |items: &_| {
        comparer.push(items);
        Ok(())
    };
    join::run(&sides, hooks, &mut push).map_err(Failure::into_error)?;
    Ok(comparer.finish())
}

/// What the head of the report says.
fn context(sides: &Sides, options: &EvaluateOptions) -> Context {
    let first = &sides.all[0];
    let panel = first.panel();
    let stamps = |end: usize| first.cuts.iter().map(move |cut| panel.stamps[cut.row + end]);
    let shown = |stamp: Option<i64>| stamp.map(|s| panel.time.display(s)).unwrap_or_default();
    let model = |side: &Side| Model {
        name: side.label.clone(),
        file: side.forecaster.name.clone(),
        input_window: side.setting.input_window,
        horizon: side.setting.horizon,
        val_start: panel.time.display(side.forecaster.meta.bounds.val_start),
        test_start: panel.time.display(side.forecaster.meta.bounds.test_start),
    };
    let reference = &sides.all[sides.reference];
    Context {
        models: sides.all.iter().map(model).collect(),
        simple: reference.setting.baselines.iter().map(|b| b.name().to_owned()).collect(),
        table: panel.source.clone(),
        series: panel.series.iter().map(ToString::to_string).collect(),
        targets: sides.targets.clone(),
        horizon: sides.horizon,
        season: reference.setting.season,
        from: shown(stamps(0).min()),
        to: shown(stamps(sides.horizon - 1).max()),
        stride: sides.range.stride,
        stride_text: format!("{} x {}", sides.range.stride, panel.freq),
        levels: sides.levels.clone(),
        mase_scale: scale(sides),
        notes: notes(sides, panel, options),
    }
}

/// The scale of MASE (S, K), from rows that are training rows of all models.
fn scale(sides: &Sides) -> Vec<f64> {
    let reference = &sides.all[sides.reference];
    let panel = reference.panel();
    let own = mase_scale(panel, panel.targets, reference.setting.season, sides.earliest_val());
    let mut out = vec![f64::NAN; sides.all[0].panel().series.len() * sides.targets.len()];
    for (series, common) in reference.series.iter().enumerate() {
        for (target, shared) in reference.targets.iter().enumerate() {
            if let (Some(series_at), Some(target_at)) = (common, shared)
                && let Some(out) =
                    out.get_mut(*series_at as usize * sides.targets.len() + usize::from(*target_at))
            {
                *out = own[series * panel.targets + target];
            }
        }
    }
    out
}

/// What the head says of models that differ, and of what they have seen.
fn notes(sides: &Sides, panel: &Panel, options: &EvaluateOptions) -> Vec<String> {
    let mut notes = Vec::new();
    let all = &sides.all;
    let listed = |of: &dyn Fn(&Side) -> String| {
        all.iter().map(|side| format!("{} {}", side.label, of(side))).collect::<Vec<_>>().join(", ")
    };
    let horizons = || all.iter().map(|side| side.setting.horizon);
    if horizons().any(|p| p != sides.horizon) {
        let steps = listed(&|side| side.setting.horizon.to_string());
        notes.push(format!(
            "Horizons differ ({steps}): compared at the leads that all have, 1 to {}.",
            sides.horizon
        ));
    }
    for side in all {
        let own: Vec<String> = (side.targets.iter().zip(&side.forecaster.meta.schema.targets))
            .filter(|(shared, _)| shared.is_none())
            .map(|(_, name)| name.clone())
            .collect();
        if !own.is_empty() {
            notes.push(format!("{} forecasts {} too, which another does not.", side.label, own.join(", ")));
        }
    }
    notes.extend(seen(sides, panel, options));
    for side in all.iter().filter(|side| side.lost > 0) {
        notes.push(format!(
            "{} of {} forecasts of {} are left out: another model has none there, because its window needs more rows before or its horizon more rows after.",
            side.lost,
            side.lost + side.cuts.len(),
            side.label
        ));
    }
    if options.only.is_none()
        && let Some(most) = all.iter().max_by_key(|side| side.need.least + side.need.horizon)
    {
        notes.extend(split::left_out::from_scoring(most.panel(), &most.cuts, most.need));
    }
    let reference = &all[sides.reference];
    if all.iter().any(|side| side.setting.input_window != reference.setting.input_window) {
        notes.push(format!(
            "The simple forecasts see the {} rows before an origin, the longest input window ({}).",
            reference.setting.input_window, reference.label
        ));
    }
    if all.iter().any(|side| side.setting.val_start != sides.earliest_val()) {
        let until = panel.time.display(sides.earliest_val());
        notes.push(format!("The scale of MASE is of the rows before {until}, training rows of all models."));
    }
    if sides.levels.is_empty() {
        notes.push("No pinball loss: the models share no quantile level.".into());
    } else if all.iter().any(|side| side.forecaster.model.shape().quantiles.len() != sides.levels.len()) {
        let levels: Vec<String> = sides.levels.iter().map(f64::to_string).collect();
        notes.push(format!("Pinball and CRPS are over the levels that all have: {}.", levels.join(", ")));
    }
    for side in all {
        notes.extend(side.forecaster.taken_ahead(side.panel()).map(|note| format!("{}: {note}", side.label)));
    }
    notes
}

/// Where the scored part begins, and which models have seen a part of it in training.
fn seen(sides: &Sides, panel: &Panel, options: &EvaluateOptions) -> Vec<String> {
    let start = |side: &Side| side.forecaster.meta.bounds.test_start;
    let latest = sides.latest_test();
    let mut notes = Vec::new();
    if options.from.is_none() && sides.all.iter().any(|side| start(side) != latest) {
        notes.push(format!(
            "The test parts begin at different times; scored from {}, where the latest of them begins.",
            panel.time.display(latest)
        ));
    }
    for side in &sides.all {
        let before = side.cuts.iter().filter(|cut| side.panel().stamps[cut.row] < start(side)).count();
        if before > 0 {
            notes.push(format!(
                "{before} of {} forecasts begin before the test part of {} ({}): its training or validation has seen what they are scored on, so its errors there are not those of forecasts.",
                side.cuts.len(),
                side.label,
                panel.time.display(start(side))
            ));
        }
    }
    notes
}
