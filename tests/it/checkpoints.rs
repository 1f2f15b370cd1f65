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

#[test]
fn hostile_checkpoints_are_refused() {
    let place = Place::new();
    place.write("t.csv", hourly(1, 150));
    place.ok(&[
        "train",
        "t.csv",
        "--out",
        "m.safetensors",
        "--target",
        "pm",
        "--input-window",
        "24",
        "--horizon",
        "6",
        "--hidden-size",
        "4",
        "--max-steps",
        "1",
        "--ensemble",
        "1",
        "--decoder",
        "direct",
        "--quantiles",
        "none",
    ]);
    let good = std::fs::read(place.path("m.safetensors")).unwrap();
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
        (
            "text",
            b"city,date\nRome,2021-01-01\n".to_vec(),
            "is not a safetensors file, or is cut short: it announces a header of ",
        ),
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
            parts().meta(|m| m["config"]["model"]["hidden_size"] = json!(1_000_000)),
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
