//! A search of settings, drawn: the trials rung by rung with the best so far, and what the winner gained.

use crate::draw::{Bar, Bars, Chart, Figure, Key, Line, Paint, Panel, Rule};
use crate::report::tuning::{Run, Tuning};
use crate::text::plural;

/// Trials whose score is so many times that of the settings as given would squeeze all others together.
const FAR: f64 = 1.6;

/// The trials, and below them the fold that chose nothing; `None` where nothing was trained.
pub fn tuning(tuning: &Tuning) -> Option<Figure> {
    if tuning.runs.is_empty() {
        return None;
    }
    let (panel, left_out) = trials(tuning);
    let mut remarks = vec![tuning.verdict()];
    if left_out > 0 {
        remarks.push(format!("{} far above all others: not drawn.", plural(left_out, "score")));
    }
    let key = |name: String, paint, dashed| Key { name, paint, area: None, dashed };
    let mut legend: Vec<Key> = (tuning.rungs.iter().enumerate())
        .map(|(rung, own)| key(format!("trials of {} steps", own.steps), paint(rung), false))
        .collect();
    legend.push(key("the best so far".into(), Paint::Soft, false));
    legend.push(key("the settings as given".into(), Paint::Ink, true));
    let title = format!("Settings for {} on {}", tuning.targets.join(", "), tuning.table);
    let first = Figure { title, remarks, legend, charts: vec![Chart::Panel(panel)], ..Figure::default() };
    Figure::stacked([Some(first), held_out(tuning)].into_iter().flatten())
}

fn paint(rung: usize) -> Paint {
    Paint::Line(rung as u8)
}

/// Scores in the order in which they were found; of each rung the best so far and the settings as given. And how
/// many scores lie too high.
fn trials(tuning: &Tuning) -> (Panel, usize) {
    let mut panel = Panel::over_numbers("", "trials, in the order in which they were trained", true);
    panel.y_label = "error as a share of the better simple forecast's, on the folds that choose".into();
    let given = |rung: usize| tuning.runs.iter().find(|run| run.rung == rung && run.trial == 0);
    let top = (tuning.runs.iter().filter(|run| run.trial == 0))
        .map(|run| run.score * FAR)
        .fold(f64::NEG_INFINITY, f64::max);
    let far = |run: &Run| top.is_finite() && run.score > top;
    let line =
        |points: Vec<(f64, f64)>, paint, width, dashed| Line { points, paint, width, dashed, dots: false };
    let own: Vec<(f64, &Run)> =
        tuning.runs.iter().enumerate().map(|(i, run)| ((i + 1) as f64, run)).collect();
    for (rung, told) in tuning.rungs.iter().enumerate() {
        let here: Vec<(f64, &Run)> = own.iter().copied().filter(|(_, run)| run.rung == rung).collect();
        let (Some((first, _)), Some((last, _))) = (here.first(), here.last()) else { continue };
        let (from, to) = (first - 0.4, last + 0.4);
        if rung > 0 {
            let label = format!("{} steps", told.steps);
            panel.marks.rules.push(Rule::Upright { at: first - 0.5, label });
        }
        if let Some(given) = given(rung) {
            let level = vec![(from, given.score), (to, given.score)];
            panel.marks.lines.push(line(level, Paint::Ink, 1.3, true));
        }
        let mut best = f64::INFINITY;
        let mut stairs = Vec::new();
        for (at, run) in &here {
            let before = best;
            best = best.min(run.score);
            if before.is_finite() && best < before {
                stairs.push((*at, before));
            }
            stairs.push((*at, best));
        }
        stairs.push((to, best));
        panel.marks.lines.push(line(stairs, Paint::Soft, 1.5, false));
        // A line of one point is a dot.
        let dots = here.iter().filter(|(_, run)| !far(run));
        panel.marks.lines.extend(dots.map(|(at, run)| line(vec![(*at, run.score)], paint(rung), 3.0, false)));
    }
    panel.tips = (own.iter())
        .map(|(at, run)| {
            let who =
                if run.trial == 0 { "the settings as given".into() } else { format!("trial {}", run.trial) };
            crate::draw::Tip { at: *at, words: vec![who, format!("{:.4}", run.score)] }
        })
        .collect();
    (panel, own.iter().filter(|(_, run)| far(run)).count())
}

/// What the winner and the settings as given are worth where neither was chosen.
fn held_out(tuning: &Tuning) -> Option<Figure> {
    let (given, best) = tuning.held_out_scores?;
    let bar = |name: String, value: f64| Bar { name, value, label: format!("{value:.4}"), ..Bar::default() };
    let bars = Bars {
        title: "On the fold that chose nothing, trained as train does".into(),
        remark: format!("{} to {}", tuning.held_out.0, tuning.held_out.1),
        x_label: "error as a share of the better simple forecast's".into(),
        bars: vec![bar("the settings as given".into(), given), bar(format!("trial {}", tuning.best), best)],
        ..Bars::default()
    };
    Some(Figure { charts: vec![Chart::Bars(bars)], ..Figure::default() })
}
