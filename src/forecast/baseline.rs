//! Simple forecasts that a model has to beat. Each sees only the window that the model sees: the
//! last rows before the origin, NaN where nothing was observed.
//!
//! Source of the methods: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice",
//! 3rd edition, section 5.2. What to do with missing values is ours, said at each method.

use std::fmt;
use std::str::FromStr;

/// A simple forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Baseline {
    /// The last observed value of the window, at every lead.
    LastValue,
    /// The newest observed value of the same phase of the season in the window, else the last value.
    SeasonalNaive,
    /// The line through the first and the last observed value of the window, carried on.
    Drift,
    /// The mean of the observed values among the last `window` rows; 0 means the whole history
    /// given. If none of them was observed: the last value.
    MovingAverage { window: usize },
    /// The mean of the observed values of the same phase over the last `seasons` seasons; 0 means
    /// as many as the history holds. If none of them was observed: the last value.
    SeasonalMovingAverage { seasons: usize },
}

/// What `evaluate` sets beside every model.
pub const STANDARD: [Baseline; 2] = [Baseline::LastValue, Baseline::SeasonalNaive];

/// All of them, as `evaluate --baseline-only` shows them.
pub const ALL: [Baseline; 5] = [
    Baseline::LastValue,
    Baseline::SeasonalNaive,
    Baseline::Drift,
    Baseline::MovingAverage { window: 0 },
    Baseline::SeasonalMovingAverage { seasons: 0 },
];

impl Baseline {
    /// Machine name, without parameters: `last_value`, `seasonal_naive`, `drift`,
    /// `moving_average`, `seasonal_moving_average`.
    pub fn name(&self) -> &'static str {
        match self {
            Baseline::LastValue => "last_value",
            Baseline::SeasonalNaive => "seasonal_naive",
            Baseline::Drift => "drift",
            Baseline::MovingAverage { .. } => "moving_average",
            Baseline::SeasonalMovingAverage { .. } => "seasonal_moving_average",
        }
    }

    /// Forecasts `out.len()` steps after the last row of `history` into `out`.
    ///
    /// `history`: the input window, oldest row first, NaN where not observed; `season`: rows in a
    /// season (24 for hourly data with a daily cycle; 0 or 1 for none). With nothing observed at
    /// all, every forecast is NaN.
    pub fn forecast(&self, history: &[f64], season: usize, out: &mut [f64]) {
        let Some((last_row, last)) = observed(history).next_back() else {
            out.fill(f64::NAN);
            return;
        };
        match *self {
            Baseline::LastValue => out.fill(last),
            Baseline::SeasonalNaive => {
                for (step, value) in out.iter_mut().enumerate() {
                    *value = same_phase(history, season, step).next().unwrap_or(last);
                }
            }
            Baseline::Drift => {
                let (first_row, first) = observed(history).next().unwrap_or((last_row, last));
                let rows = last_row - first_row;
                let slope = if rows == 0 { 0.0 } else { (last - first) / rows as f64 };
                let since = history.len() - 1 - last_row;
                for (step, value) in out.iter_mut().enumerate() {
                    *value = last + slope * (since + step + 1) as f64;
                }
            }
            Baseline::MovingAverage { window } => {
                let window = if window == 0 { history.len() } else { window.min(history.len()) };
                let recent = history.get(history.len() - window..).unwrap_or(history);
                out.fill(mean(recent.iter().copied().filter(|v| v.is_finite())).unwrap_or(last));
            }
            Baseline::SeasonalMovingAverage { seasons } => {
                let seasons = if seasons == 0 { usize::MAX } else { seasons };
                for (step, value) in out.iter_mut().enumerate() {
                    *value = mean(phase_rows(history, season, step).take(seasons).filter(|v| v.is_finite()))
                        .unwrap_or(last);
                }
            }
        }
    }
}

/// Observed values with their rows, oldest first.
fn observed(history: &[f64]) -> impl DoubleEndedIterator<Item = (usize, f64)> + '_ {
    history.iter().copied().enumerate().filter(|(_, v)| v.is_finite())
}

/// The rows of `history` in the same phase as lead `step` (0-based), newest first, one a season,
/// observed or not. Only whole seasons of the window count, so every phase has equally many.
fn phase_rows(history: &[f64], season: usize, step: usize) -> impl Iterator<Item = f64> + '_ {
    let season = season.max(1);
    // Rows back from the origin to the newest same-phase row: 1..=season.
    let newest = season - step % season;
    (0..history.len() / season)
        .filter_map(move |j| history.get(history.len().checked_sub(newest + j * season)?).copied())
}

/// The observed ones among [`phase_rows`].
fn same_phase(history: &[f64], season: usize, step: usize) -> impl Iterator<Item = f64> + '_ {
    phase_rows(history, season, step).filter(|v| v.is_finite())
}

/// The mean, if there is anything.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut items) = (0.0, 0u32);
    for value in values {
        sum += value;
        items += 1;
    }
    (items > 0).then(|| sum / f64::from(items))
}

impl fmt::Display for Baseline {
    /// The name for people: `last value`, `moving average 24`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().replace('_', " "))?;
        match self {
            Baseline::MovingAverage { window: n } | Baseline::SeasonalMovingAverage { seasons: n }
                if *n > 0 =>
            {
                write!(f, " {n}")
            }
            _ => Ok(()),
        }
    }
}

impl FromStr for Baseline {
    type Err = String;

