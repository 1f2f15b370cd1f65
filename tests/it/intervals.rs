//! Prediction intervals of stated coverage through the real program.

use serde_json::Value;

use super::shell::{model, place};
use super::support::{Place, csv, hourly, uniform, words};

const SMALL: &str = "train t.csv --target y --input-window 24 --horizon 4 --hidden-size 8 --ensemble 1 --quiet \
                     --out m.safetensors";

/// Hours of y(t) = 0.5 y(t-1) + noise, about levels of 10 and 1000 with spreads of 1 and 30. The noise is a
/// sum of three even ones, so the model's outermost quantiles cannot hold it all.
fn autoregressive(hours: i64) -> String {
    let start = chrono::DateTime::from_timestamp(1_600_000_000 / 3600 * 3600, 0).unwrap().naive_utc();
    let mut even = uniform(11);
    let mut even = move || even() - 0.5;
    let mut text = String::from("city,date,y\n");
    for (city, level, spread) in [("a", 10.0, 1.0), ("b", 1000.0, 30.0)] {
        let mut y = 0.0;
        for hour in 0..hours {
            y = 0.5 * y + 2.0 * (even() + even() + even());
            let stamp = (start + chrono::TimeDelta::hours(hour)).format("%Y-%m-%dT%H:%M:%S");
            text.push_str(&format!("{city},{stamp},{:.4}\n", level + spread * y));
        }
    }
    text
}

/// Each level's (nominal, coverage, mean width), of `overall` or of a row of `per_lead`.
fn intervals(block: &Value) -> Vec<(f64, f64, f64)> {
    let number = |i: &Value, key: &str| i[key].as_f64().unwrap_or_else(|| panic!("no {key} in {block:#}"));
    let all = block["intervals"].as_array().unwrap_or_else(|| panic!("no intervals in {block:#}"));
    all.iter().map(|i| (number(i, "nominal"), number(i, "coverage"), number(i, "mean_width"))).collect()
}

/// The series does not change with time, so what holds in the validation part holds in the test
/// part: 375 origins of each of two cities leave a standard error of 1.5 % at 80 % and each lead,
/// and the validation part about as much. Within 5 % pooled, and within 8 % at each lead.
fn covers(more: &[&str]) {
    let place = Place::new();
    place.write("t.csv", autoregressive(6000));
    place.ok(&words(SMALL, &[&["--split", "0.5,0.25,0.25"], more].concat()));
    let evaluate = ["evaluate", "m.safetensors", "t.csv", "--interval", "95,50,80", "--format"];
    let report: Value = serde_json::from_str(&place.ok(&[&evaluate[..], &["json"]].concat()).stdout).unwrap();
    let pooled = intervals(&report["overall"]);
    assert_eq!(pooled.iter().map(|i| i.0).collect::<Vec<_>>(), [50.0, 80.0, 95.0]);
    let rows = report["per_lead"].as_array().unwrap().iter().map(|row| (intervals(row), 0.08));
    for (found, most) in std::iter::once((pooled, 0.05)).chain(rows) {
        for (nominal, coverage, width) in &found {
            assert!((coverage - nominal / 100.0).abs() < most && *width > 0.0, "{more:?}: {found:?}");
        }
    }
    let text = place.ok(&[&evaluate[..], &["text"]].concat()).stdout;
    for words in ["Prediction intervals", "80 %", "Per lead: prediction intervals"] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    let tidy = place.ok(&[&evaluate[..], &["csv"]].concat()).stdout;
    for line in
        ["overall,,y,model,coverage_80,0.", "lead,4,y,model,mean_width_95,", "lead,1,y,model,coverage_50,"]
    {
        assert!(tidy.contains(&format!("\n{line}")), "no `{line}` in\n{tidy}");
    }
}

#[test]
fn intervals_cover_what_they_say() {
    covers(&["--max-steps", "60"]);
    // Quantiles that learned nothing, of levels that hold far less than 95 %.
    covers(&["--max-steps", "1", "--quantiles", "0.4,0.5,0.6"]);
}

#[test]
fn without_quantiles_the_errors_of_the_point_forecast_count() {
    covers(&["--max-steps", "60", "--quantiles", "none", "--decoder", "direct"]);
}

const ALL: &str = "99,50,98,60,95,70,90,80";

