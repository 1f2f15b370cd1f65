//! What a column, or several together, would be as a key: counted over all rows. Codes and moments
//! are small whole numbers, so that each count is one walk.

use rayon::prelude::*;
use std::borrow::Cow;

/// The code or moment of a row that has none.
pub const NONE: u32 = u32::MAX;

/// The moments of the rows, numbered in the order of time.
#[derive(Debug, Default)]
pub struct Moments {
    /// For each row the number of its moment, or [`NONE`].
    pub ids: Vec<u32>,
    /// The different stamps in order.
    pub stamps: Vec<i64>,
}

impl Moments {
    /// From each row's code into a list of stamps; `None` is a stamp that cannot be read.
    pub fn new(codes: &[u32], stamps: &[Option<i64>]) -> Self {
        let mut sorted: Vec<i64> = stamps.iter().flatten().copied().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let place =
            |s: &Option<i64>| s.and_then(|s| sorted.binary_search(&s).ok()).map_or(NONE, |i| i as u32);
        let places: Vec<u32> = stamps.iter().map(place).collect();
        let id = |code: &u32| places.get(*code as usize).copied().unwrap_or(NONE);
        Moments { ids: codes.iter().map(id).collect(), stamps: sorted }
    }

    /// How many rows repeat the moment of another one.
    pub fn repeated(&self) -> usize {
        let rows = self.ids.iter().filter(|id| **id != NONE).count();
        rows.saturating_sub(self.stamps.len())
    }

    /// Rows in the order of time; `None` where they are in it already.
    pub fn order(&self) -> Option<Vec<u32>> {
        if self.ids.is_sorted() {
            return None;
        }
        let mut order: Vec<u32> = (0..self.ids.len() as u32).collect();
        order.par_sort_by_key(|row| self.ids.get(*row as usize).copied());
        Some(order)
    }
}

/// A column, or several as one, that may be a key.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    pub columns: Vec<usize>,
    /// For each row its level, or [`NONE`].
    pub codes: Cow<'a, [u32]>,
    pub levels: usize,
}

impl<'a> Candidate<'a> {
    /// Both together, each pair that occurs a level.
    pub fn with(&self, other: &Candidate<'_>) -> Candidate<'a> {
        let mut known: std::collections::HashMap<u64, u32> = Default::default();
        let mut last = (u64::MAX, NONE);
        let codes = self.codes.iter().zip(other.codes.iter()).map(|(a, b)| {
            if *a == NONE || *b == NONE {
                return NONE;
            }
            let pair = u64::from(*a) << 32 | u64::from(*b);
            if pair != last.0 {
                let next = known.len() as u32;
                last = (pair, *known.entry(pair).or_insert(next));
            }
            last.1
        });
        let codes = Cow::Owned(codes.collect());
        Candidate {
            columns: [self.columns.clone(), other.columns.clone()].concat(),
            codes,
            levels: known.len(),
        }
    }
}

/// Counts of one candidate.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Facts {
    /// Rows with a level and a moment.
    pub rows: usize,
    /// Rows that repeat the level and moment of another one.
    pub repeated: usize,
    /// Moments of the table between the first and last of each level, summed.
    pub spans: usize,
}

impl Facts {
    /// Counts.
    pub fn of(candidate: &Candidate<'_>, moments: &Moments) -> Facts {
        let pairs = || {
            let both = candidate.codes.iter().zip(&moments.ids);
            both.filter(|(level, id)| **level != NONE && **id != NONE)
                .map(|(l, i)| (*l as usize, *i as usize))
        };
        let mut spans = vec![(usize::MAX, 0usize); candidate.levels];
        let mut rows = 0usize;
        for (level, id) in pairs() {
            rows += 1;
            if let Some(span) = spans.get_mut(level) {
                *span = (span.0.min(id), span.1.max(id));
            }
        }
        let cells = candidate.levels.saturating_mul(moments.stamps.len());
        let different = if cells <= rows.saturating_mul(256).max(1 << 24) {
            let mut seen = vec![0u64; cells / 64 + 1];
            let mut different = 0;
            for (level, id) in pairs() {
                let at = level * moments.stamps.len() + id;
                if let Some(word) = seen.get_mut(at / 64) {
                    different += usize::from(*word & (1 << (at % 64)) == 0);
                    *word |= 1 << (at % 64);
                }
            }
            different
        } else {
            let mut keys: Vec<u64> = pairs().map(|(l, i)| (l as u64) << 32 | i as u64).collect();
            keys.par_sort_unstable();
            keys.dedup();
            keys.len()
        };
        let spans = spans.iter().filter(|s| s.0 <= s.1).map(|s| s.1 - s.0 + 1).sum();
        Facts { rows, repeated: rows - different, spans }
    }

