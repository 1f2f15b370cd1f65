//! What `predict` prints: formats, shapes, the input continued, and a stream followed.

use std::io::Read;

use super::shell::{model, place};
use super::support::{Place, csv, hourly, words};

/// Equal tables, numbers to a part in ten thousand: sums over a shorter past round differently.
fn assert_same(found: &[Vec<String>], expected: &[Vec<String>]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().flatten().zip(expected.iter().flatten()) {
        match (f.parse::<f64>(), e.parse::<f64>()) {
            (Ok(a), Ok(b)) => assert!((a - b).abs() <= 1e-4 * b.abs().max(1.0), "{f} is not {e}"),
            _ => assert_eq!(f, e),
        }
    }
}

#[test]
fn every_format_to_stdout_and_by_the_ending_of_out() {
    let place = place();
    for (format, magic) in [
        ("csv", "city,date,pm"),
        ("tsv", "city\tdate\tpm"),
        ("json", "[\n{"),
        ("ndjson", "{\"city\""),
        ("parquet", "PAR1"),
        ("arrow", "ARROW1"),
        ("table", "city"),
    ] {
        let args = ["predict", "m.safetensors", "t.csv", "--format", format];
        let output = place.command(&args).output().unwrap();
        assert!(output.status.success() && output.stdout.starts_with(magic.as_bytes()), "{format}");
        if format == "table" {
            continue;
        }
        let file = format!("out.{format}");
        assert_eq!(place.ok(&["predict", "m.safetensors", "t.csv", "-o", &file]).stdout, "");
        assert!(std::fs::read(place.path(&file)).unwrap() == output.stdout, "{format}");
        if format != "json" {
            // What was written is a table itself.
            let again = place.ok(&["ingest", &file, "--format", "json"]);
            assert!(again.stdout.contains("city0"), "{format}: {}", again.stdout);
        }
    }
}

#[test]
fn long_and_wide() {
    let place = Place::new();
    place.write("m.safetensors", model("pm,wind")).write("t.csv", hourly(2, 400));
    let wide = csv(&place.ok(&["predict", "m.safetensors", "t.csv", "--wide"]).stdout);
    assert_eq!(wide, csv(&place.ok(&["predict", "m.safetensors", "t.csv"]).stdout));
    assert_eq!(wide[0][..4], ["city", "date", "pm", "wind"]);
    let long = csv(&place.ok(&["predict", "m.safetensors", "t.csv", "--long"]).stdout);
    assert_eq!(long[0][..4], ["city", "date", "target", "value"]);
    assert_eq!(long.len() - 1, 2 * (wide.len() - 1));
    for (i, row) in wide[1..].iter().enumerate() {
        for (k, target) in ["pm", "wind"].into_iter().enumerate() {
            let cells = [row[0].as_str(), &row[1], target, &row[2 + k]];
            assert_eq!(long[1 + 2 * i + k][..4], cells);
        }
    }
    assert_eq!(place.run(&["predict", "m.safetensors", "t.csv", "--long", "--wide"]).code, 2);
}

