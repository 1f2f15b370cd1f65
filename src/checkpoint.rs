//! The checkpoint: one safetensors file with PyTorch's tensor names, and one JSON document in
//! its metadata that holds everything else a forecast needs.
//!
//! A checkpoint is data. Loading one reads that file alone, checks every name, shape and value
//! against the settings it carries, and takes memory in proportion to the file.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use candle_core::{Device, Tensor, Var};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::forecast::learned::{self, Learned, Stored};
use crate::forecast::pool::Pool;
use crate::model::{Ensemble, Model, member_name};
use crate::output;

mod check;
mod file;
mod foreign;
mod header;
mod kept;
mod meta;
mod pickle;
mod seal;
mod weights;
pub use file::read;
use foreign::{is_table, not_safetensors, table_instead, unopened};
pub use kept::keep;
pub use meta::{Curve, Fingerprint, Meta, OnceMore, Schema, Training};
pub use seal::Seal;
pub use weights::Weights;

/// The format this program writes; a higher one is refused.
pub const FORMAT_VERSION: u32 = 1;
/// The key of the JSON document in the safetensors metadata.
pub const KEY: &str = "lstm_forecast";
/// The key of the same in the state of an unfinished training, which is no checkpoint.
pub const STATE_KEY: &str = "lstm_forecast_resume";

/// Writes the checkpoint atomically.
///
/// # Errors
/// `Error::Write`; a file that was there before is then untouched.
pub fn save(path: &Path, model: &Ensemble, meta: &Meta) -> Result<()> {
    let bytes = to_bytes(model, meta)?;
    output::write_atomic(path, |w| Ok(w.write_all(&bytes)?))
}

/// The checkpoint as bytes; the same model and metadata always give the same bytes.
pub fn to_bytes(model: &Ensemble, meta: &Meta) -> Result<Vec<u8>> {
    let json = serde_json::to_string(&Meta { checksum: None, ..meta.clone() })
        .map_err(|e| Error::config(format!("the checkpoint's metadata cannot be written: {e}")))?;
    let mut tensors = model
        .params()
        .map(|(name, var)| Ok((name, var.dims().to_vec(), bytes_of(var.as_tensor())?)))
        .collect::<Result<Vec<_>>>()?;
    let learned = meta.pool.learned.stored().into_iter();
    tensors.extend(learned.map(|own| (own.name, own.dims, little_endian(&own.values))));
    pack_as(KEY, &tensors, json)
}

/// Named f32 tensors and one JSON object, under `key`, as safetensors bytes; the object gets a checksum
/// over all of it.
pub fn pack_as(key: &str, tensors: &[(String, Vec<usize>, Vec<u8>)], json: String) -> Result<Vec<u8>> {
    let views = tensors
        .iter()
        .map(|(name, dims, bytes)| {
            TensorView::new(Dtype::F32, dims.clone(), bytes)
                .map(|view| (name.as_str(), view))
                .map_err(|e| Error::Tensor(candle_core::Error::Msg(e.to_string())))
        })
        .collect::<Result<Vec<_>>>()?;
    let sealed = seal::seal(&json, views.iter().map(|(name, view)| (*name, view.clone())));
    let metadata = HashMap::from([(key.to_string(), sealed)]);
    safetensors::serialize(views, Some(metadata))
        .map_err(|e| Error::Tensor(candle_core::Error::Msg(e.to_string())))
}

/// Little-endian bytes of an f32 tensor.
pub fn bytes_of(tensor: &Tensor) -> Result<Vec<u8>> {
    Ok(little_endian(&tensor.flatten_all()?.to_vec1::<f32>()?))
}

