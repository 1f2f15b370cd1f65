//! The reader through its public face: properties on made-up tables in every dialect.

use super::reader_real::content;
use super::support::reading;
use lstm_forecast::config::DataConfig;
use lstm_forecast::data::read::{ReadOptions, read_bytes};
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
    let options = reading(DataConfig {
        features: Some(made.names.clone()),
        delimiter: Some(d),
        // Three decimals everywhere would be asked about.
        decimal: Some(if dress.decimal_comma { ',' } else { '.' }),
        time_format: (dress.stamp == 3).then(|| "%d/%m/%Y %H.%M.%S".to_owned()),
        skip_rows: Some(dress.preamble),
        ..DataConfig::default()
    });
    (bytes, options)
}

fn expected(made: &Made, shift: i64) -> Vec<(String, i64, Vec<Option<u64>>)> {
    let bits = |v: &Option<f64>| v.map(f64::to_bits);
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
        let json = read_bytes("made.ndjson", text.into_bytes(), &reading(DataConfig { features: options.settings.features, ..DataConfig::default() })).unwrap();
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
