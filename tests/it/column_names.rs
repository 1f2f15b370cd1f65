//! Names of output columns: one name stands for one thing, or the command is refused.

use super::support::{Place, uniform, words};

/// A table `KEY,TIME,TARGETS…,x` of two series with a day's cycle, and a model of the targets.
fn place(key: &str, time: &str, targets: &[&str], more: &str) -> Place {
    let place = Place::new();
    let mut text = format!("{key},{time},{},x\n", targets.join(","));
    let mut even = uniform(3);
    for series in ["a", "b"] {
        for hour in 0..200 {
            let date = format!("2021-01-{:02}T{:02}:00:00", 1 + hour / 24, hour % 24);
            let mut cell = || format!("{:.2}", 20.0 + (hour % 24) as f64 + even());
            let cells: Vec<String> = targets.iter().map(|_| cell()).collect();
            text.push_str(&format!("{series},{date},{},{}\n", cells.join(","), cell()));
        }
    }
    place.write("t.csv", text);
    let names = targets.join(",");
    let train = "train t.csv --input-window 12 --horizon 3 --hidden-size 4 --max-steps 2 --ensemble 1 --quiet \
                 --out m.safetensors";
    place.ok(&words(train, &["--series", key, "--time", time, "--target", &names]));
    if !more.is_empty() {
        place.ok(&words(more, &[]));
    }
    place
}

fn header(text: &str) -> Vec<String> {
    text.lines().next().unwrap_or_default().split(',').map(str::to_string).collect()
}

/// Each line is refused with this, and goes with `--prefix`, each name once.
fn refused_without_prefix(place: &Place, cases: &[(&str, &str)]) {
    for (line, message) in cases {
        let ran = place.run(&words(line, &[]));
        assert_eq!(ran.code, 2, "{line}\n{}{}", ran.stdout, ran.stderr);
        let error = format!(
            "error: two columns of the output would be called {message}\nhint: --prefix fc_ puts fc_ before"
        );
        assert!(ran.stderr.starts_with(&error) && ran.stdout.is_empty(), "{line}\n{}", ran.stderr);
        let ran = place.ok(&words(line, &["--prefix", "fc_"]));
        let file = ["e.csv", "w.csv"].iter().find(|name| line.contains(**name) && place.path(name).exists());
        let text = file.map_or(ran.stdout, |name| place.read(name));
        let names = header(&text);
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(names.len(), once.len(), "{line}: {names:?}");
        assert!(names.iter().any(|name| name.starts_with("fc_")), "{line}: {names:?}");
    }
}

#[test]
fn a_target_named_as_a_quantile_or_an_end() {
    let place = place("city", "date", &["temp", "temp_p10", "temp_lo50"], "");
    let q = "`temp_p10`: the target `temp_p10` and the 0.1 quantile of `temp`";
    let i = "`temp_lo50`: the target `temp_lo50` and the lower end of the 50 % interval of `temp`";
    refused_without_prefix(
        &place,
        &[
            ("predict m.safetensors t.csv --quantiles 0.1", q),
            ("predict m.safetensors t.csv --quantiles all", q),
            ("predict m.safetensors t.csv --interval 50", i),
        ],
    );
    for format in ["json", "ndjson", "tsv", "parquet", "arrow", "table"] {
        let ran = place.run(&words("predict m.safetensors t.csv --quantiles 0.1 --format", &[format]));
        assert_eq!(ran.code, 2, "{format}");
    }
    // One name for one thing: these have no collision.
    place.ok(&words("predict m.safetensors t.csv --quantiles 0.1 --long", &[]));
    let names =
        header(&place.ok(&words("predict m.safetensors t.csv --quantiles 0.1 --prefix q.", &[])).stdout);
    let expected = "city,date,temp,temp_p10,temp_lo50,q.temp_p10,q.temp_p10_p10,q.temp_lo50_p10";
    assert_eq!(names.join(","), expected);
    let ran =
        place.run(&words("predict m.safetensors t.csv --prefix fc_ --quantiles 0.1,0.10000000001", &[]));
    assert!(ran.code == 2 && ran.stderr.contains("hint: rename one of the columns"), "{}", ran.stderr);
}

