//! The pool of cheap forecasters beside the networks, through the real program.

use serde_json::Value;

use super::support::{Place, csv, uniform, words};

const TRAIN: &str = "train t.csv --target y,z --input-window 24 --horizon 3 --hidden-size 8 --max-steps 2 --ensemble 1 \
                     --split 0.6,0.3,0.1 --quiet";

/// Hours of a random walk, of which nothing is known but its last value, and of noise, of which the
/// last value says nothing.
fn walk(hours: usize) -> String {
    let mut even = uniform(5);
    let mut y = 0.0;
    let mut text = String::from("date,y,z\n");
    for hour in 0..hours {
        y += even() - 0.5;
        let date = chrono::NaiveDate::from_ymd_opt(2021, 1, 1).unwrap() + chrono::Days::new(hour as u64 / 24);
        text.push_str(&format!("{date}T{:02}:00:00,{y:.4},{:.4}\n", hour % 24, even()));
    }
    text
}

/// What a checkpoint says of its pool.
fn pool(place: &Place, model: &str) -> Value {
    let text = place.ok(&["inspect", model, "--format", "json"]).stdout;
    let document: Value = serde_json::from_str(&text).expect("JSON");
    document["pool"].clone()
}

fn forecasts(place: &Place, model: &str) -> Vec<Vec<f64>> {
    let text = place.ok(&["predict", model, "t.csv", "--quantiles", "0.1,0.9", "--interval", "80"]).stdout;
    let rows = csv(&text);
    rows[1..].iter().map(|row| row[1..].iter().map(|v| v.parse().expect("a number")).collect()).collect()
}

#[test]
fn the_forecast_moves_and_the_quantiles_with_it() {
    let place = Place::new();
    place.write("t.csv", walk(2000));
    // A network that has to learn the level: after two steps the last value is far better.
    let direct = ["--decoder", "direct", "--skip", "none", "--final=no", "--pool"];
    place.ok(&words(TRAIN, &[&direct[..], &["last_value", "--out", "pooled"]].concat()));
    place.ok(&words(TRAIN, &[&direct[..], &["networks", "--out", "plain"]].concat()));
    assert!(pool(&place, "plain").is_null());
    assert_eq!(pool(&place, "pooled")["members"], serde_json::json!(["last_value"]));

    let last: Vec<f64> =
        csv(&place.read("t.csv")).pop().unwrap()[1..].iter().map(|v| v.parse().unwrap()).collect();
    let (plain, pooled) = (forecasts(&place, "plain"), forecasts(&place, "pooled"));
    let names = csv(&place.ok(&["predict", "plain", "t.csv", "--quantiles", "0.1,0.9"]).stdout)[0].clone();
    assert_eq!(names, ["date", "y", "z", "y_p10", "y_p90", "z_p10", "z_p90"]);
    for (plain, pooled) in plain.iter().zip(&pooled) {
        let moved = |target: usize| (pooled[target] - plain[target]) / (last[target] - plain[target]);
        assert!(moved(0) > 0.6, "the walk's last value is right: {}", moved(0));
        assert!(moved(1).abs() < 0.4, "that of noise is not: {}", moved(1));
        for target in 0..2 {
            // The distances of both quantiles change in the same proportion.
            let ratio = |column: usize| (pooled[column] - pooled[target]) / (plain[column] - plain[target]);
            let (low, high) = (ratio(2 + 2 * target), ratio(3 + 2 * target));
            assert!((low - high).abs() < 0.02 * high, "{low} {high}");
        }
    }
}

#[test]
fn other_decoders_are_left_alone_unless_asked() {
    let place = Place::new();
    place.write("t.csv", walk(2000));
    let direct = ["--decoder", "direct", "--skip", "none"];
    place.ok(&words(TRAIN, &[&direct[..], &["--out", "plain"]].concat()));
    assert!(pool(&place, "plain").is_null());
    place.ok(&words(TRAIN, &[&direct[..], &["--out", "asked", "--pool", "all"]].concat()));
    let said = place.ok(&["inspect", "asked"]).stdout;
    assert!(said.contains("\npool        y: ") && !said.contains("\npool        y: networks"), "{said}");
    // Two steps of training: the last value is far better.
    let error = |model: &str| {
        let text = place.ok(&["evaluate", model, "t.csv", "--format", "json"]).stdout;
        let report: Value = serde_json::from_str(&text).expect("JSON");
        report["overall"]["model"]["mae"].as_f64().unwrap_or_else(|| panic!("{report:#}"))
    };
    assert!(error("asked") < error("plain"));
}

#[test]
fn a_small_validation_part_decides_nothing() {
    let place = Place::new();
    place.write("t.csv", walk(200));
    place.ok(&words(TRAIN, &["--out", "m"]));
    // What is there has the widths of the networks that went on, and no weight beside them.
    let weights = pool(&place, "m")["weights"].clone();
    let beside = |pair: &[Value]| matches!(pair, [own, other] if own == 1.0 && other == 0.0);
    assert!(weights.as_array().unwrap().chunks(2).all(beside), "{weights}");
    place.ok(&words(TRAIN, &["--out", "m", "--final=no"]));
    assert!(pool(&place, "m").is_null());
    assert!(!place.ok(&["inspect", "m"]).stdout.contains("\npool "));
}

