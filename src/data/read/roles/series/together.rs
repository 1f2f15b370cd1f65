//! Keys of two or three columns together.

use super::Search;
use super::facts::{Candidate, Facts, Moments, NONE};
use std::borrow::Cow;

/// Beyond this many rows, several columns together are tried on some of the stamps first.
const MANY_ROWS: usize = 1 << 20;
/// At most so many columns are tried together.
const POOL: usize = 12;

impl<'a> Search<'a> {
    /// Two or three columns together.
    pub(super) fn together(
        &self,
        all: &[&Candidate<'a>],
        moments: &Moments,
        repeated: usize,
    ) -> Option<Candidate<'a>> {
        let thin = Thin::new(moments);
        // A column that is the same in all rows of a stamp tells none apart.
        let mut pool: Vec<(Candidate<'a>, usize)> = all
            .iter()
            .filter(|c| c.levels > 1)
            .map(|c| thin.of(c))
            .map(|c| {
                let n = Facts::of(&c, &thin.moments).repeated;
                (c, n)
            })
            .filter(|(_, n)| *n < thin.moments.repeated().min(repeated))
            .collect();
        pool.sort_by_key(|(_, n)| *n);
        pool.truncate(POOL);
        pool.sort_by_key(|(c, _)| c.columns.clone());
        let least = thin.moments.ids.len() / thin.moments.stamps.len().max(1);
        let mut sets: Vec<Candidate<'a>> = pool.iter().map(|p| p.0.clone()).collect();
        for _ in 0..2 {
            let mut larger = Vec::new();
            for set in &sets {
                let last = set.columns.last().copied().unwrap_or_default();
                for (other, _) in pool.iter().filter(|(o, _)| o.columns.first().is_some_and(|c| *c > last)) {
                    larger.push(set.with(other));
                }
            }
            let enough = larger.iter().filter(|c| c.levels >= least);
            let judged = enough.map(|c| (c, Facts::of(c, &thin.moments))).collect();
            if let Some(best) = self.best(judged) {
                let part = |c: &usize| all.iter().find(|a| a.columns == [*c]).map(|a| (*a).clone());
                let whole = best.columns.iter().filter_map(part).reduce(|a, b| a.with(&b))?;
                return Facts::of(&whole, moments).is_unique().then_some(whole);
            }
            sets = larger;
        }
        None
    }
}

/// Some of the moments with all their rows: whether two rows of one of these have the same level
/// is known exactly.
struct Thin {
    rows: Option<Vec<u32>>,
    moments: Moments,
}

impl Thin {
    fn new(moments: &Moments) -> Thin {
        let step = (moments.ids.len() / MANY_ROWS + 1) as u32;
        let keep = |id: u32| id != NONE && id.is_multiple_of(step);
        let rows: Vec<u32> = (0..moments.ids.len() as u32)
            .filter(|r| moments.ids.get(*r as usize).is_some_and(|id| keep(*id)))
            .collect();
        let ids = rows.iter().filter_map(|r| moments.ids.get(*r as usize)).map(|id| id / step).collect();
        let stamps = moments.stamps.iter().step_by(step as usize).copied().collect();
        Thin { rows: (step > 1).then_some(rows), moments: Moments { ids, stamps } }
    }

    fn of<'a>(&self, candidate: &Candidate<'a>) -> Candidate<'a> {
        let Some(rows) = &self.rows else { return candidate.clone() };
        let codes = rows.iter().filter_map(|r| candidate.codes.get(*r as usize)).copied().collect();
        Candidate { columns: candidate.columns.clone(), codes: Cow::Owned(codes), levels: candidate.levels }
    }
}
