//! The evaluation for people: the same document for terminal and Markdown.

use super::{Block, Evaluation, Row, Summary};
use crate::number::{column, count, counted, human, percent, sparkline};
use crate::report::document::{Part, Table};

/// All leads are shown up to this many, else a selection.
const LEADS_SHOWN: usize = 48;
/// Series shown, those with the lowest skill first.
const SERIES_SHOWN: usize = 20;

/// The report as a document.
pub fn document(evaluation: &Evaluation) -> Vec<Part> {
    let mut parts = vec![Part::Title(title(evaluation)), Part::Paragraph(what_was_scored(evaluation))];
    parts.extend(evaluation.context.notes.iter().map(|note| Part::Paragraph(note.clone())));
    if evaluation.overall.items == 0 {
        parts.push(Part::Paragraph("Nothing to score: no forecast meets an observed value.".into()));
        return parts;
    }
    whole(&mut parts, evaluation);
    for target in 0..evaluation.context.targets.len().max(1) {
        intervals_and_quantiles(&mut parts, evaluation, target);
        leads(&mut parts, evaluation, target);
        series(&mut parts, evaluation, target, SERIES_SHOWN);
    }
    if !evaluation.worse.is_empty() {
        parts.push(Part::Title("Where the model is worse than the simple forecasts".into()));
        parts.push(Part::List(evaluation.worse.clone()));
    }
    parts
}

/// All values together, all series with the same weight, and each target.
pub fn whole(parts: &mut Vec<Part>, evaluation: &Evaluation) {
    let several = evaluation.context.targets.len() > 1;
    parts.push(Part::Title("Overall, pooled: every value has the same weight".into()));
    overall(parts, evaluation, &evaluation.overall, several);
    if evaluation.per_series.len() > 1 {
        let of = if several { " and targets" } else { "" };
        parts.push(Part::Title(format!(
            "Overall, mean of {} series{of}: every series has the same weight",
            evaluation.series
        )));
        overall(parts, evaluation, &evaluation.mean_of_series, several);
    }
    if several {
        parts.push(Part::Title("Per target: MAE, pooled".into()));
        let rows: Vec<_> = evaluation.per_target.iter().collect();
        parts.push(Part::Table(scopes(evaluation, "target", &rows, |row| {
            evaluation.target_name(row.target).into()
        })));
    }
}

/// The target's name after a comma, where there are several.
fn of_target(evaluation: &Evaluation, target: usize) -> String {
    let several = evaluation.context.targets.len() > 1;
    if several { format!(", {}", evaluation.target_name(target)) } else { String::new() }
}

/// How intervals and quantiles of a target did.
pub fn intervals_and_quantiles(parts: &mut Vec<Part>, evaluation: &Evaluation, target: usize) {
    let own = evaluation.per_target.iter().find(|row| row.target == target).map(|row| &row.block);
    let block = if evaluation.context.targets.len() > 1 { own } else { Some(&evaluation.overall) };
    if let Some(block) = block {
        probabilistic(parts, block, &of_target(evaluation, target));
    }
}

fn title(evaluation: &Evaluation) -> String {
    let context = &evaluation.context;
    let what = context.targets.join(", ");
    match &context.model {
        Some(model) => format!("{model} on {}: {what}", context.table),
        None => format!("Simple forecasts on {}: {what}", context.table),
    }
}

pub fn what_was_scored(evaluation: &Evaluation) -> String {
    let context = &evaluation.context;
    let mut text = format!(
        "Scored {} in original units: {} series, {} of {}{} from {}",
        counted(evaluation.overall.items, "observed value"),
        count(evaluation.series as u64),
        counted(evaluation.forecasts as u64, "forecast"),
        if context.horizon > 1 { "up to " } else { "" },
        counted(context.horizon as u64, "step"),
        counted(evaluation.origins as u64, "origin")
    );
    if !context.stride.is_empty() {
        text.push_str(&format!(", {} apart", context.stride));
    }
    if !context.from.is_empty() {
        text.push_str(&format!("; {} to {}", context.from, context.to));
    }
    text.push('.');
    let missing: u64 = evaluation.overall.methods.first().map_or(0, |s| s.missing);
    if missing > 0 {
        let (have, are) = if missing == 1 { ("has", "is") } else { ("have", "are") };
        text.push_str(&format!(
            " {} of them {have} no finite forecast and {are} in no error.",
            count(missing)
        ));
    }
    text
}

