//! One training at a time to an `--out`.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::support::{Place, hourly, words};

const TRAIN: &str =
    "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 4 --ensemble 1 --batch-size 16";

fn place() -> Place {
    let place = Place::new();
    place.write("t.csv", hourly(2, 400));
    place
}

/// Waits until this is so.
#[track_caller]
fn until(what: impl Fn() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited for a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A training that goes on until it is stopped.
fn endless(place: &Place, out: &str) -> Child {
    let more = ["--epochs", "100000", "--patience", "100000", "--quiet", "--out", out];
    let child = place.command(&words(TRAIN, &more)).stderr(Stdio::null()).spawn().unwrap();
    until(|| !std::fs::read(place.path("m.training.lock")).unwrap_or_default().is_empty());
    until(|| place.path("m.resume.safetensors").exists());
    child
}

fn stop(mut child: Child, signal: i32) -> std::process::ExitStatus {
    let pid = child.id().to_string();
    let kill = std::process::Command::new("kill").args([format!("-{signal}"), pid]).status();
    assert!(kill.unwrap().success());
    child.wait().unwrap()
}

#[test]
fn a_second_training_is_refused_with_the_name_of_the_first() {
    let place = place();
    let first = endless(&place, "m.safetensors");
    let state = || std::fs::read(place.path("m.resume.safetensors")).unwrap();
    // Under either name the state is the same, and so is the lock.
    for (out, more) in [("m.safetensors", None), ("m", None), ("m.safetensors", Some("--resume"))] {
        let arguments = words(TRAIN, &["--out", out]);
        let ran = place.run(&[&arguments[..], more.as_slice()].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (9, ""), "{}", ran.stderr);
        let head = format!(
            "error: {out}: another training is going on to this file: process {} since 2",
            first.id()
        );
        assert!(ran.stderr.starts_with(&head), "{}", ran.stderr);
        assert!(ran.stderr.contains("\nhint: --wait waits until it has ended"), "{}", ran.stderr);
    }
    // What writes nothing there, and what has another name, goes on.
    place.ok(&words(TRAIN, &["--print-config", "--out", "m.safetensors"]));
    place.ok(&words(TRAIN, &["--out", "n.safetensors", "--max-steps", "2"]));
    assert!(!state().is_empty());
    stop(first, 9);
    // A kill leaves the file and releases the lock.
    assert!(place.path("m.training.lock").exists());
    let ran = place.ok(&words(TRAIN, &["--out", "m.safetensors", "--max-steps", "2"]));
    assert!(ran.stderr.contains("written   m.safetensors"), "{}", ran.stderr);
    assert!(!place.path("m.training.lock").exists());
}

#[test]
fn wait_waits_until_the_first_has_ended() {
    let place = place();
    let first = endless(&place, "m.safetensors");
    let waiting = |more: &[&str]| {
        let arguments = [&["--out", "m.safetensors", "--max-steps", "2", "--wait"], more].concat();
        let mut command = place.command(&words(TRAIN, &arguments));
        command.stderr(Stdio::piped()).spawn().unwrap()
    };
    let (patient, impatient) = (waiting(&[]), waiting(&["--quiet"]));
    // Ctrl-C ends the wait.
    std::thread::sleep(Duration::from_millis(500));
    let ended = stop(impatient, 2);
    assert!(ended.signal() == Some(2) || ended.code() == Some(130), "{ended:?}");
    assert!(!place.path("m.safetensors").exists());
    // The first ends in order: its state stays, and the second begins anew.
    let id = first.id();
    assert_eq!(stop(first, 2).code(), Some(130));
    let ran = patient.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(0), "{said}");
    let note =
        format!("note: m.safetensors: another training is going on to this file: process {id} since 2");
    assert_eq!(said.matches(&note).count(), 1, "{said}");
    assert!(said.contains("; waiting until it has ended\n"), "{said}");
    assert!(place.path("m.safetensors").exists() && !place.path("m.training.lock").exists());
}

/// What systemd sends to stop a service: the state is saved, the lock is gone, and the code is the documented one.
#[test]
fn sigterm_ends_a_training_in_order() {
    let place = place();
    let ended = stop(endless(&place, "m.safetensors"), 15);
    assert_eq!(ended.code(), Some(130), "{ended:?}");
    assert!(place.path("m.resume.safetensors").exists() && !place.path("m.training.lock").exists());
    assert!(!place.path("m.safetensors").exists());
    let unit = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/systemd/lstm-forecast-nightly.service");
    assert!(
        std::fs::read_to_string(unit).unwrap().lines().any(|line| line == "SuccessExitStatus=130 SIGTERM")
    );
}

/// A wrong setting is told before anything is waited for.
#[test]
fn settings_are_looked_at_before_the_wait() {
    let place = place();
    let first = endless(&place, "m.safetensors");
    let ran = place.run(&words(TRAIN, &["--out", "m.safetensors", "--wait", "--dropout", "3"]));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    stop(first, 9);
}

#[test]
fn a_planted_lock_is_not_followed() {
    let place = place();
    place.write("victim", "precious");
    std::os::unix::fs::symlink("victim", place.path("m.training.lock")).unwrap();
    let ran = place.run(&words(TRAIN, &["--out", "m.safetensors", "--max-steps", "2"]));
    assert_eq!(ran.code, 2);
    let message = "error: m.training.lock is a symbolic link, which is never followed here";
    assert!(ran.stderr.starts_with(message), "{}", ran.stderr);
    assert_eq!(place.read("victim"), "precious");
    // A table is never the lock.
    let ran = place.run(&["train", "m.training.lock", "--target", "pm", "--out", "m.safetensors"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}
