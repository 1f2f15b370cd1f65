//! Keys that the order of rows shows: things one after the other, or in turn.

use super::facts::{Candidate, Moments, NONE};
use super::{Search, names, turns};

/// Whether the levels of a column come round and round in one order, but for a few rows.
pub fn comes_round(codes: &[u32], levels: usize) -> bool {
    const ROUNDS: usize = 3;
    const ODD: usize = 50;
    if levels < 2 || codes.len() < ROUNDS * levels || codes.contains(&NONE) {
        return false;
    }
    let mut next = vec![NONE; levels];
    let first = codes.get(..levels + 1).unwrap_or(codes);
    for pair in first.windows(2) {
        let [from, to] = pair else { continue };
        match next.get_mut(*from as usize) {
            Some(slot) if *slot == NONE => *slot = *to,
            _ => return false,
        }
    }
    let odd = codes.windows(2).filter(|pair| next.get(pair[0] as usize) != pair.get(1)).count();
    odd * ODD <= codes.len()
}

impl<'a> Search<'a> {
    /// Things of which each has its rows in one piece, with a break in time where one follows the
    /// other: without one, it is the history of one.
    pub(super) fn by_runs(&self, moments: &Moments, texts: &[Candidate<'a>]) -> Option<Candidate<'a>> {
        let stamp =
            |row: usize| moments.ids.get(row).and_then(|id| moments.stamps.get(*id as usize)).copied();
        let step = |row: usize| Some((stamp(row)? - stamp(row.checked_sub(1)?)?).abs());
        let runs = |c: &&Candidate<'a>| {
            let switch = |row: &usize| c.codes.get(*row) != c.codes.get(*row - 1);
            let switches: Vec<usize> = (1..c.codes.len()).filter(switch).take(c.levels).collect();
            let usual = step(1);
            c.levels > 1 && switches.len() + 1 == c.levels && switches.iter().all(|row| step(*row) != usual)
        };
        texts.iter().filter(|c| self.named(c, names::is_thing)).find(runs).cloned()
    }

    /// Things that are read in turn, one row each, round and round.
    pub(super) fn by_rounds(&self, moments: &Moments, texts: &[Candidate<'a>]) -> Option<Candidate<'a>> {
        let round = |c: &&Candidate<'a>| {
            self.named(c, names::is_thing)
                && comes_round(&c.codes, c.levels)
                && !turns::follows_calendar(c, &moments.stamps, &moments.ids)
        };
        texts.iter().find(round).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_seen() {
        let round: Vec<u32> = (0..60).map(|i| i % 3).collect();
        assert!(comes_round(&round, 3));
        let mut hole = round.clone();
        hole.remove(31);
        assert!(comes_round(&hole, 3));
        let blocks: Vec<u32> = (0..60).map(|i| i / 20).collect();
        assert!(!comes_round(&blocks, 3));
        assert!(!comes_round(&[0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0, 2], 3));
    }
}
