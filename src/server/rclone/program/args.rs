//! The arguments and the environment that every rclone of ours begins with, and the command lines of those that answer
//! one question.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    path::Path,
};

use crate::domain::location::Location;

/// Variables that rclone gets from our environment: where its user is at home, and how this server reaches the network.
/// No `RCLONE_*`.
const PASSED: [&str; 17] = [
    "HOME",
    "PATH",
    "LANG",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
];

/// What rclone says when its configuration is not there: for a moment, while another rclone saves it.
const NO_CONF: &str = "not found - using defaults";
/// What it says when it gives up because of that, before it has done anything.
const NO_REMOTE: &str = "didn't find section in config file";

/// Whether an rclone that failed did so because its configuration was not there for a moment. It had done nothing: it
/// can be started again.
#[must_use]
pub fn lost_conf(log: &str) -> bool {
    log.contains(NO_CONF) && log.contains(NO_REMOTE)
}

/// The environment of every rclone.
#[must_use]
pub fn environment() -> Vec<(OsString, OsString)> {
    PASSED.iter().filter_map(|name| Some((name.into(), env::var_os(name)?))).collect()
}

/// `location` as rclone takes it: as it is.
#[must_use]
pub fn target(location: &Location) -> String {
    location.to_string()
}

/// A flag and its path as one word.
pub fn joined(flag: &str, path: &Path) -> OsString {
    let mut word = OsString::from(flag);
    word.push(path);
    word
}

/// What makes a remote known to an rclone without being in its configuration, and keeps what it remembers of it in
/// `cache`.
pub fn remote_environment(name: &str, options: &BTreeMap<String, String>, cache: &Path) -> Vec<(OsString, OsString)> {
    let variable = |option: &str| format!("RCLONE_CONFIG_{name}_{option}").to_uppercase().replace('-', "_");
    let options = options.iter().map(|(option, value)| (variable(option).into(), value.into()));
    options.chain([("XDG_CACHE_HOME".into(), cache.into())]).collect()
}

/// Lists the root of `target` once, quickly: the test of a connection. A child of its own, since in the warm rclone
/// some connects cannot be cancelled.
#[must_use]
pub fn probe(conf: &Path, target: &str) -> Vec<OsString> {
    quick(&["lsf", "--max-depth=1"], conf, target)
}

/// Tells what `target` itself is, a file or a folder, as quickly.
#[must_use]
pub fn stat(conf: &Path, target: &str) -> Vec<OsString> {
    quick(&["lsjson", "--stat", "--no-modtime", "--no-mimetype"], conf, target)
}

fn quick(command: &[&str], conf: &Path, target: &str) -> Vec<OsString> {
    let mut args = os_args(command);
    args.push("--config".into());
    args.push(conf.into());
    args.extend(os_args(&[
        "--ask-password=false",
        "--use-json-log",
        "--log-level=NOTICE",
        "--contimeout=5s",
        "--timeout=10s",
        "--low-level-retries=1",
        "--retries=1",
        "--",
        target,
    ]));
    args
}

/// Counts what lies in a location. A child of its own: it may take minutes.
#[must_use]
pub fn size(conf: &Path, location: &Location) -> Vec<OsString> {
    let mut args = os_args(&["size", "--json", "--config"]);
    args.push(conf.into());
    args.extend(os_args(&[
        "--ask-password=false",
        "--use-json-log",
        "--log-level=NOTICE",
        "--contimeout=15s",
        "--timeout=1m",
        "--low-level-retries=3",
        "--retries=1",
        "--",
        &target(location),
    ]));
    args
}

/// `words` as arguments.
pub fn os_args<T: AsRef<OsStr>>(words: &[T]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_found_no_remote_for_want_of_a_configuration_is_started_again() {
        let no_conf = r#"{"level":"notice","msg":"Config file \"/d/run/rclone.conf\" not found - using defaults"}"#;
        let no_remote = r#"{"level":"critical","msg":"Failed to create file system for \"b2:\": didn't find section in config file (\"b2\")"}"#;
        let failed = r#"{"level":"notice","msg":"Failed to copy: permission denied"}"#;
        assert!(lost_conf(&format!("{no_conf}\n{no_remote}\n")));
        assert!(!lost_conf(&format!("{no_conf}\n{failed}\n")), "it has worked without one");
        assert!(!lost_conf(no_remote) && !lost_conf(no_conf));
    }
}
