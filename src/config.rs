//! Settings: one documented list, from defaults, a YAML file, the environment and flags.
//!
//! Precedence is decided in [`Layers::resolve`] and nowhere else. Each layer is a tree of the
//! keys that were actually given, so a default never hides a value from the file.

use serde::{Deserialize, Serialize};

mod batch_size;
mod bounds;
mod check;
mod layers;
mod no_effect;
pub use batch_size::BatchSize;
pub use bounds::{Bound, ForecastConfig, Limits};
pub use check::split_list;
pub use layers::{Layers, settings_file, to_yaml};

/// Every setting of a run, resolved. The YAML form has the same groups and keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub data: DataConfig,
    pub windows: WindowConfig,
    pub split: SplitConfig,
    pub scale: ScaleConfig,
    pub model: ModelConfig,
    pub train: TrainConfig,
    pub forecast: ForecastConfig,
    pub run: RunConfig,
}

/// Which columns, and how the table is written. `None` means: found out from the table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    pub series: Option<Vec<String>>,
    pub time: Option<Vec<String>>,
    pub time_format: Option<String>,
    pub time_zone: Option<String>,
    pub target: Vec<String>,
    pub features: Option<Vec<String>>,
    pub drop: Vec<String>,
    pub categorical: Vec<String>,
    /// Features whose values beyond the forecast origin are known.
    pub future: Vec<String>,
    /// Features that never change within a series.
    #[serde(rename = "static")]
    pub fixed: Vec<String>,
    pub freq: Option<String>,
    pub duplicates: Option<Duplicates>,
    pub resample: Option<String>,
    pub agg: Vec<String>,
    pub max_fill: Option<usize>,
    pub delimiter: Option<char>,
    pub encoding: Option<String>,
    pub decimal: Option<char>,
    pub missing: Vec<String>,
    pub skip_rows: Option<usize>,
    pub wide: Option<String>,
    pub series_from_filename: bool,
    pub clip: Vec<String>,
}

/// What to do with rows that repeat a (series, stamp).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    First,
    Last,
    Mean,
}

/// What brackets around a number mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Brackets {
    /// `(5)` is -5.
    #[default]
    Negative,
    /// `(5)` is 5.
    Plain,
}

/// How windows are cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WindowConfig {
    /// T, rows of history a forecast sees; by frequency when `None`.
    pub input_window: Option<usize>,
    /// P, rows ahead; by frequency when `None`.
    pub horizon: Option<usize>,
    /// Rows between two training windows of a series.
    pub stride: usize,
    pub pad_short: bool,
}

impl Default for WindowConfig {
    fn default() -> Self {
        WindowConfig { input_window: None, horizon: None, stride: 1, pad_short: false }
    }
}

/// Where the table is cut into training, validation and test parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SplitConfig {
    /// Shares of the time span, used where no date is given.
    pub split: [f64; 3],
    pub val_start: Option<String>,
    pub test_start: Option<String>,
}

impl Default for SplitConfig {
    fn default() -> Self {
        SplitConfig { split: [0.7, 0.1, 0.2], val_start: None, test_start: None }
    }
}

/// How values are scaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScaleConfig {
    pub scaler: ScalerKind,
    pub transform: Transform,
    pub calendar: bool,
}

impl Default for ScaleConfig {
    fn default() -> Self {
        ScaleConfig { scaler: ScalerKind::Standard, transform: Transform::Auto, calendar: true }
    }
}

/// The kinds of scaler; all are fitted on training rows alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ScalerKind {
    /// Mean and standard deviation, per series.
    Standard,
    /// Median and interquartile range, per series.
    Robust,
    /// Minimum to 0 and maximum to 1, per series.
    Minmax,
    /// Mean and standard deviation over all series together.
    Global,
    /// Values as they are.
    None,
}

/// Bending of skewed columns before scaling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Transform {
    /// asinh for columns that are never negative and skewed in training, with `decoder: lead`.
    Auto,
    /// The same with every decoder.
    Asinh,
    None,
}

