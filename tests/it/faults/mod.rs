//! Kills, failing system calls, damaged files and long streams, against the real program, for a few
//! seconds each or for as long as FAULTS_SECONDS says (`tests/faults.sh 3600`: an hour in all).
//!
//! Whatever happens: inputs keep their bytes; a file that is written is afterwards the old one, absent
//! where there was none, or the new one whole; the exit code is one of the documented ones; nothing
//! panics; and a training that was killed ends in the bytes that it would have ended in.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::shell;
use super::support::{Place, skipped, uniform, words};

mod damage;
mod kills;
mod streams;
#[cfg(target_os = "linux")]
mod system_calls;

/// How long one of the `of` tests of this folder may run. A seed of its own for each round of an hour
/// makes no two runs alike; the short form is always the same.
fn budget(of: u32) -> (Duration, u64) {
    match std::env::var("FAULTS_SECONDS").ok().and_then(|text| text.parse::<f64>().ok()) {
        Some(seconds) => {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            (Duration::from_secs_f64(seconds) / of, since.map_or(1, |d| d.as_nanos() as u64))
        }
        None => (Duration::from_secs(5), 16),
    }
}

/// Commands that write files, and what they write.
const WRITERS: [(&str, &[&str]); 4] = [
    ("predict m.safetensors t.csv --quantiles 0.1,0.9 --out out.csv", &["out.csv"]),
    (
        "evaluate m.safetensors t.csv --stride 1 --forecasts forecasts.csv --out report.json",
        &["forecasts.csv", "report.json"],
    ),
    (
        "ingest t.csv --target pm --input-window 24 --horizon 6 --layout flat --out flat.csv.gz",
        &["flat.csv.gz"],
    ),
    (TRAIN, &["new.safetensors"]),
];

const TRAIN: &str = "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 4 --batch-size 8 --ensemble 1 \
                     --epochs 3 --max-steps 24 --save-every 0 --quiet --threads 1 --out new.safetensors";

/// What must not change.
const INPUTS: [&str; 2] = ["m.safetensors", "t.csv"];

/// A folder with a model and its table, and what each command writes when nothing goes wrong.
struct Ground {
    place: Place,
    inputs: Vec<Vec<u8>>,
    whole: BTreeMap<&'static str, Vec<u8>>,
}

impl Ground {
    fn new() -> Ground {
        let place = shell::place();
        let mut whole = BTreeMap::new();
        for (line, files) in WRITERS {
            place.ok(&words(line, &[]));
            for file in files {
                whole.insert(*file, std::fs::read(place.path(file)).unwrap());
                std::fs::remove_file(place.path(file)).unwrap();
            }
        }
        let inputs = INPUTS.map(|name| std::fs::read(place.path(name)).unwrap()).to_vec();
        Ground { place, inputs, whole }
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.place.path(name)).ok()
    }

    /// Checks what lies in the folder after a command that ended in whatever way. `before`: what lay
    /// there as its outputs.
    fn check(&self, files: &[&str], before: &[Option<Vec<u8>>], done: bool, what: &str) {
        for (name, content) in INPUTS.iter().zip(&self.inputs) {
            assert!(self.read(name).as_ref() == Some(content), "{what}: {name} has changed");
        }
        for (file, old) in files.iter().zip(before) {
            let now = self.read(file);
            let whole = now.as_ref() == Some(&self.whole[file]);
            assert!(whole || (!done && now == *old), "{what}: {file} is neither the old one nor whole");
        }
    }
}

/// What a command may end with: nothing but the documented codes, and no panic.
fn sound(code: Option<i32>, stderr: &str, what: &str) {
    assert!(!stderr.contains("panicked"), "{what}: {stderr}");
    match code {
        Some(0) => {}
        Some(1..=6 | 130) => {
            let lines: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
            assert_eq!(lines.len(), 1, "{what}: {stderr}");
        }
        other => panic!("{what}: ended with {other:?}: {stderr}"),
    }
}
