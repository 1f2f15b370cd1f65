//! Forecasts as rows under the input's own names: one column a target, or one row a target.

use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::forecast::Forecasts;
use crate::forecast::conformal::Interval;
use crate::report::named;
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

/// The P rows of each cut: its series, the stamps from the cut's row on, and the forecasts.
pub fn rows(panel: &Panel, cuts: &[Cut], forecasts: &Forecasts, targets: &[String], layout: Layout) -> Rows {
    match layout {
        Layout::Wide => wide(panel, cuts, forecasts, targets),
        Layout::Long => long(panel, cuts, forecasts, targets),
    }
}

/// Series and stamp columns, each row `times` times over.
pub(crate) fn keys(panel: &Panel, cuts: &[Cut], horizon: usize, times: usize) -> Vec<(String, Cells)> {
    let series: Vec<u32> = cuts
        .iter()
        .flat_map(|cut| std::iter::repeat_n(panel.segments[cut.segment as usize].series, horizon * times))
        .collect();
    let stamps: Vec<i64> = cuts
        .iter()
        .flat_map(|cut| panel.stamps[cut.row..cut.row + horizon].iter())
        .flat_map(|stamp| std::iter::repeat_n(*stamp, times))
        .collect();
    let mut columns = named::keys(panel, &series);
    columns.extend(named::times(panel, &stamps));
    columns
}

fn wide(panel: &Panel, cuts: &[Cut], forecasts: &Forecasts, targets: &[String]) -> Rows {
    let (k, q) = (forecasts.targets, forecasts.levels.len());
    let mut columns = keys(panel, cuts, forecasts.horizon, 1);
    let point = forecasts.written(&forecasts.point, 1);
    let quantiles = forecasts.written(&forecasts.quantiles, q);
    let ends = ends(forecasts);
    let every = |values: &[f64], first: usize, of: usize| {
        Cells::float(values.iter().skip(first).step_by(of).copied().collect())
    };
    for (target, name) in targets.iter().enumerate() {
        columns.push((name.clone(), every(&point, target, k)));
    }
    for (target, name) in targets.iter().enumerate() {
        for (level, share) in forecasts.levels.iter().enumerate() {
            columns.push((named::quantile(name, *share), every(&quantiles, target * q + level, k * q)));
        }
    }
    for (target, name) in targets.iter().enumerate() {
        let own = |(end, level, values): &(&str, f64, Vec<f64>)| {
            (named::interval(name, end, *level), every(values, target, k))
        };
        columns.extend(ends.iter().map(own));
    }
    Rows { columns }
}

/// Both ends of every interval, as they are written: `lo` or `hi`, its level, (N, P, K).
fn ends(forecasts: &Forecasts) -> Vec<(&'static str, f64, Vec<f64>)> {
    let both = |interval: &Interval| {
        [("lo", &interval.low), ("hi", &interval.high)]
            .map(|(end, values)| (end, f64::from(interval.level), forecasts.written(values, 1)))
    };
    forecasts.intervals.iter().flat_map(both).collect()
}

fn long(panel: &Panel, cuts: &[Cut], forecasts: &Forecasts, targets: &[String]) -> Rows {
    let (k, q) = (forecasts.targets, forecasts.levels.len());
    let mut columns = keys(panel, cuts, forecasts.horizon, k);
    let codes = (0..forecasts.point.len()).map(|cell| (cell % k) as u32).collect();
    columns.push(("target".into(), Cells::Category { codes, names: targets.to_vec() }));
    columns.push(("value".into(), Cells::float(forecasts.written(&forecasts.point, 1))));
    let quantiles = forecasts.written(&forecasts.quantiles, q);
    for (level, share) in forecasts.levels.iter().enumerate() {
        let values = quantiles.iter().skip(level).step_by(q).copied().collect();
        columns.push((named::quantile("value", *share), Cells::float(values)));
    }
    columns.extend(
        ends(forecasts)
            .into_iter()
            .map(|(end, level, values)| (named::interval("value", end, level), Cells::float(values))),
    );
    Rows { columns }
}

/// All rows of the panel, then the forecasts, with the same columns: the series, the stamp and
/// every column of the model.
pub fn history_and(
    panel: &Panel,
    future: &Panel,
    cuts: &[Cut],
    forecasts: &Forecasts,
    targets: &[String],
) -> [Rows; 2] {
    let mut series = vec![0u32; panel.stamps.len()];
    for segment in &panel.segments {
        series[segment.offset..segment.offset + segment.len].fill(segment.series);
    }
    let mut columns = named::keys(panel, &series);
    columns.extend(named::times(panel, &panel.stamps));
    columns.extend(panel.columns.iter().map(|c| (c.name.clone(), Cells::float(c.values.clone()))));
    let mut ahead = keys(future, cuts, forecasts.horizon, 1);
    let mut of_targets = wide(future, cuts, forecasts, targets).columns.split_off(ahead.len());
    of_targets.truncate(targets.len());
    let rows = cuts.len() * forecasts.horizon;
    ahead.extend(panel.columns.iter().map(
        |c| match of_targets.iter().position(|(name, _)| *name == c.name) {
            Some(at) => of_targets.swap_remove(at),
            None => (c.name.clone(), Cells::float(vec![f64::NAN; rows])),
        },
    ));
    [Rows { columns }, Rows { columns: ahead }]
}
