//! What was forecast of a series before its next rows, to be held against them when they come (`watch --follow`).

use crate::config::Limits;
use crate::data::freq::Freq;
use crate::data::stamp::TimeStyle;
use crate::forecast::Forecasts;
use crate::forecast::conformal::{Calibration, Interval, Predicted};
use crate::number;
use crate::report::alarms::{Alarm, Why};

/// What is asked of a watch over a stream.
#[derive(Debug, Clone, Copy)]
pub struct WatchStream {
    /// Coverage of the interval, percent.
    pub level: u8,
    /// Leave out values that are less rare than this p-value.
    pub rarer: Option<f64>,
}

/// The newest forecast of one series.
#[derive(Debug)]
pub struct Expected {
    /// The stamp of its first step, UTC epoch seconds.
    first: i64,
    /// Of this series alone: as it was calibrated, and within its bounds.
    free: Forecasts,
    shown: Forecasts,
    /// (K) sizes of the series.
    sizes: Vec<f64>,
}

impl Expected {
    /// The forecast of cut `i`, whose first step has this stamp.
    pub fn new(all: &Forecasts, i: usize, first: i64, sizes: Vec<f64>, limits: &Limits) -> Expected {
        let (cells, q) = (all.horizon * all.targets, all.levels.len());
        let part = |values: &[f64], per: usize| {
            values.get(i * cells * per..(i + 1) * cells * per).unwrap_or_default().to_vec()
        };
        let interval =
            |own: &Interval| Interval { level: own.level, low: part(&own.low, 1), high: part(&own.high, 1) };
        let free = Forecasts {
            point: part(&all.point, 1),
            quantiles: part(&all.quantiles, q),
            intervals: all.intervals.iter().map(interval).collect(),
            resolution: all
                .resolution
                .get(i * all.targets..(i + 1) * all.targets)
                .unwrap_or_default()
                .to_vec(),
            levels: all.levels.clone(),
            ..*all
        };
        let shown = free.clone().within(limits);
        Expected { first, free, shown, sizes }
    }

    /// The alarms of a row with these targets, of a series that is the first of its panel.
    pub fn alarms(
        &self,
        (stamp, values): (i64, &[f64]),
        (freq, time): (&Freq, &TimeStyle),
        (calibration, watch): (&Calibration, WatchStream),
    ) -> Vec<Alarm> {
        let Some(step) = freq.steps_between(self.first, stamp, time).and_then(|s| usize::try_from(s).ok())
        else {
            return Vec::new();
        };
        if step >= self.free.horizon {
            return Vec::new();
        }
        let targets = values.iter().enumerate().take(self.free.targets);
        targets
            .filter_map(|(target, actual)| {
                let alarm = self.alarm(step, target, *actual, calibration)?;
                let told = watch.rarer.is_none_or(|most| alarm.p <= most);
                told.then_some(Alarm { stamp, ..alarm })
            })
            .collect()
    }

    /// An alarm without its stamp, where the value lies outside.
    fn alarm(&self, step: usize, target: usize, actual: f64, calibration: &Calibration) -> Option<Alarm> {
        let (cell, q) = (step * self.free.targets + target, self.free.levels.len());
        let interval = self.shown.intervals.first()?;
        let (low, high) = (*interval.low.get(cell)?, *interval.high.get(cell)?);
        let why = match actual {
            value if value > high => Why::Above,
            value if value < low => Why::Below,
            _ => return None,
        };
        let given = Predicted {
            target,
            step,
            size: *self.sizes.get(target)?,
            point: *self.free.point.get(cell)?,
            quantiles: self.free.quantiles.get(cell * q..(cell + 1) * q)?,
        };
        let p = calibration.p(&self.free.levels, self.free.horizon, &given, actual);
        let resolution = self.free.resolution.get(target).copied().unwrap_or(f64::NAN);
        let written = |value: f64| number::forecast(value, resolution);
        Some(Alarm {
            actual,
            step: step + 1,
            rows: 1,
            point: written(*self.shown.point.get(cell)?),
            low: written(low),
            high: written(high),
            p: p.unwrap_or(f64::NAN),
            ..Alarm::quiet(why, 0, u16::try_from(target).unwrap_or(u16::MAX), 0)
        })
    }
}
