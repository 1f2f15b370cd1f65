//! `--cell gru`: every decoder, any number of threads, going on after a kill, weights out and in again.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::support::{Place, hourly, words};

const TRAIN: &str =
    "train t.csv --target pm --cell gru --input-window 24 --horizon 6 --hidden-size 6 --quiet";

fn place() -> Place {
    let place = Place::new();
    place.write("t.csv", hourly(2, 300));
    place
}

fn bytes(place: &Place, name: &str) -> Vec<u8> {
    std::fs::read(place.path(name)).expect("a checkpoint")
}

fn tensors(place: &Place, name: &str) -> Value {
    let text = place.ok(&["inspect", name, "--format", "json"]).stdout;
    serde_json::from_str::<Value>(&text).expect("JSON")["tensors"].take()
}

#[test]
fn every_decoder_gives_the_same_bytes_at_any_thread_count() {
    for decoder in ["lead --num-layers 2", "direct --bidirectional", "sequence --no-bias"] {
        let place = place();
        let line = format!("{TRAIN} --max-steps 12 --ensemble 1 --decoder {decoder} --out m.safetensors");
        let mut files = Vec::new();
        for threads in ["1", "3"] {
            place.ok(&words(&line, &["--threads", threads]));
            files.push(bytes(&place, "m.safetensors"));
        }
        assert!(files[0] == files[1], "{decoder}");
        let shapes = tensors(&place, "m.safetensors").to_string();
        assert!(shapes.contains("[18,6]"), "three gates of 6 units: {shapes}");
        assert_eq!(place.ok(&words("predict m.safetensors t.csv", &[])).stdout.lines().count(), 1 + 2 * 6);
    }
}

#[test]
fn a_killed_training_goes_on_to_the_same_bytes() {
    let place = place();
    let line = format!("{TRAIN} --max-steps 200 --epochs 40 --ensemble 1");
    place.ok(&words(&line, &["--out", "whole.safetensors"]));
    let args = words(&line, &["--out", "m.safetensors", "--save-every", "0"]);
    let mut child =
        place.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
    while !place.path("m.resume.safetensors").exists() && child.try_wait().expect("a state").is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("a kill");
    child.wait().expect("an end");
    if place.path("m.resume.safetensors").exists() {
        place.ok(&words("train t.csv --out m.safetensors --resume --quiet", &[]));
    }
    assert!(bytes(&place, "m.safetensors") == bytes(&place, "whole.safetensors"));
}

#[test]
fn weights_come_out_and_in() {
    let place = place();
    place.ok(&words(TRAIN, &words("--max-steps 8 --final=no --out m.safetensors", &[])));
    place.ok(&words("export m.safetensors --format pytorch --out torch --quiet", &[]));
    let import = "import torch/weights.safetensors --table t.csv --target pm --input-window 24 --horizon 6";
    // The cell is found by the number of gates.
    place.ok(&words(import, &words("--out own.safetensors --quiet", &[])));
    assert_eq!(tensors(&place, "m.safetensors"), tensors(&place, "own.safetensors"));
    let predict = |model: &str| place.ok(&["predict", model, "t.csv"]).stdout;
    assert_eq!(predict("m.safetensors"), predict("own.safetensors"));
    let ran = place.run(&words(import, &words("--cell lstm --out own.safetensors", &[])));
    assert_eq!(ran.code, 5);
    let said = "`rnn.weight_ih_l0` has 18 rows, 4 gates of hidden units, and `hidden_size` 6 asks for 24";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    place.ok(&words("export m.safetensors --format onnx --out m.onnx", &[]));
    let graph = bytes(&place, "m.onnx");
    assert!(graph.windows(19).any(|own| own == b"linear_before_reset"));
}
