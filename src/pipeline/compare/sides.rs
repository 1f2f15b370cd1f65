//! What several models share: series, targets, leads, quantile levels and origins.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::Entrant;
use crate::data::long::SeriesKey;
use crate::data::panel::Panel;
use crate::data::split::{Cut, Need, Range};
use crate::error::{Error, Place, Result};
use crate::forecast::baseline::ALL;
use crate::forecast::conformal::Intervals;
use crate::pipeline::backtest::Setting;
use crate::pipeline::forecaster::Forecaster;
use crate::pipeline::options::EvaluateOptions;
use crate::pipeline::table::Table;

/// Levels nearer than this are one.
const SAME_LEVEL: f64 = 1e-9;

/// One model of a comparison.
pub(super) struct Side<'a> {
    pub(super) forecaster: &'a Forecaster,
    pub(super) table: Cow<'a, Table>,
    /// Its short name.
    pub(super) label: String,
    pub(super) need: Need,
    pub(super) setting: Setting,
    /// The cuts that all models have, in one order for all.
    pub(super) cuts: Vec<Cut>,
    /// Cuts of its own that some other model lacks.
    pub(super) lost: usize,
    /// Own series to the first model's.
    pub(super) series: Vec<Option<u32>>,
    /// Own targets to shared ones.
    pub(super) targets: Vec<Option<u16>>,
    /// Own places of the shared quantile levels.
    pub(super) levels: Vec<usize>,
}

impl Side<'_> {
    pub(super) fn panel(&self) -> &Panel {
        &self.table.panel
    }
}

/// All of them.
pub(super) struct Sides<'a> {
    /// At least one.
    pub(super) all: Vec<Side<'a>>,
    /// The one with the longest input window, whose simple forecasts count.
    pub(super) reference: usize,
    /// Shared targets, in the first model's order.
    pub(super) targets: Vec<String>,
    /// The shortest horizon.
    pub(super) horizon: usize,
    /// Shared quantile levels.
    pub(super) levels: Vec<f64>,
    pub(super) range: Range,
}

impl<'a> Sides<'a> {
    /// Settles what is compared.
    ///
    /// # Errors
    /// `Error::Usage` for models without a target, a step or a key in common; `Error::Data` for a table
    /// on which they share no origin.
    pub(super) fn new(entrants: &[Entrant<'a>], options: &EvaluateOptions) -> Result<Sides<'a>> {
        let files: Vec<&str> = entrants.iter().map(|e| e.forecaster.name.as_str()).collect();
        let mut all = (entrants.iter().zip(labels(&files)))
            .map(|(entrant, label)| side(entrant, label))
            .collect::<Result<Vec<_>>>()?;
        let Some(first) = all.first() else {
            return Err(Error::usage("there is no model to compare"));
        };
        refuse_unlike(&all)?;
        let targets = shared_targets(&all)?;
        let own = &first.forecaster.model.shape().quantiles;
        let has = |side: &Side, level: f64| place(&side.forecaster.model.shape().quantiles, level).is_some();
        let levels: Vec<f64> =
            own.iter().copied().filter(|level| all.iter().all(|side| has(side, *level))).collect();
        let keys: HashMap<SeriesKey, u32> = first.panel().series.iter().cloned().zip(0..).collect();
        for side in &mut all {
            let quantiles = &side.forecaster.model.shape().quantiles;
            side.levels = levels.iter().filter_map(|level| place(quantiles, *level)).collect();
            side.series = side.panel().series.iter().map(|key| keys.get(key).copied()).collect();
            let at = |name: &String| targets.iter().position(|own| own == name).map(|at| at as u16);
            side.targets = side.forecaster.meta.schema.targets.iter().map(at).collect();
        }
        let horizon = all.iter().map(|side| side.setting.horizon).min().unwrap_or(1).max(1);
        let range = Range::default();
        let mut sides = Sides { all, reference: 0, targets, horizon, levels, range };
        sides.range = options.range(sides.all[0].panel(), sides.latest_test(), horizon)?;
        sides.cut(options)?;
        sides.choose_reference();
        Ok(sides)
    }

    /// Finds the cuts that all models have.
    fn cut(&mut self, options: &EvaluateOptions) -> Result<()> {
        let mut own = Vec::new();
        for side in &self.all {
            own.push(keyed(side, &options.cuts(side.panel(), side.need, self.range)?, self.horizon));
        }
        let mut shared: BTreeSet<Key> =
            own.first().map(|of| of.keys().copied().collect()).unwrap_or_default();
        own.iter().for_each(|of| shared.retain(|key| of.contains_key(key)));
        if shared.is_empty() {
            let what = format!(
                "the models share no origin: {} have forecasts at different ones",
                self.all.iter().map(|side| side.label.as_str()).collect::<Vec<_>>().join(", ")
            );
            return Err(Error::data(Place::file(self.all[0].panel().source.clone()), what)
                .with_hint("choose a longer part with --from and --to, or a smaller --stride"));
        }
        for (side, of) in self.all.iter_mut().zip(own) {
            side.cuts = shared.iter().filter_map(|key| of.get(key).copied()).collect();
            side.lost = of.len() - side.cuts.len();
        }
        Ok(())
    }

    /// Leaves the simple forecasts to the model with the longest window, the first of equals.
    fn choose_reference(&mut self) {
        let longest = self.all.iter().map(|side| side.setting.input_window).max();
        let at = |side: &Side| Some(side.setting.input_window) == longest;
        self.reference = self.all.iter().position(at).unwrap_or(0);
        let reference = self.reference;
        let others = self.all.iter_mut().enumerate().filter(|(i, _)| *i != reference);
        others.for_each(|(_, side)| side.setting.baselines.clear());
    }

    pub(super) fn latest_test(&self) -> i64 {
        self.all.iter().map(|side| side.forecaster.meta.bounds.test_start).max().unwrap_or(i64::MIN)
    }

    pub(super) fn earliest_val(&self) -> i64 {
        self.all.iter().map(|side| side.setting.val_start).min().unwrap_or(i64::MIN)
    }
}

/// Series (of the first model), origin, and the stamp of the last shared lead.
type Key = (u32, i64, i64);

fn keyed(side: &Side, cuts: &[Cut], horizon: usize) -> BTreeMap<Key, Cut> {
    let panel = side.panel();
    let key = |cut: &Cut| {
        let series = side.series.get(panel.segments[cut.segment as usize].series as usize)?;
        Some(((*series)?, panel.stamps[cut.row], panel.stamps[cut.row + horizon - 1]))
    };
    cuts.iter().filter_map(|cut| Some((key(cut)?, *cut))).collect()
}

fn side<'a>(entrant: &Entrant<'a>, label: String) -> Result<Side<'a>> {
    let forecaster = entrant.forecaster;
    let shape = forecaster.model.shape();
    let need =
        Need { input_window: shape.input_window, horizon: shape.horizon, least: forecaster.least_history() };
    let setting = Setting { mase_scale: Some(Vec::new()), ..forecaster.setting(Intervals::default()) };
    Ok(Side {
        forecaster,
        table: forecaster.own(entrant.table)?,
        label,
        need,
        setting,
        cuts: Vec::new(),
        lost: 0,
        series: Vec::new(),
        targets: Vec::new(),
        levels: Vec::new(),
    })
}

