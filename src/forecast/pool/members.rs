//! The cheap forecasters that stand beside the networks.
//!
//! Each sees the target's own history alone, with no parameter that is fitted to the table (for those that have
//! some see [`crate::forecast::learned`]): what suits a series is a matter of its weight. Sources: Hyndman and Athanasopoulos, *Forecasting: Principles
//! and Practice*, 3rd edition: sections 5.2 (last value, seasonal naive, drift), 3.4 (classical
//! decomposition, additive and multiplicative) and 8.1 (simple exponential smoothing), the last two joined
//! as in section 5.7 (forecasting with decomposition).

use serde::{Deserialize, Serialize};

use super::decompose::{Decomposed, Kind, mean};
use super::{ets, theta};
pub use crate::config::Member;
use crate::forecast::baseline::Baseline;

/// Weight of the newest value in exponential smoothing.
pub(crate) const ALPHA: f64 = 0.2;
/// Seasons at most that seasonal indices are averaged over.
pub(crate) const SEASONS: usize = 8;
/// The same of the long season.
pub(crate) const LONG_SEASONS: usize = 4;
/// Rows at most of the long seasons together: a week of quarter hours four times.
const MOST_ROWS: usize = 4096;

/// Rows in a season, and in the longer season around it (a week of hours), where there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seasons {
    /// m; 1 for none.
    pub short: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long: Option<usize>,
    /// Rows of history that the members with the short season see.
    pub rows: usize,
}

impl Seasons {
    /// For windows of T rows.
    pub fn new(short: usize, long: Option<usize>, input_window: usize) -> Seasons {
        let long = long.filter(|long| *long > short && LONG_SEASONS * long <= MOST_ROWS);
        Seasons { short: short.max(1), long, rows: input_window.max(5 * short.clamp(1, MOST_ROWS / 5)) }
    }

    /// Rows of history that some of these members see.
    pub fn history(&self, members: &[Member]) -> usize {
        let refitted = members.iter().any(|member| matches!(member, Member::Ets | Member::Theta));
        let refitted = if refitted { ets::rows(self.short) } else { 0 };
        self.rows.max(self.long.map_or(0, |long| LONG_SEASONS * long)).max(refitted)
    }
}

impl Member {
    /// Whether it says something of its own for these seasons.
    pub fn suits(self, seasons: &Seasons) -> bool {
        match self {
            Member::LastValue | Member::Drift | Member::Smoothed => true,
            Member::SeasonalNaive | Member::SeasonalLevel | Member::SmoothedRatio => seasons.short > 1,
            Member::Ridge | Member::Trees => true,
            // With a week around the day they see one season of two, and cost most.
            Member::Ets | Member::Theta => seasons.long.is_none() && ets::knows(seasons.short),
            _ => seasons.long.is_some(),
        }
    }

    /// Forecasts the `out.len()` steps after `history`: oldest row first, NaN where not observed, as
    /// many rows as there are up to `Seasons::history`. What a member lacks the history for, the
    /// seasonal naive forecast says; NaN everywhere where nothing was observed.
    pub fn forecast(self, history: &[f64], seasons: &Seasons, out: &mut [f64]) {
        let near = newest(history, seasons.rows);
        let long = seasons.long.unwrap_or(seasons.short);
        let far = newest(history, LONG_SEASONS * long);
        let found = match self {
            Member::LastValue => return Baseline::LastValue.forecast(near, seasons.short, out),
            Member::SeasonalNaive => None,
            // Fitted members do not forecast from the history alone.
            Member::Ridge | Member::Trees => return out.fill(f64::NAN),
            Member::Ets => ets::forecast(history, seasons.short, out),
            Member::Theta => theta::forecast(history, seasons.short, out),
            Member::Drift => return Baseline::Drift.forecast(near, seasons.short, out),
            Member::SeasonalLevel => Decomposed::new(near, seasons.short, SEASONS, Kind::Additive)
                .and_then(|parts| parts.at(parts.last_level(seasons.short)?, out)),
            Member::Smoothed => smoothed(near, seasons.short, SEASONS, Kind::Additive, out),
            Member::SmoothedRatio => smoothed(near, seasons.short, SEASONS, Kind::Multiplicative, out),
            Member::LongNaive if far.len() >= long => {
                return Baseline::SeasonalNaive.forecast(far, long, out);
            }
            Member::LongNaive => None,
            Member::LongLevel => long_level(far, seasons.short, long, out),
            Member::LongSmoothed => smoothed(far, long, LONG_SEASONS, Kind::Additive, out),
            Member::LongSmoothedRatio => smoothed(far, long, LONG_SEASONS, Kind::Multiplicative, out),
        };
        if found.is_none() || out.iter().any(|v| !v.is_finite()) {
            Baseline::SeasonalNaive.forecast(near, seasons.short, out);
        }
    }
}

fn newest(history: &[f64], rows: usize) -> &[f64] {
    history.get(history.len().saturating_sub(rows)..).unwrap_or(history)
}

