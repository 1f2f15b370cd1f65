//! What a job that runs every night leans on: kept models, the way back, keys, logs for programs, `examples/nightly.sh`.

use std::path::Path;
use std::process::{Command, Stdio};

use super::support::{Place, Ran, csv, hourly, skipped, words};

const TRAIN: &str =
    "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 4 --ensemble 1 --max-steps 3";

fn place() -> Place {
    let place = Place::new();
    place.write("t.csv", hourly(2, 400));
    place
}

fn names(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.path("")).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Trains a model that is as small and as quick as can be.
fn tiny(place: &Place, table: &str, target: &str, out: &str) {
    let flags = "--input-window 24 --horizon 6 --hidden-size 4 --ensemble 1 --max-steps 3 --quiet";
    place.ok(&[
        &["train", table, "--target", target, "--out", out],
        flags.split(' ').collect::<Vec<_>>().as_slice(),
    ]
    .concat());
}

#[test]
fn train_keeps_the_last_models_and_models_lists_them() {
    let place = place();
    for seed in ["1", "2", "3"] {
        place.ok(&words(TRAIN, &["--out", "m.safetensors", "--quiet", "--keep", "2", "--seed", seed]));
    }
    let kept: Vec<String> =
        names(&place).into_iter().filter(|n| n.starts_with("m.2") && n.ends_with("Z.safetensors")).collect();
    assert_eq!(names(&place), [kept[0].as_str(), kept[1].as_str(), "m.safetensors", "t.csv"]);
    let bytes = |name: &str| std::fs::read(place.path(name)).unwrap();
    assert_eq!(bytes(&kept[1]), bytes("m.safetensors"));
    assert_ne!(bytes(&kept[0]), bytes("m.safetensors"));
    // What is no checkpoint is not listed, and what has been one is.
    place.write("notes.safetensors", "of something else").write("windows.txt", "x");
    let mut damaged = bytes("m.safetensors");
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    place.write("damaged.safetensors", damaged);
    let list: serde_json::Value =
        serde_json::from_str(&place.ok(&["models", "--format", "json"]).stdout).unwrap();
    let list = list.as_array().unwrap();
    let of = |name: &str| list.iter().find(|entry| entry["file"] == name).unwrap();
    assert_eq!(list.len(), 4);
    assert_eq!(of(&kept[1])["id"], of("m.safetensors")["id"]);
    assert_ne!(of(&kept[0])["id"], of("m.safetensors")["id"]);
    assert!(of("damaged.safetensors")["error"].as_str().unwrap().contains("checksum"));
    let training = &of("m.safetensors")["training"];
    let better = training["val_mae_last_value"]
        .as_f64()
        .unwrap()
        .min(training["val_mae_seasonal_naive"].as_f64().unwrap());
    let skill = 1.0 - training["val_mae"].as_f64().unwrap() / better;
    assert!((of("m.safetensors")["skill"].as_f64().unwrap() - skill).abs() < 1e-12);
    let text = place.ok(&["models", "."]).stdout;
    assert_eq!(text.lines().count(), 5);
    assert!(text.starts_with("id        written "), "{text}");
    assert!(text.lines().any(|line| line.ends_with("  m.safetensors")), "{text}");
    // A folder that is not there; one without a model.
    assert_eq!(place.run(&["models", "nowhere"]).code, 5);
    std::fs::create_dir(place.path("empty")).unwrap();
    let ran = place.ok(&["models", "empty"]);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("", "note: there is no checkpoint (*.safetensors) in empty\n")
    );
    assert_eq!(place.run(&words(TRAIN, &["--out", "/dev/null", "--keep", "2"])).code, 2);
}

