//! The panel against grids worked out by hand, and its invariants as properties.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Join, Panel, PanelOptions};
use crate::config::{Closed, Duplicates, Partial};
use crate::data::freq::Freq;
use crate::data::long::{Column, Dialect, LongFrame, SeriesKey};
use crate::data::stamp::TimeStyle;
use crate::error::Error;

const HOUR: i64 = 3600;

/// Rows of (series, stamp, values), two columns `y` (the target) and `x`.
fn frame(rows: &[(u32, i64, [f64; 2])], targets: usize) -> LongFrame {
    let series = rows.iter().map(|r| r.0 + 1).max().unwrap_or(0);
    let column = |c: usize, name: &str| Column {
        name: name.into(),
        one_hot: None,
        values: rows.iter().map(|r| r.2[c]).collect(),
    };
    LongFrame {
        source: "t.csv".into(),
        dialect: Dialect::default(),
        series_columns: vec!["city".into()],
        series: (0..series).map(|s| SeriesKey(vec![format!("c{s}")])).collect(),
        series_id: rows.iter().map(|r| r.0).collect(),
        time: TimeStyle::naive("date"),
        stamps: rows.iter().map(|r| r.1).collect(),
        columns: vec![column(0, "y"), column(1, "x")],
        targets,
        rows: None,
        files: Default::default(),
        first_row: 2,
        notes: Vec::new(),
        hash: 0,
    }
}

fn options() -> PanelOptions {
    PanelOptions::from_config(&crate::config::DataConfig::default(), 5).unwrap()
}

fn build(rows: &[(u32, i64, [f64; 2])], options: &PanelOptions) -> Result<Panel, Error> {
    Panel::build(frame(rows, 1), options)
}

/// Segments as (series, offset, length), stamps, and values by column as bits.
type Bytes = (Vec<(u32, usize, usize)>, Vec<i64>, Vec<Vec<u64>>);

/// Everything in a panel's rows, with NaN as bits.
fn bytes(p: &Panel) -> Bytes {
    let bits = |v: &Vec<f64>| v.iter().map(|v| v.to_bits()).collect();
    (
        p.segments.iter().map(|s| (s.series, s.offset, s.len)).collect(),
        p.stamps.clone(),
        p.columns.iter().map(|c| bits(&c.values)).collect(),
    )
}

#[test]
fn a_short_hole_is_completed_and_a_long_one_ends_a_segment() {
    let row = |s, h: i64| (s, h * HOUR, [h as f64, 1.0]);
    // Series 0: hours 0, 1, 4 (two missing), 11 (six missing, more than five). Series 1 starts later.
    let rows = [row(0, 0), row(0, 1), row(0, 4), row(0, 11), row(0, 12), row(1, 3), row(1, 4)];
    let p = build(&rows, &options()).unwrap();
    assert_eq!(p.freq, Freq::Seconds(HOUR));
    let hours: Vec<i64> = p.stamps.iter().map(|s| s / HOUR).collect();
    assert_eq!(hours, [0, 1, 2, 3, 4, 11, 12, 3, 4]);
    assert_eq!(bytes(&p).0, [(0, 0, 5), (0, 5, 2), (1, 7, 2)]);
    let y: Vec<String> = p.columns[0].values.iter().map(|v| v.to_string()).collect();
    assert_eq!(y, ["0", "1", "NaN", "NaN", "4", "11", "12", "3", "4"]);
    assert_eq!((p.found.missing_rows, p.found.long_holes, p.found.longest_hole.rows), (2, 1, 6));
    assert_eq!(p.found.longest_hole.after, "1970-01-01T04:00:00");
}

