//! What rclone says of a run as a whole: what it did not compare, left out, or did not heed. It says each in one line
//! of its log, and ends well.

use serde::{Deserialize, Serialize};

use super::line::Line;
use crate::{domain::run::warning::Duplicates, server::rclone::wire::quoted::unquote};

/// Folders that are kept, of those that rclone could not list.
const UNLISTED: usize = 50;
/// Options that are kept, of those that had no effect.
const OPTIONS: usize = 20;

/// What rclone said of a run as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// Which of rclone's attempts was the last; 0 in a log without a word of it, which is the first.
    pub attempts: u32,
    /// Of a check: files that are the same size, and whose content was not compared.
    pub unchecked: u64,
    /// Whether checksums were asked for, and there are none in common: sizes were compared (of a bisync, what is left
    /// to compare).
    pub no_checksum: bool,
    /// Of a bisync: whether a side keeps no times of files.
    pub no_times: bool,
    /// Names that an encrypting remote could not decrypt.
    pub undecrypted: u64,
    /// What was left out because its name is there twice.
    pub duplicates: Duplicates,
    /// Options that had no effect, and why.
    pub ignored: Vec<(String, String)>,
    /// Files that were written under a name that differs from that of another only in empty names: `a//b` and `a/b`.
    pub slashes: u64,
    /// Folders that rclone could not list, because their names are empty; they end in a slash. Empty for an object
    /// without a name right in the location.
    pub unlisted: Vec<String>,
}

impl Notes {
    /// Whether a line that is about no file may be one of these. Looked for before it is read.
    pub const STARTS: [&[u8]; 3] =
        [b"\"msg\":\"WARNING: Modtime", b"\"msg\":\"--checksum is in use", b"\"msg\":\"Ignoring --"];

    /// Takes a line that is about no file.
    pub fn line(&mut self, line: &Line<'_>) {
        let message = &*line.msg;
        if let Some(count) = message.strip_suffix(" hashes could not be checked").and_then(|count| count.parse().ok()) {
            self.unchecked = count;
        } else if message.starts_with("--checksum is in use but ") {
            self.no_checksum = true;
        } else if message.starts_with("WARNING: Modtime compare was requested") {
            self.no_times = true;
        } else if let Some((option, why)) = message.strip_prefix("Ignoring --").and_then(ignored)
            && self.ignored.len() < OPTIONS
            && self.ignored.iter().all(|(known, _)| *known != option)
        {
            self.ignored.push((option, why));
        }
    }

    /// An attempt has ended: the next one says of duplicates what it finds.
    pub fn attempt(&mut self, ended: u32, next: bool) {
        self.attempts = ended;
        if next {
            self.duplicates = Duplicates::default();
        }
    }

    /// Takes a notice that a file or folder was left out.
    pub fn left_out(&mut self, line: &Line<'_>) {
        match &*line.msg {
            "Duplicate object found in source - ignoring" => self.duplicates.source += 1,
            "Duplicate object found in destination - ignoring" => self.duplicates.destination += 1,
            message if message.starts_with("Duplicate directory found ") => self.duplicates.folders += 1,
            _ => {}
        }
    }

    /// The folder that rclone could not list, if that is what an error says: it found others' entries in it.
    pub fn unlisted_folder(message: &str) -> Option<String> {
        let (folder, why) = message.strip_prefix("Entry doesn't belong in directory ")?.rsplit_once(" (")?;
        let why = why.strip_suffix(") - ignoring")?;
        matches!(why, "too short" | "same as directory" | "contains subdir").then(|| unquote(folder))
    }

    /// Takes such a folder; whether it is new.
    pub fn unlisted(&mut self, folder: &str) -> bool {
        let is_new = self.unlisted.len() < UNLISTED && self.unlisted.iter().all(|known| known != folder);
        if is_new {
            self.unlisted.push(folder.to_owned());
        }
        is_new
    }

    /// Whether a notice says that a name could not be decrypted.
    pub fn is_undecrypted(message: &str) -> bool {
        message.starts_with("Skipping undecryptable ")
    }
}

/// `track-renames as it doesn't work with copy or move, only sync`: the option by its name, and why it had no effect.
fn ignored(text: &str) -> Option<(String, String)> {
    let (option, why) = text.split_once(' ')?;
    let why = why.strip_prefix("as ").map_or_else(|| format!("it does not work {why}"), str::to_owned);
    Some((option.replace('-', "_"), why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Notes {
        let mut notes = Notes::default();
        for msg in lines {
            let json = serde_json::json!({ "level": "notice", "msg": msg, "object": "x", "objectType": "*local.Fs" })
                .to_string();
            notes.line(&Line::read(json.as_bytes()).expect("a line"));
        }
        notes
    }

    #[test]
    fn a_folder_that_was_not_listed_is_known_by_the_entries_that_do_not_belong_in_it() {
        for (message, folder) in [
            ("Entry doesn't belong in directory \"a/\" (too short) - ignoring", Some("a/")),
            ("Entry doesn't belong in directory \"\" (same as directory) - ignoring", Some("")),
            ("Entry doesn't belong in directory \"a (b)\" (contains subdir) - ignoring", Some("a (b)")),
            ("Entry doesn't belong in directory \"q\\\"/\\n/\" (too short) - ignoring", Some("q\"/\n/")),
            ("Entry doesn't belong in directory \"a/\" (else) - ignoring", None),
            ("Entry doesn't belong", None),
            ("Failed to copy: Entry doesn't belong in directory \"a/\" (too short) - ignoring", None),
        ] {
            assert_eq!(Notes::unlisted_folder(message).as_deref(), folder, "{message}");
        }
        let mut notes = Notes::default();
        assert!(notes.unlisted("a/") && !notes.unlisted("a/") && notes.unlisted(""));
    }

    #[test]
    fn what_was_not_compared_or_heeded_is_noted() {
        assert_eq!(
            of(&["12 hashes could not be checked", "3 matching files", "x hashes could not be checked"]).unchecked,
            12
        );
        let fell_back =
            "--checksum is in use but the source and destination have no hashes in common; falling back to --size-only";
        assert!(of(&[fell_back]).no_checksum);
        assert!(
            of(&["--checksum is in use but Path1 and Path2 have no hashes in common; falling back to --compare modtime,size"]).no_checksum
        );
        assert!(of(&["WARNING: Modtime compare was requested but at least one remote does not support it. It is recommended …"]).no_times);
        let track = "Ignoring --track-renames as the source and destination do not have a common hash";
        let ignored = of(&[track, track, "Ignoring --no-traverse with sync", "Ignoring me"]).ignored;
        assert_eq!(
            ignored,
            [
                ("track_renames".to_owned(), "the source and destination do not have a common hash".to_owned()),
                ("no_traverse".to_owned(), "it does not work with sync".to_owned()),
            ]
        );
    }
}
