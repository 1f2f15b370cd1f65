//! Exponential smoothing with season and damped trend, refitted to the rows before every origin.
//!
//! Six models: no trend or a damped one, beside no season, an additive or a multiplicative one. With e the error one
//! step ahead, m rows in a season, and additive seasons,
//!
//! ```text
//! forecast  y(t|t-1) = l + phi b + s(t-m)
//! level     l <- l + phi b + alpha e
//! trend     b <- phi b + alpha beta e
//! season    s(t) <- s(t-m) + gamma (1 - alpha) e
//! ```
//!
//! and the same with l + phi b times s, e divided by what it is multiplied with (Hyndman, Koehler, Ord and Snyder, *Forecasting with
//! Exponential Smoothing*, 2008, tables 2.2 and 2.3; beta here is their beta / alpha, gamma theirs / (1 - alpha)). Each model starts from the
//! first three seasons and takes the parameters of a grid with the least squared errors, relative ones where the season multiplies.
//! The forecast is the mean of the six, weighted by exp(-AICc / 2) (Kolassa, *Combining exponential smoothing forecasts
//! using Akaike weights*, International Journal of Forecasting 27, 2011). A grid and no search: so a forecast costs the same
//! for every series, does not jump with the last digits of the rows, and asks for no parameters in a checkpoint.

use super::decompose::{Kind, mean};

/// Rows of history in seasons, and at least and at most.
const SEASONS: usize = 25;
const ROWS: (usize, usize) = (100, 600);
/// Seasons that a model starts from.
const FIRST: usize = 3;
/// Rows of a block that stands for a season where there is none.
const BLOCK: usize = 4;
/// Parameters that are tried at once.
const LANES: usize = 8;
const ALPHAS: [f64; LANES] = [0.02, 0.06, 0.12, 0.2, 0.35, 0.55, 0.8, 1.0];
const GAMMAS: [f64; 6] = [0.0, 0.05, 0.1, 0.2, 0.35, 0.5];
/// With a trend: levels that move too fast leave it nothing to say.
const TREND_ALPHAS: [f64; LANES] = [0.04, 0.08, 0.14, 0.2, 0.3, 0.45, 0.65, 0.9];
const BETAS: [f64; 3] = [0.02, 0.05, 0.15];
const PHIS: [f64; 3] = [0.8, 0.9, 0.97];
/// The mean squared error, in units of the mean size of the values, that counts as none.
const EXACT: f64 = 1e-12;

/// Rows of history that a forecast looks at.
pub fn rows(season: usize) -> usize {
    SEASONS.saturating_mul(season).clamp(ROWS.0, ROWS.1)
}

/// Whether there are models with this season.
pub fn knows(season: usize) -> bool {
    season <= ROWS.1 / FIRST
}

/// Forecasts `out.len()` steps after the newest [`rows`] of `history`, NaN where not observed; `None` of too few values.
pub fn forecast(history: &[f64], season: usize, out: &mut [f64]) -> Option<()> {
    let newest = history.get(history.len().saturating_sub(rows(season))..)?;
    let first = newest.iter().position(|v| v.is_finite())?;
    let rows = newest.get(first..)?;
    let observed: Vec<f64> = rows.iter().copied().filter(|v| v.is_finite()).collect();
    let size = observed.iter().map(|v| v.abs()).sum::<f64>() / observed.len() as f64;
    if observed.len() < 2 * BLOCK || size <= 0.0 {
        return None;
    }
    let table = Table { rows, observed: observed.len() as f64, size };
    let mut fitted = Vec::new();
    let mut kinds = vec![(1, Kind::Additive)];
    if season > 1 && knows(season) && rows.len() >= 2 * season + BLOCK {
        kinds.push((season, Kind::Additive));
        if observed.iter().all(|v| *v > 0.0) {
            kinds.push((season, Kind::Multiplicative));
        }
    }
    for (season, kind) in kinds {
        let Some(start) = Start::new(rows, season, kind) else { continue };
        let gammas: &[f64] = if season > 1 { &GAMMAS } else { &GAMMAS[..1] };
        let level = gammas.iter().map(|gamma| Lanes { alpha: ALPHAS, beta: 0.0, phi: 0.0, gamma: *gamma });
        let Some(level) = level.map(|lanes| table.run(&start, lanes)).min_by(Fitted::order) else { continue };
        let gamma = level.gamma;
        let grid = BETAS.iter().flat_map(|beta| PHIS.iter().map(move |phi| (*beta, *phi)));
        let trend = grid.map(|(beta, phi)| Lanes { alpha: TREND_ALPHAS, beta, phi, gamma });
        let trend = trend.map(|lanes| table.run(&start, lanes)).min_by(Fitted::order);
        fitted.extend(std::iter::once(level).chain(trend));
    }
    let least = fitted.iter().map(|f| f.aicc).fold(f64::INFINITY, f64::min);
    let weights: Vec<f64> = fitted.iter().map(|f| (-0.5 * (f.aicc - least)).exp()).collect();
    let total: f64 = weights.iter().filter(|w| w.is_finite()).sum();
    if !least.is_finite() || total <= 0.0 {
        return None;
    }
    out.fill(0.0);
    for (own, weight) in fitted.iter().zip(weights).filter(|(_, w)| *w > 1e-6) {
        own.add(weight / total, out);
    }
    Some(())
}

