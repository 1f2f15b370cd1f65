//! Takes a number's text apart: sign, brackets, what stands before and after, and the digits with
//! their marks. It decides nothing: `1.078` may still be either.

pub use crate::data::reading::Mark;

/// How a number says that it is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    None,
    /// `-5`.
    Minus,
    /// `−5`, with U+2212 or a dash.
    Dash,
    /// `5-`.
    Trailing,
    /// `(5)`.
    Brackets,
}

/// A number's parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts<'a> {
    pub sign: Sign,
    /// Text before the digits, such as `$`; without spaces around.
    pub before: &'a str,
    /// Text after the digits, such as `%`.
    pub after: &'a str,
    /// The digits, with their marks and exponent.
    pub digits: &'a str,
}

/// What a number's digits and marks allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Digits alone, so many.
    Whole(usize),
    /// One mark that can only be a decimal mark. `padded` is `0058,5`.
    Decimal { mark: Mark, padded: bool },
    /// `1.078`: one mark before exactly three digits.
    Either(Mark),
    /// Groups of thousands, or of an Indian lakh, and perhaps a decimal mark.
    Grouped { mark: Mark, decimal: Option<Mark> },
}

/// Takes a trimmed cell apart; `None` where it holds no number.
pub fn parts(cell: &str) -> Option<Parts<'_>> {
    let first = cell.bytes().position(|b| b.is_ascii_digit())?;
    let last = cell.bytes().rposition(|b| b.is_ascii_digit())?;
    let (mut lead, mut tail) = (cell.get(..first)?, cell.get(last + 1..)?);
    // `,8` and `5.`: a decimal mark may stand at either end.
    if let Some(rest) = lead.strip_suffix(['.', ','])
        && rest.chars().next_back().is_none_or(|c| !c.is_alphabetic())
    {
        lead = rest;
    }
    if let Some(rest) = tail.strip_prefix('.')
        && rest.chars().next().is_none_or(|c| c.is_whitespace() || c == ')')
    {
        tail = rest;
    }
    let digits = cell.get(lead.len()..cell.len() - tail.len())?;
    let (mut sign, mut plus) = (Sign::None, false);
    let (mut before, mut after) = (lead.trim(), tail.trim());
    let mut open = false;
    // Signs and a bracket stand on either side of a currency: `-$5`, `$-5`, `($5)`, `$(5)`.
    for _ in 0..3 {
        for end in [true, false] {
            let taken = |c: char| if end { before.strip_suffix(c) } else { before.strip_prefix(c) };
            if let Some(rest) = taken('(').filter(|_| !open) {
                (before, open) = (rest.trim(), true);
            } else if let Some(rest) = taken('-').filter(|_| sign == Sign::None) {
                (before, sign) = (rest.trim(), Sign::Minus);
            } else if let Some(rest) =
                taken('\u{2212}').or_else(|| taken('\u{2013}')).filter(|_| sign == Sign::None)
            {
                (before, sign) = (rest.trim(), Sign::Dash);
            } else if let Some(rest) = taken('+').filter(|_| !plus && sign == Sign::None) {
                (before, plus) = (rest.trim(), true);
            }
        }
    }
    if open {
        let rest = after.strip_suffix(')').or_else(|| after.strip_prefix(')'))?;
        if sign != Sign::None || plus {
            return None;
        }
        (after, sign) = (rest.trim(), Sign::Brackets);
    }
    let dash = |c: char| matches!(c, '-' | '\u{2212}');
    if sign == Sign::None
        && !plus
        && let Some(rest) = after.strip_suffix(dash).or_else(|| after.strip_prefix(dash))
        && !rest.ends_with([',', '.'])
    {
        (after, sign) = (rest.trim(), Sign::Trailing);
    }
    Some(Parts { sign, before, after, digits })
}

/// What the marks between the digits allow; `None` where this is no number.
pub fn shape(digits: &str) -> Option<Shape> {
    let (body, exponent) = match digits.find(['e', 'E']) {
        Some(at) => {
            let power = digits.get(at + 1..)?;
            let power = power.strip_prefix(['+', '-']).unwrap_or(power);
            if power.is_empty() || !power.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            (digits.get(..at)?, true)
        }
        None => (digits, false),
    };
    let (mut groups, mut marks) = ([0usize; 12], [Mark::Point; 12]);
    let mut n = 0;
    let leading_zero = body.starts_with('0');
    for c in body.chars() {
        if c.is_ascii_digit() {
            *groups.get_mut(n)? += 1;
        } else {
            *marks.get_mut(n)? = Mark::of(c)?;
            n += 1;
        }
    }
    let (groups, marks) = (groups.get(..=n)?, marks.get(..n)?);
    let first = *groups.first()?;
    match (marks, groups) {
        ([], _) => Some(Shape::Whole(first)),
        ([mark @ (Mark::Point | Mark::Comma)], [_, rest]) => {
            let decimal = *rest != 3 || first == 0 || first > 3 || leading_zero || exponent;
            let padded = leading_zero && first > 1;
            if first + rest == 0 {
                return None;
            }
            Some(if decimal { Shape::Decimal { mark: *mark, padded } } else { Shape::Either(*mark) })
        }
        _ if exponent => None,
        _ => grouped(groups, marks, leading_zero),
    }
}

