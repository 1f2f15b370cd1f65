//! What comes after the choice: the networks go on with the validation part, or are trained once more on all rows (`--final`).

#![allow(unsafe_code)]

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::Value;

use super::support::{Place, csv, hourly, words};

const TRAIN: &str = "train early.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --ensemble 2 \
                     --max-steps 30 --quiet --out";

fn inspected(place: &Place, model: &str) -> Value {
    serde_json::from_str(&place.ok(&["inspect", model, "--format", "json"]).stdout).unwrap()
}

/// A table, and the same one with the rows of a week more.
fn tables(place: &Place) {
    let later = hourly(2, 700);
    let rows = csv(&later);
    let last = rows[1..].iter().map(|row| row[1].clone()).collect::<std::collections::BTreeSet<_>>();
    let end = last.iter().nth(532).unwrap();
    let early: Vec<&str> =
        later.lines().enumerate().filter(|(i, _)| *i == 0 || rows[*i][1] < *end).map(|(_, l)| l).collect();
    place.write("later.csv", &later);
    place.write("early.csv", early.join("\n") + "\n");
}

#[test]
fn all_rows_are_trained_on_and_the_choice_stays() {
    let place = Place::new();
    tables(&place);
    place.ok(&words(TRAIN, &["plain"]));
    place.ok(&words(TRAIN, &["once", "--final"]));
    let (plain, once) = (inspected(&place, "plain"), inspected(&place, "once"));
    let (before, all) = (&once["training"], &once["training"]["final"]);
    // Validation is that of the choice, and so are intervals and the pool's weights.
    assert_eq!(before["val_mae"], plain["training"]["val_mae"]);
    assert_eq!(once["calibration"], plain["calibration"]);
    assert_eq!(once["pool"]["weights"], plain["pool"]["weights"]);
    assert_eq!(all["chosen"], plain["bounds"]);
    // Two histories of 532 rows hold 503 windows of 24 + 6 each.
    assert_eq!(all["windows"], 1006);
    let (windows, steps) = (before["train_windows"].as_f64().unwrap(), all["steps"].as_f64().unwrap());
    assert!(steps > 5.0 && steps <= (30.0 * 1006.0 / windows).ceil(), "{steps} steps, {windows} windows");
    assert_ne!(
        place.ok(&words("predict plain early.csv", &[])).stdout,
        place.ok(&words("predict once early.csv", &[])).stdout
    );
    // The same bytes again.
    place.ok(&words(TRAIN, &["again", "--final", "--threads", "1"]));
    assert_eq!(std::fs::read(place.path("once")).unwrap(), std::fs::read(place.path("again")).unwrap());
    let text = place.ok(&["inspect", "once"]).stdout;
    assert!(text.contains("once more on all rows: 1006 windows"), "{text}");
}

