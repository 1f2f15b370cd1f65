//! The evaluation for other programs: JSON with everything, CSV in tidy form.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Block, Evaluation, Row};
use crate::metrics::drift::{Drift, LEVEL};
use crate::number::machine;
use crate::report::rows::{Cells, Rows, RowsFormat};

/// One JSON object, indented; keys in a fixed order. A metric that is not defined is `null`.
pub fn json(evaluation: &Evaluation) -> String {
    let mut text = serde_json::to_string_pretty(evaluation).unwrap_or_default();
    text.push('\n');
    text
}

/// The block `overall` of the JSON report, and how many values it is of.
pub fn overall(evaluation: &Evaluation) -> serde_json::Value {
    let entry = Entry { evaluation, keys: &[], block: &evaluation.overall };
    let mut figures = serde_json::to_value(entry).unwrap_or_default();
    figures["values"] = evaluation.overall.items.into();
    figures
}

/// What is known of drift.
pub fn drift(drift: Drift) -> serde_json::Value {
    serde_json::json!({
        "p": drift.p, "outside": drift.share, "expected": 1.0 - f64::from(LEVEL) / 100.0, "values": drift.values,
        "blocks": drift.blocks, "train_again": drift.is_significant(),
    })
}

impl Serialize for Evaluation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let context = &self.context;
        map.serialize_entry("model", &context.model)?;
        map.serialize_entry("table", &context.table)?;
        map.serialize_entry("targets", &context.targets)?;
        map.serialize_entry("units", "original")?;
        map.serialize_entry("values", &self.overall.items)?;
        map.serialize_entry("series", &self.series)?;
        map.serialize_entry("forecasts", &self.forecasts)?;
        map.serialize_entry("origins", &self.origins)?;
        map.serialize_entry("horizon", &context.horizon)?;
        map.serialize_entry("season", &context.season)?;
        map.serialize_entry("stride", &context.stride)?;
        map.serialize_entry("from", &context.from)?;
        map.serialize_entry("to", &context.to)?;
        map.serialize_entry("methods", &self.methods)?;
        map.serialize_entry("crossed_quantiles", &self.crossed)?;
        map.serialize_entry("overall", &Entry { evaluation: self, keys: &[], block: &self.overall })?;
        let mean = Entry { evaluation: self, keys: &[], block: &self.mean_of_series };
        map.serialize_entry("mean_of_series", &mean)?;
        let rows = |rows: &[Row], scope: Scope| -> Vec<Keyed<'_>> {
            rows.iter().map(|row| Keyed { evaluation: self, scope, row: row.clone() }).collect()
        };
        map.serialize_entry("per_target", &rows(&self.per_target, Scope::Target))?;
        map.serialize_entry("per_lead", &rows(&self.per_lead, Scope::Lead))?;
        map.serialize_entry("per_series", &rows(&self.per_series, Scope::Series))?;
        map.serialize_entry("worse_than_simple", &self.worse)?;
        map.serialize_entry("drift", &self.drift.map(drift))?;
        map.serialize_entry("notes", &context.notes)?;
        map.end()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Target,
    Lead,
    Series,
}

/// A row with its keys.
struct Keyed<'a> {
    evaluation: &'a Evaluation,
    scope: Scope,
    row: Row,
}

impl Serialize for Keyed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut keys = Vec::new();
        match self.scope {
            Scope::Target => {}
            Scope::Lead => keys.push(("lead", serde_json::Value::from(self.row.key))),
            Scope::Series => {
                keys.push(("series", serde_json::Value::from(self.evaluation.series_name(self.row.key))));
            }
        }
        keys.push(("target", serde_json::Value::from(self.evaluation.target_name(self.row.target))));
        Entry { evaluation: self.evaluation, keys: &keys, block: &self.row.block }.serialize(serializer)
    }
}

