//! The newest rows of large delimited files, read without the rest: a table that goes back for years
//! is forecast from its last days.
//!
//! Every byte is looked at once, so that what is left out is known to be what the reader would have taken
//! without a word: rows of as many cells as the header has, stamps in the model's form, on its step and in
//! ascending order in each series, plain numbers. Of these rows the newest of each series become a small
//! text, which the reader reads as it reads any other. Whatever is not that plain (quotes, packed files,
//! a repeated stamp, a word among numbers, …) is no business of this module: it gives `None`, and the
//! whole table is read, with all that is to be said about it.

mod gather;
mod names;
mod row;
mod scan;

use super::open::blob::Blob;
use super::open::format::{Format, sniff};
use super::open::{dialect, folder, source};
use super::roles::names::whole;
use super::rows::numbers::Markers;
use super::rows::table::stored;
use super::{ReadOptions, Source, read_blobs};
use crate::data::long::{LongFrame, SeriesKey};
use crate::data::name::identity;
use crate::data::stamp::{Clock, TimeStyle};
use gather::Kept;
use names::Names;
use rayon::prelude::*;
use scan::{Form, Part};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Mutex;

/// Files with fewer bytes together are read whole: nothing is to be gained.
const WORTHWHILE: u64 = 1 << 20;
/// What is read of a file to find how it is written.
const HEAD: u64 = 1 << 18;
/// Bytes that are scanned at a time.
const CHUNK: u64 = 2 << 20;
/// No line is longer.
const LONGEST_LINE: u64 = 1 << 16;
/// Chunks that are scanned before what was found is joined, for each thread.
const WAVE: usize = 4;

/// Which rows are needed.
pub struct Need<'a> {
    /// Whether older rows of a series may be left out.
    pub known: &'a (dyn Fn(&SeriesKey) -> bool + Sync),
    /// Newest rows of each such series that are kept.
    pub rows: usize,
    /// In place of so many rows those from this stamp on, and the last one (UTC epoch seconds).
    pub since: Option<i64>,
    /// Seconds from one row to the next.
    pub step: i64,
    /// How the stamps are written.
    pub style: &'a TimeStyle,
    /// Rows missing in one place that the grid completes.
    pub max_gap_rows: usize,
}

/// The rows that are needed.
pub struct Newest {
    /// Read from a text of these rows alone, so its row numbers are not those of the files.
    pub frame: LongFrame,
    /// Series of which older rows were left out, sorted.
    pub cut: Vec<SeriesKey>,
}

