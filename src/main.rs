//! The program: parse, run one command, print one error, exit with its code.

use clap::Parser;
use lstm_forecast::cli::Cli;
use lstm_forecast::cmd;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cmd::exit(cmd::run(&Cli::parse()))
}
