//! A backtest with refits: a new training before every N origins, on what is known by then.

use std::ops::RangeInclusive;
use std::time::Instant;

use super::backtest::{self, Backtest, Setting};
use super::fit::Problem;
use super::forecaster::Forecaster;
use super::options::{Refit, RefitWindow};
use super::series_filter::Chosen;
use super::table::Table;
use super::threads;
use crate::data::inputs::{Inputs, Scalings};
use crate::data::panel::Panel;
use crate::data::split::{self, Bounds, Cut, Observed};
use crate::error::{Error, Result};
use crate::model::Ensemble;
use crate::output::Failure;
use crate::report::evaluation::Scored;
use crate::text::plural;
use crate::train::{self, End, Hooks, Start};

impl Refit {
    /// What the report says of it.
    pub(super) fn note(&self, panel: &Panel, cuts: &[Cut]) -> String {
        let times = origins(panel, cuts).len().div_ceil(self.every);
        let rows = match self.window {
            RefitWindow::Expanding => "all rows before its first origin",
            RefitWindow::Sliding => "as long a span of rows before its first origin as the checkpoint had",
        };
        format!(
            "Refitted: {} with the checkpoint's settings, one every {}, each on {rows}.",
            plural(times, "training"),
            if self.every == 1 { "origin".into() } else { plural(self.every, "origin") }
        )
    }
}

/// Trains and scores, group after group of origins.
pub(super) fn run(
    backtest: &Backtest,
    refit: Refit,
    hooks: &mut dyn Hooks,
    out: &mut dyn FnMut(&Scored) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Backtest { table, setting, forecaster, .. } = backtest;
    let panel = &table.panel;
    let scale = backtest::mase_scale(panel, panel.targets, setting.season, setting.val_start);
    let origins = origins(panel, &backtest.cuts);
    let groups: Vec<&[i64]> = origins.chunks(refit.every).collect();
    for (i, group) in groups.iter().enumerate() {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let began = Instant::now();
        let trimmed = trimmed(backtest, refit.window, *first);
        let table = trimmed.as_ref().unwrap_or(table);
        let fitted = fit(forecaster, table, *first, hooks)?;
        let own = cuts(backtest, &table.panel, *first..=*last)?;
        let until = vec![*first; table.panel.series.len()];
        let scalings = Scalings::of(&table.panel, &fitted.meta.scaler, &until);
        let inputs = Inputs::build(&table.panel, &fitted.meta.inputs, &scalings, 0);
        let setting = Setting {
            pool: fitted.meta.pool.clone(),
            mase_scale: Some(scale.clone()),
            intervals: fitted.intervals(&backtest.options.intervals)?,
            ..setting.clone()
        };
        let model = Some(&fitted.model);
        backtest::score(model, &inputs, &table.panel, &setting, &own, &forecaster.device, out)?;
        hooks.progress(&format!(
            "refit {}/{}  rows before {}  {}, validation MAE {}  {:.1} s",
            i + 1,
            groups.len(),
            panel.time.display(*first),
            plural(fitted.meta.training.steps, "step"),
            fitted.meta.training.val_mae.map_or("-".into(), |mae| format!("{mae:.4}")),
            began.elapsed().as_secs_f64()
        ));
    }
    hooks.done();
    Ok(())
}

/// The table from where a sliding window begins; `None` where all rows count.
fn trimmed(backtest: &Backtest, window: RefitWindow, origin: i64) -> Option<Table> {
    if window == RefitWindow::Expanding {
        return None;
    }
    let table = &backtest.table;
    let test_start = backtest.forecaster.meta.bounds.test_start;
    let start = table.panel.stamps.iter().min()? + (origin - test_start).max(0);
    Some(Table {
        panel: table.panel.since(start),
        dialect: table.dialect.clone(),
        source: table.source.clone(),
        ..**table
    })
}

/// A new model from the rows before `origin`; of those the last part, as long as the checkpoint's,
/// is for validation.
fn fit(forecaster: &Forecaster, table: &Table, origin: i64, hooks: &mut dyn Hooks) -> Result<Forecaster> {
    let old = &forecaster.meta.bounds;
    let bounds = Bounds { val_start: origin - (old.test_start - old.val_start), test_start: origin };
    // The threads are this run's; what is drawn is drawn as in the checkpoint's training.
    let mut config = forecaster.config.clone();
    config.run.seed = forecaster.meta.config.run.seed;
    let mut problem = Problem::at(&config, table, None, bounds)?;
    let (data, device) = (problem.data(&table.panel), &forecaster.device);
    let fitted =
        threads::run(|| train::fit_all(&problem.shape, &data, &config, device, Start::default(), hooks))?;
    match &fitted.end {
        End::Finished => {}
        End::Stopped => return Err(stopped()),
        End::Diverged(why) => return Err(why.error("nothing was written")),
    }
    let model = Ensemble { members: fitted.members };
    let mut calibrated = problem.calibrate(&config, &model, &table.panel, &fitted.outcome, device)?;
    let (model, end) = problem.go_on(&config, &table.panel, device, model, &mut calibrated, hooks)?;
    if end == End::Stopped {
        return Err(stopped());
    }
    let meta = problem.meta(config.clone(), table, calibrated);
    let limits = forecaster.limits.clone();
    Forecaster::new(model, meta, config, limits, forecaster.name.clone()).on(device)
}

fn stopped() -> Error {
    Error::Interrupted {
        message: "the evaluation was interrupted while it trained; nothing was written".into(),
        hint: None,
    }
}

/// The cuts of a table in the wanted series whose origins lie in a span of stamps.
fn cuts(backtest: &Backtest, panel: &Panel, span: RangeInclusive<i64>) -> Result<Vec<Cut>> {
    let mut cuts = split::cuts(panel, &Observed::new(panel), backtest.need, backtest.range);
    cuts.retain(|cut| span.contains(&panel.stamps[cut.row]));
    Ok(Chosen::new(backtest.options.only.as_deref(), panel)?.cuts(panel, cuts))
}

/// The stamps of the origins, each once, in order.
fn origins(panel: &Panel, cuts: &[Cut]) -> Vec<i64> {
    let mut stamps: Vec<i64> = cuts.iter().map(|cut| panel.stamps[cut.row]).collect();
    stamps.sort_unstable();
    stamps.dedup();
    stamps
}
