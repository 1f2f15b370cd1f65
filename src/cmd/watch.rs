//! `watch`: values outside of what was forecast, and sensors that have fallen quiet.

use std::path::Path;

use super::follow::{a_row_at_a_time, each_answer};
use super::printer::Printer;
use crate::cli::{WatchArgs, flags};
use crate::data::read::Source;
use crate::error::{Error, Result};
use crate::output;
use crate::pipeline::Forecaster;
use crate::pipeline::follow::{Answer, FollowOptions, Stream, WatchStream};
use crate::report::alarms;
use crate::report::rows::{RowWriter, RowsFormat};

/// Runs the command.
pub fn run(args: &WatchArgs, printer: &Printer) -> Result<()> {
    if let Some(out) = args.out.as_deref().map(Path::new) {
        RowsFormat::for_path("--out", args.format, out)?;
        output::check_writable(out)?;
    }
    super::note_seed(&args.run, printer);
    let overrides = flags::model_overlay(&args.table_flags, &args.bounds, &args.run);
    let source = super::source(args.table.as_deref())?;
    let forecaster = super::forecaster(&args.model, overrides, printer)?;
    if args.follow {
        return follow(args, printer, &forecaster, &source);
    }
    let table = printer.during("reading the table", || forecaster.read(&source))?;
    printer.served_notes(table.notes());
    let mut notes = Vec::new();
    let watched =
        printer.during("forecasting and comparing", || forecaster.watch(&table, &args.options(), &mut notes));
    printer.notes(&notes);
    let watched = watched?;
    let rows = watched.rows(args.prefix.as_deref().unwrap_or_default())?;
    let format = args.format();
    let written = output::write_to(args.out.as_deref().map(Path::new), |w| Ok(rows.write(w, format)?));
    printer.line(&watched.summary());
    printer.figures("watch", &watched.figures());
    match (watched.told(), written) {
        // A reader that has gone has heard of alarms all the same.
        (Some(told), Ok(()) | Err(Error::ClosedPipe)) => Err(Error::Alarms { told }),
        (_, written) => written,
    }
}

/// `--follow`: an alarm as soon as its row has come.
fn follow(args: &WatchArgs, printer: &Printer, forecaster: &Forecaster, source: &Source) -> Result<()> {
    let format = a_row_at_a_time(args.format())?;
    let mut follower = forecaster.follow(FollowOptions {
        prefix: args.prefix.clone().unwrap_or_default(),
        intervals: vec![args.interval],
        watch: Some(WatchStream { level: args.interval, rarer: args.p }),
        ..FollowOptions::default()
    })?;
    let mut stream = Stream::open(source, &mut follower, args.history.as_deref())?;
    let mut counts = [0; 4];
    output::write_lines(|out| {
        let mut writer = RowWriter::new(out, format);
        let skip_bad = args.skip_bad;
        each_answer(&mut stream, &mut follower, skip_bad, printer, &mut |_, answer| {
            if let Answer::Alarm { rows, why } = answer {
                writer.write(&rows)?;
                counts[why as usize] += 1;
            }
            Ok(())
        })?;
        Ok(writer.finish()?)
    })?;
    match alarms::told_of(counts, args.interval) {
        None => Ok(()),
        Some(told) => Err(Error::Alarms { told }),
    }
}
