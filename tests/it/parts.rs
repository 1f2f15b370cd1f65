//! A table in parts: the forecasts of a part are those of the whole table, byte for byte, if the part is given the sums over
//! all series, and never other ones without a word.

use super::support::{Place, uniform, words};

const TRAIN: &str = "train whole.csv --target load --input-window 24 --horizon 6 --hidden-size 4 --ensemble 1 --max-steps 3 --quiet \
                     --out m.safetensors";

/// Hourly rows of a series with holes; `hours` gives its first and last one.
fn rows(name: &str, hours: std::ops::Range<usize>, hole: bool) -> String {
    let mut draw = uniform(name.bytes().map(u64::from).sum());
    let mut text = String::new();
    for hour in hours.clone() {
        let (noise, gone) = (draw(), draw());
        // A row is missing now and then, and once a stretch that no window spans.
        if gone < 0.02 || hole && (hours.start + 40..hours.start + 60).contains(&hour) {
            continue;
        }
        let (day, of_day) = (hour / 24, hour % 24);
        let load = 100.0 + 10.0 * (hour as f64 * std::f64::consts::TAU / 24.0).sin() + 5.0 * noise;
        let date = format!("2024-{:02}-{:02} {of_day:02}:00", 1 + day / 28, 1 + day % 28);
        text += &format!("{name},{date},{load:.3},{:.2}\n", 20.0 * draw());
    }
    text
}

/// Four series that training knows, one of them with a hole and one with an early end; two that it does not know, one too
/// short for a forecast.
fn parts() -> Vec<(&'static str, String)> {
    vec![
        ("a", rows("A", 0..660, false) + &rows("B", 0..660, true)),
        ("c", rows("C", 0..640, false)),
        ("d", rows("D", 100..660, true)),
        ("new", rows("E", 560..660, false) + &rows("F", 650..660, false)),
    ]
}

const HEAD: &str = "site,date,load,temp\n";

fn place(new: bool) -> Place {
    let place = Place::new();
    let parts = parts();
    let used = parts.iter().filter(|part| new || part.0 != "new");
    let mut whole = HEAD.to_owned();
    std::fs::create_dir(place.path("parts")).unwrap();
    for (name, text) in used {
        whole += text;
        place.write(&format!("parts/{name}.csv"), HEAD.to_owned() + text);
    }
    place.write("whole.csv", whole);
    place.ok(&words(TRAIN, &["--val-start", "2024-01-18", "--test-start", "2024-01-21"]));
    place
}

/// The rows of a part's series among those of the whole.
fn own(whole: &str, part: &str) -> String {
    let series: Vec<&str> = part.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let own =
        |line: &&str| line.starts_with("site") || series.contains(&line.split(',').next().unwrap_or(""));
    whole.lines().filter(own).map(|line| line.to_owned() + "\n").collect()
}

/// Whether two texts are the same; the first line that differs is shown.
fn same(left: &str, right: &str, what: &str) {
    let (mut left, mut right) = (left.lines(), right.lines());
    loop {
        let pair = (left.next(), right.next());
        assert_eq!(pair.0, pair.1, "{what}");
        if pair.0.is_none() {
            return;
        }
    }
}

