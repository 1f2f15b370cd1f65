//! The files that a table is made of, and their text in pieces: from anywhere in a file that lies as it is, one
//! after another of one that is packed.

use super::scan::Lines;
use crate::data::read::open::blob::Blob;
use crate::data::read::open::format::{Format, sniff};
use crate::data::read::open::{folder, source};
use crate::data::read::{ReadOptions, Source};
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What is read of a file to find how it is written.
const HEAD: u64 = 1 << 18;
/// Bytes that are scanned at a time.
const CHUNK: u64 = 2 << 20;
/// No line is longer.
const LONGEST_LINE: u64 = 1 << 16;

/// A file that is read in pieces.
pub struct Opened {
    pub name: String,
    content: Content,
    /// Bytes of it as it lies.
    pub length: u64,
    /// What it is packed with.
    packing: Option<&'static str>,
    /// Its first bytes, unpacked.
    pub head: Vec<u8>,
}

enum Content {
    File(PathBuf),
    Memory(Arc<Vec<u8>>),
}

/// What can be read.
pub type Stream<'a> = Box<dyn Read + Send + 'a>;

/// The files of a source; `None` where they are no plain ones.
pub fn all(source: &Source) -> Option<Vec<Opened>> {
    match source {
        Source::Stdin => None,
        Source::Memory { name, bytes } => {
            Some(vec![Opened::new(name.clone(), Content::Memory(bytes.clone()), bytes.len() as u64)?])
        }
        Source::Paths(paths) => {
            let mut parts = Vec::new();
            for path in paths {
                parts.extend(folder::expand(path).ok()?);
            }
            if parts.iter().any(|part| !part.keys.is_empty()) {
                return None;
            }
            parts.into_iter().map(|part| Opened::file(part.path)).collect()
        }
    }
}

impl Opened {
    fn file(path: PathBuf) -> Option<Opened> {
        // A pipe that is opened to see what it is has lost its writer.
        let data = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        Opened::new(path.display().to_string(), Content::File(path), data.len())
    }

    fn new(name: String, content: Content, length: u64) -> Option<Opened> {
        let mut file = Opened { name, content, length, packing: None, head: Vec::new() };
        let mut start = Vec::new();
        file.bytes(0, 4, &mut start)?;
        file.packing = source::packing(&start);
        let mut head = Vec::new();
        file.stream(&Arc::default())?.take(HEAD).read_to_end(&mut head).ok()?;
        // Not through the middle of a letter.
        if head.len() as u64 == HEAD
            && let Some(last) = memchr::memrchr(b'\n', &head)
        {
            head.truncate(last + 1);
        }
        Some(Opened { head, ..file })
    }

    /// Whether its text can be read from any byte on.
    pub fn is_plain(&self) -> bool {
        self.packing.is_none()
    }

    /// Its format, by its first bytes.
    pub fn format(&self, options: &ReadOptions) -> Option<Format> {
        match &options.format {
            Some(name) => Format::from_name(name).ok(),
            None => sniff(&self.first(), options.encoding.is_some()).ok(),
        }
    }

    /// Its first bytes.
    pub fn first(&self) -> Blob {
        Blob { name: self.name.clone(), bytes: self.head.clone(), ..Blob::default() }
    }

    /// All of it, as it lies.
    pub fn whole(&self) -> Option<Blob> {
        let mut bytes = Vec::new();
        self.bytes(0, self.length, &mut bytes)?;
        Some(Blob { name: self.name.clone(), bytes, packed: self.length, ..Blob::default() })
    }

    /// These bytes in place of what the buffer holds, as far as there are so many.
    pub fn bytes(&self, from: u64, length: u64, buffer: &mut Vec<u8>) -> Option<()> {
        buffer.clear();
        match &self.content {
            Content::Memory(bytes) => {
                let from = (from as usize).min(bytes.len());
                let end = from.saturating_add(length as usize).min(bytes.len());
                buffer.extend_from_slice(bytes.get(from..end)?);
            }
            Content::File(path) => {
                let mut file = File::open(path).ok()?;
                file.seek(SeekFrom::Start(from)).ok()?;
                buffer.reserve(length as usize);
                file.take(length).read_to_end(buffer).ok()?;
            }
        }
        Some(())
    }

    /// It from its first byte on, unpacked; `taken` counts the bytes as they lie.
    fn stream(&self, taken: &Arc<AtomicU64>) -> Option<Stream<'_>> {
        let inner: Stream<'_> = match &self.content {
            Content::Memory(bytes) => Box::new(Cursor::new(bytes.as_slice())),
            Content::File(path) => Box::new(File::open(path).ok()?),
        };
        let counted = Counted { inner, taken: taken.clone() };
        Some(match self.packing {
            None => Box::new(counted),
            Some(kind) => source::unpacking(kind, BufReader::with_capacity(1 << 17, counted)).ok()?,
        })
    }
}

/// Counts what is read.
struct Counted<'a> {
    inner: Stream<'a>,
    taken: Arc<AtomicU64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Buffers that are used again: new memory has to be cleared first.
#[derive(Default)]
pub struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    fn take(&self) -> Vec<u8> {
        self.0.lock().ok().and_then(|mut free| free.pop()).unwrap_or_default()
    }

    pub fn give(&self, buffer: Vec<u8>) {
        if let Ok(mut free) = self.0.lock() {
            free.push(buffer);
        }
    }
}

