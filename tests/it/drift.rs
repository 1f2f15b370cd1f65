//! `evaluate` and `watch` say when the newest rows are forecast worse than the calibration expects.

use super::support::{Place, hourly, words};

const TRAIN: &str = "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --ensemble 1 --max-steps 60 --quiet --out m";

/// Rows of each city: 700 of training, validation and test, and as many that came later.
const ROWS: usize = 1400;

/// The table; from this row on with something that no model has learned.
fn table(from: usize) -> String {
    let mut text = String::new();
    let whole = hourly(3, ROWS);
    for (i, line) in whole.lines().enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let row = (i + ROWS - 1) % ROWS;
        if i == 0 || row < from {
            text += &format!("{line}\n");
            continue;
        }
        let value: f64 = cells[2].parse().unwrap();
        let odd = 14.0 * (row as f64 * 1.7).sin();
        text += &format!("{},{},{:.2},{}\n", cells[0], cells[1], value + odd, cells[3]);
    }
    text
}

fn place() -> Place {
    let place = Place::new();
    place.write("t.csv", hourly(3, 700)).write("usual.csv", table(ROWS)).write("worse.csv", table(900));
    place.ok(&words(TRAIN, &[]));
    place
}

#[test]
fn the_newest_rows_are_told_from_those_of_the_calibration() {
    let place = place();
    for (name, again) in [("usual.csv", false), ("worse.csv", true)] {
        let report = place.ok(&["evaluate", "m", name, "--format", "json"]).stdout;
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let drift = &report["drift"];
        assert_eq!(drift["train_again"], again, "{drift}");
        assert_eq!(drift["p"].as_f64().unwrap() < 0.01, again, "{drift}");
        assert_eq!(drift["expected"].as_f64().map(|e| (e * 1000.0).round()), Some(200.0));
        // A season of 24 rows a block: the newest 8, 14 or 28.
        assert!([8, 14, 28].contains(&drift["blocks"].as_u64().unwrap()), "{drift}");
        let text = place.ok(&["evaluate", "m", name]).stdout.replace('\n', " ");
        assert_eq!(
            text.contains("lie outside of their 80 % intervals, where 20 % are expected"),
            again,
            "{text}"
        );
        assert_eq!(text.contains("train again"), again, "{text}");
        let ran = place.run(&["watch", "m", name, "--out", "a.csv"]);
        assert_eq!(ran.stderr.contains("train again"), again, "{}", ran.stderr);
        let logged = place.run(&["watch", "m", name, "--out", "b.csv", "--log-format", "json"]).stderr;
        let figures = logged.lines().find(|line| line.contains("\"figures\"")).unwrap();
        let figures: serde_json::Value = serde_json::from_str(figures).unwrap();
        assert_eq!(figures["figures"]["drift"]["train_again"], again, "{figures}");
        // The level that is watched is that of the alarms, whatever drift is seen by.
        assert!(place.read("a.csv").lines().next().unwrap().contains("yhat_lo99,yhat_hi99"));
    }
}

#[test]
fn where_nobody_can_tell_nothing_is_said() {
    let place = place();
    let drift = |args: &[&str]| {
        let report = place.ok(&[&["evaluate", "m", "worse.csv", "--format", "json"], args].concat()).stdout;
        serde_json::from_str::<serde_json::Value>(&report).unwrap()["drift"].clone()
    };
    // Fewer than eight days; rows that training has seen.
    assert!(drift(&["--from", "2021-02-23T00:00:00"]).is_null());
    assert!(drift(&["--from", "2021-01-05T00:00:00"]).is_null());
    assert!(drift(&["--insample"]).is_null());
    // A model that is not calibrated.
    place.ok(&words(TRAIN, &["--split", "0.9,0,0.1"]));
    assert!(drift(&[]).is_null());
}
