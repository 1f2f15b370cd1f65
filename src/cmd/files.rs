//! Which files a command reads and writes, said before any of them is opened: an output that is an
//! input, or another output, would destroy it.

use std::path::{Path, PathBuf};

use crate::cli::{
    Command, CompareArgs, EvaluateArgs, ExplainArgs, IngestArgs, PlotArgs, PredictArgs, ReportArgs,
    TrainArgs, TuneArgs, WatchArgs,
};
use crate::data::read;
use crate::error::{Error, Result};
use crate::output::{self, Claim, Use, clash};
use crate::train::state;

/// Refuses outputs that are the same file as an input or as another output of the command, by
/// inode, so that links of both kinds and what the shell redirects are seen; also where an input is
/// one part of a folder or of a pattern. Gives notes on what is no fault yet.
///
/// # Errors
/// `Error::Usage` with both names.
pub fn check(command: &Command) -> Result<Vec<String>> {
    let mut files = Files::default();
    match command {
        Command::Ingest(args) => files.ingest(args),
        Command::Train(args) => files.train(args),
        Command::Tune(args) => files.tune(args),
        Command::Evaluate(args) => files.evaluate(args),
        Command::Compare(args) => files.compare(args),
        Command::Explain(args) => files.explain(args),
        Command::Predict(args) => files.predict(args),
        Command::Watch(args) => files.watch(args),
        Command::Plot(args) => files.plot(args),
        Command::Report(args) => files.report(args),
        Command::Inspect(args) => {
            files.reads("the checkpoint", Some(&args.model));
            files.stdout("what is printed");
        }
        Command::Export(args) => {
            files.reads("the checkpoint", Some(&args.model));
            for file in super::export::outputs(args) {
                files.claims.push(Claim::path("the file of --out", &file, Use::Write));
            }
        }
        Command::Import(args) => {
            files.table(Some(&args.table));
            files.reads("the weights", Some(&args.weights));
            files.settings(args.settings.config.as_deref(), args.settings.table_flags.holidays.as_deref());
            files.writes("--out", Some(&args.out));
        }
        Command::Models(_) | Command::Completions(_) | Command::Man(_) => {}
    }
    files.check()
}

/// As [`check`], for a model that only the state of an unfinished training names.
///
/// # Errors
/// As [`check`].
pub fn check_init(args: &TrainArgs, model: &str) -> Result<()> {
    let mut files = Files::default();
    files.train(args);
    files.reads(INIT, Some(model));
    files.check().map(drop)
}

const INIT: &str = "the model of --init-from";
const HOLIDAYS: &str = "the file of --holidays";

#[derive(Default)]
struct Files {
    claims: Vec<Claim>,
    /// What was given as the table, and the folders that it lies in, where it has several parts.
    parts: Option<(String, Vec<PathBuf>)>,
}

impl Files {
    fn ingest(&mut self, args: &IngestArgs) {
        self.table(args.table.as_deref());
        self.settings(args.settings.config.as_deref(), args.settings.table_flags.holidays.as_deref());
        self.reads("the model of --model", args.model.as_deref());
        self.writes("--out", args.out.as_deref());
        match args.means.as_deref() {
            Some(means) => self.writes("--means", Some(means)),
            None => self.stdout("the summary"),
        }
    }

    fn train(&mut self, args: &TrainArgs) {
        self.table(args.table.as_deref());
        self.settings(args.settings.config.as_deref(), args.settings.table_flags.holidays.as_deref());
        self.reads(INIT, args.init_from.as_deref());
        if args.print_config {
            return self.stdout("what is printed");
        }
        self.writes("--out", Some(&args.out));
        self.writes("--log", args.log.as_deref());
        self.writes("--plot", args.picture.plot.as_deref());
        if output::is_file(Path::new(&args.out)) {
            let state = state::path_beside(Path::new(&args.out));
            self.claims.push(Claim::path("the state of training beside --out", &state, Use::Write));
            let lock = state::lock_beside(Path::new(&args.out));
            self.claims.push(Claim::path("the lock beside --out", &lock, Use::Write));
        }
    }

    fn tune(&mut self, args: &TuneArgs) {
        self.table(args.table.as_deref());
        self.settings(args.settings.config.as_deref(), args.settings.table_flags.holidays.as_deref());
        self.reads("the file of --space", args.space.as_deref());
        self.writes("--out", Some(&args.out));
        self.writes("--model", args.model_out.as_deref());
        self.writes("--log", args.log.as_deref());
        self.writes("--plot", args.picture.plot.as_deref());
        self.stdout("the report");
    }

    fn evaluate(&mut self, args: &EvaluateArgs) {
        let table = if args.baseline_only { &args.model } else { &args.table };
        self.table(table.as_deref());
        let holidays = args.table_flags.holidays.as_deref();
        match args.baseline_only {
            true => self.settings(args.baseline.config.as_deref(), holidays),
            false => {
                self.reads("the checkpoint", args.model.as_deref());
                self.reads(HOLIDAYS, holidays);
            }
        }
        self.reads("the means of --means", args.across.means.as_deref());
        if args.out.is_some() || !args.streams() {
            self.main_output(args.out.as_deref(), "the report");
        }
        self.writes("--forecasts", args.forecasts.as_deref());
        self.writes("--plot", args.picture.plot.as_deref());
    }

    fn compare(&mut self, args: &CompareArgs) {
        let (models, table) = args.split();
        self.table(table);
        models.iter().for_each(|model| self.reads("the checkpoint", Some(model)));
        self.reads(HOLIDAYS, args.table_flags.holidays.as_deref());
        self.main_output(args.out.as_deref(), "the report");
        self.writes("--plot", args.picture.plot.as_deref());
    }

