//! Which of two orders of day and month a time column has, where a sample of it leaves that open:
//! the whole column decides, and if it cannot, the user is asked.

use super::columns::Roles;
use crate::data::read::rows::sample;
use crate::data::read::rows::scan;
use crate::data::read::rows::typed;
use crate::data::stamp::TimeStyle;
use crate::error::{Error, Place, Result};

/// The style that every row of delimited text or NDJSON fits.
///
/// # Errors
/// `Error::Data` when day and month cannot be told apart, or are in different orders.
pub fn text(files: &[sample::File<'_>], roles: &Roles) -> Result<TimeStyle> {
    let mut doubt = Doubt::new(&roles.styles);
    let Some(first) = files.first().filter(|_| doubt.open()) else { return Ok(doubt.likeliest()) };
    for file in files {
        let order = sample::order(first, file)?;
        let mut rows = file.text.rows();
        let mut cells = Vec::new();
        while let Some(line) = rows.next(&mut cells) {
            let at = |c: &usize| cells.get(*order.get(*c)?);
            let cell = |c| at(c).map(|c| scan::owned(&file.text.bytes, *c));
            doubt.row(file.name, line, &roles.time.iter().filter_map(cell).collect::<Vec<_>>());
        }
    }
    doubt.decide(first.name)
}

/// As [`text`], for Parquet and Arrow.
///
/// # Errors
/// As [`text`].
pub fn typed(files: &[typed::File<'_>], roles: &Roles) -> Result<TimeStyle> {
    let mut doubt = Doubt::new(&roles.styles);
    let Some(first) = files.first().filter(|_| doubt.open()) else { return Ok(doubt.likeliest()) };
    for file in files {
        let order = file.order(first)?;
        let time: Vec<usize> = roles.time.iter().filter_map(|c| order.get(*c).copied()).collect();
        for row in 0..file.rows() {
            doubt.row(file.name, row + 1, &file.cells(&time, row));
        }
    }
    doubt.decide(first.name)
}

/// Styles in question, and what speaks against each.
struct Doubt<'a> {
    styles: &'a [TimeStyle],
    /// For each style the first cells that do not fit it: file, row and text.
    misfits: Vec<Option<(String, usize, String)>>,
    /// The first stamp that the first two styles read differently, or the first of all.
    example: String,
    /// Whether they do.
    telling: bool,
}

impl<'a> Doubt<'a> {
    fn new(styles: &'a [TimeStyle]) -> Self {
        Doubt { styles, misfits: vec![None; styles.len()], example: String::new(), telling: false }
    }

    /// Whether there is anything to decide.
    fn open(&self) -> bool {
        self.styles.len() > 1
    }

    fn likeliest(&self) -> TimeStyle {
        self.styles.first().cloned().unwrap_or_default()
    }

    /// Looks at the time cells of one row.
    fn row(&mut self, file: &str, row: usize, cells: &[String]) {
        if cells.iter().all(String::is_empty) {
            return;
        }
        // 01/01/2000 is the same day either way: the example should show what is in doubt.
        if !self.telling {
            let cell = cells.join(" ");
            let mut readings = self.styles.iter().map(|style| style.parse_one(&cell).ok());
            self.telling = readings.next() != readings.next();
            if self.telling || self.example.is_empty() {
                self.example = cell;
            }
        }
        for (style, misfit) in self.styles.iter().zip(&mut self.misfits) {
            if misfit.is_none() && style.parser().parse(cells.iter().map(|c| c.as_bytes())).is_err() {
                *misfit = Some((file.to_owned(), row, cells.join(" ")));
            }
        }
    }

    /// The one style that all rows fit; `file` is the first one.
    fn decide(&self, file: &str) -> Result<TimeStyle> {
        let fits = self.styles.iter().zip(&self.misfits).filter(|(_, misfit)| misfit.is_none());
        let fitting: Vec<&TimeStyle> = fits.map(|(style, _)| style).collect();
        if let [only] = fitting.as_slice() {
            return Ok((*only).clone());
        }
        let [a, b, ..] = self.styles else { return Ok(self.likeliest()) };
        let column = a.columns.join(",");
        if let ([], [Some((file, row, x)), Some((_, other, y)), ..]) = (&*fitting, &*self.misfits) {
            let what = format!(
                "`{x}` does not fit `{}`, and `{y}` in row {other} does not fit `{}`",
                a.pattern(),
                b.pattern()
            );
            return Err(Error::data(Place::file(file).row(*row).column(column), what)
                .with_hint("write all stamps in one order of day and month, best as 2013-01-31"));
        }
        let read = |style: &TimeStyle| {
            let stamp = style.parse_one(&self.example).unwrap_or_default();
            TimeStyle::naive("").display(stamp).replace("T00:00:00", "")
        };
        let what = format!(
            "`{}` may be {} (`{}`) or {} (`{}`), and no row decides it",
            self.example,
            read(a),
            a.pattern(),
            read(b),
            b.pattern()
        );
        Err(Error::data(Place::file(file).column(column), what).with_hint(format!(
            "say which with --time-format \"{}\" or --time-format \"{}\"",
            a.pattern(),
            b.pattern()
        )))
    }
}
