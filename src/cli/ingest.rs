//! Arguments of `ingest`.

use super::flags::DataSettings;

/// `ingest`.
#[derive(Debug, clap::Args)]
#[command(mut_args(super::defaults::said))]
pub struct IngestArgs {
    /// Table: a file, a folder of parts, a glob, or `-` for standard input
    pub table: Option<String>,
    /// Write the windows: .safetensors, or with --layout flat .csv or .parquet
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<String>,
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
    #[command(flatten)]
    pub settings: DataSettings,
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
