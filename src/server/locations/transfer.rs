//! The places of a transfer, by all rules: each may be used, and none lies where it would be destroyed by the others.

use super::{Checked, Locations, overlap::Meeting};
use crate::domain::{
    error::{AppError, Result},
    location::Location,
    operation::Operation,
};

/// What a transfer was asked for, as it was written.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it does.
    pub operation: Operation,
    /// Where from.
    pub source: String,
    /// Where to.
    pub destination: Option<String>,
    /// Where it keeps what it replaces or deletes.
    pub backup_dir: Option<String>,
}

/// The places of a transfer, which may be used.
#[derive(Clone, Debug)]
pub struct Places {
    /// Where from.
    pub source: Checked,
    /// Where to; not for a delete.
    pub destination: Option<Checked>,
    /// Where it keeps what it replaces or deletes.
    pub backup_dir: Option<Checked>,
}

impl Locations {
    /// The places of a transfer, with every rule applied.
    pub async fn transfer(&self, asked: Asked) -> Result<Places> {
        let operation = asked.operation;
        let source = self.resolve("source", &asked.source).await?;
        let destination = match (&asked.destination, operation.has_destination()) {
            (Some(destination), true) => Some(self.resolve("destination", destination).await?),
            (None, false) => None,
            (None, true) => return Err(AppError::invalid("destination", "This field is required.")),
            (Some(_), false) => return Err(AppError::invalid("destination", "A delete has none.")),
        };
        let mut backup_dir = None;
        if let Some(destination) = &destination {
            if destination.location.is_same(&source.location) {
                return Err(AppError::invalid(
                    "destination",
                    "Source and destination are the same. Choose two folders.",
                ));
            }
            // What is only compared may overlap.
            if operation.writes_destination() {
                let problem = "Source and destination overlap. Choose two folders where neither contains the other.";
                apart("destination", &source, destination, problem)?;
            }
            if let Some(text) = &asked.backup_dir {
                backup_dir = Some(self.backup_dir(text, &source, destination).await?);
            }
        }
        Ok(Places { source, destination, backup_dir })
    }

    /// Where to keep what is replaced or deleted: rclone moves it there, which it can on one remote only.
    async fn backup_dir(&self, text: &str, source: &Checked, destination: &Checked) -> Result<Checked> {
        let backup = self.resolve("backup_dir", text).await?;
        let remote = destination.location.remote();
        if backup.location.remote() != remote {
            return Err(AppError::invalid(
                "backup_dir",
                format!("It must be on the remote of the destination, {remote}."),
            ));
        }
        let problem = "It must be outside the source and the destination, and must not contain them.";
        apart("backup_dir", &backup, destination, problem)?;
        apart("backup_dir", &backup, source, problem)?;
        Ok(backup)
    }
}

impl Places {
    /// The locations, as they are kept.
    #[must_use]
    pub fn locations(self) -> (Location, Option<Location>, Option<Location>) {
        (
            self.source.location,
            self.destination.map(|checked| checked.location),
            self.backup_dir.map(|checked| checked.location),
        )
    }
}

fn apart(field: &str, a: &Checked, b: &Checked, problem: &str) -> Result<()> {
    match a.meets(b) {
        Meeting::Apart => Ok(()),
        Meeting::Overlap => Err(AppError::invalid(field, problem)),
        Meeting::Unknown => {
            let (a, b) = (&a.location, &b.location);
            let problem = "Longshore cannot tell whether they overlap";
            let help = "Begin both paths with a slash, or neither: with a slash a path starts at the server's root, without one at the home folder";
            Err(AppError::invalid(field, format!("{problem}: {a} and {b}. {help}.")))
        }
    }
}
