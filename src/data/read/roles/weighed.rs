//! What each column's cells are, and how its numbers are written: weighed once, from all rows.

use crate::data::read::ReadOptions;
use crate::data::read::rows::cells::Cells;
use crate::data::read::rows::numbers::dress::Mark;
use crate::data::read::rows::numbers::forms::Forms;
use crate::data::read::rows::numbers::weigh::{self, Known, Verdict};
use crate::data::read::rows::numbers::{Markers, Reading};
use crate::data::read::rows::whole::{Kind, Sample};
use rayon::prelude::*;

/// A column, weighed.
#[derive(Debug, Clone)]
pub struct Weighed {
    pub kind: Kind,
    /// How its numbers are written; of columns of numbers alone.
    pub verdict: Verdict,
    /// Whether its cells show which mark is which.
    pub decided: bool,
}

impl Weighed {
    /// The reading, or that of plain numbers where it is open.
    pub fn reading(&self) -> Reading {
        match &self.verdict {
            Verdict::Read(reading, _) => reading.clone(),
            Verdict::Ask(_) => Reading::default(),
        }
    }
}

/// Whether a column holds text, of which some may be numbers.
fn is_text(sample: &Sample, column: usize) -> bool {
    match sample.columns.get(column) {
        Some(Cells::Typed(values, _)) => {
            values.dtype().is_string() || values.dtype().is_categorical() || values.dtype().is_enum()
        }
        _ => true,
    }
}

/// Weighs all columns; of those in `skip` only the kind is known.
pub fn columns(sample: &Sample, options: &ReadOptions, markers: &Markers, skip: &[usize]) -> Vec<Weighed> {
    let all: Vec<usize> = (0..sample.names.len()).collect();
    let forms: Vec<Option<Forms>> = all
        .par_iter()
        .map(|c| {
            (is_text(sample, *c) && !skip.contains(c))
                .then(|| Forms::of(sample.distinct(*c, markers), &options.strip, markers))
        })
        .collect();
    // The decimal mark of the table: that of all columns of numbers that show one.
    let shown = forms.iter().flatten().filter(|f| f.is_numeric()).filter_map(|f| f.decimal().ok().flatten());
    let mut marks: Vec<Mark> = shown.collect();
    marks.dedup();
    let table = if let [only] = marks.as_slice() { Some(*only) } else { None };
    let mark = |c: char| Mark::of(c);
    let given = Known {
        decimal: options.decimal.and_then(mark),
        thousands: options.thousands.as_deref().and_then(Mark::typed_as),
        strip: &options.strip,
        brackets: options.brackets,
        table,
        delimiter: sample.delimiter,
        trained: None,
    };
    all.par_iter()
        .map(|c| {
            let Some(forms) = forms.get(*c).and_then(Option::as_ref) else {
                let kind = if skip.contains(c) { Kind::Text } else { sample.kind(*c, markers) };
                return Weighed {
                    kind,
                    verdict: Verdict::Read(Reading::default(), Vec::new()),
                    decided: false,
                };
            };
            let name = sample.name(*c);
            let trained = options.readings.iter().find(|r| r.0 == name).map(|r| &r.1);
            let known = Known { trained, ..given.clone() };
            let verdict = weigh::weigh(forms, &known, sample.distinct(*c, markers), markers);
            let either = forms.point.either.n + forms.comma.either.n > 0;
            Weighed { kind: kind(forms), verdict, decided: either || forms.decimal() != Ok(None) }
        })
        .collect()
}

fn kind(forms: &Forms) -> Kind {
    match (forms.cells, forms.flags) {
        (0, _) => Kind::Empty,
        (n, flags) if n == flags => Kind::Flag,
        _ if forms.is_numeric() => Kind::Number,
        _ => Kind::Text,
    }
}
