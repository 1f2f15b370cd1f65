//! The simple forecasts as models of their own, without a checkpoint.

use candle_core::Device;

use super::backtest::{self, Setting};
use super::evaluate;
use super::options::EvaluateOptions;
use super::table::Table;
use super::window_sizes;
use crate::config::{Config, Limits};
use crate::data::calendar::CalendarFeatures;
use crate::data::inputs::{InputSpec, Inputs};
use crate::data::split::Bounds;
use crate::error::Result;
use crate::forecast::baseline::{self, Baseline};
use crate::forecast::conformal::Intervals;
use crate::forecast::pool::Pool;
use crate::output::Failure;
use crate::report::evaluation::{Evaluation, Evaluator};
use crate::text::plural;

/// Scores every simple forecast over the test part of a table.
///
/// # Errors
/// `Error::Config` for a split that does not fit the table; `Error::Data` for a test part without a
/// window to score.
pub fn evaluate_baselines(table: &Table, config: &Config, options: &EvaluateOptions) -> Result<Evaluation> {
    options.check()?;
    let panel = &table.panel;
    let season = panel.freq.season();
    let need = window_sizes::need(config, panel, season);
    let bounds = Bounds::resolve(&config.split, panel)?;
    let range = options.range(panel, bounds.test_start, need.horizon)?;
    let cuts = options.cuts(panel, need, range)?;
    let setting = Setting {
        input_window: need.input_window,
        horizon: need.horizon,
        season,
        val_start: bounds.val_start,
        mase_scale: None,
        baselines: baseline::ALL.to_vec(),
        pool: Pool::default(),
        limits: Limits::default(),
        intervals: Intervals::default(),
        adapt: false,
        drift: Intervals::default(),
    };
    let targets = panel.columns.iter().take(panel.targets).map(|c| c.name.clone()).collect();
    let mut context = evaluate::context(panel, targets, need.horizon, season, range, &cuts);
    let names: Vec<String> = baseline::ALL.iter().map(Baseline::to_string).collect();
    context.notes.push(format!(
        "{}: each sees the {} before its origin; seasons are of {}.",
        names.join(", "),
        plural(need.input_window, "row"),
        plural(season, "row")
    ));
    let mut evaluator = Evaluator::new(context);
    let inputs = no_inputs(panel.targets);
    backtest::score(None, &inputs, panel, &setting, &cuts, &Device::Cpu, &mut |chunk| {
        evaluator.push(chunk);
        Ok(())
    })
    .map_err(Failure::into_error)?;
    Ok(evaluator.finish())
}

/// What a network would see, where there is none: nothing but the number of targets.
fn no_inputs(targets: usize) -> Inputs {
    let spec = InputSpec {
        values: Vec::new(),
        targets,
        flags: Vec::new(),
        calendar: CalendarFeatures::none(),
        max_fill: None,
        lead: None,
    };
    Inputs { spec, x: Vec::new(), y: Vec::new(), scalings: Vec::new(), lead: None }
}
