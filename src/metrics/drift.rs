//! Has a model got worse than its calibration says?
//!
//! A calibrated interval of 80 % leaves a fifth of the values outside. Values of neighbouring rows, of
//! overlapping forecasts and of series that share a day stand and fall together, so that they are not counted one by
//! one: the shares outside in blocks of time, all series together, are the observations (batch means; Law and Carson,
//! "A sequential procedure for determining the length of a steady-state simulation", Operations Research 27 (1979)
//! 1011-1025). Where neighbouring blocks still resemble each other, they count as so many fewer, B (1 - r) / (1 + r)
//! with r their correlation, where that is above 0 (Bayley and Hammersley, "The 'effective' number of independent observations in
//! an autocorrelated time series", Supplement to the Journal of the Royal Statistical Society 8 (1946) 184-197, of
//! first order). The test is Student's t, one-sided; it is made over three spans, and p is that of the surest times their number
//! (Bonferroni).
//!
//! What is tested is not that a fifth is missed but that a quarter is: the validation part has chosen the model, so
//! that a little less than the stated coverage is no drift.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Coverage of the intervals that are looked at, percent.
pub const LEVEL: u8 = 80;
/// More than this share outside is drift.
const MOST: f64 = 0.25;
/// Below this a share is no chance.
pub const SIGNIFICANT: f64 = 0.01;
/// Newest blocks that are tested, ascending: a change of yesterday is diluted among older blocks, a small one is not seen
/// in a few.
const SPANS: [usize; 3] = [8, 14, 28];

/// Values inside and outside of their intervals, by blocks of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks {
    seconds: i64,
    /// For each block, by number, the values outside and all.
    counts: BTreeMap<i64, (u64, u64)>,
}

/// What the newest blocks say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// One-sided.
    pub p: f64,
    /// Share of the values outside, the mean of the blocks.
    pub share: f64,
    /// Values in the blocks.
    pub values: u64,
    /// Blocks that were tested.
    pub blocks: usize,
    /// Where the first of them begins, UTC epoch seconds.
    pub since: i64,
}

impl Drift {
    /// Whether it is time to train again.
    pub fn is_significant(&self) -> bool {
        self.p < SIGNIFICANT
    }
}

impl Blocks {
    /// Blocks of so many seconds.
    pub fn new(seconds: i64) -> Blocks {
        Blocks { seconds: seconds.max(1), counts: BTreeMap::new() }
    }

    /// Adds a value at a stamp, UTC epoch seconds.
    pub fn push(&mut self, stamp: i64, outside: bool) {
        let (out, all) = self.counts.entry(stamp.div_euclid(self.seconds)).or_default();
        *out += u64::from(outside);
        *all += 1;
    }

    /// Tests the newest blocks, over each of the `SPANS`; `None` where there are too few. Blocks with less than half as
    /// many values as is usual, such as the first and the last, do not count.
    pub fn newest(&self) -> Option<Drift> {
        let mut sizes: Vec<u64> = self.counts.values().map(|(_, all)| *all).collect();
        sizes.sort_unstable();
        let usual = *sizes.get(sizes.len() / 2)?;
        let whole: Vec<(i64, u64, u64)> = (self.counts.iter())
            .filter(|(_, (_, all))| all * 2 >= usual)
            .map(|(number, (out, all))| (*number, *out, *all))
            .collect();
        let mut spans: Vec<usize> = SPANS.iter().map(|span| *span.min(&whole.len())).collect();
        spans.dedup();
        spans.retain(|span| *span >= SPANS[0]);
        let tested = spans.iter().filter_map(|span| self.test(whole.get(whole.len() - span..)?));
        let surest = tested.min_by(|a, b| a.p.total_cmp(&b.p))?;
        Some(Drift { p: (surest.p * spans.len() as f64).min(1.0), ..surest })
    }

