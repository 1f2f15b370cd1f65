//! `watch`: alarms at known places, and nowhere else more often than was stated.

use std::sync::OnceLock;

use super::support::{Place, Ran, csv, hourly, words};

const ROWS: usize = 700;
/// The test part begins in row 560: 2021-01-24T08:00:00.
const TRAIN: &str = "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 8 --ensemble 1 --max-steps 60 --quiet --out m";

/// A folder with a model `m` and its table `t.csv`.
fn place() -> Place {
    static MODEL: OnceLock<Vec<u8>> = OnceLock::new();
    let place = Place::new();
    place.write("t.csv", hourly(3, ROWS));
    let model = MODEL.get_or_init(|| {
        place.ok(&words(TRAIN, &[]));
        std::fs::read(place.path("m")).unwrap()
    });
    place.write("m", model);
    place
}

/// The table with the `pm` of these rows of a city changed; `None` leaves the row out.
fn changed(city: &str, change: impl Fn(usize, f64) -> Option<f64>) -> String {
    let mut row = 0;
    let text = hourly(3, ROWS);
    let lines = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[0] != city {
            return Some(line.to_owned());
        }
        row += 1;
        let value = change(row - 1, cells[2].parse().unwrap())?;
        Some(format!("{},{},{value:.2},{}", cells[0], cells[1], cells[3]))
    });
    lines.map(|line| line + "\n").collect()
}

/// The stamp of a row.
fn stamp(row: usize) -> String {
    let date = chrono::NaiveDate::from_ymd_opt(2021, 1, 1).unwrap() + chrono::Days::new(row as u64 / 24);
    format!("{date}T{:02}:00:00", row % 24)
}

/// The rows under the header, as city, stamp, kind.
fn alarms(ran: &Ran) -> Vec<(String, String, String)> {
    let rows = csv(&ran.stdout);
    rows[1..].iter().map(|row| (row[0].clone(), row[1].clone(), row[3].clone())).collect()
}

#[test]
fn a_spike_is_found_where_it_is() {
    let place = place();
    place
        .write("spike.csv", changed("city1", |row, value| Some(value + if row == 650 { 40.0 } else { 0.0 })));
    let ran = place.run(&["watch", "m", "spike.csv", "--from", &stamp(640)]);
    assert_eq!(ran.code, 8, "{}", ran.stderr);
    let rows = csv(&ran.stdout);
    let head = "city,date,target,alarm,rows,step,actual,yhat,yhat_lo99,yhat_hi99,excess,p";
    assert_eq!(rows[0].join(","), head);
    let own: Vec<_> = rows.iter().filter(|row| row[0] == "city1" && row[1] == stamp(650)).collect();
    let [row] = own.as_slice() else { panic!("{}", ran.stdout) };
    assert_eq!(
        (row[2].as_str(), row[3].as_str(), row[4].as_str(), row[5].as_str()),
        ("pm", "above", "1", "1")
    );
    let number = |at: usize| row[at].parse::<f64>().unwrap();
    let (actual, yhat, low, high, excess, p) =
        (number(6), number(7), number(8), number(9), number(10), number(11));
    assert!(low < yhat && yhat < high && high < actual, "{row:?}");
    assert!((excess - (actual - high)).abs() < 1e-3 && p <= 0.01, "{row:?}");
    // The error tells how many, `--quiet` or not; the rest is a line on standard error.
    let told = ran.stderr.lines().last().unwrap();
    assert!(told.starts_with("error: ") && told.contains("outside of 99 % intervals"), "{}", ran.stderr);
    assert!(ran.stderr.contains("watched 180 values: "), "{}", ran.stderr);
    // The rarest alone: p is never below 1 in as many values as the calibration has at a lead, and one, here 196.
    let only = ["watch", "m", "spike.csv", "--from", &stamp(650), "--to", &stamp(650), "--quiet", "--p"];
    let ran = place.run(&[&only[..], &["0.0052"]].concat());
    assert_eq!(alarms(&ran), [("city1".into(), stamp(650), "above".into())], "{}", ran.stdout);
    assert_eq!(ran.stderr, "error: 1 value outside of 99 % intervals\n");
    assert_eq!(place.run(&[&only[..], &["0.0051"]].concat()).code, 0);
}