/// Several marks, or one that can only part thousands.
fn grouped(groups: &[usize], marks: &[Mark], leading_zero: bool) -> Option<Shape> {
    let mark = *marks.first()?;
    let last = *marks.last()?;
    let point = |m: Mark| matches!(m, Mark::Point | Mark::Comma);
    let decimal = (last != mark && point(last)).then_some(last);
    let whole = if decimal.is_some() { groups.get(..groups.len() - 1)? } else { groups };
    let own = marks.get(..whole.len() - 1)?;
    let [first, middle @ .., end] = whole else { return None };
    let alike = own.iter().all(|m| *m == mark);
    let thousands = (1..=3).contains(first) && middle.iter().all(|g| *g == 3);
    let lakhs = (1..=2).contains(first) && middle.iter().all(|g| *g == 2) && !middle.is_empty();
    (alike && !leading_zero && *end == 3 && (thousands || lakhs)).then_some(Shape::Grouped { mark, decimal })
}

/// Whether text beside a number names a currency.
pub fn is_currency(text: &str) -> bool {
    const WORDS: [&str; 24] = [
        "Rs", "Rs.", "kr", "kr.", "Kr", "Kr.", "z\u{142}", "K\u{10d}", "Ft", "R$", "US$", "A$", "C$", "HK$",
        "NT$", "S$", "RM", "TL", "Fr.", "Fr", "SFr.", "руб", "руб.", "лв",
    ];
    const CODES: [&str; 32] = [
        "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "PLN",
        "CZK", "HUF", "RON", "BGN", "TRY", "RUB", "UAH", "BRL", "MXN", "ARS", "CLP", "COP", "ZAR", "KRW",
        "SGD", "HKD", "THB", "IDR",
    ];
    let sign = |c: char| matches!(c, '$' | '\u{a2}'..='\u{a5}' | '\u{20a0}'..='\u{20cf}' | '\u{e3f}' | '\u{fdfc}' | '\u{ff04}' | '\u{ffe1}' | '\u{ffe5}');
    WORDS.contains(&text)
        || CODES.contains(&text.to_ascii_uppercase().as_str())
        || (!text.is_empty() && text.chars().all(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_brackets_and_what_stands_around() {
        for (cell, sign, before, after, digits) in [
            ("12", Sign::None, "", "", "12"),
            ("-1.5", Sign::Minus, "", "", "1.5"),
            ("\u{2212}2.4", Sign::Dash, "", "", "2.4"),
            ("0.61-", Sign::Trailing, "", "", "0.61"),
            ("(0.09)", Sign::Brackets, "", "", "0.09"),
            ("($1,200.50)", Sign::Brackets, "$", "", "1,200.50"),
            ("$(5)", Sign::Brackets, "$", "", "5"),
            ("-$5", Sign::Minus, "$", "", "5"),
            ("$-5", Sign::Minus, "$", "", "5"),
            ("Rs. 1,00,000", Sign::None, "Rs.", "", "1,00,000"),
            ("1 234,5 \u{20ac}", Sign::None, "", "\u{20ac}", "1 234,5"),
            ("9.2 %", Sign::None, "", "%", "9.2"),
            ("8.6*", Sign::None, "", "*", "8.6"),
            ("<1", Sign::None, "<", "", "1"),
            (",8", Sign::None, "", "", ",8"),
            ("-.5", Sign::Minus, "", "", ".5"),
            ("5.", Sign::None, "", "", "5."),
            ("5.-", Sign::None, "", ".-", "5"),
            ("1e-3", Sign::None, "", "", "1e-3"),
            ("5.0 \u{b0}C", Sign::None, "", "\u{b0}C", "5.0"),
        ] {
            assert_eq!(parts(cell), Some(Parts { sign, before, after, digits }), "{cell}");
        }
        for cell in ["abc", "", "(5", "--"] {
            assert_eq!(parts(cell), None, "{cell}");
        }
    }

    #[test]
    fn shapes() {
        use Mark::*;
        let grouped = |mark, decimal| Some(Shape::Grouped { mark, decimal });
        let decimal = |mark| Some(Shape::Decimal { mark, padded: false });
        for (digits, expected) in [
            ("1078", Some(Shape::Whole(4))),
            ("1.078", Some(Shape::Either(Point))),
            ("21,551", Some(Shape::Either(Comma))),
            ("0.078", decimal(Point)),
            ("1078.123", decimal(Point)),
            ("1,5", decimal(Comma)),
            (".5", decimal(Point)),
            ("5.", decimal(Point)),
            ("1.234e5", decimal(Point)),
            ("0058,5", Some(Shape::Decimal { mark: Comma, padded: true })),
            ("1,234,567", grouped(Comma, None)),
            ("1.234.567,89", grouped(Point, Some(Comma))),
            ("1,234.5", grouped(Comma, Some(Point))),
            ("12,34,567.25", grouped(Comma, Some(Point))),
            ("1 234", grouped(Space, None)),
            ("1\u{202f}234\u{a0}567,5", grouped(Space, Some(Comma))),
            ("3'905.72", grouped(Apostrophe, Some(Point))),
            ("1\u{2019}234", grouped(Apostrophe, None)),
            ("12 34", None),
            ("1.2.3", None),
            ("1.234.56", None),
            ("270,1,4", None),
            ("2019-01-02", None),
            ("1,234.567.8", None),
            ("0,123,456", None),
            ("1e", None),
            (".", None),
        ] {
            assert_eq!(shape(digits), expected, "{digits}");
        }
    }
}
