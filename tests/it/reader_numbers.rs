//! Numbers as countries and programs write them: read rightly and told, or asked about.

use crate::support::Place;

/// What `ingest` says of a table, as JSON.
fn told(place: &Place, args: &[&str]) -> serde_json::Value {
    let ran = place.ok(&[&["ingest"], args, &["--format", "json"]].concat());
    serde_json::from_str(&ran.stdout).unwrap()
}

/// What `ingest` refuses a table with.
fn refused(place: &Place, args: &[&str]) -> String {
    let ran = place.run(&[&["ingest"], args].concat());
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    assert!(!ran.stderr.contains("--missing"), "a number in dress is not missing: {}", ran.stderr);
    ran.stderr
}

fn mean(told: &serde_json::Value, column: &str) -> f64 {
    let columns = told["columns"].as_array().unwrap();
    let found = columns.iter().find(|c| c["name"] == column);
    found.and_then(|c| c["mean"].as_f64()).unwrap_or(f64::NAN)
}

/// Days and a cell each; cells that hold the delimiter are quoted.
fn table(delimiter: char, cells: impl Iterator<Item = String>) -> String {
    let start = chrono::NaiveDate::from_ymd_opt(2021, 3, 1).unwrap();
    let quoted = |cell: String| if cell.contains(delimiter) { format!("\"{cell}\"") } else { cell };
    let rows = cells
        .enumerate()
        .map(|(i, cell)| format!("{}{delimiter}{}\n", start + chrono::Days::new(i as u64), quoted(cell)));
    format!("date{delimiter}v\n{}", rows.collect::<String>())
}

/// 200 whole numbers from 801 on, in steps of 3: 66 of them below a thousand.
fn wholes() -> impl Iterator<Item = u64> {
    (0..200).map(|i| 801 + 3 * i)
}

const MEAN: f64 = 801.0 + 3.0 * 199.0 / 2.0;

/// With a mark before each three digits.
fn grouped(value: u64, mark: &str) -> String {
    if value < 1000 {
        value.to_string()
    } else {
        format!("{}{mark}{:03}", grouped(value / 1000, mark), value % 1000)
    }
}

/// As in India: a mark before the last three digits, then before each two.
fn lakhs(value: u64) -> String {
    let (high, low) = (value / 1000, value % 1000);
    let twos = |mut v: u64| {
        let mut out = String::new();
        while v > 99 {
            out = format!(",{:02}{out}", v % 100);
            v /= 100;
        }
        format!("{v}{out}")
    };
    if high == 0 { low.to_string() } else { format!("{},{low:03}", twos(high)) }
}

#[test]
fn marks_of_thousands_of_many_countries() {
    let place = Place::new();
    type Write = Box<dyn Fn(u64) -> String>;
    let all: Vec<(&str, char, Write, f64)> = vec![
        ("United States", ',', Box::new(|v| grouped(v, ",")), MEAN),
        ("tabs", '\t', Box::new(|v| grouped(v, ",")), MEAN),
        ("Germany", ';', Box::new(|v| grouped(v, ".")), MEAN),
        ("Germany, cents", ';', Box::new(|v| format!("{},25", grouped(v, "."))), MEAN + 0.25),
        ("France", ';', Box::new(|v| format!("{},5", grouped(v, "\u{202f}"))), MEAN + 0.5),
        ("France, old", ';', Box::new(|v| grouped(v, "\u{a0}")), MEAN),
        ("Sweden", ';', Box::new(|v| grouped(v, " ")), MEAN),
        ("SI", ',', Box::new(|v| grouped(v, "\u{2009}")), MEAN),
        ("Switzerland", ',', Box::new(|v| format!("{}.50", grouped(v, "'"))), MEAN + 0.5),
        ("Switzerland, curly", ';', Box::new(|v| grouped(v, "\u{2019}")), MEAN),
        ("India", ',', Box::new(|v| lakhs(v * 1000)), MEAN * 1000.0),
        ("rupees", ',', Box::new(|v| format!("\u{20b9}{}", lakhs(v * 1000))), MEAN * 1000.0),
        ("Rs.", ',', Box::new(|v| format!("Rs. {}", lakhs(v * 1000))), MEAN * 1000.0),
        ("dollars", ',', Box::new(|v| format!("${}.00", grouped(v * 1000, ","))), MEAN * 1000.0),
        ("euros after", ';', Box::new(|v| format!("{},00 \u{20ac}", grouped(v, "."))), MEAN),
        ("reais", ';', Box::new(|v| format!("R$ {},00", grouped(v, "."))), MEAN),
        ("francs", ',', Box::new(|v| format!("CHF {}", grouped(v, "'"))), MEAN),
    ];
    for (name, delimiter, write, expected) in all {
        place.write("t.csv", table(delimiter, wholes().map(write)));
        let told = told(&place, &["t.csv"]);
        assert!((mean(&told, "v") / expected - 1.0).abs() < 1e-9, "{name}: {}", told["columns"]);
        assert!(told["read_as"].to_string().contains("is read as"), "{name}: {}", told["read_as"]);
    }
}