#[test]
fn a_hole_of_years_costs_no_rows() {
    let day = |d: i64| (0, d * 86_400, [1.0, 1.0]);
    let rows: Vec<_> = (0..10).chain(100_000..100_010).map(day).collect();
    let p = build(&rows, &options()).unwrap();
    assert_eq!((p.stamps.len(), p.segments.len()), (20, 2));
    // Even where a window would span it, a table does not grow without bound.
    let rows: Vec<_> = (0..10).chain(1 << 40..(1 << 40) + 10).map(|s| (0, s, [1.0, 1.0])).collect();
    let error = build(&rows, &PanelOptions { max_gap_rows: usize::MAX, ..options() }).unwrap_err();
    assert_eq!(error.exit_code(), 3);
}

#[test]
fn repeated_rows_follow_the_policy() {
    let rows =
        [(0, 0, [1.0, 5.0]), (0, HOUR, [2.0, 6.0]), (0, HOUR, [4.0, f64::NAN]), (0, 2 * HOUR, [3.0, 7.0])];
    let with =
        |duplicates| build(&rows, &PanelOptions { duplicates: Some(duplicates), ..options() }).unwrap();
    assert_eq!(with(Duplicates::First).columns[0].values, [1.0, 2.0, 3.0]);
    assert_eq!(with(Duplicates::Last).columns[0].values, [1.0, 4.0, 3.0]);
    assert_eq!(with(Duplicates::Mean).columns[0].values, [1.0, 3.0, 3.0]);
    assert_eq!(with(Duplicates::Mean).columns[1].values, [5.0, 6.0, 7.0]);
    let error = build(&rows, &options()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("`c0` at 1970-01-01T01:00:00 (rows 3 and 4)"), "{text}");
    assert!(error.hint().unwrap().contains("--duplicates"));
    // Rows that agree in the target are joined, and a table without a target is never refused.
    let agree = [(0, 0, [1.0, 5.0]), (0, HOUR, [2.0, 6.0]), (0, HOUR, [2.0, 8.0])];
    assert_eq!(build(&agree, &options()).unwrap().columns[1].values, [5.0, 7.0]);
    assert!(Panel::build(frame(&rows, 0), &options()).is_ok());
}

#[test]
fn an_autumn_hour_is_asked_about_even_where_targets_agree() {
    // Sunday 2013-11-03T01:00 is 1383440400; the same visibility, another temperature.
    let t = 1_383_440_400;
    let rows =
        [(0, t - HOUR, [10.0, 1.0]), (0, t, [10.0, 52.0]), (0, t, [10.0, 50.0]), (0, t + HOUR, [10.0, 49.0])];
    assert!(build(&rows, &options()).unwrap_err().hint().unwrap().contains("--time-zone"));
    // On the Monday it is no change of the clock.
    let monday = rows.map(|(s, t, v)| (s, t + 86_400, v));
    assert!(build(&monday, &options()).is_ok());
}

#[test]
fn the_row_off_the_grid_is_the_one_named() {
    let mut rows: Vec<_> = (0..20).map(|h| (0, h * HOUR, [1.0, 1.0])).collect();
    rows[0].1 = 420;
    let text = build(&rows, &options()).unwrap_err().to_string();
    assert!(text.contains("row 2") && text.contains("1970-01-01T00:07:00"), "{text}");
    let error = build(&[(0, 0, [1.0; 2])], &options()).unwrap_err();
    assert!(error.hint().unwrap().contains("--freq"));
    assert_eq!(build(&[], &options()).unwrap_err().exit_code(), 3);
}

#[test]
fn months_end_where_months_end() {
    let time = TimeStyle::naive("date");
    let rows: Vec<_> = ["2023-11-30", "2023-12-31", "2024-01-31", "2024-03-31"]
        .iter()
        .map(|d| (0, time.parse_one(d).unwrap(), [1.0, 1.0]))
        .collect();
    let p = build(&rows, &options()).unwrap();
    assert_eq!(p.freq, Freq::MonthEnds(1));
    assert_eq!(time.display(p.stamps[3]), "2024-02-29T00:00:00");
    assert_eq!(time.display(p.freq.advance(p.stamps[4], 1, &time)), "2024-04-30T00:00:00");
}

