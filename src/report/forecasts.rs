//! Forecasts as rows under the input's own names: one column a target, or one row a target.

use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::Result;
use crate::forecast::Forecasts;
use crate::forecast::conformal::Interval;
use crate::report::named::{self, Columns};
use crate::report::rows::{Cells, Rows};

/// How several targets lie in the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// `city,date,PM2.5,PM10`; with quantiles `PM2.5_p10` and so on after all targets,
    /// then intervals `PM2.5_lo80`, `PM2.5_hi80`.
    #[default]
    Wide,
    /// `city,date,target,value`; with quantiles `value_p10` and so on, and intervals `value_lo80`.
    Long,
}

/// Layout and names of the output.
#[derive(Debug, Clone, Copy, Default)]
pub struct Form<'a> {
    /// How several targets lie in the rows.
    pub layout: Layout,
    /// Put before every name that is not the table's own.
    pub prefix: &'a str,
    /// Where the rows come from, as columns after the keys.
    pub with: Option<&'a Provenance>,
}

/// Columns that say where a forecast comes from; with series and stamp each set of them is a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// `model`: what tells the checkpoint from others.
    pub model: Option<String>,
    /// `origin`: the stamp of the first step.
    pub origin: bool,
    /// `step`: the step ahead.
    pub step: bool,
}

impl Provenance {
    /// These columns of `times` rows a step of each cut.
    fn add(&self, columns: &mut Columns, panel: &Panel, cuts: &[Cut], (horizon, times): (usize, usize)) {
        let rows = horizon * times;
        if let Some(model) = &self.model {
            let cells = Cells::Category { codes: vec![0; cuts.len() * rows], names: vec![model.clone()] };
            columns.made("model", cells, "what tells the checkpoint from others");
        }
        if self.origin {
            let origins = cuts.iter().filter_map(|cut| panel.stamps.get(cut.row));
            let stamps: Vec<i64> = origins.flat_map(|stamp| std::iter::repeat_n(*stamp, rows)).collect();
            // One column of full stamps is a stamp here too; of several columns a text is made.
            let mut cells = named::times(panel, &stamps);
            let cells = match cells.pop() {
                Some((_, only)) if cells.is_empty() => only,
                _ => Cells::Text(stamps.iter().map(|stamp| panel.time.display(*stamp)).collect()),
            };
            columns.made("origin", cells, "the stamp of the first step");
        }
        if self.step {
            let steps = (1..).take(horizon).flat_map(|step: i64| std::iter::repeat_n(step, times));
            let steps = std::iter::repeat_n(steps, cuts.len()).flatten().collect();
            columns.made("step", Cells::Int(steps), "the step ahead");
        }
    }
}

impl From<Layout> for Form<'_> {
    fn from(layout: Layout) -> Self {
        Form { layout, prefix: "", with: None }
    }
}

/// The P rows of each cut: its series, the stamps from the cut's row on, and the forecasts.
///
/// # Errors
/// `Error::Usage` where two columns would have one name.
pub fn rows(
    panel: &Panel,
    cuts: &[Cut],
    forecasts: &Forecasts,
    targets: &[String],
    form: Form,
) -> Result<Rows> {
    let mut columns = Columns::new(form.prefix);
    let times = if form.layout == Layout::Long { forecasts.targets } else { 1 };
    let (series, stamps) = places(panel, cuts, forecasts.horizon, times);
    columns.keys(panel, &series, &stamps);
    if let Some(with) = form.with {
        with.add(&mut columns, panel, cuts, (forecasts.horizon, times));
    }
    match form.layout {
        Layout::Wide => wide(&mut columns, forecasts, targets),
        Layout::Long => long(&mut columns, forecasts, targets),
    }
    columns.finish()
}

/// Series and stamp of each row, each row `times` times over.
fn places(panel: &Panel, cuts: &[Cut], horizon: usize, times: usize) -> (Vec<u32>, Vec<i64>) {
    let series = cuts
        .iter()
        .flat_map(|cut| std::iter::repeat_n(panel.segments[cut.segment as usize].series, horizon * times))
        .collect();
    let stamps = cuts
        .iter()
        .flat_map(|cut| panel.stamps[cut.row..cut.row + horizon].iter())
        .flat_map(|stamp| std::iter::repeat_n(*stamp, times))
        .collect();
    (series, stamps)
}

