//! What a model's forecasts rest on, and why one of them is what it is, drawn.

use crate::draw::{self, Bar, Bars, Chart, Figure, Key, Line, Paint, Panel, Tip};
use crate::number::{counted, human};
use crate::report::explanation::reason::{self, Share};
use crate::report::explanation::{Effect, Importance, OfTarget, Reason, Rise};

/// Bars of one chart.
const SHOWN: usize = 20;
/// Lines of the chart by lead: as many as there are colours.
const LINES: usize = 6;
/// Columns that have a chart of their own by lags.
const BY_LAGS: usize = 4;

/// A share as percent, as pictures have it: `+12.3 %`.
fn percent(share: f64) -> String {
    let text = crate::number::percent(Some(share)).replace('-', "−");
    if share > 0.0 { format!("+{text}") } else { text }
}

fn bar(name: String, rise: &Rise) -> Bar {
    let spread = match (rise.spread, rise.base) {
        (Some(spread), Some(base)) if base > 0.0 => 100.0 * spread / base,
        _ => 0.0,
    };
    Bar { name, value: 100.0 * rise.share(), spread, label: percent(rise.share()), ..Bar::default() }
}

/// The rise of the error for each column out of step, by block of lags, and by lead.
pub fn importance(importance: &Importance) -> Figure {
    let measured = format!(
        "Measured on {} of {}, {} to {}; the whiskers are one standard deviation over {}.",
        counted(importance.forecasts as u64, "forecast"),
        counted(importance.horizon as u64, "step"),
        importance.from,
        importance.to,
        counted(importance.repeats as u64, "repeat"),
    );
    let several = importance.targets.len() > 1;
    let mut figure = Figure { title: importance.title(), remarks: vec![measured], ..Figure::default() };
    for of in &importance.targets {
        let mut own = rises(of, several);
        match figure.charts.is_empty() {
            true => figure.charts = std::mem::take(&mut own.charts),
            false => figure.below.push(own),
        }
        figure.below.extend(lags_of_columns(of));
        figure.below.extend(by_lead(of));
    }
    figure
}

/// Columns, and beside them blocks of lags.
pub fn rises(of: &OfTarget, several: bool) -> Figure {
    let name = if several { format!(", {}", of.target) } else { String::new() };
    let named = |effect: &Effect| match effect.ahead {
        true => format!("{} (known ahead)", effect.name),
        false => effect.name.clone(),
    };
    let moving: Vec<&Effect> = of.effects.iter().filter(|effect| effect.moves).collect();
    let mut columns = Bars {
        title: format!("Columns{name}"),
        remark: "out of step with all others".into(),
        x_label: X_LABEL.into(),
        bars: moving.iter().take(SHOWN).map(|effect| bar(named(effect), &effect.mae)).collect(),
        ..Bars::default()
    };
    if moving.len() > SHOWN {
        columns.remark = format!("the {SHOWN} with the largest rise of {}", moving.len());
    }
    let mut charts = vec![Chart::Bars(columns)];
    charts.extend(of.blocks.first().map(|all| {
        Chart::Bars(Bars {
            title: format!("Rows before the origin{name}"),
            remark: "all columns there as at another time; lag 1 is the last row".into(),
            x_label: X_LABEL.into(),
            bars: all.rises.iter().map(|(lags, rise)| bar(lag(lags), rise)).collect(),
            ..Bars::default()
        })
    }));
    Figure { charts, ..Figure::default() }
}

const X_LABEL: &str = "rise of the mean absolute error, %";

fn lag(block: &str) -> String {
    format!("{} {block}", if block.contains(' ') { "lags" } else { "lag" })
}

/// The same for the columns that matter most, each alone; all have one scale.
pub fn lags_of_columns(of: &OfTarget) -> Option<Figure> {
    let blocks: Vec<_> = of.blocks.iter().filter_map(|b| Some((b.column.as_ref()?, b))).collect();
    let shown = blocks.get(..BY_LAGS).unwrap_or(&blocks);
    let bars = |(name, block): &(&String, &crate::report::explanation::Block)| Bars {
        title: (*name).clone(),
        remark: "these rows of it alone".into(),
        x_label: X_LABEL.into(),
        bars: block.rises.iter().map(|(lags, rise)| bar(lag(lags), rise)).collect(),
        ..Bars::default()
    };
    let mut all: Vec<Bars> = shown.iter().map(bars).collect();
    let ends = || all.iter().flat_map(|bars| &bars.bars);
    let low = ends().map(|bar| bar.value - bar.spread).fold(0.0, f64::min);
    let high = ends().map(|bar| bar.value + bar.spread).fold(0.0, f64::max);
    all.iter_mut().for_each(|bars| bars.reach = (low, high));
    let charts: Vec<Chart> = all.into_iter().map(Chart::Bars).collect();
    (!charts.is_empty()).then(|| Figure { charts, ..Figure::default() })
}