/// Reads the newest rows; `None` where the table has to be read whole.
pub fn newest(source: &Source, options: &ReadOptions, need: &Need) -> Option<Newest> {
    let Source::Paths(paths) = source else { return None };
    let mut parts = Vec::new();
    for path in paths {
        parts.extend(folder::expand(path).ok()?);
    }
    if parts.iter().any(|part| !part.keys.is_empty()) || options.skip_footer.is_some() {
        return None;
    }
    let files = parts.into_iter().map(|part| Opened::new(part.path)).collect::<Option<Vec<_>>>()?;
    if files.iter().map(|file| file.length).sum::<u64>() < WORTHWHILE {
        return None;
    }
    let first = files.first()?;
    let limits = source::limits(options, files.iter().map(|file| file.length).sum()).ok()?;
    let understood = |file: &Opened| {
        let blob = Blob { name: file.name.clone(), bytes: file.head.clone(), ..Blob::default() };
        let format = match &options.format {
            Some(name) => Format::from_name(name),
            None => sniff(&blob, options.encoding.is_some()),
        };
        let text =
            (format.ok()? == Format::Csv).then(|| dialect::understand(&blob, options, &limits).ok())??;
        let plain =
            text.decimal == b'.' && !text.quotes && matches!(text.bytes, std::borrow::Cow::Borrowed(_));
        (plain && text.end == blob.bytes.len()).then_some((text.header, text.delimiter, text.body as u64))
    };
    let (header, delimiter, body) = understood(first)?;
    let all = files.iter().map(understood).collect::<Option<Vec<_>>>()?;
    if all.iter().any(|other| (&other.0, other.1) != (&header, delimiter)) {
        return None;
    }
    let form = form(&header, delimiter, options, need)?;
    let chunks: Vec<Chunk> =
        all.iter().enumerate().flat_map(|(file, text)| chunks(file, text.2, files[file].length)).collect();
    let (mut names, mut kept) = (Names::default(), Kept::new(&form));
    let buffers = Buffers::default();
    let total: u64 = chunks.iter().map(|chunk| chunk.to - chunk.from).sum();
    let (mut rest, mut done) = (chunks.as_slice(), 0);
    while !rest.is_empty() {
        // The first wave is short: it may show that there is no sense in going on.
        let each = if done == 0 { 1 } else { WAVE };
        let (wave, more) = rest.split_at(rest.len().min(each * rayon::current_num_threads().max(1)));
        let scanned = |chunk: &Chunk| {
            let lines = read(files.get(chunk.file)?, chunk, buffers.take())?;
            let part = scan::scan(&lines, &form, &names);
            buffers.give(lines.bytes);
            part
        };
        let found: Vec<Option<Part>> = wave.par_iter().map(scanned).collect();
        kept.begin_wave();
        for (chunk, part) in wave.iter().zip(found) {
            kept.add(chunk.file, part?, &mut names)?;
        }
        done += wave.iter().map(|chunk| chunk.to - chunk.from).sum::<u64>();
        rest = more;
        if !rest.is_empty() && kept.is_hopeless(done as f64 / total as f64) {
            return None;
        }
    }
    let (lines, cut) = kept.lines(&names)?;
    let head = first.head.get(..body as usize)?;
    let bytes = gather::text(head, lines, &files)?;
    form.decides(&bytes, head.len(), kept.marks())?;
    let blob = Blob { name: first.name.clone(), bytes, packed: first.length, ..Blob::default() };
    let mut own = options.clone();
    own.settings.delimiter = Some(char::from(delimiter));
    let frame = read_blobs(vec![blob], &own).ok()?;
    let same = frame.time.forms() == need.style.forms() && frame.time.clock() == need.style.clock();
    (same && frame.dialect.decimal == Some('.')).then_some(Newest { frame, cut })
}

/// What each column is, as far as every row can be judged by itself.
fn form<'a>(header: &[String], delimiter: u8, options: &ReadOptions, need: &'a Need) -> Option<Form<'a>> {
    let header: Vec<String> = header.iter().map(|name| identity(name).into_owned()).collect();
    let distinct = header.iter().enumerate().all(|(i, name)| !name.is_empty() && !header[..i].contains(name));
    let named = options.wide.is_none() && !options.series_from_filename && distinct;
    // What a run says for itself about numbers is weighed over all cells.
    let plain = options.decimal.is_none()
        && options.thousands.is_none()
        && options.strip.is_empty()
        && options.brackets.is_none()
        && options.resample.is_none()
        && options.fixed.is_empty();
    let style = need.style;
    let clear = style.own_zone().is_none()
        && (style.clock() == Clock::Wall || style.clock() == Clock::Utc && need.step < 86_400)
        && !style.forms().iter().any(|form| form.has_slots() || form.lacks_century());
    if !(named && plain && clear) {
        return None;
    }
    let options = whole(&header, options);
    let place = |name: &String| header.iter().position(|own| own == name);
    let [time] = options.time.as_deref()? else { return None };
    let series: Vec<usize> = options.series.as_ref()?.iter().map(place).collect::<Option<_>>()?;
    let categories = options.categories.clone().unwrap_or_default();
    let mut roles = vec![scan::Role::Other; header.len()];
    let numbers = options.target.iter().chain(options.features.as_ref()?);
    for name in numbers.filter(|name| !categories.iter().any(|(column, _)| column == *name)) {
        roles[place(name)?] = scan::Role::Number;
    }
    for (column, values) in categories {
        roles[place(&column)?] = scan::Role::Category(values.into_iter().map(String::into_bytes).collect());
    }
    series.iter().for_each(|at| roles[*at] = scan::Role::Series);
    roles[place(time)?] = scan::Role::Time;
    Some(Form {
        delimiter,
        roles,
        series,
        parser: style.parser(),
        clock: style.clock(),
        markers: Markers::new(&options.missing, b'.'),
        step: need.step,
        max_gap: need.max_gap_rows as i64,
        need,
    })
}