/// Parameters of eight models that differ in alpha.
#[derive(Clone, Copy)]
struct Lanes {
    alpha: [f64; LANES],
    beta: f64,
    phi: f64,
    gamma: f64,
}

/// States before the first row; phase 0 is that of the first step ahead.
struct Start {
    kind: Kind,
    level: f64,
    /// The level one row before the first of a line through the levels of the first blocks, and its slope.
    line: (f64, f64),
    indices: Vec<f64>,
}

impl Start {
    /// `None` where a block has nothing observed, or a value is not positive and must be.
    fn new(rows: &[f64], season: usize, kind: Kind) -> Option<Start> {
        let block = if season > 1 { season } else { BLOCK };
        let blocks: Vec<&[f64]> = rows.chunks_exact(block).take(FIRST).collect();
        let levels = blocks.iter().map(|own| mean(own)).collect::<Option<Vec<f64>>>()?;
        let (first, last) = (*levels.first()?, *levels.last()?);
        let slope = (last - first) / (block * (levels.len() - 1).max(1)) as f64;
        let line = (first - slope * (block + 1) as f64 / 2.0, slope);
        let mut indices = vec![kind.neutral(); season];
        if season > 1 {
            let shift = season - rows.len() % season;
            for (phase, index) in indices.iter_mut().enumerate() {
                // Row r is of phase (r + shift) mod m, as the row after the last is of phase 0.
                let row = (phase + season - shift % season) % season;
                let own = blocks.iter().zip(&levels).map(|(own, level)| kind.without(own[row], *level));
                *index = mean(&own.collect::<Vec<f64>>()).unwrap_or(kind.neutral());
            }
            kind.centre(&mut indices);
        }
        indices.iter().all(|v| v.is_finite()).then_some(Start { kind, level: first, line, indices })
    }
}

/// What is fitted to.
struct Table<'a> {
    rows: &'a [f64],
    observed: f64,
    /// Mean absolute value.
    size: f64,
}

/// The best of eight models after the last row.
struct Fitted {
    kind: Kind,
    aicc: f64,
    level: f64,
    trend: f64,
    phi: f64,
    gamma: f64,
    indices: Vec<f64>,
}

impl Table<'_> {
    /// Runs eight models over the rows.
    fn run(&self, start: &Start, lanes: Lanes) -> Fitted {
        match start.kind {
            Kind::Additive => self.run_as::<false>(start, lanes),
            Kind::Multiplicative => self.run_as::<true>(start, lanes),
        }
    }

    fn run_as<const RATIO: bool>(&self, start: &Start, lanes: Lanes) -> Fitted {
        let Lanes { alpha, beta, phi, gamma } = lanes;
        let season = start.indices.len();
        let (level, slope) = if phi > 0.0 { start.line } else { (start.level, 0.0) };
        let (mut level, mut trend) = ([level; LANES], [slope; LANES]);
        let mut indices: Vec<[f64; LANES]> = start.indices.iter().map(|index| [*index; LANES]).collect();
        let (mut squares, mut logs, mut product) = ([0f64; LANES], [0f64; LANES], [1f64; LANES]);
        // Errors count in units of the mean size, or of what was forecast.
        let (unit, least) = (1.0 / self.size, 1e-3 * self.size);
        let mut phase = (season - self.rows.len() % season) % season;
        for (row, value) in self.rows.iter().enumerate() {
            let index = &mut indices[phase];
            phase = if phase + 1 == season { 0 } else { phase + 1 };
            if !value.is_finite() {
                for j in 0..LANES {
                    trend[j] *= phi;
                    level[j] += trend[j];
                }
                continue;
            }
            for j in 0..LANES {
                let (ahead, own) = (level[j] + phi * trend[j], index[j]);
                let said = if RATIO { ahead * own } else { ahead + own };
                let error = value - said;
                let (by_level, by_index, relative) = if RATIO {
                    let sized = said.abs().max(least);
                    product[j] *= sized * unit;
                    (error / own.max(1e-3), error / ahead.max(least), error / sized)
                } else {
                    (error, error, error * unit)
                };
                level[j] = ahead + alpha[j] * by_level;
                trend[j] = phi * trend[j] + alpha[j] * beta * by_level;
                index[j] = own + gamma * (1.0 - alpha[j]) * by_index;
                squares[j] += relative * relative;
            }
            if RATIO && row % 32 == 31 {
                logs.iter_mut().zip(&mut product).for_each(|(sum, p)| *sum += std::mem::replace(p, 1.0).ln());
            }
        }
        logs.iter_mut().zip(product).for_each(|(sum, p)| *sum += p.ln());
        let n = self.observed;
        let deviance = |j: usize| n * (squares[j] / n + EXACT).ln() + 2.0 * logs[j];
        let found = (0..LANES).map(|j| (j, deviance(j))).filter(|(_, d)| d.is_finite());
        let (best, deviance) = found.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, f64::INFINITY));
        // Levels, trend, indices and their parameters, and the errors' variance.
        let trended = if phi > 0.0 { 3.0 } else { 0.0 };
        let seasonal = if season > 1 { season as f64 } else { 0.0 };
        let k = 3.0 + trended + seasonal;
        let spare = n - k - 1.0;
        let penalty = if spare > 0.0 { 2.0 * k + 2.0 * k * (k + 1.0) / spare } else { f64::INFINITY };
        Fitted {
            kind: start.kind,
            aicc: deviance + penalty,
            level: level[best],
            trend: trend[best],
            phi,
            gamma,
            indices: indices.iter().map(|index| index[best]).collect(),
        }
    }
}

