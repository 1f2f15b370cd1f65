//! Expected numbers are worked out by hand.

use super::*;
use crate::report::document::{WIDTH, width};

/// Two series, two origins, two leads, one target; every number easy to follow.
fn scored() -> Scored {
    Scored {
        series: vec![0, 0, 0, 0, 1, 1],
        target: vec![0; 6],
        lead: vec![1, 2, 1, 2, 1, 2],
        origin: vec![0, 0, 7200, 7200, 0, 0],
        actual: vec![10.0, 20.0, 10.0, 20.0, 1.0, 2.0],
        // Errors of the model: 1, -2, 3, 0 | 1, -1.
        point: vec![11.0, 18.0, 13.0, 20.0, 2.0, 1.0],
        quantiles: vec![9.0, 12.0, 17.0, 21.0, 9.0, 12.0, 17.0, 21.0, 0.5, 3.0, 0.5, 1.5],
        levels: vec![0.1, 0.9],
        // Errors of last value: 2, 4, 2, 4 | 0, 1; of the other: 5, 5, 5, 5 | 5, 0.5.
        baselines: vec![
            ("last value".into(), vec![12.0, 24.0, 8.0, 16.0, 1.0, 3.0]),
            ("seasonal_naive".into(), vec![15.0, 15.0, 15.0, 15.0, 6.0, 2.5]),
        ],
        intervals: vec![(80.0, vec![9.0, 17.0, 9.0, 17.0, 0.5, 0.5], vec![12.0, 21.0, 12.0, 21.0, 3.0, 1.5])],
        mase_scale: vec![4.0, f64::NAN],
        ..Scored::default()
    }
}

fn context() -> Context {
    Context {
        model: Some("model.safetensors".into()),
        table: "air.csv".into(),
        series: vec!["Aa".into(), "Bb, \"x\"".into()],
        targets: vec!["PM2.5".into()],
        horizon: 2,
        season: 24,
        from: "2020-01-01 00".into(),
        to: "2020-01-01 03".into(),
        stride: "2 h".into(),
        notes: vec![],
    }
}

fn evaluate(context: Context, chunks: &[Scored]) -> Evaluation {
    let mut evaluator = Evaluator::new(context);
    chunks.iter().for_each(|chunk| evaluator.push(chunk));
    evaluator.finish()
}

#[track_caller]
fn close(got: Option<f64>, expected: f64) {
    let got = got.expect("defined");
    assert!((got - expected).abs() < 1e-12, "{got} is not {expected}");
}

#[test]
fn pooled_macro_and_skill() {
    let e = evaluate(context(), &[scored()]);
    assert_eq!(e.methods, ["model", "last_value", "seasonal_naive"]);
    assert_eq!((e.overall.items, e.series, e.forecasts, e.origins), (6, 2, 3, 2));
    close(e.overall.methods[0].mae, 8.0 / 6.0);
    close(e.overall.methods[1].mae, 13.0 / 6.0);
    close(e.overall.methods[2].mae, 25.5 / 6.0);
    close(e.overall.methods[0].bias, 2.0 / 6.0);
    close(e.overall.methods[0].mase, 6.0 / 4.0 / 4.0); // the first series alone has a scale
    assert_eq!(e.overall.better, Some(1));
    close(e.overall.skill, 1.0 - 8.0 / 13.0);
    // Means of the two series: 1.5 and 1; 3 and 0.5.
    close(e.mean_of_series.methods[0].mae, 1.25);
    close(e.mean_of_series.methods[1].mae, 1.75);
    close(e.mean_of_series.skill, 1.0 - 1.25 / 1.75);
    close(e.overall.intervals[0].coverage, 5.0 / 6.0);
    close(e.overall.intervals[0].mean_width, (3.0 + 4.0 + 3.0 + 4.0 + 2.5 + 1.0) / 6.0);
    assert_eq!(e.overall.methods[1].pinball, None);
    // Level 0.1: 0.1 * (1 + 3 + 1 + 3 + 0.5 + 1.5) / 6; level 0.9: (0.1 * (2 + 1 + 2 + 1 + 2) + 0.9 * 0.5) / 6.
    close(e.overall.methods[0].pinball, (1.0 + 1.25) / 12.0);
    close(e.overall.methods[0].crps, (1.0 + 1.25) / 6.0);
}

