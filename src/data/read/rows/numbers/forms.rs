//! In which forms the cells of one column write their numbers: counts over the whole column, with
//! an example of each. `weigh` decides from them.

use super::dress::{self, Mark, Shape, Sign};
use super::{Markers, flag, simple, trim};

/// Pairs of text before and after numbers that are told apart; more are no dress but text.
const MOST_DRESSES: usize = 12;

/// How many cells have a form, and one of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    pub n: usize,
    pub example: String,
}

impl Tally {
    fn add(&mut self, cell: &str, n: usize) {
        if self.n == 0 {
            self.example = cell.to_owned();
        }
        self.n += n;
    }
}

/// What the cells with one mark, `.` or `,`, say about it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marked {
    /// It can only be the decimal mark.
    pub decimal: Tally,
    /// As `decimal`, with zeros before: `0058,5`.
    pub padded: Tally,
    /// It can only part thousands.
    pub grouped: Tally,
    /// `1.078`.
    pub either: Tally,
    /// Sum of the logarithms of the `either` cells, read as decimals.
    log: f64,
    /// Cells with one digit after the mark, and which digits they have.
    pub tenths: (usize, u16),
}

impl Marked {
    /// Whether the mark is the decimal one beyond doubt.
    pub fn is_decimal(&self) -> bool {
        self.decimal.n + self.padded.n > 0
    }

    /// The typical size of the `either` cells, read as decimals.
    pub fn size(&self) -> f64 {
        (self.log / self.either.n.max(1) as f64).exp()
    }
}

/// The forms of one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forms {
    /// Cells that are not missing.
    pub cells: usize,
    /// Cells that hold a number, dressed or not.
    pub numbers: usize,
    /// `true` and `false`.
    pub flags: usize,
    /// Whole numbers without marks, below a thousand (zero is not counted) and from there on.
    pub short: Tally,
    pub long: Tally,
    log: f64,
    pub point: Marked,
    pub comma: Marked,
    /// Groups of thousands parted by spaces or apostrophes.
    pub spaced: Tally,
    pub ticked: Tally,
    pub minus: Tally,
    pub dash: Tally,
    pub trailing: Tally,
    pub brackets: Tally,
    /// Cells without text around the number.
    pub bare: Tally,
    /// Text before and after the numbers.
    pub dresses: Vec<(String, String, Tally)>,
}

impl Forms {
    /// The forms of these cells, each given once with how often it comes.
    pub fn of<'c>(
        cells: impl Iterator<Item = (&'c str, usize)>,
        strip: &[String],
        markers: &Markers,
    ) -> Self {
        let mut forms = Forms::default();
        for (cell, n) in cells {
            forms.see(cell, n, strip, markers);
        }
        forms
    }

    fn see(&mut self, cell: &str, n: usize, strip: &[String], markers: &Markers) {
        let text = std::str::from_utf8(trim(cell.as_bytes())).unwrap_or_default();
        let number = simple(text.as_bytes(), b'.');
        if text.is_empty()
            || markers.is_no_number(text.as_bytes())
            || number.is_some_and(|v| markers.is_number(v))
        {
            return;
        }
        self.cells += n;
        self.flags += if flag(text.as_bytes()).is_some() { n } else { 0 };
        let Some(parts) = dress::parts(text) else { return };
        let Some(shape) = dress::shape(parts.digits) else { return };
        let stripped = |side: &str| side.is_empty() || strip.iter().any(|s| s == side);
        if stripped(parts.before) && stripped(parts.after) {
            self.bare.add(text, n);
        } else if !self.dressed(&parts, text, n) {
            return;
        }
        self.numbers += n;
        match parts.sign {
            Sign::None => {}
            Sign::Minus => self.minus.add(text, n),
            Sign::Dash => self.dash.add(text, n),
            Sign::Trailing => self.trailing.add(text, n),
            Sign::Brackets => self.brackets.add(text, n),
        }
        self.shaped(shape, &parts, text, n);
    }

    /// Counts text around a number; whether it may be dress at all.
    fn dressed(&mut self, parts: &dress::Parts<'_>, text: &str, n: usize) -> bool {
        let before = parts.before.is_empty() || dress::is_currency(parts.before) || is_bound(parts.before);
        let digits = |side: &str| side.bytes().any(|b| b.is_ascii_digit());
        if !before || digits(parts.after) || parts.after.chars().count() > 12 {
            return false;
        }
        let known = self.dresses.iter().position(|d| d.0 == parts.before && d.1 == parts.after);
        if known.is_none() && self.dresses.len() >= MOST_DRESSES {
            return false;
        }
        let at = known.unwrap_or_else(|| {
            self.dresses.push((parts.before.to_owned(), parts.after.to_owned(), Tally::default()));
            self.dresses.len() - 1
        });
        if let Some(dress) = self.dresses.get_mut(at) {
            dress.2.add(text, n);
        }
        true
    }

