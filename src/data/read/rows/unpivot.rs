//! Tables in which time runs across: `city,2013-01-31,2013-02-28,…`, and years by months. They
//! become long: one row a series and stamp.

use super::cells::Cells;
use super::coded::Coded;
use super::lines::Lines;
use super::numbers::Markers;
use super::whole::{Part, Sample, count, list};
use crate::data::long::Note;
use crate::data::read::ReadOptions;
use crate::data::stamp::part::months_named;
use crate::error::{Error, Place, Result};

/// The columns that are stamps.
#[derive(Debug)]
pub struct Across {
    /// In the order of the table; with `year`, January to December or the quarters.
    pub columns: Vec<usize>,
    /// The column of the years, when the columns are months or quarters.
    pub year: Option<usize>,
    /// The column of the months, when the columns are years.
    pub month: Option<usize>,
}

/// The columns named as the twelve months, in their order.
pub fn months(names: &[String]) -> Option<Vec<usize>> {
    // Where there is a thirteenth, numbers count something else.
    let more = names.iter().any(|n| n.trim() == "13");
    let numbered = |m: usize| names.iter().position(|n| *n == m.to_string() || *n == format!("{m:02}"));
    months_named(names).or_else(|| (1..=12).map(numbered).collect::<Option<_>>().filter(|_| !more))
}

/// The columns named as the four quarters, in their order.
pub fn quarters(names: &[String]) -> Option<Vec<usize>> {
    (1..=4).map(|q| names.iter().position(|n| n.eq_ignore_ascii_case(&format!("Q{q}")))).collect()
}

/// Makes the table long; the values are named `name`.
///
/// # Errors
/// `Error::Usage` when another target is asked for; `Error::Data` when nothing tells the rows apart.
pub fn unpivot(sample: Sample, across: &Across, name: &str, options: &mut ReadOptions) -> Result<Sample> {
    if let Some(other) = options.target.iter().find(|t| *t != name) {
        return Err(Error::usage(format!(
            "--wide {name} leaves one column, `{name}`, but --target names `{other}`"
        )));
    }
    // What is dropped is neither a stamp nor a key.
    let dropped = options.drop.iter().map(|n| sample.find(n, "--drop")).collect::<Result<Vec<_>>>()?;
    let columns: Vec<usize> = across.columns.iter().copied().filter(|c| !dropped.contains(c)).collect();
    let across = &Across { columns, ..*across };
    let keys = match &options.series {
        Some(names) => names.iter().map(|n| sample.find(n, "series")).collect::<Result<Vec<_>>>()?,
        None => keys(&sample, across, &dropped, options)?,
    };
    let time = ["date", "time", "stamp"].into_iter().find(|t| *t != name).unwrap_or("date");
    let stamp = |(i, column): (usize, &usize)| match (across.year, across.columns.len()) {
        (Some(_), 4) => format!("Q{}", i + 1),
        (Some(_), _) => format!("{:02}", i + 1),
        (None, _) => sample.name(*column).to_owned(),
    };
    let stamps: Vec<String> = across.columns.iter().enumerate().map(stamp).collect();
    let month_of = |row: usize| -> Option<usize> {
        let column = across.month?;
        let cells: Vec<String> = sample.text(column).values().map(str::to_owned).collect();
        let code = sample.text(column).codes().get(row)?;
        Some(months(&cells)?.iter().position(|place| *place == *code as usize)? + 1)
    };
    let mut long: Vec<Coded> = vec![Coded::default(); keys.len() + 2];
    let mut parts: Vec<Part> = Vec::new();
    for row in 0..sample.rows() {
        let part = sample.parts.get(sample.file_of(row));
        if parts.len() <= sample.file_of(row) {
            let (name, stem) = part.map(|p| (p.name.clone(), p.stem.clone())).unwrap_or_default();
            parts.push(Part { name, stem, first: row * stamps.len(), lines: Lines::default() });
        }
        let year = across.year.map(|c| sample.cell(c, row));
        let month = month_of(row);
        for (column, stamp) in across.columns.iter().zip(&stamps) {
            for (to, from) in long.iter_mut().zip(&keys) {
                to.push(match sample.cell(*from, row) {
                    "" => "-",
                    cell => cell,
                });
            }
            if let [.., times, values] = long.as_mut_slice() {
                match (year, month) {
                    (Some(year), _) => times.push(&format!("{year}-{stamp}")),
                    (None, Some(month)) => times.push(&format!("{stamp}-{month:02}")),
                    (None, None) => times.push(stamp),
                }
                values.push(sample.cell(*column, row));
            }
            if let Some(part) = parts.last_mut() {
                part.lines.push(sample.line(row));
            }
        }
    }
    long.iter_mut().for_each(Coded::close);
    let used = |c: &usize| {
        keys.contains(c) || across.columns.contains(c) || [across.year, across.month].contains(&Some(*c))
    };
    let left: Vec<String> =
        (0..sample.names.len()).filter(|c| !used(c)).map(|c| sample.name(c).to_owned()).collect();
    let key_names: Vec<String> = keys.iter().map(|c| sample.name(*c).to_owned()).collect();
    let mut notes = sample.notes;
    let by =
        if key_names.is_empty() { String::new() } else { format!(", the series by {}", list(&key_names)) };
    let rest = if left.is_empty() { String::new() } else { format!("; left out: {}", list(&left)) };
    let n = across.columns.len();
    notes.push(Note {
        code: "melted",
        column: Some(name.to_owned()),
        count: n,
        text: format!("wide table: {} became the stamps of `{name}`{by}{rest}", count(n, "column")),
    });
    if across.month.is_some() {
        options.time_format.get_or_insert_with(|| "%Y-%m".to_owned());
    }
    // Four digits could be a year and a month, too.
    if across.year.or(across.month).is_none()
        && stamps.iter().all(|s| s.len() == 4 && s.bytes().all(|b| b.is_ascii_digit()))
    {
        options.time_format.get_or_insert_with(|| "%Y".to_owned());
    }
    options.drop.clear();
    options.series = Some(key_names.clone());
    options.time = Some(vec![time.to_owned()]);
    let names = key_names.into_iter().chain([time.to_owned(), name.to_owned()]).collect();
    Ok(Sample {
        rows: long.first().map_or(0, |c| c.codes().len()),
        columns: long.into_iter().map(Cells::Text).collect(),
        names,
        notes,
        parts,
        file: sample.file,
        files: sample.files,
        decimal: sample.decimal,
        delimiter: sample.delimiter,
    })
}

