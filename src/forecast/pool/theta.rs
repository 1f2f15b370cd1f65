//! The Theta method (Assimakopoulos and Nikolopoulos, *The theta model: a decomposition approach to forecasting*,
//! International Journal of Forecasting 16, 2000), refitted to the rows before every origin.
//!
//! Without its season the series is smoothed, and half the slope of its regression line is added (Hyndman and Billah,
//! *Unmasking the Theta method*, International Journal of Forecasting 19, 2003, equation 7):
//!
//! ```text
//! forecast(h) = l + b / 2 (h - 1 + 1 / alpha - (1 - alpha)^n / alpha)
//! ```
//!
//! with l the level of simple exponential smoothing after n rows, alpha the one with the least squared errors. The season is taken out by
//! classical decomposition, by division where all values are positive, if the autocorrelation at its lag tells
//! of one (a level of 90 %, as in the benchmarks of the M4 competition).

use super::decompose::{Kind, mean};
use super::ets;

/// Weights of the newest value that are tried: 0.05, 0.1, … 0.95.
const ALPHAS: usize = 19;
/// Fewest values, and seasons where there is one.
const LEAST: usize = 5;
const LEAST_SEASONS: usize = 3;
/// Values that the first level is the mean of.
const FIRST: usize = 4;
/// Two-sided 90 % of a normal variable.
const PLAIN: f64 = 1.645;

/// Forecasts `out.len()` steps after the newest rows of `history` (as many as [`ets::rows`]), NaN where not observed;
/// `None` of too few values.
pub fn forecast(history: &[f64], season: usize, out: &mut [f64]) -> Option<()> {
    let newest = history.get(history.len().saturating_sub(ets::rows(season))..)?;
    let first = newest.iter().position(|v| v.is_finite())?;
    let rows = newest.get(first..)?;
    let n = rows.len();
    if rows.iter().filter(|v| v.is_finite()).count() < LEAST {
        return None;
    }
    let kind = if rows.iter().any(|v| *v <= 0.0) { Kind::Additive } else { Kind::Multiplicative };
    let indices = indices(rows, season, kind).unwrap_or(vec![kind.neutral()]);
    let m = indices.len();
    // The row after the last is of phase 0.
    let phase = |row: usize| (row + m - n % m) % m;
    let level: Vec<f64> = (0..n).map(|row| kind.without(rows[row], indices[phase(row)])).collect();
    let slope = slope(&level)?;
    let (alpha, last) = smoothed(&level)?;
    let start = 1.0 / alpha - (1.0 - alpha).powi(n.min(1 << 20) as i32) / alpha;
    for (step, out) in out.iter_mut().enumerate() {
        *out = kind.with(last + slope / 2.0 * (step as f64 + start), indices[step % m]);
    }
    Some(())
}

/// The weight of the newest value with the least squared errors one step ahead, and the level that it leads to.
fn smoothed(rows: &[f64]) -> Option<(f64, f64)> {
    let observed: Vec<f64> = rows.iter().copied().filter(|v| v.is_finite()).collect();
    let start = mean(observed.get(..FIRST.min(observed.len()))?)?;
    let run = |alpha: f64| {
        observed.iter().fold((start, 0.0), |(level, sum), value| {
            let error = value - level;
            (level + alpha * error, sum + error * error)
        })
    };
    let tried = (1..=ALPHAS).map(|i| i as f64 * 0.05).map(|alpha| (alpha, run(alpha)));
    tried.min_by(|a, b| a.1.1.total_cmp(&b.1.1)).map(|(alpha, (level, _))| (alpha, level))
}

/// The slope a row of the least squares line.
fn slope(rows: &[f64]) -> Option<f64> {
    let observed = || rows.iter().enumerate().filter(|(_, v)| v.is_finite());
    let n = observed().count() as f64;
    let middle = observed().map(|(row, _)| row as f64).sum::<f64>() / n;
    let (mut across, mut along) = (0f64, 0f64);
    for (row, value) in observed() {
        across += (row as f64 - middle) * value;
        along += (row as f64 - middle).powi(2);
    }
    (along > 0.0).then(|| across / along)
}

