//! A good citizen of the shell: help, colours, pipes, variables, logs, signals.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::support::{Place, hourly, words};

/// Every verb of the program.
pub const COMMANDS: [&str; 16] = [
    "ingest",
    "train",
    "tune",
    "evaluate",
    "compare",
    "explain",
    "predict",
    "watch",
    "models",
    "plot",
    "report",
    "inspect",
    "export",
    "import",
    "completions",
    "man",
];

/// A trained model of `city,date,pm,wind` as bytes: T = 24, P = 6.
pub fn model(target: &'static str) -> &'static [u8] {
    static ONE: OnceLock<Vec<u8>> = OnceLock::new();
    static TWO: OnceLock<Vec<u8>> = OnceLock::new();
    let cell = if target == "pm" { &ONE } else { &TWO };
    cell.get_or_init(|| {
        let place = Place::new();
        place.write("t.csv", hourly(2, 400));
        let train = "train t.csv --input-window 24 --horizon 6 --hidden-size 8 --max-steps 4 --batch-size 16 \
                     --quiet --out m.safetensors --target";
        place.ok(&words(train, &[target]));
        std::fs::read(place.path("m.safetensors")).unwrap()
    })
}

/// A folder with the model as `m.safetensors` and its table as `t.csv`.
pub fn place() -> Place {
    let place = Place::new();
    place.write("m.safetensors", model("pm")).write("t.csv", hourly(2, 400));
    place
}

pub fn with_env(place: &Place, args: &[&str], env: &[(&str, &str)]) -> (i32, String, String) {
    let output = place.command(args).envs(env.iter().copied()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn completions_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.ok(&["completions", shell]).stdout;
        assert!(script.contains("lstm-forecast") && script.contains("hidden-size"), "{shell}");
    }
    assert_eq!(place.run(&["completions", "cmd"]).code, 2);
}

#[test]
fn manual_pages() {
    let place = Place::new();
    assert!(place.ok(&["man"]).stdout.contains(".TH lstm-forecast 1"));
    assert!(place.ok(&["man", "train"]).stdout.contains(".TH lstm-forecast-train 1"));
    place.ok(&["man", "--out", "pages/man1"]);
    for command in COMMANDS {
        assert!(
            place.read(&format!("pages/man1/lstm-forecast-{command}.1")).contains("SYNOPSIS"),
            "{command}"
        );
    }
    for page in [place.ok(&["man"]).stdout, place.ok(&["man", "train"]).stdout] {
        let lines: Vec<&str> = page.lines().collect();
        let empty = lines.windows(2).find(|pair| pair[0].starts_with("\\fB\\-") && pair[1].is_empty());
        assert!(empty.is_none(), "{empty:?}");
    }
    let ran = place.run(&["man", "trian"]);
    assert!(ran.code == 2 && ran.stderr.contains("did you mean `train`"), "{}", ran.stderr);
}

#[test]
fn version_says_what_is_built_in() {
    let place = Place::new();
    let short = place.ok(&["-V"]).stdout;
    assert_eq!(short, format!("lstm-forecast {}\n", env!("CARGO_PKG_VERSION")));
    let long = place.ok(&["--version"]).stdout;
    let devices = if cfg!(feature = "cuda") { "devices: cpu, cuda\n" } else { "cuda: not built in" };
    for word in [devices, "SIMD in use: ", "polars: "] {
        assert!(long.starts_with(short.trim_end()) && long.contains(word), "{long}");
    }
}

#[test]
fn short_help_fits_on_a_screen_and_has_examples() {
    let place = Place::new();
    for command in COMMANDS {
        let help = place.ok(&[command, "-h"]).stdout;
        assert!(help.lines().count() <= 42, "{command} -h has {} lines", help.lines().count());
        assert!(help.contains("Examples:\n"), "{command}");
        assert!(place.ok(&[command, "--help"]).stdout.contains("Messages:\n"), "{command}");
    }
    let help = place.ok(&["-h"]).stdout;
    assert!(help.lines().count() <= 40 && help.contains("130 interrupted"), "{help}");
}

#[test]
fn colours_where_they_are_wanted() {
    let place = Place::new();
    let bad = ["inspect", "none.safetensors"];
    let colored = |args: &[&str], env: &[(&str, &str)]| {
        let (code, out, err) = with_env(&place, args, env);
        assert!(code == 5 || code == 0, "{err}");
        out.contains('\x1b') || err.contains('\x1b')
    };
    let help = ["--help"];
    for args in [&bad[..], &help[..]] {
        assert!(!colored(args, &[]), "a pipe is not coloured");
        assert!(colored(args, &[("CLICOLOR_FORCE", "1")]));
        assert!(!colored(args, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(!colored(args, &[("CLICOLOR_FORCE", "0")]));
        assert!(colored(&[args, &["--color", "always"]].concat(), &[("NO_COLOR", "1")]));
        assert!(!colored(&[args, &["--color=never"]].concat(), &[("CLICOLOR_FORCE", "1")]));
        assert!(colored(args, &[("LSTM_FORECAST_COLOR", "always")]));
    }
    let (_, _, err) = with_env(&place, &bad, &[]);
    assert!(err.starts_with("error: none.safetensors: ") && err.contains("\nhint: "), "{err}");
}

#[test]
fn closed_pipes_end_quietly() {
    let place = place();
    let commands: [&[&str]; 14] = [
        &["ingest", "t.csv"],
        &["ingest", "t.csv", "--format", "json"],
        &["train", "t.csv", "--print-config"],
        &["evaluate", "m.safetensors", "t.csv", "--format", "csv"],
        &["predict", "m.safetensors", "t.csv"],
        &["predict", "m.safetensors", "t.csv", "--append"],
        &["predict", "m.safetensors", "t.csv", "--format", "parquet"],
        &["predict", "m.safetensors", "t.csv", "--format", "arrow"],
        &["predict", "m.safetensors", "t.csv", "--follow"],
        &["inspect", "m.safetensors"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["--version"],
    ];
    for args in commands {
        let mut child = place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
    // Nor does anything break when nobody reads stderr.
    for args in [&["inspect", "none.safetensors"][..], &["predict", "m.safetensors", "t.csv", "-v"]] {
        let expected = place.run(args).code;
        let mut child = place.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait().unwrap().code(), Some(expected), "{args:?}");
    }
}

#[test]
fn variables_lie_between_flags_and_file() {
    let place = Place::new();
    place.write("c.yaml", "model: { hidden_size: 7, bias: true }\nscale: { calendar: true }\n");
    let base = ["train", "t.csv", "--target", "pm", "--print-config", "--config", "c.yaml"];
    let shown = |more: &[&str], env: &[(&str, &str)]| {
        let (code, out, err) = with_env(&place, &[&base[..], more].concat(), env);
        assert_eq!(code, 0, "{err}");
        out
    };
    assert!(shown(&[], &[]).contains("hidden_size: 7"));
    let env = [
        ("LSTM_FORECAST_HIDDEN_SIZE", "9"),
        ("LSTM_FORECAST_BIAS", "false"),
        ("LSTM_FORECAST_CALENDAR", "false"),
    ];
    let out = shown(&[], &env);
    assert!(["hidden_size: 9", "bias: false", "calendar: false"].iter().all(|w| out.contains(w)), "{out}");
    let out = shown(&["--hidden-size", "11", "--bias", "--calendar"], &env);
    assert!(["hidden_size: 11", "bias: true", "calendar: true"].iter().all(|w| out.contains(w)), "{out}");
    let env = [("LSTM_FORECAST_BIAS", "true"), ("LSTM_FORECAST_CALENDAR", "true")];
    let out = shown(&["--no-bias", "--calendar", "--no-calendar"], &env);
    assert!(["bias: false", "calendar: false"].iter().all(|w| out.contains(w)), "{out}");
}

#[test]
fn yes_and_no_in_variables() {
    let place = Place::new();
    let shown = |env: &[(&str, &str)]| {
        let (code, out, err) = with_env(&place, &["train", "t.csv", "--print-config"], env);
        assert_eq!(code, 0, "{err}");
        out
    };
    for (yes, no) in [("1", "0"), ("yes", "NO"), ("On", "off"), ("TRUE", "False")] {
        let names = ["LSTM_FORECAST_PAD_SHORT", "LSTM_FORECAST_BIDIRECTIONAL", "LSTM_FORECAST_CALENDAR"];
        let decoder = ("LSTM_FORECAST_DECODER", "direct");
        let all = |word| names.map(|name| (name, word)).into_iter().chain([decoder]).collect::<Vec<_>>();
        let keys = ["pad_short", "bidirectional", "calendar"];
        let (on, off) = (shown(&all(yes)), shown(&all(no)));
        assert!(keys.iter().all(|key| on.contains(&format!("{key}: true"))), "{yes}: {on}");
        assert!(keys.iter().all(|key| off.contains(&format!("{key}: false"))), "{no}: {off}");
    }
    let (_, _, err) =
        with_env(&place, &["train", "t.csv"], &[("LSTM_FORECAST_QUIET", "1"), ("LSTM_FORECAST_X", "1")]);
    assert!(!err.contains("LSTM_FORECAST_X"), "{err}");
    let (_, _, err) =
        with_env(&place, &["train", "t.csv"], &[("LSTM_FORECAST_QUIET", "0"), ("LSTM_FORECAST_X", "1")]);
    assert!(err.contains("LSTM_FORECAST_X"), "{err}");
}

fn small<'a>(more: &[&'a str]) -> Vec<&'a str> {
    words("train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 4 --batch-size 8", more)
}

#[test]
fn progress_never_goes_into_a_pipe_unasked() {
    let place = Place::new();
    place.write("t.csv", hourly(1, 300));
    let lines = |more: &[&str]| {
        let ran = place.ok(&small(&[&["--max-steps", "3"], more].concat()));
        assert!(!ran.stderr.contains('\x1b') && !ran.stderr.contains('\r'), "{}", ran.stderr);
        let holding = |word: &str| ran.stderr.lines().filter(|l| l.contains(word)).count();
        (holding("epoch 1/"), holding("gradient norm"), ran.stderr.lines().count())
    };
    assert!(matches!(lines(&[]), (0, 0, 1..)));
    assert!(matches!(lines(&["-v"]), (1.., 0, _)));
    assert!(matches!(lines(&["-vv"]), (1.., 3.., _)));
    assert!(matches!(lines(&["--progress", "always"]), (1.., 0, _)));
    assert_eq!(lines(&["--quiet"]), (0, 0, 0));
    assert_eq!(lines(&["--quiet", "-vv", "--progress", "always"]), (0, 0, 0));
}

#[test]
fn the_log_has_an_object_for_every_step_and_epoch() {
    let place = Place::new();
    place.write("t.csv", hourly(1, 300));
    place.ok(&small(&["--max-steps", "3", "--quiet", "--log", "log.ndjson"]));
    let events: Vec<serde_json::Value> =
        place.read("log.ndjson").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|e| e["event"] == kind).collect::<Vec<_>>();
    assert!(of("start")[0]["train_windows"].as_u64() > Some(0));
    let steps = of("step");
    assert_eq!(steps[..3].iter().map(|s| s["step"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(steps[0]["member"], 1);
    for step in &steps {
        for key in ["loss", "learning_rate", "gradient_norm", "seconds", "epoch"] {
            assert!(step[key].is_number(), "{key}: {step}");
        }
    }
    for epoch in of("epoch") {
        // What comes after the choice chooses nothing more.
        let chooses = epoch["final"] != true;
        assert!(epoch["validation"].is_number() == chooses && epoch["best"].is_boolean(), "{epoch}");
    }
    let ran = place.run(&small(&["--log", "no/such/log"]));
    assert!(ran.code == 1 && ran.stderr.contains("no/such/log"), "{}", ran.stderr);
}

/// Starts a long training and waits until it has made a step.
fn training(place: &Place) -> std::process::Child {
    place.write("t.csv", hourly(2, 2000));
    let args = small(&["--epochs", "100000", "--patience", "0", "-vv", "--log", "log"]);
    let child = place.command(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !std::fs::read_to_string(place.path("log")).is_ok_and(|log| log.contains("\"epoch\"")) {
        assert!(began.elapsed() < Duration::from_secs(120), "no step was made");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn send(child: &std::process::Child, signal: &str) {
    let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}

#[cfg(unix)]
#[test]
fn the_first_signal_stops_after_a_step_and_keeps_the_state() {
    for signal in ["-INT", "-TERM"] {
        let place = Place::new();
        let child = training(&place);
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        assert!(
            stderr.contains("error: ") && stderr.contains("interrupted") && stderr.contains("hint: "),
            "{stderr}"
        );
        assert!(stderr.contains("--resume") && place.path("model.resume.safetensors").exists(), "{stderr}");
    }
}

#[cfg(unix)]
#[test]
fn the_second_signal_ends_at_once() {
    let place = Place::new();
    let child = training(&place);
    send(&child, "-INT");
    let began = Instant::now();
    // The first one may have been enough by now.
    let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(20));
}
