//! Tables whose rows are not a ruler: what is a row, what is missing, and where forecasts lie.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

use super::support::{Place, Ran};

const TINY: [&str; 10] = [
    "--max-steps",
    "2",
    "--ensemble",
    "1",
    "--hidden-size",
    "8",
    "--quiet",
    "--out",
    "m",
    "--progress=never",
];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// All days from one on that a rule keeps.
fn days(from: &str, count: usize, keep: impl Fn(NaiveDate) -> bool) -> Vec<String> {
    let all = (0..).map(|n| day(from) + Days::new(n)).filter(|d| keep(*d));
    all.take(count).map(|d| d.to_string()).collect()
}

/// Times of the days that a rule keeps.
fn hours(from: &str, count: usize, times: &[&str], keep: impl Fn(NaiveDate) -> bool) -> Vec<String> {
    let open = days(from, count.div_ceil(times.len()), keep);
    let rows = open.iter().flat_map(|d| times.iter().map(move |t| format!("{d} {t}")));
    rows.take(count).collect()
}

fn not(shut: &[Weekday]) -> impl Fn(NaiveDate) -> bool {
    let shut = shut.to_vec();
    move |d| !shut.contains(&d.weekday())
}

fn length(d: NaiveDate) -> u32 {
    let next = if d.month() == 12 { (d.year() + 1, 1) } else { (d.year(), d.month() + 1) };
    (NaiveDate::from_ymd_opt(next.0, next.1, 1).unwrap() - d.with_day(1).unwrap()).num_days() as u32
}

fn table(stamps: &[String]) -> String {
    let row = |(i, s): (usize, &String)| format!("{s},{}\n", 100 + (i * 7) % 13);
    "t,y\n".to_owned() + &stamps.iter().enumerate().map(row).collect::<String>()
}

/// The JSON of `ingest`.
fn ingest(place: &Place, args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&place.ok(&[&["ingest", "t.csv", "--format", "json"], args].concat()).stdout)
        .unwrap()
}

/// Trains on all but the last `horizon` rows of a table, and gives what is forecast for them.
fn forecast(stamps: &[String], window: usize, horizon: usize) -> (Place, Vec<String>) {
    let place = Place::new();
    let known = &stamps[..stamps.len() - horizon];
    place.write("t.csv", table(known));
    let sizes = ["--input-window", &window.to_string(), "--horizon", &horizon.to_string()];
    place.ok(&[&["train", "t.csv", "--target", "y"], &TINY[..], &sizes].concat());
    let rows = stamps_of(&place.ok(&["predict", "m", "t.csv"]));
    (place, rows)
}