#[test]
fn append_keeps_the_input_and_reads_back() {
    let place = place();
    let plain = csv(&place.ok(&["predict", "m.safetensors", "t.csv"]).stdout);
    let table = place.read("t.csv");
    let out = place.ok(&["predict", "m.safetensors", "t.csv", "--append"]).stdout;
    assert!(out.starts_with(&table));
    let tail = csv(&out[table.len()..]);
    assert_eq!(tail.len(), 12);
    for (row, expected) in tail.iter().zip(&plain[1..]) {
        assert_eq!(row[..], [expected[0].clone(), expected[1].clone(), expected[2].clone(), String::new()]);
    }
    place.write("longer.csv", &out);
    let next = csv(&place.ok(&["predict", "m.safetensors", "longer.csv"]).stdout);
    assert_eq!(next[1][1], "2021-01-17T22:00:00");

    // Another dialect, columns in another order, no line end at the end, from stdin.
    let rows = csv(&table);
    let odd: Vec<String> = rows
        .iter()
        .map(|r| format!("{};x;{};{};{}", r[1], r[2].replace('.', ","), r[0], r[3].replace('.', ",")))
        .collect();
    let odd = odd.join("\r\n").replacen(";x;", ";remark;", 1);
    let ran = place.pipe(&["predict", "m.safetensors", "-", "--append"], odd.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let tail = ran.stdout.strip_prefix(&odd).unwrap().strip_prefix("\r\n").unwrap();
    let first: Vec<&str> = tail.lines().next().unwrap().split(';').collect();
    assert_eq!(first, [&plain[1][1], "", &plain[1][2].replace('.', ","), "city0", ""]);
    assert!(tail.ends_with("\r\n"));

    // Another format: the rows of the model's columns, then the forecasts.
    let lines = place.ok(&["predict", "m.safetensors", "t.csv", "--append", "--format", "ndjson"]).stdout;
    assert_eq!(lines.lines().count(), 800 + 12);
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert!(last["pm"].is_number() && last["wind"].is_null(), "{last}");
    place.write("longer.ndjson", &lines);
    let again = csv(&place.ok(&["predict", "m.safetensors", "longer.ndjson"]).stdout);
    assert_same(&again, &next);
    assert_eq!(place.run(&["predict", "m.safetensors", "t.csv", "--append", "--at", "2021-01-15"]).code, 2);
}

/// Rows of the table by time, so that both cities advance together.
fn by_time(table: &str) -> (String, Vec<String>) {
    let mut lines = table.lines();
    let header = lines.next().unwrap().to_string();
    let mut rows: Vec<String> = lines.map(str::to_string).collect();
    rows.sort_by_key(|row| row.split(',').nth(1).map(str::to_string));
    (header, rows)
}

/// The stream's last forecast of each city equals `predict` on its rows.
fn check_follow(place: &Place, text: &str, forecasts: Option<usize>, args: &[&str]) {
    let followed =
        place.pipe(&[&["predict", "m.safetensors", "-", "--follow"], args].concat(), text.as_bytes());
    assert_eq!(followed.code, 0, "{}", followed.stderr);
    let found = csv(&followed.stdout);
    place.write("so_far", text);
    let expected = csv(&place.ok(&[&["predict", "m.safetensors", "so_far"], args].concat()).stdout);
    assert_eq!(found[0], expected[0]);
    if let Some(forecasts) = forecasts {
        assert_eq!(found.len(), 1 + 6 * forecasts);
    }
    // The city of the last row was forecast last, from all rows.
    let last = &found[found.len() - 6..];
    let same: Vec<Vec<String>> = expected[1..].iter().filter(|row| row[0] == last[0][0]).cloned().collect();
    assert_same(last, &same);
}

#[test]
fn follow_gives_what_predict_gives() {
    let place = place();
    let (header, rows) = by_time(&place.read("t.csv"));
    for n in [50, 53, 200, 799] {
        let text = format!("{header}\n{}\n", rows[..n].join("\n"));
        // 24 rows of each city go by before its first forecast.
        check_follow(&place, &text, Some(n - 2 * 23), &[]);
    }
    // One city alone.
    let one: Vec<&str> =
        rows.iter().filter(|r| r.starts_with("city0")).take(120).map(String::as_str).collect();
    check_follow(&place, &format!("{header}\n{}\n", one.join("\n")), Some(97), &[]);
}

#[test]
fn follow_treats_gaps_and_duplicates_as_predict_does() {
    let place = place();
    let (header, rows) = by_time(&place.read("t.csv"));
    // Holes, empty cells, and rows that come late but in time for the window.
    let mut odd: Vec<String> =
        rows[..400].iter().enumerate().filter(|(i, _)| i % 29 != 11).map(|(_, r)| r.clone()).collect();
    let late = odd.remove(300);
    odd.insert(310, late);
    odd[200] = odd[200].rsplit_once(',').unwrap().0.rsplit_once(',').unwrap().0.to_string() + ",,";
    let repeated = odd[250].clone();
    odd.insert(252, repeated);
    check_follow(&place, &format!("{header}\n{}\n", odd.join("\n")), None, &[]);

    // A row that says something else about a time is refused, unless a rule is given.
    let mut twice = rows[..100].to_vec();
    twice.push(twice[98].replace(&twice[98].split(',').nth(2).unwrap().to_string(), "77"));
    let text = format!("{header}\n{}\n", twice.join("\n"));
    let ran = place.pipe(&["predict", "m.safetensors", "-", "--follow"], text.as_bytes());
    assert!(
        ran.code == 3 && ran.stderr.contains("--duplicates") && ran.stderr.contains("102"),
        "{}",
        ran.stderr
    );
    check_follow(&place, &text, None, &["--duplicates", "last"]);
}

#[test]
fn follow_says_what_it_leaves_out_and_where_a_row_is_wrong() {
    let place = place();
    // Without a pool no more than two windows are kept; its long season would keep all of these rows.
    place.ok(&words(
        "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --max-steps 4 --pool networks --quiet",
        &["--out", "m.safetensors"],
    ));
    let (header, rows) = by_time(&place.read("t.csv"));
    let follow = ["predict", "m.safetensors", "-", "--follow"];
    let text = format!("{header}\n{}\n{}\n", rows[..400].join("\n"), rows[0]);
    let ran = place.pipe(&follow, text.as_bytes());
    assert!(
        ran.code == 0 && ran.stderr.contains("note: row 402: `city0` at 2021-01-01T00:00:00 is older"),
        "{}",
        ran.stderr
    );
    let ran = place.pipe(&follow, format!("{header}\ncity0,2021-01-01T00:00:00,abc,1\n").as_bytes());
    assert!(ran.code == 3 && ran.stderr.contains("row 2") && ran.stderr.contains("abc"), "{}", ran.stderr);
    let ran = place.pipe(&follow, format!("{header}\n{}\n", rows[..10].join("\n")).as_bytes());
    assert!(ran.code == 3 && ran.stderr.contains("needs 24 unbroken rows"), "{}", ran.stderr);
    let ran = place.pipe(&follow, rows[..10].join("\n").as_bytes());
    assert!(ran.code == 3 && ran.stderr.contains("--history"), "{}", ran.stderr);
    let ran = place.pipe(&[&follow[..], &["--format", "parquet"]].concat(), b"");
    assert_eq!(ran.code, 2);
}

#[test]
fn follow_goes_on_from_a_table_and_reads_ndjson() {
    let place = place();
    let (header, rows) = by_time(&place.read("t.csv"));
    place.write("past.csv", format!("{header}\n{}\n", rows[..300].join("\n")));
    let whole = format!("{header}\n{}\n", rows[..310].join("\n"));
    let expected = place.pipe(&["predict", "m.safetensors", "-", "--follow"], whole.as_bytes()).stdout;
    let expected: Vec<&str> = expected.lines().collect();
    let follow = ["predict", "m.safetensors", "-", "--follow", "--history", "past.csv"];
    let found = place.pipe(&follow, rows[300..310].join("\n").as_bytes());
    assert_eq!(found.code, 0, "{}", found.stderr);
    assert_eq!(found.stdout.lines().count(), 1 + 60);
    assert_same(&csv(&found.stdout)[1..], &csv(&expected[expected.len() - 60..].join("\n")));

    let objects: Vec<String> = rows[300..310]
        .iter()
        .map(|row| {
            let c: Vec<&str> = row.split(',').collect();
            format!("{{\"date\":\"{}\",\"city\":\"{}\",\"pm\":{},\"wind\":{}}}", c[1], c[0], c[2], c[3])
        })
        .collect();
    let json = place.pipe(&[&follow[..], &["--format", "ndjson"]].concat(), objects.join("\n").as_bytes());
    assert_eq!(json.code, 0, "{}", json.stderr);
    assert_eq!(json.stdout.lines().count(), 60);
    let last: serde_json::Value = serde_json::from_str(json.stdout.lines().last().unwrap()).unwrap();
    let csv_last = csv(&found.stdout).pop().unwrap();
    assert_eq!(last["date"].as_str(), Some(csv_last[1].as_str()));
    assert_eq!(last["pm"].as_f64().unwrap(), csv_last[2].parse::<f64>().unwrap());
}

/// The forecasts of one series are those that it has beside the others, and another series' short
/// history does not stand in the way.
#[test]
fn only_some_series() {
    let place = place();
    let all = place.ok(&["predict", "m.safetensors", "t.csv"]).stdout;
    let of = |only: &[&str]| place.ok(&[&["predict", "m.safetensors", "t.csv"], only].concat()).stdout;
    let one: Vec<&str> = all.lines().filter(|l| !l.starts_with("city0")).collect();
    assert_eq!(of(&["--only", "city1"]).lines().collect::<Vec<_>>(), one);
    assert_eq!(of(&["--only", "city=city1"]).lines().collect::<Vec<_>>(), one);
    assert_eq!(of(&["--only", "city1,city0"]), all);
    assert_eq!(of(&["--only", "city1", "--only", "city0"]), all);

    let short: Vec<String> = place
        .read("t.csv")
        .lines()
        .filter(|l| !l.starts_with("city0") || l.contains("2021-01-17T15"))
        .map(str::to_owned)
        .collect();
    place.write("short.csv", short.join("\n"));
    assert_eq!(place.run(&["predict", "m.safetensors", "short.csv"]).code, 3);
    assert_eq!(
        place.ok(&["predict", "m.safetensors", "short.csv", "--only", "city1"]).stdout.lines().count(),
        7
    );
    let ran = place.run(&["predict", "m.safetensors", "short.csv", "--only", "city0"]);
    assert!(ran.code == 3 && ran.stderr.contains("`city0` has 1"), "{}", ran.stderr);

    let report = place.ok(&["evaluate", "m.safetensors", "t.csv", "--only", "city1", "--forecasts", "f.csv"]);
    assert!(report.stdout.contains(": 1 series,"), "{}", report.stdout);
    assert!(csv(&place.read("f.csv"))[1..].iter().all(|row| row[0] == "city1"));
}

#[test]
fn the_ending_says_how_a_file_is_written() {
    let place = place();
    let text = place.ok(&["predict", "m.safetensors", "t.csv"]).stdout;
    let unpacked = |name: &str| {
        let mut out = String::new();
        let bytes = std::fs::read(place.path(name)).unwrap();
        match name.ends_with(".gz") {
            true => flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut out).unwrap(),
            false => zstd::Decoder::new(&bytes[..]).unwrap().read_to_string(&mut out).unwrap(),
        };
        out
    };
    for name in ["o.csv.gz", "o.csv.zst", "o.gz"] {
        place.ok(&["predict", "m.safetensors", "t.csv", "-o", name]);
        assert_eq!(unpacked(name), text, "{name}");
    }
    for name in ["plain", "plain.txt"] {
        place.ok(&["predict", "m.safetensors", "t.csv", "-o", name]);
        assert_eq!(place.read(name), text);
    }
    place.ok(&["predict", "m.safetensors", "t.csv", "--format", "csv", "-o", "o.xlsx"]);
    assert_eq!(place.read("o.xlsx"), text);
    place.ok(&["predict", "m.safetensors", "t.csv", "--append", "-o", "all.csv.gz"]);
    assert!(unpacked("all.csv.gz").starts_with(&place.read("t.csv")));
    place.ok(&["ingest", "t.csv", "--target", "pm", "--layout", "flat", "--out", "lags.csv.zst", "--quiet"]);
    assert!(unpacked("lags.csv.zst").starts_with("city,origin,part,"));

    let evaluate = ["evaluate", "m.safetensors", "t.csv"];
    let report = |format: &str| place.ok(&[&evaluate[..], &["--format", format]].concat()).stdout;
    for (name, format) in
        [("r.md", "markdown"), ("r.json", "json"), ("r.csv", "csv"), ("r.txt", "text"), ("r", "text")]
    {
        place.ok(&[&evaluate[..], &["--out", name]].concat());
        assert_eq!(place.read(name), report(format), "{name}");
    }
    place.ok(&[&evaluate[..], &["--out", "r.md.gz", "--forecasts", "f.csv.gz"]].concat());
    assert_eq!(unpacked("r.md.gz"), report("markdown"));
    assert!(unpacked("f.csv.gz").starts_with("city,origin,date,"));
    place.ok(&[&evaluate[..], &["--out", "r.pdf", "--format", "json"]].concat());
    assert_eq!(place.read("r.pdf"), report("json"));
}

