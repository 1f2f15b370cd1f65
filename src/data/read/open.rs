//! From what the user named to bytes: `source` opens and unpacks within [`limits`], `format` tells
//! formats apart, `dialect` finds how a delimited text is written.

pub mod arrow;
pub mod blob;
pub mod central;
pub mod delimiter;
pub mod dialect;
pub mod dos;
pub mod encoding;
pub mod folder;
pub mod format;
pub mod limits;
pub mod parquet;
pub mod source;
