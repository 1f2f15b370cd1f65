use serde_json::Value;

use super::*;
use crate::error::Result;

fn resolve(yaml: &str, flags: Value) -> Result<Config> {
    Layers { base: Config::default(), file: Some(("c.yaml".into(), yaml.into())), flags }.resolve()
}

#[test]
fn flags_win_over_file_and_file_over_default() {
    let config = resolve(
        "model: { hidden_size: 32, num_layers: 3 }\ntrain:\n",
        serde_json::json!({"model": {"hidden_size": 16}}),
    )
    .unwrap();
    assert_eq!((config.model.hidden_size, config.model.num_layers), (16, 3));
    assert_eq!(config.train, TrainConfig::default());
}

#[test]
fn unknown_keys_are_refused_with_the_nearest() {
    let e = resolve("model: { hiden_size: 3 }", Value::Null).unwrap_err();
    assert_eq!(e.to_string(), "c.yaml: unknown key `model.hiden_size` (did you mean `hidden_size`?)");
    let e = resolve("modle: { hidden_size: 3 }", Value::Null).unwrap_err();
    assert_eq!(e.to_string(), "c.yaml: unknown group `modle` (did you mean `model`?)");
    let e = resolve("train: { hidden_size: 3 }", Value::Null).unwrap_err();
    assert_eq!(e.hint(), Some("`hidden_size` belongs under `model:`"));
    let e = resolve("hidden_size: 3", Value::Null).unwrap_err();
    assert_eq!(e.hint(), Some("`hidden_size` belongs under `model:`"));
}

#[test]
fn wrong_types_and_ranges_are_refused() {
    let e = resolve("model: { hidden_size: many }", Value::Null).unwrap_err();
    assert!(e.to_string().starts_with("c.yaml: `model.hidden_size` is `"), "{e}");
    let e = resolve("model: { dropout: -0.1 }", Value::Null).unwrap_err();
    assert!(e.to_string().contains("`dropout` is -0.1"), "{e}");
    let e = resolve("model: { decoder: sequence, bidirectional: true }", Value::Null).unwrap_err();
    assert_eq!(e.exit_code(), 4);
    let e = resolve("- a", Value::Null).unwrap_err();
    assert!(e.to_string().contains("found a list"), "{e}");
}

#[test]
fn printed_yaml_feeds_back() {
    let config =
        resolve("data: { target: [PM2.5], series: [city] }\nsplit: { split: [0.6, 0.2, 0.2] }", Value::Null)
            .unwrap();
    let again = resolve(&to_yaml(&config).unwrap(), Value::Null).unwrap();
    assert_eq!(again, config);
}

#[test]
fn lists_split_at_commas_outside_quotes() {
    assert_eq!(split_list("a, b"), ["a", "b"]);
    assert_eq!(split_list("\"RAIN, HOURLY (mm)\",x"), ["RAIN, HOURLY (mm)", "x"]);
    assert_eq!(split_list("\"say \"\"hi\"\"\""), ["say \"hi\""]);
}
