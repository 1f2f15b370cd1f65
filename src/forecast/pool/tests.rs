use super::fit::{Given, fit};
use super::*;
use crate::config::MEMBERS;
use crate::data::calendar::CalendarFeatures;
use crate::data::freq::Freq;
use crate::data::inputs::{InputSpec, Inputs};
use crate::data::panel::{Found, PanelColumn, Segment};
use crate::data::stamp::TimeStyle;

/// A panel of one target; each series is one segment.
pub fn panel(series: &[Vec<f64>]) -> Panel {
    let mut panel = Panel {
        source: "t.csv".into(),
        series: Vec::new(),
        series_columns: vec!["city".into()],
        time: TimeStyle::naive("date"),
        freq: Freq::Seconds(3600),
        segments: Vec::new(),
        stamps: Vec::new(),
        columns: Vec::new(),
        targets: 1,
        categories: Vec::new(),
        notes: Vec::new(),
        found: Found::default(),
        holidays: Default::default(),
    };
    for (i, values) in series.iter().enumerate() {
        let offset = panel.stamps.len();
        panel.series.push(SeriesKey(vec![format!("s{i:03}")]));
        panel.segments.push(Segment { series: i as u32, offset, len: values.len() });
        panel.stamps.extend((0..values.len() as i64).map(|row| row * 3600));
        if panel.columns.is_empty() {
            panel.columns.push(PanelColumn { name: "y".into(), values: Vec::new() });
        }
        panel.columns[0].values.extend(values);
    }
    panel
}

/// Without what fitted members need.
fn inputs() -> Inputs {
    let spec = InputSpec {
        values: vec!["y".into()],
        targets: 1,
        flags: Vec::new(),
        calendar: CalendarFeatures::none(),
        max_fill: None,
        lead: None,
    };
    Inputs { spec, x: Vec::new(), y: Vec::new(), scalings: Vec::new(), lead: None }
}

fn networks(cuts: usize, horizon: usize, point: impl Fn(usize, usize) -> f64) -> Forecasts {
    let points: Vec<f64> = (0..cuts * horizon).map(|at| point(at / horizon, at % horizon)).collect();
    Forecasts {
        horizon,
        targets: 1,
        levels: vec![0.1, 0.5, 0.9],
        quantiles: points.iter().flat_map(|p| [p - 1.0, *p, p + 1.0]).collect(),
        point: points,
        intervals: Vec::new(),
        resolution: Vec::new(),
    }
}

/// Series 0 repeats every 6 rows and series 1 is a line; the networks say 0.3 too much of the first and are lost
/// on the second.
fn two() -> (Panel, Vec<Cut>, Forecasts) {
    let season: Vec<f64> = (0..200).map(|row| f64::from(row % 6)).collect();
    let line: Vec<f64> = (0..200).map(|row| f64::from(row) * 2.0).collect();
    let panel = panel(&[season, line]);
    let rows =
        |series: u32| (60..196).map(move |row| Cut { segment: series, row: row + 200 * series as usize });
    let cuts: Vec<Cut> = rows(0).chain(rows(1)).collect();
    let values = panel.columns[0].values.clone();
    let found = networks(cuts.len(), 4, |i, step| {
        let truth = values[cuts[i].row + step];
        if cuts[i].segment == 0 { truth + 0.3 } else { truth - 50.0 }
    });
    (panel, cuts, found)
}

fn fitted() -> (Pool, Panel, Vec<Cut>, Forecasts) {
    let (panel, cuts, networks) = two();
    let seasons = Seasons::new(6, None, 24);
    let given = Given {
        panel: &panel,
        inputs: &inputs(),
        cuts: &cuts,
        networks: &networks,
        units: &[1.0, 1.0],
        seasons,
        members: &MEMBERS,
        learned: Learned::default(),
    };
    let pool = fit(&given);
    (pool, panel, cuts, networks)
}

#[test]
fn each_series_gets_what_is_right_for_it() {
    let (pool, panel, cuts, networks) = fitted();
    assert!(!pool.is_none() && pool.fits(1, 4));
    assert_eq!(pool.own_count(), 2);
    let best = |series: usize| pool.shares(0, 4, Some(&panel.series[series]))[0].0;
    assert!(["seasonal_naive", "seasonal_level", "smoothed", "ets"].contains(&best(0)), "{}", best(0));
    assert_eq!(best(1), "drift");
    let combined = pool.combine(networks.clone(), &panel, &inputs(), &cuts);
    let error = |f: &Forecasts, segment: u32| {
        let all = (0..cuts.len() * 4).filter(|at| cuts[at / 4].segment == segment);
        let errors: Vec<f64> =
            all.map(|at| (f.point[at] - panel.columns[0].values[cuts[at / 4].row + at % 4]).abs()).collect();
        errors.iter().sum::<f64>() / errors.len() as f64
    };
    assert!(error(&combined, 0) < 0.05, "{}", error(&combined, 0));
    assert!(error(&combined, 1) < 2.5, "{}", error(&combined, 1));
}

