//! `predict`: the next P steps of every series, in the input's own columns and date form.

use std::path::Path;

use crate::cli::{GlobalFlags, PredictArgs, flags};
use crate::data::extend;
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::{Error, Place, Result};
use crate::forecast::{self, Forecasts};
use crate::output;
use crate::prepare;
use crate::report::named;
use crate::report::rows::{Cells, Rows};
use crate::serve;

/// Runs the command.
pub fn run(args: &PredictArgs, global: &GlobalFlags) -> Result<()> {
    let overlay = flags::model_overlay(&args.table_flags, &args.run);
    let source = prepare::source(args.table.as_deref())?;
    let served = serve::load(&args.model, overlay, &candle_core::Device::Cpu)?;
    super::use_threads(&served.config.run)?;
    let device = super::device(&served.config.run)?;
    let table = serve::table(&served, &source)?;
    let panel = &table.panel;
    let at = args.at.as_deref().map(|text| panel.time.parse_one(text)).transpose()?;
    let shape = served.model.shape();
    let origins = origins(panel, at, args, served.least_history(), global.quiet)?;
    // Series unknown to the model are scaled by all their rows before the origin.
    let mut until = vec![i64::MIN; panel.series.len()];
    for cut in &origins {
        let series = panel.segments[cut.segment as usize].series as usize;
        until[series] = panel.stamps[cut.row - 1] + 1;
    }
    let lines = served.lines(panel, &until, global.quiet);
    let (future, cuts) = extend::extend(panel, &origins, shape.horizon);
    let inputs = Inputs::build(&future, &served.meta.inputs, &lines, shape.horizon);
    let forecasts = forecast::forecast(&served.model.members, &inputs, &future, served.meta.schema.season, &cuts, &device)?;
    let rows = rows(&future, &cuts, &forecasts, &served.meta.schema.targets);
    output::write_to(args.out.as_deref().map(Path::new), |w| Ok(rows.write(w, args.format.into())?))
}

/// The origin of each series: the row after its last one, or the row of `--at`.
fn origins(panel: &Panel, at: Option<i64>, args: &PredictArgs, least: usize, quiet: bool) -> Result<Vec<Cut>> {
    let mut found: Vec<Option<Cut>> = vec![None; panel.series.len()];
    for (index, segment) in panel.segments.iter().enumerate() {
        let rows = segment.offset..segment.offset + segment.len;
        let row = match at {
            None => rows.end,
            Some(at) => rows.start + panel.stamps[rows.clone()].partition_point(|s| *s < at),
        };
        if row > rows.start {
            found[segment.series as usize] = Some(Cut { segment: index as u32, row });
        }
    }
    let mut short = Vec::new();
    let mut origins = Vec::new();
    for (series, cut) in found.iter().enumerate() {
        // --at must be the stamp that follows the row before it, not some time after a hole.
        let rows = match (cut, at) {
            (None, _) => 0,
            (Some(cut), Some(at)) if panel.freq.advance(panel.stamps[cut.row - 1], 1, &panel.time) != at => 0,
            (Some(cut), _) => cut.row - panel.segments[cut.segment as usize].offset,
        };
        match cut {
            Some(cut) if rows >= least => origins.push(*cut),
            _ => short.push((panel.series[series].to_string(), rows)),
        }
    }
    if !short.is_empty() && !(args.skip_short && !origins.is_empty()) {
        let list: Vec<String> = short.iter().take(5).map(|(name, rows)| format!("`{name}` has {rows}")).collect();
        let more = if short.len() > 5 { format!(" and {} more series", short.len() - 5) } else { String::new() };
        let when = at.map(|at| format!(" directly before {}", panel.time.display(at))).unwrap_or_else(|| " at its end".into());
        return Err(Error::data(
            Place::file(panel.source.clone()),
            format!("too little history: a forecast needs {least} unbroken rows{when}; {}{more}", list.join(", ")),
        )
        .with_hint(if origins.is_empty() {
            "give more rows of history, or train with a smaller --input-window"
        } else {
            "give more rows of history, or leave those series out with --skip-short"
        }));
    }
    if !short.is_empty() && !quiet {
        let names: Vec<&str> = short.iter().map(|(n, _)| n.as_str()).collect();
        eprintln!("note: left out, too little history ({least} rows are needed): {}", names.join(", "));
    }
    Ok(origins)
}

/// `city,date,PM2.5` under the input's own names; with quantiles `PM2.5_p10` and so on.
fn rows(panel: &Panel, cuts: &[Cut], forecasts: &Forecasts, targets: &[String]) -> Rows {
    let (p, k, q) = (forecasts.horizon, forecasts.targets, forecasts.levels.len());
    let series: Vec<u32> = cuts
        .iter()
        .flat_map(|cut| std::iter::repeat_n(panel.segments[cut.segment as usize].series, p))
        .collect();
    let stamps: Vec<i64> = cuts.iter().flat_map(|cut| panel.stamps[cut.row..cut.row + p].iter().copied()).collect();
    let mut columns = named::keys(panel, &series);
    columns.extend(named::times(panel, &stamps));
    let cells = cuts.len() * p;
    for (target, name) in targets.iter().enumerate() {
        let values = (0..cells).map(|cell| forecasts.point[cell * k + target]).collect();
        columns.push((name.clone(), Cells::forecast(values)));
    }
    for (target, name) in targets.iter().enumerate() {
        for (level, share) in forecasts.levels.iter().enumerate() {
            let values = (0..cells).map(|cell| forecasts.quantiles[(cell * k + target) * q + level]).collect();
            columns.push((named::quantile(name, *share), Cells::forecast(values)));
        }
    }
    Rows { columns }
}
