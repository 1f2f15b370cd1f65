//! What users expect of forecasts, on tables whose errors are known by hand.

use super::support::{Place, csv, hourly};

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
        (&["evaluate", "--baseline-only", "r.csv", "--min", "0"][..], "--min does not go with"),
        (&["evaluate", "--baseline-only", "r.csv", "--interval", "80"][..], "--interval does not go with"),
        (&["predict", "m.safetensors", "r.csv", "--append", "--interval", "80"][..], "cannot be used with"),
        (&["evaluate", "--baseline-only", "r.csv"][..], "which column should be forecast"),
        (&["evaluate"][..], "required"),
    ] {
        let ran = place.run(args);
        assert!(ran.code == 2 && ran.stderr.contains(says), "{args:?}: {} {}", ran.code, ran.stderr);
    }
}

const SMALL: &[&str] = &[
    "train",
    "t.csv",
    "--input-window",
    "24",
    "--horizon",
    "6",
    "--hidden-size",
    "8",
    "--max-steps",
    "4",
    "--ensemble",
    "1",
];

/// All forecasts and quantiles that a command prints, after `keys` columns.
fn numbers(place: &Place, keys: usize, args: &[&str]) -> Vec<Vec<f64>> {
    let rows = csv(&place.ok(args).stdout);
    rows[1..].iter().map(|r| r[keys..].iter().map(|v| v.parse().unwrap()).collect()).collect()
}

/// Bounds that cut through the data must show in the point forecast and in every quantile.
#[test]
fn forecasts_are_kept_within_bounds() {
    let place = Place::new();
    place.write("t.csv", hourly(1, 300));
    let train = [SMALL, &["--target", "pm", "--out"]].concat();
    let ran = place.ok(&[&train[..], &["free.safetensors"]].concat());
    let hint = "note: pm is never negative in training; --min 0 keeps its forecasts so\n";
    assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    assert_eq!(place.ok(&[&train[..], &["free.safetensors", "--quiet"]].concat()).stderr, "");
    place.write("run.yaml", "forecast: {min: 51.5, max: [pm=52.5]}\n");
    let ran = place.ok(&[&train[..], &["m.safetensors", "--config", "run.yaml"]].concat());
    assert!(!ran.stderr.contains("note: pm"), "{}", ran.stderr);
    let values = |args: &[&str]| {
        numbers(&place, 2, &[&["predict", args[0], "t.csv", "--quantiles", "all"], &args[1..]].concat())
    };
    let free = values(&["free.safetensors"]);
    let clipped: Vec<Vec<f64>> =
        free.iter().map(|row| row.iter().map(|v| v.clamp(51.5, 52.5)).collect()).collect();
    assert_ne!(free, clipped, "the bounds should bind here");
    assert_eq!(values(&["m.safetensors"]), clipped);
    assert_eq!(values(&["m.safetensors", "--min", "none", "--max", "none"]), free);
    assert_eq!(values(&["free.safetensors", "--min", "pm=51.5", "--max", "52.5"]), clipped);

    let follow = ["predict", "m.safetensors", "-", "--follow", "--quantiles", "all"];
    let followed = csv(&place.pipe(&follow, hourly(1, 300).as_bytes()).stdout);
    let all = followed[1..].iter().flat_map(|r| r[2..].iter().map(|v| v.parse::<f64>().unwrap()));
    assert!(all.clone().all(|v| (51.5..=52.5).contains(&v)) && all.clone().any(|v| v == 51.5));
}

/// With no bound that binds, `evaluate` scores what it scored; a bound changes the forecasts that
/// it writes, and the simple forecasts stay as they are.
#[test]
fn evaluation_is_of_the_clipped_forecasts() {
    let place = Place::new();
    place.write("t.csv", hourly(1, 300));
    place.ok(&[SMALL, &["--target", "pm", "--quiet", "--out", "m.safetensors"]].concat());
    let evaluate = |bounds: &[&str]| {
        let args = ["evaluate", "m.safetensors", "t.csv", "--format", "csv", "--forecasts", "f.csv"];
        let report = place.ok(&[&args[..], bounds].concat()).stdout;
        let rows = csv(&place.read("f.csv"));
        let yhat: Vec<f64> = rows[1..].iter().map(|r| r[5].parse().unwrap()).collect();
        (report, yhat)
    };
    let (free, yhat) = evaluate(&[]);
    assert_eq!(evaluate(&["--min", "-1e6", "--max", "1e6"]).0, free);
    let (clipped, within) = evaluate(&["--min", "45", "--max", "55"]);
    assert_eq!(within, yhat.iter().map(|v| v.clamp(45.0, 55.0)).collect::<Vec<_>>());
    let simple = |report: &str| {
        report.lines().filter(|l| l.contains(",last_value,mae")).map(str::to_string).collect::<Vec<_>>()
    };
    assert!(free != clipped && simple(&free) == simple(&clipped));
}

#[test]
fn each_target_has_its_own_bounds() {
    let place = Place::new();
    place.write("t.csv", hourly(1, 300));
    let train = [SMALL, &["--target", "pm,wind", "--out", "m.safetensors"]].concat();
    let ran = place.ok(&train);
    assert!(ran.stderr.contains("note: pm, wind are never negative in training; --min 0"), "{}", ran.stderr);
    let predict = ["predict", "m.safetensors", "t.csv"];
    let free = numbers(&place, 2, &predict);
    let bound = numbers(&place, 2, &[&predict[..], &["--min", "-5,wind=3.1", "--max", "pm=50"]].concat());
    let expected: Vec<Vec<f64>> = free.iter().map(|r| vec![r[0].min(50.0), r[1].max(3.1)]).collect();
    assert!(free != expected, "the bounds should bind here");
    assert_eq!(bound, expected);
}