/// Lines of a file.
pub enum Piece {
    /// Those that begin in these bytes, which are yet to be read.
    Bytes(Chunk),
    /// These, which cannot be read again.
    Lines(usize, Lines),
}

/// Some bytes of a file.
pub struct Chunk {
    file: usize,
    from: u64,
    to: u64,
    /// Whether the first of them is known to begin a line.
    whole: bool,
    /// Bytes in the file.
    length: u64,
}

/// The pieces of the files, in their order.
pub struct Pieces<'a> {
    files: &'a [Opened],
    /// Where the rows of each begin.
    bodies: &'a [u64],
    buffers: &'a Buffers,
    file: usize,
    /// The next byte of a file that lies as it is.
    next: Option<u64>,
    unpacking: Option<Unpacking<'a>>,
    /// Bytes of packed files, as they lie, and of others.
    taken: Arc<AtomicU64>,
}

/// A packed file on its way.
struct Unpacking<'a> {
    stream: Stream<'a>,
    /// The first byte of what is left of a line.
    at: u64,
    left: Vec<u8>,
}

impl<'a> Pieces<'a> {
    pub fn new(files: &'a [Opened], bodies: &'a [u64], buffers: &'a Buffers) -> Pieces<'a> {
        let taken = Arc::default();
        Pieces { files, bodies, buffers, file: 0, next: None, unpacking: None, taken }
    }

    /// How much of the files was given out.
    pub fn share(&self) -> f64 {
        let total: u64 = self.files.iter().map(|file| file.length).sum();
        self.taken() as f64 / total.max(1) as f64
    }

    /// The same in bytes.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// The next pieces, at most so many; none at the end, `None` for a file that cannot be read.
    pub fn wave(&mut self, most: usize) -> Option<Vec<Piece>> {
        let mut wave = Vec::with_capacity(most);
        while wave.len() < most
            && let Some(file) = self.files.get(self.file)
        {
            let piece = if file.is_plain() { self.chunk(file) } else { self.unpack(file)? };
            match piece {
                Some(piece) => wave.push(piece),
                None => {
                    self.file += 1;
                    (self.next, self.unpacking) = (None, None);
                }
            }
        }
        Some(wave)
    }

    fn chunk(&mut self, file: &Opened) -> Option<Piece> {
        let body = self.bodies.get(self.file).copied()?;
        let from = self.next.unwrap_or(body);
        if from >= file.length {
            return None;
        }
        let to = (from + CHUNK).min(file.length);
        self.next = Some(to);
        self.taken.fetch_add(to - from, Ordering::Relaxed);
        Some(Piece::Bytes(Chunk { file: self.file, from, to, whole: from == body, length: file.length }))
    }

    fn unpack(&mut self, file: &'a Opened) -> Option<Option<Piece>> {
        let own = match &mut self.unpacking {
            Some(own) => own,
            none => {
                let mut stream = file.stream(&self.taken)?;
                let body = self.bodies.get(self.file).copied()?;
                let skipped = std::io::copy(&mut stream.by_ref().take(body), &mut std::io::sink()).ok()?;
                (skipped == body).then_some(())?;
                none.insert(Unpacking { stream, at: body, left: Vec::new() })
            }
        };
        let mut bytes = self.buffers.take();
        bytes.clear();
        bytes.append(&mut own.left);
        let read = own.stream.by_ref().take(CHUNK).read_to_end(&mut bytes).ok()?;
        if bytes.is_empty() {
            return Some(None);
        }
        match memchr::memrchr(b'\n', &bytes) {
            Some(last) => own.left = bytes.split_off(last + 1),
            None if read == 0 => bytes.push(b'\n'),
            None => return None,
        }
        let at = own.at;
        own.at += bytes.len() as u64;
        Some(Some(Piece::Lines(self.file, Lines { at, from: 0, bytes, passing: true })))
    }
}

impl Piece {
    /// The number of its file, and its lines.
    pub fn lines(self, files: &[Opened], buffers: &Buffers) -> Option<(usize, Lines)> {
        match self {
            Piece::Lines(file, lines) => Some((file, lines)),
            Piece::Bytes(chunk) => Some((chunk.file, chunk.read(files.get(chunk.file)?, buffers.take())?)),
        }
    }
}

impl Chunk {
    /// The lines that begin in it, in this buffer.
    fn read(&self, file: &Opened, mut bytes: Vec<u8>) -> Option<Lines> {
        let from = if self.whole { self.from } else { self.from - 1 };
        file.bytes(from, self.to - from + LONGEST_LINE, &mut bytes)?;
        let start = if self.whole { 0 } else { memchr::memchr(b'\n', &bytes)? + 1 };
        let last = (self.to - from - 1) as usize;
        let end = memchr::memchr(b'\n', bytes.get(last..)?).map(|n| last + n + 1);
        match end {
            Some(end) => bytes.truncate(end),
            None if self.to == self.length => bytes.push(b'\n'),
            None => return None,
        }
        let start = start.min(bytes.len());
        Some(Lines { at: from + start as u64, from: start, bytes, passing: false })
    }
}
