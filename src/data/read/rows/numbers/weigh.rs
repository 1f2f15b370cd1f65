//! How a column writes its numbers, weighed from the forms of all its cells. One reading that is
//! clearly better is taken and told; where two are near each other the user is asked, with the
//! flag for each.
//!
//! `1.078` may be a thousand and some, or one and a bit. What decides: a cell that can only be one
//! (`1.078,5`, `0.078`, `21.5`), another column of the table, then whole numbers beside it: a
//! writer who strips zeros writes one decimal in ten as `1.07`, one who does not writes no `998`.

use super::dress::{self, Mark};
use super::forms::{Forms, Marked, Tally, is_bound};
use super::{Markers, Reading};
use crate::config::Brackets;

/// What is known beside the column's own cells.
#[derive(Debug, Clone, Default)]
pub struct Known<'a> {
    /// `--decimal`.
    pub decimal: Option<Mark>,
    /// `--thousands`; the inner `None` is `none`.
    pub thousands: Option<Option<Mark>>,
    /// `--strip`.
    pub strip: &'a [String],
    /// `--brackets`.
    pub brackets: Option<Brackets>,
    /// The decimal mark that other columns of the table show.
    pub table: Option<Mark>,
    /// The delimiter of the text, if it is one.
    pub delimiter: Option<u8>,
    /// How training read the column.
    pub trained: Option<&'a Reading>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The reading, and what is to be told about it.
    Read(Reading, Vec<String>),
    Ask(Question),
}

/// A question to the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The cell that shows it.
    pub cell: String,
    pub what: String,
    pub hint: String,
}

fn ask(cell: &str, what: String, hint: impl Into<String>) -> Verdict {
    Verdict::Ask(Question { cell: cell.to_owned(), what, hint: hint.into() })
}

/// The reading of a column of these forms; `cells` are its different cells.
pub fn weigh<'c>(
    forms: &Forms,
    known: &Known<'_>,
    cells: impl Iterator<Item = (&'c str, usize)>,
    markers: &Markers,
) -> Verdict {
    let mut reading = Reading {
        strip: known.strip.to_vec(),
        brackets: known.brackets.unwrap_or(Brackets::Negative),
        ..Reading::default()
    };
    let mut told: Vec<Told> = Vec::new();
    let marks = match marks(forms, known) {
        Ok(marks) => marks,
        Err(question) => return Verdict::Ask(question),
    };
    (reading.decimal, reading.thousands) = marks;
    if let Some(question) = dress(forms, known, &mut reading, &mut told) {
        return Verdict::Ask(question);
    }
    tell_marks(forms, known, &reading, &mut told);
    tell_signs(forms, &mut told);
    if forms.brackets.n > 0 && known.brackets.is_none() && known.trained.is_none() {
        let example = &forms.brackets.example;
        if provisional(&reading, cells, markers) {
            let what = format!("`{example}` may be negative, or a provisional value in brackets");
            return ask(
                example,
                what,
                "--brackets negative reads it as below zero, --brackets plain as if they were not there",
            );
        }
        told.push(Told::new(
            &forms.brackets,
            &format!("brackets make it negative, {}", cells_of(&forms.brackets)),
        ));
    }
    told.dedup_by(|b, a| a.cell == b.cell);
    let told = told.iter().map(|t| t.text(&reading, markers)).collect();
    Verdict::Read(reading, told)
}

/// Something to be told: a cell, and why it is read as it is.
struct Told {
    cell: String,
    why: String,
}

impl Told {
    fn new(tally: &Tally, why: &str) -> Self {
        Told { cell: tally.example.clone(), why: why.to_owned() }
    }

    fn text(&self, reading: &Reading, markers: &Markers) -> String {
        let value = match super::read(self.cell.as_bytes(), reading, markers) {
            super::Cell::Number(v) => v.to_string(),
            _ => "missing".to_owned(),
        };
        format!("`{}` is read as {value} ({})", self.cell, self.why)
    }
}

fn cells_of(tally: &Tally) -> String {
    crate::data::read::rows::whole::count(tally.n, "cell")
}

