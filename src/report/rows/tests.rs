use super::*;

fn rows() -> Rows {
    let column = |name: &str, cells| (name.to_string(), cells);
    Rows {
        columns: vec![
            column(
                "city",
                Cells::Category { codes: vec![1, 0], names: vec!["Graz".into(), "a,\"b\"\n".into()] },
            ),
            column(
                "date",
                Cells::Stamp {
                    text: vec!["2020-01-01".into(), "2020-01-02".into()],
                    seconds: vec![1_577_836_800, 1_577_923_200],
                    date_only: true,
                    zone: None,
                },
            ),
            column("step", Cells::Int(vec![1, -2])),
            column("PM2.5", Cells::Float { values: vec![12.345_678_9, f64::NAN], digits: 6 }),
            column("actual", Cells::float(vec![0.1 + 0.2, 5.0])),
            column("lag\t1", Cells::Single(vec![0.1, f32::NAN])),
            column("note", Cells::Text(vec![" x".into(), String::new()])),
        ],
    }
}

fn text(format: RowsFormat) -> String {
    String::from_utf8(rows().to_bytes(format).unwrap()).unwrap()
}

#[test]
fn csv_and_tsv() {
    let expected = "city,date,step,PM2.5,actual,lag\t1,note\n\
        \"a,\"\"b\"\"\n\",2020-01-01,1,12.3457,0.30000000000000004,0.1,\" x\"\n\
        Graz,2020-01-02,-2,,5.0,,\n";
    assert_eq!(text(RowsFormat::Csv), expected);
    assert!(text(RowsFormat::Tsv).starts_with("city\tdate\tstep\tPM2.5\tactual\t\"lag\t1\"\tnote\n"));
}

#[test]
fn json_lines_and_array() {
    let lines = text(RowsFormat::Ndjson);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["city"], "a,\"b\"\n");
    assert_eq!(first["PM2.5"], 12.3457);
    assert!(
        lines.contains(r#"{"city":"Graz","date":"2020-01-02","step":-2,"PM2.5":null,"actual":5.0"#),
        "{lines}"
    );
    let array: serde_json::Value = serde_json::from_str(&text(RowsFormat::Json)).unwrap();
    assert_eq!(array.as_array().unwrap().len(), 2);
    assert_eq!(array[0], first);
    assert_eq!(Rows::default().to_bytes(RowsFormat::Json).unwrap(), b"[]\n");
}

#[test]
fn chunks_make_one_table() {
    for (_, format) in RowsFormat::NAMES {
        let mut bytes = Vec::new();
        let mut writer = RowWriter::new(&mut bytes, format);
        let half = |from: usize| Rows {
            columns: vec![("n".into(), Cells::Int(vec![from as i64, from as i64 + 1]))],
        };
        writer.write(&half(0)).unwrap();
        writer.write(&half(2)).unwrap();
        writer.finish().unwrap();
        let whole = Rows { columns: vec![("n".into(), Cells::Int(vec![0, 1, 2, 3]))] };
        if !matches!(format, RowsFormat::Parquet | RowsFormat::Arrow | RowsFormat::ArrowStream) {
            assert_eq!(bytes, whole.to_bytes(format).unwrap(), "{format:?}");
        } else {
            assert_eq!(read(format, bytes).height(), 4);
        }
    }
}

fn read(format: RowsFormat, bytes: Vec<u8>) -> polars::prelude::DataFrame {
    use polars::prelude::{IpcReader, IpcStreamReader, ParquetReader, SerReader};
    let cursor = std::io::Cursor::new(bytes);
    match format {
        RowsFormat::Parquet => ParquetReader::new(cursor).finish().unwrap(),
        RowsFormat::ArrowStream => IpcStreamReader::new(cursor).finish().unwrap(),
        _ => IpcReader::new(cursor).finish().unwrap(),
    }
}

#[test]
fn parquet_and_arrow_keep_types_and_nulls() {
    use polars::prelude::DataType;
    for format in [RowsFormat::Parquet, RowsFormat::Arrow] {
        let frame = read(format, rows().to_bytes(format).unwrap());
        assert_eq!(frame.height(), 2);
        let types: Vec<_> = frame.dtypes();
        assert_eq!(
            types,
            [
                DataType::String,
                DataType::Date,
                DataType::Int64,
                DataType::Float64,
                DataType::Float64,
                DataType::Float32,
                DataType::String
            ]
        );
        assert_eq!(frame.column("PM2.5").unwrap().null_count(), 1);
        assert_eq!(frame.column("PM2.5").unwrap().f64().unwrap().get(0), Some(12.3457));
        let days = frame.column("date").unwrap().cast(&DataType::Int32).unwrap();
        assert_eq!(days.i32().unwrap().get(0), Some(18_262)); // 2020-01-01
    }
}

