//! The test of a connection: an rclone of its own lists the root once. What it finds is said in words.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::{Instant, timeout},
};

use crate::domain::{format, remote::RemoteTest};

use super::{
    binary::Binary,
    command,
    error::{During as _, RcloneError},
    keeper::Keeper,
    spawn::Process,
    wire, words,
};

/// How long a test may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How much of the listing is counted, and how much of the errors is read, in bytes.
const MOST: u64 = 1 << 20;

/// What is tested.
#[derive(Debug)]
pub struct Probe<'a> {
    /// The configuration.
    pub conf: &'a Path,
    /// What is listed: `name:`, or a path.
    pub target: &'a str,
    /// rclone's type, for the right nouns.
    pub kind: &'a str,
    /// What must not be said.
    pub secrets: &'a [String],
}

impl Probe<'_> {
    /// Tests. An answer that tells of a failure is still an answer; an error means that there was no test.
    pub async fn run(&self, keeper: &Keeper, binary: &Binary) -> Result<RemoteTest, RcloneError> {
        let began = Instant::now();
        let mut attempt = self.attempt(keeper, binary).await?;
        // rclone's own save takes the file away for a moment.
        if attempt.without_conf() {
            attempt = self.attempt(keeper, binary).await?;
        }
        let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (connected, message) = match attempt {
            Attempt::TimedOut => (false, format!("No answer within {} s.", LIMIT.as_secs())),
            Attempt::Ended { success: true, entries, .. } => {
                let found = match self.kind {
                    "s3" => format::plural(entries, "bucket", "buckets"),
                    _ => format::plural(entries, "entry", "entries"),
                };
                (true, format!("Connected in {}, {found}", format::duration(elapsed_ms)))
            }
            Attempt::Ended { errors, .. } => (false, words::explain(&why(&errors), self.secrets)),
        };
        Ok(RemoteTest { connected, message, elapsed_ms })
    }

    async fn attempt(&self, keeper: &Keeper, binary: &Binary) -> Result<Attempt, RcloneError> {
        let process = Process {
            program: binary.path.clone(),
            args: command::probe(self.conf, self.target),
            env: command::environment(),
            ..Process::default()
        };
        let streams = |command: &mut tokio::process::Command| {
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        };
        let mut child = keeper.spawn(process, streams).await.during("could not start rclone")?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        // Both are read to the end: a full pipe would stop rclone. A dropped child is killed.
        let work = async { tokio::join!(read(out), read(err), child.wait()) };
        Ok(match timeout(LIMIT, work).await {
            Err(_) => Attempt::TimedOut,
            Ok((out, err, status)) => Attempt::Ended {
                success: status.during("could not wait for rclone")?.success(),
                entries: u64::try_from(out.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u64::MAX),
                errors: String::from_utf8_lossy(&err).into_owned(),
            },
        })
    }
}

/// How one rclone ended.
enum Attempt {
    TimedOut,
    Ended { success: bool, entries: u64, errors: String },
}

impl Attempt {
    fn without_conf(&self) -> bool {
        matches!(self, Self::Ended { success: false, errors, .. } if errors.contains(command::NO_CONF))
    }
}

/// The reason in rclone's messages: the last error that is not its closing words, else those, else what is not JSON.
fn why(errors: &str) -> String {
    let lines: Vec<_> = errors.lines().filter_map(|line| serde_json::from_str::<wire::LogLine>(line).ok()).collect();
    let level = |levels: &[&str]| lines.iter().rev().find(|line| levels.contains(&line.level.as_str())).map(|line| line.msg.clone());
    level(&["critical", "error"]).or_else(|| level(&["notice"])).or_else(|| errors.lines().last().map(str::to_owned)).unwrap_or_default()
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        let _ = (&mut stream).take(MOST).read_to_end(&mut bytes).await;
        // The rest is of no interest, but has to go somewhere.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_last_error_and_not_what_follows_it() {
        let log = "{\"level\":\"error\",\"msg\":\"first\"}\n{\"level\":\"error\",\"msg\":\"second\"}\n{\"level\":\"notice\",\"msg\":\"Failed to lsf\"}\n";
        assert_eq!(why(log), "second");
        assert_eq!(why("usage\nunknown flag"), "unknown flag");
        assert_eq!(why(""), "");
    }
}
