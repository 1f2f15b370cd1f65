//! `predict --follow`: the stream's lines in, forecasts out, a row at a time.

use crate::cli::PredictArgs;
use crate::cmd::printer::Printer;
use crate::data::read::Source;
use crate::error::{Error, Place, Result};
use crate::output;
use crate::pipeline::follow::{Answer, Arrived, FollowOptions, Stream};
use crate::pipeline::{Forecaster, PredictOptions};
use crate::report::forecasts::Form;
use crate::report::rows::{RowWriter, RowsFormat};
use crate::text::plural;

/// Forecasts after every row of the stream.
pub fn run(args: &PredictArgs, printer: &Printer, forecaster: &Forecaster, source: &Source) -> Result<()> {
    let format = args.format().unwrap_or(RowsFormat::Csv);
    if !matches!(format, RowsFormat::Csv | RowsFormat::Tsv | RowsFormat::Ndjson) {
        return Err(Error::usage("--follow prints rows as they come, which this --format cannot")
            .with_hint("use --format csv, tsv or ndjson"));
    }
    let PredictOptions { quantiles, intervals, .. } = args.options();
    let with = args.provenance(forecaster.id());
    let Form { layout, prefix, .. } = args.form(&with)?;
    let prefix = prefix.to_string();
    let options = FollowOptions { layout, prefix, with: with.clone(), quantiles, intervals, watch: None };
    let mut follower = forecaster.follow(options)?;
    let mut stream = Stream::open(source, &mut follower, args.history.as_deref())?;
    let (mut forecasts, mut most, mut line, least) = (0usize, 0usize, 0usize, follower.least_history());
    output::write_lines(|out| {
        let mut writer = RowWriter::new(out, format);
        while let Some(arrived) = stream.next(&follower)? {
            let answers = match arrived {
                Arrived::Row(at, frame) => {
                    line = at;
                    follower.push(&frame, at)
                }
                Arrived::Bad(error) => Err(error),
            };
            let answers = match answers {
                Err(error) if args.skip_bad && matches!(error, Error::Data { .. }) => {
                    printer.note(&format!("left out: {error}"));
                    continue;
                }
                answers => answers?,
            };
            for answer in answers {
                match answer {
                    Answer::Forecast(rows) => {
                        writer.write(&rows)?;
                        forecasts += 1;
                    }
                    // Nothing is watched here.
                    Answer::Alarm(_) => {}
                    Answer::Waiting { series, rows } => {
                        most = most.max(rows);
                        printer
                            .detail(&format!("`{series}` has {} of {least}", plural(rows, "unbroken row")));
                    }
                    Answer::Ahead { series, stamp, before, rows } => {
                        most = most.max(rows);
                        if rows == 1 {
                            printer.note(&format!(
                                "row {line}: `{series}` leaps from {before} to {stamp}, further than a forecast looks back: left out until {} rows have come there",
                                least.max(2)
                            ));
                        }
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
            format!(
                "too little history: a forecast needs {} of a series, and the longest has {most}",
                plural(least, "unbroken row")
            ),
        )
        .with_hint("--history TABLE gives the rows that came before the stream"));
    }
    Ok(())
}