#[test]
fn columns_that_make_a_key() {
    let place = place();
    place.ok(&words(TRAIN, &["--out", "m.safetensors", "--quiet"]));
    let run = |more: &[&str]| place.run(&[&["predict", "m.safetensors", "t.csv"], more].concat());
    let rows = csv(&run(&["--with", "model,origin,step"]).stdout);
    assert_eq!(rows[0].join(","), "city,date,model,origin,step,pm");
    let inspected = place.ok(&["inspect", "m.safetensors", "--format", "json"]).stdout;
    let inspected: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    let id = inspected["checksum"].as_str().unwrap();
    for (at, row) in rows[1..].iter().enumerate() {
        let step = (at % 6 + 1).to_string();
        assert_eq!(
            (row[2].as_str(), row[3].as_str(), row[4].as_str()),
            (id, "2021-01-17T16:00:00", step.as_str())
        );
    }
    let keys: std::collections::BTreeSet<_> =
        rows[1..].iter().map(|r| (&r[0], &r[1], &r[2], &r[3])).collect();
    assert_eq!(keys.len(), 12);
    // In any order of the flag the columns stand in the same order; the other columns are as ever.
    let some = csv(&run(&["--with", "step", "--with", "origin", "--long"]).stdout);
    assert_eq!(some[0].join(","), "city,date,origin,step,target,value");
    let plain = csv(&run(&[]).stdout);
    for (row, with) in plain.iter().zip(&rows) {
        assert_eq!((&row[0], &row[1], &row[2]), (&with[0], &with[1], &with[5]));
    }
    // One name for one thing, and a way out.
    place.write("n.csv", hourly(2, 400).replace("city,date,pm", "model,date,pm"));
    tiny(&place, "n.csv", "pm", "n");
    let ran = place.run(&["predict", "n", "n.csv", "--with", "model"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("two columns of the output would be called `model`"), "{}", ran.stderr);
    let ran = place.ok(&["predict", "n", "n.csv", "--with", "model", "--prefix", "fc_"]);
    assert!(ran.stdout.starts_with("model,date,fc_model,pm\n"), "{}", ran.stdout);
    assert_eq!(run(&["--append", "--with", "step"]).code, 2);
    // A stream's rows have them too.
    let streamed = place.pipe(
        &["predict", "m.safetensors", "-", "--follow", "--with", "origin,step"],
        hourly(1, 24).as_bytes(),
    );
    let rows = csv(&streamed.stdout);
    assert_eq!(rows[0].join(","), "city,date,origin,step,pm");
    assert_eq!(rows[1][..4], ["city0", "2021-01-02T00:00:00", "2021-01-02T00:00:00", "1"].map(String::from));
}

/// Every line of standard error is an object with a time in UTC.
fn objects(ran: &Ran) -> Vec<serde_json::Value> {
    let lines =
        ran.stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")));
    let all: Vec<serde_json::Value> = lines.collect();
    for object in &all {
        let time = object["time"].as_str().unwrap();
        assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok() && time.ends_with('Z'), "{time}");
    }
    all
}

#[test]
fn lines_for_programs() {
    let place = place();
    let ran =
        place.ok(&words(TRAIN, &["--out", "m.safetensors", "--log-format", "json", "-vv", "--dropout", "0"]));
    let all = objects(&ran);
    let figures = all.iter().find(|o| o["level"] == "figures").unwrap();
    assert_eq!((&figures["of"], &figures["figures"]["steps"]), (&"training".into(), &3.into()));
    assert_eq!(figures["figures"]["out"], "m.safetensors");
    let ran =
        place.run(&["evaluate", "m.safetensors", "t.csv", "--log-format=json", "--require", "mae=0.0001"]);
    assert_eq!(ran.code, 7);
    let all = objects(&ran);
    let figures = all.iter().find(|o| o["of"] == "evaluation").unwrap();
    let error = all.last().unwrap();
    assert_eq!((&error["level"], &error["exit_code"]), (&"error".into(), &7.into()));
    assert!(figures["figures"]["model"]["mae"].as_f64().unwrap() > 0.0001, "{figures}");
    // Errors of the command line, and by the variable.
    for arguments in
        [&["predict", "--log-format", "json"][..], &["predict", "nothing", "t.csv", "--log-format", "json"]]
    {
        let ran = place.run(arguments);
        let all = objects(&ran);
        assert_eq!(all.last().unwrap()["exit_code"], ran.code, "{}", ran.stderr);
    }
    let (code, _, stderr) =
        super::shell::with_env(&place, &["frobnicate"], &[("LSTM_FORECAST_LOG_FORMAT", "json")]);
    let error: serde_json::Value = serde_json::from_str(stderr.trim()).unwrap();
    assert_eq!((code, &error["message"]), (2, &"there is no command `frobnicate`".into()));
}