#[test]
fn a_part_is_forecast_as_the_whole_table() {
    let place = place(true);
    for name in ["a", "c", "d", "new"] {
        let out = format!("means_{name}.{}", if name == "c" { "parquet" } else { "csv" });
        let made =
            place.ok(&["ingest", &format!("parts/{name}.csv"), "--model", "m.safetensors", "--means", &out]);
        assert_eq!(made.stdout, "");
        assert!(made.stderr.contains(&format!("written {out}: sums at")), "{}", made.stderr);
    }
    // Sums of parts in several formats come together in one folder as they are those of the whole.
    place.ok(&["ingest", "whole.csv", "--model", "m.safetensors", "--means", "means.arrow"]);
    std::fs::create_dir(place.path("sums")).unwrap();
    for name in ["a", "d", "new"] {
        std::fs::rename(place.path(&format!("means_{name}.csv")), place.path(&format!("sums/{name}.csv")))
            .unwrap();
    }
    place.ok(&["ingest", "parts/c.csv", "--model", "m.safetensors", "--means", "sums/c.csv"]);
    let whole =
        place.ok(&["predict", "m.safetensors", "whole.csv", "--skip-short", "--interval", "80"]).stdout;
    for name in ["a", "c", "d", "new"] {
        let part = format!("parts/{name}.csv");
        for means in ["means.arrow", "sums"] {
            let flags = ["--skip-short", "--interval", "80", "--means", means];
            let found = place.ok(&[&["predict", "m.safetensors", part.as_str()][..], &flags].concat());
            same(&found.stdout, &own(&whole, &place.read(&part)), &format!("{part} with {means}"));
            assert!(!found.stderr.contains("training knew"), "{}", found.stderr);
        }
    }
    // Without the sums they differ, and that is said.
    let alone = place.ok(&["predict", "m.safetensors", "parts/c.csv", "--interval", "80"]);
    assert_ne!(alone.stdout, own(&whole, &place.read("parts/c.csv")));
    assert!(alone.stderr.contains("3 series that training knew are not in this table"), "{}", alone.stderr);
    assert!(alone.stderr.contains("A, B, D"), "{}", alone.stderr);
    let said = place.ok(&["predict", "m.safetensors", "parts/c.csv", "--interval", "80", "--alone"]);
    assert_eq!((said.stdout, said.stderr), (alone.stdout, String::new()));
}

#[test]
fn a_part_is_scored_as_within_the_whole_table() {
    let place = place(false);
    place.ok(&["ingest", "whole.csv", "--model", "m.safetensors", "--means", "means.csv.gz"]);
    let score = |table: &str, more: &[&str]| {
        let flags = ["--forecasts", "f.csv", "--quantiles", "0.1,0.9"];
        place.ok(&[&["evaluate", "m.safetensors", table], &flags[..], more].concat());
        place.read("f.csv")
    };
    let whole = score("whole.csv", &[]);
    for name in ["a", "c", "d"] {
        let part = format!("parts/{name}.csv");
        same(&score(&part, &["--means", "means.csv.gz"]), &own(&whole, &place.read(&part)), &part);
    }
    // As `predict` forecasts it from the same stamp.
    let at = ["--at", "2024-01-21", "--quantiles", "0.1,0.9"];
    let whole = place.ok(&[&["predict", "m.safetensors", "whole.csv"], &at[..]].concat()).stdout;
    let part = place
        .ok(&[&["predict", "m.safetensors", "parts/d.csv", "--means", "means.csv.gz"], &at[..]].concat());
    same(&part.stdout, &own(&whole, &place.read("parts/d.csv")), "parts/d.csv");
}

