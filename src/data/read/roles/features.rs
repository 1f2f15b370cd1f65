//! Targets and features: which columns are read as numbers, and which are left out.

use super::weighed::Weighed;
use crate::data::long::Note;
use crate::data::read::ReadOptions;
use crate::data::read::roles::assigned::{Numeric, Roles};
use crate::data::read::rows::numbers::dress::Mark;
use crate::data::read::rows::numbers::weigh::Verdict;
use crate::data::read::rows::numbers::{self, Markers, Reading};
use crate::data::read::rows::whole::{Kind, Sample, list, shorten};
use crate::error::{Error, Place, Result};
use crate::text::argument;

/// What is known of a table's columns.
pub struct Columns<'a> {
    pub sample: &'a Sample,
    pub options: &'a ReadOptions,
    pub weighed: &'a [Weighed],
    pub markers: &'a Markers,
}

/// Targets and features.
pub fn choose(
    columns: &Columns<'_>,
    targets: &[usize],
    taken: &[usize],
    categorical: &[usize],
    roles: &mut Roles,
) -> Result<()> {
    let Columns { sample, options, .. } = *columns;
    let name = |c: usize| sample.name(c).to_owned();
    for (i, c) in targets.iter().enumerate() {
        columns.refuse_text(*c, "target")?;
        if targets.iter().take(i).any(|t| t == c) {
            return Err(Error::usage(format!("the target `{}` is given twice", name(*c))));
        }
        if roles.series.contains(c) {
            return Err(Error::usage(format!("`{}` cannot be both a series column and a target", name(*c))));
        }
        roles.numbers.push(columns.numeric(*c, true)?);
    }
    roles.targets = targets.len();
    let mut left_out = Vec::new();
    if let Some(features) = &options.features {
        for feature in features {
            let c = sample.find(feature, "feature")?;
            if targets.contains(&c) || categorical.contains(&c) || roles.numbers.iter().any(|n| n.column == c)
            {
                continue;
            }
            if roles.time.contains(&c) || roles.series.contains(&c) {
                return Err(Error::usage(format!(
                    "`{feature}` cannot be both a feature and the series or time column"
                )));
            }
            columns.refuse_text(c, "feature")?;
            let numeric = columns.numeric(c, true)?;
            roles.numbers.push(numeric);
        }
    } else {
        for c in 0..sample.names.len() {
            let counter = sample.names.get(c).is_some_and(String::is_empty);
            if taken.contains(&c) || categorical.contains(&c) || counter {
                continue;
            }
            if options.wide.is_some() {
                columns.refuse_text(c, "series")?;
                let numeric = columns.numeric(c, true)?;
                roles.numbers.push(numeric);
                continue;
            }
            match columns.kind(c) {
                Kind::Text => left_out.push(name(c)),
                _ if is_row_number(sample, c) => roles.notes.push(Note {
                    code: "row_number",
                    column: Some(name(c)),
                    count: 1,
                    text: format!(
                        "column `{}` counts the rows: left out (--features names what to use)",
                        name(c)
                    ),
                }),
                _ => roles.numbers.push(columns.numeric(c, false)?),
            }
        }
    }
    roles.texts = categorical
        .iter()
        .copied()
        .filter(|c| !roles.time.contains(c) && !roles.series.contains(c))
        .collect();
    if !left_out.is_empty() {
        roles.notes.push(Note {
            code: "text_column",
            column: None,
            count: left_out.len(),
            text: format!(
                "text {} left out: {} (--categorical makes {})",
                if left_out.len() == 1 { "column" } else { "columns" },
                list(&left_out),
                if left_out.len() == 1 { "it a feature" } else { "them features" }
            ),
        });
    }
    if roles.numbers.is_empty() && roles.texts.is_empty() && !options.stamps_alone() {
        return Err(Error::data(Place::file(&sample.file), "no column of numbers is left to forecast from")
            .with_hint(format!("the columns are {}", list(&sample.names))));
    }
    columns.tell(roles);
    Ok(())
}

/// Columns whose numbers are read in an unusual way and that are named one by one.
const TOLD: usize = 5;