#[test]
fn per_lead_and_series() {
    let e = evaluate(context(), &[scored()]);
    let mae: Vec<_> = e.per_lead.iter().map(|row| (row.key, row.block.methods[0].mae.unwrap())).collect();
    assert_eq!(mae, [(1, 5.0 / 3.0), (2, 1.0)]);
    let items: Vec<_> = e.per_series.iter().map(|row| (row.key, row.block.items)).collect();
    assert_eq!(items, [(0, 4), (1, 2)]);
    close(e.per_series[1].block.skill, 1.0 - 1.0 / 0.5);
    assert_eq!(
        e.worse,
        [
            "Lead 1: last value is better (MAE 1.333 against 1.667 at lead 1).",
            "1 of 2 series (Bb, \"x\"): last value is better (MAE 0.5000 against 1.000 on Bb, \"x\").",
        ]
    );
}

#[test]
fn chunks_do_not_matter_and_gaps_are_not_scored() {
    let whole = evaluate(context(), &[scored()]);
    let all = scored();
    let one = |i: usize| Scored {
        series: vec![all.series[i]],
        target: vec![0],
        lead: vec![all.lead[i]],
        origin: vec![all.origin[i]],
        actual: vec![all.actual[i]],
        point: vec![all.point[i]],
        quantiles: all.quantiles[2 * i..2 * i + 2].to_vec(),
        levels: all.levels.clone(),
        baselines: all.baselines.iter().map(|(n, v)| (n.clone(), vec![v[i]])).collect(),
        intervals: all.intervals.iter().map(|(n, l, h)| (*n, vec![l[i]], vec![h[i]])).collect(),
        mase_scale: all.mase_scale.clone(),
        ..Scored::default()
    };
    let mut chunks: Vec<_> = (0..6).rev().map(one).collect();
    let mut unobserved = one(0);
    unobserved.actual = vec![f64::NAN];
    unobserved.origin = vec![999];
    chunks.push(unobserved);
    let pieces = evaluate(context(), &chunks);
    close(pieces.overall.methods[0].rmse, whole.overall.methods[0].rmse.unwrap());
    assert_eq!((pieces.forecasts, pieces.overall.items), (3, 6));
    assert_eq!(pieces.worse, whole.worse);
}

#[test]
fn text_fits_and_aligns() {
    let text = evaluate(context(), &[scored()]).render(ReportFormat::Text);
    assert!(text.lines().all(|l| width(l) <= WIDTH), "{text}");
    assert!(text.contains("Scored 6 observed values in original units: 2 series, 3 forecasts"), "{text}");
    let model = text.lines().find(|l| l.starts_with("model  ")).unwrap();
    let cells: Vec<_> = model.split_whitespace().collect();
    assert_eq!(cells[..3], ["model", "1.333", "1.633"], "{text}");
    let markdown = evaluate(context(), &[scored()]).render(ReportFormat::Markdown);
    assert!(markdown.contains("| model | 1.333 | 1.633 |"), "{markdown}");
}

#[test]
fn a_wide_report_fits() {
    let mut wide = scored();
    for name in ["drift", "moving average", "seasonal moving average"] {
        wide.baselines.push((name.into(), vec![123_456.7; 6]));
    }
    wide.actual.iter_mut().for_each(|v| *v *= 12_345.6);
    let mut context = context();
    context.series[0] = "a very long name of a series that would not fit on any line of a report".into();
    let text = evaluate(context, &[wide]).render(ReportFormat::Text);
    assert!(text.lines().all(|l| width(l) <= WIDTH), "{text}");
    assert!(text.contains("seasonal moving average"), "{text}");
}

#[test]
fn json_has_everything_and_null_for_the_undefined() {
    let text = evaluate(context(), &[scored()]).render(ReportFormat::Json);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["overall"]["model"]["mae"], 8.0 / 6.0);
    assert_eq!(json["overall"]["better_simple"], "last_value");
    assert_eq!(json["per_lead"][1]["lead"], 2);
    assert_eq!(json["per_series"][1]["series"], "Bb, \"x\"");
    assert_eq!(json["per_series"][1]["model"]["mase"], serde_json::Value::Null);
    assert_eq!(json["overall"]["intervals"][0]["nominal"], 80.0);
    assert_eq!(json["values"], 6);
    assert!(text.find("\"overall\"") < text.find("\"per_lead\""));
}

#[test]
fn csv_is_tidy() {
    let text = evaluate(context(), &[scored()]).render(ReportFormat::Csv);
    assert!(text.starts_with("scope,name,target,method,metric,value\n"));
    assert!(text.contains("\noverall,,PM2.5,last_value,mae,2.1666666666666665\n"));
    assert!(text.contains("\nseries,\"Bb, \"\"x\"\"\",PM2.5,model,mase,\n"));
    assert!(text.contains("\nlead,2,PM2.5,model,mae,1.0\n"));
    assert!(text.contains("\nlead,2,PM2.5,,values,3\n"));
    assert!(text.contains("\noverall,,PM2.5,model,coverage_80,0.8333333333333334\n"));
}

