//! Expected numbers are worked out by hand.

use super::*;
use crate::report::document::{WIDTH, width};

fn reason() -> Reason {
    // One target, two steps: forecasts 10 and 12 beside a baseline of 6 and 6.
    let contribution = |column: &str, part: Part, values: [f64; 2], pairs: [[f64; 2]; 2]| Contribution {
        column: column.into(),
        kind: "column",
        part,
        values: values.to_vec(),
        pairs: pairs.map(|pair| pair.to_vec()).to_vec(),
    };
    let lags = |block: &str| Part::Lags(block.into());
    Reason {
        model: "m.safetensors".into(),
        table: "t.csv".into(),
        series: "Aa".into(),
        targets: vec!["y".into()],
        stamps: vec!["2020-01-01".into(), "2020-01-02".into()],
        forecast: vec![10.0, 12.0],
        baseline: vec![6.0, 6.0],
        others: 2,
        seed: 0,
        contributions: vec![
            contribution("y", lags("1"), [5.0, 5.0], [[4.0, 4.0], [6.0, 6.0]]),
            contribution("y", lags("2 to 3"), [-2.0, -1.0], [[-2.0, -1.0], [-2.0, -1.0]]),
            contribution("x", lags("1"), [0.0, 1.0], [[0.0, 0.0], [0.0, 2.0]]),
            contribution("(calendar)", Part::Calendar, [1.0, 1.0], [[1.0, 1.0], [1.0, 1.0]]),
        ],
        lead: None,
    }
}

#[test]
fn a_rise_and_its_spread() {
    let rise = Rise::of(Some(2.0), &[Some(3.0), Some(5.0), None]);
    assert_eq!(rise, Rise { base: Some(2.0), mean: Some(2.0), spread: Some(2f64.sqrt()) });
    assert_eq!(rise.share(), 1.0);
    assert_eq!(Rise::of(Some(2.0), &[Some(3.0)]).spread, None);
    assert_eq!(Rise::of(None, &[Some(3.0)]).mean, None);
}

#[test]
fn contributions_add_up_and_are_joined() {
    let mut reason = reason();
    assert!(reason.gap() < 1e-15);
    let text = reason.render(DocumentFormat::Text);
    assert!(text.lines().all(|line| width(line) <= WIDTH), "{text}");
    // The mean over both steps: 11 beside 6, of which y makes 5 - 1.5, with errors 1 and 0.
    assert!(
        text.contains("The forecast is 11.00. Had the table been as at 2 other times, it would"),
        "{text}"
    );
    assert!(text.lines().any(|l| l.split_whitespace().take(3).eq(["y", "3.500", "1.000"])), "{text}");
    assert!(
        text.lines().any(|l| l.split_whitespace().take(3).eq(["(calendar)", "1.000", "0.000"])),
        "{text}"
    );
    // At lead 2 alone: 12 less 6.
    reason.lead = Some(2);
    let text = reason.render(DocumentFormat::Text);
    assert!(text.contains("at lead 2, 2020-01-02") && text.contains("difference of 6.00"), "{text}");
    let tree: serde_json::Value = serde_json::from_str(&reason.render(DocumentFormat::Json)).unwrap();
    assert_eq!(tree["targets"][0]["contributions"][0]["by_lead"], serde_json::json!([5.0, 5.0]));
    assert_eq!(tree["targets"][0]["contributions"][2]["value"], 1.0);
    let csv = reason.render(DocumentFormat::Csv);
    assert!(csv.starts_with("target,lead,date,column,part,value\ny,1,2020-01-01,,forecast,10.0\n"), "{csv}");
    assert!(csv.contains("y,2,2020-01-02,y,lags 2 to 3,-1.0\n"), "{csv}");
    // What does not add up is told.
    reason.contributions.truncate(1);
    assert!((reason.gap() - 1.0 / 12.0).abs() < 1e-12, "{}", reason.gap());
}

#[test]
fn bars_stand_on_their_axis() {
    assert_eq!(bar(5.0, 10.0, true), "          |█████     ");
    assert_eq!(bar(-10.0, 10.0, true), "██████████|          ");
    assert_eq!(bar(0.0, 0.0, false), " ".repeat(12));
    assert_eq!(bar(1.0, 4.0, false), format!("{}{}", "█".repeat(3), " ".repeat(9)));
}
