//! Boosted regression trees for the absolute error (Friedman, *Greedy function approximation: a gradient boosting
//! machine*, Annals of Statistics 2001, algorithm 3), with rows and columns drawn anew for each tree.
//!
//! All trees are complete and of one depth, so that they are plain arrays: node i has the children 2 i + 1
//! (value at most the threshold) and 2 i + 2. Where nothing is to be gained, the threshold is the largest number.

use super::bins;
use super::grow::Grower;
use super::sample::Sample;
use crate::model::init;

/// D.
pub const DEPTH: usize = 6;
/// Trees.
const COUNT: usize = 200;
/// What a tree's leaves are multiplied by.
const RATE: f32 = 0.06;

/// N trees whose leaves are summed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trees {
    /// D.
    pub(super) depth: usize,
    /// (N, 2^D - 1) the column that a node looks at.
    pub(super) feature: Vec<u32>,
    /// (N, 2^D - 1).
    pub(super) threshold: Vec<f32>,
    /// (N, 2^D).
    pub(super) leaf: Vec<f32>,
}

impl Trees {
    /// Fits to a sample; the same for any number of threads.
    pub fn fit(sample: &Sample, seed: u64) -> Trees {
        let columns = bins::columns(sample);
        let mut trees = Trees { depth: DEPTH, ..Trees::default() };
        let mut grower = Grower::new(sample, &columns);
        let start = grower.centre();
        for number in 0..COUNT {
            let mut rng = init::rng(seed, 0x7EEE_0000_0000 + number as u64);
            let mut tree = grower.grow(DEPTH, RATE, &mut rng);
            grower.add(&tree);
            if number == 0 {
                tree.leaf.iter_mut().for_each(|leaf| *leaf += start);
            }
            trees.feature.extend(tree.feature);
            trees.threshold.extend(tree.threshold);
            trees.leaf.extend(tree.leaf);
        }
        trees
    }

    /// The sum of the leaves that a row falls into.
    pub fn predict(&self, row: &[f32]) -> f32 {
        let inner = (1 << self.depth) - 1;
        let trees = self.feature.chunks_exact(inner).zip(self.threshold.chunks_exact(inner));
        (trees.zip(self.leaf.chunks_exact(inner + 1)))
            .map(|((feature, threshold), leaf)| leaf[place(feature, threshold, self.depth, row)])
            .sum()
    }
}

/// The leaf of one tree that a row falls into.
pub(super) fn place(feature: &[u32], threshold: &[f32], depth: usize, row: &[f32]) -> usize {
    let mut at = 0;
    for _ in 0..depth {
        let right = row[feature[at] as usize] > threshold[at];
        at = 2 * at + 1 + usize::from(right);
    }
    at - feature.len()
}
