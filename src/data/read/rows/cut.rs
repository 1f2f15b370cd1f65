//! Cuts delimited text into slices of whole records, and tells whether its quotes are written as
//! in RFC 4180, which is how polars reads them.

use std::ops::Range;

/// What stands against cutting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untidy {
    /// A quote that neither opens, closes nor is doubled within a cell.
    Stray,
    /// The byte of a quote that is opened and never closed.
    Unclosed(usize),
}

/// Slices of about `step` bytes that each start with a record and end with one.
///
/// # Errors
/// Where quotes are not those of RFC 4180.
pub fn cut(
    bytes: &[u8],
    from: usize,
    delimiter: u8,
    quotes: bool,
    step: usize,
) -> Result<Vec<Range<usize>>, Untidy> {
    let mut cuts = Cuts { bytes, step, next: from + step, starts: vec![from] };
    let mut outside = from;
    if quotes {
        let at = |i: usize| bytes.get(i).copied();
        let ends = |i: usize| at(i).is_none_or(|b| b == delimiter || b == b'\n');
        let mut open = None;
        let mut skip = usize::MAX;
        for quote in memchr::memchr_iter(b'"', bytes.get(from..).unwrap_or_default()).map(|i| from + i) {
            match open {
                _ if quote == skip => {}
                None => {
                    if quote > from && !ends(quote - 1) {
                        return Err(Untidy::Stray);
                    }
                    cuts.within(outside..quote);
                    open = Some(quote);
                }
                Some(_) if at(quote + 1) == Some(b'"') => skip = quote + 1,
                Some(_) => {
                    if !(ends(quote + 1) || at(quote + 1) == Some(b'\r') && ends(quote + 2)) {
                        return Err(Untidy::Stray);
                    }
                    open = None;
                    outside = quote + 1;
                }
            }
        }
        if let Some(quote) = open {
            return Err(Untidy::Unclosed(quote));
        }
    }
    cuts.within(outside..bytes.len());
    let ends = cuts.starts.iter().skip(1).copied().chain([bytes.len()]);
    Ok(cuts
        .starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(start, end)| start..end)
        .filter(|r| !r.is_empty())
        .collect())
}

struct Cuts<'a> {
    bytes: &'a [u8],
    step: usize,
    /// No slice ends before this byte.
    next: usize,
    starts: Vec<usize>,
}

impl Cuts<'_> {
    /// Cuts at line ends in a range that has no quotes.
    fn within(&mut self, range: Range<usize>) {
        while self.next < range.end {
            let from = self.next.max(range.start);
            let Some(n) = memchr::memchr(b'\n', self.bytes.get(from..range.end).unwrap_or_default()) else {
                return;
            };
            let start = from + n + 1;
            self.starts.push(start);
            self.next = start + self.step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_hold_whole_records() {
        let text = b"ab\ncd\n\"e\nf\",g\nh\n";
        let cut = |step| cut(text, 0, b',', true, step).unwrap();
        assert_eq!(cut(100), vec![0..16]);
        assert_eq!(cut(2), vec![0..3, 3..6, 6..14, 14..16]);
        assert_eq!(cut(7), vec![0..14, 14..16]);
    }

    #[test]
    fn quotes_are_judged() {
        let judge = |text: &str| cut(text.as_bytes(), 0, b',', true, 100).err();
        for text in ["\"a\",\"b\"\r\n\"c\"", "\"a \"\"b\"\"\",\"\"", "\"\"\"\"\n", ""] {
            assert_eq!(judge(text), None, "{text}");
        }
        for text in ["5\" pipe,1", "a, \"b\"", "\"a\" ,b", "\"4\"5"] {
            assert_eq!(judge(text), Some(Untidy::Stray), "{text}");
        }
        assert_eq!(judge("a,\"b\nc"), Some(Untidy::Unclosed(2)));
    }
}
