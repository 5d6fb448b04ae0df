//! The one error that REST and server functions answer with. Its cause is in the server's log, under
//! [`AppError::reference`].

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{ParseIdError, RunId};
use super::unique::Unique;

/// What kind of refusal or failure it is. [`ErrorCode::status`] is the only mapping to HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request could not be read: not JSON, a wrong type.
    BadRequest,
    /// A field fails its rule; [`AppError::fields`] names it.
    Invalid,
    /// No valid session or token.
    Unauthenticated,
    /// Signed in, but not allowed: role, origin or host.
    Forbidden,
    /// The remote, path, run or user is unknown.
    NotFound,
    /// The name is taken, or the state does not allow it.
    Conflict,
    /// A guard stopped it before it changed anything; the message says what it saw.
    BlockedGuard,
    /// Another run writes there.
    DestinationBusy,
    /// The body, or what was asked for, is larger than the limit.
    TooLarge,
    /// Too many tries, or too much of one person at once; [`AppError::retry_after`] says how long to wait.
    RateLimited,
    /// rclone ended with an error; the message is its own, without secrets.
    RcloneFailed,
    /// Anything else; the log has the details under the reference.
    Internal,
    /// rclone is not installed, or older than this console needs.
    RcloneMissing,
    /// Something needed does not answer now: the database is busy, the server is stopping, the network dropped.
    Unavailable,
    /// A time limit ran out.
    Timeout,
    /// The disk that holds the database is full.
    StorageFull,
}

impl ErrorCode {
    /// The HTTP status of this code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict | Self::BlockedGuard | Self::DestinationBusy => 409,
            Self::TooLarge => 413,
            Self::RateLimited => 429,
            Self::RcloneFailed | Self::Internal => 500,
            Self::RcloneMissing | Self::Unavailable => 503,
            Self::Timeout => 504,
            Self::StorageFull => 507,
        }
    }
}

/// What the error with marked fields says.
pub const CHECK_FIELDS: &str = "Check the marked fields.";

/// An error as a person and a program read it. The same JSON from server functions and from REST.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppError {
    /// What kind of error it is.
    pub code: ErrorCode,
    /// What went wrong and what to do, as a sentence. Never holds a secret.
    #[schema(example = "Check the marked fields.")]
    pub message: String,
    /// Field name to what is wrong with it: with the code `invalid`, where a place that was given is not there, and
    /// where a name is taken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({ "source": "Write it as remote:path, or as an absolute path of this server." }))]
    pub fields: BTreeMap<String, String>,
    /// Where the server's log tells more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "01JD3Z6N9V4M2K8Q7W5X1T0R3S")]
    pub reference: Option<String>,
    /// The run that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// Seconds to wait before trying again, for `rate_limited` and where too much is asked of the console at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// What it denies, where the code does not say that it denies something: for the audit log, never in an answer.
    #[serde(skip)]
    pub denied: Option<Denied>,
}

/// What an error denies whose code says something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// An option that nobody may set, because it leads out of what a person may do.
    Option,
    /// Something that belongs to somebody else: the answer says that it is not there.
    Foreign,
}

impl AppError {
    /// An error with a code and a sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            fields: BTreeMap::new(),
            reference: None,
            run_id: None,
            retry_after: None,
            denied: None,
        }
    }

    /// The same error, which denies something.
    #[must_use]
    pub fn denying(self, denied: Denied) -> Self {
        Self { denied: Some(denied), ..self }
    }

    /// One field fails its rule.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::invalid_fields(BTreeMap::from([(field.into(), problem.into())]))
    }

    /// Several fields fail their rules.
    #[must_use]
    pub fn invalid_fields(fields: BTreeMap<String, String>) -> Self {
        Self { fields, ..Self::new(ErrorCode::Invalid, CHECK_FIELDS) }
    }

    /// Another thing of this kind has the name already, or got it meanwhile. Both the sentence and the field say so.
    pub fn taken(what: Unique, name: impl fmt::Display) -> Self {
        let message = match what {
            Unique::Remote => format!("A remote named “{name}” already exists. Choose another name."),
            Unique::Job => format!("A job named “{name}” already exists. Choose another name."),
            Unique::User => format!("A user named “{name}” already exists. Choose another name."),
            Unique::Mount => {
                format!("Something is already mounted at {name}. Unmount it first, or choose another folder.")
            }
        };
        Self::conflict(message).marking(what.field())
    }

    /// The same error, which marks this field as well.
    #[must_use]
    pub fn marking(mut self, field: &str) -> Self {
        self.fields.insert(field.to_owned(), self.message.clone());
        self
    }

    /// All that it says, where no field can be marked: what is wrong with the fields, or else its message.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.fields.is_empty() {
            return self.message.clone();
        }
        self.fields.values().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// `what` is a noun with its name, as in "run 01J…".
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(ErrorCode::NotFound, format!("There is no {what}."))
    }

    /// The state does not allow it.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(ErrorCode::Unauthenticated, "Sign in to continue.")
    }

    /// Signed in, but not allowed.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Forbidden, message)
    }

    /// The same, said of this field: when it is about a place, both the sentence and the field tell.
    #[must_use]
    pub fn about(self, field: &str) -> Self {
        if self.code == ErrorCode::NotFound && self.fields.is_empty() {
            return self.marking(field);
        }
        self
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.code.status()
    }

    /// What is wrong with `field`, if it is named.
    #[must_use]
    pub fn field(&self, field: &str) -> Option<String> {
        self.fields.get(field).cloned()
    }

    /// What is wrong with `field`, or else all that it says.
    #[must_use]
    pub fn field_or_summary(&self, field: &str) -> String {
        self.field(field).unwrap_or_else(|| self.summary())
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}

impl From<ParseIdError> for AppError {
    fn from(error: ParseIdError) -> Self {
        Self::new(ErrorCode::NotFound, error.to_string())
    }
}

/// What most functions answer.
pub type Result<T, E = AppError> = std::result::Result<T, E>;