/// The rise by lead of the columns that matter most; `None` for one lead alone.
pub fn by_lead(of: &OfTarget) -> Option<Figure> {
    let leads = of.effects.first().map_or(0, |effect| effect.mae_by_lead.len());
    let shown: Vec<&Effect> = of.effects.iter().filter(|effect| effect.moves).take(LINES).collect();
    if leads < 2 || shown.is_empty() {
        return None;
    }
    let mut panel = Panel::over_numbers(format!("{}: columns by lead", of.target), "steps ahead", true);
    panel.y_label = X_LABEL.into();
    panel.from_zero = true;
    let paint = |at: usize| Paint::Line(at as u8);
    // The largest lies above the others.
    for (at, effect) in shown.iter().enumerate().rev() {
        let point = |(lead, rise): (usize, &Rise)| ((lead + 1) as f64, 100.0 * rise.share());
        panel.marks.lines.push(Line {
            points: effect.mae_by_lead.iter().enumerate().map(point).collect(),
            paint: paint(at),
            width: 1.8,
            dashed: at % 2 == 1,
            dots: leads <= 12,
        });
    }
    panel.tips = (0..leads)
        .map(|lead| {
            let mut words = vec![format!("{} ahead", counted(lead as u64 + 1, "step"))];
            let share = |effect: &&Effect| effect.mae_by_lead.get(lead).map_or(0.0, Rise::share);
            words.extend(shown.iter().map(|e| format!("{} {}", e.name, percent(share(e)))));
            Tip { at: (lead + 1) as f64, words }
        })
        .collect();
    let key = |(at, effect): (usize, &&Effect)| Key {
        name: effect.name.clone(),
        paint: paint(at),
        area: None,
        dashed: at % 2 == 1,
    };
    let legend = shown.iter().enumerate().map(key).collect();
    Some(Figure { legend, charts: vec![Chart::Panel(panel)], ..Figure::default() })
}

/// From the mean of other times to the forecast, part by part: each bar begins where the one above it ends.
pub fn reason(reason: &Reason) -> Option<Figure> {
    let mut figures = Vec::new();
    for (target, name) in reason.targets.iter().enumerate() {
        let (forecast, baseline) = reason::told_both(reason, target);
        let remark = format!(
            "The forecast is {}; had the table been as at {} other times, it would have been {} on average. The bars add up to the difference; the whiskers are standard errors.",
            human(Some(forecast)),
            reason.others,
            human(Some(baseline)),
        );
        for (at, share) in reason::shares(reason, target).into_iter().enumerate() {
            let mut figure = steps(share, name, baseline, forecast);
            if at == 0 {
                figure.title = reason::title(reason, name);
                figure.remarks = vec![remark.clone()];
            }
            figures.push(figure);
        }
    }
    Figure::stacked(figures)
}

fn steps(share: Share, target: &str, baseline: f64, forecast: f64) -> Figure {
    let dot = |name: &str, at: f64| Bar {
        name: name.into(),
        from: at,
        label: draw::number(at),
        dot: true,
        ..Bar::default()
    };
    let mut bars = vec![dot("at other times, on average", baseline)];
    let mut at = baseline;
    let values: Vec<Option<f64>> = share.lines.iter().map(|line| Some(line.value)).collect();
    for (line, number) in share.lines.into_iter().zip(crate::number::column(&values)) {
        let sign = if line.value > 0.0 { "+" } else { "" };
        bars.push(Bar {
            name: line.name,
            from: at,
            value: line.value,
            spread: line.error.unwrap_or(0.0),
            label: format!("{sign}{}", number.replace('-', "−")),
            dot: false,
        });
        at += line.value;
    }
    bars.push(dot("this forecast", forecast));
    let bars =
        Bars { title: share.title, x_label: target.to_owned(), bars, adds_up: true, ..Bars::default() };
    Figure { charts: vec![Chart::Bars(bars)], ..Figure::default() }
}