/// The index of each phase by classical decomposition; `None` without a season that is told from chance.
fn indices(rows: &[f64], season: usize, kind: Kind) -> Option<Vec<f64>> {
    let n = rows.len();
    if season < 2 || n < LEAST_SEASONS * season || !is_seasonal(rows, season) {
        return None;
    }
    let mut of_phase: Vec<Vec<f64>> = vec![Vec::new(); season];
    let half = season / 2;
    for row in half..n - half {
        if let Some(level) = centred(&rows[row - half..=row + half], season)
            && rows[row].is_finite()
        {
            of_phase[(row + season - n % season) % season].push(kind.without(rows[row], level));
        }
    }
    let mut indices = of_phase.iter().map(|own| mean(own)).collect::<Option<Vec<f64>>>()?;
    kind.centre(&mut indices);
    indices.iter().all(|v| v.is_finite()).then_some(indices)
}

/// The mean over one season around the middle of these rows; the two ends count half where they are of one phase. `None`
/// where half of them are missing.
fn centred(rows: &[f64], season: usize) -> Option<f64> {
    let ends = if season.is_multiple_of(2) { 0.5 } else { 1.0 };
    let (mut sum, mut total) = (0f64, 0f64);
    for (at, value) in rows.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        let weight = if at == 0 || at + 1 == rows.len() { ends } else { 1.0 };
        sum += weight * value;
        total += weight;
    }
    (2.0 * total > season as f64).then(|| sum / total)
}

/// Whether values one season apart go together by more than chance, given the nearer ones (Bartlett's standard error).
fn is_seasonal(rows: &[f64], season: usize) -> bool {
    let Some(centre) = mean(rows) else { return false };
    let apart: Vec<f64> = rows.iter().map(|v| if v.is_finite() { v - centre } else { 0.0 }).collect();
    let variance: f64 = apart.iter().map(|v| v * v).sum();
    let at_lag = |lag: usize| {
        let pairs = apart.iter().zip(apart.iter().skip(lag));
        pairs.map(|(a, b)| a * b).sum::<f64>() / variance
    };
    let nearer: f64 = (1..season).map(|lag| at_lag(lag).powi(2)).sum();
    variance > 0.0 && at_lag(season).abs() > PLAIN * ((1.0 + 2.0 * nearer) / rows.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::ets::tests::{close, rows_of_reference};
    use super::*;

    const N: f64 = f64::NAN;

    fn said(history: &[f64], season: usize, horizon: usize) -> Vec<f64> {
        let mut out = vec![N; horizon];
        assert!(forecast(history, season, &mut out).is_some());
        out
    }

    /// By `tests/golden/smoothing.py`.
    #[test]
    fn the_reference_is_met() {
        let expected = [30.769282875, 42.177894778, 49.744209857, 30.693147281, 31.239474593, 42.81997091];
        close(&said(&rows_of_reference(), 4, 6), &expected, 1e-8);
    }

    /// Half of the slope of a line, in the end: worked out by hand for 1, 2, … 12, where the largest alpha is best.
    #[test]
    fn half_the_slope_is_added() {
        let line: Vec<f64> = (1..=12).map(f64::from).collect();
        let got = said(&line, 1, 3);
        assert!(got.windows(2).all(|two| (two[1] - two[0] - 0.5).abs() < 1e-9), "{got:?}");
        // alpha = 0.95: the level lags by 0.05 / 0.95 behind 12; the first step adds 0.5 / 0.95.
        assert!((got[0] - (12.0 - 0.05 / 0.95 + 0.5 / 0.95)).abs() < 1e-6, "{got:?}");
    }

    #[test]
    fn a_season_is_kept_and_chance_is_not_one() {
        let rows: Vec<f64> = (0..36).map(|row| [0.0, 3.0, 6.0][row % 3]).collect();
        let got = said(&rows, 3, 3);
        assert!(got.iter().zip([0.0, 3.0, 6.0]).all(|(g, e)| (g - e).abs() < 0.2), "{got:?}");
        let noise: Vec<f64> = (0..36).map(|row| (f64::from(row * row % 37) * 2.3).sin()).collect();
        assert!(indices(&noise, 3, Kind::Additive).is_none());
    }

    #[test]
    fn too_little_says_nothing() {
        for history in [&[][..], &[N, N], &[1.0, 2.0, 3.0]] {
            assert!(forecast(history, 4, &mut [0.0; 2]).is_none(), "{history:?}");
        }
    }
}
