//! What parts the columns of a delimited text: a character, or blanks, as many as it takes to fill them up.

use crate::data::read::rows::scan::Scanner;

/// The delimiters that are looked for, in order of preference.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The character that a first line `sep=;` names.
pub fn separator(bytes: &[u8]) -> Option<u8> {
    let line = bytes.get(..memchr::memchr(b'\n', bytes)?)?.trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|l| l.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', mark] if mark.is_ascii_punctuation() => Some(*mark),
        // A tab is gone with the spaces at the end of the line.
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] => Some(b'\t'),
        _ => None,
    }
}

/// The number of cells that most records have, at least two of them, and how many have it.
pub fn usual_width(widths: impl Iterator<Item = usize>) -> (usize, usize) {
    let mut counts = std::collections::BTreeMap::new();
    for w in widths {
        *counts.entry(w).or_insert(0) += 1;
    }
    counts.into_iter().filter(|(w, _)| *w > 1).max_by_key(|(w, n)| (*n, *w)).unwrap_or((1, 0))
}

/// The delimiter by which most lines have the same number of cells.
pub fn find_delimiter(sample: &[u8], quotes: bool) -> u8 {
    let mut best = (0, b',');
    for d in DELIMITERS {
        let mut scanner = Scanner::new(sample, d, quotes, 0, 1);
        let mut cells = Vec::new();
        let mut widths = Vec::new();
        while scanner.next(&mut cells).is_some() {
            widths.push(cells.len());
        }
        let same = usual_width(widths.into_iter()).1;
        // A tab within a cell is rarer than any other mark.
        if same > best.0 || (d == b'\t' && same > 0 && same == best.0) {
            best = (same, d);
        }
    }
    best.1
}

/// Whether a text is lines of words without any other delimiter: at least three, nearly all of which have as
/// many words as each other.
pub fn is_in_blanks(sample: &[u8]) -> bool {
    const LINES: usize = 3;
    let lines: Vec<&[u8]> = sample
        .split(|b| *b == b'\n')
        .filter(|line| !is_remark(line) && words(line).next().is_some())
        .collect();
    let other = DELIMITERS.iter().any(|d| *d != b'\t' && sample.contains(d));
    // As many tabs in every line are a delimiter; others fill up columns.
    let tabs = |line: &&[u8]| line.iter().filter(|b| **b == b'\t').count();
    let first = lines.first().map_or(0, tabs);
    let by_tabs = first > 0 && lines.iter().all(|line| tabs(line) == first);
    let (width, same) = usual_width(lines.iter().map(|line| words(line).count()));
    !other && !by_tabs && width > 1 && same >= LINES && same * 10 >= lines.len() * 9
}

fn is_remark(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"#")
}

/// What stands between blanks.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// The text from `start` on with one space for each run of blanks, and none around a line. Where rows
/// follow on remarks at once, the header is among them, and loses its mark `#`. Lines stay where they are.
pub fn single_blanks(bytes: &[u8], start: usize) -> Vec<u8> {
    let (before, body) = bytes.split_at_checked(start).unwrap_or((bytes, &[]));
    let number = |word: &[u8]| std::str::from_utf8(word).is_ok_and(|w| w.parse::<f64>().is_ok());
    let lines = || body.split_inclusive(|b| *b == b'\n');
    let first = lines().find(|line| !is_remark(line) && words(line).next().is_some()).unwrap_or_default();
    let width = words(first).count();
    let mut in_head = words(first).any(number);
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(before);
    for line in lines() {
        in_head &= is_remark(line);
        let unmarked = line.trim_ascii_start().strip_prefix(b"#");
        let line_of_head = unmarked.filter(|rest| in_head && words(rest).count() == width);
        for (i, word) in words(line_of_head.unwrap_or(line)).enumerate() {
            if i > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
        if line.ends_with(b"\n") {
            out.push(b'\n');
        }
    }
    out
}
