//! `evaluate`: rolling-origin forecasts against what was observed, beside simple forecasts.

use std::path::Path;

use crate::cli::{EvaluateArgs, GlobalFlags, flags};
use crate::data::inputs::Inputs;
use crate::data::panel::Panel;
use crate::data::split::{self, Cut, EmptyPart, Need, Observed, Range};
use crate::error::{Error, Place, Result};
use crate::forecast::Forecasts;
use crate::forecast::baseline::Baseline;
use crate::number;
use crate::output::{self, Failure};
use crate::pipeline::backtest::{self, Setting};
use crate::pipeline::forecaster::{self as serve, Served};
use crate::pipeline::table as prepare;
use crate::report::evaluation::{Context, Evaluator, ReportFormat, Scored};
use crate::report::named;
use crate::report::rows::{Cells, RowWriter, Rows, RowsFormat};

use crate::pipeline::series_filter::Chosen;

/// Runs the command.
pub fn run(args: &EvaluateArgs, global: &GlobalFlags) -> Result<()> {
    super::baseline_only::check(args)?;
    if args.stride == Some(0) {
        return Err(Error::config("`stride` is 0; expected 1 or more")
            .with_hint("--stride counts rows between origins"));
    }
    if args.refit == Some(0) {
        return Err(Error::config("`refit` is 0; expected 1 or more")
            .with_hint("--refit counts origins between two trainings"));
    }
    report_format(args)?;
    if let Some(path) = &args.forecasts {
        RowsFormat::for_path("--forecasts", None, Path::new(path))?;
    }
    for path in args.out.iter().chain(&args.forecasts) {
        output::check_writable(Path::new(path))?;
    }
    super::note_seed(&args.run, global);
    let by_variable = std::env::var_os("LSTM_FORECAST_QUANTILES").is_some();
    if args.quantiles.is_some() && args.forecasts.is_none() && !by_variable && !global.quiet {
        super::note_all(&[
            "`--quantiles` has no effect without --forecasts: the report has all levels".into()
        ]);
    }
    if args.baseline_only {
        return super::baseline_only::run(args, global);
    }
    let Some(model) = args.model.as_deref() else {
        return Err(Error::usage("no checkpoint was given").with_hint(
            "name the file that `train` wrote, or score simple forecasts alone with --baseline-only",
        ));
    };
    let overlay = flags::model_overlay(&args.table_flags, &args.bounds, &args.run);
    let source = prepare::source(args.table.as_deref())?;
    let mut served = serve::load(model, overlay, &candle_core::Device::Cpu)?;
    super::note_unsealed(model, &served.meta, global);
    super::use_threads(&served.config.run)?;
    let device = super::device(&served.config.run, global)?;
    served.model = served.model.on(&device)?;
    let table = serve::table(&served, &source)?;
    let panel = &table.panel;
    super::table_notes(panel, global);
    let (range, need) = range(args, &served, panel)?;
    let chosen = Chosen::new(&args.only, panel)?;
    let cuts = chosen.cuts(panel, split::cuts(panel, &Observed::new(panel), need, range));
    if cuts.is_empty() {
        return Err(nothing(panel, range, need));
    }
    let setting = Setting {
        input_window: need.input_window,
        horizon: need.horizon,
        season: served.meta.schema.season,
        val_start: served.meta.bounds.val_start,
        mase_scale: None,
        baselines: vec![Baseline::LastValue, Baseline::SeasonalNaive],
        blend: served.meta.blend.clone(),
        limits: served.limits.clone(),
        intervals: served.intervals(model, wanted(args))?,
    };
    let (targets, season) = (served.meta.schema.targets.clone(), served.meta.schema.season);
    let mut head = context(panel, targets, need.horizon, season, range, &cuts);
    if args.insample {
        head.notes.push(
            "In sample: this is the training part, which the model has seen. The errors say how well it fits, not how well it forecasts."
                .into(),
        );
    }
    head.notes.extend(seen_before(args, &served, panel, &cuts));
    head.notes.extend(known_ahead(&served, panel));
    let refit = args.refit.map(|every| crate::pipeline::refit::Refit {
        args,
        global,
        served: &served,
        table: &table,
        device: &device,
        every,
        range,
        need,
    });
    head.notes.extend(refit.iter().map(|refit| refit.note(&cuts)));
    let mut evaluator = Evaluator::new(Context { model: Some(model.to_string()), ..head });
    let mut score = |out: &mut dyn FnMut(&Scored) -> std::result::Result<(), Failure>| {
        let mut both = |chunk: &Scored| {
            evaluator.push(chunk);
            out(chunk)
        };
        if let Some(refit) = &refit {
            return refit.score(model, &setting, &cuts, &mut both);
        }
        let from = range.from.or(range.until).unwrap_or(served.meta.bounds.test_start);
        let scalings = served.scalings(panel, &vec![from; panel.series.len()], global.quiet);
        let inputs = Inputs::build(panel, &served.meta.inputs, &scalings, 0);
        backtest::score(Some(&served.model), &inputs, panel, &setting, &cuts, &device, &mut both)
    };
    match &args.forecasts {
        None => score(&mut |_| Ok(())).map_err(Failure::into_error)?,
        Some(path) => {
            let path = Path::new(path);
            let format = RowsFormat::of_path(path).unwrap_or(RowsFormat::Csv);
            output::write_to(Some(path), |w| {
                let mut writer = RowWriter::new(w, format);
                score(&mut |chunk| {
                    Ok(writer.write(&forecast_rows(
                        panel,
                        &served,
                        chunk,
                        args.quantiles.as_ref().map_or(&[], |l| &l.0),
                    )?)?)
                })?;
                Ok(writer.finish()?)
            })?;
        }
    }
    let text = evaluator.finish().render(report_format(args)?);
    output::write_to(args.out.as_deref().map(Path::new), |w| Ok(w.write_all(text.as_bytes())?))
}

