//! The rows of delimited text, read in parallel pieces straight into their final vectors.

use super::keys::Keys;
use super::numbers::{self, Markers};
use super::sample::{File, order};
use super::scan::{self, Cell, Scanner};
use super::table::{self, BadCell, Coded, Piece};
use crate::data::long::SeriesKey;
use crate::data::read::ReadOptions;
use crate::data::read::roles::columns::{self, Roles, Sample};
use crate::data::stamp::{Clock, Moment, StampParser, TimeStyle};
use crate::error::{Error, Place, Result};
use rayon::prelude::*;

/// Bytes that one task reads: small enough to share out, large enough not to matter.
const PIECE_BYTES: usize = 4 << 20;

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

impl Plan<'_> {
    fn piece(&self, start: usize, end: usize, line: usize) -> Result<Piece> {
        let text = &self.file.text;
        let bytes: &[u8] = &text.bytes;
        let mut rows = Scanner::new(bytes, text.delimiter, text.quotes, start, line);
        rows.end = end;
        let mut out = Piece {
            file: self.file.name.to_owned(),
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
                if cells.len() < width && rows.at > bytes.len() {
                    return Err(self
                        .error(line, &format!("the file ends after {found}, where the header has {width}"))
                        .with_hint(
                            "the file may have been cut off: copy it again, or remove its last line",
                        ));
                }
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
            if out.stamps.is_empty() {
                // Room for all rows, if they are about as long as the first.
                let first = rows.at.saturating_sub(start).max(width);
                let room = end.saturating_sub(start) / first + end.saturating_sub(start) / first / 8;
                out.stamps.reserve_exact(room);
                out.ids.reserve_exact(room);
                for column in &mut out.numbers {
                    column.reserve_exact(room);
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

fn count_marker(markers: &mut Vec<(String, usize)>, raw: &[u8]) {
    let raw = numbers::trim(raw);
    match markers.iter_mut().find(|(m, _)| m.as_bytes() == raw) {
        Some((_, n)) => *n += 1,
        None => markers.push((String::from_utf8_lossy(raw).into_owned(), 1)),
    }
}
