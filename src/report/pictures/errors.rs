//! How good a model is, drawn: errors by lead beside the simple forecasts, and whether quantiles hold.

use crate::draw::{Chart, Figure, Key, Line, Paint, Panel, Rule, Tip};
use crate::number;
use crate::report::evaluation::{Block, Evaluation};

/// A method's colour: the model's is that of forecasts.
fn paint(method: usize) -> Paint {
    Paint::Line(method as u8)
}

/// Mean absolute error at each lead, a chart a target; `None` where there is one lead alone.
pub fn errors_by_lead(evaluation: &Evaluation) -> Option<Figure> {
    let targets = evaluation.context.targets.len().max(1);
    let charts: Vec<Chart> =
        (0..targets).filter_map(|target| by_lead(evaluation, target)).map(Chart::Panel).collect();
    let key = |(method, _): (usize, &String)| Key {
        name: evaluation.label(method),
        paint: paint(method),
        area: None,
        dashed: method > 0,
    };
    let legend = evaluation.methods.iter().enumerate().map(key).collect();
    let title = "Error by lead".to_string();
    (!charts.is_empty()).then(|| Figure { title, remarks: Vec::new(), legend, charts, ..Figure::default() })
}

fn by_lead(evaluation: &Evaluation, target: usize) -> Option<Panel> {
    let rows: Vec<_> = evaluation.per_lead.iter().filter(|row| row.target == target).collect();
    if rows.len() < 2 {
        return None;
    }
    let name = evaluation.target_name(target);
    let mut panel = Panel::over_numbers(name, "steps ahead", true);
    panel.y_label = "mean absolute error, in the target's units".into();
    panel.from_zero = true;
    let mae = |block: &Block, method: usize| block.methods.get(method).and_then(|s| s.mae);
    // The model's line lies above the others.
    for method in (0..evaluation.methods.len()).rev() {
        let points = rows.iter().map(|row| (row.key as f64, mae(&row.block, method).unwrap_or(f64::NAN)));
        let points: Vec<(f64, f64)> = points.collect();
        let width = if method == 0 { 2.4 } else { 1.5 };
        let dots = rows.len() <= 12;
        panel.marks.lines.push(Line { points, paint: paint(method), width, dashed: method > 0, dots });
    }
    panel.tips = rows
        .iter()
        .map(|row| {
            let mut words = vec![format!("{} steps ahead", row.key)];
            let of =
                |method| format!("{} {}", evaluation.label(method), number::human(mae(&row.block, method)));
            words.extend((0..evaluation.methods.len()).map(of));
            Tip { at: row.key as f64, words }
        })
        .collect();
    Some(panel)
}

/// The share of values below each quantile, and inside each interval, against what it should be; `None`
/// for a point forecast.
pub fn reliability(evaluation: &Evaluation) -> Option<Figure> {
    let several = evaluation.context.targets.len() > 1;
    let blocks: Vec<(&str, &Block)> = match several {
        true => {
            evaluation.per_target.iter().map(|row| (evaluation.target_name(row.target), &row.block)).collect()
        }
        false => vec![(evaluation.target_name(0), &evaluation.overall)],
    };
    let charts: Vec<Chart> =
        blocks.into_iter().filter_map(|(name, block)| shares(name, block)).map(Chart::Panel).collect();
    let key = |name: &str, paint| Key { name: name.into(), paint, area: None, dashed: false };
    let mut legend = vec![key("values below the quantile", Paint::Line(0))];
    if !evaluation.overall.intervals.is_empty() {
        legend.push(key("values inside the interval", Paint::Line(2)));
    }
    legend.push(Key { dashed: true, ..key("as it should be", Paint::Soft) });
    let title = "Do the quantiles hold?".to_string();
    (!charts.is_empty()).then(|| Figure { title, remarks: Vec::new(), legend, charts, ..Figure::default() })
}

fn shares(name: &str, block: &Block) -> Option<Panel> {
    let below: Vec<(f64, f64)> =
        block.levels.iter().filter_map(|level| Some((level.level, level.share_below?))).collect();
    let inside: Vec<(f64, f64)> =
        block.intervals.iter().filter_map(|own| Some((own.nominal / 100.0, own.coverage?))).collect();
    if below.len() + inside.len() < 2 {
        return None;
    }
    let mut panel = Panel::over_numbers(name, "share that should be", false);
    panel.y_label = "share that was".into();
    let line = |points: &[(f64, f64)], paint, width| Line {
        points: points.to_vec(),
        paint,
        width,
        dashed: false,
        dots: true,
    };
    // Both axes run from 0 to 1, whatever was seen.
    panel.marks.lines.push(Line {
        width: 0.0,
        dots: false,
        ..line(&[(0.0, 0.0), (1.0, 1.0)], Paint::Soft, 0.0)
    });
    panel.marks.rules.push(Rule::Diagonal);
    panel.marks.lines.push(line(&inside, Paint::Line(2), 1.8));
    panel.marks.lines.push(line(&below, Paint::Line(0), 1.8));
    let tip = |what: &str, (at, was): &(f64, f64)| {
        let words = vec![
            format!("{what} {}", number::percent(Some(*at))),
            format!("was {}", number::percent(Some(*was))),
        ];
        Tip { at: *at, words }
    };
    panel.tips = below
        .iter()
        .map(|own| tip("quantile", own))
        .chain(inside.iter().map(|own| tip("interval", own)))
        .collect();
    panel.tips.sort_by(|a, b| a.at.total_cmp(&b.at));
    Some(panel)
}
