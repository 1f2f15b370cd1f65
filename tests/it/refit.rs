//! `evaluate --refit` and `--insample`.

use super::support::{Place, csv, hourly};

const TRAIN: &[&str] = &[
    "train",
    "t.csv",
    "--target",
    "pm",
    "--input-window",
    "24",
    "--horizon",
    "6",
    "--hidden-size",
    "8",
    "--ensemble",
    "1",
    "--max-steps",
    "10",
    "--quiet",
    "--out",
    "m",
];

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
    place.ok(TRAIN);
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

#[test]
fn the_training_part_is_scored_by_name() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 600));
    place.ok(TRAIN);
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
