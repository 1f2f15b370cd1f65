//! `predict --follow` on streams as careless devices send them.

use std::time::{Duration, Instant};

use super::shell;
use super::support::{Place, Ran, words};

/// `city,date,pm,wind` of hours from 2021-01-01 on, a line for each of the cities.
fn rows(cities: &[&str], hours: std::ops::Range<usize>) -> Vec<String> {
    let stamp =
        |hour: usize| format!("2021-{:02}-{:02}T{:02}:00:00", 1 + hour / 672, 1 + hour / 24 % 28, hour % 24);
    let line = |hour: usize, city: &str| format!("{city},{},{}.5,3.25\n", stamp(hour), 50 + hour % 24);
    hours.flat_map(|hour| cities.iter().map(move |city| line(hour, city))).collect()
}

fn follow(place: &Place, more: &[&str], lines: &[String]) -> Ran {
    let text = format!("city,date,pm,wind\n{}", lines.concat());
    place.pipe(&[&["predict", "m.safetensors", "-", "--follow"], more].concat(), text.as_bytes())
}

/// Rows of answers; six a forecast.
fn answers(ran: &Ran) -> usize {
    ran.stdout.lines().filter(|line| !line.starts_with("city,date")).count()
}

#[test]
fn a_row_from_the_far_future_silences_nothing() {
    let place = shell::place();
    let good = rows(&["city0"], 0..400);
    let expected = follow(&place, &[], &good);
    assert_eq!((expected.code, answers(&expected)), (0, (400 - 23) * 6));
    for at in [0, 1, 10, 100, 399] {
        let mut lines = good.clone();
        lines.insert(at, "city0,2071-01-01T00:00:00,55.5,3.25\n".into());
        let ran = follow(&place, &[], &lines);
        assert_eq!(ran.stdout, expected.stdout, "stray before row {at}");
        assert!(at == 0 || ran.stderr.contains(" leaps from 2021-01-"), "{at}: {}", ran.stderr);
        assert!(at == 0 || ran.stderr.contains("to 2071-01-01T00:00:00, further than a forecast looks back"));
        // Another series is not touched, and quiet is quiet.
        let both = follow(&place, &["--quiet"], &[&lines[..], &rows(&["city1"], 0..40)].concat());
        assert_eq!((both.code, answers(&both), both.stderr.as_str()), (0, (400 - 23 + 17) * 6, ""));
    }
    // Two strays that agree do no harm either; a table that really goes on there is followed there.
    let mut lines = good.clone();
    lines.splice(100..100, (0..2).map(|hour| format!("city0,2071-01-01T{hour:02}:00:00,55.5,3.25\n")));
    assert_eq!(follow(&place, &[], &lines).stdout, expected.stdout);
    let later: Vec<String> = rows(&["city0"], 0..60).iter().map(|l| l.replace(",2021-", ",2031-")).collect();
    let ran = follow(&place, &[], &[&good[..100], &later].concat());
    assert_eq!(answers(&ran), (100 - 23 + 60 - 23) * 6, "{}", ran.stderr);
    place.write("so-far.csv", format!("city,date,pm,wind\n{}{}", good[..100].concat(), later.concat()));
    let whole = place.ok(&["predict", "m.safetensors", "so-far.csv"]);
    let tail: Vec<&str> = ran.stdout.lines().rev().take(6).collect();
    assert!(
        tail.iter().rev().eq(whole.stdout.lines().skip(1).collect::<Vec<_>>().iter()),
        "{}",
        whole.stdout
    );
}

#[test]
fn a_quote_in_a_name_is_a_character() {
    let place = shell::place();
    let plain = follow(&place, &["--quiet"], &rows(&["pipe"], 0..60));
    assert_eq!(answers(&plain), (60 - 23) * 6);
    for (raw, shown) in [("5\" pipe", "5\"\" pipe"), ("\"5\"\" pipe\"", "5\"\" pipe")] {
        let ran = follow(&place, &["--quiet"], &rows(&[raw], 0..60));
        assert_eq!(answers(&ran), answers(&plain), "{raw}: {}", ran.stderr);
        assert_eq!(ran.stdout.replace(&format!("\"{shown}\""), "pipe"), plain.stdout, "{raw}");
    }
    // A cell over two lines is a cell; white space of any kind in a name is a space.
    let ran = follow(&place, &["--quiet"], &rows(&["\"a\npipe\""], 0..60));
    assert_eq!(ran.stdout.replace("a pipe", "pipe"), plain.stdout, "{}", ran.stderr);
}

