//! Finds the columns that tell the series apart, when no option names them; from all rows.
//!
//! 1. Do stamps come several times? Then the key is the column, or the few columns together, with
//!    which hardly one does, if the series that it makes have their rows side by side (`filled`):
//!    text first, then whole numbers.
//! 2. Does the time go back in the file now and then? Then the column that changes there and
//!    nowhere else.
//! 3. Do rows take turns between levels of the target (`turns`)? Then the column of text that
//!    tells the levels apart is the key if it is called like one, else the user is asked.
//! 4. Otherwise a column of one value throughout that stands before the numbers: so the output
//!    keeps it. Everything else is an attribute of one history, whatever its name.

mod alike;
mod facts;
mod names;
mod questions;
mod rounds;
mod together;
mod turns;

use super::weighed::Weighed;
use crate::data::long::Note;
use crate::data::read::roles::assigned::Roles;
use crate::data::read::rows::coded::{Coded, combine};
use crate::data::read::rows::numbers::{self, Cell, Markers};
use crate::data::read::rows::whole::{Kind, Sample, list};
use crate::error::Result;
use facts::{Candidate, Facts, Moments, NONE, Order, one_after_another};
use rounds::comes_round;
use std::borrow::Cow;
use turns::{Turns, Values};

/// The least share of its span in which a series must have rows.
const FILLED: f64 = 0.4;

/// What is known of the table.
pub struct Search<'a> {
    pub sample: &'a Sample,
    pub weighed: &'a [Weighed],
    pub markers: &'a Markers,
    pub roles: &'a Roles,
    /// Columns that have another part.
    pub taken: &'a [usize],
    pub targets: &'a [usize],
}

impl<'a> Search<'a> {
    /// The series columns, and what is told about them.
    ///
    /// # Errors
    /// `Error::Data` where a column may or may not be one.
    pub fn find(&self) -> Result<(Vec<usize>, Option<Note>)> {
        let moments = self.moments();
        let texts = self.texts();
        let key = self.by_rows(&moments, &texts);
        self.refuse_parts_of_time(key.as_ref())?;
        self.refuse_dates(key.as_ref())?;
        let key = self.with_quantities(key, &moments, &texts, false)?;
        if let Some(key) = key {
            let names: Vec<&str> = key.columns.iter().map(|c| self.sample.name(*c)).collect();
            let alike = match self.alike(&key, &moments)? {
                None => String::new(),
                Some((a, b)) => format!("; `{a}` and `{b}` differ in case or zeros alone"),
            };
            let text = format!("series: {} ({} different{alike})", list(&names), key.levels);
            // One column of text is what anybody would take.
            let plain = alike.is_empty()
                && key.columns.iter().all(|c| self.kind(*c) == Kind::Text)
                && key.columns.len() == 1;
            let code = if plain { "series_read" } else { "key_read" };
            let note = Note { code, column: None, count: key.levels, text };
            return Ok((key.columns, Some(note)));
        }
        self.refuse_other_numbers(&moments)?;
        Ok((self.label(&texts).into_iter().collect(), None))
    }

    /// Asks about a column that seems to tell series apart and is none of those that were named.
    ///
    /// # Errors
    /// As [`Search::find`].
    pub fn check(&self, named: &[usize]) -> Result<()> {
        let texts = self.texts();
        if texts.iter().all(|c| c.levels < 2) {
            return Ok(());
        }
        let part = |c: &usize| self.candidate(*c);
        let key = named.iter().filter_map(part).reduce(|a, b| a.with(&b));
        self.with_quantities(key, &self.moments(), &texts, true).map(|_| ())
    }

    fn free(&self, column: usize) -> bool {
        !self.taken.contains(&column) && !self.sample.name(column).is_empty()
    }

    fn kind(&self, column: usize) -> Kind {
        self.weighed.get(column).map_or(Kind::Empty, |w| w.kind)
    }

    /// When each row is, by the first style.
    fn moments(&self) -> Moments {
        let columns: Vec<&Coded> = self.roles.time.iter().map(|c| self.sample.text(*c)).collect();
        let Some(style) = self.roles.styles.first() else { return Moments::default() };
        let parser = style.parser();
        if let [only] = columns.as_slice() {
            let stamp = |cell: &str| parser.parse([cell.as_bytes()]).ok().map(|m| m.utc());
            return Moments::new(only.codes(), &only.values().map(stamp).collect::<Vec<_>>());
        }
        let (ids, tuples) = combine(&columns);
        let stamp = |tuple: &Vec<u32>| {
            let cells = columns.iter().zip(tuple).map(|(c, code)| c.value(*code).as_bytes());
            parser.parse(cells).ok().map(|m| m.utc())
        };
        Moments::new(&ids, &tuples.iter().map(stamp).collect::<Vec<_>>())
    }

