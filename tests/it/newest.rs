//! `predict` of long tables reads their newest rows alone, and says and forecasts what the whole tables do.

use candle_core::Device;
use lstm_forecast::data::read::Source;
use lstm_forecast::pipeline::{Forecaster, PredictOptions};
use lstm_forecast::report::forecasts::Layout;
use lstm_forecast::report::rows::RowsFormat;

use super::support::{Place, uniform, words};

/// Series of a table, and rows of each: more than a megabyte.
const SERIES: usize = 6;
const ROWS: usize = 6000;
const TRAIN: &str = "train t.csv --target pm --out m.safetensors --quiet --input-window 24 --horizon 6 --hidden-size 8 --ensemble 1 --max-steps 8";

/// A row of the table: its series, its hour, and its cells after the key.
struct Row {
    series: usize,
    hour: usize,
    cells: String,
}

fn table(rows: usize) -> Vec<Row> {
    let mut out = Vec::new();
    for series in 0..SERIES {
        let mut draw = uniform(series as u64 + 1);
        for hour in 0..rows {
            let pm = 50.0 + 9.0 * (hour as f64 * std::f64::consts::TAU / 24.0).sin() + 5.0 * draw();
            let season = ["dry", "wet"][usize::from(hour / 500 % 2 == 1)];
            let cells = format!("{pm:.2},{:.1},{season}", 3.0 + 4.0 * draw());
            out.push(Row { series, hour, cells });
        }
    }
    out
}

