//! The one place where an error of a lower layer becomes one that a person reads: the source goes to the log, once,
//! under a reference.

use std::{error::Error, io};

use ulid::Ulid;

use super::{rclone::error::RcloneError, store::StoreError};
use crate::domain::{
    error::{AppError, Denied, ErrorCode},
    unique::Unique,
};

/// Logs `source` with all that caused it, and answers with where to find it.
pub fn internal(what: &'static str, source: &(dyn Error + 'static)) -> AppError {
    report(
        ErrorCode::Internal,
        "Something went wrong in Longshore. Its log has the details under this reference.",
        what,
        source,
    )
}

fn report(code: ErrorCode, message: &str, what: &'static str, source: &(dyn Error + 'static)) -> AppError {
    let reference = Ulid::new().to_string();
    tracing::error!(reference, error = causes(source), "{what}");
    AppError { reference: Some(reference), ..AppError::new(code, message) }
}

/// An error and all that caused it, in one line for the log.
pub fn causes(source: &(dyn Error + 'static)) -> String {
    let mut causes = source.to_string();
    let mut next = source.source();
    while let Some(cause) = next {
        causes.push_str(": ");
        causes.push_str(&cause.to_string());
        next = cause.source();
    }
    causes
}

/// An error of a statement that writes something with a unique name: taken, the field is marked.
pub fn unless_taken(what: Unique, name: &str) -> impl FnOnce(StoreError) -> AppError {
    move |error| match error {
        StoreError::Taken => AppError::taken(what, name),
        error => error.into(),
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken => Self::conflict("This already exists."),
            StoreError::Busy(_) => report(
                ErrorCode::Unavailable,
                "The database is busy. Try again in a moment.",
                "the database is busy",
                &error,
            ),
            StoreError::Full(_) => {
                let message =
                    "The disk that holds Longshore's database is full. Nothing was changed. Make room, and try again.";
                report(ErrorCode::StorageFull, message, "the disk of the database is full", &error)
            }
            error => internal("the database failed", &error),
        }
    }
}

impl From<RcloneError> for AppError {
    fn from(error: RcloneError) -> Self {
        match error {
            RcloneError::Unavailable { message } => Self::new(ErrorCode::Unavailable, message),
            RcloneError::Missing { message } => Self::new(ErrorCode::RcloneMissing, message),
            RcloneError::Invalid { fields, withheld: true } => Self::invalid_fields(fields).denying(Denied::Option),
            RcloneError::Invalid { fields, withheld: false } => Self::invalid_fields(fields),
            RcloneError::Exists { name } => Self::taken(Unique::Remote, name),
            RcloneError::UnknownRemote => Self::not_found("remote with this name"),
            RcloneError::NotFound => Self::new(ErrorCode::NotFound, "This folder does not exist."),
            RcloneError::IsFile => Self::new(ErrorCode::NotFound, "That is a file, not a folder."),
            RcloneError::TooMuch => Self::new(
                ErrorCode::TooLarge,
                "This folder holds too much to list at once. List its subfolders one by one, or fewer levels.",
            ),
            RcloneError::Failed { message } | RcloneError::Refused { message } => {
                Self::new(ErrorCode::RcloneFailed, message)
            }
            RcloneError::Timeout => {
                Self::new(ErrorCode::Timeout, "The remote did not answer in time. Test it, or try again.")
            }
            RcloneError::Io { ref source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                let message =
                    "The disk that holds Longshore's data is full. Nothing was changed. Make room, and try again.";
                report(ErrorCode::StorageFull, message, "the disk of the data folder is full", &error)
            }
            error @ (RcloneError::Io { .. } | RcloneError::Broken(_)) => internal("rclone could not be used", &error),
        }
    }
}
