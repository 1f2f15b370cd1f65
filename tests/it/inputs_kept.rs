//! No command writes over what it reads: an output that is an input, or another output, is refused
//! before anything is opened, under whatever name it goes.

#![allow(unsafe_code)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use super::shell;
use super::support::{Place, Ran, hourly, words};

/// A place with a model `m.safetensors`, its table under many names, a folder of parts and settings.
fn place() -> Place {
    let place = shell::place();
    place.write("run.yaml", "model:\n  hidden_size: 4\n");
    place.write("feasts.csv", "2020-12-25\n").write("feasts.yaml", "data:\n  holidays: feasts.csv\n");
    std::fs::hard_link(place.path("t.csv"), place.path("hard.csv")).unwrap();
    symlink("t.csv", place.path("soft.csv")).unwrap();
    symlink("m.safetensors", place.path("soft.safetensors")).unwrap();
    symlink(".", place.path("again")).unwrap();
    std::fs::create_dir(place.path("parts")).unwrap();
    place.write("parts/a.csv", hourly(1, 300)).write("parts/b.csv", hourly(1, 300).replace("city0", "x"));
    place
}

/// Every plain file with its bytes, and every link.
fn content(place: &Place) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut folders = vec![place.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap()) {
            let kind = entry.file_type().unwrap();
            let path = entry.path();
            match () {
                () if kind.is_dir() => folders.push(path),
                () if kind.is_file() => all.push((path.display().to_string(), std::fs::read(&path).unwrap())),
                () => all.push((path.display().to_string(), Vec::new())),
            }
        }
    }
    all.sort();
    all
}

const TRAIN: &str =
    "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 4 --max-steps 1 --quiet";

