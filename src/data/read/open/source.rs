//! From paths, folders, globs or stdin to bytes: opening and unpacking.

use super::blob::Blob;
use super::folder::{EXTENSIONS, Part, expand};
use super::format::sniff;
use super::limits::Limits;
use crate::data::read::{ReadOptions, Source};
use crate::error::{Error, Place, Result, did_you_mean};
use crate::meter::{self, Unit};
use std::io::{BufRead, Read};
use std::path::Path;
use std::sync::Arc;

/// Reads everything that `source` names.
///
/// # Errors
/// `Error::Data` when a path does not exist, cannot be read or unpacked, or names no files.
pub fn open(source: &Source, options: &ReadOptions) -> Result<Vec<Blob>> {
    match source {
        Source::Stdin => {
            let refuse = |e| Error::data(Place::file("stdin"), format!("cannot read: {e}"));
            meter::begin("", 0, Unit::Bytes);
            let bytes = take("stdin", &mut std::io::stdin().lock(), 0, options, refuse)?;
            Ok(vec![unpack("stdin".into(), "stdin".into(), bytes, options)?])
        }
        Source::Memory { name, bytes } => {
            Ok(vec![unpack(name.clone(), name.clone(), bytes.to_vec(), options)?])
        }
        Source::Paths(paths) => {
            let mut files = Vec::new();
            for path in paths {
                files.extend(expand(path)?);
            }
            let length = |file: &Part| std::fs::metadata(&file.path).map_or(0, |data| data.len());
            meter::begin("", files.iter().map(length).sum(), Unit::Bytes);
            files.iter().map(|f| load(f, options)).collect()
        }
    }
}

/// The same source, to be read more than once: what comes on standard input is kept.
///
/// # Errors
/// As [`open`].
pub fn kept(source: &Source, options: &ReadOptions) -> Result<Source> {
    let Source::Stdin = source else { return Ok(source.clone()) };
    let refuse = |e| Error::data(Place::file("stdin"), format!("cannot read: {e}"));
    meter::begin("", 0, Unit::Bytes);
    let bytes = take("stdin", &mut std::io::stdin().lock(), 0, options, refuse)?;
    Ok(Source::Memory { name: "stdin".into(), bytes: Arc::new(bytes) })
}

/// Bytes that tell whether there is any sense in reading on.
const HEAD: u64 = 1 << 16;

/// Reads to the end, unless the first bytes are those of no table or there are too many of them.
/// `length` is what the system says of a file, 0 where it says nothing.
fn take(
    name: &str,
    reader: &mut dyn Read,
    length: u64,
    options: &ReadOptions,
    refuse: impl Fn(std::io::Error) -> Error,
) -> Result<Vec<u8>> {
    let most = limits(options, u64::MAX / 1024)?.most_bytes();
    let too_long = || {
        Error::data(
            Place::file(name),
            format!("this is longer than the {} MiB of memory that are free", most >> 20),
        )
        .with_hint("give less of it, or allow more with --max-memory SIZE")
    };
    if length > most {
        return Err(too_long());
    }
    let mut bytes = Vec::with_capacity(length as usize);
    let mut reader = Metered(reader);
    reader.by_ref().take(HEAD).read_to_end(&mut bytes).map_err(&refuse)?;
    if bytes.len() as u64 == HEAD && options.format.is_none() && options.encoding.is_none() {
        let head = Blob { name: name.to_owned(), bytes, ..Blob::default() };
        if packing(&head.bytes).is_none() {
            sniff(&head, false)?;
        }
        bytes = head.bytes;
    }
    reader.take(most.saturating_sub(HEAD).saturating_add(1)).read_to_end(&mut bytes).map_err(&refuse)?;
    if bytes.len() as u64 > most { Err(too_long()) } else { Ok(bytes) }
}

/// The limits for files of `packed` bytes.
///
/// # Errors
/// `Error::Config` for a size that is none.
pub fn limits(options: &ReadOptions, packed: u64) -> Result<Limits> {
    let memory = options.max_memory.as_deref().map(super::limits::parse_size).transpose();
    let memory = memory.map_err(|why| {
        let given = options.max_memory.as_deref().unwrap_or_default();
        Error::config(format!("`max_memory` holds `{given}`; {why}"))
    })?;
    Ok(Limits::new(packed, options.max_columns, memory))
}

