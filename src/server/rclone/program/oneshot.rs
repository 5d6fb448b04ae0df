//! An rclone of its own that answers one question and ends: for what may take longer than a screen waits, and for
//! connects that the warm rclone cannot cancel. It ends with the console.

use std::{ffi::OsString, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

use super::{
    args,
    binary::Binary,
    exit_code,
    sandbox::{Reach, Sandbox},
    spawn::Process,
    spawner::Spawner,
};
use crate::server::rclone::error::{During as _, RcloneError};

/// How much of what it says is kept, in bytes; the rest is read and dropped.
pub(in crate::server::rclone) const MAX_OUTPUT: u64 = 1 << 20;

/// How an rclone ended, and what it said.
pub struct Answer {
    /// Whether it exited with 0.
    pub success: bool,
    /// Its standard output.
    pub output: Vec<u8>,
    /// Its standard error.
    pub errors: String,
}

/// Runs rclone with `args`, and `env` beside the usual environment, in `sandbox`, for at most `limit`. One that finds
/// no configuration is asked once more: another rclone was just saving it.
///
/// # Errors
/// [`RcloneError::Timeout`] when the limit runs out; rclone is killed then.
pub async fn ask(
    spawner: &Spawner,
    binary: &Binary,
    args: &[OsString],
    env: &[(OsString, OsString)],
    sandbox: &Sandbox,
    limit: Duration,
) -> Result<Answer, RcloneError> {
    timeout(limit, async {
        let answer = once(spawner, binary, args, env, sandbox).await?;
        let lost = !answer.success && args::lost_conf(&answer.errors);
        if lost { once(spawner, binary, args, env, sandbox).await } else { Ok(answer) }
    })
    .await
    .map_err(|_| RcloneError::Timeout)?
}

async fn once(
    spawner: &Spawner,
    binary: &Binary,
    args: &[OsString],
    env: &[(OsString, OsString)],
    sandbox: &Sandbox,
) -> Result<Answer, RcloneError> {
    let usual = args::environment().into_iter().filter(|(name, _)| env.iter().all(|(own, _)| own != name));
    let env = usual.chain(env.iter().cloned()).collect();
    let process = Process::new(binary.path.clone(), args.to_vec(), env, Reach::Sandbox(sandbox.clone()));
    let streams = |command: &mut tokio::process::Command| {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    };
    let mut child = spawner.spawn(process, streams).await.during("could not start rclone")?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    // Both are read to the end: a full pipe would stop rclone. A dropped child is killed.
    let (output, errors, status) = tokio::join!(read(out), read(err), child.wait());
    let success = exit_code::is_success(status.during("could not wait for rclone")?.code());
    Ok(Answer { success, output, errors: String::from_utf8_lossy(&errors).into_owned() })
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        let _ = (&mut stream).take(MAX_OUTPUT).read_to_end(&mut bytes).await;
        // The rest is of no interest, but has to go somewhere.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    bytes
}
