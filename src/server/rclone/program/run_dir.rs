//! The files in the folder of a process that runs under a shim, by their names.

/// What is run: see [`super::spec`].
pub const SPEC: &str = "run.json";
/// Held by the shim and by rclone: held means that something lives.
pub const LOCK: &str = "lock";
/// Their process numbers.
pub const PIDS: &str = "pids.json";
/// How rclone ended.
pub const EXIT: &str = "exit.json";
/// What rclone writes to its standard output.
pub const STDOUT: &str = "stdout";
/// What rclone says before it has a log, or when it breaks: text.
pub const STDERR: &str = "stderr";
/// Its remote control.
pub const SOCKET: &str = "rc.sock";
/// The names that a run takes up, when not all: a NUL after each.
pub const ONLY: &str = "only";
/// rclone's log; of a run that has ended, in its report's folder.
pub const LOG: &str = "log.jsonl";
/// What `rclone check` found: one file a line, after a sign.
pub const COMBINED: &str = "combined.txt";
