//! Models and windows for other programs: names of all inputs, `ingest --model`, `export`.

use std::path::Path;
use std::process::Command;

use safetensors::SafeTensors;
use serde_json::Value;

use super::shell;
use super::support::{Place, csv, skipped, words};

/// A file of windows: its bytes, and its JSON document.
fn windows(place: &Place, name: &str) -> (Vec<u8>, Value) {
    let bytes = std::fs::read(place.path(name)).expect("a file of windows");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("safetensors");
    let text = &header.metadata().as_ref().expect("metadata")["lstm_forecast_windows"];
    let head = serde_json::from_str(text).expect("JSON");
    (bytes, head)
}

/// Shape and values of a tensor of 32- or 64-bit floats.
fn floats(bytes: &[u8], name: &str) -> (Vec<usize>, Vec<f64>) {
    let file = SafeTensors::deserialize(bytes).expect("safetensors");
    let tensor = file.tensor(name).unwrap_or_else(|_| panic!("no {name}"));
    let size = tensor.dtype().bitsize() / 8;
    let value = |b: &[u8]| match b {
        [a, b, c, d] => f64::from(f32::from_le_bytes([*a, *b, *c, *d])),
        _ => f64::from_le_bytes(b.try_into().expect("eight bytes")),
    };
    (tensor.shape().to_vec(), tensor.data().chunks_exact(size).map(value).collect())
}

fn whole(bytes: &[u8], name: &str) -> Vec<i64> {
    let file = SafeTensors::deserialize(bytes).expect("safetensors");
    let data = file.tensor(name).unwrap_or_else(|_| panic!("no {name}")).data().to_vec();
    data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b)).collect()
}

#[test]
fn every_input_has_a_name() {
    let place = shell::place();
    let meta: Value =
        serde_json::from_str(&place.ok(&["inspect", "m.safetensors", "--format", "json"]).stdout)
            .expect("JSON");
    let names = |kind: &str| -> Vec<String> {
        serde_json::from_value(meta["input_names"][kind].clone()).expect("a list of names")
    };
    for (kind, size) in [
        ("x", &meta["shape"]["inputs"]),
        ("context", &meta["shape"]["lead"]["context"]),
        ("known", &meta["shape"]["lead"]["known"]),
    ] {
        let mut names = names(kind);
        assert_eq!(Some(names.len() as u64), size.as_u64(), "{kind}");
        assert!(names.iter().all(|name| !name.is_empty()));
        names.sort();
        names.dedup();
        assert_eq!(Some(names.len() as u64), size.as_u64(), "{kind} has a name twice");
    }
    // By hand from src/data/lead: the phase means of a season of 24 rows in a window of 24, the calendar of the lead, and
    // the inputs a season before it.
    let known = names("known");
    assert_eq!(known[..3], ["own_1_seasons_before", "own_mean_of_seasons", "own_row_before_season"]);
    assert!(known.contains(&"hour_of_day_sin_ahead".to_owned()), "{known:?}");
    assert_eq!(known.last().map(String::as_str), Some("half_day_cos_season_before"));
    assert_eq!(names("context")[names("x").len()], "own_1_rows_before");
}

