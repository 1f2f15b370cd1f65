//! `predict` reads the newest rows alone of long tables in every form: packed, quoted, of objects, of columns, on standard
//! input; and forecasts what the whole tables do.

use std::io::Write;
use std::sync::Arc;

use candle_core::Device;
use lstm_forecast::data::read::Source;
use lstm_forecast::pipeline::{Forecaster, PredictOptions};
use lstm_forecast::report::forecasts::Layout;
use lstm_forecast::report::rows::RowsFormat;
use polars::prelude::*;

use super::support::{Place, uniform, words};

/// Series of a table, and rows of each: some megabytes of text.
const SERIES: usize = 6;
const ROWS: usize = 24_000;
const TRAIN: &str = "train t.csv --target pm --out m.safetensors --quiet --input-window 24 --horizon 6 --hidden-size 8 --ensemble 1 --max-steps 8 --categorical season --features wind";

/// A row: its series, its hour, and its cells.
#[derive(Clone)]
struct Row {
    city: String,
    hour: usize,
    pm: Option<f64>,
    wind: f64,
    season: &'static str,
}

fn table(rows: usize) -> Vec<Row> {
    let mut out = Vec::new();
    for series in 0..SERIES {
        let mut draw = uniform(series as u64 + 1);
        for hour in 0..rows {
            let pm = 50.0 + 9.0 * (hour as f64 * std::f64::consts::TAU / 24.0).sin() + 5.0 * draw();
            let pm = (hour % 13 != series).then_some((pm * 100.0).round() / 100.0);
            let wind = (30.0 + 40.0 * draw()).round() / 10.0;
            out.push(Row {
                city: format!("s{series}"),
                hour,
                pm,
                wind,
                season: ["dry", "wet"][hour / 500 % 2],
            });
        }
    }
    out
}

