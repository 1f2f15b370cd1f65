//! Temporary files of processes that were killed while they wrote.

use std::process::Stdio;

use super::shell;
use super::support::hourly;

/// What a killed process left goes when the same file is written again; other writers' files stay.
#[test]
fn temporary_files_of_the_killed_are_removed() {
    let place = shell::place();
    place.write("long.csv", hourly(4, 3000));
    let args =
        ["evaluate", "m.safetensors", "long.csv", "--from", "2021-01-03", "--stride", "1", "--forecasts"];
    let litter = || {
        let names = std::fs::read_dir(place.path("")).unwrap().map(|e| e.unwrap().file_name());
        names.filter(|n| n.to_string_lossy().starts_with(".lstm-forecast-")).count()
    };
    let kill = |file: &str| {
        let before = litter();
        let mut child = place.command(&[&args[..], &[file]].concat()).stdout(Stdio::null()).spawn().unwrap();
        while litter() == before && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    };
    kill("a.csv");
    assert_eq!(litter(), 1);
    kill("b.csv");
    assert_eq!(litter(), 2);
    let small = ["evaluate", "m.safetensors", "t.csv", "--forecasts"];
    place.ok(&[&small[..], &["a.csv"]].concat());
    assert_eq!(litter(), 1);
    place.ok(&[&small[..], &["b.csv"]].concat());
    assert_eq!(litter(), 0);
}
