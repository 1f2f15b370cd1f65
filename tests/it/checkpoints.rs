//! Checkpoints that somebody damaged or made up: each is refused with exit code 5, one sentence
//! and a hint, whatever it announces.

use serde_json::{Value, json};

use super::support::{Place, hourly};

/// A checkpoint taken apart: its header, and its data.
struct Parts {
    header: Value,
    data: Vec<u8>,
}

impl Parts {
    fn of(bytes: &[u8]) -> Parts {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        Parts {
            header: serde_json::from_slice(&bytes[8..8 + length]).unwrap(),
            data: bytes[8 + length..].to_vec(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        with_header(&self.header.to_string(), &self.data)
    }

    /// Changes the JSON document in the metadata.
    fn meta(mut self, change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let entry = &mut self.header["__metadata__"]["lstm_forecast"];
        let mut meta: Value = serde_json::from_str(entry.as_str().unwrap()).unwrap();
        change(&mut meta);
        *entry = Value::String(meta.to_string());
        self.bytes()
    }

    /// Changes the header.
    fn head(mut self, change: impl FnOnce(&mut Value)) -> Vec<u8> {
        change(&mut self.header);
        self.bytes()
    }
}

fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

const BIAS: &str = "reg.0.bias";

/// Trains a small model in `place`, with these arguments beside the usual ones.
fn trained(place: &Place, arguments: &[&str]) -> Vec<u8> {
    place.write("t.csv", hourly(1, 150));
    let usual = ["train", "t.csv", "--out", "m.safetensors", "--target", "pm", "--input-window", "24"];
    let small = ["--horizon", "6", "--hidden-size", "4", "--max-steps", "1", "--ensemble", "1"];
    place.ok(&[&usual[..], &small, arguments].concat());
    std::fs::read(place.path("m.safetensors")).unwrap()
}

#[test]
fn hostile_checkpoints_are_refused() {
    let place = Place::new();
    let good = trained(&place, &["--decoder", "direct", "--quantiles", "none"]);
    let parts = || Parts::of(&good);
    let length = good.len();
    let start = parts().header[BIAS]["data_offsets"][0].as_u64().unwrap() as usize;

    let huge = [&u64::MAX.to_le_bytes()[..], &good[8..]].concat();
    let huge_message = format!(
        "is not a safetensors file, or is cut short: it announces a header of {} bytes and has {length} bytes",
        u64::MAX
    );
    let nan = {
        let mut parts = parts();
        parts.data[start..start + 4].copy_from_slice(&f32::NAN.to_le_bytes());
        parts.bytes()
    };
    let twice = {
        let text = parts().header.to_string();
        let again = format!("\"{BIAS}\":{{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[0,24]}},");
        with_header(&text.replacen('{', &format!("{{{again}"), 1), &parts().data)
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", vec![], "is 0 bytes long, too short for a checkpoint"),
        ("text", b"city,date\nRome,2021-01-01\n".to_vec(), "is not a checkpoint; it looks like a table"),
        ("huge header", huge, &huge_message),
        (
            "cut in the header",
            good[..100].to_vec(),
            "is not a safetensors file, or is cut short: it announces a header of ",
        ),
        ("cut in the data", good[..length - 1].to_vec(), "is not a valid safetensors file: "),
        ("more data", [&good[..], b"x"].concat(), "is not a valid safetensors file: "),
        ("duplicate key", twice, "is not a valid safetensors file: `reg.0.bias` is there twice"),
        (
            "foreign",
            parts().head(|h| h["__metadata__"] = json!({"format": "pt"})),
            "was not written by lstm-forecast: its metadata has no `lstm_forecast` entry",
        ),
        (
            "absurd shape",
            parts().head(|h| h[BIAS]["shape"] = json!([4_000_000_000u64, 4_000_000_000u64])),
            "is not a valid safetensors file: ",
        ),
        (
            "missing tensor",
            parts().head(|h| {
                let had = h.as_object_mut().unwrap().remove(BIAS).unwrap();
                h["other"] = had;
            }),
            "tensor `reg.0.bias` is missing",
        ),
        ("NaN", nan, "tensor `reg.0.bias` holds NaN at position 0"),
        (
            "not JSON",
            parts().head(|h| h["__metadata__"]["lstm_forecast"] = json!("{")),
            "the metadata is damaged: ",
        ),
        (
            "future format",
            parts().meta(|m| m["format_version"] = json!(99)),
            "is of format 99; this program reads up to format 1",
        ),
        (
            "future setting",
            parts().meta(|m| m["config"]["model"]["attention"] = json!(true)),
            "the metadata does not fit this version: unknown field `attention`",
        ),
        (
            "absurd size",
            parts().meta(|m| m["config"]["model"]["hidden_size"] = json!(1_000_000_000_000u64)),
            "the metadata contradicts itself: a size is beyond all bounds",
        ),
        (
            "large size",
            parts().meta(|m| m["config"]["model"]["hidden_size"] = json!(10_000)),
            "tensor `rnn.weight_ih_l0` is F32 [16, ",
        ),
        (
            "many members",
            parts().meta(|m| m["config"]["model"]["ensemble"] = json!(1000)),
            "tensor `members.1.rnn.weight_ih_l0` is missing",
        ),
        (
            "zero scale",
            parts().meta(|m| m["scaler"]["pooled"][0]["scale"] = json!(0.0)),
            "the metadata contradicts itself: the scaler holds a number that is not finite, or a scale of 0",
        ),
    ];
    for (name, bytes, message) in &cases {
        place.write("bad.safetensors", bytes);
        let ran = place.run(&["predict", "bad.safetensors", "t.csv"]);
        assert_eq!(ran.code, 5, "{name}: {}", ran.stderr);
        assert!(
            ran.stderr.starts_with(&format!("error: bad.safetensors: {message}")),
            "{name}: {}",
            ran.stderr
        );
        assert!(ran.stdout.is_empty() && ran.stderr.lines().count() <= 2, "{name}: {}", ran.stderr);
    }
    let ran = place.run(&["predict", "no.safetensors", "t.csv"]);
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("no.safetensors: cannot open the checkpoint: "), "{}", ran.stderr);
}

/// A change of the metadata, and what is said of it.
type Change = (fn(&mut Value), &'static str);

/// Metadata that contradict themselves, each with what is said of it.
const MADE_UP: &[Change] = &[
    // Found by fuzzing: the width of the inputs is a difference of these, and ran below zero.
    (|m| m["inputs"]["targets"] = json!(5), "the number of targets differs between its parts"),
    (|m| m["shape"]["targets"] = json!(0), "the number of targets differs between its parts"),
    (|m| m["shape"]["inputs"] = json!(7), "the number of inputs differs between its parts"),
    (|m| m["shape"]["lead"]["known"] = json!(1), "the number of inputs differs between its parts"),
    (|m| m["shape"]["lead"] = Value::Null, "the number of inputs differs between its parts"),
    (|m| m["inputs"]["lead"] = Value::Null, "`decoder: lead` lacks its inputs"),
    (|m| m["inputs"]["lead"]["season"] = json!(0), "the window differs between its parts"),
    (|m| m["inputs"]["lead"]["horizon"] = json!(1_000_000_000), "the window differs between its parts"),
    (|m| m["inputs"]["lead"]["flags"] = json!([7]), "the flags do not fit the targets"),
    (|m| m["inputs"]["lead"]["growth"] = json!([[1.0]]), "the growth does not fit targets and horizon"),
    (|m| m["inputs"]["values"] = json!([]), "the input columns are not the schema's targets and features"),
    (|m| m["config"]["model"]["decoder"] = json!("direct"), "the inputs are those of another decoder"),
    (|m| m["config"]["model"]["hidden_size"] = json!(1_000_000_000), "a size is beyond all bounds"),
    (|m| m["config"]["model"]["num_layers"] = json!(1_000_000_000), "a size is beyond all bounds"),
    (|m| m["config"]["model"]["ensemble"] = json!(1_000_000_000), "a size is beyond all bounds"),
    (|m| m["config"]["model"]["head"] = json!([1u64 << 62]), "a size is beyond all bounds"),
    (|m| m["shape"]["horizon"] = json!(1_000_000_000), "a size is beyond all bounds"),
    (|m| m["shape"]["input_window"] = json!(u64::MAX), "a size is beyond all bounds"),
    (|m| m["schema"]["season"] = json!(0), "a size is 0"),
    (|m| m["shape"]["quantiles"] = json!([0.5]), "the quantiles differ between its parts"),
    (
        |m| {
            m["config"]["model"]["quantiles"] = json!([0.5, 0.1]);
            m["shape"]["quantiles"] = json!([0.5, 0.1]);
        },
        "`quantiles` is 0.5,0.1; expected rising levels between 0 and 1, such as 0.1,0.5,0.9",
    ),
    (
        |m| m["schema"]["freq"] = json!({"seconds": 0}),
        "the step between rows is not above 0, or absurdly long",
    ),
    (
        |m| m["schema"]["freq"] = json!({"days": i64::MAX}),
        "the step between rows is not above 0, or absurdly long",
    ),
    (|m| m["schema"]["max_gap_rows"] = json!(u64::MAX), "the longest hole is longer than a window"),
    (|m| m["schema"]["time"]["columns"] = json!([]), "the form of the stamps does not fit the time columns"),
    (
        |m| m["scaler"]["pooled"][0]["asinh"] = json!(0.0),
        "the scaler holds a number that is not finite, or a scale of 0",
    ),
];

#[test]
fn made_up_metadata_are_refused() {
    let place = Place::new();
    let good = trained(&place, &[]);
    for (change, message) in MADE_UP {
        place.write("bad.safetensors", Parts::of(&good).meta(change));
        let ran = place.run(&["predict", "bad.safetensors", "t.csv"]);
        let expected = format!("error: bad.safetensors: the metadata contradicts itself: {message}\n");
        assert_eq!((ran.code, ran.stderr), (5, expected));
    }
}

/// KiB of address space, a quarter of it for the program itself.
#[cfg(target_os = "linux")]
const LITTLE: u64 = 512 << 10;

/// Whatever a checkpoint announces, the real program refuses it in little memory and time.
#[test]
#[cfg(target_os = "linux")]
fn hostile_sizes_take_no_memory() {
    let place = Place::new();
    let good = trained(&place, &[]);
    let parts = || Parts::of(&good);
    let tensor = |what: Value| parts().head(|h| h["rnn.weight_ih_l0"] = what);
    let header = |bytes: u64| [&bytes.to_le_bytes()[..], &good[8..]].concat();
    let mut cases = vec![
        header(1 << 63),
        header(u64::MAX),
        header(good.len() as u64 - 7),
        header((64 << 20) + 1),
        with_header(&"[".repeat(1 << 20), &[]),
        with_header(&"{\"a\":".repeat(1 << 18), &[]),
        tensor(json!({"dtype": "F32", "shape": [1u64 << 32, 1u64 << 32], "data_offsets": [0, 16]})),
        tensor(json!({"dtype": "F32", "shape": [1_000_000_000], "data_offsets": [0, 4_000_000_000u64]})),
        tensor(json!({"dtype": "F32", "shape": [0, 1u64 << 62], "data_offsets": [0, 0]})),
        tensor(json!({"dtype": "F32", "shape": vec![1; 1 << 16], "data_offsets": [0, 4]})),
        tensor(json!({"dtype": "F32", "shape": [4], "data_offsets": [u64::MAX - 16, u64::MAX]})),
    ];
    cases.extend(MADE_UP.iter().map(|(change, _)| parts().meta(change)));
    // Sizes that agree with each other, but not with the tensors.
    let agreeing: [fn(&mut Value); 4] = [
        |m| m["config"]["model"]["hidden_size"] = json!(1 << 14),
        |m| m["config"]["model"]["ensemble"] = json!(1024),
        |m| m["config"]["model"]["num_layers"] = json!(1024),
        |m| {
            m["shape"]["horizon"] = json!(1 << 24);
            m["inputs"]["lead"]["horizon"] = json!(1 << 24);
            m["inputs"]["lead"]["growth"] = json!([]);
        },
    ];
    cases.extend(agreeing.iter().map(|change| parts().meta(change)));
    cases.push(parts().meta(|m| {
        let lines = m["scaler"]["pooled"].clone();
        let series = (0..100_000).rev().map(|i| json!([[format!("{i:06}")], lines]));
        m["scaler"]["series"] = series.collect();
    }));
    assert_eq!(place.limited(LITTLE, &["inspect", "m.safetensors"]).code, 0);
    for (number, bytes) in cases.iter().enumerate() {
        place.write("bad.safetensors", bytes);
        let began = std::time::Instant::now();
        let ran = place.limited(LITTLE, &["inspect", "bad.safetensors"]);
        assert_eq!(ran.code, 5, "case {number}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: bad.safetensors: "), "case {number}: {}", ran.stderr);
        assert!(began.elapsed().as_secs() < 20, "case {number} took {:?}", began.elapsed());
    }
}