/// A block: its keys, then an object for each method, then what belongs to the model alone.
struct Entry<'a> {
    evaluation: &'a Evaluation,
    keys: &'a [(&'static str, serde_json::Value)],
    block: &'a Block,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.keys {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("values", &self.block.items)?;
        for (name, summary) in self.evaluation.methods.iter().zip(&self.block.methods) {
            map.serialize_entry(name, summary)?;
        }
        map.serialize_entry(
            "better_simple",
            &self.block.better.and_then(|i| self.evaluation.methods.get(i)),
        )?;
        map.serialize_entry("skill", &self.block.skill)?;
        if !self.block.levels.is_empty() {
            map.serialize_entry("quantiles", &self.block.levels)?;
        }
        if !self.block.intervals.is_empty() {
            map.serialize_entry("intervals", &self.block.intervals)?;
        }
        map.end()
    }
}

impl Serialize for super::Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in Self::NAMES.iter().zip(self.values()) {
            map.serialize_entry(name, &value)?;
        }
        map.serialize_entry("missing", &self.missing)?;
        map.end()
    }
}

/// `scope,name,target,method,metric,value`, one line a number; an undefined metric has an empty
/// value. `scope` is overall, mean_of_series, target, lead or series; `target` is empty where
/// several are pooled.
pub fn csv(evaluation: &Evaluation) -> String {
    let mut lines = Lines::default();
    let pooled = match evaluation.context.targets.as_slice() {
        [one] => one.as_str(),
        _ => "",
    };
    lines.block(evaluation, ["overall", "", pooled], &evaluation.overall);
    lines.block(evaluation, ["mean_of_series", "", pooled], &evaluation.mean_of_series);
    let scopes = [
        ("target", &evaluation.per_target),
        ("lead", &evaluation.per_lead),
        ("series", &evaluation.per_series),
    ];
    for (scope, rows) in scopes {
        for row in rows {
            let target = evaluation.target_name(row.target);
            let name = match scope {
                "lead" => row.key.to_string(),
                "series" => evaluation.series_name(row.key).to_string(),
                _ => target.to_string(),
            };
            lines.block(evaluation, [scope, &name, target], &row.block);
        }
    }
    lines.into_csv()
}

#[derive(Default)]
struct Lines {
    text: [Vec<String>; 5],
    value: Vec<String>,
}

impl Lines {
    fn push(&mut self, keys: [&str; 3], method: &str, metric: &str, value: Option<f64>) {
        self.push_text(keys, method, metric, machine(value.unwrap_or(f64::NAN), 0));
    }

    fn push_text(&mut self, keys: [&str; 3], method: &str, metric: &str, value: String) {
        let cells = keys.into_iter().chain([method, metric]);
        self.text.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell.to_string()));
        self.value.push(value);
    }

    fn block(&mut self, evaluation: &Evaluation, keys: [&str; 3], block: &Block) {
        self.push_text(keys, "", "values", block.items.to_string());
        for (method, summary) in evaluation.methods.iter().zip(&block.methods) {
            for (metric, value) in super::Summary::NAMES.iter().zip(summary.values()) {
                if value.is_some() || !matches!(*metric, "pinball" | "crps") {
                    self.push(keys, method, metric, value);
                }
            }
            self.push_text(keys, method, "missing", summary.missing.to_string());
        }
        if !evaluation.has_model {
            return;
        }
        self.push(keys, "model", "skill", block.skill);
        for level in &block.levels {
            self.push(keys, "model", &format!("pinball_{}", level.level), level.pinball);
            self.push(keys, "model", &format!("share_below_{}", level.level), level.share_below);
        }
        for interval in &block.intervals {
            self.push(keys, "model", &format!("coverage_{}", interval.nominal), interval.coverage);
            self.push(keys, "model", &format!("mean_width_{}", interval.nominal), interval.mean_width);
            self.push(keys, "model", &format!("interval_score_{}", interval.nominal), interval.score);
        }
    }

    fn into_csv(self) -> String {
        let names = ["scope", "name", "target", "method", "metric"];
        let mut columns: Vec<(String, Cells)> =
            names.iter().zip(self.text).map(|(name, cells)| (name.to_string(), Cells::Text(cells))).collect();
        columns.push(("value".into(), Cells::Text(self.value)));
        let bytes = Rows { columns }.to_bytes(RowsFormat::Csv).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}
