//! Parquet and Arrow IPC, read by polars: columns that already have a type.

use super::numbers::{self, Markers};
use super::table::{self, BadCell, Coded, Piece};
use super::values::{Values, convert};
use crate::data::long::SeriesKey;
use crate::data::read::ReadOptions;
use crate::data::read::open::source::{Blob, Format};
use crate::data::read::roles::columns::{self, Roles, Sample};
use crate::data::stamp::{Clock, Moment, Reject, TimeStyle};
use crate::error::{Error, Place, Result};
use polars::prelude::{IpcReader, ParquetReader, SerReader};
use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One file, its columns in types of ours.
pub struct File<'a> {
    pub name: &'a str,
    pub stem: &'a str,
    pub names: Vec<String>,
    columns: Vec<Values>,
    rows: usize,
}

/// Decodes a file.
///
/// # Errors
/// `Error::Data` when polars cannot read it.
pub fn understand<'a>(blob: &'a Blob, format: Format) -> Result<File<'a>> {
    let refuse = |why: String| {
        let why = why.lines().next().unwrap_or_default().to_owned();
        Error::data(
            Place::file(&blob.name),
            format!("the {} file is damaged or of an unknown kind: {why}", format.name()),
        )
        .with_hint("write the file again, or save it as CSV")
    };
    // polars panics on some damaged files; that must not end the program without a message.
    let decode = || {
        let bytes = Cursor::new(blob.bytes.as_slice());
        match format {
            Format::Parquet => ParquetReader::new(bytes).finish(),
            _ => IpcReader::new(bytes).finish(),
        }
        .and_then(convert)
    };
    let (names, columns, rows) = match silently(decode) {
        Ok(result) => result.map_err(|e| refuse(e.to_string()))?,
        Err(_) => return Err(refuse("its content contradicts itself".into())),
    };
    Ok(File { name: &blob.name, stem: &blob.stem, names, columns, rows })
}

/// Catches a panic without its message, on whichever thread it happens. There must be no lock here:
/// a worker thread that waits for polars takes up other work, which may be the next file's.
fn silently<T>(work: impl FnOnce() -> T) -> std::thread::Result<T> {
    static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
    static OURS: Once = Once::new();
    OURS.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if UNDER_WAY.load(Ordering::SeqCst) == 0 {
                usual(info);
            }
        }));
    });
    UNDER_WAY.fetch_add(1, Ordering::SeqCst);
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
    done
}

impl File<'_> {
    /// The zone of the first column of instants, unless it is UTC.
    pub fn zone(&self) -> Option<String> {
        self.columns.iter().find_map(|c| match c {
            Values::Stamps { zone: Some(z), .. } if z != "UTC" => Some(z.clone()),
            _ => None,
        })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// For each column of the first file its place in this one.
    pub fn order(&self, first: &File<'_>) -> Result<Vec<usize>> {
        columns::same_columns(&first.names, first.name, &self.names, self.name)
    }

    /// Some columns of a row as text.
    pub fn cells(&self, columns: &[usize], row: usize) -> Vec<String> {
        columns.iter().filter_map(|c| self.columns.get(*c)).map(|c| c.text(row)).collect()
    }

    fn place(&self, row: usize, column: &str) -> Place {
        Place::file(self.name).row(row + 1).column(column)
    }
}

