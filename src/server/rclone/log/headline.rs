//! Why a run failed, in one sentence: the first file that failed and why, and how many more did; else what rclone said
//! of the whole. Each error is worded as in a test of a remote.

use std::collections::HashSet;

use crate::server::rclone::{
    error::{redact::redact, text, transient},
    wire,
};

/// What rclone says after an error, which is not why.
const AFTER: [&str; 8] = [
    "not deleting files as there were IO errors",
    "not deleting directories as there were IO errors",
    "Fatal error received - not attempting retries",
    "Can't retry any of the errors",
    "Retry after ",
    "--max-delete threshold reached",
    "Cannot find any files to delete",
    "lower level sync error",
];
/// Verdicts that others read further: they are passed on as they are.
const KEPT: [&str; 2] = ["Failed to bisync", "Failed to check"];
/// Most names that are counted separately.
const NAMES: usize = 10_000;

/// What was said so far.
#[derive(Default)]
pub struct Headline {
    verdict: Option<String>,
    critical: Option<String>,
    error: Option<String>,
    /// The first file that failed in this attempt, and why.
    file: Option<(String, String)>,
    /// All that did.
    failed: HashSet<String>,
    /// Whether another attempt began since.
    anew: bool,
}

impl Headline {
    /// Takes a line.
    pub fn line(&mut self, line: &wire::LogLine) {
        match line.level.as_str() {
            "notice" if line.msg.starts_with("Failed to ") => self.verdict = Some(line.msg.clone()),
            "critical" => self.critical = Some(line.msg.clone()),
            "error" if line.msg.starts_with("Attempt ") => self.anew = true,
            "error" if AFTER.iter().any(|after| line.msg.contains(after)) => {}
            "error" => {
                match line.object.as_deref().filter(|object| !object.is_empty() && !line.object_type.ends_with("Fs")) {
                    Some(object) => self.file(object, &line.msg),
                    None => self.error = Some(line.msg.clone()),
                }
            }
            _ => {}
        }
    }

    fn file(&mut self, object: &str, message: &str) {
        let object = whole(object);
        if self.anew {
            (self.file, self.anew) = (None, false);
            self.failed.clear();
        }
        self.file.get_or_insert_with(|| (object.to_owned(), message.to_owned()));
        if self.failed.len() < NAMES {
            self.failed.insert(object.to_owned());
        }
    }

    /// The error that is under way: of the last attempt.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        let file = self.file.as_ref().map(|(_, message)| message);
        file.or(self.error.as_ref()).or(self.critical.as_ref()).map(String::as_str)
    }

    /// Whether that may pass by itself.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.cause().or(self.verdict.as_deref()).is_some_and(transient::is_passing)
    }

    /// In words. `None` when nothing failed.
    #[must_use]
    pub fn text(self) -> Option<String> {
        if let Some(verdict) = self.verdict.as_ref().filter(|verdict| KEPT.iter().any(|kept| verdict.starts_with(kept)))
        {
            return Some(text::plain(verdict));
        }
        if let Some((name, message)) = &self.file {
            return Some(of_files(name, message, self.failed.len()));
        }
        let whole =
            self.critical.or(self.error.filter(|_| self.verdict.as_deref().is_none_or(is_after))).or(self.verdict)?;
        Some(of_remote(&whole))
    }
}

