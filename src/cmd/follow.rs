//! `predict --follow`: the stream's lines in, forecasts out, a row at a time.

use crate::cli::PredictArgs;
use crate::cmd::printer::Printer;
use crate::data::read::Source;
use crate::error::{Error, Place, Result};
use crate::output::{self, Failure};
use crate::pipeline::follow::{Answer, Arrived, FollowOptions, Follower, Stream};
use crate::pipeline::{Forecaster, PredictOptions};
use crate::report::forecasts::Form;
use crate::report::rows::{RowWriter, RowsFormat};
use crate::text::plural;

/// Forecasts after every row of the stream.
pub fn run(args: &PredictArgs, printer: &Printer, forecaster: &Forecaster, source: &Source) -> Result<()> {
    let format = a_row_at_a_time(args.format().unwrap_or(RowsFormat::Csv))?;
    let PredictOptions { quantiles, intervals, .. } = args.options();
    let with = args.provenance(forecaster.id());
    let Form { layout, prefix, .. } = args.form(&with)?;
    let prefix = prefix.to_string();
    let (own, adapt) = (with.clone(), args.adapt);
    let (max_age, as_of) = (args.max_age, args.as_of.clone());
    let options =
        FollowOptions { layout, prefix, with: own, quantiles, intervals, adapt, max_age, as_of, watch: None };
    let mut follower = forecaster.follow(options)?;
    let mut stream = Stream::open(source, &mut follower, args.history.as_deref())?;
    let (mut forecasts, mut most, least) = (0usize, 0usize, follower.least_history());
    output::write_lines(|out| {
        let mut writer = RowWriter::new(out, format);
        let skip_bad = args.skip_bad;
        each_answer(&mut stream, &mut follower, skip_bad, printer, &mut |line, answer| {
            match answer {
                Answer::Forecast(rows) => {
                    writer.write(&rows)?;
                    forecasts += 1;
                }
                // Nothing is watched here.
                Answer::Alarm { .. } => {}
                Answer::Waiting { series, rows } => {
                    most = most.max(rows);
                    printer.detail(&format!("`{series}` has {} of {least}", plural(rows, "unbroken row")));
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
            Ok(())
        })?;
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

/// The format, where it can be printed as rows come.
///
/// # Errors
/// `Error::Usage` for one that is written as a whole.
pub fn a_row_at_a_time(format: RowsFormat) -> Result<RowsFormat> {
    match format {
        RowsFormat::Csv | RowsFormat::Tsv | RowsFormat::Ndjson => Ok(format),
        _ => Err(Error::usage("--follow prints rows as they come, which this --format cannot")
            .with_hint("use --format csv, tsv or ndjson")),
    }
}

/// Hands over what there is to say after every row of a stream, with the row's line; `skip_bad`: a bad row is noted and
/// left out.
pub fn each_answer(
    stream: &mut Stream,
    follower: &mut Follower,
    skip_bad: bool,
    printer: &Printer,
    take: &mut dyn FnMut(usize, Answer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut line = 0;
    while let Some(arrived) = stream.next(follower)? {
        let answers = match arrived {
            Arrived::Row(at, frame) => {
                line = at;
                follower.push(&frame, at)
            }
            Arrived::Bad(error) => Err(error),
        };
        match answers {
            Err(error) if skip_bad && matches!(error, Error::Data { .. }) => {
                printer.note(&format!("left out: {error}"));
                continue;
            }
            answers => answers?.into_iter().try_for_each(|answer| take(line, answer))?,
        }
        printer.notes(&follower.take_notes());
    }
    Ok(())
}
