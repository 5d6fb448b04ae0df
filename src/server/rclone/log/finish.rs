//! What a log says in the end: the final statistics, and why it failed.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{
    domain::run::stats::Stats,
    server::rclone::{error::text, program::run_dir, wire},
};

use super::{
    headline::Headline,
    reader, report,
    segments::{self, Segment},
};

/// How much of the end of a log is read, in bytes.
const END: u64 = 1 << 20;
/// How much of what rclone wrote to its standard error is read.
const ERRORS: u64 = 64 << 10;

/// What a log says in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// rclone's final statistics, when it came to write them: nothing was under way, and only its verdict follows.
    pub stats: Option<Stats>,
    /// The last statistics of any kind.
    pub last: Option<Stats>,
    /// Why it failed, in words, without secrets.
    pub headline: Option<String>,
    /// The last error, in words, also of what did not end by itself.
    #[serde(default)]
    pub cause: Option<String>,
    /// Whether why it failed may pass by itself: the network, a busy provider.
    #[serde(default)]
    pub passing: bool,
}

/// Reads the end of the log of the run in `dir`, or what was kept of it. Unreadable is as empty: then nothing is known.
#[must_use]
pub fn finish(dir: &Path) -> Finish {
    if let Ok(Some(report)) = report::report(dir) {
        return report.finish;
    }
    let mut finish = Finish::default();
    let mut headline = Headline::default();
    for line in parsed(segments::open(dir).unwrap_or_default()) {
        let closing = line.level == "notice" && line.msg.starts_with("Failed to ");
        match line.level.as_str() {
            _ if line.stats.is_some() => {}
            // What may follow the final statistics.
            "critical" => headline.line(&line),
            "error" if !line.msg.starts_with("Attempt ") => headline.line(&line),
            _ if closing => headline.line(&line),
            _ => {
                headline.line(&line);
                finish.stats = None;
            }
        }
        if let Some(stats) = line.stats {
            let periodic = stats.is_periodic();
            let (stats, _) = stats.split();
            finish.stats = (!periodic).then(|| stats.clone());
            finish.last = Some(stats);
        }
    }
    finish.cause = headline.cause().map(|text| text::explain(text, &[]));
    finish.passing = headline.is_passing();
    finish.headline = headline.text().or_else(|| complaint(dir).map(|text| text::plain(&text)));
    finish
}

/// The last that an rclone said in the log at `path`: why it ended.
#[must_use]
pub fn reason(path: &Path) -> Option<String> {
    parsed(vec![Segment::open(path).ok()??]).last().map(|line| text::explain(&line.msg, &[]))
}

fn parsed(segments: Vec<Segment>) -> impl Iterator<Item = wire::LogLine> {
    let lines = segments::last(segments, END).unwrap_or_default();
    lines.into_iter().filter_map(|line| serde_json::from_slice(&line).ok())
}

/// What rclone said outside of its log: a flag it does not know, or how it broke.
fn complaint(dir: &Path) -> Option<String> {
    let mut file = reader::open(&dir.join(run_dir::STDERR)).ok()??;
    let (lines, _) = reader::last(&mut file, ERRORS).ok()?;
    let lines: Vec<_> = lines
        .iter()
        .map(|line| String::from_utf8_lossy(line).trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    let broke =
        lines.iter().find(|line| ["panic:", "fatal error:", "Error:"].iter().any(|start| line.starts_with(start)));
    broke.or(lines.last()).cloned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn run(log: &str, stderr: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join(run_dir::LOG), log).expect("written");
        fs::write(dir.path().join(run_dir::STDERR), stderr).expect("written");
        dir
    }

    const ERRORS: &str = include_str!("../../../tests/fixtures/rclone/copy_errors_retries.jsonl");
    const STATS: &str = include_str!("../../../tests/fixtures/rclone/sync_notice_stats.jsonl");
    const RETRIED: &str = include_str!("../../../tests/fixtures/rclone/retry_then_success.jsonl");

    #[test]
    fn a_failed_run_has_final_statistics_and_a_headline() {
        let end = finish(run(ERRORS, "").path());
        assert_eq!(
            end.headline.as_deref(),
            Some("f1.bin: partial file rename failed: can't move object - incompatible remotes.")
        );
        assert_eq!(end.stats.map(|stats| (stats.errors, stats.files, stats.bytes)), Some((1, 4, 12_000_007)));
    }

    #[test]
    fn a_run_that_broke_off_has_no_final_statistics() {
        let lines: Vec<_> = STATS.lines().collect();
        let end = finish(run(&lines[..2].join("\n"), "").path());
        assert_eq!((end.stats, end.last.map(|stats| stats.bytes)), (None, Some(6_377_479)));
        // Nothing under way between two attempts, but something came after.
        let lines: Vec<_> = RETRIED.lines().collect();
        assert_eq!(finish(run(&lines[..6].join("\n"), "").path()).stats, None);
        assert!(finish(run(RETRIED, "").path()).stats.is_some_and(|stats| stats.errors == 0 && stats.bytes == 4));
    }

    #[test]
    fn a_run_that_never_began_says_why() {
        let usage = "Error: unknown flag: --nope\nUsage:\n  rclone copy\n2026/11/23 NOTICE: Fatal error: unknown flag: --nope\n";
        assert_eq!(finish(run("", usage).path()).headline.as_deref(), Some("Error: unknown flag: --nope"));
        let critical = r#"{"level":"critical","msg":"Failed to create file system for \":sftp,pass=abc:\": no"}"#;
        assert_eq!(
            finish(run(critical, "").path()).headline.as_deref(),
            Some("Failed to create file system for \":sftp,pass=***:\": no")
        );
        assert_eq!(finish(Path::new("/nowhere")), Finish::default());
    }
}
