//! `compare`: the same figures as `evaluate`, the same origins for all, and a test that a naive version repeats.

use serde_json::Value;

use super::shell;
use super::support::{Place, csv, words};

const SMALL: &str = "train t.csv --hidden-size 8 --max-steps 4 --batch-size 16 --quiet";

/// `m.safetensors` (T = 24, P = 6), `n.safetensors` (T = 12, P = 6) and `short.safetensors` (T = 12, P = 4) on `t.csv`.
fn place() -> Place {
    let place = shell::place();
    let train = |more: &str| {
        let line = format!("{SMALL} --ensemble 1 --pool none --input-window 12 {more}");
        place.ok(&words(&line, &[]));
    };
    train("--target pm --horizon 6 --out n.safetensors");
    train("--target pm,wind --horizon 4 --quantiles 0.1,0.5 --out short.safetensors");
    place
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A row of `evaluate --forecasts`: series, origin, step, yhat, actual.
type Row = (String, String, usize, f64, f64);

/// All of them.
fn forecasts(place: &Place, model: &str) -> Vec<Row> {
    place.ok(&["evaluate", model, "t.csv", "--quiet", "--forecasts", "f.csv", "--out", "r.txt"]);
    let rows = csv(&place.read("f.csv"));
    let number = |text: &String| text.parse::<f64>().expect("a number");
    rows[1..]
        .iter()
        .map(|r| (r[0].clone(), r[1].clone(), r[3].parse().expect("a step"), number(&r[5]), number(&r[6])))
        .collect()
}

/// Diebold and Mariano's statistic without lags, corrected, written down once more.
fn statistic(differences: &[f64]) -> f64 {
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n / n;
    mean / variance.sqrt() * ((n - 1.0) / n).sqrt()
}

#[test]
fn figures_are_those_of_evaluate_and_the_test_is_the_naive_one() {
    let place = place();
    let ran =
        place.ok(&["compare", "m.safetensors", "n.safetensors", "t.csv", "--quiet", "--format", "json"]);
    let report = json(&ran.stdout);
    assert_eq!(report["methods"], serde_json::json!(["m", "n", "last_value", "seasonal_naive"]));
    for (name, file) in [("m", "m.safetensors"), ("n", "n.safetensors")] {
        let alone = json(&place.ok(&["evaluate", file, "t.csv", "--quiet", "--format", "json"]).stdout);
        assert_eq!(alone["values"], report["values"]);
        for metric in ["mae", "rmse", "smape", "bias", "pinball", "crps"] {
            let (a, b) = (&alone["overall"]["model"][metric], &report["overall"][name][metric]);
            let (a, b) = (a.as_f64().expect("a figure"), b.as_f64().expect("a figure"));
            assert!((a - b).abs() < 1e-9 * a.abs().max(1.0), "{name} {metric}: {a} {b}");
        }
        // The simple forecasts are those of the longest window.
        for simple in ["last_value", "seasonal_naive"] {
            let (a, b) = (&alone["overall"][simple]["mae"], &report["overall"][simple]["mae"]);
            let (a, b) = (a.as_f64().expect("a figure"), b.as_f64().expect("a figure"));
            assert!(name == "n" || (a - b).abs() < 1e-9, "{simple}: {a} {b}");
        }
    }

    let (a, b) = (forecasts(&place, "m.safetensors"), forecasts(&place, "n.safetensors"));
    let mut origins: Vec<&String> = a.iter().map(|row| &row.1).collect();
    origins.sort();
    origins.dedup();
    assert!(origins.len() >= 8, "{} origins", origins.len());
    let of = |keep: &dyn Fn(&Row) -> bool| {
        let per_origin = |origin: &String| {
            let both = a.iter().zip(&b).filter(|(x, _)| x.1 == *origin && keep(x));
            let all: Vec<f64> = both.map(|(x, y)| (x.3 - x.4).abs() - (y.3 - y.4).abs()).collect();
            all.iter().sum::<f64>() / all.len() as f64
        };
        statistic(&origins.iter().map(|o| per_origin(o)).collect::<Vec<_>>())
    };
    let close = |found: &Value, expected: f64| {
        let found = found["differences"][0]["statistic"].as_f64().expect("a statistic");
        // The file has eight digits.
        assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{found} {expected}");
    };
    close(&report["per_target"][0], of(&|_| true));
    close(&report["per_lead"][2], of(&|row| row.2 == 3));
    close(&report["per_series"][1], of(&|row| row.0 == "city1"));
    // Holm: no p below the plain one, and two tests at most double it.
    for row in report["per_series"].as_array().expect("series") {
        let d = &row["differences"][0];
        let (p, holm) = (d["p"].as_f64().expect("p"), d["p_holm"].as_f64().expect("p"));
        assert!(p <= holm && holm <= 2.0 * p + 1e-12, "{p} {holm}");
    }
}

#[test]
fn models_that_differ_are_compared_on_what_they_share() {
    let place = place();
    let files = ["compare", "m.safetensors", "short.safetensors", "n.safetensors", "t.csv", "--quiet"];
    let report = json(&place.ok(&[&files[..], &["--format", "json"]].concat()).stdout);
    assert_eq!((&report["horizon"], &report["targets"]), (&4.into(), &serde_json::json!(["pm"])));
    assert_eq!(report["quantile_levels"], serde_json::json!([0.1, 0.5]));
    assert_eq!(report["per_lead"].as_array().map(Vec::len), Some(4));
    let notes = report["notes"].to_string();
    assert!(notes.contains("Horizons differ (m 6, short 4, n 6)"), "{notes}");
    assert!(notes.contains("short forecasts wind too"), "{notes}");
    assert!(notes.contains("over the levels that all have: 0.1, 0.5"), "{notes}");
    assert!(notes.contains("the 24 rows before an origin, the longest input window (m)"), "{notes}");
    // All pairs of models, and each beside both simple forecasts.
    assert_eq!(report["per_target"][0]["differences"].as_array().map(Vec::len), Some(3 + 6));
    assert_eq!(report["per_lead"][0]["differences"].as_array().map(Vec::len), Some(3));
    // Their order changes names and signs alone.
    let turned = ["compare", "n.safetensors", "m.safetensors", "short.safetensors", "t.csv", "--quiet"];
    let other = json(&place.ok(&[&turned[..], &["--format", "json"]].concat()).stdout);
    assert_eq!(other["overall"]["short"], report["overall"]["short"]);
    let (a, b) = (&report["per_target"][0]["differences"][1], &other["per_target"][0]["differences"][0]);
    assert_eq!((&a["first"], &a["second"]), (&b["second"], &b["first"]));
    assert_eq!(a["p"], b["p"]);

    // Overlapping forecasts need lags; a part that training has seen is told.
    let more = ["--stride", "1", "--from", "2021-01-05", "--only", "city0", "--format", "json"];
    let report = json(&place.ok(&[&files[..], &more].concat()).stdout);
    assert_eq!(report["per_target"][0]["differences"][0]["lags"], 3);
    assert_eq!(report["per_lead"][2]["differences"][0]["lags"], 2);
    assert_eq!(report["series"], 1);
    let notes = report["notes"].to_string();
    assert_eq!(notes.matches("its training or validation has seen").count(), 3, "{notes}");
}

#[test]
fn the_default_part_is_seen_by_none() {
    let place = shell::place();
    let line = format!(
        "{SMALL} --ensemble 1 --input-window 24 --horizon 6 --target pm --test-start 2021-01-15 --out late.safetensors"
    );
    place.ok(&words(&line, &[]));
    let report =
        place.ok(&["compare", "m.safetensors", "late.safetensors", "t.csv", "--quiet", "--format", "json"]);
    let report = json(&report.stdout);
    assert_eq!(report["from"], "2021-01-15T00:00:00");
    let notes = report["notes"].to_string();
    assert!(notes.contains("scored from 2021-01-15T00:00:00, where the latest of them begins"), "{notes}");
    assert!(!notes.contains("has seen"), "{notes}");
    // Few origins are no reason to guess.
    let few = ["compare", "m.safetensors", "late.safetensors", "t.csv", "--quiet", "--from", "2021-01-16"];
    let text = place.ok(&few).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("not tested: there are fewer than 8 origins"), "{text}");
}