fn place(levels: &[f64], level: f64) -> Option<usize> {
    levels.iter().position(|own| (own - level).abs() < SAME_LEVEL)
}

/// Short names: the file's without folder and ending, where that tells them apart.
fn labels(files: &[&str]) -> Vec<String> {
    let stem = |file: &&str| {
        Path::new(file).file_stem().map_or_else(|| file.to_string(), |s| s.to_string_lossy().into_owned())
    };
    let stems: Vec<String> = files.iter().map(stem).collect();
    let simple = |name: &String| ALL.iter().any(|b| b.name() == name || b.to_string() == *name);
    let apart = stems.iter().collect::<BTreeSet<_>>().len() == stems.len();
    if apart && !stems.iter().any(simple) { stems } else { files.iter().map(ToString::to_string).collect() }
}

/// Refuses models on different steps or of series with different keys.
fn refuse_unlike(all: &[Side]) -> Result<()> {
    let Some((first, others)) = all.split_first() else { return Ok(()) };
    for other in others {
        let (a, b) = (&first.forecaster.name, &other.forecaster.name);
        let (own, its) = (first.panel().freq.to_string(), other.panel().freq.to_string());
        if own != its {
            return Err(Error::usage(format!("{a} forecasts a row each {own}, and {b} a row each {its}"))
                .with_hint("compare models of one step"));
        }
        let (own, its) = (&first.panel().series_columns, &other.panel().series_columns);
        if own != its {
            let named = |columns: &[String]| match columns {
                [] => "no column".to_owned(),
                columns => columns.join(", "),
            };
            return Err(Error::usage(format!(
                "the series of {a} are named by {}, and those of {b} by {}",
                named(own),
                named(its)
            ))
            .with_hint("compare models that were trained with the same --series"));
        }
    }
    Ok(())
}

/// The targets of the first model that all have.
fn shared_targets(all: &[Side]) -> Result<Vec<String>> {
    let of = |side: &Side| side.forecaster.meta.schema.targets.clone();
    let mut shared = all.first().map(of).unwrap_or_default();
    all.iter().for_each(|side| shared.retain(|name| side.forecaster.meta.schema.targets.contains(name)));
    if !shared.is_empty() {
        return Ok(shared);
    }
    let each: Vec<String> = all
        .iter()
        .map(|side| format!("{} forecasts {}", side.forecaster.name, of(side).join(", ")))
        .collect();
    Err(Error::usage(format!("the models have no target in common: {}", each.join("; ")))
        .with_hint("compare models that were trained with the same --target"))
}