/// Rows are methods, columns are metrics; without those that no method has.
pub fn metrics(methods: &[Summary], label: impl Fn(usize) -> String) -> Table {
    const HEADS: [&str; 9] = ["MAE", "RMSE", "MASE", "sMAPE%", "WAPE", "R2", "bias", "pinball", "CRPS"];
    let values: Vec<_> = methods.iter().map(Summary::values).collect();
    let mut table = Table { head: vec![String::new()], rows: Vec::new() };
    table.rows = (0..methods.len()).map(|method| vec![label(method)]).collect();
    for (i, head) in HEADS.iter().enumerate() {
        let cells: Vec<_> = values.iter().map(|v| v.get(i).copied().flatten()).collect();
        // The pinball loss is half of the CRPS, and a line has no room for both.
        if *head == "pinball" || (i >= 7 && cells.iter().all(Option::is_none)) {
            continue;
        }
        table.head.push(head.to_string());
        table.rows.iter_mut().zip(column(&cells)).for_each(|(row, cell)| row.push(cell));
    }
    table
}

/// All methods over one set of values, and the skill.
fn overall(parts: &mut Vec<Part>, evaluation: &Evaluation, block: &Block, mixed: bool) {
    parts.push(Part::Table(metrics(&block.methods, |method| evaluation.label(method))));
    if let (Some(better), Some(_)) = (block.better, block.skill) {
        let error = if mixed { "MASE" } else { "MAE" };
        parts.push(Part::Paragraph(format!(
            "Skill against {}, the better simple forecast: {} (1 - {error} / its {error}).",
            evaluation.label(better),
            percent(block.skill)
        )));
    }
    if mixed {
        parts.push(Part::Paragraph(
            "Only MASE and sMAPE are free of units; the others mix those of the targets here, and are apart below."
                .into(),
        ));
    }
}

fn probabilistic(parts: &mut Vec<Part>, block: &Block, name: &str) {
    if !block.intervals.is_empty() {
        parts.push(Part::Title(format!("Prediction intervals{name}")));
        let heads = ["interval", "covers", "mean width", "interval score"].map(String::from).to_vec();
        let rows = block.intervals.iter().map(|i| {
            vec![format!("{} %", i.nominal), percent(i.coverage), human(i.mean_width), human(i.score)]
        });
        parts.push(Part::Table(Table { head: heads, rows: rows.collect() }));
    }
    if !block.levels.is_empty() {
        parts.push(Part::Title(format!("Quantiles{name}")));
        let heads = ["level", "values below", "pinball loss"].map(String::from).to_vec();
        let losses = column(&block.levels.iter().map(|l| l.pinball).collect::<Vec<_>>());
        let rows = block.levels.iter().zip(losses);
        let rows = rows.map(|(l, loss)| vec![l.level.to_string(), percent(l.share_below), loss]);
        parts.push(Part::Table(Table { head: heads, rows: rows.collect() }));
        parts.push(Part::Paragraph("CRPS is twice the mean pinball loss over these levels.".into()));
    }
}

/// The errors of a target at each lead.
pub fn leads(parts: &mut Vec<Part>, evaluation: &Evaluation, target: usize) {
    let name = &of_target(evaluation, target);
    let rows: Vec<_> = evaluation.per_lead.iter().filter(|row| row.target == target).collect();
    if rows.len() < 2 {
        return;
    }
    let model: Vec<_> = rows.iter().map(|row| row.block.methods.first().and_then(|s| s.mae)).collect();
    let shown: Vec<_> = selection(rows.len()).filter_map(|i| rows.get(i).copied()).collect();
    let of = if shown.len() < rows.len() {
        format!(" ({} of {} leads)", shown.len(), rows.len())
    } else {
        String::new()
    };
    parts.push(Part::Title(format!("Per lead{name}: MAE{of}")));
    if rows.len() <= 80 {
        parts.push(Part::Paragraph(format!("{} {}", evaluation.label(0), sparkline(&model))));
    }
    parts.push(Part::Table(scopes(evaluation, "lead", &shown, |row| row.key.to_string())));
    intervals_by_lead(parts, &shown, name);
}

