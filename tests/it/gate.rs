//! `evaluate --require`: whether a model is good enough, as an exit code.

use serde_json::Value;

use super::shell::place;

#[test]
fn a_model_that_is_not_good_enough_ends_with_7() {
    let place = place();
    let evaluate = |more: &[&str]| {
        place.run(&[&["evaluate", "m.safetensors", "t.csv", "--quiet", "--format", "json"], more].concat())
    };
    let plain = evaluate(&["--interval", "80"]);
    let report: Value = serde_json::from_str(&plain.stdout).expect("a report");
    let figure = |name: &str| report["overall"]["model"][name].as_f64().expect("a figure");
    let skill = report["overall"]["skill"].as_f64().expect("a skill");
    let simple = report["overall"]["better_simple"].as_str().expect("a simple forecast");
    let simple = report["overall"][simple]["mae"].as_f64().expect("its error");
    let (mae, smape) = (figure("mae"), figure("smape"));
    assert!((skill - (1.0 - mae / simple)).abs() < 1e-12);

    let met = format!("mae={},skill={},smape={},coverage80=0", mae + 0.01, skill - 0.01, smape + 0.01);
    let ran = evaluate(&["--interval", "80", "--require", &met]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, plain.stdout);

    let unmet = format!("mae={},rmse=1e9,skill={},coverage95=0.5", mae / 2.0, skill + 0.01);
    let ran = evaluate(&["--interval", "80", "--require", &unmet]);
    let expected = [
        format!("error: mae is {mae}, at most {} is required", mae / 2.0),
        format!("error: skill is {skill}, at least {} is required", skill + 0.01),
        "error: coverage95 is not defined (--interval 95 measures it), at least 0.5 is required".into(),
    ];
    // The last digit of a number that was read back may differ.
    let rounded = |text: &str| {
        let round = |word: &str| {
            let (number, mark) = word.strip_suffix(',').map_or((word, ""), |number| (number, ","));
            number.parse::<f64>().map_or(word.to_owned(), |number| format!("{number:.9}{mark}"))
        };
        text.split(' ').map(round).collect::<Vec<_>>().join(" ")
    };
    let said: Vec<String> = ran.stderr.lines().map(&rounded).collect();
    assert_eq!((ran.code, said), (7, expected.iter().map(|line| rounded(line)).collect()));
    assert_eq!(ran.stdout, plain.stdout);

    let ran = evaluate(&["--require", "mae=0", "--out", "report.json"]);
    assert!(ran.code == 7 && ran.stdout.is_empty() && place.read("report.json").contains("\"skill\""));
}