impl Columns<'_> {
    fn kind(&self, column: usize) -> Kind {
        self.weighed.get(column).map_or(Kind::Empty, |w| w.kind)
    }

    /// A column as one of numbers.
    fn numeric(&self, column: usize, named: bool) -> Result<Numeric> {
        let (sample, name) = (self.sample, self.sample.name(column));
        let reading = match self.weighed.get(column).map(|w| &w.verdict) {
            Some(Verdict::Ask(question)) => {
                let row = (0..sample.rows()).find(|row| sample.cell(column, *row) == question.cell);
                let mut hint = question.hint.clone();
                if !named {
                    hint.push_str(&format!("; --drop {} leaves the column out", argument(name)));
                }
                let place = sample.place(row.unwrap_or_default()).column(name);
                return Err(Error::data(place, question.what.clone()).with_hint(hint));
            }
            Some(Verdict::Read(reading, _)) => reading.clone(),
            None => Reading::default(),
        };
        Ok(Numeric { column, flag: self.kind(column) == Kind::Flag, named, reading })
    }

    /// The table's decimal mark, and the readings to be kept for later tables of the same kind.
    pub fn readings(&self, roles: &mut Roles) {
        let decided = self.weighed.iter().enumerate().filter(|(_, w)| w.decided && w.kind == Kind::Number);
        let all: Vec<(usize, Reading)> = decided.map(|(c, w)| (c, w.reading())).collect();
        roles.decimal = match self.options.decimal {
            Some(',') => Mark::Comma,
            Some(_) => Mark::Point,
            None => all.iter().find(|r| r.1.decimal == Mark::Comma).map_or(Mark::Point, |r| r.1.decimal),
        };
        let plain = |r: &Reading| *r == Reading::default() && self.sample.delimiter == Some(b',');
        roles.readings = all
            .into_iter()
            .filter(|r| !plain(&r.1))
            .map(|(c, r)| (self.sample.name(c).to_owned(), r))
            .collect();
    }

    /// Notes on numbers that are read in an unusual way.
    fn tell(&self, roles: &mut Roles) {
        let told = |n: &Numeric| match self.weighed.get(n.column).map(|w| &w.verdict) {
            Some(Verdict::Read(_, told)) if !told.is_empty() => Some((n.column, told.join("; "))),
            _ => None,
        };
        let all: Vec<(usize, String)> = roles.numbers.iter().filter_map(told).collect();
        for (i, (column, text)) in all.iter().enumerate().take(TOLD) {
            let name = self.sample.name(*column).to_owned();
            let more: Vec<&str> = all.iter().skip(TOLD).map(|c| self.sample.name(c.0)).collect();
            let more = match more.as_slice() {
                more if i + 1 == TOLD && !more.is_empty() => format!("; the like in {}", list(more)),
                _ => String::new(),
            };
            let text = format!("`{name}`: {text}{more}");
            roles.notes.push(Note { code: "numbers_read", column: Some(name), count: 1, text });
        }
    }

    /// Refuses a column that must hold numbers and holds text.
    fn refuse_text(&self, column: usize, role: &str) -> Result<()> {
        if self.kind(column) != Kind::Text {
            return Ok(());
        }
        let (sample, name) = (self.sample, self.sample.name(column));
        let reading = self.weighed.get(column).map(Weighed::reading).unwrap_or_default();
        let is_text = |c: &str| numbers::read(c.as_bytes(), &reading, self.markers) == numbers::Cell::Text;
        let cell =
            sample.distinct(column, self.markers).map(|c| c.0).find(|c| is_text(c)).unwrap_or_default();
        let row = (0..sample.rows()).find(|row| sample.cell(column, *row) == cell).unwrap_or_default();
        let hint = match role {
            "target" => "choose a column of numbers with --target".to_owned(),
            "series" => {
                format!(
                    "in a wide table every column but the time is a series; --drop {} leaves it out",
                    argument(name)
                )
            }
            _ => format!("--categorical {} makes a feature of each of its values", argument(name)),
        };
        Err(Error::data(
            sample.place(row).column(name),
            format!("the {role} holds text (`{}`), where numbers are needed", shorten(cell)),
        )
        .with_hint(hint))
    }
}

/// Whether a column is named as a counter of rows and counts in the sample.
fn is_row_number(sample: &Sample, column: usize) -> bool {
    const NAMES: [&str; 9] =
        ["id", "no", "row", "index", "row_number", "rownum", "rowid", "unnamed: 0", "row_id"];
    let name = sample.names.get(column).map(|n| n.to_lowercase()).unwrap_or_default();
    NAMES.contains(&name.as_str())
        && sample.rows() > 0
        && sample.text(column).values().len() == sample.rows()
        && sample.text(column).values().all(|c| c.parse::<i64>().is_ok())
}