    fn shaped(&mut self, shape: Shape, parts: &dress::Parts<'_>, text: &str, n: usize) {
        let size = |digits: &str| digits.replace(',', ".").parse::<f64>().unwrap_or(1.0).abs().max(1e-3).ln();
        match shape {
            Shape::Whole(_) if parts.digits.bytes().all(|b| b == b'0') => {}
            Shape::Whole(len) => {
                let tally = if len <= 3 { &mut self.short } else { &mut self.long };
                tally.add(text, n);
                self.log += size(parts.digits) * n as f64;
            }
            Shape::Decimal { mark, padded } => {
                let Some(marked) = self.marked(mark) else { return };
                if padded {
                    marked.padded.add(text, n)
                } else {
                    marked.decimal.add(text, n)
                }
                if let [.., m, digit] = parts.digits.as_bytes()
                    && matches!(m, b'.' | b',')
                {
                    marked.tenths.0 += n;
                    marked.tenths.1 |= 1 << (digit & 15);
                }
            }
            Shape::Either(mark) => {
                let log = size(parts.digits) * n as f64;
                let Some(marked) = self.marked(mark) else { return };
                marked.either.add(text, n);
                marked.log += log;
            }
            Shape::Grouped { mark, decimal } => {
                match mark {
                    Mark::Space => self.spaced.add(text, n),
                    Mark::Apostrophe => self.ticked.add(text, n),
                    _ => {
                        if let Some(marked) = self.marked(mark) {
                            marked.grouped.add(text, n);
                        }
                    }
                }
                if let Some(marked) = decimal.and_then(|d| self.marked(d)) {
                    marked.decimal.add(text, n);
                }
            }
        }
    }

    fn marked(&mut self, mark: Mark) -> Option<&mut Marked> {
        match mark {
            Mark::Point => Some(&mut self.point),
            Mark::Comma => Some(&mut self.comma),
            _ => None,
        }
    }

    /// The decimal mark that some cell shows beyond doubt; `Err` where cells show both.
    pub fn decimal(&self) -> Result<Option<Mark>, ()> {
        let point = self.point.is_decimal() || self.comma.grouped.n > 0;
        let comma = self.comma.is_decimal() || self.point.grouped.n > 0;
        match (point, comma) {
            (true, true) => Err(()),
            (true, _) => Ok(Some(Mark::Point)),
            (_, true) => Ok(Some(Mark::Comma)),
            _ => Ok(None),
        }
    }

    /// The typical size of the whole numbers, zero left out.
    pub fn size(&self) -> f64 {
        (self.log / (self.short.n + self.long.n).max(1) as f64).exp()
    }

    /// Whether the column is one of numbers: at least half of its cells are, and text around them
    /// is the same in all or missing in some.
    pub fn is_numeric(&self) -> bool {
        let dressed: usize = self.dresses.iter().map(|d| d.2.n).sum();
        let odd = |d: &(String, String, Tally)| {
            let plain = d.1.is_empty() || is_unit(&d.1);
            !plain && d.2.n * 20 > self.numbers
        };
        self.numbers * 2 >= self.cells
            && self.cells > 0
            && (self.bare.n >= dressed
                || self.dresses.len() == 1
                || self.dresses.iter().all(is_currency_pair))
            && (self.bare.n > 0 || !self.dresses.iter().any(odd))
    }
}

fn is_currency_pair(dress: &(String, String, Tally)) -> bool {
    let side = |text: &str| text.is_empty() || dress::is_currency(text);
    side(&dress.0) && side(&dress.1)
}

/// `<` and the like: the number is a bound or a guess.
pub fn is_bound(text: &str) -> bool {
    matches!(text, "<" | ">" | "<=" | ">=" | "\u{2264}" | "\u{2265}" | "~" | "\u{2248}" | "ca." | "c.")
}

/// Whether text after all numbers of a column may be their unit; the endings of ordinals are not.
fn is_unit(text: &str) -> bool {
    !matches!(text, "st" | "nd" | "rd" | "th" | "." | "-") && !text.contains([':', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(cells: &[&str]) -> Forms {
        Forms::of(cells.iter().map(|c| (*c, 1)), &[], &Markers::default())
    }

    #[test]
    fn counts() {
        let f = forms(&["998", "1,238", "1,292", "1,234,567", "0", "NA", "x", "2024"]);
        assert_eq!((f.cells, f.numbers, f.short.n, f.long.n), (7, 6, 1, 1));
        assert_eq!((f.comma.either.n, f.comma.grouped.n, f.decimal()), (2, 1, Ok(Some(Mark::Point))));
        assert!((f.comma.size() - (1.238f64 * 1.292).sqrt()).abs() < 1e-12);
        assert_eq!(forms(&["1,5", "1.5"]).decimal(), Err(()));
        assert_eq!(forms(&["+0058,5", "0081,1"]).comma.tenths, (2, 1 << 5 | 1 << 1));
    }

    #[test]
    fn what_is_a_column_of_numbers() {
        for cells in [
            &["5 \u{b0}C", "7 \u{b0}C"][..],
            &["1", "2", "8.6*"],
            &["$5", "7", "$1,000"],
            &["9%", "7%"],
            &["(5)", "3", "x"],
            &["<1", "5", "7"],
        ] {
            assert!(forms(cells).is_numeric(), "{cells:?}");
        }
        for cells in [
            &["S1", "S2"][..],
            &["12A", "13B", "14C"],
            &["1st", "2nd"],
            &["10:30", "11:30"],
            &["2019-01-01"],
            &["a", "b", "1"],
            &["", "NA"],
            &["1 Main St", "2 Main St"],
        ] {
            assert!(!forms(cells).is_numeric(), "{cells:?}");
        }
    }
}