#[test]
fn what_was_trained_on_is_no_test() {
    let place = Place::new();
    tables(&place);
    place.ok(&words(TRAIN, &["once", "--final"]));
    let ran = place.run(&["evaluate", "once", "early.csv"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("trained on all rows") && ran.stderr.contains("--final"), "{}", ran.stderr);
    // Rows that came later are scored, all of them and no other.
    let scored = place.ok(&words("evaluate once later.csv --quiet --forecasts f.csv", &[]));
    assert!(!scored.stdout.contains("begin before the test part"), "{}", scored.stdout);
    assert_eq!(csv(&place.read("f.csv")).len() - 1, 2 * 168);
}

#[test]
fn a_table_without_validation_is_gone_over_as_often() {
    let place = Place::new();
    tables(&place);
    place.ok(&words(TRAIN, &["once", "--final", "--no-validation"]));
    let seen = inspected(&place, "once");
    let (windows, steps) =
        (seen["training"]["train_windows"].as_f64().unwrap(), &seen["training"]["final"]["steps"]);
    assert_eq!(steps.as_f64().unwrap(), (30.0 * 1006.0 / windows).round());
}

/// Interrupted while it goes over all rows: nothing is written, and `--resume` ends in the same bytes.
#[cfg(unix)]
#[test]
fn an_interrupted_one_is_made_from_its_beginning() {
    let place = Place::new();
    tables(&place);
    let long = "train early.csv --target pm --input-window 48 --horizon 6 --hidden-size 48 --ensemble 2 --max-steps 60 --final";
    place.ok(&words(long, &["--quiet", "--out", "whole"]));
    let mut child = place
        .command(&words(long, &["--out", "m.safetensors", "--progress", "never"]))
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while stderr.read_line(&mut said).unwrap() > 0 && !said.contains("once more, on all rows") {}
    // SAFETY: a signal to a child that runs.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("after the choice") && said.contains("--resume"), "{said}");
    assert!(!place.path("m.safetensors").exists() && place.path("m.resume.safetensors").exists(), "{said}");
    place.ok(&words("train early.csv --out m.safetensors --resume --quiet", &[]));
    assert_eq!(
        std::fs::read(place.path("whole")).unwrap(),
        std::fs::read(place.path("m.safetensors")).unwrap()
    );
    assert!(!place.path("m.resume.safetensors").exists());
}

#[test]
fn the_validation_part_is_learned_from_and_the_test_part_is_not() {
    let place = Place::new();
    tables(&place);
    place.ok(&words(TRAIN, &["on"]));
    place.ok(&words(TRAIN, &["choice", "--final=no"]));
    let (on, choice) = (inspected(&place, "on"), inspected(&place, "choice"));
    assert_eq!(choice["training"]["final"], Value::Null);
    let more = &on["training"]["final"];
    assert_eq!((more["part"].as_str(), &more["chosen"]), (Some("validation"), &choice["bounds"]));
    // What the choice found stays: parts, scalers, error, intervals, weights of the pool.
    for kept in ["bounds", "calibration", "scaler"] {
        assert_eq!(on[kept], choice[kept], "{kept}");
    }
    assert_eq!(on["pool"]["weights"], choice["pool"]["weights"]);
    assert_eq!(on["training"]["val_mae"], choice["training"]["val_mae"]);
    let windows = |seen: &Value| seen.as_u64().unwrap();
    assert!(windows(&more["windows"]) > windows(&choice["training"]["train_windows"]));
    assert_ne!(
        place.ok(&words("predict on early.csv", &[])).stdout,
        place.ok(&words("predict choice early.csv", &[])).stdout
    );
    // Other rows in the test part change nothing.
    let rows = csv(&place.read("early.csv"));
    let stamps: std::collections::BTreeSet<&String> = rows[1..].iter().map(|row| &row[1]).collect();
    let late = stamps.iter().nth(stamps.len() * 9 / 10).unwrap();
    let spoilt = |(line, row): (&str, &Vec<String>)| match row[1] > **late && row[1] != "date" {
        true => format!("{},{},1,1", row[0], row[1]),
        false => line.to_owned(),
    };
    let changed: Vec<String> = place.read("early.csv").lines().zip(&rows).map(spoilt).collect();
    place.write("changed.csv", changed.join("\n") + "\n");
    place.ok(&words(&TRAIN.replace("early", "changed"), &["other"]));
    let figures = |model: &str| -> Value {
        let command =
            ["evaluate", model, "later.csv", "--from", late.as_str(), "--format", "json", "--quiet"];
        let report: Value = serde_json::from_str(&place.ok(&command).stdout).unwrap();
        report["overall"].clone()
    };
    assert_eq!(figures("on"), figures("other"));
}

#[test]
fn settings_of_before_say_yes_or_no() {
    let place = Place::new();
    tables(&place);
    for (text, part) in
        [("false", None), ("true", Some("all")), ("validation", Some("validation")), ("no", None)]
    {
        place.write("run.yaml", format!("train: {{ final: {text} }}\n"));
        place.ok(&words(TRAIN, &["m", "--config", "run.yaml"]));
        assert_eq!(inspected(&place, "m")["training"]["final"]["part"].as_str(), part, "{text}");
    }
    place.write("run.yaml", "train: { final: maybe }\n");
    let ran = place.run(&words(TRAIN, &["m", "--config", "run.yaml"]));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("`no`, `validation` or `all`"), "{}", ran.stderr);
}
