//! What users expect of forecasts, on tables whose errors are known by hand.

use super::support::Place;

/// 100 days whose value is the row's number.
fn ramp() -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2021, 1, 1).expect("a date");
    let rows = (0..100u64).map(|day| format!("{},{day}\n", first + chrono::Days::new(day)));
    std::iter::once("date,y\n".to_string()).chain(rows).collect()
}

const RAMP: &[&str] = &[
    "evaluate",
    "--baseline-only",
    "r.csv",
    "--target",
    "y",
    "--input-window",
    "14",
    "--horizon",
    "2",
    "--test-start",
    "2021-04-01",
    "--val-start",
    "2021-03-22",
];

/// On y(t) = t the errors of the five simple forecasts are, at leads 1 and 2: last value 1, 2;
/// the value of a week before 7, 7; drift 0, 0; the mean of 14 rows 7.5, 8.5; the mean of the
/// same weekday in two weeks 10.5, 10.5.
#[test]
fn simple_forecasts_without_a_model() {
    let place = Place::new();
    place.write("r.csv", ramp());
    let ran = place.ok(&[RAMP, &["--format", "csv"]].concat());
    let mae = |scope: &str, name: &str, method: &str| -> f64 {
        let start = format!("{scope},{name},y,{method},mae,");
        let found = ran.stdout.lines().find_map(|line| line.strip_prefix(&start));
        found.unwrap_or_else(|| panic!("no {start} in\n{}", ran.stdout)).parse().unwrap()
    };
    for (method, first, second) in [
        ("last_value", 1.0, 2.0),
        ("seasonal_naive", 7.0, 7.0),
        ("drift", 0.0, 0.0),
        ("moving_average", 7.5, 8.5),
        ("seasonal_moving_average", 10.5, 10.5),
    ] {
        for (scope, key, expected) in
            [("overall", "", (first + second) / 2.0), ("lead", "1", first), ("lead", "2", second)]
        {
            let found = mae(scope, key, method);
            assert!((found - expected).abs() < 1e-9, "{method} {scope} {key}: {found}, not {expected}");
        }
    }
    let text = place.ok(RAMP).stdout;
    for word in ["Simple forecasts on r.csv", "drift", "seasonal moving average", "Per lead"] {
        assert!(text.contains(word), "no `{word}` in\n{text}");
    }
    let piped =
        place.pipe(&[&RAMP[..2], &["-"], &RAMP[3..], &["--format", "csv"]].concat(), ramp().as_bytes());
    assert_eq!(piped.stdout.lines().count(), ran.stdout.lines().count(), "{}", piped.stderr);
}

#[test]
fn flags_that_do_nothing_are_refused() {
    let place = Place::new();
    place.write("r.csv", ramp());
    for (args, says) in [
        (&["evaluate", "m.safetensors", "r.csv", "--target", "y"][..], "--target is for --baseline-only"),
        (&["evaluate", "m.safetensors", "r.csv", "--test-start", "2021"][..], "--test-start is for"),
        (&["evaluate", "--baseline-only", "r.csv", "s.csv"][..], "a second file, `s.csv`,"),
        (&["evaluate", "--baseline-only", "r.csv", "--forecasts", "f.csv"][..], "--forecasts does not go"),
        (&["evaluate", "--baseline-only", "r.csv"][..], "which column should be forecast"),
        (&["evaluate"][..], "required"),
    ] {
        let ran = place.run(args);
        assert!(ran.code == 2 && ran.stderr.contains(says), "{args:?}: {} {}", ran.code, ran.stderr);
    }
}
