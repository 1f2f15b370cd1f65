//! Notes about what was given and does nothing: settings, and variables that nobody reads.

use super::shell::{place, with_env};
use super::support::Place;

/// stderr of a run, line by line.
fn notes(place: &Place, args: &[&str], env: &[(&str, &str)]) -> Vec<String> {
    let (code, _, err) = with_env(place, args, env);
    assert_eq!(code, 0, "{args:?}: {err}");
    let hint = |line: &&str| !line.contains("never negative in training");
    err.lines().filter(|l| l.starts_with("note: ")).filter(hint).map(str::to_owned).collect()
}

#[test]
fn settings_without_effect_get_a_note() {
    let place = place();
    let base =
        ["train", "t.csv", "--target", "pm", "--max-steps", "1", "--ensemble", "1", "--out", "n.safetensors"];
    let of = |more: &[&str]| {
        notes(&place, &[&base[..], &["--input-window", "24", "--horizon", "6"], more].concat(), &[])
    };
    assert_eq!(of(&[]), Vec::<String>::new());
    assert_eq!(
        of(&["--skip", "seasonal", "--loss", "mse"]),
        [
            "note: `skip` has no effect with `decoder: lead`, which always forecasts the change since the last value",
            "note: `loss` has no effect: mse is no loss of quantiles, which are learned as with `mae`; --quantiles none makes a point forecast by it",
        ]
    );
    assert_eq!(of(&["--skip", "seasonal", "--quiet"]), Vec::<String>::new());
    assert_eq!(
        of(&["--decoder", "direct", "--quantiles", "none", "--cuts", "3", "--dropout", "0.1"]),
        [
            "note: `cuts` has no effect without `decoder: lead`",
            "note: `dropout` has no effect on one layer and a linear head: units are dropped between layers",
        ]
    );
    assert_eq!(
        of(&["--decoder", "direct", "--quantiles", "none", "--skip", "none", "--loss", "mse"]).len(),
        0
    );
    // A complete file says everything and means the defaults.
    let yaml = place.ok(&["train", "t.csv", "--target", "pm", "--print-config"]).stdout;
    place.write("all.yaml", &yaml).write("skip.yaml", yaml.replace("skip: last", "skip: none"));
    assert_eq!(of(&["--config", "all.yaml"]), Vec::<String>::new());
    assert_eq!(of(&["--config", "skip.yaml"]).len(), 1);
    // Nothing is drawn when a model forecasts; as a variable the seed is meant for others.
    let predict = ["predict", "m.safetensors", "t.csv"];
    let seed = notes(&place, &[&predict[..], &["--seed", "3"]].concat(), &[]);
    assert_eq!(seed, ["note: `seed` has no effect here: nothing is drawn"]);
    assert_eq!(notes(&place, &predict, &[("LSTM_FORECAST_SEED", "3")]).len(), 0);
}

#[test]
fn unknown_variables_get_a_note() {
    let place = place();
    let env = [
        ("LSTM_FORECAST_HIDEN_SIZE", "3"),
        ("LSTM_FORECAST_XYZZY", "3"),
        ("LSTM_FORECAST_SIMD", "scalar"),
        ("LSTM_FORECAST_EPOCHS", "3"),
        ("LSTM_FORECAST_CALENDAR", "no"),
    ];
    assert_eq!(
        notes(&place, &["predict", "m.safetensors", "t.csv"], &env),
        [
            "note: the variable `LSTM_FORECAST_HIDEN_SIZE` is not known and has no effect (did you mean `LSTM_FORECAST_HIDDEN_SIZE`?)",
            "note: the variable `LSTM_FORECAST_XYZZY` is not known and has no effect",
        ]
    );
    assert_eq!(notes(&place, &["inspect", "m.safetensors", "--quiet"], &env).len(), 0);
}

/// 120 days by 0.7, 0.1, 0.2: 12 rows of validation from day 84 on, which hold no window of 20 steps; from day 76 on
/// they do.
#[test]
fn the_validation_part_of_a_short_table_has_a_horizon() {
    let place = place();
    let day = |i: u64| chrono::NaiveDate::from_ymd_opt(2021, 1, 1).unwrap() + chrono::Days::new(i);
    let rows: Vec<String> = (0..120).map(|i| format!("{},{}.5\n", day(i), i % 7)).collect();
    place.write("days.csv", format!("date,y\n{}", rows.concat()));
    let base =
        ["train", "days.csv", "--target", "y", "--input-window", "14", "--horizon", "20", "--max-steps", "1"];
    let of =
        |more: &[&str]| notes(&place, &[&base[..], &["--ensemble", "1", "--out", "d"], more].concat(), &[]);
    assert_eq!(
        of(&[]),
        [
            "note: the validation part begins at 2021-03-18 in place of 2021-03-26, so that it has the 20 rows of a horizon; --val-start says otherwise"
        ]
    );
    assert!(place.ok(&["inspect", "d"]).stdout.contains("validation from 2021-03-18, test from 2021-04-07"));
    assert!(of(&["--val-start", "2021-03-26"])[0].contains("no validation window"));
    assert!(of(&["--split", "0.8,0,0.2"]).iter().all(|note| !note.contains("begins at")));
}
