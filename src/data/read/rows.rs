//! From bytes to rows: delimited text, NDJSON, Parquet and Arrow each become pieces of one table.

pub mod delimited;
pub mod keys;
pub mod ndjson;
pub mod numbers;
pub mod sample;
pub mod scan;
pub mod table;
pub mod typed;
pub mod values;
pub mod wide;
