//! What the series of a table are together at each stamp, so that a part of the table can be forecast
//! as the whole of it would be.
//!
//! Sums are exact: a value is counted as a multiple of 2^-24, and of such numbers, none larger than 10,
//! a double holds the sum of fifty million without rounding. So sums of parts, added up by whatever
//! program and in whatever order, are the sums of the whole, bit for bit.

use crate::data::inputs::{InputSpec, Scalings, filled};
use crate::data::panel::{Panel, Segment};

/// Values are counted in parts of this.
const STEP: f64 = 1.0 / (1u32 << 24) as f64;

/// From the first stamp to the last.
const ALL: (i64, i64) = (i64::MIN, i64::MAX);

/// A scaled value as it is counted.
pub(super) fn counted(value: f32) -> f64 {
    (f64::from(value) / STEP).round() * STEP
}

/// A sum and how many values are in it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sum {
    /// Of values as the model scales them, filled forward.
    pub sum: f64,
    /// Series that count.
    pub count: u32,
}

/// Sums over all series of a table, a stamp and column, of values as the model scales them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Means {
    /// Ascending, UTC epoch seconds.
    stamps: Vec<i64>,
    /// (stamps, columns), columns as in [`InputSpec::values`].
    sums: Vec<Sum>,
    columns: usize,
    /// For each stamp, series in the sums that training had not seen: their scaling depends on where their
    /// forecast begins.
    unseen: Vec<u32>,
}

impl Means {
    /// Of the rows of a panel; the last `future` rows of each segment are not part of the table.
    pub fn of(panel: &Panel, spec: &InputSpec, scalings: &Scalings, future: usize) -> Means {
        let filled = filled(panel, spec, scalings);
        Means::of_filled(panel, spec, &filled, &scalings.unseen, (future, ALL))
    }

    /// The same, of rows from the first to the last of these stamps alone.
    pub fn within(panel: &Panel, spec: &InputSpec, scalings: &Scalings, span: (i64, i64)) -> Means {
        let filled = filled(panel, spec, scalings);
        Means::of_filled(panel, spec, &filled, &scalings.unseen, (0, span))
    }

    /// As [`Means::of`], from (rows, columns) values that are scaled and filled forward.
    pub(super) fn of_filled(
        panel: &Panel,
        spec: &InputSpec,
        filled: &[f32],
        unseen: &[usize],
        (future, span): (usize, (i64, i64)),
    ) -> Means {
        let (columns, window) = (panel.columns.len(), spec.lead.as_ref().map_or(0, |lead| lead.window));
        let rows_of = |segment: &Segment| {
            let rows = segment.offset..segment.offset + segment.len.saturating_sub(future);
            let own = panel.stamps.get(rows.clone()).unwrap_or_default();
            let [from, until] = [own.partition_point(|s| *s < span.0), own.partition_point(|s| *s <= span.1)];
            rows.start + from..rows.start + until.max(from)
        };
        let mut stamps = Vec::with_capacity(panel.stamps.len());
        for segment in &panel.segments {
            stamps.extend_from_slice(panel.stamps.get(rows_of(segment)).unwrap_or_default());
        }
        stamps.sort_unstable();
        stamps.dedup();
        let sums = vec![Sum::default(); stamps.len() * columns];
        let mut made = Means { unseen: vec![0; stamps.len()], stamps, sums, columns };
        let age = super::build::ages(panel);
        for segment in &panel.segments {
            let rows = rows_of(segment);
            let own = u32::from(unseen.binary_search(&(segment.series as usize)).is_ok());
            let mut places = made.places(panel.stamps.get(rows.clone()).unwrap_or_default());
            for row in rows {
                let Some(at) = places.next().flatten() else { continue };
                made.unseen[at] += own;
                for column in 0..columns {
                    let old = column < panel.targets && age[row * panel.targets + column] as usize >= window;
                    if !old {
                        let sum = &mut made.sums[at * columns + column];
                        sum.sum += counted(filled[row * columns + column]);
                        sum.count += 1;
                    }
                }
            }
        }
        made
    }

