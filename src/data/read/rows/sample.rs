//! What is looked at before the rows of delimited text are read: a sample of them for finding
//! the columns' parts.

use super::scan::{self, Scanner};
use crate::data::read::open::dialect::Text;
use crate::data::read::roles::columns::{self, Sample};
use crate::error::Result;

/// One delimited file.
#[derive(Debug)]
pub struct File<'a> {
    pub name: &'a str,
    pub stem: &'a str,
    pub text: Text<'a>,
}

/// Rows at the head of the table that are looked at.
const HEAD_ROWS: usize = 1500;
/// Places further down, and rows at each.
const SPOTS: usize = 48;
const SPOT_ROWS: usize = 12;
/// Quoted files up to this size are walked through for the sample (a second or so a gigabyte).
const LONGEST_WALK: usize = 1 << 29;

/// Some rows: the head, and a few at places spread over each file.
///
/// # Errors
/// `Error::Data` when the files have different columns.
pub fn sample(files: &[File<'_>]) -> Result<Sample> {
    let Some(first) = files.first() else { return Ok(Sample::default()) };
    let names = first.text.header.clone();
    let mut sample = Sample {
        file: first.name.to_owned(),
        files: files.len(),
        cells: vec![Vec::new(); names.len()],
        names,
        decimal: first.text.decimal,
        ..Sample::default()
    };
    let mut block = 0;
    for (i, file) in files.iter().enumerate() {
        let order = order(first, file)?;
        let mut rows = file.text.rows();
        let head = if i == 0 { HEAD_ROWS } else { SPOT_ROWS };
        take_rows(&mut sample, &file.text.bytes, &mut rows, head, block, &order);
        block += 1;
        let rest = file.text.bytes.len().saturating_sub(rows.at);
        if rest == 0 || i > SPOTS {
            continue;
        }
        let spots = (SPOTS / files.len()).max(1);
        if file.text.quotes {
            // Within quotes a line end may be part of a cell: only a walk finds where rows start.
            if rest <= LONGEST_WALK {
                walk(&mut sample, file, rows, rest / spots, &mut block, &order);
            }
            continue;
        }
        for s in 1..=spots {
            let from = rows.at + rest / spots * s - rest / spots / 2;
            let Some(n) = memchr::memchr(b'\n', file.text.bytes.get(from..).unwrap_or_default()) else {
                break;
            };
            let mut spot = Scanner::new(&file.text.bytes, file.text.delimiter, false, from + n + 1, 0);
            take_rows(&mut sample, &file.text.bytes, &mut spot, SPOT_ROWS, block, &order);
            block += 1;
        }
    }
    Ok(sample)
}

/// Takes a few rows after every `step` bytes on the way through a file.
fn walk(
    sample: &mut Sample,
    file: &File<'_>,
    mut rows: Scanner<'_>,
    step: usize,
    block: &mut usize,
    order: &[usize],
) {
    let mut cells = Vec::new();
    let mut next = rows.at + step / 2;
    while rows.next(&mut cells).is_some() {
        if rows.at >= next {
            take_rows(sample, &file.text.bytes, &mut rows, SPOT_ROWS, *block, order);
            *block += 1;
            next = rows.at + step;
        }
    }
}

fn take_rows(
    sample: &mut Sample,
    bytes: &[u8],
    rows: &mut Scanner<'_>,
    n: usize,
    block: usize,
    order: &[usize],
) {
    let mut cells = Vec::new();
    let mut taken = 0;
    while taken < n {
        let Some(line) = rows.next(&mut cells) else { break };
        if cells.iter().all(|c| scan::owned(bytes, *c).is_empty()) {
            continue;
        }
        for (column, at) in sample.cells.iter_mut().zip(order) {
            column.push(cells.get(*at).map(|c| scan::owned(bytes, *c)).unwrap_or_default());
        }
        sample.blocks.push(block);
        sample.lines.push(line);
        taken += 1;
    }
}

/// For each column of the first file its place in another one.
pub fn order(first: &File<'_>, file: &File<'_>) -> Result<Vec<usize>> {
    columns::same_columns(&first.text.header, first.name, &file.text.header, file.name)
}