#[test]
fn several_targets_are_kept_apart() {
    let mut scored = scored();
    scored.target = vec![0, 0, 1, 1, 0, 0];
    scored.mase_scale = vec![1.0, 10.0, 1.0, f64::NAN];
    let mut context = context();
    context.targets.push("CO".into());
    let e = evaluate(context, &[scored]);
    assert_eq!(e.per_target.len(), 2);
    close(e.per_target[1].block.methods[0].mae, 1.5);
    assert_eq!(e.per_lead.len(), 4);
    // Errors over scales: (1 + 2 + 1 + 1) / 1 and 3 / 10, against (2 + 4 + 0 + 1) / 1 and 6 / 10.
    close(e.overall.methods[0].mase, 5.3 / 6.0);
    close(e.overall.skill, 1.0 - 5.3 / 7.6);
    let text = e.render(ReportFormat::Text);
    assert!(text.contains("Per lead, CO: MAE"), "{text}");
    assert!(e.render(ReportFormat::Csv).contains("\ntarget,CO,CO,model,mae,1.5\n"));
}

#[test]
fn without_a_model_or_without_items() {
    let mut simple = scored();
    simple.point = vec![];
    simple.levels = vec![];
    simple.quantiles = vec![];
    simple.intervals = vec![];
    let e = evaluate(Context { model: None, ..context() }, &[simple]);
    assert_eq!(e.methods, ["last_value", "seasonal_naive"]);
    assert_eq!((e.overall.better, e.overall.skill, e.worse.len()), (Some(0), None, 0));
    assert!(e.render(ReportFormat::Text).contains("last value"));

    for format in [ReportFormat::Text, ReportFormat::Markdown, ReportFormat::Json, ReportFormat::Csv] {
        let nothing = evaluate(context(), &[]).render(format);
        assert!(!nothing.contains("NaN") && !nothing.contains("inf"), "{nothing}");
    }
}

#[test]
fn a_missing_forecast_is_counted() {
    let mut holes = scored();
    holes.point[0] = f64::NAN;
    let e = evaluate(context(), &[holes]);
    assert_eq!((e.overall.items, e.overall.methods[0].missing, e.overall.methods[1].missing), (6, 1, 0));
    close(e.overall.methods[0].mae, 7.0 / 5.0);
    // Lines end wherever 80 columns do.
    let text = e.render(ReportFormat::Text).replace('\n', " ");
    assert!(text.contains("1 of them has no finite forecast"), "{text}");
}

#[test]
fn requirements_are_held_against_the_pooled_figures() {
    // MAE 8 / 6, skill 5 / 13, bias 2 / 6, coverage 5 / 6: see above.
    let e = evaluate(context(), &[scored()]);
    let failed = |list: &str| e.failures(&Requirement::parse_list(list).unwrap());
    assert!(failed("skill=0.384, mae=1.334,bias=0.334,coverage80=0.833").is_empty());
    let wrong = failed("skill=0.385,mae=1.333,bias=0.333,coverage80=0.834,coverage95=0.1");
    let starts = [
        "skill is 0.384615",
        "mae is 1.33333",
        "bias is 0.33333",
        "coverage80 is 0.83333",
        "coverage95 is not defined (--interval 95 measures it), at least 0.1 is required",
    ];
    assert!(
        wrong.len() == 5 && wrong.iter().zip(starts).all(|(line, start)| line.starts_with(start)),
        "{wrong:?}"
    );
    let mut low = scored();
    low.point.iter_mut().for_each(|point| *point -= 5.0);
    let bias = Requirement::parse_list("bias=4.6").unwrap();
    assert!(evaluate(context(), &[low]).failures(&bias)[0].starts_with("bias is -4.66666"));
}

#[test]
fn what_is_not_defined_is_not_good_enough() {
    let failures = |scored: Scored, list: &str| {
        evaluate(context(), &[scored]).failures(&Requirement::parse_list(list).unwrap())
    };
    let alone = Scored { baselines: vec![], ..scored() };
    assert_eq!(failures(alone, "skill=-9"), ["skill is not defined, at least -9 is required"]);
    let mut lacking = scored();
    lacking.point[2] = f64::NAN;
    let expected = "mae is not defined (values without a forecast: 1), at most 9 is required";
    assert_eq!(failures(lacking, "mae=9"), [expected]);
    let nothing = Scored { actual: vec![f64::NAN; 6], ..scored() };
    assert_eq!(failures(nothing, "rmse=9"), ["rmse is not defined, at most 9 is required"]);
    for wrong in ["", "mae", "maee=1", "coverage81=0.5", "mae=nan", "mae=1,", "coverage80=75"] {
        assert!(Requirement::parse_list(wrong).is_err(), "{wrong}");
    }
}