/// What the lead decoder is told, worked out from the history in the same file.
#[test]
fn windows_of_a_model_hold_all_that_it_is_told() {
    let place = shell::place();
    place.ok(&words("ingest t.csv --model m.safetensors --out w.safetensors --quiet", &[]));
    let (bytes, head) = windows(&place, "w.safetensors");
    let (shape, history) = floats(&bytes, "history");
    let (n, rows) = (shape[0], shape[2]);
    let [shift, scale, asinh, base] = ["shift", "scale", "asinh", "base"].map(|name| floats(&bytes, name).1);
    let (known_shape, known) = floats(&bytes, "known");
    let (context_shape, context) = floats(&bytes, "context");
    let (x_shape, x) = floats(&bytes, "x");
    let f = x_shape[2];
    assert_eq!((known_shape[..3].to_vec(), x_shape[1]), (vec![n, 1, 6], 24));
    assert!(asinh.iter().all(|k| *k == 0.0), "pm is not skewed");
    for i in 0..n {
        let scaled = |back: usize| (history[(i + 1) * rows - back] - shift[i]) / scale[i];
        assert!((scaled(1) - base[i]).abs() < 1e-4, "window {i}");
        // The row of the same phase one season before lead s lies 24 - s rows before the origin; how far it is from
        // the last value is told in units of the local spread, which the ratio of two of them does not know.
        let told = |step: usize| known[(i * 6 + step) * known_shape[3]];
        let moved = |step: usize| scaled(24 - step) - scaled(1);
        assert!((told(0) * moved(3) - told(3) * moved(0)).abs() < 1e-4, "window {i}");
        // The context begins with the newest row of x, where the network sees that.
        let seen = &x[(i * 24 + 23) * f..(i * 24 + 24) * f];
        for (name, (own, seen)) in head["inputs"]
            .as_array()
            .expect("names")
            .iter()
            .zip(context[i * context_shape[2]..].iter().zip(seen))
        {
            // With few windows the LSTM sees the targets' columns alone.
            let hidden = name.as_str().is_some_and(|name| name.starts_with("wind"));
            assert!(own == seen || hidden && *seen == 0.0, "{name}: {own} {seen}");
        }
    }
    // One window of each series has no row ahead in the table, the others a horizon each.
    assert_eq!(head["parts"], serde_json::json!(["train", "val", "test", "ahead"]));
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    let parts = file.tensor("part").expect("parts").data().to_vec();
    assert_eq!(parts.iter().filter(|part| **part == 3).count(), 2);
    let origins = whole(&bytes, "origin");
    let test: Vec<i64> =
        (origins.iter().zip(&parts).filter(|(_, part)| **part == 2)).map(|(o, _)| *o).collect();
    assert_eq!(test[1] - test[0], 6 * 3600);
}

#[test]
fn windows_by_settings_hold_the_inputs_of_the_decoder() {
    let place = shell::place();
    let ingest =
        "ingest t.csv --target pm --input-window 24 --horizon 6 --stride 50 --quiet --out w.safetensors";
    place.ok(&words(ingest, &[]));
    let (bytes, head) = windows(&place, "w.safetensors");
    let names = |kind: &str| head[kind].as_array().map_or(0, Vec::len);
    let last = |name: &str| floats(&bytes, name).0.last().copied();
    assert_eq!(last("x"), Some(names("inputs")));
    assert_eq!(last("context"), Some(names("context")));
    assert_eq!(last("known"), Some(names("known")));
    assert_eq!(head["lead"]["growth"][0].as_array().map(Vec::len), Some(6));
    // Of the direct decoder: the columns themselves.
    place.ok(&words(ingest, &["--decoder", "direct"]));
    let (bytes, head) = windows(&place, "w.safetensors");
    assert_eq!(head["inputs"][0], "pm");
    assert!(SafeTensors::deserialize(&bytes).expect("safetensors").tensor("known").is_err());
    // T first.
    let shape = floats(&bytes, "x").0;
    let x = floats(&bytes, "x").1;
    place.ok(&words(ingest, &["--decoder", "direct", "--time-major"]));
    let (bytes, _) = windows(&place, "w.safetensors");
    let (turned, values) = floats(&bytes, "x");
    assert_eq!(turned, [shape[1], shape[0], shape[2]]);
    assert_eq!(values[shape[2]], x[shape[1] * shape[2]], "window 1 follows window 0 in the first row");
}

#[test]
fn what_a_model_settles_is_said() {
    let place = shell::place();
    let ran = place.ok(&words("ingest t.csv --model m.safetensors --target wind --input-window 48", &[]));
    for key in ["target", "input_window"] {
        let note = format!("note: `{key}` has no effect: it is that of m.safetensors");
        assert!(ran.stderr.contains(&note), "{}", ran.stderr);
    }
    assert!(ran.stdout.contains("24 x"), "{}", ran.stdout);
}

