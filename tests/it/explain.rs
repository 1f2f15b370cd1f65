//! `explain` on a made table: y is ten times x1 three rows before and some noise, and x2 is nothing; what is found is known.
//!
//! (Without the noise the network would lean on y too: seeing 10 x1[t - 3] again, it can forget that row.)

use std::sync::OnceLock;

use serde_json::Value;

use super::support::{Place, csv, uniform, words};

const HOURS: usize = 1500;

/// city,date,y,x1,x2: y[t] = 10 x1[t - 3] and noise between -2 and 2.
fn table() -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2023, 1, 1).and_then(|d| d.and_hms_opt(0, 0, 0));
    let first = first.expect("a date");
    let mut out = String::from("city,date,y,x1,x2\n");
    let mut draw = uniform(11);
    for city in ["Aa", "Bb"] {
        let mut past = [0.0; 3];
        for hour in 0..HOURS {
            let stamp = (first + chrono::Duration::hours(hour as i64)).format("%Y-%m-%d %H:%M");
            let (x1, x2, noise) = (draw(), draw(), 4.0 * (draw() - 0.5));
            out.push_str(&format!("{city},{stamp},{:.4},{x1:.4},{x2:.4}\n", 10.0 * past[0] + noise));
            past = [past[1], past[2], x1];
        }
    }
    out
}

/// A folder with the table as `t.csv` and a model of it (T = 8, P = 1) as `m.safetensors`.
fn place() -> Place {
    static MODEL: OnceLock<Vec<u8>> = OnceLock::new();
    let place = Place::new();
    place.write("t.csv", table());
    let model = MODEL.get_or_init(|| {
        let train = "train t.csv --target y --input-window 8 --horizon 1 --decoder direct --skip none --pool none --ensemble 1 \
                     --hidden-size 16 --learning-rate 0.01 --dropout 0 --max-steps 500 --quiet --out m.safetensors";
        place.ok(&words(train, &[]));
        std::fs::read(place.path("m.safetensors")).expect("a model")
    });
    place.write("m.safetensors", model);
    place
}

fn json(place: &Place, more: &[&str]) -> Value {
    let ran =
        place.ok(&[&["explain", "m.safetensors", "t.csv", "--quiet", "--format", "json"], more].concat());
    serde_json::from_str(&ran.stdout).expect("JSON")
}