#[test]
fn a_thousand_in_a_single_cell() {
    let place = Place::new();
    place.write(
        "t.csv",
        table(',', (0..200).map(|i| if i == 150 { "1,003".into() } else { format!("{}", 900 + i % 90) })),
    );
    let t = told(&place, &["t.csv"]);
    let sum: u64 = (0..200).map(|i| if i == 150 { 1003 } else { 900 + i % 90 }).sum();
    assert!((mean(&t, "v") - sum as f64 / 200.0).abs() < 1e-9);
}

#[test]
fn three_decimals_or_thousands_are_asked_about_and_every_flag_works() {
    let place = Place::new();
    let cells = || wholes().map(|v| format!("{}.{:03}", v / 37, v * 7 % 1000));
    let value = |v: u64| (v / 37) as f64 + (v * 7 % 1000) as f64 / 1000.0;
    let decimals = wholes().map(value).sum::<f64>() / 200.0;
    place.write("t.csv", table(';', cells()));
    let e = refused(&place, &["t.csv"]);
    assert!(e.contains("row 2, column `v`") && e.contains("thousands"), "{e}");
    assert!(e.contains("--thousands . reads it as") && e.contains("--decimal . as"), "{e}");
    for (args, expected) in [
        (&["t.csv", "--decimal", "."][..], decimals),
        (&["t.csv", "--thousands", "none"], decimals),
        (&["t.csv", "--thousands", "."], decimals * 1000.0),
        (&["t.csv", "--decimal", ","], decimals * 1000.0),
    ] {
        assert!((mean(&told(&place, args), "v") / expected - 1.0).abs() < 1e-9, "{args:?}");
    }
    // A comma between the cells leaves the point to the numbers.
    place.write("t.csv", table(',', cells()));
    assert!((mean(&told(&place, &["t.csv"]), "v") / decimals - 1.0).abs() < 1e-9);
    // Another column of the table decides.
    let other = |mark: char| {
        let with = |line: &str| format!("{line};2{mark}5\n");
        let text = table(';', cells());
        let (head, rows) = text.split_once('\n').unwrap();
        format!("{head};w\n{}", rows.lines().map(with).collect::<String>())
    };
    place.write("t.csv", other('.'));
    assert!((mean(&told(&place, &["t.csv", "--target", "v"]), "v") / decimals - 1.0).abs() < 1e-9);
    place.write("t.csv", other(','));
    assert!((mean(&told(&place, &["t.csv", "--target", "v"]), "v") / decimals / 1000.0 - 1.0).abs() < 1e-9);
    let e = place.run(&["ingest", "t.csv", "--thousands", "x"]);
    assert!(e.code == 4 && e.stderr.contains("the marks are"), "{}", e.stderr);
}