fn stamp(hour: usize) -> String {
    let at = chrono::DateTime::from_timestamp(1_577_836_800 + 3600 * hour as i64, 0).unwrap();
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn text(rows: &[Row]) -> String {
    let line = |row: &Row| format!("s{},{},{}\n", row.series, stamp(row.hour), row.cells);
    format!("city,date,pm,wind,season\n{}", rows.iter().map(line).collect::<String>())
}

/// A place with a model of the table's first rows, and more words for its training.
fn place(more: &str) -> Place {
    let place = Place::new();
    place.write("t.csv", text(&table(600)));
    place.ok(&words(TRAIN, &words(more, &[])));
    place
}

/// Forecasts of the newest rows are those of the whole table; whether there were any.
fn same(place: &Place, options: &PredictOptions) -> bool {
    let names = ["t.csv", "u.csv"].into_iter().filter(|name| place.path(name).exists());
    let path = |name: &str| place.path(name).display().to_string();
    same_of(place, &Source::Paths(names.map(path).collect()), options)
}

/// The same, of a source.
fn same_of(place: &Place, source: &Source, options: &PredictOptions) -> bool {
    let forecaster = Forecaster::load(place.path("m.safetensors"), &Device::Cpu).unwrap();
    let Some(newest) = forecaster.predict_newest(source, options) else { return false };
    let whole = forecaster.predict(&forecaster.read(source).unwrap(), options).unwrap();
    let bytes = |prediction: &lstm_forecast::pipeline::Prediction| {
        let rows = prediction.rows(Layout::Wide).unwrap();
        String::from_utf8(rows.to_bytes(RowsFormat::Csv).unwrap()).unwrap()
    };
    assert_eq!(bytes(&newest), bytes(&whole));
    assert_eq!(newest.notes(), whole.notes());
    true
}

fn check(place: &Place, text: impl AsRef<[u8]>) -> bool {
    place.write("t.csv", text);
    same(place, &PredictOptions::default())
}

/// The table changed row by row; rows of which nothing is given back are left out.
fn changed(change: impl Fn(Row) -> Option<Row>) -> String {
    text(&table(ROWS).into_iter().filter_map(change).collect::<Vec<_>>())
}

#[test]
fn newest_rows_forecast_what_the_whole_table_does() {
    for more in
        ["", "--decoder direct", "--categorical season --features wind", "--scaler global --pad-short"]
    {
        let place = place(more);
        let whole = table(ROWS);
        assert!(check(&place, text(&whole)), "{more}");
        let mut by_time: Vec<Row> = table(ROWS);
        by_time.sort_by_key(|row| row.hour);
        assert!(check(&place, text(&by_time)), "{more}");
        assert!(check(&place, text(&whole).replace('\n', "\r\n")), "{more}");
        assert!(check(&place, text(&whole).trim_end()), "{more}");
        for at in [300, 5000, ROWS - 1] {
            let options = PredictOptions { at: Some(stamp(at)), ..Default::default() };
            place.write("t.csv", text(&whole));
            assert!(same(&place, &options) || at == 300, "{more} at {at}");
        }
        let options = PredictOptions { only: Some(vec!["s3".into()]), ..Default::default() };
        assert!(same(&place, &options), "{more}");
    }
}

#[test]
fn tables_with_holes_and_ends_of_their_own() {
    let place = place("");
    // One ends before the others, one begins late, one was not seen in training.
    let ends = |row: Row| match row.series {
        2 if row.hour > ROWS - 40 => None,
        3 if row.hour < ROWS - 300 => None,
        4 => Some(Row { series: 9, ..row }),
        _ => Some(row),
    };
    assert!(check(&place, changed(ends)));
    // The target is missing at the end of one, and here and there in all.
    let missing = |row: Row| {
        let gone = row.series == 1 && row.hour > ROWS - 20 || row.hour % 13 == row.series;
        let cells = if gone { format!(",{}", row.cells.split_once(',').unwrap().1) } else { row.cells };
        Some(Row { cells, ..row })
    };
    assert!(check(&place, changed(missing)));
    // Short holes, a long one in the past, and one among the newest rows.
    let holes = |row: Row| {
        let gone = row.hour % 97 < 2
            || (1000..1400).contains(&row.hour)
            || (ROWS - 90..ROWS - 60).contains(&row.hour);
        (!gone).then_some(row)
    };
    assert!(check(&place, changed(holes)));
    let words =
        |row: Row| Some(Row { cells: row.cells.replace(",5.0,", ",NA,").replace(",4.0,", ",,"), ..row });
    assert!(check(&place, changed(words)));
    // Two files, the second of which goes on where the first ends.
    let parts = |late: bool| {
        text(&table(ROWS).into_iter().filter(|row| (row.hour >= 3000) == late).collect::<Vec<_>>())
    };
    place.write("u.csv", parts(true));
    assert!(check(&place, parts(false)));
}

#[test]
fn three_decimals_and_semicolons() {
    let rows = |rows: usize| {
        let line =
            |row: &Row| format!("s{};{};{}\n", row.series, stamp(row.hour), row.cells.replace(',', ";"));
        format!("city;date;pm;wind;season\n{}", table(rows).iter().map(line).collect::<String>())
    };
    let place = Place::new();
    place.write("t.csv", rows(600));
    place.ok(&words(TRAIN, &[]));
    assert!(check(&place, rows(ROWS)));
    let fine = |rows: usize| {
        text(&table(rows))
            .replace(",3.", ",3.12")
            .replace(",4.", ",4.12")
            .replace(",5.", ",5.12")
            .replace(",6.", ",6.12")
    };
    place.write("t.csv", fine(600));
    place.ok(&words(TRAIN, &[]));
    assert!(check(&place, fine(ROWS)));
}

#[test]
fn days_and_one_series() {
    let day = |hour: usize| {
        chrono::DateTime::from_timestamp(86_400 * hour as i64, 0).unwrap().format("%Y-%m-%d").to_string()
    };
    let rows = |rows: usize| {
        let line = |row: &Row| format!("{},{}\n", day(row.hour), row.cells);
        let one: String = table(rows).iter().filter(|row| row.series == 0).map(line).collect();
        format!("date,pm,wind,season\n{one}")
    };
    let place = Place::new();
    place.write("t.csv", rows(600));
    place.ok(&words(TRAIN, &[]));
    assert!(check(&place, rows(45_000)));
}

#[test]
fn what_is_not_plain_is_read_whole() {
    let place = place("");
    let whole = text(&table(ROWS));
    let old = "s0,2020-01-02T00:00:00,";
    assert!(whole.contains(old));
    let gone = whole.replacen("s0,2020-02-01T00:00:00", "s0,2020-02-01T00:30:00", 1);
    let twice = whole.replacen("s0,2020-02-01T01:00:00", "s0,2020-02-01T00:00:00", 1);
    for (what, text) in [
        ("a word", whole.replacen(old, "s0,2020-01-02T00:00:00,x", 1)),
        ("a quote within a cell", whole.replacen(old, "s\"0,2020-01-02T00:00:00,", 1)),
        ("a doubled quote", whole.replacen(old, "\"s\"\"0\",2020-01-02T00:00:00,", 1)),
        ("a line end in quotes", whole.replacen(old, "\"s\n0\",2020-01-02T00:00:00,", 1)),
        ("a cell too many", whole.replacen(old, "s0,2020-01-02T00:00:00,1,", 1)),
        ("a thousand", whole.replacen(old, "s0,2020-01-02T00:00:00,1 0", 1)),
        ("another form of date", whole.replacen(old, "s0,02.01.2020,", 1)),
        ("no name", whole.replacen(old, ",2020-01-02T00:00:00,", 1)),
        ("spaces around a name", whole.replacen(old, " s0,2020-01-02T00:00:00,", 1)),
        ("an empty line", whole.replacen(old, "\ns0,2020-01-02T00:00:00,", 1)),
        ("off the grid", gone),
        ("a stamp twice", twice),
        ("Latin-1", whole.replacen("dry", "d\u{0}", 1)),
        ("no series known", whole.replace("\ns", "\nz")),
    ] {
        assert!(!check(&place, text), "{what}");
    }
    let mut latin = whole.clone().into_bytes();
    let at = whole.find("dry").unwrap();
    latin[at] = 0xe9;
    assert!(!check(&place, latin));
    // The target is missing in all of the newest rows.
    let silent = |row: Row| {
        let gone = row.series == 1 && row.hour > 3000;
        let cells = if gone { format!(",{}", row.cells.split_once(',').unwrap().1) } else { row.cells };
        Some(Row { cells, ..row })
    };
    assert!(!check(&place, changed(silent)));
    // In no order.
    let mut rows = table(ROWS);
    rows.reverse();
    assert!(!check(&place, text(&rows)));
    // What the program says of a bad row is said of its own row of the file.
    place.write("t.csv", whole.replacen(old, "s0,2020-01-02T00:00:00,x", 1));
    let ran = place.run(&words("predict m.safetensors t.csv", &[]));
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("t.csv, row 26, column `pm`"), "{}", ran.stderr);
}

#[test]
fn the_program_prints_the_same_with_all_notes() {
    let place = place("");
    place.write("t.csv", changed(|row| (row.series != 2 || row.hour < ROWS - 40).then_some(row)));
    let line = words("predict m.safetensors t.csv --interval 80 --with origin,step", &[]);
    // With -v the table is read whole, for its notes.
    let (newest, whole) = (place.ok(&line), place.ok(&[&line[..], &["-v"]].concat()));
    assert_eq!(newest.stdout, whole.stdout);
    assert!(newest.stderr.contains("s2 ends at "), "{}", newest.stderr);
}
