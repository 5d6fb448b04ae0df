//! The project's commands. They need cargo, git, python3, node and a C compiler; what else is missing they install
//! themselves, inside `target/` where that is possible.

mod apidocs;
mod bench;
mod browser;
mod compress;
mod crash;
mod dist;
mod front;
mod fuzz;
mod process;
mod repo;
mod run;
mod server;
mod shots;
mod site;
mod steps;
mod test;
mod tools;

use std::{env, process::ExitCode};

use anyhow::{Result, bail};

use crate::{repo::Repo, steps::Steps};

const USAGE: &str = "\
cargo xtask run [ARGS…]     build and serve on http://127.0.0.1:8084; ARGS go to `longshore serve`
cargo xtask test [PART…]    everything CI runs, or only: fmt clippy unit crash fuzz doc e2e
                            what follows `--` goes to the end-to-end runner, or to `fuzz` alone
cargo xtask dist            the release, under target/dist
cargo xtask shots           pictures of every page, under target/shots
cargo xtask bench           measure the release; writes bench/results.md
cargo xtask crash           kill everything while it works, and prove that nothing is lost; --kills N, --seed N";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let repo = Repo::find()?;
    let args: Vec<String> = env::args().skip(1).collect();
    let (command, rest) =
        args.split_first().map_or(("help", [].as_slice()), |(command, rest)| (command.as_str(), rest));
    let mut steps = Steps::default();
    let result = match command {
        "run" => return run::run(&repo, &mut steps, rest),
        "test" => test::run(&repo, &mut steps, rest),
        "dist" => dist::run(&repo, &mut steps),
        "shots" => shots::run(&repo, &mut steps, rest),
        "crash" => crash::run(&repo, &mut steps, rest),
        "bench" => bench::run(&repo, &mut steps, rest),
        "help" | "-h" | "--help" => {
            eprintln!("{USAGE}");
            return Ok(());
        }
        other => bail!("unknown command {other:?}\n{USAGE}"),
    };
    // The table is worth most when something failed after a long time.
    steps.print();
    result
}
