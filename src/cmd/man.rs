//! `man`: manual pages, made from the same definitions as `--help`.

use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::{Cli, ManArgs};
use crate::error::{Error, Result, did_you_mean};
use crate::output;

/// Runs the command.
pub fn run(args: &ManArgs) -> Result<()> {
    let mut program = Cli::command();
    program.build();
    match (&args.out, &args.command) {
        (Some(folder), _) => write_all(&program, Path::new(folder)),
        (None, None) => print(program),
        (None, Some(name)) => match program.find_subcommand(name) {
            Some(command) => print(command.clone()),
            None => {
                let near = did_you_mean(name, program.get_subcommands().map(clap::Command::get_name));
                Err(Error::usage(format!("there is no command `{name}`{near}"))
                    .with_hint("lstm-forecast --help lists the commands"))
            }
        },
    }
}

fn print(command: clap::Command) -> Result<()> {
    let page = page(command);
    output::write_stdout(|w| Ok(w.write_all(&page)?))
}

/// `lstm-forecast.1`, and `lstm-forecast-train.1` and so on for each command.
fn write_all(program: &clap::Command, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| Error::write(folder, e))?;
    let commands = program.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help");
    for command in std::iter::once(program).chain(commands) {
        // `build` named it `lstm-forecast-train`.
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        let file = folder.join(format!("{name}.1"));
        let page = page(command.clone());
        output::write_own(&file, |w| Ok(w.write_all(&page)?))?;
    }
    Ok(())
}

fn page(command: clap::Command) -> Vec<u8> {
    let mut page = Vec::new();
    // What the short help leaves out, clap_mangen would print without its text.
    let command = command.mut_args(|a| a.hide_short_help(false));
    // Writing into memory cannot fail.
    let _ = Man::new(command).source(concat!("lstm-forecast ", env!("CARGO_PKG_VERSION"))).render(&mut page);
    page
}
