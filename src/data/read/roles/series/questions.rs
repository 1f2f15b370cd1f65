//! What is asked about a column that tells rows apart and may be no key.

use super::facts::{Candidate, Moments, NONE};
use super::{Search, names};
use crate::data::read::roles::time::tells_rows;
use crate::data::read::rows::whole::{Kind, shorten};
use crate::data::stamp::detect;
use crate::data::stamp::part::Part;
use crate::data::stamp::pattern::Pattern;
use crate::error::{Error, Result};
use crate::text::argument;

impl<'a> Search<'a> {
    /// Asks about a column that tells rows of one stamp apart and is called like a part of the time.
    pub(super) fn refuse_parts_of_time(&self, key: Option<&Candidate<'_>>) -> Result<()> {
        let part = |c: &&usize| match self.kind(**c) {
            Kind::Number => names::is_part_of_time(self.sample.name(**c)),
            _ => names::is_text_of_time(self.sample.name(**c)),
        };
        let Some(column) = key.and_then(|k| k.columns.iter().find(part)) else { return Ok(()) };
        let name = self.sample.name(*column);
        let time = self.roles.time.iter().map(|c| self.sample.name(*c)).collect::<Vec<_>>().join(",");
        let what = format!(
            "`{name}` tells rows of one stamp apart: it may be a part of the time, or number the series"
        );
        let stamp: Vec<usize> = self.roles.time.iter().chain([column]).copied().collect();
        let alone = key.is_some_and(|k| k.columns.len() == 1);
        // What does not make the stamps that it should, or under another meaning alone, is no advice.
        let known = Part::named(name).is_some() && (!alone || tells_rows(self.sample, &stamp));
        let part = match !known {
            true => format!("as a part of the time it is not read: write it into {time}"),
            false => format!("--time {} makes it a part of the stamp", argument(&format!("{time},{name}"))),
        };
        Err(Error::data(self.sample.place(0).column(name), what)
            .with_hint(format!("{part}; --series {} makes each a series", argument(name))))
    }

    /// Asks about dates that tell rows of one stamp apart: the day of which a forecast is, or on which a value was
    /// published.
    pub(super) fn refuse_dates(&self, key: Option<&Candidate<'_>>) -> Result<()> {
        let dated = |c: &&usize| {
            let cells: Vec<&str> =
                self.sample.distinct(**c, self.markers).map(|cell| cell.0).take(1000).collect();
            self.kind(**c) == Kind::Text && detect::patterns(&cells, false).iter().any(Pattern::has_day)
        };
        let Some(column) = key.and_then(|k| k.columns.iter().find(dated)) else { return Ok(()) };
        let name = self.sample.name(*column);
        let time = self.roles.time.iter().map(|c| self.sample.name(*c)).collect::<Vec<_>>().join(",");
        let what = format!(
            "`{name}` holds dates, of which one `{time}` has several: forecasts, or values that were revised"
        );
        Err(Error::data(self.sample.place(0).column(name), what).with_hint(format!(
            "keep one row a stamp, such as the newest or those of one lead, and name the time with --time; --series {} makes each date a series",
            argument(name)
        )))
    }

    /// Asks about numbers with fractions, or flags, that tell rows of one stamp apart where nothing
    /// else does.
    pub(super) fn refuse_other_numbers(&self, moments: &Moments) -> Result<()> {
        let repeated = moments.repeated();
        if repeated * 100 <= moments.ids.len() {
            return Ok(());
        }
        let number = |c: &usize| self.free(*c) && matches!(self.kind(*c), Kind::Number | Kind::Flag);
        let numbers: Vec<Candidate<'a>> = (0..self.sample.names.len())
            .filter(number)
            .filter_map(|c| self.candidate(c))
            .filter(|c| !c.codes.contains(&NONE))
            .collect();
        let all: Vec<&Candidate<'a>> = numbers.iter().collect();
        let found = self.unique(&numbers, moments).or_else(|| self.together(&all, moments, repeated));
        let Some(key) = found else { return Ok(()) };
        let names: Vec<&str> = key.columns.iter().map(|c| self.sample.name(*c)).collect();
        let names = names.join(",");
        let what = format!("`{names}` tells rows of one stamp apart, with {} different values", key.levels);
        Err(Error::data(self.sample.place(0), what).with_hint(format!(
            "if it is a key, --series {} makes each a series; else the table lacks the column that tells them apart",
            argument(&names)
        )))
    }

    /// The question whether a column of text is a key.
    pub(super) fn doubt(&self, tag: &Candidate<'_>, values: usize, key: Option<&Candidate<'_>>) -> Error {
        let column = tag.columns.first().copied().unwrap_or_default();
        let (name, value) = (self.sample.name(column), self.sample.name(values));
        let first = tag.codes.first().copied().unwrap_or_default();
        let other = tag.codes.iter().position(|c| *c != first).unwrap_or_default();
        let cell = |row: usize, c: usize| shorten(self.sample.cell(c, row));
        let what = format!(
            "`{name}` may tell several series apart: rows take turns between its values, and `{value}` is {} in `{}` and {} in `{}`",
            cell(0, values),
            cell(0, column),
            cell(other, values),
            cell(other, column),
        );
        let columns = key.into_iter().flat_map(|k| &k.columns).chain([&column]).map(|c| self.sample.name(*c));
        let all = columns.collect::<Vec<_>>().join(",");
        Error::data(self.sample.place(other).column(name), what).with_hint(format!(
            "--series {} makes each a series; --drop {} reads its rows as one",
            argument(&all),
            argument(name)
        ))
    }
}
