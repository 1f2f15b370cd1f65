//! `predict --follow`: the stream's lines in, forecasts out, a row at a time.

use crate::cli::PredictArgs;
use crate::cmd::printer::Printer;
use crate::data::read::Source;
use crate::error::{Error, Place, Result};
use crate::output;
use crate::pipeline::follow::{Answer, FollowOptions, Stream};
use crate::pipeline::{Forecaster, PredictOptions};
use crate::report::forecasts::Form;
use crate::report::rows::{RowWriter, RowsFormat};

/// Forecasts after every row of the stream.
pub fn run(args: &PredictArgs, printer: &Printer, forecaster: &Forecaster, source: &Source) -> Result<()> {
    let format = args.format().unwrap_or(RowsFormat::Csv);
    if !matches!(format, RowsFormat::Csv | RowsFormat::Tsv | RowsFormat::Ndjson) {
        return Err(Error::usage("--follow prints rows as they come, which this --format cannot")
            .with_hint("use --format csv, tsv or ndjson"));
    }
    let PredictOptions { quantiles, intervals, .. } = args.options();
    let Form { layout, prefix } = args.form()?;
    let prefix = prefix.to_string();
    let mut follower = forecaster.follow(FollowOptions { layout, prefix, quantiles, intervals })?;
    let mut stream = Stream::open(source, &mut follower, args.history.as_deref())?;
    let (mut forecasts, mut most, least) = (0usize, 0usize, follower.least_history());
    output::write_lines(|out| {
        let mut writer = RowWriter::new(out, format);
        while let Some((line, frame)) = stream.next(&follower)? {
            for answer in follower.push(&frame, line)? {
                match answer {
                    Answer::Forecast(rows) => {
                        writer.write(&rows)?;
                        forecasts += 1;
                    }
                    Answer::Waiting { series, rows } => {
                        most = most.max(rows);
                        printer.detail(&format!("`{series}` has {rows} unbroken rows of {least}"));
                    }
                    Answer::Late { series, stamp } => printer.note(&format!(
                        "row {line}: `{series}` at {stamp} is older than the rows kept: left out"
                    )),
                }
            }
            printer.notes(&follower.take_notes());
        }
        Ok(writer.finish()?)
    })?;
    if forecasts == 0 {
        return Err(Error::data(
            Place::file(stream.name()),
            format!("too little history: a forecast needs {least} unbroken rows of a series, and the longest has {most}"),
        )
        .with_hint("--history TABLE gives the rows that came before the stream"));
    }
    Ok(())
}
