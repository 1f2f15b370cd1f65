//! The three commands on every long table of the shared data, where that is at hand.

use super::support::{Place, csv, real};

/// Trains a few steps, evaluates and predicts; returns the evaluation as JSON.
fn three_commands(table: &str, extra: &[&str]) -> Option<serde_json::Value> {
    let table = real(table)?;
    let place = Place::new();
    let train = ["train", &table, "--max-steps", "3", "--batch-size", "16", "--hidden-size", "8", "--quiet"];
    place.ok(&[&train[..], extra].concat());
    let report = place.ok(&["evaluate", "model.safetensors", &table, "--format", "json"]).stdout;
    let head = place.ok(&["predict", "model.safetensors", &table]).stdout;
    let rows = csv(&head);
    assert!(rows.len() > 1 && rows[0].len() >= 3, "{head}");
    Some(serde_json::from_str(&report).expect("a JSON report"))
}

#[test]
fn new_york_utc() {
    three_commands("nyc_airports_hourly_utc.csv", &["--target", "temp"]);
}

#[test]
fn new_york_local_time_asks_for_a_rule() {
    let Some(table) = real("nyc_airports_hourly_localtime.csv") else { return };
    let place = Place::new();
    let ran = place.run(&["train", &table, "--target", "temp", "--max-steps", "1"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("2013-11-03T01:00:00")
            && ran.stderr.contains("--duplicates")
            && ran.stderr.contains("--time-zone"),
        "{}",
        ran.stderr
    );
    three_commands(
        "nyc_airports_hourly_localtime.csv",
        &["--target", "temp", "--time-zone", "America/New_York"],
    );
    three_commands("nyc_airports_hourly_localtime.csv", &["--target", "temp", "--duplicates", "first"]);
}

#[test]
fn italy() {
    three_commands("italy_air_quality_hourly.csv", &["--target", "NO2(GT)"]);
}

#[test]
fn seoul() {
    three_commands("seoul_bikes_hourly.csv", &["--target", "bikes"]);
}

#[test]
fn minneapolis() {
    three_commands("minneapolis_traffic_hourly.csv", &["--target", "traffic_volume"]);
}

#[test]
fn brazil_leaves_the_empty_series_out() {
    let Some(table) = real("brazil_stations_hourly.csv") else { return };
    let place = Place::new();
    let ran = place.run(&["train", &table, "--target", "temp_c", "--max-steps", "2", "--hidden-size", "4"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("SINOP A917"), "{}", ran.stderr);
    three_commands("brazil_stations_hourly.csv", &["--target", "temp_c"]);
}

#[test]
fn beijing_baselines_are_those_of_the_protocol() {
    let extra = [
        "--target",
        "PM2.5",
        "--input-window",
        "168",
        "--horizon",
        "24",
        "--val-start",
        "2015-09-01",
        "--test-start",
        "2016-03-01",
    ];
    let Some(report) = three_commands("beijing_multisite_hourly.csv", &extra) else { return };
    // ../shared/bench/peers.json: last value 41.12786, seasonal naive 58.281685.
    let text = report["overall"].to_string();
    let mae =
        |name: &str| report["overall"][name]["mae"].as_f64().unwrap_or_else(|| panic!("no {name} in {text}"));
    assert!((mae("last_value") - 41.12786).abs() < 1e-4, "{text}");
    assert!((mae("seasonal_naive") - 58.281685).abs() < 1e-4, "{text}");
}
