//! Files that are no checkpoints, and how they are told.

use std::path::Path;

use crate::error::Error;

/// A file that cannot be opened.
pub(super) fn unopened(path: &Path, why: &std::io::Error) -> Error {
    Error::checkpoint(path, format!("cannot open the weights: {why}"))
        .with_hint("the first argument is a .safetensors file that holds them")
}

/// What is refused by its first eight bytes.
pub(super) fn not_safetensors(path: &Path, header: u64, length: Option<u64>) -> Error {
    let has = length.map(|length| format!(" and has {length} bytes")).unwrap_or_default();
    Error::checkpoint(
        path,
        format!("is not a safetensors file, or is cut short: it announces a header of {header} bytes{has}"),
    )
    .with_hint("name the .safetensors file that `train` wrote")
}

/// Whether what is no checkpoint is plainly a table: by its ending, or because it begins as one. (The
/// first bytes of a checkpoint are a length, with zeros among them.)
pub(super) fn is_table(path: &Path, bytes: &[u8]) -> bool {
    const ENDINGS: [&str; 11] =
        ["csv", "tsv", "txt", "psv", "parquet", "arrow", "feather", "ndjson", "jsonl", "gz", "zst"];
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let head = &bytes[..bytes.len().min(64)];
    // The last character may be cut in two.
    let utf8 = std::str::from_utf8(head).map_or_else(|e| e.error_len().is_none(), |_| true);
    let text = utf8 && head.iter().all(|b| *b >= b' ' || matches!(b, b'\t' | b'\r' | b'\n'));
    !bytes.is_empty()
        && (ENDINGS.contains(&ending.as_str())
            || text
            || [&b"PAR1"[..], b"ARROW1"].iter().any(|m| head.starts_with(m)))
}

pub(super) fn table_instead(path: &Path) -> Error {
    Error::checkpoint(path, "is not a checkpoint; it looks like a table").with_hint(
        "the order is: lstm-forecast predict MODEL TABLE (evaluate alike); `lstm-forecast ingest TABLE` shows a table",
    )
}
