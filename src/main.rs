//! Longshore's program: reads the command line, and hands over.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use clap::Parser as _;
use longshore::server::{
    self,
    config::{Cli, Command},
};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let command = Cli::parse().command();
    // The shim stays small: one a run, and without a log of its own.
    if let Command::Shim { dir } = &command {
        return server::rclone::shim::main::shim_main(dir);
    }
    let filter = EnvFilter::try_from_env("LONGSHORE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    server::commands::execute(command)
}
