//! Runs the real program in a temporary folder with a cleared environment.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub use super::skips::{real, skipped};

/// The first CUDA device; where there is none, the test says that it is skipped.
#[cfg(feature = "cuda")]
pub fn gpu() -> Option<candle_core::Device> {
    match candle_core::Device::new_cuda(0) {
        Ok(device) => Some(device),
        Err(why) => {
            skipped(&format!("no CUDA device ({why})"));
            None
        }
    }
}

/// Where a CUDA build finds its libraries; nothing else of the environment reaches the program.
pub fn libraries() -> Option<(&'static str, std::ffi::OsString)> {
    let name = "LD_LIBRARY_PATH";
    std::env::var_os(name).filter(|_| cfg!(feature = "cuda")).map(|paths| (name, paths))
}

/// A temporary folder to run in.
pub struct Place {
    dir: tempfile::TempDir,
}

/// What a run left behind.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Place {
        Place { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path(name), content).expect("a test file");
        self
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a written file")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lstm-forecast"));
        command.args(args).current_dir(self.dir.path()).env_clear().stdin(Stdio::null());
        command.envs(libraries());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args).output().expect("the program starts"))
    }

    /// Runs with `input` on stdin.
    pub fn pipe(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().expect("the program ends");
        writer.join().expect("the writer ends");
        ran(output)
    }

    /// Runs with at most so many KiB of address space.
    #[cfg(target_os = "linux")]
    pub fn limited(&self, kib: u64, args: &[&str]) -> Ran {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {kib} && exec \"$0\" \"$@\"")]);
        command.arg(env!("CARGO_BIN_EXE_lstm-forecast")).args(args);
        command.current_dir(self.dir.path()).env_clear().envs(libraries()).stdin(Stdio::null());
        ran(command.output().expect("a shell"))
    }

    /// Runs and asserts success.
    pub fn ok(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}\nstdout: {}\nstderr: {}", ran.stdout, ran.stderr);
        ran
    }
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The arguments of a command line without quotes, and more of them.
pub fn words<'a>(line: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    line.split_whitespace().chain(more.iter().copied()).collect()
}

/// Numbers in [0, 1), the same for the same seed: the upper bits of Knuth's congruential generator
/// (MMIX).
pub fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    }
}

/// A deterministic hourly table of `cities` x `hours` with a daily cycle: city,date,pm,wind.
pub fn hourly(cities: usize, hours: usize) -> String {
    let mut text = String::from("city,date,pm,wind\n");
    let mut even = uniform(7);
    let mut noise = move || even() - 0.5;
    for city in 0..cities {
        let mut level = 0.0;
        for hour in 0..hours {
            let (day, h) = (hour / 24, hour % 24);
            level = 0.9 * level + 4.0 * noise();
            let pm =
                50.0 + 10.0 * city as f64 + 20.0 * (h as f64 / 24.0 * std::f64::consts::TAU).sin() + level;
            let wind = 3.0 + noise();
            let date =
                chrono::NaiveDate::from_ymd_opt(2021, 1, 1).expect("a date") + chrono::Days::new(day as u64);
            text.push_str(&format!("city{city},{date}T{h:02}:00:00,{pm:.2},{wind:.2}\n"));
        }
    }
    text
}

/// The fields of CSV text, without a quote in it.
pub fn csv(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|l| l.split(',').map(str::to_string).collect()).collect()
}

/// Options of the reader from settings that are right.
pub fn reading(settings: lstm_forecast::config::DataConfig) -> lstm_forecast::data::read::ReadOptions {
    lstm_forecast::data::read::ReadOptions::new(&settings).unwrap()
}
