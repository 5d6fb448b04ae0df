//! People who use the console, and their roles.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{AppError, Result},
    id::UserId,
    time::Timestamp,
};

/// What a person or a token may do. Each may all that the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks, into remotes and folders too. Sees no secret, changes nothing.
    Viewer,
    /// Also runs and stops transfers.
    Operator,
    /// Everything: remotes, people, settings.
    Admin,
}

impl Role {
    /// All of them, from least to most.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// How the console looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system does.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.as_str() == text)
    }
}

/// What the frame of every page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The name that signed in.
    pub name: String,
    /// What they may.
    pub role: Role,
    /// How it looks to them.
    pub theme: Theme,
    /// The name of this server.
    pub host: String,
    /// rclone's version, or what is missing and how to get it.
    pub rclone: RcloneStatus,
    /// Why the kernel does not confine rclone to the allowed folders, and how to change that; absent when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unconfined: Option<String>,
}

/// Whether rclone can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RcloneStatus {
    /// It is there and new enough.
    Ready {
        /// Its version: `1.75.2`.
        version: String,
    },
    /// It is not, and this is what to do.
    Missing {
        /// What is missing and how to get it.
        message: String,
    },
}

/// A person as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserSummary {
    /// By what they are named.
    pub id: UserId,
    /// The name that signs in.
    pub name: String,
    /// What they may.
    pub role: Role,
    /// May not sign in, and is not signed in; their tokens do not work.
    pub disabled: bool,
    /// When they were made.
    pub created_at: Timestamp,
    /// When they last signed in; absent when never.
    pub signed_in_at: Option<Timestamp>,
}

/// A person to be made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name that signs in: 1 to 64 letters, digits and `. _ - @ +`. Case does not count.
    #[schema(example = "eva")]
    pub name: String,
    /// What they may.
    pub role: Role,
    /// The first password, 12 characters or more.
    #[schema(min_length = 12, max_length = 1024, example = "tidal-quay-4711-lamp")]
    pub password: String,
    /// Whether they have to choose a password of their own when they first sign in. Until then a session of theirs does
    /// nothing else.
    #[serde(default = "must_change")]
    #[schema(default = true)]
    pub must_change_password: bool,
}

const fn must_change() -> bool {
    true
}

/// A new password of one's own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The one that signs in now.
    #[schema(max_length = 1024, example = "salt-marsh-2207-pier")]
    pub current_password: String,
    /// The new one, 12 characters or more, and not easy to guess.
    #[schema(min_length = 12, max_length = 1024, example = "tidal-quay-4711-lamp")]
    pub password: String,
    /// The new one again, where a person types it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024, example = "tidal-quay-4711-lamp")]
    pub password_again: Option<String>,
}

/// What is to be changed about a person. What is absent stays.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserChange {
    /// What they may from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they are kept out from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// A new password, 12 characters or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 12, max_length = 1024, example = "tidal-quay-4711-lamp")]
    pub password: Option<String>,
}

/// Which people are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserQuery {
    /// Only those after this one, by name: the cursor from the previous page.
    pub cursor: Option<UserId>,
    /// How many, at most 1,000; 0 is 100.
    pub limit: u32,
}

/// A page of people, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserPage {
    /// The people.
    pub users: Vec<UserSummary>,
    /// Give it back to have the next page; `None` on the last.
    pub cursor: Option<UserId>,
}

/// Names that sign in: 1 to 64 letters, digits and `. _ - @ +`.
pub fn validate_username(name: &str) -> Result<()> {
    let fits =
        (1..=64).contains(&name.chars().count()) && name.chars().all(|c| c.is_alphanumeric() || "._-@+".contains(c));
    if fits {
        Ok(())
    } else {
        Err(AppError::invalid("username", "A name has 1 to 64 letters, digits and . _ - @ + only."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered() {
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
    }
}
