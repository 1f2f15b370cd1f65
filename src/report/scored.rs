//! `evaluate --forecasts`: every forecast beside what was observed, as rows.

use std::collections::HashMap;

use crate::data::panel::Panel;
use crate::error::Result;
use crate::forecast::{Forecasts, Levels};
use crate::number;
use crate::report::evaluation::Scored;
use crate::report::named::{self, Columns};
use crate::report::rows::{Cells, Rows};

/// The decimal place that matters for each series and target.
fn resolutions(panel: &Panel) -> HashMap<(u32, u32), f64> {
    let mut out = HashMap::new();
    for segment in &panel.segments {
        for (target, column) in panel.columns.iter().take(panel.targets).enumerate() {
            let own = number::resolution(&column.values[segment.offset..segment.offset + segment.len]);
            let finest = out.entry((segment.series, target as u32)).or_insert(own);
            *finest = own.min(*finest);
        }
    }
    out
}

/// `city,origin,date,step,target,yhat,actual`, then quantiles of these levels and both ends of
/// intervals.
///
/// # Errors
/// `Error::Usage` for a level that the model lacks, and where two columns would have one name.
pub fn rows(
    panel: &Panel,
    targets: &[String],
    scored: &Scored,
    levels: &Levels,
    prefix: &str,
) -> Result<Rows> {
    let quantiles = Forecasts {
        horizon: 1,
        targets: 1,
        levels: scored.levels.clone(),
        point: Vec::new(),
        quantiles: scored.quantiles.clone(),
        intervals: Vec::new(),
        resolution: Vec::new(),
    }
    .at_levels(levels)?;
    let q = quantiles.levels.len();
    let resolution = resolutions(panel);
    let written = |values: &[f64]| {
        let of = |row: usize| resolution.get(&(scored.series[row], u32::from(scored.target[row]))).copied();
        let written = |(row, v): (usize, &f64)| number::to_resolution(*v, of(row).unwrap_or(f64::NAN), 8);
        Cells::float(values.iter().enumerate().map(written).collect())
    };
    let stamps: Vec<i64> = scored
        .origin
        .iter()
        .zip(&scored.lead)
        .map(|(origin, lead)| panel.freq.advance(*origin, i64::from(*lead) - 1, &panel.time))
        .collect();
    let mut columns = Columns::new(prefix);
    columns.series(panel, &scored.series);
    let origin = scored.origin.iter().map(|s| panel.time.display(*s)).collect();
    columns.made("origin", Cells::Text(origin), "the stamp of the first step");
    columns.times(panel, &stamps);
    let steps = scored.lead.iter().map(|l| i64::from(*l)).collect();
    columns.made("step", Cells::Int(steps), "the step ahead");
    let codes = scored.target.iter().map(|t| u32::from(*t)).collect();
    columns.made("target", Cells::Category { codes, names: targets.to_vec() }, "the target's name");
    columns.made("yhat", written(&scored.point), "the forecast");
    columns.made("actual", Cells::float(scored.actual.clone()), "what was observed");
    for (at, level) in quantiles.levels.iter().enumerate() {
        let values: Vec<f64> = quantiles.quantiles.iter().skip(at).step_by(q).copied().collect();
        let holds = format!("the {level} quantile of the forecast");
        columns.made(&named::quantile("yhat", *level), written(&values), holds);
    }
    for (level, low, high) in &scored.intervals {
        for (end, values) in [("lo", low), ("hi", high)] {
            let holds = named::interval_end("yhat", end, *level);
            columns.made(&named::interval("yhat", end, *level), written(values), holds);
        }
    }
    columns.finish()
}
