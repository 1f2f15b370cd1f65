//! Columns known beyond the forecast's origin, and columns that never change within a series.

use super::support::{Place, csv, words};

/// Hours of history, and hours ahead.
const HOURS: usize = 700;
const AHEAD: usize = 6;

/// A whole number below `n`, the same for the same `i`.
fn chance(i: usize, n: u64) -> f64 {
    let mixed = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed >> 32) % n) as f64
}

/// y is three times `sun` and a level that follows from `altitude`; `wind` says nothing. With
/// `ahead` rows whose target is not known yet; `change` is added to `wind` there.
fn table(ahead: usize, change: f64) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2023, 1, 1).and_then(|d| d.and_hms_opt(0, 0, 0));
    let first = first.expect("a date");
    let mut out = String::from("station,date,y,sun,wind,altitude\n");
    for (s, altitude) in [100, 900].into_iter().enumerate() {
        for hour in 0..HOURS + ahead {
            let stamp = (first + chrono::Duration::hours(hour as i64)).format("%Y-%m-%d %H:%M");
            let sun = chance(hour + s * 10_000, 100) / 10.0;
            let wind = chance(hour + s * 10_000 + 5_000, 50);
            let (y, wind) = if hour < HOURS {
                (format!("{:.2}", 3.0 * sun + f64::from(altitude) / 50.0), wind)
            } else {
                (String::new(), wind + change)
            };
            out.push_str(&format!("st{s},{stamp},{y},{sun},{wind},{altitude}\n"));
        }
    }
    out
}

const TRAIN: &str = "train t.csv --target y --input-window 24 --horizon 6 --ensemble 1 --quiet";

fn model_error(place: &Place, model: &str) -> f64 {
    let ran = place.ok(&["evaluate", model, "t.csv", "--format", "csv", "--quiet"]);
    let line = ran.stdout.lines().find_map(|l| l.strip_prefix("overall,,y,model,mae,"));
    line.unwrap_or_else(|| panic!("no error in\n{}", ran.stdout)).parse().expect("a number")
}

#[test]
fn what_is_known_ahead_is_used() {
    let place = Place::new();
    place.write("t.csv", table(0, 0.0)).write("t6.csv", table(AHEAD, 0.0));
    place.ok(&words(TRAIN, &["--max-steps", "120", "--out", "without"]));
    place.ok(&words(TRAIN, &["--max-steps", "120", "--future", "sun", "--out", "with"]));
    let (without, with) = (model_error(&place, "without"), model_error(&place, "with"));
    assert!(with < 0.2 * without, "{with} with the sun of the forecast steps, {without} without");

    // The rows may be in the table or in a second one; without them nothing is forecast.
    let inside = place.ok(&["predict", "with", "t6.csv"]).stdout;
    assert_eq!(inside.lines().count(), 1 + 2 * AHEAD);
    let needed = csv(&place.ok(&["predict", "with", "t.csv", "--list-future"]).stdout);
    assert_eq!(needed[0], ["station", "date", "sun"]);
    let forecasts = csv(&inside);
    let keys = |rows: &[Vec<String>]| rows.iter().skip(1).map(|r| r[..2].to_vec()).collect::<Vec<_>>();
    assert_eq!(keys(&needed), keys(&forecasts));
    let there = place.ok(&["predict", "with", "t6.csv", "--list-future", "--out", "ahead.csv"]);
    assert_eq!(there.stdout, "");
    assert!(place.read("ahead.csv").lines().skip(1).all(|l| !l.ends_with(',')));
    let joined = place.ok(&["predict", "with", "t.csv", "--future-table", "ahead.csv"]).stdout;
    assert_eq!(joined, inside);
    let ran = place.run(&["predict", "with", "t.csv"]);
    assert_eq!(ran.code, 3);
    assert_eq!(
        ran.stderr,
        "error: t.csv, column `sun`, series `st0`, at 2023-01-30 04:00: the forecast needs this value, known ahead by the model's `future` columns (11 more values are missing)\n\
         hint: `predict --list-future` prints the rows that are needed; put them at the end of the table with the target left empty, or in --future-table\n"
    );

    // Nothing else that lies ahead counts: other columns, and rows beyond the horizon.
    place.write("other.csv", table(AHEAD, 17.0)).write("longer.csv", table(2 * AHEAD, 5.0));
    for name in ["other.csv", "longer.csv"] {
        assert_eq!(place.ok(&["predict", "with", name]).stdout, inside, "{name}");
    }
    let ran = place.run(&["predict", "without", "t.csv", "--list-future"]);
    assert!(ran.code == 2 && ran.stderr.contains("knows no column ahead"), "{}", ran.stderr);
    let ran = place.run(&["predict", "with", "t.csv", "--follow"]);
    assert!(ran.code == 2 && ran.stderr.contains("the model knows `sun` ahead"), "{}", ran.stderr);
}

