//! Arguments of `ingest`.

use serde_json::{Value, json};

use super::Overlay;
use super::flags::{DataSettings, value};
use crate::config::Decoder;

/// `ingest`.
#[derive(Debug, clap::Args)]
#[command(mut_args(super::defaults::said))]
pub struct IngestArgs {
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Write the windows: .safetensors, or with --layout flat .csv or .parquet
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
    /// Write the windows as this model sees them: by its columns, scalers and parts, one each horizon, and those ahead
    /// of the table's end
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["config", "decoder"])]
    pub model: Option<String>,
    /// With --model: write the sums over all series that its forecasts look at, a row a stamp, for --means of predict and
    /// evaluate
    #[arg(long, value_name = "FILE", requires = "model", conflicts_with = "out", hide_short_help = true)]
    pub means: Option<String>,
    /// How the windows lie in the file
    #[arg(long, value_enum, default_value = "windows")]
    pub layout: WindowLayout,
    /// With --layout flat: put this before every column name that is not the table's own
    #[arg(long, value_name = "TEXT", hide_short_help = true, requires = "out")]
    pub prefix: Option<String>,
    /// Write x as (T, N, F), PyTorch's default, instead of (N, T, F)
    #[arg(long)]
    pub time_major: bool,
    /// Summary as text or JSON
    #[arg(long, value_enum, default_value = "text")]
    pub format: TextOrJson,
    /// Whose inputs the windows hold; with --layout flat they hold the columns themselves
    #[arg(
        long,
        value_enum,
        value_name = "KIND",
        env = "LSTM_FORECAST_DECODER",
        hide_env = true,
        hide_short_help = true
    )]
    pub decoder: Option<Decoder>,
    #[command(flatten)]
    pub settings: DataSettings,
}

impl IngestArgs {
    /// Settings that `--model` leaves without effect, because they are those of its training.
    pub fn settled_by_model(&self) -> Vec<String> {
        let Value::Object(groups) = self.settings.overlay() else { return Vec::new() };
        let table = value(&self.settings.table_flags);
        let of =
            |group: &str| groups.get(group).and_then(Value::as_object).into_iter().flat_map(|g| g.keys());
        let settled = ["data", "windows", "split", "scale"].into_iter().flat_map(of);
        settled.filter(|key| *key != "stride" && !table.contains_key(*key)).cloned().collect()
    }
}

impl Overlay for IngestArgs {
    fn overlay(&self) -> Value {
        let mut tree = self.settings.overlay();
        if let (Some(decoder), Value::Object(map)) = (self.decoder, &mut tree) {
            map.insert("model".into(), json!({"decoder": decoder}));
        }
        tree
    }
}

/// WindowLayout of exported windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum WindowLayout {
    /// Tensors x (N, T, F), y (N, P, K) and their masks
    Windows,
    /// One row a window, one column a lag, for gradient-boosted trees
    Flat,
}

/// Output of `ingest` and `inspect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TextOrJson {
    Text,
    Json,
}
