//! Rows of the audit log: who did what, when, through what (browser, token, command line), and from where.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{AppError, Result},
    id::{AuditId, RunId, UserId},
    page,
    time::Timestamp,
};

/// Longest text of a filter, in bytes.
const FILTER_MAX: usize = 256;

/// By which way somebody came, or what acted in their name. Stored as its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A browser that is signed in.
    Session,
    /// A program with a token.
    Token,
    /// The command line of this server.
    Cli,
    /// The setup of the first admin.
    Setup,
    /// A job that follows another.
    Chain,
}

impl Via {
    /// The word for it in the audit log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Cli => "cli",
            Self::Setup => "setup",
            Self::Chain => "chain",
        }
    }
}

/// One thing that somebody did, or tried to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// The row.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who; absent when nobody is known, as with a sign-in under a name that nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Their name then; empty when nobody is known.
    pub user: String,
    /// By which door: `session`, `token`, `cli` or `setup`; `chain` is a job that followed another.
    #[schema(example = "session")]
    pub via: String,
    /// What: a noun and a verb.
    #[schema(example = "run.start")]
    pub action: String,
    /// To what.
    pub target: String,
    /// More about it, by action.
    pub detail: serde_json::Value,
    /// Whether it was done.
    pub success: bool,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// About which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
}

/// Which rows are wanted. All that is said has to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AuditQuery {
    /// Only by this person: the whole name, whatever its case.
    pub user: String,
    /// Only actions that begin so: `run.` or `run.start`.
    pub action: String,
    /// Only with this in the target.
    pub target: String,
    /// Only what was done, or only what was not.
    pub success: Option<bool>,
    /// Only from this time on.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
    /// Only from addresses that begin so.
    pub address: String,
    /// Only those before this one, newest first: the cursor from the previous page.
    pub cursor: Option<AuditId>,
    /// How many, at most 1,000; 0 is 100.
    pub limit: u32,
}

impl AuditQuery {
    /// Refuses what cannot be meant, naming the field.
    pub fn validate(&self) -> Result<()> {
        for (field, text) in
            [("user", &self.user), ("action", &self.action), ("target", &self.target), ("address", &self.address)]
        {
            if text.len() > FILTER_MAX {
                return Err(AppError::invalid(field, "At most 256 bytes."));
            }
        }
        page::check_limit(self.limit)?;
        match (self.since, self.until) {
            (Some(since), Some(until)) if since >= until => {
                Err(AppError::invalid("until", "This is before the start."))
            }
            _ => Ok(()),
        }
    }
}

/// A page of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditPage {
    /// The rows.
    pub entries: Vec<AuditEntry>,
    /// Give it back to have the next page; `None` on the last.
    pub cursor: Option<AuditId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_meant_is_refused_by_field() {
        let long = "x".repeat(257);
        for (query, field) in [
            (AuditQuery { user: long.clone(), ..AuditQuery::default() }, "user"),
            (AuditQuery { address: long, ..AuditQuery::default() }, "address"),
            (AuditQuery { limit: 1001, ..AuditQuery::default() }, "limit"),
            (AuditQuery { since: Some(Timestamp(5)), until: Some(Timestamp(5)), ..AuditQuery::default() }, "until"),
        ] {
            assert!(query.validate().expect_err(field).field(field).is_some(), "{field}");
        }
        AuditQuery { since: Some(Timestamp(4)), until: Some(Timestamp(5)), limit: 1000, ..AuditQuery::default() }
            .validate()
            .expect("good");
    }
}
