//! Which columns tell series apart, by the pattern of all rows.

use crate::support::{Place, uniform, words};

/// What `ingest` says of a table, as JSON.
fn told(text: &str, args: &str) -> serde_json::Value {
    let place = Place::new();
    place.write("t.csv", text);
    let ran = place.ok(&words(&format!("ingest t.csv --format json {args}"), &[]));
    serde_json::from_str(&ran.stdout).unwrap()
}

fn refused(text: &str, args: &str) -> String {
    let place = Place::new();
    place.write("t.csv", text);
    let ran = place.run(&words(&format!("ingest t.csv {args}"), &[]));
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    ran.stderr
}

/// The series columns of a table, and how many series they make.
fn key(text: &str, args: &str) -> (String, usize) {
    let told = told(text, args);
    let columns = told["series_columns"].as_array().unwrap().iter();
    let names: Vec<&str> = columns.filter_map(|c| c.as_str()).collect();
    let key = (names.join(","), told["series"].as_array().map_or(0, Vec::len));
    if key.1 > 1 && !args.contains("--series") {
        let line = format!("series: {} ({} different)", names.join(", "), key.1);
        assert!(told["read_as"].to_string().contains(&line), "{}", told["read_as"]);
    }
    key
}

fn of(name: &str, n: usize) -> (String, usize) {
    (name.to_owned(), n)
}

fn day(i: usize) -> String {
    (chrono::NaiveDate::from_ymd_opt(2021, 3, 1).unwrap() + chrono::Days::new(i as u64)).to_string()
}

fn hour(i: usize) -> String {
    format!("{} {:02}:00:00", day(i / 24), i % 24)
}

/// A level with a daily wave, the same each time.
fn value(i: usize, level: f64) -> f64 {
    level + 8.0 * (i as f64 / 24.0 * std::f64::consts::TAU).sin() + (i * 7919 % 13) as f64 / 10.0
}

fn table(header: &str, rows: impl IntoIterator<Item = String>) -> String {
    format!("{header}\n{}", rows.into_iter().map(|r| r + "\n").collect::<String>())
}

#[test]
fn whole_numbers_can_be_the_key() {
    let nodes = [2usize, 5, 9];
    let row = |i: usize, node: usize| format!("{},{node},{:.2}", hour(i), value(i, 40.0 + node as f64));
    let by_time: Vec<String> = (0..300).flat_map(|i| nodes.map(|n| row(i, n))).collect();
    let by_node: Vec<String> = nodes.iter().flat_map(|n| (0..300).map(|i| row(i, *n))).collect();
    let gaps = by_time.iter().enumerate().filter(|(i, _)| i % 11 != 3).map(|(_, r)| r.clone());
    let mut mixed = by_time.clone();
    let mut random = uniform(3);
    for i in (1..mixed.len()).rev() {
        mixed.swap(i, (random() * (i + 1) as f64) as usize);
    }
    let newest_first: Vec<String> = by_time.iter().rev().cloned().collect();
    for rows in [by_time.clone(), by_node, gaps.collect(), mixed, newest_first] {
        assert_eq!(key(&table("time,node,temp", rows), ""), of("node", 3));
    }
    // A promotion that comes and goes is none.
    let shop = (0..200)
        .flat_map(|i| (1..6).map(move |s| format!("{},{s},{},{:.1}", day(i), (i * s) % 2, value(i, 9.0))));
    assert_eq!(key(&table("date,store,promo,sales", shop), "--target sales"), of("store", 5));
}

#[test]
fn two_and_three_columns_together() {
    let goods =
        |i: usize, s: usize, a: usize| format!("{},{s},{a},{}", day(i), (i * 31 + s * 17 + a * 7) % 40);
    let sorted = (0..80)
        .flat_map(|i| [3, 7, 12].into_iter().flat_map(move |s| [101, 250].map(move |a| goods(i, s, a))));
    let blocks = [3, 7, 12]
        .into_iter()
        .flat_map(|s| [101, 250].into_iter().flat_map(move |a| (0..80).map(move |i| goods(i, s, a))));
    for rows in [sorted.collect::<Vec<_>>(), blocks.collect()] {
        for args in ["", "--target qty"] {
            assert_eq!(key(&table("date,shop_no,article,qty", rows.clone()), args), of("shop_no,article", 6));
        }
    }
    let mut rows = Vec::new();
    for i in 0..60 {
        for land in ["A", "B"] {
            for branch in [1, 2] {
                for (k, good) in ["x", "y", "z"].iter().enumerate() {
                    rows.push(format!(
                        "{},{land},{branch},{good},{}",
                        day(i),
                        (i * 13 + branch * 5 + k * 11) % 90
                    ));
                }
            }
        }
    }
    assert_eq!(key(&table("date,land,branch,good,n", rows), ""), of("land,branch,good", 12));
    let metrics = (0..200).flat_map(|i| {
        ["P", "Q"].into_iter().flat_map(move |c| {
            ["t", "h"].map(move |m| {
                format!("{},{c},{m},{:.2}", hour(i), value(i, if m == "t" { 20.0 } else { 60.0 }))
            })
        })
    });
    assert_eq!(key(&table("time,city,metric,value", metrics), ""), of("city,metric", 4));
}

