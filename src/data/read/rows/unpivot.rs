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
    /// Each column, and its stamp or what it adds to that of the row; in the order of time.
    pub columns: Vec<(usize, String)>,
    /// Columns of marks and notes about these.
    pub aside: Vec<usize>,
    pub down: Down,
}

/// What of the stamp the rows have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    Nothing,
    /// The column of the years, when the columns are months or quarters.
    Year(usize),
    /// The column of the months, when the columns are years.
    Month(usize),
    /// The column of the quarters, when the columns are years.
    Quarter(usize),
}

impl Down {
    fn column(self) -> Option<usize> {
        match self {
            Down::Nothing => None,
            Down::Year(column) | Down::Month(column) | Down::Quarter(column) => Some(column),
        }
    }
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

/// The places of the four quarters among cells that write them in one way.
pub fn quarter_places(cells: &[String]) -> Option<Vec<usize>> {
    let forms: [fn(usize) -> String; 4] = [
        |q| format!("Q{q}"),
        |q| format!("{q}Q"),
        |q| ["I", "II", "III", "IV"][(q - 1) % 4].to_owned(),
        |q| format!("Q {q}"),
    ];
    forms.iter().find_map(|form| {
        (1..=4)
            .map(|q| cells.iter().position(|c| c.trim().eq_ignore_ascii_case(&form(q))))
            .collect::<Option<Vec<usize>>>()
    })
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
    let columns = across.columns.iter().filter(|c| !dropped.contains(&c.0)).cloned().collect();
    let across = &Across { columns, aside: across.aside.clone(), ..*across };
    let keys = match &options.series {
        Some(names) => names.iter().map(|n| sample.find(n, "series")).collect::<Result<Vec<_>>>()?,
        None => keys(&sample, across, &dropped, options)?,
    };
    let time = ["date", "time", "stamp"].into_iter().find(|t| *t != name).unwrap_or("date");
    let stamp = stamps(&sample, across.down);
    let mut long: Vec<Coded> = vec![Coded::default(); keys.len() + 2];
    let mut parts: Vec<Part> = Vec::new();
    for row in 0..sample.rows() {
        let part = sample.parts.get(sample.file_of(row));
        if parts.len() <= sample.file_of(row) {
            let (name, stem) = part.map(|p| (p.name.clone(), p.stem.clone())).unwrap_or_default();
            parts.push(Part { name, stem, first: row * across.columns.len(), lines: Lines::default() });
        }
        for (column, own) in &across.columns {
            for (to, from) in long.iter_mut().zip(&keys) {
                to.push(match sample.cell(*from, row) {
                    "" => "-",
                    cell => cell,
                });
            }
            if let [.., times, values] = long.as_mut_slice() {
                times.push(&stamp(row, own));
                values.push(sample.cell(*column, row));
            }
            if let Some(part) = parts.last_mut() {
                part.lines.push(sample.line(row));
            }
        }
    }
    drop(stamp);
    long.iter_mut().for_each(Coded::close);
    let is_across =
        |c: &usize| across.columns.iter().any(|own| own.0 == *c) || across.down.column() == Some(*c);
    let used = |c: &usize| keys.contains(c) || is_across(c);
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
    // Four digits could be a year and a month, too, and a year and a month a week.
    let is_year = |stamp: &String| stamp.len() == 4 && stamp.bytes().all(|b| b.is_ascii_digit());
    let form = match across.down {
        Down::Month(_) => Some("%Y-%m"),
        Down::Quarter(_) => Some("%Y-Q%q"),
        Down::Nothing if across.columns.iter().all(|c| is_year(&c.1)) => Some("%Y"),
        _ => None,
    };
    if let Some(form) = form {
        options.time_format.get_or_insert_with(|| form.to_owned());
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

/// Makes the stamp of a row and a column, of which the text is the column's own part.
type Stamps<'a> = Box<dyn Fn(usize, &str) -> String + 'a>;

fn stamps(sample: &Sample, down: Down) -> Stamps<'_> {
    match down {
        Down::Nothing => Box::new(|_, own| own.to_owned()),
        Down::Year(column) => Box::new(move |row, own| format!("{}-{own}", sample.cell(column, row))),
        Down::Month(column) | Down::Quarter(column) => {
            let text = sample.text(column);
            let cells: Vec<String> = text.values().map(str::to_owned).collect();
            let monthly = matches!(down, Down::Month(_));
            let places = if monthly { months(&cells) } else { quarter_places(&cells) }.unwrap_or_default();
            Box::new(move |row, own| {
                let code = text.codes().get(row).map(|code| *code as usize);
                let part = places.iter().position(|place| Some(*place) == code).map_or(0, |place| place + 1);
                if monthly { format!("{own}-{part:02}") } else { format!("{own}-Q{part}") }
            })
        }
    }
}

/// The columns that tell the rows apart, beside the years or months that they have: none where these do;
/// the first one of text that does so alone, or the first of any kind, or all of text together.
fn keys(sample: &Sample, across: &Across, dropped: &[usize], options: &ReadOptions) -> Result<Vec<usize>> {
    let markers = Markers::new(&options.missing, sample.decimal);
    let (rows, down) = (sample.rows(), across.down.column());
    let taken = |c: &usize| {
        dropped.contains(c)
            || down == Some(*c)
            || across.aside.contains(c)
            || across.columns.iter().any(|own| own.0 == *c)
    };
    let free: Vec<usize> = (0..sample.names.len()).filter(|c| !taken(c)).collect();
    let text: Vec<usize> =
        free.iter().copied().filter(|c| sample.kind(*c, &markers) == super::whole::Kind::Text).collect();
    let tell = |columns: &[usize]| {
        let all: Vec<&Coded> = columns.iter().chain(&down).map(|c| sample.text(*c)).collect();
        super::coded::combine(&all).1.len() == rows
    };
    if down.is_some() && tell(&[]) {
        return Ok(Vec::new());
    }
    if let Some(c) = text.iter().chain(&free).find(|c| tell(&[**c])) {
        return Ok(vec![*c]);
    }
    if rows == 1 || tell(&text) {
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
