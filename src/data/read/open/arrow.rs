//! Checks the frame of an Arrow file or stream before it is decoded: the decoder takes memory as
//! the lengths in it say, and one wrong bit there would ask for more than any machine has.
//!
//! Every message must lie within the file, every buffer within its message's body, no column may
//! be longer than its batch allows, and packed buffers must unpack to what the limits allow.

mod plain;
pub use plain::{Odd, without_odd};

use super::limits::Limits;
use crate::error::{Error, Place, Result};
use polars_arrow_format::ipc::planus::ReadAsRoot;
use polars_arrow_format::ipc::{BlockRef, FooterRef, MessageHeaderRef, MessageRef, RecordBatchRef};

/// What stands in front of a message of a stream.
const CONTINUATION: [u8; 4] = [0xff; 4];
const MAGIC: &[u8] = b"ARROW1";

/// Checks a file or a stream.
///
/// # Errors
/// `Error::Data` where a length contradicts the file or exceeds the limits.
pub fn check(name: &str, bytes: &[u8], limits: &Limits) -> Result<()> {
    let checked = if bytes.starts_with(MAGIC) { file(bytes) } else { stream(bytes) };
    let found = checked.ok_or_else(|| {
        Error::data(Place::file(name), "the arrow file is damaged: the lengths in it contradict each other")
            .with_hint("write the file again, or save it as CSV")
    })?;
    limits.cells(name, found.rows, found.columns)?;
    limits.memory(name, found.unpacked)
}

/// What the messages say.
#[derive(Debug, Default)]
struct Found {
    rows: usize,
    columns: usize,
    /// Bytes of all buffers, unpacked.
    unpacked: u64,
}

fn file(bytes: &[u8]) -> Option<Found> {
    let tail = bytes.strip_suffix(MAGIC)?;
    let (rest, length) = tail.split_last_chunk::<4>()?;
    let length = usize::try_from(i32::from_le_bytes(*length)).ok()?;
    let (body, footer) = rest.split_at_checked(rest.len().checked_sub(length)?)?;
    let footer = FooterRef::read_as_root(footer).ok()?;
    let schema = footer.schema().ok()??;
    let mut found = Found { columns: schema.fields().ok()??.len(), ..Found::default() };
    let mut block = |block: BlockRef<'_>| {
        let at = usize::try_from(block.offset()).ok()?;
        let body_at = at.checked_add(usize::try_from(block.meta_data_length()).ok()?)?;
        let message = body.get(at..body_at)?;
        let message = message.strip_prefix(&CONTINUATION).unwrap_or(message);
        let (length, message) = message.split_first_chunk::<4>()?;
        let message = message.get(..usize::try_from(i32::from_le_bytes(*length)).ok()?)?;
        let inside = body.get(body_at..body_at.checked_add(usize::try_from(block.body_length()).ok()?)?)?;
        found.message(message, inside)
    };
    for blocks in [footer.dictionaries().ok()?, footer.record_batches().ok()?].into_iter().flatten() {
        for b in blocks.iter() {
            block(b)?;
        }
    }
    Some(found)
}

fn stream(bytes: &[u8]) -> Option<Found> {
    let mut found = Found::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let message = rest.strip_prefix(&CONTINUATION).unwrap_or(rest);
        let (length, message) = message.split_first_chunk::<4>()?;
        let length = usize::try_from(i32::from_le_bytes(*length)).ok()?;
        if length == 0 {
            break;
        }
        let (message, tail) = message.split_at_checked(length)?;
        let body = usize::try_from(MessageRef::read_as_root(message).ok()?.body_length().ok()?).ok()?;
        // The last body may be cut off before its padding.
        let inside = tail.get(..body)?;
        found.message(message, inside)?;
        rest = tail.get(body..)?;
    }
    Some(found)
}

impl Found {
    /// Checks a message and its body.
    fn message(&mut self, message: &[u8], body: &[u8]) -> Option<()> {
        let message = MessageRef::read_as_root(message).ok()?;
        match message.header().ok()?? {
            MessageHeaderRef::Schema(schema) => {
                self.columns = schema.fields().ok()??.len();
                Some(())
            }
            MessageHeaderRef::RecordBatch(batch) => {
                self.rows = self.rows.checked_add(usize::try_from(batch.length().ok()?).ok()?)?;
                self.batch(&batch, body)
            }
            MessageHeaderRef::DictionaryBatch(dictionary) => self.batch(&dictionary.data().ok()??, body),
            _ => Some(()),
        }
    }

    fn batch(&mut self, batch: &RecordBatchRef<'_>, body: &[u8]) -> Option<()> {
        let rows = batch.length().ok()?;
        let packed = batch.compression().ok()?.is_some();
        let mut bytes = 0u64;
        for buffer in batch.buffers().ok()??.iter() {
            let (at, length) =
                (usize::try_from(buffer.offset()).ok()?, usize::try_from(buffer.length()).ok()?);
            let buffer = body.get(at..at.checked_add(length)?)?;
            let mut unpacked = length as u64;
            if packed && length > 0 {
                let said = i64::from_le_bytes(*buffer.first_chunk::<8>()?);
                // -1 marks a buffer that was not worth packing.
                unpacked = if said == -1 { unpacked - 8 } else { u64::try_from(said).ok()? };
            }
            bytes = bytes.checked_add(unpacked)?;
        }
        self.unpacked = self.unpacked.checked_add(bytes)?;
        // A column takes at least a bit a row, unless it has no values at all.
        let most = i64::try_from(bytes.saturating_mul(8)).unwrap_or(i64::MAX).max(rows);
        for node in batch.nodes().ok()??.iter() {
            if node.length() < 0
                || node.length() > most
                || node.null_count() < 0
                || node.null_count() > node.length()
            {
                return None;
            }
        }
        Some(())
    }
}