fn stamp(hour: usize) -> String {
    let at = chrono::DateTime::from_timestamp(1_577_836_800 + 3600 * hour as i64, 0).unwrap();
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// As delimited text: `quote` around its text, or around all cells.
fn text(rows: &[Row], quote: &str, all: bool) -> String {
    let number = if all { quote } else { "" };
    let mut out = format!(
        "{quote}city{quote},{quote}date{quote},{quote}pm{quote},{quote}wind{quote},{quote}season{quote}\n"
    );
    for row in rows {
        let pm = row.pm.map(|pm| format!("{number}{pm:.2}{number}")).unwrap_or_default();
        let (city, date, wind, season) = (&row.city, stamp(row.hour), row.wind, row.season);
        out += &format!(
            "{quote}{city}{quote},{quote}{date}{quote},{pm},{number}{wind:.1}{number},{quote}{season}{quote}\n"
        );
    }
    out
}

/// As objects, with this space after their marks.
fn objects(rows: &[Row], space: &str) -> String {
    let object = |row: &Row| {
        let pm = row.pm.map_or("null".to_owned(), |pm| format!("{pm}"));
        let (city, date, wind, season, s) = (&row.city, stamp(row.hour), row.wind, row.season, space);
        format!(
            "{{\"city\":{s}\"{city}\",{s}\"date\":{s}\"{date}\",{s}\"pm\":{s}{pm},{s}\"wind\":{s}{wind},{s}\"season\":{s}\"{season}\"}}\n"
        )
    };
    rows.iter().map(object).collect()
}

fn frame(rows: &[Row]) -> DataFrame {
    let dates: Vec<i64> = rows.iter().map(|row| 1_577_836_800_000 + 3_600_000 * row.hour as i64).collect();
    let date =
        Column::new("date".into(), dates).cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap();
    let columns = vec![
        Column::new("city".into(), rows.iter().map(|row| row.city.clone()).collect::<Vec<_>>()),
        date,
        Column::new("note".into(), rows.iter().map(|row| format!("row {}", row.hour)).collect::<Vec<_>>()),
        Column::new("pm".into(), rows.iter().map(|row| row.pm).collect::<Vec<_>>()),
        Column::new("wind".into(), rows.iter().map(|row| row.wind).collect::<Vec<_>>()),
        Column::new("season".into(), rows.iter().map(|row| row.season).collect::<Vec<_>>()),
    ];
    DataFrame::new(rows.len(), columns).unwrap()
}

/// As Parquet with row groups of so many rows, with or without statistics.
fn parquet(mut frame: DataFrame, group: usize, statistics: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let kind = if statistics { StatisticsOptions::full() } else { StatisticsOptions::empty() };
    ParquetWriter::new(&mut bytes)
        .with_row_group_size(Some(group))
        .with_statistics(kind)
        .finish(&mut frame)
        .unwrap();
    bytes
}

fn arrow(mut frame: DataFrame) -> Vec<u8> {
    let mut bytes = Vec::new();
    IpcWriter::new(&mut bytes)
        .with_compression(Some(IpcCompression::ZSTD(Default::default())))
        .finish(&mut frame)
        .unwrap();
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A place with a model of the table's first rows.
fn place() -> Place {
    let place = Place::new();
    place.write("t.csv", text(&table(600), "", false));
    place.ok(&words(TRAIN, &[]));
    place
}

/// Forecasts of the newest rows are those of the whole table, on standard input too; whether there were any.
fn same(place: &Place, files: &[Vec<u8>]) -> bool {
    let forecaster = Forecaster::load(place.path("m.safetensors"), &Device::Cpu).unwrap();
    let names: Vec<String> = (0..files.len()).map(|i| format!("table{i}")).collect();
    for (name, bytes) in names.iter().zip(files) {
        place.write(name, bytes);
    }
    let path = |name: &String| place.path(name).display().to_string();
    let mut sources = vec![Source::Paths(names.iter().map(path).collect())];
    if let [only] = files {
        sources.push(Source::Memory { name: "stdin".into(), bytes: Arc::new(only.clone()) });
    }
    let mut found = Vec::new();
    for source in sources {
        for at in [None, Some(stamp(ROWS - 500))] {
            let options = PredictOptions { at, skip_short: true, ..Default::default() };
            let Some(newest) = forecaster.predict_newest(&source, &options) else {
                found.push(false);
                continue;
            };
            let whole = forecaster.predict(&forecaster.read(&source).unwrap(), &options).unwrap();
            let rows = |p: &lstm_forecast::pipeline::Prediction| {
                let rows = p.rows(Layout::Wide).unwrap();
                String::from_utf8(rows.to_bytes(RowsFormat::Csv).unwrap()).unwrap()
            };
            assert_eq!(rows(&newest), rows(&whole));
            assert_eq!(newest.notes(), whole.notes());
            found.push(true);
        }
    }
    assert!(found.iter().all(|f| *f == found[0]), "{found:?}");
    found[0]
}

/// The rows as every form has them.
fn forms(rows: &[Row]) -> Vec<(&'static str, Vec<u8>)> {
    let plain = text(rows, "", false);
    vec![
        ("quoted text", text(rows, "\"", false).into()),
        ("quoted cells", text(rows, "\"", true).into()),
        ("quotes and line feeds with carriage returns", text(rows, "\"", false).replace('\n', "\r\n").into()),
        ("gzip", gzip(plain.as_bytes())),
        ("zstd", zstd(plain.as_bytes())),
        ("gzip, no end of the last line", gzip(plain.trim_end().as_bytes())),
        ("objects", objects(rows, "").into()),
        ("objects with spaces", objects(rows, " ").into()),
        ("objects, packed", zstd(objects(rows, "").as_bytes())),
        ("Parquet", parquet(frame(rows), 10_000, true)),
        ("Parquet without statistics", parquet(frame(rows), 7_000, false)),
        ("Parquet in one group", parquet(frame(rows), 1 << 20, true)),
        ("Arrow", arrow(frame(rows))),
    ]
}

#[test]
fn newest_rows_of_every_form() {
    let place = place();
    let rows = table(ROWS);
    let mut by_time = rows.clone();
    by_time.sort_by_key(|row| row.hour);
    for rows in [rows, by_time] {
        for (form, bytes) in forms(&rows) {
            assert!(same(&place, &[bytes]), "{form}");
        }
    }
}

#[test]
fn tables_of_several_packed_files_and_columns() {
    let place = place();
    let (late, early): (Vec<Row>, Vec<Row>) = table(ROWS).into_iter().partition(|row| row.hour >= 20_000);
    for ((form, early), (_, late)) in forms(&early).into_iter().zip(forms(&late)) {
        // A line without an end is none that another may follow.
        assert!(same(&place, &[early, late]), "{form}");
    }
}

#[test]
fn other_ends_holes_and_names() {
    let place = place();
    let ends = |row: &Row| match row.city.as_str() {
        "s2" => row.hour < ROWS - 40,
        "s3" => row.hour > ROWS - 300,
        _ => row.hour % 97 > 1 && !(1000..1400).contains(&row.hour),
    };
    let rows: Vec<Row> = table(ROWS).into_iter().filter(ends).collect();
    for (form, bytes) in forms(&rows) {
        assert!(same(&place, &[bytes]), "{form}");
    }
    // One that training has not seen, with an umlaut, a comma and a space in its name, is kept whole.
    let mut rows = rows;
    rows.iter_mut().filter(|row| row.city == "s4").for_each(|row| row.city = "Büro, 4".into());
    for (form, bytes) in
        forms(&rows).into_iter().filter(|(form, _)| !form.contains("gzip") && *form != "zstd")
    {
        assert!(same(&place, &[bytes]), "{form}");
    }
}

#[test]
fn what_is_not_plain_in_other_forms_is_read_whole() {
    let place = place();
    let rows = table(ROWS);
    let changed = |change: &dyn Fn(&mut Row)| {
        let mut rows = rows.clone();
        let row = rows.iter_mut().find(|row| row.city == "s1" && row.hour == 900).unwrap();
        change(row);
        rows
    };
    let twice = changed(&|row| row.hour = 899);
    let infinite = changed(&|row| row.wind = f64::INFINITY);
    let season = changed(&|row| row.season = "hot");
    for (what, rows) in [("a stamp twice", &twice), ("a new category", &season)] {
        for (form, bytes) in forms(rows) {
            assert!(!same(&place, &[bytes]), "{what}, {form}");
        }
    }
    for bytes in [
        parquet(frame(&infinite), 10_000, true),
        parquet(frame(&infinite), 10_000, false),
        arrow(frame(&infinite)),
    ] {
        let forecaster = Forecaster::load(place.path("m.safetensors"), &Device::Cpu).unwrap();
        let source = Source::Memory { name: "t".into(), bytes: Arc::new(bytes) };
        assert!(forecaster.predict_newest(&source, &PredictOptions::default()).is_none());
        assert!(forecaster.read(&source).unwrap_err().to_string().contains("infinite"));
    }
    let whole = objects(&rows, "");
    let old = "{\"city\":\"s0\",\"date\":\"2020-01-02T00:00:00\",";
    assert!(whole.contains(old));
    for (what, text) in [
        ("other names", whole.replacen(old, "{\"date\":\"2020-01-02T00:00:00\",\"city\":\"s0\",", 1)),
        ("an escape", whole.replacen(old, "{\"city\":\"\\u00730\",\"date\":\"2020-01-02T00:00:00\",", 1)),
        ("no name", whole.replacen(old, "{\"city\":null,\"date\":\"2020-01-02T00:00:00\",", 1)),
        ("an empty line", whole.replacen(old, &format!("\n{old}"), 1)),
        ("half a line", whole.replacen(old, "{\"city\":\"s0\"\n", 1)),
        ("a list", whole.replacen(old, "{\"city\":[\"s0\"],\"date\":\"2020-01-02T00:00:00\",", 1)),
        ("NaN", whole.replacen("null", "NaN", 1)),
    ] {
        let forecaster = Forecaster::load(place.path("m.safetensors"), &Device::Cpu).unwrap();
        let source = Source::Memory { name: "t".into(), bytes: Arc::new(text.into_bytes()) };
        assert!(forecaster.predict_newest(&source, &PredictOptions::default()).is_none(), "{what}");
    }
    // A packed file that is cut off, and one whose checksum is wrong.
    let packed = gzip(text(&rows, "", false).as_bytes());
    let mut wrong = packed.clone();
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    for bytes in [&packed[..packed.len() - 100], &wrong] {
        place.write("t.csv.gz", bytes);
        let ran = place.run(&words("predict m.safetensors t.csv.gz", &[]));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("damaged or cut off"), "{}", ran.stderr);
    }
}

#[test]
fn standard_input_is_read_for_its_newest_rows() {
    let place = place();
    let rows = table(ROWS);
    for (form, bytes) in forms(&rows) {
        place.write("table", &bytes);
        let line = words("predict m.safetensors", &[]);
        let file = place.ok(&[&line[..], &["table"]].concat()).stdout;
        let stream = place.pipe(&[&line[..], &["-"]].concat(), &bytes).stdout;
        assert_eq!(file, stream, "{form}");
    }
    // What is wrong is told of standard input as of a file.
    let bad = text(&rows, "", false).replacen(",dry", "x,dry", 1);
    let ran = place.pipe(&words("predict m.safetensors -", &[]), bad.as_bytes());
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("stdin, row 2, column `wind`"), "{}", ran.stderr);
}
