//! What a checkpoint says beside its weights.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::unsealed_note;
use crate::config::{Config, Final};
use crate::data::freq::Freq;
use crate::data::holidays::Holidays;
use crate::data::inputs::InputSpec;
use crate::data::lead::InputNames;
use crate::data::quiet::Quiet;
use crate::data::read::Reading;
use crate::data::scale::Scaler;
use crate::data::split::Bounds;
use crate::data::stamp::TimeStyle;
use crate::forecast::conformal::Calibration;
use crate::forecast::pool::Pool;
use crate::model::Shape;

/// Everything beside the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// See [`FORMAT_VERSION`](super::FORMAT_VERSION).
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
    /// Over all of the file, see [`check_seal`](super::check_seal); `None` before it is written, and in older files.
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
    /// What came after this training (`--final`); its networks are those of the checkpoint.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub once_more: Option<OnceMore>,
}

impl Training {
    /// Whether the networks were trained on all rows in the end, so that no test part is left.
    pub fn is_on_all_rows(&self) -> bool {
        self.once_more.as_ref().is_some_and(|more| more.part == Final::All)
    }
}

/// A training on more rows, after the one that chose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnceMore {
    /// Which rows; all in older checkpoints.
    #[serde(default = "all_rows")]
    pub part: Final,
    /// Their windows.
    pub windows: usize,
    /// Series that have any of them.
    pub series: usize,
    /// Steps of each network.
    pub steps: usize,
    /// Where validation and test of the choice began.
    pub chosen: Bounds,
}

fn all_rows() -> Final {
    Final::All
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

impl Meta {
    /// What to say of a checkpoint that has no checksum.
    pub fn note(&self, path: &Path) -> Option<String> {
        self.checksum.is_none().then(|| unsealed_note(path))
    }
}