#[test]
fn an_attribute_of_one_history_is_no_key_whatever_its_name() {
    let hours = |name: &str, level: &dyn Fn(usize) -> (&'static str, f64)| {
        table(
            &format!("time,{name},kw"),
            (0..600).map(|i| format!("{},{},{:.2}", hour(i), level(i).0, value(i, level(i).1))),
        )
    };
    for name in ["state", "zone", "group", "device", "station", "city"] {
        for level in [
            &(|i: usize| if i % 24 < 8 { ("idle", 5.0) } else { ("run", 60.0) })
                as &dyn Fn(usize) -> (&'static str, f64),
            &|i| if (100..160).contains(&i) { ("on", 50.0) } else { ("off", 5.0) },
            &|i| if i < 300 { ("v1", 20.0) } else { ("v2", 20.0) },
            &|i| (["N", "E", "S", "W"][i * 7919 % 13 % 4], 20.0),
        ] {
            assert_eq!(key(&hours(name, level), ""), of("", 1), "{name} {}", level(0).0);
        }
    }
    let weekday = (0..300).map(|i| {
        let name = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][i % 7];
        format!("{},{name},{}", day(i), 500 + if i % 7 > 4 { 300 } else { 0 } + i % 5)
    });
    assert_eq!(key(&table("date,weekday,visits", weekday), ""), of("", 1));
    // Two words for the weather of an hour are no two series.
    let weather = (0..400).flat_map(|i| {
        let words: &[&str] = if i % 6 == 0 { &["rain", "mist"] } else { &["sun"] };
        words.iter().map(move |w| format!("{},{:.1},{w}", hour(i), value(i, 500.0))).collect::<Vec<_>>()
    });
    assert_eq!(key(&table("time,traffic,weather", weather), "--target traffic"), of("", 1));
    let beside = (0..300).flat_map(|i| {
        ["P", "Q"].map(|c| {
            format!("{},{c},{},{:.1}", hour(i), ["sun", "rain", "fog"][i * 31 % 7 % 3], value(i, 9.0))
        })
    });
    assert_eq!(key(&table("time,city,weather,value", beside), ""), of("city", 2));
}

/// Rows of several quantities that take turns at uneven stamps.
fn uneven(name: &str, levels: &[(&str, f64)], n: usize) -> String {
    let mut random = uniform(11);
    let mut stamp = 1_700_000_000u64;
    let rows = (0..n).map(|i| {
        stamp += 20 + (random() * 50.0) as u64;
        let (tag, level) = levels[(random() * levels.len() as f64) as usize];
        format!("{stamp},{tag},{:.2}", level + level / 200.0 * (i as f64 / 99.0).sin())
    });
    table(&format!("timestamp,{name},value"), rows)
}

#[test]
fn quantities_that_take_turns_are_never_averaged() {
    let levels = [("a/temp", 21.0), ("a/hum", 55.0), ("a/co2", 900.0)];
    // However many rows there are.
    for n in [300, 1400, 1600, 9000] {
        for name in ["topic", "entity_id", "parameter", "tag"] {
            assert_eq!(key(&uneven(name, &levels, n), "--resample 15min"), of(name, 3), "{n}");
        }
    }
    let text = uneven("what", &levels, 2000);
    let e = refused(&text, "--resample 15min");
    assert!(e.contains("--series what") && e.contains("--drop what") && e.contains("`what` may tell"), "{e}");
    assert_eq!(key(&text, "--resample 15min --series what"), of("what", 3));
    assert_eq!(key(&text, "--resample 15min --drop what"), of("", 1));
    assert_eq!(key(&text, "--resample 15min --categorical what"), of("", 1));
    let numbered = uneven("sensor_id", &[("1", 20.0), ("2", 900.0)], 2000);
    assert_eq!(key(&numbered, "--resample 15min"), of("sensor_id", 2));
    // In turn, on one grid.
    let turn = |name: &str| {
        table(
            &format!("time,{name},value"),
            (0..600)
                .map(|i| format!("{},{},{:.2}", hour(i), ["T", "RH"][i % 2], value(i, [20.0, 700.0][i % 2]))),
        )
    };
    assert_eq!(key(&turn("parameter"), ""), of("parameter", 2));
    assert!(refused(&turn("kind"), "").contains("--series kind"));
    // One after another, at stamps that never agree.
    let block = |tag: &str, from: u64, level: f64| -> Vec<String> {
        (0..300)
            .map(|i| {
                format!(
                    "{},{tag},{:.1}",
                    1_700_000_000 + from + i * 300 + i * i % 97,
                    value(i as usize, level)
                )
            })
            .collect()
    };
    let blocks = [block("power", 0, 900.0), block("temp", 7, 20.0)].concat();
    assert_eq!(key(&table("timestamp,entity,value", blocks), "--resample 15min"), of("entity", 2));
}