/// Little-endian bytes of f32 values.
pub fn little_endian(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// The f32 values of little-endian bytes.
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// Loads a checkpoint.
///
/// # Errors
/// `Error::Checkpoint` for a file that is missing, truncated, of another program, of a newer
/// format, with missing or misshaped tensors, or with weights that are not finite.
pub fn load(path: &Path, device: &Device) -> Result<(Ensemble, Meta)> {
    let bytes = read(path)?;
    from_bytes(path, &bytes, device)
}

/// Parses and checks a checkpoint held in memory; `path` is for messages.
pub fn from_bytes(path: &Path, bytes: &[u8], device: &Device) -> Result<(Ensemble, Meta)> {
    let fail = |message: String| Error::checkpoint(path, message);
    let (tensors, json) = unpack_as(KEY, path, bytes)?;
    // The version is read first, on its own, so that a newer format is named as such.
    let version = serde_json::from_str::<VersionOnly>(&json)
        .map_err(|e| fail(format!("the metadata is damaged: {e}")))?;
    if version.format_version > FORMAT_VERSION {
        return Err(fail(format!(
            "is of format {}; this program reads up to format {FORMAT_VERSION}",
            version.format_version
        ))
        .with_hint("update lstm-forecast, or train the model again with this version"));
    }
    let mut meta: Meta = serde_json::from_str(&json).map_err(|e| {
        fail(format!("the metadata does not fit this version: {e}"))
            .with_hint("train the model again with this version")
    })?;
    meta.check().map_err(|why| fail(format!("the metadata contradicts itself: {why}")))?;
    if !meta.shares_of_last.is_empty() {
        meta.pool = Pool::of_last_value(&std::mem::take(&mut meta.shares_of_last), meta.shape.input_window);
    }
    let layout = Model::layout(&meta.config.model, &meta.shape);
    let mut members = Vec::new();
    let mut known = HashSet::new();
    for member in 0..meta.config.model.ensemble {
        let mut params = Vec::with_capacity(layout.len());
        for (name, dims) in &layout {
            let stored = member_name(member, name);
            let values = numbers(path, &tensors, &stored, Some(dims))?.values;
            params.push((name.clone(), Var::from_tensor(&Tensor::from_vec(values, dims.to_vec(), device)?)?));
            known.insert(stored);
        }
        members.push(Model::from_params(&meta.config.model, &meta.shape, params));
    }
    meta.pool.learned = learned_of(path, &tensors, &meta, &mut known)?;
    if let Some(extra) = tensors.names().into_iter().find(|n| !known.contains(*n)) {
        return Err(fail(format!("tensor `{extra}` is not part of the model that the settings describe")));
    }
    check_seal(path, &tensors, &json)?;
    Ok((Ensemble { members }, meta))
}

/// What fitted members of the pool have learned, checked; the names of its arrays go to `known`.
fn learned_of(
    path: &Path,
    tensors: &SafeTensors,
    meta: &Meta,
    known: &mut HashSet<String>,
) -> Result<Learned> {
    let (members, shape) = (&meta.pool.members, &meta.shape);
    let names = learned::names(members, shape.targets);
    let stored = names.iter().map(|name| numbers(path, tensors, name, None)).collect::<Result<Vec<_>>>()?;
    known.extend(names);
    Learned::from_stored(stored, members, shape.targets, shape.lead.as_ref(), shape.horizon).map_err(|why| {
        Error::checkpoint(path, why).with_hint("the file was changed after training; train again")
    })
}

/// One array, checked: of these sizes where they are known.
fn numbers(path: &Path, tensors: &SafeTensors, name: &str, dims: Option<&[usize]>) -> Result<Stored> {
    let fail = |message: String| Error::checkpoint(path, message);
    let view = tensors.tensor(name).map_err(|_| {
        fail(format!("tensor `{name}` is missing"))
            .with_hint("the file was changed after training; train again")
    })?;
    let (dtype, shape) = (view.dtype(), view.shape());
    if dtype != Dtype::F32 || dims.is_some_and(|dims| shape != dims) {
        let asked = dims.map_or(String::new(), |dims| format!(" {dims:?}"));
        return Err(fail(format!("tensor `{name}` is {dtype:?} {shape:?}; the settings ask for F32{asked}"))
            .with_hint("the file was changed after training; train again"));
    }
    let values = floats(view.data());
    if let Some(at) = values.iter().position(|v| !v.is_finite()) {
        return Err(fail(format!("tensor `{name}` holds {} at position {at}", values[at]))
            .with_hint("the weights are unusable; train again"));
    }
    Ok(Stored { name: name.to_string(), dims: shape.to_vec(), values })
}

/// Whether a file's header says that this program wrote it as a checkpoint, whatever is wrong with the rest.
pub fn claims_to_be_one(path: &Path) -> bool {
    let bytes = read(path).unwrap_or_default();
    let length = bytes.first_chunk::<8>().map_or(0, |head| u64::from_le_bytes(*head));
    let end = usize::try_from(length).ok().and_then(|length| length.checked_add(8));
    let header = end.and_then(|end| header::Header::parse(bytes.get(8..end)?).ok());
    header.and_then(|header| header.metadata).is_some_and(|entries| entries.contains_key(KEY))
}

/// The tensors and the JSON document under `key`, with clear errors for anything that is not such
/// a file.
pub fn unpack_as<'a>(key: &str, path: &Path, bytes: &'a [u8]) -> Result<(SafeTensors<'a>, String)> {
    let fail = |message: String| Error::checkpoint(path, message);
    let Some(head) = bytes.first_chunk::<8>() else {
        if is_table(path, bytes) {
            return Err(table_instead(path));
        }
        return Err(fail(format!("is {} bytes long, too short for a checkpoint", bytes.len()))
            .with_hint("name the .safetensors file that `train` wrote"));
    };
    if let Some(refusal) = pickle::refusal(path, &bytes[..bytes.len().min(64)]) {
        return Err(refusal);
    }
    let length = u64::from_le_bytes(*head);
    if length > header::LARGEST || length > bytes.len() as u64 - 8 {
        if is_table(path, bytes) {
            return Err(table_instead(path));
        }
        return Err(not_safetensors(path, length, Some(bytes.len() as u64)));
    }
    let damaged = |why: String| {
        fail(format!("is not a valid safetensors file: {why}"))
            .with_hint("the file is damaged or cut short; copy it again or train again")
    };
    let header = header::Header::parse(&bytes[8..8 + length as usize]).map_err(|e| damaged(e.to_string()))?;
    let entries = header.metadata.as_ref();
    let json = entries.and_then(|m| m.get(key)).cloned().ok_or_else(|| {
        if entries.is_some_and(|m| m.contains_key(STATE_KEY)) {
            return fail("holds the state of a training that is not finished, not a model".into())
                .with_hint("finish it first: lstm-forecast train TABLE --out MODEL --resume");
        }
        fail(format!("was not written by lstm-forecast: its metadata has no `{key}` entry")).with_hint(
            "only checkpoints of `lstm-forecast train` hold the scalers and columns that a forecast needs; `lstm-forecast import` makes one of the weights of an LSTM",
        )
    })?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| damaged(e.to_string()))?;
    Ok((tensors, json))
}

/// Compares a file's content with the checksum in its JSON document, once all else about it was found
/// good, so that what is wrong is named as exactly as can be.
///
/// # Errors
/// `Error::Checkpoint` where they differ.
pub fn check_seal(path: &Path, tensors: &SafeTensors, json: &str) -> Result<Seal> {
    match seal::check(json, tensors.iter()) {
        Seal::Broken => Err(Error::checkpoint(
            path,
            "is damaged: its content is not what was written, as its checksum shows",
        )
        .with_hint("copy it again from where it is whole, or train again")),
        found => Ok(found),
    }
}

/// What to say of a checkpoint or state that has no checksum.
pub fn unsealed_note(path: &Path) -> String {
    format!(
        "{} was written before files had a checksum, so that damage to a weight would not be noticed; training again adds one",
        path.display()
    )
}

#[derive(Deserialize)]
struct VersionOnly {
    format_version: u32,
}
