//! Files with turned bits, missing ends and foreign pieces.

use super::*;

/// Bytes with a few changes of one kind.
fn damaged(good: &[u8], even: &mut impl FnMut() -> f64) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let place =
        |even: &mut dyn FnMut() -> f64, n: usize| ((even() * n as f64) as usize).min(n.saturating_sub(1));
    match (even() * 5.0) as usize {
        0 => bytes.truncate(place(even, good.len())),
        1 => {
            let at = place(even, good.len());
            bytes.splice(at..at, [0xff, 0, b'"', b'\n', b','].into_iter().take(1 + place(even, 5)));
        }
        2 => {
            let (from, to) = (place(even, good.len()), place(even, good.len()));
            let n = place(even, 200).min(good.len() - from.max(to));
            bytes.copy_within(from..from + n, to);
        }
        3 => bytes.extend_from_slice(&good[..place(even, 100)]),
        _ => {
            for _ in 0..1 + place(even, 4) {
                let at = place(even, good.len());
                bytes[at] ^= 1 << place(even, 8);
            }
        }
    }
    bytes
}

#[test]
fn damaged_files_are_refused_or_read_and_never_worse() {
    let place = shell::place();
    let good = |name: &str| std::fs::read(place.path(name)).unwrap();
    for (name, format) in
        [("t.parquet", "parquet"), ("t.arrow", "arrow"), ("t.ndjson", "ndjson"), ("t.csv.gz", "csv")]
    {
        place.ok(&words("predict m.safetensors t.csv --append --out", &[name, "--format", format]));
    }
    let (model, files) = (good("m.safetensors"), ["t.csv", "t.ndjson", "t.csv.gz", "t.parquet", "t.arrow"]);
    let tables: Vec<(&str, Vec<u8>)> = files.iter().map(|name| (*name, good(name))).collect();
    let (time, seed) = budget(4);
    let (began, mut even, mut runs) = (Instant::now(), uniform(seed), 0);
    while began.elapsed() < time {
        let bad = damaged(&model, &mut even);
        place.write("bad.safetensors", &bad);
        let ran = place.run(&["inspect", "bad.safetensors"]);
        let expected = if bad == model { 0 } else { 5 };
        assert_eq!(ran.code, expected, "a damaged checkpoint: {}", ran.stderr);
        let (name, content) = &tables[(even() * tables.len() as f64) as usize];
        let bad = format!("bad-{name}");
        let bytes = damaged(content, &mut even);
        place.write(&bad, &bytes);
        let ran = place.run(&["predict", "m.safetensors", &bad, "--skip-short"]);
        if !matches!(ran.code, 0 | 2 | 3) || ran.stderr.contains("panicked") {
            let kept = std::env::temp_dir().join(format!("lstm-forecast-damaged-{runs}-{name}"));
            std::fs::write(&kept, &bytes).unwrap();
            panic!("{bad} ended with {}: {}\nkept as {}", ran.code, ran.stderr, kept.display());
        }
        runs += 2;
    }
    eprintln!("{runs} damaged files");
}
