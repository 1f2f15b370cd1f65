//! Forms of stamps and layouts as offices and programs publish them: read as their owner means
//! them, and written back in the same form.

use crate::support::Place;

/// The first and last stamp that `ingest` tells, the step, and how many rows are missing.
fn told(place: &Place, args: &[&str]) -> (String, String, String, u64) {
    let ran = place.ok(&[&["ingest"], args, &["--format", "json"]].concat());
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    (text("first"), text("last"), text("freq"), told["found"]["missing_rows"].as_u64().unwrap_or(99))
}

fn table(head: &str, stamps: impl Iterator<Item = String>) -> String {
    let rows: String = stamps.enumerate().map(|(i, s)| format!("{s},{}.5\n", 10 + i % 7)).collect();
    format!("{head}\n{rows}")
}

/// The stamps that a tiny model of `table` forecasts after `next`.
fn forecast(place: &Place, table: &str, target: &str, next: &str) -> Vec<String> {
    let sizes = "--input-window 24 --horizon 3 --max-steps 2 --ensemble 1 --hidden-size 8 --quiet --out m";
    let sizes: Vec<&str> = sizes.split(' ').collect();
    place.ok(&[&["train", table, "--target", target], sizes.as_slice()].concat());
    let rows = place.ok(&["predict", "m", next]).stdout;
    rows.lines().skip(1).filter_map(|line| Some(line.split(',').next()?.to_owned())).collect()
}

#[test]
fn years_with_a_share_are_months() {
    let place = Place::new();
    // As R writes the times of a monthly series, with fifteen digits and with three decimals.
    let share = |i: usize, decimals: usize| format!("{:.decimals$}", 1949.0 + i as f64 / 12.0);
    let short = |text: String| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    };
    place.write("r.csv", table("time,value", (0..144).map(|i| short(share(i, 11)))));
    assert_eq!(told(&place, &["r.csv"]), ("1949".into(), "1960.91666666667".into(), "1mo".into(), 0));
    place.write("three.csv", table("time,value", (0..144).map(|i| share(i, 3))));
    assert_eq!(told(&place, &["three.csv"]), ("1949.000".into(), "1960.917".into(), "1mo".into(), 0));
    place.write(
        "halves.csv",
        table("date,value", (0..60).map(|i| format!("{}-S{}", 1960 + i / 2, 1 + i % 2))),
    );
    assert_eq!(told(&place, &["halves.csv"]).3, 0);
    let stamps = forecast(&place, "r.csv", "value", "r.csv");
    assert_eq!(stamps, ["1961", "1961.08333333333", "1961.16666666667"]);
}

#[test]
fn hours_without_padding_and_plain_hours_are_read() {
    let place = Place::new();
    let hour = |i: usize| format!("2019-03-{:02} {}:00", 1 + i / 24, i % 24);
    place.write("hours.csv", table("date,v", (0..240).map(hour)));
    assert_eq!(
        told(&place, &["hours.csv"]),
        ("2019-03-01 0:00".into(), "2019-03-10 23:00".into(), "1h".into(), 0)
    );
    let half = |i: usize| format!("2019-03-{:02},{}", 1 + i / 48, i % 48 / 2 * 100 + i % 2 * 30);
    place.write("clock.csv", table("date,time,v", (0..240).map(half)));
    assert_eq!(told(&place, &["clock.csv"]).2, "30min");
}

#[test]
fn digits_are_dates_under_any_name() {
    let place = Place::new();
    let hour = |i: usize| format!("3668,201901{:02}{:02}", 1 + i / 24, i % 24);
    place.write("dwd.csv", table("STATIONS_ID,MESS_DATUM,TT_TU", (0..200).map(hour)));
    assert_eq!(told(&place, &["dwd.csv"]).2, "1h");
    // Numbers of articles are none.
    place.write("ids.csv", table("article,v", (0..200).map(|i| (20_190_100 + 37 * i).to_string())));
    let ran = place.run(&["ingest", "ids.csv"]);
    assert!(ran.code == 3 && ran.stderr.contains("no column looks like a date"), "{}", ran.stderr);
}

