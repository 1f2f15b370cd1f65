//! `export`: a model for other programs, as bytes of files.

pub mod pytorch;
