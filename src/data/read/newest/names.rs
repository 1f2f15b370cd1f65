//! The names of series, as bytes.

use crate::data::long::SeriesKey;
use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// Between the cells that make the name of a series; no cell holds it.
pub const BETWEEN: u8 = b'\n';

/// The names of series, numbered as they come.
#[derive(Default)]
pub struct Names {
    known: HashTable<u32>,
    pub all: Vec<Box<[u8]>>,
    /// For each of them whether older rows of the series may be left out.
    pub short: Vec<bool>,
}

impl Names {
    pub fn find(&self, name: &[u8]) -> Option<u32> {
        let same = |at: &u32| self.all.get(*at as usize).is_some_and(|own| **own == *name);
        self.known.find(xxh3_64(name), same).copied()
    }

    /// The number of a name, which is added where it is new.
    pub fn add(&mut self, name: &[u8]) -> u32 {
        if let Some(known) = self.find(name) {
            return known;
        }
        let new = self.all.len() as u32;
        self.all.push(name.into());
        let all = &self.all;
        self.known.insert_unique(xxh3_64(name), new, |at| all.get(*at as usize).map_or(0, |n| xxh3_64(n)));
        new
    }
}

/// The key that the cells of a name make; of a table without a series column the empty one.
pub fn key(name: &[u8]) -> SeriesKey {
    if name.is_empty() {
        return SeriesKey(Vec::new());
    }
    let cells = name.split(|byte| *byte == BETWEEN);
    SeriesKey(cells.map(|cell| String::from_utf8_lossy(cell).into_owned()).collect())
}
