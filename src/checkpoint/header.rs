//! The header of a safetensors file, as far as it must be known before the file is read whole.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::{KEY, STATE_KEY};

/// The largest header that is read: 64 MiB holds scalers of about a hundred thousand series.
pub const LARGEST: u64 = 64 << 20;
/// The entry that holds text instead of a tensor.
const METADATA: &str = "__metadata__";

/// What stands in the header.
#[derive(Default)]
pub struct Header {
    /// `None` where there is no such entry.
    pub metadata: Option<HashMap<String, String>>,
    /// Bytes of all tensors; `None` where an entry does not say where it lies.
    pub data: Option<u64>,
}

impl Header {
    /// Reads the JSON object.
    ///
    /// # Errors
    /// What is no such object, and two entries of one name: of these safetensors 0.8 keeps the last,
    /// and nobody knows which one was meant.
    pub fn parse(bytes: &[u8]) -> serde_json::Result<Header> {
        serde_json::from_slice(bytes)
    }

    /// Whether this program wrote the file: a checkpoint, or the state of a training.
    pub fn is_ours(&self) -> bool {
        self.metadata.as_ref().is_some_and(|m| m.contains_key(KEY) || m.contains_key(STATE_KEY))
    }
}

#[derive(Deserialize)]
struct Extent {
    data_offsets: Option<(u64, u64)>,
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Header, D::Error> {
        d.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Header;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("the tensors by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut header = Header { metadata: None, data: Some(0) };
        let mut names = std::collections::HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == METADATA {
                header.metadata = Some(map.next_value()?);
            } else {
                let extent: Extent = map.next_value()?;
                let end = extent.data_offsets.map(|(_, end)| end);
                header.data = header.data.zip(end).map(|(all, end)| all.max(end));
            }
            if let Some(twice) = names.replace(name) {
                return Err(A::Error::custom(format_args!("`{twice}` is there twice")));
            }
        }
        Ok(header)
    }
}