#[test]
fn a_number_called_like_a_part_of_the_time_is_asked_about() {
    let rows = (0..60).flat_map(|i| (1..4).map(move |p| format!("{},{p},{:.1}", day(i), value(i, 9.0))));
    let e = refused(&table("date,tariff_period,v", rows), "");
    assert!(e.contains("write it into date; --series tariff_period") && !e.contains("--time"), "{e}");
    let rows = (0..60).flat_map(|i| (1..4).map(move |p| format!("{},{p},{:.1}", day(i), value(i, 9.0))));
    let e = refused(&table("date,minute,v", rows), "");
    assert!(e.contains("--series minute"), "{e}");
}

#[test]
fn a_named_key_that_leaves_quantities_together_is_asked_about() {
    let rows = (0..600).map(|i| {
        let (kind, level) = [("T", 20.0), ("RH", 700.0)][i % 2];
        format!("{},Oslo,{kind},{:.2}", hour(i), value(i, level))
    });
    let text = table("time,city,kind,value", rows);
    assert!(refused(&text, "--series city").contains("--series city,kind"));
    assert_eq!(key(&text, "--series city,kind"), of("city,kind", 2));
    assert_eq!(key(&text, "--series city --drop kind"), of("city", 1));
}

#[test]
fn a_history_of_its_own_length() {
    let rows = (0..400).flat_map(|i| {
        let listed = [("AA", 0..400), ("BB", 100..250), ("CC", 390..400)];
        listed
            .into_iter()
            .filter(move |l| l.1.contains(&i))
            .map(move |l| format!("{},{},{:.2}", day(i), l.0, value(i, 50.0)))
    });
    assert_eq!(key(&table("date,ticker,close", rows), ""), of("ticker", 3));
}

#[test]
fn a_label_is_kept_and_an_empty_one_is_not_dropped() {
    let with = |cell: &dyn Fn(usize) -> &'static str| {
        table("city,date,v", (0..100).map(|i| format!("{},{},{:.1}", cell(i), day(i), value(i, 9.0))))
    };
    assert_eq!(key(&with(&|_| "Oslo"), ""), of("city", 1));
    let e = refused(&with(&|i| if i % 3 == 0 { "" } else { "Oslo" }), "");
    assert!(e.contains("the series' name is empty") && e.contains("--drop"), "{e}");
    let both = table(
        "series,date,v",
        (0..100).flat_map(|i| ["A", ""].map(|c| format!("{c},{},{:.1}", day(i), value(i, 9.0)))),
    );
    assert!(refused(&both, "").contains("the series' name is empty"));
}

#[test]
fn a_counter_of_rows_is_no_feature() {
    let t = told(&table("id,date,v", (0..100).map(|i| format!("{i},{},{:.1}", day(i), value(i, 9.0)))), "");
    let names: Vec<&str> =
        t["columns"].as_array().unwrap().iter().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names, ["v"]);
}

