//! Steps against dates worked out by hand, and the inverse as a property.

use proptest::prelude::*;

use super::infer::{Inferred, infer, settle};
use super::learn::{Learned, learn};
use super::{Anchor, Freq, Observed, Places, Slots};
use crate::data::stamp::{TimeStyle, Zone, pattern::Pattern};

fn naive() -> TimeStyle {
    TimeStyle::naive("date")
}

fn rome() -> TimeStyle {
    let pattern = Pattern::new("%Y-%m-%dT%H:%M:%S").unwrap();
    TimeStyle::new(vec!["date".into()], vec![pattern], Zone::new("Europe/Rome"))
}

fn at(text: &str, time: &TimeStyle) -> i64 {
    time.parse_one(text).unwrap()
}

fn found(stamps: &[&str], time: &TimeStyle) -> Inferred {
    let stamps: Vec<i64> = stamps.iter().map(|s| at(s, time)).collect();
    infer([stamps.as_slice()], time)
}

#[test]
fn month_steps_keep_their_day_and_month_ends_stay_ends() {
    let t = naive();
    let go = |freq: Freq, from: &str, steps, to: &str| {
        assert_eq!(freq.advance(at(from, &t), steps, &t), at(to, &t), "{freq} {from} {steps}");
    };
    go(Freq::MonthEnds(1), "2021-01-31", 1, "2021-02-28");
    go(Freq::MonthEnds(1), "2021-02-28", 1, "2021-03-31");
    go(Freq::MonthEnds(1), "2020-01-31", 1, "2020-02-29");
    go(Freq::MonthEnds(3), "2021-03-31", 1, "2021-06-30");
    go(Freq::MonthEnds(1), "2020-03-31", -1, "2020-02-29");
    go(Freq::Months(1), "2021-02-28", 1, "2021-03-28");
    go(Freq::Months(1), "2021-01-15", 13, "2022-02-15");
    go(Freq::Months(12), "2020-02-29", 1, "2021-02-28");
    let on = |on| Freq::Anchored { months: 1, on };
    go(on(Anchor::Day(30)), "2020-01-30", 1, "2020-02-29");
    go(on(Anchor::Day(30)), "2020-02-29", 1, "2020-03-30");
    go(on(Anchor::Day(30)), "2021-02-28", -1, "2021-01-30");
    go(on(Anchor::LastWorkday), "2021-01-29", 4, "2021-05-31");
    go(on(Anchor::FirstWorkday), "2021-04-01", 1, "2021-05-03");
    go(on(Anchor::Weekday { week: 3, weekday: 4 }), "2021-01-15", 1, "2021-02-19");
    go(on(Anchor::Weekday { week: 5, weekday: 0 }), "2021-01-25", 1, "2021-02-22");
    let between = |freq: Freq, a: &str, b: &str| freq.steps_between(at(a, &t), at(b, &t), &t);
    assert_eq!(between(Freq::MonthEnds(1), "2020-01-31", "2021-02-28"), Some(13));
    assert_eq!(between(Freq::MonthEnds(1), "2020-01-31", "2021-02-27"), None);
    assert_eq!(between(Freq::Months(3), "2020-01-01", "2021-01-01"), Some(4));
    assert_eq!(between(Freq::Months(3), "2020-01-01", "2020-03-01"), None);
    // A grid of 30ths passes February.
    assert_eq!(between(Freq::Months(1), "2021-02-28", "2021-04-30"), Some(2));
}

