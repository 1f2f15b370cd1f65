//! `compare`: several models on the same origins, beside the same simple forecasts.

use std::path::Path;

use super::hooks::ProgramHooks;
use super::picture::PlotFile;
use super::printer::Printer;
use super::report_form::{self, DOCUMENTS};
use crate::cli::{CompareArgs, flags};
use crate::error::{Error, Result};
use crate::output;
use crate::pipeline::{Entrant, Forecaster, compare};
use crate::report::{DocumentFormat, pictures};

/// Runs the command.
pub fn run(args: &CompareArgs, printer: &Printer) -> Result<()> {
    let (files, table) = check(args)?;
    let options = args.options();
    options.check()?;
    let format = report_form::asked(args.format, args.out.as_deref(), DocumentFormat::Text, &DOCUMENTS)?;
    let out = args.out.as_deref().map(Path::new);
    out.map_or(Ok(()), output::check_writable)?;
    let plot = PlotFile::asked(&args.picture)?;
    super::note_seed(&args.run, printer);
    let overrides = flags::model_overlay(&args.table_flags, &args.bounds, &args.run);
    let source = super::source(Some(table))?;
    let mut models: Vec<Forecaster> = Vec::new();
    for file in files {
        // The machine is the same for all, so that what there is to say of it is said once.
        let device = models.first().map(|first| first.device.clone());
        models.push(super::forecaster_on(file, overrides.clone(), device, printer)?);
    }
    let Some(first) = models.first() else { return Ok(()) };
    let phase = printer.phase("reading the table");
    let source = first.kept(&source)?;
    let tables = models.iter().map(|model| model.read(&source)).collect::<Result<Vec<_>>>()?;
    drop(phase);
    tables.iter().for_each(|table| printer.served_notes(table.notes()));
    let entrants: Vec<Entrant> =
        models.iter().zip(&tables).map(|(forecaster, table)| Entrant { forecaster, table }).collect();
    let comparison = printer.during("forecasting and comparing", || {
        compare(&entrants, &options, &mut ProgramHooks::new(printer))
    })?;
    match (plot, pictures::comparison(&comparison)) {
        (Some(file), Some(figure)) => file.write(figure, printer)?,
        (Some(_), None) => printer.note("--plot: nothing to draw, nothing was scored"),
        (None, _) => {}
    }
    let text = comparison.render(format);
    output::write_to(out, |w| Ok(w.write_all(text.as_bytes())?))
}

/// The checkpoints and the table, where there are two and one of them.
fn check(args: &CompareArgs) -> Result<(&[String], &str)> {
    let named_like_a_model = |name: &str| name.ends_with(".safetensors");
    let order =
        "the order is: lstm-forecast compare MODEL MODEL TABLE; `-` stands for a table on standard input";
    let (models, Some(table)) = args.split() else {
        return Err(Error::usage("no files were given").with_hint(order));
    };
    if named_like_a_model(table) {
        let what = format!("the last file is the table, and `{table}` is named like a checkpoint");
        return Err(Error::usage(what).with_hint(order));
    }
    match models {
        [] => {
            Err(Error::usage(format!("there is no checkpoint before the table, `{table}`")).with_hint(order))
        }
        [one] => Err(Error::usage(format!("there is one checkpoint alone, `{one}`")).with_hint(format!(
            "name another one before the table; one model is scored by: lstm-forecast evaluate {one} {table}"
        ))),
        models => match (0..models.len()).find(|at| models[..*at].contains(&models[*at])) {
            Some(at) => Err(Error::usage(format!("`{}` is given twice", models[at]))
                .with_hint("name each checkpoint once")),
            None => Ok((models, table)),
        },
    }
}