#[test]
fn keys_named_as_what_the_program_makes() {
    for (key, time) in
        [("target", "value"), ("value", "date"), ("origin", "step"), ("yhat", "actual"), ("part", "when")]
    {
        let place = place(key, time, &["temp"], "");
        let mut cases: Vec<(&str, String)> = Vec::new();
        let of = |name: &str, kind: &str, holds: &str| format!("`{name}`: the {kind} `{name}` and {holds}");
        let all = [
            (
                "predict m.safetensors t.csv --long",
                &[("target", "the target's name"), ("value", "the forecast")][..],
            ),
            (
                "evaluate m.safetensors t.csv --forecasts e.csv",
                &[
                    ("origin", "the stamp of the first step"),
                    ("step", "the step ahead"),
                    ("target", "the target's name"),
                    ("yhat", "the forecast"),
                    ("actual", "what was observed"),
                ],
            ),
            (
                "ingest t.csv --layout flat --out w.csv",
                &[("part", "the part: train, val or test"), ("origin", "the stamp")],
            ),
        ];
        for (line, made) in all {
            // The first of the made columns that a key is named after; of keys the series come first.
            let hit = made.iter().find_map(|(name, holds)| {
                let kind = if *name == key { "series column" } else { "time column" };
                (*name == key || *name == time && !line.starts_with("ingest")).then(|| of(name, kind, holds))
            });
            cases.extend(hit.map(|message| (line, message)));
        }
        for (line, message) in &cases {
            let line = match line.starts_with("ingest") {
                true => {
                    format!("{line} --series {key} --time {time} --target temp --input-window 3 --horizon 2")
                }
                false => line.to_string(),
            };
            let ran = place.run(&words(&line, &[]));
            assert_eq!(ran.code, 2, "{line}\n{}{}", ran.stdout, ran.stderr);
            assert!(
                ran.stderr.contains("error: two columns of the output would be called `"),
                "{line}\n{}",
                ran.stderr
            );
            let _ = message;
            assert!(!place.path("e.csv").exists() && !place.path("w.csv").exists(), "{line}");
            let ran = place.ok(&words(&line, &["--prefix", "fc_"]));
            let file = ["e.csv", "w.csv"].iter().find(|name| place.path(name).exists());
            let names = header(&file.map_or(ran.stdout, |name| place.read(name)));
            assert!(
                names.contains(&key.to_string()) && names.iter().any(|n| n.starts_with("fc_")),
                "{names:?}"
            );
            file.iter().for_each(|name| std::fs::remove_file(place.path(name)).unwrap());
        }
        assert!(!cases.is_empty(), "{key} {time}");
    }
}

/// The model's quantile never lands in a column that the table has, and nothing is asked for in vain.
#[test]
fn appended_rows_hold_what_was_asked_for() {
    let place = place("city", "date", &["temp"], "");
    let table = place.read("t.csv").replace(",x\n", ",temp_p10\n");
    place.write("t.csv", &table);
    place.ok(&words(
        "train t.csv --input-window 12 --horizon 3 --hidden-size 4 --max-steps 2 --ensemble 1 --quiet \
         --out m.safetensors --target temp",
        &[],
    ));
    for more in ["--quantiles 0.1", "--quantiles all", "--interval 50"] {
        let ran = place.run(&words("predict m.safetensors t.csv --append", &words(more, &[])));
        assert_eq!(ran.code, 2, "{more}: {}", ran.stderr);
        assert!(ran.stdout.is_empty() && ran.stderr.starts_with("error: "), "{}", ran.stderr);
    }
    let text = place.ok(&words("predict m.safetensors t.csv --append", &[])).stdout;
    let rows: Vec<&str> = text.lines().collect();
    assert!(text.starts_with(&table));
    assert_eq!(rows.len(), 401 + 6);
    // city,date,temp,temp_p10: the observed column stays empty.
    assert!(rows[401..].iter().all(|row| row.ends_with(',') && !row.contains(",,")), "{:?}", &rows[401..]);
}
