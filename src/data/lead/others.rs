//! What the other series do at the same stamp.

use crate::data::panel::Panel;

/// Which rows of different series share a stamp.
pub(super) struct Places {
    /// For each row the number of its stamp; `u32::MAX` for rows that do not count.
    of_row: Vec<u32>,
    stamps: usize,
}

impl Places {
    pub(super) fn new(panel: &Panel, future: usize) -> Places {
        let mut stamps: Vec<i64> = panel.stamps.clone();
        stamps.sort_unstable();
        stamps.dedup();
        let mut of_row = vec![u32::MAX; panel.stamps.len()];
        for segment in &panel.segments {
            let rows = segment.offset..segment.offset + segment.len.saturating_sub(future);
            let Some(first) = panel.stamps.get(rows.start) else { continue };
            let mut at = stamps.partition_point(|s| s < first);
            for row in rows {
                while stamps[at] < panel.stamps[row] {
                    at += 1;
                }
                of_row[row] = at as u32;
            }
        }
        Places { of_row, stamps: stamps.len() }
    }

    /// At each row the mean over the other series that count there; the row's own value where
    /// there is none.
    pub(super) fn mean_of_others(&self, values: &[f32], counts: impl Fn(usize) -> bool) -> Vec<f32> {
        let mut sums = vec![(0f64, 0u32); self.stamps];
        let valid = |row: usize| self.of_row[row] != u32::MAX && counts(row);
        for (row, value) in values.iter().enumerate() {
            if valid(row) {
                let sum = &mut sums[self.of_row[row] as usize];
                sum.0 += f64::from(*value);
                sum.1 += 1;
            }
        }
        values
            .iter()
            .enumerate()
            .map(|(row, value)| {
                let Some((sum, n)) = sums.get(self.of_row[row] as usize).copied() else { return *value };
                let own = u32::from(valid(row));
                if n > own {
                    ((sum - f64::from(own) * f64::from(*value)) / f64::from(n - own)) as f32
                } else {
                    *value
                }
            })
            .collect()
    }
}
