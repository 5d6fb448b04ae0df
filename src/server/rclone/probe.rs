//! The test of a connection: an rclone of its own lists the root once. What it finds is said in words.

use std::{ffi::OsString, path::Path, time::Duration};

use tokio::time::Instant;

use crate::domain::{format, remote::RemoteTest};

use super::{
    ask::{Answer, ask},
    binary::Binary,
    command,
    error::RcloneError,
    keeper::Keeper,
    wire, words,
};

/// How long a test may take at most.
pub const LIMIT: Duration = Duration::from_secs(30);

/// What is tested.
pub struct Probe<'a> {
    /// The configuration.
    pub conf: &'a Path,
    /// What is listed: `name:`, or a path.
    pub target: &'a str,
    /// rclone's type, for the right nouns.
    pub kind: &'a str,
    /// What must not be said.
    pub secrets: &'a [String],
    /// What its environment has beside the usual.
    pub env: Vec<(OsString, OsString)>,
    /// How long it may take.
    pub limit: Duration,
}

impl Probe<'_> {
    /// Tests. An answer that tells of a failure is still an answer; an error means that there was no test.
    pub async fn run(&self, keeper: &Keeper, binary: &Binary) -> Result<RemoteTest, RcloneError> {
        let began = Instant::now();
        let answer = ask(keeper, binary, &command::probe(self.conf, self.target), &self.env, self.limit).await;
        let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (connected, message) = match answer {
            Err(RcloneError::Timeout) => (false, format!("No answer within {} s.", self.limit.as_secs())),
            Err(error) => return Err(error),
            Ok(Answer { success: true, output, .. }) => {
                let entries = u64::try_from(output.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u64::MAX);
                let found = match self.kind {
                    "s3" => format::plural(entries, "bucket", "buckets"),
                    _ => format::plural(entries, "entry", "entries"),
                };
                (true, format!("Connected in {}, {found}", format::duration(elapsed_ms)))
            }
            Ok(Answer { errors, .. }) => (false, words::explain(&why(&errors), self.secrets)),
        };
        Ok(RemoteTest { connected, message, elapsed_ms, identity: None })
    }
}

/// The reason in rclone's messages: the last error that is not its closing words, else those, else what is not JSON.
pub fn why(errors: &str) -> String {
    let lines: Vec<_> = errors.lines().filter_map(|line| serde_json::from_str::<wire::LogLine>(line).ok()).collect();
    let level = |levels: &[&str]| lines.iter().rev().find(|line| levels.contains(&line.level.as_str())).map(|line| line.msg.clone());
    level(&["critical", "error"]).or_else(|| level(&["notice"])).or_else(|| errors.lines().last().map(str::to_owned)).unwrap_or_default()
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
