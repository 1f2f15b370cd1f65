//! Expected numbers are worked out by hand.

use super::*;
use crate::report::document::{WIDTH, width};

/// Two series, nine origins, one lead, one target: model a errs by 1 everywhere, model b by 2 on the first
/// series and by 0 or 3 on the second.
fn items() -> Items {
    let mut items =
        Items { forecasts: vec![Vec::new(); 3], quantiles: vec![Vec::new(); 2], ..Items::default() };
    for origin in 0..9i64 {
        for series in 0..2u32 {
            items.series.push(series);
            items.target.push(0);
            items.lead.push(1);
            items.origin.push(origin * 3600);
            items.actual.push(10.0);
            let b = match (series, origin % 3) {
                (0, _) => 8.0,
                (_, 0) => 13.0,
                _ => 10.0,
            };
            for (all, forecast) in items.forecasts.iter_mut().zip([11.0, b, 14.0]) {
                all.push(forecast);
            }
        }
    }
    items
}

fn context() -> Context {
    let model = |name: &str| Model {
        name: name.into(),
        file: format!("{name}.safetensors"),
        input_window: 24,
        horizon: 1,
        val_start: "2020-01-01".into(),
        test_start: "2020-02-01".into(),
    };
    Context {
        models: vec![model("a"), model("b|<i>")],
        simple: vec!["last_value".into()],
        table: "air.csv".into(),
        series: vec!["Aa".into(), "Bb, \"x\"".into()],
        targets: vec!["PM2.5".into()],
        horizon: 1,
        season: 24,
        from: "2020-02-01".into(),
        to: "2020-02-02".into(),
        stride: 1,
        stride_text: "1 x 1h".into(),
        mase_scale: vec![2.0, f64::NAN],
        ..Context::default()
    }
}

fn compared(chunks: &[Items]) -> Comparison {
    let mut comparer = Comparer::new(context());
    chunks.iter().for_each(|chunk| comparer.push(chunk));
    comparer.finish()
}

#[test]
fn errors_and_differences() {
    let c = compared(&[items()]);
    assert_eq!((c.overall.items, c.series, c.forecasts, c.origins, c.left_out), (18, 2, 18, 9, 0));
    let mae: Vec<f64> = c.overall.methods.iter().map(|s| s.mae.unwrap()).collect();
    assert_eq!(mae, [1.0, 1.5, 4.0]);
    assert_eq!(c.overall.methods[1].mase, Some(1.0)); // 2 / 2 on the series that has a scale
    assert_eq!(c.overall.best, Some(0));
    // Both models, then each beside the simple forecast.
    let pairs: Vec<(usize, usize)> =
        c.per_target[0].differences.iter().map(|d| (d.first, d.second)).collect();
    assert_eq!(pairs, [(0, 1), (0, 2), (1, 2)]);
    let d = &c.per_target[0].differences[0];
    assert_eq!((d.paired.n, d.paired.lags, d.paired.mean), (9, 0, -0.5));
    // By origin -1.5, 0, 0, -1.5, ...: variance 0.5, so -0.5 / sqrt(0.5 / 9) * sqrt(8 / 9) = -2.
    let test = d.paired.test.unwrap();
    assert!((test.statistic + 2.0).abs() < 1e-12, "{test:?}");
    assert!((test.p - 0.080516).abs() < 1e-5, "{test:?}"); // Student's t with 8 degrees, from a table
    // By series: 1 less 2 always; 1 less 3, 0, 0.
    let own: Vec<_> =
        c.per_series.iter().map(|row| (row.block.best, row.differences[0].paired.mean)).collect();
    assert_eq!(own, [(Some(0), -1.0), (Some(0), 0.0)]);
    assert_eq!(c.per_series[0].differences[0].paired.test, Err(crate::metrics::paired::Untested::Constant));
}

#[test]
fn chunks_and_their_order_do_not_matter() {
    let (all, mut second) = (items(), items());
    let mut first =
        Items { forecasts: vec![Vec::new(); 3], quantiles: vec![Vec::new(); 2], ..Items::default() };
    first.series = second.series.drain(..4).collect();
    first.target = second.target.drain(..4).collect();
    first.lead = second.lead.drain(..4).collect();
    first.origin = second.origin.drain(..4).collect();
    first.actual = second.actual.drain(..4).collect();
    for (a, b) in first.forecasts.iter_mut().zip(&mut second.forecasts) {
        *a = b.drain(..4).collect();
    }
    let (one, two) = (compared(&[all]), compared(&[second, first]));
    // Sums of metrics may differ in their last digits; those of tests are by origin.
    assert_eq!(one.per_target[0].differences, two.per_target[0].differences);
    assert_eq!(one.overall.items, two.overall.items);
    assert_eq!(one.winners, two.winners);
}

#[test]
fn what_one_cannot_say_counts_for_none() {
    let mut gap = items();
    gap.forecasts[2][0] = f64::NAN;
    gap.actual[3] = f64::NAN;
    let c = compared(&[gap]);
    assert_eq!((c.overall.items, c.left_out), (16, 1));
}

#[test]
fn every_form_is_whole() {
    let c = compared(&[items()]);
    let text = c.render(DocumentFormat::Text);
    assert!(text.lines().all(|line| width(line) <= WIDTH), "{text}");
    assert!(text.contains("- By series the lowest MAE: a on every series."), "{text}");
    assert!(c.render(DocumentFormat::Markdown).contains("b\\|"), "{}", c.render(DocumentFormat::Markdown));
    let tree: serde_json::Value = serde_json::from_str(&c.render(DocumentFormat::Json)).unwrap();
    assert_eq!(tree["per_target"][0]["differences"][0]["mean"], -0.5);
    assert_eq!(tree["per_series"][0]["differences"][0]["untested"], "constant");
    assert_eq!(tree["overall"]["b|<i>"]["mae"], 1.5);
    let csv = c.render(DocumentFormat::Csv);
    assert!(csv.contains("target,PM2.5,PM2.5,a,b|<i>,difference,-0.5\n"), "{csv}");
    assert!(csv.contains("series,\"Bb, \"\"x\"\"\",PM2.5,a,,mae,1.0\n"), "{csv}");
}
