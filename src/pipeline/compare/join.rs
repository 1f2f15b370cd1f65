//! Forecasts of the same value, side by side.

use super::sides::{Side, Sides};
use crate::data::inputs::{Inputs, Scalings};
use crate::error::{Error, Place};
use crate::output::Failure;
use crate::pipeline::backtest;
use crate::report::comparison::Items;
use crate::report::evaluation::Scored;
use crate::train::Hooks;

/// Cuts that all models forecast before the next ones are begun.
const CHUNK: usize = 4096;
/// Values that differ by less than this share are one value.
const SAME: f64 = 1e-9;

/// Which value: series, origin, target, lead; and where its forecast lies among a model's.
type Place4 = (u32, i64, u16, u16);

/// Forecasts all shared cuts with all models, and hands them over chunk by chunk.
pub(super) fn run(
    sides: &Sides,
    hooks: &mut dyn Hooks,
    out: &mut dyn FnMut(&Items) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let inputs: Vec<Inputs> = sides.all.iter().map(|side| inputs(side, sides, hooks)).collect();
    let total = sides.all.first().map_or(0, |side| side.cuts.len());
    for start in (0..total).step_by(CHUNK) {
        let mut found = Vec::new();
        for (side, inputs) in sides.all.iter().zip(&inputs) {
            let chunk = &side.cuts[start..(start + CHUNK).min(total)];
            let mut scored = Scored::default();
            let mut keep = |chunk: &Scored| {
                scored = chunk.clone();
                Ok(())
            };
            let forecaster = side.forecaster;
            let model = Some(&forecaster.model);
            backtest::score(
                model,
                inputs,
                side.panel(),
                &side.setting,
                chunk,
                &forecaster.device,
                &mut keep,
            )?;
            found.push(Found::new(side, sides, scored));
        }
        out(&joined(sides, &found)?)?;
    }
    Ok(())
}

fn inputs(side: &Side, sides: &Sides, hooks: &mut dyn Hooks) -> Inputs {
    let (forecaster, panel) = (side.forecaster, side.panel());
    let from = sides.range.from.unwrap_or(forecaster.meta.bounds.test_start);
    let mut notes = Vec::new();
    let scalings: Scalings = forecaster.scalings(panel, &vec![from; panel.series.len()], &mut notes);
    notes.iter().for_each(|note| hooks.note(&format!("{}: {note}", side.label)));
    Inputs::build(panel, &forecaster.meta.inputs, &scalings, 0)
}

/// What a model says of a chunk, in the order that all share.
struct Found {
    scored: Scored,
    /// Ascending.
    at: Vec<(Place4, usize)>,
}

impl Found {
    fn new(side: &Side, sides: &Sides, scored: Scored) -> Found {
        let place = |i: usize| {
            let series = (*side.series.get(*scored.series.get(i)? as usize)?)?;
            let target = (*side.targets.get(usize::from(*scored.target.get(i)?))?)?;
            let lead = *scored.lead.get(i)?;
            let shared = usize::from(lead) <= sides.horizon;
            shared.then_some(((series, *scored.origin.get(i)?, target, lead), i))
        };
        let mut at: Vec<(Place4, usize)> = (0..scored.actual.len()).filter_map(place).collect();
        at.sort_unstable();
        Found { scored, at }
    }
}

/// Puts what the models say of each value side by side.
fn joined(sides: &Sides, found: &[Found]) -> Result<Items, Error> {
    let mut items = Items { quantiles: vec![Vec::new(); found.len()], ..Items::default() };
    let Some(first) = found.first() else { return Ok(items) };
    for (other, side) in found.iter().zip(&sides.all) {
        same_values(sides, first, other, side)?;
    }
    for ((series, origin, target, lead), i) in &first.at {
        items.series.push(*series);
        items.origin.push(*origin);
        items.target.push(*target);
        items.lead.push(*lead);
        items.actual.push(first.scored.actual[*i]);
    }
    for ((own, side), quantiles) in found.iter().zip(&sides.all).zip(&mut items.quantiles) {
        items.forecasts.push(own.at.iter().map(|(_, i)| own.scored.point[*i]).collect());
        let q = own.scored.levels.len();
        let of = |i: usize| side.levels.iter().map(move |level| i * q + level);
        quantiles.extend(own.at.iter().flat_map(|(_, i)| of(*i)).map(|at| own.scored.quantiles[at]));
    }
    if let Some(reference) = found.get(sides.reference) {
        for (_, simple) in &reference.scored.baselines {
            items.forecasts.push(reference.at.iter().map(|(_, i)| simple[*i]).collect());
        }
    }
    Ok(items)
}

/// Refuses models that have read the table differently.
fn same_values(sides: &Sides, first: &Found, other: &Found, side: &Side) -> Result<(), Error> {
    let same = |a: f64, b: f64| a == b || (a - b).abs() <= SAME * a.abs().max(b.abs());
    let actual = |found: &Found, i: usize| found.at.get(i).map(|(at, i)| (*at, found.scored.actual[*i]));
    for i in 0..first.at.len().max(other.at.len()) {
        let (own, its) = (actual(first, i), actual(other, i));
        let agree = matches!((own, its), (Some((a, x)), Some((b, y))) if a == b && same(x, y));
        if agree {
            continue;
        }
        // Of two that are out of step the earlier one is the value that only one model has.
        let here = own.into_iter().chain(its).map(|(at, _)| at).min();
        let Some((series, origin, target, lead)) = here else { continue };
        let panel = sides.all[0].panel();
        let stamp = panel.freq.advance(origin, i64::from(lead) - 1, &panel.time);
        let value = |found: Option<(Place4, f64)>| match found {
            Some((at, value)) if Some(at) == here => value.to_string(),
            _ => "no value".to_owned(),
        };
        let place = Place::file(panel.source.clone())
            .column(sides.targets.get(usize::from(target)).cloned().unwrap_or_default())
            .series(panel.series.get(series as usize).map(ToString::to_string).unwrap_or_default())
            .stamp(panel.time.display(stamp));
        let what = format!(
            "{} reads {} where {} reads {}: what they were trained to forecast is not the same",
            sides.all[0].label,
            value(own),
            side.label,
            value(its)
        );
        return Err(Error::data(place, what).with_hint(
            "settings of reading came with each model (`inspect` shows them); given here, --clip, --missing and the like hold for all",
        ));
    }
    Ok(())
}
