//! What the validation part says of a trained model: its error beside simple forecasts, the share
//! of the last value that does it good, and how wide its intervals must be.

use candle_core::Device;

use super::problem::Problem;
use crate::checkpoint::Training;
use crate::config::{Blending, Config, Decoder, Limits};
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::Result;
use crate::forecast::baseline::Baseline;
use crate::forecast::blend::{self, Blend};
use crate::forecast::conformal::{self, Calibration, Intervals, Scores};
use crate::model::Ensemble;
use crate::output::Failure;
use crate::pipeline::backtest::{self, Setting};
use crate::report::evaluation::Scored;
use crate::train;
use crate::train::state::Outcome;

/// What validation found, for the checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Calibrated {
    pub(crate) training: Training,
    pub(crate) blend: Blend,
    /// `None` without a validation window.
    pub(crate) calibration: Option<Calibration>,
}

impl Problem {
    /// Measures a trained model on at most [`train::VALIDATION_WINDOWS`] windows of the validation
    /// part, and fits to them what comes after the network.
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
            train_windows: self.train.len(),
            val_windows: self.val.len(),
            ..Training::default()
        };
        let cuts = train::thin(&self.val, train::VALIDATION_WINDOWS);
        if cuts.is_empty() {
            return Ok(Calibrated { training, ..Calibrated::default() });
        }
        let mut chunks = self.validation(model, panel, &cuts, device)?;
        let blended = match (config.model.blend, config.model.decoder) {
            (Blending::Last, _) | (Blending::Auto, Decoder::Lead) => true,
            (Blending::None, _) | (Blending::Auto, _) => false,
        };
        let origins = cuts.iter().map(|cut| panel.stamps[cut.row]).collect();
        let blend = if blended { self.blend(origins, &chunks) } else { Blend::default() };
        chunks.iter_mut().for_each(|chunk| self.move_by(&blend, chunk));
        let mean = |error: &dyn Fn(&Scored, usize) -> f64| {
            let count: usize = chunks.iter().map(|chunk| chunk.actual.len()).sum();
            let errors =
                chunks.iter().flat_map(|chunk| (0..chunk.actual.len()).map(move |i| error(chunk, i)));
            (count > 0).then(|| errors.sum::<f64>() / count as f64)
        };
        let simple = |at: usize| mean(&|chunk, i| (chunk.baselines[at].1[i] - chunk.actual[i]).abs());
        training.val_mae = mean(&|chunk, i| {
            (self.limits.clip(usize::from(chunk.target[i]), chunk.point[i]) - chunk.actual[i]).abs()
        });
        training.val_mae_last_value = simple(0);
        training.val_mae_seasonal_naive = simple(1);
        Ok(Calibrated { training, blend, calibration: Some(self.calibration(&chunks)) })
    }

    /// The networks' own forecasts of these cuts, beside last value and seasonal naive.
    fn validation(
        &self,
        model: &Ensemble,
        panel: &Panel,
        cuts: &[Cut],
        device: &Device,
    ) -> Result<Vec<Scored>> {
        let setting = Setting {
            input_window: self.need.input_window,
            horizon: self.need.horizon,
            season: self.season,
            val_start: self.bounds.val_start,
            mase_scale: None,
            baselines: vec![Baseline::LastValue, Baseline::SeasonalNaive],
            blend: Blend::default(),
            // Shares and intervals are found on forecasts as the model makes them.
            limits: Limits::default(),
            intervals: Intervals::default(),
        };
        let mut chunks = Vec::new();
        backtest::score(Some(model), &self.inputs, panel, &setting, cuts, device, &mut |chunk| {
            chunks.push(chunk.clone());
            Ok(())
        })
        .map_err(Failure::into_error)?;
        Ok(chunks)
    }

    fn blend(&self, origins: Vec<i64>, chunks: &[Scored]) -> Blend {
        let mut errors = blend::Errors::new(self.shape.targets, self.shape.horizon, origins);
        for chunk in chunks {
            for (i, actual) in chunk.actual.iter().enumerate() {
                let (target, step, size) = self.place(chunk, i);
                let (point, last) = (chunk.point[i], chunk.baselines[0].1[i]);
                let origin = chunk.origin[i];
                errors.push(&blend::Validated { target, step, origin, size, point, last, actual: *actual });
            }
        }
        errors.finish()
    }

    fn move_by(&self, blend: &Blend, chunk: &mut Scored) {
        let q = chunk.levels.len();
        for i in 0..chunk.point.len() {
            let (target, step, _) = self.place(chunk, i);
            let place = target * self.shape.horizon + step;
            let shift = blend.shift(place, chunk.point[i], chunk.baselines[0].1[i]);
            chunk.point[i] += shift;
            chunk.quantiles[i * q..(i + 1) * q].iter_mut().for_each(|v| *v += shift);
        }
    }

    fn calibration(&self, chunks: &[Scored]) -> Calibration {
        let levels = &self.shape.quantiles;
        let mut scores = Scores::new(levels, self.shape.targets, self.shape.horizon);
        for chunk in chunks {
            for (i, actual) in chunk.actual.iter().enumerate() {
                let (target, step, size) = self.place(chunk, i);
                let quantiles = &chunk.quantiles[i * levels.len()..(i + 1) * levels.len()];
                scores.push(
                    &conformal::Predicted { target, step, size, point: chunk.point[i], quantiles },
                    *actual,
                );
            }
        }
        scores.finish()
    }

    /// Target, lead less 1, and size of the series (about its standard deviation) of an item.
    fn place(&self, chunk: &Scored, i: usize) -> (usize, usize, f64) {
        let target = usize::from(chunk.target[i]);
        let size = self.inputs.scalings[chunk.series[i] as usize][target].size();
        (target, usize::from(chunk.lead[i]) - 1, size)
    }
}
