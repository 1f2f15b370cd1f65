//! `evaluate --baseline-only`: the simple forecasts as models of their own, without a checkpoint.

use std::path::Path;

use crate::cli::{EvaluateArgs, fixed_hint};
use crate::cmd::printer::Printer;
use crate::config::{Config, Layers, settings_file};
use crate::error::{Error, Result};
use crate::output;
use crate::pipeline::EvaluateOptions;
use crate::pipeline::baselines::evaluate_baselines;
use crate::pipeline::table::{Table, require_target};
use crate::report::evaluation::ReportFormat;

/// Scores every simple forecast over the test part of a table.
pub fn run(
    args: &EvaluateArgs,
    printer: &Printer,
    options: &EvaluateOptions,
    format: ReportFormat,
) -> Result<()> {
    let file = settings_file(args.baseline.config.as_deref())?;
    let flags = args.baseline.overlay(&args.table_flags, &args.run);
    let config = Layers { base: Config::default(), file, flags }.resolve()?;
    super::start_threads(&config.run)?;
    super::device(&config.run, printer)?;
    // Without a model the first file is the table.
    let table = args.model.as_deref();
    require_target(&config.data, table.unwrap_or("TABLE"))?;
    let phase = printer.phase("reading the table");
    let table = Table::open(&super::source(table)?, &config)?;
    drop(phase);
    printer.table_notes(table.notes());
    let phase = printer.phase("forecasting and scoring");
    let text = evaluate_baselines(&table, &config, options)?.render(format);
    drop(phase);
    output::write_to(args.out.as_deref().map(Path::new), |w| Ok(w.write_all(text.as_bytes())?))
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
