//! A checkpoint's bytes, read in proportion to what a checkpoint of this content needs: the first
//! eight bytes and the header are judged before the rest is fetched, so that an endless stream or a
//! huge file of something else is refused at once.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::header::{Header, LARGEST};
use super::{is_table, not_safetensors, pickle, table_instead};
use crate::error::{Error, Result};

/// Beginning of a file by which a table is told from a checkpoint.
const HEAD: u64 = 64;

/// The file's bytes, after the checks that need no parsing.
///
/// # Errors
/// `Error::Checkpoint` for what cannot be opened or read, and for what cannot be a checkpoint.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let fail = |message: String| Error::checkpoint(path, message);
    let cannot = |e: std::io::Error| {
        fail(format!("cannot open the checkpoint: {e}"))
            .with_hint("the first argument is the file that `lstm-forecast train --out FILE` wrote")
    };
    let info = std::fs::metadata(path).map_err(cannot)?;
    if info.is_dir() {
        return Err(fail("is a folder, not a checkpoint".into())
            .with_hint("name the .safetensors file that `train` wrote"));
    }
    let unreadable = |e: std::io::Error| fail(format!("cannot read the checkpoint: {e}"));
    let mut file = File::open(path).map_err(unreadable)?;
    let length = info.is_file().then_some(info.len());
    let mut bytes = Vec::new();
    let mut fetch = |bytes: &mut Vec<u8>, upto: u64| {
        let more = upto.saturating_sub(bytes.len() as u64);
        (&mut file).take(more).read_to_end(bytes).map_err(unreadable)
    };
    fetch(&mut bytes, HEAD)?;
    let Some(head) = bytes.first_chunk::<8>() else { return Ok(bytes) };
    if let Some(refusal) = pickle::refusal(path, &bytes) {
        return Err(refusal);
    }
    let header = u64::from_le_bytes(*head);
    if header > LARGEST || length.is_some_and(|length| header > length.saturating_sub(8)) {
        return Err(match is_table(path, &bytes) {
            true => table_instead(path),
            false => not_safetensors(path, header, length),
        });
    }
    fetch(&mut bytes, 8 + header)?;
    // A header that says nothing, or of another program, is refused with no need of the rest.
    let Some(data) = Header::parse(&bytes[8..]).ok().filter(Header::is_ours).and_then(|own| own.data) else {
        return Ok(bytes);
    };
    let whole = (8 + header).saturating_add(data);
    if length.is_some_and(|length| length != whole) {
        return Ok(bytes);
    }
    // One byte more tells a stream that goes on from one that ends there.
    fetch(&mut bytes, whole.saturating_add(1))?;
    Ok(bytes)
}
