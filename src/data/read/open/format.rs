//! Tells formats apart by content.

use super::blob::Blob;
use crate::error::{Error, Place, Result, did_you_mean};

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

fn unpack_first(program: &str, name: &str) -> String {
    let file = if name == "stdin" { "FILE" } else { name };
    format!("unpack it on the way in: {program} -dc {file} | lstm-forecast … -")
}

/// The format of a file's content; `encoded` where the user says in which encoding a text is, so
/// that zero bytes are part of it.
///
/// # Errors
/// `Error::Data` for an empty file, and for content that is known to be no table.
pub fn sniff(blob: &Blob, encoded: bool) -> Result<Format> {
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
        // A file, and a stream, which begins with a mark and the length of its schema.
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [0xff, 0xff, 0xff, 0xff, ..] => Ok(Format::Arrow),
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
            Some(at) if !encoded => {
                refuse(&format!("this is a binary file, not a table (byte {at} is zero)"), save)
            }
            _ => Ok(Format::Csv),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_the_format() {
        let blob = |bytes: &[u8]| Blob { name: "t".into(), bytes: bytes.to_vec(), ..Blob::default() };
        assert_eq!(sniff(&blob(b"a,b\n1,2\n"), false).unwrap(), Format::Csv);
        assert_eq!(sniff(&blob(b"PAR1...."), false).unwrap(), Format::Parquet);
        assert_eq!(sniff(&blob(b"\xff\xff\xff\xff\x10\0\0\0"), false).unwrap(), Format::Arrow);
        assert_eq!(sniff(&blob(b" {\"a\":1}\n"), false).unwrap(), Format::Ndjson);
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b" \n\n", "empty"),
            (b"PK\x03\x04", "Excel"),
            (b"[{\"a\":1}]", "JSON array"),
            (b"\x7fELF\0\0", "binary"),
        ] {
            let e = sniff(&blob(bytes), false).unwrap_err();
            assert!(e.to_string().contains(word), "{e}");
            assert_eq!(e.exit_code(), 3);
        }
    }
}
