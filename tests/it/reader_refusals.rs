//! Tables that must be refused: each with its one sentence and its hint.

use super::support::reading;
use lstm_forecast::config::DataConfig;
use lstm_forecast::data::read::{ReadOptions, read_bytes};

/// 100 rows of `A,stamp,x,y` with one row, in line 52, replaced.
fn with(row: &str) -> Vec<u8> {
    let mut text = String::from("city,date,x,y\n");
    for i in 0..100 {
        if i == 50 {
            text.push_str(row);
        } else {
            text.push_str(&format!("A,2013-03-{:02}T{:02}:00:00,{}.5,{}", i / 24 + 1, i % 24, i % 17, i % 5));
        }
        text.push('\n');
    }
    text.into_bytes()
}

fn refuse(bytes: &[u8], options: &ReadOptions) -> (String, String, u8) {
    let e = read_bytes("t.csv", bytes.to_vec(), options).unwrap_err();
    (e.to_string(), e.hint().unwrap_or_default().to_owned(), e.exit_code())
}

#[test]
fn each_bad_table_has_its_sentence() {
    let columns = "the columns are city, date, x, y";
    let quote = "a cell that holds the delimiter must be quoted; --delimiter names another one";
    let alike = "write all stamps alike; --time-zone names the zone of stamps without one";
    let save = "save it as CSV (UTF-8), Parquet, Arrow or NDJSON";
    let cases: Vec<(Vec<u8>, &str, &str)> = vec![
        (b"".to_vec(), "t.csv: the file is empty", "a table needs a header line and rows"),
        (
            b"city,date,x\n".to_vec(),
            "t.csv: the table has a header and no rows",
            "training needs at least --input-window plus --horizon rows of a series",
        ),
        (
            b"A,2013-01-01,1\nA,2013-01-02,2\n".to_vec(),
            "t.csv: the header line looks like a row of data (`2013-01-01`)",
            "a table needs a line of column names first, such as city,date,PM2.5",
        ),
        (
            b"city,date,x,x\nA,2013-01-01,1,2\n".to_vec(),
            "t.csv: columns 3 and 4 are both named `x`",
            "give each column a name of its own in the header line",
        ),
        (
            b"city,date,,x\nA,2013-01-01,1,2\n".to_vec(),
            "t.csv: column 3 has no name, but holds `1`",
            "give it a name in the header line",
        ),
        (
            b"city,when,x\nA,soon,1\nA,later,2\n".to_vec(),
            "t.csv: no column looks like a date or time",
            "name it with --time and its form with --time-format; the columns are city, when, x",
        ),
        (
            b"city,date,x\nA,soon,1\nA,later,2\n".to_vec(),
            "t.csv, column `date`: cannot tell how `soon` is a date or time",
            "name the time column with --time, or give its form with --time-format, such as \"%d/%m/%Y %H:%M\"",
        ),
        (
            b"city,date,wd\nA,2013-01-01,N\nA,2013-01-02,S\n".to_vec(),
            "t.csv: no column of numbers is left to forecast from",
            "the columns are city, date, wd",
        ),
        (
            b"city;date;x\nA;2013-01-01;1.5\nA;2013-01-02;1,5\n".to_vec(),
            "t.csv, row 3, column `x`: `1.5` and `1,5` use the marks of decimals and thousands in two ways",
            "write all numbers of the column alike, best as 1234.5; --drop x leaves the column out",
        ),
        (
            b"city,date,x\nA,2013-01-01,1\nA,2013-01-02,1\n".to_vec(),
            "t.csv: no column of numbers has more than one value",
            "a forecast needs a column that varies; check --missing and --decimal",
        ),
        (
            b"city,date,x\nA,2013-01-01,1\n".to_vec(),
            "t.csv: the table has one row, too few to forecast from",
            "training needs at least --input-window plus --horizon rows of a series",
        ),
        (
            with("A,2014-05-01T00:00:00,abc,2"),
            "t.csv, row 52, column `x`, series `A`, at 2014-05-01T00:00:00: `abc` is not a number",
            "--missing abc reads it as missing; --drop x leaves the column out",
        ),
        (
            with("A,2014-05-01T00:00:00,-inf,2"),
            "t.csv, row 52, column `x`, series `A`, at 2014-05-01T00:00:00: `-inf` is infinite or too large; numbers must be finite",
            "--missing -inf reads it as missing; --drop x leaves the column out",
        ),
        (
            with("A,2013-13-45T00:00:00,1,2"),
            "t.csv, row 52, column `date`, series `A`: `2013-13-45T00:00:00` is not in the calendar, read as `%Y-%m-%dT%H:%M:%S`",
            "correct the cell, or give another form with --time-format",
        ),
        (
            with("A,yesterday,1,2"),
            "t.csv, row 52, column `date`, series `A`: `yesterday` is not a time stamp of the form `%Y-%m-%dT%H:%M:%S`",
            "correct the cell, or give the form of all stamps with --time-format",
        ),
        (
            with("A,2014-05-01T00:00:00.5,1,2"),
            "t.csv, row 52, column `date`, series `A`: `2014-05-01T00:00:00.5` has a fraction of a second; stamps are whole seconds",
            "--resample gathers such rows in whole steps (--resample 1s); or round the stamps to seconds",
        ),
        (
            with("A,,1,2"),
            "t.csv, row 52, column `date`, series `A`: the time stamp is empty",
            "give every row a stamp, or remove the row; --skip-footer N leaves N lines at the end of the file out",
        ),
        (
            with("A,2014-05-01T00:00:00Z,1,2"),
            "t.csv, row 52: the stamp `2014-05-01T00:00:00Z` has a zone or an offset, which the stamps before it have not",
            alike,
        ),
        (with("A,2014-05-01T00:00:00,1"), "t.csv, row 52: 3 cells, where the header has 4", quote),
        (with("A,2014-05-01T00:00:00,1,2,3"), "t.csv, row 52: 5 cells, where the header has 4", quote),
        (
            with("\"A,2014-05-01T00:00:00,1,2"),
            "t.csv, row 52: a quote is opened here and never closed",
            "a quote inside a quoted cell is written twice",
        ),
        (
            with("\"A\n\",2014-05-01T00:00:00,oops,2"),
            "t.csv, row 52, column `x`, series `A`, at 2014-05-01T00:00:00: `oops` is not a number",
            "--missing oops reads it as missing; --drop x leaves the column out",
        ),
        (
            with(",2014-05-01T00:00:00,1,2"),
            "t.csv, row 52, column `city`: the series' name is empty",
            "fill it in, name other series columns with --series, or leave it out with --drop",
        ),
        (
            b"city,date,x\nA,2013-01-01,1\nA,2013-0".to_vec(),
            "t.csv, row 3: the file ends after 2 cells, where the header has 3",
            "the file may have been cut off: copy it again, or remove its last line",
        ),
        (
            b"city,date,x\nA,01/02/2013,1\nA,02/03/2013,2\n".to_vec(),
            "t.csv, column `date`: `01/02/2013` may be 2013-02-01 (`%d/%m/%Y`) or 2013-01-02 (`%m/%d/%Y`), and no row decides it",
            "say which with --time-format \"%d/%m/%Y\" or --time-format \"%m/%d/%Y\"",
        ),
        (
            b"city,date,x\nA,31/01/2013,1\nA,01/31/2013,2\nA,30/01/2013,3\n".to_vec(),
            "t.csv, row 3, column `date`, series `A`: `01/31/2013` has the day and the month in another order than the stamps before it (`%d/%m/%Y`)",
            "write all stamps in one order of day and month, best as 2013-01-31",
        ),
        (b"PK\x03\x04xxxx".to_vec(), "t.csv: this is a zip archive or an Excel workbook", save),
        (b"a\0b,c\n1,2\n".to_vec(), "t.csv: this is a binary file, not a table (byte 1 is zero)", save),
        (
            b"[{\"a\":1}]".to_vec(),
            "t.csv: this is a JSON array",
            "write one object a line (NDJSON), for example with `jq -c '.[]'`",
        ),
        (
            "city,date,x\nÉ,2013-01-01,1\n".bytes().chain(*b"\xc9,2013-01-02,2\n").collect(),
            "t.csv, row 3: the byte 0xc9 is not UTF-8, as the text is otherwise",
            "correct the cell, or name the encoding of the whole file with --encoding",
        ),
    ];
    for (bytes, message, hint) in cases {
        let found = refuse(&bytes, &ReadOptions::default());
        assert_eq!((found.0.as_str(), found.1.as_str(), found.2), (message, hint, 3));
    }
    let named = |f: &dyn Fn(&mut ReadOptions)| {
        let mut o = ReadOptions::default();
        f(&mut o);
        refuse(&with("A,2013-03-03T02:00:00,1,2"), &o)
    };
    let s = |t: &str| vec![t.to_owned()];
    for (found, message, hint, code) in [
        (named(&|o| o.target = s("rain")), "t.csv: there is no target column `rain`", columns, 3),
        (
            named(&|o| o.time = Some(s("dat"))),
            "t.csv: there is no time column `dat` (did you mean `date`?)",
            columns,
            3,
        ),
        (named(&|o| o.series = Some(s("town"))), "t.csv: there is no series column `town`", columns, 3),
        (
            named(&|o| o.drop = s("citty")),
            "t.csv: there is no column `citty`, which --drop names (did you mean `city`?)",
            columns,
            3,
        ),
        (
            named(&|o| o.target = s("city")),
            "t.csv, row 2, column `city`: the target holds text (`A`), where numbers are needed",
            "choose a column of numbers with --target",
            3,
        ),
        (
            named(&|o| o.time_zone = Some("Europe/Rom".into())),
            "unknown time zone `Europe/Rom` (did you mean `Europe/Rome`?)",
            "zones have IANA names such as Europe/Rome, Asia/Shanghai or UTC",
            4,
        ),
        (
            named(&|o| o.time_format = Some("%Q".into())),
            "`%Q` is not known in the time format `%Q`",
            "formats are as in strftime (%Y-%m-%d %H:%M:%S), or epoch, or epoch-ms",
            4,
        ),
        (
            named(&|o| o.encoding = Some("latin-one".into())),
            "unknown encoding `latin-one` (did you mean `latin1`?)",
            "known names are utf-8, latin1, windows-1252, utf-16le, utf-16be, gbk, shift_jis, the other WHATWG labels, and code pages of DOS such as cp437 and cp850",
            4,
        ),
        (
            named(&|o| o.clip = vec![("x".into(), 5.0, 1.0)]),
            "the limits 5:1 of --clip x are not a range",
            "",
            4,
        ),
        (
            named(&|o| o.format = Some("parquett".into())),
            "unknown input format `parquett` (did you mean `parquet`?)",
            "the formats are csv, parquet, arrow and ndjson",
            4,
        ),
    ] {
        assert_eq!((found.0.as_str(), found.1.as_str(), found.2), (message, hint, code));
    }
}