/// Levels of `--interval`, in percent.
pub(crate) fn wanted(args: &EvaluateArgs) -> &[u8] {
    args.interval.as_ref().map_or(&[], |levels| &levels.0)
}

/// `--format`, else what the ending of `--out` says, else text.
pub(crate) fn report_format(args: &EvaluateArgs) -> Result<ReportFormat> {
    let Some(out) = args.out.as_deref().map(Path::new).filter(|_| args.format.is_none()) else {
        return Ok(args.format.unwrap_or(ReportFormat::Text));
    };
    let ending = output::packing(out).0.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("json") => Ok(ReportFormat::Json),
        Some("csv") => Ok(ReportFormat::Csv),
        Some("md" | "markdown") => Ok(ReportFormat::Markdown),
        Some(other) if other != "txt" && output::is_file(out) => {
            let what = format!("--out {}: no form of the report is known by this ending", out.display());
            let hint = "the endings are .txt, .json, .csv and .md (also with .gz or .zst); --format names a form whatever the ending";
            Err(Error::usage(what).with_hint(hint))
        }
        _ => Ok(ReportFormat::Text),
    }
}

pub(crate) fn nothing(panel: &Panel, range: Range, need: Need) -> Error {
    let from = range.from.map(|s| panel.time.display(s)).unwrap_or_default();
    Error::data(
        Place::file(panel.source.clone()),
        format!(
            "nothing to score: no origin at or after {from} has {} rows of history and {} steps ahead with an observed value; {}",
            need.least,
            need.horizon,
            EmptyPart { part: "", panel, need, range }.why()
        ),
    )
    .with_hint("choose another part with --from and --to; the test part starts where training (or --test-start) said")
}

/// That origins lie before the test part, where training or validation saw what they are scored on.
fn seen_before(args: &EvaluateArgs, served: &Served, panel: &Panel, cuts: &[Cut]) -> Option<String> {
    let start = served.meta.bounds.test_start;
    let before = cuts.iter().filter(|cut| panel.stamps[cut.row] < start).count();
    if before == 0 || args.insample || args.refit.is_some() {
        return None;
    }
    Some(format!(
        "{before} of {} forecasts begin before the test part ({}): training or validation has seen what they are scored on, so these are not the errors of forecasts.",
        cuts.len(),
        panel.time.display(start)
    ))
}

/// That values of the future are taken from the table.
fn known_ahead(served: &Served, panel: &Panel) -> Option<String> {
    let names: Vec<String> = crate::pipeline::known_ahead::columns(served)
        .into_iter()
        .map(|column| format!("`{}`", panel.columns[column].name))
        .collect();
    if names.is_empty() {
        return None;
    }
    let (are, them) = if names.len() == 1 { ("is", "it") } else { ("are", "them") };
    Some(format!(
        "{} {are} taken from the table at every step ahead: these are the errors with a perfect forecast of {them}.",
        names.join(", ")
    ))
}