    fn explain(&mut self, args: &ExplainArgs) {
        self.table(args.table.as_deref());
        self.reads("the checkpoint", Some(&args.model));
        self.reads(HOLIDAYS, args.table_flags.holidays.as_deref());
        self.main_output(args.out.as_deref(), "the report");
        self.writes("--plot", args.picture.plot.as_deref());
    }

    fn predict(&mut self, args: &PredictArgs) {
        self.table(args.table.as_deref());
        self.reads("the checkpoint", Some(&args.model));
        self.reads("the table of --future-table", args.future_table.as_deref());
        self.reads("the table of --history", args.history.as_deref());
        self.reads(HOLIDAYS, args.table_flags.holidays.as_deref());
        self.reads("the means of --means", args.across.means.as_deref());
        self.main_output(args.out.as_deref(), "the forecast");
    }

    fn watch(&mut self, args: &WatchArgs) {
        self.table(args.table.as_deref());
        self.reads("the checkpoint", Some(&args.model));
        self.reads(HOLIDAYS, args.table_flags.holidays.as_deref());
        self.reads("the table of --history", args.history.as_deref());
        self.main_output(args.out.as_deref(), "the alarms");
    }

    fn plot(&mut self, args: &PlotArgs) {
        self.table(args.table.as_deref());
        self.reads("the checkpoint", Some(&args.model));
        self.reads("the table of --future-table", args.draw.future_table.as_deref());
        self.reads(HOLIDAYS, args.table_flags.holidays.as_deref());
        self.main_output(args.out.as_deref(), "the picture");
    }

    fn report(&mut self, args: &ReportArgs) {
        self.table(args.table.as_deref());
        self.reads("the checkpoint", Some(&args.model));
        self.reads("the table of --future-table", args.draw.future_table.as_deref());
        self.reads(HOLIDAYS, args.table_flags.holidays.as_deref());
        self.writes("--out", Some(&args.out));
    }

    /// A file, all parts of a folder or pattern, or standard input.
    fn table(&mut self, table: Option<&str>) {
        let Some(given) = table.filter(|table| *table != "-") else {
            return self.claims.push(Claim::stdin("the table"));
        };
        // What cannot be listed is left to the reader, which says why.
        let files = read::files(given).unwrap_or_default();
        if files != [Path::new(given)] {
            let mut folders: Vec<PathBuf> =
                files.iter().filter_map(|file| file.parent()).map(Path::to_path_buf).collect();
            folders.dedup();
            self.parts = Some((given.to_string(), folders));
        }
        let role = if self.parts.is_some() { "a part of the table," } else { "the table" };
        self.claims.extend(files.iter().map(|file| Claim::path(role, file, Use::Read)));
    }

    /// A settings file, and the one that holidays are read from: `--holidays`, or what the settings name.
    fn settings(&mut self, config: Option<&str>, holidays: Option<&str>) {
        self.reads("the settings file", config);
        self.reads(HOLIDAYS, holidays);
        // A pipe could be read only once. What cannot be read is left to the job, which says why.
        let Some(config) = config.map(Path::new).filter(|path| path.is_file() && holidays.is_none()) else {
            return;
        };
        let settings: Option<serde_yaml::Value> =
            std::fs::read_to_string(config).ok().and_then(|text| serde_yaml::from_str(&text).ok());
        let named = settings.as_ref().and_then(|settings| settings.get("data")?.get("holidays")?.as_str());
        self.reads("the file of `holidays` in the settings,", named);
    }

    fn reads(&mut self, role: &str, path: Option<&str>) {
        self.claims.extend(path.map(|path| Claim::path(role, Path::new(path), Use::Read)));
    }

    fn writes(&mut self, role: &str, path: Option<&str>) {
        self.claims.extend(path.map(|path| Claim::path(role, Path::new(path), Use::Write)));
    }

    /// `--out`, or standard output where there is none.
    fn main_output(&mut self, out: Option<&str>, what: &str) {
        match out {
            Some(path) => self.writes("--out", Some(path)),
            None => self.stdout(what),
        }
    }

    fn stdout(&mut self, what: &str) {
        self.claims.push(Claim::stdout(format!("{what} on standard output")));
    }

    fn check(&self) -> Result<Vec<String>> {
        match clash(&self.claims) {
            Some((output, other)) => Err(refusal(output, other)),
            None => Ok(self.notes()),
        }
    }

    /// Outputs that a later run would take for a part of the table.
    fn notes(&self) -> Vec<String> {
        let Some((given, folders)) = &self.parts else { return Vec::new() };
        let written = self.claims.iter().filter(|claim| claim.used == Use::Write);
        let inside = written.filter(|claim| folders.iter().any(|folder| claim.would_lie_in(folder)));
        inside
            .filter(|claim| read::takes(given, Path::new(&claim.name)))
            .map(|claim| {
                format!(
                    "{} {} will lie among the files of {given}: a later run would read it as a part of the table",
                    claim.role, claim.name
                )
            })
            .collect()
    }
}

fn refusal(output: &Claim, other: &Claim) -> Error {
    let named = |claim: &Claim| match claim.role.ends_with("standard output") {
        true => claim.role.clone(),
        false => format!("{} {}", claim.role, claim.name),
    };
    let to_stdout = output.name == "standard output";
    let (what, hint) = match other.used {
        Use::Read if to_stdout => (
            "which is being read",
            "redirect to another file; note that the shell empties the file of `>` before the program starts",
        ),
        Use::Read => ("which would be overwritten", "write to another file: nothing was opened or changed"),
        Use::Write => ("which is written as well", "give each its own file: nothing was opened or changed"),
    };
    Error::usage(format!("{} is the same file as {}, {what}", named(output), named(other))).with_hint(hint)
}
