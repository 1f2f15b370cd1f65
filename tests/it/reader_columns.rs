//! Parquet, Arrow files and streams: types read as what they are, folders that are columns, and
//! damage that must end in a refusal.

use lstm_forecast::config::DataConfig;
use lstm_forecast::data::long::LongFrame;
use lstm_forecast::data::read::{ReadOptions, read_bytes};
use lstm_forecast::error::Result;
use polars::prelude::*;

use crate::support::{Place, reading};

const HOUR: i64 = 3_600_000_000;

/// Sixty hours of two cities; the series, the stamps and a target in types of their own.
fn hours() -> DataFrame {
    let n = 120;
    let stamps: Vec<i64> = (0..n).map(|i| (420_000 + i64::from(i / 2)) * HOUR).collect();
    let stamps =
        Column::new("when".into(), stamps).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    let city = Column::new(
        "city".into(),
        (0..n).map(|i| if i % 2 == 0 { "Ulm" } else { "Bonn" }).collect::<Vec<_>>(),
    );
    let x = Column::new("x".into(), (0..n).map(|i| f64::from(i % 9) + 0.25).collect::<Vec<_>>());
    DataFrame::new(n as usize, vec![stamps, city, x]).unwrap()
}

fn parquet(frame: &DataFrame) -> Vec<u8> {
    let mut out = Vec::new();
    ParquetWriter::new(&mut out).finish(&mut frame.clone()).unwrap();
    out
}

fn arrow(frame: &DataFrame) -> Vec<u8> {
    let mut out = Vec::new();
    IpcWriter::new(&mut out).finish(&mut frame.clone()).unwrap();
    out
}

fn stream(frame: &DataFrame) -> Vec<u8> {
    let mut out = Vec::new();
    IpcStreamWriter::new(&mut out).finish(&mut frame.clone()).unwrap();
    out
}

fn packed(frame: &DataFrame) -> Vec<u8> {
    let mut out = Vec::new();
    IpcWriter::new(&mut out)
        .with_compression(Some(IpcCompression::ZSTD(Default::default())))
        .finish(&mut frame.clone())
        .unwrap();
    out
}

fn read(name: &str, bytes: Vec<u8>) -> Result<LongFrame> {
    read_bytes(name, bytes, &ReadOptions::default())
}

fn column<'f>(frame: &'f LongFrame, name: &str) -> &'f [f64] {
    &frame.columns.iter().find(|c| c.name == name).unwrap().values
}

#[test]
fn every_format_is_one_table() {
    let frame = hours();
    for bytes in [parquet(&frame), arrow(&frame), stream(&frame), packed(&frame)] {
        let f = read("t", bytes).unwrap();
        assert_eq!(f.series.iter().map(ToString::to_string).collect::<Vec<_>>(), ["Bonn", "Ulm"]);
        assert_eq!((f.stamps[0], f.stamps[119]), (420_000 * 3600, 420_059 * 3600));
        assert_eq!((column(&f, "x")[8], column(&f, "x")[9]), (8.25, 0.25));
    }
}

