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

/// y(t) = 0.9 y(t-1) + e(t), e normal with standard deviation 1: 12,000 hours, from a fixed
/// congruential generator.
fn autoregressive() -> (Vec<f64>, String) {
    let mut state = 7u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    let mut y = 0.0;
    let values: Vec<f64> = (0..12_000)
        .map(|_| {
            // Box and Muller (1958).
            let normal = (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
            y = PHI * y + normal;
            y
        })
        .collect();
    let first = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).and_then(|d| d.and_hms_opt(0, 0, 0));
    let first = first.expect("a date");
    let rows = values.iter().enumerate().map(|(i, y)| {
        format!("{},{y:.5}\n", (first + chrono::Duration::hours(i as i64)).format("%Y-%m-%dT%H:%M"))
    });
    let text = std::iter::once("date,y\n".to_string()).chain(rows).collect();
    (values, text)
}

const PHI: f64 = 0.9;

/// The best forecast of an AR(1) series h steps ahead is phi^h y, its error normal with variance
/// (1 - phi^2h) / (1 - phi^2) (Box and Jenkins 1970), its MAE sqrt(2/pi) times the root of that.
/// The model must come near it at every lead, and its error must rise from lead to lead as the
/// best one's does.
#[test]
fn near_the_best_possible_error_at_every_lead_of_an_autoregressive_series() {
    let place = Place::new();
    let (values, text) = autoregressive();
    place.write("ar.csv", text);
    place.ok(&[
        "train",
        "ar.csv",
        "--target",
        "y",
        "--input-window",
        "48",
        "--horizon",
        "12",
        "--ensemble",
        "1",
        "--max-steps",
        "150",
        "--quiet",
        "--out",
        "ar.safetensors",
    ]);
    let report = place.ok(&["evaluate", "ar.safetensors", "ar.csv", "--stride", "1", "--format", "csv"]);
    let test = values.len() - values.len() / 5;
    let mut before = 0.0;
    for lead in 1..=12usize {
        let start = format!("lead,{lead},y,model,mae,");
        let line = report.stdout.lines().find_map(|line| line.strip_prefix(&start));
        let mae: f64 = line.unwrap_or_else(|| panic!("no {start}")).parse().expect("a number");
        let h = lead as i32;
        let variance = (1.0 - PHI.powi(2 * h)) / (1.0 - PHI.powi(2));
        let known = (variance * 2.0 / std::f64::consts::PI).sqrt();
        // What the best forecast reaches on these very rows.
        let errors: Vec<f64> = (test..=values.len() - 12)
            .map(|row| (values[row + lead - 1] - PHI.powi(h) * values[row - 1]).abs())
            .collect();
        let best = errors.iter().sum::<f64>() / errors.len() as f64;
        println!("lead {lead}: {mae:.4}, best here {best:.4}, in closed form {known:.4}");
        assert!((mae / known - 1.0).abs() < 0.15, "lead {lead}: {mae}, in closed form {known}");
        assert!(mae < 1.06 * best, "lead {lead}: {mae}, best on these rows {best}");
        assert!(mae > before, "lead {lead}: {mae} after {before}");
        before = mae;
    }
}
