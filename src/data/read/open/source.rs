//! From paths, folders, globs or stdin to bytes: opening, unpacking and telling formats apart.

use crate::data::read::Source;
use crate::error::{Error, Place, Result, did_you_mean};
use std::io::Read;
use std::path::{Path, PathBuf};

/// One file's content, unpacked.
#[derive(Debug)]
pub struct Blob {
    /// Name for messages, as the user gave it.
    pub name: String,
    /// File name without folders and extensions, for `--series-from-filename`.
    pub stem: String,
    /// Unpacked bytes.
    pub bytes: Vec<u8>,
    /// `gzip` or `zstd`, when it was packed.
    pub compression: Option<&'static str>,
}

/// How a file's content is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Delimited text.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC (Feather).
    Arrow,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// The name used in options and reports.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
            Format::Ndjson => "ndjson",
        }
    }

    /// The format of that name.
    ///
    /// # Errors
    /// `Error::Config` for another name.
    pub fn from_name(name: &str) -> Result<Self> {
        let all = [Format::Csv, Format::Parquet, Format::Arrow, Format::Ndjson];
        all.into_iter().find(|f| f.name() == name).ok_or_else(|| {
            Error::config(format!(
                "unknown input format `{name}`{}",
                did_you_mean(name, all.map(Format::name))
            ))
            .with_hint("the formats are csv, parquet, arrow and ndjson")
        })
    }
}

/// Reads everything that `source` names.
///
/// # Errors
/// `Error::Data` when a path does not exist, cannot be read or unpacked, or names no files.
pub fn open(source: &Source) -> Result<Vec<Blob>> {
    match source {
        Source::Stdin => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut bytes)
                .map_err(|e| Error::data(Place::file("stdin"), format!("cannot read: {e}")))?;
            Ok(vec![unpack("stdin".into(), "stdin".into(), bytes)?])
        }
        Source::Memory { name, bytes } => Ok(vec![unpack(name.clone(), name.clone(), bytes.to_vec())?]),
        Source::Paths(paths) => {
            let mut files = Vec::new();
            for path in paths {
                files.extend(expand(path)?);
            }
            files.iter().map(|f| load(f)).collect()
        }
    }
}

/// The files behind one argument: itself, a folder's tables, or a glob's matches.
pub fn expand(path: &str) -> Result<Vec<PathBuf>> {
    let given = Path::new(path);
    if given.is_dir() {
        return folder(path, given);
    }
    if given.exists() || !path.contains(['*', '?', '[']) {
        return Ok(vec![given.to_owned()]);
    }
    let place = || Place::file(path);
    let matches =
        glob::glob(path).map_err(|e| Error::data(place(), format!("not a file name pattern: {e}")))?;
    let mut files: Vec<PathBuf> = matches.filter_map(|m| m.ok()).filter(|p| p.is_file()).collect();
    files.sort();
    if files.is_empty() {
        return Err(Error::data(place(), "no file matches this pattern")
            .with_hint("quote the pattern, and check its folder"));
    }
    Ok(files)
}

const EXTENSIONS: [&str; 10] =
    ["csv", "tsv", "txt", "psv", "parquet", "arrow", "ipc", "feather", "ndjson", "jsonl"];

/// Whether a file of this name in the right folder would be one of those behind the argument.
pub fn takes(argument: &str, file: &Path) -> bool {
    if Path::new(argument).is_dir() {
        return is_part(file);
    }
    let pattern = Path::new(argument).file_name().and_then(|name| name.to_str());
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    pattern.and_then(|pattern| glob::Pattern::new(pattern).ok()).is_some_and(|pattern| pattern.matches(name))
}

/// Whether a file of a folder is taken for a table, by its name.
fn is_part(path: &Path) -> bool {
    let file = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let bare = file.trim_end_matches(".gz").trim_end_matches(".zst");
    let extension = bare.rsplit_once('.').map(|x| x.1).unwrap_or_default();
    !file.starts_with(['.', '_']) && EXTENSIONS.contains(&extension)
}

/// A folder's tables, by extension, in the order of their names; hidden files are not tables.
fn folder(name: &str, path: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(path)
        .map_err(|e| Error::data(Place::file(name), format!("cannot list the folder: {e}")))?;
    let mut files: Vec<PathBuf> =
        entries.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.is_file() && is_part(p)).collect();
    files.sort();
    if files.is_empty() {
        return Err(Error::data(Place::file(name), "this is a folder, and it holds no table")
            .with_hint(format!("give a file, or a folder of parts named *.{}", EXTENSIONS.join(", *."))));
    }
    Ok(files)
}

fn load(path: &Path) -> Result<Blob> {
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
    let mut bytes = Vec::with_capacity(file.metadata().map_or(0, |m| m.len() as usize).min(1 << 40));
    file.read_to_end(&mut bytes).map_err(refuse)?;
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
    unpack(name.clone(), stem.to_owned(), bytes)
}

/// The most bytes that a packed file may hold. Tables shrink to a twentieth of their size or
/// less often to a hundredth; a file far beyond that was made to fill the memory.
fn most_unpacked(packed: usize) -> u64 {
    (packed as u64).saturating_mul(200).clamp(256 << 20, 64 << 30)
}

