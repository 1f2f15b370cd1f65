//! From a table to what the network is trained on: cuts, scaler, inputs, shape; and back to the
//! checkpoint's metadata.

use crate::config::{Config, Decoder, Limits, Transform};
use crate::data::calendar::CalendarFeatures;
use crate::data::holidays::COLUMN;
use crate::data::inputs::{InputSpec, Inputs, Scalings};
use crate::data::lead::{LeadSpec, weekly};
use crate::data::panel::{Panel, PanelColumn};
use crate::data::roles;
use crate::data::scale::{Scaler, Skew};
use crate::data::split::{self, Bounds, Cut, EmptyPart, Need, Observed, Range};
use crate::error::{Error, Place, Result};
use crate::model::Shape;
use crate::pipeline::table::Table;
use crate::pipeline::window_sizes::need;
use crate::text::plural;
use crate::train;

/// Training spans of at least a year and a half have seen the levels of a whole year.
const LEVELS_SPAN: i64 = 365 * 86_400 * 3 / 2;

/// Fewer training windows than this, and an LSTM that sees every column learns the season by heart.
const FEW_WINDOWS: usize = 10_000;

/// Everything between the table and the network.
pub(crate) struct Problem {
    /// What to say of parts without a window.
    pub(crate) notes: Vec<String>,
    pub(crate) season: usize,
    pub(crate) need: Need,
    pub(crate) bounds: Bounds,
    pub(super) spec: InputSpec,
    pub(super) scaler: Scaler,
    pub(crate) inputs: Inputs,
    pub(crate) shape: Shape,
    pub(crate) limits: Limits,
    pub(crate) train: Vec<Cut>,
    pub(crate) val: Vec<Cut>,
}

impl Problem {
    /// Cuts the windows and fits the scaler; `spec`: the inputs of the model that training starts
    /// from, in place of those that suit the table.
    pub(crate) fn new(config: &Config, table: &Table, spec: Option<InputSpec>) -> Result<Problem> {
        let panel = &table.panel;
        let need = need(config, panel, panel.freq.season());
        let shared = Bounds::resolve(&config.split, panel)?;
        let bounds = shared.with_validation(&config.split, panel, need);
        let mut problem = Problem::at(config, table, spec, bounds)?;
        if bounds != shared && !problem.val.is_empty() {
            let note = format!(
                "the validation part begins at {} in place of {}, so that it has the {} of a horizon; --val-start says otherwise",
                panel.time.display(bounds.val_start),
                panel.time.display(shared.val_start),
                plural(need.horizon, "row")
            );
            problem.notes.insert(0, note);
        }
        Ok(problem)
    }

    /// As [`Problem::new`], with the parts as they are given.
    pub(crate) fn at(
        config: &Config,
        table: &Table,
        spec: Option<InputSpec>,
        bounds: Bounds,
    ) -> Result<Problem> {
        let panel = &table.panel;
        let targets: Vec<String> = panel.columns.iter().take(panel.targets).map(|c| c.name.clone()).collect();
        let limits = config.forecast.limits(&targets)?;
        let season = panel.freq.season();
        let need = need(config, panel, season);
        require_observed(panel, &bounds)?;
        let observed = Observed::new(panel);
        let range = Range { from: None, until: Some(bounds.val_start), stride: config.windows.stride };
        let train = split::cuts(panel, &observed, need, range);
        if train.is_empty() {
            let empty = EmptyPart { part: "training", panel, need, range };
            let hint = "use a smaller --input-window or --horizon, a later --val-start, or --pad-short";
            return Err(empty.error(hint));
        }
        let range = Range { from: Some(bounds.val_start), until: Some(bounds.test_start), stride: 1 };
        let val = split::cuts(panel, &observed, need, range);
        let wanted = |part: &str| part != "validation" || config.train.validation;
        let empty = split::empty_parts(panel, need, bounds, &config.split);
        let mut notes: Vec<String> =
            empty.into_iter().filter(|(part, _)| wanted(part)).map(|(_, note)| note).collect();
        notes.extend(split::left_out::from_training(panel, &train, need, bounds.val_start));
        let (spec, given) = match spec {
            Some(spec) => (spec, true),
            None => (input_spec(config, panel, &bounds, need, train.len()), false),
        };
        let scaler = Scaler::fit(panel, config.scale.scaler, skew(config), bounds.val_start)
            .with_static(panel, &roles::places(panel, &config.data.fixed));
        let mut inputs = Inputs::build(panel, &spec, &Scalings::of(panel, &scaler, &[]), 0);
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
        Ok(Problem { notes, season, need, bounds, spec, scaler, inputs, shape, limits, train, val })
    }

