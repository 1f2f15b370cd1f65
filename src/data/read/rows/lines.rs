//! The editor's line of each row, kept only where rows and lines part ways.

/// Lines by row.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    first: usize,
    len: usize,
    rows: Option<Vec<u32>>,
}

impl Lines {
    /// Appends a row.
    pub fn push(&mut self, line: usize) {
        if self.len == 0 {
            self.first = line;
        }
        let (first, len) = (self.first, self.len);
        if self.rows.is_none() && line != first + len {
            self.rows = Some((0..len).map(|i| (first + i) as u32).collect());
        }
        if let Some(rows) = &mut self.rows {
            rows.push(line as u32);
        }
        self.len += 1;
    }

    /// Appends `n` rows on successive lines from `line` on.
    pub fn run(&mut self, line: usize, n: usize) {
        if self.len == 0 {
            self.first = line;
        }
        if self.rows.is_none() && line == self.first + self.len {
            self.len += n;
        } else {
            (0..n).for_each(|i| self.push(line + i));
        }
    }

    /// The line of a row.
    pub fn get(&self, row: usize) -> usize {
        match &self.rows {
            Some(rows) => rows.get(row).map_or(0, |r| *r as usize),
            None => self.first + row,
        }
    }

    /// The last row's line.
    pub fn last(&self) -> usize {
        self.len.checked_sub(1).map_or(0, |last| self.get(last))
    }

    /// Keeps the rows for which `keep` is true.
    pub fn retain(&mut self, keep: &[bool]) {
        let old = std::mem::take(self);
        (0..old.len).filter(|i| keep.get(*i).copied().unwrap_or(true)).for_each(|i| self.push(old.get(i)));
    }

    /// Appends another file's rows, counted on from `before`.
    pub fn append(&mut self, other: &Lines, before: usize) {
        match &other.rows {
            None => self.run(other.first + before, other.len),
            Some(rows) => rows.iter().for_each(|line| self.push(*line as usize + before)),
        }
    }

    /// The first row's line, and the others' where they do not follow it one by one.
    pub fn take(self) -> (usize, Option<Vec<u32>>) {
        (self.first, self.rows)
    }
}
