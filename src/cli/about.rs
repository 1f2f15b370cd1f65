//! Arguments of `inspect`, `completions` and `man`, which read no table.

use super::TextOrJson;

/// `inspect`.
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// Checkpoint that `train` wrote
    pub model: String,
    /// Text or JSON
    #[arg(long, value_enum, default_value = "text")]
    pub format: TextOrJson,
}

/// `models`.
#[derive(Debug, clap::Args)]
pub struct ModelsArgs {
    /// Folder with checkpoints; the current one when not given
    pub folder: Option<String>,
    /// Text or JSON
    #[arg(long, value_enum, default_value = "text")]
    pub format: TextOrJson,
}

/// `completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// A command, such as train; the program itself when not given
    pub command: Option<String>,
    /// Write a page for the program and one for each command into this folder
    #[arg(short, long, value_name = "DIR", conflicts_with = "command")]
    pub out: Option<String>,
}
