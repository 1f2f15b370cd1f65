//! Are two forecasts equally accurate, or is one of them better by more than chance?
//!
//! Sources: Diebold and Mariano, "Comparing predictive accuracy", Journal of Business & Economic
//! Statistics 13 (1995) 253-263; the correction for few forecasts is that of Harvey, Leybourne and
//! Newbold, "Testing the equality of prediction mean squared errors", International Journal of
//! Forecasting 13 (1997) 281-291; several tests at a time are corrected after Holm, "A simple
//! sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979) 65-70.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Fewest differences that are tested: Harvey, Leybourne and Newbold looked at no fewer.
pub const LEAST: usize = 8;
/// Differences that are smaller than this share of the losses are rounding.
const ROUNDING: f64 = 1e-12;

/// Why there is no test of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untested {
    /// Fewer than [`LEAST`] differences.
    Few,
    /// All differences are the same number, such as 0.
    Constant,
    /// The variance of the mean, with the lags that overlapping forecasts need, came out as 0 or less.
    Variance,
    /// As many lags as there are differences: the correction for few forecasts is 0 or less.
    Correction,
}

impl Untested {
    /// For people, within a sentence.
    pub fn why(self) -> &'static str {
        match self {
            Untested::Few => "there are fewer than 8 origins",
            Untested::Constant => "all differences are the same",
            Untested::Variance => {
                "with the lags that overlapping forecasts need, the variance came out as 0 or less"
            }
            Untested::Correction => "the forecasts overlap over as many origins as there are",
        }
    }

    /// For machines.
    pub fn name(self) -> &'static str {
        match self {
            Untested::Few => "few_origins",
            Untested::Constant => "constant",
            Untested::Variance => "variance",
            Untested::Correction => "correction",
        }
    }
}

/// What a test says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tested {
    /// The corrected statistic; below 0 the first forecast is better.
    pub statistic: f64,
    /// Two-sided, by Student's t with n - 1 degrees of freedom.
    pub p: f64,
    /// Ends of the interval for the mean difference that covers 95 %: what the test does not refuse.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The paired difference of two forecasts' losses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// n, differences.
    pub n: usize,
    /// Autocovariances in the variance of the mean: h - 1.
    pub lags: usize,
    /// The mean of the differences, loss of the first less loss of the second; NaN where n is 0.
    pub mean: f64,
    /// The correlation of differences `lags + 1` apart, which the test takes for 0.
    pub beyond: Option<f64>,
    /// The test, or why there is none.
    pub test: Result<Tested, Untested>,
}

impl Paired {
    /// Tests whether the mean of these differences is 0. `at` is the number of each one's origin,
    /// ascending, so that pairs across a hole are no neighbours; forecasts overlap over `lags`
    /// origins to either side. `size`: the mean loss, beside which a difference is rounding.
    ///
    /// With d the differences, g_k = 1/n sum (d_t - mean)(d_(t-k) - mean) and h = lags + 1, the
    /// statistic is `mean / sqrt((g_0 + 2 sum g_k) / n) * sqrt((n + 1 - 2h + h(h - 1)/n) / n)`.
    pub fn test(at: &[usize], differences: &[f64], lags: usize, size: f64) -> Paired {
        let n = differences.len().min(at.len());
        let count = n as f64;
        let mean = differences.iter().take(n).sum::<f64>() / count;
        let off: Vec<f64> = differences.iter().take(n).map(|d| d - mean).collect();
        let spread = autocovariance(at, &off, 0);
        let constant = spread.sqrt() <= ROUNDING * size.abs();
        let beyond =
            (!constant && n > lags.saturating_add(2)).then(|| autocovariance(at, &off, lags + 1) / spread);
        let variance =
            (1..=lags.min(n)).fold(spread, |sum, lag| sum + 2.0 * autocovariance(at, &off, lag)) / count;
        let h = lags as f64 + 1.0;
        let factor = (count + 1.0 - 2.0 * h + h * (h - 1.0) / count) / count;
        let test = if n < LEAST {
            Err(Untested::Few)
        } else if constant {
            Err(Untested::Constant)
        } else if lags >= n - 1 || factor <= 0.0 {
            Err(Untested::Correction)
        } else if variance <= ROUNDING * spread {
            Err(Untested::Variance)
        } else {
            Tested::new(mean, (variance / factor).sqrt(), count - 1.0).ok_or(Untested::Few)
        };
        Paired { n, lags, mean, beyond, test }
    }

    /// Whether differences one lag further apart than the test allows for are plainly alike: by more
    /// than two standard errors of a correlation.
    pub fn drags_on(&self) -> bool {
        self.beyond.is_some_and(|r| r > 2.0 / (self.n as f64).sqrt())
    }
}

