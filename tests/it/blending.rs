//! The share of the last value, through the real program.

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

fn shares(place: &Place, model: &str) -> Vec<f64> {
    let text = place.ok(&["inspect", model, "--format", "json"]).stdout;
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let shares = document["blend"].as_array().map(Vec::as_slice).unwrap_or_default();
    shares.iter().map(|share| share.as_f64().expect("a number")).collect()
}

fn forecasts(place: &Place, model: &str) -> Vec<Vec<f64>> {
    let text = place.ok(&["predict", model, "t.csv", "--quantiles", "0.1,0.9", "--interval", "80"]).stdout;
    let rows = csv(&text);
    rows[1..].iter().map(|row| row[1..].iter().map(|v| v.parse().expect("a number")).collect()).collect()
}

#[test]
fn the_forecast_moves_by_its_share_and_the_quantiles_with_it() {
    let place = Place::new();
    place.write("t.csv", walk(2000));
    // A network that has to learn the level: after two steps the last value is far better.
    let direct = ["--decoder", "direct", "--skip", "none", "--blend"];
    place.ok(&words(TRAIN, &[&direct[..], &["last", "--out", "blended"]].concat()));
    place.ok(&words(TRAIN, &[&direct[..], &["none", "--out", "plain"]].concat()));
    assert!(shares(&place, "plain").is_empty());
    let shares = shares(&place, "blended");
    assert_eq!(shares.len(), 6);
    let (walk, noise) = shares.split_at(3);
    assert!(walk.iter().all(|share| *share > 0.5) && noise.iter().all(|share| *share < 0.1), "{shares:?}");

    let last: Vec<f64> =
        csv(&place.read("t.csv")).pop().unwrap()[1..].iter().map(|v| v.parse().unwrap()).collect();
    let (plain, blended) = (forecasts(&place, "plain"), forecasts(&place, "blended"));
    let names = csv(&place.ok(&["predict", "plain", "t.csv", "--quantiles", "0.1,0.9"]).stdout)[0].clone();
    assert_eq!(names, ["date", "y", "z", "y_p10", "y_p90", "z_p10", "z_p90"]);
    // Six digits are printed.
    for (step, (plain, blended)) in plain.iter().zip(&blended).enumerate() {
        for target in 0..2 {
            let moved = shares[target * 3 + step] * (last[target] - plain[target]);
            for column in [target, 2 + 2 * target, 3 + 2 * target] {
                assert!(
                    (blended[column] - plain[column] - moved).abs() < 1e-3,
                    "step {step}, column {column}: {plain:?} {blended:?}"
                );
            }
        }
    }
}

#[test]
fn other_decoders_are_left_alone_unless_asked() {
    let place = Place::new();
    place.write("t.csv", walk(2000));
    let direct = ["--decoder", "direct", "--skip", "none"];
    place.ok(&words(TRAIN, &[&direct[..], &["--out", "plain"]].concat()));
    assert!(shares(&place, "plain").is_empty());
    place.ok(&words(TRAIN, &[&direct[..], &["--out", "asked", "--blend", "last"]].concat()));
    assert!(shares(&place, "asked")[0] > 0.2);
    // Two steps of training: the last value is far better, and the blend lies between.
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
    place.write("t.csv", walk(300));
    place.ok(&words(TRAIN, &["--out", "m"]));
    assert!(shares(&place, "m").is_empty());
    assert!(!place.ok(&["inspect", "m"]).stdout.contains("\nblend "));
}
