//! `evaluate --baseline-only`: the simple forecasts as models of their own, without a checkpoint.

use std::path::Path;

use super::evaluate::{report_format, scored_range};
use crate::cli::{EvaluateArgs, GlobalFlags, config_file, fixed_hint};
use crate::config::{Config, Layers, Limits};
use crate::data::calendar::CalendarFeatures;
use crate::data::inputs::{InputSpec, Inputs};
use crate::data::read::ReadOptions;
use crate::data::split::{self, Bounds, Observed};
use crate::error::{Error, Result};
use crate::forecast::baseline::{self, Baseline};
use crate::forecast::blend::Blend;
use crate::forecast::conformal::Intervals;
use crate::output::{self, Failure};
use crate::pipeline::backtest::{self, Setting};
use crate::pipeline::series_filter::Chosen;
use crate::pipeline::table as prepare;
use crate::report::evaluation::Evaluator;

/// Scores every simple forecast over the test part of a table.
///
/// # Errors
/// As `train` for the table and its split; a test part without a window to score.
pub fn run(args: &EvaluateArgs, global: &GlobalFlags) -> Result<()> {
    let file = config_file(args.baseline.config.as_deref())?;
    let flags = args.baseline.overlay(&args.table_flags, &args.run);
    let config = Layers { base: Config::default(), file, flags }.resolve()?;
    crate::cmd::use_threads(&config.run)?;
    let device = crate::cmd::device(&config.run, global)?;
    prepare::require_target(&config.data, args.model.as_deref().unwrap_or("TABLE"))?;
    let source = prepare::source(args.model.as_deref())?;
    let options = ReadOptions::new(&config.data)?;
    let table = prepare::table(&source, &options, &config.data, prepare::max_gap_rows(&config))?;
    let panel = &table.panel;
    prepare::print_notes(&panel.notes, global.quiet);
    let season = panel.freq.season();
    let need = prepare::need(&config, panel, season);
    let bounds = Bounds::resolve(&config.split, panel)?;
    let range = scored_range(args, panel, bounds.test_start, need.horizon)?;
    let chosen = Chosen::new(&args.only, panel)?;
    let cuts = chosen.cuts(panel, split::cuts(panel, &Observed::new(panel), need, range));
    if cuts.is_empty() {
        return Err(super::evaluate::nothing(panel, range, need));
    }
    let setting = Setting {
        input_window: need.input_window,
        horizon: need.horizon,
        season,
        val_start: bounds.val_start,
        mase_scale: None,
        baselines: baseline::ALL.to_vec(),
        blend: Blend::default(),
        limits: Limits::default(),
        intervals: Intervals::default(),
    };
    let targets = panel.columns.iter().take(panel.targets).map(|c| c.name.clone()).collect();
    let mut context = super::evaluate::context(panel, targets, need.horizon, season, range, &cuts);
    let names: Vec<String> = baseline::ALL.iter().map(Baseline::to_string).collect();
    context.notes.push(format!(
        "{}: each sees the {} rows before its origin; seasons are of {season} rows.",
        names.join(", "),
        need.input_window
    ));
    let mut evaluator = Evaluator::new(context);
    backtest::score(None, &no_inputs(panel.targets), panel, &setting, &cuts, &device, &mut |chunk| {
        evaluator.push(chunk);
        Ok(())
    })
    .map_err(Failure::into_error)?;
    let text = evaluator.finish().render(report_format(args)?);
    output::write_to(args.out.as_deref().map(Path::new), |w| Ok(w.write_all(text.as_bytes())?))
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

/// Refuses flags that need a model, or that need none.
pub fn check(args: &EvaluateArgs) -> Result<()> {
    if !args.baseline_only {
        return match args.baseline.given() {
            Some(flag) => Err(Error::usage(format!(
                "{flag} is for --baseline-only; with a model the checkpoint says it"
            ))
            .with_hint(fixed_hint(&flag))),
            None => Ok(()),
        };
    }
    // A bound that a variable sets is for the commands that know of it.
    let bound = |given: bool, key: &str| given && std::env::var_os(format!("LSTM_FORECAST_{key}")).is_none();
    let wrong = match &args.table {
        Some(table) => format!("a second file, `{table}`,"),
        None if args.forecasts.is_some() => "--forecasts".to_string(),
        None if args.interval.is_some() => "--interval".to_string(),
        None if bound(args.bounds.min.is_some(), "MIN") => "--min".to_string(),
        None if bound(args.bounds.max.is_some(), "MAX") => "--max".to_string(),
        None => return Ok(()),
    };
    Err(Error::usage(format!("{wrong} does not go with --baseline-only"))
        .with_hint("lstm-forecast evaluate --baseline-only TABLE --target COLUMN"))
}