#[test]
fn days_follow_the_clock_of_rome() {
    // Clocks go forward on 2013-03-31 (23 hours) and back on 2013-10-27 (25 hours).
    let t = rome();
    for (from, to, hours) in
        [("2013-03-31", "2013-04-01", 23), ("2013-10-27", "2013-10-28", 25), ("2013-07-01", "2013-07-02", 24)]
    {
        let (a, b) = (at(from, &t), at(to, &t));
        assert_eq!(b - a, hours * 3600);
        assert_eq!(Freq::Days(1).advance(a, 1, &t), b);
        assert_eq!(Freq::Days(1).steps_between(a, b, &t), Some(1));
    }
    let year = (at("2013-01-01", &t), at("2014-01-01", &t));
    assert_eq!(Freq::Days(1).steps_between(year.0, year.1, &t), Some(365));
    assert_eq!(Freq::Days(1).advance(year.0, 365, &t), year.1);
    assert_eq!(Freq::Months(1).advance(year.0, 12, &t), year.1);
    // 24 hours of UTC seen from a zone are not days.
    let utc: Vec<i64> = (0..300).map(|k| year.0 + k * 86_400).collect();
    assert_eq!(infer([utc.as_slice()], &t), Inferred::One(Freq::Seconds(86_400)));
    assert_eq!(settle(Freq::Days(1), [utc.as_slice()].into_iter(), &t), Freq::Seconds(86_400));
    let local: Vec<i64> = (0..300).map(|k| Freq::Days(1).advance(year.0, k, &t)).collect();
    assert_eq!(infer([local.as_slice()], &t), Inferred::One(Freq::Days(1)));
    assert_eq!(settle(Freq::Days(1), [local.as_slice()].into_iter(), &t), Freq::Days(1));
}

#[test]
fn the_commonest_step_is_found() {
    let t = naive();
    let one = |stamps: &[&str], freq| assert_eq!(found(stamps, &t), Inferred::One(freq), "{stamps:?}");
    one(
        &["2021-01-01T00:00", "2021-01-01T01:00", "2021-01-01T05:00", "2021-01-01T06:00"],
        Freq::Seconds(3600),
    );
    one(&["2021-01-01T00:00", "2021-01-01T00:00", "2021-01-01T01:00"], Freq::Seconds(3600));
    one(&["2021-01-01", "2021-01-02", "2021-01-03"], Freq::Seconds(86_400));
    one(&["2021-01-01", "2021-02-01", "2021-03-01", "2021-06-01"], Freq::Months(1));
    one(&["2021-01-31", "2021-02-28", "2021-03-31"], Freq::MonthEnds(1));
    one(&["2021-01-28", "2021-02-28", "2021-03-28"], Freq::Months(1));
    one(&["2021-03-31", "2021-06-30", "2021-09-30", "2021-12-31"], Freq::MonthEnds(3));
    one(&["2019-01-01", "2020-01-01", "2021-01-01"], Freq::Months(12));
    // ISO weeks 52 of 2020, 53 of 2020 and 1 of 2021 begin on these Mondays.
    one(&["2020-12-21", "2020-12-28", "2021-01-04"], Freq::Seconds(7 * 86_400));
    // Four weeks are no month: the day moves.
    one(&["2021-01-04", "2021-02-01", "2021-03-01", "2021-03-29"], Freq::Seconds(28 * 86_400));
    assert_eq!(found(&["2021-01-04", "2021-01-04"], &t), Inferred::TooShort);
    assert_eq!(infer([[].as_slice()], &t), Inferred::TooShort);
}

#[test]
fn a_series_of_another_step_is_named_and_a_short_one_is_not() {
    let t = naive();
    let every = |step: i64, n: i64| -> Vec<i64> { (0..n).map(|k| k * step).collect() };
    let (a, b, c) = (every(3600, 50), every(3600, 40), every(10_800, 30));
    let Inferred::Odd(odd) = infer([a.as_slice(), &c, &b], &t) else { panic!("odd series not found") };
    assert_eq!((odd.series, odd.step, odd.rest), (1, Freq::Seconds(10_800), Freq::Seconds(3600)));
    let short = every(10_800, 4);
    assert_eq!(infer([short.as_slice(), &a], &t), Inferred::One(Freq::Seconds(3600)));
}

