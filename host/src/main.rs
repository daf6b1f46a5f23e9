//! The `rowfuse` command: networks on a small open FPGA board, exact bit for bit.
//!
//! Results go to stdout, logs and progress bars to stderr; every verb is a file in `cmd/`.

mod cli;
mod cmd;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    match cli::Cli::try_parse_from(&arguments) {
        Ok(command) => cli::run(command),
        Err(error) => cli::usage(&error, &arguments),
    }
}