fn stamps_of(ran: &Ran) -> Vec<String> {
    ran.stdout.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

#[test]
fn forecasts_lie_where_the_calendar_goes_on() {
    use Weekday::{Fri, Mon, Sat, Sun, Tue};
    let lunch = ["09:30", "10:00", "10:30", "11:00", "13:00", "13:30", "14:00", "14:30"];
    let trading = ["10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"];
    let month =
        |on: &'static [u32]| move |d: NaiveDate| on.iter().any(|day| d.day() == (*day).min(length(d)));
    let workday = not(&[Sat, Sun]);
    let last_workday = |d: NaiveDate| {
        workday(d) && (1..=7).all(|n| !(workday(d + Days::new(n)) && (d + Days::new(n)).month() == d.month()))
    };
    let every_eight = |d: NaiveDate| d.ordinal0().is_multiple_of(8);
    let third_friday = |d: NaiveDate| d.weekday() == Fri && (15..=21).contains(&d.day());
    let cases: Vec<(&str, Vec<String>)> = vec![
        ("1d, Monday to Friday", days("2019-01-01", 300, not(&[Sat, Sun]))),
        ("1d, Monday to Saturday", days("2018-01-01", 300, not(&[Sun]))),
        ("1d, Sunday to Thursday", days("2018-01-01", 300, not(&[Fri, Sat]))),
        ("1d, Tuesday to Sunday", days("2018-01-02", 300, not(&[Mon]))),
        (
            "1d, Monday, Wednesday, Friday",
            days("2018-01-01", 200, |d| matches!(d.weekday(), Weekday::Mon | Weekday::Wed | Weekday::Fri)),
        ),
        ("1d, Tuesday, Friday", days("2018-01-02", 200, |d| matches!(d.weekday(), Tue | Fri))),
        ("1h, Monday to Friday, 10:00 to 16:00", hours("2019-01-01", 600, &trading, not(&[Sat, Sun]))),
        (
            "30min, Monday to Friday, 09:30 to 11:00, 13:00 to 14:30",
            hours("2019-01-01", 600, &lunch, not(&[Sat, Sun])),
        ),
        ("1mo, days 1, 11, 21", days("2010-01-01", 200, month(&[1, 11, 21]))),
        ("1mo, days 1, 15", days("2010-01-01", 150, month(&[1, 15]))),
        ("1mo, days 15, end", days("2010-01-01", 150, month(&[15, 31]))),
        ("1mo", days("2010-01-15", 120, month(&[15]))),
        ("1mo", days("2010-01-29", 122, month(&[29]))),
        ("1mo", days("2010-01-30", 122, month(&[30]))),
        ("1mo-end", days("2010-01-31", 122, month(&[31]))),
        ("1q", days("2000-02-28", 90, |d| d.month() % 3 == 2 && month(&[30])(d))),
        ("1q-end", days("2000-03-31", 90, |d| d.month() % 3 == 0 && month(&[31])(d))),
        ("BME", days("2010-01-01", 122, last_workday)),
        ("WOM-3FRI", days("2010-01-01", 122, third_friday)),
        ("1y, days 1 to 361 by 8", days("2010-01-01", 400, every_eight)),
        ("1w", days("2016-01-03", 160, |d| d.weekday() == Sun)),
        // The last rows lie on both sides of months without any.
        ("1d, in May to October", days("2012-05-01", 184 * 5 + 3, |d| (5..=10).contains(&d.month()))),
        ("1d, Monday to Saturday, in November to March", {
            days("2010-11-01", 5 * 129 + 2, |d| d.weekday() != Sun && !(4..=10).contains(&d.month()))
        }),
        ("1h, 10:00 to 16:00, in July, August", {
            hours("2012-07-01", 7 * (62 * 5) + 3, &trading, |d| matches!(d.month(), 7 | 8))
        }),
    ];
    for (freq, stamps) in cases {
        let (place, made) = forecast(&stamps, 12, 5);
        assert_eq!(made, stamps[stamps.len() - 5..], "{freq}");
        let seen = ingest(&place, &["--input-window", "12", "--horizon", "5"]);
        assert_eq!((&seen["freq"], &seen["found"]["missing_rows"]), (&freq.into(), &0.into()));
    }
}

#[test]
fn a_plain_table_with_missing_rows_stays_one() {
    let place = Place::new();
    // Each third row or so is missing, without regard to the weekday.
    let holes = |n: usize| (n * 7919) % 100 >= 35;
    let daily: Vec<String> = days("2019-01-01", 200, |_| true)
        .into_iter()
        .enumerate()
        .filter(|(i, _)| holes(*i))
        .map(|r| r.1)
        .collect();
    place.write("t.csv", table(&daily));
    let seen = ingest(&place, &[]);
    assert_eq!(seen["freq"], "1d");
    assert!(seen["found"]["missing_rows"].as_u64().unwrap() > 50);
    // A fortnight in which two Sundays are missing is too short to be sure.
    let fortnight = days("2019-01-01", 12, not(&[Weekday::Sun]));
    place.write("t.csv", table(&fortnight));
    assert_eq!(ingest(&place, &[])["freq"], "1d");
    // Two Sundays in two years are no calendar of seven days, and none of six: told.
    let odd = |d: NaiveDate| d.weekday() != Weekday::Sun || d == day("2018-12-16") || d == day("2018-12-23");
    place.write("t.csv", table(&days("2018-01-01", 620, odd)));
    let seen = ingest(&place, &[]);
    assert_eq!(seen["freq"], "1d");
    let notes = seen["notes"].to_string();
    assert!(notes.contains("2 on a Sunday") && notes.contains("Monday to Saturday"), "{notes}");
    // Closed on holidays: rows that are missing, on a calendar of workdays.
    let xmas = |d: NaiveDate| not(&[Weekday::Sat, Weekday::Sun])(d) && !(d.month() == 12 && d.day() == 25);
    place.write("t.csv", table(&days("2017-01-02", 700, xmas)));
    let seen = ingest(&place, &[]);
    assert_eq!((&seen["freq"], &seen["found"]["missing_rows"]), (&"1d, Monday to Friday".into(), &2.into()));
    // `--freq 1d` reads every day.
    assert_eq!(ingest(&place, &["--freq", "1d"])["freq"], "1d");
}

#[test]
fn the_future_changes_no_slot() {
    let place = Place::new();
    let shut = days("2018-01-01", 600, not(&[Weekday::Sun]));
    place.write("t.csv", table(&shut));
    let before = ingest(&place, &["--val-start", "2019-06-01", "--test-start", "2019-08-01"]);
    // From the summer on the shop opens on Sundays too.
    let open = days("2018-01-01", 640, |d| d.weekday() != Weekday::Sun || d >= day("2019-06-02"));
    place.write("t.csv", table(&open));
    let after = ingest(&place, &["--val-start", "2019-06-01", "--test-start", "2019-08-01"]);
    assert_eq!(before["freq"], after["freq"]);
    assert_eq!(after["freq"], "1d, Monday to Saturday");
    let notes = after["notes"].to_string();
    assert!(notes.contains("outside of `1d, Monday to Saturday`") && notes.contains("Sunday"), "{notes}");
}

#[test]
fn one_calendar_holds_for_all_series() {
    let place = Place::new();
    let mut text = "shop,t,y\n".to_owned();
    for d in days("2018-01-01", 300, |_| true) {
        text += &format!("a,{d},1.5\n");
        if day(&d).weekday() != Weekday::Sun {
            text += &format!("b,{d},2.5\n");
        }
    }
    place.write("t.csv", &text);
    let seen = ingest(&place, &["--series", "shop", "--target", "y"]);
    assert_eq!(seen["freq"], "1d");
    // b is shut on 42 Sundays, and that is said.
    assert_eq!(seen["found"]["missing_rows"], 42);
    assert!(seen["notes"].to_string().contains("b (1d, Monday to Saturday)"), "{}", seen["notes"]);
}

#[test]
fn follow_and_at_agree_with_predict() {
    let all = days("2019-01-01", 305, not(&[Weekday::Sat, Weekday::Sun]));
    let (place, made) = forecast(&all, 20, 5);
    let whole = place.ok(&["predict", "m", "t.csv"]).stdout;
    let text = std::fs::read(place.path("t.csv")).unwrap();
    let follow = place.pipe(&["predict", "m", "-", "--follow", "--quiet"], &text).stdout;
    let last: Vec<&str> = follow.lines().rev().take(5).collect();
    let want: Vec<&str> = whole.lines().rev().take(5).collect();
    assert_eq!(last, want);
    place.write("t.csv", table(&all));
    let at = place.ok(&["predict", "m", "t.csv", "--at", &made[0]]).stdout;
    assert_eq!(at, whole);
    // 2020-02-22 was a Saturday.
    let ran = place.run(&["predict", "m", "t.csv", "--at", "2020-02-22"]);
    assert!(ran.code == 3 && ran.stderr.contains("2020-02-24"), "{}", ran.stderr);
    // A table of all days is another one: refused.
    place.write("t.csv", table(&days("2019-01-01", 300, |_| true)));
    let ran = place.run(&["predict", "m", "t.csv"]);
    assert!(ran.code == 3 && ran.stderr.contains("Saturday"), "{}", ran.stderr);
}

/// Ends of the periods of a 4-4-5 calendar.
fn periods(count: usize) -> Vec<String> {
    let mut end = day("2010-01-30");
    let weeks = [4, 5, 4];
    (0..count)
        .map(|n| {
            let this = end;
            end = end + Days::new(7 * weeks[n % 3]);
            this.to_string()
        })
        .collect()
}

#[test]
fn a_calendar_without_a_rule_counts_rows() {
    let place = Place::new();
    let all = periods(125);
    place.write("t.csv", table(&all[..120]));
    let ran = place.run(&["ingest", "t.csv"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("calendar") && ran.stderr.contains("--freq observed"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("--resample"), "{}", ran.stderr);
    let sizes = ["--target", "y", "--input-window", "12", "--horizon", "4", "--freq", "observed"];
    place.ok(&[&["train", "t.csv"], &TINY[..], &sizes].concat());
    let ran = place.run(&["predict", "m", "t.csv"]);
    assert!(ran.code == 3 && ran.stderr.contains("--future-table"), "{}", ran.stderr);
    let ahead: String = all[120..].iter().map(|s| format!("{s}\n")).collect();
    place.write("ahead.csv", format!("t\n{ahead}"));
    let made = stamps_of(&place.ok(&["predict", "m", "t.csv", "--future-table", "ahead.csv"]));
    assert_eq!(made, all[120..124]);
}

#[test]
fn bins_count_where_they_are_whole() {
    let place = Place::new();
    let start: NaiveDateTime = "2019-01-01T17:00:00".parse().unwrap();
    let rows: Vec<String> = (0..24 * 60).map(|h| (start + TimeDelta::hours(h)).to_string()).collect();
    let text: String = rows.iter().map(|s| format!("{s},1\n")).collect();
    place.write("t.csv", format!("t,y\n{text}"));
    let sum = ["--resample", "1d", "--agg", "sum", "--target", "y"];
    let column = |seen: &serde_json::Value, of: &str| seen["columns"][0][of].as_f64().unwrap();
    // 60 days from 17:00 to 17:00 hold 59 whole ones of 24 hours.
    let seen = ingest(&place, &sum);
    assert_eq!((column(&seen, "min"), column(&seen, "max")), (24.0, 24.0));
    assert_eq!(seen["series"][0]["rows"], 59);
    assert_eq!(seen["first"].as_str().unwrap()[..10], *"2019-01-02");
    assert!(seen["notes"].to_string().contains("2 first or last bins"));
    let seen = ingest(&place, &[&sum[..], &["--partial", "keep"]].concat());
    assert_eq!((column(&seen, "min"), seen["series"][0]["rows"].as_u64()), (7.0, Some(61)));
    // Rows that name the end of their hour: midnight is the last hour of the day before it.
    let text: String = (1..=48)
        .map(|h| format!("{},1\n", day("2019-01-01").and_hms_opt(0, 0, 0).unwrap() + TimeDelta::hours(h)))
        .collect();
    place.write("t.csv", format!("t,y\n{text}"));
    let right = ingest(&place, &[&sum[..], &["--closed", "right"]].concat());
    assert_eq!((right["series"][0]["rows"].as_u64(), column(&right, "min")), (Some(2), 24.0));
    assert_eq!(ingest(&place, &sum)["series"][0]["rows"], 1);
}

#[test]
fn holidays_are_closed_or_a_column() {
    let place = Place::new();
    let feasts = |d: NaiveDate| (d.month(), d.day()) == (12, 25) || (d.month(), d.day()) == (5, 1);
    let workday = not(&[Weekday::Sat, Weekday::Sun]);
    let list: String = (2015..2024).map(|y| format!("{y}-05-01,Labour Day\n{y}-12-25,Christmas\n")).collect();
    place.write("h.csv", format!("date,name\n{list}"));
    // Shut on them: no rows, so none is missing and none is forecast. 2020-12-24 was a Thursday.
    let open = days("2017-01-02", 1032, |d| workday(d) && !feasts(d));
    assert_eq!(open.last().unwrap(), "2020-12-24");
    place.write("t.csv", table(&open));
    let closed = ingest(&place, &["--holidays", "h.csv"]);
    assert_eq!(closed["found"]["missing_rows"], 0);
    let train = ["--target", "y", "--input-window", "12", "--horizon", "3", "--holidays", "h.csv"];
    place.ok(&[&["train", "t.csv"], &TINY[..], &train].concat());
    std::fs::remove_file(place.path("h.csv")).unwrap();
    let made = stamps_of(&place.ok(&["predict", "m", "t.csv"]));
    assert_eq!(made, ["2020-12-28", "2020-12-29", "2020-12-30"]);
    // Open on them: a column, which is known ahead without a table of its own.
    place.write("h.csv", format!("date,name\n{list}"));
    let all = days("2017-01-02", 1038, workday);
    assert_eq!(all.last().unwrap(), "2020-12-23");
    place.write("t.csv", table(&all));
    let seen = ingest(&place, &["--holidays", "h.csv", "--target", "y"]);
    let column = |seen: &serde_json::Value| {
        seen["columns"].as_array().unwrap().iter().any(|c| c["name"] == "is_holiday")
    };
    assert!(column(&seen) && !column(&closed));
    let ran = place.ok(&[&["train", "t.csv"], &TINY[..], &train].concat());
    assert_eq!(ran.stderr, "");
    let made = place.ok(&["predict", "m", "t.csv"]);
    assert_eq!(stamps_of(&made), ["2020-12-24", "2020-12-25", "2020-12-28"]);
    let text = std::fs::read(place.path("t.csv")).unwrap();
    let follow = place.pipe(&["predict", "m", "-", "--follow", "--quiet"], &text).stdout;
    let tail = |text: &str| text.lines().rev().take(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(tail(&follow), tail(&made.stdout));
    let ran = place.run(&["ingest", "t.csv", "--holidays", "holiday.csv"]);
    assert!(ran.code == 2 && ran.stderr.contains("the code of a country"), "{}", ran.stderr);
}

#[test]
fn holidays_of_countries() {
    let place = Place::new();
    // Shut on India's Republic Day and Independence Day, as on weekends: 26 January, 15 August.
    let feasts = |d: NaiveDate| matches!((d.month(), d.day()), (1, 26) | (8, 15) | (10, 2) | (12, 25));
    let others = |d: NaiveDate| !feasts(d);
    let open = days("2017-01-01", 1309, others);
    assert_eq!(open.last().unwrap(), "2020-08-14");
    place.write("t.csv", table(&open));
    let all = ingest(&place, &["--holidays", "IN"]);
    let notes = all.to_string();
    // Holi and others have rows, so the list is a column.
    assert!(notes.contains("the holidays of IN (") && notes.contains("column `is_holiday`"), "{notes}");
    // A file of this name goes before the country.
    place.write(
        "IN",
        (2016..2023).map(|y| format!("{y}-01-26\n{y}-08-15\n{y}-10-02\n{y}-12-25\n")).collect::<String>(),
    );
    let own = ingest(&place, &["--holidays", "IN"]);
    assert!(own.to_string().contains("holidays of IN (28 dates): they are neither missing"), "{own}");
    // Each series has its country; one has none, and is named.
    let rows = |city: &str| {
        days("2019-01-01", 500, |_| true)
            .iter()
            .map(|d| format!("{city},{d},{}\n", &d[9..]))
            .collect::<String>()
    };
    place.write("c.csv", format!("city,date,y\n{}{}{}", rows("Bonn"), rows("Delhi"), rows("Oslo")));
    let with = ["ingest", "c.csv", "--holidays", "Bonn=DE-NW,Delhi=IN"];
    let ran = place.ok(&with);
    assert!(
        ran.stdout.contains("1 of 3 series have no holidays") && ran.stdout.contains(": Oslo"),
        "{}",
        ran.stdout
    );
    let ran = place.run(&["ingest", "c.csv", "--holidays", "Bon=DE"]);
    assert!(ran.code == 2 && ran.stderr.contains("did you mean `Bonn`"), "{}", ran.stderr);
    let ran = place.run(&["ingest", "c.csv", "--holidays", "XY"]);
    assert!(ran.code == 2 && ran.stderr.contains("there are lists of AD, AE"), "{}", ran.stderr);
    // A model keeps them, and needs no list again.
    let train =
        ["--target", "y", "--input-window", "12", "--horizon", "3", "--holidays", "Bonn=DE,Delhi=IN,Oslo=NO"];
    place.ok(&[&["train", "c.csv"], &TINY[..], &train].concat());
    assert_eq!(stamps_of(&place.ok(&["predict", "m", "c.csv", "--only", "Delhi"])).len(), 3);
    // Before a list begins, days are as others, and that is said.
    place.write("old.csv", table(&days("1985-01-01", 4500, |_| true)));
    let notes = ingest(&place, &["--holidays", "DE"]).to_string();
    assert!(!notes.contains("not known"), "{notes}");
    let old = place.ok(&["ingest", "old.csv", "--holidays", "DE"]);
    assert!(old.stdout.contains("not known before 1991"), "{}", old.stdout);
}
