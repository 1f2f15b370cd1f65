//! Why one forecast is what it is: for people and for machines.

use super::{Contribution, Part as Rows, Reason, bar};
use crate::number::{column, counted, machine};
use crate::report::document::{Part, Table};
use crate::report::ordered::Object;
use crate::report::rows::{Cells, Rows as Lines, RowsFormat};

/// Parts of columns that are shown to people.
const SHOWN: usize = 15;

/// The report as a document.
pub fn document(reason: &Reason) -> Vec<Part> {
    let mut parts = Vec::new();
    for (target, name) in reason.targets.iter().enumerate() {
        let (forecast, baseline) = told_both(reason, target);
        parts.push(Part::Title(title(reason, name)));
        let numbers = column(&[Some(forecast), Some(baseline), Some(forecast - baseline)]);
        let sentence = format!(
            "The forecast is {}. Had the table been as at {} other times, it would have been {} on average. What makes the difference of {}:",
            numbers[0], reason.others, numbers[1], numbers[2]
        );
        parts.push(Part::Paragraph(sentence));
        for share in shares(reason, target) {
            parts.push(Part::Title(share.title));
            parts.push(Part::Table(chart(share.head, &share.lines)));
        }
    }
    parts.push(Part::Paragraph(format!(
        "± is the standard error of sampling. The parts add up to the difference within {:.0e} of the forecast.",
        reason.gap().max(1e-12)
    )));
    parts
}

/// What is asked about a target.
pub fn title(reason: &Reason, target: &str) -> String {
    let steps = match reason.lead {
        Some(lead) => format!("at lead {lead}, {}", stamp(reason, lead)),
        None => format!(
            "on average over {}, {} to {}",
            counted(reason.stamps.len() as u64, "step"),
            stamp(reason, 1),
            stamp(reason, reason.stamps.len())
        ),
    };
    let of = if reason.series.is_empty() { String::new() } else { format!(" of {}", reason.series) };
    format!("Why {} forecasts {target}{of} as it does, {steps}", reason.model)
}

/// The forecast of a target that is told about, and the baseline.
pub fn told_both(reason: &Reason, target: usize) -> (f64, f64) {
    (told(reason, &reason.forecast, target), told(reason, &reason.baseline, target))
}

/// One way of sharing the difference from the baseline out: its lines add up to it.
pub struct Share {
    /// What it is shared out by.
    pub title: String,
    /// What the names of its lines are.
    pub head: &'static str,
    /// In the order in which they are shown.
    pub lines: Vec<Line>,
}

/// By column, by time before the origin, by both; as far as they say different things.
pub fn shares(reason: &Reason, target: usize) -> Vec<Share> {
    let columns = joined(reason, target, |c| c.column.clone());
    let parts = joined(reason, target, |c| c.part.name());
    let both = joined(reason, target, |c| match c.part {
        Rows::Calendar => c.column.clone(),
        _ => format!("{}, {}", c.column, c.part.name()),
    });
    let mut out = Vec::new();
    let (all, named) = (both.len(), columns.len());
    let share = |title: String, head, lines| Share { title, head, lines: few(lines) };
    out.push(Share { title: "By column".into(), head: "column", lines: columns });
    if parts.len() > 1 {
        let title = "By time before the origin (lag 1 is the last row)".to_owned();
        out.push(share(title, "rows", in_order(reason, parts)));
    }
    if all > named {
        let of = if all > SHOWN + 1 { format!(", the {SHOWN} largest of {all}") } else { String::new() };
        out.push(share(format!("By both{of}"), "part", both));
    }
    out
}

/// The first of them, and all others as one.
fn few(mut lines: Vec<Line>) -> Vec<Line> {
    if lines.len() > SHOWN + 1 {
        let value = lines.drain(SHOWN..).map(|line| line.value).sum();
        lines.push(Line { name: "all others".into(), value, error: None });
    }
    lines
}

fn stamp(reason: &Reason, lead: usize) -> String {
    reason.stamps.get(lead - 1).cloned().unwrap_or_default()
}

/// What is told of (P, K) values: the lead's, or the mean over all.
fn told(reason: &Reason, values: &[f64], target: usize) -> f64 {
    let own: Vec<f64> = values.iter().skip(target).step_by(reason.targets.len().max(1)).copied().collect();
    match reason.lead {
        Some(lead) => own.get(lead - 1).copied().unwrap_or(f64::NAN),
        None => own.iter().sum::<f64>() / own.len().max(1) as f64,
    }
}

/// A line of a chart.
pub struct Line {
    /// A column, rows before the origin, or both.
    pub name: String,
    /// Its share.
    pub value: f64,
    /// The standard error of it, where it is known.
    pub error: Option<f64>,
}

