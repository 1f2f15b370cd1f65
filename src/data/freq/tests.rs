//! Steps against dates worked out by hand, and the inverse as a property.

use proptest::prelude::*;

use super::Freq;
use super::infer::{Inferred, infer, settle};
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
    for freq in [Freq::Seconds(1), Freq::Days(7), Freq::Months(1), Freq::MonthEnds(12)] {
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
}
