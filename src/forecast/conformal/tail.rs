//! How rare a value is: the rank of its score among those of the calibration, of which a checkpoint keeps a few.
//!
//! With n scores of the validation part, of which c are not below that of a new value, its p-value is
//!
//! ```text
//! p = (c + 1) / (n + 1)
//! ```
//!
//! (Vovk, Gammerman and Shafer, *Algorithmic Learning in a Random World*, 2005): were validation and future
//! exchangeable, p would be at most u in a share u of all cases, for every u. Kept are the scores of the ranks 1
//! to 8 from the largest, then ever fewer; between two of them c is taken as large as it can be. So p is never too
//! small by what was not kept.

use serde::{Deserialize, Serialize};

use crate::number::round_significant;

/// Digits of scores that are kept.
const DIGITS: u8 = 6;
/// Ranks kept one by one, before each is a fifth beyond the one before it.
const EACH: usize = 8;

/// The largest scores of a target and lead, and how many there are in all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    n: usize,
    /// Of the [`ranks`], descending.
    scores: Vec<f64>,
}

/// 1, 2, … 8, 9, 10, 12, 14, … up to `n`.
fn ranks(n: usize) -> impl Iterator<Item = usize> {
    let next = |rank: &usize| Some(if *rank < EACH { rank + 1 } else { (rank * 6 / 5).max(rank + 1) });
    std::iter::successors(Some(1), next).take_while(move |rank| *rank <= n)
}

impl Tail {
    /// Of all scores.
    pub fn new(mut scores: Vec<f64>) -> Tail {
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        let kept = ranks(scores.len()).filter_map(|rank| scores.get(rank - 1));
        let kept = kept.map(|score| round_significant(*score, DIGITS)).collect();
        Tail { n: scores.len(), scores: kept }
    }

    /// Whether the scores are those of the ranks, descending and finite.
    pub fn is_sound(&self) -> bool {
        self.n <= 1 << 48
            && self.scores.len() == ranks(self.n).count()
            && self.scores.is_sorted_by(|a, b| a >= b)
            && self.scores.iter().all(|score| score.is_finite())
    }

    /// The p-value of a score; `None` without any to compare it with.
    pub fn p(&self, score: f64) -> Option<f64> {
        if self.n == 0 || score.is_nan() {
            return None;
        }
        // Scores are kept rounded, so one that is as good as equal counts as equal.
        let score = round_significant(score, DIGITS);
        let smaller = self.scores.partition_point(|kept| *kept >= score);
        let most = ranks(self.n).nth(smaller).map_or(self.n, |rank| rank - 1);
        Some((most + 1) as f64 / (self.n + 1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_by_hand() {
        assert_eq!(ranks(21).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 19]);
        // 99 scores 1 … 99: beyond all of them 1 in 100; 98.5 has one above it.
        let tail = Tail::new((1..=99).map(f64::from).collect());
        assert!(tail.is_sound());
        assert_eq!([100.0, 99.0, 98.5, 98.0].map(|s| tail.p(s).unwrap()), [0.01, 0.02, 0.02, 0.03]);
        // Ranks 10 and 12 are kept (scores 90 and 88): of 89.5 as much as 11 may be above it.
        assert_eq!(tail.p(89.5), Some(0.12));
        assert_eq!(tail.p(-5.0), Some(1.0));
        assert_eq!(Tail::default().p(1.0), None);
    }

    /// Never smaller than by all scores, and larger by a fifth at most.
    #[test]
    fn what_is_not_kept_makes_nothing_rarer() {
        let scores: Vec<f64> = (0..1000).map(|i| f64::from((i * 379) % 1000)).collect();
        let tail = Tail::new(scores.clone());
        for s in 0..1000 {
            let score = f64::from(s);
            let exact = (scores.iter().filter(|other| **other >= score).count() + 1) as f64 / 1001.0;
            let p = tail.p(score).unwrap();
            assert!(p >= exact && p <= exact * 1.25 + 1e-12, "{s}: {p} {exact}");
        }
    }
}
