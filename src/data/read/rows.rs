//! From bytes to rows: delimited text, NDJSON, Parquet and Arrow all become the columns of one
//! table ([`whole`]), and, once each column's part is known, keys, stamps and numbers ([`build`]).

pub mod build;
pub mod cells;
pub mod coded;
pub mod cut;
pub mod delimited;
pub mod fields;
pub mod files;
pub mod instants;
pub mod layout;
pub mod lines;
pub mod ndjson;
pub mod numbers;
pub mod scan;
pub mod table;
pub mod typed;
pub mod unpivot;
pub mod values;
pub mod whole;
pub mod wide;
mod years;