impl Fitted {
    fn order(a: &Fitted, b: &Fitted) -> std::cmp::Ordering {
        a.aicc.total_cmp(&b.aicc)
    }

    /// Adds its forecast with this weight.
    fn add(&self, weight: f64, out: &mut [f64]) {
        let (mut level, mut step) = (self.level, self.trend);
        for (out, index) in out.iter_mut().zip(self.indices.iter().cycle()) {
            step *= self.phi;
            level += step;
            *out += weight * self.kind.with(level, *index);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const N: f64 = f64::NAN;

    /// The rows of `tests/golden/smoothing.py`.
    pub fn rows_of_reference() -> Vec<f64> {
        let season = [0.8, 1.1, 1.3, 0.8];
        let value = |row: usize| {
            let t = row as f64;
            (20.0 + 0.3 * t) * season[row % 4] + 1.5 * (1.7 * t).sin() + (0.31 * t).cos()
        };
        (0..60).map(value).collect()
    }

    fn said(history: &[f64], season: usize, horizon: usize) -> Vec<f64> {
        let mut out = vec![N; horizon];
        assert!(forecast(history, season, &mut out).is_some());
        out
    }

    pub fn close(got: &[f64], expected: &[f64], within: f64) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() <= within * expected.abs(), "{got} {expected}");
        }
    }

    /// By `tests/golden/smoothing.py`.
    #[test]
    fn the_reference_is_met() {
        let expected = [31.40271115, 43.809947262, 50.485125469, 31.098345183, 32.405661509, 45.152146542];
        close(&said(&rows_of_reference(), 4, 6), &expected, 1e-8);
    }

    #[test]
    fn what_is_exact_is_carried_on() {
        close(&said(&[7.0; 30], 4, 3), &[7.0; 3], 1e-9);
        let ratio: Vec<f64> = (0..32).map(|row| 8.0 * [0.5, 1.0, 1.5, 1.0][row % 4]).collect();
        close(&said(&ratio, 4, 5), &[4.0, 8.0, 12.0, 8.0, 4.0], 1e-6);
        // Zeros leave the additive season.
        let zeros: Vec<f64> = (0..30).map(|row| [0.0, 3.0, 6.0][row % 3]).collect();
        let got = said(&zeros, 3, 3);
        assert!(got.iter().zip([0.0, 3.0, 6.0]).all(|(g, e)| (g - e).abs() < 1e-6), "{got:?}");
    }

    /// A line goes on upwards, and ever less so.
    #[test]
    fn a_trend_is_damped() {
        let line: Vec<f64> = (0..40).map(|row| 5.0 + f64::from(row)).collect();
        let got = said(&line, 1, 4);
        let steps: Vec<f64> = got.windows(2).map(|two| two[1] - two[0]).collect();
        assert!((got[0] - 45.0).abs() < 0.5, "{got:?}");
        assert!(
            steps.iter().all(|s| (0.5..=1.0).contains(s)) && steps.is_sorted_by(|a, b| a > b),
            "{steps:?}"
        );
    }

    #[test]
    fn the_unit_does_not_matter() {
        let rows = rows_of_reference();
        let thousands: Vec<f64> = rows.iter().map(|v| v * 1000.0).collect();
        let back: Vec<f64> = said(&thousands, 4, 6).iter().map(|v| v / 1000.0).collect();
        close(&back, &said(&rows, 4, 6), 1e-9);
    }

    #[test]
    fn holes_are_crossed_and_only_the_newest_rows_count() {
        let mut rows = rows_of_reference();
        for at in [17, 30, 31, 44] {
            rows[at] = N;
        }
        close(&said(&rows, 4, 6), &said(&rows_of_reference(), 4, 6), 0.03);
        let older: Vec<f64> =
            [1e6; 50].into_iter().chain((0..super::rows(4)).map(|r| rows[r % 60])).collect();
        close(&said(&older, 4, 6), &said(&older[50..], 4, 6), 0.0);
    }

    #[test]
    fn too_little_says_nothing() {
        for history in [&[][..], &[N, N], &[1.0, 2.0, 3.0], &[0.0; 20]] {
            assert!(forecast(history, 4, &mut [0.0; 2]).is_none(), "{history:?}");
        }
        // Under two seasons there are models without one.
        close(&said(&[3.0; 9], 12, 2), &[3.0; 2], 1e-9);
    }
}