#[test]
fn month_ends_are_seen_in_a_table_of_months() {
    let t = naive();
    let ends: Vec<i64> = ["2021-01-31", "2021-02-28", "2021-04-30"].iter().map(|s| at(s, &t)).collect();
    let starts: Vec<i64> = ["2021-01-01", "2021-02-01"].iter().map(|s| at(s, &t)).collect();
    assert_eq!(settle(Freq::Months(1), [ends.as_slice()].into_iter(), &t), Freq::MonthEnds(1));
    assert_eq!(settle(Freq::Months(1), [ends.as_slice(), &starts].into_iter(), &t), Freq::Months(1));
}

#[test]
fn absurd_stamps_neither_panic_nor_overflow() {
    let calendars =
        ["B", "1h mon-fri 9:00-17:00", "1mo 15,end", "1y 1-361 by 8", "BME", "WOM-3FRI", "observed"];
    let calendars = calendars.map(|text| Freq::parse(text).unwrap());
    for freq in
        [Freq::Seconds(1), Freq::Days(7), Freq::Months(1), Freq::MonthEnds(12)].into_iter().chain(calendars)
    {
        for time in [naive(), rome()] {
            for stamp in [i64::MIN, i64::MIN / 2, -1, 0, i64::MAX / 2, i64::MAX] {
                for steps in [i64::MIN, -1, 0, 1, i64::MAX] {
                    freq.advance(stamp, steps, &time);
                }
                freq.steps_between(i64::MIN, stamp, &time);
                freq.steps_between(stamp, i64::MAX, &time);
            }
        }
    }
}

#[test]
fn slots_are_counted() {
    let t = naive();
    let go = |text: &str, from: &str, steps, to: &str| {
        let freq = Freq::parse(text).unwrap();
        let (a, b) = (at(from, &t), at(to, &t));
        assert_eq!(freq.advance(a, steps, &t), b, "{text} {from} {steps}");
        assert_eq!(freq.steps_between(a, b, &t), Some(steps), "{text} {from} {to}");
        assert_eq!(freq.rows_between(a, b, &t), steps);
    };
    // 2020-07-10 was a Friday.
    go("B", "2020-07-10", 1, "2020-07-13");
    go("B", "2020-07-13", -6, "2020-07-03");
    go("1d sun-thu", "2020-07-09", 1, "2020-07-12");
    go("1h mon-fri 10:00-16:00", "2019-07-05T16:00", 1, "2019-07-08T10:00");
    go("1h mon-fri 10:00-16:00; sat 10:00-11:00", "2019-07-05T16:00", 3, "2019-07-08T10:00");
    go("1mo 1,11,21", "2020-02-21", 1, "2020-03-01");
    go("1mo 15,end", "2020-02-15", 1, "2020-02-29");
    go("1mo 15,end", "2020-02-29", 2, "2020-03-31");
    go("1y 1-361 by 8", "2020-12-26", 1, "2021-01-01");
    go("1y 1-361 by 8", "2019-12-27", 1, "2020-01-01");
    let b = Freq::parse("B").unwrap();
    // 2020-07-11 was a Saturday: between Friday and Monday.
    let saturday = at("2020-07-11", &t);
    assert_eq!(b.steps_between(saturday, at("2020-07-13", &t), &t), None);
    assert_eq!((b.floor(saturday, &t), b.ceil(saturday, &t)), (at("2020-07-10", &t), at("2020-07-13", &t)));
    assert_eq!(b.rows_between(at("2020-07-09", &t), saturday, &t), 1);
    for (text, season) in [
        ("B", 5),
        ("1h mon-fri 10:00-16:00", 7),
        ("1d mon-sat", 6),
        ("1mo 1,11,21", 36),
        ("SMS", 24),
        ("1y 1-361 by 8", 46),
        ("BQE", 4),
    ] {
        assert_eq!(Freq::parse(text).unwrap().season(), season, "{text}");
    }
}