#[test]
fn below_zero_in_every_way() {
    let place = Place::new();
    let value = |i: i64| (i * 37 % 200 - 100) as f64 / 8.0;
    let sum: f64 = (0..200).map(value).sum();
    type Write = fn(f64) -> String;
    let all: [(&str, char, Write); 5] = [
        ("brackets", ',', |v| if v < 0.0 { format!("({})", -v) } else { format!("{v}") }),
        ("dollars", ',', |v| if v < 0.0 { format!("(${})", -v) } else { format!("${v}") }),
        ("minus after", ',', |v| if v < 0.0 { format!("{}-", -v) } else { format!("{v}") }),
        ("U+2212", ';', |v| format!("{v}").replace('-', "\u{2212}").replace('.', ",")),
        ("a dash", ',', |v| format!("{v}").replace('-', "\u{2013}")),
    ];
    for (name, delimiter, write) in all {
        place.write("t.csv", table(delimiter, (0..200).map(|i| write(value(i)))));
        let t = told(&place, &["t.csv"]);
        assert!((mean(&t, "v") * 200.0 - sum).abs() < 1e-6, "{name}: {}", t["columns"]);
        assert!(t["read_as"].to_string().contains("is read as -"), "{name}: {}", t["read_as"]);
    }
    // Provisional values stand in brackets as well.
    place.write(
        "t.csv",
        table(',', wholes().map(|v| if v % 2 == 0 { format!("({v})") } else { v.to_string() })),
    );
    let e = refused(&place, &["t.csv"]);
    assert!(e.contains("brackets") && e.contains("--brackets plain"), "{e}");
    assert!((mean(&told(&place, &["t.csv", "--brackets", "plain"]), "v") - MEAN).abs() < 1e-9);
    assert!(mean(&told(&place, &["t.csv", "--brackets", "negative"]), "v") < 10.0);
}

#[test]
fn text_beside_all_numbers_is_taken_off_and_told() {
    let place = Place::new();
    for (dress, word) in [
        ("%", "percent"),
        (" %", "percent"),
        (" \u{b0}C", "text beside"),
        ("kWh", "text beside"),
        ("K", "text beside"),
    ] {
        place.write("t.csv", table(',', wholes().map(|v| format!("{v}{dress}"))));
        let t = told(&place, &["t.csv"]);
        assert!((mean(&t, "v") - MEAN).abs() < 1e-9, "{dress}");
        assert!(t["read_as"].to_string().contains(word), "{dress}: {}", t["read_as"]);
    }
}

#[test]
fn text_beside_some_numbers_is_asked_about() {
    let place = Place::new();
    for (dress, hint) in
        [("%", "--strip \"%\""), ("*", "--strip \"*\""), (" e", "--strip e "), ("p", "--strip p ")]
    {
        let cell = |v: u64| if v.is_multiple_of(5) { format!("{v}{dress}") } else { v.to_string() };
        place.write("t.csv", table(',', wholes().map(cell)));
        let e = refused(&place, &["t.csv", "--target", "v"]);
        assert!(e.contains(hint), "{dress}: {e}");
        let t = told(&place, &["t.csv", "--strip", dress.trim()]);
        assert!((mean(&t, "v") - MEAN).abs() < 1e-9, "{dress}");
    }
    place.write(
        "t.csv",
        table(',', wholes().map(|v| if v % 2 == 0 { format!("{v}K") } else { v.to_string() })),
    );
    let e = refused(&place, &["t.csv", "--target", "v"]);
    assert!(e.contains("multiple") && !e.contains("--strip"), "{e}");
    place.write(
        "t.csv",
        table(',', wholes().map(|v| if v % 2 == 0 { "<5".to_owned() } else { v.to_string() })),
    );
    assert!(refused(&place, &["t.csv"]).contains("bound"));
    place.write(
        "t.csv",
        table(',', wholes().map(|v| format!("{}{v}", if v % 2 == 0 { "$" } else { "\u{20ac}" }))),
    );
    assert!(refused(&place, &["t.csv", "--target", "v"]).contains("currencies"));
}

