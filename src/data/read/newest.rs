//! The newest rows of large tables, read without the rest: a table that goes back for years is forecast from
//! its last days.
//!
//! Every row is looked at once, so that what is left out is known to be what the reader would have taken
//! without a word: rows of as many cells as the header has, stamps in the model's form, on its step and in
//! ascending order in each series, plain numbers. Of these rows the newest of each series become a small
//! table, which the reader reads as it reads any other. Text, packed or not, goes by in pieces (`text`); of
//! columns only those of the model are decoded (`typed`). Whatever is not that plain (a repeated stamp, a word
//! among numbers, a line end in quotes, …) is no business of this module: it gives `None`, and the whole table
//! is read, with all that is to be said about it.

mod gather;
mod names;
mod object;
mod opened;
mod row;
mod scan;
mod text;
mod typed;

use super::open::format::Format;
use super::roles::names::whole;
use super::rows::numbers::Markers;
use super::{ReadOptions, Source};
use crate::data::long::{LongFrame, SeriesKey};
use crate::data::name::identity;
use crate::data::stamp::{Clock, TimeStyle};
use opened::Opened;
use scan::{Form, Layout};

/// Files with less text together are read whole: nothing is to be gained.
const WORTHWHILE: u64 = 1 << 20;
/// Bytes of text that one byte stands for where it is packed or in columns, about.
const PACKED: u64 = 8;

/// Which rows are needed.
pub struct Need<'a> {
    /// Whether older rows of a series may be left out.
    pub known: &'a (dyn Fn(&SeriesKey) -> bool + Sync),
    /// Newest rows of each such series that are kept.
    pub rows: usize,
    /// In place of so many rows those from this stamp on, and the last one (UTC epoch seconds).
    pub since: Option<i64>,
    /// Seconds from one row to the next.
    pub step: i64,
    /// How the stamps are written.
    pub style: &'a TimeStyle,
    /// Rows missing in one place that the grid completes.
    pub max_gap_rows: usize,
}

/// The rows that are needed.
pub struct Newest {
    /// Read from a text of these rows alone, so its row numbers are not those of the files.
    pub frame: LongFrame,
    /// Series of which older rows were left out, sorted.
    pub cut: Vec<SeriesKey>,
}

/// Reads the newest rows; `None` where the table has to be read whole.
pub fn newest(source: &Source, options: &ReadOptions, need: &Need) -> Option<Newest> {
    let files = opened::all(source)?;
    let format = files.first()?.format(options)?;
    let plain = |file: &Opened| file.is_plain() && matches!(format, Format::Csv | Format::Ndjson);
    let text = |file: &Opened| if plain(file) { file.length } else { PACKED.saturating_mul(file.length) };
    if files.iter().map(text).sum::<u64>() < WORTHWHILE {
        return None;
    }
    if files.iter().any(|file| file.format(options) != Some(format)) {
        return None;
    }
    match format {
        Format::Csv | Format::Ndjson => text::newest(&files, format, options, need),
        Format::Parquet | Format::Arrow => typed::newest(&files, format, options, need),
    }
}

impl Newest {
    /// It, where its stamps and numbers were read as training read its own.
    fn into_trained(self, need: &Need) -> Option<Newest> {
        let (own, trained) = (&self.frame.time, need.style);
        let same = own.forms() == trained.forms() && own.clock() == trained.clock();
        (same && self.frame.dialect.decimal.is_none_or(|mark| mark == '.')).then_some(self)
    }
}

/// What each column is, as far as every row can be judged by itself.
fn form<'a>(header: &[String], layout: Layout, options: &ReadOptions, need: &'a Need) -> Option<Form<'a>> {
    let header: Vec<String> = header.iter().map(|name| identity(name).into_owned()).collect();
    let distinct = header.iter().enumerate().all(|(i, name)| !name.is_empty() && !header[..i].contains(name));
    let named = options.wide.is_none() && !options.series_from_filename && distinct;
    let to_the_end = options.skip_footer.is_none();
    // What a run says for itself about numbers is weighed over all cells.
    let plain = options.decimal.is_none()
        && options.thousands.is_none()
        && options.strip.is_empty()
        && options.brackets.is_none()
        && options.resample.is_none()
        && options.fixed.is_empty();
    let style = need.style;
    let clear = style.own_zone().is_none()
        && (style.clock() == Clock::Wall || style.clock() == Clock::Utc && need.step < 86_400)
        && !style.forms().iter().any(|form| form.has_slots() || form.lacks_century());
    if !(named && to_the_end && plain && clear) {
        return None;
    }
    let options = whole(&header, options);
    let place = |name: &String| header.iter().position(|own| own == name);
    let [time] = options.time.as_deref()? else { return None };
    let series: Vec<usize> = options.series.as_ref()?.iter().map(place).collect::<Option<_>>()?;
    let categories = options.categories.clone().unwrap_or_default();
    let mut roles = vec![scan::Role::Other; header.len()];
    let numbers = options.target.iter().chain(options.features.as_ref()?);
    for name in numbers.filter(|name| !categories.iter().any(|(column, _)| column == *name)) {
        roles[place(name)?] = scan::Role::Number;
    }
    for (column, values) in categories {
        roles[place(&column)?] = scan::Role::Category(values.into_iter().map(String::into_bytes).collect());
    }
    series.iter().for_each(|at| roles[*at] = scan::Role::Series);
    roles[place(time)?] = scan::Role::Time;
    Some(Form {
        layout,
        roles,
        series,
        parser: style.parser(),
        clock: style.clock(),
        markers: Markers::new(&options.missing, b'.'),
        step: need.step,
        max_gap: need.max_gap_rows as i64,
        need,
    })
}
