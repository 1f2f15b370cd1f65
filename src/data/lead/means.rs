//! What the series of a table are together at each stamp, so that a part of the table can be forecast
//! as the whole of it would be.
//!
//! Sums are exact: a value is counted as a multiple of 2^-24, and of such numbers, none larger than 10,
//! a double holds the sum of fifty million without rounding. So sums of parts, added up by whatever
//! program and in whatever order, are the sums of the whole, bit for bit.

use crate::data::inputs::{Fill, InputSpec, Scalings};
use crate::data::panel::{Panel, Segment};

/// Values are counted in parts of this.
const STEP: f64 = 1.0 / (1u32 << 24) as f64;

/// A scaled value as it is counted. Beside a number of this size a double has no room for less than a step, so adding it
/// and taking it off rounds.
fn counted(value: f32) -> f64 {
    const ROUNDS: f64 = 1.5 * STEP * (1u64 << 52) as f64;
    (f64::from(value) + ROUNDS) - ROUNDS
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
    /// Nothing yet at these stamps, in any order.
    pub fn at(mut stamps: Vec<i64>, columns: usize) -> Means {
        stamps.sort_unstable();
        stamps.dedup();
        let sums = vec![Sum::default(); stamps.len() * columns];
        Means { unseen: vec![0; stamps.len()], stamps, sums, columns }
    }

    /// Of all rows of a panel.
    pub fn of(panel: &Panel, spec: &InputSpec, scalings: &Scalings) -> Means {
        let mut made = Means::at(panel.stamps.clone(), panel.columns.len());
        made.take(panel, spec, scalings);
        made
    }

    /// Adds the rows of a panel at these stamps; what lies before them is only looked at for what fills them.
    pub fn take(&mut self, panel: &Panel, spec: &InputSpec, scalings: &Scalings) {
        let (Some(first), Some(last)) = (self.stamps.first().copied(), self.stamps.last().copied()) else {
            return;
        };
        let window = spec.lead.as_ref().map_or(0, |lead| lead.window);
        for segment in &panel.segments {
            let own = &panel.stamps[segment.offset..segment.offset + segment.len];
            let (from, until) = (own.partition_point(|s| *s < first), own.partition_point(|s| *s <= last));
            let before = segment.offset..segment.offset + from;
            let scaled = panel.columns.iter().zip(&scalings.series[segment.series as usize]);
            let mut fills: Vec<Fill> = scaled
                .map(|(column, scaling)| Fill::after(&column.values[before.clone()], scaling, spec.max_fill))
                .collect();
            let unseen = scalings.unseen.binary_search(&(segment.series as usize)).is_ok();
            self.add_rows(&own[from..until], unseen, |row, column| {
                let fill = &mut fills[column];
                let value = fill.next(panel.columns[column].values[before.end + row]);
                (column >= panel.targets || !fill.is_older(window)).then_some(value)
            });
        }
    }

    /// As [`Means::of`], from (rows, columns) values that are scaled and filled forward, and the ages of targets; the
    /// last `future` rows of each segment are not part of the table.
    pub(super) fn of_filled(
        panel: &Panel,
        window: usize,
        (filled, age): (&[f32], &[f32]),
        future: usize,
    ) -> Means {
        let (columns, targets) = (panel.columns.len(), panel.targets);
        let rows = |segment: &Segment| segment.offset..segment.offset + segment.len.saturating_sub(future);
        let stamps = panel.segments.iter().flat_map(|s| panel.stamps[rows(s)].iter().copied()).collect();
        let mut made = Means::at(stamps, columns);
        for segment in &panel.segments {
            let rows = rows(segment);
            made.add_rows(&panel.stamps[rows.clone()], false, |row, column| {
                let row = rows.start + row;
                let old = column < targets && age[row * targets + column] as usize >= window;
                (!old).then(|| filled[row * columns + column])
            });
        }
        made
    }

    /// Adds the cells of ascending stamps, row by row and column by column; `None` where one does not count.
    fn add_rows(&mut self, stamps: &[i64], unseen: bool, mut cell: impl FnMut(usize, usize) -> Option<f32>) {
        let columns = self.columns;
        for (row, place) in self.places(stamps).collect::<Vec<_>>().into_iter().enumerate() {
            if let Some(count) = place.and_then(|at| self.unseen.get_mut(at)) {
                *count += u32::from(unseen);
            }
            for column in 0..columns {
                let value = cell(row, column);
                let sum = place.and_then(|at| self.sums.get_mut(at * columns + column));
                if let (Some(value), Some(sum)) = (value, sum) {
                    sum.sum += counted(value);
                    sum.count += 1;
                }
            }
        }
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
    pub(super) fn places(&self, stamps: &[i64]) -> impl Iterator<Item = Option<usize>> {
        let mut at = stamps.first().map_or(0, |first| self.stamps.partition_point(|s| s < first));
        stamps.iter().map(move |stamp| {
            while self.stamps.get(at).is_some_and(|s| s < stamp) {
                at += 1;
            }
            (self.stamps.get(at) == Some(stamp)).then_some(at)
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
            let parts: Vec<Means> = turned.chunks(cut).map(of).collect();
            let rows = parts.iter().flat_map(Means::rows).map(|(stamp, unseen, sums)| (stamp, unseen, sums.to_vec()));
            prop_assert_eq!(&whole, &Means::from_rows(rows, 1));
            // And the mean over the others is that of a sum without rounding.
            let others: i128 = values[1..].iter().map(|v| (f64::from(*v) / STEP).round_ties_even() as i128).sum();
            let expected = (values.len() > 1)
                .then(|| (others as f64 / f64::from(1u32 << 24) / (values.len() - 1) as f64) as f32);
            prop_assert_eq!(whole.of_others(0, 0, values[0], true), expected);
        }
    }
}