#[test]
fn rows_are_joined_on_a_coarser_grid() {
    // 00:05, 00:55 and 02:00: two rows in the first hour, none in the second.
    let rows = [(0, 300, [1.0, 1.0]), (0, 3300, [3.0, 2.0]), (0, 7200, [5.0, 4.0])];
    let join = vec![(Some("x".to_string()), Join::Sum)];
    let keep = PanelOptions { partial: Partial::Keep, ..options() };
    let resample = PanelOptions { resample: Some(Freq::Seconds(HOUR)), join, ..keep.clone() };
    let p = build(&rows, &resample).unwrap();
    assert_eq!(p.stamps, [0, 3600, 7200]);
    assert_eq!((p.columns[0].values[0], p.columns[1].values[0]), (2.0, 3.0));
    assert!(p.columns[0].values[1].is_nan());
    // Weeks begin on Monday: 2024-01-07 is a Sunday, 2024-01-08 a Monday.
    let time = TimeStyle::naive("date");
    let rows =
        ["2024-01-07", "2024-01-08", "2024-01-14"].map(|d| (0, time.parse_one(d).unwrap(), [1.0, 1.0]));
    let p = build(&rows, &PanelOptions { resample: Some(Freq::Days(7)), ..keep }).unwrap();
    let days: Vec<String> = p.stamps.iter().map(|s| time.display(*s)).collect();
    assert_eq!(days, ["2024-01-01T00:00:00", "2024-01-08T00:00:00"]);
}

#[test]
fn bins_that_rows_fill_in_part_are_left_out() {
    // Hours 17 of day 0 to 4 of day 3: two whole days.
    let rows: Vec<_> = (17..76).map(|h| (0, h * HOUR, [1.0, 1.0])).collect();
    let daily = PanelOptions { resample: Some(Freq::Seconds(24 * HOUR)), ..options() };
    let p = build(&rows, &daily).unwrap();
    assert_eq!(p.stamps, [24 * HOUR, 48 * HOUR]);
    let kept = build(&rows, &PanelOptions { partial: Partial::Keep, ..daily.clone() }).unwrap();
    assert_eq!(kept.stamps.len(), 4);
    assert!(kept.notes.iter().any(|n| n.code == "partial_bins" && n.count == 2));
    let last = build(&rows, &PanelOptions { partial: Partial::DropLast, ..daily.clone() }).unwrap();
    assert_eq!(last.stamps, [0, 24 * HOUR, 48 * HOUR]);
    // Hours that are named by their end: 1 to 48 are two days.
    let rows: Vec<_> = (1..49).map(|h| (0, h * HOUR, [1.0, 1.0])).collect();
    let sums = PanelOptions { join: vec![(None, Join::Sum)], closed: Closed::Right, ..daily.clone() };
    let p = build(&rows, &sums).unwrap();
    assert_eq!((p.stamps.clone(), p.columns[0].values.clone()), (vec![0, 24 * HOUR], vec![24.0, 24.0]));
    // Working days fill a month whose last days are a weekend: 2026-01-01 is a Thursday, and
    // 2026-01-31 a Saturday.
    let time = TimeStyle::naive("date");
    let first = time.parse_one("2026-01-01").unwrap();
    let day = |d: i64| (0, first + d * 24 * HOUR, [1.0, 1.0]);
    let workdays: Vec<_> = (0..30).filter(|d| !matches!((d + 3) % 7, 5 | 6)).map(day).collect();
    let p = build(&workdays, &PanelOptions { resample: Some(Freq::Months(1)), ..options() }).unwrap();
    assert_eq!(p.stamps, [first]);
    let error = build(&rows[..5], &daily).unwrap_err();
    assert!(error.hint().unwrap().contains("--partial keep"));
}

