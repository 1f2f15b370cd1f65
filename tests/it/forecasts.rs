//! What users expect of forecasts, on tables whose errors are known by hand.

use super::support::{Place, csv, hourly, uniform, words};

/// 100 days whose value is the row's number.
fn ramp() -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2021, 1, 1).expect("a date");
    let rows = (0..100u64).map(|day| format!("{},{day}\n", first + chrono::Days::new(day)));
    std::iter::once("date,y\n".to_string()).chain(rows).collect()
}

const RAMP: &str = "evaluate --baseline-only r.csv --target y --input-window 14 --horizon 2 \
                    --test-start 2021-04-01 --val-start 2021-03-22";

/// On y(t) = t the errors of the five simple forecasts are, at leads 1 and 2: last value 1, 2;
/// the value of a week before 7, 7; drift 0, 0; the mean of 14 rows 7.5, 8.5; the mean of the
/// same weekday in two weeks 10.5, 10.5.
#[test]
fn simple_forecasts_without_a_model() {
    let place = Place::new();
    place.write("r.csv", ramp());
    let ran = place.ok(&words(RAMP, &["--format", "csv"]));
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
    let text = place.ok(&words(RAMP, &[])).stdout;
    for word in ["Simple forecasts on r.csv", "drift", "seasonal moving average", "Per lead"] {
        assert!(text.contains(word), "no `{word}` in\n{text}");
    }
    let piped = place.pipe(&words(&RAMP.replace("r.csv", "-"), &["--format", "csv"]), ramp().as_bytes());
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

/// y(t) = 0.9 y(t-1) + e(t), e normal with standard deviation 1: 12,000 hours, from a fixed
/// congruential generator.
fn autoregressive() -> (Vec<f64>, String) {
    let mut even = uniform(7);
    let mut y = 0.0;
    let values: Vec<f64> = (0..12_000)
        .map(|_| {
            // Box and Muller (1958).
            let normal = (-2.0 * even().ln()).sqrt() * (std::f64::consts::TAU * even()).cos();
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
    place.ok(&words(
        "train ar.csv --target y --input-window 48 --horizon 12 --ensemble 1 --max-steps 150 --quiet \
         --out ar.safetensors",
        &[],
    ));
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

const SMALL: &str = "train t.csv --input-window 24 --horizon 6 --hidden-size 8 --max-steps 4 --ensemble 1";

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
    let train = words(SMALL, &["--target", "pm", "--out"]);
    place.ok(&[&train[..], &["free.safetensors"]].concat());
    assert_eq!(place.ok(&[&train[..], &["free.safetensors", "--quiet"]].concat()).stderr, "");
    place.write("run.yaml", "forecast: {min: 51.5, max: [pm=52.5]}\n");
    place.ok(&[&train[..], &["m.safetensors", "--config", "run.yaml"]].concat());
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
    place.ok(&words(SMALL, &["--target", "pm", "--quiet", "--out", "m.safetensors"]));
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
    let train = words(SMALL, &["--target", "pm,wind", "--out", "m.safetensors"]);
    place.ok(&train);
    let predict = ["predict", "m.safetensors", "t.csv"];
    let free = numbers(&place, 2, &predict);
    let bound = numbers(&place, 2, &[&predict[..], &["--min", "-5,wind=3.1", "--max", "pm=50"]].concat());
    let expected: Vec<Vec<f64>> = free.iter().map(|r| vec![r[0].min(50.0), r[1].max(3.1)]).collect();
    assert!(free != expected, "the bounds should bind here");
    assert_eq!(bound, expected);
}

/// `--min` is offered where training comes near to 0, and not for a temperature that never does.
#[test]
fn a_bound_is_offered_where_zero_is_near() {
    let place = Place::new();
    place.write("far.csv", hourly(1, 300));
    let low = |column: usize| {
        let rows = csv(&hourly(1, 300)).into_iter().enumerate().map(|(i, mut row)| {
            if i % 10 == 3 {
                row[column] = "0.00".into();
            }
            row.join(",") + "\n"
        });
        rows.collect::<String>()
    };
    place.write("near.csv", low(2)).write("wind.csv", low(3));
    let note = |table: &str, more: &[&str]| {
        let ran = place.ok(&words(
            "train --input-window 24 --horizon 6 --hidden-size 8 --max-steps 1 --ensemble 1 --out m.safetensors",
            &[&[table], more].concat(),
        ));
        ran.stderr.lines().find(|l| l.contains("never negative")).map(str::to_owned)
    };
    let says = |text: &str| Some(format!("note: {text}"));
    assert_eq!(note("far.csv", &["--target", "pm"]), None);
    assert_eq!(
        note("near.csv", &["--target", "pm"]),
        says("pm is never negative in training; if it cannot be negative, --min 0 keeps its forecasts so")
    );
    assert_eq!(
        note("wind.csv", &["--target", "pm,wind"]),
        says(
            "wind is never negative in training; if it cannot be negative, --min wind=0 keeps its forecasts so"
        )
    );
    assert_eq!(note("near.csv", &["--target", "pm", "--min", "0"]), None);
}
