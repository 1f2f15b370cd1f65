//! A calendar without a rule: the rows that a table has, counted.

use serde::{Deserialize, Serialize};

use super::DAY;

/// The stamps of all series together. A checkpoint keeps none of them: the table that it meets
/// has its own, and the rows ahead come with it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "()", into = "()")]
pub struct Observed {
    /// UTC epoch seconds, ascending.
    stamps: Vec<i64>,
}

impl From<()> for Observed {
    fn from((): ()) -> Self {
        Observed::default()
    }
}

impl From<Observed> for () {
    fn from(_: Observed) {}
}

/// All such calendars are one step: that of the table.
impl PartialEq for Observed {
    fn eq(&self, _: &Observed) -> bool {
        true
    }
}

impl Eq for Observed {}

impl Observed {
    /// The calendar of these stamps, in any order.
    pub fn new(mut stamps: Vec<i64>) -> Observed {
        stamps.sort_unstable();
        stamps.dedup();
        Observed { stamps }
    }

    /// The number of the last row at or before a stamp, and whether it is that row's.
    pub(super) fn locate(&self, stamp: i64) -> (i64, bool) {
        let rank = self.stamps.partition_point(|s| *s <= stamp) as i64 - 1;
        (rank, usize::try_from(rank).is_ok_and(|at| self.stamps.get(at) == Some(&stamp)))
    }

    /// The stamp of a row; before the first and after the last one as far away as rows are on
    /// average, which does for spans but is no forecast's stamp.
    pub(super) fn stamp(&self, index: i64) -> i64 {
        let at = |index: i64| usize::try_from(index).ok().and_then(|at| self.stamps.get(at)).copied();
        let last = self.stamps.len() as i64 - 1;
        at(index).unwrap_or_else(|| {
            let end = if index < 0 { 0 } else { last };
            let away = index.saturating_sub(end).saturating_mul(self.seconds());
            at(end).unwrap_or(0).saturating_add(away)
        })
    }

    /// Rows known after a stamp.
    pub(super) fn after(&self, stamp: i64) -> usize {
        self.stamps.len() - self.stamps.partition_point(|s| *s <= stamp)
    }

    /// Mean distance between rows.
    pub(super) fn seconds(&self) -> i64 {
        match (self.stamps.first(), self.stamps.last()) {
            (Some(first), Some(last)) if last > first => {
                (last.saturating_sub(*first) / (self.stamps.len() as i64 - 1)).max(1)
            }
            _ => DAY,
        }
    }
}
