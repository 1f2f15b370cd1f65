//! `export`: a model for other programs, as bytes of files.

pub mod onnx;
pub mod pytorch;
