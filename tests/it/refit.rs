//! `evaluate --refit` and `--insample`.

#![allow(unsafe_code)]

use std::io::{BufRead, Read};
use std::process::Stdio;

use super::support::{Place, csv, hourly, words};

const TRAIN: &str = "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --ensemble 1 \
                     --max-steps 10 --quiet --out";

/// Rows of `--forecasts`.
fn forecasts(place: &Place, args: &[&str]) -> Vec<Vec<String>> {
    place.ok(&[&["evaluate", "m", "t.csv", "--quiet", "--forecasts", "f.csv"], args].concat());
    csv(&place.read("f.csv"))
}

#[test]
fn a_refit_sees_what_is_known_by_then() {
    let place = Place::new();
    let table = hourly(2, 600);
    place.write("t.csv", &table);
    place.ok(&words(TRAIN, &["m"]));
    let plain = forecasts(&place, &[]);
    // One refit, at the start of the test part, is the checkpoint's own training.
    assert_eq!(forecasts(&place, &["--refit", "1000"]), plain);
    let twice = forecasts(&place, &["--refit", "10"]);
    assert_eq!(twice.len(), plain.len());
    assert_ne!(twice, plain);
    assert_eq!(forecasts(&place, &["--refit", "10", "--threads", "1"]), twice);
    let sliding = forecasts(&place, &["--refit", "10", "--refit-window", "sliding"]);
    assert_eq!(sliding.len(), plain.len());
    assert_ne!(sliding, twice);

    // Everything from the second training on is replaced: what the first one forecast stays.
    let origin = |rows: &[Vec<String>]| rows[0].iter().position(|c| c == "origin").expect("a column");
    let at = origin(&twice);
    let mut origins: Vec<&String> = twice[1..].iter().map(|row| &row[at]).collect();
    origins.sort();
    origins.dedup();
    let second = origins[10].clone();
    let noise: String = table
        .lines()
        .map(|line| {
            let mut cells: Vec<String> = line.split(',').map(str::to_string).collect();
            if cells[1] >= second && cells[1].starts_with('2') {
                cells[2..].iter_mut().for_each(|cell| *cell = format!("{}", cell.len() * 7 + line.len()));
            }
            cells.join(",") + "\n"
        })
        .collect();
    assert_ne!(noise, table);
    place.write("t.csv", noise);
    for (window, before) in [("expanding", &twice), ("sliding", &sliding)] {
        let now = forecasts(&place, &["--refit", "10", "--refit-window", window]);
        let yhat = now[0].iter().position(|c| c == "yhat").expect("a column");
        let early = |rows: &[Vec<String>]| -> Vec<Vec<String>> {
            rows[1..].iter().filter(|row| row[at] < second).map(|row| row[..=yhat].to_vec()).collect()
        };
        assert!(!early(&now).is_empty());
        assert_eq!(early(&now), early(before), "{window}");
    }
}

/// The hourly table, and a third city that begins within the test part, which starts at hour 480
/// (80 % of 600): at hour 509, so that with 24 rows of history its first origin on the grid of
/// every 6 hours from 480 is 534, in the first group of ten.
fn late() -> String {
    let late = |line: &&str| !line.starts_with("city2") || stamp(line) >= "2021-01-22T05:00:00";
    hourly(3, 600).lines().filter(late).fold(String::new(), |all, line| all + line + "\n")
}

/// The second cell of a line.
fn stamp(line: &str) -> &str {
    line.split(',').nth(1).unwrap_or_default()
}

/// Rows without the header, in order of their text: groups of origins are written one after
/// another, one call of `evaluate` writes series after series.
fn sorted(rows: impl IntoIterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    let mut rows: Vec<_> = rows.into_iter().filter(|row| row[0] != "city").collect();
    rows.sort();
    rows
}

/// Each refit is what `train` and `evaluate` do on the table with the group's first origin as the
/// start of the test part, and as much of the table before it for validation as the checkpoint
/// had; a sliding window is the table without the rows before it.
#[test]
fn each_refit_is_training_and_evaluating_by_hand() {
    let place = Place::new();
    let table = late();
    place.write("t.csv", &table);
    place.ok(&words(TRAIN, &["m"]));
    // Groups of ten origins: hours 480 to 534, 540 to 594, and the validation part is of 60 hours.
    let groups = [
        ("2021-01-18T12:00:00", "2021-01-21T00:00:00", "2021-01-23T11:00:00", "2021-01-01T00:00:00"),
        ("2021-01-21T00:00:00", "2021-01-23T12:00:00", "2021-01-25T23:00:00", "2021-01-03T12:00:00"),
    ];
    for window in ["expanding", "sliding"] {
        place.write("t.csv", &table);
        let found = sorted(forecasts(&place, &["--refit", "10", "--refit-window", window]));
        assert_eq!(found.iter().filter(|row| row[0] == "city0").count(), 20 * 6);
        // Origins 534 to 594.
        assert_eq!(found.iter().filter(|row| row[0] == "city2").count(), 11 * 6);
        let mut expected = Vec::new();
        for (val, first, last, begin) in groups {
            let begin = if window == "sliding" { begin } else { "" };
            let rows = |line: &&str| line.starts_with("city,") || stamp(line) >= begin;
            place.write("t.csv", table.lines().filter(rows).fold(String::new(), |all, l| all + l + "\n"));
            place.ok(&words(TRAIN, &["hand", "--val-start", val, "--test-start", first]));
            let part = ["--from", first, "--to", last, "--forecasts", "hand.csv"];
            place.ok(&words("evaluate hand t.csv --quiet", &part));
            expected.extend(csv(&place.read("hand.csv")));
        }
        assert_eq!(found, sorted(expected), "{window}");
    }
}

/// Ctrl-C while a refit trains: exit code 130, and neither the file nor a temporary one.
#[cfg(unix)]
#[test]
fn an_interrupted_refit_leaves_nothing() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 600));
    place.ok(&words(TRAIN, &["m"]));
    let names = || {
        let entries = std::fs::read_dir(place.path("")).unwrap().map(|e| e.unwrap().file_name());
        let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    };
    let before = names();
    let args = "evaluate m t.csv --refit 1 --forecasts f.csv --progress always";
    let mut child =
        place.command(&words(args, &[])).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // The first line of progress is written within the first training, with the handler in place.
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    stderr.read_line(&mut said).unwrap();
    assert_eq!(names().len(), before.len() + 1, "no temporary file while it runs: {said}");
    // SAFETY: the child is ours and has not been waited for, so the id is still its own.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("the evaluation was interrupted while it trained; nothing was written"), "{said}");
    assert_eq!(names(), before);
}

#[test]
fn the_training_part_is_scored_by_name() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 600));
    place.ok(&words(TRAIN, &["m"]));
    let text = place.ok(&["evaluate", "m", "t.csv", "--insample"]).stdout;
    assert!(text.contains("In sample: this is the training part"), "{text}");
    let last = |rows: Vec<Vec<String>>| rows[1..].iter().map(|r| r[2].clone()).max().expect("rows");
    assert!(last(forecasts(&place, &["--insample"])) < last(forecasts(&place, &[])));
    for (args, says) in [
        (&["--insample", "--from", "2024-01-01"][..], "cannot be used with"),
        (&["--refit", "0"], "`refit` is 0"),
        (&["--refit-window", "sliding"], "required"),
    ] {
        let ran = place.run(&[&["evaluate", "m", "t.csv"], args].concat());
        assert!(ran.code != 0 && ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    }
}
