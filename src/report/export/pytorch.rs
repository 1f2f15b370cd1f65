//! A model for PyTorch: its weights under PyTorch's names, all else as JSON, and a program that reads both.

use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

use crate::checkpoint::{self, Meta};
use crate::config::Limits;
use crate::error::{Error, Result};
use crate::model::Ensemble;

/// The program, kept as a file that runs as it is.
const MODEL: &str = include_str!("model.py");

/// Names of the files, in the order in which they are written.
pub const FILES: [&str; 3] = ["weights.safetensors", "model.json", "model.py"];

/// Names and bytes of the files of a folder, each readable once those before it are there.
///
/// # Errors
/// None is expected.
pub fn files(
    path: &Path,
    model: &Ensemble,
    meta: &Meta,
    limits: &Limits,
) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let document = format!("{:#}\n", document(path, meta, limits)?);
    Ok(vec![
        (FILES[0], weights(model, meta)?),
        (FILES[1], document.into_bytes()),
        (FILES[2], MODEL.as_bytes().to_vec()),
    ])
}

/// All that the checkpoint says beside the weights, with the bounds of each target.
fn document(path: &Path, meta: &Meta, limits: &Limits) -> Result<Value> {
    let mut document = serde_json::to_value(meta)
        .map_err(|e| Error::checkpoint(path, format!("cannot be written as JSON: {e}")))?;
    if let Some(map) = document.as_object_mut() {
        map.entry("input_names").or_insert_with(|| json!(meta.inputs.all_names()));
        // JSON has no infinity: `null` is no bound.
        let bound = |(low, high): (f64, f64)| [low, high].map(|v| v.is_finite().then_some(v));
        let bounds = (0..meta.shape.targets).map(|target| json!(bound(limits.of(target))));
        map.insert("limits".into(), bounds.collect());
    }
    Ok(document)
}

/// The networks' parameters and what the pool has learned, under the names that they have in the checkpoint.
fn weights(model: &Ensemble, meta: &Meta) -> Result<Vec<u8>> {
    let mut tensors = model
        .params()
        .map(|(name, var)| Ok((name, var.dims().to_vec(), checkpoint::bytes_of(var.as_tensor())?)))
        .collect::<Result<Vec<_>>>()?;
    let learned = meta.pool.learned.stored().into_iter();
    tensors.extend(learned.map(|own| (own.name, own.dims, checkpoint::little_endian(&own.values))));
    let failed = |e: safetensors::SafeTensorError| Error::Tensor(candle_core::Error::Msg(e.to_string()));
    let view = |(name, dims, bytes)| TensorView::new(Dtype::F32, dims, bytes).map(|view| (name, view));
    let views = tensors.iter().map(|(name, dims, bytes)| view((name, dims.clone(), bytes)));
    let views = views.collect::<std::result::Result<Vec<_>, _>>().map_err(failed)?;
    safetensors::serialize(views, None).map_err(failed)
}
