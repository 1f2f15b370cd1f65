//! What is said where a result could be taken for more than it is: old values, seen rows, known futures.

use super::support::{Place, hourly};

const SMALL: [&str; 14] = [
    "--target",
    "pm",
    "--input-window",
    "24",
    "--horizon",
    "3",
    "--hidden-size",
    "8",
    "--ensemble",
    "1",
    "--max-steps",
    "3",
    "--out",
    "m",
];

fn place(more: &[&str]) -> Place {
    let place = Place::new();
    place.write("t.csv", hourly(3, 400));
    place.ok(&[&["train", "t.csv"], &SMALL[..], more].concat());
    place
}

/// The table without city2's rows from `date` on; or with its `pm` blanked there.
fn cut_off(date: &str, blank: bool) -> String {
    let late = |line: &&str| line.starts_with("city2,") && line[6..] >= *date;
    let text = hourly(3, 400);
    let keep = |line: &str| match (late(&line), blank) {
        (false, _) => Some(line.to_string()),
        (true, false) => None,
        (true, true) => {
            let parts: Vec<&str> = line.split(',').collect();
            Some(format!("{},{},,{}", parts[0], parts[1], parts[3]))
        }
    };
    text.lines().filter_map(keep).map(|line| line + "\n").collect()
}

/// Three kinds of series that training has not learned from, in the words that are true of each.
#[test]
fn series_that_training_did_not_learn_from_are_told_apart() {
    let place = place(&["--val-start", "2021-01-12", "--test-start", "2021-01-15"]);
    let more = |name: &str, rows: usize| -> String {
        hourly(1, 400).lines().skip(401 - rows).map(|line| line.replace("city0", name) + "\n").collect()
    };
    place.write("more.csv", hourly(3, 400) + &more("grown", 60) + &more("young", 30));
    let said = place.ok(&["predict", "m", "more.csv"]).stderr;
    assert_eq!(
        said,
        "note: 1 series has no row in the training part (before 2021-01-12T00:00:00), scaled by its own history before the forecast: grown\n\
         note: 1 series has no row in the training part (before 2021-01-12T00:00:00), scaled as all series together, for want of 50 observed values before the forecast: young\n"
    );
    // In the table of training, and too young for it: it has no window, and is none of its series.
    let train = ["train", "more.csv", "--val-start", "2021-01-12", "--test-start", "2021-01-15"];
    let said = place.ok(&[&train[..], &SMALL[..]].concat()).stderr;
    assert!(said.contains(" windows of 3 series;"), "{said}");
    let said = place.ok(&["predict", "m", "more.csv"]).stderr;
    assert!(said.contains("for want of 50 observed values before the forecast: young"), "{said}");
    let global = [&train[..], &["--scaler", "global"], &SMALL[..]].concat();
    place.ok(&global);
    let said = place.ok(&["predict", "m", "more.csv"]).stderr;
    assert_eq!(
        said,
        "note: 2 series have no row in the training part (before 2021-01-12T00:00:00), scaled as all series are: grown, young\n"
    );
}

/// One of a kind is written in the singular, and no line of a report is wider than a terminal.
#[test]
fn a_report_of_one() {
    let place = place(&[]);
    let one = ["evaluate", "m", "t.csv", "--from", "2021-01-17T10:00:00", "--only", "city1", "--stride", "9"];
    let said = place.ok(&one).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("1 series, 1 forecast of up to 3 steps from 1 origin"), "{said}");
    let said = place.ok(&["evaluate", "m", "t.csv", "--interval", "50,80,90", "--from", "2021-01-13"]).stdout;
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
}

#[test]
fn a_series_that_ends_early_is_named() {
    let place = place(&[]);
    assert_eq!(place.ok(&["predict", "m", "t.csv"]).stderr, "");
    place.write("early.csv", cut_off("2021-01-10", false));
    let said = place.ok(&["predict", "m", "early.csv"]).stderr;
    assert_eq!(
        said,
        "note: city2 ends at 2021-01-09T23:00:00, 184 rows before the others; its forecast begins there (--at forecasts all from one stamp)\n"
    );
    assert_eq!(place.ok(&["predict", "m", "early.csv", "--quiet"]).stderr, "");
    assert_eq!(place.ok(&["predict", "m", "early.csv", "--at", "2021-01-09"]).stderr, "");
}

#[test]
fn a_target_that_stopped_is_named_and_max_age_refuses_it() {
    let place = place(&[]);
    place.write("old.csv", cut_off("2021-01-15", true));
    let said = place.ok(&["predict", "m", "old.csv"]).stderr;
    assert_eq!(
        said,
        "note: city2: `pm` was last observed at 2021-01-14T23:00:00, 64 rows before its forecast begins\n"
    );
    place.ok(&["predict", "m", "old.csv", "--max-age", "64"]);
    let ran = place.run(&["predict", "m", "old.csv", "--max-age", "63"]);
    let expected = "old.csv: old values: the table ends at 2021-01-17T15:00:00, and the target was last observed more than 63 rows before that: `city2` at 2021-01-14T23:00:00";
    assert!(ran.code == 3 && ran.stdout.is_empty() && ran.stderr.contains(expected), "{}", ran.stderr);
}

