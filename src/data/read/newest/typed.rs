//! The newest rows of Parquet and Arrow files. The columns that name series, stamp and categories are decoded as a whole, a
//! row group at a time; the numbers of those row groups alone that hold rows that are kept, and of others where their
//! statistics do not say that all are finite.

use super::gather::{Held, Kept};
use super::names::{BETWEEN, Names};
use super::opened::Opened;
use super::row::{Times, is_known};
use super::scan::{Form, Layout, Line, Part, Role, Rows};
use super::{Need, Newest, form};
use crate::data::long::Dialect;
use crate::data::read::open::blob::Blob;
use crate::data::read::open::format::Format;
use crate::data::read::open::source;
use crate::data::read::rows::typed::{Typed, is_plain};
use crate::data::read::rows::{files, values};
use crate::data::read::{ReadOptions, framed};
use crate::data::stamp::Clock;
use crate::meter::{self, Unit};
use polars::prelude::{ArrowDataType, Column, DataFrame, DataType, IdxCa, PlSmallStr, StringChunked};
use rayon::prelude::*;

/// Rows that are looked at at a time, of files without row groups.
const GROUP: usize = 1 << 20;
/// Row groups that are looked at before what was found is joined, for each thread.
const WAVE: usize = 2;

/// The newest rows; `None` where the table has to be read whole.
pub fn newest(files: &[Opened], format: Format, options: &ReadOptions, need: &Need) -> Option<Newest> {
    let blobs: Vec<Blob> = files.iter().map(Opened::whole).collect::<Option<_>>()?;
    let limits = source::limits(options, blobs.iter().map(|blob| blob.packed).sum()).ok()?;
    let open = |blob| Typed::open(blob, format, &limits).ok();
    let tables: Vec<Typed> = blobs.iter().map(open).collect::<Option<_>>()?;
    let columns = &tables.first()?.columns;
    if tables.iter().any(|other| other.columns != *columns) {
        return None;
    }
    let names: Vec<String> = columns.iter().map(|(name, _)| name.trim().to_owned()).collect();
    let form = form(&names, Layout::Typed, options, need)?;
    let table = Table { form: &form, columns };
    table.fits().then_some(())?;
    let (mut names, mut kept) = (Names::default(), Kept::new(&form));
    for (file, typed) in tables.iter().enumerate() {
        table.scan(typed, file, files, &mut names, &mut kept)?;
    }
    let (lines, cut) = kept.lines(&names)?;
    drop(kept);
    let frames = tables.iter().enumerate().map(|(file, typed)| {
        let of_file = |held: &&Held| held.file as usize == file;
        let rows: Vec<u32> = lines.iter().filter(of_file).map(|held| held.line.at as u32).collect();
        table.take(typed, &rows)
    });
    let frames: Vec<DataFrame> = frames.collect::<Option<_>>()?;
    let sample = files::stacked(&blobs, frames).ok()?;
    drop(tables);
    let dialect = Dialect { format: format.name(), ..Dialect::default() };
    Newest { frame: framed(sample, dialect, options).ok()?, cut }.into_trained(need)
}

/// The columns of a table, and what each is.
struct Table<'a> {
    form: &'a Form<'a>,
    columns: &'a [(String, ArrowDataType)],
}