    /// Reads a name as in [`Baseline::name`] (spaces and hyphens do as well as underscores), with an
    /// optional number for the averages: `moving_average:24`. Also `naive`, `persistence`, `snaive`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, number) = match text.trim().split_once(':') {
            None => (text.trim(), None),
            Some((name, number)) => match number.trim().parse::<usize>() {
                Ok(n) if n > 0 => (name.trim(), Some(n)),
                _ => return Err(format!("`{number}` in `{text}` is not a positive whole number")),
            },
        };
        let baseline = match name.to_lowercase().replace([' ', '-'], "_").as_str() {
            "last_value" | "naive" | "persistence" => Baseline::LastValue,
            "seasonal_naive" | "snaive" => Baseline::SeasonalNaive,
            "drift" => Baseline::Drift,
            "moving_average" => Baseline::MovingAverage { window: number.unwrap_or(0) },
            "seasonal_moving_average" => Baseline::SeasonalMovingAverage { seasons: number.unwrap_or(0) },
            _ => {
                let names: Vec<_> = ALL.iter().map(Baseline::name).collect();
                return Err(format!("`{name}` is not a simple forecast (there are {})", names.join(", ")));
            }
        };
        match (number, baseline) {
            (Some(_), Baseline::LastValue | Baseline::SeasonalNaive | Baseline::Drift) => {
                Err(format!("`{name}` takes no number"))
            }
            _ => Ok(baseline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: f64 = f64::NAN;

    fn forecast(baseline: Baseline, history: &[f64], season: usize, horizon: usize) -> Vec<f64> {
        let mut out = vec![0.0; horizon];
        baseline.forecast(history, season, &mut out);
        out
    }

    /// Expected values from an independent vectorised version of the same rule, in NumPy.
    #[test]
    fn seasonal_naive() {
        let of =
            |history: &[f64], season, horizon| forecast(Baseline::SeasonalNaive, history, season, horizon);
        let long = [9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, N];
        assert_eq!(of(&long, 3, 7), [5.0, 6.0, 4.0, 5.0, 6.0, 4.0, 5.0]);
        let gaps = [9.0, 1.0, 2.0, 3.0, N, N, 6.0, N];
        assert_eq!(of(&gaps, 3, 7), [2.0, 6.0, 6.0, 2.0, 6.0, 6.0, 2.0]);
        assert_eq!(of(&[5.0, N], 3, 3), [5.0, 5.0, 5.0]);
        assert_eq!(of(&[1.0, 2.0, 3.0, N, N, N, N, 7.0, N, N], 4, 5), [3.0, 7.0, 7.0, 7.0, 3.0]);
        assert_eq!(of(&[1.0, 2.0, N], 0, 2), [2.0, 2.0]);
    }

    #[test]
    fn the_others_by_hand() {
        assert_eq!(forecast(Baseline::LastValue, &[1.0, 4.0, N], 2, 2), [4.0, 4.0]);
        // From row 1 to row 3 it rises by 2 a row; the origin is row 5.
        assert_eq!(forecast(Baseline::Drift, &[N, 2.0, N, 6.0, N], 2, 3), [10.0, 12.0, 14.0]);
        assert_eq!(forecast(Baseline::Drift, &[N, 2.0, N], 2, 2), [2.0, 2.0]);
        let average = |window| Baseline::MovingAverage { window };
        assert_eq!(forecast(average(0), &[9.0, 2.0, N, 4.0], 2, 2), [5.0, 5.0]);
        assert_eq!(forecast(average(2), &[9.0, 2.0, N, 4.0], 2, 1), [4.0]);
        assert_eq!(forecast(average(1), &[9.0, 2.0, 4.0, N], 2, 1), [4.0]);
        assert_eq!(forecast(average(99), &[1.0, 3.0], 2, 1), [2.0]);
        let seasonal = |seasons| Baseline::SeasonalMovingAverage { seasons };
        let history = [100.0, 1.0, 10.0, 2.0, N, 6.0, 40.0];
        assert_eq!(forecast(seasonal(0), &history, 2, 3), [3.0, 25.0, 3.0]);
        assert_eq!(forecast(seasonal(1), &history, 2, 2), [6.0, 40.0]);
        assert_eq!(forecast(seasonal(2), &history, 2, 2), [4.0, 40.0]);
    }

    #[test]
    fn nothing_observed_or_no_rows() {
        for baseline in ALL {
            assert!(forecast(baseline, &[N, N, N], 2, 2).iter().all(|v| v.is_nan()), "{baseline}");
            assert!(forecast(baseline, &[], 24, 1).iter().all(|v| v.is_nan()), "{baseline}");
            assert!(forecast(baseline, &[1.0], 24, 0).is_empty());
            assert_eq!(forecast(baseline, &[7.0], 24, 30), [7.0; 30], "{baseline}");
        }
    }

    #[test]
    fn names() {
        for baseline in ALL {
            assert_eq!(baseline.name().parse(), Ok(baseline));
            assert_eq!(baseline.to_string().parse(), Ok(baseline));
        }
        assert_eq!("Moving-Average:24".parse(), Ok(Baseline::MovingAverage { window: 24 }));
        assert_eq!("snaive".parse(), Ok(Baseline::SeasonalNaive));
        assert_eq!(Baseline::MovingAverage { window: 24 }.to_string(), "moving average 24");
        for wrong in ["drift:3", "moving_average:0", "moving_average:x", "theta"] {
            assert!(wrong.parse::<Baseline>().is_err(), "{wrong}");
        }
    }
}
