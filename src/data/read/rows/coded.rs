//! A column of text as codes into the list of its different cells, so that each is looked at
//! once however many rows there are.

use super::numbers::trim;
use hashbrown::HashTable;
use std::sync::OnceLock;
use xxhash_rust::xxh3::xxh3_64;

/// The code of a row without a cell.
pub const MISSING: u32 = u32::MAX;

/// Beyond this many different cells, hardly any of which came twice, no more are looked up.
const MOSTLY_DIFFERENT: usize = 1 << 20;

/// A column of trimmed cells. Codes count from 0 in the order in which cells first appear.
#[derive(Debug, Clone, Default)]
pub struct Coded {
    codes: Vec<u32>,
    /// All different cells, one behind the other, and where each ends.
    bytes: String,
    ends: Vec<usize>,
    known: HashTable<u32>,
    /// For each code, the one that last followed it: rows come in the same order again and again.
    next: Vec<u32>,
    /// Whether that has been right of late: up with each hit, down with each miss.
    luck: i8,
    counts: OnceLock<Vec<usize>>,
    /// The first cell that had other than plain spaces around it, as it was.
    spaced: Option<Box<str>>,
}

impl Coded {
    /// A column without rows.
    pub const fn new() -> Self {
        Coded {
            codes: Vec::new(),
            bytes: String::new(),
            ends: Vec::new(),
            known: HashTable::new(),
            next: Vec::new(),
            luck: 0,
            counts: OnceLock::new(),
            spaced: None,
        }
    }

    /// Appends a row.
    #[inline]
    pub fn push(&mut self, cell: &str) {
        let whole = cell;
        let cell = trimmed(cell);
        if cell.is_empty() {
            self.codes.push(MISSING);
            return;
        }
        if whole.len() != cell.len() && self.spaced.is_none() && whole.trim_ascii() != cell {
            self.spaced = Some(whole.into());
        }
        // Where it is never right, as among measured values, it is tried now and then.
        if self.luck < 0 && !self.codes.len().is_multiple_of(16) {
            let code = self.code(cell);
            self.codes.push(code);
            return;
        }
        let before = self.codes.last().copied().unwrap_or(MISSING);
        let guess = self.next.get(before as usize).copied().unwrap_or(0);
        let hit = self.value(guess) == cell;
        self.luck = if hit { self.luck.saturating_add(1) } else { self.luck.saturating_sub(1).max(-8) };
        let code = if hit { guess } else { self.code(cell) };
        if let Some(next) = self.next.get_mut(before as usize) {
            *next = code;
        }
        self.codes.push(code);
    }

    /// Makes room for so many more rows.
    pub fn reserve(&mut self, rows: usize) {
        self.codes.reserve_exact(rows);
    }

    /// The code of a cell, which is added when it is new.
    fn code(&mut self, cell: &str) -> u32 {
        let new = self.ends.len() as u32;
        if self.ends.len() < MOSTLY_DIFFERENT || self.ends.len() < self.codes.len() / 2 {
            let hash = xxh3_64(cell.as_bytes());
            if let Some(code) = self.known.find(hash, |code| self.value(*code) == cell) {
                return *code;
            }
            let (bytes, ends) = (&self.bytes, &self.ends);
            self.known.insert_unique(hash, new, |code| xxh3_64(value(bytes, ends, *code).as_bytes()));
        } else if !self.known.is_empty() {
            self.known = HashTable::new();
        }
        self.bytes.push_str(cell);
        self.ends.push(self.bytes.len());
        self.next.push(new);
        new
    }

    /// Appends empty rows up to `rows` of them.
    pub fn fill(&mut self, rows: usize) {
        self.codes.resize(rows.max(self.codes.len()), MISSING);
    }

    /// Gives back what was only needed for appending.
    pub fn close(&mut self) {
        self.known = HashTable::new();
        self.next = Vec::new();
        self.counts = OnceLock::new();
    }

    /// The first cell that had other than plain spaces around it, as it was.
    pub fn spaced(&self) -> Option<&str> {
        self.spaced.as_deref()
    }

    /// For each row its code, or [`MISSING`].
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The cell of a code; empty for [`MISSING`].
    #[inline]
    pub fn value(&self, code: u32) -> &str {
        value(&self.bytes, &self.ends, code)
    }

    /// The cell of a row; empty where there is none.
    pub fn cell(&self, row: usize) -> &str {
        self.codes.get(row).map_or("", |code| self.value(*code))
    }