#[test]
fn gauges_for_prometheus() {
    let place = Place::new();
    place.write("t \"1\".csv", hourly(2, 400));
    tiny(&place, "t \"1\".csv", "pm,wind", "m");
    let run = |format: &str| {
        place.ok(&["evaluate", "m", "t \"1\".csv", "--interval", "80", "--format", format]).stdout
    };
    let text = run("prometheus");
    let report: serde_json::Value = serde_json::from_str(&run("json")).unwrap();
    let labels = "model=\"m\",table=\"t \\\"1\\\".csv\",target=\"\",method=\"model\"";
    let line = format!("lstm_forecast_evaluation_mae{{{labels}}} ");
    let value = text.lines().find_map(|l| l.strip_prefix(&line)).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(value.parse::<f64>().unwrap(), report["overall"]["model"]["mae"].as_f64().unwrap());
    assert!(text.contains("target=\"wind\",level=\"80\"} "), "{text}");
    assert!(text.contains("target=\"\",method=\"seasonal_naive\"} "), "{text}");
    // Every metric is introduced once, before its samples, and each line is one of the three kinds.
    let mut known = Vec::new();
    for line in text.lines() {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["#", "HELP", name, ..] => known.push((*name).to_owned()),
            ["#", "TYPE", name, "gauge"] => assert_eq!(known.last().map(String::as_str), Some(*name)),
            _ => {
                let (name, rest) = line.split_once('{').unwrap();
                assert_eq!(known.last().map(String::as_str), Some(name));
                assert!(rest.rsplit_once("} ").unwrap().1.parse::<f64>().is_ok(), "{line}");
            }
        }
    }
    let mut once = known.clone();
    once.dedup();
    assert_eq!(once, known);
    place.ok(&["evaluate", "m", "t \"1\".csv", "--interval", "80", "--out", "m.prom"]);
    assert_eq!(place.read("m.prom"), text);
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// The example, over several nights.
#[test]
fn the_nightly_example_promotes_the_better_model_alone() {
    if let Some(lacking) = ["flock", "jq"].into_iter().find(|program| !has(program)) {
        skipped(&format!("examples/nightly.sh needs {lacking}"));
        return;
    }
    let place = place();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/nightly.sh");
    let night = |variables: &[(&str, &str)], more: &[&str]| {
        let settings = "--input-window 24 --horizon 6 --hidden-size 4 --ensemble 1";
        let output = Command::new("sh")
            .arg(&script)
            .args(["t.csv", "pm"])
            .args(words(settings, more))
            .current_dir(place.path(""))
            .env("BIN", env!("CARGO_BIN_EXE_lstm-forecast"))
            .envs([("VAL_START", "2021-01-12"), ("TEST_START", "2021-01-15"), ("KEEP", "2")])
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let model = || std::fs::read(place.path("model.safetensors")).unwrap();
    let older = || names(&place).into_iter().filter(|n| n.starts_with("model.2")).count();
    // Without the pool a model of no training is a poor one. Whether `watch` finds something is not what this is about.
    let poor = ["--max-steps", "1", "--learning-rate", "1e-9", "--pool", "networks"];
    let good = ["--max-steps", "60"];
    let (_, said, errors) = night(&[], &poor);
    assert!(said.contains("new model: MAE ") && said.contains(", before none"), "{said}{errors}");
    assert!(said.contains("forecast.csv: 12 rows"), "{said}");
    let first = model();
    let (_, said, _) = night(&[], &good);
    assert!(said.contains("new model: MAE "), "{said}");
    let second = model();
    assert!(first != second && older() == 1);
    let (_, said, _) = night(&[], &poor);
    assert!(said.contains("old model kept: MAE "), "{said}");
    assert!(model() == second && older() == 1 && !place.path("candidate.safetensors").exists());
    // What is not good enough by a bound is not taken, and somebody is told.
    place.write("alert.sh", "#!/bin/sh\necho \"$1\" >>alerts\n");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(place.path("alert.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (code, said, _) = night(&[("REQUIRE", "mae=0.001"), ("ALERT", "./alert.sh")], &good);
    assert_eq!(code, 1, "{said}");
    assert!(
        place.read("alerts").starts_with("the new model does not reach mae=0.001, the old one stays (MAE ")
    );
    assert!(model() == second);
    // A table that cannot be read leaves model and forecast as they are.
    let forecast = place.read("forecast.csv");
    place.write("t.csv", "nothing\n");
    let (code, said, _) = night(&[("ALERT", "./alert.sh")], &good);
    assert_eq!(code, 1);
    assert!(said.contains("ALERT training failed with exit code 3, the old model stays"), "{said}");
    assert!(model() == second && place.read("forecast.csv") == forecast);
    // While another run goes on nothing is done.
    let lock = std::fs::File::create(place.path("nightly.lock")).unwrap();
    lock.lock().unwrap();
    let (code, said, _) = night(&[], &good);
    assert!(code == 0 && said.contains("another run holds nightly.lock"), "{said}");
    // The way back.
    let before = names(&place).into_iter().find(|n| n.starts_with("model.2")).unwrap();
    assert!(std::fs::read(place.path(&before)).unwrap() == first);
}
