//! The newest rows of delimited text and of JSON objects.

use super::gather::{self, Kept};
use super::names::Names;
use super::object::Shape;
use super::opened::{Buffers, Opened, Piece, Pieces};
use super::scan::{self, Layout, Part};
use super::{Need, Newest, form};
use crate::data::read::open::blob::Blob;
use crate::data::read::open::dialect;
use crate::data::read::open::format::Format;
use crate::data::read::open::source;
use crate::data::read::{ReadOptions, read_blobs};
use crate::meter::{self, Unit};
use rayon::prelude::*;
use std::borrow::Cow;

/// Pieces that are scanned before what was found is joined, for each thread.
const WAVE: usize = 4;

/// How a file is written.
#[derive(PartialEq)]
struct Written {
    names: Vec<String>,
    layout: Layout,
}

/// The newest rows; `None` where the table has to be read whole.
pub fn newest(files: &[Opened], format: Format, options: &ReadOptions, need: &Need) -> Option<Newest> {
    let understood = |file: &Opened| match format {
        Format::Ndjson => objects(file, options),
        _ => delimited(file, files, options),
    };
    let (all, bodies): (Vec<Written>, Vec<u64>) =
        files.iter().map(understood).collect::<Option<Vec<_>>>()?.into_iter().unzip();
    let (first, file) = (all.first()?, files.first()?);
    if all.iter().any(|other| other != first) {
        return None;
    }
    let head = file.head.get(..*bodies.first()? as usize)?;
    let form = form(&first.names, first.layout.clone(), options, need)?;
    let (mut names, mut kept, buffers) = (Names::default(), Kept::new(&form), Buffers::default());
    let mut pieces = Pieces::new(files, &bodies, &buffers);
    meter::begin("reading", files.iter().map(|file| file.length).sum(), Unit::Bytes);
    // The first wave is short: it may show that there is no sense in going on.
    let mut each = 1;
    loop {
        let wave = pieces.wave(each * rayon::current_num_threads().max(1))?;
        if wave.is_empty() {
            break;
        }
        let scanned = |piece: Piece| {
            let (file, lines) = piece.lines(files, &buffers)?;
            let part = scan::scan(&lines, &form, &names);
            buffers.give(lines.bytes);
            Some((file, part?))
        };
        let found: Vec<Option<(usize, Part)>> = wave.into_par_iter().map(scanned).collect();
        meter::reach(pieces.taken());
        kept.begin_wave();
        for part in found {
            let (file, part) = part?;
            kept.add(file, part, &mut names)?;
        }
        if pieces.share() < 1.0 && kept.is_hopeless(pieces.share()) {
            return None;
        }
        each = WAVE;
    }
    let (lines, cut) = kept.lines(&names)?;
    let bytes = gather::text(head, &lines, files)?;
    drop(lines);
    form.decides(&bytes, head.len(), kept.marks())?;
    let blob = Blob { name: file.name.clone(), bytes, packed: file.length, ..Blob::default() };
    let mut own = options.clone();
    if let Layout::Delimited(delimiter) = form.layout {
        own.settings.delimiter = Some(char::from(delimiter));
    }
    let frame = read_blobs(vec![blob], &own).ok()?;
    Newest { frame, cut }.into_trained(need)
}

/// How a delimited file is written, and where its rows begin.
fn delimited(file: &Opened, files: &[Opened], options: &ReadOptions) -> Option<(Written, u64)> {
    let limits = source::limits(options, files.iter().map(|file| file.length).sum()).ok()?;
    let blob = file.first();
    let text = dialect::understand(&blob, options, &limits).ok()?;
    let plain = text.decimal == b'.' && matches!(text.bytes, Cow::Borrowed(_));
    let written = Written { names: text.header, layout: Layout::Delimited(text.delimiter) };
    // A byte order mark is no part of the text.
    let mark = blob.bytes.len() - text.bytes.len();
    (plain && text.end == text.bytes.len()).then_some((written, (mark + text.body) as u64))
}

/// How a file of objects is written, and where its rows begin.
fn objects(file: &Opened, options: &ReadOptions) -> Option<(Written, u64)> {
    let text = file.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.head);
    let (names, shape) = options.encoding.is_none().then(|| Shape::of(text))??;
    Some((Written { names, layout: Layout::Objects(shape) }, (file.head.len() - text.len()) as u64))
}
