//! Weights that another program wrote as safetensors: arrays by name, and nothing else of the file.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use xxhash_rust::xxh3::xxh3_64;

use super::{floats, header, not_safetensors, pickle, unopened};
use crate::error::{Error, Result};

/// Arrays of 32-bit floats by their names.
pub struct Weights {
    /// Dimensions and values.
    pub tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    /// xxh3-64 of the file, hexadecimal.
    pub hash: String,
}

impl Weights {
    /// Reads a file. What its metadata say is left aside.
    ///
    /// # Errors
    /// `Error::Checkpoint` for a file that is missing, no safetensors, or has numbers that are not finite.
    pub fn read(path: &Path) -> Result<Weights> {
        // What never ends cannot be read whole.
        if std::fs::metadata(path).map_err(|e| unopened(path, &e))?.is_file() {
            let bytes = std::fs::read(path).map_err(|e| unopened(path, &e))?;
            return Weights::of(path, &bytes);
        }
        Err(Error::checkpoint(path, "is no plain file")
            .with_hint("name the .safetensors file with the weights"))
    }

    fn of(path: &Path, bytes: &[u8]) -> Result<Weights> {
        let fail = |message: String| Error::checkpoint(path, message);
        if let Some(refusal) = pickle::refusal(path, &bytes[..bytes.len().min(64)]) {
            return Err(refusal);
        }
        let length = bytes.first_chunk::<8>().map_or(u64::MAX, |head| u64::from_le_bytes(*head));
        if length > header::LARGEST || length > (bytes.len() as u64).saturating_sub(8) {
            return Err(not_safetensors(path, length, Some(bytes.len() as u64)));
        }
        let damaged = |why: String| fail(format!("is not a valid safetensors file: {why}"));
        header::Header::parse(&bytes[8..8 + length as usize]).map_err(|e| damaged(e.to_string()))?;
        let file = SafeTensors::deserialize(bytes).map_err(|e| damaged(e.to_string()))?;
        let read = |(name, tensor): (&str, TensorView)| {
            let values = match tensor.dtype() {
                Dtype::F32 => floats(tensor.data()),
                Dtype::F64 => doubles(tensor.data()),
                other => {
                    return Err(fail(format!("tensor `{name}` is {other:?}; expected F32 or F64"))
                        .with_hint("convert it in Python before it is written: tensor.float()"));
                }
            };
            match values.iter().position(|v| !v.is_finite()) {
                Some(at) => Err(fail(format!("tensor `{name}` holds {} at position {at}", values[at]))
                    .with_hint("the weights are unusable")),
                None => Ok((name.to_owned(), (tensor.shape().to_vec(), values))),
            }
        };
        let tensors = file.iter().map(read).collect::<Result<_>>()?;
        Ok(Weights { tensors, hash: format!("{:016x}", xxh3_64(bytes)) })
    }
}

fn doubles(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect()
}