/// Some rows as text.
///
/// # Errors
/// `Error::Data` when the files have different columns.
pub fn sample(files: &[File<'_>]) -> Result<Sample> {
    let Some(first) = files.first() else { return Ok(Sample::default()) };
    let mut sample = Sample {
        file: first.name.to_owned(),
        files: files.len(),
        names: first.names.clone(),
        cells: vec![Vec::new(); first.names.len()],
        decimal: b'.',
        ..Sample::default()
    };
    for (block, file) in files.iter().enumerate() {
        let order = file.order(first)?;
        let step = (file.rows / 48).max(1);
        let mut rows: Vec<(usize, usize)> = (0..file.rows.min(1500)).map(|r| (r, block * 1000)).collect();
        rows.extend((1..48).flat_map(|s| (0..12).map(move |i| (1500 + s * step + i, block * 1000 + s))));
        for (row, block) in rows.into_iter().filter(|r| r.0 < file.rows) {
            for (cells, at) in sample.cells.iter_mut().zip(&order) {
                cells.push(file.columns.get(*at).map(|c| c.text(row)).unwrap_or_default());
            }
            sample.blocks.push(block);
            sample.lines.push(row + 1);
        }
    }
    Ok(sample)
}

/// Reads all rows; each file is a piece.
///
/// # Errors
/// `Error::Data` for the first row that cannot be read.
pub fn read(
    files: Vec<File<'_>>,
    roles: &Roles,
    style: &TimeStyle,
    options: &ReadOptions,
) -> Result<Vec<Piece>> {
    let Some(first) = files.first() else { return Ok(Vec::new()) };
    let (names, first) = (first.names.clone(), first.name);
    let mut out = Vec::new();
    for mut file in files {
        let order = columns::same_columns(&names, first, &file.names, file.name)?;
        let at = |c: usize| order.get(c).copied().unwrap_or(usize::MAX);
        let mut piece = Piece { file: file.name.to_owned(), ..Piece::default() };
        read_keys(&file, &roles.series.iter().map(|c| at(*c)).collect::<Vec<_>>(), options, &mut piece)?;
        read_stamps(&file, &roles.time.iter().map(|c| at(*c)).collect::<Vec<_>>(), style, &mut piece)?;
        let markers = Markers::new(&options.missing, b'.');
        for numeric in &roles.numbers {
            let values = std::mem::replace(
                file.columns.get_mut(at(numeric.column)).unwrap_or(&mut Values::Other(String::new())),
                Values::Other("taken".into()),
            );
            let (values, bad) = read_numbers(&file, values, numeric.flag, &markers, &piece);
            piece.numbers.push(values);
            piece.bad.push(bad);
        }
        for c in &roles.texts {
            let mut coded = Coded::default();
            for row in 0..file.rows {
                let cell = file.columns.get(at(*c)).map(|c| c.text(row)).unwrap_or_default();
                let missing = cell.is_empty() || markers.is_text(cell.as_bytes());
                coded.push((!missing).then_some(cell.as_str()));
            }
            piece.texts.push(coded);
        }
        for row in 0..file.rows {
            piece.lines.push(row + 1);
        }
        out.push(piece);
    }
    Ok(out)
}

fn read_keys(file: &File<'_>, series: &[usize], options: &ReadOptions, piece: &mut Piece) -> Result<()> {
    if options.series_from_filename {
        piece.keys.push(SeriesKey(vec![file.stem.to_owned()]));
        piece.ids = vec![0; file.rows];
        return Ok(());
    }
    let mut known: HashMap<SeriesKey, u32> = HashMap::new();
    let mut last: Option<(SeriesKey, u32)> = None;
    for row in 0..file.rows {
        let key = SeriesKey(file.cells(series, row));
        if let Some((k, id)) = &last
            && *k == key
        {
            piece.ids.push(*id);
            continue;
        }
        if let Some(empty) = series.iter().zip(&key.0).find(|(_, p)| p.is_empty()) {
            let name = file.names.get(*empty.0).map(String::as_str).unwrap_or_default();
            return Err(Error::data(file.place(row, name), "the series' name is empty")
                .with_hint("fill it in, or name other series columns with --series"));
        }
        let id = *known.entry(key.clone()).or_insert_with(|| {
            piece.keys.push(key.clone());
            piece.keys.len() as u32 - 1
        });
        piece.ids.push(id);
        last = Some((key, id));
    }
    Ok(())
}

fn read_stamps(file: &File<'_>, time: &[usize], style: &TimeStyle, piece: &mut Piece) -> Result<()> {
    let parser = style.parser();
    let names = style.columns.join(",");
    for row in 0..file.rows {
        let direct = match time {
            [t] => file.columns.get(*t),
            _ => None,
        };
        let read = match direct {
            Some(Values::Stamps { seconds, zone, .. }) => match seconds.get(row).copied().flatten() {
                Some(Ok(t)) => {
                    let offset = style
                        .zone()
                        .filter(|_| zone.is_some())
                        .map_or(0, |_| (style.local_seconds(t) - t) as i32);
                    Ok(Moment { local: t + i64::from(offset), offset: zone.as_ref().map(|_| offset) })
                }
                Some(Err(why)) => Err(why),
                None => Err(Reject::Form),
            },
            _ => parser.parse(file.cells(time, row).iter().map(|c| c.as_bytes())),
        };
        let raw = || file.cells(time, row).join(" ");
        let m = read.map_err(|why| {
            let key =
                piece.ids.get(row).and_then(|i| piece.keys.get(*i as usize)).filter(|k| !k.0.is_empty());
            let text =
                if why == Reject::Fraction && raw().is_empty() { "the stamp".to_owned() } else { raw() };
            let bad = BadCell {
                file: file.name.to_owned(),
                line: row + 1,
                series: key.map(|k| k.to_string()).unwrap_or_default(),
                stamp: String::new(),
                text,
            };
            table::refuse_stamp(&bad, &names, why, style)
        })?;
        let stamp = table::stored(m, style.clock()).map_err(|what| {
            Error::data(file.place(row, &names), format!("the stamp `{}` {what}", raw()))
                .with_hint("write all stamps alike; --time-zone names the zone of stamps without one")
        })?;
        if let (Clock::Offset(_), Some(offset)) = (style.clock(), m.offset)
            && piece.latest.is_none_or(|l| (stamp, offset) > l)
        {
            piece.latest = Some((stamp, offset));
        }
        piece.stamps.push(stamp);
    }
    Ok(())
}

/// A column as numbers, and its first cell that is none.
fn read_numbers(
    file: &File<'_>,
    values: Values,
    flag: bool,
    markers: &Markers,
    piece: &Piece,
) -> (Vec<f64>, Option<BadCell>) {
    let mut first = None;
    let mut bad = |row: usize, text: String| {
        if first.is_none() {
            let key =
                piece.ids.get(row).and_then(|i| piece.keys.get(*i as usize)).filter(|k| !k.0.is_empty());
            first = Some(BadCell {
                file: file.name.to_owned(),
                line: row + 1,
                series: key.map(|k| k.to_string()).unwrap_or_default(),
                stamp: String::new(),
                text,
            });
        }
        f64::NAN
    };
    let values = match values {
        Values::Flags(v) => v,
        Values::Numbers(mut v) => {
            for (row, x) in v.iter_mut().enumerate() {
                if x.is_infinite() {
                    *x = bad(row, x.to_string());
                } else if markers.is_number(*x) {
                    *x = f64::NAN;
                }
            }
            v
        }
        other => (0..file.rows)
            .map(|row| {
                let text = other.text(row);
                match numbers::cell(text.as_bytes(), b'.', markers) {
                    numbers::Cell::Number(v) => v,
                    numbers::Cell::Empty | numbers::Cell::Marker => f64::NAN,
                    numbers::Cell::Text if flag && columns::flag(text.as_bytes()).is_some() => {
                        columns::flag(text.as_bytes()).unwrap_or(f64::NAN)
                    }
                    _ => bad(row, text),
                }
            })
            .collect(),
    };
    (values, first)
}