/// Contributions of one name together, the largest first.
fn joined(reason: &Reason, target: usize, name: impl Fn(&Contribution) -> String) -> Vec<Line> {
    let mut found: Vec<(String, f64, Vec<f64>)> = Vec::new();
    for contribution in &reason.contributions {
        let value = told(reason, &contribution.values, target);
        let pairs: Vec<f64> = contribution.pairs.iter().map(|pair| told(reason, pair, target)).collect();
        let name = name(contribution);
        match found.iter_mut().find(|(own, ..)| *own == name) {
            Some((_, sum, all)) => {
                *sum += value;
                all.iter_mut().zip(pairs).for_each(|(a, b)| *a += b);
            }
            None => found.push((name, value, pairs)),
        }
    }
    let mut lines: Vec<Line> = found
        .into_iter()
        .map(|(name, value, pairs)| Line { name, value, error: standard_error(&pairs) })
        .collect();
    lines.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    lines
}

/// In the order in which the rows lie in time, the newest first.
fn in_order(reason: &Reason, mut lines: Vec<Line>) -> Vec<Line> {
    let at = |line: &Line| reason.contributions.iter().position(|c| c.part.name() == line.name);
    let rank = |line: &Line| {
        let part = at(line).and_then(|at| reason.contributions.get(at)).map(|c| &c.part);
        let first = match part {
            Some(Rows::Lags(block)) => {
                block.split(' ').next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(0)
            }
            _ => 0,
        };
        (first, at(line))
    };
    lines.sort_by_key(rank);
    lines
}

fn standard_error(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    (values.len() > 1).then(|| (squares / (n - 1.0) / n).sqrt())
}

/// A bar chart in text.
fn chart(head: &str, lines: &[Line]) -> Table {
    let largest = lines.iter().map(|line| line.value.abs()).fold(0.0, f64::max);
    let numbers = column(&lines.iter().map(|line| Some(line.value)).collect::<Vec<_>>());
    let mut table =
        Table { head: vec![head.into(), "part".into(), "±".into(), String::new()], rows: Vec::new() };
    for (line, number) in lines.iter().zip(numbers) {
        let places = number.split_once('.').map_or(0, |(_, d)| d.len());
        let error = line.error.map_or("-".into(), |e| format!("{e:.places$}"));
        table.rows.push(vec![line.name.clone(), number, error, bar(line.value, largest, true)]);
    }
    table
}

/// One JSON object, indented; values by lead and target.
pub fn json(reason: &Reason) -> String {
    let k = reason.targets.len().max(1);
    let steps = |values: &[f64], target: usize| -> Vec<f64> {
        values.iter().skip(target).step_by(k).copied().collect()
    };
    let target = |(at, name): (usize, &String)| {
        let contribution = |c: &Contribution| {
            let pairs: Vec<f64> = c.pairs.iter().map(|pair| told(reason, pair, at)).collect();
            Object::default()
                .with("column", &c.column)
                .with("kind", c.kind)
                .with("part", c.part.name())
                .with("value", told(reason, &c.values, at))
                .with("standard_error", standard_error(&pairs))
                .with("by_lead", steps(&c.values, at))
        };
        Object::default()
            .with("target", name)
            .with("forecast", told(reason, &reason.forecast, at))
            .with("baseline", told(reason, &reason.baseline, at))
            .with("forecast_by_lead", steps(&reason.forecast, at))
            .with("baseline_by_lead", steps(&reason.baseline, at))
            .list("contributions", reason.contributions.iter().map(contribution).collect())
    };
    Object::default()
        .with("model", &reason.model)
        .with("table", &reason.table)
        .with("series", &reason.series)
        .with("stamps", &reason.stamps)
        .with("lead", reason.lead)
        .with("other_times", reason.others)
        .with("seed", reason.seed)
        .with("gap", reason.gap())
        .list("targets", reason.targets.iter().enumerate().map(target).collect())
        .text()
}

/// `target,lead,date,column,part,value`; the forecast and the baseline are parts of no column.
pub fn csv(reason: &Reason) -> String {
    let k = reason.targets.len().max(1);
    let mut text: [Vec<String>; 6] = Default::default();
    let mut push = |cells: [&str; 5], value: f64| {
        let cells = cells.into_iter().map(str::to_owned).chain([machine(value, 0)]);
        text.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell));
    };
    for (target, name) in reason.targets.iter().enumerate() {
        for (step, stamp) in reason.stamps.iter().enumerate() {
            let (lead, cell) = ((step + 1).to_string(), step * k + target);
            let at = |values: &[f64]| values.get(cell).copied().unwrap_or(f64::NAN);
            push([name, &lead, stamp, "", "forecast"], at(&reason.forecast));
            push([name, &lead, stamp, "", "baseline"], at(&reason.baseline));
            for c in &reason.contributions {
                push([name, &lead, stamp, &c.column, &c.part.name()], at(&c.values));
            }
        }
    }
    let names = ["target", "lead", "date", "column", "part", "value"];
    let columns =
        names.iter().zip(text).map(|(name, cells)| (name.to_string(), Cells::Text(cells))).collect();
    let bytes = Lines { columns }.to_bytes(RowsFormat::Csv).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
