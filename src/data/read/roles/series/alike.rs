//! Names of series that are nearly the same, and rows that come round in one order.

use super::Search;
use super::facts::{Candidate, Moments, NONE};
use crate::data::read::rows::whole::shorten;
use crate::error::{Error, Result};
use crate::text::argument;
use std::collections::HashMap;

/// What is alike in names that differ in case or in leading zeros alone.
fn plain(name: &str) -> String {
    let digits = name.bytes().all(|b| b.is_ascii_digit());
    if digits { name.trim_start_matches('0').to_owned() } else { name.to_lowercase() }
}

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
    /// Two names of a key that are alike. `None` where there are none.
    ///
    /// # Errors
    /// `Error::Data` where such names never share a stamp: one series seems to be written in several ways.
    pub(super) fn alike(&self, key: &Candidate<'a>, moments: &Moments) -> Result<Option<(String, String)>> {
        let mut found = None;
        for column in &key.columns {
            let text = self.sample.text(*column);
            let mut known: HashMap<String, u32> = HashMap::new();
            // For each code the first one that is like it.
            let mut like: Vec<u32> = Vec::new();
            for (code, name) in (0u32..).zip(text.values()) {
                like.push(*known.entry(plain(name)).or_insert(code));
            }
            let Some((code, first)) = (0u32..).zip(&like).find(|(code, like)| code != *like) else {
                continue;
            };
            let pair = (shorten(text.value(*first)), shorten(text.value(code)));
            if key.columns.len() == 1 && !shares_a_stamp(text.codes(), &like, &moments.ids) {
                let what = format!(
                    "`{}` and `{}` differ in case or zeros alone, and never share a stamp",
                    pair.0, pair.1
                );
                let name = self.sample.name(*column);
                let row = text.codes().iter().position(|own| *own == code).unwrap_or_default();
                return Err(Error::data(self.sample.place(row).column(name), what).with_hint(format!(
                    "write one series in one way; --series {} takes them as two",
                    argument(name)
                )));
            }
            found = found.or(Some(pair));
        }
        Ok(found)
    }
}

/// Whether two rows of one stamp have names that are alike and not the same.
fn shares_a_stamp(codes: &[u32], like: &[u32], moments: &[u32]) -> bool {
    let mut seen: HashMap<(u32, u32), u32> = HashMap::new();
    let mut sizes = vec![0u32; like.len()];
    for group in like {
        if let Some(size) = sizes.get_mut(*group as usize) {
            *size += 1;
        }
    }
    let group = |code: &u32| like.get(*code as usize).copied().unwrap_or(NONE);
    codes.iter().zip(moments).any(|(code, moment)| {
        let group = group(code);
        let single = sizes.get(group as usize).is_none_or(|size| *size < 2);
        *moment != NONE && !single && *seen.entry((group, *moment)).or_insert(*code) != *code
    })
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