    /// The share of its own span in which a level has a row: near 1 for series on one grid, small
    /// for an attribute that comes and goes.
    pub fn filled(&self) -> f64 {
        (self.rows - self.repeated) as f64 / self.spans.max(1) as f64
    }

    /// Whether hardly a row repeats another.
    pub fn is_unique(&self) -> bool {
        self.repeated * 100 <= self.rows
    }
}

/// How the moments of rows that follow each other in a file compare.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Order {
    pub pairs: usize,
    pub equal: usize,
    pub rising: usize,
    pub falling: usize,
}

impl Order {
    /// Counts.
    pub fn of(ids: &[u32]) -> Order {
        let mut order = Order::default();
        for (a, b) in ids.iter().zip(ids.iter().skip(1)).filter(|(a, b)| **a != NONE && **b != NONE) {
            order.pairs += 1;
            order.equal += usize::from(a == b);
            order.rising += usize::from(a < b);
            order.falling += usize::from(a > b);
        }
        order
    }

    /// Rows against the table's direction: newest first is an order too.
    pub fn backward(&self) -> usize {
        self.rising.min(self.falling)
    }
}

/// Whether a candidate's series stand one after another: its levels change where the time goes
/// back and hardly anywhere else, and within a level the time never does.
pub fn one_after_another(candidate: &Candidate<'_>, moments: &Moments, order: &Order) -> bool {
    let falls = order.falling <= order.rising;
    let (mut changes, mut explained, mut again) = (0usize, 0usize, 0usize);
    let mut last = vec![NONE; candidate.levels];
    let mut before = (NONE, NONE);
    for (level, id) in candidate.codes.iter().copied().zip(moments.ids.iter().copied()) {
        let against = |a: u32| a != NONE && id != NONE && if falls { a > id } else { a < id };
        if before.0 != NONE && before.0 != level {
            changes += 1;
            explained += usize::from(against(before.1));
        }
        if let Some(own) = last.get_mut(level as usize) {
            again += usize::from(against(*own));
            *own = id;
        }
        before = (level, id);
    }
    let backward = order.backward();
    backward > 0
        && again * 10 <= backward
        && explained * 10 >= backward * 9
        && changes * 100 <= backward * 100 + order.pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(codes: &[u32]) -> Candidate<'_> {
        let levels = codes.iter().filter(|c| **c != NONE).max().map_or(0, |m| *m as usize + 1);
        Candidate { columns: vec![0], codes: Cow::Borrowed(codes), levels }
    }

    fn moments(stamps: &[i64]) -> Moments {
        let codes: Vec<u32> = (0..stamps.len() as u32).collect();
        Moments::new(&codes, &stamps.iter().map(|s| Some(*s)).collect::<Vec<_>>())
    }

    #[test]
    fn series_on_one_grid_and_an_attribute() {
        let m = moments(&[10, 10, 20, 20, 30, 30]);
        assert_eq!((m.repeated(), m.stamps.as_slice()), (3, &[10, 20, 30][..]));
        let key = Facts::of(&candidate(&[0, 1, 0, 1, 0, 1]), &m);
        assert_eq!(key, Facts { rows: 6, repeated: 0, spans: 6 });
        assert!(key.is_unique() && key.filled() == 1.0);
        let attribute = Facts::of(&candidate(&[0, 1, 2, 0, 1, 2]), &m);
        assert_eq!((attribute.repeated, attribute.spans), (0, 2 + 3 + 2));
        assert!(!Facts::of(&candidate(&[0, 0, 0, 1, 1, 1]), &m).is_unique());
    }

    #[test]
    fn pairs_of_columns() {
        let pair = candidate(&[0, 0, 1, 1]).with(&candidate(&[0, 1, 0, NONE]));
        assert_eq!((pair.codes.as_ref(), pair.levels), (&[0, 1, 2, NONE][..], 3));
    }

    #[test]
    fn blocks() {
        let m = moments(&[1, 4, 7, 2, 5, 8, 3, 6, 9]);
        let order = Order::of(&m.ids);
        assert_eq!(order, Order { pairs: 8, equal: 0, rising: 6, falling: 2 });
        assert!(one_after_another(&candidate(&[0, 0, 0, 1, 1, 1, 2, 2, 2]), &m, &order));
        assert!(!one_after_another(&candidate(&[0, 1, 0, 1, 0, 1, 0, 1, 0]), &m, &order));
        assert_eq!(m.order(), Some(vec![0, 3, 6, 1, 4, 7, 2, 5, 8]));
    }
}
