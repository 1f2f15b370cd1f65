//! Which mark is that of the decimals, and which that of thousands, weighed from the forms of all cells.

use super::Reading;
use super::dress::Mark;
use super::forms::{Forms, Marked};
use super::weigh::{Known, Question};

/// The decimal mark and that of thousands.
pub fn marks(forms: &Forms, known: &Known<'_>) -> Result<(Mark, Option<Mark>), Question> {
    let other = |m: Mark| if m == Mark::Comma { Mark::Point } else { Mark::Comma };
    let spaces = match (forms.ticked.n, forms.spaced.n) {
        (0, 0) => None,
        (t, s) if t > s => Some(Mark::Apostrophe),
        _ => Some(Mark::Space),
    };
    let used = |m: Mark| if m == Mark::Comma { &forms.comma } else { &forms.point };
    // The mark of thousands beside a decimal mark.
    let beside = |decimal: Mark| {
        let rest = used(other(decimal));
        (rest.grouped.n + rest.either.n > 0).then_some(other(decimal)).or(spaces)
    };
    match (known.decimal, known.thousands) {
        (Some(decimal), _) if used(other(decimal)).is_decimal() => {
            return Err(against(used(other(decimal)), decimal));
        }
        (Some(decimal), Some(thousands)) => return Ok((decimal, thousands)),
        (Some(decimal), None) => return Ok((decimal, beside(decimal))),
        (None, Some(Some(m @ (Mark::Point | Mark::Comma)))) => return Ok((other(m), Some(m))),
        (None, Some(thousands)) => {
            let mark = forms.decimal().ok().flatten().or(known.table);
            let lone = [Mark::Comma, Mark::Point].into_iter().find(|m| used(*m).either.n > 0);
            return Ok((mark.or(lone).unwrap_or(Mark::Point), thousands));
        }
        (None, None) => {}
    }
    if let Some(trained) = known.trained
        && fits(forms, trained)
    {
        return Ok((trained.decimal, trained.thousands));
    }
    match forms.decimal() {
        Err(()) => Err(mixed(forms)),
        Ok(Some(decimal)) => {
            let text = known.delimiter == Some(b',') || known.delimiter == Some(b'\t');
            if decimal == Mark::Comma && text && forms.point.grouped.n == 0 {
                flagged(&forms.comma).map_or(Ok(()), Err)?;
            }
            Ok((decimal, beside(decimal)))
        }
        Ok(None) => {
            let lone = match (forms.point.either.n, forms.comma.either.n) {
                (0, 0) => return Ok((known.table.unwrap_or(Mark::Point), spaces)),
                (_, 0) => Mark::Point,
                (0, _) => Mark::Comma,
                _ => return Err(mixed(forms)),
            };
            let thousands = lone_mark(forms, lone, known)?;
            Ok(if thousands { (other(lone), Some(lone)) } else { (lone, spaces) })
        }
    }
}

/// Whether no cell contradicts a reading.
fn fits(forms: &Forms, reading: &Reading) -> bool {
    let marked = |m: Mark, marked: &Marked| {
        (reading.decimal == m || !marked.is_decimal())
            && (reading.decimal != m || marked.grouped.n == 0)
            && (reading.decimal == m || reading.thousands == Some(m) || marked.either.n == 0)
    };
    marked(Mark::Point, &forms.point) && marked(Mark::Comma, &forms.comma)
}