/// A Python that has torch and safetensors: `LSTM_FORECAST_TEST_PYTHON`, or `python3`.
fn python() -> Option<String> {
    let name = std::env::var("LSTM_FORECAST_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&name).args(["-c", "import torch, safetensors"]).output();
    if found.is_ok_and(|ran| ran.status.success()) {
        return Some(name);
    }
    skipped(&format!("{name} has no torch and safetensors (LSTM_FORECAST_TEST_PYTHON names another Python)"));
    None
}

/// The files as they are written, and where there is PyTorch, what they say beside `predict`.
#[test]
fn a_model_for_pytorch() {
    let place = shell::place();
    place.ok(&words("export m.safetensors --format pytorch --out torch/m", &[]));
    place.ok(&words("ingest t.csv --model m.safetensors --out w.safetensors --quiet", &[]));
    let meta: Value = serde_json::from_str(&place.read("torch/m/model.json")).expect("JSON");
    assert_eq!(meta["limits"], serde_json::json!([[null, null]]));
    let bytes = std::fs::read(place.path("torch/m/weights.safetensors")).expect("weights");
    let file = SafeTensors::deserialize(&bytes).expect("safetensors");
    assert!(file.tensor("members.2.lead.0.linear").is_ok(), "{:?}", file.names());
    let Some(python) = python() else { return };
    let ran = Command::new(python)
        .args(["torch/m/model.py", "w.safetensors", "--part", "ahead"])
        .current_dir(place.path(""))
        .output()
        .expect("Python");
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let own = csv(&place.ok(&words("predict m.safetensors t.csv --interval 50", &[])).stdout);
    let theirs = csv(&text);
    assert_eq!((own.len(), theirs.len()), (13, 13));
    let column = |name: &str| theirs[0].iter().position(|own| own == name).expect("a column");
    let places = [(2, column("forecast")), (3, column("lo50")), (4, column("hi50"))];
    for (own, theirs) in own.iter().zip(&theirs).skip(1) {
        assert_eq!(own[0], theirs[1]);
        for (at, there) in places {
            let [a, b]: [f64; 2] = [&own[at], &theirs[there]].map(|v| v.parse().expect("a number"));
            // pm has a spread of about 15, and is printed with four digits.
            assert!((a - b).abs() < 2e-4, "{own:?} {theirs:?}");
        }
    }
}

#[test]
fn where_an_export_cannot_go() {
    let place = shell::place();
    let ran = place.run(&words("export m.safetensors --format pytorch --out t.csv", &[]));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("--out names a folder"), "{}", ran.stderr);
    assert!(Path::new(&place.path("t.csv")).is_file());
    let ran = place.run(&words("ingest t.csv --model m.safetensors --layout flat --out w.csv", &[]));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let ran = place.run(&words("ingest t.csv --model m.safetensors --out m.safetensors", &[]));
    assert!(
        ran.stderr.contains("--out m.safetensors is the same file as the model of --model"),
        "{}",
        ran.stderr
    );
}

/// The tensors of a file under other names; those of which `rename` says nothing are left out.
fn renamed(bytes: &[u8], rename: impl Fn(&str) -> Option<String>) -> Vec<u8> {
    let file = SafeTensors::deserialize(bytes).expect("safetensors");
    let all = file.iter().filter_map(|(name, view)| Some((rename(name)?, view)));
    safetensors::serialize(all, None).expect("memory")
}

fn inspected(place: &Place, model: &str) -> Value {
    serde_json::from_str(&place.ok(&["inspect", model, "--format", "json"]).stdout).expect("JSON")
}

