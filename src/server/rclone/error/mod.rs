//! What can go wrong with rclone, as the layers above read it. Texts are redacted before they get in here.

pub mod redact;
pub mod secrets;
pub mod text;
pub mod transient;

use std::{collections::BTreeMap, io};

/// A refusal or failure of rclone, or of what Longshore does around it.
#[derive(Debug, thiserror::Error)]
pub enum RcloneError {
    /// rclone is not there, or older than it has to be.
    #[error("{message}")]
    Missing {
        /// What is missing and how to get it.
        message: String,
    },
    /// Options that fail their rules.
    #[error("not valid: {}", fields.keys().cloned().collect::<Vec<_>>().join(", "))]
    Invalid {
        /// Option, or `name` or `provider`, to what is wrong with it.
        fields: BTreeMap<String, String>,
        /// Whether one of them is an option that nobody may set.
        withheld: bool,
    },
    /// A remote has this name already.
    #[error("a remote named “{name}” already exists")]
    Exists {
        /// The name.
        name: String,
    },
    /// No remote has this name.
    #[error("there is no remote with this name")]
    UnknownRemote,
    /// Nothing lies there.
    #[error("the folder does not exist")]
    NotFound,
    /// A file lies there, and no folder.
    #[error("that is a file, not a folder")]
    IsFile,
    /// The remote does not accept the credentials: trying again is of no use.
    #[error("{message}")]
    Refused {
        /// Why, in words, without secrets.
        message: String,
    },
    /// This machine lacks something that is needed for this alone.
    #[error("{message}")]
    Unavailable {
        /// What is missing and how to get it.
        message: String,
    },
    /// More lies there than there is memory for.
    #[error("there is too much to list at once")]
    TooMuch,
    /// rclone said no.
    #[error("{message}")]
    Failed {
        /// Why, in words, without secrets.
        message: String,
    },
    /// A time limit ran out.
    #[error("rclone did not answer in time")]
    Timeout,
    /// The disk, a socket or a process failed underneath.
    #[error("{context}")]
    Io {
        /// What was being done.
        context: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something is not as it has to be: an answer that cannot be read, a file that is not what was written.
    #[error("{0}")]
    Broken(String),
}

impl RcloneError {
    /// One option fails its rule.
    pub(crate) fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { fields: BTreeMap::from([(field.to_owned(), problem.into())]), withheld: false }
    }
}

/// Says what was being done when the system failed.
pub(crate) trait During<T> {
    /// `context` completes "could not …".
    fn during(self, context: &'static str) -> Result<T, RcloneError>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, context: &'static str) -> Result<T, RcloneError> {
        self.map_err(|source| RcloneError::Io { context, source })
    }
}
