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
    for (target, name) in targets.iter().enumerate() {
        let values = forecasts.point.iter().skip(target).step_by(k).copied().collect();
        columns.push((name.clone(), Cells::forecast(values)));
    }
    for (target, name) in targets.iter().enumerate() {
        for (level, share) in forecasts.levels.iter().enumerate() {
            let values =
                forecasts.quantiles.iter().skip(target * q + level).step_by(k * q).copied().collect();
            columns.push((named::quantile(name, *share), Cells::forecast(values)));
        }
    }
    for (target, name) in targets.iter().enumerate() {
        columns.extend(ends(forecasts, name, target, k));
    }
    Rows { columns }
}

/// Both ends of every interval, of each `of`-th forecast from the `first` on.
fn ends(forecasts: &Forecasts, name: &str, first: usize, of: usize) -> Vec<(String, Cells)> {
    let both = |interval: &Interval| {
        [("lo", &interval.low), ("hi", &interval.high)].map(|(end, values)| {
            let values = values.iter().skip(first).step_by(of).copied().collect();
            (named::interval(name, end, f64::from(interval.level)), Cells::forecast(values))
        })
    };
    forecasts.intervals.iter().flat_map(both).collect()
}

fn long(panel: &Panel, cuts: &[Cut], forecasts: &Forecasts, targets: &[String]) -> Rows {
    let (k, q) = (forecasts.targets, forecasts.levels.len());
    let mut columns = keys(panel, cuts, forecasts.horizon, k);
    let codes = (0..forecasts.point.len()).map(|cell| (cell % k) as u32).collect();
    columns.push(("target".into(), Cells::Category { codes, names: targets.to_vec() }));
    columns.push(("value".into(), Cells::forecast(forecasts.point.clone())));
    for (level, share) in forecasts.levels.iter().enumerate() {
        let values = forecasts.quantiles.iter().skip(level).step_by(q).copied().collect();
        columns.push((named::quantile("value", *share), Cells::forecast(values)));
    }
    columns.extend(ends(forecasts, "value", 0, 1));
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
