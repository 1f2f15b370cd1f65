//! `train`: a table becomes a checkpoint.

use std::path::Path;
use std::time::Instant;

use crate::backtest::{self, Setting};
use crate::baseline::Baseline;
use crate::checkpoint::{self, FORMAT_VERSION, Fingerprint, Meta, Schema, Training};
use crate::cli::{GlobalFlags, Overlay, TrainArgs, config_file};
use crate::config::{self, Config, Decoder, Layers, Transform};
use crate::data::calendar::CalendarFeatures;
use crate::data::inputs::{InputSpec, Inputs, Lines};
use crate::data::lead::{LeadSpec, weekly};
use crate::data::panel::{Panel, PanelColumn};
use crate::data::scale::{Scaler, Skew};
use crate::data::split::{self, Bounds, Cut, Need, Observed, Range};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::model::{Ensemble, Shape};
use crate::output::{self, Failure};
use crate::prepare::{self, Table};
use crate::progress::Progress;
use crate::terminal::tell;
use crate::train::log::TrainLog;
use crate::train::{self, Data, Flow, Outcome};

/// Runs the command.
pub fn run(args: &TrainArgs, global: &GlobalFlags) -> Result<()> {
    let began = Instant::now();
    let file = config_file(args.settings.config.as_deref())?;
    let config = Layers { base: Config::default(), file, flags: args.overlay() }.resolve()?;
    if args.print_config {
        let yaml = config::to_yaml(&config)?;
        return output::write_stdout(|w| Ok(w.write_all(yaml.as_bytes())?));
    }
    super::use_threads(&config.run)?;
    let device = super::device(&config.run)?;
    prepare::require_target(&config.data, args.table.as_deref().unwrap_or("TABLE"))?;
    let source = prepare::source(args.table.as_deref())?;
    output::check_writable(Path::new(&args.out))?;
    let mut log = args
        .log
        .as_deref()
        .map(|path| output::open_log(Path::new(path), false))
        .transpose()?
        .map(TrainLog::new);
    let table = prepare::table(
        &source,
        &prepare::read_options(&config.data)?,
        &config.data,
        prepare::max_gap_rows(&config),
    )?;
    prepare::print_notes(&table.panel.notes, global.quiet);

    let setup = Setup::new(&config, &table)?;
    let data = Data {
        panel: &table.panel,
        inputs: &setup.inputs,
        train: &setup.train,
        val: &setup.val,
        season: setup.season,
        input_window: setup.need.input_window,
    };
    interrupt::install()?;
    let mut progress = Progress::new(global);
    let fitted = train::fit_all(&setup.shape, &data, &config, &device, &mut |event| {
        progress.show(&event);
        if let Some(Err(error)) = log.as_mut().map(|log| log.write(&event)) {
            // Hours of training are worth more than their log.
            progress.line(&format!(
                "note: {}; the training goes on without its log",
                Error::write(args.log.as_deref().unwrap_or_default(), error)
            ));
            log = None;
        }
        if interrupt::requested() { Flow::Stop } else { Flow::Continue }
    });
    progress.finish();
    let (model, outcome) = fitted?;
    // An interrupted training may have fewer members than were asked for.
    let mut config = config;
    config.model.ensemble = model.members.len();

    let training = setup.summary(&model, &table.panel, &outcome, &device)?;
    let meta = setup.meta(config, &table, training.clone());
    checkpoint::save(Path::new(&args.out), &model, &meta)?;
    if !global.quiet {
        tell(summary(&args.out, &model, &meta, &training, began.elapsed().as_secs_f64()).trim_end());
    }
    if outcome.stopped {
        return Err(Error::Interrupted {
            message: format!(
                "training was interrupted after step {}, in epoch {}",
                outcome.steps, outcome.epochs
            ),
            hint: Some(format!("{} holds the best weights so far", args.out)),
        });
    }
    Ok(())
}

/// Training spans of at least a year and a half have seen the levels of a whole year.
const LEVELS_SPAN: i64 = 365 * 86_400 * 3 / 2;

/// Fewer training windows than this, and an LSTM that sees every column learns the season by heart.
const FEW_WINDOWS: usize = 10_000;

/// Everything between the table and the network.
struct Setup {
    season: usize,
    need: Need,
    bounds: Bounds,
    spec: InputSpec,
    scaler: Scaler,
    inputs: Inputs,
    shape: Shape,
    train: Vec<Cut>,
    val: Vec<Cut>,
}