/// Coverage and width of the intervals at each lead, a few levels a table.
fn intervals_by_lead(parts: &mut Vec<Part>, rows: &[&Row], name: &str) {
    const LEVELS: usize = 4;
    let levels: Vec<f64> =
        rows.first().map_or(&[][..], |r| &r.block.intervals).iter().map(|i| i.nominal).collect();
    for (chunk, nominal) in levels.chunks(LEVELS).enumerate() {
        parts.push(Part::Title(format!("Per lead{name}: prediction intervals")));
        let mut table = Table { head: vec!["lead".into()], rows: Vec::new() };
        table.rows = rows.iter().map(|row| vec![row.key.to_string()]).collect();
        for (i, level) in nominal.iter().enumerate() {
            let at = |row: &Row| row.block.intervals.get(chunk * LEVELS + i).copied();
            let widths = column(&rows.iter().map(|row| at(row)?.mean_width).collect::<Vec<_>>());
            table.head.extend([format!("{level}% covers"), format!("{level}% width")]);
            for ((cells, row), width) in table.rows.iter_mut().zip(rows).zip(widths) {
                cells.extend([percent(at(row).and_then(|i| i.coverage)), width]);
            }
        }
        parts.push(Part::Table(table));
    }
}

/// Which of `n` leads to show: all, or the first few and then even steps to the last.
fn selection(n: usize) -> impl Iterator<Item = usize> {
    let step = if n <= LEADS_SHOWN { 1 } else { n.div_ceil(LEADS_SHOWN / 2) };
    (0..n).filter(move |i| step == 1 || *i < 3 || (i + 1).is_multiple_of(step) || i + 1 == n)
}

/// The errors of a target in at most so many series.
pub fn series(parts: &mut Vec<Part>, evaluation: &Evaluation, target: usize, most: usize) {
    let name = of_target(evaluation, target);
    let mut rows: Vec<_> = evaluation.per_series.iter().filter(|row| row.target == target).collect();
    if rows.len() < 2 {
        return;
    }
    let all = rows.len();
    let mut order = "";
    if evaluation.has_model && evaluation.methods.len() > 1 {
        let skill = |row: &Row| row.block.skill.unwrap_or(f64::NEG_INFINITY);
        rows.sort_by(|a, b| skill(a).total_cmp(&skill(b)));
        order = ", lowest skill first";
    }
    rows.truncate(most);
    let of = if rows.len() < all {
        format!(" ({} of {all}; --format csv or json has all)", rows.len())
    } else {
        String::new()
    };
    parts.push(Part::Title(format!("Per series{name}: MAE{order}{of}")));
    parts
        .push(Part::Table(scopes(evaluation, "series", &rows, |row| evaluation.series_name(row.key).into())));
}

/// Rows are scopes; columns the MAE of every method, the skill, and more of the first method.
fn scopes(evaluation: &Evaluation, key: &str, rows: &[&Row], name: impl Fn(&Row) -> String) -> Table {
    let methods = evaluation.methods.len();
    let mut table = Table { head: vec![key.into(), "values".into()], rows: Vec::new() };
    table.rows = rows.iter().map(|row| vec![name(row), count(row.block.items)]).collect();
    // All methods in one format, so that the eye can compare them along the row.
    let errors: Vec<_> = rows
        .iter()
        .flat_map(|row| (0..methods).map(|i| row.block.methods.get(i).and_then(|s| s.mae)))
        .collect();
    let errors = column(&errors);
    table.head.extend((0..methods).map(|i| evaluation.label(i)));
    for (row, cells) in table.rows.iter_mut().zip(errors.chunks(methods.max(1))) {
        row.extend(cells.iter().cloned());
    }
    if evaluation.has_model && methods > 1 {
        table.head.push("skill".into());
        table.rows.iter_mut().zip(rows).for_each(|(cells, row)| cells.push(percent(row.block.skill)));
    }
    if methods > 4 {
        return table; // the line is full
    }
    let owner = evaluation.label(0);
    for (head, value) in
        [("RMSE", (|s| s.rmse) as fn(&Summary) -> Option<f64>), ("MASE", |s| s.mase), ("bias", |s| s.bias)]
    {
        let cells: Vec<_> = rows.iter().map(|row| row.block.methods.first().and_then(value)).collect();
        table.head.push(format!("{owner} {head}"));
        table.rows.iter_mut().zip(column(&cells)).for_each(|(row, cell)| row.push(cell));
    }
    table
}