/// The name of a file, also of its half that rclone writes first: `a.txt.24a2bd2b.partial`.
fn whole(object: &str) -> &str {
    let half = object.strip_suffix(".partial").and_then(|rest| rest.rsplit_once('.'));
    half.filter(|(_, mark)| mark.len() == 8 && mark.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map_or(object, |(name, _)| name)
}

/// Whether a verdict ends in what is said after an error.
fn is_after(verdict: &str) -> bool {
    AFTER.iter().any(|after| verdict.contains(after))
}

fn of_files(name: &str, message: &str, failed: usize) -> String {
    let said = text::explain(message, &[]);
    let said = format!("{}: {}", text::plain(&redact(name)), said.trim_end_matches('.'));
    match failed {
        0 | 1 => format!("{said}."),
        2 => format!("{said}. And 1 more file failed."),
        more => format!("{said}. And {} more files failed.", more - 1),
    }
}

/// An error of a whole remote, with its name: a run has two.
fn of_remote(text: &str) -> String {
    let said = text::explain(text, &[]);
    let name = text
        .strip_prefix("Failed to create file system for ")
        .and_then(|rest| rest.split('"').nth(1))
        .and_then(|place| place.split_once(':'));
    match name {
        Some((name, _)) if !name.is_empty() && !name.contains([',', '/']) && !said.contains("Failed to create") => {
            format!("{name}: {said}")
        }
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &[(&str, &str, &str)]) -> Option<String> {
        let mut headline = Headline::default();
        for (level, object, msg) in lines {
            let object = (!object.is_empty()).then(|| (*object).to_owned());
            headline.line(&wire::LogLine {
                level: (*level).to_owned(),
                msg: (*msg).to_owned(),
                object,
                ..wire::LogLine::default()
            });
        }
        headline.text()
    }

    const VERDICT: &str =
        "Failed to move with 3 errors: last error was: not deleting directories as there were IO errors";

    #[test]
    fn the_first_file_is_named_with_why_and_how_many_more() {
        let denied = "Failed to copy: open /x/a.txt: permission denied";
        for (lines, expected) in [
            (
                &[
                    ("error", "d/a.txt", denied),
                    ("error", "b.txt", "Failed to copy: 552 \"Disk full.\""),
                    ("notice", "", VERDICT),
                ][..],
                "d/a.txt: Permission was denied. And 1 more file failed.",
            ),
            (
                &[("error", "a.txt", denied), ("error", "a.txt", denied), ("notice", "", VERDICT)],
                "a.txt: Permission was denied.",
            ),
            (
                &[
                    ("error", "a.txt", denied),
                    ("error", "", "Attempt 1/2 failed with 1 errors"),
                    ("error", "c.txt", "Failed to copy: odd"),
                    ("error", "", "not deleting directories as there were IO errors"),
                    ("notice", "", VERDICT),
                ],
                "c.txt: Failed to copy: odd.",
            ),
            (
                &[("error", "1", denied), ("error", "2", denied), ("error", "3", denied), ("notice", "", VERDICT)],
                "1: Permission was denied. And 2 more files failed.",
            ),
            (&[("error", "", "not deleting files as there were IO errors"), ("notice", "", VERDICT)], VERDICT),
            (
                &[(
                    "critical",
                    "",
                    "Failed to create file system for \"nas:x\": read metadata failed: 401 Unauthorized",
                )],
                "nas: The credentials were refused (401): check user and password.",
            ),
            (&[("notice", "", "Failed to copy: directory not found")], "The folder does not exist."),
            (
                &[("error", "", "error reading source root directory: permission denied"), ("notice", "", VERDICT)],
                "Permission was denied.",
            ),
            (
                &[("notice", "", "Failed to check with 2 errors: last error was: 2 differences found")],
                "Failed to check with 2 errors: last error was: 2 differences found",
            ),
        ] {
            assert_eq!(text(lines).as_deref(), Some(expected), "{lines:?}");
        }
        assert_eq!(text(&[("info", "a", "Copied (new)")]), None);
    }

    #[test]
    fn a_whole_remote_is_no_file() {
        let mut headline = Headline::default();
        headline.line(&wire::LogLine {
            level: "error".into(),
            msg: "error reading source root directory: directory not found".into(),
            object: Some("Local file system at /srv/secret/place".into()),
            object_type: "*local.Fs".into(),
            ..wire::LogLine::default()
        });
        assert_eq!(headline.text().as_deref(), Some("The folder does not exist."));
    }

    #[test]
    fn only_what_rclone_says_and_never_a_name_makes_it_pass() {
        let passing = |object: &str, msg: &str| {
            let mut headline = Headline::default();
            let line = wire::LogLine {
                level: "error".into(),
                msg: msg.into(),
                object: Some(object.into()),
                ..wire::LogLine::default()
            };
            headline.line(&line);
            headline.is_passing()
        };
        assert!(passing("a.txt", "Failed to copy: dial tcp: connection refused"));
        assert!(!passing("IMG_4290.jpg", "Failed to copy: permission denied"));
        assert!(!passing("429 Too Many Requests", "Failed to copy: permission denied"));
    }
}
