//! The README keeps step with the program: settings, flags and the PyTorch module.

use std::collections::BTreeSet;
use std::path::Path;

use super::support::Place;

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every key of `train --print-config` is a row of the table of its group, with its default.
#[test]
fn every_setting_is_in_the_reference() {
    let place = Place::new();
    let yaml = place.ok(&["train", "t.csv", "--print-config"]).stdout;
    let settings: serde_yaml::Value = serde_yaml::from_str(&yaml).unwrap();
    let readme = file("README.md");
    let mut group_at = 0;
    for (group, keys) in settings.as_mapping().unwrap() {
        let group = group.as_str().unwrap();
        let head = format!("| `{group}` | default | meaning |\n");
        group_at +=
            readme[group_at..].find(&head).unwrap_or_else(|| panic!("no table for `{group}`, in order"));
        let table = readme[group_at..].split("\n\n").next().unwrap();
        let mut rows: BTreeSet<&str> =
            table.lines().skip(2).map(|l| l.split('`').nth(1).unwrap_or(l)).collect();
        for (key, value) in keys.as_mapping().unwrap() {
            let key = key.as_str().unwrap();
            assert!(rows.remove(key), "`{group}.{key}` is not in README.md");
            // A default that is found, or none, is said in words.
            let default = match value {
                serde_yaml::Value::Null => continue,
                // The machine-readable form of a list is also YAML's and JSON's flow form.
                serde_yaml::Value::Sequence(_) => serde_json::to_string(value).unwrap().replace(',', ", "),
                other => serde_yaml::to_string(other).unwrap().trim().to_string(),
            };
            let row = table.lines().skip(2).find(|l| l.starts_with(&format!("| `{key}` |"))).unwrap();
            let shown = row.split(" | ").nth(1).unwrap().trim_matches('`').replace('"', "");
            assert_eq!(shown, default.replace('"', ""), "the default of `{group}.{key}` in README.md");
        }
        assert!(rows.is_empty(), "README.md has settings that are gone: {rows:?} in `{group}`");
    }
}

/// Every flag that the README and the examples write exists.
#[test]
fn every_flag_exists() {
    let place = Place::new();
    let mut known = BTreeSet::from([
        "--release".to_string(),
        "--profile".into(),
        "--preserve-status".into(),
        "--path".into(),
        "--example".into(),
        "--manifest-path".into(),
        "--features".into(),
    ]);
    known.extend(flags(&place.ok(&["--help"]).stdout));
    for command in ["ingest", "train", "evaluate", "predict", "inspect"] {
        known.extend(flags(&place.ok(&[command, "--help"]).stdout));
    }
    for name in [
        "README.md",
        "CHANGELOG.md",
        "examples/quickstart.sh",
        "examples/pipe.sh",
        "examples/hourly.yaml",
        "examples/daily.yaml",
    ] {
        let unknown: Vec<String> = flags(&file(name)).into_iter().filter(|f| !known.contains(f)).collect();
        assert!(unknown.is_empty(), "{name} names flags that no command has: {unknown:?}");
    }
}

/// Words that begin with two dashes and a letter.
fn flags(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_lowercase() || c == '-';
    text.split("--")
        .skip(1)
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|rest| format!("--{}", rest.split(|c| !word(c)).next().unwrap_or_default()))
        .collect()
}

/// The module that the README shows is the one that the check by hand runs.
#[test]
fn the_pytorch_module_is_the_tested_one() {
    let class = |text: &str| {
        let at = text.find("class RegLSTM(nn.Module):").expect("the class");
        let end = text[at..].find("return self.reg(").expect("its last line") + at;
        text[at..end].to_string()
    };
    assert_eq!(class(&file("README.md")), class(&file("tests/pytorch/check_checkpoint.py")));
}

/// The examples' settings are known to this program.
#[test]
fn the_example_settings_resolve() {
    let place = Place::new();
    for name in ["hourly", "daily"] {
        place.write("run.yaml", file(&format!("examples/{name}.yaml")));
        place.ok(&["train", "t.csv", "--config", "run.yaml", "--print-config"]);
    }
}
