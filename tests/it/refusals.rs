//! Bad input through the real program: the files of `refusals/` hold a command, its exit code and the exact text on stderr for
//! each ([`super::console`] says how); this file makes the tables, settings and checkpoints they name.
//!
//! A new case is a heading and a block with the command alone in the file of its exit code; `SNAPSHOTS=overwrite cargo test
//! --release --test it refusals` writes under it what the program says, to be read before it is committed. Commands run in a
//! folder of their own, so names in messages are as they were given. What needs a user without all rights is at the end.

use std::path::Path;

use super::console::{self, Seen};
use super::seals::unsealed;
use super::shell;
use super::support::{Place, hourly, words};

#[test]
#[cfg(unix)]
fn every_refusal_says_what_and_why() {
    let folder_of_cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/refusals");
    let files = std::fs::read_dir(folder_of_cases).expect("refusals").map(|f| f.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    files.sort();
    let place = folder();
    let (mut commands, mut wrong) = (0, Vec::new());
    for path in &files {
        let text = std::fs::read_to_string(path).expect("a file of refusals");
        // What a build without CUDA says to --device cuda is not said by one with it.
        let run = |command: &str| {
            let of_another_build = cfg!(feature = "cuda") && command.contains("--device cuda");
            (!of_another_build).then(|| console::run(&place, command, Seen::Errors, &[]))
        };
        let found = console::renewed(&text, run);
        commands += found.matches("\n$ ").count();
        assert!(!found.contains("panicked") && !found.contains("internal error"), "{found}");
        let compared = std::panic::catch_unwind(|| console::compare(&found, path));
        wrong.extend(compared.err().map(|_| path.display().to_string()));
    }
    assert!(commands >= 180, "{commands} commands");
    assert!(wrong.is_empty(), "what is refused has changed, see above: {wrong:?}");
}

/// Everything that the commands name.
fn folder() -> Place {
    let place = shell::place();
    tables(&place);
    packed(&place);
    settings(&place);
    checkpoints(&place, shell::model("pm"));
    let wind = "train t.csv --target wind --input-window 24 --horizon 6 --hidden-size 8 --ensemble 1 --max-steps 4 \
                --batch-size 16 --quiet --out wind.safetensors";
    place.ok(&words(wind, &[]));
    place
}

/// `rows` hours of `city,date,x,y` for city A, row `at` of the file (as an editor counts) replaced.
fn with(rows: usize, at: usize, row: &str) -> String {
    let mut text = String::from("city,date,x,y\n");
    let start = chrono::DateTime::from_timestamp(1_356_998_400, 0).expect("2013").naive_utc();
    for i in 0..rows {
        let stamp = (start + chrono::TimeDelta::hours(i as i64)).format("%Y-%m-%dT%H:%M:%S");
        match i + 2 == at {
            true => text.push_str(row),
            false => text.push_str(&format!("A,{stamp},{}.5,{}", i % 17, i % 5)),
        }
        text.push('\n');
    }
    text
}

fn tables(place: &Place) {
    let good = hourly(2, 400);
    let without = |column: usize| {
        let cut = |line: &str| {
            let kept = line.split(',').enumerate().filter(|(i, _)| *i != column).map(|(_, c)| c);
            kept.collect::<Vec<_>>().join(",") + "\n"
        };
        good.lines().map(cut).collect::<String>()
    };
    let days = |n: usize, form: &dyn Fn(usize) -> String| {
        let rows = (0..n).map(|i| format!("A,{},{}.5\n", form(i), i % 17));
        format!("city,date,x\n{}", rows.collect::<String>())
    };
    let first = chrono::NaiveDate::from_ymd_opt(2013, 1, 1).expect("a date");
    let date = |i: usize| first + chrono::Days::new(i as u64);
    place
        .write("empty.csv", "")
        .write("blank.csv", "\n\n  \n")
        .write("header.csv", "city,date,x\n")
        .write("headless.csv", "A,2013-01-01,1\nA,2013-01-02,2\n")
        .write("numbers.csv", "A,5,1\nA,6,2\nA,7,3\n")
        .write("t.csv.xz", b"\xfd7zXZ\0\0\x04")
        .write("t.csv.bz2", b"BZh91AY&SY\0")
        .write("one.csv", "city,date,x\nA,2013-01-01,1\n")
        .write("words.csv", "city,date,wd\nA,2013-01-01,N\nA,2013-01-02,S\n")
        .write("timeless.csv", "city,x,y\nA,1,2\nA,2,3\n")
        .write("twins.csv", "city,date,x,x\nA,2013-01-01,1,2\n")
        .write("nameless.csv", "city,date,,x\nA,2013-01-01,1,2\n")
        .write("late.csv", with(45_000, 40_000, "A,2017-07-3O,1,2"))
        .write("text.csv", with(300, 120, "A,2013-01-05T22:00:00,twelve,2"))
        .write("infinite.csv", with(300, 120, "A,2013-01-05T22:00:00,inf,2"))
        .write("duplicate.csv", with(300, 120, "A,2013-01-05T21:00:00,1,2"))
        .write("quote.csv", with(300, 120, "\"A,2013-01-05T22:00:00,1,2"))
        .write("ragged.csv", with(300, 120, "A,2013-01-05T22:00:00,1,2,3"))
        .write("nosuch.csv", with(300, 120, "A,2013-02-30T22:00:00,1,2"))
        .write("zones.csv", with(300, 120, "A,2013-01-05T22:00:00Z,1,2"))
        .write("anonymous.csv", with(300, 120, ",2013-01-05T22:00:00,1,2"))
        .write("ends.csv", with(300, 301, "A,2013-01").trim_end())
        .write("good.csv", with(300, 0, ""))
        .write("short.csv", with(20, 0, ""))
        .write(
            "missing.csv",
            days(100, &|i| date(i).to_string()).replace(".5", "").lines().map(blank_x).collect::<String>(),
        )
        .write(
            "orders.csv",
            days(100, &|i| match i {
                60 => "02/28/2013".into(),
                _ => date(i).format("%d/%m/%Y").to_string(),
            }),
        )
        .write("ambiguous.csv", "city,date,x\nA,01/01/2013,0\nA,01/02/2013,1\nA,02/03/2013,2\n")
        .write(
            "odd.csv",
            good.clone() + &(0..30).map(|d| format!("lone,{},{d}.5,1\n", date(d))).collect::<String>(),
        )
        .write(
            "daily.csv",
            days(100, &|i| date(i).to_string())
                .replace("date,x", "date,pm")
                .replace(".5\n", ".5,1\n")
                .replace("pm\n", "pm,wind\n"),
        )
        .write("nowind.csv", without(3))
        .write("nodate.csv", without(1))
        .write("nocity.csv", without(0))
        .write("textwind.csv", good.replacen(",3.", ",calm", 1))
        .write("fewrows.csv", hourly(2, 10))
        .write("binary.csv", b"a\0b,c\n1,2\n")
        .write("book.xlsx", b"PK\x03\x04xxxxxxxx")
        .write("array.json", "[{\"a\":1}]")
        .write("broken.ndjson", "{\"date\":\"2013-01-01\",\"x\":1}\n{\"date\":\"2013-01-02\",\"x\":\n")
        .write("cut.parquet", b"PAR1 and then nothing that makes sense")
        .write(
            "mixed.csv",
            "city,date,x\nÉ,2013-01-01,1\n".bytes().chain(*b"\xc9,2013-01-02,2\n").collect::<Vec<u8>>(),
        )
        .write("comma.csv", "city;date;x\nA;2013-01-01;1,234\nA;2013-01-02;2,345\n")
        .write("fall.csv", clock_change());
    for (folder, first, second) in [
        ("parts", with(300, 0, ""), with(300, 0, "").replace("x,y", "x,z").replace("A,", "B,")),
        ("rows", with(300, 0, ""), with(300, 120, "B,2013-01-05T22:00:00,many,2").replace("A,", "B,")),
        ("twice", with(300, 0, ""), with(300, 120, "A,2013-01-05T22:00:00,99,2")),
        ("kinds", with(300, 0, ""), "{\"date\":\"2013-01-01\",\"x\":1}\n".to_owned()),
    ] {
        std::fs::create_dir(place.path(folder)).expect("a folder");
        place.write(&format!("{folder}/a.csv"), first).write(&format!("{folder}/b.csv"), second);
    }
    std::fs::create_dir(place.path("nothing")).expect("a folder");
}

/// The row without its last cell's content.
fn blank_x(line: &str) -> String {
    match line.rsplit_once(',') {
        Some((head, "x")) => format!("{head},x\n"),
        Some((head, _)) => format!("{head},NA\n"),
        None => String::new(),
    }
}

/// Wall-clock hours across the end of summer time in New York, an hour twice.
fn clock_change() -> String {
    let start = chrono::DateTime::from_timestamp(1_383_350_400, 0).expect("2013-11-02").naive_utc();
    let rows = (0..100).map(|i| {
        let hour = if i > 25 { i - 1 } else { i };
        let stamp = (start + chrono::TimeDelta::hours(hour)).format("%Y-%m-%dT%H:%M:%S");
        format!("{stamp},{}.5\n", i % 13)
    });
    format!("date,x\n{}", rows.collect::<String>())
}

fn packed(place: &Place) {
    use std::io::Write;
    let gzip = |bytes: &[u8], times: usize| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..times {
            gz.write_all(bytes).expect("memory");
        }
        gz.finish().expect("memory")
    };
    let good = with(300, 0, "");
    let gz = gzip(good.as_bytes(), 1);
    let zst = zstd::encode_all(good.as_bytes(), 3).expect("memory");
    place
        .write("cut.csv.gz", &gz[..gz.len() / 2])
        .write("cut.csv.zst", &zst[..zst.len() / 2])
        .write("bomb.csv.gz", gzip(&vec![b'0'; 1 << 20], 260))
        .write("bomb.csv.zst", zstd::encode_all(&vec![b'0'; 260 << 20][..], 1).expect("memory"));
}

