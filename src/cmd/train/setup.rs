//! From a table to what the network is trained on: cuts, scaler, inputs, shape; and back to the
//! checkpoint's metadata.

use crate::backtest::{self, Setting};
use crate::baseline::Baseline;
use crate::checkpoint::{FORMAT_VERSION, Fingerprint, Meta, Schema, Training};
use crate::config::{Config, Decoder, Transform};
use crate::data::calendar::CalendarFeatures;
use crate::data::inputs::{InputSpec, Inputs, Lines};
use crate::data::lead::{LeadSpec, weekly};
use crate::data::panel::{Panel, PanelColumn};
use crate::data::scale::{Scaler, Skew};
use crate::data::split::{self, Bounds, Cut, Need, Nothing, Observed, Range};
use crate::error::Result;
use crate::model::{Ensemble, Shape};
use crate::output::Failure;
use crate::prepare::{self, Table};
use crate::train;
use crate::train::state::Outcome;

/// Training spans of at least a year and a half have seen the levels of a whole year.
const LEVELS_SPAN: i64 = 365 * 86_400 * 3 / 2;

/// Fewer training windows than this, and an LSTM that sees every column learns the season by heart.
const FEW_WINDOWS: usize = 10_000;

/// Everything between the table and the network.
pub(super) struct Setup {
    /// What to say of parts without a window.
    pub(super) notes: Vec<String>,
    pub(super) season: usize,
    pub(super) need: Need,
    bounds: Bounds,
    spec: InputSpec,
    scaler: Scaler,
    pub(super) inputs: Inputs,
    pub(super) shape: Shape,
    pub(super) train: Vec<Cut>,
    pub(super) val: Vec<Cut>,
}

impl Setup {
    /// Cuts the windows and fits the scaler; `spec`: the inputs of the model that training starts
    /// from, in place of those that suit the table.
    pub(super) fn new(config: &Config, table: &Table, spec: Option<InputSpec>) -> Result<Setup> {
        let panel = &table.panel;
        let season = panel.freq.season();
        let need = prepare::need(config, panel, season);
        let bounds = Bounds::resolve(&config.split, panel)?;
        prepare::require_observed(panel, &bounds)?;
        let observed = Observed::new(panel);
        let range = Range { from: None, until: Some(bounds.val_start), stride: config.windows.stride };
        let train = split::cuts(panel, &observed, need, range);
        if train.is_empty() {
            let nothing = Nothing { part: "training", panel, need, range };
            let hint = "use a smaller --input-window or --horizon, a later --val-start, or --pad-short";
            return Err(nothing.error(hint));
        }
        let range = Range { from: Some(bounds.val_start), until: Some(bounds.test_start), stride: 1 };
        let val = split::cuts(panel, &observed, need, range);
        let wanted = |part: &str| part != "validation" || config.train.validation;
        let empty = split::empty_parts(panel, need, bounds, &config.split);
        let notes = empty.into_iter().filter(|(part, _)| wanted(part)).map(|(_, note)| note).collect();
        let (spec, given) = match spec {
            Some(spec) => (spec, true),
            None => (input_spec(config, panel, &bounds, need, train.len()), false),
        };
        let scaler = Scaler::fit(panel, config.scale.scaler, skew(config), bounds.val_start);
        let mut inputs = Inputs::build(panel, &spec, &Lines::of(panel, &scaler, &[]), 0);
        // Old weights speak in the units that they were trained in.
        let spec = if given {
            spec
        } else {
            let origins: Vec<(u32, usize)> = train.iter().map(|c| (c.segment, c.row)).collect();
            inputs.measure(&origins)
        };
        let shape = Shape {
            inputs: spec.len(),
            input_window: need.input_window,
            horizon: need.horizon,
            targets: panel.targets,
            quantiles: config.model.quantiles.clone(),
            lead: spec.lead_shape(),
        };
        Ok(Setup { notes, season, need, bounds, spec, scaler, inputs, shape, train, val })
    }

    /// Validation errors of the model and of the simple forecasts, original units.
    pub(super) fn summary(
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

    /// All that a checkpoint holds beside the weights.
    pub(super) fn meta(&self, mut config: Config, table: &Table, training: Training) -> Meta {
        let panel = &table.panel;
        config.windows.input_window = Some(self.need.input_window);
        config.windows.horizon = Some(self.need.horizon);
        // How many threads ran does not change the result, so it is not part of it.
        config.run.threads = None;
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
            shape: self.shape.clone(),
            inputs: self.spec.clone(),
            bounds: self.bounds,
            scaler: self.scaler.clone(),
            training,
            table: fingerprint(table),
        }
    }
}

/// Which table this is.
pub(super) fn fingerprint(table: &Table) -> Fingerprint {
    let panel = &table.panel;
    let (first, last) = panel.stamps.iter().fold((i64::MAX, i64::MIN), |(a, b), s| (a.min(*s), b.max(*s)));
    Fingerprint {
        rows: table.rows,
        series: panel.series.len(),
        columns: panel.columns.iter().map(|c| c.name.clone()).collect(),
        first: panel.time.display(first),
        last: panel.time.display(last),
        hash: format!("{:016x}", table.hash),
    }
}

/// Whether skewed columns are bent.
pub(in crate::cmd) fn skew(config: &Config) -> Skew {
    match (config.scale.transform, config.model.decoder) {
        (Transform::Asinh, _) | (Transform::Auto, Decoder::Lead) => Skew::Asinh,
        _ => Skew::Leave,
    }
}

/// Which inputs suit this panel: all values, an observed flag for every target with missing
/// training rows, and the calendar; for `decoder: lead` its own columns.
pub(in crate::cmd) fn input_spec(
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