#[test]
fn a_stream_and_any_number_of_threads_give_the_same_bytes() {
    let place = place();
    let files = ["compare", "m.safetensors", "n.safetensors"];
    let file = place.ok(&[&files[..], &["t.csv", "--format", "csv", "--quiet"]].concat()).stdout;
    let table = place.read("t.csv");
    let stream =
        place.pipe(&[&files[..], &["-", "--format", "csv", "--threads", "1"]].concat(), table.as_bytes());
    assert_eq!((stream.code, stream.stderr.as_str()), (0, ""));
    assert_eq!(stream.stdout, file);
    assert!(
        file.starts_with("scope,name,target,method,versus,metric,value\noverall,,pm,,,values,"),
        "{file}"
    );
    place.ok(&[&files[..], &["t.csv", "--out", "r.md", "--quiet"]].concat());
    assert!(place.read("r.md").contains("\n| m "), "{}", place.read("r.md"));
}

#[test]
fn the_picture_has_the_figures_of_the_report() {
    let place = place();
    let files = ["compare", "m.safetensors", "n.safetensors", "t.csv", "--quiet", "--format", "json"];
    for file in ["p.svg", "p.png", "p.txt"] {
        place.ok(&[&files[..], &["--plot", file, "--theme", "light"]].concat());
    }
    let report = json(&place.ok(&files).stdout);
    let svg = place.read("p.svg");
    for words in ["m less n", "n less seasonal naive", "city0", "steps ahead", "seasonal naive", "Diebold"] {
        assert!(svg.contains(words), "{words}");
    }
    // The number beside the first bar of the differences is that of the report.
    let difference = report["per_target"][0]["differences"][0]["mean"].as_f64().expect("a mean");
    let text = place.read("p.txt").replace('−', "-");
    let line = text.lines().find(|line| line.contains("m less n ")).expect("the pair").to_owned();
    let shown =
        line.split("m less n ").nth(1).and_then(|rest| rest.trim().split(',').next()).expect("a number");
    let shown: f64 = shown.parse().expect("a number");
    assert!((shown - difference).abs() < 1e-3 * difference.abs(), "{shown} {difference}");
    // No picture over an input, and none of an unknown kind.
    let over = place.run(&[&files[..], &["--plot", "t.csv"]].concat());
    assert_eq!(over.code, 2);
    let unknown = place.run(&[&files[..], &["--plot", "p.gif"]].concat());
    assert!(
        unknown.stderr.contains("a picture is written as .svg, .png, .html or .txt"),
        "{}",
        unknown.stderr
    );
    let alone = place.run(&[&files[..], &["--theme", "dark"]].concat());
    assert_eq!(alone.code, 2, "{}", alone.stderr);
}