/// What the head of the report says.
pub(crate) fn context(
    panel: &Panel,
    targets: Vec<String>,
    horizon: usize,
    season: usize,
    range: Range,
    cuts: &[Cut],
) -> Context {
    let last = cuts.iter().map(|c| panel.stamps[c.row + horizon - 1]).max();
    Context {
        model: None,
        table: panel.source.clone(),
        series: panel.series.iter().map(ToString::to_string).collect(),
        targets,
        horizon,
        season,
        from: cuts
            .iter()
            .map(|c| panel.stamps[c.row])
            .min()
            .map(|s| panel.time.display(s))
            .unwrap_or_default(),
        to: last.map(|s| panel.time.display(s)).unwrap_or_default(),
        stride: format!("{} x {}", range.stride, panel.freq),
        notes: Vec::new(),
    }
}

/// The origins to score: the test part, or what the flags say.
pub(crate) fn scored_range(
    args: &EvaluateArgs,
    panel: &Panel,
    test_start: i64,
    horizon: usize,
) -> Result<Range> {
    let stamp = |text: &Option<String>| text.as_deref().map(|t| panel.time.parse_one(t)).transpose();
    let from = stamp(&args.from)?.unwrap_or(test_start);
    let until = stamp(&args.to)?.map(|to| panel.freq.advance(to, 1, &panel.time));
    Ok(Range { from: Some(from), until, stride: args.stride.unwrap_or(horizon) })
}

/// The origins of a model and the rows it needs.
fn range(args: &EvaluateArgs, served: &Served, panel: &Panel) -> Result<(Range, Need)> {
    let (shape, bounds) = (served.model.shape(), served.meta.bounds);
    let range = if args.insample {
        let stride = args.stride.unwrap_or(shape.horizon);
        Range { from: None, until: Some(bounds.val_start), stride }
    } else {
        scored_range(args, panel, bounds.test_start, shape.horizon)?
    };
    let need =
        Need { input_window: shape.input_window, horizon: shape.horizon, least: served.least_history() };
    Ok((range, need))
}

/// The decimal place that matters for each series and target.
fn resolutions(panel: &Panel) -> std::collections::HashMap<(u32, u32), f64> {
    let mut out = std::collections::HashMap::new();
    for segment in &panel.segments {
        for (target, column) in panel.columns.iter().take(panel.targets).enumerate() {
            let own = number::resolution(&column.values[segment.offset..segment.offset + segment.len]);
            let finest = out.entry((segment.series, target as u32)).or_insert(own);
            *finest = own.min(*finest);
        }
    }
    out
}

/// Every forecast beside what was observed: `city,origin,date,step,target,yhat,actual`.
fn forecast_rows(panel: &Panel, served: &Served, scored: &Scored, wanted: &[f64]) -> Result<Rows> {
    let targets = &served.meta.schema.targets;
    let quantiles = Forecasts {
        horizon: 1,
        targets: 1,
        levels: scored.levels.clone(),
        point: Vec::new(),
        quantiles: scored.quantiles.clone(),
        intervals: Vec::new(),
        resolution: Vec::new(),
    }
    .at_levels(&crate::cmd::predict::levels_of(wanted))?;
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
    let mut columns = named::keys(panel, &scored.series);
    let origin = scored.origin.iter().map(|s| panel.time.display(*s)).collect();
    columns.push(("origin".into(), Cells::Text(origin)));
    columns.extend(named::times(panel, &stamps));
    columns.push(("step".into(), Cells::Int(scored.lead.iter().map(|l| i64::from(*l)).collect())));
    let codes = scored.target.iter().map(|t| u32::from(*t)).collect();
    columns.push(("target".into(), Cells::Category { codes, names: targets.clone() }));
    columns.push(("yhat".into(), written(&scored.point)));
    columns.push(("actual".into(), Cells::float(scored.actual.clone())));
    for (at, level) in quantiles.levels.iter().enumerate() {
        let values: Vec<f64> = quantiles.quantiles.iter().skip(at).step_by(q).copied().collect();
        columns.push((named::quantile("yhat", *level), written(&values)));
    }
    for (level, low, high) in &scored.intervals {
        for (end, values) in [("lo", low), ("hi", high)] {
            columns.push((named::interval("yhat", end, *level), written(values)));
        }
    }
    Ok(Rows { columns })
}
