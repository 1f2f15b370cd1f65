//! How the weights are found.

use serde::{Deserialize, Serialize};

use super::BatchSize;

/// The loss that training minimises, on scaled targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    #[allow(missing_docs)] // A doc comment would be the flag's help.
    Mae,
    #[allow(missing_docs)] // A doc comment would be the flag's help.
    Mse,
    /// Quadratic within 1 (scaled units; with quantiles within 0.1), linear outside.
    Huber,
    /// Weighted quantile loss: all quantiles count alike, errors in original units.
    Wql,
}

/// What an error of each series counts for while training; see `train/weights.rs`.
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

/// What the networks learn from once more, after the validation part has chosen; see `pipeline/fit/once_more.rs`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Final {
    /// Nothing.
    #[value(alias = "false")]
    No,
    /// They go on with the training and the validation part.
    #[default]
    Validation,
    /// All rows: they are trained afresh.
    #[value(alias = "true")]
    All,
}

impl<'de> Deserialize<'de> for Final {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Final, D::Error> {
        // Older settings say yes or no; the flag knows these words too.
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "`no`, `validation` or `all`")]
        enum Either {
            Word(String),
            Old(bool),
        }
        let word = match Either::deserialize(from)? {
            Either::Word(word) => word,
            Either::Old(yes) => yes.to_string(),
        };
        <Final as clap::ValueEnum>::from_str(&word, false)
            .map_err(|_| serde::de::Error::custom(format!("`{word}` is none of `no`, `validation` or `all`")))
    }
}

/// How the learning rate moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    #[allow(missing_docs)] // A doc comment would be the flag's help.
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
    /// What a point forecast is trained by; quantiles have the pinball loss.
    pub loss: Loss,
    /// What errors of small and large series count for.
    pub weigh: Weighing,
    /// Longest training, in epochs.
    pub epochs: usize,
    /// Longest training of each network, in steps.
    pub max_steps: Option<usize>,
    /// Windows a step.
    pub batch_size: BatchSize,
    /// Steps of a window at which `decoder: lead` is trained, its end among them.
    pub cuts: usize,
    /// Share of input columns blanked in each training window (`decoder: lead`).
    pub input_dropout: f64,
    /// Decay of the moving average of the weights that is validated and kept; 0 switches it off.
    pub ema: f64,
    /// Step size of AdamW.
    pub learning_rate: f64,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// Weight decay of AdamW.
    pub weight_decay: f64,
    /// Largest norm of all gradients together; 0 switches clipping off.
    pub grad_clip: f64,
    /// Epochs without a better validation error before training stops; 0 never stops early.
    pub patience: usize,
    /// Whether the validation part is scored after each epoch.
    pub validation: bool,
    /// What the networks learn from once more at the end.
    #[serde(rename = "final")]
    pub once_more: Final,
}

impl TrainConfig {
    /// What an error of each series counts for: as [`TrainConfig::weigh`] says, and in original units for the weighted quantile
    /// loss where nothing else is said.
    pub fn weighing(&self) -> Weighing {
        match (self.weigh, self.loss) {
            (Weighing::Auto, Loss::Wql) => Weighing::Units,
            (weigh, _) => weigh,
        }
    }
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
            once_more: Final::default(),
        }
    }
}
