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

/// Fewest characters of a password.
pub const PASSWORD_MIN: usize = 12;
/// Most bytes of a password.
pub const PASSWORD_MAX: usize = 1024;

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

/// Long enough, not too long, and not something everybody tries first.
pub fn validate_password(username: &str, password: &str) -> Result<()> {
    let refuse = |problem: &str| Err(AppError::invalid("password", problem));
    if password.chars().count() < PASSWORD_MIN {
        return refuse("A password has at least 12 characters.");
    }
    if password.len() > PASSWORD_MAX {
        return refuse("A password has at most 1,024 bytes.");
    }
    let lower = password.to_lowercase();
    let name = username.to_lowercase();
    let mut rest = lower.clone();
    for word in ["longshore", "rclone", "password", "passwort", "admin", "backup", "letmein", "qwerty", "welcome"] {
        rest = rest.replace(word, "");
    }
    if name.chars().count() >= 4 {
        rest = rest.replace(&name, "");
    }
    if rest.chars().filter(|c| c.is_alphanumeric()).count() < 6 {
        return refuse("This password is too common. Choose another.");
    }
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 5 || is_sequence(&lower) {
        return refuse("This password repeats too few characters. Choose another.");
    }
    Ok(())
}

/// Whether each character follows the one before it: `abcdefghijkl`, `123456789012`.
fn is_sequence(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps =
        codes.windows(2).filter(|pair| matches!(pair, [a, b] if (b - a).abs() <= 1 || (*a, *b) == (57, 48))).count();
    steps + 1 >= codes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused_with_a_reason() {
        for weak in [
            "short",
            "passwordpassword",
            "longshore-admin",
            "aaaaaaaaaaaaaaa",
            "123456789012",
            "abcdefghijklm",
            "marianne2026!",
        ] {
            assert!(validate_password("marianne", weak).is_err(), "{weak}");
        }
        for good in ["correct horse battery", "kd8-2mQx.71ab", "ein langes Kennwort"] {
            validate_password("marianne", good).expect(good);
        }
    }

    #[test]
    fn roles_are_ordered() {
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
    }
}
