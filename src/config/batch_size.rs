//! `batch_size`: a number, or `auto`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Windows a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchSize {
    /// So many.
    Count(usize),
    /// As many as suit the device and the table; `train` puts a number in its place.
    Auto,
}

impl BatchSize {
    /// Where nothing is asked for.
    pub const DEFAULT: usize = 64;

    /// The number, the default's while it is still to be found.
    pub fn count(self) -> usize {
        match self {
            BatchSize::Count(n) => n,
            BatchSize::Auto => BatchSize::DEFAULT,
        }
    }
}

const EXPECTED: &str = "a whole number of 1 or more, or auto";

impl FromStr for BatchSize {
    type Err = String;

    fn from_str(text: &str) -> Result<BatchSize, String> {
        match text.trim() {
            "auto" => Ok(BatchSize::Auto),
            text => text.parse().map(BatchSize::Count).map_err(|_| format!("expected {EXPECTED}")),
        }
    }
}

impl Serialize for BatchSize {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            BatchSize::Count(n) => s.serialize_u64(*n as u64),
            BatchSize::Auto => s.serialize_str("auto"),
        }
    }
}

impl<'de> Deserialize<'de> for BatchSize {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<BatchSize, D::Error> {
        struct Words;
        impl de::Visitor<'_> for Words {
            type Value = BatchSize;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_u64<E: de::Error>(self, n: u64) -> Result<BatchSize, E> {
                Ok(BatchSize::Count(n as usize))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<BatchSize, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        d.deserialize_any(Words)
    }
}