#[test]
fn the_future_changes_no_forecast() {
    let (pool, panel, cuts, networks) = fitted();
    let one = [cuts[3]];
    let alone = self::networks(1, 4, |_, step| networks.point[12 + step]);
    let before = pool.combine(alone.clone(), &panel, &inputs(), &one);
    let mut changed = panel.clone();
    changed.columns[0].values[cuts[3].row..].iter_mut().for_each(|v| *v = 1e6);
    assert_eq!(pool.combine(alone, &changed, &inputs(), &one).point, before.point);
}

#[test]
fn networks_that_are_right_are_left_alone() {
    let (panel, cuts, _) = two();
    let values = panel.columns[0].values.clone();
    let right = networks(cuts.len(), 4, |i, step| values[cuts[i].row + step]);
    let given = Given {
        panel: &panel,
        inputs: &inputs(),
        cuts: &cuts,
        networks: &right,
        units: &[1.0, 1.0],
        seasons: Seasons::new(6, None, 24),
        members: &MEMBERS,
        learned: Learned::default(),
    };
    let pool = fit(&given);
    let combined = pool.combine(right.clone(), &panel, &inputs(), &cuts);
    let moved = combined.point.iter().zip(&right.point).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(moved < 1e-9, "{moved}");
}

#[test]
fn shares_of_the_last_value_are_a_pool() {
    let panel = panel(&[vec![1.0, 2.0, f64::NAN, 7.0, 7.0]]);
    let pool = Pool::of_last_value(&[0.25, 0.0], 3);
    assert!(pool.fits(1, 2) && !pool.fits(1, 3));
    let cut = [Cut { segment: 0, row: 3 }];
    let got = pool.combine(networks(1, 2, |_, _| 10.0), &panel, &inputs(), &cut);
    assert_eq!(got.point, [8.0, 10.0]);
    assert_eq!(got.quantiles, [7.0, 8.0, 9.0, 9.0, 10.0, 11.0]);
}

#[test]
fn made_up_weights_do_not_fit() {
    let (pool, ..) = fitted();
    let broken: [fn(&mut Pool); 7] = [
        |pool| pool.prior[0] = -1.0,
        |pool| pool.weights[0] = 1.5,
        |pool| pool.weights.truncate(3),
        |pool| pool.own[0].1[0] = f32::NAN,
        |pool| pool.blocks = vec![1],
        |pool| pool.seasons.rows = 0,
        |pool| pool.spread = vec![1e9; 4],
    ];
    for (i, breaks) in broken.iter().enumerate() {
        let mut pool = pool.clone();
        breaks(&mut pool);
        assert!(!pool.fits(1, 4), "{i}");
    }
}

/// Random walks, which nothing forecasts better than their last value; the networks add a little noise to it, or what
/// by chance is right now and then.
#[test]
fn what_nothing_beats_is_the_forecast() {
    use rand::Rng;
    let mut rng = crate::model::init::rng(3, 3);
    let mut walk = || {
        let mut level = 0.0;
        let step = |_| {
            level += rng.random::<f64>() - 0.5;
            level
        };
        (0..200).map(step).collect::<Vec<f64>>()
    };
    let series: Vec<Vec<f64>> = (0..5).map(|_| walk()).collect();
    let panel = panel(&series);
    let cuts: Vec<Cut> = (0..5)
        .flat_map(|s| (60..196).map(move |row| Cut { segment: s, row: row + 200 * s as usize }))
        .collect();
    let values = panel.columns[0].values.clone();
    let given = |networks: &Forecasts, members: &[Member]| {
        let found = fit(&Given {
            panel: &panel,
            inputs: &inputs(),
            cuts: &cuts,
            networks,
            units: &[1.0; 5],
            seasons: Seasons::new(1, None, 24),
            members,
            learned: Learned::default(),
        });
        if found.is_none() { Vec::new() } else { found.shares(0, 4, None) }
    };
    // A hundredth of the way to the truth at every tenth origin is not plain; half of the way at all of them is.
    let towards = |share: f64, every: usize| {
        networks(cuts.len(), 4, |i, step| {
            let last = values[cuts[i].row - 1];
            let truth = values[cuts[i].row + step];
            if i % every == 0 { last + share * (truth - last) } else { last - 0.002 * (truth - last) }
        })
    };
    let members = [Member::LastValue];
    assert_eq!(given(&towards(0.01, 10), &members), [("last_value", 1.0)]);
    assert!(given(&towards(0.5, 1), &members).first().is_none_or(|(name, _)| *name == "networks"));
}
