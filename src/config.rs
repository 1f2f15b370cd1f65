//! Settings: one documented list, from defaults, a YAML file, the environment and flags.
//!
//! Precedence is decided in [`Layers::resolve`] and nowhere else. Each layer is a tree of the
//! keys that were actually given, so a default never hides a value from the file.

use serde::{Deserialize, Serialize};

mod batch_size;
mod bounds;
mod cell;
mod check;
mod layers;
mod no_effect;
mod pooling;
mod training;
pub use batch_size::BatchSize;
pub use bounds::{Bound, ForecastConfig, Limits};
pub use cell::Cell;
pub use check::split_list;
pub use layers::{Layers, settings_file, to_yaml};
pub use pooling::{MEMBERS, Member, Pooling};
pub use training::{Final, Loss, Schedule, TrainConfig, Weighing};

/// Every setting of a run, resolved. The YAML form has the same groups and keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Columns, and how the table is written.
    pub data: DataConfig,
    /// How windows are cut.
    pub windows: WindowConfig,
    /// Training, validation and test parts.
    pub split: SplitConfig,
    /// How values are scaled.
    pub scale: ScaleConfig,
    /// The network.
    pub model: ModelConfig,
    /// How the weights are found.
    pub train: TrainConfig,
    /// What forecasts may be.
    pub forecast: ForecastConfig,
    /// The machine.
    pub run: RunConfig,
}

/// Which columns, and how the table is written. `None` means: found out from the table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Columns that name the series.
    pub series: Option<Vec<String>>,
    /// Columns that make the time stamp.
    pub time: Option<Vec<String>>,
    /// How stamps are written, in strftime form.
    pub time_format: Option<String>,
    /// Zone of wall-clock stamps, such as `Europe/Rome`.
    pub time_zone: Option<String>,
    /// Columns to forecast (K of them).
    pub target: Vec<String>,
    /// Other columns the model sees; every numeric one for `None`.
    pub features: Option<Vec<String>>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Text columns to one-hot encode.
    pub categorical: Vec<String>,
    /// Features whose values beyond the forecast origin are known.
    pub future: Vec<String>,
    /// Features that never change within a series.
    #[serde(rename = "static")]
    pub fixed: Vec<String>,
    /// Step between rows, such as `15min`, `1h`, `1mo`.
    pub freq: Option<String>,
    /// Dates without rows, or with rows unlike the others': a file, a country, countries of series.
    pub holidays: Option<String>,
    /// Which of several rows with one series and stamp counts.
    pub duplicates: Option<Duplicates>,
    /// Lay irregular rows on a grid of this step.
    pub resample: Option<String>,
    /// Which end of a bin of `resample` belongs to it.
    pub closed: Option<Closed>,
    /// What becomes of first and last bins that rows fill in part.
    pub partial: Option<Partial>,
    /// How `resample` joins rows: a rule, or `column=rule`.
    pub agg: Vec<String>,
    /// Longest run of missing rows that is filled forward.
    pub max_fill: Option<usize>,
    /// Delimiter of a CSV file.
    pub delimiter: Option<char>,
    /// Character encoding, such as `windows-1252`.
    pub encoding: Option<String>,
    /// Decimal mark, `.` or `,`.
    pub decimal: Option<char>,
    /// Mark of thousands: `.`, `,`, `'`, `space` or `none`.
    pub thousands: Option<String>,
    /// Texts beside numbers that are taken off.
    pub strip: Vec<String>,
    /// What a number in brackets is; found when `None`.
    pub brackets: Option<Brackets>,
    /// Further texts or numbers that mean missing.
    pub missing: Vec<String>,
    /// Lines before the header to pass over.
    pub skip_rows: Option<usize>,
    /// Lines after the header that are no rows, such as units.
    pub skip_after_header: Option<usize>,
    /// Lines at the end that are no rows, such as totals and remarks.
    pub skip_footer: Option<usize>,
    /// The most columns a table may have.
    pub max_columns: Option<usize>,
    /// The most memory a table may take, such as `8GiB`.
    pub max_memory: Option<String>,
    /// The table is wide: melt it, naming the values so.
    pub wide: Option<String>,
    /// One file a series, named by the file.
    pub series_from_filename: bool,
    /// Limits of columns, as `column=low:high`.
    pub clip: Vec<String>,
}

/// What to do with rows that repeat a (series, stamp).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    #[allow(missing_docs)] // A doc comment would be the flag's help.
    First,
    #[allow(missing_docs)] // A doc comment would be the flag's help.
    Last,
    #[allow(missing_docs)] // A doc comment would be the flag's help.
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

/// Which end of a bin of `--resample` belongs to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Closed {
    /// Its beginning: a row at midnight begins a day.
    #[default]
    Left,
    /// Its end: a row at midnight ends a day.
    Right,
}

/// What becomes of the first and the last bin of `--resample` where rows fill them only in part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Partial {
    /// They count as they are.
    Keep,
    /// They are left out.
    #[default]
    Drop,
    /// The last one is left out: of a history that was cut, the first is none of the table's.
    #[value(skip)]
    DropLast,
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
    /// Also train on and forecast series shorter than the window.
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
    /// First stamp of the validation part.
    pub val_start: Option<String>,
    /// First stamp of the test part.
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
    /// The kind of scaler.
    pub scaler: ScalerKind,
    /// Bending of skewed columns.
    pub transform: Transform,
    /// Whether the calendar is among the inputs.
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
    #[allow(missing_docs)] // A doc comment would be the flag's help.
    None,
}

/// The network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// The recurrent cell.
    pub cell: Cell,
    /// Hidden units of each LSTM layer (H).
    pub hidden_size: usize,
    /// LSTM layers (L).
    pub num_layers: usize,
    /// Share of units dropped between layers and in the head while training.
    pub dropout: f32,
    /// Bias in the LSTM.
    pub bias: bool,
    /// A second direction that reads the window backwards.
    pub bidirectional: bool,
    /// Hidden layers of the head; empty is one linear layer.
    pub head: Vec<usize>,
    /// How the head is applied.
    pub decoder: Decoder,
    /// The simple forecast that the LSTM corrects.
    pub skip: Skip,
    /// What is combined with the networks' forecasts.
    #[serde(alias = "blend")]
    pub pool: Pooling,
    /// Levels that are forecast; with none of them the model gives a point forecast alone.
    pub quantiles: Vec<f64>,
    /// Networks that are trained from different seeds and averaged.
    pub ensemble: usize,
}

impl Default for ModelConfig {
    fn default() -> Self {
        ModelConfig {
            cell: Cell::Lstm,
            hidden_size: 64,
            num_layers: 1,
            dropout: 0.2,
            bias: true,
            bidirectional: false,
            head: Vec::new(),
            decoder: Decoder::Lead,
            skip: Skip::Last,
            pool: Pooling::Auto,
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
    #[allow(missing_docs)] // A doc comment would be the flag's help.
    None,
    /// The last value of the window.
    Last,
    /// The value one season before the forecast step.
    Seasonal,
    /// A learned linear map of the window's targets.
    Linear,
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// Seed of initial weights, batches and dropout.
    pub seed: u64,
    /// Worker threads; all cores when `None`.
    pub threads: Option<usize>,
    /// `cpu`, `cuda`, `cuda:N` or `auto`.
    pub device: String,
    /// How a GPU rounds the factors of its products.
    pub precision: Precision,
}

/// How a GPU rounds the factors of its products; sums, states and weights are f32.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    #[allow(missing_docs)] // A doc comment would be the flag's help.
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
