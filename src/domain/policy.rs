//! Who may do what: the one table that routes, server functions, the stream of events and the pages read.

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::user::Role;

macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $role:ident;)*) => {
        /// One thing that somebody may do: a noun and a verb. A token can be narrowed down to some of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Permission {
            $($(#[doc = $doc])* #[serde(rename = $text)] $name,)*
        }

        impl Permission {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word for it in tokens, JSON and errors.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What it lets one do, as a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),*).trim(),)*
                }
            }

            /// The least role that has it.
            #[must_use]
            pub const fn role(self) -> Role {
                match self {
                    $(Self::$name => Role::$role,)*
                }
            }
        }
    };
}

permissions! {
    /// See the first page, and who one is; choose how it looks.
    ConsoleRead = "console.read", Viewer;
    /// See remotes and providers, never their secrets.
    RemotesRead = "remotes.read", Viewer;
    /// Test a saved remote.
    RemotesTest = "remotes.test", Operator;
    /// Add, try and delete remotes: some options lead out of any folder.
    RemotesWrite = "remotes.write", Admin;
    /// List folders and measure them.
    FilesRead = "files.read", Viewer;
    /// See runs, their files and their logs.
    RunsRead = "runs.read", Viewer;
    /// Start and stop runs.
    RunsWrite = "runs.write", Operator;
    /// See jobs.
    JobsRead = "jobs.read", Viewer;
    /// Save, change and delete jobs.
    JobsWrite = "jobs.write", Operator;
    /// See what is mounted.
    MountsRead = "mounts.read", Viewer;
    /// Mount and unmount.
    MountsWrite = "mounts.write", Admin;
    /// See and end one's own sessions, and change one's own password.
    SessionsWrite = "sessions.write", Viewer;
    /// See, make and revoke one's own tokens.
    TokensWrite = "tokens.write", Viewer;
    /// See, make and change people, and end their sessions and tokens.
    UsersWrite = "users.write", Admin;
    /// Read who did what.
    AuditRead = "audit.read", Admin;
    /// Read figures for monitoring.
    MetricsRead = "metrics.read", Viewer;
}

impl Permission {
    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == text)
    }
}

impl PartialSchema for Permission {
    fn schema() -> RefOr<Schema> {
        let words = Self::ALL.iter().map(|permission| permission.as_str());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A noun and a verb."))
            .enum_values(Some(words))
            .into()
    }
}

impl ToSchema for Permission {}

impl Role {
    /// Whether somebody with this role may do it.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self >= permission.role()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_permission_has_a_word_of_its_own() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(*permission));
            assert_eq!(serde_json::to_string(permission).expect("JSON"), format!("{:?}", permission.as_str()));
        }
        assert_eq!(Permission::parse("everything"), None);
        assert_eq!(Permission::RunsWrite.about(), "Start and stop runs.");
    }

    #[test]
    fn a_viewer_changes_nothing_but_their_own() {
        let changes = Permission::ALL.iter().filter(|p| p.as_str().ends_with(".write") && Role::Viewer.may(**p));
        assert_eq!(changes.copied().collect::<Vec<_>>(), [Permission::SessionsWrite, Permission::TokensWrite]);
        assert!(Permission::ALL.iter().all(|permission| Role::Admin.may(*permission)));
    }
}