/// The weights of a model, taken out and in again, with everything else made anew: the same table and settings give the
/// same scalers, pool, calibration and forecasts.
#[test]
fn weights_come_in() {
    let place = shell::place();
    // Weights that have not learned from the rows that calibrate them.
    place.ok(&words(
        "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --max-steps 4 --batch-size 16 --final=no --quiet --out m.safetensors",
        &[],
    ));
    place.ok(&words("export m.safetensors --format pytorch --out torch --quiet", &[]));
    let bytes = std::fs::read(place.path("torch/weights.safetensors")).expect("weights");
    place.write("w.safetensors", renamed(&bytes, |name| Some(format!("net.{name}"))));
    let import =
        "import w.safetensors --table t.csv --target pm --input-window 24 --horizon 6 --out own.safetensors";
    let ran = place.ok(&words(import, &[]));
    assert!(ran.stderr.contains("weights as they were given"), "{}", ran.stderr);
    let (was, is) = (inspected(&place, "m.safetensors"), inspected(&place, "own.safetensors"));
    for part in ["scaler", "pool", "calibration", "shape", "inputs", "schema", "bounds", "table"] {
        assert_eq!(was[part], is[part], "{part}");
    }
    assert_eq!(is["training"]["steps"], 0);
    assert_eq!(was["training"]["val_mae"], is["training"]["val_mae"]);
    let predict = |model: &str| place.ok(&["predict", model, "t.csv", "--interval", "50"]).stdout;
    assert_eq!(predict("m.safetensors"), predict("own.safetensors"));
}

/// The plain module of the reference, whose settings are found from the weights; nothing of another table stays.
#[test]
fn weights_of_a_plain_module_come_in() {
    let place = shell::place();
    place.write("late.csv", shell_table(300));
    let flags = "--target pm --features wind --no-calendar --input-window 12 --horizon 3 --quiet";
    let train = "train t.csv --decoder direct --skip none --quantiles none --ensemble 1 --hidden-size 8 --head 6 \
                 --num-layers 2 --max-steps 3 --out plain.safetensors";
    place.ok(&words(train, &words(flags, &[])));
    let import = "import plain.safetensors --table late.csv --out own.safetensors";
    place.ok(&words(import, &words(flags, &[])));
    let (was, is) = (inspected(&place, "plain.safetensors"), inspected(&place, "own.safetensors"));
    assert_eq!(was["config"]["model"]["head"], is["config"]["model"]["head"]);
    assert_eq!(was["tensors"], is["tensors"]);
    for part in ["scaler", "calibration", "table"] {
        assert_ne!(was[part], is[part], "{part} is that of the other table");
    }
}

fn shell_table(hours: usize) -> String {
    super::support::hourly(2, hours).replace("2021-", "2022-").replace(",3.", ",5.")
}

