//! `completions`: a script that teaches a shell the commands and flags.

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs, NAME};
use crate::error::Result;
use crate::output;

/// Runs the command.
pub fn run(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    output::write_stdout(|w| Ok(w.write_all(&script)?))
}