/// What a value is held against is what `predict` says from the rows before it.
#[test]
fn the_forecast_is_that_of_predict() {
    let place = place();
    place
        .write("spike.csv", changed("city1", |row, value| Some(value - if row == 650 { 40.0 } else { 0.0 })));
    let spike = stamp(650);
    for lead in [1usize, 3] {
        let step = lead.to_string();
        let watched =
            place.run(&["watch", "m", "spike.csv", "--from", &spike, "--to", &spike, "--lead", &step]);
        let origin = stamp(651 - lead);
        let predicted =
            place.ok(&["predict", "m", "spike.csv", "--at", &origin, "--interval", "99", "--only", "city1"]);
        let (watched, predicted) = (csv(&watched.stdout), csv(&predicted.stdout));
        let own = watched.iter().find(|row| row[0] == "city1").unwrap();
        assert_eq!(
            (own[1].as_str(), own[3].as_str(), own[5].as_str()),
            (spike.as_str(), "below", step.as_str())
        );
        assert_eq!(own[7..10], predicted[lead][2..5], "lead {lead}");
        assert_eq!(predicted[lead][1], spike);
    }
    // What comes later changes no line before it.
    let until = ["--from", &stamp(600), "--to", &stamp(649), "--interval", "50"];
    let all = place.run(&[&["watch", "m", "spike.csv"], &until[..]].concat()).stdout;
    place.write(
        "later.csv",
        changed("city1", |row, value| Some(if row >= 650 { 0.5 * value } else { value })),
    );
    assert_eq!(place.run(&[&["watch", "m", "later.csv"], &until[..]].concat()).stdout, all);
}

/// On data like those of training the share of alarms is the stated one.
#[test]
fn false_alarms_come_as_often_as_stated() {
    let place = place();
    let share = |level: &str| {
        let ran = place.run(&["watch", "m", "t.csv", "--interval", level]);
        let said =
            ran.stderr.lines().find(|line| line.starts_with("watched 420 values: ")).unwrap().to_owned();
        let inside = said.split_once('(').unwrap().1.split(' ').next().unwrap().parse::<f64>().unwrap();
        inside / 100.0
    };
    // 420 values: two standard errors of 0.2 are 0.04, and the validation part is of 200.
    assert!((share("80") - 0.2).abs() < 0.08, "{}", share("80"));
    assert!(share("99") < 0.035, "{}", share("99"));
}

#[test]
fn quiet_sensors_are_found_by_what_is_usual_for_them() {
    let place = place();
    // Numbers with two decimals hardly ever repeat; ten rows of one value are no chance.
    place.write(
        "stuck.csv",
        changed("city2", |row, value| Some(if (660..670).contains(&row) { 61.25 } else { value })),
    );
    let ran = place.run(&["watch", "m", "stuck.csv"]);
    let row = csv(&ran.stdout).into_iter().find(|row| row[3] == "flat").unwrap();
    assert_eq!((row[0].as_str(), row[4].as_str(), row[6].as_str()), ("city2", "10", "61.25"));
    let since = (660..670).find(|r| stamp(*r) == row[1]).unwrap();
    assert!((661..665).contains(&since), "{row:?}");
    assert_eq!((row[7].as_str(), row[10].as_str(), row[11].as_str()), ("", "", ""));
    assert_eq!(csv(&ran.stdout).iter().filter(|row| row[3] == "flat").count(), 1);
    assert!(ran.stderr.contains("1 run of one value"), "{}", ran.stderr);
    // Six rows that are not there, and a series that has ended: one row may be missing, the second is told.
    place.write(
        "gone.csv",
        changed("city0", |row, value| (!(600..606).contains(&row) && row < 690).then_some(value)),
    );
    let ran = place.run(&["watch", "m", "gone.csv", "--interval", "99"]);
    let missing: Vec<_> = csv(&ran.stdout).into_iter().filter(|row| row[3] == "missing").collect();
    let told: Vec<_> = missing.iter().map(|row| (row[0].as_str(), row[1].clone(), row[4].as_str())).collect();
    assert_eq!(told, [("city0", stamp(601), "6"), ("city0", stamp(691), "10")]);
    // A run is told as long as it lasts, under the stamp at which it became too long.
    let ran = place.run(&["watch", "m", "gone.csv", "--last", "2"]);
    assert!(alarms(&ran).contains(&("city0".into(), stamp(691), "missing".into())), "{}", ran.stdout);
    assert!(!alarms(&ran).iter().any(|(_, at, _)| *at == stamp(601)), "{}", ran.stdout);
}