/// The decimal mark and that of thousands.
fn marks(forms: &Forms, known: &Known<'_>) -> Result<(Mark, Option<Mark>), Question> {
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

/// Text around the numbers: taken off where the whole column agrees.
fn dress(forms: &Forms, known: &Known<'_>, reading: &mut Reading, told: &mut Vec<Told>) -> Option<Question> {
    let question = |cell: &Tally, what: String, hint: &str| {
        let cell = cell.example.clone();
        Some(Question { what: format!("`{cell}` {what}"), hint: hint.into(), cell })
    };
    let dresses = &forms.dresses;
    if let Some((before, _, tally)) = dresses.iter().find(|d| is_bound(&d.0)) {
        let hint =
            format!("--strip \"{before}\" reads the number after it; or write what it should count as");
        return question(tally, "is a bound or a guess, no number".into(), &hint);
    }
    let [first, rest @ ..] = dresses.as_slice() else { return None };
    let money = |d: &(String, String, Tally)| {
        [&d.0, &d.1].into_iter().find(|t| dress::is_currency(t)).map(|t| t.to_uppercase())
    };
    if let Some(own) = money(first) {
        if let Some(other) = rest.iter().find(|d| money(d).is_some_and(|m| m != own)) {
            let what = format!("and `{}` are sums in different currencies", other.2.example);
            return question(&first.2, what, "give each currency a column of its own");
        }
        if dresses.iter().all(|d| money(d).is_some()) {
            take_off(dresses, reading, told, "without the currency");
            return None;
        }
    }
    if let Some(trained) = known.trained
        && dresses.iter().all(|d| [&d.0, &d.1].into_iter().all(|t| t.is_empty() || trained.strip.contains(t)))
    {
        reading.strip.clone_from(&trained.strip);
        return None;
    }
    if forms.bare.n == 0 && rest.is_empty() {
        let what = if first.1 == "%" { "in percent" } else { "without the text beside it" };
        take_off(dresses, reading, told, what);
        return None;
    }
    let odd = dresses.iter().min_by_key(|d| d.2.n).unwrap_or(first);
    let text = if odd.0.is_empty() { &odd.1 } else { &odd.0 };
    // Small letters but `k` are flags as often.
    let power = ["k", "K", "M", "B", "T", "G", "mn", "bn", "Mn", "Bn", "Mio", "Mrd", "Mio.", "Mrd."]
        .contains(&text.as_str());
    if power {
        let what = format!("may be a multiple or a unit: `{text}` does not stand after all numbers");
        return question(&odd.2, what, "write the numbers out, each without the letter");
    }
    let beside = if forms.bare.n > 0 { &forms.bare } else { &first.2 };
    let what = match text.as_str() {
        "%" => format!("has a percent sign, and `{}` has none", beside.example),
        _ => format!("is a number and `{text}`, where `{}` is not", beside.example),
    };
    let hint = format!("--strip \"{text}\" takes `{text}` off and reads the number");
    question(&odd.2, what, &hint)
}

fn take_off(dresses: &[(String, String, Tally)], reading: &mut Reading, told: &mut Vec<Told>, what: &str) {
    for (before, after, _) in dresses {
        for text in [before, after].into_iter().filter(|t| !t.is_empty()) {
            if !reading.strip.contains(text) {
                reading.strip.push(text.clone());
            }
        }
    }
    if let Some((_, _, tally)) = dresses.first() {
        told.push(Told::new(tally, what));
    }
}

fn tell_marks(forms: &Forms, known: &Known<'_>, reading: &Reading, told: &mut Vec<Told>) {
    if known.thousands.is_some() || known.decimal.is_some() {
        return;
    }
    let marked = |m: Mark| if m == Mark::Comma { &forms.comma } else { &forms.point };
    if let Some(mark) = reading.thousands {
        let example = match mark {
            Mark::Space => &forms.spaced,
            Mark::Apostrophe => &forms.ticked,
            m if marked(m).grouped.n > 0 => &marked(m).grouped,
            m => &marked(m).either,
        };
        told.push(Told::new(example, "with a mark of thousands"));
    } else if marked(reading.decimal).either.n > 0
        && !marked(reading.decimal).is_decimal()
        && (reading.decimal == Mark::Comma || known.delimiter == Some(b';'))
    {
        told.push(Told::new(&marked(reading.decimal).either, "with a decimal mark"));
    }
}

fn tell_signs(forms: &Forms, told: &mut Vec<Told>) {
    for (tally, what) in [(&forms.trailing, "a minus after the number"), (&forms.dash, "another minus sign")]
    {
        if tally.n > 0 {
            told.push(Told::new(tally, &format!("{what}, {}", cells_of(tally))));
        }
    }
}

/// Whether brackets seem to mark values rather than to make them negative: all numbers are close
/// together and away from zero, and those in brackets are of their size.
fn provisional<'c>(
    reading: &Reading,
    cells: impl Iterator<Item = (&'c str, usize)>,
    markers: &Markers,
) -> bool {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    let plain = Reading { brackets: Brackets::Plain, ..reading.clone() };
    for (cell, _) in cells {
        let bracketed = cell.contains('(');
        if let super::Cell::Number(v) = super::read(cell.as_bytes(), &plain, markers) {
            if bracketed { inside.push(v) } else { outside.push(v) }
        }
    }
    outside.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| outside.get(outside.len() * share / 10).copied();
    let (Some(low), Some(high)) = (at(1), at(9)) else { return false };
    let near = |v: &&f64| **v > low / 2.0 && **v < high * 2.0;
    low > 0.0 && high < 3.0 * low && inside.iter().filter(near).count() * 10 >= inside.len() * 9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::read::rows::numbers::{Cell, read};

    fn verdict(cells: &[String], known: &Known<'_>) -> Verdict {
        let cells = || cells.iter().map(|c| (c.as_str(), 1));
        let markers = Markers::default();
        weigh(&Forms::of(cells(), known.strip, &markers), known, cells(), &markers)
    }

    /// The sum of the cells as read, and what is told; a question as its text.
    fn sum(cells: &[String], known: &Known<'_>) -> Result<(f64, String), String> {
        match verdict(cells, known) {
            Verdict::Ask(q) => Err(format!("{} [{}]", q.what, q.hint)),
            Verdict::Read(reading, told) => {
                let value = |c: &String| match read(c.as_bytes(), &reading, &Markers::default()) {
                    Cell::Number(v) => v,
                    other => panic!("{c}: {other:?}"),
                };
                let total: f64 = cells.iter().map(value).sum();
                Ok(((total * 1e6).round() / 1e6, told.join("; ")))
            }
        }
    }

    fn under(delimiter: u8) -> Known<'static> {
        Known { delimiter: Some(delimiter), ..Known::default() }
    }

    fn list(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|c| (*c).to_owned()).collect()
    }

    /// Whole numbers around a thousand, with a mark from there on.
    fn thousands(mark: &str) -> Vec<String> {
        (900..1100)
            .map(|v| if v < 1000 { v.to_string() } else { format!("{}{mark}{:03}", v / 1000, v % 1000) })
            .collect()
    }

    #[test]
    fn thousands_beside_whole_numbers() {
        let right: f64 = (900..1100).map(f64::from).sum();
        for (mark, delimiter) in
            [(",", b','), (",", b'\t'), (".", b';'), ("'", b','), ("\u{a0}", b';'), ("\u{2009}", b',')]
        {
            let (found, told) = sum(&thousands(mark), &under(delimiter)).unwrap();
            assert_eq!(found, right, "{mark} {told}");
            assert!(told.contains("is read as 1000"), "{told}");
        }
        // Against what the delimiter makes likely.
        let e = sum(&thousands("."), &under(b',')).unwrap_err();
        assert!(e.contains("--thousands . reads it as 1000, --decimal . as 1.000"), "{e}");
    }

    #[test]
    fn a_point_in_json_and_beside_whole_numbers_that_have_none() {
        let cells = list(&["318.342", "941170"]);
        for known in [Known::default(), under(b',')] {
            assert_eq!(sum(&cells, &known).unwrap().0, 941_488.342);
        }
        assert_eq!(sum(&list(&["998", "1.238"]), &Known::default()).unwrap().0, 999.238);
        assert!(sum(&cells, &under(b';')).is_err());
    }

    #[test]
    fn few_cells_with_thousands() {
        let cells = list(&["944", "936", "1,003", "973", "937", "1,001"]);
        assert_eq!(sum(&cells, &under(b',')).unwrap().0, 944.0 + 936.0 + 1003.0 + 973.0 + 937.0 + 1001.0);
    }

    #[test]
    fn one_cell_beyond_doubt_decides() {
        assert_eq!(sum(&list(&["1.078", "1.144,91"]), &under(b';')).unwrap().0, 1078.0 + 1144.91);
        assert_eq!(sum(&list(&["1.078", "0.5", "21"]), &under(b';')).unwrap().0, 22.578);
        assert_eq!(sum(&list(&["1,078", "2,5"]), &under(b';')).unwrap().0, 3.578);
        assert_eq!(sum(&list(&["12,34,567", "1,234"]), &under(b',')).unwrap().0, 1_235_801.0);
        assert_eq!(sum(&list(&["1 234,5", "12"]), &under(b';')).unwrap().0, 1246.5);
        assert_eq!(sum(&list(&["3'905.72", "1'000"]), &under(b',')).unwrap().0, 4905.72);
    }

    #[test]
    fn another_column_decides() {
        let table = |mark| Known { table: Some(mark), ..under(b';') };
        assert_eq!(sum(&list(&["1.078", "2.001"]), &table(Mark::Comma)).unwrap().0, 3079.0);
        assert_eq!(sum(&list(&["1.078", "2.001"]), &table(Mark::Point)).unwrap().0, 3.079);
    }

    #[test]
    fn what_stays_open_is_asked() {
        for (cells, delimiter, words) in [
            (&["21.551", "22.898"][..], b';', "--thousands ."),
            (&["21.551", "22.898", "35"], b';', "beside it stands `35`"),
            (&["1.078", "1500"], b';', "may be 1078"),
            (&["1.5", "1,5"], b';', "two ways"),
            (&["9.2%", "3.1"], b',', "--strip \"%\""),
            (&["8.6*", "7.1", "3"], b',', "--strip \"*\""),
            (&["7.0K", "950"], b',', "write the numbers out"),
            (&["<1", "17"], b',', "bound"),
            (&["$5", "\u{20ac}7"], b',', "currencies"),
            (&["5 \u{b0}C", "41 \u{b0}F", "3"], b',', "--strip"),
            (&["12.1", "(12.3)", "12.2", "11.9", "(12.0)"], b',', "provisional"),
        ] {
            let e = sum(&list(cells), &under(delimiter)).unwrap_err();
            assert!(e.contains(words), "{cells:?}: {e}");
            assert!(!e.contains("--missing"), "{e}");
        }
    }

    #[test]
    fn dress_that_the_whole_column_wears() {
        for (cells, total, told) in [
            (&["9.23%", "8.53 %"][..], 17.76, "in percent"),
            (&["$998,163.49", "$1,238,154.33"], 2_236_317.82, "currency"),
            (&["5.0 \u{b0}C", "-2.5 \u{b0}C"], 2.5, "without the text"),
            (&["7.0K", "14.1K"], 21.1, "without the text"),
            (&["5.45", "(0.09)", "0.10"], 5.46, "brackets"),
            (&["4.78", "0.61-"], 4.17, "minus after"),
            (&["3.7", "\u{2212}2.4"], 1.3, "another minus"),
            (&["CHF 1'234.50", "CHF 800.00"], 2034.5, "currency"),
        ] {
            let cells = list(cells);
            let found = sum(&cells, &under(b','));
            let (found, text) = found.unwrap();
            assert!((found - total).abs() < 1e-9 && text.contains(told), "{cells:?}: {found} {text}");
        }
    }

    #[test]
    fn a_value_and_its_flag() {
        let cells = list(&["+0058,5", "+0081,1", "-0012,1"]);
        assert!(sum(&cells, &under(b',')).unwrap_err().contains("a flag"));
        let tenths: Vec<String> = (0..40).map(|i| format!("{},{}", 10_200 + i, [1, 5][i % 2])).collect();
        assert!(sum(&tenths, &under(b',')).unwrap_err().contains("a flag"));
        // Half degrees in a table that has its commas to itself.
        assert!(sum(&tenths, &under(b';')).is_ok());
        let given = Known { decimal: Some(Mark::Comma), ..under(b',') };
        assert_eq!(sum(&cells, &given).unwrap().0, 127.5);
    }

    #[test]
    fn options_and_training_decide() {
        let cells = list(&["21.551", "22.898"]);
        let known = |decimal, thousands| Known { decimal, thousands, ..under(b';') };
        assert_eq!(sum(&cells, &known(None, Some(Some(Mark::Point)))).unwrap().0, 44_449.0);
        assert_eq!(sum(&cells, &known(Some(Mark::Point), None)).unwrap().0, 44.449);
        assert_eq!(sum(&cells, &known(Some(Mark::Comma), None)).unwrap().0, 44_449.0);
        assert_eq!(sum(&cells, &known(None, Some(None))).unwrap().0, 44.449);
        let trained = Reading { decimal: Mark::Comma, thousands: Some(Mark::Point), ..Reading::default() };
        let known = Known { trained: Some(&trained), ..under(b';') };
        assert_eq!(sum(&cells, &known).unwrap().0, 44_449.0);
        assert_eq!(sum(&list(&["0.5", "0.25"]), &known).unwrap().0, 0.75);
        let strip = ["*".to_owned()];
        let known = Known { strip: &strip, ..under(b',') };
        assert_eq!(sum(&list(&["8.6*", "7.1"]), &known).unwrap().0, 15.7);
    }
}
