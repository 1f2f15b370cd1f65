//! Arguments of `export`.

/// `export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// For which program
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// Where to: a folder, made where it is missing, or the file of the graph
    #[arg(short, long, value_name = "PATH")]
    pub out: String,
}

/// What a model is exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// A folder with model.py, weights.safetensors and model.json
    Pytorch,
    /// One graph in a file, from windows to forecasts
    Onnx,
}
