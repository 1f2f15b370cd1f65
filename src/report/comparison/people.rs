//! The comparison for people: the same document for terminal and Markdown.

use super::winners::p_value;
use super::{Block, Comparison, Difference, Row};
use crate::number::{column, count, counted};
use crate::report::document::{Part, Table};
use crate::report::evaluation::people::metrics;

/// All leads are shown up to this many, else a selection.
const LEADS_SHOWN: usize = 48;
/// Series shown, those with the largest difference first.
const SERIES_SHOWN: usize = 20;

/// The report as a document.
pub fn document(comparison: &Comparison) -> Vec<Part> {
    let context = &comparison.context;
    let names: Vec<&str> = context.models.iter().map(|model| model.name.as_str()).collect();
    let title = format!("{} on {}: {}", names.join(", "), context.table, context.targets.join(", "));
    let mut parts = vec![Part::Title(title), Part::Paragraph(what_was_scored(comparison))];
    parts.extend(context.notes.iter().map(|note| Part::Paragraph(note.clone())));
    if comparison.overall.items == 0 {
        parts.push(Part::Paragraph("Nothing to score: no forecast meets an observed value.".into()));
        return parts;
    }
    let several = context.targets.len() > 1;
    parts.push(Part::Title("Models".into()));
    parts.push(Part::Table(models(comparison)));
    parts.push(Part::Title("Overall, pooled: every value has the same weight".into()));
    let table = |block: &Block| Part::Table(metrics(&block.methods, |method| comparison.label(method)));
    parts.push(table(&comparison.overall));
    if comparison.per_series.len() > 1 {
        let of = if several { " and targets" } else { "" };
        let title =
            format!("Overall, mean of {} series{of}: every series has the same weight", comparison.series);
        parts.push(Part::Title(title));
        parts.push(table(&comparison.mean_of_series));
    }
    if several {
        parts.push(Part::Paragraph(
            "Only MASE and sMAPE are free of units; the others mix those of the targets here, and are apart below."
                .into(),
        ));
    }
    for row in &comparison.per_target {
        let name = comparison.of_target(row.target);
        differences(&mut parts, comparison, row, &name);
        let mut leads: Vec<&Row> = comparison.per_lead.iter().filter(|r| r.target == row.target).collect();
        let mut series: Vec<&Row> = comparison.per_series.iter().filter(|r| r.target == row.target).collect();
        let all = (leads.len(), series.len());
        if all.0 > LEADS_SHOWN {
            let step = all.0.div_ceil(LEADS_SHOWN / 2);
            leads.retain(|row| row.key <= 3 || row.key % step == 0 || row.key == context.horizon);
        }
        if all.0 > 1 {
            let of = if leads.len() < all.0 {
                format!(" ({} of {} leads)", leads.len(), all.0)
            } else {
                String::new()
            };
            parts.push(Part::Title(format!("Per lead{name}: MAE{of}")));
            parts.push(Part::Table(scopes(comparison, "lead", &leads, |row| row.key.to_string())));
        }
        if all.1 > 1 {
            series.sort_by(|a, b| gain(b).total_cmp(&gain(a)));
            series.truncate(SERIES_SHOWN);
            let of = match series.len() < all.1 {
                true => format!(" ({} of {}; --format csv or json has all)", series.len(), all.1),
                false => String::new(),
            };
            parts.push(Part::Title(format!(
                "Per series{name}: MAE, the largest difference of models first{of}"
            )));
            let named = |row: &Row| comparison.series_name(row.key).to_owned();
            parts.push(Part::Table(scopes(comparison, "series", &series, named)));
        }
    }
    parts.push(Part::Title("Who wins where".into()));
    parts.push(Part::List(comparison.winners.clone()));
    parts
}

/// How far the models are apart, as a share.
fn gain(row: &Row) -> f64 {
    let of = |d: &Difference| {
        let mae = |i: usize| row.block.methods.get(i).and_then(|s| s.mae).unwrap_or(0.0);
        (mae(d.first) - mae(d.second)).abs() / mae(d.first).max(mae(d.second)).max(f64::MIN_POSITIVE)
    };
    row.differences.iter().map(of).fold(0.0, f64::max)
}

