//! Arguments of `import`.

use serde_json::Value;

use super::flags::{DataSettings, ModelFlags, value};
use super::train::model_group;
use super::{BoundFlags, Overlay, defaults};

/// `import`.
#[derive(Debug, clap::Args)]
#[command(mut_args(defaults::said))]
pub struct ImportArgs {
    /// Weights of a network, as safetensors, under PyTorch's names: `rnn.weight_ih_l0` …, `reg.0.weight` …
    pub weights: String,
    /// Table whose training part fits the scalers, and whose validation part calibrates
    #[arg(long, value_name = "TABLE")]
    pub table: String,
    /// Checkpoint to write
    #[arg(short, long, value_name = "FILE", default_value = "model.safetensors")]
    pub out: String,
    /// What stands before every name, such as `model.`; found where it is not given
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    #[command(flatten)]
    pub settings: DataSettings,
    #[command(flatten)]
    pub model: ModelFlags,
    #[command(flatten)]
    pub bounds: BoundFlags,
}

impl Overlay for ImportArgs {
    fn overlay(&self) -> Value {
        let mut tree = self.settings.overlay();
        if let Value::Object(map) = &mut tree {
            map.insert("model".into(), Value::Object(model_group(&self.model)));
            map.insert("forecast".into(), Value::Object(value(&self.bounds)));
        }
        tree
    }
}