/// The columns that tell the rows apart: the first one of text that does so alone, or the first of
/// any kind, or all of text together. A matrix of one series needs none.
fn keys(sample: &Sample, across: &Across, dropped: &[usize], options: &ReadOptions) -> Result<Vec<usize>> {
    let markers = Markers::new(&options.missing, sample.decimal);
    let rows = sample.rows();
    let down = across.year.or(across.month);
    let free: Vec<usize> = (0..sample.names.len())
        .filter(|c| !across.columns.contains(c) && !dropped.contains(c) && down != Some(*c))
        .collect();
    if let Some(down) = down {
        // A matrix of one series, or below each other those of several.
        let with =
            |c: &[usize]| -> Vec<&Coded> { c.iter().chain([&down]).map(|c| sample.text(*c)).collect() };
        let tell = |c: &[usize]| super::coded::combine(&with(c)).1.len() == rows;
        let text: Vec<usize> =
            free.iter().copied().filter(|c| sample.kind(*c, &markers) == super::whole::Kind::Text).collect();
        let one = free.iter().map(|c| vec![*c]).find(|c| tell(c));
        return match [Vec::new(), text.clone()].into_iter().find(|c| tell(c)).or(one) {
            Some(all) if all.is_empty() => Ok(all),
            Some(all) => Ok(text.iter().map(|c| vec![*c]).find(|c| tell(c)).unwrap_or(all)),
            None => Err(Error::data(Place::file(&sample.file), "no column tells rows of one year apart")
                .with_hint("name the columns that do, together, with --series")),
        };
    }
    let alone = |c: &usize| {
        sample.text(*c).values().len() == rows && sample.text(*c).counts().iter().all(|n| *n == 1)
    };
    let text: Vec<usize> =
        free.iter().copied().filter(|c| sample.kind(*c, &markers) == super::whole::Kind::Text).collect();
    if let Some(c) = text.iter().find(|c| alone(c)).or_else(|| free.iter().find(|c| alone(c))) {
        return Ok(vec![*c]);
    }
    let columns: Vec<&Coded> = text.iter().map(|c| sample.text(*c)).collect();
    if rows == 1 || (!text.is_empty() && super::coded::combine(&columns).1.len() == rows) {
        return Ok(text);
    }
    Err(Error::data(Place::file(&sample.file), "no column tells the rows apart, each of which is a series")
        .with_hint("name the columns that do, together, with --series"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_known_by_name_and_number() {
        let names = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            months(&names("Year,Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec,J-D")),
            Some((1..=12).collect())
        );
        assert_eq!(months(&names("y,12,11,10,9,8,7,6,5,4,3,2,1")), Some((1..=12).rev().collect()));
        assert_eq!(months(&names("Year,Jan,Feb")), None);
        assert_eq!(
            months(&names("Jahr,Jan,Feb,Mär,Apr,Mai,Jun,Jul,Aug,Sep,Okt,Nov,Dez")),
            Some((1..=12).collect())
        );
        let days: Vec<String> = (1..=31).map(|d| d.to_string()).collect();
        assert_eq!(months(&days), None);
        assert_eq!(quarters(&names("Year,Q1,Q2,Q3,Q4")), Some(vec![1, 2, 3, 4]));
    }
}
