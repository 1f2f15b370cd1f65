//! How a column writes its numbers, weighed from the forms of all its cells. One reading that is
//! clearly better is taken and told; where two are near each other the user is asked, with the
//! flag for each.
//!
//! `1.078` may be a thousand and some, or one and a bit. What decides: a cell that can only be one
//! (`1.078,5`, `0.078`, `21.5`), another column of the table, then whole numbers beside it: a
//! writer who strips zeros writes one decimal in ten as `1.07`, one who does not writes no `998`.

use super::dress::{self, Mark};
use super::forms::{Forms, Tally, is_bound};
use super::marks::marks;
use super::{Markers, Reading};
use crate::config::Brackets;
use crate::text::argument;

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

/// Text around the numbers: taken off where the whole column agrees.
fn dress(forms: &Forms, known: &Known<'_>, reading: &mut Reading, told: &mut Vec<Told>) -> Option<Question> {
    let question = |cell: &Tally, what: String, hint: &str| {
        let cell = cell.example.clone();
        Some(Question { what: format!("`{cell}` {what}"), hint: hint.into(), cell })
    };
    let dresses = &forms.dresses;
    if let Some((before, _, tally)) = dresses.iter().find(|d| is_bound(&d.0)) {
        let hint = format!(
            "--strip {} reads the number after it; or write what it should count as",
            argument(before)
        );
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
    let power = POWERS.contains(&text.as_str())
        || POWERS_WRITTEN.contains(&text.to_lowercase().trim_end_matches('.'));
    if power {
        let what = format!("may be a multiple or a unit: `{text}` does not stand after all numbers");
        return question(&odd.2, what, "write the numbers out, each without the letter");
    }
    let beside = if forms.bare.n > 0 { &forms.bare } else { &first.2 };
    // Shares beside percents differ by a hundred.
    if text == "%" && is_share(&beside.example) && !is_share(odd.2.example.trim_end_matches(['%', ' '])) {
        let what = format!("has a percent sign, and `{}` looks like a share of 1", beside.example);
        return question(&odd.2, what, "write all of them in percent, or all as shares");
    }
    let what = match text.as_str() {
        "%" => format!("has a percent sign, and `{}` has none", beside.example),
        _ => format!("is a number and `{text}`, where `{}` is not", beside.example),
    };
    // Whatever else stands beside numbers there, and what was asked for already, in one list.
    let mut all: Vec<&str> = known.strip.iter().map(String::as_str).collect();
    for (before, after, _) in dresses {
        let plain = |t: &&str| !t.is_empty() && !t.contains(',') && *t != "%" && !dress::is_currency(t);
        let new: Vec<&str> = [before.as_str(), after.as_str()].into_iter().filter(plain).collect();
        all.extend(new);
    }
    all.sort_unstable();
    all.dedup();
    let hint = match all.as_slice() {
        [] | [_] => format!("--strip {} takes `{text}` off and reads the number", argument(text)),
        all => format!("--strip {} takes these off and reads the numbers", argument(&all.join(","))),
    };
    question(&odd.2, what, &hint)
}

/// Multiples by a letter, as they are written; small letters but `k` are flags as often.
const POWERS: [&str; 6] = ["k", "K", "M", "B", "T", "G"];
/// The same by more letters, whatever their case.
const POWERS_WRITTEN: [&str; 19] = [
    "mn", "bn", "mio", "mrd", "mil", "mln", "mlrd", "mm", "tsd", "tys", "thousand", "million", "billion",
    "millions", "billions", "lakh", "lakhs", "cr", "crore",
];

/// Whether a number lies between -1 and 1.
fn is_share(cell: &str) -> bool {
    cell.trim().replace(',', ".").parse::<f64>().is_ok_and(|v| v.abs() <= 1.0)
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
#[path = "weigh_tests.rs"]
mod tests;