fn load(part: &Part, options: &ReadOptions) -> Result<Blob> {
    let path = part.path.as_path();
    let name = path.display().to_string();
    let refuse = |e: std::io::Error| {
        let give = "give the path of a table, or - for standard input";
        if e.kind() != std::io::ErrorKind::NotFound {
            let hint = match e.kind() {
                std::io::ErrorKind::PermissionDenied => format!("check the file's permissions: ls -l {name}"),
                _ => give.to_owned(),
            };
            return Error::data(Place::file(&name), format!("cannot read: {e}")).with_hint(hint);
        }
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let siblings: Vec<String> = std::fs::read_dir(parent)
            .map(|d| d.filter_map(|e| e.ok()).map(|e| e.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let near = did_you_mean(&file, siblings.iter().map(String::as_str));
        Error::data(Place::file(&name), format!("there is no such file{near}")).with_hint(give)
    };
    let mut file = std::fs::File::open(path).map_err(refuse)?;
    let length = file.metadata().map_or(0, |m| m.len());
    let bytes = take(&name, &mut file, length, options, refuse)?;
    let stem = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut stem = stem.as_str();
    for _ in 0..2 {
        if let Some((head, tail)) = stem.rsplit_once('.')
            && !head.is_empty()
            && (EXTENSIONS.contains(&tail.to_lowercase().as_str()) || matches!(tail, "gz" | "zst"))
        {
            stem = head;
        }
    }
    let blob = unpack(name.clone(), stem.to_owned(), bytes, options)?;
    Ok(Blob { keys: part.keys.clone(), ..blob })
}

/// What a file is packed with, by its first bytes.
pub fn packing(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        _ => None,
    }
}

/// Unpacks gzip and zstd.
///
/// # Errors
/// `Error::Data` for damaged data, and for more than the limits allow.
pub fn unpack(name: String, stem: String, bytes: Vec<u8>, options: &ReadOptions) -> Result<Blob> {
    let packed = bytes.len() as u64;
    let Some(kind) = packing(&bytes) else {
        return Ok(Blob { name, stem, bytes, packed, ..Blob::default() });
    };
    let limits = limits(options, packed)?;
    let damaged = |e: std::io::Error| {
        Error::data(Place::file(&name), format!("the {kind} data are damaged or cut off: {e}"))
            .with_hint("copy the file again, or unpack it yourself to see how far it goes")
    };
    meter::begin("unpacking", packed, Unit::Bytes);
    let mut reader = unpacking(kind, Metered(bytes.as_slice())).map_err(damaged)?;
    let mut out = Vec::new();
    // One byte more than is allowed tells a file that is too large from one that just fits.
    let most = limits.most_bytes();
    reader.by_ref().take(most.saturating_add(1)).read_to_end(&mut out).map_err(damaged)?;
    if out.len() as u64 > most {
        return Err(limits.unpacked(&name));
    }
    drop(reader);
    Ok(Blob { name, stem, bytes: out, compression: Some(kind), packed, keys: Vec::new() })
}

/// Tells of what is read.
struct Metered<R>(R);

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.read(buffer)?;
        meter::add(n as u64);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.0.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        meter::add(n as u64);
        self.0.consume(n);
    }
}

/// What comes out of data that are packed in this way.
///
/// # Errors
/// Where the system has no memory for it.
pub fn unpacking<'a>(
    kind: &str,
    packed: impl BufRead + Send + 'a,
) -> std::io::Result<Box<dyn Read + Send + 'a>> {
    Ok(match kind {
        "gzip" => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        _ => Box::new(zstd::stream::read::Decoder::with_buffer(packed)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::path::PathBuf;

    #[test]
    fn folders_globs_and_packed_files() {
        let dir = tempfile::tempdir().unwrap();
        let at = |n: &str| dir.path().join(n);
        std::fs::write(at("b.csv"), "x").unwrap();
        std::fs::write(at("notes.md"), "x").unwrap();
        std::fs::write(at("c.csv.zst"), zstd::encode_all(&b"zz"[..], 1).unwrap()).unwrap();
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"gg").unwrap();
        let packed = gz.finish().unwrap();
        std::fs::write(at("a.csv.gz"), &packed).unwrap();
        let open =
            |p: PathBuf| super::open(&Source::Paths(vec![p.display().to_string()]), &ReadOptions::default());
        let blobs = open(dir.path().to_owned()).unwrap();
        let seen: Vec<_> =
            blobs.iter().map(|b| (b.stem.as_str(), b.bytes.as_slice(), b.compression)).collect();
        assert_eq!(seen, [("a", &b"gg"[..], Some("gzip")), ("b", b"x", None), ("c", b"zz", Some("zstd"))]);
        assert_eq!(open(at("*.csv")).unwrap().len(), 1);
        std::fs::write(at("cut.csv.gz"), &packed[..packed.len() - 6]).unwrap();
        assert!(open(at("cut.csv.gz")).unwrap_err().to_string().contains("cut off"));
        assert!(open(at("bb.csv")).unwrap_err().to_string().contains("did you mean `b.csv`"));
        assert!(open(at("*.tsv")).unwrap_err().to_string().contains("no file matches"));
    }
}
