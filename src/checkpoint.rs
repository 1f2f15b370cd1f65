//! The checkpoint: one safetensors file with PyTorch's tensor names, and one JSON document in
//! its metadata that holds everything else a forecast needs.
//!
//! A checkpoint is data. Loading one reads that file alone, checks every name, shape and value
//! against the settings it carries, and takes memory in proportion to the file.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use candle_core::{Device, Tensor, Var};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::data::freq::Freq;
use crate::data::holidays::Holidays;
use crate::data::inputs::InputSpec;
use crate::data::lead::InputNames;
use crate::data::quiet::Quiet;
use crate::data::read::Reading;
use crate::data::scale::Scaler;
use crate::data::split::Bounds;
use crate::data::stamp::TimeStyle;
use crate::error::{Error, Result};
use crate::forecast::conformal::Calibration;
use crate::forecast::learned::{self, Learned, Stored};
use crate::forecast::pool::Pool;
use crate::model::{Ensemble, Model, Shape, member_name};
use crate::output;

mod check;
mod file;
mod header;
mod kept;
mod pickle;
mod seal;
mod weights;
pub use file::read;
pub use kept::keep;
pub use seal::Seal;
pub use weights::Weights;

/// The format this program writes; a higher one is refused.
pub const FORMAT_VERSION: u32 = 1;
/// The key of the JSON document in the safetensors metadata.
pub const KEY: &str = "lstm_forecast";
/// The key of the same in the state of an unfinished training, which is no checkpoint.
pub const STATE_KEY: &str = "lstm_forecast_resume";

/// Everything beside the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// See [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The version that wrote it.
    pub program_version: String,
    /// Full resolved settings.
    pub config: Config,
    /// What a table must hold.
    pub schema: Schema,
    /// Sizes of the network.
    pub shape: Shape,
    /// What the network sees at every row.
    pub inputs: InputSpec,
    /// Names of all inputs of the network; `None` in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_names: Option<InputNames>,
    /// The instants that part training, validation and test.
    pub bounds: Bounds,
    /// How columns are scaled, fitted on training rows.
    pub scaler: Scaler,
    /// How training went.
    pub training: Training,
    /// What is combined with the networks' forecasts.
    #[serde(default, skip_serializing_if = "Pool::is_none")]
    pub pool: Pool,
    /// (K, P) shares of the last value, as older checkpoints have them in place of a pool.
    #[serde(default, rename = "blend", skip_serializing_if = "Vec::is_empty")]
    pub(crate) shares_of_last: Vec<f64>,
    /// For prediction intervals; `None` without a validation part, and before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// How long series are quiet, by the training rows; none in older checkpoints.
    #[serde(default, skip_serializing_if = "Quiet::is_empty")]
    pub quiet: Quiet,
    /// Which table it was trained on.
    pub table: Fingerprint,
    /// Over all of the file, see [`check_seal`]; `None` before it is written, and in older files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// What a table must hold to be forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Columns that name the series.
    pub series_columns: Vec<String>,
    /// Time columns, and how stamps are written.
    pub time: TimeStyle,
    /// Step between rows.
    pub freq: Freq,
    /// Holidays that are a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<Holidays>,
    /// Rows in one season, for the seasonal naive forecast.
    pub season: usize,
    /// Columns that are forecast (K of them).
    pub targets: Vec<String>,
    /// Value columns beside the targets.
    pub features: Vec<String>,
    /// Categories of one-hot encoded text columns.
    pub categories: Vec<(String, Vec<String>)>,
    /// Longest hole, in rows, that a window may span.
    pub max_gap_rows: usize,
    /// How the numbers of columns were written, where that is worth knowing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<(String, Reading)>,
}

/// How the training of one network went, epoch by epoch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Mean loss of each epoch's steps, scaled units.
    pub loss: Vec<Option<f32>>,
    /// The validation error after each, which decides on the weights that are kept; `None` without a
    /// validation part.
    pub val: Vec<Option<f32>>,
    /// The epoch whose weights were kept, from 1.
    pub best_epoch: usize,
}

