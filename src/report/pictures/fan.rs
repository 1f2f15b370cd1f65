//! A forecast after its history, with bands about it.

use super::rank::Rank;
use crate::draw::{Band, Chart, Clock, Figure, Key, Line, Page, Paint, Panel, Rule, Section, Theme, Tip};
use crate::number;

/// One series' history and forecast. Stamps are UTC epoch seconds, values in the target's units.
#[derive(Debug, Clone, PartialEq)]
pub struct Fan {
    /// The series' name; empty where the table is one series.
    pub series: String,
    /// What is forecast.
    pub target: String,
    /// The table's clock.
    pub clock: Clock,
    /// Seconds from a row to the next.
    pub step: i64,
    /// Before the forecast; NaN where nothing was observed.
    pub history: Vec<(i64, f64)>,
    /// The P stamps ahead, and the forecast.
    pub forecast: Vec<(i64, f64)>,
    /// Bands, the widest first: their name, and both ends at each of the P stamps.
    pub bands: Vec<(String, Vec<(f64, f64)>)>,
    /// What was observed at the stamps of the forecast, where anything was.
    pub observed: Vec<(i64, f64)>,
    /// Its place among all series.
    pub rank: Option<Rank>,
}

/// How dense the widest band is, and the others.
const OPACITY: [f64; 2] = [0.18, 0.32];

/// Rows of history that tell their values to a pointer.
const MOST_TIPS: usize = 600;

impl Fan {
    /// The series and the target, as far as they say something.
    pub fn name(&self, several_targets: bool) -> String {
        match (self.series.is_empty(), several_targets) {
            (true, _) => self.target.clone(),
            (false, true) => format!("{} · {}", self.series, self.target),
            (false, false) => self.series.clone(),
        }
    }

    /// The chart.
    pub fn panel(&self, several_targets: bool) -> Panel {
        let mut panel = Panel::over_time(self.name(several_targets), self.clock.clone(), self.step);
        panel.y_label = if self.series.is_empty() { String::new() } else { self.target.clone() };
        let unseen = self.history.is_empty().then(|| "nothing observed in the rows before".to_string());
        let remarks: Vec<String> =
            self.rank.as_ref().map(ToString::to_string).into_iter().chain(unseen).collect();
        panel.remark = remarks.join("; ");
        let stamps: Vec<f64> = self.forecast.iter().map(|(at, _)| *at as f64).collect();
        for (i, (_, ends)) in self.bands.iter().enumerate() {
            let points = stamps.iter().zip(ends).map(|(at, (low, high))| (*at, *low, *high)).collect();
            panel.marks.bands.push(Band { points, paint: Paint::Line(0), opacity: OPACITY[i.min(1)] });
        }
        if let Some((first, _)) = self.forecast.first() {
            // Between the last row and the first that is forecast.
            let at = *first as f64 - self.step as f64 / 2.0;
            panel.marks.rules.push(Rule::Upright { at, label: String::new() });
        }
        let line = |points: &[(i64, f64)], paint, width, dots| Line {
            points: points.iter().map(|(at, value)| (*at as f64, *value)).collect(),
            paint,
            width,
            dashed: false,
            dots,
        };
        panel.marks.lines.push(line(&self.history, Paint::Ink, 1.3, false));
        panel.marks.lines.push(line(&self.forecast, Paint::Line(0), 2.2, false));
        if !self.observed.is_empty() {
            panel.marks.lines.push(line(&self.observed, Paint::Line(1), 1.3, true));
        }
        panel.tips = self.tips(&panel);
        panel
    }

    fn tips(&self, panel: &Panel) -> Vec<Tip> {
        let value = |v: f64| number::human(Some(v));
        // A pointer cannot tell more rows apart than this.
        let every = self.history.len() / MOST_TIPS + 1;
        let history = self.history.iter().rev().step_by(every).rev().map(|(at, observed)| {
            let words = vec![panel.words_at(*at), format!("observed {}", value(*observed))];
            Tip { at: *at as f64, words }
        });
        let ahead = self.forecast.iter().enumerate().map(|(i, (at, forecast))| {
            let mut words = vec![panel.words_at(*at), format!("forecast {}", value(*forecast))];
            words.extend(self.bands.iter().rev().filter_map(|(name, ends)| {
                let (low, high) = ends.get(i)?;
                Some(format!("{name}: {} to {}", value(*low), value(*high)))
            }));
            let observed = self.observed.iter().find(|(stamp, v)| stamp == at && v.is_finite());
            words.extend(observed.map(|(_, v)| format!("observed {}", value(*v))));
            Tip { at: *at as f64, words }
        });
        history.chain(ahead).collect()
    }
}

/// What the colours mean.
fn legend(fans: &[Fan]) -> Vec<Key> {
    let key = |name: &str, paint| Key { name: name.into(), paint, area: None, dashed: false };
    let mut keys = vec![key("observed", Paint::Ink), key("forecast", Paint::Line(0))];
    let bands = fans.first().map_or(&[][..], |fan| &fan.bands);
    // Bands lie over each other, so the inner one is as dense as both.
    for (i, (name, _)) in bands.iter().enumerate().rev() {
        let opacity = if i == 0 { OPACITY[0] } else { 1.0 - (1.0 - OPACITY[0]) * (1.0 - OPACITY[1]) };
        keys.push(Key { area: Some(opacity), ..key(name, Paint::Line(0)) });
    }
    if fans.iter().any(|fan| !fan.observed.is_empty()) {
        keys.push(key("observed afterwards", Paint::Line(1)));
    }
    keys
}

/// All of them on one sheet.
pub fn figure(title: &str, remarks: &[String], fans: &[Fan]) -> Figure {
    let several = fans.iter().any(|fan| fan.target != fans[0].target);
    Figure {
        title: title.into(),
        remarks: remarks.to_vec(),
        legend: legend(fans),
        charts: fans.iter().map(|fan| Chart::Panel(fan.panel(several))).collect(),
        ..Figure::default()
    }
}

/// A page on which one is chosen at a time.
pub fn page(title: &str, remarks: &[String], fans: &[Fan], theme: Theme) -> Page {
    let mut sections: Vec<Section> = remarks.iter().cloned().map(Section::Paragraph).collect();
    sections.push(chooser(fans));
    Page { title: title.into(), subtitle: String::new(), theme, sections }
}

/// The part of a page that shows one of them at a time.
pub fn chooser(fans: &[Fan]) -> Section {
    let several = fans.iter().any(|fan| fan.target != fans[0].target);
    let of = |fan: &Fan| (fan.name(several), figure("", &[], std::slice::from_ref(fan)));
    Section::Chooser { label: "Series".into(), figures: fans.iter().map(of).collect() }
}
