//! From what the user named to bytes: `source` opens, unpacks and tells formats apart, `dialect`
//! finds how a delimited text is written.

pub mod dialect;
pub mod source;