/// Whether the one mark that is before exactly three digits in every cell parts thousands.
fn lone_mark(forms: &Forms, mark: Mark, known: &Known<'_>) -> Result<bool, Question> {
    let marked = if mark == Mark::Comma { &forms.comma } else { &forms.point };
    if let Some(table) = known.table {
        return Ok(mark != table);
    }
    // JSON and typed columns write decimals with a point.
    if known.delimiter.is_none() && mark == Mark::Point {
        return Ok(false);
    }
    let (many, whole) = (marked.either.n, forms.short.n + forms.long.n);
    // How much larger the whole numbers are than these are as decimals: a thousand and more where
    // the values go on beyond 999.
    let ratio = if whole > 0 { forms.size() / marked.size().max(1e-9) } else { 0.0 };
    let stripped = many >= 20 && forms.short.n >= 5 && forms.long.n == 0;
    // What the delimiter makes likely: a comma in a file with commas was quoted for it.
    let thousands_likely = match (known.delimiter, mark) {
        (Some(b',') | None, Mark::Comma) => Some(true),
        (Some(b';'), Mark::Comma) => Some(false),
        (Some(b';'), _) | (Some(_), Mark::Comma) => None,
        _ => Some(false),
    };
    let open = || either(forms, marked, mark);
    if whole == 0 {
        return thousands_likely.ok_or_else(open);
    }
    if forms.long.n > 0 {
        // `1500` beside `1.078`: a writer who does not part thousands, unless the sizes speak for it.
        let usual = known.delimiter == Some(b',') && mark == Mark::Point;
        return if usual {
            Ok(false)
        } else if ratio >= 10.0 || thousands_likely == Some(true) {
            Err(open())
        } else {
            Ok(false)
        };
    }
    match thousands_likely {
        Some(false) if mark == Mark::Point => {
            if ratio >= 10.0 {
                Err(open())
            } else {
                Ok(false)
            }
        }
        Some(false) if ratio < 10.0 => {
            if stripped {
                Err(open())
            } else {
                Ok(false)
            }
        }
        Some(true) | None if ratio >= 100.0 || (stripped && ratio >= 10.0) => Ok(true),
        Some(false) if ratio >= 100.0 && stripped => Ok(true),
        Some(true) if ratio >= 10.0 => Ok(true),
        _ => Err(open()),
    }
}

/// The question whether a mark is that of thousands.
fn either(forms: &Forms, marked: &Marked, mark: Mark) -> Question {
    let cell = marked.either.example.clone();
    let joined: String = cell.chars().filter(|c| Mark::of(*c) != Some(mark)).collect();
    let point = cell.replace(',', ".");
    let beside = match (&forms.short, &forms.long) {
        (short, _) if short.n > 0 => format!("; beside it stands `{}`", short.example),
        (_, long) if long.n > 0 => format!("; beside it stands `{}`", long.example),
        _ => String::new(),
    };
    let typed = mark.typed();
    Question {
        what: format!(
            "`{cell}` may be {joined} (with a mark of thousands) or {point}, and no cell decides it{beside}"
        ),
        hint: format!("--thousands {typed} reads it as {joined}, --decimal {typed} as {point}"),
        cell,
    }
}

/// A cell that contradicts `--decimal`.
fn against(marked: &Marked, given: Mark) -> Question {
    let tally = if marked.decimal.n > 0 { &marked.decimal } else { &marked.padded };
    let right = if given == Mark::Comma { "." } else { "," };
    Question {
        cell: tally.example.clone(),
        what: format!("`{}` is no number with the decimal mark `{}`", tally.example, given.typed()),
        hint: format!("--decimal {right} reads it"),
    }
}

/// Cells that contradict each other.
fn mixed(forms: &Forms) -> Question {
    let show = |m: &Marked| {
        let cells = [&m.decimal, &m.padded, &m.grouped, &m.either];
        cells.into_iter().find(|t| t.n > 0).map(|t| t.example.clone()).unwrap_or_default()
    };
    let twice = |m: &Marked| m.is_decimal() && m.grouped.n > 0;
    let (a, b) = if twice(&forms.comma) {
        (forms.comma.decimal.example.clone(), forms.comma.grouped.example.clone())
    } else if twice(&forms.point) {
        (forms.point.decimal.example.clone(), forms.point.grouped.example.clone())
    } else {
        (show(&forms.point), show(&forms.comma))
    };
    Question {
        cell: b.clone(),
        what: format!("`{a}` and `{b}` use the marks of decimals and thousands in two ways"),
        hint: "write all numbers of the column alike, best as 1234.5".into(),
    }
}

/// Whether a comma seems to part a value from a flag: `+0058,5`.
fn flagged(marked: &Marked) -> Option<Question> {
    let cells = marked.decimal.n + marked.padded.n;
    let few = marked.tenths.0 == cells && marked.tenths.1.count_ones() <= 4 && cells >= 30;
    let shown = if marked.padded.n > 0 { &marked.padded } else { &marked.decimal };
    let cell = shown.example.clone();
    (few || marked.padded.n * 2 > cells).then(|| Question {
        what: format!(
            "`{cell}` may be a value and a flag after it, or a number with a comma as its decimal mark"
        ),
        hint: "give the value and its flag a column each, and mind the value's unit (tenths?)".into(),
        cell,
    })
}