#[test]
fn stamps_with_a_clock() {
    use polars::prelude::{DataType, TimeUnit};
    let at = |zone: Option<&str>| Rows {
        columns: vec![(
            "t".into(),
            Cells::Stamp {
                text: vec!["x".into()],
                seconds: vec![3600],
                date_only: false,
                zone: zone.map(String::from),
            },
        )],
    };
    for zone in [None, Some("UTC"), Some("Asia/Seoul")] {
        let frame = read(RowsFormat::Arrow, at(zone).to_bytes(RowsFormat::Arrow).unwrap());
        match frame.column("t").unwrap().dtype() {
            DataType::Datetime(TimeUnit::Microseconds, got) => {
                assert_eq!(got.as_ref().map(|z| z.as_str()), zone);
            }
            other => panic!("{other}"),
        }
        let micros = frame.column("t").unwrap().cast(&DataType::Int64).unwrap();
        assert_eq!(micros.i64().unwrap().get(0), Some(3_600_000_000));
    }
}

#[test]
fn table_is_aligned() {
    let rows = Rows {
        columns: vec![
            ("city".into(), Cells::Text(vec!["Rome".into(), "Ho Chi Minh".into()])),
            ("PM2.5".into(), Cells::Float { values: vec![12.3456, 101.0], digits: 6 }),
        ],
    };
    let expected = "city         PM2.5\nRome          12.3\nHo Chi Minh  101.0\n";
    assert_eq!(String::from_utf8(rows.to_bytes(RowsFormat::Table).unwrap()).unwrap(), expected);
}

#[test]
fn equal_names_are_an_error_not_a_panic() {
    let rows = Rows { columns: vec![("a".into(), Cells::Int(vec![1])), ("a".into(), Cells::Int(vec![1]))] };
    assert!(rows.to_bytes(RowsFormat::Parquet).is_err());
    assert!(rows.to_bytes(RowsFormat::Arrow).is_err());
}

#[test]
fn format_names() {
    assert_eq!("Parquet".parse(), Ok(RowsFormat::Parquet));
    assert!("parket".parse::<RowsFormat>().unwrap_err().contains("parquet"));
    assert_eq!(RowsFormat::of_path("x/y.NDJSON".as_ref()), Some(RowsFormat::Ndjson));
    assert_eq!(RowsFormat::of_path("x/y.feather".as_ref()), Some(RowsFormat::Arrow));
    assert_eq!(RowsFormat::of_path("x/y".as_ref()), None);
    assert_eq!(RowsFormat::of_path("x/y.txt".as_ref()), None);
}

/// RFC 4180, written from its grammar.
fn parse_csv(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            c if c == delimiter && !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

proptest::proptest! {
    #[test]
    fn whatever_is_written_reads_back(
        name in "[a-z,\"\t\r\n é;]{1,6}",
        cells in proptest::collection::vec(("[a-z,\"\t\r\n é;|]{0,6}", proptest::num::f64::NORMAL), 1..6),
    ) {
        let (texts, numbers): (Vec<String>, Vec<f64>) = cells.into_iter().unzip();
        let rows = Rows {
            columns: vec![(name.clone(), Cells::Text(texts.clone())), ("VALUE".into(), Cells::float(numbers.clone()))],
        };
        for (format, delimiter) in [(RowsFormat::Csv, ','), (RowsFormat::Tsv, '\t')] {
            let table = parse_csv(&String::from_utf8(rows.to_bytes(format).unwrap()).unwrap(), delimiter);
            proptest::prop_assert_eq!(&table[0][0], &name);
            proptest::prop_assert_eq!(table.len(), texts.len() + 1);
            for ((row, text), number) in table[1..].iter().zip(&texts).zip(&numbers) {
                proptest::prop_assert_eq!(&row[0], text);
                proptest::prop_assert_eq!(row[1].parse::<f64>().unwrap(), *number);
            }
        }
        let json: serde_json::Value = serde_json::from_slice(&rows.to_bytes(RowsFormat::Json).unwrap()).unwrap();
        for ((row, text), number) in json.as_array().unwrap().iter().zip(&texts).zip(&numbers) {
            proptest::prop_assert_eq!(row[&name].as_str().unwrap(), text);
            // serde_json's own reading may be off by one unit in the last place.
            let read = row["VALUE"].as_f64().unwrap();
            proptest::prop_assert!((read - number).abs() <= 1e-15 * number.abs());
        }
    }
}