impl Setup {
    fn new(config: &Config, table: &Table) -> Result<Setup> {
        let panel = &table.panel;
        let season = panel.freq.season();
        let need = prepare::need(config, panel, season);
        let bounds = Bounds::resolve(&config.split, panel)?;
        prepare::require_observed(panel, &bounds)?;
        let observed = Observed::new(panel);
        let range = Range { from: None, until: Some(bounds.val_start), stride: config.windows.stride };
        let train = split::cuts(panel, &observed, need, range);
        split::require(
            &train,
            "training",
            panel,
            need,
            "use a smaller --input-window or --horizon, a later --val-start, or --pad-short",
        )?;
        let range = Range { from: Some(bounds.val_start), until: Some(bounds.test_start), stride: 1 };
        let val = split::cuts(panel, &observed, need, range);
        let spec = input_spec(config, panel, &bounds, need, train.len());
        let scaler = Scaler::fit(panel, config.scale.scaler, skew(config), bounds.val_start);
        let mut inputs = Inputs::build(panel, &spec, &Lines::of(panel, &scaler, &[]), 0);
        let origins: Vec<(u32, usize)> = train.iter().map(|c| (c.segment, c.row)).collect();
        let spec = inputs.measure(&origins);
        let shape = Shape {
            inputs: spec.len(),
            input_window: need.input_window,
            horizon: need.horizon,
            targets: panel.targets,
            quantiles: config.model.quantiles.clone(),
            lead: spec.lead_shape(),
        };
        Ok(Setup { season, need, bounds, spec, scaler, inputs, shape, train, val })
    }

    /// Validation errors of the model and of the simple forecasts, original units.
    fn summary(
        &self,
        model: &Ensemble,
        panel: &Panel,
        outcome: &Outcome,
        device: &candle_core::Device,
    ) -> Result<Training> {
        let mut training = Training {
            epochs: outcome.epochs,
            best_epoch: outcome.best_epoch,
            steps: outcome.steps,
            train_windows: self.train.len(),
            val_windows: self.val.len(),
            ..Training::default()
        };
        let setting = Setting {
            input_window: self.need.input_window,
            horizon: self.need.horizon,
            season: self.season,
            val_start: self.bounds.val_start,
            baselines: vec![Baseline::LastValue, Baseline::SeasonalNaive],
        };
        let cuts = train::thin(&self.val, train::VALIDATION_WINDOWS);
        if cuts.is_empty() {
            return Ok(training);
        }
        // Sums of absolute errors: the model, last value, seasonal naive.
        let mut sums = [0f64; 3];
        let mut count = 0usize;
        backtest::score(Some(model), &self.inputs, panel, &setting, &cuts, device, &mut |chunk| {
            let simple = chunk.baselines.iter().map(|(_, values)| values);
            for (sum, forecast) in sums.iter_mut().zip([&chunk.point].into_iter().chain(simple)) {
                *sum += forecast.iter().zip(&chunk.actual).map(|(f, a)| (f - a).abs()).sum::<f64>();
            }
            count += chunk.actual.len();
            Ok(())
        })
        .map_err(Failure::into_error)?;
        let mean = |sum: f64| (count > 0).then(|| sum / count as f64);
        training.val_mae = mean(sums[0]);
        training.val_mae_last_value = mean(sums[1]);
        training.val_mae_seasonal_naive = mean(sums[2]);
        Ok(training)
    }

    fn meta(self, mut config: Config, table: &Table, training: Training) -> Meta {
        let panel = &table.panel;
        config.windows.input_window = Some(self.need.input_window);
        config.windows.horizon = Some(self.need.horizon);
        // How many threads ran does not change the result, so it is not part of it.
        config.run.threads = None;
        let (first, last) =
            panel.stamps.iter().fold((i64::MAX, i64::MIN), |(a, b), s| (a.min(*s), b.max(*s)));
        let names: Vec<String> = panel.columns.iter().map(|c| c.name.clone()).collect();
        Meta {
            format_version: FORMAT_VERSION,
            program_version: env!("CARGO_PKG_VERSION").into(),
            schema: Schema {
                series_columns: panel.series_columns.clone(),
                time: panel.time.clone(),
                freq: panel.freq,
                season: self.season,
                targets: names[..panel.targets].to_vec(),
                features: names[panel.targets..].to_vec(),
                categories: panel.categories.clone(),
                max_gap_rows: prepare::max_gap_rows(&config),
            },
            config,
            shape: self.shape,
            inputs: self.spec,
            bounds: self.bounds,
            scaler: self.scaler,
            training,
            table: Fingerprint {
                rows: table.rows,
                series: panel.series.len(),
                columns: names,
                first: panel.time.display(first),
                last: panel.time.display(last),
                hash: format!("{:016x}", table.hash),
            },
        }
    }
}

