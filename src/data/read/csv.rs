//! Delimited text: a sample for finding the columns' parts, then all rows, in parallel pieces.

use super::ReadOptions;
use super::columns::{self, Roles, Sample};
use super::dialect::Text;
use super::numbers::{self, Markers};
use super::scan::{self, Cell, Scanner};
use super::table::{self, BadCell, Coded, Piece};
use crate::data::long::SeriesKey;
use crate::data::stamp::{Clock, Moment, StampParser, TimeStyle};
use crate::error::{Error, Place, Result};
use rayon::prelude::*;
use std::collections::HashMap;

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
/// Bytes that one task reads: small enough to share out, large enough not to matter.
const PIECE_BYTES: usize = 4 << 20;

/// Some rows: the head, and a few at places spread over each file.
///
/// # Errors
/// `Error::Data` when the files have different columns.
pub fn sample(files: &[File<'_>]) -> Result<Sample> {
    let Some(first) = files.first() else { return Ok(Sample::default()) };
    let names = first.text.header.clone();
    let mut sample = Sample {
        file: first.name.to_owned(),
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
        // Within quotes a line end may be part of a cell, so no other place is known to start a row.
        if file.text.quotes || rest == 0 || i > SPOTS {
            continue;
        }
        let spots = (SPOTS / files.len()).max(1);
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
fn order(first: &File<'_>, file: &File<'_>) -> Result<Vec<usize>> {
    columns::same_columns(&first.text.header, first.name, &file.text.header, file.name)
}

/// What a column is read as.
#[derive(Debug, Clone, Copy)]
enum Part {
    Number(usize, bool),
    Text(usize),
    Nameless,
}

/// How to read one file's rows.
struct Plan<'a> {
    file: &'a File<'a>,
    /// Places of the series and time cells in a row, and of the other columns that are read.
    series: Vec<usize>,
    time: Vec<usize>,
    parts: Vec<(usize, Part)>,
    numbers: usize,
    texts: usize,
    markers: Markers,
    parser: StampParser<'a>,
    style: &'a TimeStyle,
    /// The key of all rows, when it is the file's name.
    key: Option<SeriesKey>,
    time_names: String,
}

/// Reads all rows of all files.
///
/// # Errors
/// `Error::Data` for the first row that cannot be read.
pub fn read(
    files: &[File<'_>],
    sample: &Sample,
    roles: &Roles,
    style: &TimeStyle,
    options: &ReadOptions,
) -> Result<Vec<Piece>> {
    let Some(first) = files.first() else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for file in files {
        let order = order(first, file)?;
        let at = |c: &usize| order.get(*c).copied().unwrap_or(usize::MAX);
        let mut parts: Vec<(usize, Part)> =
            roles.numbers.iter().enumerate().map(|(i, n)| (at(&n.column), Part::Number(i, n.flag))).collect();
        parts.extend(roles.texts.iter().enumerate().map(|(i, c)| (at(c), Part::Text(i))));
        parts.extend(roles.nameless.iter().map(|c| (at(c), Part::Nameless)));
        let plan = Plan {
            file,
            series: roles.series.iter().map(at).collect(),
            time: roles.time.iter().map(at).collect(),
            parts,
            numbers: roles.numbers.len(),
            texts: roles.texts.len(),
            markers: Markers::new(&options.missing, file.text.decimal),
            parser: style.parser(),
            style,
            key: options.series_from_filename.then(|| SeriesKey(vec![file.stem.to_owned()])),
            time_names: roles
                .time
                .iter()
                .filter_map(|c| sample.names.get(*c))
                .cloned()
                .collect::<Vec<_>>()
                .join(","),
        };
        let rows = file.text.rows();
        let ranges = scan::pieces(&rows, file.text.bytes.len() / PIECE_BYTES + 1);
        let pieces: Vec<Result<Piece>> =
            ranges.into_par_iter().map(|(start, end, line)| plan.piece(start, end, line)).collect();
        for piece in pieces {
            out.push(piece?);
        }
    }
    Ok(out)
}

/// The style that every row of the files fits.
///
/// # Errors
/// `Error::Data` when day and month cannot be told apart, or are in different orders.
pub fn settle(files: &[File<'_>], roles: &Roles) -> Result<TimeStyle> {
    let [a, b, ..] = roles.styles.as_slice() else {
        return Ok(roles.styles.first().cloned().unwrap_or_default());
    };
    let Some(first) = files.first() else { return Ok(a.clone()) };
    // For each style the first cell that does not fit it.
    let mut misfits: Vec<Option<(&str, usize, String)>> = vec![None; roles.styles.len()];
    let mut example = String::new();
    for file in files {
        let order = order(first, file)?;
        let mut rows = file.text.rows();
        let mut cells = Vec::new();
        while let Some(line) = rows.next(&mut cells) {
            let raw: Vec<String> = roles
                .time
                .iter()
                .filter_map(|c| cells.get(*order.get(*c)?))
                .map(|c| scan::owned(&file.text.bytes, *c))
                .collect();
            if raw.iter().all(String::is_empty) {
                continue;
            }
            if example.is_empty() {
                example = raw.join(" ");
            }
            for (style, misfit) in roles.styles.iter().zip(&mut misfits) {
                if misfit.is_none() && style.parser().parse(raw.iter().map(|r| r.as_bytes())).is_err() {
                    *misfit = Some((file.name, line, raw.join(" ")));
                }
            }
        }
    }
    let fitting: Vec<&TimeStyle> =
        roles.styles.iter().zip(&misfits).filter(|(_, m)| m.is_none()).map(|(s, _)| s).collect();
    let column = a.columns.join(",");
    match (fitting.as_slice(), misfits.as_slice()) {
        ([only], _) => Ok((*only).clone()),
        ([], [Some((file, row, x)), Some((_, other, y)), ..]) => Err(Error::data(
            Place::file(*file).row(*row).column(column),
            format!(
                "`{x}` does not fit `{}`, and `{y}` in row {other} does not fit `{}`",
                a.pattern(),
                b.pattern()
            ),
        )
        .with_hint("write all stamps in one order of day and month, best as 2013-01-31")),
        _ => {
            let read = |s: &TimeStyle| {
                let stamp = s.parse_one(&example).unwrap_or_default();
                TimeStyle::naive("").display(stamp).replace("T00:00:00", "")
            };
            let what = format!(
                "`{example}` may be {} (`{}`) or {} (`{}`), and no row decides it",
                read(a),
                a.pattern(),
                read(b),
                b.pattern()
            );
            Err(Error::data(Place::file(first.name).column(column), what).with_hint(format!(
                "say which with --time-format \"{}\" or --time-format \"{}\"",
                a.pattern(),
                b.pattern()
            )))
        }
    }
}

impl Plan<'_> {
    fn piece(&self, start: usize, end: usize, line: usize) -> Result<Piece> {
        let text = &self.file.text;
        let bytes: &[u8] = &text.bytes;
        let mut rows = Scanner::new(bytes, text.delimiter, text.quotes, start, line);
        rows.end = end;
        let mut out = Piece {
            numbers: vec![Vec::new(); self.numbers],
            texts: vec![Coded::default(); self.texts],
            bad: vec![None; self.numbers],
            ..Piece::default()
        };
        let width = text.header.len();
        let mut cells: Vec<Cell> = Vec::with_capacity(width);
        let mut buffer = Vec::new();
        let mut keys = Keys::default();
        // Rows of several series often share a stamp with the row before.
        let mut memo: Option<(Vec<u8>, i64)> = None;
        while let Some(line) = rows.next(&mut cells) {
            if rows.unclosed.is_some() {
                return Err(self
                    .error(line, "a quote is opened here and never closed")
                    .with_hint("a quote inside a quoted cell is written twice"));
            }
            let blank = |c: &Cell| bytes.get(c.start..c.end).unwrap_or_default().trim_ascii().is_empty();
            let stamp_is_empty = self.time.first().and_then(|t| cells.get(*t)).is_none_or(blank);
            if stamp_is_empty && cells.iter().all(blank) {
                out.empty_rows += usize::from(cells.len() > 1);
                continue;
            }
            if cells.len() != width && (cells.len() < width || !cells.iter().skip(width).all(blank)) {
                let found = columns::count(cells.len(), "cell");
                return Err(self.error(line, &format!("{found}, where the header has {width}")).with_hint(
                    "a cell that holds the delimiter must be quoted; --delimiter names another one",
                ));
            }
            let id = match &self.key {
                Some(key) => {
                    if out.keys.is_empty() {
                        out.keys.push(key.clone());
                    }
                    0
                }
                None => keys.id(bytes, &cells, &self.series, &mut out.keys),
            };
            if let Some(empty) = keys.empty.take() {
                let name = text.header.get(empty).map(String::as_str).unwrap_or_default();
                let place = Place::file(self.file.name).row(line).column(name);
                return Err(Error::data(place, "the series' name is empty")
                    .with_hint("fill it in, or name other series columns with --series"));
            }
            let stamp = match (self.time.as_slice(), &memo) {
                ([t], Some((last, stamp)))
                    if cells.get(*t).and_then(|c| bytes.get(c.start..c.end)) == Some(last) =>
                {
                    *stamp
                }
                _ => {
                    let m = self.moment(bytes, &cells, line, id, &out.keys)?;
                    let stamp = table::stored(m, self.style.clock()).map_err(|what| {
                        let raw = self.stamp_text(bytes, &cells);
                        self.error(line, &format!("the stamp `{}` {what}", columns::shorten(&raw))).with_hint(
                            "write all stamps alike; --time-zone names the zone of stamps without one",
                        )
                    })?;
                    if let (Clock::Offset(_), Some(offset)) = (self.style.clock(), m.offset)
                        && out.latest.is_none_or(|l| (stamp, offset) > l)
                    {
                        out.latest = Some((stamp, offset));
                    }
                    if let [t] = self.time.as_slice() {
                        let raw = cells.get(*t).and_then(|c| bytes.get(c.start..c.end)).unwrap_or_default();
                        match &mut memo {
                            Some((last, s)) => {
                                last.clear();
                                last.extend_from_slice(raw);
                                *s = stamp;
                            }
                            None => memo = Some((raw.to_vec(), stamp)),
                        }
                    }
                    stamp
                }
            };
            for (at, part) in &self.parts {
                let Some(cell) = cells.get(*at) else { continue };
                let raw = scan::text(bytes, *cell, &mut buffer);
                match part {
                    Part::Number(i, flag) => {
                        let value = match numbers::cell(raw, text.decimal, &self.markers) {
                            numbers::Cell::Number(v) => v,
                            numbers::Cell::Empty => f64::NAN,
                            numbers::Cell::Marker => {
                                count_marker(&mut out.markers, raw);
                                f64::NAN
                            }
                            numbers::Cell::Text if *flag && columns::flag(raw).is_some() => {
                                columns::flag(raw).unwrap_or(f64::NAN)
                            }
                            numbers::Cell::Text | numbers::Cell::Infinite => {
                                let raw = String::from_utf8_lossy(raw).trim().to_owned();
                                if let Some(bad) = out.bad.get_mut(*i)
                                    && bad.is_none()
                                {
                                    *bad = Some(self.bad(bytes, &cells, line, id, &out.keys, raw));
                                }
                                f64::NAN
                            }
                        };
                        if let Some(column) = out.numbers.get_mut(*i) {
                            column.push(value);
                        }
                    }
                    Part::Text(i) => {
                        let raw = numbers::trim(raw);
                        let missing = raw.is_empty() || self.markers.is_text(raw);
                        let value = String::from_utf8_lossy(raw);
                        if let Some(column) = out.texts.get_mut(*i) {
                            column.push((!missing).then_some(value.as_ref()));
                        }
                    }
                    Part::Nameless => {
                        if !raw.trim_ascii().is_empty() {
                            let what = format!(
                                "column {} has no name, but holds `{}`",
                                at + 1,
                                columns::shorten(&String::from_utf8_lossy(raw))
                            );
                            return Err(self
                                .error(line, &what)
                                .with_hint("give it a name in the header line"));
                        }
                    }
                }
            }
            out.stamps.push(stamp);
            out.ids.push(id);
            out.lines.push(line);
        }
        Ok(out)
    }

    fn error(&self, line: usize, what: &str) -> Error {
        Error::data(Place::file(self.file.name).row(line), what)
    }

    fn stamp_text(&self, bytes: &[u8], cells: &[Cell]) -> String {
        let texts: Vec<String> =
            self.time.iter().filter_map(|t| cells.get(*t)).map(|c| scan::owned(bytes, *c)).collect();
        texts.join(" ")
    }

    fn bad(
        &self,
        bytes: &[u8],
        cells: &[Cell],
        line: usize,
        id: u32,
        keys: &[SeriesKey],
        text: String,
    ) -> BadCell {
        let key = keys.get(id as usize).filter(|k| !k.0.is_empty());
        BadCell {
            file: self.file.name.to_owned(),
            line,
            series: key.map(|k| columns::shorten(&k.to_string())).unwrap_or_default(),
            stamp: columns::shorten(&self.stamp_text(bytes, cells)),
            text,
        }
    }

    fn moment(
        &self,
        bytes: &[u8],
        cells: &[Cell],
        line: usize,
        id: u32,
        keys: &[SeriesKey],
    ) -> Result<Moment> {
        let raw = self
            .time
            .iter()
            .map(|t| cells.get(*t).and_then(|c| bytes.get(c.start..c.end)).unwrap_or_default());
        self.parser.parse(raw).map_err(|why| {
            let bad = self.bad(bytes, cells, line, id, keys, self.stamp_text(bytes, cells));
            table::refuse_stamp(&bad, &self.time_names, why, self.style)
        })
    }
}

/// The keys met in a piece; most rows have the key of the row before.
#[derive(Default)]
struct Keys {
    last: Vec<u8>,
    last_id: Option<u32>,
    buffer: Vec<u8>,
    /// Ids by raw cells, and by trimmed key.
    known: HashMap<Vec<u8>, u32>,
    ids: HashMap<SeriesKey, u32>,
    /// A series column whose cell is empty.
    empty: Option<usize>,
}

impl Keys {
    fn id(&mut self, bytes: &[u8], cells: &[Cell], series: &[usize], keys: &mut Vec<SeriesKey>) -> u32 {
        self.buffer.clear();
        for s in series {
            let raw = cells.get(*s).and_then(|c| bytes.get(c.start..c.end)).unwrap_or_default();
            self.buffer.extend_from_slice(raw);
            // No cell can hold this byte unquoted and mean something else by it.
            self.buffer.push(0x1f);
        }
        if let Some(id) = self.last_id
            && self.last == self.buffer
        {
            return id;
        }
        let id = match self.known.get(&self.buffer) {
            Some(id) => *id,
            None => {
                let parts: Vec<String> =
                    series.iter().filter_map(|s| cells.get(*s)).map(|c| scan::owned(bytes, *c)).collect();
                self.empty = series.iter().zip(&parts).find(|(_, p)| p.is_empty()).map(|(s, _)| *s);
                let key = SeriesKey(parts);
                let id = *self.ids.entry(key).or_insert_with_key(|key| {
                    keys.push(key.clone());
                    keys.len() as u32 - 1
                });
                self.known.insert(self.buffer.clone(), id);
                id
            }
        };
        std::mem::swap(&mut self.last, &mut self.buffer);
        self.last_id = Some(id);
        id
    }
}

fn count_marker(markers: &mut Vec<(String, usize)>, raw: &[u8]) {
    let raw = numbers::trim(raw);
    match markers.iter_mut().find(|(m, _)| m.as_bytes() == raw) {
        Some((_, n)) => *n += 1,
        None => markers.push((String::from_utf8_lossy(raw).into_owned(), 1)),
    }
}
