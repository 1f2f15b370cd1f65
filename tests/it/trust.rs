//! Training that can be interrupted, killed, resumed, and that goes wrong: the real program.

#![allow(unsafe_code)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{Place, Ran, hourly, uniform, words};

const TINY: &str =
    "--target pm --input-window 24 --horizon 6 --hidden-size 6 --batch-size 8 --ensemble 2 --threads 1";

/// `train t.csv --out OUT` with the tiny model and more.
fn train<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "t.csv", "--out", out], &words(TINY, more)[..]].concat()
}

fn bytes(place: &Place, name: &str) -> Vec<u8> {
    std::fs::read(place.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Runs a line of shell in the place, with the program as `lstm-forecast`.
fn sh(place: &Place, line: &str) -> Ran {
    let folder = Path::new(env!("CARGO_BIN_EXE_lstm-forecast")).parent().unwrap();
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(place.path("."))
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Starts the program, sends it `signal` after a while, and gives its exit code; none when the
/// signal ended it.
fn signalled(place: &Place, args: &[&str], signal: i32, after: Duration) -> Option<i32> {
    let mut child = place.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while began.elapsed() < after && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(500));
    }
    // SAFETY: the child is ours and has not been waited for, so the id is still its own.
    unsafe { libc::kill(child.id() as i32, signal) };
    child.wait().unwrap().code()
}

#[test]
fn killed_at_any_moment_it_ends_in_the_same_bytes() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 150));
    let more = ["--max-steps", "40", "--epochs", "4", "--quiet"];
    let began = Instant::now();
    place.ok(&train("whole.safetensors", &more));
    let whole = began.elapsed();
    assert!(!place.path("whole.resume.safetensors").exists(), "the state of a finished training is left");

    let (mut even, mut kills) = (uniform(9), 0);
    for round in 0..15 {
        // Every other round the state is saved after each step, so that writing it is hit as well.
        let every = if round % 2 == 0 { "0" } else { "10" };
        let resume: &[&str] = if place.path("m.resume.safetensors").exists() { &["--resume"] } else { &[] };
        let args = train("m.safetensors", &[&more[..], &["--save-every", every], resume].concat());
        let code = signalled(&place, &args, libc::SIGKILL, whole.mul_f64(0.1 + 0.6 * even()));
        kills += usize::from(code.is_none());
        assert!(code.is_none() || code == Some(0), "exit code {code:?} in round {round}");
        if place.path("m.safetensors").exists() {
            place.ok(&["inspect", "m.safetensors"]);
            assert!(bytes(&place, "m.safetensors") == bytes(&place, "whole.safetensors"), "round {round}");
        }
        if code == Some(0) {
            std::fs::remove_file(place.path("m.safetensors")).unwrap();
        }
    }
    assert!(kills >= 5, "only {kills} of 15 rounds were killed");
    let resume: &[&str] = if place.path("m.resume.safetensors").exists() { &["--resume"] } else { &[] };
    place.ok(&train("m.safetensors", &[&more[..], resume].concat()));
    assert!(bytes(&place, "m.safetensors") == bytes(&place, "whole.safetensors"));
    assert!(!place.path("m.resume.safetensors").exists());
}