#[test]
fn a_target_without_values_is_refused() {
    let o = reading(DataConfig { target: vec!["x".into()], ..DataConfig::default() });
    let found = refuse(b"city,date,x,y\nA,2013-01-01,NA,1\nA,2013-01-02,,2\n", &o);
    assert_eq!(found.0, "t.csv, column `x`: the target has no value at all");
}

#[test]
fn one_hot_has_a_limit() {
    let o = reading(DataConfig { categorical: vec!["wd".into()], ..DataConfig::default() });
    let table = |n: usize| {
        let rows = (0..n).map(|i| format!("A,2013-01-{:02}T{:02}:00:00,{i},w{i}\n", i / 24 + 1, i % 24));
        format!("city,date,x,wd\n{}", rows.collect::<String>())
    };
    let f = read_bytes("t.csv", table(3).into_bytes(), &o).unwrap();
    let names: Vec<&str> = f.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["x", "wd=w0", "wd=w1", "wd=w2"]);
    assert_eq!(f.columns[2].values, [0.0, 1.0, 0.0]);
    let found = refuse(table(33).as_bytes(), &o);
    assert_eq!(found.0, "t.csv, column `wd`: 33 different values, more than the 32 that are one-hot encoded");
    let known = ReadOptions { categories: Some(vec![("wd".into(), vec!["w1".into(), "w9".into()])]), ..o };
    let f = read_bytes("t.csv", table(3).into_bytes(), &known).unwrap();
    assert_eq!(
        f.columns.iter().map(|c| c.values.clone()).skip(1).collect::<Vec<_>>(),
        [[0.0, 1.0, 0.0], [0.0; 3]]
    );
}
