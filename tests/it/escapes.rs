//! Names that a terminal would obey are shown as escapes, and go raw into data alone.

#![allow(unsafe_code)]

use std::fs::File;
use std::io::Read;
use std::os::fd::FromRawFd;
use std::process::Stdio;

use super::shell;
use super::support::{Place, hourly, words};

/// Rings, renames the window, clears the screen, forges a line, turns the direction, forges HTML.
const EVIL: &str = "x\x1b]0;owned\x07\x1b[2J\nerror: forged\u{202e}<img src=x>|`b`\u{9b}31m";
/// As a person sees it; white space of any kind in a name is a space.
const SHOWN: &str = r"x\x1b]0;owned\x07\x1b[2J error: forged\u202e<img src=x>|`b`\u009b31m";

/// Cities, a target and a feature with that name, and a model of them.
fn place() -> Place {
    let place = Place::new();
    let quoted = format!("\"{EVIL}\"");
    let table = hourly(2, 200).replace("city1", &quoted).replace("pm,wind", &format!("pm,\"w{EVIL}\""));
    place.write("t.csv", table);
    place.ok(&words(
        "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 4 --max-steps 2 --ensemble 1 --quiet \
         --out m.safetensors",
        &[],
    ));
    place
}

fn acts(text: &str) -> bool {
    text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}')
}

#[test]
fn messages_tables_and_reports_show_escapes() {
    let place = place();
    // A series that is too short, one that training has not seen, a column that is missing.
    let short: String = place.read("t.csv").split_inclusive('\n').take(30).collect();
    place.write("short.csv", format!("{short}\"new{EVIL}\",2021-01-01T00:00:00,1,1\n"));
    place.write("bad.csv", place.read("t.csv").replace("50.0", "oops"));
    place.write("less.csv", hourly(1, 100).replace("wind", "other"));
    let lines = [
        "ingest t.csv",
        "ingest t.csv --format json",
        "ingest t.csv --target nothing",
        "inspect m.safetensors",
        "evaluate m.safetensors t.csv",
        "evaluate m.safetensors t.csv --format markdown",
        "predict m.safetensors t.csv --format table",
        "predict m.safetensors short.csv",
        "predict m.safetensors short.csv --skip-short --quiet --format table",
        "predict m.safetensors short.csv --skip-short --format json",
        "predict m.safetensors less.csv",
        "train t.csv --target pm --max-steps 1 --hidden-size 4 --out new.safetensors -v",
        "predict m.safetensors t.csv --only none",
        "evaluate m.safetensors t.csv --only none",
    ];
    for line in lines {
        let ran = place.run(&words(line, &[]));
        assert!(!acts(&ran.stderr), "{line}: {:?}", ran.stderr);
        assert!(ran.stderr.lines().all(|l| !l.starts_with("error: forged")), "{line}: {}", ran.stderr);
        if !line.contains("json") {
            assert!(!acts(&ran.stdout), "{line}: {:?}", ran.stdout);
            assert!(ran.stdout.lines().all(|l| !l.starts_with("error: forged")), "{line}: {}", ran.stdout);
        }
    }
    let ran = place.run(&words("predict m.safetensors short.csv", &[]));
    assert!(ran.stderr.contains(r"new") && ran.stderr.contains(r"\x1b]0;owned\x07"), "{}", ran.stderr);
    let inspected = place.ok(&["inspect", "m.safetensors"]).stdout;
    assert!(inspected.contains(&format!("w{SHOWN}")), "{inspected}");
    let table = place.ok(&words("predict m.safetensors t.csv --format table", &[])).stdout;
    assert!(table.contains(r"x\x1b]0;owned\x07"), "{table}");
}

#[test]
fn names_do_not_break_markdown() {
    let place = place();
    let report = place.ok(&words("evaluate m.safetensors t.csv --format markdown", &[])).stdout;
    assert!(!report.contains("<img"), "{report}");
    assert!(report.contains("&lt;img src=x&gt;"), "{report}");
    // Every row of a table has the cells of its head.
    let mut cells = None;
    for line in report.lines() {
        let bars = line.replace("\\|", "").matches('|').count();
        match line.starts_with('|') {
            true => assert_eq!(*cells.get_or_insert(bars), bars, "{line}"),
            false => cells = None,
        }
    }
}

/// Runs with both outputs on a terminal of its own, and gives what it would show.
fn on_a_terminal(place: &Place, args: &[&str]) -> String {
    let (mut ours, mut theirs) = (0, 0);
    // SAFETY: both descriptors are made here; null pointers ask for the system's own settings.
    let made = unsafe {
        libc::openpty(
            &mut ours,
            &mut theirs,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    };
    assert_eq!(made, 0, "a terminal");
    // SAFETY: each is open and has no other owner.
    let (mut ours, theirs) = unsafe { (File::from_raw_fd(ours), File::from_raw_fd(theirs)) };
    let mut command = place.command(args);
    command.stdout(Stdio::from(theirs.try_clone().unwrap())).stderr(Stdio::from(theirs));
    let mut child = command.spawn().unwrap();
    drop(command); // else the terminal stays open here
    let mut shown = Vec::new();
    // At its end Linux gives an error instead of nothing.
    let mut piece = [0; 4096];
    while let Ok(n @ 1..) = ours.read(&mut piece) {
        shown.extend_from_slice(&piece[..n]);
    }
    child.wait().unwrap();
    String::from_utf8_lossy(&shown).replace("\r\n", "\n")
}

#[test]
fn data_are_raw_in_a_pipe_and_escaped_on_a_terminal() {
    let place = place();
    for format in ["csv", "tsv", "ndjson", "json", "table"] {
        let args = words("predict m.safetensors t.csv --format", &[format]);
        let shown = on_a_terminal(&place, &args);
        assert!(!acts(&shown.replace('\t', " ")), "{format}: {shown:?}");
        assert!(format == "table" || shown.contains(r"\u009b31m"), "{format}: {shown}");
        let piped = place.ok(&args).stdout;
        let raw = matches!(format, "csv" | "tsv");
        assert_eq!(piped.contains("\x1b]0;owned\x07"), raw, "{format}");
        assert_eq!(piped.contains('\u{9b}'), format != "table", "{format}");
    }
    place.ok(&words("predict m.safetensors t.csv --out next.csv", &[]));
    assert!(place.read("next.csv").contains(&EVIL.replace('\n', " ")));
    assert!(!acts(&on_a_terminal(&place, &["inspect", "m.safetensors", "--format", "json"])));
    assert!(!acts(&on_a_terminal(&place, &["evaluate", "m.safetensors", "t.csv"])));
    assert!(!acts(&on_a_terminal(&place, &["ingest", "t.csv"])));
    assert!(!acts(&on_a_terminal(&place, &["predict", "m.safetensors", "t.csv", "--append"])));
    // Compressed data and other bytes do no harm either.
    let shown = on_a_terminal(&place, &words("predict m.safetensors t.csv --format parquet", &[]));
    assert!(!acts(&shown.replace(['\t', '\r'], "")), "{shown:?}");
    // Names without anything to hide look as they are.
    let plain = shell::place();
    let shown = on_a_terminal(&plain, &words("predict m.safetensors t.csv --format csv", &[]));
    assert_eq!(shown, plain.ok(&words("predict m.safetensors t.csv --format csv", &[])).stdout);
}
