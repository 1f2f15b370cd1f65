//! Tables that are not one header and one row a stamp, encodings before UTF-8, and limits.

use crate::support::Place;

/// What `ingest` says of a table, as JSON.
fn told(place: &Place, args: &[&str]) -> serde_json::Value {
    let ran = place.ok(&[&["ingest"], args, &["--format", "json"]].concat());
    serde_json::from_str(&ran.stdout).unwrap()
}

/// What `ingest` refuses a table with.
fn refused(place: &Place, args: &[&str]) -> String {
    let ran = place.run(&[&["ingest"], args].concat());
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    ran.stderr
}

fn days(n: usize, row: impl Fn(usize) -> String) -> String {
    let start = chrono::NaiveDate::from_ymd_opt(2021, 3, 1).unwrap();
    (0..n).map(|i| format!("{}{}\n", start + chrono::Days::new(i as u64), row(i))).collect()
}

fn number_of_series(told: &serde_json::Value) -> usize {
    told["series"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_first_column_without_a_name_is_the_time() {
    let place = Place::new();
    place.write("pandas.csv", format!(",load\n{}", days(40, |i| format!(",{}", i % 7))));
    let t = told(&place, &["pandas.csv"]);
    assert_eq!((t["freq"].as_str(), number_of_series(&t)), (Some("1d"), 1));
    place
        .write("wide.txt", format!("\"\";\"M1\";\"M2\"\n{}", days(40, |i| format!(";{},5;{},25", i, i % 5))));
    let t = told(&place, &["wide.txt", "--wide", "kw"]);
    assert_eq!((t["freq"].as_str(), number_of_series(&t)), (Some("1d"), 2));
}

#[test]
fn the_separator_line_of_spreadsheets_is_heeded() {
    let place = Place::new();
    for (name, mark) in [("semicolon", ';'), ("comma", ','), ("bar", '|'), ("tab", '\t')] {
        let row = |i: usize| format!("{mark}{}{mark}{}", i % 7, i % 3);
        place.write(name, format!("sep={mark}\r\ndate{mark}a{mark}b\r\n{}", days(40, row)));
        let t = told(&place, &[name]);
        assert_eq!(t["columns"].as_array().map(Vec::len), Some(2), "{name}");
    }
}

#[test]
fn units_under_the_header_are_named_and_passed_over() {
    let place = Place::new();
    place.write(
        "units.csv",
        format!("time,temp,rain\nUTC,Deg C,mm\n,Avg,Tot\n{}", days(40, |i| format!(",{},{}", i % 7, i % 3))),
    );
    let why = refused(&place, &["units.csv", "--target", "temp"]);
    assert!(why.contains("2 lines under the header") && why.contains("--skip-after-header 2"), "{why}");
    let t = told(&place, &["units.csv", "--target", "temp", "--skip-after-header", "2"]);
    assert_eq!((t["freq"].as_str(), t["rows"].as_u64()), (Some("1d"), Some(40)));
    // A first row without numbers is a row.
    place.write("first.csv", format!("date,x\n2021-02-28,\n{}", days(40, |i| format!(",{}", i % 7))));
    assert_eq!(told(&place, &["first.csv"])["rows"].as_u64(), Some(41));
}

#[test]
fn footers_are_named_and_passed_over() {
    let place = Place::new();
    let rows = days(40, |i| format!(",A,{}", i % 7));
    place.write("notes.csv", format!("date,shop,x\n{rows}\nx: things sold\n\nSource: (c) the shop, 2021\n"));
    let why = refused(&place, &["notes.csv"]);
    assert!(why.contains("--skip-footer 3"), "{why}");
    assert_eq!(told(&place, &["notes.csv", "--skip-footer", "3"])["rows"].as_u64(), Some(40));
    place.write("total.csv", format!("date,shop,x\n{rows}Total,,117\n"));
    let why = refused(&place, &["total.csv", "--target", "x", "--series", "shop"]);
    assert!(why.contains("--skip-footer 1"), "{why}");
    assert_eq!(told(&place, &["total.csv", "--skip-footer", "1"])["rows"].as_u64(), Some(40));
    // A row that is cut off is no footer.
    place.write("cut.csv", format!("date,shop,x\n{rows}2021-0"));
    assert!(refused(&place, &["cut.csv"]).contains("the file ends after 1 cell"));
}

#[test]
fn dates_as_columns_are_read_with_wide() {
    let place = Place::new();
    let dates: Vec<String> = (1..=28).map(|d| format!("2/{d}/21")).collect();
    let row = |key: &str, k: usize| {
        format!("{key},{}\n", (0..28).map(|i| (i * k).to_string()).collect::<Vec<_>>().join(","))
    };
    place.write(
        "cases.csv",
        format!(
            "Province,Country,Lat,{}\n{}{}{}",
            dates.join(","),
            row(",Ulmia,1.5", 1),
            row(",Bonnia,2.5", 2),
            row("West,Ulmia,3.5", 3)
        ),
    );
    let why = refused(&place, &["cases.csv"]);
    assert!(why.contains("dates are the names of 28 columns") && why.contains("--wide NAME"), "{why}");
    let t = told(&place, &["cases.csv", "--wide", "cases"]);
    assert_eq!((number_of_series(&t), t["freq"].as_str(), t["rows"].as_u64()), (3, Some("1d"), Some(84)));
    let t = told(&place, &["cases.csv", "--wide", "cases", "--series", "Lat"]);
    assert_eq!(number_of_series(&t), 3);
    place.write("years.csv", "land,2001,2002,2003,2004,2005,2006\nA,1,2,3,4,5,6\nB,2,3,4,5,6,8\n");
    assert!(refused(&place, &["years.csv"]).contains("--wide NAME"));
    let t = told(&place, &["years.csv", "--wide", "people"]);
    assert_eq!((number_of_series(&t), t["rows"].as_u64()), (2, Some(12)));
}

#[test]
fn a_matrix_of_years_by_months_is_read_with_wide() {
    let place = Place::new();
    let names = "Year,Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec,Mean";
    let row = |y: usize| {
        format!("{y},{}\n", (0..13).map(|m| (y * 12 + m).to_string()).collect::<Vec<_>>().join(","))
    };
    place.write("index.csv", format!("{names}\n{}", (1990..2000).map(row).collect::<String>()));
    let why = refused(&place, &["index.csv", "--target", "Jan"]);
    assert!(why.contains("matrix of years by months") && why.contains("--wide NAME"), "{why}");
    let t = told(&place, &["index.csv", "--wide", "index"]);
    assert_eq!((t["rows"].as_u64(), number_of_series(&t)), (Some(120), 1), "{t}");
}

#[test]
fn an_encoding_is_obeyed_or_asked_for() {
    let place = Place::new();
    let text = format!("datum,größe\n{}", days(40, |i| format!(",{}", i % 7)));
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    place.write("wide.csv", wide);
    let t = told(&place, &["wide.csv", "--encoding", "utf-16le"]);
    assert_eq!(t["columns"][0]["name"].as_str(), Some("größe"));
    let (russian, ..) = encoding_rs::WINDOWS_1251.encode("город,дата,y\n");
    let rows: String = (1..29).map(|d| format!("2021-02-{d:02},{}\n", d % 7)).collect();
    let mut bytes = russian.into_owned();
    for row in rows.lines() {
        bytes.extend_from_slice(&encoding_rs::WINDOWS_1251.encode(&format!("Казань,{row}\n")).0);
    }
    place.write("cp1251.csv", bytes);
    let why = refused(&place, &["cp1251.csv"]);
    assert!(why.contains("--encoding windows-1251") && why.contains("город"), "{why}");
    let t = told(&place, &["cp1251.csv", "--encoding", "windows-1251", "--time", "дата"]);
    assert_eq!(t["series"][0]["name"].as_str(), Some("Казань"), "{t}");
}

#[test]
fn quotes_of_every_kind_are_read() {
    let place = Place::new();
    // A stray quote, padded quotes, line ends and doubled quotes within a cell.
    let rows = "5\" pipe,2021-02-01,1\n\"a \"\"b\"\"\nc\", \"2021-02-02\" ,2\n5\" pipe,2021-02-03,3\n\"a \"\"b\"\"\nc\",2021-02-04,4\n";
    place.write("quotes.csv", format!("what,date,x\n{rows}"));
    let t = told(&place, &["quotes.csv", "--series", "what"]);
    let names: Vec<&str> =
        t["series"].as_array().unwrap().iter().filter_map(|s| s["name"].as_str()).collect();
    // A name is one line: white space of any kind in it is a space.
    assert_eq!(names, ["5\" pipe", "a \"b\" c"]);
    place.write("bad.csv", format!("what,date,x\n{rows}z,2021-02-05,5,6\n"));
    assert!(refused(&place, &["bad.csv"]).contains("row 8: 4 cells, where the header has 3"));
}

#[test]
fn small_files_take_little_memory() {
    let place = Place::new();
    let packed = |bytes: &[u8]| zstd::encode_all(bytes, 19).unwrap();
    place.write("commas.csv.zst", packed(&vec![b','; 100 << 20]));
    place.write("names.csv", format!("{}a\n1\n", "a,".repeat(400_000)));
    let keys: String = (0..70_000).map(|i| format!("{{\"k{i}\":1}}\n")).collect();
    place.write("keys.ndjson", keys);
    place.write("cells.csv.zst", packed(",\n".repeat(60 << 20).as_bytes()));
    for (file, flag) in [
        ("commas.csv.zst", "--max-columns"),
        ("names.csv", "--max-columns"),
        ("keys.ndjson", "--max-memory"),
        ("cells.csv.zst", "--max-memory"),
    ] {
        let ran = place.limited(3 << 20, &["ingest", file]);
        assert_eq!(ran.code, 3, "{file}: {}", ran.stderr);
        assert!(ran.stderr.contains(flag), "{file}: {}", ran.stderr);
    }
    let header: String = (0..100_000).map(|i| format!(",c{i}")).collect();
    let row = ",1".repeat(100_000);
    place.write("wide.csv", format!("date{header}\n{}", days(4, |_| row.clone())));
    let begun = std::time::Instant::now();
    let ran = place.run(&["ingest", "wide.csv", "--max-columns", "200000", "--wide", "x", "--quiet"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn columns_between_blanks_are_read() {
    let place = Place::new();
    // As stations write them: a remark's mark before the header, its units under it, columns filled up.
    let hours = |n: usize| -> String {
        (0..n)
            .map(|i| {
                format!("2024 01 {:02} {:02} 00 {:5.1}  {:>4}\n", 1 + i / 24, i % 24, i as f64 / 10.0, i % 7)
            })
            .collect()
    };
    let head = "#YY  MM DD hh mm  WSPD  WTMP\n#yr  mo dy hr mn   m/s  degC\n";
    place.write("buoy.txt", format!("{head}{}", hours(200)));
    let why = refused(&place, &["buoy.txt", "--target", "WSPD"]);
    assert!(why.contains("--skip-after-header 1"), "{why}");
    let t = told(&place, &["buoy.txt", "--target", "WSPD", "--skip-after-header", "1"]);
    assert_eq!(
        (t["freq"].as_str(), t["rows"].as_u64(), number_of_series(&t)),
        (Some("1h"), Some(200), 1),
        "{t}"
    );
    place
        .write("plain.txt", format!("date        y  z\n{}", days(40, |i| format!("   {}  {:>9}", i % 7, i))));
    let t = told(&place, &["plain.txt", "--target", "y"]);
    assert_eq!((t["freq"].as_str(), t["rows"].as_u64()), (Some("1d"), Some(40)), "{t}");
    // A row of another width is told with its line; a cell of two words is one.
    let text = std::fs::read_to_string(place.path("plain.txt")).unwrap();
    place.write("odd.txt", text.replacen("2021-03-05   4", "2021-03-05   4 5", 1));
    let why = refused(&place, &["odd.txt", "--target", "y"]);
    assert!(why.contains("row 6") && why.contains("4 cells, where the header has 3"), "{why}");
    // Rows that are appended have as many words.
    let sizes =
        ["--input-window", "8", "--horizon", "2", "--hidden-size", "4", "--max-steps", "1", "--quiet"];
    place.ok(&[&["train", "plain.txt", "--target", "y", "--out", "m"], &sizes[..]].concat());
    let ran = place.ok(&["predict", "m", "plain.txt", "--append", "--quiet"]);
    let last: Vec<&str> = ran.stdout.lines().last().unwrap().split(' ').collect();
    assert!(ran.stdout.starts_with(&text) && last[0] == "2021-04-11" && last[2] == "NA", "{last:?}");
    place.write("more.txt", &ran.stdout);
    assert_eq!(told(&place, &["more.txt", "--target", "y"])["rows"], 42);
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_shell_does_not_leave_is_an_error() {
    let place = Place::new();
    let row = "1,1,1,1,1,1,1,1,1,1,1,1\n";
    place.write("long.csv", format!("t,a,b,c,d,e,f,g,h,i,j,k\n{}", row.repeat(3_000_000)));
    for more in [&[][..], &["--max-memory", "100GiB"]] {
        let ran = place.limited(512 << 10, &[&["ingest", "long.csv"], more].concat());
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert!(ran.stderr.contains("`ulimit -v` leaves"), "{}", ran.stderr);
    }
}

#[test]
fn parts_of_a_stamp_are_never_series() {
    let place = Place::new();
    let quarter_hours = |row: &dyn Fn(usize, usize) -> String| -> String {
        (0..10 * 96).map(|i| row(1 + i / 96, i % 96)).collect()
    };
    let hm = |q: usize| (q / 4, q % 4 * 15);
    // A clock beside a year, a month and a day; with seconds as digits; hours as ranges.
    let read: [(&str, String, &str); 4] = [
        (
            "year,month,day,time,x",
            quarter_hours(&|d: usize, q: usize| {
                format!("2021,6,{d},{:02}:{:02},{}\n", hm(q).0, hm(q).1, q % 7)
            }),
            "15min",
        ),
        (
            "date,time,x",
            quarter_hours(&|d: usize, q: usize| {
                format!("2021-06-{d:02},{:02}{:02}00,{}\n", hm(q).0, hm(q).1, q % 7)
            }),
            "15min",
        ),
        (
            "yr,mo,dy,time,x",
            quarter_hours(&|d: usize, q: usize| format!("2021,6,{d},{}{:02},{}\n", hm(q).0, hm(q).1, q % 7)),
            "15min",
        ),
        (
            "date,hour,x",
            (0..480)
                .map(|i| format!("2021-06-{:02},{:02}-{:02},{}\n", 1 + i / 24, i % 24, (i + 1) % 24, i % 7))
                .collect(),
            "1h",
        ),
    ];
    for (header, rows, step) in &read {
        place.write("t.csv", format!("{header}\n{rows}"));
        let t = told(&place, &["t.csv"]);
        assert_eq!((t["freq"].as_str(), number_of_series(&t)), (Some(*step), 1), "{header}: {t}");
    }
    // What is not known as a part is asked about, and advice that would not help is not given.
    for (header, row) in [
        (
            "date,slot,x",
            &(|d: usize, q: usize| format!("2021-06-{d:02},{q},{}\n", q % 7))
                as &dyn Fn(usize, usize) -> String,
        ),
        ("date,seconds,x", &|d: usize, q: usize| format!("2021-06-{d:02},{},{}\n", q * 900, q % 7)),
    ] {
        place.write("t.csv", format!("{header}\n{}", quarter_hours(row)));
        let why = refused(&place, &["t.csv"]);
        assert!(why.contains("part of the time") && !why.contains("--time"), "{why}");
    }
    let halves = |names: [&str; 2]| {
        (0..80).map(|i| format!("{},{},{}\n", 1980 + i / 2, names[i % 2], i % 7)).collect::<String>()
    };
    place.write("t.csv", format!("year,term,x\n{}", halves(["spring", "autumn"])));
    assert!(refused(&place, &["t.csv"]).contains("part of the time"));
}

#[test]
fn numbers_and_flags_that_tell_rows_apart_are_asked_about() {
    let place = Place::new();
    let row = |keys: &[&str]| -> String {
        let value = |i: usize, k: usize| 3.7 * ((i * 13 + k * 5) % 60) as f64 + 0.1 * i as f64;
        let rows = |i: usize, day: &str| -> String {
            keys.iter().enumerate().map(|(k, key)| format!("{day},{key},{:.1}\n", value(i, k))).collect()
        };
        days(60, |_| String::new()).lines().enumerate().map(|(i, day)| rows(i, day)).collect()
    };
    for (name, keys) in [("depth", ["0.5", "1.5", "10.0"].as_slice()), ("online", &["true", "false"])] {
        place.write("t.csv", format!("date,{name},x\n{}", row(keys)));
        let why = refused(&place, &["t.csv"]);
        assert!(why.contains(&format!("--series {name} makes each a series")), "{why}");
        assert_eq!(number_of_series(&told(&place, &["t.csv", "--series", name])), keys.len());
    }
}

#[test]
fn matrices_of_other_parts() {
    let place = Place::new();
    let years = |cells: usize| {
        (1990..2020)
            .map(|y| format!("{y}{}\n", (0..cells).map(|c| format!(",{}", (y + c) % 7)).collect::<String>()))
            .collect::<String>()
    };
    place.write("q.csv", format!("Year,Q1,Q2,Q3,Q4\n{}", years(4)));
    place.write("m.csv", format!("Jahr,Jan,Feb,Mär,Apr,Mai,Jun,Jul,Aug,Sep,Okt,Nov,Dez\n{}", years(12)));
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let across = (2000..2012).map(|y| format!(",{y}")).collect::<String>();
    let cells = |m: usize| (0..12).map(|y| format!(",{}", (y * 3 + m) % 11)).collect::<String>();
    place.write(
        "y.csv",
        format!(
            "Month{across}\n{}",
            (0..12).map(|m| format!("{}{}\n", names[m], cells(m))).collect::<String>()
        ),
    );
    for (file, step, rows) in [("q.csv", "1q", 120), ("m.csv", "1mo", 360), ("y.csv", "1mo", 144)] {
        let why = refused(&place, &[file]);
        assert!(why.contains("--wide NAME"), "{why}");
        let t = told(&place, &[file, "--wide", "x"]);
        let found = (t["freq"].as_str(), t["rows"].as_u64(), number_of_series(&t));
        assert_eq!(found, (Some(step), Some(rows), 1), "{file}: {t}");
    }
    place.write(
        "h.csv",
        format!(
            "date{}\n{}",
            (1..25).map(|h| format!(",H{h:02}")).collect::<String>(),
            days(60, |i| format!(",{i}").repeat(24))
        ),
    );
    assert!(refused(&place, &["h.csv"]).contains("times of day are the names of 24 columns"));
    let heads = (1..32).map(|d| format!(",{d}")).collect::<String>();
    let rows =
        (0..40).map(|m| format!("{},{}{}\n", 2000 + m / 12, 1 + m % 12, ",5".repeat(31))).collect::<String>();
    place.write("d.csv", format!("year,month{heads}\n{rows}"));
    assert!(refused(&place, &["d.csv"]).contains("days of the month are the names of 31 columns"));
    // A model of such a table forecasts it.
    let sizes =
        ["--input-window", "12", "--horizon", "3", "--hidden-size", "4", "--max-steps", "1", "--quiet"];
    place.ok(&[&["train", "m.csv", "--wide", "x", "--out", "m"], &sizes[..]].concat());
    let made = place.ok(&["predict", "m", "m.csv"]).stdout;
    assert!(made.lines().count() == 4 && made.contains("2020-01"), "{made}");
    place.ok(&["evaluate", "m", "m.csv"]);
}

#[test]
fn years_within_the_names_of_columns() {
    let place = Place::new();
    let years = || 1980..2020;
    let named = |name: &dyn Fn(i32) -> String| years().map(name).collect::<Vec<_>>().join(",");
    let value = |row: usize, year: i32| format!("{}.5", row as i32 * 10 + year % 7);
    let table = |head: String, row: &dyn Fn(usize, i32) -> String| {
        let rows = ["Aruba", "Belgium", "Chile"].iter().enumerate();
        let rows = rows.map(|(i, country)| {
            let cells: Vec<String> = years().map(|year| row(i, year)).collect();
            format!("{country},{},GDP,{}\n", &country[..2], cells.join(","))
        });
        format!("Country Name,Country Code,Series Name,{head}\n{}", rows.collect::<String>())
    };
    let forms: [&dyn Fn(i32) -> String; 5] = [
        &|y| format!("{y} [YR{y}]"),
        &|y| format!("Y{y}"),
        &|y| format!("X{y}"),
        &|y| format!("gdp_{y}"),
        &|y| (2 * 1980 + 39 - y).to_string(),
    ];
    for form in forms {
        place.write("t.csv", table(named(form), &value));
        let why = refused(&place, &["t.csv"]);
        assert!(why.contains("--wide NAME"), "{why}");
        let t = told(&place, &["t.csv", "--wide", "gdp"]);
        assert_eq!(
            (t["freq"].as_str(), number_of_series(&t), t["rows"].as_u64()),
            (Some("1y"), 3, Some(120))
        );
    }
    // Beside each year's value stands its mark.
    let flagged = table(named(&|y| format!("Y{y},Y{y}F")), &|row, year| format!("{},A", value(row, year)));
    place.write("f.csv", flagged);
    let t = told(&place, &["f.csv", "--wide", "gdp"]);
    assert_eq!((t["freq"].as_str(), number_of_series(&t), t["rows"].as_u64()), (Some("1y"), 3, Some(120)));
    // What R makes of dates as names.
    let dates: Vec<String> = (0..36).map(|i| format!("X{}.{:02}.01", 2010 + i / 12, i % 12 + 1)).collect();
    let cells = (0..36).map(|i| (i % 5).to_string()).collect::<Vec<_>>().join(",");
    place.write("r.csv", format!("site,{}\nA,{cells}\nB,{cells}\n", dates.join(",")));
    let t = told(&place, &["r.csv", "--wide", "flow"]);
    assert_eq!((t["freq"].as_str(), number_of_series(&t)), (Some("1mo"), 2));
}

/// A table of 15 days of hours around 29 October 2023, which has one more; hours are counted from `first`.
fn clock_set_back(first: u32) -> String {
    let start = chrono::NaiveDate::from_ymd_opt(2023, 10, 20).unwrap();
    let mut text = "Date,Hour,MW\n".to_owned();
    for day in (0..15).map(|n| start + chrono::Days::new(n)) {
        let hours = if day.to_string() == "2023-10-29" { 25 } else { 24 };
        (first..first + hours).for_each(|hour| text.push_str(&format!("{day},{hour},{}.5\n", 100 + hour)));
    }
    text
}

#[test]
fn the_hour_that_comes_twice_is_no_minute() {
    let place = Place::new();
    place.write("one.csv", clock_set_back(1));
    let why = refused(&place, &["one.csv"]);
    assert!(why.contains("`25`") && why.contains("--time-zone"), "{why}");
    let t = told(&place, &["one.csv", "--time-zone", "Europe/Madrid"]);
    assert_eq!((t["freq"].as_str(), t["rows"].as_u64()), (Some("1h"), Some(361)));
    assert_eq!(t["found"]["missing_rows"], 0);
    place.write("zero.csv", clock_set_back(0));
    let why = refused(&place, &["zero.csv"]);
    assert!(why.contains("runs from 0 to 24") && why.contains("from 1"), "{why}");
}

#[test]
fn dates_are_no_series() {
    let place = Place::new();
    let row = |i: usize| {
        let day = chrono::NaiveDate::from_ymd_opt(2021, 3, 1).unwrap() + chrono::Days::new((i / 7) as u64);
        format!("{day},{},{}\n", day + chrono::Days::new((i % 7) as u64 + 1), i % 11)
    };
    let rows: String = (0..420).map(row).collect();
    place.write("f.csv", format!("forecast_date,target_date,value\n{rows}"));
    let why = refused(&place, &["f.csv"]);
    assert!(why.contains("holds dates") && why.contains("keep one row a stamp"), "{why}");
    assert_eq!(number_of_series(&told(&place, &["f.csv", "--series", "target_date"])), 66);
}

#[test]
fn years_as_columns_beside_quarters_weeks_and_days() {
    let place = Place::new();
    let years = (2010..2020).map(|y| y.to_string()).collect::<Vec<_>>().join(",");
    let cells = |i: usize| (0..10).map(|y| (i + y * 4).to_string()).collect::<Vec<_>>().join(",");
    let rows: String = (1..=4).map(|q| format!("Q{q},{}\n", cells(q))).collect();
    place.write("q.csv", format!("Quarter,{years}\n{rows}"));
    let t = told(&place, &["q.csv", "--wide", "sales"]);
    assert_eq!((t["freq"].as_str(), number_of_series(&t), t["rows"].as_u64()), (Some("1q"), 1, Some(40)));
    let rows: String = (1..=52).map(|w| format!("W{w:02},{}\n", cells(w))).collect();
    place.write("w.csv", format!("Week,{years}\n{rows}"));
    let day = |n: u64| {
        (chrono::NaiveDate::from_ymd_opt(2021, 1, 1).unwrap() + chrono::Days::new(n)).format("%m-%d")
    };
    let rows: String = (0..365).map(|n| format!("{},{}\n", day(n), cells(n as usize))).collect();
    place.write("d.csv", format!("Day,{years}\n{rows}"));
    for name in ["w.csv", "d.csv"] {
        for args in [vec![name], vec![name, "--wide", "x"]] {
            let why = refused(&place, &args);
            assert!(why.contains("by years") && why.contains("not read"), "{why}");
        }
    }
    place.write(
        "wd.csv",
        format!("Week,Mon,Tue,Wed,Thu,Fri,Sat,Sun\n{}", days(60, |i| format!(",{i},2,3,4,5,6,7"))),
    );
    assert!(refused(&place, &["wd.csv"]).contains("days of the week"));
}

#[test]
fn advice_that_a_shell_takes_and_that_is_right() {
    let place = Place::new();
    let with =
        |odd: &str| days(60, |i| if i % 9 == 4 { format!(",{odd}") } else { format!(",{}.25", 90 + i) });
    for (odd, wanted) in [
        ("Bad Input", "--missing \"Bad Input\""),
        ("*****", "--missing \"*****\""),
        ("\" $ -   \"", "--missing '$ -'"),
        ("1.20 Mil", "write the numbers out"),
    ] {
        place.write("t.csv", format!("date,x\n{}", with(odd)));
        let why = refused(&place, &["t.csv", "--target", "x"]);
        assert!(why.contains(wanted), "{why}");
    }
    let shares = days(60, |i| if i % 3 == 0 { format!(",0.1{}", i % 7) } else { format!(",1{}.5%", i % 7) });
    place.write("t.csv", format!("date,x\n{shares}"));
    let why = refused(&place, &["t.csv", "--target", "x"]);
    assert!(why.contains("share of 1") && !why.contains("--strip"), "{why}");
    // Titles above the header, padded to its width.
    let rows: String =
        (1..=60).map(|i| format!("{i},01/{:02}/24 {:02}:00:00,5.{i},1\n", 1 + i / 24, i % 24)).collect();
    place.write("t.csv", format!("\"Plot Title: site 1\",,,\n\"#\",\"Date Time\",\"Temp\",\"Lux\"\n{rows}"));
    assert!(refused(&place, &["t.csv"]).contains("--skip-rows 1"));
    let t = told(&place, &["t.csv", "--skip-rows", "1", "--target", "Temp"]);
    assert_eq!((t["freq"].as_str(), t["rows"].as_u64()), (Some("1h"), Some(60)));
    // A file that was joined of two.
    let rows: Vec<String> = days(60, |i| format!(",{i}")).lines().map(str::to_owned).collect();
    place.write("t.csv", format!("date,x\n{}\ndate,x\n{}\n", rows[..40].join("\n"), rows[40..].join("\n")));
    assert!(refused(&place, &["t.csv", "--target", "x"]).contains("the header stands there once more"));
}

/// A start of rows, hours apart.
fn hours(n: usize) -> impl Iterator<Item = chrono::NaiveDateTime> {
    let start = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
    (0..n).map(move |i| start + chrono::Duration::hours(i as i64))
}

#[test]
fn times_of_the_day_are_part_of_the_stamp() {
    use chrono::{Datelike, NaiveDateTime, Timelike};
    type Row<'a> = &'a dyn Fn(NaiveDateTime) -> String;
    let place = Place::new();
    let table = |head: &str, row: Row<'_>| {
        let rows: String =
            hours(720).enumerate().map(|(i, t)| format!("{},{}.5\n", row(t), i % 17)).collect();
        format!("{head},x\n{rows}")
    };
    let date = |t: NaiveDateTime| t.format("%Y%m%d").to_string();
    for (head, row) in [
        ("OPR_DT,OPR_HR", &(|t: NaiveDateTime| format!("{},{}", t.date(), t.hour() + 1)) as Row<'_>),
        ("Date,Time (UTC)", &|t: NaiveDateTime| format!("{},{}", date(t), t.format("%H%M"))),
        ("Date,HrMn", &|t: NaiveDateTime| format!("{},{}", date(t), t.hour() * 100)),
        ("Year,Day,Hour_Minute", &|t: NaiveDateTime| {
            format!("{},{},{}", t.year(), t.ordinal(), t.hour() * 100)
        }),
    ] {
        place.write("t.csv", table(head, row));
        let t = told(&place, &["t.csv", "--target", "x"]);
        assert_eq!((t["freq"].as_str(), number_of_series(&t)), (Some("1h"), 1), "{head}");
    }
}

#[test]
fn instants_as_numbers() {
    let place = Place::new();
    let rows = |form: &dyn Fn(i64) -> String| {
        hours(300).map(|t| form(t.and_utc().timestamp())).collect::<Vec<_>>().join("\n")
    };
    // Start and end of each candle, the last millisecond of it: the start, and it is told.
    let text = rows(&|s| format!("{},{},{}", s * 1000, s % 7, s * 1000 + 3_599_999));
    place.write("k.csv", format!("open_time,close,close_time\n{text}\n"));
    let t = told(&place, &["k.csv", "--target", "close"]);
    assert_eq!(t["freq"], "1h");
    assert!(t.to_string().contains("the time is open_time, not close_time"), "{t}");
    let t = told(&place, &["k.csv", "--target", "close", "--time", "open_time", "--drop", "close_time"]);
    assert_eq!(t["freq"], "1h");
    // A count is no instant, whatever form is asked for.
    let text = rows(&|s| format!("{:e},{}", s as f64, 1_000_000 + s % 1000));
    place.write("e.csv", format!("ts,x\n{text}\n"));
    let ran = place.run(&["ingest", "e.csv", "--target", "x", "--time-format", "epoch"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    // A logger's seconds more or less.
    let text: String = hours(300)
        .enumerate()
        .map(|(i, t)| {
            format!(
                "{},{}\n",
                t + chrono::Duration::seconds([0, 1, 2, 1][i % 4]) - chrono::Duration::minutes(45 * i as i64),
                i % 9
            )
        })
        .collect();
    place.write("l.csv", format!("t,x\n{text}"));
    assert!(refused(&place, &["l.csv", "--target", "x"]).contains("--resample 15min"));
}

#[test]
fn parts_of_a_day_are_no_features() {
    let place = Place::new();
    for names in [
        (1..=24).map(|h| h.to_string()).collect::<Vec<_>>(),
        (0..24).map(|h| format!("H{h}")).collect(),
        (1..=48).map(|h| format!("V{h:02}")).collect(),
    ] {
        let cells =
            |i: usize| (0..names.len()).map(move |c| format!(",{}", (i * 7 + c) % 31)).collect::<String>();
        let text = format!("meter,date,{}\n{}", names.join(","), days(90, cells).replace("2021", "A,2021"));
        place.write("t.csv", text);
        let why = refused(&place, &["t.csv"]);
        assert!(why.contains("parts of a day") || why.contains("times of day"), "{why}");
        assert_eq!(told(&place, &["t.csv", "--time", "date", "--target", &names[0]])["freq"], "1d");
    }
    // Twenty-four lags of a value are features.
    let names: Vec<String> = (1..=24).map(|lag| format!("lag_{lag}")).collect();
    let cells = |i: usize| (0..24).map(move |c| format!(",{}", (i * 7 + c) % 31)).collect::<String>();
    place.write("t.csv", format!("date,{}\n{}", names.join(","), days(90, cells)));
    assert_eq!(told(&place, &["t.csv"])["freq"], "1d");
}

#[test]
fn titles_with_blank_lines_are_counted_as_an_editor_counts() {
    let place = Place::new();
    let rows = days(90, |i| format!(",A,{}", i % 9));
    place.write("t.csv", format!("Sales report,,\n,,\nby region,,\n,,\ndate,region,sales\n{rows}"));
    let why = refused(&place, &["t.csv"]);
    assert!(why.contains("--skip-rows 4 begins with it"), "{why}");
    assert_eq!(told(&place, &["t.csv", "--skip-rows", "4"])["freq"], "1d");
}

#[test]
fn a_row_of_digits_is_no_header() {
    let place = Place::new();
    let rows = days(90, |i| format!(",{}.5", i % 9)).replace('-', "");
    let keyed: String = rows.lines().map(|line| format!("K1,{line}\n")).collect();
    place.write("t.csv", keyed);
    assert!(refused(&place, &["t.csv"]).contains("looks like a row of data (`20210301`)"));
    place.write("t.csv", format!("20210301,x\n{rows}"));
    assert!(refused(&place, &["t.csv"]).contains("looks like a row of data"));
}

#[test]
fn the_start_of_an_interval_is_the_time_where_its_end_belongs_to_it() {
    let place = Place::new();
    let start =
        |i: usize| chrono::NaiveDate::from_ymd_opt(2021, 3, 1).unwrap() + chrono::Days::new(7 * i as u64);
    let rows: String =
        (0..90).map(|i| format!("{},{},{}\n", start(i), start(i) + chrono::Days::new(6), i % 9)).collect();
    place.write("t.csv", format!("week_start,week_end,x\n{rows}"));
    let t = told(&place, &["t.csv", "--target", "x"]);
    assert_eq!((t["freq"].as_str(), t["first"].as_str()), (Some("1w"), Some("2021-03-01")));
    assert!(t.to_string().contains("not week_end"), "{t}");
}