/// Every format has the columns; each interval holds the next smaller one and the point forecast.
#[test]
fn intervals_are_nested_in_every_output() {
    let place = Place::new();
    place.write("t.csv", autoregressive(1200));
    place.ok(&words(SMALL, &["--max-steps", "20"]));
    let predict = ["predict", "m.safetensors", "t.csv", "--interval", ALL];
    let rows = csv(&place.ok(&predict).stdout);
    let levels = ["50", "60", "70", "80", "90", "95", "98", "99"];
    let ends = |name: &str| {
        levels.iter().flat_map(|l| [format!("{name}_lo{l}"), format!("{name}_hi{l}")]).collect::<Vec<_>>()
    };
    assert_eq!(rows[0][..3], ["city", "date", "y"]);
    assert_eq!(rows[0][3..], ends("y"));
    let nested = |row: &[String]| {
        let values: Vec<f64> = row.iter().map(|v| v.parse().unwrap()).collect();
        let (mut low, mut high) = (values[0], values[0]);
        for pair in values[1..].as_chunks::<2>().0 {
            assert!(pair[0] <= low && high <= pair[1], "{row:?}");
            [low, high] = *pair;
        }
        assert!(low < high, "{row:?}");
    };
    rows[1..].iter().for_each(|row| nested(&row[2..]));
    let long = csv(&place.ok(&[&predict[..], &["--long"]].concat()).stdout);
    assert_eq!(long[0][4..], ends("value"));
    assert_eq!(long[1][4..], rows[1][3..]);
    for format in ["tsv", "json", "ndjson", "table"] {
        let out = place.ok(&[&predict[..], &["--format", format]].concat()).stdout;
        assert!(out.contains("y_lo80") && out.contains("y_hi99"), "{format}: {out}");
    }
    for format in ["parquet", "arrow"] {
        let file = format!("out.{format}");
        place.ok(&[&predict[..], &["--out", &file]].concat());
        assert!(place.ok(&["ingest", &file, "--format", "json"]).stdout.contains("\"y_lo80\""), "{format}");
    }
    // One level alone is what it is beside the others; quantiles come before it.
    let one = csv(&place
        .ok(&["predict", "m.safetensors", "t.csv", "--interval", "80", "--quantiles", "0.9"])
        .stdout);
    assert_eq!(one[0][2..], ["y", "y_p90", "y_lo80", "y_hi80"]);
    assert_eq!(one[1][4..], rows[1][9..11]);
    // Bounds hold for the ends as well.
    let clipped = csv(&place.ok(&[&predict[..], &["--min", "9.5", "--max", "1005"]].concat()).stdout);
    clipped[1..].iter().flat_map(|row| &row[2..]).for_each(|v| {
        assert!((9.5..=1005.0).contains(&v.parse::<f64>().unwrap()), "{v}");
    });
    assert!(clipped[1..].iter().any(|row| row.contains(&"9.5".to_string())));

    let forecasts = ["--interval", "80", "--forecasts", "f.csv", "--quiet"];
    place.ok(&[&["evaluate", "m.safetensors", "t.csv"], &forecasts[..]].concat());
    let rows = csv(&place.read("f.csv"));
    assert_eq!(rows[0][5..], ["yhat", "actual", "yhat_lo80", "yhat_hi80"]);
    rows[1..].iter().for_each(|row| nested(&[row[5].clone(), row[7].clone(), row[8].clone()]));
}

#[test]
fn a_stream_has_the_intervals_of_the_table() {
    let place = place();
    let args = ["--interval", "80,95", "--min", "45"];
    let table = hourly(1, 60);
    place.write("u.csv", &table);
    let whole = csv(&place.ok(&[&["predict", "m.safetensors", "u.csv"], &args[..]].concat()).stdout);
    let stream = [&["predict", "m.safetensors", "-", "--follow"], &args[..]].concat();
    let followed = csv(&place.pipe(&stream, table.as_bytes()).stdout);
    assert_eq!(followed[0], whole[0]);
    let last = &followed[followed.len() - 6..];
    for (found, expected) in last.iter().zip(&whole[1..]) {
        assert_eq!(found[..2], expected[..2]);
        for (f, e) in found[2..].iter().zip(&expected[2..]) {
            let (f, e): (f64, f64) = (f.parse().unwrap(), e.parse().unwrap());
            // Sums over a shorter past round differently.
            assert!((f - e).abs() <= 1e-4 * e.abs(), "{found:?} is not {expected:?}");
        }
    }
}

/// Two targets have their own columns, widths and coverage.
#[test]
fn several_targets() {
    let place = Place::new();
    place.write("m.safetensors", model("pm,wind")).write("t.csv", hourly(2, 400));
    let rows = csv(&place.ok(&["predict", "m.safetensors", "t.csv", "--interval", "90"]).stdout);
    assert_eq!(rows[0][2..], ["pm", "wind", "pm_lo90", "pm_hi90", "wind_lo90", "wind_hi90"]);
    for row in &rows[1..] {
        let v: Vec<f64> = row[2..].iter().map(|v| v.parse().unwrap()).collect();
        assert!(v[2] <= v[0] && v[0] <= v[3] && v[4] <= v[1] && v[1] <= v[5], "{row:?}");
        assert!(v[3] - v[2] > 2.0 * (v[5] - v[4]), "pm varies far more than wind: {row:?}");
    }
    let text = place.ok(&["evaluate", "m.safetensors", "t.csv", "--interval", "50,60,80,90,95"]).stdout;
    for title in ["Prediction intervals, pm", "Per lead, wind: prediction intervals"] {
        assert!(text.contains(title), "no `{title}` in\n{text}");
    }
}