#[test]
fn static_columns_are_scaled_over_the_series() {
    let place = Place::new();
    place.write("t.csv", table(0, 0.0));
    place
        .ok(&words(TRAIN, &["--static", "altitude", "--max-steps", "2", "--pool", "networks", "--out", "m"]));
    let text = place.ok(&["inspect", "m"]).stdout;
    assert!(text.contains("altitude: (value - 500.000000) / 400.000000"), "{text}");
    assert!(text.contains("static      altitude"), "{text}");
    // A series that training has not seen is placed among the others by its own value.
    let new: String = table(0, 0.0)
        .lines()
        .filter(|l| !l.starts_with("st0"))
        .fold(String::new(), |a, l| a + &l.replace("st1", "new").replace(",900", ",300") + "\n");
    place.write("new.csv", &new);
    let low = place.ok(&["predict", "m", "new.csv"]).stdout;
    place.write("new.csv", new.replace(",300", ",301"));
    assert_ne!(place.ok(&["predict", "m", "new.csv"]).stdout, low);
}

#[test]
fn roles_that_cannot_be() {
    let place = Place::new();
    place.write("t.csv", table(0, 0.0));
    for (args, code, says) in [
        (&["--static", "sun"][..], 3, "column `sun`, series `st0`: a static column changes from"),
        (
            &["--future", "sum"],
            3,
            "column `sum`: is not a column of the model (did you mean `sun`?), and cannot be `future`",
        ),
        (&["--future", "y"], 3, "column `y`: is a target, and cannot be given as `future`"),
        (&["--future", "sun", "--decoder", "direct"], 4, "`future` needs `decoder: lead`"),
    ] {
        let ran = place.run(&words(TRAIN, &[args, &["--out", "m"]].concat()));
        assert!(ran.code == code && ran.stderr.contains(says), "{args:?}: {} {}", ran.code, ran.stderr);
    }
}

/// Text columns that are known ahead are listed as the table has them, and read back.
#[test]
fn categories_known_ahead() {
    let place = Place::new();
    let open = |text: String| {
        let row = |(i, l): (usize, &str)| match i {
            0 => format!("{l},open\n"),
            _ => format!("{l},{}\n", if chance(i, 3) > 0.0 { "Yes" } else { "No" }),
        };
        text.lines().enumerate().map(row).collect::<String>()
    };
    place.write("t.csv", open(table(0, 0.0)));
    place.ok(&words(
        TRAIN,
        &["--categorical", "open", "--future", "open,sun", "--max-steps", "2", "--out", "m"],
    ));
    let listed = place.ok(&["predict", "m", "t.csv", "--list-future"]).stdout;
    assert_eq!(csv(&listed)[0][..2], ["station", "date"]);
    let mut names = csv(&listed)[0][2..].to_vec();
    names.sort();
    assert_eq!(names, ["open", "sun"]);
    let ran = place.run(&["predict", "m", "t.csv"]);
    assert!(ran.code == 3 && !ran.stderr.contains("open="), "{}", ran.stderr);
    assert!(ran.stderr.contains("(23 more values are missing)"), "{}", ran.stderr);

    let header = csv(&listed)[0].clone();
    let filled = |row: &str| {
        let mut cells: Vec<&str> = row.split(',').collect();
        for (cell, name) in cells.iter_mut().zip(&header) {
            match name.as_str() {
                "open" => *cell = "No",
                "sun" => *cell = "4.5",
                _ => {}
            }
        }
        cells.join(",") + "\n"
    };
    let rows: String =
        listed.lines().enumerate().map(|(i, l)| if i == 0 { format!("{l}\n") } else { filled(l) }).collect();
    place.write("ahead.csv", &rows);
    place.ok(&["predict", "m", "t.csv", "--future-table", "ahead.csv"]);
    let again = place.ok(&["predict", "m", "t.csv", "--future-table", "ahead.csv", "--list-future"]).stdout;
    assert_eq!(again, rows);
}