#[test]
fn a_value_and_its_flag_are_no_decimal() {
    let place = Place::new();
    for write in [
        (|v: u64| format!("+{v:05},{}", if v.is_multiple_of(2) { 1 } else { 5 })) as fn(u64) -> String,
        |v| format!("{},{}", v + 10_000, if v % 2 == 0 { 1 } else { 5 }),
    ] {
        place.write("t.csv", table(',', wholes().map(write)));
        let e = refused(&place, &["t.csv", "--target", "v"]);
        assert!(e.contains("flag") && !e.contains("--decimal ,"), "{e}");
    }
}

#[test]
fn a_decimal_mark_that_comes_late() {
    let place = Place::new();
    let rows: String = (0..6000)
        .map(|i| {
            format!(
                "{};{}\n",
                1_600_000_000 + 3600 * i,
                if i < 5990 { "0".into() } else { format!("0,{}", i % 10) }
            )
        })
        .collect();
    place.write("t.csv", format!("timestamp;v\n{rows}"));
    let t = told(&place, &["t.csv"]);
    assert!((mean(&t, "v") - 4.5 / 6000.0).abs() < 1e-12, "{}", t["columns"]);
    assert_eq!(t["dialect"]["decimal"], ",");
}

#[test]
fn a_model_remembers_how_its_table_wrote_numbers() {
    let place = Place::new();
    let cells = || wholes().map(|v| grouped(v, "."));
    place.write("t.csv", table(';', cells()));
    let train = "train t.csv --target v --input-window 14 --horizon 2 --max-steps 2 --hidden-size 4 --ensemble 1 --quiet --out m.safetensors";
    place.ok(&crate::support::words(train, &[]));
    // These rows alone would leave it open.
    let whole = table(';', cells());
    let last: Vec<&str> = whole.lines().rev().take(40).collect();
    let tail: String = last.iter().rev().map(|l| format!("{l}\n")).collect();
    place.write("tail.csv", format!("date;v\n{tail}"));
    assert!(refused(&place, &["tail.csv"]).contains("--thousands ."));
    let all = place.ok(&["predict", "m.safetensors", "t.csv"]).stdout;
    assert_eq!(place.ok(&["predict", "m.safetensors", "tail.csv"]).stdout, all);
    let value: f64 = all.lines().nth(1).unwrap().rsplit([';', ',']).next().unwrap().parse().unwrap();
    assert!(value > 500.0, "{all}");
}

#[test]
fn digits_enough_for_the_steps() {
    let place = Place::new();
    let register =
        (0..300).map(|i| format!("{:.3}", 123_456_000.479 + 0.5 * f64::from(i) + f64::from(i % 7) * 0.013));
    place.write("t.csv", table(',', register));
    let train = "train t.csv --target v --input-window 20 --horizon 4 --max-steps 3 --hidden-size 4 --ensemble 1 --quiet --out m.safetensors";
    place.ok(&crate::support::words(train, &[]));
    let parse = |text: &str| -> Vec<f64> {
        text.split(|c: char| !c.is_ascii_digit() && c != '.')
            .filter_map(|n| n.parse().ok())
            .filter(|v| *v > 1e8)
            .collect()
    };
    let csv = parse(&place.ok(&["predict", "m.safetensors", "t.csv"]).stdout);
    assert!(csv.len() == 4 && csv.windows(2).all(|w| w[0] != w[1]), "{csv:?}");
    for format in ["tsv", "json", "ndjson"] {
        assert_eq!(
            parse(&place.ok(&["predict", "m.safetensors", "t.csv", "--format", format]).stdout),
            csv,
            "{format}"
        );
    }
    for format in ["parquet", "arrow"] {
        let file = format!("f.{format}");
        place.ok(&["predict", "m.safetensors", "t.csv", "--out", &file]);
        let t = told(&place, &[&file]);
        let own = csv.iter().sum::<f64>() / 4.0;
        assert!((mean(&t, "v") - own).abs() < 1e-6, "{format}: {} {own}", mean(&t, "v"));
    }
}
