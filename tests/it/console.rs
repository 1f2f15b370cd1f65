//! Console sessions in Markdown: what stands under a command is what the command prints.
//!
//! In a ```` ```console ```` block each line that begins with `$ ` is a command for `sh` (it goes on in the next line where it
//! ends in a backslash); `? 3` under it is its exit code, where that is not 0; what follows is what it prints. The document is
//! written anew with what the commands print now, and snapbox compares the two: it shows the difference, or with
//! `SNAPSHOTS=overwrite` puts the new one in the place of the old one, to be read before it is committed.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use snapbox::assert::{Action, DEFAULT_ACTION_ENV};
use snapbox::{Assert, Data};

use super::support::{Place, libraries};

/// What is read of a command.
#[derive(Clone, Copy)]
pub enum Seen {
    /// Standard error alone.
    Errors,
    /// Both streams, as a terminal shows them.
    Both,
}

/// Runs `command` in the folder of `place`; its exit code and what is seen of it.
pub fn run(place: &Place, command: &str, seen: Seen, variables: &[(&str, &str)]) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_lstm-forecast"));
    let folder = program.parent().expect("a folder").display();
    let (mut pipe, writer) = std::io::pipe().expect("a pipe");
    let output = match seen {
        Seen::Errors => Stdio::null(),
        Seen::Both => Stdio::from(writer.try_clone().expect("a pipe")),
    };
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(place.path(""))
        .env_clear()
        .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
        .envs(libraries())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(writer);
    let mut child = shell.spawn().expect("a shell");
    // Its ends of the pipe are closed here, or reading would never end.
    drop(shell);
    let mut text = Vec::new();
    pipe.read_to_end(&mut text).expect("what it prints");
    let code = child.wait().expect("its end").code().unwrap_or(-1);
    (code, String::from_utf8_lossy(&text).into_owned())
}

/// The document with what `run` says of its commands: exit code and text. A step of which it says nothing keeps its lines.
pub fn renewed(document: &str, mut run: impl FnMut(&str) -> Option<(i32, String)>) -> String {
    let mut out = String::new();
    let mut blocks = document.split("```console\n");
    out.push_str(blocks.next().unwrap_or_default());
    for block in blocks {
        let (session, rest) = block.split_once("```").expect("the end of a block");
        out.push_str("```console\n");
        for step in steps(session) {
            let Some((code, text)) = run(command(step)) else {
                out.push_str(step);
                continue;
            };
            let _ = writeln!(out, "$ {}", command(step));
            if code != 0 {
                let _ = writeln!(out, "? {code}");
            }
            for line in text.trim_end().lines() {
                let _ = writeln!(out, "{line}");
            }
        }
        out.push_str("```");
        out.push_str(rest);
    }
    out
}

/// Each command of a session with the lines under it.
pub fn steps(session: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = session.match_indices("$ ").map(|(at, _)| at).collect();
    starts.retain(|at| *at == 0 || session[..*at].ends_with('\n'));
    assert!(session.is_empty() || starts.first() == Some(&0), "a session begins with a command: {session}");
    let ends = starts.iter().skip(1).copied().chain([session.len()]);
    starts.iter().zip(ends).map(|(start, end)| &session[*start..end]).collect()
}

/// The command of a step, without its prompt and what is under it.
fn command(step: &str) -> &str {
    let mut end = 0;
    for line in step.split_inclusive('\n') {
        end += line.len();
        if !line.trim_end().ends_with('\\') {
            break;
        }
    }
    step[..end].trim_start_matches("$ ").trim_end()
}

/// Whether the documents are to be written instead of compared.
pub fn overwriting() -> bool {
    Action::with_env_var(DEFAULT_ACTION_ENV) == Some(Action::Overwrite)
}

/// Compares letter by letter, or writes.
pub fn compare(found: &str, path: &Path) {
    let expected = Data::read_from(path, Some(snapbox::data::DataFormat::Text)).raw();
    Assert::new().action_env(DEFAULT_ACTION_ENV).eq(Data::text(found).raw(), expected);
}

/// The document with lines of the old one where they differ in nothing but how long something took: how fast it is says a
/// quiet machine, not the one that renews a document.
fn with_old_times(found: &str, old: &str) -> String {
    let lines = found.lines().map(|line| {
        let same = |known: &&str| timeless(known) == timeless(line);
        old.lines().find(|known| line.ends_with(" s") && same(known)).unwrap_or(line)
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// `written m.safetensors in` of `written m.safetensors in 20.0 s`.
fn timeless(line: &str) -> &str {
    line.strip_suffix(" s").and_then(|rest| rest.rsplit_once(' ')).map_or(line, |(rest, _)| rest.trim_end())
}

/// Compares with `form` applied to both, and gives the difference; or writes what was found as it is.
pub fn compare_forms(found: &str, path: &Path, form: impl Fn(&str) -> String) -> Result<(), String> {
    let expected = std::fs::read_to_string(path).expect("a document");
    if overwriting() {
        compare(&with_old_times(found, &expected), path);
        return Ok(());
    }
    let result = Assert::new().try_eq(
        Some(&"what the commands print"),
        Data::text(form(found)).raw(),
        Data::text(form(&expected)).raw(),
    );
    result.map_err(|difference| format!("{}: {difference}\nSNAPSHOTS=overwrite renews it", path.display()))
}
