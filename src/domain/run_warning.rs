//! What a run that ended well did not do, or did not prove: each with its counts, and in a sentence that is the same wherever it is said.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::format;

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// Files were compared by size only, or by size and time, where their content was to be compared.
    NotComparedByContent,
    /// Files failed in an earlier attempt, and nobody saw them succeed in a later one.
    NotConfirmed,
    /// Files were left out because their name is there twice, as the destination sees names.
    DuplicatesLeftOut,
    /// The source holds files, and the filters left none of them.
    NothingMatched,
    /// The source is empty or not there.
    SourceEmpty,
    /// Names that could not be decrypted were left out.
    NamesNotDecrypted,
}

/// Something that was asked for and not done, or not proved, although rclone ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunWarning {
    /// What it is about.
    pub kind: WarningKind,
    /// How many files it is about. `None` where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 312)]
    pub files: Option<u64>,
    /// It in words, and what to do.
    #[schema(example = "312 files were compared by size only: the destination has no checksums. Use download to compare their content.")]
    pub message: String,
}

impl RunWarning {
    fn new(kind: WarningKind, files: Option<u64>, message: String) -> Self {
        Self { kind, files, message }
    }

    /// The source held nothing.
    #[must_use]
    pub fn source_empty() -> Self {
        let message = "The source is empty or not there. Look whether its path is written as the remote has it.";
        Self::new(WarningKind::SourceEmpty, Some(0), message.to_owned())
    }

    /// The source holds `of` files, and the filters left none.
    #[must_use]
    pub fn nothing_matched(of: u64) -> Self {
        let message = format!(
            "0 of {} matched the filters. Look at include, exclude and the limits of age and size.",
            format::plural(of, "file", "files")
        );
        Self::new(WarningKind::NothingMatched, Some(of), message)
    }
}