#[test]
fn closed_days_are_no_rows() {
    let t = naive();
    let day = |text| at(text, &t).div_euclid(86_400);
    // Good Friday and Easter Monday of 2021.
    let slots = Slots::new(Places::Week((0..5).collect()), vec![day("2021-04-05"), day("2021-04-02")]);
    let freq = Freq::Slots(Box::new(slots));
    assert_eq!(freq.advance(at("2021-04-01", &t), 1, &t), at("2021-04-06", &t));
    assert_eq!(freq.advance(at("2021-04-06", &t), -2, &t), at("2021-03-31", &t));
    assert!(!freq.has(at("2021-04-05", &t), &t));
    assert_eq!(freq.steps_between(at("2021-03-31", &t), at("2021-04-07", &t), &t), Some(3));
    let json = serde_json::to_string(&freq).unwrap();
    assert_eq!(serde_json::from_str::<Freq>(&json).unwrap(), freq);
    // Hours of a closed day are none either.
    let Freq::Slots(hours) = Freq::parse("1h mon-fri 10:00-16:00").unwrap() else { panic!() };
    let freq = Freq::Slots(Box::new(hours.closing(vec![day("2021-04-02")])));
    assert_eq!(freq.advance(at("2021-04-01T16:00", &t), 1, &t), at("2021-04-05T10:00", &t));
}