/// How training went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Epochs of the network that had most.
    pub epochs: usize,
    /// The epoch whose weights were kept, of the last network.
    pub best_epoch: usize,
    /// Steps of all members together.
    pub steps: usize,
    /// Windows of the training part.
    pub train_windows: usize,
    /// Series that have any of them; 0 in older checkpoints.
    #[serde(default)]
    pub train_series: usize,
    /// Windows of the validation part.
    pub val_windows: usize,
    /// Mean absolute error on the validation part, original units, pooled; `None` without one.
    pub val_mae: Option<f64>,
    /// The same of the last value.
    pub val_mae_last_value: Option<f64>,
    /// The same of the seasonal naive forecast.
    pub val_mae_seasonal_naive: Option<f64>,
    /// xxh3-64, hexadecimal, of the checkpoint that training started from (`--init-from`), or of the weights of `import`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_from: Option<String>,
    /// One a network; none in older checkpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<Curve>,
}

/// Which table the model was trained on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Data rows.
    pub rows: usize,
    /// Series.
    pub series: usize,
    /// Value columns, targets first.
    pub columns: Vec<String>,
    /// First stamp, as the table writes it.
    pub first: String,
    /// Last stamp.
    pub last: String,
    /// xxh3-64 of the table's bytes, hexadecimal.
    pub hash: String,
}

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

impl Meta {
    /// What to say of a checkpoint that has no checksum.
    pub fn note(&self, path: &Path) -> Option<String> {
        self.checksum.is_none().then(|| unsealed_note(path))
    }
}

/// What to say of a checkpoint or state that has no checksum.
pub fn unsealed_note(path: &Path) -> String {
    format!(
        "{} was written before files had a checksum, so that damage to a weight would not be noticed; training again adds one",
        path.display()
    )
}

/// A file that cannot be opened.
fn unopened(path: &Path, why: &std::io::Error) -> Error {
    Error::checkpoint(path, format!("cannot open the weights: {why}"))
        .with_hint("the first argument is a .safetensors file that holds them")
}

/// What is refused by its first eight bytes.
fn not_safetensors(path: &Path, header: u64, length: Option<u64>) -> Error {
    let has = length.map(|length| format!(" and has {length} bytes")).unwrap_or_default();
    Error::checkpoint(
        path,
        format!("is not a safetensors file, or is cut short: it announces a header of {header} bytes{has}"),
    )
    .with_hint("name the .safetensors file that `train` wrote")
}

/// Whether what is no checkpoint is plainly a table: by its ending, or because it begins as one. (The
/// first bytes of a checkpoint are a length, with zeros among them.)
fn is_table(path: &Path, bytes: &[u8]) -> bool {
    const ENDINGS: [&str; 11] =
        ["csv", "tsv", "txt", "psv", "parquet", "arrow", "feather", "ndjson", "jsonl", "gz", "zst"];
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let head = &bytes[..bytes.len().min(64)];
    // The last character may be cut in two.
    let utf8 = std::str::from_utf8(head).map_or_else(|e| e.error_len().is_none(), |_| true);
    let text = utf8 && head.iter().all(|b| *b >= b' ' || matches!(b, b'\t' | b'\r' | b'\n'));
    !bytes.is_empty()
        && (ENDINGS.contains(&ending.as_str())
            || text
            || [&b"PAR1"[..], b"ARROW1"].iter().any(|m| head.starts_with(m)))
}

fn table_instead(path: &Path) -> Error {
    Error::checkpoint(path, "is not a checkpoint; it looks like a table").with_hint(
        "the order is: lstm-forecast predict MODEL TABLE (evaluate alike); `lstm-forecast ingest TABLE` shows a table",
    )
}

#[derive(Deserialize)]
struct VersionOnly {
    format_version: u32,
}
