//! The project's commands: `cargo xtask test`.

use std::{
    env,
    path::Path,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace")?)?;
    match env::args().nth(1).as_deref() {
        Some("test") => test(),
        other => bail!("unknown command {other:?}; there is: cargo xtask test"),
    }
}

/// Everything that CI runs.
fn test() -> Result<()> {
    step("rustup", "rustup", &["target", "add", "wasm32-unknown-unknown"])?;
    step("fmt", "cargo", &["fmt", "--all", "--check"])?;
    step("clippy (server)", "cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    let wasm = ["--lib", "--target", "wasm32-unknown-unknown", "--no-default-features", "--features", "hydrate"];
    step("clippy (browser)", "cargo", &[&["clippy"], wasm.as_slice(), &["--", "-D", "warnings"]].concat())?;
    step("unit and integration tests", "cargo", &["test", "--workspace"])
}

fn step(what: &str, program: &str, args: &[&str]) -> Result<()> {
    let start = Instant::now();
    let status = Command::new(program).args(args).status().with_context(|| format!("start {program}"))?;
    ensure!(status.success(), "{what}: {program} ended with {status}");
    eprintln!("xtask: {what}: {:.1?}", start.elapsed());
    Ok(())
}
