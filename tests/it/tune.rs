//! `tune`: trials on the validation part alone, the same result after a kill, and a verdict that is honest.

use serde_json::Value;

use super::support::{Place, hourly, words};

const TUNE: &str = "tune t.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --epochs 2 --trials 3 --folds 2 \
                    --minutes 0 --space s.yaml --quiet --format json";

const SPACE: &str = "model:\n  hidden_size: [4, 8, 16]\n  num_layers: [1]\ntrain:\n  learning_rate: {min: 0.001, max: 0.02, log: true}\n";

fn place() -> Place {
    let place = Place::new();
    place.write("t.csv", hourly(2, 400)).write("s.yaml", SPACE);
    place
}

fn tune(place: &Place, more: &str) -> Value {
    let line = format!("{TUNE} {more}");
    serde_json::from_str(&place.ok(&words(&line, &[])).stdout).expect("JSON")
}

#[test]
fn a_search_that_is_cut_short_goes_on_to_the_same_result() {
    let place = place();
    let whole = tune(&place, "--out a.yaml --log a.ndjson");
    assert_eq!(whole["rungs"].as_array().map(Vec::len), Some(2));
    assert_eq!(whole["trials"].as_array().map(Vec::len), Some(4));
    // Every score is in the log: 4 trials and then 2 on two folds each, and what was held out.
    let log = place.read("a.ndjson");
    let lines: Vec<&str> = log.lines().collect();
    let held_out = if whole["best"] == 0 { 0 } else { 2 };
    assert_eq!(lines.len(), 1 + 4 * 2 + 2 * 2 + held_out, "{log}");

    // Killed within a line, and continued with another number of threads.
    let kept: String = lines[..6].iter().map(|line| format!("{line}\n")).collect();
    place.write("b.ndjson", format!("{kept}{}", &lines[6][..20]));
    let on = tune(&place, "--out b.yaml --log b.ndjson --resume --threads 1");
    assert_eq!(on, whole);
    assert_eq!(place.read("a.yaml"), place.read("b.yaml"));
    let scores = |log: &str| {
        let all = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut all: Vec<String> = all
            .map(|line| format!("{} {} {} {}", line["trial"], line["rung"], line["fold"], line["score"]))
            .collect();
        all.sort();
        all
    };
    assert_eq!(scores(&log), scores(&place.read("b.ndjson")));
    // All is there: nothing is trained any more, and the result is the same.
    assert_eq!(tune(&place, "--out c.yaml --log b.ndjson --resume"), whole);

    // What was found is a settings file.
    place.ok(&[
        "train",
        "t.csv",
        "--config",
        "a.yaml",
        "--max-steps",
        "2",
        "--quiet",
        "--out",
        "m.safetensors",
    ]);
    // The log of another search is refused, with the way on.
    let other = format!("{TUNE} --out d.yaml --log b.ndjson --resume --seed 7");
    let ran = place.run(&words(&other, &[]));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("--log b.ndjson is of another search: not the same settings"),
        "{}",
        ran.stderr
    );
}

#[test]
fn nothing_at_or_after_the_test_part_counts() {
    let place = place();
    let report = tune(&place, "--out a.yaml --test-start 2021-01-14");
    let table = place.read("t.csv");
    let changed: String = table
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let fields: Vec<&str> = line.split(',').collect();
            match i > 0 && fields[1] >= "2021-01-14" {
                true => format!("{},{},{}.5,{}\n", fields[0], fields[1], (i * 37) % 900, (i * 11) % 17),
                false => format!("{line}\n"),
            }
        })
        .collect();
    place.write("t.csv", changed);
    assert_eq!(tune(&place, "--out b.yaml --test-start 2021-01-14"), report);
    let ends: Vec<&str> =
        report["folds"].as_array().expect("folds").iter().filter_map(|f| f["to"].as_str()).collect();
    assert!(ends.iter().all(|end| *end < report["held_out"]["from"].as_str().expect("a time")), "{report}");
    assert_eq!(report["held_out"]["to"], "2021-01-13T23:00:00");
}

#[test]
fn the_verdict_is_that_of_the_held_out_fold() {
    let place = place();
    // Rates at which nothing is learned: the settings as given are kept.
    place.write("s.yaml", "train: {learning_rate: [1.0e-9]}");
    let report = tune(&place, "--out a.yaml --model m.safetensors");
    assert_eq!((&report["kept"], &report["best"]), (&0.into(), &0.into()));
    assert!(place.read("a.yaml").starts_with("# by lstm-forecast tune\n# Nothing was gained"));
    assert!(place.path("m.safetensors").exists());
    // The other way round: what is given learns nothing, and any trial is better.
    place.write("s.yaml", "train: {learning_rate: [0.01]}");
    let report = tune(&place, "--out a.yaml --learning-rate 1e-9");
    let gain = report["gain"].as_f64().expect("a gain");
    assert!(gain > 0.0 && report["kept"] != 0, "{report}");
    let (given, best) = (&report["held_out_given"], &report["held_out_best"]);
    let (given, best) = (given.as_f64().expect("a score"), best.as_f64().expect("a score"));
    assert!((gain - (1.0 - best / given)).abs() < 1e-12);
    assert!(place.read("a.yaml").contains("learning_rate: 0.01"), "{}", place.read("a.yaml"));
}

#[test]
fn the_trials_are_drawn_and_too_few_minutes_are_said() {
    let place = place();
    let report = tune(&place, "--out a.yaml --log a.ndjson --plot a.svg");
    let svg = place.read("a.svg");
    for words in ["the best so far", "the settings as given", "trials of "] {
        assert!(svg.contains(words), "{words}");
    }
    // A dot a trial in each rung, but for what lies far above all others.
    let dots = svg.matches("<circle").count();
    let all: u64 =
        report["rungs"].as_array().expect("rungs").iter().filter_map(|rung| rung["trials"].as_u64()).sum();
    assert!(dots > 2 && dots as u64 <= all, "{dots} of {all}");
    // So little time that nothing but the settings as given can be looked at.
    let line = format!("{TUNE} --out b.yaml --minutes 0.0001")
        .replace("--format json", "")
        .replace("--minutes 0 ", "");
    let text = place.ok(&words(&line, &[])).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("Nothing was tried: --minutes are too few here"), "{text}");
    assert!(!text.contains("0 trials"), "{text}");
    assert!(place.read("b.yaml").starts_with("# by lstm-forecast tune\n# Nothing was tried"));
}
