//! `cargo xtask test`: everything CI runs, whole or in parts.

use std::{num::NonZero, process::Command, thread};

use anyhow::{Result, bail};

use crate::{browser, crash, front, fuzz, process, repo::Repo, server, steps::Steps, tools};

/// The parts, quickest answer first.
const PARTS: [&str; 7] = ["fmt", "clippy", "unit", "crash", "fuzz", "doc", "e2e"];

/// Runs the parts that are named, or all of them, until one fails.
pub fn run(repo: &Repo, steps: &mut Steps, args: &[String]) -> Result<()> {
    let mut halves = args.splitn(2, |arg| arg == "--");
    let (parts, rest) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("there is no part {unknown:?}; there are: {}", PARTS.join(" "));
    }
    // What follows `--` is for the end-to-end runner, unless only the fuzzing is asked for.
    let for_fuzz = parts == ["fuzz"];
    for part in PARTS.iter().filter(|part| parts.is_empty() || parts.iter().any(|wanted| wanted == *part)) {
        match *part {
            "fmt" => steps.take("fmt", || process::run(process::cargo().args(["fmt", "--all", "--check"])))?,
            "clippy" => clippy(steps)?,
            "unit" => unit(repo, steps)?,
            "crash" => crash::short(repo, steps)?,
            "fuzz" => fuzz::run(repo, steps, if for_fuzz { rest } else { &[] })?,
            "doc" => doc(steps)?,
            _ => end_to_end(repo, steps, rest)?,
        }
    }
    Ok(())
}

fn clippy(steps: &mut Steps) -> Result<()> {
    tools::for_build(steps)?;
    let strict = ["--", "-D", "warnings"];
    steps.take("clippy (server)", || {
        process::run(process::cargo().args(["clippy", "--workspace", "--all-targets"]).args(strict))
    })?;
    let browser = ["--lib", "--target", "wasm32-unknown-unknown", "--no-default-features", "--features", "hydrate"];
    steps.take("clippy (browser)", || {
        process::run(process::cargo().args(["clippy", "--package", "longshore"]).args(browser).args(strict))
    })
}

fn unit(repo: &Repo, steps: &mut Steps) -> Result<()> {
    let rclone = tools::for_run(repo, steps)?;
    let peers = tools::peers(repo, steps)?;
    // Building is a step of its own: else a slow build looks like a slow test.
    steps.take(server::TESTS, || process::run(process::cargo().args(["test", "--workspace", "--no-run"])))?;
    let mut tests: Command = process::cargo();
    tests.args(["test", "--workspace"]).env("LONGSHORE_RCLONE", &rclone).env("RUST_TEST_THREADS", threads());
    tools::first_on_path(&mut tests, &rclone)?;
    if let Some(peers) = peers {
        tests.env("LONGSHORE_TEST_PEERS", peers);
    }
    steps.take("unit and integration tests", || process::run(&mut tests))
}

/// How many tests run at once: two for each core, since most of them wait for rclone or a server most of the time.
fn threads() -> String {
    (2 * thread::available_parallelism().map_or(1, NonZero::get)).to_string()
}

fn doc(steps: &mut Steps) -> Result<()> {
    let mut doc = process::cargo();
    // Private items too: nothing here is published, and their links are read as well.
    doc.args(["doc", "--workspace", "--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", "-D warnings");
    steps.take("doc", || process::run(&mut doc))
}

fn end_to_end(repo: &Repo, steps: &mut Steps, args: &[String]) -> Result<()> {
    let Some(parts) = browser::prepare(repo, steps, front::Profile::Debug)? else { return Ok(()) };
    browser::run(repo, steps, &parts, "e2e", args)
}