#[test]
fn a_stray_quote_costs_its_own_row() {
    let place = shell::place();
    let good = rows(&["city0"], 0..60);
    let expected = follow(&place, &[], &good);
    let mut lines = good.clone();
    lines.insert(30, "city1,2021-01-02T05:00:00,\"55.5,3.25\n".into());
    let ran = follow(&place, &["--skip-bad"], &lines);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, expected.stdout.as_str()), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("note: left out: stdin, row 32").count(), 1, "{}", ran.stderr);
    // Without it the stream ends there, with its place, and not at 16 MiB.
    let ran = follow(&place, &[], &lines);
    assert_eq!((ran.code, answers(&ran)), (3, (30 - 23) * 6), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: stdin, row 32"), "{}", ran.stderr);
    // Many rows behind it are read once each.
    let lines: Vec<String> =
        lines[..31].iter().cloned().chain(std::iter::repeat_n("city0,x\n".to_string(), 200_000)).collect();
    let began = Instant::now();
    let ran = follow(&place, &[], &lines);
    assert_eq!(ran.code, 3);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn a_bad_row_is_left_out_where_that_is_asked_for() {
    let place = shell::place();
    let good = rows(&["city0", "city1"], 0..60);
    let expected = follow(&place, &[], &good);
    let bad = [
        "city0,yesterday,1,1\n",
        "city0,2021-01-02T05:00:00,oops,1\n",
        "city0,2021-01-02T05:00:00,1\n",
        "city0,2021-01-02T05:00:00,1,1,1\n",
        "city0,2021-01-01T05:00:00,1,1\n", // a second row of that hour
        "\u{feff}\x01\x02\n",
    ];
    for line in bad {
        let mut lines = good.clone();
        lines.insert(70, line.into());
        let ran = follow(&place, &["--skip-bad"], &lines);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, expected.stdout.as_str()), "{line}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("note: left out: "), "{line}: {}", ran.stderr);
        let ran = follow(&place, &[], &lines);
        assert_eq!(ran.code, 3, "{line}: {}", ran.stderr);
        assert!(expected.stdout.starts_with(&ran.stdout) && answers(&ran) == 2 * (35 - 23) * 6, "{line}");
    }
    let json = |line: &String| {
        let cells: Vec<&str> = line.trim().split(',').collect();
        format!(
            "{{\"city\":\"{}\",\"date\":\"{}\",\"pm\":{},\"wind\":{}}}\n",
            cells[0], cells[1], cells[2], cells[3]
        )
    };
    let mut lines: Vec<String> = good.iter().map(json).collect();
    lines.insert(70, "{\"city\": \"city0\", \"date\"\n".into());
    let args = ["predict", "m.safetensors", "-", "--follow", "--skip-bad"];
    let ran = place.pipe(&args, lines.concat().as_bytes());
    assert_eq!((ran.code, ran.stdout.as_str()), (0, expected.stdout.as_str()), "{}", ran.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn a_line_without_an_end_takes_no_memory() {
    let place = shell::place();
    // KiB of address space; the program alone takes about a quarter of it.
    let program = env!("CARGO_BIN_EXE_lstm-forecast");
    let line = format!(
        "ulimit -v {}; (printf 'city,date,pm,wind\\n'; head -c 300000000 /dev/zero | tr '\\0' x; printf '\\n'; tail -n +2 t.csv | head -60) \
         | {program} predict m.safetensors - --follow $0",
        512 << 10
    );
    let run = |more: &str| {
        let output =
            std::process::Command::new("sh").args(["-c", &line, more]).current_dir(place.path(".")).output();
        let output = output.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, _, stderr) = run("--quiet");
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.starts_with("error: stdin, row 2: a row of more than 16 MiB"), "{stderr}");
    let (code, stdout, stderr) = run("--skip-bad");
    assert_eq!((code, stdout.lines().count()), (Some(0), 1 + (60 - 23) * 6), "{stderr}");
    assert!(stderr.starts_with("note: left out: stdin, row 2"), "{stderr}");
}

/// A series that training has not seen is answered as by `predict` on the rows so far, also where
/// columns are skewed and so bent before they are scaled.
#[test]
fn an_unseen_series_is_answered_as_by_predict() {
    let line = |city: &str, hour: usize| {
        let date = format!("2021-{:02}-{:02}T{:02}:00:00", 1 + hour / 672, 1 + hour / 24 % 28, hour % 24);
        let (pm, wind) = ((hour * 7919 % 97).pow(8), (hour * 31 % 13).pow(8));
        format!("{city},{date},{:.3},{}\n", pm as f64 / 1e12, wind)
    };
    let skewed = Place::new();
    let table: String = (0..600).flat_map(|hour| ["a", "b"].map(|city| line(city, hour))).collect();
    skewed.write("t.csv", format!("city,date,pm,wind\n{table}"));
    let train = "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 4 --max-steps 3 --ensemble 1 \
                 --quiet --out m.safetensors";
    skewed.ok(&words(train, &[]));
    assert!(
        skewed.ok(&["inspect", "m.safetensors", "--format", "json"]).stdout.contains("\"asinh\": "),
        "not skewed"
    );
    let plain = shell::place();
    for (place, lines) in [
        (skewed, (0..600).map(|hour| line("elsewhere", hour)).collect::<Vec<_>>()),
        (plain, rows(&["elsewhere"], 0..600)),
    ] {
        let ran = follow(&place, &["--quiet"], &lines);
        for n in [24, 25, 100, 599, 600] {
            place.write("so-far.csv", format!("city,date,pm,wind\n{}", lines[..n].concat()));
            let whole = place.ok(&["predict", "m.safetensors", "so-far.csv", "--quiet"]);
            let own: Vec<&str> = ran.stdout.lines().skip(1 + (n - 24) * 6).take(6).collect();
            assert_eq!(own, whole.stdout.lines().skip(1).collect::<Vec<_>>(), "after {n} rows");
        }
    }
}
