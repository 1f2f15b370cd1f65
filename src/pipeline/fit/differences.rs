//! In which settings two configurations differ.

use serde_json::Value;

use crate::config::Config;

/// Puts two findings into one sentence.
pub(super) fn joined(a: String, b: String) -> String {
    format!("{a}; {b}")
}

/// Keys whose values differ, with both values as JSON.
pub(super) fn differences(a: &Config, b: &Config) -> Vec<(String, Value, Value)> {
    let tree = |c: &Config| serde_json::to_value(c).unwrap_or_default();
    let (a, b) = (tree(a), tree(b));
    let mut all = Vec::new();
    for (group, keys) in a.as_object().into_iter().flatten() {
        for (key, was) in keys.as_object().into_iter().flatten() {
            let is = b.get(group).and_then(|keys| keys.get(key)).cloned().unwrap_or_default();
            if *was != is {
                all.push((format!("{group}.{key}"), was.clone(), is));
            }
        }
    }
    all
}
