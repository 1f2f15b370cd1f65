//! Names of series that are nearly the same, and names that changed while a number stayed.

use super::Search;
use super::facts::{Candidate, Facts, Moments, NONE};
use super::names;
use crate::data::read::rows::whole::shorten;
use crate::error::{Error, Result};
use crate::text::argument;
use std::collections::HashMap;

/// What is alike in names that differ in case or in leading zeros alone.
fn plain(name: &str) -> String {
    let digits = name.bytes().all(|b| b.is_ascii_digit());
    if digits { name.trim_start_matches('0').to_owned() } else { name.to_lowercase() }
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

    /// The number of things in place of their names, where a name changed: each name has one number, a number
    /// several names, of which no two share a stamp.
    pub(super) fn whole_by_number(
        &self,
        key: &Candidate<'a>,
        wholes: &[Candidate<'a>],
        moments: &Moments,
    ) -> Option<Candidate<'a>> {
        let better = |c: &&Candidate<'a>| {
            self.named(c, names::is_number_of)
                && (2..key.levels).contains(&c.levels)
                && key.with(c).levels == key.levels
                && Facts::of(c, moments).is_unique()
        };
        wholes.iter().find(better).cloned()
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