#[test]
fn a_model_without_a_calibration_says_why() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 400));
    let train =
        ["train", "t.csv", "--target", "pm", "--input-window", "24", "--horizon", "6", "--max-steps", "1"];
    let small = ["--hidden-size", "8", "--ensemble", "1", "--quiet", "--out", "m.safetensors"];
    place.ok(&[&train[..], &small, &["--split", "0.8,0,0.2"]].concat());
    let ran = place.run(&["predict", "m.safetensors", "t.csv", "--interval", "80"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            5,
            "error: m.safetensors: is not calibrated, so --interval has nothing to go by: it was trained without a validation part\n\
             hint: train it with one: --split 0.7,0.1,0.2, or --val-start and --test-start\n"
        )
    );
    assert!(place.ok(&["inspect", "m.safetensors"]).stdout.contains("intervals   not calibrated: it was"));
    // The part is there, though it chose no weights.
    place.ok(&[&train[..], &small, &["--no-validation"]].concat());
    place.ok(&["evaluate", "m.safetensors", "t.csv", "--interval", "80"]);
    let shown = place.ok(&["inspect", "m.safetensors"]).stdout;
    assert!(
        shown.contains("intervals   50, 60, 70, 80, 90, 95, 98 %, calibrated on 70 validation"),
        "{shown}"
    );
}

/// From the middle on the noise is twice as large: what validation has measured holds no more. Intervals that learn come back to their level,
/// and a stream's are those of a rolling evaluation.
#[test]
fn intervals_learn_as_values_arrive() {
    let place = Place::new();
    let calm = autoregressive(4000);
    let mut lines: Vec<String> = calm.lines().map(String::from).collect();
    for (at, line) in lines.iter_mut().enumerate().skip(1) {
        let (head, value) = line.rsplit_once(',').unwrap();
        let (level, value) = (if at <= 4000 { 10.0 } else { 1000.0 }, value.parse::<f64>().unwrap());
        let factor = if (at - 1) % 4000 >= 3000 { 2.0 } else { 1.0 };
        *line = format!("{head},{:.4}", level + factor * (value - level));
    }
    place.write("t.csv", lines.join("\n") + "\n");
    // The `lead` decoder forecasts in units of the window's spread, and so would widen by itself.
    place.ok(&words(SMALL, &["--max-steps", "60", "--split", "0.5,0.25,0.25", "--decoder", "direct"]));
    let evaluate =
        ["evaluate", "m.safetensors", "t.csv", "--interval", "80", "--stride", "1", "--format", "json"];
    let coverage = |more: &[&str]| {
        let report: Value = serde_json::from_str(&place.ok(&[&evaluate[..], more].concat()).stdout).unwrap();
        (intervals(&report["overall"])[0].1, report["overall"]["model"]["mae"].clone())
    };
    let (plain, learned) = (coverage(&[]), coverage(&["--adapt"]));
    assert!(plain.0 < 0.7 && (learned.0 - 0.8).abs() < 0.03, "{plain:?} {learned:?}");
    assert_eq!(plain.1, learned.1);

    let head: Vec<&str> = lines.iter().take(81).map(String::as_str).collect();
    place.write("short.csv", head.join("\n") + "\n");
    let from = head[1].split(',').nth(1).unwrap();
    place.ok(&words(
        "evaluate m.safetensors short.csv --interval 80 --adapt --stride 1 --forecasts f.csv --out r.txt",
        &["--from", from],
    ));
    let text = head.join("\n") + "\n";
    let follow = words("predict m.safetensors - --follow --interval 80 --adapt --quiet", &[]);
    let ran = place.pipe(&follow, text.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (rolling, followed) = (csv(&place.read("f.csv")), csv(&ran.stdout));
    let column = |rows: &[Vec<String>], name: &str| rows[0].iter().position(|n| n == name).unwrap();
    let (low, own) = (column(&rolling, "yhat_lo80"), column(&followed, "y_lo80"));
    assert!(rolling.len() > 4 * 40);
    for (a, b) in rolling[1..].iter().zip(&followed[1..]) {
        let (a, b) = (a[low].parse::<f64>().unwrap(), b[own].parse::<f64>().unwrap());
        assert!((a - b).abs() < 1e-3 * a.abs(), "{a} {b}");
    }
}