#[test]
fn max_age_is_counted_from_a_clock() {
    let place = place(&[]);
    // Observed until the 14th at 23:00, the others until the 17th at 15:00.
    place.write("old.csv", cut_off("2021-01-15", true));
    let run = |table: &str, age: &str, as_of: &[&str]| {
        place.run(&[&["predict", "m", table, "--quiet", "--max-age", age], as_of].concat())
    };
    for (age, as_of) in [
        ("2d", "2021-01-16T23:00:00"),
        ("48h", "2021-01-16T23:00:00"),
        ("2881min", "2021-01-16T23:01:00"),
        ("172860s", "2021-01-16T23:01:00"),
        ("1w", "2021-01-21 23:00"),
    ] {
        let ran = run("old.csv", age, &["--as-of", as_of]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{age} {as_of}");
    }
    let ran = run("old.csv", "2d", &["--as-of", "2021-01-16T23:00:01"]);
    let expected = "error: old.csv: old values: the target was last observed more than 2 d before 2021-01-16T23:00:01: `city2` at 2021-01-14T23:00:00\n";
    assert!(ran.code == 3 && ran.stdout.is_empty() && ran.stderr.starts_with(expected), "{}", ran.stderr);
    // A table that has stopped growing: nothing in it is old beside the rest, all of it is by the clock.
    assert_eq!(run("t.csv", "1", &[]).code, 0);
    for as_of in [&[][..], &["--as-of", "now"], &["--as-of", "2021-02-01"]] {
        let ran = run("t.csv", "36h", as_of);
        let three =
            ["city0", "city1", "city2"].map(|name| format!("`{name}` at 2021-01-17T15:00:00")).join(", ");
        assert!(ran.code == 3 && ran.stderr.contains("more than 36 h before"), "{}", ran.stderr);
        assert!(ran.stderr.contains(&three), "{}", ran.stderr);
    }
    assert_eq!(run("t.csv", "520w", &["--as-of", "2021-02-01"]).code, 0);
}

#[test]
fn a_stream_is_refused_where_a_row_is_old() {
    let place = place(&[]);
    let table = place.read("t.csv");
    let follow =
        |more: &[&str]| place.pipe(&[&["predict", "m", "-", "--follow"], more].concat(), table.as_bytes());
    // Rows of 2021, by the clock.
    let ran = follow(&["--max-age", "2d"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("row 2") && ran.stderr.contains("old values: 2021-01-01T00:00:00"),
        "{}",
        ran.stderr
    );
    // The last hours of each city are new enough: what is older is left out, and notes say so.
    let ran = follow(&["--max-age", "30h", "--as-of", "2021-01-17T15:00:00", "--skip-bad"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("left out").count(), 3 * (400 - 31), "{}", ran.stderr.lines().count());
    assert_eq!(ran.stdout.lines().count() - 1, 3 * 3 * (31 - 24 + 1));
    let ran = follow(&["--max-age", "24"]);
    assert!(ran.code == 2 && ran.stderr.contains("--max-age 2d"), "{}", ran.stderr);
}

#[test]
fn a_report_says_when_training_has_seen_its_rows() {
    let place = place(&[]);
    let text = |more: &[&str]| place.ok(&[&["evaluate", "m", "t.csv"], more].concat()).stdout;
    assert!(!text(&[]).contains("before the test part"));
    assert!(!text(&["--insample"]).contains("before the test part"));
    let early = text(&["--from", "2021-01-03", "--to", "2021-01-04"]);
    assert!(early.contains("forecasts begin before the test part"), "{early}");
    let json = text(&["--from", "2021-01-03", "--format", "json"]);
    assert!(json.contains("training or validation has seen what they are scored on"), "{json}");
}

#[test]
fn a_report_says_that_the_future_was_given() {
    let place = place(&["--future", "wind"]);
    let report = place.ok(&["evaluate", "m", "t.csv"]).stdout.replace('\n', " ");
    assert!(report.contains("`wind` is taken from the table at every step ahead"), "{report}");
}

#[test]
fn an_unknown_category_is_named_without_verbose() {
    let place = Place::new();
    let with = |word: &str| -> String {
        let line = |(i, line): (usize, &str)| match i {
            0 => format!("{line},kind\n"),
            _ => format!("{line},{}\n", if i % 5 == 0 { word } else { "dry" }),
        };
        hourly(2, 400).lines().enumerate().map(line).collect()
    };
    place.write("t.csv", with("wet"));
    place.ok(&[&["train", "t.csv", "--categorical", "kind"], &SMALL[..]].concat());
    place.write("new.csv", with("wett"));
    for command in [["predict", "m", "new.csv"], ["evaluate", "m", "new.csv"]] {
        let said = place.ok(&command).stderr;
        assert!(said.contains("160 rows of `kind` with values that training did not have"), "{said}");
    }
}

#[test]
fn missing_is_advised_only_where_other_columns_lack_the_value() {
    let place = Place::new();
    let with = |odd: &str, rest: &str| -> String {
        let line = |(i, line): (usize, &str)| match i {
            0 => format!("{line},kelvin,rain\n"),
            77 => format!("{line},{odd},1.5\n"),
            _ => format!("{line},{},{rest}\n", 280 + i % 30),
        };
        hourly(2, 400).lines().enumerate().map(line).collect()
    };
    for (rest, advised) in [("0.5", true), ("0", false)] {
        place.write("t.csv", with("0", rest));
        let ran = place.ok(&["ingest", "t.csv", "--target", "pm"]);
        let notes = ran.stdout + &ran.stderr;
        assert!(notes.contains("`kelvin` is 0 at"), "{notes}");
        assert_eq!(notes.contains("--missing 0 reads it as missing"), advised, "{notes}");
    }
}