    /// From rows that were read: stamps in any order, of which several may be the same; (rows, columns) sums.
    pub fn from_rows(rows: impl IntoIterator<Item = (i64, u32, Vec<Sum>)>, columns: usize) -> Means {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_by_key(|row| row.0);
        let mut made = Means { columns, ..Means::default() };
        for (stamp, unseen, sums) in rows {
            if made.stamps.last() != Some(&stamp) {
                made.stamps.push(stamp);
                made.unseen.push(0);
                made.sums.resize(made.stamps.len() * columns, Sum::default());
            }
            let first = made.sums.len() - columns;
            for (all, own) in made.sums[first..].iter_mut().zip(sums) {
                all.sum += own.sum;
                all.count += own.count;
            }
            if let Some(all) = made.unseen.last_mut() {
                *all += unseen;
            }
        }
        made
    }

    /// Adds those of another table of the same columns.
    pub fn add(&mut self, other: &Means) {
        if self.stamps == other.stamps && self.columns == other.columns {
            for (all, own) in self.sums.iter_mut().zip(&other.sums) {
                all.sum += own.sum;
                all.count += own.count;
            }
            return self.unseen.iter_mut().zip(&other.unseen).for_each(|(all, own)| *all += own);
        }
        let all = self.rows().chain(other.rows()).map(|(stamp, unseen, sums)| (stamp, unseen, sums.to_vec()));
        *self = Means::from_rows(all.collect::<Vec<_>>(), self.columns.max(other.columns));
    }

    /// Stamp, series that training had not seen, and the sums of all columns, by stamp.
    pub fn rows(&self) -> impl Iterator<Item = (i64, u32, &[Sum])> {
        let sums = self.sums.chunks(self.columns.max(1));
        self.stamps.iter().zip(&self.unseen).zip(sums).map(|((stamp, unseen), sums)| (*stamp, *unseen, sums))
    }

    /// The largest number of series in any sum that training had not seen.
    pub fn unseen(&self) -> u32 {
        self.unseen.iter().copied().max().unwrap_or(0)
    }

    /// Whether there is a sum of every column at this stamp.
    pub fn has(&self, stamp: i64) -> bool {
        self.stamps.binary_search(&stamp).is_ok()
    }

    /// The places of ascending stamps.
    pub(super) fn places<'s>(&self, stamps: &'s [i64]) -> impl Iterator<Item = Option<usize>> + use<'s> {
        let first = stamps.first().copied().unwrap_or(i64::MAX);
        let from = self.stamps.partition_point(|s| *s < first);
        let own: Vec<i64> = match stamps.last() {
            Some(last) => self
                .stamps
                .get(from..)
                .unwrap_or_default()
                .iter()
                .copied()
                .take_while(|s| s <= last)
                .collect(),
            None => Vec::new(),
        };
        let mut at = 0;
        stamps.iter().map(move |stamp| {
            while own.get(at).is_some_and(|s| s < stamp) {
                at += 1;
            }
            (own.get(at) == Some(stamp)).then_some(from + at)
        })
    }

    /// The mean of a column at a place over the other series than the one with this value, which itself
    /// counts or not; `None` where there is no other.
    pub(super) fn of_others(&self, place: usize, column: usize, value: f32, counts: bool) -> Option<f32> {
        let all = self.sums.get(place * self.columns + column)?;
        let own = u32::from(counts);
        let sum = all.sum - f64::from(own) * counted(value);
        (all.count > own).then(|| (sum / f64::from(all.count - own)) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Parts, in any order and put together in any way, are the whole to the last bit.
        #[test]
        fn sums_do_not_depend_on_order(values in prop::collection::vec(-10f32..10.0, 1..400), turn in 0usize..400, cut in 1usize..50) {
            let of = |values: &[f32]| {
                let sum = |v: &f32| (7, 0, vec![Sum { sum: counted(*v), count: 1 }]);
                Means::from_rows(values.iter().map(sum), 1)
            };
            let whole = of(&values);
            let mut turned = values.clone();
            turned.rotate_left(turn % values.len());
            let mut parts = Means::from_rows(Vec::new(), 1);
            for part in turned.chunks(cut) {
                parts.add(&of(part));
            }
            prop_assert_eq!(&whole, &parts);
            // And the mean over the others is that of a sum without rounding.
            let others: i128 = values[1..].iter().map(|v| (f64::from(*v) * f64::from(1u32 << 24)).round() as i128).sum();
            let expected = (values.len() > 1)
                .then(|| (others as f64 / f64::from(1u32 << 24) / (values.len() - 1) as f64) as f32);
            prop_assert_eq!(whole.of_others(0, 0, values[0], true), expected);
        }
    }
}