#[test]
fn without_an_alarm_there_is_a_header_and_exit_code_0() {
    let place = place();
    let ran = place.run(&["watch", "m", "t.csv", "--last", "24", "--p", "0.0000001"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 1);
    assert!(ran.stderr.starts_with("watched 72 values: "), "{}", ran.stderr);
    let quiet = place.run(&[
        "watch",
        "m",
        "t.csv",
        "--last",
        "24",
        "--p",
        "0.0000001",
        "--quiet",
        "--format",
        "json",
    ]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "[]\n", ""));
    // A series that training has not seen is watched as well.
    place.write("new.csv", hourly(3, ROWS).replace("city2,", "newtown,"));
    let ran = place.run(&["watch", "m", "new.csv", "--only", "newtown"]);
    assert!(ran.stderr.contains("watched 140 values"), "{}", ran.stderr);
}

#[test]
fn outputs_are_those_of_predict() {
    let place = place();
    place
        .write("spike.csv", changed("city1", |row, value| Some(value + if row == 650 { 40.0 } else { 0.0 })));
    let only = ["watch", "m", "spike.csv", "--from", &stamp(650), "--to", &stamp(650)];
    let run = |more: &[&str]| place.run(&[&only[..], more].concat());
    assert_eq!(run(&["--out", "alarms.ndjson", "--prefix", "fc_"]).code, 8);
    let line: serde_json::Value = serde_json::from_str(place.read("alarms.ndjson").trim()).unwrap();
    assert_eq!((&line["city"], &line["fc_alarm"]), (&"city1".into(), &"above".into()));
    assert_eq!(run(&["--out", "alarms.parquet"]).code, 8);
    let ran = run(&["--out", "spike.csv"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("which would be overwritten"), "{}", ran.stderr);
}

/// A stream's alarms are those of the table, row by row.
#[test]
fn rows_as_they_arrive() {
    let place = Place::new();
    let one = |text: String| -> String {
        let keep = |line: &&str| line.starts_with("city,") || line.starts_with("city1,");
        text.lines().filter(keep).map(|line| line.to_owned() + "\n").collect()
    };
    place.write("t.csv", one(hourly(3, ROWS)));
    // Of one series, so that no other's rows are there in the table and not yet in the stream.
    let train = ["--val-start", "2021-01-14", "--test-start", "2021-01-24"];
    place.ok(&words(TRAIN, &train));
    let spike = one(changed("city1", |row, value| Some(value + if row == 650 { 40.0 } else { 0.0 })));
    place.write("spike.csv", &spike);
    let table = place.run(&["watch", "m", "spike.csv", "--from", &stamp(600), "--interval", "80"]);
    let lines: Vec<&str> = spike.lines().collect();
    place.write("history.csv", lines[..601].join("\n") + "\n");
    let rest = [&lines[..1], &lines[601..]].concat().join("\n") + "\n";
    let follow = ["watch", "m", "-", "--follow", "--history", "history.csv", "--interval", "80"];
    let streamed = place.pipe(&follow, rest.as_bytes());
    assert_eq!(streamed.code, 8, "{}", streamed.stderr);
    // The very first row has no forecast from the stream before it.
    let expected: Vec<&str> =
        table.stdout.lines().filter(|l| !l.contains(&stamp(600)) && !l.contains("flat")).collect();
    let of_values: Vec<&str> = streamed.stdout.lines().filter(|l| !l.contains("flat")).collect();
    assert_eq!(of_values, expected, "{}", streamed.stderr);
    assert!(expected.iter().any(|line| line.contains(&stamp(650))), "{expected:?}");
    // A bad row is noted, and the stream goes on; after a hole the step is a later one.
    let holed: Vec<&str> = lines[601..].iter().copied().filter(|l| !l.contains(&stamp(649))).collect();
    let text = [&lines[..1], &holed[..10], &["city1,no date,1,2"], &holed[10..]].concat().join("\n") + "\n";
    assert_eq!(place.pipe(&follow, text.as_bytes()).code, 3);
    let ran = place.pipe(&[&follow[..], &["--skip-bad", "--p", "0.01"]].concat(), text.as_bytes());
    assert!(ran.stderr.contains("note: left out: "), "{}", ran.stderr);
    let row = csv(&ran.stdout).into_iter().find(|row| row[1] == stamp(650)).unwrap();
    assert_eq!((row[3].as_str(), row[5].as_str()), ("above", "2"), "{row:?}");
    assert_eq!(place.run(&["watch", "m", "-", "--follow", "--from", "2021-01-24"]).code, 2);
}

/// Quiet sensors are told in a stream as they are in the table, each once.
#[test]
fn quiet_sensors_as_rows_arrive() {
    let place = place();
    // Stuck from row 620 on, in city1; without a value from 630 to 641 in city2; city0 ends in row 680.
    let mut rows = [0usize; 3];
    let text = hourly(3, ROWS);
    let mut timed = Vec::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let city = cells[0].strip_prefix("city").unwrap().parse::<usize>().unwrap();
        let row = rows[city];
        rows[city] += 1;
        let value = match (city, row) {
            (0, 681..) => continue,
            (1, 620..=640) => "55.55",
            (2, 630..=641) => "",
            _ => cells[2],
        };
        timed.push((row, city, format!("{},{},{value},{}\n", cells[0], cells[1], cells[3])));
    }
    timed.sort();
    let part = |from: usize, to: usize| {
        let rows = timed.iter().filter(|(row, ..)| (from..to).contains(row));
        format!("city,date,pm,wind\n{}", rows.map(|(.., line)| line.as_str()).collect::<String>())
    };
    place.write("whole.csv", part(0, ROWS)).write("history.csv", part(0, 600));
    let quiet = |ran: &Ran| {
        let mut quiet: Vec<_> =
            alarms(ran).into_iter().filter(|(.., why)| why == "flat" || why == "missing").collect();
        quiet.sort();
        quiet
    };
    let table = place.run(&["watch", "m", "whole.csv", "--from", &stamp(600)]);
    let follow = ["watch", "m", "-", "--follow", "--history", "history.csv"];
    let streamed = place.pipe(&follow, part(600, ROWS).as_bytes());
    assert_eq!((table.code, streamed.code), (8, 8), "{}", streamed.stderr);
    let found = quiet(&streamed);
    assert_eq!(found, quiet(&table));
    let kinds: Vec<(&str, &str)> = found.iter().map(|(city, _, why)| (city.as_str(), why.as_str())).collect();
    assert_eq!(kinds, [("city0", "missing"), ("city1", "flat"), ("city2", "missing")]);
    assert!(streamed.stderr.contains("1 run of one value, 2 runs without a value"), "{}", streamed.stderr);
    // What was quiet before the stream is told with its first row.
    place.write("history.csv", part(0, 636));
    let late = quiet(&place.pipe(&follow, part(636, ROWS).as_bytes()));
    assert_eq!(late, found);
}