    /// The different cells in the order of their codes. (Of a column of millions of cells that
    /// are nearly all different, some may come twice.)
    pub fn values(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|code| self.value(code as u32))
    }

    /// For each code, how many rows have it.
    pub fn counts(&self) -> &[usize] {
        self.counts.get_or_init(|| {
            let mut counts = vec![0; self.ends.len()];
            for code in &self.codes {
                if let Some(n) = counts.get_mut(*code as usize) {
                    *n += 1;
                }
            }
            counts
        })
    }

    /// Keeps the rows for which `keep` is true.
    pub fn retain(&mut self, keep: &[bool]) {
        let mut row = 0;
        self.codes.retain(|_| {
            row += 1;
            keep.get(row - 1).copied().unwrap_or(true)
        });
        self.counts = OnceLock::new();
    }
}

fn value<'a>(bytes: &'a str, ends: &[usize], code: u32) -> &'a str {
    let code = code as usize;
    let start = if code == 0 { 0 } else { ends.get(code - 1).copied().unwrap_or(usize::MAX) };
    let end = ends.get(code).copied().unwrap_or(0);
    bytes.get(start..end).unwrap_or_default()
}

/// Without white space around; most cells have none.
#[inline]
fn trimmed(cell: &str) -> &str {
    let plain = |b: Option<&u8>| b.is_none_or(|b| (0x21..0x7f).contains(b));
    if plain(cell.as_bytes().first()) && plain(cell.as_bytes().last()) {
        return cell;
    }
    std::str::from_utf8(trim(cell.as_bytes())).unwrap_or(cell)
}

/// Rows of several columns together: for each row the number of its combination, and for each
/// combination, in the order in which they first appear, the codes that make it.
pub fn combine(columns: &[&Coded]) -> (Vec<u32>, Vec<Vec<u32>>) {
    let Some((first, rest)) = columns.split_first() else { return (Vec::new(), Vec::new()) };
    let rows = first.codes.len();
    let mut ids: Vec<u32> = Vec::with_capacity(rows);
    let mut tuples: Vec<Vec<u32>> = Vec::new();
    let mut known: HashTable<u32> = HashTable::new();
    let mut next: Vec<u32> = Vec::new();
    let mut tuple = Vec::with_capacity(columns.len());
    let hash = |t: &[u32]| {
        t.iter().fold(0u64, |h, c| (h.rotate_left(5) ^ u64::from(*c)).wrapping_mul(0x517c_c1b7_2722_0a95))
    };
    for row in 0..rows {
        tuple.clear();
        tuple.extend(first.codes.get(row));
        tuple.extend(rest.iter().map(|c| c.codes.get(row).copied().unwrap_or(MISSING)));
        let before = ids.last().copied().unwrap_or(MISSING);
        let guess = next.get(before as usize).copied().unwrap_or(0);
        let id = if tuples.get(guess as usize) == Some(&tuple) {
            guess
        } else {
            let of = |id: &u32| tuples.get(*id as usize);
            match known.find(hash(&tuple), |id| of(id) == Some(&tuple)) {
                Some(id) => *id,
                None => {
                    let id = tuples.len() as u32;
                    known.insert_unique(hash(&tuple), id, |id| of(id).map_or(0, |t| hash(t)));
                    tuples.push(tuple.clone());
                    next.push(id);
                    id
                }
            }
        };
        if let Some(next) = next.get_mut(before as usize) {
            *next = id;
        }
        ids.push(id);
    }
    (ids, tuples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(cells: &[&str]) -> Coded {
        let mut out = Coded::default();
        cells.iter().for_each(|c| out.push(c));
        out.close();
        out
    }

    #[test]
    fn cells_are_kept_once() {
        let c = coded(&["b", " a", "b ", "", "\u{a0}", "c", "a"]);
        assert_eq!(c.codes(), [0, 1, 0, MISSING, MISSING, 2, 1]);
        assert_eq!(c.values().collect::<Vec<_>>(), ["b", "a", "c"]);
        assert_eq!(c.counts(), [2, 2, 1]);
        assert_eq!((c.cell(1), c.cell(3), c.cell(99)), ("a", "", ""));
    }

    #[test]
    fn combinations_of_columns() {
        let (a, b) = (coded(&["x", "x", "y", "x"]), coded(&["1", "2", "1", "1"]));
        assert_eq!(combine(&[&a, &b]), (vec![0, 1, 2, 0], vec![vec![0, 0], vec![0, 1], vec![1, 0]]));
        assert_eq!(combine(&[]), (vec![], vec![]));
    }
}
