//! Checksums of checkpoints and of states of training, and what is read of a file that is none.

use std::path::Path;
use std::time::{Duration, Instant};

use candle_core::Device;
use lstm_forecast::checkpoint;
use lstm_forecast::train::state::Saved;

use super::shell;
use super::support::{Place, uniform, words};

const TRAIN: &str = "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 4 --epochs 2 --max-steps 4 \
                     --save-every 0 --ensemble 1 --quiet --out new.safetensors";

/// The bytes with one bit turned.
fn flipped(bytes: &[u8], at: usize, bit: u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    bytes
}

/// Where the tensors begin.
fn data(bytes: &[u8]) -> usize {
    8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize
}

#[test]
fn a_flipped_bit_of_a_checkpoint_is_found() {
    let place = shell::place();
    let good = std::fs::read(place.path("m.safetensors")).unwrap();
    let load = |bytes: &[u8]| checkpoint::from_bytes(Path::new("m"), bytes, &Device::Cpu);
    assert!(load(&good).is_ok());
    let mut even = uniform(16);
    for _ in 0..2000 {
        let (at, bit) = ((even() * good.len() as f64) as usize, (even() * 8.0) as u32);
        assert!(load(&flipped(&good, at, bit)).is_err(), "bit {bit} of byte {at}");
    }
    // A low bit of a weight, which nothing else would notice, in every command that reads a model.
    place.write("bad.safetensors", flipped(&good, data(&good) + 40, 2));
    for line in [
        "predict bad.safetensors t.csv",
        "predict bad.safetensors t.csv --follow",
        "evaluate bad.safetensors t.csv",
        "inspect bad.safetensors",
        "train t.csv --init-from bad.safetensors --out new.safetensors",
    ] {
        let ran = place.run(&words(line, &[]));
        assert_eq!(ran.code, 5, "{line}: {}", ran.stderr);
        let message = "error: bad.safetensors: is damaged: its content is not what was written, as its checksum shows\n";
        assert!(ran.stderr.starts_with(message), "{line}: {}", ran.stderr);
    }
}

/// The checkpoint as a version without checksums wrote it: without the last field of its document.
pub fn unsealed(bytes: &[u8]) -> Vec<u8> {
    let start = data(bytes);
    let text = std::str::from_utf8(&bytes[8..start]).unwrap().trim_end();
    let at = text.find(r#",\"checksum\":\""#).unwrap();
    let end = text[at..].find(r#"\"}"#).unwrap() + at;
    let header = format!("{}{}", &text[..at], &text[end + 2..]);
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes[start..]].concat()
}

#[test]
fn an_older_checkpoint_loads_with_a_note() {
    let place = shell::place();
    let good = std::fs::read(place.path("m.safetensors")).unwrap();
    place.write("old.safetensors", unsealed(&good));
    let note = "note: old.safetensors was written before files had a checksum";
    for command in ["predict", "evaluate"] {
        let new = place.ok(&[command, "m.safetensors", "t.csv"]);
        let old = place.ok(&[command, "old.safetensors", "t.csv"]);
        assert_eq!(old.stdout.replace("old.saf", "m.saf"), new.stdout);
        assert!(old.stderr.starts_with(note) && !new.stderr.contains("checksum"), "{}", old.stderr);
    }
    assert!(place.ok(&["inspect", "old.safetensors"]).stderr.starts_with(note));
    assert_eq!(place.ok(&["inspect", "old.safetensors", "--quiet"]).stderr, "");
    let ran =
        place.ok(&words("train t.csv --init-from old.safetensors --max-steps 1 --out new.safetensors", &[]));
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
}

/// The state of a training that was killed after its last save.
fn state(place: &Place) -> Vec<u8> {
    // Where the checkpoint cannot be written the state stays.
    let longer = TRAIN.replace("--max-steps 4", "--max-steps 4000").replace("--epochs 2", "--epochs 1000");
    let mut child = place.command(&words(&longer, &[])).spawn().unwrap();
    let began = Instant::now();
    while !place.path("new.resume.safetensors").exists() && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::read(place.path("new.resume.safetensors")).unwrap()
}

#[test]
fn a_flipped_bit_of_a_state_is_found() {
    let place = shell::place();
    let good = state(&place);
    let path = place.path("new.resume.safetensors");
    assert!(Saved::read(&path).is_ok());
    let mut even = uniform(17);
    for _ in 0..300 {
        let (at, bit) = ((even() * good.len() as f64) as usize, (even() * 8.0) as u32);
        std::fs::write(&path, flipped(&good, at, bit)).unwrap();
        assert!(Saved::read(&path).is_err(), "bit {bit} of byte {at}");
    }
    std::fs::write(&path, flipped(&good, good.len() - 3, 0)).unwrap();
    let ran = place.run(&words(TRAIN, &["--resume"]));
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let message = "error: new.resume.safetensors: is damaged: its content is not what was written, as its checksum shows\n\
                   hint: run without --resume to train from the beginning\n";
    assert_eq!(ran.stderr, message);
    // Of a version without checksums: it goes on, with a note.
    std::fs::write(&path, unsealed(&good)).unwrap();
    assert!(Saved::read(&path).unwrap().note().unwrap().contains("before files had a checksum"));
}

/// What is no checkpoint is refused by its beginning, whatever its length.
#[test]
#[cfg(target_os = "linux")]
fn what_has_no_end_is_refused_at_once() {
    let place = shell::place();
    let good = std::fs::read(place.path("m.safetensors")).unwrap();
    // Ten gigabytes of holes: nothing but zeros, and a whole model with holes behind it.
    place.write("zeros.safetensors", "").write("long.safetensors", &good);
    for name in ["zeros.safetensors", "long.safetensors"] {
        let file = std::fs::OpenOptions::new().write(true).open(place.path(name)).unwrap();
        file.set_len(10 << 30).unwrap();
    }
    let began = Instant::now();
    for name in ["zeros.safetensors", "long.safetensors", "/dev/zero", "/dev/urandom"] {
        for line in [format!("inspect {name}"), format!("predict {name} t.csv")] {
            // KiB of address space; the program alone takes about a quarter of it.
            let ran = place.limited(512 << 10, &words(&line, &[]));
            assert_eq!(ran.code, 5, "{line}: {}", ran.stderr);
            assert!(ran.stderr.contains("safetensors file"), "{line}: {}", ran.stderr);
        }
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    // A model through a pipe is read to its own end.
    let ran = place.pipe(&["inspect", "/dev/stdin"], &good);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = place.pipe(&["inspect", "/dev/stdin"], &[&good[..], b"and more"].concat());
    assert_eq!(ran.code, 5, "{}", ran.stderr);
}
