//! The program: parse, run one command, print one error, exit with its code.

use lstm_forecast::cli;
use lstm_forecast::cmd;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let cli = cli::parse();
    cmd::exit(cmd::run(&cli), cli.global.color())
}
