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
use polars_arrow_format::ipc::{
    BlockRef, FooterRef, MessageHeaderRef, MessageRef, RecordBatchRef, SchemaRef,
};

/// What stands in front of a message of a stream.
const CONTINUATION: [u8; 4] = [0xff; 4];
const MAGIC: &[u8] = b"ARROW1";

/// Checks a file or a stream.
///
/// # Errors
/// `Error::Data` where a length contradicts the file or exceeds the limits.
pub fn check(name: &str, bytes: &[u8], limits: &Limits) -> Result<()> {
    let found = Found::of(bytes).ok_or_else(|| {
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

/// A message, and the body that belongs to it.
type Messages<'a> = Vec<(MessageRef<'a>, &'a [u8])>;

/// The schema and the messages after it; of a file, which lists them at its end, dictionaries first.
fn frame(bytes: &[u8]) -> Option<(SchemaRef<'_>, Messages<'_>)> {
    if bytes.starts_with(MAGIC) { file(bytes) } else { stream(bytes) }
}

fn file(bytes: &[u8]) -> Option<(SchemaRef<'_>, Messages<'_>)> {
    let tail = bytes.strip_suffix(MAGIC)?;
    let (rest, length) = tail.split_last_chunk::<4>()?;
    let length = usize::try_from(i32::from_le_bytes(*length)).ok()?;
    let (body, footer) = rest.split_at_checked(rest.len().checked_sub(length)?)?;
    let footer = FooterRef::read_as_root(footer).ok()?;
    let message = |block: BlockRef<'_>| {
        let at = usize::try_from(block.offset()).ok()?;
        let body_at = at.checked_add(usize::try_from(block.meta_data_length()).ok()?)?;
        let message = body.get(at..body_at)?;
        let message = message.strip_prefix(&CONTINUATION).unwrap_or(message);
        let (length, message) = message.split_first_chunk::<4>()?;
        let message = message.get(..usize::try_from(i32::from_le_bytes(*length)).ok()?)?;
        let inside = body.get(body_at..body_at.checked_add(usize::try_from(block.body_length()).ok()?)?)?;
        Some((MessageRef::read_as_root(message).ok()?, inside))
    };
    let blocks = [footer.dictionaries().ok()?, footer.record_batches().ok()?];
    let messages: Messages<'_> =
        blocks.into_iter().flatten().flatten().map(message).collect::<Option<_>>()?;
    Some((footer.schema().ok()??, messages))
}

fn stream(bytes: &[u8]) -> Option<(SchemaRef<'_>, Messages<'_>)> {
    let (mut schema, mut messages) = (None, Vec::new());
    let mut rest = bytes;
    while !rest.is_empty() {
        let message = rest.strip_prefix(&CONTINUATION).unwrap_or(rest);
        let (length, message) = message.split_first_chunk::<4>()?;
        let length = usize::try_from(i32::from_le_bytes(*length)).ok()?;
        if length == 0 {
            break;
        }
        let (message, tail) = message.split_at_checked(length)?;
        let message = MessageRef::read_as_root(message).ok()?;
        let body = usize::try_from(message.body_length().ok()?).ok()?;
        // The last body may be cut off before its padding.
        let inside = tail.get(..body)?;
        match message.header().ok()?? {
            MessageHeaderRef::Schema(own) => schema = Some(own),
            _ => messages.push((message, inside)),
        }
        rest = tail.get(body..)?;
    }
    Some((schema?, messages))
}

impl Found {
    /// Checks all messages and their bodies.
    fn of(bytes: &[u8]) -> Option<Found> {
        let (schema, messages) = frame(bytes)?;
        let mut found = Found { columns: schema.fields().ok()??.len(), ..Found::default() };
        for (message, body) in messages {
            match message.header().ok()?? {
                MessageHeaderRef::RecordBatch(batch) => {
                    found.rows = found.rows.checked_add(usize::try_from(batch.length().ok()?).ok()?)?;
                    found.batch(&batch, body)?;
                }
                MessageHeaderRef::DictionaryBatch(dictionary) => {
                    found.batch(&dictionary.data().ok()??, body)?;
                }
                _ => {}
            }
        }
        Some(found)
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
