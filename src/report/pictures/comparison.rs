//! Several models beside each other, drawn: errors by lead, and the differences that were tested.

use crate::draw::{self, Bar, Bars, Chart, Figure, Key, Line, Paint, Panel, Tip};
use crate::number::human;
use crate::report::comparison::{Block, Comparison, Difference, Row};

/// Series that have a bar.
const SERIES: usize = 20;

/// Errors by lead and over all, and below them the differences, over all and series by series; `None` where
/// nothing was scored.
pub fn comparison(comparison: &Comparison) -> Option<Figure> {
    if comparison.overall.items == 0 {
        return None;
    }
    let context = &comparison.context;
    let names: Vec<&str> = context.models.iter().map(|model| model.name.as_str()).collect();
    let mut figures = vec![errors(comparison)];
    for row in &comparison.per_target {
        figures.extend(pairs(comparison, row));
        figures.extend(series(comparison, row));
    }
    let title = format!("{} on {}: {}", names.join(", "), context.table, context.targets.join(", "));
    let remark = format!("The same forecasts of all, {} to {}.", context.from, context.to);
    let first = figures.first_mut()?;
    (first.title, first.remarks) = (title, vec![remark]);
    Figure::stacked(figures)
}

fn paint(method: usize) -> Paint {
    Paint::Line(method as u8)
}

fn mae(block: &Block, method: usize) -> Option<f64> {
    block.methods.get(method).and_then(|summary| summary.mae)
}

/// By lead, and where there is one lead alone or several targets of different units: over all.
fn errors(comparison: &Comparison) -> Figure {
    let models = comparison.models();
    let mut charts = Vec::new();
    for row in &comparison.per_target {
        charts.extend(by_lead(comparison, row.target).map(Chart::Panel));
        let bar = |method: usize| {
            Some(Bar { name: comparison.label(method), value: mae(&row.block, method)?, ..Bar::default() })
        };
        charts.push(Chart::Bars(Bars {
            title: format!("{}: over all leads", comparison.target_name(row.target)),
            x_label: LABEL.into(),
            bars: (0..comparison.methods.len()).filter_map(bar).collect(),
            ..Bars::default()
        }));
    }
    let key = |method: usize| Key {
        name: comparison.label(method),
        paint: paint(method),
        area: None,
        dashed: method >= models,
    };
    let lines = charts.iter().any(|chart| matches!(chart, Chart::Panel(_)));
    let legend = if lines { (0..comparison.methods.len()).map(key).collect() } else { Vec::new() };
    Figure { legend, charts, ..Figure::default() }
}

const LABEL: &str = "mean absolute error, in the target's units";

fn by_lead(comparison: &Comparison, target: usize) -> Option<Panel> {
    let rows: Vec<&Row> = comparison.per_lead.iter().filter(|row| row.target == target).collect();
    if rows.len() < 2 {
        return None;
    }
    let models = comparison.models();
    let title = format!("{}: by lead", comparison.target_name(target));
    let mut panel = Panel::over_numbers(title, "steps ahead", true);
    panel.y_label = LABEL.into();
    panel.from_zero = true;
    // Models lie above the simple forecasts, the first above all.
    for method in (0..comparison.methods.len()).rev() {
        panel.marks.lines.push(Line {
            points: rows
                .iter()
                .map(|row| (row.key as f64, mae(&row.block, method).unwrap_or(f64::NAN)))
                .collect(),
            paint: paint(method),
            width: if method < models { 2.0 } else { 1.5 },
            dashed: method >= models,
            dots: rows.len() <= 12,
        });
    }
    panel.tips =
        rows.iter()
            .map(|row| {
                let mut words = vec![format!("{} steps ahead", row.key)];
                words.extend((0..comparison.methods.len()).map(|method| {
                    format!("{} {}", comparison.label(method), human(mae(&row.block, method)))
                }));
                Tip { at: row.key as f64, words }
            })
            .collect();
    Some(panel)
}

/// A difference with what the test would not refuse; without a test the difference alone.
fn bar(name: String, difference: &Difference) -> Bar {
    let paired = &difference.paired;
    let spread = paired.test.map_or(0.0, |test| (test.high - test.low) / 2.0);
    let p = match difference.p {
        Some(p) if p < 0.001 => ", p < 0.001".into(),
        Some(p) => format!(", p {p:.3}"),
        None => String::new(),
    };
    let label = format!("{}{p}", draw::number(paired.mean));
    Bar { name, value: paired.mean, spread, label, ..Bar::default() }
}

/// Every pair that was tested.
fn pairs(comparison: &Comparison, row: &Row) -> Option<Figure> {
    let named =
        |d: &Difference| bar(format!("{} less {}", comparison.label(d.first), comparison.label(d.second)), d);
    let bars: Vec<Bar> = row.differences.iter().filter(|d| d.paired.mean.is_finite()).map(named).collect();
    (!bars.is_empty()).then(|| one(Bars {
        title: format!("{}: differences of the errors", comparison.target_name(row.target)),
        remark: "below 0 the first is better; the whiskers are what the test (Diebold and Mariano) would not refuse, 95 %".into(),
        x_label: DIFFERENCE.into(),
        bars,
        ..Bars::default()
    }))
}

const DIFFERENCE: &str = "difference of the mean absolute error, in the target's units";

/// Two models, series by series, those furthest apart.
fn series(comparison: &Comparison, of: &Row) -> Option<Figure> {
    let mut rows: Vec<(&Row, &Difference)> = (comparison.per_series.iter())
        .filter(|row| row.target == of.target)
        .filter_map(|row| Some((row, row.differences.first()?)))
        .filter(|(_, difference)| difference.paired.mean.is_finite())
        .collect();
    if comparison.models() != 2 || rows.len() < 2 {
        return None;
    }
    let all = rows.len();
    rows.sort_by(|a, b| b.1.paired.mean.abs().total_cmp(&a.1.paired.mean.abs()));
    rows.truncate(SERIES);
    rows.sort_by(|a, b| a.1.paired.mean.total_cmp(&b.1.paired.mean));
    let chosen =
        if all > SERIES { format!("the {SERIES} that differ most of {all}; ") } else { String::new() };
    let (first, second) = (comparison.label(0), comparison.label(1));
    Some(one(Bars {
        title: format!("{}: {first} less {second}, series by series", comparison.target_name(of.target)),
        remark: format!("{chosen}p is corrected for the number of series"),
        x_label: DIFFERENCE.into(),
        bars: rows.iter().map(|(row, d)| bar(comparison.series_name(row.key).to_owned(), d)).collect(),
        ..Bars::default()
    }))
}

fn one(bars: Bars) -> Figure {
    Figure { charts: vec![Chart::Bars(bars)], ..Figure::default() }
}