/// Refused, with nothing changed and both names told.
#[test]
fn an_output_is_never_an_input_or_another_output() {
    let place = place();
    let before = content(&place);
    let train = |more: &str| format!("{TRAIN} {more}");
    let cases: Vec<(String, &str)> = vec![
        (train("--out t.csv"), "--out t.csv is the same file as the table t.csv"),
        (train("--out ./again/t.csv"), "--out ./again/t.csv is the same file as the table t.csv"),
        (train("--out hard.csv"), "--out hard.csv is the same file as the table t.csv"),
        (train("--out soft.csv"), "--out soft.csv is the same file as the table t.csv"),
        (train("--log t.csv"), "--log t.csv is the same file as the table t.csv"),
        (train("--log hard.csv"), "--log hard.csv is the same file as the table t.csv"),
        (train("--out new.st --log new.st"), "--log new.st is the same file as --out new.st"),
        (train("--out new.st --log again/new.st"), "--log again/new.st is the same file as --out new.st"),
        (
            train("--config run.yaml --out run.yaml"),
            "--out run.yaml is the same file as the settings file run.yaml",
        ),
        (
            train("--config run.yaml --log run.yaml"),
            "--log run.yaml is the same file as the settings file run.yaml",
        ),
        (
            train("--config feasts.yaml --out again/feasts.csv"),
            "--out again/feasts.csv is the same file as the file of `holidays` in the settings, feasts.csv",
        ),
        (
            "ingest t.csv --target pm --config feasts.yaml --out feasts.csv".into(),
            "--out feasts.csv is the same file as the file of `holidays` in the settings, feasts.csv",
        ),
        (
            train("--holidays feasts.csv --log feasts.csv"),
            "--log feasts.csv is the same file as the file of --holidays",
        ),
        (
            "train t.csv --init-from m.safetensors --out soft.safetensors".into(),
            "--out soft.safetensors is the same file as the model of --init-from m.safetensors",
        ),
        (
            train("--out n.safetensors --log n.resume.safetensors"),
            "the state of training beside --out n.resume.safetensors is the same file as --log",
        ),
        (
            "train parts --target pm --out parts/b.csv".into(),
            "--out parts/b.csv is the same file as a part of the table, parts/b.csv",
        ),
        (
            "train parts/*.csv --target pm --log parts/a.csv".into(),
            "--log parts/a.csv is the same file as a part of the table, parts/a.csv",
        ),
        ("predict m.safetensors t.csv --out t.csv".into(), "--out t.csv is the same file as the table t.csv"),
        (
            "predict m.safetensors t.csv --append -o soft.csv".into(),
            "--out soft.csv is the same file as the table",
        ),
        (
            "predict m.safetensors t.csv --format csv --out m.safetensors".into(),
            "--out m.safetensors is the same file as the checkpoint m.safetensors",
        ),
        (
            "predict m.safetensors parts --out parts/a.csv".into(),
            "--out parts/a.csv is the same file as a part of the table, parts/a.csv",
        ),
        (
            "predict m.safetensors t.csv --future-table hard.csv --out hard.csv".into(),
            "--out hard.csv is the same file as the table t.csv",
        ),
        (
            "evaluate m.safetensors t.csv --forecasts t.csv".into(),
            "--forecasts t.csv is the same file as the table t.csv",
        ),
        (
            "evaluate m.safetensors t.csv --forecasts e.csv --out e.csv".into(),
            "--forecasts e.csv is the same file as --out e.csv",
        ),
        (
            "evaluate m.safetensors t.csv --format csv --out m.safetensors".into(),
            "--out m.safetensors is the same file as the checkpoint m.safetensors",
        ),
        (
            "evaluate m.safetensors t.csv --forecasts /dev/stdout".into(),
            "--forecasts /dev/stdout is the same file as the report on standard output",
        ),
        (
            "evaluate --baseline-only t.csv --target pm --out t.csv".into(),
            "--out t.csv is the same file as the table t.csv",
        ),
        (
            "ingest t.csv --target pm --layout flat --out t.csv".into(),
            "--out t.csv is the same file as the table t.csv",
        ),
        (
            "ingest t.csv --target pm --config run.yaml --layout flat --out again/run.yaml".into(),
            "--out again/run.yaml is the same file as the settings file run.yaml",
        ),
    ];
    for (line, message) in cases {
        let ran = place.run(&words(&line, &[]));
        assert_eq!(ran.code, 2, "{line}\n{}", ran.stderr);
        assert!(ran.stderr.starts_with(&format!("error: {message}")), "{line}\n{}", ran.stderr);
        assert!(ran.stderr.contains("\nhint: ") && ran.stdout.is_empty(), "{line}\n{}", ran.stderr);
        assert!(content(&place) == before, "{line}: something changed");
    }
}

