//! train, evaluate, predict, ingest, inspect on a small table, as a user runs them.

use super::support::{Place, csv, hourly, words};

/// `train` of a small network.
const TRAIN: &str = "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --max-steps 12 \
                     --batch-size 16";

fn trained(place: &Place) {
    place.write("t.csv", hourly(2, 400));
    let ran = place.ok(&words(TRAIN, &["--out", "m.safetensors"]));
    assert_eq!(ran.stdout, "", "train prints data nowhere");
    for word in ["parameters", "best epoch", "validation", "last value", "seasonal naive", "m.safetensors"] {
        assert!(ran.stderr.contains(word), "no `{word}` in:\n{}", ran.stderr);
    }
}

#[test]
fn train_evaluate_predict() {
    let place = Place::new();
    trained(&place);

    let ran = place.ok(&["predict", "m.safetensors", "t.csv"]);
    let rows = csv(&ran.stdout);
    assert_eq!(rows[0], ["city", "date", "pm"]);
    assert_eq!(rows.len(), 1 + 2 * 6);
    // 400 hours from 2021-01-01T00 end at 2021-01-17T15.
    assert_eq!(&rows[1][..2], ["city0", "2021-01-17T16:00:00"]);
    assert_eq!(&rows[6][..2], ["city0", "2021-01-17T21:00:00"]);
    assert_eq!(&rows[7][..2], ["city1", "2021-01-17T16:00:00"]);
    for row in &rows[1..] {
        let value: f64 = row[2].parse().unwrap();
        assert!(value.is_finite() && (-50.0..200.0).contains(&value), "{row:?}");
    }

    let ran = place.ok(&["predict", "m.safetensors", "t.csv", "--quantiles", "0.1,0.25,0.9"]);
    let rows = csv(&ran.stdout);
    assert_eq!(rows[0], ["city", "date", "pm", "pm_p10", "pm_p25", "pm_p90"]);
    for row in &rows[1..] {
        let values: Vec<f64> = row[2..].iter().map(|v| v.parse().unwrap()).collect();
        assert!(values[1] <= values[2] && values[2] <= values[0] && values[0] <= values[3], "{row:?}");
    }
    let ran = place.run(&["predict", "m.safetensors", "t.csv", "--quantiles", "0.01"]);
    assert!(ran.code == 2 && ran.stderr.contains("level 0.01 is outside"), "{}", ran.stderr);

    let ran = place.ok(&["evaluate", "m.safetensors", "t.csv", "--format", "json", "--forecasts", "f.csv"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(report["overall"].is_object(), "{report:#}");
    let forecasts = csv(&place.read("f.csv"));
    assert_eq!(forecasts[0][..7], ["city", "origin", "date", "step", "target", "yhat", "actual"]);

    for format in ["text", "csv", "markdown"] {
        let ran = place.ok(&["evaluate", "m.safetensors", "t.csv", "--format", format]);
        assert!(ran.stdout.to_lowercase().contains("mae"), "{}", ran.stdout);
    }

    let ran = place.ok(&["inspect", "m.safetensors"]);
    for word in ["rnn.weight_ih_l0", "[32, ", "parameters", "pm"] {
        assert!(ran.stdout.contains(word), "no `{word}` in:\n{}", ran.stdout);
    }
    let ran = place.ok(&["inspect", "m.safetensors", "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(shown["config"]["model"]["hidden_size"], 8);
}

#[test]
fn predict_reads_stdin_and_an_earlier_origin() {
    let place = Place::new();
    trained(&place);
    let table = place.read("t.csv");
    let piped = place.pipe(&["predict", "m.safetensors", "-"], table.as_bytes());
    assert_eq!(piped.stdout, place.ok(&["predict", "m.safetensors", "t.csv"]).stdout);

    // Forecasting from an earlier origin is the same as not having the later rows.
    let earlier = place.ok(&["predict", "m.safetensors", "t.csv", "--at", "2021-01-15T00:00:00"]);
    let cut: String = table
        .lines()
        .filter(|l| l.starts_with("city,") || l.split(',').nth(1) < Some("2021-01-15T00:00:00"))
        .map(|l| format!("{l}\n"))
        .collect();
    let alone = place.pipe(&["predict", "m.safetensors", "-"], cut.as_bytes());
    assert_eq!(earlier.stdout, alone.stdout);
}

#[test]
fn a_short_series_is_an_error_or_left_out() {
    let place = Place::new();
    trained(&place);
    let mut table = place.read("t.csv");
    for hour in 0..5 {
        table.push_str(&format!("tiny,2021-01-17T{:02}:00:00,50,3\n", 11 + hour));
    }
    place.write("short.csv", &table);
    let ran = place.run(&["predict", "m.safetensors", "short.csv"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.stderr.contains("needs 24 unbroken rows") && ran.stderr.contains("`tiny` has 5"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--skip-short") && ran.stdout.is_empty(), "{}", ran.stderr);
    let ran = place.ok(&["predict", "m.safetensors", "short.csv", "--skip-short"]);
    assert_eq!(ran.stdout.lines().count(), 1 + 2 * 6);
}

#[test]
fn the_same_run_gives_the_same_bytes_at_any_thread_count() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 300));
    let mut files = Vec::new();
    for threads in ["1", "2", "3"] {
        place.ok(&words(TRAIN, &["--out", "m.safetensors", "--quiet", "--threads", threads]));
        files.push(std::fs::read(place.path("m.safetensors")).unwrap());
    }
    assert!(files[0] == files[1] && files[0] == files[2], "the checkpoint depends on the number of threads");
}

#[test]
fn settings_travel_through_yaml() {
    let place = Place::new();
    place.write("t.csv", hourly(1, 300));
    let printed = place.ok(&words(TRAIN, &["--print-config"]));
    assert!(!place.path("model.safetensors").exists());
    place.write("c.yaml", &printed.stdout);
    let again = place.ok(&["train", "t.csv", "--print-config", "--config", "c.yaml"]);
    assert_eq!(again.stdout, printed.stdout);
    let over = place.ok(&["train", "t.csv", "--print-config", "--config", "c.yaml", "--hidden-size", "9"]);
    assert!(over.stdout.contains("hidden_size: 9"), "{}", over.stdout);
}

#[test]
fn ingest_says_what_is_there_and_writes_windows() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 200));
    let ran = place.ok(&["ingest", "t.csv", "--target", "pm", "--input-window", "24", "--horizon", "6"]);
    for word in ["city", "date", "pm", "wind", "1h", "N x T x F"] {
        assert!(ran.stdout.contains(word), "no `{word}` in:\n{}", ran.stdout);
    }
    let base =
        ["ingest", "t.csv", "--target", "pm", "--input-window", "24", "--horizon", "6", "--format", "json"];
    let ran = place.ok(&[&base[..], &["--out", "w.safetensors"]].concat());
    serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap();
    let bytes = std::fs::read(place.path("w.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let shape = tensors.tensor("x").unwrap().shape().to_vec();
    // 200 rows a series, split 140 / 20 / 40: (140-30+1) + 0 + (40-6+1) origins of validation and
    // test reach back into earlier parts, so validation has 20-6+1.
    assert_eq!(shape[0], 2 * ((140 - 30 + 1) + (20 - 6 + 1) + (40 - 6 + 1)));
    assert_eq!(shape[1], 24);
    place.ok(&[&base[..], &["--out", "v.safetensors", "--time-major"]].concat());
    let bytes = std::fs::read(place.path("v.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("x").unwrap().shape()[..2], [24, shape[0]]);
    place.ok(&[&base[..], &["--layout", "flat", "--out", "w.csv"]].concat());
    let flat = csv(&place.read("w.csv"));
    assert!(
        flat[0].contains(&"pm_lag3".to_string()) && flat[0].contains(&"pm_lead6".to_string()),
        "{:?}",
        flat[0]
    );
    assert_eq!(flat.len(), 1 + shape[0]);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let place = Place::new();
    trained(&place);
    let mut child = place
        .command(&["predict", "m.safetensors", "t.csv"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn wide_tables_and_files_as_series_are_forecast_as_they_were_trained() {
    let place = Place::new();
    let mut wide = String::from("date,A,B\n");
    for hour in 0..300 {
        let (day, h) = (hour / 24, hour % 24);
        let wave = (h as f64 / 24.0 * std::f64::consts::TAU).sin();
        wide.push_str(&format!(
            "2021-01-{:02}T{h:02}:00:00,{:.3},{:.3}\n",
            day + 1,
            10.0 + wave,
            20.0 - wave
        ));
    }
    place.write("w.csv", &wide);
    let small = ["--input-window", "24", "--horizon", "3", "--max-steps", "3", "--ensemble", "1", "--quiet"];
    place.ok(&[
        &["train", "w.csv", "--wide", "load", "--target", "load", "--out", "w.safetensors"][..],
        &small,
    ]
    .concat());
    let rows = csv(&place.ok(&["predict", "w.safetensors", "w.csv"]).stdout);
    assert_eq!(rows.len(), 1 + 2 * 3);
    assert!(rows[1].contains(&"A".to_string()) && rows[4].contains(&"B".to_string()), "{rows:?}");

    let table = hourly(1, 300);
    let without: String =
        table.lines().map(|l| l.split_once(',').map_or(l, |(_, rest)| rest).to_string() + "\n").collect();
    std::fs::create_dir(place.path("parts")).unwrap();
    place.write("parts/north.csv", &without).write("parts/south.csv", &without);
    place.ok(&[
        &["train", "parts", "--series-from-filename", "--target", "pm", "--out", "f.safetensors"][..],
        &small,
    ]
    .concat());
    let rows = csv(&place.ok(&["predict", "f.safetensors", "parts"]).stdout);
    assert_eq!(rows.len(), 1 + 2 * 3);
    assert!(rows[1].contains(&"north".to_string()) && rows[4].contains(&"south".to_string()), "{rows:?}");
}