/// Series and stamp columns, each row `times` times over.
pub(crate) fn keys(panel: &Panel, cuts: &[Cut], horizon: usize, times: usize) -> Vec<(String, Cells)> {
    let (series, stamps) = places(panel, cuts, horizon, times);
    let mut columns = named::keys(panel, &series);
    columns.extend(named::times(panel, &stamps));
    columns
}

fn wide(columns: &mut Columns, forecasts: &Forecasts, targets: &[String]) {
    let (k, q) = (forecasts.targets, forecasts.levels.len());
    let point = forecasts.written(&forecasts.point, 1);
    let quantiles = forecasts.written(&forecasts.quantiles, q);
    let ends = ends(forecasts);
    let every = |values: &[f64], first: usize, of: usize| {
        Cells::float(values.iter().skip(first).step_by(of).copied().collect())
    };
    for (target, name) in targets.iter().enumerate() {
        columns.own(name, every(&point, target, k), "target");
    }
    for (target, name) in targets.iter().enumerate() {
        for (level, share) in forecasts.levels.iter().enumerate() {
            let cells = every(&quantiles, target * q + level, k * q);
            columns.made(&named::quantile(name, *share), cells, format!("the {share} quantile of `{name}`"));
        }
    }
    for (target, name) in targets.iter().enumerate() {
        for (end, level, values) in &ends {
            let holds = named::interval_end(name, end, *level);
            columns.made(&named::interval(name, end, *level), every(values, target, k), holds);
        }
    }
}

/// Both ends of every interval, as they are written: `lo` or `hi`, its level, (N, P, K).
fn ends(forecasts: &Forecasts) -> Vec<(&'static str, f64, Vec<f64>)> {
    let both = |interval: &Interval| {
        [("lo", &interval.low), ("hi", &interval.high)]
            .map(|(end, values)| (end, f64::from(interval.level), forecasts.written(values, 1)))
    };
    forecasts.intervals.iter().flat_map(both).collect()
}

fn long(columns: &mut Columns, forecasts: &Forecasts, targets: &[String]) {
    let (k, q) = (forecasts.targets, forecasts.levels.len());
    let codes = (0..forecasts.point.len()).map(|cell| (cell % k) as u32).collect();
    columns.made("target", Cells::Category { codes, names: targets.to_vec() }, "the target's name");
    columns.made("value", Cells::float(forecasts.written(&forecasts.point, 1)), "the forecast");
    let quantiles = forecasts.written(&forecasts.quantiles, q);
    for (level, share) in forecasts.levels.iter().enumerate() {
        let cells = Cells::float(quantiles.iter().skip(level).step_by(q).copied().collect());
        columns.made(
            &named::quantile("value", *share),
            cells,
            format!("the {share} quantile of the forecast"),
        );
    }
    for (end, level, values) in ends(forecasts) {
        let holds = named::interval_end("value", end, level);
        columns.made(&named::interval("value", end, level), Cells::float(values), holds);
    }
}

/// All rows of the panel, then the forecasts, with the same columns: the series, the stamp and
/// every column of the model.
pub fn history_and(
    panel: &Panel,
    future: &Panel,
    cuts: &[Cut],
    forecasts: &Forecasts,
    targets: &[String],
) -> Result<[Rows; 2]> {
    let mut series = vec![0u32; panel.stamps.len()];
    for segment in &panel.segments {
        series[segment.offset..segment.offset + segment.len].fill(segment.series);
    }
    let mut columns = named::keys(panel, &series);
    columns.extend(named::times(panel, &panel.stamps));
    columns.extend(panel.columns.iter().map(|c| (c.name.clone(), Cells::float(c.values.clone()))));
    let mut ahead = keys(future, cuts, forecasts.horizon, 1);
    let form = Form::default();
    let mut of_targets = rows(future, cuts, forecasts, targets, form)?.columns.split_off(ahead.len());
    of_targets.truncate(targets.len());
    let empty = vec![f64::NAN; cuts.len() * forecasts.horizon];
    ahead.extend(panel.columns.iter().map(
        |c| match of_targets.iter().position(|(name, _)| *name == c.name) {
            Some(at) => of_targets.swap_remove(at),
            None => (c.name.clone(), Cells::float(empty.clone())),
        },
    ));
    Ok([Rows { columns }, Rows { columns: ahead }])
}