/// A wide table needs no `--target`: there is one column of values.
#[test]
fn a_wide_table_names_its_target() {
    let place = Place::new();
    let rows = csv(&hourly(2, 300));
    let (one, two) = (&rows[1..301], &rows[301..]);
    let wide = one.iter().zip(two).map(|(a, b)| format!("{},{},{}\n", a[1], a[2], b[2]));
    place.write("w.csv", format!("date,A,B\n{}", wide.collect::<String>()));
    let train = "train w.csv --wide pm --input-window 24 --horizon 6 --hidden-size 4 --max-steps 1 --quiet";
    place.ok(&super::support::words(train, &["--out", "w.safetensors"]));
    let found = csv(&place.ok(&["predict", "w.safetensors", "w.csv"]).stdout);
    assert_eq!((found[0].join(","), found.len()), ("series,date,pm".to_owned(), 1 + 2 * 6));
}

#[test]
fn no_features_at_all() {
    let place = place();
    let shown = |more: &[&str]| {
        let text = place.ok(&[&["train", "t.csv", "--target", "pm", "--print-config"], more].concat()).stdout;
        text.lines().find(|l| l.contains("features:")).unwrap_or_default().trim().to_owned()
    };
    assert_eq!(shown(&["--features", "none"]), "features: []");
    assert_eq!(shown(&[]), "features: null");
    let text = place.ok(&["ingest", "t.csv", "--target", "pm", "--features", "none"]).stdout;
    assert!(!text.contains("\nwind "), "{text}");
}