    /// Columns of text that come again; empty cells count as a level.
    fn texts(&self) -> Vec<Candidate<'a>> {
        let columns = (0..self.sample.names.len()).filter(|c| self.free(*c) && self.kind(*c) == Kind::Text);
        columns.filter_map(|c| self.candidate(c)).collect()
    }

    /// Columns of whole numbers that come again and have such a name.
    fn wholes(&self, is: impl Fn(&str) -> bool) -> Vec<Candidate<'a>> {
        let whole = |c: &usize| {
            let is_whole = |cell: &str| cell.parse::<f64>().is_ok_and(|v| v == v.trunc());
            self.free(*c)
                && is(self.sample.name(*c))
                && self.kind(*c) == Kind::Number
                && self.sample.distinct(*c, self.markers).all(|(cell, _)| is_whole(cell))
        };
        let columns = (0..self.sample.names.len()).filter(whole);
        columns.filter_map(|c| self.candidate(c)).filter(|c| !c.codes.contains(&NONE)).collect()
    }

    fn candidate(&self, column: usize) -> Option<Candidate<'a>> {
        let text = self.sample.text(column);
        let (rows, levels) = (self.sample.rows(), text.values().len());
        if levels == 0 || levels * 2 > rows {
            return None;
        }
        if self.kind(column) != Kind::Text || !text.codes().contains(&NONE) {
            return Some(Candidate { columns: vec![column], codes: Cow::Borrowed(text.codes()), levels });
        }
        // No text is a level of its own: reading will point at it, if this is the key.
        let filled = |code: &u32| if *code == NONE { levels as u32 } else { *code };
        let codes = text.codes().iter().map(filled).collect();
        Some(Candidate { columns: vec![column], codes: Cow::Owned(codes), levels: levels + 1 })
    }

    /// The key that the pattern of rows shows.
    fn by_rows(&self, moments: &Moments, texts: &[Candidate<'a>]) -> Option<Candidate<'a>> {
        let order = Order::of(&moments.ids);
        let repeated = moments.repeated();
        let often = repeated * 100 > moments.ids.len();
        if !often && order.backward() == 0 {
            return self.by_runs(moments, texts).or_else(|| self.by_rounds(moments, texts));
        }
        let wholes = self.wholes(|_| true);
        if often {
            let found = self.unique(texts, moments).or_else(|| self.unique(&wholes, moments)).or_else(|| {
                let all: Vec<&Candidate<'a>> = texts.iter().chain(&wholes).collect();
                self.together(&all, moments, repeated)
            });
            if found.is_some() {
                return found.map(|key| self.whole_by_number(&key, &wholes, moments).unwrap_or(key));
            }
        }
        let after = |c: &&Candidate<'a>| c.levels > 1 && one_after_another(c, moments, &order);
        let named = |c: &&Candidate<'a>| self.named(c, names::is_thing);
        let mut blocks: Vec<&Candidate<'a>> = texts.iter().filter(after).collect();
        if blocks.is_empty() {
            blocks = wholes.iter().filter(after).collect();
        }
        if let Some(found) = blocks.iter().find(|c| named(c)).or(blocks.first()) {
            return Some((*found).clone());
        }
        // Rows of one thing and stamp come several times: to be joined, or told apart by more.
        texts
            .iter()
            .filter(|c| often && c.levels > 1 && named(c))
            .find(|c| Facts::of(c, moments).repeated < repeated)
            .cloned()
    }

    fn named(&self, candidate: &Candidate<'_>, is: impl Fn(&str) -> bool) -> bool {
        candidate.columns.iter().all(|c| is(self.sample.name(*c)))
    }

    /// The best of the candidates with which hardly a row repeats a stamp.
    fn unique(&self, candidates: &[Candidate<'a>], moments: &Moments) -> Option<Candidate<'a>> {
        let judged = candidates.iter().filter(|c| c.levels > 1).map(|c| (c, Facts::of(c, moments)));
        self.best(judged.collect()).cloned()
    }

    /// Of those that will do, the one whose series are filled best; where several are alike, one
    /// with a usual name, with the fewest series, that stands first.
    fn best<'c, 'k>(&self, judged: Vec<(&'c Candidate<'k>, Facts)>) -> Option<&'c Candidate<'k>> {
        let fits = |f: &Facts| f.is_unique() && f.filled() >= FILLED;
        let good: Vec<(&Candidate<'k>, Facts)> = judged.into_iter().filter(|j| fits(&j.1)).collect();
        let most = good.iter().map(|j| j.1.filled()).fold(0.0, f64::max);
        let alike = good.into_iter().filter(|j| j.1.filled() >= most - 0.02);
        alike.min_by_key(|(c, _)| (!self.named(c, names::is_thing), c.levels)).map(|j| j.0)
    }

    /// The key with columns that tell quantities in one column of values apart. Where the key was
    /// `named` by the user, there is always a question.
    fn with_quantities(
        &self,
        mut key: Option<Candidate<'a>>,
        moments: &Moments,
        texts: &[Candidate<'a>],
        named: bool,
    ) -> Result<Option<Candidate<'a>>> {
        let wholes = self.wholes(names::is_number_of);
        let free = |c: &&Candidate<'a>| {
            let taken = |k: &Candidate<'a>| k.columns.iter().any(|column| c.columns.contains(column));
            let levels = 2..=(c.codes.len() / 4).min(1000);
            levels.contains(&c.levels) && !key.as_ref().is_some_and(taken)
        };
        // Numbers under any other name have to come round in one order.
        let rounds = self.wholes(|name| !names::is_number_of(name) && !names::is_part_of_time(name));
        let rounds = rounds.iter().filter(|c| comes_round(&c.codes, c.levels));
        let tags: Vec<&Candidate<'a>> = texts.iter().chain(&wholes).chain(rounds).filter(free).collect();
        if tags.is_empty() {
            return Ok(key);
        }
        let measured = self.measured();
        let values: Vec<Values<'_>> = measured.iter().map(|c| self.values(*c)).collect();
        let sorted = key.as_ref().is_some_and(|k| sorted_within(k, moments));
        let order = if sorted { None } else { moments.order() };
        for tag in tags {
            let judge = |v: &Values<'_>| Turns::of(tag, key.as_ref(), v, order.as_deref());
            // A number is no measure of itself; without a target one column is looked at.
            let most = if self.targets.is_empty() { 1 } else { usize::MAX };
            let others = measured.iter().zip(&values).filter(|(c, _)| !tag.columns.contains(c)).take(most);
            let judged = others.map(|(column, values)| (column, judge(values)));
            let Some((column, turns)) = judged.min_by(|a, b| a.1.smooth.total_cmp(&b.1.smooth)) else {
                continue;
            };
            if !turns.apart() || turns::follows_calendar(tag, &moments.stamps, &moments.ids) {
                continue;
            }
            let known = self.named(tag, |n| names::is_quantity(n) || names::is_number_of(n));
            if named || !known || turns.smooth > 0.25 {
                return Err(self.doubt(tag, *column, key.as_ref()));
            }
            key = Some(key.map_or_else(|| tag.clone(), |key| key.with(tag)));
        }
        Ok(key)
    }

    fn values(&self, column: usize) -> Values<'a> {
        let (text, markers) = (self.sample.text(column), self.markers);
        let reading = self.weighed.get(column).map(Weighed::reading).unwrap_or_default();
        let number = |cell: &str| match numbers::read(cell.as_bytes(), &reading, markers) {
            Cell::Number(v) => v,
            _ => f64::NAN,
        };
        Values { codes: text.codes(), known: text.values().map(number).collect() }
    }

    /// The columns whose levels are looked at: the targets, or the first numbers.
    fn measured(&self) -> Vec<usize> {
        if !self.targets.is_empty() {
            return self.targets.to_vec();
        }
        (0..self.sample.names.len())
            .filter(|c| self.free(*c) && self.kind(*c) == Kind::Number)
            .take(2)
            .collect()
    }

    /// A column with one value throughout, so that the output keeps it.
    fn label(&self, texts: &[Candidate<'a>]) -> Option<usize> {
        let number = (0..self.sample.names.len())
            .find(|c| self.kind(*c) == Kind::Number && !self.roles.time.contains(c));
        let first = |c: usize| number.is_none_or(|n| c < n);
        let thing = |c: usize| names::is_thing(self.sample.name(c));
        let single = |c: &Candidate<'a>| {
            let column = c.columns.first().copied()?;
            (self.sample.text(column).values().len() == 1).then_some((column, c.levels == 1))
        };
        let numbers = self.wholes(names::is_number_of);
        let all: Vec<(usize, bool)> = texts.iter().chain(&numbers).filter_map(single).collect();
        // One that is called like a key is it with empty cells as well: reading will point at them.
        let found = all.iter().find(|c| thing(c.0)).or_else(|| all.iter().find(|c| c.1 && first(c.0)));
        found.map(|c| c.0)
    }
}

/// Whether each series' rows stand in the order of time.
fn sorted_within(key: &Candidate<'_>, moments: &Moments) -> bool {
    let mut last = vec![0u32; key.levels];
    key.codes.iter().zip(moments.ids.iter()).all(|(level, id)| {
        let Some(before) = last.get_mut(*level as usize) else { return true };
        let sorted = *before <= *id || *id == NONE;
        *before = *id;
        sorted
    })
}
