//! `evaluate`: rolling-origin forecasts against what was observed, beside simple forecasts.

use std::path::Path;

use super::baseline_only;
use super::hooks::ProgramHooks;
use super::picture::PlotFile;
use super::printer::Printer;
use super::report_form;
use crate::cli::{EvaluateArgs, flags};
use crate::cmd::interrupt;
use crate::draw::Figure;
use crate::error::{Error, Result};
use crate::output::{self, Failure};
use crate::pipeline::EvaluateOptions;
use crate::report::evaluation::{Evaluation, ReportFormat, Scored};
use crate::report::pictures;
use crate::report::rows::{RowWriter, RowsFormat};

/// Runs the command.
pub fn run(args: &EvaluateArgs, printer: &Printer) -> Result<()> {
    baseline_only::check(args)?;
    let options = args.options();
    options.check()?;
    let format = report_form::asked(args.report_format(), args.out.as_deref(), ReportFormat::Text, &FORMS)?;
    if args.streams() && args.forecasts.is_none() {
        return Err(Error::usage(
            "--format arrow-stream is about forecasts, and --forecasts names no file for them",
        )
        .with_hint("add `--forecasts -` for standard output, or the name of a file"));
    }
    if let Some(path) = &args.forecasts {
        RowsFormat::for_path("--forecasts", args.rows_format(), Path::new(path))?;
    }
    for path in args.out.iter().chain(&args.forecasts) {
        output::check_writable(Path::new(path))?;
    }
    let plot = PlotFile::asked(&args.picture)?;
    super::note_seed(&args.run, printer);
    let by_variable = std::env::var_os("LSTM_FORECAST_QUANTILES").is_some();
    if args.quantiles.is_some() && args.forecasts.is_none() && !by_variable {
        printer.note("`--quantiles` has no effect without --forecasts: the report has all levels");
    }
    if args.baseline_only {
        return baseline_only::run(args, printer, &options, format);
    }
    let evaluation = evaluate(args, printer, &options)?;
    printer.figures("evaluation", &evaluation.figures());
    if let Some(file) = plot {
        draw(&file, &evaluation, printer)?;
    }
    if args.streams() && args.out.is_none() {
        return judge(args, &evaluation);
    }
    let report = evaluation.render(format);
    let written =
        output::write_to(args.out.as_deref().map(Path::new), |w| Ok(w.write_all(report.as_bytes())?));
    match written {
        // A reader that has gone says nothing of the model.
        Ok(()) | Err(Error::ClosedPipe) => judge(args, &evaluation).and(written),
        failed => failed,
    }
}

/// Errors by lead, and below them whether the quantiles hold.
fn draw(file: &PlotFile, evaluation: &Evaluation, printer: &Printer) -> Result<()> {
    let figures = [pictures::errors_by_lead(evaluation), pictures::reliability(evaluation)];
    match Figure::stacked(figures.into_iter().flatten()) {
        Some(figure) => file.write(figure, printer),
        None => {
            printer.note("--plot: nothing to draw, there is one lead and no quantile");
            Ok(())
        }
    }
}

/// Holds the evaluation against `--require`.
fn judge(args: &EvaluateArgs, evaluation: &Evaluation) -> Result<()> {
    let required = args.require.as_ref().map_or(&[][..], |required| &required.0);
    match evaluation.failures(required) {
        failed if failed.is_empty() => Ok(()),
        failed => Err(Error::NotGoodEnough { failed }),
    }
}

/// Scores the model, writing every forecast on the way where that is asked for.
fn evaluate(args: &EvaluateArgs, printer: &Printer, options: &EvaluateOptions) -> Result<Evaluation> {
    let Some(model) = args.model.as_deref() else {
        return Err(Error::usage("no checkpoint was given").with_hint(
            "name the file that `train` wrote, or score simple forecasts alone with --baseline-only",
        ));
    };
    let overrides = flags::model_overlay(&args.table_flags, &args.bounds, &args.run);
    let source = super::source(args.table.as_deref())?;
    let forecaster = super::forecaster(model, overrides, printer)?;
    let forecaster = super::among(forecaster, &args.across, printer)?;
    let table = printer.during("reading the table", || forecaster.read(&source))?;
    printer.served_notes(table.notes());
    if args.streams() {
        forecaster.require_whole(&table)?;
    }
    let backtest = forecaster.backtest(&table, options)?;
    let mut hooks = ProgramHooks::new(printer);
    if options.refit.is_some() {
        interrupt::install()?;
    }
    // Refits have a bar of their own.
    let _phase = if options.refit.is_none() { printer.phase("forecasting and scoring") } else { None };
    let mut evaluator = backtest.evaluator();
    let mut score = |out: &mut dyn FnMut(&Scored) -> Result<(), Failure>| {
        backtest.run(&mut hooks, &mut |chunk| {
            evaluator.push(chunk);
            out(chunk)
        })
    };
    match args.forecasts.as_deref().map(Path::new) {
        None => score(&mut |_| Ok(())).map_err(Failure::into_error)?,
        Some(path) => {
            let format = args.rows_format().or_else(|| RowsFormat::of_path(path)).unwrap_or(RowsFormat::Csv);
            let levels = args.levels();
            let prefix = args.prefix.as_deref().unwrap_or_default();
            backtest.no_rows(&levels, prefix)?;
            output::write_to(Some(path), |w| {
                let mut writer = RowWriter::new(w, format);
                score(&mut |chunk| Ok(writer.write(&backtest.rows(chunk, &levels, prefix)?)?))?;
                Ok(writer.finish()?)
            })?;
        }
    }
    Ok(backtest.finish(evaluator))
}

/// The forms of an evaluation, by the endings of their files.
const FORMS: [(&str, ReportFormat); 5] = [
    ("txt", ReportFormat::Text),
    ("json", ReportFormat::Json),
    ("csv", ReportFormat::Csv),
    ("md", ReportFormat::Markdown),
    ("prom", ReportFormat::Prometheus),
];