#[test]
fn empty_rows_go_at_the_start_and_stay_at_the_end() {
    let nan = f64::NAN;
    let values = [[nan, nan], [nan, 1.0], [2.0, 1.0], [nan, nan]];
    let rows: Vec<_> = values.iter().enumerate().map(|(h, v)| (0, h as i64 * HOUR, *v)).collect();
    let p = build(&rows, &options()).unwrap();
    assert_eq!((p.stamps.clone(), p.found.empty_leading_rows), (vec![HOUR, 2 * HOUR, 3 * HOUR], 1));
    // A series whose target is never observed is left out.
    let rows = [(0, 0, [nan, 1.0]), (0, HOUR, [nan, 1.0]), (1, 0, [1.0, 1.0]), (1, HOUR, [1.0, 1.0])];
    let p = build(&rows, &options()).unwrap();
    assert_eq!(p.series, [SeriesKey(vec!["c1".into()])]);
}

/// Rows of up to three series at distinct hours, each series anchored and continued so that the
/// step is an hour for certain.
fn tables() -> impl Strategy<Value = Vec<(u32, i64, [f64; 2])>> {
    let hours = prop::collection::btree_set(30i64..200, 0..40);
    prop::collection::vec(hours, 1..4).prop_map(|all| {
        let mut rows = Vec::new();
        for (s, hours) in all.into_iter().enumerate() {
            for h in (0..30).chain(hours) {
                let y = if h % 7 == 3 { f64::NAN } else { (h * 3 + s as i64) as f64 };
                rows.push((s as u32, h * HOUR, [y, h as f64]));
            }
        }
        rows
    })
}

proptest! {
    #[test]
    fn row_order_never_matters(rows in tables().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))) {
        let (sorted, shuffled) = rows;
        prop_assert_eq!(bytes(&build(&sorted, &options()).unwrap()), bytes(&build(&shuffled, &options()).unwrap()));
    }

    #[test]
    fn holes_are_completed_as_a_map_would(rows in tables(), most in 0usize..10) {
        let p = build(&rows, &PanelOptions { max_gap_rows: most, ..options() }).unwrap();
        let table: BTreeMap<(u32, i64), [f64; 2]> = rows.iter().map(|r| ((r.0, r.1), r.2)).collect();
        let mut expected = Vec::new();
        for (&(s, t), v) in &table {
            let before = table.range((s, i64::MIN)..(s, t)).next_back().map(|(k, _)| k.1);
            let missing = before.map_or(0, |b| (t - b) / HOUR - 1);
            let fill = if missing as usize <= most { missing } else { 0 };
            expected.extend((1..=fill).map(|k| (t - (fill - k + 1) * HOUR, [f64::NAN.to_bits(); 2])));
            expected.push((t, v.map(f64::to_bits)));
        }
        let columns = &p.columns;
        let got: Vec<_> = p.stamps.iter().enumerate()
            .map(|(i, t)| (*t, [columns[0].values[i].to_bits(), columns[1].values[i].to_bits()])).collect();
        prop_assert_eq!(got, expected);
        prop_assert_eq!(p.segments.iter().map(|s| s.len).sum::<usize>(), p.stamps.len());
        for s in &p.segments {
            let stamps = &p.stamps[s.offset..s.offset + s.len];
            prop_assert!(stamps.windows(2).all(|w| w[1] - w[0] == HOUR));
        }
    }

    #[test]
    fn the_future_changes_nothing_before_it(rows in tables(), from in 31i64..200) {
        let cut = from * HOUR;
        let changed: Vec<_> = rows.iter().map(|&(s, t, v)| (s, t, if t >= cut { [v[0] + 1e6, -1.0] } else { v })).collect();
        let past = |rows: &[_]| {
            let p = build(rows, &options()).unwrap();
            let keep: Vec<_> = (0..p.stamps.len()).filter(|i| p.stamps[*i] < cut).collect();
            keep.iter().map(|i| (p.stamps[*i], p.columns[0].values[*i].to_bits(), p.columns[1].values[*i].to_bits())).collect::<Vec<_>>()
        };
        prop_assert_eq!(past(&rows), past(&changed));
    }
}