#[test]
fn rows_are_counted_where_there_is_no_rule() {
    let t = naive();
    let stamps: Vec<i64> = ["2010-01-30", "2010-02-27", "2010-04-03"].iter().map(|s| at(s, &t)).collect();
    let freq = Freq::Observed(Observed::new(stamps.clone()));
    assert_eq!(freq.advance(stamps[0], 2, &t), stamps[2]);
    assert_eq!(freq.steps_between(stamps[0], stamps[2], &t), Some(2));
    assert_eq!(freq.steps_between(stamps[0], stamps[2] + 1, &t), None);
    assert_eq!((freq.known_after(stamps[0]), freq.known_after(stamps[2])), (Some(2), Some(0)));
    // What a checkpoint keeps is no stamp.
    assert_eq!(serde_json::to_string(&freq).unwrap(), r#"{"observed":null}"#);
    assert_eq!(serde_json::from_str::<Freq>(r#"{"observed":null}"#).unwrap(), freq);
    assert_eq!(serde_json::from_str::<Freq>(r#"{"seconds":86400}"#).unwrap(), Freq::Seconds(86_400));
}

#[test]
fn days_of_a_zone_have_slots_too() {
    let t = rome();
    let b = Freq::parse("B").unwrap();
    // A year of workdays in Rome, across both changes of its clocks.
    let year: Vec<i64> = (0..261).map(|k| b.advance(at("2013-01-01", &t), k, &t)).collect();
    assert_eq!(year[260], at("2013-12-31", &t));
    let Inferred::One(plain) = infer([year.as_slice()], &t) else { panic!("no step") };
    assert_eq!(plain, Freq::Days(1));
    assert_eq!(learn(&[&year], &plain, &t), Learned::Calendar(b));
}

fn calendars() -> impl Strategy<Value = Freq> {
    let week = prop::collection::btree_set(0u8..7, 1..8);
    let month = (prop::collection::btree_set(1u8..28, 1..5), prop::option::of(29u8..32));
    let times = prop::collection::btree_set(0i64..336, 1..60);
    prop_oneof![
        week.prop_map(|days| Places::Week(days.into_iter().collect())),
        month.prop_map(|(days, last)| Places::Month(days.into_iter().chain(last).collect())),
        prop::collection::btree_set(1u16..365, 1..60)
            .prop_map(|days| Places::Year(days.into_iter().collect())),
        times.prop_map(|at| Places::Hours { step: 1800, at: at.into_iter().map(|n| n * 1800).collect() }),
    ]
    .prop_map(Freq::slots)
}

fn freqs() -> impl Strategy<Value = Freq> {
    prop_oneof![
        (1i64..100_000).prop_map(Freq::Seconds),
        (1i64..40).prop_map(Freq::Days),
        (1i64..30).prop_map(Freq::Months),
        (1i64..30).prop_map(Freq::MonthEnds),
    ]
}

proptest! {
    #[test]
    fn steps_invert(freq in freqs(), day in -20_000i64..30_000, steps in -500i64..500, zone in any::<bool>()) {
        let time = if zone { rome() } else { naive() };
        // Noon is never skipped nor repeated; a month end to start from.
        let noon = if zone { 11 } else { 12 } * 3600;
        let mut start = day * 86_400 + noon;
        if let Freq::MonthEnds(_) = freq {
            start = Freq::MonthEnds(1).advance(start, 1, &time);
        }
        let end = freq.advance(start, steps, &time);
        prop_assert_eq!(freq.steps_between(start, end, &time), Some(steps));
        prop_assert_eq!(freq.steps_between(end, start, &time), Some(-steps));
        prop_assert_eq!(freq.advance(start, 0, &time), start);
        prop_assert!(steps <= 0 || end > start);
    }

    #[test]
    fn numbers_and_stamps_of_slots_invert(
        freq in calendars(),
        day in -20_000i64..30_000,
        steps in -3000i64..3000,
        closed in prop::collection::vec(-200i64..400, 0..20),
    ) {
        let time = naive();
        let Freq::Slots(slots) = &freq else { unreachable!() };
        let freq = Freq::Slots(Box::new(slots.closing(closed.into_iter().map(|d| day + d).collect())));
        prop_assert!(freq.is_sound());
        let start = freq.ceil(day * 86_400, &time);
        prop_assert!(freq.has(start, &time));
        let end = freq.advance(start, steps, &time);
        prop_assert!(freq.has(end, &time));
        prop_assert_eq!(freq.steps_between(start, end, &time), Some(steps));
        prop_assert_eq!(freq.advance(end, -steps, &time), start);
        prop_assert!(steps <= 0 || end > start);
        // One slot on is the next one: no stamp between them is one.
        let next = freq.advance(start, 1, &time);
        prop_assert_eq!(freq.floor(next - 1, &time), freq.floor(start, &time));
    }

    #[test]
    fn texts_of_calendars_come_back(freq in calendars()) {
        let text = freq.to_string();
        let all_day = matches!(&freq, Freq::Slots(s) if matches!(s.places(), Places::Month(d) if d.len() == 1));
        // A single day of the month is an anchor, and a single day of the year too.
        let single = matches!(&freq, Freq::Slots(s) if s.places().len() == 1);
        // All days of the week are plain days.
        let plain = matches!(&freq, Freq::Slots(s) if matches!(s.places(), Places::Week(d) if d.len() == 7));
        if !all_day && !single && !plain {
            prop_assert_eq!(Freq::parse(&text).unwrap(), freq, "{}", text);
        }
    }

    #[test]
    fn a_calendar_is_learned_from_its_rows(freq in calendars(), day in 0i64..20_000) {
        let time = naive();
        let Freq::Slots(slots) = &freq else { unreachable!() };
        let count = match slots.places() {
            Places::Week(days) => days.len() * 12,
            Places::Hours { at, .. } => at.len() * 12,
            Places::Month(days) => days.len() * 30,
            Places::Year(days) => days.len() * 8,
        };
        let start = freq.ceil(day * 86_400, &time);
        let rows: Vec<i64> = (0..count as i64).map(|k| freq.advance(start, k, &time)).collect();
        let Inferred::One(plain) = infer([rows.as_slice()], &time) else { return Ok(()) };
        // Whatever is learned, all rows are on it, and it has no row that is missing.
        if let Learned::Calendar(found) = learn(&[&rows], &plain, &time) {
            for pair in rows.windows(2) {
                prop_assert_eq!(found.steps_between(pair[0], pair[1], &time), Some(1), "{} for {}", found, freq);
            }
        }
    }
}