#[test]
fn of_an_interval_in_two_columns_the_start_is_the_time() {
    let place = Place::new();
    let quarter = |i: usize| format!("{:02}.01.2019 {:02}:{:02}", 1 + i / 96, i / 4 % 24, i % 4 * 15);
    place.write(
        "smard.csv",
        table("Datum von,Datum bis,MW", (0..400).map(|i| format!("{},{}", quarter(i), quarter(i + 1)))),
    );
    assert_eq!(told(&place, &["smard.csv"]), (quarter(0), quarter(399), "15min".into(), 0));
    // Dates of issue and of validity lie a day apart and may both be meant.
    let day = |i: usize| {
        (chrono::NaiveDate::from_ymd_opt(2019, 1, 1).unwrap() + chrono::Days::new(i as u64)).to_string()
    };
    place
        .write("issued.csv", table("issued,valid,MW", (0..90).map(|i| format!("{},{}", day(i), day(i + 3)))));
    let ran = place.run(&["ingest", "issued.csv"]);
    assert!(ran.code == 3 && ran.stderr.contains("--time issued or --time valid"), "{}", ran.stderr);
}

#[test]
fn rows_of_whole_years_between_months_are_refused() {
    let place = Place::new();
    place.write(
        "bls.csv",
        table(
            "series_id,year,period,value",
            (0..130).map(|i| format!("LNS1,{},M{:02}", 2009 + i / 13, 1 + i % 13)),
        ),
    );
    let ran = place.run(&["ingest", "bls.csv"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("`M13` is no month") && ran.stderr.contains("grep -v M13"), "{}", ran.stderr);
    let months = place.read("bls.csv").lines().filter(|l| !l.contains("M13")).collect::<Vec<_>>().join("\n");
    place.write("months.csv", months);
    assert_eq!(told(&place, &["months.csv"]).2, "1mo");
}

#[test]
fn years_as_columns_after_a_preamble_and_behind_tabs() {
    let place = Place::new();
    let years: Vec<String> = (1960..2000).map(|y| y.to_string()).collect();
    let values = |k: usize| (0..40).map(|i| format!("{}.5", k * 10 + i % 7)).collect::<Vec<_>>();
    let bank = format!(
        "\"Data Source\",\"Indicators\",\n\n\"Updated\",\"2020-01-01\",\n\n\"Country\",\"Code\",{},\n\"Aruba\",\"ABW\",{},\n\"Chad\",\"TCD\",{},\n",
        years.join(","),
        values(1).join(","),
        values(2).join(",")
    );
    place.write("bank.csv", bank);
    assert!(place.run(&["ingest", "bank.csv"]).stderr.contains("--wide NAME"));
    assert_eq!(told(&place, &["bank.csv", "--wide", "gdp"]), ("1960".into(), "1999".into(), "1y".into(), 0));
    let stat = format!(
        "freq,unit,geo\\TIME_PERIOD\t{}\nA,MIO,AT\t{}\nA,MIO,BE\t{}\n",
        years.join(" \t"),
        values(1).join("\t"),
        values(2).join("\t")
    );
    place.write("stat.tsv", stat);
    assert_eq!(told(&place, &["stat.tsv", "--wide", "gdp"]), ("1960".into(), "1999".into(), "1y".into(), 0));
}

#[test]
fn a_table_in_z_gets_z_from_a_model_of_offsets() {
    let place = Place::new();
    let hour = |i: usize, zone: &str| format!("2019-03-{:02}T{:02}:00:00{zone}", 1 + i / 24, i % 24);
    place.write("offset.csv", table("date,v", (0..240).map(|i| hour(i, "+01:00"))));
    place.write("z.csv", table("date,v", (0..240).map(|i| hour(i, "Z"))));
    let first = |table: &str| forecast(&place, "offset.csv", "v", table).into_iter().next();
    assert_eq!(first("z.csv").as_deref(), Some("2019-03-11T00:00:00Z"));
    assert_eq!(first("offset.csv").as_deref(), Some("2019-03-11T00:00:00+01:00"));
}

/// Too few numbers to be taken for a spreadsheet's days are asked about, with the flag that reads them.
#[test]
fn few_days_of_a_spreadsheet_are_asked_about() {
    let place = Place::new();
    let rows: String =
        (0..49).map(|i| format!("A,{:.6},{}.5\n", 42_874.0 + f64::from(i) / 24.0, i % 7)).collect();
    place.write("t.csv", format!("city,date,x\n{rows}"));
    let ran = place.run(&["ingest", "t.csv"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("read with --time-format \"%x\""), "{}", ran.stderr);
    // 42874 is 2017-05-19 in a spreadsheet; the table is written as it was.
    let read = place.ok(&["ingest", "t.csv", "--time-format", "%x"]).stdout;
    assert!(read.contains("42874.000000 to 42876.000000") && read.contains("one row each 1h"), "{read}");
}

#[test]
fn dates_of_few_digits_need_no_name() {
    let place = Place::new();
    let month = |i: usize| (2019 + i / 12, i % 12 + 1);
    let cases: [(&str, Vec<String>, &str, &str, &str); 4] = [
        (
            "Monat",
            (0..36).map(|i| format!("{:02}.{}", month(i).1, month(i).0)).collect(),
            "01.2019",
            "12.2021",
            "1mo",
        ),
        (
            "calweek",
            (0..100).map(|i| format!("{}{:02}", 2021 + i / 52, i % 52 + 1)).collect(),
            "202101",
            "202248",
            "1w",
        ),
        ("when", (0..300).map(|i| format!("2023{:03}", i + 1)).collect(), "2023001", "2023300", "1d"),
        (
            "t",
            (0..60)
                .map(|i| format!("{:.3}", f64::from(2015 + i / 12) + (f64::from(i % 12) + 0.5) / 12.0))
                .collect(),
            "2015.042",
            "2019.958",
            "1mo",
        ),
    ];
    for (name, stamps, first, last, step) in cases {
        let place = &place;
        place.write("t.csv", table(&format!("{name},x"), stamps.into_iter()));
        let (from, to, freq, missing) = told(place, &["t.csv", "--target", "x"]);
        assert_eq!((from.as_str(), to.as_str(), freq.as_str(), missing), (first, last, step, 0), "{name}");
    }
    // Numbers that are no dates stay numbers.
    place.write("n.csv", table("n,x", (0..60).map(|i| format!("{}", 3 * i + 100_000))));
    assert_eq!(place.run(&["ingest", "n.csv"]).code, 3);
}

#[test]
fn weekdays_before_dates_and_weeks_in_words() {
    let place = Place::new();
    fn day(i: u64) -> chrono::NaiveDate {
        chrono::NaiveDate::from_ymd_opt(2024, 1, 25).unwrap() + chrono::Days::new(i)
    }
    type Form = Box<dyn Fn(u64) -> String>;
    let forms: [(&str, Form); 4] = [
        ("Thu 25/01/2024", Box::new(|i| day(i).format("%a %d/%m/%Y").to_string())),
        ("Thursday, 25.01.2024", Box::new(|i| day(i).format("%A, %d.%m.%Y").to_string())),
        ("Week 4 2024", Box::new(|i| day(7 * i).format("Week %-V %G").to_string())),
        (
            "25/01/2024-31/01/2024",
            Box::new(|i| format!("{}-{}", day(7 * i).format("%d/%m/%Y"), day(7 * i + 6).format("%d/%m/%Y"))),
        ),
    ];
    for (first, form) in forms {
        place.write(
            "t.csv",
            table("date,x", (0..90).map(form)).replace("date,x", "date;x").replace(".5", ",5"),
        );
        let text: String = place.read("t.csv").lines().map(|l| l.replacen(",1", ";1", 1) + "\n").collect();
        place.write("t.csv", text);
        assert_eq!(told(&place, &["t.csv", "--delimiter", ";", "--target", "x"]).0, first);
    }
}
