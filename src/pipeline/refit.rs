//! `evaluate --refit N`: a new training before every N origins, on what is known by then.

use std::ops::RangeInclusive;
use std::time::Instant;

use candle_core::Device;

use crate::cli::{EvaluateArgs, GlobalFlags, RefitWindow};
use crate::cmd::evaluate::wanted;
use crate::cmd::interrupt;
use crate::cmd::progress::Progress;
use crate::data::inputs::{Inputs, Scalings};
use crate::data::panel::Panel;
use crate::data::split::{self, Bounds, Cut, Need, Observed, Range};
use crate::error::{Error, Result};
use crate::model::Ensemble;
use crate::output::Failure;
use crate::pipeline::backtest::{self, Setting};
use crate::pipeline::fit::problem::Setup;
use crate::pipeline::forecaster::Served;
use crate::pipeline::table::Table;
use crate::report::evaluation::Scored;
use crate::train::{self, End, Flow, Hooks, Start};

/// A backtest with refits.
pub(crate) struct Refit<'a> {
    pub(crate) args: &'a EvaluateArgs,
    pub(crate) global: &'a GlobalFlags,
    /// The checkpoint, whose settings every training has.
    pub(crate) served: &'a Served,
    pub(crate) table: &'a Table,
    pub(crate) device: &'a Device,
    /// Origins between two trainings.
    pub(crate) every: usize,
    pub(crate) range: Range,
    pub(crate) need: Need,
}

impl Refit<'_> {
    /// What the report says of it.
    pub(crate) fn note(&self, cuts: &[Cut]) -> String {
        let times = origins(&self.table.panel, cuts).len().div_ceil(self.every);
        let rows = match self.args.refit_window {
            RefitWindow::Expanding => "all rows before its first origin",
            RefitWindow::Sliding => "as long a span of rows before its first origin as the checkpoint had",
        };
        format!(
            "Refitted: {times} trainings with the checkpoint's settings, one every {} origins, each on {rows}.",
            self.every
        )
    }

    /// Trains and scores, group after group of origins.
    pub(crate) fn score(
        &self,
        model: &str,
        setting: &Setting,
        cuts: &[Cut],
        out: &mut dyn FnMut(&Scored) -> std::result::Result<(), Failure>,
    ) -> std::result::Result<(), Failure> {
        interrupt::install()?;
        let panel = &self.table.panel;
        let scale = backtest::mase_scale(panel, panel.targets, setting.season, setting.val_start);
        let origins = origins(panel, cuts);
        let groups: Vec<&[i64]> = origins.chunks(self.every).collect();
        let mut progress = Progress::new(self.global);
        for (i, group) in groups.iter().enumerate() {
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            let began = Instant::now();
            let trimmed = self.trimmed(*first);
            let table = trimmed.as_ref().unwrap_or(self.table);
            let served = self.fit(table, *first, &mut progress)?;
            let own = self.cuts(&table.panel, *first..=*last);
            let until = vec![*first; table.panel.series.len()];
            let scalings = Scalings::of(&table.panel, &served.meta.scaler, &until);
            let inputs = Inputs::build(&table.panel, &served.meta.inputs, &scalings, 0);
            let setting = Setting {
                blend: served.meta.blend.clone(),
                mase_scale: Some(scale.clone()),
                intervals: served.intervals(model, wanted(self.args))?,
                ..setting.clone()
            };
            backtest::score(Some(&served.model), &inputs, &table.panel, &setting, &own, self.device, out)?;
            if !self.global.quiet {
                progress.line(&format!(
                    "refit {}/{}  rows before {}  {} steps, validation MAE {}  {:.1} s",
                    i + 1,
                    groups.len(),
                    panel.time.display(*first),
                    served.meta.training.steps,
                    served.meta.training.val_mae.map_or("-".into(), |mae| format!("{mae:.4}")),
                    began.elapsed().as_secs_f64()
                ));
            }
        }
        progress.finish();
        Ok(())
    }

    /// The table from where a sliding window begins; `None` where all rows count.
    fn trimmed(&self, origin: i64) -> Option<Table> {
        if self.args.refit_window == RefitWindow::Expanding {
            return None;
        }
        let panel = &self.table.panel;
        let start = panel.stamps.iter().min()? + (origin - self.served.meta.bounds.test_start).max(0);
        let table = self.table;
        Some(Table {
            panel: panel.since(start),
            dialect: table.dialect.clone(),
            rows: table.rows,
            hash: table.hash,
        })
    }

    /// A new model from the rows before `origin`; of those the last part, as long as the
    /// checkpoint's, is for validation.
    fn fit(&self, table: &Table, origin: i64, progress: &mut Progress) -> Result<Served> {
        let old = &self.served.meta.bounds;
        let bounds = Bounds { val_start: origin - (old.test_start - old.val_start), test_start: origin };
        // The threads are this run's; what is drawn is drawn as in the checkpoint's training.
        let mut config = self.served.config.clone();
        config.run.seed = self.served.meta.config.run.seed;
        let config = &config;
        let setup = Setup::at(config, table, None, bounds)?;
        let hooks = Hooks {
            on_event: &mut |event| {
                progress.show(&event);
                if interrupt::requested() { Flow::Stop } else { Flow::Continue }
            },
            due: &mut || false,
            save: &mut |_| Ok(()),
        };
        let data = setup.data(&table.panel);
        let fitted = train::fit_all(&setup.shape, &data, config, self.device, Start::default(), hooks)?;
        match &fitted.end {
            End::Finished => {}
            End::Stopped => {
                return Err(Error::Interrupted {
                    message: "the evaluation was interrupted while it trained; nothing was written".into(),
                    hint: None,
                });
            }
            End::Diverged(why) => return Err(why.error("nothing was written")),
        }
        let model = Ensemble { members: fitted.members };
        let judged = setup.judge(config, &model, &table.panel, &fitted.outcome, self.device)?;
        let meta = setup.meta(config.clone(), table, judged);
        Ok(Served { model, meta, config: config.clone(), limits: self.served.limits.clone() })
    }

    /// The cuts of a table whose origins lie in a span of stamps.
    fn cuts(&self, panel: &Panel, span: RangeInclusive<i64>) -> Vec<Cut> {
        let mut cuts = split::cuts(panel, &Observed::new(panel), self.need, self.range);
        cuts.retain(|cut| span.contains(&panel.stamps[cut.row]));
        cuts
    }
}

/// The stamps of the origins, each once, in order.
fn origins(panel: &Panel, cuts: &[Cut]) -> Vec<i64> {
    let mut stamps: Vec<i64> = cuts.iter().map(|cut| panel.stamps[cut.row]).collect();
    stamps.sort_unstable();
    stamps.dedup();
    stamps
}
