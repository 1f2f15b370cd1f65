//! Columns cut into bins, so that a split is looked for among a few borders.

use rayon::prelude::*;

use super::sample::Sample;

/// Bins at most of a column.
pub const BINS: usize = 64;
/// Rows at most that borders are taken from.
const LOOKED_AT: usize = 20_000;

/// A column of codes.
#[derive(Debug, Clone)]
pub struct Column {
    /// Ascending; a value belongs to the first bin whose border is not below it, else to the last.
    pub borders: Vec<f32>,
    /// (R) the bin of each row.
    pub codes: Vec<u8>,
}

/// All columns of a sample.
pub fn columns(sample: &Sample) -> Vec<Column> {
    (0..sample.width).into_par_iter().map(|c| Column::new(sample, c)).collect()
}

impl Column {
    fn new(sample: &Sample, column: usize) -> Column {
        let every = sample.len().div_ceil(LOOKED_AT).max(1);
        let values = || sample.x.iter().skip(column).step_by(sample.width);
        let mut sorted: Vec<f32> = values().step_by(every).copied().collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let mut borders: Vec<f32> =
            (1..BINS).filter_map(|i| sorted.get(i * sorted.len() / BINS)).copied().collect();
        borders.dedup();
        // Nothing lies above the largest value.
        if borders.last() == sorted.last() {
            borders.pop();
        }
        let codes = values().map(|value| borders.partition_point(|border| border < value) as u8).collect();
        Column { borders, codes }
    }
}