#[test]
fn names_that_only_look_different_are_one_and_told() {
    for (a, b, kept) in [
        ("Z\u{fc}rich", "Zu\u{308}rich", "Z\u{fc}rich"),
        ("A", "A\u{a0}", "A"),
        ("New York", "New\u{a0}York", "New York"),
        ("two words", "\"two\nwords\"", "two words"),
    ] {
        let name = |i: usize| if i.is_multiple_of(2) { a } else { b };
        let rows =
            (0..100).flat_map(|i| [name(i), "Bern"].map(|c| format!("{c},{},{:.1}", day(i), value(i, 9.0))));
        let t = told(&table("city,date,v", rows), "");
        let names: Vec<&str> =
            t["series"].as_array().unwrap().iter().filter_map(|s| s["name"].as_str()).collect();
        assert!(names.len() == 2 && names.contains(&kept), "{names:?}");
        assert!(t["read_as"].to_string().contains("white space"), "{}", t["read_as"]);
    }
    // The same in NDJSON: one line end in a name is a space, as in CSV.
    let place = Place::new();
    let rows: String = (0..60)
        .flat_map(|i| {
            ["two\\nwords", "Bern"]
                .map(|c| format!("{{\"city\":\"{c}\",\"date\":\"{}\",\"v\":{}}}\n", day(i), i % 7))
        })
        .collect();
    place.write("t.ndjson", rows);
    let json = place.ok(&["ingest", "t.ndjson", "--format", "json"]).stdout;
    assert!(json.contains("\"two words\""), "{json}");
}

#[test]
fn things_that_are_read_in_turn_are_series_or_asked_about() {
    let minutes = |i: usize| format!("{} {:02}:{:02}", day(i / 72), i / 3 % 24, i % 3 * 20);
    // Numbers under a name of their own: a question, whatever the target is.
    let numbered =
        |i: usize| format!("{},{},{:.1}", minutes(i), i % 3 + 1, value(i / 3, 100.0 * (i % 3) as f64));
    let text = table("time,probe,value", (0..360).map(numbered));
    for args in ["", "--target value"] {
        assert!(refused(&text, args).contains("--series probe makes each a series"), "{args}");
    }
    // Names of devices at one level.
    let named =
        |i: usize| format!("{},{},{:.1}", minutes(i), ["in", "mid", "out"][i % 3], value(i / 3, 20.0));
    assert_eq!(key(&table("time,device,value", (0..360).map(named)), ""), of("device", 3));
    // A number that comes round with the hours of the day is none.
    let hours = |i: usize| format!("{},{},{:.1}", hour(i), i % 24, value(i, 20.0));
    assert_eq!(key(&table("time,step,value", (0..360).map(hours)), "--target value").1, 1);
}

#[test]
fn a_thing_keeps_its_number_when_its_name_changes() {
    let row = |i: usize| {
        let alpha = if i < 40 { "Alpha" } else { "Alpha New" };
        format!("{0},10,{alpha},{1:.1}\n{0},11,Beta,{2:.1}", day(i), value(i, 40.0), value(i, 90.0))
    };
    assert_eq!(
        key(&table("date,store_id,store_name,sales", (0..90).map(row)), "--target sales"),
        of("store_id", 2)
    );
}

#[test]
fn names_that_differ_in_case_alone_are_asked_about() {
    let row = |i: usize| {
        let north = ["North", "NORTH", "north"][i % 3];
        format!("{0},{north},{1:.1}\n{0},South,{1:.1}", day(i), value(i, 40.0))
    };
    let text = table("date,region,x", (0..90).map(row));
    let why = refused(&text, "");
    assert!(why.contains("differ in case or zeros alone") && why.contains("--series region"), "{why}");
    let row =
        |i: usize| format!("{0},{1},{2:.1}", day(i % 60), if i < 60 { "007" } else { "8" }, value(i, 40.0));
    assert_eq!(key(&table("date,store,x", (0..120).map(row)), "--target x"), of("store", 2));
    // Two that share their stamps are two, and it is told.
    let row = |i: usize| format!("{0},a,{1:.1}\n{0},A,{1:.1}", day(i), value(i, 40.0));
    let told = told(&table("date,plot,x", (0..90).map(row)), "");
    assert!(told["read_as"].to_string().contains("`a` and `A` differ in case or zeros alone"), "{told}");
}

#[test]
fn names_with_blanks_around_them_now_and_then_are_one_and_told() {
    let row =
        |i: usize, pad: &str| format!("{0},{pad}North,{1:.1}\n{0},South,{1:.1}", day(i), value(i, 40.0));
    let mixed = told(&table("date,region,x", (0..90).map(|i| row(i, ["", " "][i % 2]))), "");
    assert_eq!(mixed["series"].as_array().map(Vec::len), Some(2));
    assert!(mixed.to_string().contains("differ only in white space"), "{mixed}");
    // Padded throughout: a table in columns.
    let padded = told(&table("date,region,x", (0..90).map(|i| row(i, " "))), "");
    assert!(!padded.to_string().contains("differ only in white space"), "{padded}");
}