#[test]
fn an_interrupted_training_says_how_to_go_on() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 150));
    let more = ["--max-steps", "400", "--epochs", "100", "--patience", "0", "--schedule", "plateau"];
    place.ok(&train("whole.safetensors", &more));
    place.write("m.safetensors", "an old file");
    for signal in ["INT", "TERM"] {
        let line = format!(
            "lstm-forecast {} {} & child=$!; \
             while ! [ -e m.resume.safetensors ]; do sleep 0.01; done; sleep 0.1; kill -{signal} $child; wait $child",
            train("m.safetensors", &more).join(" "),
            if signal == "TERM" { "--resume" } else { "" },
        );
        // A job in the background ignores SIGINT unless the shell controls its jobs.
        let ran = sh(&place, &format!("set -m; {line}"));
        assert_eq!(ran.code, 130, "{}", ran.stderr);
        let expected = "hint: go on with: lstm-forecast train t.csv --out m.safetensors --resume\n";
        assert!(ran.stderr.ends_with(expected), "{}", ran.stderr);
        assert!(ran.stderr.contains("; m.resume.safetensors holds its state\n"), "{}", ran.stderr);
        assert_eq!(place.read("m.safetensors"), "an old file");
    }

    // A state is no model, and belongs to its settings and its table.
    let ran = place.run(&["predict", "m.resume.safetensors", "t.csv"]);
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("holds the state of a training that is not finished"), "{}", ran.stderr);
    let ran = place.run(&["train", "t.csv", "--out", "m.safetensors", "--resume", "--hidden-size", "7"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("`model.hidden_size` is 7, and was 6"), "{}", ran.stderr);
    place.write("u.csv", hourly(2, 151));
    let ran = place.run(&["train", "u.csv", "--out", "m.safetensors", "--resume"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("another table: 300 rows") && ran.stderr.contains("has 302 rows"),
        "{}",
        ran.stderr
    );

    // The printed command, with nothing else, ends in the bytes of the uninterrupted run.
    place.ok(&["train", "t.csv", "--out", "m.safetensors", "--resume"]);
    assert!(bytes(&place, "m.safetensors") == bytes(&place, "whole.safetensors"));
    let ran = place.run(&["train", "t.csv", "--out", "m.safetensors", "--resume"]);
    assert_eq!(ran.code, 5);
    assert!(
        ran.stderr.starts_with(
            "error: m.resume.safetensors: there is no unfinished training to go on with\nhint: "
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_diverging_training_is_noticed_and_retried() {
    let place = Place::new();
    place.write("t.csv", hourly(1, 200));
    let wild = "--max-steps 60 --epochs 9 --grad-clip 0 --schedule constant --decoder direct --loss mse \
                --quantiles none --ema 0 --dropout 0 --learning-rate";
    let rate = |rate: &'static str| words(wild, &[rate]);
    let ran = place.run(&train("m.safetensors", &rate("1e8")));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    for word in [
        "training diverged in epoch ",
        ", step ",
        "learning rate 1.000e8",
        "the largest gradient is ",
        "in `",
    ] {
        assert!(ran.stderr.contains(word), "no `{word}` in {}", ran.stderr);
    }
    assert!(!place.path("m.resume.safetensors").exists());
    // The retry is the run at a tenth of the rate, to the last byte.
    let ran = place.run(&train("low.safetensors", &rate("10.0")));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = place.run(&train("m.safetensors", &[&rate("100")[..], &["--retry-diverged"]].concat()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("; training starts again at 1.000e1"), "{}", ran.stderr);
    assert!(bytes(&place, "m.safetensors") == bytes(&place, "low.safetensors"));
}

#[test]
fn training_starts_from_an_old_model() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 200));
    place.ok(&train("old.safetensors", &["--max-steps", "10"]));
    place.write("new.csv", hourly(3, 180));
    let from = words(
        "train new.csv --init-from old.safetensors --out new.safetensors --max-steps 1 --learning-rate 1e-9",
        &[],
    );
    place.ok(&from);
    // A step that moves nothing leaves the old weights, under the new table's scalers.
    let weights = |name: &str| {
        let all = bytes(&place, name);
        let tensors = safetensors::SafeTensors::deserialize(&all).unwrap();
        tensors
            .tensor("rnn.weight_hh_l0")
            .unwrap()
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect::<Vec<_>>()
    };
    for (a, b) in weights("old.safetensors").iter().zip(weights("new.safetensors")) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    let shown = place.ok(&["inspect", "new.safetensors", "--format", "json"]);
    assert!(shown.stdout.contains("\"hidden_size\": 6"), "{}", shown.stdout);

    let ran = place.run(&[&from[..], &["--hidden-size", "9", "--horizon", "3"]].concat());
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert_eq!(
        ran.stderr,
        "error: old.safetensors: does not fit these settings: `model.hidden_size` is 9, and 6 in the model; `windows.horizon` is 3, and 6 in the model\n\
         hint: leave these settings out: with --init-from they come from the model\n"
    );
    place.write(
        "day.csv",
        "city,date,pm,wind\n".to_string()
            + &(0..90)
                .map(|d| {
                    let date = chrono::NaiveDate::from_ymd_opt(2021, 1, 1).unwrap() + chrono::Days::new(d);
                    format!("a,{date},{},3\n", d % 7)
                })
                .collect::<String>(),
    );
    let ran = place.run(&["train", "day.csv", "--init-from", "old.safetensors"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("does not fit the table: the model has a row each 1h, the table a row each 1d"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_full_disk_leaves_the_old_checkpoint() {
    let place = Place::new();
    place.write("t.csv", hourly(1, 150));
    place.write("m.safetensors", "an old file");
    // One block of 512 bytes: enough for no checkpoint.
    let line =
        format!("ulimit -f 1; lstm-forecast {}", train("m.safetensors", &["--max-steps", "3"]).join(" "));
    let ran = sh(&place, &line);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("note: cannot write m.resume.safetensors: file too large"), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: cannot write m.safetensors: file too large"), "{}", ran.stderr);
    assert_eq!(place.read("m.safetensors"), "an old file");
    let mut names: Vec<_> = std::fs::read_dir(place.path("."))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["m.safetensors", "t.csv"]);
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_refused_before_training() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("t.csv", hourly(1, 150));
    let folder = place.path("shut");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(folder.join("probe"), "").is_ok() {
        super::support::skipped("this user may write into a read-only folder");
        return;
    }
    let ran = place.run(&train("shut/m.safetensors", &["--max-steps", "3"]));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("error: cannot write shut/m.safetensors: Permission denied"),
        "{}",
        ran.stderr
    );
}