    /// One test, of these blocks: number, values outside, values.
    fn test(&self, blocks: &[(i64, u64, u64)]) -> Option<Drift> {
        let shares: Vec<f64> = blocks.iter().map(|(_, out, all)| *out as f64 / *all as f64).collect();
        let count = shares.len() as f64;
        let share = shares.iter().sum::<f64>() / count;
        let apart = |lag: usize| -> f64 {
            shares.iter().zip(shares.iter().skip(lag)).map(|(a, b)| (a - share) * (b - share)).sum()
        };
        let (squares, next) = (apart(0), apart(1));
        // Equal shares differ by rounding alone.
        let r = if squares > 1e-12 { (next / squares).clamp(0.0, 0.9) } else { 0.0 };
        let effective = (count * (1.0 - r) / (1.0 + r)).max(2.0);
        let values: u64 = blocks.iter().map(|(_, _, all)| all).sum();
        // Blocks never agree more closely than values that are independent.
        let least = MOST * (1.0 - MOST) * count / values as f64;
        let variance = (squares / (count - 1.0)).max(least);
        let t = (share - MOST) / (variance / effective).sqrt();
        let p = StudentsT::new(0.0, 1.0, effective - 1.0).ok()?.sf(t);
        let since = blocks.first()?.0.saturating_mul(self.seconds);
        Some(Drift { p, share, values, blocks: blocks.len(), since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of a hundred values, so many of them outside.
    fn blocks(outside: &[u64]) -> Blocks {
        let mut blocks = Blocks::new(3600);
        for (number, outside) in outside.iter().enumerate() {
            (0..100).for_each(|i| blocks.push(3600 * number as i64 + 36 * i as i64, i < *outside));
        }
        blocks
    }

    #[test]
    fn against_the_integral() {
        // Mean 0.325, deviation 0.10351 (n - 1), t = 2.04939; the density of Student's t with 7 degrees of freedom, integrated from there in
        // steps of 0.001, is 0.039801. Neighbours differ more than they resemble each other, so that all blocks count.
        let drift = blocks(&[30, 20, 40, 30, 50, 20, 40, 30]).newest().unwrap();
        assert!((drift.p - 0.039_801).abs() < 1e-6, "{drift:?}");
        assert_eq!((drift.blocks, drift.values, drift.since), (8, 800, 0));
        assert!((drift.share - 0.325).abs() < 1e-12);
    }

    #[test]
    fn neighbours_that_resemble_each_other_count_less() {
        let mixed = blocks(&[20, 40, 20, 40, 20, 40, 20, 40]).newest().unwrap();
        let sorted = blocks(&[20, 20, 20, 20, 40, 40, 40, 40]).newest().unwrap();
        assert!((mixed.share - sorted.share).abs() < 1e-12);
        assert!(sorted.p > 2.0 * mixed.p, "{mixed:?} {sorted:?}");
    }

    #[test]
    fn a_fifth_is_no_drift_and_few_blocks_say_nothing() {
        assert!(blocks(&[20; 28]).newest().unwrap().p > 0.99);
        assert!(blocks(&[90; 8]).newest().unwrap().p < 1e-6);
        assert_eq!(blocks(&[90; 7]).newest(), None);
        // The newest count, and a block that has only begun does not.
        let mut long: Vec<u64> = vec![20; 60];
        long.splice(32.., [40; 28]);
        let mut blocks = blocks(&long);
        blocks.push(3600 * 60, false);
        let drift = blocks.newest().unwrap();
        assert_eq!(drift.since, 3600 * 32);
        assert!((drift.share - 0.4).abs() < 1e-12);
        // A change in the middle is seen in the blocks after it, at three times the chance.
        long = vec![20; 60];
        long.splice(50.., [40, 42, 38, 41, 39, 40, 43, 37, 40, 40]);
        let drift = self::blocks(&long).newest().unwrap();
        let alone = self::blocks(&long[52..]).newest().unwrap();
        assert_eq!((drift.since, drift.blocks), (3600 * 52, 8));
        assert_eq!(drift.p, 3.0 * alone.p);
        assert!(drift.p < 0.001, "{drift:?}");
    }
}