/// Unpacks gzip and zstd, known by their first bytes.
pub fn unpack(name: String, stem: String, bytes: Vec<u8>) -> Result<Blob> {
    let damaged = |kind: &str, e: std::io::Error| {
        Error::data(Place::file(&name), format!("the {kind} data are damaged or cut off: {e}"))
            .with_hint("copy the file again, or unpack it yourself to see how far it goes")
    };
    let limit = most_unpacked(bytes.len());
    let mut out = Vec::new();
    // One byte more than is allowed tells a file that is too large from one that just fits.
    let mut take = |reader: &mut dyn Read, kind| {
        let read = reader.take(limit + 1).read_to_end(&mut out).map_err(|e| damaged(kind, e));
        read.map(|_| Some(kind))
    };
    let compression = match bytes.as_slice() {
        [0x1f, 0x8b, ..] => take(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice()), "gzip")?,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let mut decoder =
                zstd::stream::read::Decoder::with_buffer(bytes.as_slice()).map_err(|e| damaged("zstd", e))?;
            take(&mut decoder, "zstd")?
        }
        _ => return Ok(Blob { name, stem, bytes, compression: None }),
    };
    if out.len() as u64 > limit {
        let what = format!("{} bytes unpack to more than {} MiB", bytes.len(), limit >> 20);
        return Err(Error::data(Place::file(name), what)
            .with_hint("if this is meant, unpack the file yourself and give the unpacked one"));
    }
    Ok(Blob { name, stem, bytes: out, compression })
}

fn unpack_first(program: &str, name: &str) -> String {
    let file = if name == "stdin" { "FILE" } else { name };
    format!("unpack it on the way in: {program} -dc {file} | lstm-forecast … -")
}

/// The format of a file's content.
///
/// # Errors
/// `Error::Data` for an empty file, and for content that is known to be no table.
pub fn sniff(blob: &Blob) -> Result<Format> {
    let b = blob.bytes.as_slice();
    let refuse = |what: &str, hint: &str| Err(Error::data(Place::file(&blob.name), what).with_hint(hint));
    let text = b.strip_prefix(b"\xef\xbb\xbf").unwrap_or(b);
    let first = text.iter().find(|c| !c.is_ascii_whitespace());
    let save = "save it as CSV (UTF-8), Parquet, Arrow or NDJSON";
    match b {
        _ if first.is_none() && blob.name == "stdin" => refuse(
            "nothing came in",
            "name the TABLE as a file, or pipe one in: cat readings.csv | lstm-forecast …",
        ),
        _ if first.is_none() => refuse("the file is empty", "a table needs a header line and rows"),
        [b'P', b'A', b'R', b'1', ..] => Ok(Format::Parquet),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Ok(Format::Arrow),
        [0xff, 0xff, 0xff, 0xff, ..] => {
            refuse("this is an Arrow stream", "write an Arrow file (with its footer) instead of a stream")
        }
        [b'P', b'K', 3, 4, ..] => refuse("this is a zip archive or an Excel workbook", save),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => refuse("this is an old Excel workbook", save),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            refuse("this is packed with xz", &unpack_first("xz", &blob.name))
        }
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, ..] => {
            refuse("this is packed with bzip2", &unpack_first("bzip2", &blob.name))
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Ok(Format::Csv),
        _ if first == Some(&b'{') => Ok(Format::Ndjson),
        _ if first == Some(&b'[')
            && matches!(text.iter().filter(|c| !c.is_ascii_whitespace()).nth(1), Some(b'{' | b'[')) =>
        {
            refuse("this is a JSON array", "write one object a line (NDJSON), for example with `jq -c '.[]'`")
        }
        _ => match memchr::memchr(0, b.get(..b.len().min(1 << 16)).unwrap_or_default()) {
            Some(at) => refuse(&format!("this is a binary file, not a table (byte {at} is zero)"), save),
            None => Ok(Format::Csv),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn blob(bytes: &[u8]) -> Blob {
        Blob { name: "t".into(), stem: "t".into(), bytes: bytes.to_vec(), compression: None }
    }

    #[test]
    fn content_tells_the_format() {
        assert_eq!(sniff(&blob(b"a,b\n1,2\n")).unwrap(), Format::Csv);
        assert_eq!(sniff(&blob(b"PAR1....")).unwrap(), Format::Parquet);
        assert_eq!(sniff(&blob(b" {\"a\":1}\n")).unwrap(), Format::Ndjson);
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b" \n\n", "empty"),
            (b"PK\x03\x04", "Excel"),
            (b"[{\"a\":1}]", "JSON array"),
            (b"\x7fELF\0\0", "binary"),
        ] {
            let e = sniff(&blob(bytes)).unwrap_err();
            assert!(e.to_string().contains(word), "{e}");
            assert_eq!(e.exit_code(), 3);
        }
    }

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
        let open = |p: PathBuf| super::open(&Source::Paths(vec![p.display().to_string()]));
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