/// The network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    pub hidden_size: usize,
    pub num_layers: usize,
    pub dropout: f32,
    pub bias: bool,
    pub bidirectional: bool,
    /// Hidden layers of the head; empty is one linear layer.
    pub head: Vec<usize>,
    pub decoder: Decoder,
    pub skip: Skip,
    pub blend: Blending,
    /// Levels that are forecast; with none of them the model gives a point forecast alone.
    pub quantiles: Vec<f64>,
    /// Networks that are trained from different seeds and averaged.
    pub ensemble: usize,
}

impl Default for ModelConfig {
    fn default() -> Self {
        ModelConfig {
            hidden_size: 64,
            num_layers: 1,
            dropout: 0.2,
            bias: true,
            bidirectional: false,
            head: Vec::new(),
            decoder: Decoder::Lead,
            skip: Skip::Last,
            blend: Blending::Auto,
            quantiles: (1..=9).map(|i| f64::from(i) / 10.0).collect(),
            ensemble: 3,
        }
    }
}

/// Where in the window the head is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Decoder {
    /// At several steps of the window, once for every lead time, with what is known of that lead:
    /// its calendar and the values one and more seasons before it.
    Lead,
    /// At the last step alone.
    Direct,
    /// At every step; training counts every step whose future is observed.
    Sequence,
}

/// The simple forecast that the LSTM corrects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Skip {
    None,
    /// The last value of the window.
    Last,
    /// The value one season before the forecast step.
    Seasonal,
    /// A learned linear map of the window's targets.
    Linear,
}

/// What is blended into the forecasts of a trained model; see [`crate::forecast::blend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Blending {
    /// The last value, with `decoder: lead`.
    Auto,
    /// The same with every decoder.
    Last,
    None,
}

/// The loss that training minimises, on scaled targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    Mae,
    Mse,
    /// Quadratic within 1 (scaled units), linear outside.
    Huber,
}

/// What an error of each series counts for while training; see [`crate::train::weights`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Weighing {
    /// In original units where the series are alike in size, else series by series.
    #[default]
    Auto,
    /// In original units: series that vary more count for more.
    Units,
    /// In units of the seasonal naive forecast's own error, as in MASE: all series count alike.
    Series,
}

/// How the learning rate moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    Constant,
    /// Linear warm-up, then half a cosine to zero over the planned steps.
    Cosine,
    /// Halved when the validation error has not improved for a third of the patience.
    Plateau,
}

/// How the weights are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    pub loss: Loss,
    pub weigh: Weighing,
    pub epochs: usize,
    pub max_steps: Option<usize>,
    pub batch_size: BatchSize,
    /// Steps of a window at which `decoder: lead` is trained, its end among them.
    pub cuts: usize,
    /// Share of input columns blanked in each training window (`decoder: lead`).
    pub input_dropout: f64,
    /// Decay of the moving average of the weights that is validated and kept; 0 switches it off.
    pub ema: f64,
    pub learning_rate: f64,
    pub schedule: Schedule,
    pub weight_decay: f64,
    /// Largest norm of all gradients together; 0 switches clipping off.
    pub grad_clip: f64,
    /// Epochs without a better validation error before training stops; 0 never stops early.
    pub patience: usize,
    /// Whether the validation part is scored after each epoch.
    pub validation: bool,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            loss: Loss::Mae,
            weigh: Weighing::Auto,
            epochs: 16,
            max_steps: None,
            batch_size: BatchSize::Count(BatchSize::DEFAULT),
            cuts: 12,
            input_dropout: 0.3,
            ema: 0.99,
            learning_rate: 3e-3,
            schedule: Schedule::Cosine,
            weight_decay: 1e-2,
            grad_clip: 1.0,
            patience: 8,
            validation: true,
        }
    }
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    pub seed: u64,
    /// Worker threads; all cores when `None`.
    pub threads: Option<usize>,
    /// `cpu`, `cuda`, `cuda:N` or `auto`.
    pub device: String,
    pub precision: Precision,
}

/// How a GPU rounds the factors of its products; sums, states and weights are f32.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    #[default]
    F32,
    /// 10 bits of mantissa instead of 23, on tensor cores.
    Tf32,
    /// 7 bits in the LSTM's products, 10 in the head's.
    Bf16,
}

impl Default for RunConfig {
    fn default() -> Self {
        RunConfig { seed: 42, threads: None, device: "cpu".into(), precision: Precision::F32 }
    }
}

#[cfg(test)]
mod tests;
