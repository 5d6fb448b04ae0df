//! One question to a remote: an rclone of its own lists a folder once. What it finds is `test`'s to say.

use std::{ffi::OsString, path::Path, time::Duration};

use crate::{
    domain::location::Location,
    server::rclone::{
        error::{RcloneError, text},
        wire,
    },
};

use super::{
    args,
    binary::Binary,
    oneshot::{Answer, MAX_OUTPUT, ask},
    sandbox::Sandbox,
    spawner::Spawner,
};

/// How long a test may take at most.
pub const LIMIT: Duration = Duration::from_secs(30);
/// What rclone says of each name that an encrypting remote leaves out.
const UNDECRYPTABLE: &str = "Skipping undecryptable ";

/// What is asked.
pub struct Probe<'a> {
    /// The configuration.
    pub conf: &'a Path,
    /// What is listed: `name:`, or a path.
    pub target: &'a str,
    /// What must not be said.
    pub secrets: &'a [String],
    /// What its environment has beside the usual.
    pub env: &'a [(OsString, OsString)],
    /// What it may reach in the file system.
    pub sandbox: &'a Sandbox,
    /// How long it may take.
    pub limit: Duration,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was listed.
    Listed(Listed),
    /// It was not; why, in words.
    Failed(String),
}

/// What a folder holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Files and folders.
    pub entries: u64,
    /// How many of them are folders.
    pub folders: u64,
    /// Names that an encrypting remote could not decrypt, and left out.
    pub undecryptable: u64,
    /// Whether there may be more of those.
    pub more: bool,
}

impl Listed {
    /// Whether there are names, and none of them can be decrypted.
    pub const fn is_unreadable(&self) -> bool {
        self.undecryptable > 0 && self.entries == 0
    }
}

/// What is asked of a remote, in the place of its root: the root of some is made up, and tells nothing of whether
/// anybody answers.
#[must_use]
pub fn asked(kind: &str, place: &Location) -> Location {
    let made_up = ["google photos", "googlephotos", "gphotos"].contains(&kind) && place.segments().is_empty();
    if made_up { place.join("album") } else { place.clone() }
}

/// Why nothing can be asked of a place, whose root is made up and has nothing below that everybody may see; `None`
/// where something can.
#[must_use]
pub fn unasked(kind: &str, place: &Location) -> Option<&'static str> {
    (kind == "internetarchive" && place.segments().is_empty())
        .then_some("Nothing was asked: Internet Archive lists nothing above its items. Browse one of them to see whether it answers.")
}

impl Probe<'_> {
    /// Asks. An answer that tells of a failure is still an answer; an error means that nothing was asked.
    pub async fn run(&self, spawner: &Spawner, binary: &Binary) -> Result<Found, RcloneError> {
        let answer =
            ask(spawner, binary, &args::probe(self.conf, self.target), self.env, self.sandbox, self.limit).await;
        Ok(match answer {
            Err(RcloneError::Timeout) => Found::Failed(format!("No answer within {} s.", self.limit.as_secs())),
            Err(error) => return Err(error),
            Ok(Answer { success: true, output, errors }) => Found::Listed(listed(&output, &errors)),
            Ok(Answer { errors, .. }) => Found::Failed(text::explain(&why(&errors), self.secrets)),
        })
    }

    /// Whether a file lies there. Where that cannot be told, none does.
    pub async fn is_file(&self, spawner: &Spawner, binary: &Binary) -> Result<bool, RcloneError> {
        match ask(spawner, binary, &args::stat(self.conf, self.target), self.env, self.sandbox, self.limit).await {
            Ok(Answer { success: true, output, .. }) => {
                Ok(serde_json::from_slice::<wire::StatItem>(&output).is_ok_and(|item| !item.is_dir))
            }
            Ok(_) | Err(RcloneError::Timeout) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn listed(output: &[u8], errors: &str) -> Listed {
    let lines = || output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let left_out =
        |line: &&str| serde_json::from_str::<wire::LogLine>(line).is_ok_and(|line| line.msg.starts_with(UNDECRYPTABLE));
    Listed {
        entries: count(lines().count()),
        folders: count(lines().filter(|line| line.ends_with(b"/")).count()),
        undecryptable: count(errors.lines().filter(left_out).count()),
        more: errors.len() as u64 >= MAX_OUTPUT,
    }
}

/// The reason in rclone's messages: the last error that is not its closing words, else those, else what is not JSON.
pub fn why(errors: &str) -> String {
    let lines: Vec<_> = errors.lines().filter_map(|line| serde_json::from_str::<wire::LogLine>(line).ok()).collect();
    let level = |levels: &[&str]| {
        lines.iter().rev().find(|line| levels.contains(&line.level.as_str())).map(|line| line.msg.clone())
    };
    level(&["critical", "error"])
        .or_else(|| level(&["notice"]))
        .or_else(|| errors.lines().last().map(str::to_owned))
        .unwrap_or_default()
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

    #[test]
    fn what_cannot_be_decrypted_is_counted_beside_what_is_listed() {
        let log = "{\"level\":\"notice\",\"msg\":\"Skipping undecryptable file name: bad\",\"object\":\"x\"}\n{\"level\":\"notice\",\"msg\":\"Skipping undecryptable dir name: bad\"}\n{\"level\":\"notice\",\"msg\":\"other\"}\n";
        assert_eq!(listed(b"a\nb/\n", log), Listed { entries: 2, folders: 1, undecryptable: 2, more: false });
    }

    #[test]
    fn a_root_that_is_made_up_is_not_what_is_asked() {
        let at = |text: &str| Location::parse(text).expect("a location");
        for (kind, place, expected) in
            [("google photos", "p:", "p:album"), ("google photos", "p:album/x", "p:album/x"), ("drive", "p:", "p:")]
        {
            assert_eq!(asked(kind, &at(place)), at(expected));
        }
    }
}
