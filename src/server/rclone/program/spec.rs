//! What a shim runs: `run.json`. Written before the start, read by the shim, and by every later console.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{os_text::Text, run_dir::SPEC, sandbox::Reach};
use crate::domain::operation::Operation;

/// The umask of runs: what they write is the person's, not ours.
pub const UMASK: u32 = 0o022;
/// How many seconds a run may clean up after it was asked to stop.
pub const GRACE_SECS: u64 = 10;

/// What a shim runs. Without `Debug`: a proxy's password may be in its environment.
#[derive(Serialize, Deserialize)]
pub struct RunSpec {
    /// The program.
    pub program: PathBuf,
    /// Its arguments. No secret: those are in the configuration that they name.
    pub args: Vec<Text>,
    /// Its environment.
    pub env: Vec<(Text, Text)>,
    /// Its umask.
    pub umask: u32,
    /// How many seconds it may clean up after it was asked to stop.
    #[serde(default = "grace_secs")]
    pub grace_secs: u64,
    /// How far it gets in the file system.
    #[serde(default = "Reach::older")]
    pub reach: Reach,
    /// Of a run, what it does; `None` for a mount.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// Whether what it replaces or deletes goes to a backup folder.
    #[serde(default)]
    pub backup: bool,
    /// Of a bisync, the folder of what it remembers between its runs.
    #[serde(default)]
    pub workdir: Option<Text>,
}

impl RunSpec {
    /// That of the process in `dir`; `None` when it is not there or not whole.
    #[must_use]
    pub fn read(dir: &Path) -> Option<Self> {
        let spec: Self = serde_json::from_slice(&fs::read(dir.join(SPEC)).ok()?).ok()?;
        Some(if spec.operation.is_none() { spec.with_arguments_read() } else { spec })
    }

    /// What an older Longshore did not write beside the arguments is in them.
    fn with_arguments_read(self) -> Self {
        let words: Vec<_> =
            self.args.iter().map(|arg| if let Text::Utf8(word) = arg { word.as_str() } else { "" }).collect();
        let flags = || words.iter().take_while(|word| **word != "--");
        let operation = words.first().and_then(|word| Operation::parse(word));
        let backup = flags().any(|word| word.starts_with("--backup-dir"));
        let workdir = flags().find_map(|word| word.strip_prefix("--workdir=")).map(|path| Text::Utf8(path.to_owned()));
        Self { operation, backup, workdir, ..self }
    }
}

/// What a console meant that did not write it.
const fn grace_secs() -> u64 {
    GRACE_SECS
}

#[cfg(test)]
mod tests {
    use super::{super::sandbox::Sandbox, *};

    fn read(json: &str) -> Option<RunSpec> {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join(SPEC), json).expect("written");
        RunSpec::read(dir.path())
    }

    #[test]
    fn what_an_older_longshore_wrote_is_read_from_the_arguments() {
        for (args, operation, backup, workdir) in [
            (r#"["copy", "--config", "/c", "--", "/a", "/b"]"#, Some(Operation::Copy), false, None),
            (r#"["sync", "--backup-dir=b2:old", "--", "/a", "/b"]"#, Some(Operation::Sync), true, None),
            (r#"["move", "--", "/a", "--backup-dir=/b"]"#, Some(Operation::Move), false, None),
            (
                r#"["bisync", "--workdir=/d/bisync/x", "--", "/a", "/b"]"#,
                Some(Operation::Bisync),
                false,
                Some("/d/bisync/x"),
            ),
            (r#"["bisync", [47, 255], "--workdir=/w", "--", "/a", "/b"]"#, Some(Operation::Bisync), false, Some("/w")),
            (
                r#"["check", "--combined=/d/combined.txt", "--", "/a", "--workdir=/b"]"#,
                Some(Operation::Check),
                false,
                None,
            ),
            (r#"["mount", "--read-only", "--", "b2:", "/mnt"]"#, None, false, None),
            ("[]", None, false, None),
        ] {
            let spec =
                read(&format!(r#"{{"program":"/usr/bin/rclone","args":{args},"env":[],"umask":18}}"#)).expect("read");
            assert_eq!((spec.operation, spec.backup), (operation, backup), "{args}");
            assert_eq!(spec.workdir, workdir.map(|path| Text::Utf8(path.to_owned())), "{args}");
            assert_eq!((&spec.reach, spec.grace_secs), (&Reach::older(), 10), "{args}");
        }
        for broken in ["", "{", "[]", r#"{"program":1}"#] {
            assert!(read(broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn how_far_it_reaches_is_read_as_it_was_written() {
        let spec = read(r#"{"program":"/r","args":["version"],"env":[],"umask":18}"#).expect("read");
        for reach in [Reach::older(), Reach::Sandbox(Sandbox::closed())] {
            let json = serde_json::to_string(&RunSpec {
                reach: reach.clone(),
                ..read(r#"{"program":"/r","args":[],"env":[],"umask":18}"#).expect("read")
            });
            assert_eq!(read(&json.expect("JSON")).expect("read").reach, reach);
        }
        assert_eq!(spec.args, ["version".to_owned()].map(Text::Utf8));
    }

    #[test]
    fn what_is_written_counts_whatever_the_arguments_say() {
        let json = r#"{"program":"/r","args":["copy","--backup-dir=/x"],"env":[],"umask":18,"operation":"move","backup":false,"workdir":null}"#;
        let spec = read(json).expect("read");
        assert_eq!((spec.operation, spec.backup), (Some(Operation::Move), false));
        let again = serde_json::to_string(&spec).expect("JSON");
        assert_eq!(read(&again).expect("read").operation, Some(Operation::Move));
    }
}
