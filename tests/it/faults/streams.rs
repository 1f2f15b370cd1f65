//! A stream at full speed, with bad rows in it.

use std::io::{BufRead, BufReader, Write};

use super::*;

#[test]
fn a_long_stream_keeps_its_memory() {
    let place = shell::place();
    let (time, seed) = budget(4);
    let mut child = place
        .command(&words("predict m.safetensors - --follow --format ndjson --quiet", &[]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let began = Instant::now();
    let writer = std::thread::spawn(move || {
        let mut even = uniform(seed);
        let mut rows = 0usize;
        let _ = stdin.write_all(b"city,date,pm,wind\n");
        while began.elapsed() < time {
            let hour = rows / 3;
            let date = chrono::DateTime::from_timestamp(1_600_000_000 / 3600 * 3600 + 3600 * hour as i64, 0)
                .unwrap();
            let city = ["city0", "city1", "unseen"][rows % 3];
            let line =
                format!("{city},{},{:.2},{:.2}\n", date.format("%Y-%m-%dT%H:%M:%S"), 50.0 + even(), even());
            if stdin.write_all(line.as_bytes()).is_err() {
                break;
            }
            rows += 1;
        }
        rows
    });
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (mut answers, mut early, mut late) = (0usize, None, 0u64);
    for line in stdout.lines().map_while(Result::ok) {
        answers += usize::from(line.contains("city"));
        if answers % 5000 == 0 {
            late = resident(child.id());
            early = early.or((began.elapsed() > time / 2).then_some(late));
        }
    }
    let rows = writer.join().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Six steps after each row but those of the first day.
    assert_eq!(answers, (rows - 3 * 23) * 6);
    let early = early.unwrap_or(late);
    assert!(late <= early + early / 4 + (8 << 20), "{early} bytes half way, {late} at the end");
    eprintln!("{rows} rows, {:.0} a second, {} MiB", rows as f64 / time.as_secs_f64(), late >> 20);
}

/// Resident memory of a process in bytes, 0 where the system does not say.
fn resident(id: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/statm")).unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}