impl Tested {
    /// `error`: the standard error of the mean, corrected.
    fn new(mean: f64, error: f64, freedom: f64) -> Option<Tested> {
        let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
        let statistic = mean / error;
        let reach = student.inverse_cdf(0.975) * error;
        let p = (2.0 * student.cdf(-statistic.abs())).min(1.0);
        Some(Tested { statistic, p, low: mean - reach, high: mean + reach })
    }
}

/// `1/n` times the sum of products of deviations that are `lag` origins apart.
fn autocovariance(at: &[usize], off: &[f64], lag: usize) -> f64 {
    let mut sum = 0.0;
    let mut back = 0;
    for (i, (place, now)) in at.iter().zip(off).enumerate() {
        while back < i && at.get(back).is_some_and(|then| then + lag < *place) {
            back += 1;
        }
        if let (Some(then), Some(before)) = (at.get(back), off.get(back))
            && then + lag == *place
        {
            sum += now * before;
        }
    }
    sum / off.len().max(1) as f64
}

/// p-values corrected for their number after Holm: the chance of one or more false alarms among all
/// of them stays below each. `None` stays `None` and counts for nothing.
pub fn holm(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        values.iter().enumerate().filter_map(|(i, p)| p.map(|p| (i, p))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut out = vec![None; values.len()];
    let mut least = 0f64;
    for (rank, (i, p)) in order.iter().enumerate() {
        least = least.max((p * (order.len() - rank) as f64).min(1.0));
        if let Some(out) = out.get_mut(*i) {
            *out = Some(least);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: [f64; 10] = [0.3, -0.1, 0.5, 0.2, -0.4, 0.6, 0.1, 0.7, -0.2, 0.4];

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-8 * b.abs()
    }

    /// Expected numbers from the formulas in NumPy, with Student's t of SciPy.
    fn is(at: &[usize], d: &[f64], lags: usize, beyond: f64, expected: Tested) {
        let paired = Paired::test(at, d, lags, 1.0);
        let got = paired.test.expect("a test");
        assert!(close(got.statistic, expected.statistic), "{got:?}");
        assert!(close(got.p, expected.p), "{got:?}");
        assert!(close(got.low, expected.low) && close(got.high, expected.high), "{got:?}");
        assert!(close(paired.beyond.expect("a correlation"), beyond), "{paired:?}");
    }

    #[test]
    fn as_numpy_and_scipy_have_it() {
        let at: Vec<usize> = (0..10).collect();
        let expected = Tested {
            statistic: 1.8426094488084888,
            p: 0.09850212708841456,
            low: -0.04781535229552464,
            high: 0.4678153522955247,
        };
        is(&at, &D, 0, -0.6228400342172795, expected);
        let expected = Tested {
            statistic: 3.4930761554349172,
            p: 0.0067971610441847595,
            low: 0.07400153244627014,
            high: 0.34599846755372987,
        };
        is(&at, &D, 2, -0.1516680923866552, expected);
        // With holes between the origins.
        let d = [0.3, 0.1, 0.5, 0.6, -0.4, -0.6, 0.1, 0.7, 0.9, 0.4];
        let expected = Tested {
            statistic: 1.1566031604281568,
            p: 0.2772112003509597,
            low: -0.24852434305108156,
            high: 0.7685243430510815,
        };
        is(&[0, 1, 2, 4, 5, 6, 7, 9, 10, 11], &d, 1, -0.05158102766798416, expected);
    }

    #[test]
    fn no_p_value_where_none_can_be_had() {
        let at: Vec<usize> = (0..10).collect();
        let why = |at: &[usize], d: &[f64], lags| Paired::test(at, d, lags, 1.0).test.err();
        assert_eq!(why(&at[..7], &D[..7], 0), Some(Untested::Few));
        assert_eq!(why(&[], &[], 0), Some(Untested::Few));
        assert_eq!(why(&at, &[0.0; 10], 0), Some(Untested::Constant));
        assert_eq!(why(&at, &[0.1 + 0.2; 10], 3), Some(Untested::Constant));
        // The variance is below 0 here, as NumPy has it too.
        assert_eq!(why(&[0, 1, 2, 4, 5, 6, 7, 9, 10, 11], &D, 1), Some(Untested::Variance));
        assert_eq!(why(&at, &D, 9), Some(Untested::Correction));
        assert_eq!(why(&at, &D, usize::MAX - 1), Some(Untested::Correction));
    }

    #[test]
    fn holm_by_hand() {
        let adjusted = holm(&[Some(0.01), None, Some(0.04), Some(0.03), Some(0.005)]);
        // Sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1, never below the one before.
        let expected = [Some(0.03), None, Some(0.06), Some(0.06), Some(0.02)];
        for (got, expected) in adjusted.iter().zip(expected) {
            match (got, expected) {
                (Some(got), Some(expected)) => assert!(close(*got, expected), "{adjusted:?}"),
                (got, expected) => assert_eq!(*got, expected),
            }
        }
        assert_eq!(holm(&[Some(0.9), Some(0.8)]), [Some(1.0), Some(1.0)]);
        assert!(holm(&[]).is_empty());
    }
}