/// Whether skewed columns are bent.
pub(super) fn skew(config: &Config) -> Skew {
    match (config.scale.transform, config.model.decoder) {
        (Transform::Asinh, _) | (Transform::Auto, Decoder::Lead) => Skew::Asinh,
        _ => Skew::Leave,
    }
}

/// Which inputs suit this panel: all values, an observed flag for every target with missing
/// training rows, and the calendar; for `decoder: lead` its own columns.
pub(super) fn input_spec(
    config: &Config,
    panel: &Panel,
    bounds: &Bounds,
    need: Need,
    windows: usize,
) -> InputSpec {
    let first = panel.stamps.iter().copied().min().unwrap_or(0);
    let span = bounds.val_start - first;
    let missing = |c: &PanelColumn| {
        let (mut rows, mut empty) = (0usize, 0usize);
        for (value, _) in c.values.iter().zip(&panel.stamps).filter(|(_, s)| **s < bounds.val_start) {
            rows += 1;
            empty += usize::from(value.is_nan());
        }
        empty as f64 / rows.max(1) as f64
    };
    let targets = &panel.columns[..panel.targets];
    let lead = (config.model.decoder == Decoder::Lead && !targets.is_empty()).then(|| LeadSpec {
        season: panel.freq.season(),
        window: need.input_window,
        horizon: need.horizon,
        levels: span >= LEVELS_SPAN,
        blind: windows < FEW_WINDOWS,
        growth: Vec::new(),
        cross: panel.series.len() > 1,
        flags: (0..targets.len()).filter(|k| missing(&targets[*k]) > 0.001).collect(),
    });
    let calendar = match (config.scale.calendar, &lead) {
        (false, _) => CalendarFeatures::none(),
        (true, Some(_)) => {
            CalendarFeatures::choose_for_leads(panel.freq, span, weekly(panel, bounds.val_start))
        }
        (true, None) => CalendarFeatures::choose(panel.freq, span),
    };
    InputSpec {
        values: panel.columns.iter().map(|c| c.name.clone()).collect(),
        targets: panel.targets,
        flags: targets.iter().filter(|c| missing(c) > 0.0).map(|c| c.name.clone()).collect(),
        calendar,
        max_fill: config.data.max_fill,
        lead,
    }
}

/// The lines that end a training run.
fn summary(out: &str, model: &Ensemble, meta: &Meta, training: &Training, seconds: f64) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let shape = model.shape();
    let _ = writeln!(
        text,
        "model     {}{} parameters; {} inputs x {} steps -> {} steps ahead of {}",
        if model.members.len() > 1 { format!("{} members, ", model.members.len()) } else { String::new() },
        model.parameter_count(),
        shape.inputs,
        shape.input_window,
        shape.horizon,
        meta.schema.targets.join(", ")
    );
    let _ = writeln!(
        text,
        "training  {} windows of {} series; {} epochs, {} steps, best epoch {}",
        training.train_windows, meta.table.series, training.epochs, training.steps, training.best_epoch
    );
    match (training.val_mae, training.val_mae_last_value, training.val_mae_seasonal_naive) {
        (Some(own), Some(last), Some(seasonal)) => {
            let better = last.min(seasonal);
            let skill = 100.0 * (1.0 - own / better);
            let _ = writeln!(
                text,
                "validation MAE {own:.4} (last value {last:.4}, seasonal naive {seasonal:.4}): {:.1} % {} than the better simple forecast",
                skill.abs(),
                if skill >= 0.0 { "lower" } else { "HIGHER" }
            );
        }
        _ => {
            let _ = writeln!(text, "validation  none: no window fits in the validation part");
        }
    }
    let _ = writeln!(text, "written   {out} in {seconds:.1} s");
    text
}