impl Table<'_> {
    fn roles(&self) -> impl Iterator<Item = (&str, &ArrowDataType, &Role)> {
        self.columns.iter().zip(&self.form.roles).map(|((name, kind), role)| (name.as_str(), kind, role))
    }

    /// The names of columns, of those that are chosen by their type and part.
    fn names(&self, chosen: impl Fn(&ArrowDataType, &Role) -> bool) -> Vec<String> {
        self.roles().filter(|(_, kind, role)| chosen(kind, role)).map(|(name, ..)| name.to_owned()).collect()
    }

    /// Whether every column has a type that its part can be read from cell by cell.
    fn fits(&self) -> bool {
        let zone = |kind: &ArrowDataType| match kind {
            ArrowDataType::Timestamp(_, zone) => zone.as_ref().map(|zone| zone.as_str() == "UTC"),
            _ => None,
        };
        self.roles().all(|(_, kind, role)| {
            let fits = match role {
                Role::Series => is_text(kind) || is_whole(kind),
                Role::Time => match kind {
                    ArrowDataType::Timestamp(..) => zone(kind).is_some() == (self.form.clock == Clock::Utc),
                    ArrowDataType::Date32 => self.form.clock == Clock::Wall,
                    kind => is_text(kind) || is_whole(kind),
                },
                Role::Number => is_whole(kind) || is_fraction(kind),
                Role::Category(_) => is_text(kind),
                Role::Other => true,
            };
            // Stamps of another zone set that of the table.
            fits && zone(kind) != Some(false)
        })
    }

    /// Looks at all rows of a file.
    fn scan(
        &self,
        typed: &Typed,
        file: usize,
        files: &[Opened],
        names: &mut Names,
        kept: &mut Kept,
    ) -> Option<()> {
        let keys = self.names(|_, role| matches!(role, Role::Series | Role::Time | Role::Category(_)));
        let whole = match typed.groups() {
            groups if groups.is_empty() => Some(typed.read(keys.clone(), None).ok()?),
            _ => None,
        };
        let groups = match &whole {
            Some(frame) => {
                let starts = (0..frame.height()).step_by(GROUP);
                starts.map(|start| (start, GROUP.min(frame.height() - start))).collect()
            }
            None => typed.groups(),
        };
        let before: u64 = files.iter().take(file).map(|file| file.length).sum();
        let all: u64 = files.iter().map(|file| file.length).sum();
        let rows = groups.last().map_or(0, |(first, rows)| first + rows);
        meter::begin("reading", all, Unit::Bytes);
        for wave in groups.chunks(WAVE * rayon::current_num_threads().max(1)) {
            let scanned = |(first, rows): &(usize, usize)| {
                let frame = match &whole {
                    Some(frame) => frame.slice(*first as i64, *rows),
                    None => typed.read(keys.clone(), Some((*first, *rows))).ok()?,
                };
                self.part(frame, *first as u64, names)
            };
            let found: Vec<Option<Part>> = wave.par_iter().map(scanned).collect();
            kept.begin_wave();
            found.into_iter().try_for_each(|part| kept.add(file, part?, names))?;
            let done = wave.last().map_or(0, |(first, rows)| first + rows) as f64 / rows.max(1) as f64;
            let length = files.get(file)?.length as f64;
            let share = (before as f64 + done * length) / all.max(1) as f64;
            meter::reach((share * all as f64) as u64);
            if share < 1.0 && kept.is_hopeless(share) {
                return None;
            }
        }
        Some(())
    }

    /// Looks at some rows, of which the first has this number in its file.
    fn part(&self, frame: DataFrame, first: u64, names: &Names) -> Option<Part> {
        let text = |column: &Column| column.cast(&DataType::String).ok()?.rechunk().str().ok().cloned();
        let column = |at: usize| frame.column(&self.columns.get(at)?.0).ok();
        for (at, role) in self.form.roles.iter().enumerate() {
            if let Role::Category(values) = role {
                let known = |cell: Option<&str>| is_known(cell.unwrap_or_default().as_bytes(), values);
                text(column(at)?)?.iter().all(known).then_some(())?;
            }
        }
        let time = self.form.roles.iter().position(|role| matches!(role, Role::Time))?;
        let stamps = self.stamps(column(time)?)?;
        let series = self.form.series.iter().map(|at| text(column(*at)?));
        let series: Vec<StringChunked> = series.collect::<Option<_>>()?;
        let mut series: Vec<_> = series.iter().map(|cells| cells.iter()).collect();
        let (mut rows, mut name) = (Rows::new(self.form, names), Vec::new());
        for (row, stamp) in stamps.into_iter().enumerate() {
            name.clear();
            for (i, cells) in series.iter_mut().enumerate() {
                if i > 0 {
                    name.push(BETWEEN);
                }
                let cell = cells.next()??;
                // It parts the names.
                (!cell.as_bytes().contains(&BETWEEN)).then_some(())?;
                name.extend_from_slice(cell.as_bytes());
            }
            rows.take(&name, Line { stamp, at: first + row as u64, length: 0, own: 0 })?;
        }
        Some(rows.finish())
    }

    /// The stamps of some rows, as they are stored.
    fn stamps(&self, column: &Column) -> Option<Vec<i64>> {
        if matches!(column.dtype(), DataType::Date | DataType::Datetime(..)) {
            let stamps = values::stamps(column).ok()?.seconds;
            return stamps.into_iter().map(|stamp| stamp?.ok()).collect();
        }
        let column = column.cast(&DataType::String).ok()?;
        let mut times = Times::default();
        column.str().ok()?.iter().map(|cell| times.read(cell?.as_bytes(), self.form)).collect()
    }

    /// These rows of a file, ascending, with all columns; those of which the model takes no notice are empty.
    fn take(&self, typed: &Typed, rows: &[u32]) -> Option<DataFrame> {
        let used = self.names(|_, role| !matches!(role, Role::Other));
        let frame = match typed.groups() {
            groups if groups.is_empty() => {
                // A column at a time: none has to stay.
                let columns = used.iter().map(|name| {
                    let frame = typed.read(vec![name.clone()], None).ok()?;
                    are_finite(&frame).then(|| frame.take(&IdxCa::from_vec("".into(), rows.to_vec())).ok())?
                });
                let columns: Vec<DataFrame> = columns.collect::<Option<_>>()?;
                DataFrame::new(rows.len(), columns.into_iter().flat_map(DataFrame::into_columns).collect())
                    .ok()?
            }
            groups => {
                let groups: Vec<_> = groups.into_iter().enumerate().collect();
                let mut parts: Vec<DataFrame> = Vec::new();
                // In waves: a thread that waits for polars begins with the next row group, and would so with all of them.
                for wave in groups.chunks(WAVE * rayon::current_num_threads().max(1)) {
                    let group = |(n, group): &(usize, _)| self.group(typed, *n, *group, rows, &used);
                    let found: Vec<Option<Option<DataFrame>>> = wave.par_iter().map(group).collect();
                    parts.extend(found.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten());
                }
                let mut parts = parts.into_iter();
                let mut frame = match parts.next() {
                    Some(part) => part,
                    None => typed.read(used, Some((0, 0))).ok()?,
                };
                parts.try_for_each(|part| frame.vstack_mut_owned(part).map(|_| ())).ok()?;
                frame
            }
        };
        let mut frame = frame.into_columns().into_iter();
        let columns = self.roles().map(|(name, _, role)| match role {
            Role::Other => Some(Column::full_null(PlSmallStr::from(name), rows.len(), &DataType::Null)),
            _ => frame.next(),
        });
        DataFrame::new(rows.len(), columns.collect::<Option<_>>()?).ok()
    }

    /// Those of the rows that are in this row group, if any are; `None` where a number is not finite.
    fn group(
        &self,
        typed: &Typed,
        n: usize,
        (first, length): (usize, usize),
        rows: &[u32],
        used: &[String],
    ) -> Option<Option<DataFrame>> {
        let place = |row: usize| rows.partition_point(|own| (*own as usize) < row);
        let own: Vec<u32> =
            rows.get(place(first)..place(first + length))?.iter().map(|row| row - first as u32).collect();
        let open = self.names(|kind, role| is_fraction(kind) && matches!(role, Role::Number));
        let open: Vec<String> = open.into_iter().filter(|name| !typed.is_finite(n, name)).collect();
        if own.is_empty() {
            let finite = open.is_empty() || are_finite(&typed.read(open, Some((first, length))).ok()?);
            return finite.then_some(None);
        }
        let frame = typed.read(used.to_vec(), Some((first, length))).ok()?;
        let frame = are_finite(&frame).then(|| frame.take(&IdxCa::from_vec("".into(), own)).ok())??;
        Some(Some(frame))
    }
}

/// Whether no number is infinite: the reader refuses such a table.
fn are_finite(frame: &DataFrame) -> bool {
    let finite = |column: &Column| match column.dtype() {
        DataType::Float64 => column.f64().is_ok_and(|c| !c.iter().flatten().any(f64::is_infinite)),
        DataType::Float32 => column.f32().is_ok_and(|c| !c.iter().flatten().any(f32::is_infinite)),
        _ => true,
    };
    frame.columns().iter().all(finite)
}

fn is_text(kind: &ArrowDataType) -> bool {
    use ArrowDataType as A;
    let text = matches!(kind, A::Utf8 | A::LargeUtf8 | A::Utf8View);
    text || matches!(kind, A::Dictionary(..)) && is_plain(kind)
}

fn is_whole(kind: &ArrowDataType) -> bool {
    use ArrowDataType as A;
    matches!(kind, A::Int8 | A::Int16 | A::Int32 | A::Int64 | A::UInt8 | A::UInt16 | A::UInt32 | A::UInt64)
}

fn is_fraction(kind: &ArrowDataType) -> bool {
    matches!(kind, ArrowDataType::Float32 | ArrowDataType::Float64)
}