#[test]
fn a_stream_comes_through_a_pipe() {
    let place = Place::new();
    let ran = place.pipe(&["ingest", "-", "--format", "json"], &stream(&hours()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((told["freq"].as_str(), told["series"].as_array().map(Vec::len)), (Some("1h"), Some(2)));
}

#[test]
fn types_are_read_as_what_they_are() {
    let n = 40usize;
    let int = |name: &str, kind: DataType| {
        Column::new(name.into(), (0..n as i64).map(|i| i % 7).collect::<Vec<_>>()).cast(&kind).unwrap()
    };
    let text = |name: &str, values: [&str; 2]| {
        Column::new(name.into(), (0..n).map(|i| values[i % 2]).collect::<Vec<_>>())
    };
    let days = Column::new("date".into(), (0..n as i32).map(|i| 17_900 + i / 2).collect::<Vec<_>>());
    let mut columns = vec![
        days.cast(&DataType::Date).unwrap(),
        Column::new("clock".into(), (0..n as i64).map(|i| i % 2 * 43_200_000_000_000).collect::<Vec<_>>())
            .cast(&DataType::Time)
            .unwrap(),
        text("kind", ["a", "b"]).cast(&DataType::from_categories(Categories::global())).unwrap(),
        Column::new("price".into(), (0..n as i64).map(|i| i as f64 + 0.5).collect::<Vec<_>>())
            .cast(&DataType::Decimal(12, 2))
            .unwrap(),
        Column::new("took".into(), (0..n as i64).map(|i| i * 1500).collect::<Vec<_>>())
            .cast(&DataType::Duration(TimeUnit::Milliseconds))
            .unwrap(),
        Column::new("list".into(), vec![Series::new("".into(), [1i64, 2]); n]),
        Column::new("raw".into(), vec![&b"ab"[..]; n]),
    ];
    let kinds = [
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::UInt8,
        DataType::UInt16,
        DataType::UInt32,
    ];
    for kind in kinds {
        columns.push(int(&format!("{kind}"), kind));
    }
    let frame = DataFrame::new(n, columns).unwrap();
    for bytes in [parquet(&frame), arrow(&frame), stream(&frame)] {
        let f = read("t", bytes).unwrap();
        assert_eq!(f.time.columns, ["date", "clock"]);
        assert_eq!((f.stamps[0], f.stamps[1]), (17_900 * 86_400, 17_900 * 86_400 + 43_200));
        assert_eq!((column(&f, "price")[3], column(&f, "took")[3]), (3.5, 4.5));
        assert_eq!((column(&f, "i8")[5], column(&f, "u32")[8]), (5.0, 1.0));
        let told: Vec<&str> = f.notes.iter().map(|n| n.text.as_str()).collect();
        assert!(told.contains(&"durations in `took` read as seconds"), "{told:?}");
        assert!(
            told.iter()
                .any(|t| t.contains("text columns left out") && t.contains("list") && t.contains("raw")),
            "{told:?}"
        );
    }
}

#[test]
fn folders_named_by_key_and_value_are_columns() {
    let place = Place::new();
    let frame = hours();
    for (city, name) in [("S%C3%A3o%20Paulo", "Ulm"), ("Bonn", "Bonn")] {
        let of = frame.column("city").unwrap().str().unwrap().equal(name);
        let part = frame.filter(&of).unwrap().drop("city").unwrap();
        for (month, rows) in [("01", part.slice(0, 30)), ("02", part.slice(30, 30))] {
            let folder = place.path("data").join(format!("city={city}/month={month}"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("part-0.parquet"), parquet(&rows)).unwrap();
        }
    }
    let ran = place.ok(&["ingest", "data", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let names: Vec<&str> =
        told["series"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["Bonn", "São Paulo"], "{}", ran.stdout);
    std::fs::write(place.path("data/loose.parquet"), parquet(&frame)).unwrap();
    let ran = place.run(&["ingest", "data"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("key=value"), "{}", ran.stderr);
}

/// Small numbers that come in the same order on every machine (splitmix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

#[test]
fn no_small_mutation_ends_the_program() {
    let mut draws = Draws(15);
    let settings = DataConfig { max_memory: Some("64MiB".into()), ..DataConfig::default() };
    let options = reading(settings);
    let rounds: usize = std::env::var("MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    let frame = hours();
    for (name, whole) in [
        ("parquet", parquet(&frame)),
        ("arrow", arrow(&frame)),
        ("stream", stream(&frame)),
        ("packed", packed(&frame)),
    ] {
        assert!(read_bytes(name, whole.clone(), &options).is_ok(), "{name}");
        for _ in 0..rounds {
            let mut bytes = whole.clone();
            for _ in 0..=draws.below(3) {
                let at = draws.below(bytes.len());
                match draws.below(4) {
                    0 => bytes[at] ^= 1 << draws.below(8),
                    1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][draws.below(5)],
                    2 => bytes.truncate(at.max(8)),
                    _ => {
                        let end = (at + 8).min(bytes.len());
                        bytes[at..end].fill([0, 0x7f, 0xff][draws.below(3)]);
                    }
                }
            }
            if let Err(error) = read_bytes(name, bytes, &options) {
                assert!(matches!(error.exit_code(), 2..=4), "{name}: {error}");
            }
        }
    }
}

/// Arrow has types that the decoder does not know; a table is read without such columns.
#[test]
fn columns_of_odd_types_refuse_no_file() {
    let place = Place::new();
    let seeds = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/columns");
    let all = std::fs::read_dir(&seeds).unwrap().map(|entry| entry.unwrap().path());
    let odd: Vec<_> =
        all.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("odd-")).collect();
    assert!(odd.len() > 8, "{odd:?}");
    for path in odd {
        let ran = place.ok(&["ingest", path.to_str().unwrap(), "--target", "x", "--format", "json"]);
        let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(
            (told["rows"].as_u64(), told["freq"].as_str()),
            (Some(48), Some("1h")),
            "{}",
            path.display()
        );
        let x = &told["columns"].as_array().unwrap()[0];
        let mean = x["mean"].as_f64().unwrap();
        let wanted = (0..48).map(|i| (f64::from(i) / 4.0).sin() + 5.0).sum::<f64>() / 48.0;
        assert!((mean - wanted).abs() < 1e-9, "{}: {mean}, not {wanted}", path.display());
    }
}

/// The page headers of a Parquet file say how many values follow; one below zero made the decoder
/// ask for 2^61 bytes, which ends a program. (Thrift's varint of 120 is `f0 01`, of -120 `ef 01`.)
#[test]
fn a_page_of_less_than_no_values_is_refused() {
    let good = parquet(&hours());
    let header = [0x15, 0xf0, 0x01];
    let places: Vec<usize> = (0..good.len() - 2).filter(|&at| good[at..].starts_with(&header)).collect();
    assert!(places.len() >= 3, "a page header for every column: {places:?}");
    for at in places {
        let mut bytes = good.clone();
        bytes[at + 1] = 0xef;
        let error = read("t.parquet", bytes).unwrap_err().to_string();
        assert!(error.contains("damaged"), "{error}");
    }
}
