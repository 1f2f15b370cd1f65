//! Columns that are named as years: `1980`, `Y1980`, `1980 [YR1980]`.

use super::numbers::{self, Markers};
use super::whole::Sample;
use crate::data::stamp::detect;

/// The columns of years that follow each other, and those beside them.
pub struct Years {
    /// Each column, and its year; in the order of time.
    pub columns: Vec<(usize, String)>,
    /// Columns that are named for the same years, but hold marks and notes: `Y1980F`.
    pub aside: Vec<usize>,
}

/// A name that is a year.
pub fn year(name: &str) -> Option<u32> {
    name.parse().ok().filter(|y| name.len() == 4 && (1500..2500).contains(y))
}

/// The only year in a name, and what stands around it.
fn within(name: &str) -> Option<(u32, String)> {
    let mut found = None;
    for digits in name.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()) {
        let own = year(digits)?;
        if found.is_some_and(|other| other != own) {
            return None;
        }
        found = Some(own);
    }
    let around = name.chars().filter(|c| !c.is_ascii_digit()).collect();
    found.map(|year| (year, around))
}

impl Years {
    /// The years of a table that has more than two, at one distance from each other, beside other columns.
    pub fn of(sample: &Sample) -> Option<Years> {
        let mut groups: Vec<(String, Vec<(u32, usize)>)> = Vec::new();
        for column in 0..sample.names.len() {
            let Some((year, around)) = within(sample.name(column)) else { continue };
            match groups.iter_mut().find(|group| group.0 == around) {
                Some(group) => group.1.push((year, column)),
                None => groups.push((around, vec![(year, column)])),
            }
        }
        for group in &mut groups {
            group.1.sort_unstable();
        }
        let even = |years: &[(u32, usize)]| {
            let mut steps =
                years.windows(2).map(|w| w.last().map_or(0, |y| y.0) - w.first().map_or(0, |y| y.0));
            let first = steps.next();
            first > Some(0) && steps.all(|step| Some(step) == first)
        };
        groups.retain(|group| group.1.len() > 2 && even(&group.1));
        let named: usize = groups.iter().map(|group| group.1.len()).sum();
        if named == 0 || named == sample.names.len() {
            return None;
        }
        let dressed = groups.iter().all(|group| !group.0.is_empty());
        let (values, notes): (Vec<_>, Vec<_>) = match groups.len() {
            1 => (groups, Vec::new()),
            _ => groups.into_iter().partition(|group| holds_numbers(sample, &group.1)),
        };
        let [(_, columns)] = values.as_slice() else { return None };
        // Where stamps run down, `load_2019` is a column as any other.
        if dressed && runs_down(sample) {
            return None;
        }
        let columns = columns.iter().map(|(year, column)| (*column, year.to_string())).collect();
        let aside = notes.into_iter().flat_map(|group| group.1).map(|(_, column)| column).collect();
        Some(Years { columns, aside })
    }
}

/// Whether columns hold numbers, where they hold anything.
fn holds_numbers(sample: &Sample, columns: &[(u32, usize)]) -> bool {
    let markers = Markers::default();
    let mut cells = columns
        .iter()
        .flat_map(|(_, c)| sample.distinct(*c, &markers).map(|cell| cell.0).take(50))
        .peekable();
    let number = |cell: &str| numbers::cell(cell.as_bytes(), sample.decimal, &markers) != numbers::Cell::Text;
    cells.peek().is_some() && cells.all(number)
}

/// Whether a column holds stamps.
fn runs_down(sample: &Sample) -> bool {
    let markers = Markers::default();
    (0..sample.names.len()).any(|c| {
        let cells: Vec<&str> = sample.distinct(c, &markers).map(|cell| cell.0).take(200).collect();
        cells.len() > 2 && !detect::patterns(&cells, false).is_empty()
    })
}