fn settings(place: &Place) {
    place
        .write("type.yaml", "model:\n  hidden_size: many\n")
        .write("sign.yaml", "model:\n  hidden_size: -3\n")
        .write("key.yaml", "model:\n  hiden_size: 8\n")
        .write("group.yaml", "modle:\n  hidden_size: 8\n")
        .write("flat.yaml", "hidden_size: 8\n")
        .write("list.yaml", "- 1\n- 2\n")
        .write("scalar.yaml", "model: 3\n")
        .write("broken.yaml", "model: {hidden_size: 8\n")
        .write("range.yaml", "train:\n  learning_rate: -1\n")
        .write("bound.yaml", "forecast:\n  min: {pm: low}\n")
        .write("tabs.yaml", "model:\n\thidden_size: 8\n");
}

/// Damaged copies of a model. Headers are edited without changing their length.
fn checkpoints(place: &Place, model: &[u8]) {
    let edit = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = model.windows(from.len()).position(|w| w == from.as_bytes());
        let at = at.unwrap_or_else(|| panic!("no {from} in the model"));
        let mut bytes = model.to_vec();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    let mut nan = model.to_vec();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let mut huge = model.to_vec();
    huge[..8].copy_from_slice(&(1u64 << 63).to_le_bytes());
    let foreign = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let foreign: Vec<u8> =
        (foreign.len() as u64).to_le_bytes().iter().chain(foreign).chain(&[0; 4]).copied().collect();
    place
        .write("truncated.safetensors", &model[..model.len() - 100])
        .write("stub.safetensors", &model[..200])
        .write("tiny.safetensors", &model[..5])
        .write("empty.safetensors", "")
        .write("nan.safetensors", nan)
        .write("huge.safetensors", huge)
        .write("foreign.safetensors", foreign)
        .write("future.safetensors", edit(r#"format_version\":1"#, r#"format_version\":9"#))
        .write("renamed.safetensors", edit("rnn.weight_ih_l0", "rnn.weight_ih_l7"))
        .write("setting.safetensors", edit(r#"hidden_size\""#, r#"hidden_sise\""#))
        .write("old.safetensors", unsealed(&edit(r#"\"calibration\"#, r#"\"calibratiom\"#)))
        .write("unfit.safetensors", edit(r#"\"levels\":[50,60"#, r#"\"levels\":[50,61"#))
        .write("weights.pt", b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\x12\0archive/data.pklFB\x0e\0ZZZZ")
        .write("pytorch_model.bin", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.")
        .write("size.safetensors", edit(r#"hidden_size\":8"#, r#"hidden_size\":9"#));
}

/// Sizes beyond all bounds fit in no table; a stride beyond it leaves the first origin of each
/// series.
#[test]
fn sizes_as_large_as_a_number_can_be() {
    let place = shell::place();
    let most = u64::MAX.to_string();
    let train = "train t.csv --target pm --max-steps 1 --hidden-size 4 --ensemble 1 --quiet";
    for (args, code) in [
        (words(train, &["--input-window", &most]), 3),
        (words(train, &["--horizon", &most, "--pad-short"]), 3),
        (words(train, &["--stride", &most, "--input-window", "24", "--horizon", "6"]), 0),
        (words(train, &["--epochs", &most, "--input-window", "24", "--horizon", "6"]), 0),
        (words("ingest t.csv --input-window", &[&most]), 0),
    ] {
        let ran = place.run(&args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
    }
    let one = ["evaluate", "m.safetensors", "t.csv", "--forecasts", "f.csv", "--stride", &most];
    place.ok(&one);
    assert_eq!(place.read("f.csv").lines().count(), 1 + 2 * 6);
}

/// Rights that root has anyway: checked where the test does not run as root.
#[test]
#[cfg(unix)]
fn files_without_permission() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let place = shell::place();
    if std::fs::metadata(place.path("t.csv")).expect("a file").uid() == 0 {
        super::support::skipped("root may read and write everything");
        return;
    }
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(place.path(name), std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    place.write("secret.csv", "x").write("kept.safetensors", "x");
    std::fs::create_dir(place.path("closed")).expect("a folder");
    mode("secret.csv", 0);
    mode("kept.safetensors", 0o444);
    mode("closed", 0o555);
    for (command, expected) in [
        (
            "lstm-forecast ingest secret.csv",
            "exit 3\nerror: secret.csv: cannot read: Permission denied (os error 13)\nhint: check the file's permissions: ls -l secret.csv",
        ),
        (
            "lstm-forecast train t.csv --target pm --out closed/m.safetensors",
            "exit 1\nerror: cannot write closed/m.safetensors: Permission denied (os error 13)\nhint: choose another path with --out; a file that was there before is untouched",
        ),
        (
            "lstm-forecast train t.csv --target pm --out kept.safetensors",
            "exit 1\nerror: cannot write kept.safetensors: Permission denied (os error 13)\nhint: choose another path with --out; a file that was there before is untouched",
        ),
    ] {
        let (code, stderr) = console::run(&place, command, Seen::Errors, &[]);
        assert_eq!(format!("exit {code}\n{stderr}").trim_end(), expected);
    }
    mode("closed", 0o755);
}