impl Decomposed<'_> {
    /// The mean of the last season.
    fn last_level(&self, season: usize) -> Option<f64> {
        mean(newest(self.rows, season))
    }

    /// The level after the last row, by simple exponential smoothing from the mean of the first four.
    fn smoothed_level(&self) -> Option<f64> {
        let phases = self.indices.iter().cycle();
        let values = self.rows.iter().zip(phases).map(|(v, index)| self.kind.without(*v, *index));
        let mut values = values.filter(|v| v.is_finite());
        let first: Vec<f64> = values.by_ref().take(4).collect();
        let start = mean(&first)?;
        Some(first.into_iter().chain(values).fold(start, |level, v| level + ALPHA * (v - level)))
    }

    /// This level with the index of every step ahead.
    fn at(&self, level: f64, out: &mut [f64]) -> Option<()> {
        let steps = out.iter_mut().zip(self.indices.iter().cycle());
        steps.for_each(|(out, index)| *out = self.kind.with(level, *index));
        Some(())
    }
}

fn smoothed(history: &[f64], season: usize, most: usize, kind: Kind, out: &mut [f64]) -> Option<()> {
    let parts = Decomposed::new(history, season, most, kind)?;
    parts.at(parts.smoothed_level()?, out)
}

fn long_level(history: &[f64], season: usize, long: usize, out: &mut [f64]) -> Option<()> {
    let before = newest(history, long + season).get(..season).filter(|_| history.len() >= long + season)?;
    let shift = mean(newest(history, season))? - mean(before)?;
    Baseline::SeasonalNaive.forecast(newest(history, long), long, out);
    out.iter_mut().for_each(|v| *v += shift);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MEMBERS;

    const N: f64 = f64::NAN;

    fn forecast(member: Member, history: &[f64], seasons: &Seasons, horizon: usize) -> Vec<f64> {
        let mut out = vec![0.0; horizon];
        member.forecast(history, seasons, &mut out);
        out
    }

    fn seasons(short: usize, long: Option<usize>) -> Seasons {
        Seasons { short, long, rows: 100 }
    }

    /// Worked out by hand: three seasons of two rows with levels 3, 5, 9; indices -1 and 1 on average
    /// ((-2 - 1 + 0) / 3 = -1).
    #[test]
    fn the_phase_means_at_the_last_level() {
        let history = [1.0, 5.0, 4.0, 6.0, 9.0, 9.0];
        assert_eq!(forecast(Member::SeasonalLevel, &history, &seasons(2, None), 3), [8.0, 10.0, 8.0]);
        // A row more: the season begins one row later, and phase 0 is still the first step's.
        let shifted = [7.0, 5.0, 4.0, 6.0, 9.0];
        // Seasons (5, 4), (6, 9): levels 4.5 and 7.5, indices 0.5, -0.5 and -1.5, 1.5: -0.5 and 0.5.
        assert_eq!(forecast(Member::SeasonalLevel, &shifted, &seasons(2, None), 2), [7.0, 8.0]);
    }

    /// Without a season and with ones until the last value: 1 + 0.2 (6 - 1) = 2.
    #[test]
    fn smoothing_by_hand() {
        let history = [1.0, 1.0, N, 1.0, 1.0, 6.0];
        let got = forecast(Member::Smoothed, &history, &seasons(1, None), 2);
        assert!(got.iter().all(|v| (v - 2.0).abs() < 1e-12), "{got:?}");
    }

    #[test]
    fn a_series_that_is_level_times_season_is_met() {
        let index = [0.5, 1.0, 1.5];
        let history: Vec<f64> = (0..12).map(|row| 8.0 * index[row % 3]).collect();
        let got = forecast(Member::SmoothedRatio, &history, &seasons(3, None), 4);
        for (got, expected) in got.iter().zip([4.0, 8.0, 12.0, 4.0]) {
            assert!((got - expected).abs() < 1e-9, "{got} {expected}");
        }
        // A zero has no ratio: the season before.
        let zeros = [0.0, 1.0, 2.0, 0.0, 1.0, 3.0];
        assert_eq!(forecast(Member::SmoothedRatio, &zeros, &seasons(3, None), 3), [0.0, 1.0, 3.0]);
    }

    #[test]
    fn the_long_season_keeps_the_newest_level() {
        // Long season 4, short 2: the week before was 10 lower.
        let history = [1.0, 3.0, 5.0, 7.0, 11.0, 13.0];
        let seasons = seasons(2, Some(4));
        assert_eq!(forecast(Member::LongNaive, &history, &seasons, 5), [5.0, 7.0, 11.0, 13.0, 5.0]);
        assert_eq!(forecast(Member::LongLevel, &history, &seasons, 4), [15.0, 17.0, 21.0, 23.0]);
        // Too short for it: the season before.
        assert_eq!(forecast(Member::LongLevel, &history[1..], &seasons, 2), [11.0, 13.0]);
    }

    #[test]
    fn nothing_observed_and_next_to_nothing() {
        let seasons = seasons(2, Some(4));
        for member in MEMBERS.into_iter().filter(|member| !member.is_fitted()) {
            assert!(forecast(member, &[N, N, N], &seasons, 3).iter().all(|v| v.is_nan()), "{member:?}");
            assert!(forecast(member, &[], &seasons, 2).iter().all(|v| v.is_nan()), "{member:?}");
            assert_eq!(forecast(member, &[7.0], &seasons, 3), [7.0; 3], "{member:?}");
        }
    }
}