/// Runs a line of shell with the program as `$P`.
fn sh(place: &Place, line: &str) -> Ran {
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(place.path("."))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("P", env!("CARGO_BIN_EXE_lstm-forecast"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// What the shell redirects is seen as well.
#[test]
fn redirections_are_outputs_and_inputs() {
    let place = place();
    let table = place.read("t.csv");
    let model = std::fs::read(place.path("m.safetensors")).unwrap();
    for line in [
        "$P predict m.safetensors t.csv >> t.csv",
        "$P predict m.safetensors - < t.csv >> t.csv",
        "$P predict m.safetensors - --append --out hard.csv < t.csv",
        "$P predict m.safetensors /dev/stdin --out t.csv < t.csv",
        "$P evaluate m.safetensors t.csv >> t.csv",
        "$P evaluate m.safetensors t.csv --out /dev/stdout >> t.csv",
        "$P inspect m.safetensors >> m.safetensors",
        "$P ingest t.csv >> soft.csv",
        "$P train t.csv --target pm --print-config >> t.csv",
        "$P train t.csv --target pm --out new.st --log /dev/stdout >> t.csv",
    ] {
        let ran = sh(&place, line);
        assert_eq!(ran.code, 2, "{line}\n{}", ran.stderr);
        assert!(ran.stderr.contains(" is the same file as "), "{line}\n{}", ran.stderr);
        assert!(place.read("t.csv") == table, "{line}");
        assert!(std::fs::read(place.path("m.safetensors")).unwrap() == model, "{line}");
    }
    // Devices and pipes are no files that could be lost.
    for line in [
        "$P evaluate m.safetensors t.csv --out /dev/null --forecasts /dev/null",
        "$P predict m.safetensors - < t.csv > /dev/null",
        "cat t.csv | $P predict m.safetensors - | cat > next.csv",
        "$P predict m.safetensors t.csv > other.csv 2>&1",
    ] {
        let ran = sh(&place, line);
        assert_eq!(ran.code, 0, "{line}\n{}", ran.stderr);
    }
}

/// Neither a log nor anything else is made or emptied before the table and the settings are good.
#[test]
fn nothing_is_made_before_the_table_is_good() {
    let place = place();
    place
        .write("old.ndjson", "{\"event\":\"of another training\"}\n")
        .write("bad.csv", "date,pm\nyesterday,1\n");
    let before = content(&place);
    for line in [
        "train t.csv --target typo --log old.ndjson --out new.st",
        "train t.csv --target pm --hidden-size 0 --log old.ndjson --out new.st",
        "train t.csv --target pm --horizon 100000 --log old.ndjson --out new.st",
        "train bad.csv --target pm --log old.ndjson --out new.st",
        "train none.csv --target pm --log new.ndjson --out new.st",
        "train t.csv --target pm --init-from none.st --log old.ndjson --out new.st",
        "train t.csv --target pm --resume --log old.ndjson --out new.st",
        "predict m.safetensors bad.csv --out next.csv",
        "evaluate m.safetensors bad.csv --out report.md --forecasts next.csv",
        "ingest bad.csv --target pm --out w.safetensors",
    ] {
        let ran = place.run(&words(line, &[]));
        assert_ne!(ran.code, 0, "{line}");
        assert!(content(&place) == before, "{line}: something changed\n{}", ran.stderr);
    }
    place.ok(&words(TRAIN, &["--log", "old.ndjson", "--out", "new.st"]));
    assert!(
        place.read("old.ndjson").starts_with("{\"batch") || !place.read("old.ndjson").contains("of another")
    );
}

/// A first output among the parts of a table is no loss yet, but the next run would read it.
#[test]
fn an_output_among_the_parts_is_pointed_out() {
    let place = place();
    for (table, out, told) in [
        ("parts", "parts/next.csv", true),
        ("parts/*.csv", "parts/new.csv", true),
        ("parts/*.csv", "parts/next.tsv", false),
        ("parts", "next.csv", false),
        ("parts/a.csv", "parts/third.csv", false),
    ] {
        let ran = place.ok(&["predict", "m.safetensors", table, "--out", out]);
        let note =
            format!("note: --out {out} will lie among the files of {table}: a later run would read it");
        assert_eq!(ran.stderr.contains(&note), told, "{table} {out}: {}", ran.stderr);
        std::fs::remove_file(place.path(out)).unwrap();
    }
}

/// A named pipe that nobody reads looks like a program that hangs.
#[test]
fn a_pipe_without_a_reader_is_told_of() {
    let place = place();
    let made = Command::new("mkfifo").arg(place.path("pipe")).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no mkfifo");
        return;
    }
    let waiting = "note: pipe is a named pipe without a reader: waiting until something reads it\n";
    let line = format!("({TRAIN} --out new.st --log pipe").replace("(train", "($P train");
    let ran = sh(&place, &format!("{line}) & sleep 1.5; cat pipe > log; wait $!"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, waiting));
    assert!(place.read("log").lines().count() >= 3 && Path::new(&place.path("new.st")).exists());
    // While it waits a signal ends it.
    let mut child = place.command(&words(TRAIN, &["--out", "other.st", "--log", "pipe"])).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    // SAFETY: the child is ours and has not been waited for, so the id is still its own.
    unsafe { libc::kill(child.id() as i32, libc::SIGTERM) };
    assert_eq!(child.wait().unwrap().code(), None);
    let ran = sh(
        &place,
        "$P predict m.safetensors t.csv --format csv --out pipe & sleep 1; cat pipe | wc -l; wait",
    );
    assert_eq!((ran.stdout.trim(), ran.stderr.as_str()), ("13", waiting));
}
