//! Takes columns of types that the decoder does not know off an Arrow file or stream: run-end encoded
//! ones, views of lists, unions. What is left is a stream with the same bodies and shorter messages.
//!
//! A message names its buffers one after another, column by column, by their places in the body; so a
//! column goes by leaving its entries out (Arrow's columnar format 1.5, "Recursive Flattening").

use super::{CONTINUATION, frame};
use polars_arrow_format::ipc::planus::{Builder, WriteAsOffset};
use polars_arrow_format::ipc::{
    DictionaryBatch, Field, Message, MessageHeader, MetadataVersion, RecordBatch, Schema, Type, UnionMode,
};
use std::collections::HashSet;

/// Deeper nesting is no table.
const DEEPEST: usize = 64;

/// A column that was taken off: its place among the columns, its name, and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    pub place: usize,
    pub name: String,
    pub kind: &'static str,
}

/// What a field takes of a batch.
#[derive(Debug, Clone, Copy, Default)]
struct Takes {
    nodes: usize,
    buffers: usize,
    /// Columns of views, each with a number of buffers of its own beside these.
    views: usize,
}

/// The table without its odd columns, as a stream, and these; `None` where it has none, or contradicts
/// itself, which the decoder then says.
pub fn without_odd(bytes: &[u8]) -> Option<(Vec<u8>, Vec<Odd>)> {
    let (schema, messages) = frame(bytes)?;
    let schema = Schema::try_from(schema).ok()?;
    let fields = schema.fields.as_ref()?;
    let odd: Vec<Odd> = fields.iter().enumerate().filter_map(|(place, field)| odd(place, field)).collect();
    if odd.is_empty() {
        return None;
    }
    let gone: HashSet<usize> = odd.iter().map(|odd| odd.place).collect();
    let takes: Vec<Takes> = fields.iter().map(|field| takes(field, 0)).collect::<Option<_>>()?;
    let mut dropped = HashSet::new();
    let mut kept = HashSet::new();
    for (place, field) in fields.iter().enumerate() {
        dictionaries(field, if gone.contains(&place) { &mut dropped } else { &mut kept });
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut left = schema.clone();
    left.fields = Some(
        fields
            .iter()
            .enumerate()
            .filter(|(place, _)| !gone.contains(place))
            .map(|(_, f)| f.clone())
            .collect(),
    );
    let head = Message {
        version: MetadataVersion::V5,
        header: Some(MessageHeader::Schema(Box::new(left))),
        ..Message::default()
    };
    write(&mut out, &head, &[]);
    for (message, body) in messages {
        let mut message = Message::try_from(message).ok()?;
        match message.header.as_mut()? {
            MessageHeader::RecordBatch(batch) => shorten(batch, &takes, &gone)?,
            MessageHeader::DictionaryBatch(dictionary) => {
                let DictionaryBatch { id, .. } = dictionary.as_ref();
                if dropped.contains(id) && !kept.contains(id) {
                    continue;
                }
            }
            _ => continue,
        }
        write(&mut out, &message, body);
    }
    out.extend_from_slice(&CONTINUATION);
    out.extend_from_slice(&[0; 4]);
    Some((out, odd))
}

/// The name of a field's type, where the decoder does not know it or what it is made of.
fn odd(place: usize, field: &Field) -> Option<Odd> {
    let kind = match field.type_.as_ref()? {
        Type::RunEndEncoded(_) => "run-end encoded",
        Type::ListView(_) | Type::LargeListView(_) => "list view",
        Type::Union(_) => "union",
        _ => field.children.iter().flatten().find_map(|child| odd(place, child))?.kind,
    };
    Some(Odd { place, name: field.name.clone().unwrap_or_default(), kind })
}

/// What a field and its children take of a batch.
fn takes(field: &Field, depth: usize) -> Option<Takes> {
    if depth > DEEPEST {
        return None;
    }
    // A dictionary's column holds its indices; the values come in batches of their own.
    if field.dictionary.is_some() {
        return Some(Takes { nodes: 1, buffers: 2, views: 0 });
    }
    let (buffers, views) = match field.type_.as_ref()? {
        Type::Null(_) | Type::RunEndEncoded(_) => (0, 0),
        Type::Struct(_) | Type::FixedSizeList(_) => (1, 0),
        Type::Union(union) => (if union.mode == UnionMode::Sparse { 1 } else { 2 }, 0),
        Type::Binary(_) | Type::Utf8(_) | Type::LargeBinary(_) | Type::LargeUtf8(_) => (3, 0),
        Type::ListView(_) | Type::LargeListView(_) => (3, 0),
        Type::BinaryView(_) | Type::Utf8View(_) => (2, 1),
        _ => (2, 0),
    };
    let mut sum = Takes { nodes: 1, buffers, views };
    for child in field.children.iter().flatten() {
        let own = takes(child, depth + 1)?;
        sum = Takes {
            nodes: sum.nodes + own.nodes,
            buffers: sum.buffers + own.buffers,
            views: sum.views + own.views,
        };
    }
    Some(sum)
}

/// The numbers of the dictionaries that a field and its children use.
fn dictionaries(field: &Field, into: &mut HashSet<i64>) {
    into.extend(field.dictionary.as_ref().map(|dictionary| dictionary.id));
    field.children.iter().flatten().for_each(|child| dictionaries(child, into));
}

/// Leaves the entries of columns out of a batch.
fn shorten(batch: &mut RecordBatch, takes: &[Takes], gone: &HashSet<usize>) -> Option<()> {
    let (nodes, buffers) = (batch.nodes.take()?, batch.buffers.take()?);
    let views = batch.variadic_buffer_counts.take().unwrap_or_default();
    let (mut kept_nodes, mut kept_buffers, mut kept_views) = (Vec::new(), Vec::new(), Vec::new());
    let (mut node, mut buffer, mut view) = (0usize, 0usize, 0usize);
    for (place, own) in takes.iter().enumerate() {
        let own_views = views.get(view..view + own.views)?;
        let more = own_views.iter().map(|n| usize::try_from(*n).ok()).sum::<Option<usize>>()?;
        let own_nodes = nodes.get(node..node + own.nodes)?;
        let own_buffers = buffers.get(buffer..buffer.checked_add(own.buffers)?.checked_add(more)?)?;
        if !gone.contains(&place) {
            kept_nodes.extend_from_slice(own_nodes);
            kept_buffers.extend_from_slice(own_buffers);
            kept_views.extend_from_slice(own_views);
        }
        node += own_nodes.len();
        buffer += own_buffers.len();
        view += own.views;
    }
    batch.nodes = Some(kept_nodes);
    batch.buffers = Some(kept_buffers);
    batch.variadic_buffer_counts = (!kept_views.is_empty()).then_some(kept_views);
    Some(())
}

/// Writes a message of a stream and its body, padded to 8 bytes.
fn write(out: &mut Vec<u8>, message: &Message, body: &[u8]) {
    fn bytes(message: impl WriteAsOffset<Message>) -> Vec<u8> {
        Builder::new().finish(message, None).to_vec()
    }
    let mut head = bytes(message);
    head.resize(head.len().next_multiple_of(8), 0);
    out.extend_from_slice(&CONTINUATION);
    out.extend_from_slice(&(head.len() as u32).to_le_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(body);
}