fn named<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let all = list.as_array().expect("a list");
    all.iter().find(|entry| entry[key] == name).unwrap_or_else(|| panic!("no {name} in {list}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn the_column_and_its_lag_are_found() {
    let place = place();
    let found = json(&place, &["--repeats", "3"]);
    let of = &found["targets"][0];
    let share = |name: &str| number(&named(&of["columns"], "column", name)["mae_rise_share"]);
    assert!(share("x1") > 1.5, "{}", of["columns"]);
    assert!(share("x2").abs() < 0.05 && share("(calendar)").abs() < 0.05, "{}", of["columns"]);
    assert!(share("y").abs() < 0.5 * share("x1"), "{}", of["columns"]);
    assert_eq!(of["columns"][0]["column"], "x1");
    // Out of step the forecast is that of another x1: 10/3 off on average, beside noise of 1 on average.
    let rise = number(&named(&of["columns"], "column", "x1")["mae_rise"]);
    let error = number(&of["mae"]);
    assert!((0.9..1.5).contains(&error) && (3.0..4.0).contains(&(rise + error)), "{rise} over {error}");
    assert!(number(&named(&of["columns"], "column", "x1")["pinball_rise"]) > 0.5);
    assert!(number(&named(&of["columns"], "column", "x1")["mae_rise_spread"]) > 0.0);

    let lags = |column: &Value| {
        let own = of["lags"].as_array().expect("lags").iter().find(|own| own["column"] == *column);
        let blocks = own.expect("the column")["blocks"].as_array().expect("blocks").clone();
        blocks
            .iter()
            .map(|b| (b["lags"].as_str().expect("a name").to_owned(), number(&b["mae_rise"])))
            .collect::<Vec<_>>()
    };
    let third = |blocks: &[(String, f64)]| blocks.iter().find(|b| b.0 == "3").expect("lag 3").1;
    let own = lags(&"x1".into());
    assert!(third(&own) > 1.0, "{own:?}");
    assert!(own.iter().filter(|b| b.0 != "3").all(|b| b.1.abs() < 0.15 * third(&own)), "{own:?}");
    let all = lags(&Value::Null);
    assert!(all.iter().filter(|b| b.0 != "3").all(|b| b.1.abs() < 0.5 * third(&all)), "{all:?}");
}

#[test]
fn a_forecast_is_shared_out_among_what_made_it() {
    let place = place();
    let at = "2023-02-25 07:00";
    let why = json(&place, &["--at", at, "--only", "Bb"]);
    let of = &why["targets"][0];
    // It is the forecast that `predict` gives.
    let predict = ["predict", "m.safetensors", "t.csv", "--quiet", "--only", "Bb", "--at", at];
    let predicted: f64 = csv(&place.ok(&predict).stdout)[1][2].parse().expect("a number");
    let forecast = number(&of["forecast"]);
    assert!((forecast - predicted).abs() < 2e-4 * predicted.abs().max(1.0), "{forecast} {predicted}");
    // The parts add up to what it differs from other times by.
    let parts = of["contributions"].as_array().expect("parts");
    let sum: f64 = parts.iter().map(|part| number(&part["value"])).sum();
    assert!((sum - (forecast - number(&of["baseline"]))).abs() < 1e-9, "{sum}");
    assert!(number(&why["gap"]) < 1e-9, "{}", why["gap"]);
    // x1 in the newest rows is most of it.
    let own = |column: &str, part: &str| {
        let found = parts.iter().find(|p| p["column"] == column && p["part"] == part).expect("a part");
        number(&found["value"])
    };
    let most = own("x1", "lags 1 to 3");
    assert!((most - sum).abs() < 0.4 * sum.abs(), "{most} of {sum}");
    assert!(own("x2", "lags 1 to 3").abs() < 0.1, "{parts:?}");
    // 10 x1 three rows before is what is forecast.
    let rows = csv(&place.read("t.csv"));
    let row = rows.iter().position(|row| row[0] == "Bb" && row[1] == at).expect("the row");
    let x1: f64 = rows[row - 3][3].parse().expect("a number");
    assert!((forecast - 10.0 * x1).abs() < 1.5, "{forecast} {x1}");

    // The row after the last one can be asked about, too; several series cannot.
    let text = place.ok(&[
        "explain",
        "m.safetensors",
        "t.csv",
        "--quiet",
        "--at",
        "2023-03-04 12:00",
        "--only",
        "Aa",
    ]);
    assert!(text.stdout.contains("By column\n") && text.stdout.contains('|'), "{}", text.stdout);
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let place = place();
    let part = ["--from", "2023-02-20", "--to", "2023-02-24", "--repeats", "2"];
    let one = ["--at", "2023-02-25 07:00", "--only", "Aa", "--samples", "4"];
    for asked in [&part[..], &one[..]] {
        let run = |more: &[&str]| {
            let line =
                [&["explain", "m.safetensors", "t.csv", "--quiet", "--format", "csv"], asked, more].concat();
            place.ok(&line).stdout
        };
        let first = run(&["--threads", "1"]);
        assert_eq!(first, run(&["--threads", "3"]));
        assert_ne!(first, run(&["--seed", "5"]));
        let table = place.read("t.csv");
        let line = [&["explain", "m.safetensors", "-", "--quiet", "--format", "csv"], asked].concat();
        assert_eq!(place.pipe(&line, table.as_bytes()).stdout, first);
    }
}

/// The number beside a bar of a picture in letters, and where the bar starts and ends.
fn drawn(text: &str, name: &str) -> (f64, usize, usize) {
    let line = text.lines().find(|line| line.trim_start().starts_with(name)).expect("the bar");
    let rest = line.trim_start().trim_start_matches(name).trim_start();
    let number = rest.split_whitespace().next().expect("a number").replace('−', "-");
    let bar: Vec<usize> = (line.chars().enumerate())
        .filter(|(_, c)| ('▁'..='▏').contains(c) || *c == '●')
        .map(|(at, _)| at)
        .collect();
    let ends = (bar.first().copied().unwrap_or(0), bar.last().map_or(0, |last| last + 1));
    (number.parse().expect("a number"), ends.0, ends.1)
}

#[test]
fn the_bars_of_one_forecast_add_up() {
    let place = place();
    let at = ["explain", "m.safetensors", "t.csv", "--quiet", "--at", "2023-02-25 07:00", "--only", "Bb"];
    for file in ["why.txt", "why.svg", "why.png", "why.html"] {
        place.ok(&[&at[..], &["--out", "why.csv", "--plot", file]].concat());
    }
    let text = place.read("why.txt");
    let start = drawn(&text, "at other times, on average");
    let end = drawn(&text, "this forecast");
    let parts: Vec<f64> = ["x1", "x2", "y", "(calendar)"].iter().map(|name| drawn(&text, name).0).collect();
    let sum: f64 = parts.iter().sum();
    // The numbers have four digits.
    assert!(
        (start.0 + sum - end.0).abs() < 0.02 * start.0.abs().max(end.0.abs()),
        "{start:?} {parts:?} {end:?}"
    );
    // The largest part begins at the one dot, and ends near the other.
    let first = drawn(&text, "x1");
    let near = |a: usize, b: usize| a.abs_diff(b) <= 1;
    match first.0 > 0.0 {
        true => assert!(near(first.1, start.1) && first.2 > start.2, "{text}"),
        false => assert!(near(first.2, start.2) && first.1 < start.1, "{text}"),
    }
    assert!(place.read("why.svg").contains("By time before the origin"));
}

#[test]
fn what_it_rests_on_is_drawn() {
    let place = place();
    let asked = ["explain", "m.safetensors", "t.csv", "--quiet", "--repeats", "2"];
    place.ok(&[&asked[..], &["--out", "e.json", "--plot", "e.svg"]].concat());
    place.ok(&[&asked[..], &["--out", "e.json", "--plot", "e.txt"]].concat());
    let svg = place.read("e.svg");
    for words in
        ["Columns", "Rows before the origin", ">x1<", ">x2<", ">lag 3<", "rise of the mean absolute error, %"]
    {
        assert!(svg.contains(words), "{words}");
    }
    let found: Value = serde_json::from_str(&place.read("e.json")).expect("JSON");
    let share = number(&named(&found["targets"][0]["columns"], "column", "x1")["mae_rise_share"]);
    let shown = drawn(&place.read("e.txt"), "x1").0;
    assert!((shown - 100.0 * share).abs() < 0.051, "{shown} {share}");
}
