//! How the files of two sides will be compared (size, time, checksum), in words, known before a run starts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{operation::Operation, run::warning::Lack};

/// By what files of one name are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparesBy {
    /// By their content: it is read on both sides.
    Content,
    /// By size and checksum.
    Checksum,
    /// By size and time.
    SizeAndTime,
    /// By size only: a change that keeps the size is not seen.
    Size,
    /// By name only: what is there already is left as it is.
    Name,
    /// Not at all: everything is transferred.
    Nothing,
}

/// How files are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Comparison {
    /// By what.
    pub by: ComparesBy,
    /// It in words.
    #[schema(
        example = "Files are compared by size only: dav has no checksums. Run the check with download to compare their content."
    )]
    pub message: String,
    /// Whether this is less than was asked for, or less than is needed to see every change: a run that relies on it
    /// ends with a warning.
    pub is_less: bool,
}

impl Comparison {
    /// In words, before a run begins.
    #[must_use]
    pub fn new(operation: Operation, by: ComparesBy, lack: Option<&Lack>) -> Self {
        let how = match by {
            ComparesBy::Content => "Files are compared by their content: both sides are read in full.",
            ComparesBy::Checksum => "Files are compared by size and checksum.",
            ComparesBy::SizeAndTime => "Files are compared by size and time.",
            ComparesBy::Size => "Files are compared by size only.",
            ComparesBy::Name => "Existing files are left unchanged.",
            ComparesBy::Nothing => "Nothing is compared: everything is transferred.",
        };
        let message = match lack {
            None => how.to_owned(),
            Some(lack) => format!("{}: {}. {}", how.trim_end_matches('.'), lack.description(), lack.remedy(operation)),
        };
        Self { by, message, is_less: lack.is_some() }
    }
}
