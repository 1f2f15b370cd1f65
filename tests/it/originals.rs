//! Files as they were published, read by the program with few options or none beside the target
//! (a README table lists them). Each is trained a few steps, evaluated and forecast from.

use super::support::{Place, Ran, csv, real};

const FEW: [&str; 9] =
    ["--max-steps", "3", "--hidden-size", "8", "--ensemble", "1", "--batch-size", "16", "--quiet"];

const AIR: &str = "TEMPERATURA DO AR - BULBO SECO, HORARIA (°C)";

fn train(place: &Place, table: &str, options: &[&str]) -> Ran {
    place.run(&[&["train", table][..], &FEW, options].concat())
}

/// The header and the first row of the forecast.
fn forecast(place: &Place, table: &str) -> (String, String) {
    place.ok(&["evaluate", "model.safetensors", table]);
    let text = place.ok(&["predict", "model.safetensors", table]).stdout;
    let mut lines = text.lines().map(str::to_owned);
    (lines.next().unwrap_or_default(), lines.next().unwrap_or_default())
}

#[test]
fn originals_need_little_beside_a_target() {
    // The forecast's columns, and how its first row begins: stamps in the form of the table, one
    // step after its last row (from the files by eye).
    let inmet = &format!("Data,Hora UTC,\"{AIR}\"");
    for (table, target, header, row) in [
        ("AirQualityUCI.csv", "NO2(GT)", "Date,Time,NO2(GT)", "04/04/2005,15.00.00,"),
        (
            "PRSA_Data_Changping_20130301-20170228.csv",
            "PM2.5",
            "station,year,month,day,hour,PM2.5",
            "Changping,2017,3,1,0,",
        ),
        ("inmet_A001_latin1.csv", AIR, inmet, "2026/06/01,0000 UTC,"),
        ("inmet_B824_latin1.csv", AIR, inmet, "2026/06/01,0000 UTC,"),
        ("inmet_B855_latin1.csv", AIR, inmet, "2026/06/01,0000 UTC,"),
        (
            "metro_interstate_traffic.csv",
            "traffic_volume",
            "date_time,traffic_volume",
            "2018-10-01 00:00:00,",
        ),
        ("nycflights13_weather.csv", "temp", "origin,time_hour,temp", "EWR,2013-12-31T00:00:00Z,"),
        ("seoul_bikes_latin1.csv", "Rented Bike Count", "Date,Hour,Rented Bike Count", "01/12/2018,0,"),
        (
            "seoul_bikes_utf8bom_semicolon.csv",
            "Rented Bike Count",
            "Date,Hour,Rented Bike Count",
            "01/12/2018,0,",
        ),
    ] {
        let Some(path) = real(&format!("original/{table}")) else { return };
        let place = Place::new();
        let extra: &[&str] = if table == "AirQualityUCI.csv" { &["--missing=-200"] } else { &[] };
        let ran = train(&place, &path, &[&["--target", target], extra].concat());
        assert_eq!(ran.code, 0, "{table}: {}", ran.stderr);
        let (head, first) = forecast(&place, &path);
        assert_eq!(head, header, "{table}");
        assert!(first.starts_with(row) && first.len() > row.len(), "{table}: {first}");
    }
}

#[test]
fn a_station_that_never_reported_is_refused() {
    let Some(path) = real("original/inmet_A917_latin1.csv") else { return };
    let ran = train(&Place::new(), &path, &["--target", AIR]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("the target has no value at all"), "{}", ran.stderr);
}

#[test]
fn a_file_a_station_makes_one_table() {
    let Some(one) = real("original/inmet_A001_latin1.csv") else { return };
    let path = one.replace("inmet_A001", "inmet_*");
    let place = Place::new();
    let ran = train(&place, &path, &["--target", AIR, "--series-from-filename"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    place.ok(&["evaluate", "model.safetensors", &path, "--series-from-filename"]);
    let rows = csv(&place.ok(&["predict", "model.safetensors", &path, "--series-from-filename"]).stdout);
    let series: std::collections::BTreeSet<&str> = rows.iter().skip(1).map(|r| r[0].as_str()).collect();
    // A917 has no temperature at all.
    let expected = ["inmet_A001_latin1", "inmet_A003_latin1", "inmet_B824_latin1", "inmet_B855_latin1"];
    assert_eq!(series.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_test_part_without_values_is_explained() {
    let Some(path) = real("original/inmet_A003_latin1.csv") else { return };
    let place = Place::new();
    let few = &FEW[..FEW.len() - 1]; // not --quiet
    let arguments = [&["train", &path, "--target", AIR][..], few].concat();
    let ran = place.ok(&arguments);
    // The station fell silent in April: the last value of the file is in the line of 2026/04/01 2100 UTC.
    let why = format!(
        "no test window of 168 + 24 rows (input window + horizon) fits from 2026/05/01 2000 UTC on; \
         no value of `{AIR}` is observed there: the last one is of 2026/04/01 2100 UTC, in series `(all rows)`"
    );
    let dates = ["--val-start", "2026/03/05 1500 UTC", "--test-start", "2026/03/14 1700 UTC"];
    let advice = format!(
        "({} \"{}\" {} \"{}\" would leave windows in every part)",
        dates[0], dates[1], dates[2], dates[3]
    );
    let note = format!("note: `evaluate` will find nothing to score: {why} {advice}\n");
    assert!(ran.stderr.contains(&note), "{}", ran.stderr);
    let ran = place.run(&["evaluate", "model.safetensors", &path]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("the last one is of 2026/04/01 2100 UTC"), "{}", ran.stderr);
    // The advice is true.
    let ran = place.ok(&[&arguments[..], &dates].concat());
    assert!(!ran.stderr.contains("nothing to score"), "{}", ran.stderr);
    place.ok(&["evaluate", "model.safetensors", &path]);
}