#[test]
fn a_stream_is_a_part_with_its_sums_or_all_there_is() {
    let place = place(true);
    let table = place.read("parts/c.csv").into_bytes();
    let stream = ["predict", "m.safetensors", "-", "--format", "arrow-stream"];
    let refused = place.pipe(&stream, &table);
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
    assert!(
        refused.stderr.contains("3 series that training knew are not in this stream"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("--alone"), "{}", refused.stderr);
    place.ok(&["ingest", "whole.csv", "--model", "m.safetensors", "--means", "means.csv"]);
    // The stream as a file is the same table as the one that is written as CSV.
    for more in [&["--alone"][..], &["--means", "means.csv"]] {
        let flags = [&["--format", "arrow-stream", "--out", "f.arrows"], more].concat();
        place.ok(&[&["predict", "m.safetensors", "parts/c.csv"], &flags[..]].concat());
        let piped = place
            .command(&[&stream[..], more].concat())
            .stdin(std::fs::File::open(place.path("parts/c.csv")).unwrap())
            .output()
            .unwrap();
        assert!(piped.status.success());
        assert_eq!(piped.stdout, std::fs::read(place.path("f.arrows")).unwrap());
        let csv = place.ok(&[&["predict", "m.safetensors", "parts/c.csv"], more].concat()).stdout;
        let windows = "ingest f.arrows --target load --input-window 2 --horizon 1 --format json";
        let read: serde_json::Value = serde_json::from_str(&place.ok(&words(windows, &[])).stdout).unwrap();
        assert_eq!(read["rows"], csv.lines().count() - 1);
    }
    let scored = ["evaluate", "m.safetensors", "parts/c.csv", "--format", "arrow-stream"];
    assert_eq!(place.run(&scored).code, 2);
    assert_eq!(place.run(&[&scored[..], &["--forecasts", "-"]].concat()).code, 3);
    let scored = [&scored[..], &["--forecasts", "-", "--alone"]].concat();
    let out = place.command(&scored).output().unwrap();
    assert!(
        out.status.success() && out.stdout.starts_with(&[0xff; 4]),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn sums_that_do_not_fit_are_refused() {
    let place = place(true);
    place.ok(&["ingest", "whole.csv", "--model", "m.safetensors", "--means", "means.csv"]);
    let means = place.read("means.csv");
    let predict = |means: &str, more: &[&str]| {
        place.write("other.csv", means);
        let flags = ["predict", "m.safetensors", "parts/c.csv", "--means", "other.csv"];
        let ran = place.run(&[&flags[..], more].concat());
        assert_eq!(ran.stdout, "");
        (ran.code, ran.stderr)
    };
    let (code, said) = predict(&means.lines().take(300).collect::<Vec<_>>().join("\n"), &[]);
    assert!(code == 3 && said.contains("series `C`") && said.contains("have no row of this time"), "{said}");
    let (code, said) = predict(&means.replace("load_sum", "load"), &[]);
    assert!(
        code == 3 && said.contains("column `load_sum`") && said.contains("did you mean `load`"),
        "{said}"
    );
    let (code, said) = predict("site,date,load\nA,2024-01-01,1\n", &[]);
    assert!(code == 3 && said.contains("the means lack this column"), "{said}");
    let id = means.lines().nth(1).unwrap().split(',').nth(1).unwrap();
    let (code, said) = predict(&means.replace(id, "another"), &[]);
    assert!(code == 3 && said.contains("these means are of the model another"), "{said}");
    let second = means.lines().nth(1).unwrap();
    let mut cells: Vec<&str> = second.split(',').collect();
    cells[4] = "-1";
    let (code, said) = predict(&means.replacen(second, &cells.join(","), 1), &[]);
    assert!(code == 3 && said.contains("`-1` in row 1 of the means; expected a number of series"), "{said}");
    // Strangers are scaled by rows after an earlier origin, too.
    let (code, said) = predict(&means, &["--at", "2024-01-22"]);
    assert!(code == 2 && said.contains("had no row in the training part"), "{said}");
    let scored = place.run(&["evaluate", "m.safetensors", "parts/c.csv", "--means", "means.csv"]);
    assert!(
        scored.code == 2 && scored.stderr.contains("had no row in the training part"),
        "{}",
        scored.stderr
    );
    let refit = ["evaluate", "m.safetensors", "parts/c.csv", "--means", "means.csv", "--refit", "1"];
    assert!(place.run(&refit).stderr.contains("--refit trains on the table"));
    let follow = place.pipe(&["predict", "m.safetensors", "-", "--follow", "--means", "means.csv"], b"");
    assert!(follow.code == 2 && follow.stderr.contains("--follow"), "{}", follow.stderr);
    // Nothing is written over what is read.
    let over =
        place.run(&["predict", "m.safetensors", "parts/c.csv", "--means", "means.csv", "--out", "means.csv"]);
    assert_eq!((over.code, place.read("means.csv") == means), (2, true));
    let lone = "train parts/c.csv --target load --input-window 24 --horizon 6 --hidden-size 4 --ensemble 1 --max-steps 3 --quiet --out l";
    place.ok(&words(lone, &[]));
    let none = place.run(&["ingest", "parts/c.csv", "--model", "l", "--means", "none.csv"]);
    assert!(none.code == 2 && none.stderr.contains("does not look at other series"), "{}", none.stderr);
}