/// Hours of y, which follows whether the column a was above a half an hour before, and the time of day.
fn driven(hours: usize) -> String {
    let mut even = uniform(9);
    let (mut before, mut text) = (0.0, String::from("date,y,a\n"));
    for hour in 0..hours {
        let day = if (8..18).contains(&(hour % 24)) { 5.0 } else { 0.0 };
        let y = day + if before > 0.5 { 10.0 } else { 0.0 } + 0.1 * even();
        before = even();
        let date = chrono::NaiveDate::from_ymd_opt(2021, 1, 1).unwrap() + chrono::Days::new(hour as u64 / 24);
        text.push_str(&format!("{date}T{:02}:00:00,{y:.4},{before:.4}\n", hour % 24));
    }
    text
}

#[test]
fn fitted_members_learn_what_two_steps_of_a_network_do_not() {
    let place = Place::new();
    place.write("t.csv", driven(1500));
    let train = TRAIN.replace("--target y,z", "--target y");
    let trained = place.ok(&words(&train.replace("--quiet", ""), &["--out", "m", "--pool", "ridge,trees"]));
    assert!(trained.stderr.contains("\npool      ") || trained.stdout.contains("\npool      "));
    assert_eq!(pool(&place, "m")["members"], serde_json::json!(["ridge", "trees"]));
    let said = place.ok(&["inspect", "m"]).stdout;
    for name in ["pool.ridge.0.weight ", "pool.trees.0.feature ", "pool.trees.0.leaf "] {
        assert!(said.contains(name), "{said}");
    }
    let text = place.ok(&["evaluate", "m", "t.csv", "--stride", "1", "--format", "json"]).stdout;
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let of = |name: &str| report["overall"][name]["mae"].as_f64().unwrap_or_else(|| panic!("{report:#}"));
    // Noise apart, lead 1 is known and the others are so to 5: (0 + 5 + 5) / 3 = 3.3 at best.
    assert!(of("model") < 0.85 * of("last_value"), "{} {}", of("model"), of("last_value"));
    // Any number of threads, and rows one at a time.
    place.ok(&words(&train, &["--out", "m1", "--pool", "ridge,trees", "--threads", "1"]));
    let file = |name: &str| std::fs::read(place.path(name)).expect("a checkpoint");
    assert!(file("m") == file("m1"));
    let whole = place.ok(&["predict", "m", "t.csv"]).stdout;
    let stream = place.pipe(&["predict", "m", "-", "--follow"], place.read("t.csv").as_bytes());
    let tail: Vec<&str> = stream.stdout.lines().rev().take(3).collect();
    assert!(tail.iter().rev().eq(whole.lines().skip(1).collect::<Vec<_>>().iter()), "{whole}\n{tail:?}");
}

#[test]
fn an_unknown_member_is_refused() {
    let place = Place::new();
    place.write("t.csv", walk(300));
    let run = place.run(&words(TRAIN, &["--out", "m", "--pool", "arima"]));
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("`arima` is none of auto, networks, all, last_value"), "{}", run.stderr);
}

/// Months of eight series, each a level times a season, with a trend and a little noise.
fn months(count: usize) -> String {
    let mut even = uniform(13);
    let mut text = String::from("city,date,y\n");
    for series in 0..8 {
        let level = 50.0 * f64::from(series + 1);
        for month in 0..count {
            let season = 1.0 + 0.4 * (month as f64 * std::f64::consts::TAU / 12.0 + f64::from(series)).sin();
            let y = level * (1.0 + 0.003 * month as f64) * season * (0.97 + 0.06 * even());
            text.push_str(&format!("s{series},{}-{:02}-01,{y:.3}\n", 2000 + month / 12, month % 12 + 1));
        }
    }
    text
}

/// Two steps of a network know nothing; what is fitted to each series' rows does. The same bytes from one thread.
#[test]
fn statistical_members_forecast_months() {
    let place = Place::new();
    place.write("t.csv", months(160));
    let train = "train t.csv --target y --horizon 6 --hidden-size 8 --max-steps 2 --ensemble 1 --quiet";
    place.ok(&words(train, &["--out", "m", "--pool", "ets,theta"]));
    place.ok(&words(train, &["--out", "one", "--pool", "theta,ets", "--threads", "1"]));
    place.ok(&words(train, &["--out", "plain", "--pool", "networks"]));
    assert_eq!(pool(&place, "m")["members"], serde_json::json!(["ets", "theta"]));
    assert_eq!(pool(&place, "m"), pool(&place, "one"));
    let error = |model: &str| {
        let text = place.ok(&["evaluate", model, "t.csv", "--format", "json"]).stdout;
        let report: Value = serde_json::from_str(&text).expect("JSON");
        report["overall"]["model"]["mae"].as_f64().unwrap_or_else(|| panic!("{report:#}"))
    };
    assert!(error("m") < 0.8 * error("plain"), "{} {}", error("m"), error("plain"));
    // A forecast looks at the newest rows alone, and a series that training has not seen gets one too.
    let rows = place.read("t.csv");
    let of = |text: &str, series: &str| {
        place.write("p.csv", format!("city,date,y\n{text}"));
        let out = place.ok(&["predict", "m", "p.csv", "--quiet"]).stdout;
        out.lines().filter(|line| line.starts_with(series)).map(String::from).collect::<Vec<_>>()
    };
    let own: String = rows.lines().filter(|l| l.starts_with("s3")).map(|l| format!("{l}\n")).collect();
    assert_eq!(of(&own.replace("s3", "new"), "new").len(), 6);
}
