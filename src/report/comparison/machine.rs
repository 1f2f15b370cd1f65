//! The comparison for other programs: JSON with everything, CSV in tidy form.

use super::{Block, Comparison, Difference, Row};
use crate::number::machine;
use crate::report::evaluation::Summary;
use crate::report::ordered::Object;
use crate::report::rows::{Cells, Rows, RowsFormat};

/// One JSON object, indented; keys in a fixed order. What is not defined is `null`.
pub fn json(comparison: &Comparison) -> String {
    let context = &comparison.context;
    let rows = |rows: &[Row], key: &str| rows.iter().map(|row| keyed(comparison, row, key)).collect();
    Object::default()
        .with("models", &context.models)
        .with("table", &context.table)
        .with("targets", &context.targets)
        .with("units", "original")
        .with("values", comparison.overall.items)
        .with("left_out", comparison.left_out)
        .with("series", comparison.series)
        .with("forecasts", comparison.forecasts)
        .with("origins", comparison.origins)
        .with("horizon", context.horizon)
        .with("season", context.season)
        .with("stride", &context.stride_text)
        .with("from", &context.from)
        .with("to", &context.to)
        .with("quantile_levels", &context.levels)
        .with("methods", &comparison.methods)
        .object("overall", block(comparison, Object::default(), &comparison.overall))
        .object("mean_of_series", block(comparison, Object::default(), &comparison.mean_of_series))
        .list("per_target", rows(&comparison.per_target, ""))
        .list("per_lead", rows(&comparison.per_lead, "lead"))
        .list("per_series", rows(&comparison.per_series, "series"))
        .with("winners", &comparison.winners)
        .with("notes", &context.notes)
        .text()
}

fn keyed(comparison: &Comparison, row: &Row, key: &str) -> Object {
    let object = match key {
        "lead" => Object::default().with("lead", row.key),
        "series" => Object::default().with("series", comparison.series_name(row.key)),
        _ => Object::default(),
    };
    let object = object.with("target", comparison.target_name(row.target));
    let differences = row.differences.iter().map(|d| difference(comparison, d)).collect();
    block(comparison, object, &row.block).list("differences", differences)
}

fn block(comparison: &Comparison, object: Object, block: &Block) -> Object {
    let mut object = object.with("values", block.items);
    for (name, summary) in comparison.methods.iter().zip(&block.methods) {
        let metrics = Summary::NAMES.iter().zip(summary.values());
        let metrics = metrics.fold(Object::default(), |out, (name, value)| out.with(name, value));
        object = object.object(name, metrics);
    }
    object.with("best", block.best.and_then(|i| comparison.methods.get(i)))
}

fn difference(comparison: &Comparison, d: &Difference) -> Object {
    let test = d.paired.test.ok();
    Object::default()
        .with("first", comparison.methods.get(d.first))
        .with("second", comparison.methods.get(d.second))
        .with("origins", d.paired.n)
        .with("lags", d.paired.lags)
        .with("mean", d.paired.mean)
        .with("low95", test.map(|t| t.low))
        .with("high95", test.map(|t| t.high))
        .with("statistic", test.map(|t| t.statistic))
        .with("p", test.map(|t| t.p))
        .with("p_holm", d.p)
        .with("untested", d.paired.test.err().map(|why| why.name()))
        .with("correlation_beyond_lags", d.paired.beyond)
}

/// `scope,name,target,method,versus,metric,value`, one line a number; what is not defined has an
/// empty value. `versus` is the second method of a difference, and empty for a method's own metrics.
pub fn csv(comparison: &Comparison) -> String {
    let mut lines = Lines::default();
    let pooled = match comparison.context.targets.as_slice() {
        [one] => one.as_str(),
        _ => "",
    };
    lines.block(comparison, ["overall", "", pooled], &comparison.overall);
    lines.block(comparison, ["mean_of_series", "", pooled], &comparison.mean_of_series);
    let scopes = [
        ("target", &comparison.per_target),
        ("lead", &comparison.per_lead),
        ("series", &comparison.per_series),
    ];
    for (scope, rows) in scopes {
        for row in rows {
            let target = comparison.target_name(row.target);
            let name = match scope {
                "lead" => row.key.to_string(),
                "series" => comparison.series_name(row.key).to_string(),
                _ => target.to_string(),
            };
            lines.block(comparison, [scope, &name, target], &row.block);
            row.differences.iter().for_each(|d| lines.difference(comparison, [scope, &name, target], d));
        }
    }
    lines.into_csv()
}

#[derive(Default)]
struct Lines {
    text: [Vec<String>; 6],
    value: Vec<String>,
}

impl Lines {
    fn push(&mut self, keys: [&str; 3], methods: [&str; 2], metric: &str, value: String) {
        let cells = keys.into_iter().chain(methods).chain([metric]);
        self.text.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell.to_string()));
        self.value.push(value);
    }

    fn block(&mut self, comparison: &Comparison, keys: [&str; 3], block: &Block) {
        self.push(keys, ["", ""], "values", block.items.to_string());
        for (method, summary) in comparison.methods.iter().zip(&block.methods) {
            for (metric, value) in Summary::NAMES.iter().zip(summary.values()) {
                if value.is_some() || !matches!(*metric, "pinball" | "crps") {
                    self.push(keys, [method, ""], metric, machine(value.unwrap_or(f64::NAN), 0));
                }
            }
        }
    }

    fn difference(&mut self, comparison: &Comparison, keys: [&str; 3], d: &Difference) {
        let name = |i: usize| comparison.methods.get(i).map_or("", String::as_str);
        let methods = [name(d.first), name(d.second)];
        let test = d.paired.test.ok();
        let of = |number: Option<f64>| machine(number.unwrap_or(f64::NAN), 0);
        let numbers = [
            ("difference", Some(d.paired.mean)),
            ("low95", test.map(|t| t.low)),
            ("high95", test.map(|t| t.high)),
            ("statistic", test.map(|t| t.statistic)),
            ("p", test.map(|t| t.p)),
            ("p_holm", d.p),
        ];
        self.push(keys, methods, "origins", d.paired.n.to_string());
        self.push(keys, methods, "lags", d.paired.lags.to_string());
        numbers.into_iter().for_each(|(metric, number)| self.push(keys, methods, metric, of(number)));
    }

    fn into_csv(self) -> String {
        let names = ["scope", "name", "target", "method", "versus", "metric"];
        let mut columns: Vec<(String, Cells)> =
            names.iter().zip(self.text).map(|(name, cells)| (name.to_string(), Cells::Text(cells))).collect();
        columns.push(("value".into(), Cells::Text(self.value)));
        let bytes = Rows { columns }.to_bytes(RowsFormat::Csv).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}
