//! The options that rclone's own list (`options/info`) leaves out: those of one command alone, and some of every
//! command. Copied from the `--help` of rclone 1.75.2; a test compares them with it.

use crate::domain::flag::{Flag, FlagKind};

/// An option that only `--help` has.
pub struct Own {
    /// rclone's name for it, with underscores.
    pub name: &'static str,
    /// What its value is.
    pub kind: FlagKind,
    /// What counts when it is not given.
    pub default: &'static str,
    /// Where `--help` has it; `Command` is among those of the command itself.
    pub group: &'static str,
    /// The choices.
    pub choices: &'static [&'static str],
    /// What it does, in rclone's words.
    pub help: &'static str,
}

impl From<&Own> for Flag {
    fn from(own: &Own) -> Self {
        Self {
            name: own.name.to_owned(),
            help: own.help.to_owned(),
            kind: own.kind,
            default: own.default.to_owned(),
            group: own.group.to_owned(),
            choices: own.choices.iter().map(|choice| (*choice).to_owned()).collect(),
        }
    }
}

/// All of them that may be set.
pub const OWN: [Own; 27] = [
    Own {
        name: "bind",
        kind: FlagKind::Text,
        default: "",
        group: "Networking",
        choices: &[],
        help: "Local address to bind to for outgoing connections, IPv4, IPv6 or name",
    },
    Own {
        name: "check_access",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Ensure expected RCLONE_TEST files are found on both Path1 and Path2 filesystems, else abort.",
    },
    Own {
        name: "check_filename",
        kind: FlagKind::Text,
        default: "RCLONE_TEST",
        group: "Command",
        choices: &[],
        help: "Filename for --check-access (default: RCLONE_TEST)",
    },
    Own {
        name: "check_sync",
        kind: FlagKind::Choice,
        default: "true",
        group: "Command",
        choices: &["true", "false", "only"],
        help: "Controls comparison of final listings: true|false|only (default: true)",
    },
    Own {
        name: "compare",
        kind: FlagKind::Text,
        default: "size,modtime",
        group: "Command",
        choices: &[],
        help: "Comma-separated list of bisync-specific compare options ex. 'size,modtime,checksum' (default: 'size,modtime')",
    },
    Own {
        name: "conflict_loser",
        kind: FlagKind::Choice,
        default: "num",
        group: "Command",
        choices: &["num", "pathname", "delete"],
        help: "Action to take on the loser of a sync conflict (when there is a winner) or on both files (when there is no winner): , num, pathname, delete (default: num)",
    },
    Own {
        name: "conflict_resolve",
        kind: FlagKind::Choice,
        default: "none",
        group: "Command",
        choices: &["none", "path1", "path2", "newer", "older", "larger", "smaller"],
        help: "Automatically resolve conflicts by preferring the version that is: none, path1, path2, newer, older, larger, smaller (default: none)",
    },
    Own {
        name: "conflict_suffix",
        kind: FlagKind::Text,
        default: "conflict",
        group: "Command",
        choices: &[],
        help: "Suffix to use when renaming a --conflict-loser. Can be either one string or two comma-separated strings to assign different suffixes to Path1/Path2. (default: 'conflict')",
    },
    Own {
        name: "create_empty_src_dirs",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Create empty source dirs on destination after copy",
    },
    Own {
        name: "delete_after",
        kind: FlagKind::Bool,
        default: "false",
        group: "Sync",
        choices: &[],
        help: "When synchronizing, delete files on destination after transferring (default)",
    },
    Own {
        name: "delete_before",
        kind: FlagKind::Bool,
        default: "false",
        group: "Sync",
        choices: &[],
        help: "When synchronizing, delete files on destination before transferring",
    },
    Own {
        name: "delete_during",
        kind: FlagKind::Bool,
        default: "false",
        group: "Sync",
        choices: &[],
        help: "When synchronizing, delete files during transfer",
    },
    Own {
        name: "download",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Check by downloading rather than with hash",
    },
    Own {
        name: "download_hash",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Compute hash by downloading when otherwise unavailable. (warning: may be slow and use lots of data!)",
    },
    Own {
        name: "dscp",
        kind: FlagKind::Text,
        default: "",
        group: "Networking",
        choices: &[],
        help: "Set DSCP value to connections, value or name, e.g. CS1, LE, DF, AF21",
    },
    Own {
        name: "force",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Bypass --max-delete safety check and run the sync. Consider using with --verbose",
    },
    Own {
        name: "header_download",
        kind: FlagKind::List,
        default: "",
        group: "Networking",
        choices: &[],
        help: "Set HTTP header for download transactions",
    },
    Own {
        name: "header_upload",
        kind: FlagKind::List,
        default: "",
        group: "Networking",
        choices: &[],
        help: "Set HTTP header for upload transactions",
    },
    Own {
        name: "ignore_listing_checksum",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Do not use checksums for listings (add --ignore-checksum to additionally skip post-copy checksum checks)",
    },
    Own {
        name: "metadata_set",
        kind: FlagKind::List,
        default: "",
        group: "Metadata",
        choices: &[],
        help: "Add metadata key=value when uploading",
    },
    Own {
        name: "no_slow_hash",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Ignore listing checksums only on backends where they are slow",
    },
    Own {
        name: "one_way",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Check one way only, source files must exist on remote",
    },
    Own {
        name: "remove_empty_dirs",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Remove ALL empty directories at the final cleanup step.",
    },
    Own {
        name: "resync",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Performs the resync run. Equivalent to --resync-mode path1. Consider using --verbose or --dry-run first.",
    },
    Own {
        name: "resync_mode",
        kind: FlagKind::Choice,
        default: "none",
        group: "Command",
        choices: &["none", "path1", "path2", "newer", "older", "larger", "smaller"],
        help: "During resync, prefer the version that is: path1, path2, newer, older, larger, smaller (default: path1 if --resync, otherwise none for no resync.)",
    },
    Own {
        name: "rmdirs",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "rmdirs removes empty directories but leaves root intact",
    },
    Own {
        name: "slow_hash_sync_only",
        kind: FlagKind::Bool,
        default: "false",
        group: "Command",
        choices: &[],
        help: "Ignore slow checksums for listings and deltas, but still consider them during sync calls.",
    },
];