    /// Says that there is `--min`, where targets are never negative in training and come near to 0
    /// there, and there is no bound.
    pub(crate) fn bound_hint(&self, config: &Config, panel: &Panel) -> Option<String> {
        if !config.forecast.min.is_none() || !config.forecast.max.is_none() {
            return None;
        }
        let targets = &panel.columns[..panel.targets];
        let near: Vec<&str> =
            targets.iter().filter(|c| self.reaches_zero(c, panel)).map(|c| c.name.as_str()).collect();
        let bound = match near.len() {
            0 => return None,
            n if n == targets.len() => "0".to_owned(),
            _ => near.iter().map(|name| format!("{name}=0")).collect::<Vec<_>>().join(","),
        };
        let (are, they, their) = if near.len() > 1 { ("are", "they", "their") } else { ("is", "it", "its") };
        Some(format!(
            "{} {are} never negative in training; if {they} cannot be negative, --min {bound} keeps {their} forecasts so",
            near.join(", ")
        ))
    }

    /// Whether the smallest training value is 0, or positive and below a hundredth of the deviation.
    fn reaches_zero(&self, column: &PanelColumn, panel: &Panel) -> bool {
        let rows = column.values.iter().zip(&panel.stamps);
        let seen: Vec<f64> =
            rows.filter(|(v, s)| **s < self.bounds.val_start && !v.is_nan()).map(|(v, _)| *v).collect();
        let n = seen.len().max(1) as f64;
        let mean = seen.iter().sum::<f64>() / n;
        let deviation = (seen.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let least = seen.iter().copied().fold(f64::INFINITY, f64::min);
        least == 0.0 || (least > 0.0 && least < 0.01 * deviation)
    }

    /// What training works on.
    pub(crate) fn data<'a>(&'a self, panel: &'a Panel) -> train::Data<'a> {
        train::Data {
            panel,
            inputs: &self.inputs,
            train: &self.train,
            val: &self.val,
            season: self.season,
            input_window: self.need.input_window,
        }
    }
}

/// Places of these columns among those that are not targets.
fn outer(panel: &Panel, names: &[String]) -> Vec<usize> {
    roles::places(panel, names).into_iter().map(|c| c - panel.targets).collect()
}

/// Whether skewed columns are bent.
pub(crate) fn skew(config: &Config) -> Skew {
    match (config.scale.transform, config.model.decoder) {
        (Transform::Asinh, _) | (Transform::Auto, Decoder::Lead) => Skew::Asinh,
        _ => Skew::Leave,
    }
}

/// Which inputs suit this panel: all values, an observed flag for every target with missing
/// training rows, and the calendar; for `decoder: lead` its own columns.
pub(crate) fn input_spec(
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
    let holidays = panel.holidays.iter().map(|_| COLUMN.to_owned());
    let ahead: Vec<String> = config.data.future.iter().cloned().chain(holidays).collect();
    let lead = (config.model.decoder == Decoder::Lead && !targets.is_empty()).then(|| LeadSpec {
        season: panel.freq.season(),
        window: need.input_window,
        horizon: need.horizon,
        levels: span >= LEVELS_SPAN,
        blind: windows < FEW_WINDOWS,
        growth: Vec::new(),
        ahead: outer(panel, &ahead),
        fixed: outer(panel, &config.data.fixed),
        cross: panel.series.len() > 1,
        flags: (0..targets.len()).filter(|k| missing(&targets[*k]) > 0.001).collect(),
    });
    let calendar = match (config.scale.calendar, &lead) {
        (false, _) => CalendarFeatures::none(),
        (true, Some(_)) => {
            CalendarFeatures::choose_for_leads(&panel.freq, span, weekly(panel, bounds.val_start))
        }
        (true, None) => CalendarFeatures::choose(&panel.freq, span),
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

/// Refuses a target without a single observed value before `until`.
fn require_observed(panel: &Panel, bounds: &Bounds) -> Result<()> {
    for column in panel.columns.iter().take(panel.targets) {
        let seen = column.values.iter().zip(&panel.stamps).any(|(v, s)| !v.is_nan() && *s < bounds.val_start);
        if !seen {
            return Err(Error::data(
                Place::file(panel.source.clone()).column(column.name.clone()),
                format!(
                    "no value is observed in the training part (before {})",
                    panel.time.display(bounds.val_start)
                ),
            )
            .with_hint("choose another --target, or a later --val-start"));
        }
    }
    Ok(())
}