fn what_was_scored(comparison: &Comparison) -> String {
    let context = &comparison.context;
    let mut text = format!(
        "Scored {} in original units, the same for all: {} series, {} of {}{} from {}, {} apart; {} to {}.",
        counted(comparison.overall.items, "observed value"),
        count(comparison.series as u64),
        counted(comparison.forecasts as u64, "forecast"),
        if context.horizon > 1 { "up to " } else { "" },
        counted(context.horizon as u64, "step"),
        counted(comparison.origins as u64, "origin"),
        context.stride_text,
        context.from,
        context.to
    );
    if comparison.left_out > 0 {
        let left = count(comparison.left_out);
        text.push_str(&format!(" {left} more have no finite forecast of one of them and are in no error."));
    }
    text
}

fn models(comparison: &Comparison) -> Table {
    let head =
        ["model", "input window", "horizon", "validation from", "test from"].map(String::from).to_vec();
    let rows = comparison.context.models.iter().map(|model| {
        let sizes = [model.input_window.to_string(), model.horizon.to_string()];
        let named = std::iter::once(model.name.clone()).chain(sizes);
        named.chain([model.val_start.clone(), model.test_start.clone()]).collect()
    });
    Table { head, rows: rows.collect() }
}

/// Every tested difference of a target.
fn differences(parts: &mut Vec<Part>, comparison: &Comparison, row: &Row, name: &str) {
    if row.differences.is_empty() {
        return;
    }
    parts.push(Part::Title(format!(
        "Differences of MAE{name}, origin by origin (below 0 the first is better)"
    )));
    let numbers: Vec<Option<f64>> = (row.differences.iter())
        .flat_map(|d| {
            let test = d.paired.test.ok();
            [Some(d.paired.mean), test.map(|t| t.low), test.map(|t| t.high)]
        })
        .collect();
    let numbers = column(&numbers);
    let heads = ["", "origins", "difference", "95% from", "to", "statistic", "p"];
    let mut table = Table { head: heads.map(String::from).to_vec(), rows: Vec::new() };
    for (d, numbers) in row.differences.iter().zip(numbers.chunks(3)) {
        let pair = format!("{} less {}", comparison.label(d.first), comparison.label(d.second));
        let mut cells = vec![pair, d.paired.n.to_string()];
        cells.extend(numbers.iter().cloned());
        cells.push(d.paired.test.map_or("-".into(), |test| format!("{:.2}", test.statistic)));
        cells.push(p_value(d.p));
        table.rows.push(cells);
    }
    parts.push(Part::Table(table));
    let lags = row.differences.first().map_or(0, |d| d.paired.lags);
    let overlap = match lags {
        0 => "Forecasts do not overlap, so no lags are needed.".to_owned(),
        n => format!("Forecasts overlap over {n} origins, which the variance allows for."),
    };
    parts.push(Part::Paragraph(format!(
        "Test of Diebold and Mariano (1995), corrected after Harvey, Leybourne and Newbold (1997), of each origin's mean over series and leads. {overlap}"
    )));
}

/// Rows are scopes; columns the MAE of every method, then the difference of two models with its p, or
/// of more models the best method.
fn scopes(comparison: &Comparison, key: &str, rows: &[&Row], name: impl Fn(&Row) -> String) -> Table {
    let methods = comparison.methods.len();
    let mut table = Table { head: vec![key.into(), "values".into()], rows: Vec::new() };
    table.rows = rows.iter().map(|row| vec![name(row), count(row.block.items)]).collect();
    let mae = |row: &Row, i: usize| row.block.methods.get(i).and_then(|s| s.mae);
    let errors: Vec<_> = rows.iter().flat_map(|row| (0..methods).map(|i| mae(row, i))).collect();
    table.head.extend((0..methods).map(|i| comparison.label(i)));
    for (row, cells) in table.rows.iter_mut().zip(column(&errors).chunks(methods.max(1))) {
        row.extend(cells.iter().cloned());
    }
    if comparison.models() > 2 {
        table.head.push("best".into());
        let best = rows.iter().map(|row| row.block.best.map(|i| comparison.label(i)).unwrap_or_default());
        table.rows.iter_mut().zip(best).for_each(|(cells, best)| cells.push(best));
        return table;
    }
    let first = |row: &Row| row.differences.first().cloned();
    let means: Vec<_> = rows.iter().map(|row| first(row).map(|d| d.paired.mean)).collect();
    table.head.extend([format!("{} less {}", comparison.label(0), comparison.label(1)), "p (Holm)".into()]);
    for ((cells, mean), row) in table.rows.iter_mut().zip(column(&means)).zip(rows) {
        cells.extend([mean, p_value(first(row).and_then(|d| d.p))]);
    }
    table
}