/// A file that is read in pieces.
struct Opened {
    name: String,
    path: PathBuf,
    length: u64,
    /// Its first lines.
    head: Vec<u8>,
}

impl Opened {
    fn new(path: PathBuf) -> Option<Opened> {
        // A pipe that is opened to see what it is has lost its writer.
        let data = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        let mut file = File::open(&path).ok()?;
        let mut head = Vec::new();
        file.by_ref().take(HEAD).read_to_end(&mut head).ok()?;
        if data.len() > HEAD {
            head.truncate(memchr::memrchr(b'\n', &head)? + 1);
        }
        // Marks of an encoding, packed data.
        let plain =
            head.is_ascii() || std::str::from_utf8(&head).is_ok_and(|text| !text.starts_with('\u{feff}'));
        plain.then(|| Opened { name: path.display().to_string(), length: data.len(), head, path })
    }

    /// These bytes in place of what the buffer holds, as far as there are so many.
    fn bytes(&self, from: u64, length: u64, buffer: &mut Vec<u8>) -> Option<()> {
        let mut file = File::open(&self.path).ok()?;
        file.seek(SeekFrom::Start(from)).ok()?;
        buffer.clear();
        buffer.reserve(length as usize);
        file.take(length).read_to_end(buffer).ok().map(|_| ())
    }
}

/// Buffers that are used again: new memory has to be cleared first.
#[derive(Default)]
struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    fn take(&self) -> Vec<u8> {
        self.0.lock().ok().and_then(|mut free| free.pop()).unwrap_or_default()
    }

    fn give(&self, buffer: Vec<u8>) {
        if let Ok(mut free) = self.0.lock() {
            free.push(buffer);
        }
    }
}

/// The lines that begin in these bytes of a file.
struct Chunk {
    file: usize,
    from: u64,
    to: u64,
    /// Whether the first of them is known to begin a line.
    whole: bool,
    /// Bytes in the file.
    length: u64,
}

fn chunks(file: usize, body: u64, length: u64) -> Vec<Chunk> {
    let starts = (body..length).step_by(CHUNK as usize);
    let chunk = |from| Chunk { file, from, to: (from + CHUNK).min(length), whole: from == body, length };
    starts.map(chunk).collect()
}

/// Whole lines.
struct Lines {
    /// Where the first begins: in the file, and in the bytes.
    at: u64,
    from: usize,
    bytes: Vec<u8>,
}

/// The lines that begin in the chunk, in this buffer.
fn read(file: &Opened, chunk: &Chunk, mut bytes: Vec<u8>) -> Option<Lines> {
    let from = if chunk.whole { chunk.from } else { chunk.from - 1 };
    file.bytes(from, chunk.to - from + LONGEST_LINE, &mut bytes)?;
    let start = if chunk.whole { 0 } else { memchr::memchr(b'\n', &bytes)? + 1 };
    let last = (chunk.to - from - 1) as usize;
    let end = memchr::memchr(b'\n', bytes.get(last..)?).map(|n| last + n + 1);
    match end {
        Some(end) => bytes.truncate(end),
        None if chunk.to == chunk.length => bytes.push(b'\n'),
        None => return None,
    }
    let start = start.min(bytes.len());
    Some(Lines { at: from + start as u64, from: start, bytes })
}
