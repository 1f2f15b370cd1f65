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

/// The key of a cell that is too long for one.
const LONG: u64 = u64::MAX;

/// A column of trimmed cells. Codes count from 0 in the order in which cells first appear.
#[derive(Debug, Clone, Default)]
pub struct Coded {
    codes: Vec<u32>,
    /// All different cells, one behind the other, and where each ends.
    bytes: String,
    ends: Vec<usize>,
    /// For each code its cell as a number, or [`LONG`]: most cells are compared at once.
    keys: Vec<u64>,
    known: HashTable<u32>,
    /// For each code, the one that last followed it: rows come in the same order again and again.
    next: Vec<u32>,
    /// Whether that has been right of late: up with each hit, down with each miss.
    luck: i8,
    counts: OnceLock<Vec<usize>>,
    /// The first cell that had other than plain spaces around it, as it was.
    spaced: Option<Box<str>>,
    /// Codes of cells with plain spaces around them, and how many of each.
    padded: Vec<(u32, usize)>,
    /// Whether there were too many of them to go on counting.
    crowded: bool,
}

/// Most different cells with spaces around them that are counted.
const MOST_PADDED: usize = 64;

impl Coded {
    /// A column without rows.
    pub const fn new() -> Self {
        Coded {
            codes: Vec::new(),
            bytes: String::new(),
            ends: Vec::new(),
            keys: Vec::new(),
            known: HashTable::new(),
            next: Vec::new(),
            luck: 0,
            counts: OnceLock::new(),
            spaced: None,
            padded: Vec::new(),
            crowded: false,
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
        let code = self.find(cell);
        if whole.len() != cell.len() {
            self.pad(code);
        }
        self.codes.push(code);
    }

    /// Counts a cell with spaces around it.
    #[cold]
    fn pad(&mut self, code: u32) {
        if self.crowded {
            return;
        }
        let known = self.padded.len();
        match self.padded.iter_mut().find(|own| own.0 == code) {
            Some((_, n)) => *n += 1,
            None if known < MOST_PADDED => self.padded.push((code, 1)),
            None => (self.crowded, self.padded) = (true, Vec::new()),
        }
    }

    /// The code of the next row's cell.
    #[inline]
    fn find(&mut self, cell: &str) -> u32 {
        let key = key(cell);
        // Where it is never right, as among measured values, it is tried now and then.
        if self.luck < 0 && !self.codes.len().is_multiple_of(16) {
            return self.code(cell, key);
        }
        let before = self.codes.last().copied().unwrap_or(MISSING);
        let guess = self.next.get(before as usize).copied().unwrap_or(0);
        let hit = self.keys.get(guess as usize) == Some(&key) && (key != LONG || self.value(guess) == cell);
        self.luck = if hit { self.luck.saturating_add(1) } else { self.luck.saturating_sub(1).max(-8) };
        let code = if hit { guess } else { self.code(cell, key) };
        if let Some(next) = self.next.get_mut(before as usize) {
            *next = code;
        }
        code
    }

    /// Makes room for so many more rows.
    pub fn reserve(&mut self, rows: usize) {
        self.codes.reserve_exact(rows);
    }

    /// The code of a cell, which is added when it is new.
    fn code(&mut self, cell: &str, key: u64) -> u32 {
        let new = self.ends.len() as u32;
        if self.ends.len() < MOSTLY_DIFFERENT || self.ends.len() < self.codes.len() / 2 {
            let (bytes, ends, keys) = (&self.bytes, &self.ends, &self.keys);
            let hash = if key == LONG { xxh3_64(cell.as_bytes()) } else { mixed(key) };
            let same = |code: &u32| keys.get(*code as usize) == Some(&key);
            let found = match key {
                LONG => self.known.find(hash, |code| same(code) && value(bytes, ends, *code) == cell),
                _ => self.known.find(hash, same),
            };
            if let Some(code) = found {
                return *code;
            }
            self.known.insert_unique(hash, new, |code| match keys.get(*code as usize) {
                Some(&key) if key != LONG => mixed(key),
                _ => xxh3_64(value(bytes, ends, *code).as_bytes()),
            });
        } else if !self.known.is_empty() {
            self.known = HashTable::new();
        }
        self.bytes.push_str(cell);
        self.ends.push(self.bytes.len());
        self.keys.push(key);
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
        self.keys = Vec::new();
        self.counts = OnceLock::new();
    }

    /// The first cell that had other than plain spaces around it, as it was.
    pub fn spaced(&self) -> Option<&str> {
        self.spaced.as_deref()
    }

    /// A cell that stands with plain spaces around it in some rows, and without in others.
    pub fn sometimes_padded(&self) -> Option<&str> {
        let rows = |code: u32| self.counts().get(code as usize).copied().unwrap_or(0);
        self.padded.iter().find(|(code, n)| rows(*code) > *n).map(|(code, _)| self.value(*code))
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

/// A cell of at most seven bytes as a number of its own: its bytes, and its length in the highest.
#[inline]
fn key(cell: &str) -> u64 {
    let bytes = cell.as_bytes();
    let four = |at: usize| match bytes.get(at..) {
        Some([a, b, c, d, ..]) => u64::from(u32::from_le_bytes([*a, *b, *c, *d])),
        _ => 0,
    };
    let low = match bytes {
        _ if bytes.len() > 7 => return LONG,
        // The last four bytes, without those that are among the first.
        [_, _, _, _, ..] => four(0) | (four(bytes.len() - 4) >> (8 * (8 - bytes.len()))) << 32,
        [a, b, c] => u64::from(*a) | u64::from(*b) << 8 | u64::from(*c) << 16,
        [a, b] => u64::from(*a) | u64::from(*b) << 8,
        [a] => u64::from(*a),
        [] => 0,
    };
    low | (bytes.len() as u64) << 56
}

/// A hash of a key, with every bit of it in the highest and in the lowest bits.
#[inline]
fn mixed(key: u64) -> u64 {
    let wide = u128::from(key ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
    (wide as u64) ^ ((wide >> 64) as u64)
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
    fn short_cells_have_keys_of_their_own() {
        let cells = ["1", "12", "123", "1234", "12341", "123412", "1234123", "12341234", "é", "\u{1}", "1\0"];
        let keys: Vec<u64> = cells.iter().map(|c| key(c)).collect();
        for (i, a) in keys.iter().enumerate() {
            assert_eq!(*a == LONG, cells[i].len() > 7, "{}", cells[i]);
            assert!(keys.iter().enumerate().all(|(k, b)| i == k || a != b), "{}", cells[i]);
        }
        // The same codes as by comparing texts, for short cells and long ones in turns.
        let cells: Vec<String> =
            (0..5000).map(|i| format!("{}", (i * i) % 1013 * (1 + i % 2 * 99_991_000))).collect();
        let column = coded(&cells.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(cells.iter().enumerate().all(|(row, cell)| column.cell(row) == cell));
        let different: std::collections::BTreeSet<&String> = cells.iter().collect();
        assert_eq!(column.values().len(), different.len());
    }

    #[test]
    fn combinations_of_columns() {
        let (a, b) = (coded(&["x", "x", "y", "x"]), coded(&["1", "2", "1", "1"]));
        assert_eq!(combine(&[&a, &b]), (vec![0, 1, 2, 0], vec![vec![0, 0], vec![0, 1], vec![1, 0]]));
        assert_eq!(combine(&[]), (vec![], vec![]));
    }
}