#[test]
fn weights_that_do_not_fit() {
    let place = shell::place();
    let train = "train t.csv --target pm --decoder direct --skip none --quantiles none --ensemble 1 --hidden-size 8 \
                 --features none --no-calendar --input-window 12 --horizon 3 --max-steps 2 --quiet --out w.safetensors";
    place.ok(&words(train, &[]));
    let bytes = std::fs::read(place.path("w.safetensors")).expect("weights");
    let twice = renamed(&bytes, |name| Some(format!("a.{name}")));
    let (one, two) = (
        SafeTensors::deserialize(&bytes).expect("a file"),
        SafeTensors::deserialize(&twice).expect("a file"),
    );
    let both = one.iter().map(|(n, v)| (n.to_owned(), v)).chain(two.iter().map(|(n, v)| (n.to_owned(), v)));
    place
        .write("two.safetensors", safetensors::serialize(both, None).expect("memory"))
        .write("lstm.safetensors", renamed(&bytes, |name| Some(name.replace("rnn.", "lstm."))))
        .write("more.safetensors", renamed(&bytes, |name| Some(name.replace("reg.0", "reg.2"))));
    let import = "import w.safetensors --table t.csv --target pm --features none --no-calendar --input-window 12 --out o.safetensors";
    for (line, message) in [
        (
            import.replace(" --features none", "") + " --horizon 3",
            "w.safetensors: does not fit: `rnn.weight_ih_l0` reads 1 inputs, and the table gives 2 (pm, wind)",
        ),
        (
            import.to_owned() + " --horizon 3 --hidden-size 16",
            "w.safetensors: does not fit: `rnn.weight_ih_l0` has 32 rows, 4 gates of hidden units, and `hidden_size` 16 asks for 64",
        ),
        (
            import.to_owned() + " --horizon 4",
            "w.safetensors: does not fit: `reg.0.weight` gives 3 values, and 4 steps x 1 target x 1 value are 4",
        ),
        (
            import.to_owned() + " --horizon 3 --num-layers 2",
            "w.safetensors: does not fit: `rnn.weight_ih_l1` is missing, and the settings ask for [32, 8]",
        ),
        (import.to_owned() + " --prefix b.", "w.safetensors: holds no tensor `rnn.weight_ih_l0` behind `b.`"),
        (import.replace("w.", "two."), "two.safetensors: holds several LSTMs, behind ``, `a.`"),
        (import.replace("w.", "lstm."), "lstm.safetensors: holds no tensor `rnn.weight_ih_l0`; it has "),
        (
            import.replace("w.", "more.") + " --horizon 3",
            "more.safetensors: does not fit: `reg.0.weight` is missing, and the settings ask for [3, 8]",
        ),
        (import.replace("w.", "none."), "none.safetensors: cannot open the weights"),
        (import.replace("w.safetensors", "t.csv"), "t.csv: is not a safetensors file"),
    ] {
        let ran = place.run(&words(&line, &[]));
        assert_eq!(ran.code, 5, "{line}\n{}", ran.stderr);
        let found = ran.stderr.contains(&format!("error: {message}"));
        assert!(found && ran.stderr.contains("\nhint: "), "{line}\n{}", ran.stderr);
        assert!(!place.path("o.safetensors").exists());
    }
    let ran = place.run(&words("import w.safetensors --table t.csv --target pm --out w.safetensors", &[]));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

/// The graph as bytes: its names stand in it, and where there is onnxruntime, it says what `predict` says.
#[test]
fn a_model_as_an_onnx_graph() {
    let place = shell::place();
    place.ok(&words("export m.safetensors --format onnx --out m.onnx", &[]));
    place.ok(&words("ingest t.csv --model m.safetensors --out w.safetensors --quiet", &[]));
    let bytes = std::fs::read(place.path("m.onnx")).expect("a graph");
    for name in ["LSTM", "own_1_seasons_before", "quantile_levels", "forecast"] {
        assert!(bytes.windows(name.len()).any(|own| own == name.as_bytes()), "no {name}");
    }
    let python = std::env::var("LSTM_FORECAST_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&python).args(["-c", "import onnx, onnxruntime, safetensors.numpy"]).output();
    if !found.is_ok_and(|ran| ran.status.success()) {
        skipped(&format!("{python} has no onnx, onnxruntime and safetensors"));
        return;
    }
    let script = "\
import onnx, onnxruntime
from safetensors.numpy import load_file
onnx.checker.check_model('m.onnx', full_check=True)
w = {name: value[load_file('w.safetensors')['part'] == 3] for name, value in load_file('w.safetensors').items()}
session = onnxruntime.InferenceSession('m.onnx', providers=['CPUExecutionProvider'])
forecast, quantiles = session.run(['forecast', 'quantiles'], {i.name: w[i.name] for i in session.get_inputs()})
for window in range(2):
    for step in range(6):
        print(forecast[window, step, 0], quantiles[window, step, 0, 0], sep=',')
";
    let ran = Command::new(python).args(["-c", script]).current_dir(place.path("")).output().expect("Python");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let theirs = csv(&String::from_utf8_lossy(&ran.stdout));
    let own = csv(&place.ok(&words("predict m.safetensors t.csv --quantiles 0.1", &[])).stdout);
    assert_eq!((own.len(), theirs.len()), (13, 12));
    for (own, theirs) in own.iter().skip(1).zip(&theirs) {
        for at in 0..2 {
            let [a, b]: [f64; 2] = [&own[2 + at], &theirs[at]].map(|v| v.parse().expect("a number"));
            assert!((a - b).abs() < 2e-4, "{own:?} {theirs:?}");
        }
    }
}
