//! What the validation part adds to trained networks: which cheap forecasters stand beside them, how
//! wide intervals must be, and its error beside simple forecasts.

use candle_core::Device;

use super::problem::Problem;
use crate::checkpoint::Training;
use crate::config::{Config, Decoder, MEMBERS, Member, Pooling};
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::data::windows::history;
use crate::error::Result;
use crate::forecast::baseline::STANDARD;
use crate::forecast::conformal::{self, Calibration, Scores};
use crate::forecast::learned::{Learned, Lesson};
use crate::forecast::pool::{Pool, Seasons, fit};
use crate::forecast::{Forecasts, Windows, network};
use crate::meter;
use crate::model::Ensemble;
use crate::train;
use crate::train::state::Outcome;

/// A week, in seconds.
const WEEK: i64 = 7 * 86_400;

/// What validation found, for the checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Calibrated {
    pub(crate) training: Training,
    pub(crate) pool: Pool,
    /// `None` without a validation window.
    pub(crate) calibration: Option<Calibration>,
}

/// A value of the validation part that was observed.
struct Item<'a> {
    cut: Cut,
    target: usize,
    /// Lead less 1.
    step: usize,
    point: f64,
    quantiles: &'a [f64],
    actual: f64,
}

impl Problem {
    /// Measures trained networks on at most [`train::VALIDATION_WINDOWS`] windows of the validation
    /// part, and fits to them what comes after the networks.
    pub(crate) fn calibrate(
        &self,
        config: &Config,
        model: &Ensemble,
        panel: &Panel,
        outcome: &Outcome,
        device: &Device,
    ) -> Result<Calibrated> {
        let mut training = Training {
            epochs: outcome.epochs,
            best_epoch: outcome.best_epoch,
            steps: outcome.steps,
            curves: outcome.curves.clone(),
            train_windows: self.train.len(),
            train_series: self.train_series(panel),
            val_windows: self.val.len(),
            ..Training::default()
        };
        let cuts = train::thin(&self.val, train::VALIDATION_WINDOWS);
        if cuts.is_empty() {
            return Ok(Calibrated { training, ..Calibrated::default() });
        }
        let windows = Windows::new(&self.inputs, device, cuts.len() * self.need.input_window)?;
        let networks = network::forecast(&model.members, &windows, panel, self.season, &cuts)?;
        meter::stage("fitting what stands beside the networks");
        let (units, members) = (train::units(&self.data(panel), config.train.weighing()), members(config));
        let inputs = &self.inputs;
        let lesson = Lesson { panel, inputs, cuts: &self.train, units: &units, seed: config.run.seed };
        let given = fit::Given {
            panel,
            inputs,
            cuts: &cuts,
            networks: &networks,
            units: &units,
            seasons: Seasons::new(self.season, self.long_season(panel), self.need.input_window),
            members: &members,
            // In too small a part nothing stands beside the networks.
            learned: match fit::enough(&cuts, &networks) {
                true => Learned::fit(&lesson, &members),
                false => Learned::default(),
            },
        };
        meter::stage("weighing what stands beside the networks");
        let pool = fit::fit(&given);
        let combined = pool.combine(networks, panel, inputs, &cuts);
        self.measure(&mut training, panel, &cuts, &combined);
        let calibration = Some(self.calibration(panel, &cuts, &combined));
        Ok(Calibrated { training, pool, calibration })
    }

    /// How many series have a training window.
    pub(super) fn train_series(&self, panel: &Panel) -> usize {
        let mut series: Vec<u32> =
            self.train.iter().map(|cut| panel.segments[cut.segment as usize].series).collect();
        series.dedup();
        series.len()
    }

    /// Rows in a week, where there are several rows a day.
    fn long_season(&self, panel: &Panel) -> Option<usize> {
        let longest = panel.segments.iter().max_by_key(|segment| segment.len)?;
        let stamps = panel.stamps.get(longest.offset..longest.offset + longest.len)?;
        let first = *stamps.first()?;
        let rows = stamps.partition_point(|stamp| *stamp < first + WEEK);
        (panel.freq.seconds() < 86_400 && rows < stamps.len()).then_some(rows)
    }

    /// All observed values of these cuts with their forecasts.
    fn items<'a>(
        &self,
        panel: &'a Panel,
        cuts: &'a [Cut],
        forecasts: &'a Forecasts,
    ) -> impl Iterator<Item = Item<'a>> + use<'a> {
        let (p, k, q) = (forecasts.horizon, forecasts.targets, forecasts.levels.len());
        let places = (0..cuts.len()).flat_map(move |i| (0..p * k).map(move |at| (i, at / k, at % k)));
        places.filter_map(move |(i, step, target)| {
            let cell = (i * p + step) * k + target;
            let actual = *panel.columns.get(target)?.values.get(cuts[i].row + step)?;
            let quantiles = &forecasts.quantiles[cell * q..(cell + 1) * q];
            let point = forecasts.point[cell];
            (!actual.is_nan()).then_some(Item { cut: cuts[i], target, step, point, quantiles, actual })
        })
    }

    /// Mean absolute errors, original units: of the forecasts within their bounds, and of last value and
    /// seasonal naive.
    fn measure(&self, training: &mut Training, panel: &Panel, cuts: &[Cut], forecasts: &Forecasts) {
        let (p, k) = (forecasts.horizon, forecasts.targets);
        let (mut sums, mut count) = ([0f64; 3], 0usize);
        let mut simple = [vec![0f64; p], vec![0f64; p]];
        for (i, cut) in cuts.iter().enumerate() {
            let first = cut.row - history(panel, *cut, self.need.input_window);
            for (target, column) in panel.columns.iter().take(k).enumerate() {
                for (baseline, out) in STANDARD.iter().zip(&mut simple) {
                    baseline.forecast(&column.values[first..cut.row], self.season, out);
                }
                for (step, actual) in column.values[cut.row..cut.row + p].iter().enumerate() {
                    let own = self.limits.clip(target, forecasts.point[(i * p + step) * k + target]);
                    let errors = [own, simple[0][step], simple[1][step]].map(|f| (f - actual).abs());
                    // Where a window has nothing observed, the simple forecasts have nothing to say.
                    if errors.iter().all(|e| e.is_finite()) {
                        sums.iter_mut().zip(errors).for_each(|(sum, e)| *sum += e);
                        count += 1;
                    }
                }
            }
        }
        let mean = |sum: f64| (count > 0).then(|| sum / count as f64);
        training.val_mae = mean(sums[0]);
        training.val_mae_last_value = mean(sums[1]);
        training.val_mae_seasonal_naive = mean(sums[2]);
    }

    fn calibration(&self, panel: &Panel, cuts: &[Cut], forecasts: &Forecasts) -> Calibration {
        let levels = &self.shape.quantiles;
        let mut scores = Scores::new(levels, self.shape.targets, self.shape.horizon);
        for item in self.items(panel, cuts, forecasts) {
            let series = panel.segments[item.cut.segment as usize].series as usize;
            let size = self.inputs.scalings[series][item.target].size();
            let Item { target, step, point, quantiles, actual, .. } = item;
            scores.push(&conformal::Predicted { target, step, size, point, quantiles }, actual);
        }
        scores.finish()
    }
}

/// The members that settings let stand beside the networks.
fn members(config: &Config) -> Vec<Member> {
    match (&config.model.pool, config.model.decoder) {
        (Pooling::All, _) | (Pooling::Auto, Decoder::Lead) => MEMBERS.to_vec(),
        (Pooling::Of(members), _) => members.clone(),
        (Pooling::Networks | Pooling::Auto, _) => Vec::new(),
    }
}
