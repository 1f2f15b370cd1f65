//! What was opened.

/// One file's content, unpacked.
#[derive(Debug, Default)]
pub struct Blob {
    /// Name for messages, as the user gave it.
    pub name: String,
    /// File name without folders and extensions, for `--series-from-filename`.
    pub stem: String,
    /// Unpacked bytes.
    pub bytes: Vec<u8>,
    /// `gzip` or `zstd`, when it was packed.
    pub compression: Option<&'static str>,
    /// Its length as it lay.
    pub packed: u64,
    /// Columns that the names of its folders make, with their one value.
    pub keys: Vec<(String, String)>,
}
