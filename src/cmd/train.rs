//! `train`: a table becomes a checkpoint.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::checkpoint;
use crate::cli::{Overlay, TrainArgs};
use crate::cmd::hooks::ProgramHooks;
use crate::cmd::picture::PlotFile;
use crate::cmd::printer::Printer;
use crate::cmd::{files, interrupt, lock};
use crate::config;
use crate::error::{Error, Result};
use crate::output;
use crate::pipeline::fit::{Keep, Session, StartFrom, StartingPoint};
use crate::pipeline::table::require_target;
use crate::report::pictures::learning_curves;
use crate::text::argument;
use crate::train::log::TrainLog;

/// Runs the command.
pub fn run(args: &TrainArgs, printer: &Printer) -> Result<()> {
    let began = Instant::now();
    // A state that another training writes is not read; settings alone are looked at before a wait.
    let first = (args.resume && !args.print_config).then(|| lock::of(args, printer)).transpose()?;
    if args.keep.is_some() && !output::is_file(Path::new(&args.out)) {
        let what = format!("--keep keeps copies beside --out, and {} is no file", args.out);
        return Err(Error::usage(what).with_hint("leave --keep out, or name a file with --out"));
    }
    let mut start = StartingPoint::new(&StartFrom {
        out: &args.out,
        resume: args.resume,
        init_from: args.init_from.as_deref(),
        settings_file: args.settings.config.as_deref(),
        flags: args.overlay(),
    })?;
    if let Some(model) = start.init_from() {
        files::check_init(args, model)?;
    }
    if args.print_config {
        let yaml = config::to_yaml(start.config())?;
        return output::write_stdout(|w| Ok(w.write_all(yaml.as_bytes())?));
    }
    printer.notes(start.notes());
    super::start_threads(&start.config().run)?;
    let device = super::device(&start.config().run, printer)?;
    printer.notes(start.compute_on(&device).as_slice());
    require_target(&start.config().data, args.table.as_deref().unwrap_or("TABLE"))?;
    let source = super::source(args.table.as_deref())?;
    output::check_writable(Path::new(&args.out))?;
    if let Some(log) = &args.log {
        output::check_writable(Path::new(log))
            .map_err(|e| e.with_hint("create its folder, or choose another path with --log"))?;
    }
    let plot = PlotFile::asked(&args.picture)?;
    start.check_state()?;
    let _lock = first.map_or_else(|| lock::of(args, printer), Ok)?;
    let table = printer.during("reading the table", || start.read(&source))?;
    printer.table_notes(table.notes());
    let mut hooks = ProgramHooks::new(printer);
    let session = printer.during("scaling the table and cutting windows", || {
        Session::new(start, &table, &device, &mut hooks)
    })?;
    hooks.begin("preparing the first step");
    // Only now, since an old log is emptied: the table and the settings are good. A pipe may have to
    // be waited for, which Ctrl-C should end at once.
    if let Some(path) = &args.log {
        hooks.log_to(TrainLog::new(output::open_log(Path::new(path), args.resume)?), path);
    }
    interrupt::install()?;
    let keep = Keep {
        out: args.out.clone(),
        save_every: Duration::try_from_secs_f64(args.save_every * 60.0).unwrap_or(Duration::MAX),
        retry_diverged: args.retry_diverged,
        resume_command: resume_command(args),
    };
    let fitted = session.run_and_keep(&keep, &mut hooks)?;
    drop(hooks);
    if let Some(most) = args.keep {
        checkpoint::keep(Path::new(&args.out), most, chrono::Utc::now())?;
    }
    super::say_fitted(&fitted, &args.out, began, printer);
    match (plot, learning_curves(&fitted.meta().training)) {
        (Some(file), Some(figure)) => file.write(figure, printer),
        (Some(_), None) => {
            printer.note("--plot: nothing to draw, no epoch was trained");
            Ok(())
        }
        (None, _) => Ok(()),
    }
}

/// The command that goes on with a training.
pub(crate) fn resume_command(args: &TrainArgs) -> String {
    let mut words = vec!["lstm-forecast".to_string(), "train".into()];
    words.extend(args.table.as_deref().map(argument));
    if args.out != "model.safetensors" {
        words.extend(["--out".into(), argument(&args.out)]);
    }
    if let Some(log) = &args.log {
        words.extend(["--log".into(), argument(log)]);
    }
    words.extend(args.keep.map(|most| format!("--keep {most}")));
    if let Some(plot) = &args.picture.plot {
        words.extend(["--plot".into(), argument(plot)]);
    }
    if let Some(theme) = args.picture.theme_flag() {
        words.push(theme);
    }
    if args.retry_diverged {
        words.push("--retry-diverged".into());
    }
    words.push("--resume".into());
    let piped = if matches!(args.table.as_deref(), None | Some("-")) { " < TABLE" } else { "" };
    words.join(" ") + piped
}
