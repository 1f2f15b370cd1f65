//! Series keys by row: most rows have the key of the row before.

use super::scan::{self, Cell};
use crate::data::long::SeriesKey;
use std::collections::HashMap;

/// The keys met in a piece; most rows have the key of the row before.
#[derive(Default)]
pub struct Keys {
    last: Vec<u8>,
    last_id: Option<u32>,
    buffer: Vec<u8>,
    /// Ids by raw cells, and by trimmed key.
    known: HashMap<Vec<u8>, u32>,
    ids: HashMap<SeriesKey, u32>,
    /// A series column whose cell is empty.
    pub empty: Option<usize>,
}

impl Keys {
    /// The id of a row's key, which is added to `keys` when it is new.
    pub fn id(&mut self, bytes: &[u8], cells: &[Cell], series: &[usize], keys: &mut Vec<SeriesKey>) -> u32 {
        self.buffer.clear();
        for s in series {
            let raw = cells.get(*s).and_then(|c| bytes.get(c.start..c.end)).unwrap_or_default();
            self.buffer.extend_from_slice(raw);
            // No cell can hold this byte unquoted and mean something else by it.
            self.buffer.push(0x1f);
        }
        if let Some(id) = self.last_id
            && self.last == self.buffer
        {
            return id;
        }
        let id = match self.known.get(&self.buffer) {
            Some(id) => *id,
            None => {
                let parts: Vec<String> =
                    series.iter().filter_map(|s| cells.get(*s)).map(|c| scan::owned(bytes, *c)).collect();
                self.empty = series.iter().zip(&parts).find(|(_, p)| p.is_empty()).map(|(s, _)| *s);
                let key = SeriesKey(parts);
                let id = *self.ids.entry(key).or_insert_with_key(|key| {
                    keys.push(key.clone());
                    keys.len() as u32 - 1
                });
                self.known.insert(self.buffer.clone(), id);
                id
            }
        };
        std::mem::swap(&mut self.last, &mut self.buffer);
        self.last_id = Some(id);
        id
    }
}
